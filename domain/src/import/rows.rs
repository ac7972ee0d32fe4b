//! Tables with a row per question, as Kahoot's template has them: columns are found by what their heads say, wherever
//! the head stands.

use allthrive_protocol::quiz::content::{Body, Choice, Grading, LIMIT_MS, MAX_OPTIONS, Question};

use super::{Imported, ImportedQuestion, MAX_ROWS, Refused, text};

/// Within how many rows a head is looked for: the template begins with eight rows of instructions.
pub(super) const HEAD_WITHIN: usize = 50;
/// Cells of a row that are looked at.
pub(super) const MAX_COLUMNS: usize = 64;
/// What the template allows; more is taken and said.
const USUAL_QUESTION: usize = 120;
const USUAL_ANSWER: usize = 75;

/// What becomes of a question without a right answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Keyless {
    /// Its row is listed as an error.
    #[default]
    Refuse,
    /// It is a survey.
    Survey,
}

/// A row: its number in the file, from 1, and its cells as they are displayed.
pub(super) struct Row {
    pub(super) number: usize,
    pub(super) cells: Vec<String>,
}

/// Which column holds what.
#[derive(Debug, Default)]
struct Head {
    question: usize,
    answers: Vec<usize>,
    limit: Option<usize>,
    correct: usize,
    explanation: Option<usize>,
}

impl Head {
    fn of(row: &Row) -> Option<Self> {
        let names: Vec<String> = row.cells.iter().map(|cell| text::line(cell).to_lowercase()).collect();
        let column = |begins: &[&str]| names.iter().position(|name| begins.iter().any(|begin| name.starts_with(begin)));
        let mut head = Self {
            question: column(&["question"])?,
            correct: column(&["correct"])?,
            limit: column(&["time"]),
            explanation: column(&["explanation"]),
            answers: Vec::new(),
        };
        for number in 1..=MAX_OPTIONS {
            let is_it = |name: &String| {
                let rest = name.strip_prefix("answer").map(str::trim_start);
                rest.is_some_and(|rest| rest.split(|c: char| !c.is_ascii_digit()).next() == Some(number.to_string().as_str()))
            };
            match names.iter().position(is_it) {
                Some(column) => head.answers.push(column),
                None => break,
            }
        }
        (head.answers.len() >= 2).then_some(head)
    }
}

/// Whether a head is among these rows.
pub(super) fn has_head(rows: &[Row]) -> bool {
    rows.iter().take(HEAD_WITHIN).any(|row| Head::of(row).is_some())
}

/// The questions below the head.
pub(super) fn questions(rows: &[Row], keyless: Keyless) -> Result<Imported, Refused> {
    let Some((at, head)) = rows.iter().take(HEAD_WITHIN).enumerate().find_map(|(at, row)| Some((at, Head::of(row)?))) else {
        return Err(Refused::new(
            "no_head",
            "No row names the columns: “Question”, “Answer 1”, “Answer 2”, “Time limit”, “Correct answer(s)”.",
        ));
    };
    let mut found = Imported::default();
    let mut taken = 0;
    for row in &rows[at + 1..] {
        let cells = Cells { head: &head, row };
        if cells.are_empty() {
            continue;
        }
        if taken == MAX_ROWS {
            found.fail(row.number, Refused::new("too_many_rows", format!("Only the first {MAX_ROWS} questions are read.")));
            break;
        }
        taken += 1;
        match cells.question(keyless) {
            Ok(question) => {
                warn(&mut found, row.number, &question);
                found.take(ImportedQuestion { line: row.number, name: None, category: None, question });
            }
            Err(refused) => found.fail(row.number, refused),
        }
    }
    Ok(found)
}

fn warn(found: &mut Imported, row: usize, question: &Question) {
    if question.stem.chars().count() > USUAL_QUESTION {
        found.warn(row, "long_question", format!("The question is longer than {USUAL_QUESTION} characters; it was taken whole."));
    }
    let texts: Vec<&str> = match &question.body {
        Body::SingleChoice { options } | Body::MultipleChoice { options, .. } => options.iter().map(|o| o.text.as_str()).collect(),
        Body::Survey { options, .. } => options.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    if texts.iter().any(|text| text.chars().count() > USUAL_ANSWER) {
        found.warn(row, "long_answer", format!("An answer is longer than {USUAL_ANSWER} characters; it was taken whole."));
    }
}

/// A row under its head.
struct Cells<'a> {
    head: &'a Head,
    row: &'a Row,
}

impl Cells<'_> {
    fn cell(&self, column: usize) -> String {
        self.row.cells.get(column).map(|cell| text::clean(cell)).unwrap_or_default()
    }

    fn are_empty(&self) -> bool {
        let head = self.head;
        let mut columns = head.answers.iter().copied().chain([head.question, head.correct]).chain(head.limit).chain(head.explanation);
        columns.all(|column| self.cell(column).is_empty())
    }

    fn question(&self, keyless: Keyless) -> Result<Question, Refused> {
        let stem = self.cell(self.head.question);
        if stem.is_empty() {
            return Err(Refused::new("no_question", "The question has no text."));
        }
        let limit_ms = self.head.limit.map(|column| limit(&self.cell(column))).transpose()?.flatten();
        let answers: Vec<String> = self.head.answers.iter().map(|column| text::line(&self.cell(*column))).collect();
        let explanation = self.head.explanation.map(|column| self.cell(column)).filter(|text| !text.is_empty());
        let body = body(answers, &self.cell(self.head.correct), keyless)?;
        let points = if body.is_scored() { 1_000 } else { 0 };
        Ok(Question { stem, body, explanation, hint: None, image: None, notes: None, limit_ms, points })
    }
}

fn body(answers: Vec<String>, correct: &str, keyless: Keyless) -> Result<Body, Refused> {
    let keys = keys(correct)?;
    if keys.is_empty() {
        return match keyless {
            Keyless::Refuse => Err(Refused::new("no_key", "No answer is marked as right.")),
            Keyless::Survey => {
                Ok(Body::Survey { options: answers.into_iter().filter(|answer| !answer.is_empty()).collect(), multiple: false })
            }
        };
    }
    if let Some(wrong) = keys.iter().find(|key| answers.get(**key - 1).is_none_or(String::is_empty)) {
        return Err(Refused::new("key_without_answer", format!("Answer {wrong} is marked as right, but it is empty.")));
    }
    let options: Vec<Choice> = answers
        .into_iter()
        .enumerate()
        .filter(|(_, text)| !text.is_empty())
        .map(|(n, text)| Choice { text, correct: keys.contains(&(n + 1)), ..Choice::default() })
        .collect();
    Ok(match keys.len() {
        1 => Body::SingleChoice { options },
        _ => Body::MultipleChoice { options, grading: Grading::AllOrNothing },
    })
}

/// `1`, `1,3`; where a spreadsheet took the comma for the sign of a fraction, `1.3`.
fn keys(cell: &str) -> Result<Vec<usize>, Refused> {
    let mut keys = Vec::new();
    for part in cell.split(|c: char| matches!(c, ',' | ';' | '.' | '/' | '&' | '+') || c.is_whitespace()).filter(|part| !part.is_empty()) {
        match part.parse::<usize>() {
            Ok(key) if (1..=MAX_OPTIONS).contains(&key) => {
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
            _ => {
                let part: String = part.chars().take(20).collect();
                return Err(Refused::new("bad_key", format!("“{part}” is not the number of an answer.")));
            }
        }
    }
    Ok(keys)
}

/// Seconds, kept as they are; an empty cell is no limit.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "compared with the bounds before")]
fn limit(cell: &str) -> Result<Option<u32>, Refused> {
    let number = cell.trim_end_matches(|c: char| c.is_alphabetic() || c == '.' || c.is_whitespace());
    if number.is_empty() && cell.is_empty() {
        return Ok(None);
    }
    let bounds = f64::from(*LIMIT_MS.start())..=f64::from(*LIMIT_MS.end());
    match number.replace(',', ".").parse::<f64>().map(|seconds| seconds * 1_000.0) {
        Ok(ms) if bounds.contains(&ms) => Ok(Some(ms.round() as u32)),
        _ => Err(Refused::new("bad_time", "The time to answer is a number of seconds from 5 to 240.")),
    }
}
