//! A connection at a live quiz: who has no account comes in here, and reaches nothing else.

use std::time::{Duration, Instant};

use actix::dev::SendError;
use actix::{Addr, AsyncContext};
use allthrive_protocol::command::Live;
use allthrive_protocol::quiz::ask::Ask;
use allthrive_protocol::reply::Welcome;
use allthrive_protocol::{CloseCode, Code, Command, Principal, Refusal, RoomId};

use tokio::sync::oneshot;

use super::catch_up::{limits_told, millis};
use super::{Ctx, Session, Speaker};
use crate::live::Caller;
use crate::live::room::{Asked, Gone, LiveRoom, Told};
use crate::system::{busy, lost};

/// How often the line is measured at first, and how many times: what an answer's time is credited with.
const MEASURE_EVERY: Duration = Duration::from_secs(2);
const MEASUREMENTS: u8 = 10;
/// Sessions that one connection may be at.
const MOST_SESSIONS: usize = 8;

impl Session {
    /// `hello` of a guest or a screen. Its tokens say who it is; nothing is read from the store.
    pub(super) fn hello_of_live(&mut self, id: Option<u64>, live: &Live, ctx: &mut Ctx) {
        let Some(caller) = self.system.doors().caller(live) else {
            self.note("socket.connect", None, "unauthorized");
            let refusal = Refusal::new(Code::Unauthorized, "This way into the quiz is not valid. Join again by its PIN or link.");
            self.reply::<()>(id, Err(refusal), ctx);
            return self.close(CloseCode::BadProtocol, ctx);
        };
        self.speaker = Some(Speaker::Live(caller));
        self.note("socket.connect", None, "ok");
        let inner = self.system.inner();
        let welcome = Welcome {
            conn: self.conn,
            principal: caller.principal,
            ping_ms: millis(inner.pace.ping_every),
            server_ts: inner.parts.clock.now().millis(),
            limits: limits_told(&inner.limits.rates),
            history_epoch: inner.parts.store.history_epoch(),
            rooms: Vec::new(),
        };
        self.reply(id, Ok(welcome), ctx);
        self.measure(MEASUREMENTS, ctx);
        for request in std::mem::take(&mut self.held) {
            self.dispatch(request, ctx);
        }
    }

    /// Pings now and then: by what comes back it is known how long the line takes.
    fn measure(&mut self, times: u8, ctx: &mut Ctx) {
        let Some(left) = times.checked_sub(1) else { return };
        self.ask_for_life();
        ctx.run_later(MEASURE_EVERY, move |session, ctx| session.measure(left, ctx));
    }

    /// A command of a guest or a screen: the list of what it may is closed.
    pub(super) fn of_live(&mut self, id: Option<u64>, command: Command, caller: Caller, ctx: &mut Ctx) {
        match command {
            Command::Quiz(room, ask) if room == caller.room => self.quiz(id, room, ask, caller.principal, ctx),
            Command::Quiz(..) => self.reply::<()>(id, Err(no_session()), ctx),
            Command::Ping => self.reply(id, Ok(self.done()), ctx),
            Command::Hello(_)
            | Command::AuthRefresh(_)
            | Command::RoomSubscribe(..)
            | Command::RoomUnsubscribe(_)
            | Command::MessageSend(..)
            | Command::MessageEdit(..)
            | Command::MessageDelete(..)
            | Command::ReactionSet(..)
            | Command::MemberJoin(..)
            | Command::MemberLeave(..)
            | Command::MemberAdd(..)
            | Command::MemberRemove(..)
            | Command::MemberRole(..)
            | Command::ModerationMute(..)
            | Command::ModerationSlowMode(..)
            | Command::ModerationBan(..)
            | Command::ModerationUnban(..)
            | Command::Typing(_)
            | Command::Read(..)
            | Command::History(..)
            | Command::Events(..)
            | Command::Presence(..) => {
                let refusal = Refusal::new(Code::Forbidden, "Who is here without an account reaches the quiz and nothing else.");
                self.reply::<()>(id, Err(refusal), ctx);
            }
        }
    }

    /// Something of a live session, asked by whomever.
    pub(super) fn quiz(&mut self, id: Option<u64>, room: RoomId, ask: Ask, who: Principal, ctx: &mut Ctx) {
        if let Some(address) = self.live.get(&room).filter(|address| address.connected()).cloned() {
            return self.ask_live(id, room, address, (ask, self.read_at), who, ctx);
        }
        let joins = matches!(ask, Ask::Join(_));
        if !joins || self.live.len() >= MOST_SESSIONS {
            let refusal = if joins { too_many() } else { Refusal::new(Code::NotSubscribed, "Join the quiz first.") };
            return self.reply::<()>(id, Err(refusal), ctx);
        }
        let (system, read_at) = (self.system.clone(), self.read_at);
        self.ask(id, ctx, async move { system.find_live(room).await }, move |session, address, ctx| {
            // Known before it is asked: what the client sends once it is let in finds it.
            session.live.insert(room, address.clone());
            session.ask_live(id, room, address, (ask, read_at), who, ctx);
        });
    }

    fn ask_live(
        &mut self,
        id: Option<u64>,
        room: RoomId,
        address: Addr<LiveRoom>,
        (ask, read_at): (Ask, Instant),
        who: Principal,
        ctx: &mut Ctx,
    ) {
        let Some(relay) = self.relay.address() else { return self.reply::<()>(id, Err(lost()), ctx) };
        let joins_until = match self.speaker {
            Some(Speaker::Live(caller)) => Some(caller.joins_until),
            Some(Speaker::Account(_)) | None => None,
        };
        let joins = matches!(ask, Ask::Join(_));
        let (answer, told) = oneshot::channel();
        let asked = Asked { id, who, joins_until, conn: self.conn, relay, ask, read_at, credit: self.rtt.credit(), answer };
        let work = async move {
            address.try_send(asked).map_err(|_| busy())?;
            told.await.unwrap_or_else(|_| Err(lost()))
        };
        self.go(id, ctx, work, move |session, told, ctx| match told {
            Ok(Told::InLane) => {
                if joins && matches!(session.speaker, Some(Speaker::Account(_))) {
                    session.measure(MEASUREMENTS, ctx);
                }
            }
            Ok(Told::Done) => session.reply(id, Ok(session.done()), ctx),
            Ok(Told::Written(written)) => session.reply(id, Ok(written), ctx),
            Ok(Told::Answered(answered)) => session.reply(id, Ok(answered), ctx),
            Ok(Told::Players(page)) => session.reply(id, Ok(page), ctx),
            Ok(Told::Board(page)) => session.reply(id, Ok(page), ctx),
            Err(refusal) => {
                if joins && refusal.code == Code::NotFound {
                    session.live.remove(&room);
                }
                session.reply::<()>(id, Err(refusal), ctx);
            }
        });
    }

    /// The connection ends: its sessions hear of it.
    pub(super) fn leave_live(&mut self) {
        for (room, address) in self.live.drain() {
            if matches!(address.try_send(Gone(self.conn)), Err(SendError::Full(_))) {
                tracing::warn!(room.id = %room, "a live session is too busy to be told that somebody has gone");
            }
        }
    }
}

fn too_many() -> Refusal {
    Refusal::new(Code::Overloaded, "This connection is at too many quizzes.")
}

/// Over, not for this principal, and unknown look alike.
fn no_session() -> Refusal {
    Refusal::new(Code::NotFound, "There is no such session.")
}
