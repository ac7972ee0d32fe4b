use std::collections::BTreeSet;

use allthrive_protocol::quiz::Difficulty;
use proptest::prelude::*;

use super::*;

fn question(body: Body) -> Question {
    let (explanation, hint, image, notes) = (None, None, None, None);
    Question { stem: "Which?".into(), body, explanation, hint, image, notes, limit_ms: Some(20_000), points: 1_000 }
}

fn quiz(bodies: Vec<Body>) -> Quiz {
    Quiz {
        title: "Harbour".into(),
        description: String::new(),
        topic: String::new(),
        difficulty: Difficulty::Beginner,
        minutes: None,
        language: None,
        image: None,
        questions: bodies.into_iter().map(question).collect(),
    }
}

fn choice(text: usize, correct: bool, weight: Option<i32>) -> Choice {
    Choice { text: format!("option {text}"), correct, weight, ..Choice::default() }
}

/// Everything that differs between two of these is the key.
fn keyed(right: &[bool], order: &[usize], value: f64, percent: u32) -> Quiz {
    let options = |weights: bool| -> Vec<Choice> {
        let weight = |right: bool| weights.then_some(if right { 50 } else { -50 });
        right.iter().enumerate().map(|(n, right)| choice(n, *right, weight(*right))).collect()
    };
    let name = |n: &usize| format!("thing {n}");
    let mut quiz = quiz(vec![
        Body::TrueFalse { key: right[0] },
        Body::SingleChoice { options: options(false) },
        Body::MultipleChoice { options: options(true), grading: if right[1] { Grading::Weights } else { Grading::Partial } },
        Body::Swipe { options: options(false)[..2].to_vec() },
        Body::ShortText { accepted: vec![Accepted { text: format!("{value}"), percent, feedback: None }], case_sensitive: right[0] },
        Body::Numeric { value, tolerance: value.abs(), band: None },
        Body::Ordering { items: order.iter().map(name).collect(), grading: Grading::Partial },
        Body::Matching {
            pairs: order[..3].iter().enumerate().map(|(n, right)| Pair { left: format!("left {n}"), right: name(right) }).collect(),
            distractors: order[3..].iter().map(name).collect(),
            grading: Grading::AllOrNothing,
        },
        Body::Survey { options: vec!["a".into(), "b".into()], multiple: false },
    ]);
    quiz.questions[0].explanation = Some(format!("because {value}"));
    quiz
}

fn forms(frozen: &Frozen) -> Vec<Form> {
    frozen.questions.iter().map(|asked| asked.form.clone()).collect()
}

fn ids(form: &Form) -> Vec<OptionId> {
    match form {
        Form::One { options } | Form::Some { options } | Form::Order { items: options } => options.iter().map(|o| o.id).collect(),
        Form::Pairs { left, right } => left.iter().chain(right).map(|o| o.id).collect(),
        Form::Text { most_chars: _ } | Form::Number {} | Form::Nothing {} => vec![],
    }
}

proptest! {
    #[test]
    fn what_is_shown_does_not_depend_on_what_is_right(
        seed: Seed,
        shuffle: bool,
        one in prop::collection::vec(any::<bool>(), 5),
        other in prop::collection::vec(any::<bool>(), 5),
        order in Just((0..5).collect::<Vec<usize>>()).prop_shuffle(),
        value in -1e6..1e6_f64,
        percent in 1..=100_u32,
    ) {
        let sorted: Vec<usize> = (0..5).collect();
        let one = freeze(&keyed(&one, &sorted, 1.0, 100), &seed, shuffle);
        let other = freeze(&keyed(&other, &order, value, percent), &seed, shuffle);
        prop_assert_eq!(serde_json::to_string(&forms(&one)).unwrap(), serde_json::to_string(&forms(&other)).unwrap());
    }

    #[test]
    fn ids_are_distinct_and_the_key_speaks_of_them(seed: Seed, shuffle: bool) {
        let frozen = freeze(&keyed(&[true, false, true, false, false], &[4, 2, 0, 1, 3], 1.0, 100), &seed, shuffle);
        for asked in &frozen.questions {
            let all = ids(&asked.form);
            let shown: BTreeSet<OptionId> = all.iter().copied().collect();
            prop_assert_eq!(shown.len(), all.len());
            let named: Vec<OptionId> = match &asked.key {
                Key::Options { right, .. } => right.clone(),
                Key::Order { order, .. } => order.clone(),
                Key::Pairs { pairs, .. } => pairs.iter().flat_map(|(left, right)| [*left, *right]).collect(),
                Key::Text { .. } | Key::Number { .. } | Key::Nothing {} => vec![],
            };
            prop_assert!(named.iter().all(|id| shown.contains(id)));
        }
    }
}

#[test]
fn the_key_of_an_order_is_the_authors() {
    let frozen = freeze(&keyed(&[true, false, true, false, false], &[4, 2, 0, 1, 3], 1.0, 100), &[7; 32], false);
    let (Form::Order { items }, Key::Order { order, .. }) = (&frozen.questions[6].form, &frozen.questions[6].key) else {
        panic!("the seventh is an order");
    };
    let text = |id: &OptionId| items.iter().find(|item| item.id == *id).map(|item| item.text.as_str());
    assert_eq!(order.iter().filter_map(text).collect::<Vec<_>>(), ["thing 4", "thing 2", "thing 0", "thing 1", "thing 3"]);
}

#[test]
fn another_seed_gives_other_ids_and_other_orders() {
    let quiz = keyed(&[true, false, true, false, false], &[0, 1, 2, 3, 4], 1.0, 100);
    let of = |seed: u8| ids(&freeze(&quiz, &[seed; 32], true).questions[6].form);
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
    let texts = |seed: u8| match &freeze(&quiz, &[seed; 32], true).questions[1].form {
        Form::One { options } => options.iter().map(|option| option.text.clone()).collect::<Vec<_>>(),
        other => panic!("a single choice is {other:?}"),
    };
    let orders: BTreeSet<_> = (0..200).map(texts).collect();
    assert!(orders.len() > 60, "of 120 orders {} were drawn", orders.len());
}

#[test]
fn without_shuffling_options_stand_as_they_were_written() {
    let quiz = keyed(&[false, true, false, false, false], &[0, 1, 2, 3, 4], 1.0, 100);
    let Form::One { options } = &freeze(&quiz, &[1; 32], false).questions[1].form else { panic!("a single choice") };
    assert_eq!(options.iter().map(|o| o.text.as_str()).collect::<Vec<_>>(), (0..5).map(|n| format!("option {n}")).collect::<Vec<_>>());
}

#[test]
fn a_right_side_that_belongs_to_two_is_shown_once() {
    let pair = |left: &str, right: &str| Pair { left: left.into(), right: right.into() };
    let pairs = vec![pair("Lyon", "France"), pair("Porto", "Portugal"), pair("Paris", "France")];
    let frozen = freeze(&quiz(vec![Body::Matching { pairs, distractors: vec![], grading: Grading::Partial }]), &[1; 32], false);
    let (Form::Pairs { right, .. }, Key::Pairs { pairs, .. }) = (&frozen.questions[0].form, &frozen.questions[0].key) else {
        panic!("a matching");
    };
    assert_eq!(right.len(), 2);
    assert_eq!(pairs[0].1, pairs[2].1);
    assert_ne!(pairs[0].1, pairs[1].1);
}

#[test]
fn what_is_frozen_survives_being_stored() {
    let frozen = freeze(&keyed(&[true, false, true, false, false], &[4, 2, 0, 1, 3], 0.25, 100), &[3; 32], true);
    let text = serde_json::to_string(&frozen).unwrap();
    assert_eq!(serde_json::from_str::<Frozen>(&text).unwrap(), frozen);
}

#[test]
fn what_is_not_scored_is_worth_nothing() {
    let frozen = freeze(&quiz(vec![Body::Open {}, Body::Slide {}, Body::TrueFalse { key: true }]), &[1; 32], false);
    assert_eq!(frozen.questions.iter().map(|asked| asked.points).collect::<Vec<_>>(), [0, 0, 1_000]);
    assert_eq!(frozen.questions.iter().map(Asked::is_answered).collect::<Vec<_>>(), [true, false, true]);
}
