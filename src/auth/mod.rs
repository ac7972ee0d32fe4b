//! Who is there. A handler names [`Verified`] (or [`SignedIn`], for the own account) among its arguments
//! and is not called for anybody else.
//!
//! - [`password`], [`token`], [`cookie`], [`csrf`]: the parts
//! - [`extract`]: the extractors that guard a handler
//! - [`limits`]: how often is too often
//! - [`socket`]: who opens a WebSocket

pub mod cookie;
pub mod csrf;
pub mod extract;
pub mod limits;
pub mod password;
pub mod socket;
pub mod token;

use actix_web::HttpRequest;
use actix_web::http::header;

pub use extract::{SignedIn, Verified};
pub use socket::identify;

/// The token of `Authorization: Bearer`, if there is one.
#[must_use]
pub fn bearer(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
