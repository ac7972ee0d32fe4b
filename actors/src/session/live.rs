//! A connection at a live quiz: who has no account comes in here, and reaches nothing else.

use std::time::Duration;

use actix::AsyncContext;
use allthrive_protocol::command::Live;
use allthrive_protocol::quiz::ask::Ask;
use allthrive_protocol::reply::Welcome;
use allthrive_protocol::{CloseCode, Code, Command, Principal, Refusal, RoomId};

use super::catch_up::{limits_told, millis};
use super::{Ctx, Session, Speaker};
use crate::live::Caller;

/// How often the line is measured at first, and how many times: what an answer's time is credited with.
const MEASURE_EVERY: Duration = Duration::from_secs(2);
const MEASUREMENTS: u8 = 10;

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
    pub(super) fn quiz(&mut self, id: Option<u64>, _room: RoomId, _ask: Ask, _who: Principal, ctx: &mut Ctx) {
        self.reply::<()>(id, Err(no_session()), ctx);
    }
}

/// Over, not for this principal, and unknown look alike.
fn no_session() -> Refusal {
    Refusal::new(Code::NotFound, "There is no such session.")
}
