//! The token that unsafe requests of a page carry.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::cookie::Kind;
use crate::auth::csrf::token_of;
use crate::crypto::{fresh_token, read_token};
use crate::state::State;

/// The token.
#[derive(Debug, Serialize, ToSchema)]
pub struct CsrfToken {
    /// Goes into the header `X-CSRF-Token`.
    token: String,
}

/// A CSRF token and its cookie. Asked again with the cookie, it is the same: all tabs agree.
#[utoipa::path(get, path = "/api/v1/auth/csrf", tag = "auth", responses((status = 200, body = CsrfToken)))]
pub async fn token(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    let secret = state.cookies.get(&request, Kind::Csrf).filter(|value| read_token(value).is_some()).unwrap_or_else(fresh_token);
    let token = token_of(&state.settings.keys.csrf, &secret);
    HttpResponse::Ok().cookie(state.cookies.set(Kind::Csrf, secret)).json(CsrfToken { token })
}
