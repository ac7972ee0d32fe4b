//! No other site's page can make a browser write here with its cookies: an unsafe request without
//! `Authorization: Bearer` needs the CSRF token and its cookie, and must not say that it comes from elsewhere.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, ResponseError as _, web};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::auth::cookie::Kind;
use crate::config::keys::Key;
use crate::crypto::{is_keyed_digest, keyed_digest, read_token};
use crate::error::Problem;
use crate::state::State;

/// The header that carries the token.
pub const HEADER: &str = "X-CSRF-Token";

/// The token that belongs to a cookie.
#[must_use]
pub fn token_of(key: &Key, cookie: &str) -> String {
    URL_SAFE_NO_PAD.encode(keyed_digest(key, &[b"csrf", cookie.as_bytes()]))
}

/// Refuses unsafe requests that a page of another site could have made.
///
/// # Errors
/// Those of the request.
pub async fn guard<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    match check(request.request()) {
        Ok(()) => next.call(request).await.map(ServiceResponse::map_into_left_body),
        Err(problem) => Ok(request.into_response(problem.error_response()).map_into_right_body()),
    }
}

fn check(request: &HttpRequest) -> Result<(), Problem> {
    if request.method().is_safe() || crate::auth::bearer(request).is_some() {
        return Ok(());
    }
    let state = request.app_data::<web::Data<State>>().ok_or_else(|| Problem::internal("the state is missing"))?;
    if !comes_from_here(request, state) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "foreign_origin", "This request comes from another site."));
    }
    let wrong = || Problem::new(StatusCode::FORBIDDEN, "csrf", format!("Ask GET /api/v1/auth/csrf for a token and send it as {HEADER}."));
    let cookie = state.cookies.get(request, Kind::Csrf).filter(|value| read_token(value).is_some()).ok_or_else(wrong)?;
    let given = request.headers().get(HEADER).and_then(|value| URL_SAFE_NO_PAD.decode(value.as_bytes()).ok()).ok_or_else(wrong)?;
    let fits = is_keyed_digest(&state.settings.keys.csrf, &[b"csrf", cookie.as_bytes()], &given);
    fits.then_some(()).ok_or_else(wrong)
}

/// By Fetch Metadata where the browser sends it, else by `Origin`; who sends neither is not a browser's page.
fn comes_from_here(request: &HttpRequest, state: &State) -> bool {
    let text = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    match (text(header::HeaderName::from_static("sec-fetch-site")), text(header::ORIGIN)) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => state.origins.contains(origin),
        (None, None) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_belongs_to_one_cookie() {
        let key = Key::new([1; 32]);
        assert_eq!(token_of(&key, "a"), token_of(&key, "a"));
        assert_ne!(token_of(&key, "a"), token_of(&key, "b"));
        assert_ne!(token_of(&key, "a"), token_of(&Key::new([2; 32]), "a"));
    }
}
