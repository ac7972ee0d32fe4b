use allthrive_protocol::quiz::content::{Accepted, Body, Choice, Grading, Pair};

use super::*;

fn one(text: &str) -> ImportedQuestion {
    let read = read(text.as_bytes()).unwrap();
    assert_eq!(read.errors, [], "{text}");
    assert_eq!(read.questions.len(), 1, "{text}");
    read.questions[0].clone()
}

fn error(text: &str) -> &'static str {
    let read = read(text.as_bytes()).unwrap();
    assert_eq!((read.questions.len(), read.errors.len()), (0, 1), "{text}: {read:?}");
    read.errors[0].code
}

fn choice(text: &str, correct: bool, weight: Option<i32>, feedback: Option<&str>) -> Choice {
    Choice { text: text.into(), image: None, correct, weight, feedback: feedback.map(Into::into) }
}

fn accepted(text: &str, percent: u32, feedback: Option<&str>) -> Accepted {
    Accepted { text: text.into(), percent, feedback: feedback.map(Into::into) }
}

#[test]
fn a_comment_alone_is_nothing() {
    assert_eq!(read(b"// deck: harbour trivia").unwrap(), Imported::default());
}

#[test]
fn a_category_alone_is_a_folder_and_no_question() {
    let read = read(b"$CATEGORY: Harbour/Week 1").unwrap();
    assert_eq!(read.categories, ["Harbour/Week 1"]);
    assert_eq!((read.questions, read.errors), (vec![], vec![]));
}

#[test]
fn a_question_is_in_the_last_category_before_it() {
    let read = read(b"a\n\n$CATEGORY: One\n\nb\n\n$CATEGORY: Two\nc\n\n$CATEGORY: One\n\nd").unwrap();
    let folders: Vec<_> = read.questions.iter().map(|found| (found.line, found.category.as_deref())).collect();
    assert_eq!(folders, [(1, None), (5, Some("One")), (8, Some("Two")), (12, Some("One"))]);
    assert_eq!(read.categories, ["One", "Two"]);
}

#[test]
fn one_right_answer_and_others_are_a_single_choice() {
    let found = one("::Tide::Which body pulls the tides most? {=The Moon#Closest wins. ~The Sun#Helps, but weaker. ~Jupiter}");
    assert_eq!(found.name.as_deref(), Some("Tide"));
    assert_eq!(found.question.stem, "Which body pulls the tides most?");
    let options = vec![
        choice("The Moon", true, None, Some("Closest wins.")),
        choice("The Sun", false, None, Some("Helps, but weaker.")),
        choice("Jupiter", false, None, None),
    ];
    assert_eq!(found.question.body, Body::SingleChoice { options });
}

#[test]
fn weights_alone_are_a_multiple_choice() {
    let found = one(
        "::Knots::Pick every knot that forms a loop. {~%50%Bowline ~%50%Figure-eight loop ~%-50%Sheet bend ~%-50%Reef knot ####A loop can be hung on a peg.}",
    );
    let options = vec![
        choice("Bowline", true, Some(50), None),
        choice("Figure-eight loop", true, Some(50), None),
        choice("Sheet bend", false, Some(-50), None),
        choice("Reef knot", false, Some(-50), None),
    ];
    assert_eq!(found.question.body, Body::MultipleChoice { options, grading: Grading::Weights });
    assert_eq!(found.question.explanation.as_deref(), Some("A loop can be hung on a peg."));
}

#[test]
fn thirds_come_to_the_whole() {
    let Body::MultipleChoice { options, .. } = one("Three? {~%33.33333%a ~%33.33333%b ~%33.33333%c ~%-100%d}").question.body else {
        panic!("no multiple choice")
    };
    assert_eq!(options.iter().filter_map(|option| option.weight).collect::<Vec<_>>(), [34, 33, 33, -100]);
}

#[test]
fn an_answer_inside_a_sentence_leaves_a_gap() {
    let found = one("A lighthouse keeper {=lit ~ate ~sold} the lamp at dusk.");
    assert_eq!(found.question.stem, "A lighthouse keeper _____ the lamp at dusk.");
    let options = vec![choice("lit", true, None, None), choice("ate", false, None, None), choice("sold", false, None, None)];
    assert_eq!(found.question.body, Body::SingleChoice { options });
}

#[test]
fn a_statement_tells_the_wrong_first_and_then_the_right() {
    let text = "Salt water freezes above 0 °C. {FALSE#Salt lowers the freezing point.#Right, it freezes lower.}";
    let found = one(text);
    assert_eq!(found.question.body, Body::TrueFalse { key: false });
    assert_eq!(found.question.explanation.as_deref(), Some("Salt lowers the freezing point.\nRight, it freezes lower."));
    assert_eq!(read(text.as_bytes()).unwrap().warnings[0].code, "feedback_joined");
    for (word, key) in [("T", true), ("TRUE", true), ("F", false), ("FALSE", false)] {
        assert_eq!(one(&format!("So? {{{word}}}")).question.body, Body::TrueFalse { key });
    }
}

#[test]
fn right_answers_alone_are_a_short_text() {
    let found = one("::Abbrev::Name the unit of ship speed. {=knot =knots =%50%kt#Accepted, but spell it out.}");
    let accepted = vec![accepted("knot", 100, None), accepted("knots", 100, None), accepted("kt", 50, Some("Accepted, but spell it out."))];
    assert_eq!(found.question.body, Body::ShortText { accepted, case_sensitive: false });
}

#[test]
fn a_number_has_a_tolerance_or_a_range() {
    for (text, value, tolerance) in [
        ("Depth of the berth in metres? {#12.5:0.25}", 12.5, 0.25),
        ("Year the mole was finished? {#1931..1933}", 1932.0, 1.0),
        ("n? {#-3}", -3.0, 0.0),
        ("n? {#=7:2}", 7.0, 2.0),
    ] {
        assert_eq!(one(text).question.body, Body::Numeric { value, tolerance, band: None }, "{text}");
    }
    let Body::Numeric { value, tolerance, band } = one("When? {#=1822:0#Yes. =%50%1822:2#Nearly.}").question.body else {
        panic!("no number")
    };
    assert_eq!((value, tolerance, band.map(|band| (band.tolerance, band.percent))), (1822.0, 0.0, Some((2.0, 50))));
}

#[test]
fn arrows_make_pairs() {
    let found = one("Pair port and river. {=Rotterdam -> Nieuwe Maas =Hamburg -> Elbe =Porto -> Douro = -> Seine}");
    let pair = |left: &str, right: &str| Pair { left: left.into(), right: right.into() };
    let pairs = vec![pair("Rotterdam", "Nieuwe Maas"), pair("Hamburg", "Elbe"), pair("Porto", "Douro")];
    assert_eq!(found.question.body, Body::Matching { pairs, distractors: vec!["Seine".into()], grading: Grading::default() });
}

#[test]
fn what_is_escaped_is_text() {
    let found = one(r"::Escapes::Solve\: 2 + 2 \= ? Write it as \{n\}. {=4 =four \~ish}");
    assert_eq!(found.question.stem, "Solve: 2 + 2 = ? Write it as {n}.");
    let accepted = vec![accepted("4", 100, None), accepted("four ~ish", 100, None)];
    assert_eq!(found.question.body, Body::ShortText { accepted, case_sensitive: false });
    assert_eq!(one(r"a\\b\nc\d").question.stem, "a\\b\nc\\d");
}

#[test]
fn empty_braces_ask_for_words_and_none_are_a_slide() {
    let found = one("[markdown]Say in **one line** why ropes creak. {}");
    assert_eq!((found.question.stem.as_str(), found.question.body), ("Say in **one line** why ropes creak.", Body::Open {}));
    let found = one("Welcome aboard! The next round is about cargo.");
    assert_eq!(found.question.body, Body::Slide {});
}

#[test]
fn html_is_taken_as_its_text() {
    let found = one("[html]<p>Is <b>1 &lt; 2</b>?</p> {=[html]<i>yes</i> ~no}");
    assert_eq!(found.question.stem, "Is 1 < 2?");
    let options = vec![choice("yes", true, None, None), choice("no", false, None, None)];
    assert_eq!(found.question.body, Body::SingleChoice { options });
}

#[test]
fn what_cannot_be_read_is_listed_and_the_rest_is_kept() {
    for (text, code) in [
        ("Alone {~only}", "too_few_answers"),
        ("Alone {=only ~}", "empty_answer"),
        ("Open {=a ~b", "braces"),
        ("Backwards } {", "braces"),
        ("None is right {~a ~b}", "no_key"),
        ("Two are right {=a =b ~c}", "several_keys"),
        ("One pair {=a -> b}", "too_few_answers"),
        ("Half a pair {=a -> b =c}", "bad_pair"),
        ("A word {#twelve}", "bad_number"),
        ("Without end {#1:inf}", "bad_number"),
        ("Downwards {#5..1}", "bad_number"),
        ("No number {#}", "no_key"),
        ("Too heavy {~%500%a ~b}", "bad_weight"),
        ("{=a ~b}", "no_question"),
    ] {
        assert_eq!(error(text), code, "{text}");
    }
    let read = read(b"a {T}\n\nAlone {~only}\n\n// note\n\n\nb {F}").unwrap();
    assert_eq!(read.questions.iter().map(|found| found.line).collect::<Vec<_>>(), [1, 8]);
    assert_eq!(read.errors.iter().map(|error| error.line).collect::<Vec<_>>(), [3]);
    let long = format!("{}\n\n{{", "x".repeat(1_001));
    assert_eq!(super::read(long.as_bytes()).unwrap().errors.iter().map(|e| e.code).collect::<Vec<_>>(), ["too_long", "braces"]);
}

#[test]
fn the_thousand_and_first_question_is_named_and_left_out() {
    let read = read("x {T}\n\n".repeat(1_003).as_bytes()).unwrap();
    assert_eq!(read.questions.len(), 1_000);
    assert_eq!(read.errors.iter().map(|e| (e.line, e.code)).collect::<Vec<_>>(), [(2_001, "too_many_rows")]);
}

#[test]
fn our_comment_adds_and_the_text_below_it_still_counts() {
    let found = one("// allthrive: {\"limit_ms\":20000,\"hint\":\"a\\u0000b\"}\nIt was edited. {T}");
    assert_eq!((found.question.limit_ms, found.question.stem.as_str()), (Some(20_000), "It was edited."));
    assert_eq!(found.question.hint.as_deref(), Some("ab"));
    for wrong in ["{", "[]", "{\"points\":\"many\"}", "{\"type\":\"dance\"}"] {
        let read = read(format!("// allthrive: {wrong}\nIt stays. {{T}}").as_bytes()).unwrap();
        assert_eq!((read.questions.len(), read.warnings[0].code), (1, "comment_ignored"), "{wrong}");
    }
}
