//! What makes writes durable. It gathers units only while a commit is in flight: a lone message costs
//! one commit, a flood shares them. Nothing is told to anybody before it is committed.

use std::collections::{HashSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, Message, Recipient, WrapFuture};
use allthrive_domain::room::Decision;
use allthrive_domain::unit::Unit;
use allthrive_protocol::reply::Written;
use allthrive_protocol::{Code, Refusal, RoomId};
use allthrive_store::{Committed as Batch, Error};
use futures_util::FutureExt;

use crate::bus::{Bus, Committed};
use crate::fault::Point;
use crate::system::Parts;

/// Most units of one commit.
const MOST_UNITS: usize = 1_000;
/// Most rooms locked by one commit.
const MOST_ROOMS: usize = 64;
/// Most bytes of one commit.
const MOST_BYTES: usize = 1024 * 1024;
/// Most units that wait: some seconds of work. Beyond that a write is told so at once.
const MOST_WAITING: usize = 20_000;
/// How long before gates that could not be reached are reached for again.
const OWED_RETRY: Duration = Duration::from_millis(50);

/// Make this durable, and tell the asker under its ticket.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Persist {
    /// The asker's mark of it.
    pub ticket: u64,
    /// What to write.
    pub unit: Unit,
    /// Who is told.
    pub asker: Recipient<Persisted>,
}

/// What became of a write.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Persisted {
    /// The asker's mark of it.
    pub ticket: u64,
    /// Committed, or not.
    pub outcome: Result<Written, Refusal>,
}

/// One writer to the store.
pub struct Persistence {
    parts: Parts,
    bus: Bus,
    waiting: VecDeque<Persist>,
    committing: bool,
    owed: HashSet<RoomId>,
}

impl Persistence {
    /// Idle.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let bus = Bus::new(&parts);
        Self { parts, bus, waiting: VecDeque::new(), committing: false, owed: HashSet::new() }
    }

    /// Commits what waits, if nothing is being committed.
    fn commit(&mut self, ctx: &mut Context<Self>) {
        if self.committing || self.waiting.is_empty() {
            return;
        }
        self.committing = true;
        let batch = self.gather();
        let units: Vec<Unit> = batch.iter().map(|persist| persist.unit.clone()).collect();
        let (store, faults, now) = (self.parts.store.clone(), self.parts.faults.clone(), self.parts.clock.now());
        let work = async move {
            faults.hit(Point::Persistence);
            faults.pass().await;
            store.commit(units, now).await
        };
        let guarded = AssertUnwindSafe(work).catch_unwind();
        ctx.spawn(guarded.into_actor(self).map(move |done, actor, ctx| {
            actor.committing = false;
            match done {
                Ok(done) => actor.settle(batch, done, ctx),
                Err(_) => {
                    tracing::error!(units = batch.len(), "a commit panicked; its writes are refused");
                    actor.refuse(batch, &Refusal::new(Code::Internal, "Something went wrong here. Try again."), ctx);
                }
            }
            actor.commit(ctx);
        }));
    }

    /// The front of the queue, as much as one commit takes, in order.
    fn gather(&mut self) -> Vec<Persist> {
        let mut batch: Vec<Persist> = Vec::new();
        let mut rooms = HashSet::new();
        let mut bytes = 0;
        while let Some(next) = self.waiting.front() {
            let more = next.unit.rooms();
            let would_be = more.iter().filter(|room| !rooms.contains(*room)).count() + rooms.len();
            let full = batch.len() >= MOST_UNITS || would_be > MOST_ROOMS || bytes + next.unit.bytes() > MOST_BYTES;
            if full && !batch.is_empty() {
                break;
            }
            rooms.extend(more);
            bytes += next.unit.bytes();
            batch.extend(self.waiting.pop_front());
        }
        batch
    }

    fn settle(&mut self, batch: Vec<Persist>, done: Batch, ctx: &mut Context<Self>) {
        let mut told = Vec::new();
        let mut unsure = Vec::new();
        for (persist, outcome) in batch.iter().zip(done.outcomes) {
            let answer = match outcome {
                Ok(Decision::Admitted(entries)) => {
                    told.extend(entries.iter().map(Committed::from));
                    Ok(entries.first().map_or(Written { seq: 0, ts: 0, dup: false }, |entry| Written {
                        seq: entry.seq,
                        ts: entry.at.millis(),
                        dup: false,
                    }))
                }
                Ok(Decision::Duplicate(known)) => {
                    // Perhaps of a moment ago, by a commit whose answer was lost: then no gate knows of it.
                    unsure.extend(persist.unit.rooms());
                    Ok(Written { seq: known.seq, ts: known.at.millis(), dup: true })
                }
                Ok(Decision::Unchanged(seq)) => Ok(Written { seq, ts: self.parts.clock.now().millis(), dup: true }),
                Ok(Decision::Refused(refusal)) => Err(refusal),
                Err(error) => {
                    unsure.extend(persist.unit.rooms());
                    Err(refusal_of(&error))
                }
            };
            tell(persist, answer);
        }
        let owed = self.bus.publish(told);
        self.owe(owed, ctx);
        self.bus.check_elsewhere(&unsure);
        self.owe(unsure, ctx);
    }

    fn refuse(&mut self, batch: Vec<Persist>, refusal: &Refusal, ctx: &mut Context<Self>) {
        let rooms: Vec<RoomId> = batch.iter().flat_map(|persist| persist.unit.rooms()).collect();
        for persist in &batch {
            tell(persist, Err(refusal.clone()));
        }
        self.bus.check_elsewhere(&rooms);
        self.owe(rooms, ctx);
    }

    /// These rooms may hold events that no gate was told of: the gates are asked to look, until they do.
    fn owe(&mut self, rooms: Vec<RoomId>, ctx: &mut Context<Self>) {
        if rooms.is_empty() {
            return;
        }
        let first = self.owed.is_empty();
        self.owed.extend(rooms);
        if first {
            ctx.run_later(OWED_RETRY, |actor, ctx| {
                let owed = std::mem::take(&mut actor.owed).into_iter().collect();
                let still = actor.bus.check(owed);
                actor.owe(still, ctx);
            });
        }
    }
}

/// Tells the asker. If it is gone, its client asks again by the same `cmid`.
fn tell(persist: &Persist, outcome: Result<Written, Refusal>) {
    if persist.asker.try_send(Persisted { ticket: persist.ticket, outcome }).is_err() {
        tracing::debug!(room.id = %persist.unit.room, "a write was settled and its asker is gone");
    }
}

pub(crate) fn refusal_of(error: &Error) -> Refusal {
    if error.may_retry() {
        tracing::warn!(error = %error, "a write was not acknowledged");
        Refusal::new(Code::Unavailable, "This could not be saved just now. Try again.")
    } else {
        tracing::error!(error = %error, "a write failed");
        Refusal::new(Code::Internal, "Something went wrong here. Try again.")
    }
}

impl Actor for Persistence {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(8_192);
    }
}

impl Handler<Persist> for Persistence {
    type Result = ();

    fn handle(&mut self, persist: Persist, ctx: &mut Self::Context) {
        if self.waiting.len() >= MOST_WAITING {
            tell(&persist, Err(Refusal::new(Code::Overloaded, "Too much is happening right now. Try again.")));
            return;
        }
        self.waiting.push_back(persist);
        self.commit(ctx);
    }
}

/// How many writes wait or are being committed: zero once everything taken in is settled.
#[derive(Message)]
#[rtype(usize)]
pub struct Unsettled;

impl Handler<Unsettled> for Persistence {
    type Result = usize;

    fn handle(&mut self, _: Unsettled, _: &mut Self::Context) -> usize {
        self.waiting.len() + usize::from(self.committing)
    }
}
