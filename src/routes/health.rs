//! Whether the process lives, and whether it should be sent requests.

use actix_web::{HttpResponse, web};
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

/// The process takes requests: it is not stopping and reaches its database.
#[utoipa::path(get, path = "/readyz", tag = "health",
    responses((status = 200, body = Health), (status = 503, body = Health, description = "Says what is wrong")))]
pub async fn readyz(state: web::Data<State>) -> HttpResponse {
    if state.is_draining() {
        return HttpResponse::ServiceUnavailable().json(Health::of("stopping"));
    }
    match state.store.ping().await {
        Ok(()) => {
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
