//! The relay's mailbox: what gates tell it, and whom it is to end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::dev::SendError;
use actix::{Actor, ActorContext, AsyncContext, Context, Handler, Message};
use allthrive_protocol::{CloseCode, RoomId, Seq};
use bytes::Bytes;
use uuid::Uuid;

use super::Relay;
use crate::bus::Committed;
use crate::presence::Presence;
use crate::session::lane::MergeKey;

/// How often the tops that moved are looked at; each account is told at most once a second.
const TICK: Duration = Duration::from_millis(100);

/// News of rooms, in order per room.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Deliver(pub Vec<Heard>);

/// Something about one room.
#[derive(Debug, Clone)]
pub struct Heard {
    /// The room.
    pub room: RoomId,
    /// What about it.
    pub news: News,
}

/// What a gate tells a relay.
#[derive(Debug, Clone)]
pub enum News {
    /// Everything after this number will be told, in order; what lies below and was not, is to be pulled. The
    /// answer to [`Watch`], and what follows when something could not be told.
    At(Seq),
    /// The store is away: the gate goes on trying, whoever waits may try again.
    Closed,
    /// The next event of the room.
    Durable(Committed),
    /// Who is in the room now.
    Presence {
        /// Whole, or what has changed.
        said: Arc<Presence>,
        /// The whole frame.
        frame: Bytes,
    },
    /// The gate does not know any more who is here.
    PresenceLost,
    /// Something without a number.
    Volatile {
        /// The whole frame.
        frame: Bytes,
        /// Which other frame it may take the place of.
        key: MergeKey,
    },
}

/// End these connections.
#[derive(Message, Clone, Copy)]
#[rtype(result = "()")]
pub enum Expel {
    /// Those of one sign-in.
    SignIn(Uuid),
    /// All of them: the server stops.
    Everybody,
}

/// Under which sign-ins connections are open here.
#[derive(Message, Clone, Copy)]
#[rtype(result = "Vec<Uuid>")]
pub struct SignIns;

/// What a session is told to do with itself.
#[derive(Message, Clone, Copy)]
#[rtype(result = "()")]
pub struct Close(pub CloseCode);

/// The relay's mailbox.
pub struct RelayActor {
    pub(super) relay: Relay,
}

impl RelayActor {
    /// Of this relay, which lives on the same thread.
    #[must_use]
    pub fn new(relay: Relay) -> Self {
        Self { relay }
    }
}

impl Actor for RelayActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(4_096);
        self.relay.state.borrow_mut().own = Some(ctx.address());
        ctx.run_interval(TICK, |actor, _| {
            let mut state = actor.relay.state.borrow_mut();
            state.tick();
            state.tops.flush(Instant::now());
        });
    }
}

impl Handler<Deliver> for RelayActor {
    type Result = ();

    fn handle(&mut self, Deliver(news): Deliver, _: &mut Self::Context) {
        for heard in news {
            let room = heard.room;
            let taken = catch_unwind(AssertUnwindSafe(|| self.relay.state.borrow_mut().take(heard)));
            if taken.is_err() {
                self.relay.state.borrow_mut().recover(room);
            }
        }
    }
}

impl Handler<Expel> for RelayActor {
    type Result = ();

    fn handle(&mut self, expel: Expel, ctx: &mut Self::Context) {
        let state = self.relay.state.borrow();
        let missed = match expel {
            Expel::SignIn(ended) => {
                for open in state.open.values().filter(|open| open.sign_in == Some(ended)) {
                    // A session whose peer takes nothing hears nothing: its lane is closed over its head.
                    open.lane.expel(CloseCode::Revoked.number());
                    let _ = open.session.try_send(Close(CloseCode::Revoked));
                }
                0
            }
            Expel::Everybody => {
                let told = state.open.values().map(|open| open.session.try_send(Close(CloseCode::Restart)));
                told.filter(|told| matches!(told, Err(SendError::Full(_)))).count()
            }
        };
        if missed > 0 && ctx.state().alive() {
            // A session's mailbox is full only while its peer takes nothing; it is asked again.
            ctx.notify_later(expel, Duration::from_millis(200));
        }
    }
}

impl Handler<SignIns> for RelayActor {
    type Result = Vec<Uuid>;

    fn handle(&mut self, _: SignIns, _: &mut Self::Context) -> Vec<Uuid> {
        self.relay.state.borrow().open.values().filter_map(|open| open.sign_in).collect()
    }
}
