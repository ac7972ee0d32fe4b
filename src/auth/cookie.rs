//! The three cookies. Their names and flags follow from the public URL: a browser takes `__Host-` and
//! `__Secure-` over https only, so on one's own machine the names are plain.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};

use crate::auth::token::{ACCESS_LIFE, REFRESH_LIFE};
use crate::origin::Origin;

/// Where the refresh cookie is sent, and nowhere else.
const REFRESH_PATH: &str = "/api/v1/auth";

/// Which cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The access token. `Lax`: following a link from elsewhere finds one signed in.
    Access,
    /// The refresh token.
    Refresh,
    /// The secret behind the CSRF token.
    Csrf,
}

/// Writes and reads the cookies of one origin.
#[derive(Debug, Clone, Copy)]
pub struct Cookies {
    secure: bool,
}

impl Cookies {
    /// Of this origin.
    #[must_use]
    pub fn of(origin: &Origin) -> Self {
        Self { secure: origin.is_https() }
    }

    /// The cookie's name.
    #[must_use]
    pub fn name(self, kind: Kind) -> &'static str {
        match (kind, self.secure) {
            (Kind::Access, true) => "__Host-allthrive_access",
            (Kind::Access, false) => "allthrive_access",
            // `__Host-` would need the path `/`.
            (Kind::Refresh, true) => "__Secure-allthrive_refresh",
            (Kind::Refresh, false) => "allthrive_refresh",
            (Kind::Csrf, true) => "__Host-allthrive_csrf",
            (Kind::Csrf, false) => "allthrive_csrf",
        }
    }

    /// The cookie with its value.
    #[must_use]
    pub fn set(self, kind: Kind, value: String) -> Cookie<'static> {
        let seconds = |life: std::time::Duration| CookieDuration::seconds(i64::try_from(life.as_secs()).unwrap_or(i64::MAX));
        let mut cookie = self.bare(kind, value);
        match kind {
            Kind::Access => cookie.set_max_age(seconds(ACCESS_LIFE)),
            Kind::Refresh => cookie.set_max_age(seconds(REFRESH_LIFE)),
            Kind::Csrf => {}
        }
        cookie
    }

    /// The cookie that takes it away.
    #[must_use]
    pub fn clear(self, kind: Kind) -> Cookie<'static> {
        let mut cookie = self.bare(kind, String::new());
        cookie.set_max_age(CookieDuration::ZERO);
        cookie
    }

    /// The value that came with a request.
    #[must_use]
    pub fn get(self, request: &HttpRequest, kind: Kind) -> Option<String> {
        request.cookie(self.name(kind)).map(|cookie| cookie.value().to_owned())
    }

    fn bare(self, kind: Kind, value: String) -> Cookie<'static> {
        let (path, same_site) = match kind {
            Kind::Access => ("/", SameSite::Lax),
            Kind::Refresh => (REFRESH_PATH, SameSite::Strict),
            Kind::Csrf => ("/", SameSite::Strict),
        };
        Cookie::build(self.name(kind), value).path(path).same_site(same_site).http_only(true).secure(self.secure).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(url: &str, kind: Kind) -> String {
        Cookies::of(&Origin::parse(url).unwrap()).set(kind, "v".to_owned()).to_string()
    }

    #[test]
    fn https_has_prefixes_and_secure() {
        assert_eq!(
            written("https://chat.example.org", Kind::Access),
            "__Host-allthrive_access=v; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=900"
        );
        assert_eq!(
            written("https://chat.example.org", Kind::Refresh),
            "__Secure-allthrive_refresh=v; HttpOnly; SameSite=Strict; Secure; Path=/api/v1/auth; Max-Age=2592000"
        );
        assert_eq!(written("https://chat.example.org", Kind::Csrf), "__Host-allthrive_csrf=v; HttpOnly; SameSite=Strict; Secure; Path=/");
    }

    #[test]
    fn http_has_plain_names_and_no_secure() {
        assert_eq!(written("http://127.0.0.1:8080", Kind::Access), "allthrive_access=v; HttpOnly; SameSite=Lax; Path=/; Max-Age=900");
        assert!(!written("http://127.0.0.1:8080", Kind::Refresh).contains("Secure"));
    }
}
