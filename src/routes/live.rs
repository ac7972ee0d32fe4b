//! Live sessions: made by hosts, found by PIN or link; what happens in them is on the WebSocket.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use allthrive_actors::live::doors::Pass;
use allthrive_domain::quiz::check::{Fault, check_ready, check_settings};
use allthrive_domain::quiz::freeze::freeze;
use allthrive_domain::quiz::game::{Author, Create, LiveDeed, LiveOutcome, Phase};
use allthrive_domain::unit::{Deed, Speak};
use allthrive_protocol::quiz::live::{Role, Settings};
use allthrive_protocol::{Cmid, Principal, QuizId, RoomId, SessionId};
use allthrive_store::live::SessionCard;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;

use crate::auth::Verified;
use crate::auth::limits::{Limited, is_spent, take};
use crate::crypto::random;
use crate::error::{Problem, ProblemBody, field};
use crate::ids::{self, derived};
use crate::rooms;
use crate::routes::body::Json;
use crate::routes::conversations::idempotency_key;
use crate::routes::list::{Page, Part};
use crate::routes::person::find_person;
use crate::routes::quizzes::{fitting, own_quiz};
use crate::routes::results::played;
use crate::state::State;

/// For so long a token lets new players join.
const PASS_LIFE: Duration = Duration::from_secs(15 * 60);
/// Above so many running sessions a PIN has seven digits.
const SHORT_PINS: u64 = 5_000;
/// PINs that are drawn for one session, of which the first that is free is taken.
const DRAWN: usize = 8;

/// A session to make.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewSession {
    /// One of the own quizzes, complete.
    #[schema(value_type = String)]
    quiz: QuizId,
    /// What is to be; what is left out is as usual.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: Settings,
    /// The conversation in which it is launched: its members are told.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    conversation: Option<RoomId>,
    /// The session that it follows, which ends with that.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    rematch_of: Option<RoomId>,
}

/// A session that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct MadeSession {
    /// The session: its room on the WebSocket.
    #[schema(value_type = String)]
    room: RoomId,
    /// Six digits, or seven.
    pin: String,
    /// The address by which people join without the PIN.
    link: String,
}

/// By which way somebody comes.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Way {
    /// The PIN.
    #[serde(default)]
    pin: Option<String>,
    /// What stands behind `/join#` in the link.
    #[serde(default)]
    link: Option<String>,
    /// A session in which one has played, for the one that followed it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    after: Option<RoomId>,
    /// The key of a guest there; of an account its sign-in is asked.
    #[serde(default)]
    key: Option<String>,
}

/// The way in.
#[derive(Debug, Serialize, ToSchema)]
pub struct Entrance {
    /// The session: its room on the WebSocket.
    #[schema(value_type = String)]
    room: RoomId,
    /// For `hello` of a guest, or `quiz.join` of an account.
    token: String,
    /// Until when it lets somebody new join, unix milliseconds.
    expires_ts: u64,
    /// Of the quiz.
    title: String,
    /// Names of the teams, if there are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    teams: Vec<String>,
    /// Whether players are given names.
    generated_names: bool,
}

/// A session, for its hosts.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    /// The session.
    #[schema(value_type = String)]
    room: RoomId,
    /// The quiz that it was made from.
    quiz: String,
    /// Its title.
    title: String,
    /// Its PIN, while it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pin: Option<String>,
    /// How many play.
    players: u32,
    /// When it was made, unix milliseconds.
    created_ts: u64,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_ts: Option<u64>,
    /// What it was to be; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    settings: Option<Settings>,
    /// Where it was launched; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    conversation: Option<RoomId>,
}

/// The token of a big screen.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScreenToken {
    /// For `hello`; the page takes it behind `#`.
    token: String,
}

/// Who hosts, too.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewHost {
    /// The username.
    username: String,
    /// `cohost`, `moderator`, or none to take it away.
    #[serde(default)]
    role: Option<String>,
}

impl From<SessionCard> for SessionView {
    fn from(card: SessionCard) -> Self {
        Self {
            room: card.room,
            quiz: QuizId(card.quiz).to_string(),
            title: card.title,
            pin: card.pin.filter(|_| card.ended_at.is_none()),
            players: card.playing,
            created_ts: card.created_at.millis(),
            ended_ts: card.ended_at.map(allthrive_domain::time::Micros::millis),
            settings: None,
            conversation: None,
        }
    }
}

/// Makes a session of an own quiz. Repeated with the same key it is made once.
#[utoipa::path(post, path = "/api/v1/live", tag = "live", request_body = NewSession,
    params(("Idempotency-Key" = String, Header, description = "A UUID of this write; a retry carries the same")),
    responses((status = 201, body = MadeSession), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody, description = "What the quiz lacks, and what does not fit of the settings"),
        (status = 429, body = ProblemBody)))]
pub async fn make(
    Verified(me): Verified,
    request: HttpRequest,
    Json(new): Json<NewSession>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let (owner, cmid) = (me.user.id, idempotency_key(&request)?);
    let room = RoomId(derived(b"live", owner.0, cmid.0));
    let kept = own_quiz(&state, owner, new.quiz).await?;
    let faults: Vec<Fault> =
        check_ready(&kept.quiz, &state.settings.quiz.image_hosts).into_iter().chain(check_settings(&new.settings)).collect();
    fitting(faults)?;
    if let Some(conversation) = new.conversation {
        state.store.conversation(owner, conversation).await?.ok_or_else(no_conversation)?;
    }
    // A retry finds what was made, and is not counted.
    if state.store.live_state(room).await?.is_none() {
        take(&state, &[Limited::LiveStartBy(owner)]).await?;
    }
    let doors = state.system.doors();
    let link = doors.link(room);
    let quiz = Arc::new(freeze(&kept.quiz, &doors.seed_of(room), new.settings.shuffle));
    let create = Create {
        quiz: new.quiz.0,
        conversation: new.conversation,
        title: kept.quiz.title.clone(),
        language: kept.quiz.language.clone(),
        settings: new.settings,
        pins: pins(state.store.live_count().await?),
        link_hash: Sha256::digest(link.as_bytes()).into(),
        node: Some(state.system.neighbours().node().0),
        rematch_of: new.rematch_of,
    };
    let author = Author::Person(Principal::User(owner));
    let made = state.system.write_live(room, author, cmid, Some(quiz), LiveDeed::Create(Box::new(create))).await?;
    let LiveOutcome::Created { pin, .. } = made else { return Err(Problem::internal("a session was not made, and not refused")) };
    if let Some(before) = new.rematch_of {
        // It has ended with this.
        state.system.live_moved(before);
    }
    let link = format!("{}/join#{link}", state.origins.main());
    if let Some(conversation) = new.conversation {
        // What the members see: the page makes a card of the link. The same for a retry.
        let said = Deed::Speak(Speak { body: format!("{} – {link}", kept.quiz.title), reply_to: None });
        let mark = Cmid(derived(b"live card", room.0, cmid.0));
        rooms::write(&state, conversation, owner, mark, said).await?;
    }
    Ok(HttpResponse::Created().json(MadeSession { room, pin, link }))
}

/// The way in by a PIN or a link. Who guesses is stopped; sessions that are over and none look alike.
#[utoipa::path(post, path = "/api/v1/live/join", tag = "live", request_body = Way,
    responses((status = 200, body = Entrance), (status = 404, body = ProblemBody), (status = 429, body = ProblemBody)))]
pub async fn join(request: HttpRequest, Json(way): Json<Way>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let miss = Limited::PinMissFrom(state.peer(&request));
    is_spent(&state, &miss).await?;
    let found = match (&way.pin, &way.link, way.after) {
        (Some(pin), None, None) => {
            let digits: String = pin.chars().filter(char::is_ascii_digit).take(16).collect();
            state.store.live_by_pin(&digits).await?
        }
        (None, Some(link), None) => state.store.live_by_link(Sha256::digest(link.as_bytes()).into()).await?,
        (None, None, Some(room)) => followed(&state, &request, room, way.key.as_deref()).await?,
        _ => return Err(Problem::bad_request("Send a `pin`, a `link` or `after`.")),
    };
    let session = match found {
        Some(room) => state.store.live_session(room).await?.map(|session| (room, session)),
        None => None,
    };
    let Some((room, session)) = session else {
        take(&state, &[miss]).await?;
        return Err(no_session());
    };
    let until = state.clock.now().plus(PASS_LIFE);
    let settings = session.state.game.settings;
    Ok(HttpResponse::Ok().json(Entrance {
        room,
        token: state.system.doors().pass(Pass { room, until }),
        expires_ts: until.millis(),
        title: session.title,
        teams: settings.teams,
        generated_names: settings.generated_names,
    }))
}

/// The session that followed this one, for who has played in this.
async fn followed(state: &State, request: &HttpRequest, room: RoomId, key: Option<&str>) -> Result<Option<RoomId>, Problem> {
    if played(state, request, room, key).await?.is_none() {
        return Ok(None);
    }
    let Some(next) = state.store.live_state(room).await?.and_then(|before| before.game.rematch) else { return Ok(None) };
    // As by a PIN: not once it is over.
    Ok(state.store.live_state(next).await?.filter(|now| now.game.phase != Phase::Ended).map(|_| next))
}

/// A session, for its hosts.
#[utoipa::path(get, path = "/api/v1/live/{id}", tag = "live", params(("id" = String, Path, description = "The session")),
    responses((status = 200, body = SessionView), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn one(Verified(me): Verified, id: web::Path<String>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let room = room_of(&id)?;
    hosted(&state, room, me.user.id).await?;
    let session = state.store.live_session(room).await?.ok_or_else(no_session)?;
    let card = SessionCard {
        room,
        quiz: session.quiz,
        title: session.title,
        pin: session.pin,
        playing: session.state.playing,
        created_at: session.created_at,
        ended_at: session.ended_at,
    };
    let (settings, conversation) = (Some(session.state.game.settings), session.conversation);
    Ok(HttpResponse::Ok().json(SessionView { settings, conversation, ..card.into() }))
}

/// The own sessions, the newest first.
#[utoipa::path(get, path = "/api/v1/me/live", tag = "live", params(Part),
    responses((status = 200, body = Page<SessionView>), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub async fn own(Verified(me): Verified, part: web::Query<Part>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let (cursor, limit) = part.read()?;
    let rows = state.store.live_of_owner(me.user.id, cursor, limit + 1).await?;
    Ok(HttpResponse::Ok().json(Page::of(rows, limit, SessionCard::cursor, SessionView::from)))
}

/// A token for one big screen, for hosts.
#[utoipa::path(post, path = "/api/v1/live/{id}/screen", tag = "live", params(("id" = String, Path, description = "The session")),
    responses((status = 201, body = ScreenToken), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody, description = "`too_many_screens`")))]
pub async fn screen(Verified(me): Verified, id: web::Path<String>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let room = room_of(&id)?;
    hosted(&state, room, me.user.id).await?;
    let now = state.clock.now();
    let screen = SessionId(ids::fresh(now));
    if !state.store.add_live_screen(room, screen, now).await? {
        return Err(Problem::new(StatusCode::CONFLICT, "too_many_screens", "This session has as many screens as there can be."));
    }
    Ok(HttpResponse::Created().json(ScreenToken { token: state.system.doors().screen(room, screen) }))
}

/// Makes somebody a cohost or a moderator, or takes that away; by the owner.
#[utoipa::path(post, path = "/api/v1/live/{id}/hosts", tag = "live", request_body = NewHost,
    params(("id" = String, Path, description = "The session"),
        ("Idempotency-Key" = String, Header, description = "A UUID of this write; a retry carries the same")),
    responses((status = 204), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn host(
    Verified(me): Verified,
    request: HttpRequest,
    id: web::Path<String>,
    Json(new): Json<NewHost>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let (room, cmid) = (room_of(&id)?, idempotency_key(&request)?);
    hosted(&state, room, me.user.id).await?;
    let role = match new.role.as_deref() {
        None => None,
        Some("cohost") => Some(Role::Cohost),
        Some("moderator") => Some(Role::Moderator),
        Some(_) => return Err(Problem::fields(vec![field("role", "invalid", "A role is `cohost` or `moderator`.")])),
    };
    let user = find_person(&state, &new.username, "username").await?.id;
    let author = Author::Person(Principal::User(me.user.id));
    state.system.write_live(room, author, cmid, None, LiveDeed::Host { user, role }).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Nobody else learns that there is such a session.
async fn hosted(state: &State, room: RoomId, user: allthrive_protocol::UserId) -> Result<Role, Problem> {
    state.store.live_role(room, user).await?.ok_or_else(no_session)
}

/// Draws PINs.
fn pins(running: u64) -> Vec<String> {
    let (digits, below) = if running < SHORT_PINS { (6, 1_000_000) } else { (7, 10_000_000) };
    let draw = || u64::from_be_bytes(random());
    (0..DRAWN).map(|_| format!("{:0digits$}", draw() % below)).collect()
}

fn room_of(text: &str) -> Result<RoomId, Problem> {
    text.parse().map_err(|_| no_session())
}

fn no_session() -> Problem {
    Problem::not_found("There is no such session.")
}

fn no_conversation() -> Problem {
    Problem::not_found("There is no such conversation.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_have_six_digits_and_seven_where_there_are_many_sessions() {
        let of = |running| {
            pins(running)
                .into_iter()
                .all(|pin| pin.len() == if running < SHORT_PINS { 6 } else { 7 } && pin.bytes().all(|b| b.is_ascii_digit()))
        };
        assert!(of(0) && of(SHORT_PINS - 1) && of(SHORT_PINS));
        assert_ne!(pins(0), pins(0));
    }
}
