//! The life of a connection: how it begins, what must happen in time, how it ends.

use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use actix::{Actor, ActorContext, AsyncContext};
use allthrive_domain::time::Micros;
use allthrive_protocol::CloseCode;
use allthrive_protocol::event::{Expiring, Fact};
use bytes::Bytes;
use uuid::Uuid;

use super::{Credential, Ctx, Session};
use crate::frame;

/// How long before its end a credential is said to expire.
const EXPIRY_NOTICE: Duration = Duration::from_secs(60);

impl Session {
    pub(super) fn close(&self, code: CloseCode, ctx: &mut Ctx) {
        tracing::debug!(conn.id = %self.conn, close.code = code.number(), "connection closed");
        self.lane.close(Some(code.number()));
        ctx.stop();
    }

    /// The credential ends at its time: announced, then carried out.
    pub(super) fn expect_expiry(&mut self, expires: Micros, ctx: &mut Ctx) {
        for handle in self.expiry.drain(..) {
            ctx.cancel_future(handle);
        }
        let left = expires.since(self.system.inner().parts.clock.now());
        let expires_ts = expires.millis();
        let notice = ctx.run_later(left.saturating_sub(EXPIRY_NOTICE), move |session, _| {
            session.tell(Fact::AuthExpiring(Expiring { expires_ts }));
        });
        let end = ctx.run_later(left, |session, ctx| session.close(CloseCode::Expired, ctx));
        self.expiry.extend([notice, end]);
    }

    /// Asks the peer again and again whether it is there. That it answers is watched from below ([`crate::line`]):
    /// a peer that takes nothing stops this, too.
    fn heartbeat(&self, ctx: &mut Ctx) {
        let every = self.system.inner().pace.ping_every;
        let [low, high, ..] = *Uuid::new_v4().as_bytes();
        let spread = every.mul_f64(f64::from(u16::from_be_bytes([low, high])) / 65_536.0);
        ctx.run_later(spread, move |session, ctx| {
            // At once: a peer that only answers would be silent for too long before the second.
            session.ask_for_life();
            ctx.run_interval(every, |session, _| session.ask_for_life());
        });
    }

    pub(super) fn ask_for_life(&mut self) {
        let payload = Bytes::copy_from_slice(&Uuid::new_v4().as_bytes()[..8]);
        self.lane.say(&frame::ping(&payload));
        self.rtt.asked(payload, Instant::now());
    }
}

impl Actor for Session {
    type Context = Ctx;

    fn started(&mut self, ctx: &mut Ctx) {
        self.system.inner().sessions.fetch_add(1, Ordering::Relaxed);
        let sign_in = match self.credential {
            Credential::User(identity) => Some(identity.sign_in),
            Credential::Expired | Credential::ForeignOrigin | Credential::Absent => None,
        };
        self.relay.register(self.conn, ctx.address().recipient(), Rc::clone(&self.lane), sign_in);
        if self.system.is_draining() {
            // Accepted just before; nobody will tell this one.
            return self.close(CloseCode::GoingAway, ctx);
        }
        let turned = match self.credential {
            Credential::ForeignOrigin => Some((CloseCode::Origin, "foreign_origin")),
            Credential::Expired => Some((CloseCode::Expired, "expired")),
            Credential::User(_) | Credential::Absent if !self.share.has_seat() => Some((CloseCode::TooManyConnections, "address_full")),
            Credential::User(_) | Credential::Absent => None,
        };
        if let Some((code, outcome)) = turned {
            self.note("socket.connect", None, outcome);
            return self.close(code, ctx);
        }
        ctx.run_later(self.system.inner().pace.hello_within, |session, ctx| {
            if !session.greeted {
                session.close(CloseCode::BadProtocol, ctx);
            }
        });
        self.heartbeat(ctx);
    }

    fn stopped(&mut self, _: &mut Ctx) {
        self.system.inner().sessions.fetch_sub(1, Ordering::Relaxed);
        self.leave();
        self.leave_live();
        self.relay.detach(self.conn);
    }
}
