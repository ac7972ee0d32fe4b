//! What stands between the braces.

use allthrive_protocol::quiz::content::{Accepted, Band, Body, Choice, Grading, Pair};

use super::signs::{Sign, find, is_blank, marked, plain, split_at, trim};
use super::{Notes, Refused, formatted, text};

/// The kind of the question, and remarks that have their place in its explanation.
pub(super) fn body(all: &[Sign], notes: &mut Notes) -> Result<(Body, Vec<String>), Refused> {
    let bare = |body| Ok((body, Vec::new()));
    if all.is_empty() {
        return bare(Body::Open {});
    }
    if find(&all[..1], "#") == Some(0) {
        return numeric(&all[1..], notes);
    }
    if find(all, "~").is_some() {
        return choice(all, notes).and_then(bare);
    }
    if find(all, "=").is_some() && find(all, "->").is_some() {
        return matching(all, notes).and_then(bare);
    }
    let (first, remarks) = split_at(all, "#").map_or((all, None), |(first, remarks)| (first, Some(remarks)));
    let key = match plain(trim(first)).as_str() {
        "T" | "TRUE" => Some(true),
        "F" | "FALSE" => Some(false),
        _ => None,
    };
    if let Some(key) = key {
        return Ok((Body::TrueFalse { key }, remarks.map_or_else(Vec::new, |remarks| both(remarks, notes))));
    }
    short(all, notes).and_then(bare)
}

/// What is told to those who were wrong, then what to those who were right.
fn both(remarks: &[Sign], notes: &mut Notes) -> Vec<String> {
    let parts = split_at(remarks, "#").map_or(vec![remarks], |(wrong, right)| vec![wrong, right]);
    notes.push(("feedback_joined", "What is told to the right and to the wrong now stands in the explanation.".into()));
    parts.into_iter().map(|part| formatted(part, notes)).collect()
}

/// An answer in its parts.
struct Part {
    right: bool,
    percent: Option<f64>,
    text: String,
    feedback: Option<String>,
}

fn parts(all: &[Sign], notes: &mut Notes) -> Result<Vec<Part>, Refused> {
    let mut parts = Vec::new();
    for (mark, part) in marked(all) {
        let (text, feedback) = split_at(part, "#").map_or((part, None), |(text, feedback)| (text, Some(feedback)));
        let (percent, text) = percent(trim(text))?;
        parts.push(Part {
            right: mark != Some('~'),
            percent,
            text: formatted(text, notes),
            feedback: feedback.map(|feedback| formatted(feedback, notes)).filter(|feedback| !feedback.is_empty()),
        });
    }
    if parts.iter().any(|part| part.text.is_empty()) {
        return Err(Refused::new("empty_answer", "An answer has no text."));
    }
    Ok(parts)
}

/// `%50%` before an answer.
fn percent(all: &[Sign]) -> Result<(Option<f64>, &[Sign]), Refused> {
    if find(&all[..all.len().min(1)], "%") != Some(0) {
        return Ok((None, all));
    }
    let Some((number, rest)) = split_at(&all[1..], "%") else { return Ok((None, all)) };
    match plain(number).trim().parse::<f64>() {
        Ok(percent) if (-100.0..=100.0).contains(&percent) => Ok((Some(percent), trim(rest))),
        Ok(_) => Err(Refused::new("bad_weight", "A weight is between -100 and 100 percent.")),
        // A text that happens to begin like one.
        Err(_) => Ok((None, all)),
    }
}

fn choice(all: &[Sign], notes: &mut Notes) -> Result<Body, Refused> {
    let parts = parts(all, notes)?;
    if parts.len() < 2 {
        return Err(Refused::new("too_few_answers", "The question has fewer than two answers to choose from."));
    }
    if find(all, "=").is_some() {
        return one_of(parts, notes);
    }
    if parts.iter().all(|part| part.percent.is_none_or(|percent| percent <= 0.0)) {
        return Err(Refused::new("no_key", "No answer is marked as right."));
    }
    let weights = whole(&parts.iter().map(|part| part.percent.unwrap_or(0.0)).collect::<Vec<_>>());
    let options = parts.into_iter().zip(weights).map(|(part, weight)| Choice {
        text: part.text,
        image: None,
        correct: weight > 0,
        weight: Some(weight),
        feedback: part.feedback,
    });
    Ok(Body::MultipleChoice { options: options.collect(), grading: Grading::Weights })
}

fn one_of(parts: Vec<Part>, notes: &mut Notes) -> Result<Body, Refused> {
    if parts.iter().filter(|part| part.right).count() > 1 {
        return Err(Refused::new("several_keys", "Several answers are marked as right, but only one can be chosen."));
    }
    let usual = |part: &Part| part.percent.is_none_or(|percent| percent == if part.right { 100.0 } else { 0.0 });
    if !parts.iter().all(usual) {
        notes.push(("weights_dropped", "Where one answer is chosen it is right or wrong; other weights were left out.".into()));
    }
    let options =
        parts.into_iter().map(|part| Choice { text: part.text, image: None, correct: part.right, weight: None, feedback: part.feedback });
    Ok(Body::SingleChoice { options: options.collect() })
}

/// Whole percents. Where the good ones come to 100 but for their written places (33.33333 three times), so do the whole
/// ones: the first get what rounding took.
#[expect(clippy::cast_possible_truncation, reason = "between -100 and 100")]
fn whole(weights: &[f64]) -> Vec<i32> {
    let mut whole: Vec<i32> = weights.iter().map(|weight| weight.round() as i32).collect();
    let sum: f64 = weights.iter().filter(|weight| **weight > 0.0).sum();
    let mut missing = 100 - whole.iter().filter(|weight| **weight > 0).sum::<i32>();
    if (sum - 100.0).abs() < 0.01 {
        for weight in whole.iter_mut().filter(|weight| **weight > 0) {
            let step = missing.signum();
            *weight += step;
            missing -= step;
        }
    }
    whole
}

fn short(all: &[Sign], notes: &mut Notes) -> Result<Body, Refused> {
    let mut accepted = Vec::new();
    for part in parts(all, notes)? {
        let percent = whole(&[part.percent.unwrap_or(100.0)])[0];
        match u32::try_from(percent) {
            Ok(percent @ 1..) => accepted.push(Accepted { text: part.text, percent, feedback: part.feedback }),
            _ => notes.push(("wrong_dropped", "An answer that is worth nothing was left out of those accepted.".into())),
        }
    }
    if accepted.is_empty() {
        return Err(Refused::new("no_key", "No answer is marked as right."));
    }
    Ok(Body::ShortText { accepted, case_sensitive: false })
}

fn matching(all: &[Sign], notes: &mut Notes) -> Result<Body, Refused> {
    let mut pairs = Vec::new();
    let mut distractors = Vec::new();
    for (_, part) in marked(all) {
        let part = split_at(part, "#").map_or(part, |(part, _)| {
            notes.push(("feedback_dropped", "Feedback on a pair was left out.".into()));
            part
        });
        let Some((left, right)) = split_at(part, "->") else {
            return Err(Refused::new("bad_pair", "Every pair is written as =left -> right."));
        };
        let (left, right) = (formatted(left, notes), formatted(right, notes));
        match (left.is_empty(), right.is_empty()) {
            (_, true) => return Err(Refused::new("bad_pair", "A pair has no right side.")),
            (true, false) => distractors.push(right),
            (false, false) => pairs.push(Pair { left, right }),
        }
    }
    Ok(Body::Matching { pairs, distractors, grading: Grading::default() })
}

fn numeric(all: &[Sign], notes: &mut Notes) -> Result<(Body, Vec<String>), Refused> {
    let mut remarks = Vec::new();
    let mut found: Vec<(f64, f64, f64)> = Vec::new();
    for (_, part) in marked(all) {
        let (range, feedback) = split_at(part, "#").map_or((part, None), |(range, feedback)| (range, Some(feedback)));
        if let Some(feedback) = feedback.filter(|feedback| !is_blank(feedback)) {
            remarks.push(formatted(feedback, notes));
            notes.push(("feedback_joined", "What is told about a number now stands in the explanation.".into()));
        }
        let (percent, range) = percent(trim(range))?;
        if is_blank(range) {
            return Err(Refused::new("bad_number", "An answer has no number."));
        }
        let (value, tolerance) = around(range)?;
        found.push((percent.unwrap_or(100.0), value, tolerance));
    }
    let Some(&(_, value, tolerance)) = found.iter().find(|(percent, ..)| *percent == 100.0) else {
        return Err(Refused::new("no_key", "No number is marked as wholly right."));
    };
    let mut band = None;
    for &(percent, other, wider) in &found {
        if (percent, other, wider) == (100.0, value, tolerance) {
            continue;
        }
        let share = u32::try_from(whole(&[percent])[0]).ok().filter(|share| (1..=99).contains(share));
        match share {
            Some(percent) if band.is_none() && other == value && wider > tolerance => band = Some(Band { tolerance: wider, percent }),
            _ => notes.push(("number_dropped", "Only one right number, and one wider band around it, are kept.".into())),
        }
    }
    Ok((Body::Numeric { value, tolerance, band }, remarks))
}

/// `value`, `value:tolerance` or `from..to`.
fn around(all: &[Sign]) -> Result<(f64, f64), Refused> {
    let number = |all: &[Sign]| {
        let text = text::line(&plain(all));
        text.parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
            .ok_or_else(|| Refused::new("bad_number", format!("“{}” is not a number.", text.chars().take(40).collect::<String>())))
    };
    let (value, tolerance) = if let Some((from, to)) = split_at(all, "..") {
        let (from, to) = (number(from)?, number(to)?);
        (from / 2.0 + to / 2.0, to / 2.0 - from / 2.0)
    } else if let Some((value, tolerance)) = split_at(all, ":") {
        (number(value)?, number(tolerance)?)
    } else {
        (number(all)?, 0.0)
    };
    if tolerance < 0.0 || !tolerance.is_finite() {
        return Err(Refused::new("bad_number", "A tolerance is not below zero, and a range goes up."));
    }
    Ok((value, tolerance))
}
