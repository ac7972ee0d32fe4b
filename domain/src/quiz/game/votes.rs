//! What was answered, counted. Nothing of it depends on what is right: neither what is counted, nor what is taken for the
//! same, nor the order.

use std::collections::{BTreeMap, HashMap};

use allthrive_protocol::quiz::phase::{ShownOption, Votes};
use allthrive_protocol::quiz::view::Form;
use allthrive_protocol::quiz::{Given, OptionId};

use crate::quiz::fold::{fold, tidy};
use crate::quiz::freeze::Asked;

/// Most lines of what was written.
const MAX_WRITTEN: usize = 20;
/// Of a thing that was ordered or matched no more is repeated in a line, characters: 20 lines go to everybody.
const MAX_THING_CHARS: usize = 24;

/// The votes of one round: `answers` are the last of each player, in any order, and `players` is how many play.
///
/// Of choices, how often each was chosen. Of texts and numbers, the most frequent: texts that [`fold`] alike are one, and
/// shown as most have written it. Of an order, the most frequent whole orders (`Elbe → Rhine → Po`), of pairs the most
/// frequent pairs (`Porto – Douro`); both by their texts, as written ones.
#[must_use]
pub fn votes<'a>(asked: &Asked, answers: impl Iterator<Item = &'a Given>, players: u32) -> Votes {
    let mut count = Count::of(&asked.form);
    let mut answered = 0;
    for given in answers {
        answered += 1;
        count.add(given);
    }
    let (options, written) = count.told();
    Votes { answered, players, options, written }
}

/// The votes so far.
enum Count<'f> {
    Options(BTreeMap<OptionId, u32>),
    /// By what they are taken for, then by how they were written.
    Written(HashMap<String, BTreeMap<String, u32>>),
    Order(&'f [ShownOption], HashMap<Vec<OptionId>, u32>),
    Pairs(&'f [ShownOption], &'f [ShownOption], HashMap<(OptionId, OptionId), u32>),
    Nothing,
}

impl<'f> Count<'f> {
    fn of(form: &'f Form) -> Self {
        match form {
            Form::One { options } | Form::Some { options } => Self::Options(options.iter().map(|option| (option.id, 0)).collect()),
            Form::Text { most_chars: _ } | Form::Number {} => Self::Written(HashMap::new()),
            Form::Order { items } => Self::Order(items, HashMap::new()),
            Form::Pairs { left, right } => Self::Pairs(left, right, HashMap::new()),
            Form::Nothing {} => Self::Nothing,
        }
    }

    /// Answers were let in because they fit; of one that does not, nothing is counted.
    fn add(&mut self, given: &Given) {
        match (self, given) {
            (Self::Options(counts), Given::Options(chosen)) => {
                for id in chosen {
                    counts.entry(*id).and_modify(|count| *count += 1);
                }
            }
            (Self::Written(groups), Given::Text(text)) => {
                *groups.entry(fold(text)).or_default().entry(tidy(text)).or_default() += 1;
            }
            (Self::Written(groups), Given::Number(number)) => {
                let number = written(*number);
                *groups.entry(number.clone()).or_default().entry(number).or_default() += 1;
            }
            (Self::Order(_, counts), Given::Order(order)) => *counts.entry(order.clone()).or_default() += 1,
            (Self::Pairs(_, _, counts), Given::Pairs(pairs)) => {
                for pair in pairs {
                    *counts.entry(*pair).or_default() += 1;
                }
            }
            (
                Self::Options(_) | Self::Written(_) | Self::Order(..) | Self::Pairs(..) | Self::Nothing,
                Given::Options(_) | Given::Text(_) | Given::Number(_) | Given::Order(_) | Given::Pairs(_),
            ) => {}
        }
    }

    fn told(self) -> (BTreeMap<OptionId, u32>, Vec<(String, u32)>) {
        let none = BTreeMap::new();
        match self {
            Self::Options(counts) => (counts, Vec::new()),
            Self::Written(groups) => (none, most(groups.into_values().filter_map(usual).collect())),
            Self::Order(items, counts) => {
                let line = |order: &[OptionId]| order.iter().map(|id| name(items, *id)).collect::<Vec<_>>().join(" → ");
                (none, most(counts.into_iter().map(|(order, count)| (line(&order), count)).collect()))
            }
            Self::Pairs(left, right, counts) => {
                let line = |(one, other)| format!("{} – {}", name(left, one), name(right, other));
                (none, most(counts.into_iter().map(|(pair, count)| (line(pair), count)).collect()))
            }
            Self::Nothing => (none, Vec::new()),
        }
    }
}

/// The spelling that most have used, of equals the first in the alphabet, for all of them.
fn usual(spellings: BTreeMap<String, u32>) -> Option<(String, u32)> {
    let all = spellings.values().sum();
    let (text, _) = spellings.into_iter().reduce(|best, one| if one.1 > best.1 { one } else { best })?;
    Some((text, all))
}

/// Most first, of equals by their text.
fn most(mut lines: Vec<(String, u32)>) -> Vec<(String, u32)> {
    lines.sort_unstable_by(|(one, count), (other, its)| its.cmp(count).then_with(|| one.cmp(other)));
    lines.truncate(MAX_WRITTEN);
    lines
}

/// A number as one would write it: 12.5, and no 300 digits of one that nobody meant.
fn written(number: f64) -> String {
    // Of the two zeros one.
    let number = number + 0.0;
    if number == 0.0 || (1e-6..1e15).contains(&number.abs()) { number.to_string() } else { format!("{number:e}") }
}

fn name(things: &[ShownOption], id: OptionId) -> String {
    let text = things.iter().find(|thing| thing.id == id).map_or("?", |thing| thing.text.as_str());
    let mut rest = text.chars();
    let begin: String = rest.by_ref().take(MAX_THING_CHARS).collect();
    if rest.next().is_some() { format!("{begin}…") } else { begin }
}

#[cfg(test)]
mod tests;
