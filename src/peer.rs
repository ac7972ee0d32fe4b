//! Where a request comes from: its socket, or what a trusted proxy says of it.
//!
//! `Forwarded` (RFC 7239) and `X-Forwarded-For` are heard only from proxies that the settings name, and read from
//! the end: each trusted proxy has written down whom it was asked by, and the first that is not one of them is the
//! client. Whatever stands before it the client may have made up. Where both headers are there they must agree: a
//! proxy that writes one of them passes on the other as it came.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName, X_FORWARDED_FOR};
use thiserror::Error;

/// The proxies whose word is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(Vec<Network>);

/// An address, or all that begin like it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u8,
}

/// What is neither an address nor a network.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no address like 10.0.0.1 and no network like 10.0.0.0/8")]
pub struct NoNetwork(String);

impl Network {
    fn parse(text: &str) -> Result<Self, NoNetwork> {
        let wrong = || NoNetwork(text.to_owned());
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.parse().map_err(|_| wrong()))?;
        if bits <= most { Ok(Self { address, bits }) } else { Err(wrong()) }
    }

    fn contains(&self, other: IpAddr) -> bool {
        let same = |mine: u128, other: u128, width: u8| {
            let shift = u32::from(width - self.bits);
            mine.checked_shr(shift).unwrap_or(0) == other.checked_shr(shift).unwrap_or(0)
        };
        match (self.address, other.to_canonical()) {
            (IpAddr::V4(mine), IpAddr::V4(other)) => same(mine.to_bits().into(), other.to_bits().into(), 32),
            (IpAddr::V6(mine), IpAddr::V6(other)) => same(mine.to_bits(), other.to_bits(), 128),
            _ => false,
        }
    }
}

impl Proxies {
    /// From addresses and networks.
    ///
    /// # Errors
    /// The first that is neither.
    pub fn parse(texts: &[String]) -> Result<Self, NoNetwork> {
        texts.iter().map(|text| Network::parse(text.trim())).collect::<Result<_, _>>().map(Self)
    }

    /// Where the request comes from.
    #[must_use]
    pub fn client(&self, request: &HttpRequest) -> IpAddr {
        let socket = request.peer_addr().map_or(IpAddr::from([0, 0, 0, 0]), |address| address.ip());
        self.client_behind(socket, request.headers())
    }

    fn client_behind(&self, socket: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.trusts(socket) {
            return socket.to_canonical();
        }
        let said = |name: &HeaderName, read: fn(&str) -> Option<IpAddr>| -> Option<IpAddr> {
            let hops: Vec<&str> = headers.get_all(name).flat_map(|value| value.to_str().unwrap_or("?").split(',')).collect();
            (!hops.is_empty()).then(|| self.first_stranger(socket, hops.into_iter().rev().map(read)))
        };
        match (said(&FORWARDED, forwarded_for), said(&X_FORWARDED_FOR, address)) {
            (Some(one), Some(other)) if one != other => socket.to_canonical(),
            (one, other) => one.or(other).unwrap_or(socket).to_canonical(),
        }
    }

    /// The first hop that is no proxy of ours, from the nearest on. What cannot be read is not believed, nor what
    /// is behind it: then it is the last hop that could be.
    fn first_stranger(&self, socket: IpAddr, hops: impl Iterator<Item = Option<IpAddr>>) -> IpAddr {
        let mut nearest = socket;
        for hop in hops {
            let Some(hop) = hop else { return nearest };
            nearest = hop;
            if !self.trusts(hop) {
                break;
            }
        }
        nearest
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

/// The `for` of one element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let mut hops = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for")).map(|(_, value)| value);
    let value = hops.next()?.trim();
    address(value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value))
}

/// An address with or without a port; one of IPv6 may stand in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).and_then(|inner| inner.parse::<IpAddr>().ok());
    bracketed.or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|address| address.ip())).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn proxies() -> Proxies {
        Proxies::parse(&["10.0.0.0/8".to_owned(), " 192.0.2.1".to_owned(), "2001:db8:1::/48".to_owned()]).unwrap()
    }

    fn seen(socket: &str, headers: &[(HeaderName, &str)]) -> IpAddr {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.clone(), HeaderValue::from_str(value).unwrap());
        }
        proxies().client_behind(ip(socket), &map)
    }

    #[test]
    fn a_stranger_is_where_its_socket_is_whatever_it_says() {
        for header in [(X_FORWARDED_FOR, "203.0.113.9"), (FORWARDED, "for=203.0.113.9")] {
            assert_eq!(seen("198.51.100.7", &[header]), ip("198.51.100.7"));
        }
    }

    #[test]
    fn a_trusted_proxy_says_who_asked_it() {
        assert_eq!(seen("10.1.2.3", &[(X_FORWARDED_FOR, "203.0.113.9")]), ip("203.0.113.9"));
        assert_eq!(seen("192.0.2.1", &[(FORWARDED, "proto=https;For=\"[2001:db8:2::9]:4711\";by=_x")]), ip("2001:db8:2::9"));
        assert_eq!(seen("2001:db8:1::5", &[(X_FORWARDED_FOR, "203.0.113.9:1234")]), ip("203.0.113.9"));
        assert_eq!(seen("::ffff:10.1.2.3", &[(X_FORWARDED_FOR, "::ffff:203.0.113.9")]), ip("203.0.113.9"));
        assert_eq!(seen("10.1.2.3", &[]), ip("10.1.2.3"));
    }

    #[test]
    fn what_the_client_made_up_stands_before_what_the_proxies_wrote() {
        assert_eq!(seen("10.1.2.3", &[(X_FORWARDED_FOR, "1.1.1.1, 10.9.9.9, 203.0.113.9, 10.0.0.5")]), ip("203.0.113.9"));
        // In one header or in several.
        assert_eq!(seen("10.1.2.3", &[(X_FORWARDED_FOR, "1.1.1.1"), (X_FORWARDED_FOR, "203.0.113.9")]), ip("203.0.113.9"));
        assert_eq!(seen("10.1.2.3", &[(FORWARDED, "for=1.1.1.1, for=203.0.113.9, for=10.0.0.5")]), ip("203.0.113.9"));
    }

    #[test]
    fn what_cannot_be_read_is_not_believed_nor_what_is_behind_it() {
        for wrong in ["unknown", "203.0.113.9, _hidden", "203.0.113.9,", "", "203.0.113.9, 10.0.0.5, ?"] {
            assert_eq!(seen("10.1.2.3", &[(X_FORWARDED_FOR, wrong)]), ip("10.1.2.3"), "{wrong}");
        }
        assert_eq!(seen("10.1.2.3", &[(X_FORWARDED_FOR, "203.0.113.9, nobody, 10.0.0.5")]), ip("10.0.0.5"));
        assert_eq!(seen("10.1.2.3", &[(FORWARDED, "proto=https")]), ip("10.1.2.3"));
    }

    #[test]
    fn two_headers_that_differ_are_not_believed() {
        // The proxy wrote one of them and passed the other on: which one, nobody can say.
        let (one, other) = ((X_FORWARDED_FOR, "203.0.113.9"), (FORWARDED, "for=198.51.100.1"));
        assert_eq!(seen("10.1.2.3", &[one.clone(), other]), ip("10.1.2.3"));
        assert_eq!(seen("10.1.2.3", &[one, (FORWARDED, "for=203.0.113.9")]), ip("203.0.113.9"));
    }

    #[test]
    fn where_everybody_is_a_proxy_the_farthest_asked() {
        assert_eq!(seen("10.1.2.3", &[(X_FORWARDED_FOR, "10.0.0.7, 10.0.0.5")]), ip("10.0.0.7"));
    }

    #[test]
    fn networks_end_where_they_say() {
        let contains = |network: &str, address: &str| Network::parse(network).unwrap().contains(ip(address));
        assert!(contains("10.0.0.0/9", "10.127.255.255") && !contains("10.0.0.0/9", "10.128.0.0"));
        assert!(contains("2001:db8::/33", "2001:db8:7fff::1") && !contains("2001:db8::/33", "2001:db8:8000::1"));
        assert!(contains("0.0.0.0/0", "203.0.113.9") && !contains("0.0.0.0/0", "2001:db8::1") && contains("::/0", "2001:db8::1"));
        assert!(contains("10.0.0.1", "10.0.0.1") && !contains("10.0.0.1", "10.0.0.2"));
        for wrong in ["10.0.0.0/33", "10.0.0", "::/129", "proxy", "10.0.0.0/", "10.0.0.0/-1", ""] {
            assert_eq!(Network::parse(wrong), Err(NoNetwork(wrong.to_owned())));
        }
    }
}
