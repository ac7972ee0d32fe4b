//! A quiz as one session or attempt keeps it: what was written at its beginning, with ids and an order of its own.
//!
//! What is shown stands apart from what is right ([`Asked::form`], [`Asked::key`]), and nothing of what is shown depends
//! on what is right: two quizzes that differ only in key, weights, tolerance or explanation have the same ids in the same
//! order under the same seed. So what is ordered or matched is sorted by its texts before it is mixed, and the mixed
//! order may by chance be the right one: were it avoided, seeing an order would say that it is wrong, and of two items
//! that would be the answer.

use std::collections::HashSet;

use allthrive_protocol::quiz::OptionId;
use allthrive_protocol::quiz::content::{Accepted, Band, Body, Choice, Grading, Image, MAX_ANSWER_CHARS, Pair, Question, Quiz};
use allthrive_protocol::quiz::phase::ShownOption;
use allthrive_protocol::quiz::view::{Form, Solution};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::quiz::fold::fold;

/// Where ids and orders come from: secret, and random for each session and attempt.
pub type Seed = [u8; 32];

/// A quiz as a session or attempt keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frozen {
    /// Its title.
    pub title: String,
    /// The language of its texts.
    pub language: Option<String>,
    /// In their order.
    pub questions: Vec<Asked>,
}

/// A question as it is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// Its kind, by its name on the wire.
    pub kind: String,
    /// What is asked.
    pub stem: String,
    /// A picture.
    pub image: Option<Image>,
    /// For whoever asks for it.
    pub hint: Option<String>,
    /// Time to answer, milliseconds.
    pub limit_ms: Option<u32>,
    /// What it is worth; 0 where nothing is scored.
    pub points: u32,
    /// How it is answered, in the order in which it is shown.
    pub form: Form,
    /// What is right. Not to be shown before the solution.
    pub key: Key,
    /// Shown with the solution.
    pub explanation: Option<String>,
    /// For hosts.
    pub notes: Option<String>,
}

impl Asked {
    /// Whether an answer to it can be right or wrong.
    #[must_use]
    pub fn is_scored(&self) -> bool {
        !matches!(self.key, Key::Nothing {})
    }

    /// Whether it is answered at all: a slide is not.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        !matches!(self.form, Form::Nothing {})
    }
}

/// What is right, and what else is worth something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Key {
    /// Options.
    Options {
        /// Those that are right, as they are shown.
        right: Vec<OptionId>,
        /// What an answer that is not wholly right is worth.
        grading: Grading,
        /// Percent, of each option, as they are shown.
        weights: Vec<(OptionId, i32)>,
        /// What is told to whoever chose it.
        feedback: Vec<(OptionId, String)>,
    },
    /// Texts.
    Text {
        /// What is taken.
        accepted: Vec<Accepted>,
        /// Whether capitals matter.
        case_sensitive: bool,
    },
    /// A number.
    Number {
        /// The right one.
        value: f64,
        /// How far off is right.
        tolerance: f64,
        /// How far off is partly right.
        band: Option<Band>,
    },
    /// An order.
    Order {
        /// By the ids.
        order: Vec<OptionId>,
        /// Whether a part is worth something.
        grading: Grading,
    },
    /// Pairs.
    Pairs {
        /// Left, right; in the order of the left sides.
        pairs: Vec<(OptionId, OptionId)>,
        /// Whether a part is worth something.
        grading: Grading,
    },
    /// Nothing is right or wrong.
    Nothing {},
}

impl Key {
    /// As it is shown once it may be.
    #[must_use]
    pub fn solution(&self) -> Solution {
        match self {
            Self::Options { right, grading: _, weights: _, feedback: _ } => Solution::Options { right: right.clone() },
            Self::Text { accepted, case_sensitive: _ } => {
                let mut best: Vec<&Accepted> = accepted.iter().collect();
                best.sort_by_key(|one| std::cmp::Reverse(one.percent));
                Solution::Text { accepted: best.into_iter().map(|one| one.text.clone()).collect() }
            }
            Self::Number { value, tolerance, band: _ } => Solution::Number { value: *value, tolerance: *tolerance },
            Self::Order { order, grading: _ } => Solution::Order { order: order.clone() },
            Self::Pairs { pairs, grading: _ } => Solution::Pairs { pairs: pairs.clone() },
            Self::Nothing {} => Solution::Nothing {},
        }
    }
}

/// Freezes a quiz that is ready ([`crate::quiz::check::check_ready`]). The same quiz and seed give the same. With
/// `shuffle` the options of single and multiple choice are mixed; what is ordered or matched always is, the two sides of
/// a swipe and the steps of a survey never.
#[must_use]
pub fn freeze(quiz: &Quiz, seed: &Seed, shuffle: bool) -> Frozen {
    let questions = (0..).zip(&quiz.questions).map(|(n, question)| ask(question, Draw::new(seed, n), shuffle)).collect();
    Frozen { title: quiz.title.clone(), language: quiz.language.clone(), questions }
}

fn ask(question: &Question, mut draw: Draw<'_>, shuffle: bool) -> Asked {
    let (form, key) = body(&question.body, &mut draw, shuffle);
    Asked {
        kind: question.body.word().to_owned(),
        stem: question.stem.clone(),
        image: question.image.clone(),
        hint: question.hint.clone(),
        limit_ms: question.limit_ms,
        points: if question.body.is_scored() { question.points } else { 0 },
        form,
        key,
        explanation: question.explanation.clone(),
        notes: question.notes.clone(),
    }
}

fn body(body: &Body, draw: &mut Draw<'_>, shuffle: bool) -> (Form, Key) {
    match body {
        Body::TrueFalse { key } => {
            let choice = |text: &str, correct| Choice { text: text.to_owned(), correct, ..Choice::default() };
            let (options, key) = choices(&[choice("True", *key), choice("False", !*key)], Grading::AllOrNothing, draw, false);
            (Form::One { options }, key)
        }
        Body::SingleChoice { options } => {
            let (options, key) = choices(options, Grading::AllOrNothing, draw, shuffle);
            (Form::One { options }, key)
        }
        Body::Swipe { options } => {
            let (options, key) = choices(options, Grading::AllOrNothing, draw, false);
            (Form::One { options }, key)
        }
        Body::MultipleChoice { options, grading } => {
            let (options, key) = choices(options, *grading, draw, shuffle);
            (Form::Some { options }, key)
        }
        Body::ShortText { accepted, case_sensitive } => (text(), Key::Text { accepted: accepted.clone(), case_sensitive: *case_sensitive }),
        Body::Numeric { value, tolerance, band } => (Form::Number {}, Key::Number { value: *value, tolerance: *tolerance, band: *band }),
        Body::Ordering { items, grading } => {
            let shown = draw.sorted_and_mixed("item", items.iter());
            let order = items.iter().filter_map(|item| find(&shown, item)).collect();
            (Form::Order { items: shown }, Key::Order { order, grading: *grading })
        }
        Body::Matching { pairs, distractors, grading } => matching(pairs, distractors, *grading, draw),
        Body::Survey { options, multiple } => {
            let options = options.iter().zip(0..).map(|(text, n)| shown(draw.id("option", n), text, None)).collect();
            (if *multiple { Form::Some { options } } else { Form::One { options } }, Key::Nothing {})
        }
        Body::Open {} => (text(), Key::Nothing {}),
        Body::Slide {} => (Form::Nothing {}, Key::Nothing {}),
    }
}

fn text() -> Form {
    Form::Text { most_chars: u32::try_from(MAX_ANSWER_CHARS).unwrap_or(u32::MAX) }
}

fn shown(id: OptionId, text: &str, image: Option<&Image>) -> ShownOption {
    ShownOption { id, text: text.to_owned(), image: image.cloned() }
}

fn find(options: &[ShownOption], text: &str) -> Option<OptionId> {
    let wanted = fold(text);
    options.iter().find(|option| fold(&option.text) == wanted).map(|option| option.id)
}

fn choices(options: &[Choice], grading: Grading, draw: &mut Draw<'_>, shuffle: bool) -> (Vec<ShownOption>, Key) {
    let mut all: Vec<(OptionId, &Choice)> = options.iter().zip(0..).map(|(option, n)| (draw.id("option", n), option)).collect();
    if shuffle {
        draw.mix("option", &mut all);
    }
    let key = Key::Options {
        right: all.iter().filter(|(_, option)| option.correct).map(|(id, _)| *id).collect(),
        grading,
        weights: all.iter().map(|(id, option)| (*id, option.weight.unwrap_or(0))).collect(),
        feedback: all.iter().filter_map(|(id, option)| Some((*id, option.feedback.clone()?))).collect(),
    };
    (all.into_iter().map(|(id, option)| shown(id, &option.text, option.image.as_ref())).collect(), key)
}

fn matching(pairs: &[Pair], distractors: &[String], grading: Grading, draw: &mut Draw<'_>) -> (Form, Key) {
    let left: Vec<ShownOption> = pairs.iter().zip(0..).map(|(pair, n)| shown(draw.id("left", n), &pair.left, None)).collect();
    let right = draw.sorted_and_mixed("right", pairs.iter().map(|pair| &pair.right).chain(distractors));
    let pairs = left.iter().zip(pairs).filter_map(|(left, pair)| Some((left.id, find(&right, &pair.right)?))).collect();
    (Form::Pairs { left, right }, Key::Pairs { pairs, grading })
}

/// The random choices of one question: HMAC-SHA-256 of what is drawn, keyed by the seed (RFC 2104). Whoever has seen any
/// number of ids can compute no other one, nor the order from which they came, without the seed.
pub(super) struct Draw<'a> {
    seed: &'a Seed,
    question: u32,
    taken: HashSet<OptionId>,
}

impl<'a> Draw<'a> {
    pub(super) fn new(seed: &'a Seed, question: u32) -> Self {
        Self { seed, question, taken: HashSet::new() }
    }

    /// 64 bits; the same for the same words.
    pub(super) fn number(&self, purpose: &str, of: &str, n: u32, again: u32) -> u64 {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.seed).expect("HMAC takes keys of any length");
        mac.update(format!("quiz {purpose} {of} {} {n} {again}", self.question).as_bytes());
        let bytes = mac.finalize().into_bytes();
        bytes.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// An id that no other option of the question has.
    fn id(&mut self, of: &str, n: u32) -> OptionId {
        let mut again = 0;
        loop {
            // Any 32 bits of it are as random as the others.
            let id = self.number("id", of, n, again) as OptionId;
            if self.taken.insert(id) {
                return id;
            }
            again += 1;
        }
    }

    /// Each order equally often (Fisher and Yates, as Knuth's algorithm P has it).
    fn mix<T>(&self, of: &str, things: &mut [T]) {
        for (last, n) in (1..things.len()).zip(1..) {
            let chosen = (u128::from(self.number("mix", of, n, 0)) * (u128::from(n) + 1)) >> 64;
            things.swap(last, usize::try_from(chosen).unwrap_or(last));
        }
    }

    /// Equal texts stand once.
    fn sorted_and_mixed<'t>(&mut self, of: &str, texts: impl Iterator<Item = &'t String>) -> Vec<ShownOption> {
        let mut sorted: Vec<(String, &String)> = texts.map(|text| (fold(text), text)).collect();
        sorted.sort_unstable();
        sorted.dedup_by(|one, other| one.0 == other.0);
        let mut options: Vec<ShownOption> = sorted.iter().zip(0..).map(|((_, text), n)| shown(self.id(of, n), text, None)).collect();
        self.mix(of, &mut options);
        options
    }
}

#[cfg(test)]
mod tests;
