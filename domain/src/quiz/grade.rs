//! Whether an answer fits its question, and how right it is.

use std::collections::{HashMap, HashSet};

use allthrive_protocol::quiz::content::{Accepted, Grading, MAX_ANSWER_CHARS};
use allthrive_protocol::quiz::phase::ShownOption;
use allthrive_protocol::quiz::view::Form;
use allthrive_protocol::quiz::{Given, OptionId};

use crate::quiz::fold::{fold, tidy};
use crate::quiz::freeze::{Asked, Key};

/// What a wholly right answer is worth, in thousandths.
pub const WHOLE: u32 = 1_000;

/// An answer that does not fit the question, by the field that does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invalid {
    /// Its path in `quiz.answer`.
    pub field: &'static str,
}

/// How right an answer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grade {
    /// 0 to [`WHOLE`].
    pub credit: u32,
    /// What the author says to it.
    pub feedback: Vec<String>,
}

impl Grade {
    /// Whether it is wholly right.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.credit == WHOLE
    }
}

/// Whether an answer has the shape that the question asks for. Nothing of the key is looked at: what is refused says
/// nothing of what is right.
///
/// # Errors
/// The field that does not fit.
pub fn fits(form: &Form, given: &Given) -> Result<(), Invalid> {
    let (fits, field) = match (form, given) {
        (Form::One { options }, Given::Options(chosen)) => (chosen.len() == 1 && are_of(chosen, options), "choice.options"),
        (Form::Some { options }, Given::Options(chosen)) => (!chosen.is_empty() && are_of(chosen, options), "choice.options"),
        (Form::Text { .. }, Given::Text(text)) => {
            let length = text.trim().chars().take(MAX_ANSWER_CHARS + 1).count();
            ((1..=MAX_ANSWER_CHARS).contains(&length) && !text.contains('\0'), "choice.text")
        }
        (Form::Number {}, Given::Number(number)) => (number.is_finite(), "choice.number"),
        (Form::Order { items }, Given::Order(order)) => (order.len() == items.len() && are_of(order, items), "choice.order"),
        (Form::Pairs { left, right }, Given::Pairs(pairs)) => {
            let lefts: Vec<OptionId> = pairs.iter().map(|(left, _)| *left).collect();
            let known = pairs.iter().all(|(_, chosen)| right.iter().any(|option| option.id == *chosen));
            (lefts.len() == left.len() && are_of(&lefts, left) && known, "choice.pairs")
        }
        (
            Form::One { .. }
            | Form::Some { .. }
            | Form::Text { .. }
            | Form::Number {}
            | Form::Order { .. }
            | Form::Pairs { .. }
            | Form::Nothing {},
            Given::Options(_) | Given::Text(_) | Given::Number(_) | Given::Order(_) | Given::Pairs(_),
        ) => (false, "choice"),
    };
    if fits { Ok(()) } else { Err(Invalid { field }) }
}

/// Whether each is one of these, and none stands twice.
fn are_of(chosen: &[OptionId], options: &[ShownOption]) -> bool {
    let mut seen = HashSet::new();
    chosen.len() <= options.len() && chosen.iter().all(|id| seen.insert(*id) && options.iter().any(|option| option.id == *id))
}

/// How right an answer is that [`fits`]; none where nothing is right or wrong. One that does not fit is worth nothing.
#[must_use]
pub fn grade(asked: &Asked, given: &Given) -> Option<Grade> {
    let nothing = Grade { credit: 0, feedback: vec![] };
    let grade = match (&asked.key, given) {
        (Key::Nothing {}, _) => return None,
        (Key::Options { right, grading, weights, feedback }, Given::Options(chosen)) => Grade {
            credit: of_options(chosen, right, *grading, weights),
            feedback: feedback.iter().filter(|(id, _)| chosen.contains(id)).map(|(_, text)| text.clone()).collect(),
        },
        (Key::Text { accepted, case_sensitive }, Given::Text(text)) => best(accepted, *case_sensitive, text)
            .map_or(nothing, |best| Grade { credit: best.percent.min(100) * 10, feedback: best.feedback.iter().cloned().collect() }),
        (Key::Number { value, tolerance, band }, Given::Number(number)) => {
            let credit = match band {
                _ if is_within(*number, *value, *tolerance) => WHOLE,
                Some(band) if is_within(*number, *value, band.tolerance) => band.percent.min(100) * 10,
                _ => 0,
            };
            Grade { credit, ..nothing }
        }
        (Key::Order { order, grading }, Given::Order(given)) => {
            let right = order.iter().zip(given).filter(|(right, given)| right == given).count();
            Grade { credit: share(right, order.len(), *grading), ..nothing }
        }
        (Key::Pairs { pairs, grading }, Given::Pairs(given)) => {
            let right: HashMap<OptionId, OptionId> = pairs.iter().copied().collect();
            let hits = given.iter().filter(|(left, chosen)| right.get(left) == Some(chosen)).count();
            Grade { credit: share(hits, pairs.len(), *grading), ..nothing }
        }
        (
            Key::Options { .. } | Key::Text { .. } | Key::Number { .. } | Key::Order { .. } | Key::Pairs { .. },
            Given::Options(_) | Given::Text(_) | Given::Number(_) | Given::Order(_) | Given::Pairs(_),
        ) => nothing,
    };
    Some(grade)
}

fn of_options(chosen: &[OptionId], right: &[OptionId], grading: Grading, weights: &[(OptionId, i32)]) -> u32 {
    let mut chosen = chosen.to_vec();
    chosen.sort_unstable();
    chosen.dedup();
    let hits = right.iter().filter(|id| chosen.contains(id)).count();
    let wrong = chosen.len() - hits;
    match grading {
        Grading::AllOrNothing => share(if wrong == 0 { hits } else { 0 }, right.len(), grading),
        Grading::Partial => share(hits.saturating_sub(wrong), right.len(), grading),
        Grading::Weights => {
            let sum: i64 = weights.iter().filter(|(id, _)| chosen.contains(id)).map(|(_, weight)| i64::from(*weight)).sum();
            u32::try_from(sum.clamp(0, 100)).unwrap_or(0) * 10
        }
    }
}

/// The share in thousandths, rounded down; without partial credit only the whole counts.
fn share(right: usize, of: usize, grading: Grading) -> u32 {
    match grading {
        Grading::Partial if of > 0 => u32::try_from(1_000 * right.min(of) / of).unwrap_or(0),
        _ if of > 0 && right >= of => WHOLE,
        _ => 0,
    }
}

fn best<'k>(accepted: &'k [Accepted], case_sensitive: bool, text: &str) -> Option<&'k Accepted> {
    let same = |text: &str| if case_sensitive { tidy(text) } else { fold(text) };
    let given = same(text);
    // Of equals the first, as the author has it.
    accepted.iter().filter(|one| same(&one.text) == given).reduce(|best, one| if one.percent > best.percent { one } else { best })
}

/// Whether it is that near, the ends included: 0.4 is 0.3 ± 0.1, though no binary fraction says so. So a few last places
/// are forgiven, which is far less than anybody can write.
fn is_within(number: f64, value: f64, tolerance: f64) -> bool {
    let last_places = 8.0 * f64::EPSILON * number.abs().max(value.abs()).max(tolerance);
    (number - value).abs() <= tolerance + last_places
}

#[cfg(test)]
mod tests;
