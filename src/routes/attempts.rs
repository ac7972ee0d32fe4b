//! Quizzes taken alone: begun, answered, handed in, and found again on another device.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use allthrive_domain::quiz::attempt::{MAX_ATTEMPTS, MAX_MINUTES, NoStart, NotTaken, Rules, State as Stand};
use allthrive_protocol::quiz::Given;
use allthrive_protocol::quiz::live::Factor;
use allthrive_protocol::{AttemptId, Cmid, QuizId, UserId};
use allthrive_store::{AnswerTaken, AttemptCard, KeptAttempt, Started};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Verified;
use crate::auth::limits::{Limited, take};
use crate::crypto::random;
use crate::error::{Problem, ProblemBody, field};
use crate::ids;
use crate::routes::attempt_view::{AttemptHead, AttemptView, OwnAttempts, RulesView, Verdict};
use crate::routes::body::Json;
use crate::routes::list::{Page, Part};
use crate::routes::quizzes::{no_quiz, quiz_id};
use crate::state::State;

/// How somebody takes a quiz.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct Start {
    /// `1`, `1.5` or `2`: more time, where there is a limit.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    factor: Factor,
}

/// An answer to a question of an attempt.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AnswerBody {
    /// A UUID of this answer; the same one sent again is taken once.
    #[schema(value_type = String)]
    cmid: Cmid,
    /// As `quiz.answer` has it.
    #[schema(value_type = Object)]
    choice: Given,
}

/// An answer that is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct Saved {
    /// When, unix milliseconds, by the server's clock.
    saved_ts: u64,
    /// What is right, if each question tells it once it is answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Verdict>,
}

/// How an own quiz is taken alone.
#[utoipa::path(put, path = "/api/v1/quizzes/{id}/rules", tag = "attempts", request_body = Object,
    params(("id" = String, Path, description = "The quiz")),
    responses((status = 200, body = RulesView), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn set_rules(
    Verified(me): Verified,
    request: HttpRequest,
    id: web::Path<String>,
    Json(rules): Json<Rules>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let id = quiz_id(&id)?;
    take(&state, &[Limited::QuizWriteBy(me.user.id)]).await?;
    let mut faults = Vec::new();
    if rules.attempts.is_some_and(|attempts| !(1..=MAX_ATTEMPTS).contains(&attempts)) {
        faults.push(field("attempts", "out_of_range", format!("1 to {MAX_ATTEMPTS}, or none for as often as one likes.")));
    }
    if rules.minutes.is_some_and(|minutes| !(1..=MAX_MINUTES).contains(&minutes)) {
        faults.push(field("minutes", "out_of_range", format!("1 to {MAX_MINUTES}, or none.")));
    }
    if !faults.is_empty() {
        return Err(Problem::fields(faults));
    }
    let there = state.store.set_attempt_rules(me.user.id, id, rules, state.occasion(&request)).await?;
    if there { Ok(HttpResponse::Ok().json(RulesView::from(rules))) } else { Err(no_quiz()) }
}

/// How a quiz is taken alone, and the own attempts at it.
#[utoipa::path(get, path = "/api/v1/quizzes/{id}/attempts", tag = "attempts", params(("id" = String, Path, description = "The quiz")),
    responses((status = 200, body = OwnAttempts), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn at_quiz(Verified(me): Verified, id: web::Path<String>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let (id, now) = (quiz_id(&id)?, state.clock.now());
    state.store.settle_attempts(me.user.id, id, now).await?;
    let cards = state.store.attempts_at(me.user.id, id).await?;
    // Whoever has taken it sees how it went, also when it is not published any more.
    if cards.is_empty() && !is_seen(&state, me.user.id, id).await? {
        return Err(no_quiz());
    }
    let rules = state.store.attempt_rules(id).await?;
    Ok(HttpResponse::Ok().json(OwnAttempts::of(rules, cards, now)))
}

/// Begins an attempt at a published quiz. Of each quiz a person has one at a time: while one is under way, that one is told.
#[utoipa::path(post, path = "/api/v1/quizzes/{id}/start", tag = "attempts", request_body = Start,
    params(("id" = String, Path, description = "The quiz")),
    responses((status = 201, body = AttemptView), (status = 200, body = AttemptView, description = "The one that is under way"),
        (status = 401, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody, description = "`closed`, `no_attempts_left`"), (status = 429, body = ProblemBody)))]
pub async fn start(
    Verified(me): Verified,
    request: HttpRequest,
    id: web::Path<String>,
    Json(Start { factor }): Json<Start>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let quiz = quiz_id(&id)?;
    let running = |card: &&AttemptCard| card.state == Stand::InProgress;
    state.store.settle_attempts(me.user.id, quiz, state.clock.now()).await?;
    // Going on is no start.
    if let Some(card) = state.store.attempts_at(me.user.id, quiz).await?.iter().find(running) {
        return shown(&state, me.user.id, card.id, StatusCode::OK).await;
    }
    take(&state, &[Limited::QuizStartBy(me.user.id)]).await?;
    let new = (AttemptId(ids::fresh(state.clock.now())), random(), factor);
    let conflict = |code, detail: String| Err(Problem::new(StatusCode::CONFLICT, code, detail));
    match state.store.start_attempt(me.user.id, quiz, new, state.occasion(&request)).await? {
        Started::New(id) => shown(&state, me.user.id, id, StatusCode::CREATED).await,
        Started::Running(id) => shown(&state, me.user.id, id, StatusCode::OK).await,
        Started::Not(NoStart::Closed) => conflict("closed", "This quiz cannot be taken any more.".to_owned()),
        Started::Not(NoStart::Used(most)) => conflict("no_attempts_left", format!("All {most} attempts are used.")),
        Started::Gone => Err(no_quiz()),
    }
}

/// One of the own attempts, as far as its policy shows it.
#[utoipa::path(get, path = "/api/v1/attempts/{id}", tag = "attempts", params(("id" = String, Path, description = "The attempt")),
    responses((status = 200, body = AttemptView), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn one(Verified(me): Verified, id: web::Path<String>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    shown(&state, me.user.id, attempt_id(&id)?, StatusCode::OK).await
}

/// Keeps the answer to a question, counted from 0. It may be changed until the attempt ends, unless each question tells
/// what is right.
#[utoipa::path(put, path = "/api/v1/attempts/{id}/answers/{q}", tag = "attempts", request_body = AnswerBody,
    params(("id" = String, Path, description = "The attempt"), ("q" = u32, Path, description = "The question, from 0")),
    responses((status = 200, body = Saved), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody, description = "`attempt_ended`, `already_answered`"),
        (status = 422, body = ProblemBody, description = "The field that does not fit"), (status = 429, body = ProblemBody)))]
pub async fn answer(
    Verified(me): Verified,
    path: web::Path<(String, String)>,
    Json(AnswerBody { cmid, choice }): Json<AnswerBody>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let (id, q) = path.into_inner();
    let (id, q) = (attempt_id(&id)?, q.parse::<usize>().map_err(|_| no_attempt())?);
    take(&state, &[Limited::QuizAnswerBy(me.user.id)]).await?;
    let now = state.clock.now();
    let conflict = |code, detail: &str| Err(Problem::new(StatusCode::CONFLICT, code, detail.to_owned()));
    match state.store.record_attempt_answer(me.user.id, id, (q, cmid, choice), now).await? {
        AnswerTaken::Taken => {}
        AnswerTaken::Not(NotTaken::Ended) => return conflict("attempt_ended", "This attempt has ended."),
        AnswerTaken::Not(NotTaken::Shown) => return conflict("already_answered", "What is right was shown: the answer stays."),
        AnswerTaken::Not(NotTaken::TooOften) => return conflict("already_answered", "The answer was changed too often."),
        AnswerTaken::Not(NotTaken::Invalid(path)) => {
            return Err(Problem::fields(vec![field(path, "invalid", "This does not answer the question.")]));
        }
        AnswerTaken::Not(NotTaken::Question) | AnswerTaken::Gone => return Err(no_attempt()),
    }
    let kept = state.store.attempt(me.user.id, id).await?.ok_or_else(no_attempt)?;
    Ok(HttpResponse::Ok().json(Saved { saved_ts: now.millis(), verdict: verdict(&kept, q, now) }))
}

/// Hands an attempt in.
#[utoipa::path(post, path = "/api/v1/attempts/{id}/submit", tag = "attempts", params(("id" = String, Path, description = "The attempt")),
    responses((status = 200, body = AttemptView), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn submit(
    Verified(me): Verified,
    request: HttpRequest,
    id: web::Path<String>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    ended(&state, &request, me.user.id, &id, Stand::Submitted).await
}

/// Gives an attempt up. What was answered counts.
#[utoipa::path(post, path = "/api/v1/attempts/{id}/abandon", tag = "attempts", params(("id" = String, Path, description = "The attempt")),
    responses((status = 200, body = AttemptView), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn abandon(
    Verified(me): Verified,
    request: HttpRequest,
    id: web::Path<String>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    ended(&state, &request, me.user.id, &id, Stand::Abandoned).await
}

/// The own attempts, the newest first.
#[utoipa::path(get, path = "/api/v1/me/attempts", tag = "attempts", params(Part),
    responses((status = 200, body = Page<AttemptHead>), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub async fn own(Verified(me): Verified, part: web::Query<Part>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let ((cursor, limit), now) = (part.read()?, state.clock.now());
    let rows = state.store.own_attempts(me.user.id, cursor, limit + 1).await?;
    Ok(HttpResponse::Ok().json(Page::of(rows, limit, AttemptCard::cursor, |card| AttemptHead::of(card, now))))
}

fn attempt_id(text: &str) -> Result<AttemptId, Problem> {
    text.parse().map_err(|_| no_attempt())
}

/// Another's and an unknown one look alike.
fn no_attempt() -> Problem {
    Problem::not_found("There is no such attempt, or no such question in it.")
}

async fn is_seen(state: &State, me: UserId, quiz: QuizId) -> Result<bool, Problem> {
    Ok(state.store.published_quiz(quiz).await?.is_some() || state.store.own_quiz(me, quiz).await?.is_some())
}

/// The attempt as it stands; one whose time is over ends here.
async fn shown(state: &State, me: UserId, id: AttemptId, status: StatusCode) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    state.store.end_attempt(me, id, Stand::AutoSubmitted, now).await?;
    let kept = state.store.attempt(me, id).await?.ok_or_else(no_attempt)?;
    Ok(HttpResponse::build(status).json(AttemptView::of(kept, now)))
}

async fn ended(state: &State, request: &HttpRequest, me: UserId, id: &str, how: Stand) -> Result<HttpResponse, Problem> {
    let id = attempt_id(id)?;
    if !state.store.end_attempt(me, id, how, state.occasion(request)).await? {
        return Err(no_attempt());
    }
    shown(state, me, id, StatusCode::OK).await
}

/// What is right of one question, where each tells it.
fn verdict(kept: &KeptAttempt, q: usize, now: allthrive_domain::time::Micros) -> Option<Verdict> {
    let answer = kept.answers.get(&q)?;
    kept.card.rules.shows(kept.card.state, true, now).then(|| Verdict::of(&kept.quiz.questions[q], Some(answer)))
}
