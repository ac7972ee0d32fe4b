//! The echo: says every message back. For suites that test the transport, which is that of every other
//! connection.

use std::rc::Rc;
use std::sync::atomic::Ordering;

use actix::{Actor, ActorContext, AsyncContext, Handler, StreamHandler};
use actix_web::{HttpRequest, HttpResponse, web};
use actix_web_actors::HttpContext;
use allthrive_protocol::{CloseCode, ConnId};
use uuid::Uuid;

use super::guard::Bounds;
use super::inbound::Heard;
use super::lane::Lane;
use super::socket::{open, stopping};
use crate::frame;
use crate::relay::{Close, Relay};
use crate::system::System;

struct Echo {
    system: System,
    relay: Relay,
    conn: ConnId,
    lane: Rc<Lane>,
}

impl System {
    /// Answers a request for the echo of messages up to so many bytes. It asks for no subprotocol and no
    /// credential. 503 while draining.
    ///
    /// # Errors
    /// What the WebSocket handshake finds wrong (RFC 6455, 4.2.1).
    pub fn echo(&self, request: &HttpRequest, payload: web::Payload, most_bytes: usize) -> Result<HttpResponse, actix_web::Error> {
        if self.is_draining() {
            return Ok(stopping());
        }
        let (system, relay) = (self.clone(), self.relay());
        open(request, payload, Bounds::up_to(most_bytes), move |lane| Echo { system, relay, conn: ConnId(Uuid::new_v4()), lane })
    }
}

impl Echo {
    fn go_away(&self, ctx: &mut HttpContext<Self>) {
        self.lane.close(Some(CloseCode::GoingAway.number()));
        ctx.stop();
    }
}

impl Actor for Echo {
    type Context = HttpContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.system.inner().sessions.fetch_add(1, Ordering::Relaxed);
        self.relay.register(self.conn, ctx.address().recipient(), Rc::clone(&self.lane), None);
        if self.system.is_draining() {
            self.go_away(ctx);
        }
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.system.inner().sessions.fetch_sub(1, Ordering::Relaxed);
        self.relay.detach(self.conn);
    }
}

impl StreamHandler<Heard> for Echo {
    fn handle(&mut self, heard: Heard, ctx: &mut Self::Context) {
        match heard {
            Heard::Text(text, _) => self.lane.say(&frame::text(text.as_bytes())),
            Heard::Binary(bytes) => self.lane.say(&frame::binary(&bytes)),
            Heard::Ping(payload) => self.lane.say(&frame::pong(&payload)),
            Heard::Pong(..) => {}
            Heard::Over(code) => {
                self.lane.close(code);
                ctx.stop();
            }
        }
    }
}

impl Handler<Close> for Echo {
    type Result = ();

    fn handle(&mut self, _: Close, ctx: &mut Self::Context) {
        self.go_away(ctx);
    }
}
