//! A quiz taken alone: how often and how long, what may be answered, when what is right is shown, and what counts.
//! Times are the server's; no client is asked for one.

use std::collections::BTreeMap;
use std::time::Duration;

use allthrive_protocol::quiz::Given;
use allthrive_protocol::quiz::live::{Factor, GRACE_MS, Mode};
use serde::{Deserialize, Serialize};

use crate::quiz::freeze::{Asked, Frozen};
use crate::quiz::grade::{fits, grade};
use crate::quiz::score::points;
use crate::time::Micros;

/// Most attempts that can be asked for, and the longest of them.
pub const MAX_ATTEMPTS: u32 = 100;
/// A week, in minutes.
pub const MAX_MINUTES: u32 = 7 * 24 * 60;
/// How often one question can be answered anew: a bound on what an attempt can fill a disk with.
pub const MAX_CHANGES: u32 = 200;

/// Which of several attempts counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    /// The one with the most points.
    #[default]
    Best,
    /// The last that ended.
    Last,
    /// The mean of all, rounded half up.
    Mean,
}

/// When what is right is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feedback {
    /// Of each question once it is answered; so it is answered once.
    AfterEach,
    /// Of all of them once the attempt has ended.
    #[default]
    AfterSubmit,
    /// Of all of them once nobody can take it any more; without such a day, never.
    AfterClose,
}

/// How a quiz is taken alone, as its author has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// How often; as often as one likes unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// How many minutes each takes at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
    /// When all of them end, unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closes_ts: Option<u64>,
    /// Which counts.
    pub counts: Counts,
    /// When what is right is shown.
    pub feedback: Feedback,
    /// Whether the options of choices are mixed.
    pub shuffle: bool,
}

/// Where an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It can be answered.
    InProgress,
    /// Its owner has handed it in.
    Submitted,
    /// Its time ran out.
    AutoSubmitted,
    /// Its owner has given it up. What was answered counts all the same: looking and going away gains nothing.
    Abandoned,
}

impl State {
    /// Its name, in the store and on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Submitted => "submitted",
            Self::AutoSubmitted => "auto_submitted",
            Self::Abandoned => "abandoned",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::InProgress, Self::Submitted, Self::AutoSubmitted, Self::Abandoned].into_iter().find(|state| state.word() == word)
    }
}

/// Why no attempt begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoStart {
    /// Nobody can take it any more.
    Closed,
    /// All attempts are used.
    Used(u32),
}

/// Why an answer is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTaken {
    /// The attempt has ended.
    Ended,
    /// There is no such question, or it is a slide.
    Question,
    /// It was answered, and what is right was shown.
    Shown,
    /// It does not fit; by its field.
    Invalid(&'static str),
    /// It was changed too often.
    TooOften,
}

impl Rules {
    fn closes_at(&self) -> Option<Micros> {
        self.closes_ts.map(|ts| Micros(i64::try_from(ts).unwrap_or(i64::MAX).saturating_mul(1_000)))
    }

    /// Whether nobody can take it any more.
    #[must_use]
    pub fn is_closed(&self, now: Micros) -> bool {
        self.closes_at().is_some_and(|at| now >= at)
    }

    /// Whether a further attempt may begin.
    ///
    /// # Errors
    /// It may not.
    pub fn may_start(&self, used: u32, now: Micros) -> Result<(), NoStart> {
        match self.attempts {
            _ if self.is_closed(now) => Err(NoStart::Closed),
            Some(most) if used >= most => Err(NoStart::Used(most)),
            _ => Ok(()),
        }
    }

    /// When an attempt that begins now ends by itself.
    #[must_use]
    pub fn deadline(&self, started: Micros, factor: Factor) -> Option<Micros> {
        let own =
            self.minutes.map(|minutes| started.plus(Duration::from_millis(u64::from(minutes) * 60 * u64::from(factor.thousandths()))));
        [own, self.closes_at()].into_iter().flatten().min()
    }

    /// Whether what is right of a question may be shown.
    #[must_use]
    pub fn shows(&self, state: State, is_answered: bool, now: Micros) -> bool {
        match self.feedback {
            Feedback::AfterEach => is_answered || state != State::InProgress,
            Feedback::AfterSubmit => state != State::InProgress,
            Feedback::AfterClose => state != State::InProgress && self.is_closed(now),
        }
    }
}

/// Where an attempt stands now: one whose time is over has ended, whether anybody has looked or not. What was on its way at
/// the deadline is still taken.
#[must_use]
pub fn state_at(kept: State, deadline: Option<Micros>, now: Micros) -> State {
    let grace = Duration::from_millis(u64::from(GRACE_MS));
    match kept {
        State::InProgress if deadline.is_some_and(|at| now > at.plus(grace)) => State::AutoSubmitted,
        State::InProgress | State::Submitted | State::AutoSubmitted | State::Abandoned => kept,
    }
}

/// Whether an answer is taken. `changes` is how often the question was answered before.
///
/// # Errors
/// Why not. Nothing of the key is looked at.
pub fn takes(rules: &Rules, state: State, quiz: &Frozen, q: usize, given: &Given, changes: u32) -> Result<(), NotTaken> {
    if state != State::InProgress {
        return Err(NotTaken::Ended);
    }
    let asked = quiz.questions.get(q).filter(|asked| asked.is_answered()).ok_or(NotTaken::Question)?;
    if changes > 0 && rules.feedback == Feedback::AfterEach {
        return Err(NotTaken::Shown);
    }
    if changes >= MAX_CHANGES {
        return Err(NotTaken::TooOften);
    }
    fits(&asked.form, given).map_err(|invalid| NotTaken::Invalid(invalid.field))
}

/// What an attempt came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Score {
    /// Points, as in a live session in which speed does not count.
    pub points: u64,
    /// Most that there are.
    pub most: u64,
    /// Questions answered wholly right.
    pub correct: u32,
    /// Questions that can be right or wrong.
    pub of: u32,
}

/// The points of one question; none where nothing is scored. What is not answered is worth nothing.
#[must_use]
pub fn points_of(asked: &Asked, given: Option<&Given>) -> Option<u64> {
    let credit = given.map_or(Some(0), |given| grade(asked, given).map(|grade| grade.credit));
    credit.filter(|_| asked.is_scored()).map(|credit| points(Mode::Accuracy, asked.points, credit, None, 0))
}

/// What these answers come to. It follows from them alone and is never kept.
#[must_use]
pub fn score(quiz: &Frozen, answers: &BTreeMap<usize, Given>) -> Score {
    let mut score = Score::default();
    for (q, asked) in quiz.questions.iter().enumerate().filter(|(_, asked)| asked.is_scored()) {
        let given = answers.get(&q);
        score.of += 1;
        score.most += u64::from(asked.points);
        score.points += points_of(asked, given).unwrap_or(0);
        score.correct += u32::from(given.and_then(|given| grade(asked, given)).is_some_and(|grade| grade.is_whole()));
    }
    score
}

/// The points that count, of those of the attempts that have ended, in their order.
#[must_use]
pub fn counting(counts: Counts, ended: &[u64]) -> Option<u64> {
    match counts {
        Counts::Best => ended.iter().max().copied(),
        Counts::Last => ended.last().copied(),
        Counts::Mean => {
            let n = u64::try_from(ended.len()).ok().filter(|n| *n > 0)?;
            Some((2 * ended.iter().sum::<u64>() + n) / (2 * n))
        }
    }
}

#[cfg(test)]
mod tests;
