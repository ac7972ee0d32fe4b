//! Quizzes to begin with: for demonstrations and for trying out. Between them they have every kind of question.

use allthrive_protocol::quiz::Quiz;

use crate::import::json;

/// Each with its slug, in our own format.
pub const FILES: [(&str, &str); 5] = [
    ("kitchen-physics", include_str!("../samples/kitchen-physics.json")),
    ("deutschland", include_str!("../samples/deutschland.json")),
    ("solar-system-ar", include_str!("../samples/solar-system-ar.json")),
    ("animals", include_str!("../samples/animals.json")),
    ("numbers-and-codes", include_str!("../samples/numbers-and-codes.json")),
];

/// Each with its slug.
#[must_use]
pub fn quizzes() -> Vec<(&'static str, Quiz)> {
    let quiz = |text: &str| json::read(text.as_bytes()).map(json::ImportedQuiz::into_quiz);
    FILES.into_iter().filter_map(|(slug, text)| Some((slug, quiz(text).ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::export::{gift, json::write};
    use crate::import;
    use crate::quiz::check::check_ready;

    #[test]
    fn every_sample_is_ready_to_be_played() {
        for (slug, text) in FILES {
            let read = json::read(text.as_bytes()).unwrap();
            assert_eq!((&read.questions.errors[..], &read.questions.warnings[..]), (&[][..], &[][..]), "{slug}");
            let quiz = read.into_quiz();
            assert_eq!(check_ready(&quiz, &[]), [], "{slug}");
            assert!((8..=12).contains(&quiz.questions.len()), "{slug}");
            let scored = quiz.questions.iter().filter(|question| question.body.is_scored());
            assert!(scored.clone().all(|question| question.explanation.is_some() && question.limit_ms.is_some()), "{slug}");
        }
        assert_eq!(quizzes().len(), FILES.len());
    }

    #[test]
    fn the_samples_have_every_kind_of_question() {
        let all = quizzes();
        let kinds: BTreeSet<_> = all.iter().flat_map(|(_, quiz)| &quiz.questions).map(|question| question.body.word()).collect();
        assert_eq!(kinds.len(), 11, "{kinds:?}");
        let languages: BTreeSet<_> = all.iter().filter_map(|(_, quiz)| quiz.language.as_deref()).collect();
        assert_eq!(languages, BTreeSet::from(["ar", "de", "en"]));
    }

    #[test]
    fn a_sample_goes_out_in_every_format_and_comes_back_whole() {
        for (slug, quiz) in quizzes() {
            assert_eq!(json::read(&write(&quiz)).unwrap().into_quiz(), quiz, "{slug}");
            let written = gift::write(&quiz.title, &quiz.questions);
            let read = import::gift::read(written.text.as_bytes()).unwrap();
            assert_eq!(read.errors, [], "{slug}");
            assert_eq!(read.into_questions(), quiz.questions, "{slug}");
        }
    }
}
