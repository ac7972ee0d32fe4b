//! What the server says about itself: lines of `tracing`, and a request id that stands in every line of a
//! request and in its answer. No token, password, address of mail or message body is ever a field.

use std::io::IsTerminal as _;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use allthrive_store::engine::DISCREET_LOG;
use tracing::{Instrument as _, info, info_span};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt as _;
use uuid::Uuid;

use crate::config::{Log, LogFormat, Mode};

/// The header that names a request in the log.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Crates that write requests and cookies into the log when they are asked for detail. They are not, nor
/// is the database: whatever the filter says, they stop at `info`.
const DISCREET: &[&str] = &["actix_http=info", "actix_web=info", "actix_server=info", "awc=info", "mio=info"];

tokio::task_local! {
    /// The request that the running task answers.
    static CURRENT: Uuid;
}

/// Starts the log: text for people, JSON for programs. A second call leaves the first as it is.
pub fn start(log: &Log, mode: Mode) {
    let filter = EnvFilter::try_new(&log.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let filter = DISCREET.iter().chain(DISCREET_LOG).filter_map(|directive| directive.parse().ok()).fold(filter, EnvFilter::add_directive);
    let json = match log.format {
        LogFormat::Text => false,
        LogFormat::Json => true,
        LogFormat::Auto => mode == Mode::Production,
    };
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if json {
        lines.json().flatten_event(true).with_span_list(false).finish().try_init()
    } else {
        lines.with_ansi(std::io::stderr().is_terminal()).with_target(false).finish().try_init()
    };
    // Already started: a test harness runs several servers in one process.
    started.ok();
}

/// The id of the request that this task answers, if it answers one.
#[must_use]
pub fn current_request_id() -> Option<Uuid> {
    CURRENT.try_with(|id| *id).ok()
}

/// Gives each request its id, in every line and in the answer, and says one line when it is done. The
/// query is left out: it may hold what nobody should read.
///
/// # Errors
/// Those of the request.
pub async fn trace_request<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, actix_web::Error> {
    let id = uuid::Builder::from_random_bytes(crate::crypto::random()).into_uuid();
    let span = info_span!("request", request.id = %id, http.method = %request.method(), http.path = request.path());
    let began = Instant::now();
    let answered = async move {
        let mut answer = next.call(request).await?;
        if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
            answer.headers_mut().insert(REQUEST_ID, value);
        }
        let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        info!(http.status = answer.status().as_u16(), duration_ms, "answered");
        Ok(answer)
    };
    CURRENT.scope(id, answered.instrument(span)).await
}
