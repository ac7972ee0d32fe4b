//! GIFT for Moodle, such that [`crate::import::gift`] reads the same questions again.
//!
//! Each question is written with what GIFT can say, and read back at once. Where that gives another question, the
//! difference stands in a comment before it, as a JSON merge patch: `// allthrive: {"limit_ms":20000}`. Moodle ignores
//! it; for us it makes the round trip whole, and an edit of the text below it still counts. What Moodle will not see is
//! said in the warnings.

use std::fmt::Write;

use allthrive_protocol::quiz::content::{Accepted, Body, Choice, Grading, Pair, Question};
use serde_json::{Map, Value};

use crate::import::gift::{OURS, read};

/// A file, and what its readers elsewhere will miss.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// The file.
    pub text: String,
    /// In the order of the questions.
    pub warnings: Vec<Lost>,
}

/// What of a question is only in our comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Its place in the quiz, from 0.
    pub question: usize,
    /// Stable, for programs.
    pub code: &'static str,
    /// For people.
    pub sentence: &'static str,
}

/// The questions, under a category that is named like the quiz.
#[must_use]
pub fn write(title: &str, questions: &[Question]) -> Written {
    let mut written = Written::default();
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    if !title.is_empty() {
        // One slash would be a folder.
        let _ = writeln!(written.text, "$CATEGORY: {}\n", title.replace('/', "//"));
    }
    for (place, question) in questions.iter().enumerate() {
        let block = block(question);
        if let Some(patch) = difference(&block, question) {
            let _ = writeln!(written.text, "{OURS}{patch}");
        }
        let _ = writeln!(written.text, "{block}\n");
        written.warnings.extend(lost(question).map(|(code, sentence)| Lost { question: place, code, sentence }));
    }
    written
}

/// What has to be done to the question as it is read from the block to make it this one.
fn difference(block: &str, question: &Question) -> Option<Value> {
    let wanted = serde_json::to_value(question).unwrap_or_default();
    let read = read(block.as_bytes()).ok().and_then(|read| match &read.questions[..] {
        [one] => serde_json::to_value(&one.question).ok(),
        _ => None,
    });
    let patch = patch(&read.unwrap_or_else(|| Value::Object(Map::new())), &wanted);
    patch.as_object().is_some_and(|patch| !patch.is_empty()).then_some(patch)
}

/// RFC 7386, the other way round.
fn patch(from: &Value, to: &Value) -> Value {
    let (Value::Object(from), Value::Object(to)) = (from, to) else { return to.clone() };
    let mut changes = Map::new();
    for (key, value) in to {
        match from.get(key) {
            Some(old) if old == value => {}
            Some(old) => {
                changes.insert(key.clone(), patch(old, value));
            }
            None => {
                changes.insert(key.clone(), value.clone());
            }
        }
    }
    for key in from.keys().filter(|key| !to.contains_key(*key)) {
        changes.insert(key.clone(), Value::Null);
    }
    Value::Object(changes)
}

/// What GIFT has no place for.
fn lost(question: &Question) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
    let body = match &question.body {
        Body::Ordering { .. } => Some(("ordering", "An order is written as pairs of places and things.")),
        Body::Survey { .. } => Some(("survey", "A survey is written as a question for free words, without its options.")),
        Body::Swipe { .. } => Some(("swipe", "A choice between two sides is written as a plain choice.")),
        Body::ShortText { case_sensitive: true, .. } => Some(("case_sensitive", "That capitals matter is not said.")),
        Body::MultipleChoice { grading: Grading::AllOrNothing, .. } => {
            Some(("grading", "All or nothing is written as shares of the points."))
        }
        _ => None,
    };
    let options = match &question.body {
        Body::SingleChoice { options } | Body::MultipleChoice { options, .. } | Body::Swipe { options } => &options[..],
        _ => &[],
    };
    let has_image = question.image.is_some() || options.iter().any(|option| option.image.is_some());
    let slide = matches!(question.body, Body::Slide {}) && question.explanation.is_some();
    [
        body,
        question.limit_ms.map(|_| ("limit", "The time to answer is not said.")),
        (question.points != 1_000).then_some(("points", "The points are not said.")),
        question.hint.is_some().then_some(("hint", "The hint is not said.")),
        question.notes.is_some().then_some(("notes", "The notes for the host are not said.")),
        has_image.then_some(("image", "Pictures are left out.")),
        slide.then_some(("explanation", "The explanation of a slide is left out.")),
    ]
    .into_iter()
    .flatten()
}

fn block(question: &Question) -> String {
    let mut block = String::new();
    // A format cannot be escaped, and neither can a comment: with a format before them both are text.
    if question.stem.starts_with(['[', '/']) {
        block.push_str("[plain]");
    }
    block.push_str(&escaped(&question.stem));
    if matches!(question.body, Body::Slide {}) {
        return block;
    }
    block.push_str(" {");
    answers(&mut block, &question.body);
    if let Some(explanation) = &question.explanation {
        let _ = write!(block, "####{}", text(explanation));
    }
    block.push('}');
    block
}

fn answers(block: &mut String, body: &Body) {
    match body {
        Body::TrueFalse { key } => block.push_str(if *key { "TRUE" } else { "FALSE" }),
        Body::SingleChoice { options } | Body::Swipe { options } => {
            for option in options {
                let (mark, percent) = if option.correct { ("=", "%100%") } else { ("~", "%0%") };
                let percent = if option.text.starts_with('%') { percent } else { "" };
                let _ = write!(block, " {mark}{percent}{}{}", text(&option.text), feedback(option.feedback.as_ref()));
            }
        }
        Body::MultipleChoice { options, grading } => {
            for (option, weight) in options.iter().zip(weights(options, *grading)) {
                let _ = write!(block, " ~%{weight}%{}{}", text(&option.text), feedback(option.feedback.as_ref()));
            }
        }
        Body::ShortText { accepted, .. } => {
            for Accepted { text: word, percent, feedback: told } in accepted {
                let percent = if *percent == 100 && !word.starts_with('%') { String::new() } else { format!("%{percent}%") };
                let _ = write!(block, " ={percent}{}{}", text(word), feedback(told.as_ref()));
            }
        }
        Body::Numeric { value, tolerance, band } => match band {
            None => {
                let _ = write!(block, "#{value}:{tolerance}");
            }
            Some(band) => {
                let _ = write!(block, "# =%100%{value}:{tolerance} =%{}%{value}:{}", band.percent, band.tolerance);
            }
        },
        Body::Ordering { items, .. } => {
            for (n, item) in items.iter().enumerate() {
                let _ = write!(block, " ={} -> {}", n + 1, text(item));
            }
        }
        Body::Matching { pairs, distractors, .. } => {
            for Pair { left, right } in pairs {
                let _ = write!(block, " ={} -> {}", text(left), text(right));
            }
            for distractor in distractors {
                let _ = write!(block, " = -> {}", text(distractor));
            }
        }
        Body::Survey { .. } | Body::Open {} | Body::Slide {} => {}
    }
}

/// Percents as Moodle knows them: it refuses a weight that is none of its fractions.
fn weights(options: &[Choice], grading: Grading) -> Vec<String> {
    let right = options.iter().filter(|option| option.correct).count();
    let wrong = options.len() - right;
    let share = |of: usize| i32::try_from(100 / of.max(1)).unwrap_or(0);
    options
        .iter()
        .map(|option| match (grading, option.correct) {
            (Grading::Weights, _) => option.weight.unwrap_or(0),
            (_, true) => share(right),
            (_, false) => -share(wrong),
        })
        .map(|weight| {
            let sign = if weight < 0 { "-" } else { "" };
            match weight.abs() {
                83 => format!("{sign}83.33333"),
                66 | 67 => format!("{sign}66.66667"),
                33 | 34 => format!("{sign}33.33333"),
                16 | 17 => format!("{sign}16.66667"),
                14 => format!("{sign}14.28571"),
                12 | 13 => format!("{sign}12.5"),
                11 => format!("{sign}11.11111"),
                _ => weight.to_string(),
            }
        })
        .collect()
}

fn feedback(told: Option<&String>) -> String {
    told.map(|told| format!("#{}", text(told))).unwrap_or_default()
}

/// A text between the braces. An arrow would make a pair of it, and cannot be escaped.
fn text(text: &str) -> String {
    let format = if text.starts_with('[') { "[plain]" } else { "" };
    format!("{format}{}", escaped(text).replace("->", "→"))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => escaped.push_str("\\n"),
            // A line of its own would end the block, or begin another.
            '\r' => {}
            ':' | '#' | '=' | '{' | '}' | '~' | '\\' => {
                escaped.push('\\');
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
