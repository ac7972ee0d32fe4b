//! Quizzes: written, changed, published and deleted by their authors, and found by everybody. Nothing of a question
//! leaves here but to the author.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use allthrive_domain::quiz::check::{Fault, check_draft, check_ready};
use allthrive_protocol::quiz::{Difficulty, Quiz};
use allthrive_protocol::{QuizId, UserId};
use allthrive_store::quiz_writes::MAX_QUIZZES;
use allthrive_store::{KeptQuiz, QuizCard, QuizChanged, QuizMade, Wanted};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Verified;
use crate::auth::limits::{Limited, take};
use crate::error::{Problem, ProblemBody};
use crate::ids::made_quiz;
use crate::routes::body::{Json, MAX_QUIZ_BYTES};
use crate::routes::conversations::idempotency_key;
use crate::routes::list::{Page, Part};
use crate::routes::quiz_view::{MadeQuiz, OwnCard, OwnQuiz, PublicQuiz, QuizHead, SeenQuiz, told};
use crate::state::State;

/// What is looked for; each of these narrows.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Sought {
    /// Of this topic, in whatever capitals.
    topic: Option<String>,
    /// `beginner`, `intermediate` or `advanced`.
    difficulty: Option<String>,
    /// With all of these words in title, topic or description, of the last of them the beginning.
    text: Option<String>,
}

/// A topic of published quizzes.
#[derive(Debug, Serialize, ToSchema)]
pub struct TopicView {
    /// As one of its quizzes writes it.
    topic: String,
    /// How many there are.
    quizzes: u64,
}

/// The topics of published quizzes.
#[derive(Debug, Serialize, ToSchema)]
pub struct Topics {
    /// Those of many quizzes first, 100 at most.
    items: Vec<TopicView>,
}

/// A quiz to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object)]
pub struct NewQuiz(Quiz);

/// What is to stand instead.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Replacement {
    /// The `rev` that was read.
    rev: u64,
    /// All of it.
    #[schema(value_type = Object)]
    quiz: Quiz,
}

/// Which state of a quiz is meant.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AtRev {
    /// The `rev` that was read.
    rev: u64,
}

impl Sought {
    fn read(self) -> Result<Wanted, Problem> {
        let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let (topic, text) = (given(self.topic), given(self.text));
        if [&topic, &text].into_iter().flatten().any(|text| text.contains('\0')) {
            return Err(Problem::bad_request("The character U+0000 is not allowed."));
        }
        let difficulty = given(self.difficulty).map(|word| {
            Difficulty::parse(&word).ok_or_else(|| Problem::bad_request("`difficulty` is `beginner`, `intermediate` or `advanced`."))
        });
        Ok(Wanted { topic, difficulty: difficulty.transpose()?, text })
    }
}

/// Published quizzes, the newest first.
#[utoipa::path(get, path = "/api/v1/quizzes", tag = "quizzes", params(Sought, Part),
    responses((status = 200, body = Page<PublicQuiz>), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub async fn browse(
    Verified(me): Verified,
    sought: web::Query<Sought>,
    part: web::Query<Part>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let (wanted, (cursor, limit)) = (sought.into_inner().read()?, part.read()?);
    take(&state, &[Limited::BrowseBy(me.user.id)]).await?;
    let rows = state.store.published_quizzes(&wanted, cursor, limit + 1).await?;
    Ok(HttpResponse::Ok().json(Page::of(rows, limit, QuizCard::published_cursor, PublicQuiz::from)))
}

/// The topics of published quizzes.
#[utoipa::path(get, path = "/api/v1/quizzes/topics", tag = "quizzes",
    responses((status = 200, body = Topics), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub async fn topics(_: Verified, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let topics = state.store.quiz_topics().await?;
    let items = topics.into_iter().map(|topic| TopicView { topic: topic.topic, quizzes: topic.quizzes }).collect();
    Ok(HttpResponse::Ok().json(Topics { items }))
}

/// The own quizzes, drafts among them, those changed last first.
#[utoipa::path(get, path = "/api/v1/me/quizzes", tag = "quizzes", params(Part),
    responses((status = 200, body = Page<OwnCard>), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub async fn own(Verified(me): Verified, part: web::Query<Part>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let (cursor, limit) = part.read()?;
    let rows = state.store.own_quizzes(me.user.id, cursor, limit + 1).await?;
    Ok(HttpResponse::Ok().json(Page::of(rows, limit, QuizCard::own_cursor, OwnCard::from)))
}

/// A quiz: whole to its owner; to everybody else, once published, without its questions.
#[utoipa::path(get, path = "/api/v1/quizzes/{id}", tag = "quizzes", params(("id" = String, Path, description = "The quiz")),
    responses((status = 200, body = SeenQuiz), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn one(Verified(me): Verified, id: web::Path<String>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let id = quiz_id(&id)?;
    if let Some(kept) = state.store.own_quiz(me.user.id, id).await? {
        return Ok(HttpResponse::Ok().json(SeenQuiz::Own(Box::new(OwnQuiz::of(kept, &state.settings.quiz.image_hosts)))));
    }
    let card = state.store.published_quiz(id).await?.ok_or_else(no_quiz)?;
    Ok(HttpResponse::Ok().json(SeenQuiz::Public(Box::new(card.into()))))
}

/// Makes a draft. Repeated with the same key it is made once.
#[utoipa::path(post, path = "/api/v1/quizzes", tag = "quizzes", request_body = NewQuiz,
    params(("Idempotency-Key" = String, Header, description = "A UUID of this write; a retry carries the same")),
    responses((status = 201, body = MadeQuiz), (status = 401, body = ProblemBody),
        (status = 409, body = ProblemBody, description = "`cmid_conflict`, `too_many_quizzes`"),
        (status = 422, body = ProblemBody, description = "Each fault with its path")))]
pub async fn make(
    Verified(me): Verified,
    request: HttpRequest,
    Json(NewQuiz(quiz)): Json<NewQuiz, MAX_QUIZ_BYTES>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    take(&state, &[Limited::QuizWriteBy(me.user.id)]).await?;
    draft(&state, &quiz)?;
    Ok(HttpResponse::Created().json(created(&state, &request, me.user.id, quiz).await?))
}

/// Replaces the content of a quiz. One that is published stays complete, and keeps its address.
#[utoipa::path(put, path = "/api/v1/quizzes/{id}", tag = "quizzes", request_body = Replacement,
    params(("id" = String, Path, description = "The quiz")),
    responses((status = 200, body = QuizHead), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody, description = "`rev_conflict`, with the present `rev`"),
        (status = 422, body = ProblemBody, description = "Each fault with its path")))]
pub async fn replace(
    Verified(me): Verified,
    request: HttpRequest,
    id: web::Path<String>,
    Json(new): Json<Replacement, MAX_QUIZ_BYTES>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let id = quiz_id(&id)?;
    take(&state, &[Limited::QuizWriteBy(me.user.id)]).await?;
    let KeptQuiz { card, .. } = own_quiz(&state, me.user.id, id).await?;
    // Publishing takes a `rev` of its own: what is a draft here and published when it is written is a conflict there.
    let check = if card.published_at.is_some() { check_ready } else { check_draft };
    fitting(check(&new.quiz, &state.settings.quiz.image_hosts))?;
    let changed = state.store.replace_quiz(me.user.id, id, new.rev, new.quiz, state.occasion(&request)).await?;
    head(&state, me.user.id, id, changed).await
}

/// Shows a quiz that is complete to everybody.
#[utoipa::path(post, path = "/api/v1/quizzes/{id}/publish", tag = "quizzes", request_body = AtRev,
    params(("id" = String, Path, description = "The quiz")),
    responses((status = 200, body = QuizHead), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody, description = "`rev_conflict`, with the present `rev`"),
        (status = 422, body = ProblemBody, description = "What it lacks, with its path")))]
pub async fn publish(
    Verified(me): Verified,
    request: HttpRequest,
    id: web::Path<String>,
    Json(at): Json<AtRev>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let id = quiz_id(&id)?;
    take(&state, &[Limited::QuizWriteBy(me.user.id)]).await?;
    let kept = own_quiz(&state, me.user.id, id).await?;
    if kept.card.rev == at.rev && kept.card.published_at.is_none() {
        fitting(check_ready(&kept.quiz, &state.settings.quiz.image_hosts))?;
    }
    // What was checked is what has this `rev`; anything else is a conflict.
    let changed = state.store.publish_quiz(me.user.id, id, at.rev, true, state.occasion(&request)).await?;
    head(&state, me.user.id, id, changed).await
}

/// Makes a quiz a draft again, which nobody else sees.
#[utoipa::path(post, path = "/api/v1/quizzes/{id}/unpublish", tag = "quizzes", request_body = AtRev,
    params(("id" = String, Path, description = "The quiz")),
    responses((status = 200, body = QuizHead), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody, description = "`rev_conflict`, with the present `rev`")))]
pub async fn unpublish(
    Verified(me): Verified,
    request: HttpRequest,
    id: web::Path<String>,
    Json(at): Json<AtRev>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let id = quiz_id(&id)?;
    take(&state, &[Limited::QuizWriteBy(me.user.id)]).await?;
    let changed = state.store.publish_quiz(me.user.id, id, at.rev, false, state.occasion(&request)).await?;
    head(&state, me.user.id, id, changed).await
}

/// Deletes a quiz. To delete it again is nothing more.
#[utoipa::path(delete, path = "/api/v1/quizzes/{id}", tag = "quizzes", params(("id" = String, Path, description = "The quiz")),
    responses((status = 204), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn delete(
    Verified(me): Verified,
    request: HttpRequest,
    id: web::Path<String>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    take(&state, &[Limited::QuizWriteBy(me.user.id)]).await?;
    let there = state.store.delete_quiz(me.user.id, quiz_id(&id)?, state.occasion(&request)).await?;
    if there { Ok(HttpResponse::NoContent().finish()) } else { Err(no_quiz()) }
}

/// The quiz of a path; what is no id is not there.
pub(super) fn quiz_id(text: &str) -> Result<QuizId, Problem> {
    text.parse().map_err(|_| no_quiz())
}

/// Another's draft, deleted and unknown look alike.
pub(super) fn no_quiz() -> Problem {
    Problem::not_found("There is no such quiz.")
}

/// One of the own quizzes.
pub(super) async fn own_quiz(state: &State, owner: UserId, id: QuizId) -> Result<KeptQuiz, Problem> {
    state.store.own_quiz(owner, id).await?.ok_or_else(no_quiz)
}

/// Makes a quiz that fits, once for each key.
pub(super) async fn created(state: &State, request: &HttpRequest, owner: UserId, quiz: Quiz) -> Result<MadeQuiz, Problem> {
    let id = made_quiz(owner, idempotency_key(request)?);
    let conflict = |code, detail: String| Problem::new(StatusCode::CONFLICT, code, detail);
    let dup = match state.store.create_quiz(owner, id, quiz, state.occasion(request)).await? {
        QuizMade::Made => false,
        QuizMade::Repeated => true,
        QuizMade::Other => return Err(conflict("cmid_conflict", "Something else was made under this key.".to_owned())),
        QuizMade::TooMany => return Err(conflict("too_many_quizzes", format!("An account keeps at most {MAX_QUIZZES} quizzes."))),
    };
    let quiz = OwnQuiz::of(own_quiz(state, owner, id).await?, &state.settings.quiz.image_hosts);
    Ok(MadeQuiz { quiz, dup })
}

/// What a draft must keep to.
pub(super) fn draft(state: &State, quiz: &Quiz) -> Result<(), Problem> {
    fitting(check_draft(quiz, &state.settings.quiz.image_hosts))
}

/// Where a quiz stands after a change.
async fn head(state: &State, owner: UserId, id: QuizId, changed: QuizChanged) -> Result<HttpResponse, Problem> {
    match changed {
        QuizChanged::Rev(rev) => {
            let kept = own_quiz(state, owner, id).await?;
            Ok(HttpResponse::Ok().json(QuizHead::written(&kept, rev, &state.settings.quiz.image_hosts)))
        }
        QuizChanged::Conflict(rev) => Err(Problem::rev_conflict(rev)),
        QuizChanged::Gone => Err(no_quiz()),
    }
}

/// All that does not fit, each at its path.
pub(super) fn fitting(faults: Vec<Fault>) -> Result<(), Problem> {
    if faults.is_empty() {
        return Ok(());
    }
    Err(Problem::fields(faults.into_iter().map(told).collect()))
}
