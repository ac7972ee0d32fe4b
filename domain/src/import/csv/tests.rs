use allthrive_protocol::quiz::content::{Body, Choice, Grading};

use super::*;

const HEAD: &str = "Question - max 120 characters,Answer 1 - max 75 characters,Answer 2 - max 75 characters,Answer 3 - max 75 characters,Answer 4 - max 75 characters,\"Time limit (sec) – 5, 10, 20, 30, 60, 90, 120, or 240 secs\",Correct answer(s) - choose at least one";

fn table(rows: &str) -> Imported {
    read(format!("{HEAD}\n{rows}").as_bytes(), Keyless::Refuse).unwrap()
}

fn choices(all: &[(&str, bool)]) -> Vec<Choice> {
    all.iter().map(|(text, correct)| Choice { text: (*text).into(), correct: *correct, ..Choice::default() }).collect()
}

#[test]
fn one_key_is_a_single_choice_and_two_are_a_multiple_choice() {
    let read = table("Capital of Norway?,Oslo,Bergen,,,20,1\nEven?,2,3,4,5,30,\"1,3\"");
    assert_eq!((&read.errors[..], &read.warnings[..]), (&[][..], &[][..]));
    let [oslo, even] = &read.questions[..] else { panic!("two questions") };
    assert_eq!(oslo.question.body, Body::SingleChoice { options: choices(&[("Oslo", true), ("Bergen", false)]) });
    assert_eq!((oslo.line, oslo.question.limit_ms, oslo.question.points), (2, Some(20_000), 1_000));
    let options = choices(&[("2", true), ("3", false), ("4", true), ("5", false)]);
    assert_eq!(even.question.body, Body::MultipleChoice { options, grading: Grading::AllOrNothing });
}

#[test]
fn a_time_is_kept_as_it_is_within_our_bounds() {
    for (cell, ms) in [("25", Some(25_000)), ("5", Some(5_000)), ("240 sec", Some(240_000)), ("7.5", Some(7_500)), ("", None)] {
        assert_eq!(table(&format!("q,a,b,,,{cell},1")).questions[0].question.limit_ms, ms, "{cell}");
    }
    for cell in ["4", "241", "soon", "-20", "inf", "NaN", "1e9"] {
        assert_eq!(table(&format!("q,a,b,,,{cell},1")).errors[0].code, "bad_time", "{cell}");
    }
}

#[test]
fn a_row_that_is_wrong_is_listed_and_the_others_are_kept() {
    let read = table("a,1,2,3,,20,4\n,1,2,,,20,1\nb,1,2,,,20,\nc,1,2,,,20,x\nd,1,,,,20,1\ne,1,2,,,20,9\n,,,,,,\nf,1,2,,,20,2");
    let errors: Vec<_> = read.errors.iter().map(|error| (error.line, error.code)).collect();
    let wanted =
        [(2, "key_without_answer"), (3, "no_question"), (4, "no_key"), (5, "bad_key"), (6, "too_few_answers"), (7, "key_without_answer")];
    assert_eq!(errors, wanted);
    assert_eq!(read.questions.iter().map(|found| found.line).collect::<Vec<_>>(), [9]);
}

#[test]
fn a_long_question_is_taken_whole_with_a_warning() {
    let long = "x".repeat(130);
    let read = table(&format!("{long},a,b,,,20,1\nq,{},b,,,20,1", "y".repeat(76)));
    assert_eq!(read.questions[0].question.stem, long);
    assert_eq!(read.warnings.iter().map(|w| (w.line, w.code)).collect::<Vec<_>>(), [(2, "long_question"), (3, "long_answer")]);
    assert_eq!(table(&format!("{},a,b,,,20,1", "x".repeat(1_001))).errors[0].code, "too_long");
}

#[test]
fn without_a_key_it_is_a_survey_for_who_wants_one() {
    let read = read(format!("{HEAD}\nTea?,yes,no,,,20,").as_bytes(), Keyless::Survey).unwrap();
    let question = &read.questions[0].question;
    assert_eq!((&question.body, question.points), (&Body::Survey { options: vec!["yes".into(), "no".into()], multiple: false }, 0));
}

#[test]
fn the_head_is_found_by_its_words_and_the_sign_between_cells_by_the_head() {
    let semicolons = "\u{FEFF}Quiz template;;;\r\n\r\n;\"Explanation\";Correct answers;Question;Answer 1;Answer 2;Time\r\n;\"Why; \"\"so\"\"\";2;\"Two\r\nlines?\";=1+1;@x;20\r\n";
    let read = read(semicolons.as_bytes(), Keyless::Refuse).unwrap();
    let found = &read.questions[0];
    assert_eq!((found.line, found.question.stem.as_str()), (4, "Two\nlines?"));
    assert_eq!(found.question.explanation.as_deref(), Some("Why; \"so\""));
    assert_eq!(found.question.body, Body::SingleChoice { options: choices(&[("=1+1", false), ("@x", true)]) });
    let tabs = "Question\tAnswer 1\tAnswer 2\tCorrect\nq\ta\tb\t1";
    assert_eq!(super::read(tabs.as_bytes(), Keyless::Refuse).unwrap().questions.len(), 1);
}

#[test]
fn without_a_head_nothing_is_read() {
    for text in ["", "q,a,b,,,20,1", "Question,Answer 1,Correct\nq,a,1"] {
        assert_eq!(read(text.as_bytes(), Keyless::Refuse).map_err(|refused| refused.code), Err("no_head"), "{text}");
    }
}

#[test]
fn the_thousand_and_first_row_is_named_and_left_out() {
    let read = table(&"q,a,b,,,20,1\n".repeat(1_003));
    assert_eq!(read.questions.len(), 1_000);
    assert_eq!(read.errors.iter().map(|e| (e.line, e.code)).collect::<Vec<_>>(), [(1_002, "too_many_rows")]);
}
