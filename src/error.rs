//! What a client is told when its request is not carried out: `application/problem+json` (RFC 9457) with
//! a stable `code`, the request's id and a line per field. Never a driver's text.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use allthrive_domain::names::Unfit;
use allthrive_protocol::{Code, Refusal};
use serde::Serialize;
use utoipa::ToSchema;

use crate::telemetry::current_request_id;

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A request that was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    fields: Vec<FieldError>,
    wait: Option<Wait>,
    rev: Option<u64>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Its name; inside of a quiz its path, as `questions.3.options.1.text`.
    #[schema(example = "username", value_type = String)]
    pub field: Cow<'static, str>,
    /// For programs: `invalid`, `taken`, `too_weak`.
    #[schema(example = "taken")]
    pub code: &'static str,
    /// One plain sentence for people.
    pub message: String,
}

/// When to come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wait {
    limit: Option<u32>,
    after: Duration,
}

/// How a problem is written.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// Always `about:blank`: the code says more.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'a str,
    /// The status.
    status: u16,
    /// One plain sentence for people.
    detail: &'a str,
    /// For programs; stable.
    code: &'a str,
    /// Names this request in the server's log.
    request_id: String,
    /// A line for each field that is wrong.
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    errors: &'a [FieldError],
    /// With `rev_conflict`: the present one.
    #[serde(skip_serializing_if = "Option::is_none")]
    rev: Option<u64>,
}

impl Problem {
    /// A problem with its code for programs and its sentence for people.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), fields: Vec::new(), wait: None, rev: None }
    }

    /// The request is not what the route takes.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }

    /// Fields with values that do not fit, each with its reason.
    #[must_use]
    pub fn fields(fields: Vec<FieldError>) -> Self {
        let detail = "Some of what was sent does not fit.";
        Self { fields, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields", detail) }
    }

    /// Changed by somebody else, or in another tab, meanwhile: this is its `rev` now.
    #[must_use]
    pub fn rev_conflict(rev: u64) -> Self {
        let detail = "It has changed meanwhile. Read it again.";
        Self { rev: Some(rev), ..Self::new(StatusCode::CONFLICT, "rev_conflict", detail) }
    }

    /// No credential, or one that is not valid.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "Sign in first.")
    }

    /// The credential was valid and is not any more.
    #[must_use]
    pub fn token_expired() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "token_expired", "The access token has expired. Refresh it.")
    }

    /// Not there, or not for this account: the two look alike.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// Too many of these; says when the next one is taken.
    #[must_use]
    pub fn rate_limited(limit: u32, after: Duration) -> Self {
        let seconds = seconds(after);
        let detail = format!("Too many attempts. Try again in {seconds} s.");
        Self { wait: Some(Wait { limit: Some(limit), after }), ..Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail) }
    }

    /// Too much to do at this moment.
    #[must_use]
    pub fn overloaded() -> Self {
        let detail = "The server has too much to do. Try again in a moment.";
        let wait = Some(Wait { limit: None, after: Duration::from_secs(1) });
        Self { wait, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", detail) }
    }

    /// A part of the server is down; nothing is lost.
    #[must_use]
    pub fn unavailable() -> Self {
        let detail = "A part of the server is down. Nothing is lost; try again in a moment.";
        let wait = Some(Wait { limit: None, after: Duration::from_secs(1) });
        Self { wait, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail) }
    }

    /// A mistake of the server. Logged here, once, under the request's id; the client is told no more than that.
    pub fn internal(reason: impl fmt::Display) -> Self {
        tracing::error!(error = %reason, "a request failed by our own mistake");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong on our side. Name the request id when you ask for help.",
        )
    }
}

/// A line for one field.
#[must_use]
pub fn field(field: impl Into<Cow<'static, str>>, code: &'static str, message: impl Into<String>) -> FieldError {
    FieldError { field: field.into(), code, message: message.into() }
}

/// Collects what is wrong with the fields of a request, so that all of it is said at once.
#[derive(Debug, Default)]
pub struct Faults(Vec<FieldError>);

impl Faults {
    /// Takes the value, or notes why there is none.
    pub fn take<T>(&mut self, name: &'static str, parsed: Result<T, Unfit>) -> Option<T> {
        parsed.map_err(|unfit| self.0.push(field(name, "invalid", unfit.to_string()))).ok()
    }

    /// Notes one more.
    pub fn add(&mut self, fault: FieldError) {
        self.0.push(fault);
    }

    /// The problem that says all of them.
    #[must_use]
    pub fn problem(self) -> Problem {
        Problem::fields(self.0)
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX)
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(self.status);
        response.content_type(PROBLEM_JSON);
        if let Some(wait) = self.wait {
            response.insert_header((header::RETRY_AFTER, seconds(wait.after).to_string()));
            if let Some(limit) = wait.limit {
                response.insert_header(("RateLimit-Limit", limit.to_string()));
                response.insert_header(("RateLimit-Remaining", "0"));
                response.insert_header(("RateLimit-Reset", seconds(wait.after).to_string()));
            }
        }
        response.json(ProblemBody {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code,
            request_id: current_request_id().map(|id| id.to_string()).unwrap_or_default(),
            errors: &self.fields,
            rev: self.rev,
        })
    }
}

/// A room's refusal, with the status that fits its code.
impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, code) = match refusal.code {
            Code::BadRequest => (StatusCode::BAD_REQUEST, "bad_request"),
            Code::UnknownOp => (StatusCode::BAD_REQUEST, "unknown_op"),
            Code::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Code::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Code::TokenExpired => (StatusCode::UNAUTHORIZED, "token_expired"),
            Code::Forbidden => (StatusCode::FORBIDDEN, "forbidden"),
            Code::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            Code::NotSubscribed => (StatusCode::CONFLICT, "not_subscribed"),
            Code::Muted => (StatusCode::FORBIDDEN, "muted"),
            Code::SlowMode => (StatusCode::TOO_MANY_REQUESTS, "slow_mode"),
            Code::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "rate_limited"),
            Code::CmidConflict => (StatusCode::CONFLICT, "cmid_conflict"),
            Code::RevConflict => (StatusCode::CONFLICT, "rev_conflict"),
            Code::QuizClosed => (StatusCode::CONFLICT, "quiz_closed"),
            Code::TooLate => (StatusCode::CONFLICT, "too_late"),
            Code::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            Code::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "overloaded"),
            Code::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        let wait = refusal.after_ms.map(|ms| Wait { limit: None, after: Duration::from_millis(ms) });
        Self { wait, ..Self::new(status, code, refusal.message) }
    }
}

/// A failure of the store, logged here, once; the client learns whether to try again.
impl From<allthrive_store::Error> for Problem {
    fn from(error: allthrive_store::Error) -> Self {
        if error.may_retry() {
            tracing::warn!(%error, cause = std::error::Error::source(&error).map(tracing::field::display), "the store could not do it");
            return Self::unavailable();
        }
        match std::error::Error::source(&error) {
            Some(cause) => Self::internal(format!("{error} {cause}")),
            None => Self::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_rounded_up_to_whole_seconds() {
        let refused = Problem::rate_limited(5, Duration::from_millis(1_001)).error_response();
        assert_eq!(refused.headers().get("retry-after").unwrap(), "2");
        assert_eq!(refused.headers().get("ratelimit-limit").unwrap(), "5");
        assert_eq!(refused.headers().get("ratelimit-remaining").unwrap(), "0");
    }

    #[test]
    fn a_problem_has_its_media_type() {
        let response = Problem::unauthorized().error_response();
        assert_eq!(response.headers().get("content-type").unwrap(), PROBLEM_JSON);
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
}
