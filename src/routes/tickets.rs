//! Tickets that open a WebSocket.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Verified;
use crate::crypto::{digest, fresh_token, read_token};
use crate::error::{Problem, ProblemBody};
use crate::state::State;

/// How long a ticket is good: the time to open a connection and no more.
const LIFE: Duration = Duration::from_secs(30);

/// A ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ticket {
    /// Goes into the subprotocol `ticket.<value>`, or into `hello`. Good once.
    ticket: String,
    /// Until when, unix milliseconds.
    expires_ts: u64,
}

/// A single-use ticket for `/v1/ws`, good for 30 seconds.
#[utoipa::path(post, path = "/api/v1/auth/ws-ticket", tag = "auth",
    responses((status = 200, body = Ticket), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub async fn issue(Verified(signed_in): Verified, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let ticket = fresh_token();
    let secret = read_token(&ticket).ok_or_else(|| Problem::internal("a fresh ticket cannot be read"))?;
    let expires = state.clock.now().plus(LIFE);
    state.store.issue_ticket(digest(&secret), signed_in.sign_in, expires).await?;
    Ok(HttpResponse::Ok().json(Ticket { ticket, expires_ts: expires.millis() }))
}
