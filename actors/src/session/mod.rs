//! One connection: messages in, commands out to [`dispatch`], replies and the lane back.
//!
//! Bytes become messages in [`guard`] and [`messages`]; [`socket`] ties a request to an actor, [`life`] says
//! when it ends, [`parting`] how, if the server stops. The actor says what is not about a room: most replies,
//! pongs, Close. What belongs to a room goes through the [`lane`], in order. [`share`] says how much of it there may be.

mod catch_up;
mod deeds;
mod dispatch;
mod echo;
pub mod guard;
mod inbound;
pub mod lane;
mod life;
mod live;
pub mod messages;
mod pages;
mod parting;
mod places;
mod presence;
mod share;
mod socket;

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Instant;

use actix::{ActorContext, ActorFutureExt, ActorState, Addr, AsyncContext, SpawnHandle, WrapFuture};
use actix_web_actors::HttpContext;
use allthrive_domain::time::Micros;
use allthrive_protocol::event::Fact;
use allthrive_protocol::reply::{Outcome, Reply};
use allthrive_protocol::{Code, ConnId, Refusal, Request, RoomId, UserId, command};
use futures_util::FutureExt;
use serde::Serialize;
use uuid::Uuid;

use self::lane::Lane;
use self::pages::Pages;
use self::parting::Parting;
use self::places::Places;
use self::share::Share;
use crate::frame;
use crate::limiter::Kind;
use crate::live::Caller;
use crate::live::room::LiveRoom;
use crate::live::rtt::Rtt;
use crate::relay::Relay;
use crate::system::{System, lost};

/// Commands of one connection that may be on their way. A client that waits for answers never sees it.
const MOST_IN_FLIGHT: usize = 128;

/// Who a connection speaks for, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The account.
    pub user: UserId,
    /// The sign-in it came by; ending that ends the connection.
    pub sign_in: Uuid,
    /// When the credential ends.
    pub expires: Micros,
}

/// Who a connection speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speaker {
    /// An account.
    Account(Identity),
    /// A guest or a screen of one live session.
    Live(Caller),
}

impl Speaker {
    fn account(self) -> Option<Identity> {
        match self {
            Self::Account(who) => Some(who),
            Self::Live(_) => None,
        }
    }
}

/// What the request for a connection brought along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// A valid one.
    User(Identity),
    /// One that was valid: closed with 4050.
    Expired,
    /// A page of another origin: closed with 4105.
    ForeignOrigin,
    /// None: `hello` must bring a ticket.
    Absent,
}

/// Why a ticket was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketError {
    /// Unknown, used or too old.
    Invalid,
    /// The store is away.
    Unavailable,
}

/// An answer that takes time.
pub type Later<T> = Pin<Box<dyn Future<Output = Result<T, TicketError>> + Send>>;

/// Redeems tickets, each once.
pub trait Tickets: Send + Sync {
    /// Who the ticket was made for.
    fn redeem(&self, ticket: String) -> Later<Identity>;

    /// Whether that sign-in has not ended meanwhile.
    fn stands(&self, identity: Identity) -> Later<bool>;
}

type Ctx = HttpContext<Session>;

/// One WebSocket connection.
pub struct Session {
    system: System,
    relay: Relay,
    conn: ConnId,
    lane: Rc<Lane>,
    credential: Credential,
    share: Share,
    /// Set by `hello`.
    speaker: Option<Speaker>,
    greeted: bool,
    /// What came after `hello` and before the welcome: carried out then, in order.
    held: Vec<Request>,
    places: Places,
    /// Pages in a row that reached the top of a room and did not meet its ring.
    misses: HashMap<RoomId, u8>,
    in_flight: usize,
    pages: Pages,
    expiry: Vec<SpawnHandle>,
    parting: Parting,
    /// The live sessions it is at.
    live: HashMap<RoomId, Addr<LiveRoom>>,
    /// The line to the peer.
    rtt: Rtt,
    /// When the message that is being carried out was read.
    read_at: Instant,
}

impl Session {
    fn new(system: System, lane: Rc<Lane>, credential: Credential, share: Share) -> Self {
        let relay = system.relay();
        Self {
            system,
            relay,
            conn: ConnId(Uuid::new_v4()),
            lane,
            credential,
            share,
            speaker: None,
            greeted: false,
            held: Vec::new(),
            places: Places::default(),
            misses: HashMap::new(),
            in_flight: 0,
            pages: Pages::default(),
            expiry: Vec::new(),
            parting: Parting::default(),
            live: HashMap::new(),
            rtt: Rtt::default(),
            read_at: Instant::now(),
        }
    }

    /// The account, if it speaks for one.
    fn account(&self) -> Option<Identity> {
        self.speaker.and_then(Speaker::account)
    }

    /// One whole message of the peer.
    fn message(&mut self, text: &str, ctx: &mut Ctx) {
        for item in command::read_message(text) {
            if ctx.state() != ActorState::Running {
                // Closed by one of those before it: nothing is said behind a Close.
                return;
            }
            match item {
                Ok(request) => {
                    let id = request.id;
                    let dispatched = std::panic::catch_unwind(AssertUnwindSafe(|| self.dispatch(request, ctx)));
                    if dispatched.is_err() {
                        tracing::error!(conn.id = %self.conn, "a command panicked");
                        self.reply::<()>(id, Err(lost()), ctx);
                    }
                }
                Err(malformed) => {
                    if self.may(malformed.id, Kind::Any, ctx) {
                        self.reply::<()>(malformed.id, Err(malformed.refusal), ctx);
                    }
                }
            }
        }
    }

    /// Answers by the actor: for what does not belong to a room. Whoever has the context is the actor, polled.
    fn reply<T: Serialize>(&self, id: Option<u64>, outcome: Result<T, Refusal>, _: &mut Ctx) {
        if let Some(reply) = reply_to(id, outcome) {
            self.lane.say(&frame::encode(&reply));
        }
    }

    /// Answers through the lane: in order with the room's events.
    fn reply_in_lane<T: Serialize>(&self, id: Option<u64>, outcome: Result<T, Refusal>) {
        if let Some(reply) = reply_to(id, outcome) {
            // A lane that was given up ends this connection by itself.
            let _ = self.lane.push(frame::encode(&reply));
        }
    }

    fn tell_in_lane(&self, room: Option<RoomId>, fact: Fact) {
        let _ = self.lane.push(frame::volatile(room, fact));
    }

    fn tell(&self, fact: Fact) {
        self.lane.say(&frame::volatile(None, fact));
    }

    /// Does something that takes time, then goes on with what came of it. A refusal is the reply; a panic
    /// on the way is answered as `internal`.
    ///
    /// The work is a task of its own: this actor is not polled while its peer takes nothing, and must not
    /// hold on to a connection of the store meanwhile.
    fn go<T: 'static>(
        &mut self,
        id: Option<u64>,
        ctx: &mut Ctx,
        work: impl Future<Output = Result<T, Refusal>> + 'static,
        then: impl FnOnce(&mut Self, Result<T, Refusal>, &mut Ctx) + 'static,
    ) {
        if self.is_full(id, ctx) {
            return;
        }
        self.in_flight += 1;
        let task = actix::spawn(AssertUnwindSafe(work).catch_unwind());
        ctx.spawn(task.into_actor(self).map(move |done, session, ctx| {
            session.in_flight -= 1;
            let done = done.map_or_else(|_| Err(lost()), |caught| caught.unwrap_or_else(|_| Err(lost())));
            then(session, done, ctx);
            session.part_if_done(ctx);
        }));
    }

    /// As [`Session::go`], for what has nothing to do when it is refused.
    fn ask<T: 'static>(
        &mut self,
        id: Option<u64>,
        ctx: &mut Ctx,
        work: impl Future<Output = Result<T, Refusal>> + 'static,
        then: impl FnOnce(&mut Self, T, &mut Ctx) + 'static,
    ) {
        self.go(id, ctx, work, move |session, done, ctx| match done {
            Ok(value) => then(session, value, ctx),
            Err(refusal) => session.reply::<()>(id, Err(refusal), ctx),
        });
    }

    /// Whether too many commands are on their way; then this one is refused.
    fn is_full(&self, id: Option<u64>, ctx: &mut Ctx) -> bool {
        let full = self.in_flight + self.pages.len() + self.held.len() >= MOST_IN_FLIGHT;
        if full {
            let refusal = Refusal::new(Code::Overloaded, "Too many commands at once. Wait for answers.");
            self.reply::<()>(id, Err(refusal), ctx);
        }
        full
    }
}

fn reply_to<T>(id: Option<u64>, outcome: Result<T, Refusal>) -> Option<Reply<T>> {
    let outcome = match outcome {
        Ok(value) => Outcome::Ok(value),
        Err(refusal) => Outcome::Error(refusal),
    };
    id.map(|id| Reply { id, outcome })
}
