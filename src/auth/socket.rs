//! Who opens a WebSocket. The first of these that is there decides: `Authorization: Bearer`, a ticket as
//! a second subprotocol, the access cookie (only from a page of our own).

use actix_web::HttpRequest;
use actix_web::http::header;
use allthrive_domain::time::Micros;
use allthrive_protocol::{TICKET_PREFIX, UserId};
use uuid::Uuid;

use crate::auth::bearer;
use crate::auth::cookie::Kind;
use crate::auth::token::{ACCESS_LIFE, Untrue};
use crate::crypto::{digest, read_token};
use crate::state::State;

/// Whom a credential names, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WsIdentity {
    /// An account that is alive and verified.
    User {
        /// The account.
        user: UserId,
        /// Its sign-in.
        sign_in: Uuid,
        /// Until when the credential is good.
        expires: Micros,
    },
    /// A credential that is not good any more, or not good at all: get another.
    Expired,
    /// No credential; `hello` may bring a ticket.
    None,
    /// A page of another origin.
    ForeignOrigin,
}

/// Who opens this WebSocket.
///
/// # Errors
/// Those of the store.
pub async fn identify(state: &State, request: &HttpRequest) -> Result<WsIdentity, allthrive_store::Error> {
    let origin = request.headers().get(header::ORIGIN);
    if origin.is_some_and(|origin| !origin.to_str().is_ok_and(|origin| state.origins.contains(origin))) {
        return Ok(WsIdentity::ForeignOrigin);
    }
    if let Some(token) = bearer(request) {
        return by_access_token(state, token).await;
    }
    if let Some(ticket) = offered_ticket(request) {
        return redeem_ticket(state, &ticket).await;
    }
    match state.cookies.get(request, Kind::Access) {
        Some(token) if origin.is_some() => by_access_token(state, &token).await,
        Some(_) | None => Ok(WsIdentity::None),
    }
}

/// Uses up a ticket: at most one call ever gets its account.
///
/// # Errors
/// Those of the store.
pub async fn redeem_ticket(state: &State, ticket: &str) -> Result<WsIdentity, allthrive_store::Error> {
    let now = state.clock.now();
    let Some(secret) = read_token(ticket) else { return Ok(WsIdentity::Expired) };
    let Some(sign_in) = state.store.redeem_ticket(digest(&secret), now).await? else { return Ok(WsIdentity::Expired) };
    standing(state, sign_in, None, now.plus(ACCESS_LIFE)).await
}

async fn by_access_token(state: &State, token: &str) -> Result<WsIdentity, allthrive_store::Error> {
    match state.access_tokens.read(token, state.clock.now()) {
        Ok(access) => standing(state, access.sign_in, Some(access.user), access.expires).await,
        Err(Untrue::Expired | Untrue::Invalid) => Ok(WsIdentity::Expired),
    }
}

async fn standing(state: &State, sign_in: Uuid, named: Option<UserId>, expires: Micros) -> Result<WsIdentity, allthrive_store::Error> {
    let user = state.store.sign_in(sign_in, state.clock.now()).await?;
    Ok(match user {
        Some(user) if user.email_verified && named.is_none_or(|named| named == user.id) => {
            WsIdentity::User { user: user.id, sign_in, expires }
        }
        Some(_) | None => WsIdentity::Expired,
    })
}

fn offered_ticket(request: &HttpRequest) -> Option<String> {
    let offers = request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL).filter_map(|value| value.to_str().ok());
    let mut offers = offers.flat_map(|value| value.split(','));
    offers.find_map(|offer| offer.trim().strip_prefix(TICKET_PREFIX).map(str::to_owned))
}
