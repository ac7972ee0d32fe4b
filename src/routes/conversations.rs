//! Conversations: the own ones, the public ones, and new ones.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use allthrive_domain::names::Line;
use allthrive_domain::unit::{Deed, Kind, Open};
use allthrive_protocol::{Cmid, RoomId};
use allthrive_store::{Last, Listed, PublicRoom};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Verified;
use crate::error::{Faults, Problem, ProblemBody, field};
use crate::ids::{direct_room, made_room};
use crate::rooms;
use crate::routes::body::Json;
use crate::routes::list::{Page, Part};
use crate::routes::person::{PersonView, find_person};
use crate::state::State;

/// Longest title, characters.
pub(crate) const MAX_TITLE: usize = 80;

/// The header whose UUID makes a write safe to repeat.
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// A conversation as one of its members sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Conversation {
    /// The room.
    id: String,
    /// `direct`, `group` or `room`.
    kind: &'static str,
    /// Its title; direct conversations have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// The other person of a direct conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    with: Option<PersonView>,
    /// The own role.
    role: &'static str,
    /// Number of members.
    members: u64,
    /// The room's last `seq`.
    top: u64,
    /// The own read mark.
    read: u64,
    /// Messages by others above it, at most 100.
    unread: u32,
    /// Whether one of them mentions this account.
    mention: bool,
    /// The newest message.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<LastMessage>,
}

/// The newest message of a conversation.
#[derive(Debug, Serialize, ToSchema)]
pub struct LastMessage {
    /// Its number.
    seq: u64,
    /// When, unix milliseconds.
    ts: u64,
    /// By whom.
    author: PersonView,
    /// Its text; absent once deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

/// A room that anybody may join.
#[derive(Debug, Serialize, ToSchema)]
pub struct Public {
    /// The room.
    id: String,
    /// Its title.
    title: String,
    /// Number of members.
    members: u64,
    /// Whether the own account is one.
    joined: bool,
}

/// A conversation to make.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewConversation {
    /// `direct`, `group` or `room`.
    kind: String,
    /// The title of a group or a room, 1 to 80 characters.
    #[serde(default)]
    title: Option<String>,
    /// The username of the other person of a direct conversation.
    #[serde(default)]
    with: Option<String>,
}

/// A conversation that was made, or was there.
#[derive(Debug, Serialize, ToSchema)]
pub struct Made {
    /// The conversation.
    #[serde(flatten)]
    conversation: Conversation,
    /// Whether it was there before this request.
    dup: bool,
}

impl From<Listed> for Conversation {
    fn from(listed: Listed) -> Self {
        Self {
            id: listed.room.to_string(),
            kind: listed.kind.word(),
            title: listed.title,
            with: listed.with.map(Into::into),
            role: listed.role.word(),
            members: listed.members,
            top: listed.top.top,
            read: listed.read,
            unread: listed.top.unread,
            mention: listed.top.mention,
            last: listed.last.map(Into::into),
        }
    }
}

impl From<Last> for LastMessage {
    fn from(last: Last) -> Self {
        Self { seq: last.seq, ts: last.at.millis(), author: last.author.into(), body: last.body }
    }
}

impl From<PublicRoom> for Public {
    fn from(room: PublicRoom) -> Self {
        Self { id: room.room.to_string(), title: room.title.unwrap_or_default(), members: room.members, joined: room.joined }
    }
}

/// The own conversations, newest activity first.
#[utoipa::path(get, path = "/api/v1/me/conversations", tag = "conversations", params(Part),
    responses((status = 200, body = Page<Conversation>), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub async fn own(Verified(me): Verified, part: web::Query<Part>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let (cursor, limit) = part.read()?;
    let rows = state.store.conversations(me.user.id, cursor, limit + 1).await?;
    Ok(HttpResponse::Ok().json(Page::of(rows, limit, Listed::cursor, Conversation::from)))
}

/// All public rooms, newest first.
#[utoipa::path(get, path = "/api/v1/conversations", tag = "conversations", params(Part),
    responses((status = 200, body = Page<Public>), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub async fn public(Verified(me): Verified, part: web::Query<Part>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let (cursor, limit) = part.read()?;
    let rows = state.store.public_rooms(me.user.id, cursor, limit + 1).await?;
    Ok(HttpResponse::Ok().json(Page::of(rows, limit, PublicRoom::cursor, Public::from)))
}

/// One of the own conversations.
#[utoipa::path(get, path = "/api/v1/conversations/{id}", tag = "conversations", params(("id" = String, Path, description = "The room")),
    responses((status = 200, body = Conversation), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn one(Verified(me): Verified, id: web::Path<String>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let room = room_id(&id)?;
    let listed = state.store.conversation(me.user.id, room).await?.ok_or_else(no_conversation)?;
    Ok(HttpResponse::Ok().json(Conversation::from(listed)))
}

/// Makes a conversation. Repeated with the same key it is made once; a direct one is found again whoever
/// of its two people asks.
#[utoipa::path(post, path = "/api/v1/conversations", tag = "conversations", request_body = NewConversation,
    params(("Idempotency-Key" = String, Header, description = "A UUID of this write; a retry carries the same")),
    responses((status = 201, body = Made), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody, description = "No such person"),
        (status = 409, body = ProblemBody, description = "`cmid_conflict`"), (status = 422, body = ProblemBody)))]
pub async fn make(
    Verified(me): Verified,
    request: HttpRequest,
    Json(new): Json<NewConversation>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let cmid = idempotency_key(&request)?;
    let open = check(&state, new).await?;
    let author = me.user.id;
    let room = open.with.map_or_else(|| made_room(author, cmid), |with| direct_room(author, with));
    let written = rooms::write(&state, room, author, cmid, Deed::Open(open)).await?;
    let listed = state.store.conversation(author, room).await?.ok_or_else(no_conversation)?;
    Ok(HttpResponse::Created().json(Made { conversation: listed.into(), dup: written.dup }))
}

/// The room of a path; what is no id is not there.
pub(super) fn room_id(text: &str) -> Result<RoomId, Problem> {
    text.parse().map_err(|_| no_conversation())
}

/// Not a member, deleted and unknown look alike.
pub(super) fn no_conversation() -> Problem {
    Problem::not_found("There is no such conversation.")
}

/// The mark of a write, by which a retry is known.
pub(super) fn idempotency_key(request: &HttpRequest) -> Result<Cmid, Problem> {
    let value = request.headers().get(IDEMPOTENCY_KEY).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.trim().parse().ok()).ok_or_else(|| {
        let detail = format!("Send a UUID of your own as {IDEMPOTENCY_KEY}, the same when you try again.");
        Problem::new(StatusCode::BAD_REQUEST, "idempotency_key_required", detail)
    })
}

/// What is to be opened, with the other person found.
async fn check(state: &State, new: NewConversation) -> Result<Open, Problem> {
    let kind = match new.kind.as_str() {
        "direct" => Kind::Direct,
        "group" => Kind::Group,
        "room" => Kind::Room,
        _ => return Err(Problem::fields(vec![field("kind", "invalid", "A conversation is `direct`, `group` or `room`.")])),
    };
    if kind == Kind::Direct {
        let username = new.with.ok_or_else(|| Problem::fields(vec![field("with", "missing", "Say with whom.")]))?;
        let with = find_person(state, &username, "with").await?;
        return Ok(Open { kind, title: None, with: Some(with.id) });
    }
    let mut faults = Faults::default();
    let title = faults.take("title", Line::parse(new.title.as_deref().unwrap_or_default(), MAX_TITLE));
    if new.with.is_some() {
        faults.add(field("with", "invalid", "Add people once the conversation exists."));
    }
    match title {
        Some(title) if faults.is_empty() => Ok(Open { kind, title: Some(title.as_str().to_owned()), with: None }),
        Some(_) | None => Err(faults.problem()),
    }
}
