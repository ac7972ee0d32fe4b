//! One connection: frames in, commands out to [`dispatch`], replies and the lane back.
//!
//! The actor says what is not about a room: most replies, pongs, Close. What belongs to a room goes
//! through the [`lane`], in order.

mod catch_up;
mod dispatch;
pub mod lane;
mod pages;
mod places;
mod text;

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use actix::{Actor, ActorContext, ActorFutureExt, AsyncContext, Handler, SpawnHandle, StreamHandler, WrapFuture};
use actix_web::http::header::SEC_WEBSOCKET_PROTOCOL;
use actix_web::{HttpRequest, HttpResponse, web};
use actix_web_actors::ws;
use allthrive_domain::time::Micros;
use allthrive_protocol::event::{Event, Expiring, Fact, Reconnect};
use allthrive_protocol::reply::{Outcome, Reply};
use allthrive_protocol::{CloseCode, Code, ConnId, Refusal, Request, RoomId, SUBPROTOCOL, UserId, command};
use futures_util::FutureExt;
use serde::Serialize;
use uuid::Uuid;

use crate::frame;
use crate::relay::{Close, Relay};
use crate::session::lane::{Lane, Merged};
use crate::session::pages::Pages;
use crate::session::places::Places;
use crate::session::text::{Text, TextError};
use crate::system::{System, lost};

/// How long a peer may take to say `hello`.
const HELLO_WITHIN: Duration = Duration::from_secs(5);
/// How often the peer is pinged.
const PING_EVERY: Duration = Duration::from_secs(25);
/// After this much silence the peer is taken for gone.
const SILENCE: Duration = Duration::from_secs(35);
/// How long before its end a credential is said to expire.
const EXPIRY_NOTICE: Duration = Duration::from_secs(60);
/// Commands of one connection that may be on their way. A client that waits for answers never sees it.
const MOST_IN_FLIGHT: usize = 128;
/// A stopping server's clients come back spread over this long.
const RECONNECT_WITHIN_MS: u64 = 2_000;

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

type Ctx = ws::WebsocketContext<Session>;

/// One WebSocket connection.
pub struct Session {
    system: System,
    relay: Relay,
    conn: ConnId,
    lane: Rc<Lane>,
    credential: Credential,
    /// Set by `hello`.
    identity: Option<Identity>,
    greeted: bool,
    /// What came after `hello` and before the welcome: carried out then, in order.
    held: Vec<Request>,
    text: Text,
    places: Places,
    /// Pages in a row that reached the top of a room and did not meet its ring.
    misses: HashMap<RoomId, u8>,
    in_flight: usize,
    pages: Pages,
    heard_at: Instant,
    expiry: Vec<SpawnHandle>,
}

impl System {
    /// Answers a request for a WebSocket. Statuses only for what a program can read: 400 without our
    /// subprotocol, 503 while draining; every other refusal is a close code.
    ///
    /// # Errors
    /// What the WebSocket handshake finds wrong (RFC 6455, 4.2.1).
    pub fn connect(&self, request: &HttpRequest, payload: web::Payload, credential: Credential) -> Result<HttpResponse, actix_web::Error> {
        if self.is_draining() {
            return Ok(HttpResponse::ServiceUnavailable().body("This server is stopping. Connect again."));
        }
        if !offers_ours(request) {
            return Ok(HttpResponse::BadRequest().body(format!("Offer the WebSocket subprotocol {SUBPROTOCOL}.")));
        }
        let mut response = ws::handshake_with_protocols(request, &[SUBPROTOCOL])?;
        let lane = Lane::new();
        let session = Session::new(self.clone(), Rc::clone(&lane), credential);
        let (_, output) = ws::WebsocketContext::create_with_addr(session, payload);
        Ok(response.streaming(Merged { actor: Box::pin(output), lane }))
    }
}

fn offers_ours(request: &HttpRequest) -> bool {
    let offered = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL);
    offered.filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(',')).any(|one| one.trim() == SUBPROTOCOL)
}

impl Session {
    fn new(system: System, lane: Rc<Lane>, credential: Credential) -> Self {
        let relay = system.relay();
        Self {
            system,
            relay,
            conn: ConnId(Uuid::new_v4()),
            lane,
            credential,
            identity: None,
            greeted: false,
            held: Vec::new(),
            text: Text::default(),
            places: Places::default(),
            misses: HashMap::new(),
            in_flight: 0,
            pages: Pages::default(),
            heard_at: Instant::now(),
            expiry: Vec::new(),
        }
    }

    /// One whole message of the peer.
    fn message(&mut self, text: &str, ctx: &mut Ctx) {
        for item in command::read_message(text) {
            match item {
                Ok(request) => {
                    let id = request.id;
                    let dispatched = std::panic::catch_unwind(AssertUnwindSafe(|| self.dispatch(request, ctx)));
                    if dispatched.is_err() {
                        tracing::error!(conn.id = %self.conn, "a command panicked");
                        self.reply::<()>(id, Err(lost()), ctx);
                    }
                }
                Err(malformed) => self.reply::<()>(malformed.id, Err(malformed.refusal), ctx),
            }
        }
    }

    /// Answers by the actor: for what does not belong to a room.
    fn reply<T: Serialize>(&self, id: Option<u64>, outcome: Result<T, Refusal>, ctx: &mut Ctx) {
        if let Some(reply) = reply_to(id, outcome) {
            ctx.text(serde_json::to_string(&reply).expect("the wire's types are plain data"));
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
        let _ = self.lane.push(frame::event(&Event { room, seq: None, ts: None, fact }));
    }

    fn tell(&self, fact: Fact, ctx: &mut Ctx) {
        let event = Event { room: None, seq: None, ts: None, fact };
        ctx.text(serde_json::to_string(&event).expect("the wire's types are plain data"));
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

    fn close(&self, code: CloseCode, ctx: &mut Ctx) {
        tracing::debug!(conn.id = %self.conn, close.code = code.number(), "connection closed");
        ctx.close(Some(ws::CloseReason { code: ws::CloseCode::Other(code.number()), description: None }));
        ctx.stop();
    }

    /// The credential ends at its time: announced, then carried out.
    fn expect_expiry(&mut self, expires: Micros, ctx: &mut Ctx) {
        for handle in self.expiry.drain(..) {
            ctx.cancel_future(handle);
        }
        let left = expires.since(self.system.inner().parts.clock.now());
        let expires_ts = expires.millis();
        let notice = ctx.run_later(left.saturating_sub(EXPIRY_NOTICE), move |session, ctx| {
            session.tell(Fact::AuthExpiring(Expiring { expires_ts }), ctx);
        });
        let end = ctx.run_later(left, |session, ctx| session.close(CloseCode::Expired, ctx));
        self.expiry.extend([notice, end]);
    }

    fn heartbeat(&self, ctx: &mut Ctx) {
        let [low, high, ..] = *Uuid::new_v4().as_bytes();
        let spread = PING_EVERY.mul_f64(f64::from(u16::from_be_bytes([low, high])) / 65_536.0);
        ctx.run_later(spread, |_, ctx| {
            ctx.run_interval(PING_EVERY, |session, ctx| {
                if session.heard_at.elapsed() > SILENCE {
                    session.close(CloseCode::NoPong, ctx);
                } else {
                    ctx.ping(&Uuid::new_v4().as_bytes()[..8]);
                }
            });
        });
    }
}

fn reply_to<T>(id: Option<u64>, outcome: Result<T, Refusal>) -> Option<Reply<T>> {
    let outcome = match outcome {
        Ok(value) => Outcome::Ok(value),
        Err(refusal) => Outcome::Error(refusal),
    };
    id.map(|id| Reply { id, outcome })
}

impl Actor for Session {
    type Context = Ctx;

    fn started(&mut self, ctx: &mut Ctx) {
        self.system.inner().sessions.fetch_add(1, Ordering::Relaxed);
        let sign_in = match self.credential {
            Credential::User(identity) => Some(identity.sign_in),
            Credential::Expired | Credential::ForeignOrigin | Credential::Absent => None,
        };
        self.relay.register(self.conn, ctx.address().recipient(), sign_in);
        match self.credential {
            Credential::ForeignOrigin => return self.close(CloseCode::Origin, ctx),
            Credential::Expired => return self.close(CloseCode::Expired, ctx),
            Credential::User(_) | Credential::Absent => {}
        }
        ctx.run_later(HELLO_WITHIN, |session, ctx| {
            if !session.greeted {
                session.close(CloseCode::BadProtocol, ctx);
            }
        });
        self.heartbeat(ctx);
    }

    fn stopped(&mut self, _: &mut Ctx) {
        self.system.inner().sessions.fetch_sub(1, Ordering::Relaxed);
        self.relay.detach(self.conn);
    }
}

impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for Session {
    fn handle(&mut self, frame: Result<ws::Message, ws::ProtocolError>, ctx: &mut Ctx) {
        self.heard_at = Instant::now();
        let whole = match frame {
            Ok(ws::Message::Text(text)) => Ok(Some(text.to_string())),
            Ok(ws::Message::Continuation(item)) => self.text.take(item),
            Ok(ws::Message::Ping(payload)) => return ctx.pong(&payload),
            Ok(ws::Message::Pong(_) | ws::Message::Nop) => return,
            Ok(ws::Message::Binary(_)) => Err(TextError::Binary),
            Ok(ws::Message::Close(reason)) => {
                ctx.close(reason);
                return ctx.stop();
            }
            Err(ws::ProtocolError::Overflow) => Err(TextError::TooBig),
            Err(_) => Err(TextError::Protocol),
        };
        match whole {
            Ok(Some(text)) => self.message(&text, ctx),
            Ok(None) => {}
            Err(error) => {
                let code = match error {
                    TextError::TooBig => ws::CloseCode::Size,
                    TextError::NotUtf8 => ws::CloseCode::Invalid,
                    TextError::Binary => ws::CloseCode::Unsupported,
                    TextError::Protocol => ws::CloseCode::Protocol,
                };
                ctx.close(Some(code.into()));
                ctx.stop();
            }
        }
    }
}

impl Handler<Close> for Session {
    type Result = ();

    fn handle(&mut self, Close(code): Close, ctx: &mut Ctx) {
        if code == CloseCode::Restart {
            let after_ms = Uuid::new_v4().as_u64_pair().1 % RECONNECT_WITHIN_MS;
            self.tell(Fact::Reconnect(Reconnect { after_ms }), ctx);
        }
        self.close(code, ctx);
    }
}
