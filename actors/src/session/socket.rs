//! From a request to a connection, for the protocol and for the echo alike: the handshake, the stream in
//! ([`Inbound`]) and the lane out.

use std::net::IpAddr;
use std::rc::Rc;

use actix::{Actor, ActorContext, AsyncContext, StreamHandler};
use actix_web::http::header::{HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use actix_web::{HttpRequest, HttpResponse, web};
use actix_web_actors::{HttpContext, ws};
use allthrive_protocol::SUBPROTOCOL;

use super::guard::Bounds;
use super::inbound::{Heard, Inbound};
use super::lane::{Lane, Merged};
use super::share::Share;
use super::{Credential, Ctx, Session};
use crate::frame;
use crate::line::Line;
use crate::system::System;

impl System {
    /// Answers a request for a WebSocket, which comes from that address. Statuses only for what a program can
    /// read: 400 without our subprotocol, 503 while draining; every other refusal is a close code.
    ///
    /// # Errors
    /// What the WebSocket handshake finds wrong (RFC 6455, 4.2.1).
    pub fn connect(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
        credential: Credential,
        address: IpAddr,
    ) -> Result<HttpResponse, actix_web::Error> {
        if self.is_draining() {
            return Ok(stopping());
        }
        if !offers_ours(request) {
            return Ok(HttpResponse::BadRequest().body(format!("Offer the WebSocket subprotocol {SUBPROTOCOL}.")));
        }
        let (system, share) = (self.clone(), Share::new(self.inner(), address));
        let mut response = open(request, payload, Bounds::TEXT, move |lane| Session::new(system, lane, credential, share))?;
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
        Ok(response)
    }
}

/// What who asks for a connection is told that comes too late.
pub(super) fn stopping() -> HttpResponse {
    HttpResponse::ServiceUnavailable().body("This server is stopping. Connect again.")
}

fn offers_ours(request: &HttpRequest) -> bool {
    let offered = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL);
    offered.filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(',')).any(|one| one.trim() == SUBPROTOCOL)
}

/// Accepts a WebSocket and starts its actor.
///
/// # Errors
/// What the handshake finds wrong (RFC 6455, 4.2.1).
pub(super) fn open<A>(
    request: &HttpRequest,
    payload: web::Payload,
    bounds: Bounds,
    actor: impl FnOnce(Rc<Lane>) -> A + 'static,
) -> Result<HttpResponse, actix_web::Error>
where
    A: Actor<Context = HttpContext<A>> + StreamHandler<Heard>,
{
    let mut response = ws::handshake(request)?;
    let lane = Lane::new();
    let of_actor = Rc::clone(&lane);
    // Only a server that is not served by `System::serve` has no line.
    let line = request.conn_data::<Line>().cloned().unwrap_or_default();
    line.becomes_socket(Rc::clone(&lane));
    let output = HttpContext::with_factory(move |ctx| {
        ctx.add_stream(Inbound::new(payload, bounds, line));
        actor(of_actor)
    });
    Ok(response.streaming(Merged { actor: Box::pin(output), lane }))
}

impl StreamHandler<Heard> for Session {
    fn handle(&mut self, heard: Heard, ctx: &mut Ctx) {
        match heard {
            Heard::Text(text, read) => {
                self.read_at = read;
                self.message(&text, ctx);
            }
            // The bounds of this connection let no binary message through.
            Heard::Binary(_) => {}
            Heard::Ping(payload) => self.lane.say(&frame::pong(&payload)),
            Heard::Pong(payload, came) => self.rtt.answered(&payload, came),
            Heard::Over(code) => {
                self.lane.close(code);
                ctx.stop();
            }
        }
    }
}
