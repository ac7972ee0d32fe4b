//! What makes writes to live sessions durable. As for conversations it gathers only while a commit is in flight: a lone
//! answer costs one commit, a burst shares them.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;

use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, Message, Recipient, WrapFuture};
use allthrive_domain::quiz::game::{LiveDecision, LiveUnit};
use allthrive_protocol::{Code, Refusal};
use allthrive_store::Error;
use futures_util::FutureExt;

use crate::fault::Point;
use crate::persistence::{Unsettled, refusal_of};
use crate::system::Parts;

/// Most units of one commit.
const MOST_UNITS: usize = 1_000;
/// Most units that wait: beyond that a write is told so at once.
const MOST_WAITING: usize = 20_000;

/// Make this durable, and tell the session under its ticket.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Write {
    /// The session's mark of it.
    pub ticket: u64,
    /// What to write.
    pub unit: LiveUnit,
    /// Who is told.
    pub asker: Recipient<Wrote>,
}

/// Tickets with what became of each.
pub type Outcomes = Vec<(u64, LiveDecision)>;

/// What became of writes, in the order in which they were decided.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Wrote(pub Outcomes);

/// One writer to live sessions.
pub struct LiveWriter {
    parts: Parts,
    waiting: VecDeque<Write>,
    committing: bool,
}

impl LiveWriter {
    /// Idle.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self { parts, waiting: VecDeque::new(), committing: false }
    }

    fn commit(&mut self, ctx: &mut Context<Self>) {
        if self.committing || self.waiting.is_empty() {
            return;
        }
        self.committing = true;
        let batch: Vec<Write> = self.waiting.drain(..self.waiting.len().min(MOST_UNITS)).collect();
        let units: Vec<LiveUnit> = batch.iter().map(|write| write.unit.clone()).collect();
        let (store, faults, now) = (self.parts.store.clone(), self.parts.faults.clone(), self.parts.clock.now());
        let work = async move {
            faults.hit(Point::Persistence);
            faults.pass().await;
            store.commit_live(&units, now).await
        };
        let guarded = AssertUnwindSafe(work).catch_unwind();
        ctx.spawn(guarded.into_actor(self).map(move |done, actor, ctx| {
            actor.committing = false;
            let outcomes = done.unwrap_or_else(|_| {
                tracing::error!(units = batch.len(), "a commit panicked; its writes are refused");
                Vec::new()
            });
            let mut outcomes = outcomes.into_iter();
            let lost = || Err(Refusal::new(Code::Internal, "Something went wrong here. Try again."));
            settle(batch, || outcomes.next().map_or_else(lost, said));
            actor.commit(ctx);
        }));
    }
}

fn said(outcome: Result<LiveDecision, Error>) -> LiveDecision {
    outcome.unwrap_or_else(|error| Err(refusal_of(&error)))
}

/// Tells each session in one message what became of its writes.
fn settle(batch: Vec<Write>, mut next: impl FnMut() -> LiveDecision) {
    let mut by: Vec<(Recipient<Wrote>, Outcomes)> = Vec::new();
    for Write { ticket, asker, .. } in batch {
        let outcome = (ticket, next());
        match by.iter_mut().find(|(known, _)| *known == asker) {
            Some((_, outcomes)) => outcomes.push(outcome),
            None => by.push((asker, vec![outcome])),
        }
    }
    for (asker, outcomes) in by {
        // A session's mailbox has room for what it has on its way; if it is gone, its people ask again.
        if asker.try_send(Wrote(outcomes)).is_err() {
            tracing::warn!("writes were settled and their session is gone");
        }
    }
}

impl Actor for LiveWriter {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(8_192);
    }
}

impl Handler<Write> for LiveWriter {
    type Result = ();

    fn handle(&mut self, write: Write, ctx: &mut Self::Context) {
        if self.waiting.len() >= MOST_WAITING {
            settle(vec![write], || Err(Refusal::new(Code::Overloaded, "Too much is happening right now. Try again.")));
            return;
        }
        self.waiting.push_back(write);
        self.commit(ctx);
    }
}

impl Handler<Unsettled> for LiveWriter {
    type Result = usize;

    fn handle(&mut self, _: Unsettled, _: &mut Self::Context) -> usize {
        self.waiting.len() + usize::from(self.committing)
    }
}
