//! Questions out of files that others wrote. Bytes in, values out: what parses is kept, every other row is listed with
//! its line and its reason.
//!
//! - [`gift`]: the text format of Moodle
//! - [`csv`] and [`xlsx`]: tables with a row per question; `rows` is what both have in common
//! - [`json`]: our own
//!
//! No reader evaluates, fetches or follows anything. *A new format*: a function from bytes to [`Imported`], that
//! hands each question to [`Imported::take`].

pub mod csv;
pub mod gift;
pub mod json;
mod rows;
mod text;
pub mod xlsx;

use std::fmt;

use allthrive_protocol::quiz::content::{Body, Difficulty, Question, Quiz};

pub use self::rows::Keyless;

use crate::quiz::check::{Fault, FaultCode, check_draft, check_ready};

/// Largest text file: a thousand questions of a thousand characters.
pub const MAX_TEXT_BYTES: usize = 1 << 20;
/// Most rows that are read; the rest is named as left out.
pub const MAX_ROWS: usize = 1_000;
/// Largest workbook as it is sent.
pub const MAX_PACKED_BYTES: usize = 5_000_000;
/// Largest workbook once unpacked, counted while it is unpacked.
pub const MAX_UNPACKED_BYTES: u64 = 20_000_000;

/// Why nothing of a file was read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct Refused {
    /// Stable, for programs.
    pub code: &'static str,
    /// For people.
    pub sentence: String,
}

impl Refused {
    pub(crate) fn new(code: &'static str, sentence: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into() }
    }
}

/// What is wrong with one row, or worth saying about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// The line of a text, the row of a table, the place of a question in our own format; from 1.
    pub line: usize,
    /// Stable, for programs.
    pub code: &'static str,
    /// For people.
    pub sentence: String,
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.sentence)
    }
}

/// A question and where it stood.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedQuestion {
    /// The line or row it begins at; from 1.
    pub line: usize,
    /// What its author calls it.
    pub name: Option<String>,
    /// The folder it was in.
    pub category: Option<String>,
    /// It.
    pub question: Question,
}

/// What was read of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Imported {
    /// In their order.
    pub questions: Vec<ImportedQuestion>,
    /// The folders, in order of their first use.
    pub categories: Vec<String>,
    /// Rows that were taken, though not as they stood.
    pub warnings: Vec<RowFault>,
    /// Rows that were not taken.
    pub errors: Vec<RowFault>,
}

impl Imported {
    fn warn(&mut self, line: usize, code: &'static str, sentence: impl Into<String>) {
        self.warnings.push(RowFault { line, code, sentence: sentence.into() });
    }

    fn fail(&mut self, line: usize, refused: Refused) {
        self.errors.push(RowFault { line, code: refused.code, sentence: refused.sentence });
    }

    /// Takes a question that a draft may hold, and lists any other. What it lacks to be published is a warning.
    fn take(&mut self, found: ImportedQuestion) {
        if let Err(refused) = has_answers(&found.question) {
            return self.fail(found.line, refused);
        }
        let quiz = Quiz { questions: vec![found.question.clone()], ..empty() };
        // From which hosts pictures may come is known where the quiz is saved.
        let fault = |faults: Vec<Fault>| faults.into_iter().find(|fault| fault.code != FaultCode::Address);
        if let Some(fault) = fault(check_draft(&quiz, &[])) {
            return self.fail(found.line, Refused::new(code(fault.code), fault.sentence));
        }
        if let Some(fault) = fault(check_ready(&quiz, &[])) {
            self.warn(found.line, "incomplete", fault.sentence);
        }
        self.questions.push(found);
    }

    /// The questions alone.
    #[must_use]
    pub fn into_questions(self) -> Vec<Question> {
        self.questions.into_iter().map(|found| found.question).collect()
    }
}

/// A quiz in which a question can be checked by itself.
fn empty() -> Quiz {
    Quiz {
        title: "-".into(),
        description: String::new(),
        topic: String::new(),
        difficulty: Difficulty::default(),
        minutes: None,
        language: None,
        image: None,
        questions: Vec::new(),
    }
}

fn code(code: FaultCode) -> &'static str {
    match code {
        FaultCode::Missing => "missing",
        FaultCode::TooLong => "too_long",
        FaultCode::Characters => "characters",
        FaultCode::TooFew => "too_few_answers",
        FaultCode::TooMany => "too_many_answers",
        FaultCode::OutOfRange => "out_of_range",
        FaultCode::Duplicate => "duplicate",
        FaultCode::Key => "no_key",
        FaultCode::Address => "address",
        FaultCode::Kind => "kind",
    }
}

/// A question out of a file has something to choose from and says what is right.
fn has_answers(question: &Question) -> Result<(), Refused> {
    if question.stem.trim().is_empty() {
        return Err(Refused::new("no_question", "The question has no text."));
    }
    let chosen_from = match &question.body {
        Body::SingleChoice { options } | Body::MultipleChoice { options, .. } | Body::Swipe { options } => options.len(),
        Body::Ordering { items, .. } => items.len(),
        Body::Survey { options, .. } => options.len(),
        Body::Matching { pairs, .. } => pairs.len(),
        Body::TrueFalse { .. } | Body::ShortText { .. } | Body::Numeric { .. } | Body::Open {} | Body::Slide {} => return Ok(()),
    };
    if chosen_from < 2 {
        return Err(Refused::new("too_few_answers", "The question has fewer than two answers to choose from."));
    }
    let right = match &question.body {
        Body::SingleChoice { options } | Body::Swipe { options } => options.iter().filter(|option| option.correct).count() == 1,
        Body::MultipleChoice { options, .. } => options.iter().any(|option| option.correct),
        _ => true,
    };
    if right { Ok(()) } else { Err(Refused::new("no_key", "No answer is marked as right, or too many are.")) }
}
