//! `/v1/ws`: from a request to a connection. What is said on it is in `docs/PROTOCOL.md`. `/v1/echo`: the same
//! transport with nothing behind it, where the settings ask for it.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::auth::identify;
use crate::error::Problem;
use crate::state::State;

/// Opens a WebSocket.
///
/// # Errors
/// 400 for what is not a WebSocket of ours, 503 while the store is away or the server stops.
pub async fn open(request: HttpRequest, payload: web::Payload, state: web::Data<State>) -> Result<HttpResponse, actix_web::Error> {
    let credential = identify(&state, &request).await.map_err(Problem::from)?;
    state.system.connect(&request, payload, credential, state.peer(&request))
}

/// Opens an echo.
///
/// # Errors
/// 400 for what is not a WebSocket, 503 while the server stops.
pub async fn echo(request: HttpRequest, payload: web::Payload, state: web::Data<State>) -> Result<HttpResponse, actix_web::Error> {
    state.system.echo(&request, payload, state.settings.dev.echo_max_bytes)
}
