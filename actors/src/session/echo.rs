//! The echo: says every message back. For suites that test the transport, which is that of every other
//! connection.

use std::rc::Rc;

use actix::{Actor, ActorContext, StreamHandler};
use actix_web::{HttpRequest, HttpResponse, web};
use actix_web_actors::HttpContext;

use super::guard::Bounds;
use super::inbound::Heard;
use super::lane::Lane;
use super::socket::open;
use crate::frame;

struct Echo {
    lane: Rc<Lane>,
}

/// Answers a request for the echo of messages up to so many bytes. It asks for no subprotocol and no credential.
///
/// # Errors
/// What the WebSocket handshake finds wrong (RFC 6455, 4.2.1).
pub fn echo(request: &HttpRequest, payload: web::Payload, most_bytes: usize) -> Result<HttpResponse, actix_web::Error> {
    open(request, payload, Bounds::up_to(most_bytes), |lane| Echo { lane })
}

impl Actor for Echo {
    type Context = HttpContext<Self>;
}

impl StreamHandler<Heard> for Echo {
    fn handle(&mut self, heard: Heard, ctx: &mut Self::Context) {
        match heard {
            Heard::Text(text) => self.lane.say(&frame::text(text.as_bytes())),
            Heard::Binary(bytes) => self.lane.say(&frame::binary(&bytes)),
            Heard::Ping(payload) => self.lane.say(&frame::pong(&payload)),
            Heard::Over(code) => {
                self.lane.close(code);
                ctx.stop();
            }
        }
    }
}
