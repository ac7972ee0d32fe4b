//! What the tests of this directory have in common: a quiz of every kind, players, answers that fit.

use allthrive_protocol::quiz::content::{Accepted, Body, Choice, Grading, Pair, Question, Quiz};
use allthrive_protocol::quiz::live::Factor;
use allthrive_protocol::quiz::phase::ShownOption;
use allthrive_protocol::quiz::view::Form;
use allthrive_protocol::quiz::{Difficulty, Given, OptionId};
use allthrive_protocol::{PlayerId, Principal};
use proptest::prelude::*;
use uuid::Uuid;

use super::{Kept, Player, PlayerState};
use crate::quiz::freeze::{Frozen, freeze};
use crate::time::Micros;

pub(crate) fn question(body: Body) -> Question {
    let (explanation, hint, image, notes) = (None, None, None, None);
    Question { stem: "Which?".into(), body, explanation, hint, image, notes, limit_ms: Some(20_000), points: 1_000 }
}

pub(crate) fn quiz(questions: Vec<Question>) -> Frozen {
    let (description, topic, difficulty) = (String::new(), String::new(), Difficulty::Beginner);
    let (minutes, language, image) = (None, None, None);
    let quiz = Quiz { title: "Harbour".into(), description, topic, difficulty, minutes, language, image, questions };
    freeze(&quiz, &[7; 32], true)
}

/// All that may differ between two quizzes before a solution is shown.
#[derive(Debug, Clone)]
pub(crate) struct Secret {
    pub right: Vec<bool>,
    pub order: Vec<usize>,
    pub value: f64,
    pub percent: u32,
}

pub(crate) fn secret() -> impl Strategy<Value = Secret> {
    let order = Just((0..5).collect::<Vec<usize>>()).prop_shuffle();
    let right = prop::collection::vec(any::<bool>(), 5);
    (right, order, -9..9_i8, 1..=100_u32).prop_map(|(right, order, value, percent)| Secret { right, order, value: value.into(), percent })
}

/// How many kinds there are.
pub(crate) const KINDS: usize = 11;

/// The question of that kind with that secret.
pub(crate) fn of_kind(kind: usize, secret: &Secret) -> Question {
    let Secret { right, order, value, percent } = secret;
    let one = right.iter().take(5).position(|right| *right).unwrap_or(4);
    let choice = |n: usize, correct, weight| Choice {
        text: format!("option {n}"),
        correct,
        weight,
        feedback: correct.then(|| format!("feedback {value}")),
        ..Choice::default()
    };
    let single = |of: usize| (0..of).map(|n| choice(n, n == one % of, None)).collect::<Vec<_>>();
    let several = || right.iter().enumerate().map(|(n, right)| choice(n, *right, Some(if *right { 50 } else { -50 }))).collect();
    let name = |n: &usize| format!("thing {n}");
    let grading = if right[0] { Grading::Partial } else { Grading::AllOrNothing };
    let body = match kind {
        0 => Body::TrueFalse { key: right[0] },
        1 => Body::SingleChoice { options: single(5) },
        2 => Body::MultipleChoice { options: several(), grading: if right[1] { Grading::Weights } else { grading } },
        3 => Body::Swipe { options: single(2) },
        4 => {
            let accepted = vec![Accepted { text: format!("{value}"), percent: *percent, feedback: Some(format!("so {value}")) }];
            Body::ShortText { accepted, case_sensitive: right[0] }
        }
        5 => Body::Numeric { value: *value, tolerance: f64::from(*percent) / 10.0, band: None },
        6 => Body::Ordering { items: order.iter().map(name).collect(), grading },
        7 => Body::Matching {
            pairs: order[..3].iter().enumerate().map(|(n, right)| Pair { left: format!("left {n}"), right: name(right) }).collect(),
            distractors: order[3..].iter().map(name).collect(),
            grading,
        },
        8 => Body::Survey { options: vec!["a".into(), "b".into()], multiple: true },
        9 => Body::Open {},
        _ => Body::Slide {},
    };
    Question { explanation: Some(format!("because {value} {order:?}")), ..question(body) }
}

/// An answer that fits the form, drawn by that number.
pub(crate) fn given(form: &Form, draw: u32) -> Option<Given> {
    let ids = |options: &[ShownOption]| options.iter().map(|option| option.id).collect::<Vec<OptionId>>();
    let drawn = usize::try_from(draw).unwrap_or(0);
    let turned = |options: &[ShownOption]| {
        let mut ids = ids(options);
        let by = drawn % ids.len();
        ids.rotate_left(by);
        ids
    };
    Some(match form {
        Form::One { options } => Given::Options(turned(options)[..1].to_vec()),
        Form::Some { options } => Given::Options(turned(options)[..1 + drawn / 7 % options.len()].to_vec()),
        Form::Text { most_chars: _ } => Given::Text(format!("{}", draw % 5)),
        Form::Number {} => Given::Number(f64::from(draw % 19) - 9.0),
        Form::Order { items } => Given::Order(turned(items)),
        Form::Pairs { left, right } => Given::Pairs(ids(left).into_iter().zip(turned(right)).collect()),
        Form::Nothing {} => return None,
    })
}

pub(crate) fn guest(no: u32) -> Principal {
    Principal::Guest(PlayerId(Uuid::from_u128(u128::from(no) + 1)))
}

pub(crate) fn who(no: u32, name: &str) -> Player {
    Player {
        player: guest(no),
        no,
        name: name.into(),
        skeleton: name.to_lowercase(),
        team: None,
        factor: Factor::Usual,
        state: PlayerState::Active,
        joined_at: Micros(0),
        joined_q: 0,
        change: 0,
    }
}

pub(crate) fn kept(player: u32, q: u32, choice: Given, t_ms: u64) -> Kept {
    Kept { player: guest(player), q, round: 0, n: 0, no: u64::from(q) * 1_000 + u64::from(player), choice, t_ms }
}
