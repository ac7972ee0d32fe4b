//! Who opens a WebSocket. The first of these that is there decides: `Authorization: Bearer`, a ticket as
//! a second subprotocol, the access cookie (only from a page of our own).

use actix_web::HttpRequest;
use actix_web::http::header;
use allthrive_actors::{Credential, Identity, Later, TicketError, Tickets};
use allthrive_domain::time::{Clock, Micros};
use allthrive_protocol::{TICKET_PREFIX, UserId};
use allthrive_store::{Error, Store};
use uuid::Uuid;

use crate::auth::bearer;
use crate::auth::cookie::Kind;
use crate::auth::token::{ACCESS_LIFE, Untrue};
use crate::crypto::{digest, read_token};
use crate::state::State;

/// Who opens this WebSocket.
///
/// # Errors
/// Those of the store.
pub async fn identify(state: &State, request: &HttpRequest) -> Result<Credential, Error> {
    let origin = request.headers().get(header::ORIGIN);
    if origin.is_some_and(|origin| !origin.to_str().is_ok_and(|origin| state.origins.contains(origin))) {
        return Ok(Credential::ForeignOrigin);
    }
    if let Some(token) = bearer(request) {
        return by_access_token(state, token).await;
    }
    if let Some(ticket) = offered_ticket(request) {
        return redeem(&state.store, &state.clock, &ticket).await;
    }
    match state.cookies.get(request, Kind::Access) {
        Some(token) if origin.is_some() => by_access_token(state, &token).await,
        Some(_) | None => Ok(Credential::Absent),
    }
}

/// Redeems the tickets that `hello` and `auth.refresh` bring.
pub struct TicketBox {
    /// Where they are kept.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
}

impl Tickets for TicketBox {
    fn redeem(&self, ticket: String) -> Later<Identity> {
        let (store, clock) = (self.store.clone(), self.clock.clone());
        Box::pin(async move {
            match redeem(&store, &clock, &ticket).await {
                Ok(Credential::User(identity)) => Ok(identity),
                Ok(Credential::Expired | Credential::Absent | Credential::ForeignOrigin) => Err(TicketError::Invalid),
                Err(error) => Err(unchecked(&error)),
            }
        })
    }

    fn stands(&self, identity: Identity) -> Later<bool> {
        let (store, clock) = (self.store.clone(), self.clock.clone());
        Box::pin(async move {
            let Identity { user, sign_in, expires } = identity;
            let now = standing(&store, clock.now(), sign_in, Some(user), expires).await;
            now.map(|credential| credential == Credential::User(identity)).map_err(|error| unchecked(&error))
        })
    }
}

fn unchecked(error: &Error) -> TicketError {
    tracing::warn!(%error, "a ticket could not be checked");
    TicketError::Unavailable
}

/// Uses up a ticket: at most one call ever gets its account.
async fn redeem(store: &Store, clock: &Clock, ticket: &str) -> Result<Credential, Error> {
    let now = clock.now();
    let Some(secret) = read_token(ticket) else { return Ok(Credential::Expired) };
    let Some(sign_in) = store.redeem_ticket(digest(&secret), now).await? else { return Ok(Credential::Expired) };
    standing(store, now, sign_in, None, now.plus(ACCESS_LIFE)).await
}

async fn by_access_token(state: &State, token: &str) -> Result<Credential, Error> {
    let now = state.clock.now();
    match state.access_tokens.read(token, now) {
        Ok(access) => standing(&state.store, now, access.sign_in, Some(access.user), access.expires).await,
        Err(Untrue::Expired | Untrue::Invalid) => Ok(Credential::Expired),
    }
}

/// An account that is alive and verified, under a sign-in that has not ended.
async fn standing(store: &Store, now: Micros, sign_in: Uuid, named: Option<UserId>, expires: Micros) -> Result<Credential, Error> {
    let user = store.sign_in(sign_in, now).await?;
    Ok(match user {
        Some(user) if user.email_verified && named.is_none_or(|named| named == user.id) => {
            Credential::User(Identity { user: user.id, sign_in, expires })
        }
        Some(_) | None => Credential::Expired,
    })
}

fn offered_ticket(request: &HttpRequest) -> Option<String> {
    let offers = request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL).filter_map(|value| value.to_str().ok());
    let mut offers = offers.flat_map(|value| value.split(','));
    offers.find_map(|offer| offer.trim().strip_prefix(TICKET_PREFIX).map(str::to_owned))
}
