//! An attempt as it is told to whoever takes it. What is asked and what is right are made by two functions of two types:
//! [`Verdict`] is made only where the policy shows what is right.

use std::collections::BTreeMap;

use allthrive_domain::quiz::attempt::{Counts, Feedback, Rules, Score, State, counting, points_of, state_at};
use allthrive_domain::quiz::freeze::Asked;
use allthrive_domain::quiz::grade::grade;
use allthrive_domain::time::Micros;
use allthrive_protocol::quiz::Given;
use allthrive_protocol::quiz::view::{Form, Solution};
use allthrive_store::{AttemptCard, KeptAttempt};
use serde::Serialize;
use utoipa::ToSchema;

use crate::routes::quiz_view::ImageView;

/// An attempt in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttemptHead {
    /// The attempt.
    id: String,
    /// Of which quiz.
    quiz: String,
    /// The quiz's title when it began.
    title: String,
    /// The first, the second of this person, from 1.
    no: u32,
    /// `in_progress`, `submitted`, `auto_submitted` or `abandoned`.
    state: &'static str,
    /// When it began, unix milliseconds.
    started_ts: u64,
    /// When it ends by itself, unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline_ts: Option<u64>,
    /// How long that is from now, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline_in_ms: Option<u64>,
    /// When it ended, unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_ts: Option<u64>,
    /// What it came to, once that may be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<ScoreView>,
}

/// What an attempt came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScoreView {
    /// Points.
    points: u64,
    /// Most that there are.
    most: u64,
    /// Questions answered wholly right.
    correct: u32,
    /// Questions that can be right or wrong.
    of: u32,
}

/// An attempt, whole.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttemptView {
    /// Where it stands.
    #[serde(flatten)]
    head: AttemptHead,
    /// The rules that held when it began.
    rules: RulesView,
    /// The language of its texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// In their order.
    questions: Vec<QuestionView>,
}

/// How a quiz is taken alone.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulesView {
    /// How often; as often as one likes if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<u32>,
    /// How many minutes each takes at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    minutes: Option<u32>,
    /// When all of them end, unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    closes_ts: Option<u64>,
    /// `best`, `last` or `mean`.
    #[schema(value_type = String)]
    counts: Counts,
    /// `after_each`, `after_submit` or `after_close`.
    #[schema(value_type = String)]
    feedback: Feedback,
    /// Whether the options of choices are mixed.
    shuffle: bool,
}

/// A question as it is asked, and what was answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuestionView {
    /// Its kind.
    #[serde(rename = "type")]
    kind: String,
    /// What is asked.
    stem: String,
    /// A picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<ImageView>,
    /// For whoever asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// What it is worth.
    points: u32,
    /// How it is answered.
    #[schema(value_type = Object)]
    form: Form,
    /// The answer that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    answer: Option<Given>,
    /// What is right, once that may be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Verdict>,
}

/// What is right, and how right the answer is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Verdict {
    /// In thousandths; absent where nothing is right or wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    credit: Option<u32>,
    /// What the answer is worth.
    #[serde(skip_serializing_if = "Option::is_none")]
    points: Option<u64>,
    /// What is right.
    #[schema(value_type = Object)]
    solution: Solution,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<String>,
    /// What the author says to this answer.
    feedback: Vec<String>,
}

/// How a quiz is taken alone, and how it went so far.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnAttempts {
    /// The rules for one that begins now.
    rules: RulesView,
    /// The own attempts, in their order, the last 100.
    items: Vec<AttemptHead>,
    /// The points that count, once they may be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    counting: Option<u64>,
}

impl From<Rules> for RulesView {
    fn from(Rules { attempts, minutes, closes_ts, counts, feedback, shuffle }: Rules) -> Self {
        Self { attempts, minutes, closes_ts, counts, feedback, shuffle }
    }
}

impl AttemptHead {
    pub(super) fn of(card: AttemptCard, now: Micros) -> Self {
        let state = state_at(card.state, card.deadline_at, now);
        // Points tell of keys, too.
        let score = card.score.filter(|_| card.rules.shows(state, false, now));
        let left = card.deadline_at.filter(|_| state == State::InProgress).map(|at| at.since(now).as_millis());
        Self {
            id: card.id.to_string(),
            quiz: card.quiz.to_string(),
            title: card.title,
            no: card.no,
            state: state.word(),
            started_ts: card.started_at.millis(),
            deadline_ts: card.deadline_at.map(Micros::millis),
            deadline_in_ms: left.map(|ms| u64::try_from(ms).unwrap_or(u64::MAX)),
            ended_ts: card.ended_at.map(Micros::millis),
            score: score.map(|Score { points, most, correct, of }| ScoreView { points, most, correct, of }),
        }
    }
}

impl AttemptView {
    pub(super) fn of(KeptAttempt { card, quiz, mut answers }: KeptAttempt, now: Micros) -> Self {
        let (rules, state) = (card.rules, state_at(card.state, card.deadline_at, now));
        let questions = quiz.questions.into_iter().enumerate().map(|(q, asked)| {
            let answer = answers.remove(&q);
            let verdict = rules.shows(state, answer.is_some(), now).then(|| Verdict::of(&asked, answer.as_ref()));
            QuestionView::of(asked, answer, verdict)
        });
        Self { questions: questions.collect(), language: quiz.language, rules: rules.into(), head: AttemptHead::of(card, now) }
    }
}

impl QuestionView {
    /// Nothing of the key is named here.
    pub(super) fn of(asked: Asked, answer: Option<Given>, verdict: Option<Verdict>) -> Self {
        let Asked { kind, stem, image, hint, limit_ms: _, points, form, key: _, explanation: _, notes: _ } = asked;
        Self { kind, stem, image: image.map(Into::into), hint, points, form, answer, verdict }
    }
}

impl Verdict {
    pub(super) fn of(asked: &Asked, answer: Option<&Given>) -> Self {
        let graded = answer.and_then(|answer| grade(asked, answer));
        Self {
            credit: asked.is_scored().then(|| graded.as_ref().map_or(0, |graded| graded.credit)),
            points: points_of(asked, answer),
            solution: asked.key.solution(),
            explanation: asked.explanation.clone(),
            feedback: graded.map_or_else(Vec::new, |graded| graded.feedback),
        }
    }
}

impl OwnAttempts {
    pub(super) fn of(rules: Rules, cards: Vec<AttemptCard>, now: Micros) -> Self {
        // Each attempt tells by its own rules; what counts is told once all of them do.
        let told: Option<BTreeMap<u32, u64>> = cards
            .iter()
            .filter_map(|card| Some((card, card.score?)))
            .map(|(card, score)| card.rules.shows(card.state, false, now).then_some((card.no, score.points)))
            .collect();
        let counting = told.and_then(|told| counting(rules.counts, &told.into_values().collect::<Vec<_>>()));
        Self { rules: rules.into(), items: cards.into_iter().map(|card| AttemptHead::of(card, now)).collect(), counting }
    }
}
