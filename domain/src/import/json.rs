//! A quiz in our own format: `{"format":1,"quiz":{…}}`, the quiz as its types have it.
//!
//! A field that we do not know is refused with its path: it may be a misspelt one, and would be lost without a word. Every
//! format that was ever written is read; a later one is refused.

use allthrive_protocol::quiz::content::{Question, Quiz};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Imported, ImportedQuestion, MAX_ROWS, Refused, text};

/// The format that is written.
pub const FORMAT: u64 = 1;

/// A quiz, its questions apart: those that fit, and the reasons why others do not.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedQuiz {
    /// All but its questions.
    pub quiz: Quiz,
    /// Its questions, by their places from 1.
    pub questions: Imported,
}

impl ImportedQuiz {
    /// The quiz with the questions that fit.
    #[must_use]
    pub fn into_quiz(self) -> Quiz {
        Quiz { questions: self.questions.into_questions(), ..self.quiz }
    }
}

/// The quiz of a file.
///
/// # Errors
/// The file is no JSON, too large, of a later format, or its quiz is no quiz. What is wrong with a question stands in
/// [`Imported::errors`].
pub fn read(bytes: &[u8]) -> Result<ImportedQuiz, Refused> {
    let text = text::whole(bytes)?;
    let mut file: Map<String, Value> = serde_json::from_str(&text).map_err(|error| {
        Refused::new("not_json", format!("The file is not the JSON of a quiz: line {}, column {}.", error.line(), error.column()))
    })?;
    match file.get("format").and_then(Value::as_u64) {
        Some(FORMAT) => {}
        Some(later) if later > FORMAT => {
            return Err(Refused::new("later_format", format!("The file has format {later}; this server reads up to {FORMAT}.")));
        }
        _ => return Err(Refused::new("no_format", "The file does not say its format: \"format\": 1.")),
    }
    if let Some(unknown) = file.keys().find(|key| !["format", "quiz"].contains(&key.as_str())) {
        return Err(unknown_field(unknown));
    }
    let mut quiz = file.remove("quiz").unwrap_or_default();
    text::clean_all(&mut quiz);
    let questions = quiz.get_mut("questions").map(Value::take);
    if let Some(quiz) = quiz.as_object_mut() {
        quiz.remove("questions");
    }
    let quiz: Quiz = known(&quiz, "quiz")?;
    let mut found = Imported::default();
    let questions = match questions {
        Some(Value::Array(questions)) => questions,
        None => Vec::new(),
        Some(_) => return Err(Refused::new("not_a_quiz", "quiz.questions is not a list.")),
    };
    for (n, question) in questions.iter().enumerate() {
        let line = n + 1;
        if n == MAX_ROWS {
            found.fail(line, Refused::new("too_many_rows", format!("Only the first {MAX_ROWS} questions are read.")));
            break;
        }
        match known::<Question>(question, &format!("quiz.questions[{n}]")) {
            Ok(question) => found.take(ImportedQuestion { line, name: None, category: None, question }),
            Err(refused) => found.fail(line, refused),
        }
    }
    Ok(ImportedQuiz { quiz, questions: found })
}

fn unknown_field(path: &str) -> Refused {
    Refused::new("unknown_field", format!("{} is not a field that is known here.", path.chars().take(120).collect::<String>()))
}

/// The value, if all of it is known.
fn known<T: DeserializeOwned + serde::Serialize>(value: &Value, path: &str) -> Result<T, Refused> {
    let read: T = T::deserialize(value).map_err(|error| Refused::new("not_a_quiz", format!("{path}: {error}.")))?;
    // What was understood is written again: what is missing then was not understood. Nothing at all is not missed.
    let written = serde_json::to_value(&read).unwrap_or_default();
    match missing(value, &written, path) {
        Some(path) => Err(unknown_field(&path)),
        None => Ok(read),
    }
}

fn missing(value: &Value, written: &Value, path: &str) -> Option<String> {
    match (value, written) {
        (Value::Object(value), Value::Object(written)) => value.iter().find_map(|(key, value)| {
            let path = format!("{path}.{key}");
            match written.get(key) {
                Some(written) => missing(value, written, &path),
                None => (!is_nothing(value)).then_some(path),
            }
        }),
        (Value::Array(value), Value::Array(written)) => {
            value.iter().zip(written).enumerate().find_map(|(n, (value, written))| missing(value, written, &format!("{path}[{n}]")))
        }
        _ => None,
    }
}

/// What is not written because it is nothing.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::json::write;

    fn code(text: &str) -> &'static str {
        read(text.as_bytes()).map(|_| "read").unwrap_or_else(|refused| refused.code)
    }

    #[test]
    fn a_quiz_is_written_and_read_as_it_is() {
        let text =
            r#"{"format":1,"quiz":{"title":"T","language":"de","questions":[{"stem":"q","type":"numeric","value":2.5,"limit_ms":20000}]}}"#;
        let quiz = read(text.as_bytes()).unwrap().into_quiz();
        assert_eq!((quiz.title.as_str(), quiz.questions.len()), ("T", 1));
        assert_eq!(read(&write(&quiz)).unwrap().into_quiz(), quiz);
    }

    #[test]
    fn an_unknown_field_is_refused_with_its_path() {
        let refused = read(br#"{"format":1,"quiz":{"title":"T","tilte":"x"}}"#).unwrap_err();
        assert_eq!((refused.code, refused.sentence.as_str()), ("unknown_field", "quiz.tilte is not a field that is known here."));
        assert_eq!(code(r#"{"format":1,"quiz":{"title":"T"},"extra":1}"#), "unknown_field");
        let text = r#"{"format":1,"quiz":{"title":"T","description":"","questions":[
            {"stem":"q","type":"true_false","key":true,"hint":null},
            {"stem":"q","type":"true_false","key":true,"limit":5},
            {"stem":"q","type":"single_choice","options":[{"text":"a","correct":true},{"text":"b","corect":false}]},
            {"stem":"q","type":"dance"},
            {"stem":"q","type":"single_choice","options":[]}]}}"#;
        let found = read(text.as_bytes()).unwrap().questions;
        assert_eq!(found.questions.len(), 1);
        let errors: Vec<_> = found.errors.iter().map(|error| (error.line, error.code)).collect();
        assert_eq!(errors, [(2, "unknown_field"), (3, "unknown_field"), (4, "not_a_quiz"), (5, "too_few_answers")]);
        assert!(found.errors[1].sentence.starts_with("quiz.questions[2].options[1].corect "));
    }

    #[test]
    fn what_is_no_quiz_of_ours_is_refused() {
        for (text, wanted) in [
            ("", "not_json"),
            ("[]", "not_json"),
            ("{}", "no_format"),
            (r#"{"format":"1","quiz":{"title":"T"}}"#, "no_format"),
            (r#"{"format":2,"quiz":{"title":"T"}}"#, "later_format"),
            (r#"{"format":1}"#, "not_a_quiz"),
            (r#"{"format":1,"quiz":{"title":"T","questions":{}}}"#, "not_a_quiz"),
            (&format!(r#"{{"format":1,"quiz":{}1{}}}"#, "[".repeat(400), "]".repeat(400)), "not_json"),
        ] {
            assert_eq!(code(text), wanted, "{text}");
        }
    }
}
