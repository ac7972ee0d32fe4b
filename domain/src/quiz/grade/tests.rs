use allthrive_protocol::quiz::content::Band;

use super::*;

fn shown(ids: &[OptionId]) -> Vec<ShownOption> {
    ids.iter().map(|id| ShownOption { id: *id, text: format!("option {id}"), image: None }).collect()
}

fn asked(form: Form, key: Key) -> Asked {
    let (image, hint, explanation, notes) = (None, None, None, None);
    Asked { kind: String::new(), stem: String::new(), image, hint, limit_ms: None, points: 1_000, form, key, explanation, notes }
}

fn options(grading: Grading, right: &[OptionId], weights: &[(OptionId, i32)]) -> Asked {
    let feedback = vec![(1, "Never.".to_owned()), (2, "Yes.".to_owned())];
    let key = Key::Options { right: right.to_vec(), grading, weights: weights.to_vec(), feedback };
    asked(Form::Some { options: shown(&[0, 1, 2, 3]) }, key)
}

fn credit(asked: &Asked, given: &Given) -> Option<u32> {
    grade(asked, given).map(|grade| grade.credit)
}

fn chosen(ids: &[OptionId]) -> Given {
    Given::Options(ids.to_vec())
}

#[test]
fn a_multiple_choice_is_worth_its_share_or_all() {
    let (partial, whole) = (options(Grading::Partial, &[0, 2, 3], &[]), options(Grading::AllOrNothing, &[0, 2, 3], &[]));
    for (ids, part, all) in [(&[0, 2, 3][..], 1_000, 1_000), (&[0, 2], 666, 0), (&[1], 0, 0), (&[0, 1, 2, 3], 666, 0), (&[0, 1], 0, 0)] {
        assert_eq!(credit(&partial, &chosen(ids)), Some(part), "{ids:?}");
        assert_eq!(credit(&whole, &chosen(ids)), Some(all), "{ids:?}");
    }
}

#[test]
fn weights_are_summed_between_nothing_and_all() {
    let knots = options(Grading::Weights, &[0, 1], &[(0, 50), (1, 50), (2, -50), (3, -50)]);
    for (ids, worth) in [(&[0][..], 500), (&[0, 1], 1_000), (&[0, 2], 0), (&[2, 3], 0), (&[0, 1, 2], 500)] {
        assert_eq!(credit(&knots, &chosen(ids)), Some(worth), "{ids:?}");
    }
}

#[test]
fn the_author_speaks_to_what_was_chosen() {
    let grade = grade(&options(Grading::Partial, &[0, 2, 3], &[]), &chosen(&[2, 1])).unwrap();
    assert_eq!(grade.feedback, ["Never.", "Yes."], "in the order in which they are shown");
}

#[test]
fn what_does_not_fit_is_refused_whatever_is_right() {
    let several = Form::Some { options: shown(&[0, 1, 2, 3]) };
    for wrong in [&[0, 0, 0][..], &[7], &[], &[0, 1, 2, 3, 0]] {
        assert_eq!(fits(&several, &chosen(wrong)), Err(Invalid { field: "choice.options" }), "{wrong:?}");
    }
    assert_eq!(fits(&several, &chosen(&[3, 0])), Ok(()));
    let one = Form::One { options: shown(&[0, 1]) };
    assert_eq!(fits(&one, &chosen(&[1])), Ok(()));
    assert_eq!(fits(&one, &chosen(&[0, 1])), Err(Invalid { field: "choice.options" }));
    assert_eq!(fits(&one, &Given::Text("0".into())), Err(Invalid { field: "choice" }));
    assert_eq!(fits(&Form::Nothing {}, &chosen(&[])), Err(Invalid { field: "choice" }));
    let text = |text: &str| fits(&Form::Text { most_chars: 200 }, &Given::Text(text.into()));
    assert_eq!(text(&format!("  {}  ", "é".repeat(200))), Ok(()));
    for wrong in ["", " \n", "a\0", &"é".repeat(201)] {
        assert_eq!(text(wrong), Err(Invalid { field: "choice.text" }), "{wrong:?}");
    }
    assert_eq!(fits(&Form::Number {}, &Given::Number(-0.5)), Ok(()));
    for wrong in [f64::NAN, f64::INFINITY] {
        assert_eq!(fits(&Form::Number {}, &Given::Number(wrong)), Err(Invalid { field: "choice.number" }));
    }
    let order = Form::Order { items: shown(&[1, 2, 3]) };
    assert_eq!(fits(&order, &Given::Order(vec![3, 1, 2])), Ok(()));
    for wrong in [vec![1, 2], vec![1, 2, 2], vec![1, 2, 4], vec![1, 2, 3, 1]] {
        assert_eq!(fits(&order, &Given::Order(wrong.clone())), Err(Invalid { field: "choice.order" }), "{wrong:?}");
    }
    let pairs = Form::Pairs { left: shown(&[1, 2]), right: shown(&[11, 12, 13]) };
    assert_eq!(fits(&pairs, &Given::Pairs(vec![(2, 11), (1, 11)])), Ok(()));
    for wrong in [vec![(1, 11)], vec![(1, 11), (1, 12)], vec![(1, 11), (2, 14)], vec![(11, 1), (12, 2)]] {
        assert_eq!(fits(&pairs, &Given::Pairs(wrong.clone())), Err(Invalid { field: "choice.pairs" }), "{wrong:?}");
    }
}

#[test]
fn a_text_is_taken_however_it_is_written_and_for_the_most_it_is_worth() {
    let accepted = |text: &str, percent| Accepted { text: text.into(), percent, feedback: None };
    let of = |case_sensitive| {
        let accepted = vec![accepted("kt", 50), accepted("Knöt", 100), accepted("KT", 60)];
        asked(Form::Text { most_chars: 200 }, Key::Text { accepted, case_sensitive })
    };
    for (text, folded, exact) in
        [("Knöt", 1_000, 1_000), (" kno\u{308}T ", 1_000, 0), ("kt", 600, 500), ("KT", 600, 600), ("Kt", 600, 0), ("knot", 0, 0)]
    {
        assert_eq!(credit(&of(false), &Given::Text(text.into())), Some(folded), "{text}");
        assert_eq!(credit(&of(true), &Given::Text(text.into())), Some(exact), "{text}");
    }
}

#[test]
fn a_number_is_right_up_to_the_ends_of_its_tolerance() {
    let of = |value, tolerance, band| asked(Form::Number {}, Key::Number { value, tolerance, band });
    let depth = of(12.5, 0.25, Some(Band { tolerance: 1.0, percent: 40 }));
    for (number, worth) in [(12.5, 1_000), (12.25, 1_000), (12.75, 1_000), (12.76, 400), (11.5, 400), (11.49, 0), (-12.5, 0)] {
        assert_eq!(credit(&depth, &Given::Number(number)), Some(worth), "{number}");
    }
    assert_eq!(credit(&of(0.3, 0.1, None), &Given::Number(0.4)), Some(1_000));
    assert_eq!(credit(&of(0.3, 0.1, None), &Given::Number(0.400_000_1)), Some(0));
    assert_eq!(credit(&of(0.0, 0.0, None), &Given::Number(1e-12)), Some(0));
    assert_eq!(credit(&of(f64::MAX, 1.0, None), &Given::Number(f64::MIN)), Some(0));
}

#[test]
fn orders_and_pairs_are_worth_their_share_or_all() {
    let order = |grading| asked(Form::Order { items: shown(&[1, 2, 3]) }, Key::Order { order: vec![2, 1, 3], grading });
    for (given, part, all) in [(vec![2, 1, 3], 1_000, 1_000), (vec![1, 2, 3], 333, 0), (vec![1, 3, 2], 0, 0)] {
        assert_eq!(credit(&order(Grading::Partial), &Given::Order(given.clone())), Some(part));
        assert_eq!(credit(&order(Grading::AllOrNothing), &Given::Order(given)), Some(all));
    }
    let pairs = |grading| {
        let form = Form::Pairs { left: shown(&[1, 2, 3]), right: shown(&[11, 12]) };
        asked(form, Key::Pairs { pairs: vec![(1, 11), (2, 12), (3, 11)], grading })
    };
    for (given, part, all) in [(vec![(3, 11), (1, 11), (2, 12)], 1_000, 1_000), (vec![(1, 11), (2, 11), (3, 11)], 666, 0)] {
        assert_eq!(credit(&pairs(Grading::Partial), &Given::Pairs(given.clone())), Some(part));
        assert_eq!(credit(&pairs(Grading::AllOrNothing), &Given::Pairs(given)), Some(all));
    }
}

#[test]
fn what_has_no_key_has_no_grade() {
    assert_eq!(grade(&asked(Form::Text { most_chars: 200 }, Key::Nothing {}), &Given::Text("words".into())), None);
}
