//! What came of a session: how it went as a whole, for each player and each question, and every answer. Nothing of it is
//! counted on the way: it is made from what is kept, and is the same whenever it is made.
//!
//! It holds keys, and is its hosts' alone. Of guests it knows the name they played under and nothing else.
//!
//! - [`mod@made`]: how it is made
//! - [`sheets`]: as sheets for a file

mod made;
mod sheets;

use allthrive_protocol::UserId;
use allthrive_protocol::quiz::Given;
use allthrive_protocol::quiz::live::Mode;
use serde::{Deserialize, Serialize};

pub use self::made::{Session, report};
pub use self::sheets::sheets;

/// What came of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// As a whole.
    pub session: Whole,
    /// Those who are ranked, by place.
    pub players: Vec<OfPlayer>,
    /// The questions that were asked to their end, in their order; no slides.
    pub questions: Vec<OfQuestion>,
    /// Every answer that is kept, in the order of their coming.
    pub answers: Vec<OfAnswer>,
}

/// As a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Whole {
    /// Of the quiz.
    pub title: String,
    /// What counted.
    pub mode: Mode,
    /// How many are ranked.
    pub players: u32,
    /// How many questions were asked to their end.
    pub asked: u32,
    /// How many of them count: scored, and not taken out.
    pub scored: u32,
    /// The share of answers that were given, of those that could be: a player could from the question on at which they
    /// came. Questions taken out of the count are left out.
    pub completion: Option<f64>,
    /// The share of wholly right answers, of those that could be given to questions that count.
    pub correct: Option<f64>,
    /// How long it went, milliseconds.
    pub duration_ms: Option<u64>,
}

/// One player.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfPlayer {
    /// Its number, in the order of joining.
    pub no: u32,
    /// The name it played under.
    pub name: String,
    /// The account, if it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// The team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Wholly right answers.
    pub correct: u32,
    /// Of so many questions that count.
    pub scored: u32,
    /// Points in all.
    pub points: u64,
    /// The time that is in the middle of those of its answers to questions that count, milliseconds.
    pub median_ms: Option<u64>,
    /// The longest row of wholly right answers.
    pub best_streak: u32,
    /// The place; none where nobody is ranked.
    pub rank: Option<u32>,
    /// Questions that count and were not answered wholly right, from 0 on.
    pub missed: Vec<u32>,
    /// Questions that were not answered at all, from 0 on.
    pub unanswered: Vec<u32>,
    /// Whether it left before the end.
    pub left: bool,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfQuestion {
    /// Which, from 0 on.
    pub q: u32,
    /// Which time it was asked, from 0 on: the one that stands.
    pub round: u32,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// What was asked.
    pub stem: String,
    /// What it was worth.
    pub points: u32,
    /// Whether it was taken out of the count. Its figures stand: they may say why.
    pub voided: bool,
    /// How many could answer it.
    pub players: u32,
    /// How many did.
    pub answered: u32,
    /// The share that answered wholly right, of those who could; none where nothing is right or wrong.
    pub correct: Option<f64>,
    /// The share that did not answer, of those who could.
    pub unanswered: Option<f64>,
    /// How often each option was chosen, in their order; what was written or put together, most first.
    pub answers: Vec<Chosen>,
    /// The wrong option, text or number that was chosen most; of equals the first.
    pub distractor: Option<String>,
    /// The time in the middle, milliseconds.
    pub median_ms: Option<u64>,
    /// The share of wholly right answers in the best third of the ranking, less that in the last third: below zero the key
    /// may be wrong. None with less than three players, and where nothing is right or wrong.
    pub discrimination: Option<f64>,
}

/// How often something was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    /// The option, or what was written.
    pub text: String,
    /// How often.
    pub count: u32,
    /// Whether it is right, where that can be said of it alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<bool>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfAnswer {
    /// Its number among all of the session.
    pub no: u64,
    /// Whose, by number.
    pub player: u32,
    /// And by name.
    pub name: String,
    /// To which question, from 0 on.
    pub q: u32,
    /// Which time it was asked.
    pub round: u32,
    /// How often it had been changed before.
    pub n: u32,
    /// As it was given.
    pub given: Given,
    /// In words.
    pub text: String,
    /// Whether it counts: it was the last of a ranked player to a round that stands, and the question was not taken out.
    pub counts: bool,
    /// How right it is, in thousandths; none where nothing is right or wrong.
    pub credit: Option<u32>,
    /// Points for it.
    pub points: u64,
    /// And for right answers in a row.
    pub bonus: u64,
    /// The time that is scored, milliseconds.
    pub t_ms: u64,
}

#[cfg(test)]
mod tests;
