//! Who belongs to a conversation.

use actix_web::{HttpRequest, HttpResponse, web};
use allthrive_domain::unit::{Admit, Deed};
use allthrive_store::Member;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Verified;
use crate::error::{Problem, ProblemBody};
use crate::rooms;
use crate::routes::body::Json;
use crate::routes::conversations::{idempotency_key, no_conversation, room_id};
use crate::routes::list::{Page, Part};
use crate::routes::person::{PersonView, find_person};
use crate::state::State;

/// A member.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberView {
    /// Who.
    user: PersonView,
    /// `owner`, `moderator` or `member`.
    role: &'static str,
    /// How far read.
    read: u64,
}

/// Whom to add.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewMember {
    /// The username; in a public room the own one joins.
    username: String,
}

/// A durable write.
#[derive(Debug, Serialize, ToSchema)]
pub struct WrittenView {
    /// The number it was given, the first time.
    seq: u64,
    /// When, unix milliseconds.
    ts: u64,
    /// Whether it had been carried out before.
    dup: bool,
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        Self { user: member.user.into(), role: member.role.word(), read: member.read }
    }
}

/// The members of one of the own conversations, in the order in which they came.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/members", tag = "conversations",
    params(("id" = String, Path, description = "The room"), Part),
    responses((status = 200, body = Page<MemberView>), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn list(
    Verified(me): Verified,
    id: web::Path<String>,
    part: web::Query<Part>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let (cursor, limit) = part.read()?;
    let members = state.store.members(me.user.id, room_id(&id)?, cursor, limit + 1).await?.ok_or_else(no_conversation)?;
    Ok(HttpResponse::Ok().json(Page::of(members, limit, Member::cursor, MemberView::from)))
}

/// Adds somebody, or joins a public room.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/members", tag = "conversations", request_body = NewMember,
    params(("id" = String, Path, description = "The room"),
        ("Idempotency-Key" = String, Header, description = "A UUID of this write; a retry carries the same")),
    responses((status = 200, body = WrittenView), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 422, body = ProblemBody, description = "Nobody has that username")))]
pub async fn add(
    Verified(me): Verified,
    request: HttpRequest,
    id: web::Path<String>,
    Json(new): Json<NewMember>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let (room, cmid) = (room_id(&id)?, idempotency_key(&request)?);
    let user = find_person(&state, &new.username, "username").await?.id;
    let written = rooms::write(&state, room, me.user.id, cmid, Deed::Admit(Admit { user })).await?;
    Ok(HttpResponse::Ok().json(WrittenView { seq: written.seq, ts: written.ts, dup: written.dup }))
}
