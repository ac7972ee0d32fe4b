use allthrive_protocol::quiz::content::{Accepted, Band, Body, Choice, Grading, Image, Pair};
use allthrive_protocol::quiz::{Difficulty, Question, Quiz};

use super::*;

fn choice(text: &str, correct: bool) -> Choice {
    Choice { text: text.into(), correct, ..Choice::default() }
}

fn weighed(text: &str, weight: i32) -> Choice {
    Choice { weight: Some(weight), ..choice(text, weight > 0) }
}

fn accepted(text: &str, percent: u32) -> Accepted {
    Accepted { text: text.into(), percent, feedback: None }
}

fn pair(left: &str, right: &str) -> Pair {
    Pair { left: left.into(), right: right.into() }
}

fn question(body: Body) -> Question {
    let (explanation, hint, image, notes) = (None, None, None, None);
    Question { stem: "Which?".into(), body, explanation, hint, image, notes, limit_ms: Some(20_000), points: 1_000 }
}

fn quiz(questions: Vec<Question>) -> Quiz {
    Quiz {
        title: "Harbour".into(),
        description: String::new(),
        topic: String::new(),
        difficulty: Difficulty::Beginner,
        minutes: None,
        language: None,
        image: None,
        questions,
    }
}

fn of(body: Body) -> Quiz {
    quiz(vec![question(body)])
}

fn hosts() -> Vec<String> {
    vec!["pictures.example".into()]
}

fn ready(quiz: &Quiz) -> Vec<(String, FaultCode)> {
    check_ready(quiz, &hosts()).into_iter().map(|fault| (fault.path, fault.code)).collect()
}

fn draft(quiz: &Quiz) -> Vec<(String, FaultCode)> {
    check_draft(quiz, &hosts()).into_iter().map(|fault| (fault.path, fault.code)).collect()
}

fn at(path: &str, code: FaultCode) -> Vec<(String, FaultCode)> {
    vec![(path.into(), code)]
}

fn items(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn a_quiz_of_every_kind_is_ready() {
    let options = vec![choice("Moon", true), choice("Sun", false)];
    let bodies = vec![
        Body::TrueFalse { key: false },
        Body::SingleChoice { options: options.clone() },
        Body::Swipe { options: options.clone() },
        Body::MultipleChoice { options, grading: Grading::Partial },
        Body::MultipleChoice { options: vec![weighed("a", 50), weighed("b", 50), weighed("c", -50)], grading: Grading::Weights },
        Body::ShortText { accepted: vec![accepted("knot", 100), accepted("kt", 50)], case_sensitive: false },
        Body::Numeric { value: 12.5, tolerance: 0.25, band: Some(Band { tolerance: 1.0, percent: 50 }) },
        Body::Ordering { items: items(&["a", "b"]), grading: Grading::Partial },
        Body::Matching {
            pairs: vec![pair("Lyon", "France"), pair("Paris", "France"), pair("Porto", "Portugal")],
            distractors: items(&["Spain"]),
            grading: Grading::AllOrNothing,
        },
        Body::Survey { options: items(&["yes", "no"]), multiple: false },
        Body::Open {},
        Body::Slide {},
    ];
    assert_eq!(ready(&quiz(bodies.into_iter().map(question).collect())), vec![]);
}

#[test]
fn a_draft_may_be_incomplete_and_tells_all_that_is_missing_when_it_is_published() {
    let mut two = of(Body::SingleChoice { options: vec![choice("", false)] });
    two.questions.push(Question { stem: String::new(), ..question(Body::ShortText { accepted: vec![], case_sensitive: false }) });
    assert_eq!(draft(&two), vec![]);
    assert_eq!(draft(&quiz(vec![])), vec![]);
    let missing = [
        ("questions.0.options", FaultCode::TooFew),
        ("questions.0.options.0.text", FaultCode::Missing),
        ("questions.0.options", FaultCode::Key),
        ("questions.1.stem", FaultCode::Missing),
        ("questions.1.accepted", FaultCode::Key),
    ];
    assert_eq!(ready(&two), missing.map(|(path, code)| (path.to_owned(), code)));
    assert_eq!(ready(&quiz(vec![])), at("questions", FaultCode::TooFew));
}

#[test]
fn bounds_and_characters_hold_for_drafts_too() {
    let slide = || of(Body::Slide {});
    let with = |change: fn(&mut Quiz)| {
        let mut quiz = slide();
        change(&mut quiz);
        draft(&quiz)
    };
    assert_eq!(with(|q| q.title = " ".into()), at("title", FaultCode::Missing));
    assert_eq!(with(|q| q.title = "x".repeat(121)), at("title", FaultCode::TooLong));
    assert_eq!(with(|q| q.title = "a\u{202E}b".into()), at("title", FaultCode::Characters));
    assert_eq!(with(|q| q.description = "x".repeat(2_001)), at("description", FaultCode::TooLong));
    assert_eq!(with(|q| q.topic = "x".repeat(41)), at("topic", FaultCode::TooLong));
    assert_eq!(with(|q| q.minutes = Some(0)), at("minutes", FaultCode::OutOfRange));
    assert_eq!(with(|q| q.language = Some("en_GB".into())), at("language", FaultCode::Characters));
    assert_eq!(with(|q| q.language = Some("zh-Hant-TW".into())), vec![]);
    assert_eq!(with(|q| q.questions[0].stem = "x".repeat(1_001)), at("questions.0.stem", FaultCode::TooLong));
    assert_eq!(with(|q| q.questions[0].stem = "a\0b".into()), at("questions.0.stem", FaultCode::Characters));
    assert_eq!(with(|q| q.questions[0].stem = "two\nlines".into()), vec![]);
    assert_eq!(with(|q| q.questions[0].explanation = Some("x".repeat(2_001))), at("questions.0.explanation", FaultCode::TooLong));
    assert_eq!(with(|q| q.questions[0].hint = Some("x".repeat(501))), at("questions.0.hint", FaultCode::TooLong));
    assert_eq!(with(|q| q.questions[0].notes = Some("\u{7}".into())), at("questions.0.notes", FaultCode::Characters));
    for wrong in [0, 4_999, 240_001] {
        let mut quiz = slide();
        quiz.questions[0].limit_ms = Some(wrong);
        assert_eq!(draft(&quiz), at("questions.0.limit_ms", FaultCode::OutOfRange), "{wrong}");
    }
    assert_eq!(with(|q| q.questions[0].points = 100), at("questions.0.points", FaultCode::OutOfRange));
    assert_eq!(with(|q| q.questions = vec![question(Body::Slide {}); 201]), at("questions", FaultCode::TooMany));
}

#[test]
fn a_choice_has_as_many_right_options_as_its_kind() {
    let (right, wrong) = (choice("a", true), choice("b", false));
    let two_right = vec![right.clone(), choice("c", true)];
    assert_eq!(ready(&of(Body::SingleChoice { options: two_right.clone() })), at("questions.0.options", FaultCode::Key));
    assert_eq!(ready(&of(Body::MultipleChoice { options: two_right, grading: Grading::AllOrNothing })), vec![]);
    assert_eq!(
        ready(&of(Body::MultipleChoice { options: vec![wrong.clone(), choice("c", false)], grading: Grading::AllOrNothing })),
        at("questions.0.options", FaultCode::Key)
    );
    assert_eq!(
        draft(&of(Body::Swipe { options: vec![right.clone(), wrong.clone(), choice("c", false)] })),
        at("questions.0.options", FaultCode::TooMany)
    );
    let thirteen: Vec<Choice> = (0..13).map(|n| choice(&n.to_string(), n == 0)).collect();
    assert_eq!(draft(&of(Body::SingleChoice { options: thirteen })), at("questions.0.options", FaultCode::TooMany));
    let same = vec![right, choice(" A ", false)];
    assert_eq!(ready(&of(Body::SingleChoice { options: same })), at("questions.0.options.1.text", FaultCode::Duplicate));
}

#[test]
fn a_picture_can_stand_for_the_text_of_an_option() {
    let image = |url: &str| Some(Image { url: url.into(), alt: String::new() });
    let one = Choice { image: image("/media/a.png"), correct: true, ..Choice::default() };
    let other = Choice { image: image("https://pictures.example/b.png"), ..Choice::default() };
    assert_eq!(ready(&of(Body::SingleChoice { options: vec![one.clone(), other] })), vec![]);
    let same = Choice { correct: false, ..one.clone() };
    assert_eq!(ready(&of(Body::SingleChoice { options: vec![one, same] })), at("questions.0.options.1.text", FaultCode::Duplicate));
}

#[test]
fn weights_agree_with_what_is_right_and_reach_the_whole() {
    let of = |options| of(Body::MultipleChoice { options, grading: Grading::Weights });
    assert_eq!(ready(&of(vec![weighed("a", 50), weighed("b", 49)])), at("questions.0.options", FaultCode::Key));
    let contrary = Choice { correct: false, ..weighed("c", 50) };
    assert_eq!(ready(&of(vec![weighed("a", 100), contrary])), at("questions.0.options.1.weight", FaultCode::Key));
    assert_eq!(draft(&of(vec![weighed("a", 101), weighed("b", -101)])).len(), 2);
}

#[test]
fn weights_are_for_multiple_choice_alone() {
    let ordering = of(Body::Ordering { items: items(&["a", "b"]), grading: Grading::Weights });
    assert_eq!(draft(&ordering), at("questions.0.grading", FaultCode::Kind));
}

#[test]
fn a_text_that_is_taken_stands_once_and_one_is_worth_all() {
    let of = |accepted, case_sensitive| ready(&of(Body::ShortText { accepted, case_sensitive }));
    assert_eq!(of(vec![accepted("pH", 100), accepted("ph", 50)], true), vec![]);
    assert_eq!(of(vec![accepted("pH", 100), accepted("ph", 50)], false), at("questions.0.accepted.1.text", FaultCode::Duplicate));
    assert_eq!(of(vec![accepted("a", 50)], false), at("questions.0.accepted", FaultCode::Key));
    assert_eq!(of(vec![accepted("a", 100), accepted("b", 0)], false), at("questions.0.accepted.1.percent", FaultCode::OutOfRange));
    assert_eq!(of(vec![accepted(&"x".repeat(201), 100)], false), at("questions.0.accepted.0.text", FaultCode::TooLong));
    let many = (0..21).map(|n| accepted(&n.to_string(), 100)).collect();
    assert_eq!(of(many, false), at("questions.0.accepted", FaultCode::TooMany));
}

#[test]
fn numbers_are_finite_and_a_band_is_wider_than_the_tolerance() {
    let of = |value, tolerance, band| draft(&of(Body::Numeric { value, tolerance, band }));
    assert_eq!(of(f64::NAN, 0.0, None), at("questions.0.value", FaultCode::OutOfRange));
    assert_eq!(of(1.0, -0.5, None), at("questions.0.tolerance", FaultCode::OutOfRange));
    assert_eq!(of(1.0, f64::INFINITY, None), at("questions.0.tolerance", FaultCode::OutOfRange));
    assert_eq!(of(1.0, 0.5, Some(Band { tolerance: 0.5, percent: 50 })), at("questions.0.band.tolerance", FaultCode::OutOfRange));
    assert_eq!(of(1.0, 0.5, Some(Band { tolerance: 0.6, percent: 100 })), at("questions.0.band.percent", FaultCode::OutOfRange));
}

#[test]
fn what_is_ordered_or_matched_can_be_told_apart() {
    let ordering = |texts: &[&str]| ready(&of(Body::Ordering { items: items(texts), grading: Grading::AllOrNothing }));
    assert_eq!(ordering(&["a", "b", "A"]), at("questions.0.items.2", FaultCode::Duplicate));
    let matching = |pairs: Vec<Pair>, others: &[&str]| {
        ready(&of(Body::Matching { pairs, distractors: items(others), grading: Grading::AllOrNothing }))
    };
    assert_eq!(matching(vec![pair("a", "1"), pair("A", "2")], &[]), at("questions.0.pairs.1.left", FaultCode::Duplicate));
    assert_eq!(matching(vec![pair("a", "1"), pair("b", "2")], &["2 "]), at("questions.0.distractors.0", FaultCode::Duplicate));
    assert_eq!(matching(vec![pair("a", "1"), pair("b", "1")], &[]), at("questions.0.pairs", FaultCode::Key));
    assert_eq!(matching(vec![pair("a", "1"), pair("b", "1")], &["2"]), vec![]);
}

#[test]
fn a_picture_comes_from_here_or_from_an_allowed_host() {
    let hosts = hosts();
    for right in ["/media/1.png", "https://pictures.example/a.png", "https://cdn.PICTURES.example/a?b#c", "https://pictures.example"] {
        assert!(is_shown(right, &hosts), "{right}");
    }
    let wrong = [
        "",
        "//evil.example/a.png",
        "/\\evil.example/a.png",
        "http://pictures.example/a.png",
        "https://evilpictures.example/a.png",
        "https://pictures.example.evil.example/a.png",
        "https://pictures.example@evil.example/a.png",
        "https://pictures.example:8443/a.png",
        "https://pictures.example\\@evil.example/",
        "https:///pictures.example/a.png",
        "https://.pictures.example/a.png",
        "javascript:alert(1)",
        "data:image/png;base64,AA==",
        "https://pictures.example/a b.png",
        "/a\n.png",
    ];
    for wrong in wrong {
        assert!(!is_shown(wrong, &hosts), "{wrong}");
    }
    assert!(!is_shown("https://pictures.example/a.png", &[]));
    assert!(!is_shown("https://pictures.example/a.png", &[String::new()]));
}
