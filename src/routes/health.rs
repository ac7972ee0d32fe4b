//! Whether the process lives, and whether it should be sent requests.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use allthrive_domain::time::Micros;
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::State;

/// What a probe is told.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`, or what is wrong.
    #[schema(example = "ok")]
    status: &'static str,
    /// `ok`, or `away`: other servers are not told and not heard at once, and are found in the database
    /// within a second. Not said where there is no Redis.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ok")]
    bus: Option<&'static str>,
}

impl Health {
    fn of(status: &'static str) -> Self {
        Self { status, bus: None }
    }
}

/// The process lives.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, body = Health)))]
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(Health::of("ok"))
}

/// Rights that end at a time would end at another one here than elsewhere.
const MOST_OFF: Duration = Duration::from_secs(1);

/// How far the database's clock is off ours, which showed these times before and after it was asked.
fn off(before: Micros, theirs: Micros, after: Micros) -> Duration {
    before.since(theirs).max(theirs.since(after))
}

/// The process takes requests: it is not stopping, reaches its database and agrees with it about the time.
#[utoipa::path(get, path = "/readyz", tag = "health",
    responses((status = 200, body = Health), (status = 503, body = Health, description = "Says what is wrong")))]
pub async fn readyz(state: web::Data<State>) -> HttpResponse {
    if state.is_draining() {
        return HttpResponse::ServiceUnavailable().json(Health::of("stopping"));
    }
    let before = state.clock.now();
    match state.store.ping().await {
        Ok(Some(theirs)) if off(before, theirs, state.clock.now()) > MOST_OFF => {
            tracing::warn!(clock.ours = before.0, clock.theirs = theirs.0, "this machine's clock is not the database's");
            HttpResponse::ServiceUnavailable().json(Health::of("the clock is more than a second off the database's"))
        }
        Ok(_) => {
            let neighbours = state.system.neighbours();
            let bus = neighbours.are_told().then(|| if neighbours.status().up { "ok" } else { "away" });
            HttpResponse::Ok().json(Health { status: "ok", bus })
        }
        Err(error) => {
            tracing::warn!(%error, "the database does not answer");
            HttpResponse::ServiceUnavailable().json(Health::of("the database does not answer"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_off_by_what_asking_cannot_explain() {
        let off = |before, theirs, after| off(Micros(before), Micros(theirs), Micros(after)).as_micros();
        assert_eq!([off(10, 12, 15), off(10, 10, 10), off(10, 7, 15), off(10, 19, 15)], [0, 0, 3, 4]);
    }
}
