//! What a live session came to for one of its players, once it is over: the place, every question with the own answer, and
//! what is right.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::StatusCode;
use actix_web::{FromRequest as _, HttpRequest, HttpResponse, web};
use allthrive_domain::quiz::freeze::Frozen;
use allthrive_domain::quiz::game::{Game, Phase, PlayerState};
use allthrive_domain::quiz::report::{OfAnswer, OfPlayer};
use allthrive_domain::time::Micros;
use allthrive_protocol::quiz::live::Mode;
use allthrive_protocol::{Principal, RoomId, Seq};
use allthrive_store::Error;
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;
use utoipa::ToSchema;

use crate::auth::Verified;
use crate::error::{Problem, ProblemBody};
use crate::routes::attempt_view::{QuestionView, Verdict};
use crate::routes::body::Json;
use crate::routes::reports::Everything;
use crate::state::State;

/// A guest may come back for so long.
const GUESTS_COME_BACK_DAYS: u64 = 30;
/// Sessions whose results are held in memory: all players come for theirs at the same time.
const HELD: usize = 4;

/// Who asks, if it is no account.
#[derive(Deserialize, ToSchema)]
pub struct Asker {
    /// The key that a guest came with.
    #[serde(default)]
    key: Option<String>,
}

/// The own result.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResultView {
    /// Of the quiz.
    title: String,
    /// The language of its texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// The name one played under.
    name: String,
    /// When the session ended, unix milliseconds; absent while the podium stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_ts: Option<u64>,
    /// The own line of the ranking; absent where nothing counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<StandingView>,
    /// The questions that were asked, in their order.
    questions: Vec<OwnQuestion>,
}

/// A line of the ranking.
#[derive(Debug, Serialize, ToSchema)]
pub struct StandingView {
    /// The place.
    rank: u32,
    /// Of so many.
    of: usize,
    /// Points in all.
    points: u64,
    /// Wholly right answers.
    correct: u32,
    /// Of so many questions that count.
    scored: u32,
    /// The longest row of wholly right answers.
    best_streak: u32,
}

/// A question with the own answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnQuestion {
    /// The question, and what is right.
    #[serde(flatten)]
    question: QuestionView,
    /// Whether it was taken out of the count.
    voided: bool,
    /// Points that the answer earned, with those for a row of right ones.
    earned: u64,
}

/// What is over, by player.
struct Over {
    game: Game,
    content: Arc<Frozen>,
    ended_at: Option<Micros>,
    ranked: usize,
    players: HashMap<Principal, (OfPlayer, Vec<OfAnswer>)>,
}

/// Sessions that are over and were asked for last, each read once, whoever asks meanwhile.
#[derive(Default)]
pub struct Results(Mutex<VecDeque<Held>>);

/// A session as it is at one step.
struct Held {
    room: RoomId,
    rev: Seq,
    over: Arc<OnceCell<Over>>,
}

impl Results {
    /// The place of what is read of it.
    fn of(&self, room: RoomId, rev: Seq) -> Arc<OnceCell<Over>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(one) = held.iter().find(|one| (one.room, one.rev) == (room, rev)) {
            return Arc::clone(&one.over);
        }
        // Of an earlier step of the same session nothing is asked any more.
        held.retain(|one| one.room != room);
        held.truncate(HELD - 1);
        let over = Arc::default();
        held.push_front(Held { room, rev, over: Arc::clone(&over) });
        over
    }
}

/// The own result of a session that is over. A guest says the key it played with; of an account its sign-in is asked.
#[utoipa::path(post, path = "/api/v1/live/{id}/result", tag = "live", params(("id" = String, Path, description = "The session")),
    request_body = Asker,
    responses((status = 200, body = ResultView), (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "No such session, or one did not play in it"),
        (status = 409, body = ProblemBody, description = "`session_running`")))]
pub async fn own(
    request: HttpRequest,
    id: web::Path<String>,
    Json(asker): Json<Asker>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let none = || Problem::not_found("You have no result here: the session is long over, or you did not play in it.");
    let room: RoomId = id.parse().map_err(|_| none())?;
    let who = played(&state, &request, room, asker.key.as_deref()).await?.ok_or_else(none)?;
    let now = state.store.live_state(room).await?.ok_or_else(none)?;
    if !matches!(now.game.phase, Phase::Podium | Phase::Ended) {
        return Err(Problem::new(StatusCode::CONFLICT, "session_running", "The game is still on. Your result is here once it is over."));
    }
    let cell = state.results.of(room, now.rev);
    let over = cell.get_or_try_init(|| read(&state, room)).await?;
    let is_late = |ended: Micros| state.clock.now().since(ended).as_secs() > GUESTS_COME_BACK_DAYS * 86_400;
    if matches!(who, Principal::Guest(_)) && over.ended_at.is_some_and(is_late) {
        return Err(none());
    }
    over.view(who).map(|view| HttpResponse::Ok().json(view)).ok_or_else(none)
}

/// Who asks, if they play or have played in this session and were not taken out: a guest by the key, an account by its
/// sign-in. One row tells a stranger from a player.
pub(super) async fn played(state: &State, request: &HttpRequest, room: RoomId, key: Option<&str>) -> Result<Option<Principal>, Problem> {
    let who = match key {
        Some(key) => state.system.doors().guest(room, key),
        None => Some(Principal::User(Verified::extract(request).await?.0.user.id)),
    };
    let Some(who) = who else { return Ok(None) };
    let player = state.store.live_player(room, who).await?;
    Ok(player.filter(|player| matches!(player.state, PlayerState::Active | PlayerState::Left)).map(|_| who))
}

async fn read(state: &State, room: RoomId) -> Result<Over, Error> {
    let everything = Everything::read(state, room).await?.unwrap_or_else(|| unreachable!("a session is never removed"));
    let report = everything.report();
    let mut answers: HashMap<u32, Vec<OfAnswer>> = HashMap::new();
    for answer in report.answers {
        answers.entry(answer.player).or_default().push(answer);
    }
    let by_no: HashMap<u32, Principal> = everything.players.iter().map(|player| (player.no, player.player)).collect();
    let ranked = report.players.len();
    let players = report.players.into_iter().filter_map(|line| {
        let own = answers.remove(&line.no).unwrap_or_default();
        Some((*by_no.get(&line.no)?, (line, own)))
    });
    Ok(Over {
        players: players.collect(),
        ranked,
        ended_at: everything.session.ended_at,
        content: everything.session.content,
        game: everything.session.state.game,
    })
}

impl Over {
    fn view(&self, who: Principal) -> Option<ResultView> {
        let (line, answers) = self.players.get(&who)?;
        let question = |(q, round): &(u32, u32)| {
            let asked = self.content.questions.get(usize::try_from(*q).ok()?)?;
            // The last to the round that stands.
            let answer = answers.iter().rfind(|answer| (answer.q, answer.round) == (*q, *round));
            let given = answer.map(|answer| answer.given.clone());
            let verdict = Verdict::of(asked, given.as_ref());
            Some(OwnQuestion {
                question: QuestionView::of(asked.clone(), given, Some(verdict)),
                voided: self.game.voided.contains(q),
                earned: answer.map_or(0, |answer| answer.points + answer.bonus),
            })
        };
        let standing = line.rank.filter(|_| self.game.settings.mode != Mode::Survey).map(|rank| StandingView {
            rank,
            of: self.ranked,
            points: line.points,
            correct: line.correct,
            scored: line.scored,
            best_streak: line.best_streak,
        });
        Some(ResultView {
            title: self.content.title.clone(),
            language: self.content.language.clone(),
            name: line.name.clone(),
            ended_ts: self.ended_at.map(Micros::millis),
            standing,
            questions: self.game.asked.iter().filter_map(question).collect(),
        })
    }
}
