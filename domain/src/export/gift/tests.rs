use allthrive_protocol::quiz::content::{Band, Image};
use proptest::prelude::*;

use super::*;

/// Texts with everything that means something in GIFT.
fn words() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zäшא]{1,6}",
        "[:#=~{}\\\\%/$\\[\\]]{1,3}",
        Just("->".to_owned()),
        Just("::".to_owned()),
        Just("//".to_owned()),
        Just("####".to_owned()),
        Just("%50%".to_owned()),
        Just("[html]".to_owned()),
        Just("_____".to_owned()),
        Just("\n".to_owned()),
        Just("$CATEGORY:".to_owned()),
        Just("TRUE".to_owned()),
    ];
    prop::collection::vec(piece, 1..5).prop_map(|pieces| pieces.join(" ").trim().to_owned()).prop_filter("no text", |text| !text.is_empty())
}

fn image() -> impl Strategy<Value = Image> {
    words().prop_map(|alt| Image { url: "https://example.org/a.png".into(), alt })
}

fn choices(right: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Choice>> {
    (prop::collection::vec((words(), prop::option::of(words()), prop::option::of(image())), 2..6), right).prop_map(|(all, right)| {
        let right = right.min(all.len() - 1);
        let one = |(n, (text, feedback, image))| Choice { text, image, correct: n == right, weight: None, feedback };
        all.into_iter().enumerate().map(one).collect()
    })
}

fn grading() -> impl Strategy<Value = Grading> {
    prop_oneof![Just(Grading::AllOrNothing), Just(Grading::Partial)]
}

fn weighted() -> impl Strategy<Value = Vec<Choice>> {
    (choices(0..6), prop::collection::vec(-100..=100_i32, 6)).prop_map(|(mut options, weights)| {
        options[0].weight = Some(100);
        options[1..].iter_mut().zip(weights).for_each(|(option, weight)| option.weight = Some(weight));
        options.iter_mut().for_each(|option| option.correct = option.weight > Some(0));
        options
    })
}

fn body() -> impl Strategy<Value = Body> {
    let accepted =
        (words(), 1..=100_u32, prop::option::of(words())).prop_map(|(text, percent, feedback)| Accepted { text, percent, feedback });
    let pair = (words(), words()).prop_map(|(left, right)| Pair { left, right });
    let band = prop::option::of((1..=9_u8, 1..=99_u32));
    prop_oneof![
        any::<bool>().prop_map(|key| Body::TrueFalse { key }),
        choices(0..6).prop_map(|options| Body::SingleChoice { options }),
        choices(0..6)
            .prop_map(|options| Body::Swipe { options: options[..2].to_vec() })
            .prop_filter("no key", |body| { matches!(body, Body::Swipe { options } if options.iter().any(|option| option.correct)) }),
        (choices(0..6), grading()).prop_map(|(options, grading)| Body::MultipleChoice { options, grading }),
        weighted().prop_map(|options| Body::MultipleChoice { options, grading: Grading::Weights }),
        (prop::collection::vec(accepted, 1..4), any::<bool>())
            .prop_map(|(accepted, case_sensitive)| Body::ShortText { accepted, case_sensitive }),
        (-4_000_i32..4_000, 0..40_u8, band).prop_map(|(value, tolerance, band)| {
            let tolerance = f64::from(tolerance) / 8.0;
            let band = band.map(|(more, percent)| Band { tolerance: tolerance + f64::from(more), percent });
            Body::Numeric { value: f64::from(value) / 4.0, tolerance, band }
        }),
        (prop::collection::vec(words(), 2..6), grading()).prop_map(|(items, grading)| Body::Ordering { items, grading }),
        (prop::collection::vec(pair, 2..5), prop::collection::vec(words(), 0..3), grading())
            .prop_map(|(pairs, distractors, grading)| Body::Matching { pairs, distractors, grading }),
        (prop::collection::vec(words(), 2..6), any::<bool>()).prop_map(|(options, multiple)| Body::Survey { options, multiple }),
        Just(Body::Open {}),
        Just(Body::Slide {}),
    ]
}

fn question() -> impl Strategy<Value = Question> {
    let texts = (words(), prop::option::of(words()), prop::option::of(words()), prop::option::of(words()));
    let rest = (prop::option::of(image()), prop::option::of(5_000..=240_000_u32), prop::sample::select(vec![0_u32, 500, 1_000, 2_000]));
    (texts, body(), rest).prop_map(|((stem, explanation, hint, notes), body, (image, limit_ms, points))| Question {
        stem,
        body,
        explanation,
        hint,
        image,
        notes,
        limit_ms,
        points,
    })
}

proptest! {
    #[test]
    fn whatever_is_written_is_read_again(questions in prop::collection::vec(question(), 1..4)) {
        let written = write("A / B", &questions);
        let read = read(written.text.as_bytes()).unwrap();
        prop_assert_eq!(&read.errors, &[], "{}", written.text);
        prop_assert_eq!(&read.categories, &["A // B"]);
        prop_assert_eq!(read.into_questions(), questions, "{}", written.text);
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "[a-c{}=~#%:\\\\>\\-/$ \n\\[\\]T0-9.]{0,60}") {
        let _ = read(text.as_bytes());
    }
}

fn asked(stem: &str, body: Body) -> Question {
    Question { stem: stem.into(), body, explanation: None, hint: None, image: None, notes: None, limit_ms: None, points: 1_000 }
}

#[test]
fn what_gift_can_say_needs_no_comment() {
    let choice = |text: &str, correct| Choice { text: text.into(), correct, ..Choice::default() };
    let mut explained = asked("2 + 2 = ?", Body::SingleChoice { options: vec![choice("4", true), choice("%5", false)] });
    explained.explanation = Some("Count.".into());
    let written = write("Sums", &[explained, asked("So {it} is: #1", Body::TrueFalse { key: true }), asked("Read on.", Body::Slide {})]);
    let text = "$CATEGORY: Sums\n\n2 + 2 \\= ? { =4 ~%0%%5####Count.}\n\nSo \\{it\\} is\\: \\#1 {TRUE}\n\nRead on.\n\n";
    assert_eq!(written, Written { text: text.into(), warnings: vec![] });
}

#[test]
fn what_gift_cannot_say_stands_in_a_comment_and_in_the_warnings() {
    let mut question = asked("Oldest first", Body::Ordering { items: vec!["Rome".into(), "Ulm".into()], grading: Grading::Partial });
    question.limit_ms = Some(20_000);
    let written = write("", &[question]);
    let comment = r#"// allthrive: {"grading":"partial","items":["Rome","Ulm"],"limit_ms":20000,"pairs":null,"type":"ordering"}"#;
    assert_eq!(written.text, format!("{comment}\nOldest first {{ =1 -> Rome =2 -> Ulm}}\n\n"));
    let codes: Vec<_> = written.warnings.iter().map(|lost| (lost.question, lost.code)).collect();
    assert_eq!(codes, [(0, "ordering"), (0, "limit")]);
}
