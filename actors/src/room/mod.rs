//! One room, alive: every write to it passes through here, on the worker that keeps it. The rules are in
//! [`allthrive_domain::room`]; this is the mailbox and the effects.

pub mod gate;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use actix::{Actor, ActorContext, ActorFutureExt, Addr, AsyncContext, Context, Handler, Message, WrapFuture};
use allthrive_domain::room::refuse_early;
use allthrive_domain::unit::{Kind, Unit};
use allthrive_protocol::reply::Written;
use allthrive_protocol::{Code, Refusal, RoomId};
use tokio::sync::oneshot;

use crate::fault::Point;
use crate::lobby::{Lobby, Retire};
use crate::persistence::{Persist, Persisted, Persistence};
use crate::system::Parts;

/// How many writes of one room may be on their way to the store.
const MOST_IN_FLIGHT: usize = 4_096;

/// Writes that may wait to be taken in.
pub(crate) const MAILBOX: usize = 1_024;

/// A room that nobody wrote to for so long is let go; its next write starts it again.
const IDLE: Duration = Duration::from_secs(60);

/// How long a retired room still takes writes from those who have its address.
const GRACE: Duration = Duration::from_secs(5);

/// Write this. The answer comes once it is durable, or refused. A dropped sender means that nothing is known:
/// the same write may be sent again.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Submit {
    /// What to write; its room is this one.
    pub unit: Unit,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Result<Written, Refusal>>,
}

/// A room that somebody writes to.
pub struct Room {
    id: RoomId,
    parts: Parts,
    lobby: Addr<Lobby>,
    persistence: Addr<Persistence>,
    /// What the room is, once the store has said so. It never changes.
    kind: Option<Kind>,
    waiting: HashMap<u64, oneshot::Sender<Result<Written, Refusal>>>,
    next_ticket: u64,
    busy: bool,
}

impl Room {
    /// Of this id, whether it exists in the store or is about to.
    #[must_use]
    pub fn new(id: RoomId, parts: Parts, lobby: Addr<Lobby>, persistence: Addr<Persistence>) -> Self {
        Self { id, parts, lobby, persistence, kind: None, waiting: HashMap::new(), next_ticket: 0, busy: true }
    }

    fn submit(&mut self, submit: Submit, ctx: &mut Context<Self>) {
        self.parts.faults.hit(Point::Room);
        self.busy = true;
        let early = self.kind.and_then(|kind| refuse_early(kind, &submit.unit.deed));
        let refusal = early.or_else(|| (self.waiting.len() >= MOST_IN_FLIGHT).then(overloaded));
        if let Some(refusal) = refusal {
            // Whoever asked has gone if this fails.
            let _ = submit.answer.send(Err(refusal));
            return;
        }
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let persist = Persist { ticket, unit: submit.unit, asker: ctx.address().recipient() };
        if self.persistence.try_send(persist).is_ok() {
            self.waiting.insert(ticket, submit.answer);
        } else {
            let _ = submit.answer.send(Err(overloaded()));
        }
    }

    fn learn_kind(&self, ctx: &mut Context<Self>) {
        let (store, id) = (self.parts.store.clone(), self.id);
        let read = async move { store.room_kind(id).await };
        ctx.spawn(read.into_actor(self).map(|kind, room, ctx| match kind {
            Ok(Some(kind)) => room.kind = Some(kind),
            // A name somebody made up, unless it is being opened right now.
            Ok(None) if room.waiting.is_empty() => room.retire(ctx),
            Ok(None) => {}
            // The rules under the lock decide in any case.
            Err(error) => tracing::debug!(room.id = %room.id, error = %error, "a room's kind is not known yet"),
        }));
    }

    fn retire(&mut self, ctx: &mut Context<Self>) {
        let retired = self.lobby.try_send(Retire { room: self.id, address: ctx.address() }).is_ok();
        if retired {
            ctx.run_later(GRACE, |room, ctx| {
                if room.waiting.is_empty() {
                    ctx.stop();
                }
            });
        }
    }
}

fn overloaded() -> Refusal {
    Refusal::new(Code::Overloaded, "Too much is happening in this room. Try again.")
}

impl Actor for Room {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.learn_kind(ctx);
        ctx.run_interval(IDLE, |room, ctx| {
            let idle = !std::mem::take(&mut room.busy) && room.waiting.is_empty();
            if idle {
                room.retire(ctx);
            }
        });
    }
}

impl Handler<Submit> for Room {
    type Result = ();

    fn handle(&mut self, submit: Submit, ctx: &mut Self::Context) {
        let taken = catch_unwind(AssertUnwindSafe(|| self.submit(submit, ctx)));
        if taken.is_err() {
            // The one who asked finds the answer's sender dropped; writes on their way are answered. What
            // this room knew may be half changed: it is read anew from the store.
            tracing::error!(room.id = %self.id, "a room panicked and begins anew from the store");
            self.kind = None;
            self.learn_kind(ctx);
        }
    }
}

impl Handler<Persisted> for Room {
    type Result = ();

    fn handle(&mut self, persisted: Persisted, _: &mut Self::Context) {
        if let Some(answer) = self.waiting.remove(&persisted.ticket) {
            // Whoever asked has gone if this fails; the write stands, and the same `cmid` finds it.
            let _ = answer.send(persisted.outcome);
        }
    }
}
