//! A web origin (RFC 6454): scheme, host and port. The server's own comes from `public_url`, never from
//! the socket, and decides cookie names, `Secure`, HSTS and whose pages may speak to it.

use std::fmt;
use std::net::SocketAddr;

use actix_web::http::Uri;

/// A scheme, a host and a port; the scheme's own port is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    https: bool,
    authority: String,
}

impl Origin {
    /// Takes a URL with nothing behind the host and port but perhaps a `/`.
    ///
    /// # Errors
    /// A sentence that says what to change.
    pub fn parse(url: &str) -> Result<Self, &'static str> {
        let uri: Uri = url.parse().map_err(|_| "this is not a URL")?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("begin with http:// or https://"),
        };
        let authority = uri.authority().ok_or("a host is missing")?;
        if authority.as_str().contains('@') || !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err("give scheme, host and port only, like https://chat.example.org");
        }
        let host = authority.host().to_ascii_lowercase();
        if host.is_empty() {
            return Err("a host is missing");
        }
        let own_port = if https { 443 } else { 80 };
        let authority = match authority.port_u16() {
            Some(port) if port != own_port => format!("{host}:{port}"),
            _ => host,
        };
        Ok(Self { https, authority })
    }

    /// `http://` and an address.
    #[must_use]
    pub fn of_socket(bound: SocketAddr) -> Self {
        let authority = if bound.port() == 80 { bound.ip().to_string() } else { bound.to_string() };
        Self { https: false, authority }
    }

    /// Whether cookies must be `Secure`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// `host` or `host:port`.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.https { "https" } else { "http" }, self.authority)
    }
}

/// The origins whose pages are this server's own.
#[derive(Debug, Clone)]
pub struct OwnOrigins {
    main: Origin,
    others: Vec<Origin>,
}

impl OwnOrigins {
    /// Of production: the public one.
    #[must_use]
    pub fn public(main: Origin) -> Self {
        Self { main, others: Vec::new() }
    }

    /// Of local mode: also localhost, 127.0.0.1 and `[::1]` with the own port.
    #[must_use]
    pub fn local(main: Origin, port: u16) -> Self {
        let names = ["localhost", "127.0.0.1", "[::1]"];
        let others = names.iter().filter_map(|name| Origin::parse(&format!("http://{name}:{port}")).ok());
        let others = others.filter(|origin| *origin != main).collect();
        Self { main, others }
    }

    /// The one that stands in links and cookie names.
    #[must_use]
    pub fn main(&self) -> &Origin {
        &self.main
    }

    /// All of them, the main one first.
    pub fn iter(&self) -> impl Iterator<Item = &Origin> {
        std::iter::once(&self.main).chain(&self.others)
    }

    /// Whether an `Origin` header names one of them; `null` never does.
    #[must_use]
    pub fn contains(&self, header: &str) -> bool {
        Origin::parse(header).is_ok_and(|origin| self.iter().any(|own| *own == origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_port_of_a_scheme_is_left_out() {
        for url in ["https://Chat.Example.org", "https://chat.example.org:443/", "https://chat.example.org/"] {
            assert_eq!(Origin::parse(url).unwrap().to_string(), "https://chat.example.org");
        }
        assert_eq!(Origin::parse("http://chat.example.org:8080").unwrap().to_string(), "http://chat.example.org:8080");
    }

    #[test]
    fn what_is_more_than_an_origin_is_refused() {
        for url in ["chat.example.org", "ftp://a.b", "https://a.b/path", "https://a.b?x", "https://u@a.b", "null", ""] {
            assert!(Origin::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn local_mode_knows_its_three_names() {
        let own = OwnOrigins::local(Origin::of_socket("127.0.0.1:8080".parse().unwrap()), 8080);
        for origin in ["http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080"] {
            assert!(own.contains(origin), "{origin}");
        }
        for origin in ["http://localhost:8081", "https://localhost:8080", "http://localhost.evil.example:8080", "null"] {
            assert!(!own.contains(origin), "{origin}");
        }
    }
}
