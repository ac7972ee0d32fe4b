//! The two tokens of a sign-in. The access token is a JWT that says who and until when; the refresh token
//! is `HMAC(key, family ‖ n)`, so the server keeps a number, not a secret.

use std::time::Duration;

use allthrive_domain::time::Micros;
use allthrive_protocol::UserId;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::config::keys::{Key, Ring};
use crate::crypto::{is_keyed_digest, key_id, keyed_digest};

/// How long an access token is valid.
pub const ACCESS_LIFE: Duration = Duration::from_secs(15 * 60);

/// How long a sign-in lives without being refreshed.
pub const REFRESH_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Whom an access token is for.
const AUDIENCE: &str = "allthrive";

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    sid: Uuid,
    iat: u64,
    exp: u64,
}

/// Whom an access token names; whether the sign-in still stands is for the store to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// The account.
    pub user: UserId,
    /// The sign-in.
    pub sign_in: Uuid,
    /// Until when.
    pub expires: Micros,
}

/// Why an access token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untrue {
    /// It was good once.
    Expired,
    /// It never was.
    Invalid,
}

/// Makes and reads access tokens of one issuer.
pub struct AccessTokens {
    issuer: String,
    signing: (String, EncodingKey),
    reading: Vec<(String, DecodingKey)>,
    rules: Validation,
}

impl AccessTokens {
    /// With the server's own origin as the issuer.
    #[must_use]
    pub fn new(ring: &Ring, issuer: String) -> Self {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_issuer(&[&issuer]);
        rules.set_audience(&[AUDIENCE]);
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Compared with the server's own clock below.
        rules.validate_exp = false;
        Self {
            issuer,
            signing: (kid(&ring.current), EncodingKey::from_secret(ring.current.bytes())),
            reading: ring.iter().map(|key| (kid(key), DecodingKey::from_secret(key.bytes()))).collect(),
            rules,
        }
    }

    /// A token for this sign-in, valid for [`ACCESS_LIFE`].
    ///
    /// # Errors
    /// If signing fails, for a reason of the crypto library.
    pub fn issue(&self, user: UserId, sign_in: Uuid, now: Micros) -> Result<(String, Micros), jsonwebtoken::errors::Error> {
        let expires = now.plus(ACCESS_LIFE);
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: user.0,
            sid: sign_in,
            iat: now.millis() / 1_000,
            exp: expires.millis() / 1_000,
        };
        let (kid, key) = &self.signing;
        let header = Header { kid: Some(kid.clone()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims, key).map(|token| (token, whole_second(claims.exp)))
    }

    /// What the token says, if it is ours and its time is not over.
    ///
    /// # Errors
    /// Says which of the two it is not.
    pub fn read(&self, token: &str, now: Micros) -> Result<Access, Untrue> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| Untrue::Invalid)?;
        let kid = header.kid.ok_or(Untrue::Invalid)?;
        let (_, key) = self.reading.iter().find(|(known, _)| *known == kid).ok_or(Untrue::Invalid)?;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &self.rules).map_err(|_| Untrue::Invalid)?.claims;
        let expires = whole_second(claims.exp);
        if expires <= now {
            return Err(Untrue::Expired);
        }
        Ok(Access { user: UserId(claims.sub), sign_in: claims.sid, expires })
    }
}

fn whole_second(seconds: u64) -> Micros {
    Micros::default().plus(Duration::from_secs(seconds))
}

fn kid(key: &Key) -> String {
    URL_SAFE_NO_PAD.encode(key_id(key))
}

/// One refresh token: the `n`-th of its family. The family is the sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refresh {
    /// The sign-in.
    pub family: Uuid,
    /// Which of its tokens.
    pub n: u32,
}

impl Refresh {
    /// As it stands in the cookie: the same every time it is written.
    #[must_use]
    pub fn write(self, ring: &Ring) -> String {
        let mac = keyed_digest(&ring.current, &[self.family.as_bytes(), &self.n.to_be_bytes()]);
        URL_SAFE_NO_PAD.encode([self.family.as_bytes().as_slice(), &self.n.to_be_bytes(), &mac].concat())
    }

    /// Reads what [`Self::write`] wrote, with this key or the one before it; none if it is not ours.
    #[must_use]
    pub fn read(ring: &Ring, token: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (family, rest) = bytes.split_at_checked(16)?;
        let (n, mac) = rest.split_at_checked(4)?;
        let ours = ring.iter().any(|key| is_keyed_digest(key, &[family, n], mac));
        ours.then_some(())?;
        Some(Self { family: Uuid::from_slice(family).ok()?, n: u32::from_be_bytes(n.try_into().ok()?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Micros = Micros(1_790_000_000_000_000);

    fn ring(current: u8, previous: Option<u8>) -> Ring {
        Ring { current: Key::new([current; 32]), previous: previous.map(|n| Key::new([n; 32])) }
    }

    fn tokens(ring: &Ring) -> AccessTokens {
        AccessTokens::new(ring, "https://chat.example.org".to_owned())
    }

    fn issued(by: &AccessTokens) -> String {
        by.issue(UserId(Uuid::from_u128(1)), Uuid::from_u128(2), NOW).unwrap().0
    }

    #[test]
    fn an_access_token_says_who_until_it_expires() {
        let tokens = tokens(&ring(1, None));
        let token = issued(&tokens);
        let access = tokens.read(&token, NOW).unwrap();
        assert_eq!((access.user, access.sign_in), (UserId(Uuid::from_u128(1)), Uuid::from_u128(2)));
        assert_eq!(tokens.read(&token, NOW.plus(ACCESS_LIFE)), Err(Untrue::Expired));
    }

    #[test]
    fn a_changed_key_still_reads_what_the_one_before_it_signed() {
        let token = issued(&tokens(&ring(1, None)));
        assert!(tokens(&ring(2, Some(1))).read(&token, NOW).is_ok());
        assert_eq!(tokens(&ring(2, None)).read(&token, NOW), Err(Untrue::Invalid));
    }

    #[test]
    fn another_issuer_or_algorithm_is_not_taken() {
        let ring = ring(1, None);
        let other = AccessTokens::new(&ring, "https://evil.example".to_owned());
        assert_eq!(tokens(&ring).read(&issued(&other), NOW), Err(Untrue::Invalid));

        let token = issued(&tokens(&ring));
        let header = Header { kid: Some(kid(&ring.current)), ..Header::new(Algorithm::HS512) };
        let claims = serde_json::json!({"iss": "https://chat.example.org", "aud": "allthrive", "sub": Uuid::nil(), "sid": Uuid::nil(), "iat": 0, "exp": 9_000_000_000_u64});
        let strong = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(ring.current.bytes())).unwrap();
        assert_eq!(tokens(&ring).read(&strong, NOW), Err(Untrue::Invalid));
        // {"alg":"none"} in front of a good payload.
        let none = format!("eyJhbGciOiJub25lIn0.{}.", token.split('.').nth(1).unwrap());
        assert_eq!(tokens(&ring).read(&none, NOW), Err(Untrue::Invalid));
    }

    #[test]
    fn a_refresh_token_is_the_same_every_time_and_cannot_be_counted_up() {
        let token = Refresh { family: Uuid::from_u128(7), n: 3 };
        let written = token.write(&ring(1, None));
        assert_eq!(written, token.write(&ring(1, None)));
        assert_eq!(Refresh::read(&ring(1, None), &written), Some(token));
        assert_eq!(Refresh::read(&ring(2, Some(1)), &written), Some(token));
        let mut bytes = URL_SAFE_NO_PAD.decode(&written).unwrap();
        bytes[19] += 1;
        assert_eq!(Refresh::read(&ring(1, None), &URL_SAFE_NO_PAD.encode(bytes)), None);
        assert_eq!(Refresh::read(&ring(1, None), ""), None);
    }
}
