//! What one connection has of the server: its seats, and how fast it may be. Asked before each command, on its own
//! thread; the limiter hears of it afterwards.

use std::net::IpAddr;
use std::time::Duration;

use actix::{AsyncContext, Handler};
use allthrive_protocol::{CloseCode, Code, Command, Principal, Refusal, Request, UserId};

use super::{Credential, Ctx, Session, Speaker};
use crate::audit::Note;
use crate::limiter::actor::{Enter, Leave, Spend};
use crate::limiter::pace::{Pace, Verdict};
use crate::limiter::seats::{Seat, network};
use crate::limiter::{Counter, Kind, Sanction};
use crate::system::Inner;

/// How long what was spent is added up before the limiter is told.
const REPORT_AFTER: Duration = Duration::from_millis(250);

/// See the module.
pub(super) struct Share {
    address: IpAddr,
    /// None if there was no seat left for this address: then the connection is closed as soon as it stands.
    seat: Option<Seat<IpAddr>>,
    /// Its seat among those of the account.
    pub(super) of_account: Option<Seat<UserId>>,
    pace: Pace,
    /// The limiter knows of it.
    entered: bool,
    reporting: bool,
}

impl Share {
    /// Of a connection from there.
    pub(super) fn new(inner: &Inner, address: IpAddr) -> Self {
        let seat = inner.addresses.take(network(address));
        Self { address, seat, of_account: None, pace: Pace::default(), entered: false, reporting: false }
    }

    pub(super) fn has_seat(&self) -> bool {
        self.seat.is_some()
    }
}

impl Session {
    /// Whether this command is within the limits; if not, it is answered.
    pub(super) fn is_within(&mut self, request: &Request, ctx: &mut Ctx) -> bool {
        // What waits for the welcome is counted when it is carried out.
        let waits = self.greeted && self.speaker.is_none() && !matches!(request.command, Command::Hello(_));
        waits || self.may(request.id, Kind::of(&request.command), ctx)
    }

    /// Whether one more of this kind is within the limits; if not, it is answered.
    pub(super) fn may(&mut self, id: Option<u64>, kind: Kind, ctx: &mut Ctx) -> bool {
        let inner = self.system.inner();
        match self.share.pace.take(&inner.limits.rates, kind, inner.parts.clock.now()) {
            Verdict::Go => {
                if kind != Kind::Paced {
                    self.report_soon(ctx);
                }
                true
            }
            Verdict::Refuse { limit, wait } => {
                // Whoever types in two rooms at once is refused: nothing that somebody wants to know later.
                if limit != Some(Counter::Typing) {
                    self.note("socket.limit", limit.map(Counter::name), "refused");
                }
                self.reply::<()>(id, Err(too_fast().after(wait)), ctx);
                false
            }
            Verdict::Close { limit } => {
                self.note("socket.limit", limit.map(Counter::name), "closed");
                self.reply::<()>(id, Err(too_fast()), ctx);
                self.close(CloseCode::TooManyRequests, ctx);
                false
            }
        }
    }

    /// Leaves a trace of what happened on this connection.
    pub(super) fn note(&self, action: &'static str, target: Option<&'static str>, outcome: &'static str) {
        let actor = match (self.speaker, self.credential) {
            (Some(Speaker::Live(caller)), _) => Some(caller.principal),
            (Some(Speaker::Account(identity)), _) | (None, Credential::User(identity)) => Some(Principal::User(identity.user)),
            (None, Credential::Expired | Credential::ForeignOrigin | Credential::Absent) => None,
        };
        let actor = actor.map(|actor| actor.to_string());
        self.system.note(Note { action, actor, target, outcome, address: Some(self.share.address) });
    }

    /// The account is known: the limiter hears of this connection.
    pub(super) fn enter(&mut self, ctx: &mut Ctx) {
        self.note("socket.connect", None, "ok");
        self.report(ctx);
    }

    fn report_soon(&mut self, ctx: &mut Ctx) {
        if !std::mem::replace(&mut self.share.reporting, true) {
            ctx.run_later(REPORT_AFTER, |session, ctx| session.report(ctx));
        }
    }

    /// Tells the limiter what was spent. If it has no room the next report says it.
    fn report(&mut self, ctx: &mut Ctx) {
        self.share.reporting = false;
        let Some(who) = self.account() else { return };
        let limiter = &self.system.inner().limiter;
        if !self.share.entered {
            let enter = Enter { user: who.user, conn: self.conn, session: ctx.address().recipient() };
            self.share.entered = limiter.try_send(enter).is_ok();
        }
        self.report_spent(who.user);
        if !self.share.entered {
            self.report_soon(ctx);
        }
    }

    fn report_spent(&mut self, user: UserId) {
        if let Some(spent) = self.share.pace.report()
            && self.system.inner().limiter.try_send(Spend { user, spent }).is_err()
        {
            self.share.pace.not_reported(spent);
        }
    }

    /// The connection ends: what it spent counts all the same.
    pub(super) fn leave(&mut self) {
        let Some(who) = self.account() else { return };
        self.report_spent(who.user);
        if self.share.entered && self.system.inner().limiter.try_send(Leave { user: who.user, conn: self.conn }).is_err() {
            tracing::debug!(conn.id = %self.conn, "the limiter will find out by itself that a connection has ended");
        }
    }
}

fn too_fast() -> Refusal {
    Refusal::new(Code::RateLimited, "Too fast. Wait a moment.")
}

impl Handler<Sanction> for Session {
    type Result = ();

    fn handle(&mut self, sanction: Sanction, ctx: &mut Ctx) {
        match sanction {
            Sanction::Refuse(wait) => self.share.pace.bar(wait, self.system.inner().parts.clock.now()),
            Sanction::Close => self.close(CloseCode::TooManyRequests, ctx),
        }
    }
}
