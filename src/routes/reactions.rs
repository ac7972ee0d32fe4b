//! Who has reacted to a message.

use actix_web::{HttpResponse, web};
use allthrive_protocol::Seq;
use allthrive_store::Reactor;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Verified;
use crate::error::{Problem, ProblemBody};
use crate::routes::conversations::room_id;
use crate::routes::list::{Page, Part};
use crate::routes::person::PersonView;
use crate::state::State;

/// Somebody's reaction.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reaction {
    /// The emoji.
    emoji: String,
    /// Whose it is.
    user: PersonView,
}

impl From<Reactor> for Reaction {
    fn from(reactor: Reactor) -> Self {
        Self { emoji: reactor.emoji, user: reactor.user.into() }
    }
}

/// Who has reacted to a message, and how: by emoji in the order of code points, each by account. A deleted message
/// has no reactions; one from before a member joined a group is not there.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/messages/{seq}/reactions", tag = "conversations",
    params(("id" = String, Path, description = "The room"), ("seq" = u64, Path, description = "The message"), Part),
    responses((status = 200, body = Page<Reaction>), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn list(
    Verified(me): Verified,
    path: web::Path<(String, String)>,
    part: web::Query<Part>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let no_message = || Problem::not_found("There is no such message.");
    let (id, seq) = path.into_inner();
    let (cursor, limit) = part.read()?;
    let (room, seq) = (room_id(&id)?, seq.parse::<Seq>().map_err(|_| no_message())?);
    let reactors = state.store.reactors(me.user.id, room, seq, cursor, limit + 1).await?.ok_or_else(no_message)?;
    Ok(HttpResponse::Ok().json(Page::of(reactors, limit, Reactor::cursor, Reaction::from)))
}
