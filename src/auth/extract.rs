//! The extractors that guard a handler. The token says who; the store says, each time and in one
//! statement, whether that sign-in still stands, so ending one works at once.

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, web};
use allthrive_domain::time::Micros;
use allthrive_store::users::User;
use futures_util::future::LocalBoxFuture;
use uuid::Uuid;

use crate::auth::bearer;
use crate::auth::cookie::Kind;
use crate::auth::token::{Access, Untrue};
use crate::error::Problem;
use crate::state::State;

/// Somebody who is signed in, the address verified or not.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The account.
    pub user: User,
    /// The sign-in.
    pub sign_in: Uuid,
    /// Until when the access token is valid.
    pub expires: Micros,
}

/// Somebody who is signed in and has verified the address.
#[derive(Debug, Clone)]
pub struct Verified(pub SignedIn);

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let state = state_of(&request)?;
            signed_in(&state, read_access(&state, &request)?).await
        })
    }
}

impl FromRequest for Verified {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let signed_in = SignedIn::from_request(request, payload);
        Box::pin(async move {
            let signed_in = signed_in.await?;
            if !signed_in.user.email_verified {
                let detail = "Verify your e-mail address first. The link is in the mail we sent.";
                return Err(Problem::new(StatusCode::FORBIDDEN, "email_unverified", detail));
            }
            Ok(Self(signed_in))
        })
    }
}

/// Asks the store whether the sign-in stands, and whose it is.
pub(super) async fn signed_in(state: &State, access: Access) -> Result<SignedIn, Problem> {
    let standing = state.store.sign_in(access.sign_in, state.clock.now()).await?;
    match standing {
        Some(user) if user.id == access.user => Ok(SignedIn { user, sign_in: access.sign_in, expires: access.expires }),
        Some(_) | None => Err(Problem::unauthorized()),
    }
}

/// A bearer token decides alone; only without one does the cookie.
fn read_access(state: &State, request: &HttpRequest) -> Result<Access, Problem> {
    let cookie;
    let token = match bearer(request) {
        Some(token) => token,
        None => {
            cookie = state.cookies.get(request, Kind::Access).ok_or_else(Problem::unauthorized)?;
            &cookie
        }
    };
    state.access_tokens.read(token, state.clock.now()).map_err(|untrue| match untrue {
        Untrue::Expired => Problem::token_expired(),
        Untrue::Invalid => Problem::unauthorized(),
    })
}

/// The state that every request carries.
pub(crate) fn state_of(request: &HttpRequest) -> Result<web::Data<State>, Problem> {
    request.app_data::<web::Data<State>>().cloned().ok_or_else(|| Problem::internal("the state is missing"))
}
