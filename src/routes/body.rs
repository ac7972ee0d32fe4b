//! What a request brings: JSON, or a file. Checked for its type, its size and U+0000 before a handler sees it.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use allthrive_protocol::command::holds_nul;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;

use crate::error::Problem;

/// Longest body of a request, bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// Longest body that carries a quiz, bytes: two hundred questions of the longest texts that people write.
pub const MAX_QUIZ_BYTES: usize = 2 * 1024 * 1024;

/// Largest file, bytes; each format has its own bound within.
pub const MAX_FILE_BYTES: usize = allthrive_domain::import::MAX_PACKED_BYTES;

/// How long a body may take to arrive: much longer than a slow phone needs for 64 KiB.
const WITHIN: Duration = Duration::from_secs(20);

/// How long a longer one may.
const LONG_WITHIN: Duration = Duration::from_secs(60);

/// A request's body as this type, of at most so many bytes. Unknown fields are ignored.
#[derive(Debug)]
pub struct Json<T, const MOST: usize = MAX_BYTES>(pub T);

impl<T: DeserializeOwned + 'static, const MOST: usize> FromRequest for Json<T, MOST> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let typed = request.content_type().eq_ignore_ascii_case("application/json");
        let bytes = arrived(request, payload, MOST);
        Box::pin(async move {
            if !typed {
                return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Send application/json."));
            }
            read(&bytes.await?).map(Self)
        })
    }
}

/// A request's body as it is: a file of whatever type, of at most [`MAX_FILE_BYTES`].
#[derive(Debug)]
pub struct File(pub web::Bytes);

impl FromRequest for File {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = arrived(request, payload, MAX_FILE_BYTES);
        Box::pin(async move { bytes.await.map(Self) })
    }
}

/// The body whole, if it is no longer than `most`.
fn arrived(request: &HttpRequest, payload: &mut Payload, most: usize) -> impl Future<Output = Result<web::Bytes, Problem>> + use<> {
    // Unpacking would come before the limit: a few bytes could become gigabytes.
    let packed = request.headers().get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity");
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let payload = web::Payload::from_request(request, payload).into_inner();
    async move {
        if packed {
            let detail = "Send the body as it is, without Content-Encoding.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
        }
        let too_large = || Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", format!("A body has at most {most} bytes."));
        if length.is_some_and(|length| length > most) {
            return Err(too_large());
        }
        let slow = |_| Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", "The body did not arrive in time.");
        let cut = |_| Problem::bad_request("The body did not arrive whole.");
        let bytes = payload.map_err(cut)?.to_bytes_limited(most);
        let within = if most > MAX_BYTES { LONG_WITHIN } else { WITHIN };
        actix_web::rt::time::timeout(within, bytes).await.map_err(slow)?.map_err(|_| too_large())?.map_err(cut)
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::bad_request("The body is not UTF-8."))?;
    if holds_nul(text) {
        return Err(Problem::bad_request("The character U+0000 is not allowed."));
    }
    serde_json::from_str(text).map_err(|error| {
        let text = error.to_string();
        Problem::bad_request(format!("The body is not what this takes: {}.", text.split(" at line ").next().unwrap_or_default()))
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Name {
        name: String,
    }

    #[test]
    fn unknown_fields_are_ignored_and_missing_ones_named() {
        assert_eq!(read::<Name>(br#"{"name":"a","x":1}"#).unwrap().name, "a");
        assert!(read::<Name>(b"{}").unwrap_err().to_string().contains("missing field `name`"));
    }

    #[test]
    fn nul_is_refused_wherever_it_stands() {
        assert!(read::<Name>(br#"{"name":"a\u0000"}"#).is_err());
        assert!(read::<Name>(br#"{"name":"a","x":"\u0000"}"#).is_err());
        assert!(read::<Name>(br#"{"name":"a\\u0000"}"#).is_ok());
    }
}
