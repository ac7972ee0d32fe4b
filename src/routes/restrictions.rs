//! Whom a conversation's moderators have muted or banned, for its moderators.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use allthrive_domain::unit::Role;
use allthrive_store::Restricted;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Verified;
use crate::error::{Problem, ProblemBody};
use crate::routes::conversations::{no_conversation, room_id};
use crate::routes::list::{Page, Part};
use crate::routes::person::PersonView;
use crate::state::State;

/// What holds for somebody in a conversation, a member or not.
#[derive(Debug, Serialize, ToSchema)]
pub struct Restriction {
    /// Who.
    user: PersonView,
    /// Whether they may not come in.
    banned: bool,
    /// Until when they may not write, unix milliseconds; absent if they may.
    #[serde(skip_serializing_if = "Option::is_none")]
    muted_until_ts: Option<u64>,
}

impl From<Restricted> for Restriction {
    fn from(restricted: Restricted) -> Self {
        Self { user: restricted.user.into(), banned: restricted.banned, muted_until_ts: restricted.muted_until.map(|until| until.millis()) }
    }
}

/// Who is banned or muted now, the newest decision first. For the owner and moderators.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/restrictions", tag = "conversations",
    params(("id" = String, Path, description = "The room"), Part),
    responses((status = 200, body = Page<Restriction>), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody)))]
pub async fn list(
    Verified(me): Verified,
    id: web::Path<String>,
    part: web::Query<Part>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let (cursor, limit) = part.read()?;
    let read = state.store.restrictions(me.user.id, room_id(&id)?, state.clock.now(), cursor, limit + 1).await?;
    let (role, restricted) = read.ok_or_else(no_conversation)?;
    if role == Role::Member {
        return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", "Only moderators see who is muted or banned."));
    }
    Ok(HttpResponse::Ok().json(Page::of(restricted, limit, Restricted::cursor, Restriction::from)))
}
