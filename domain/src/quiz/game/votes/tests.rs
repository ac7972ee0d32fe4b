use proptest::prelude::*;

use super::*;
use crate::quiz::game::fixtures::{KINDS, Secret, given, of_kind, quiz, secret};

fn of(kind: usize) -> Asked {
    let secret = Secret { right: vec![true, false, true, false, false], order: vec![0, 1, 2, 3, 4], value: 1.0, percent: 100 };
    quiz(vec![of_kind(kind, &secret)]).questions.remove(0)
}

fn written(kind: usize, answers: &[Given]) -> Vec<(String, u32)> {
    votes(&of(kind), answers.iter(), 9).written
}

#[test]
fn every_option_is_there_whether_it_was_chosen_or_not() {
    let asked = of(2);
    let Form::Some { options } = &asked.form else { panic!("some of several") };
    let id = |n: usize| options[n].id;
    let answers = [Given::Options(vec![id(0), id(3)]), Given::Options(vec![id(3)]), Given::Options(vec![id(3), 0])];
    let votes = votes(&asked, answers.iter(), 5);
    assert_eq!((votes.answered, votes.players, votes.options.len()), (3, 5, 5));
    assert_eq!([0, 1, 2, 3, 4].map(|n| votes.options[&id(n)]), [1, 0, 0, 3, 0]);
    assert!(votes.written.is_empty());
}

#[test]
fn texts_that_are_the_same_are_counted_together_as_most_have_written_them() {
    let texts = ["Elbe", " elbe ", "ELBE", "elbe", "Rhine", "Po", "po", "Aare"];
    let answers = texts.map(|text| Given::Text(text.into()));
    let expected = [("elbe", 4), ("Po", 2), ("Aare", 1), ("Rhine", 1)];
    assert_eq!(written(4, &answers), expected.map(|(text, count)| (text.to_owned(), count)));
    assert_eq!(written(9, &answers), written(4, &answers), "whether capitals matter is a matter of the key");
}

#[test]
fn numbers_are_written_as_people_write_them() {
    let answers = [12.5, 12.5, -0.0, 0.0, 0.0, 1e300, 7.0].map(Given::Number);
    let expected = [("0", 3), ("12.5", 2), ("1e300", 1), ("7", 1)];
    assert_eq!(written(5, &answers), expected.map(|(text, count)| (text.to_owned(), count)));
}

#[test]
fn of_orders_the_whole_is_counted_and_of_pairs_each() {
    let asked = of(6);
    let Form::Order { items } = &asked.form else { panic!("an order") };
    let by_text = |order: [usize; 5]| {
        let id = |n: usize| items.iter().find(|item| item.text == format!("thing {n}")).map(|item| item.id).expect("it is there");
        Given::Order(order.map(id).to_vec())
    };
    let answers = [by_text([0, 1, 2, 3, 4]), by_text([4, 3, 2, 1, 0]), by_text([4, 3, 2, 1, 0])];
    let expected = [("thing 4 → thing 3 → thing 2 → thing 1 → thing 0", 2), ("thing 0 → thing 1 → thing 2 → thing 3 → thing 4", 1)];
    assert_eq!(written(6, &answers), expected.map(|(text, count)| (text.to_owned(), count)));
    let asked = of(7);
    let Form::Pairs { left, right } = &asked.form else { panic!("pairs") };
    let first = Given::Pairs(vec![(left[0].id, right[0].id), (left[1].id, right[1].id), (left[2].id, right[2].id)]);
    let second = Given::Pairs(vec![(left[0].id, right[0].id), (left[1].id, right[3].id), (left[2].id, right[0].id)]);
    let lines = written(7, &[first, second]);
    assert_eq!((lines[0].clone(), lines.len()), ((format!("left 0 – {}", right[0].text), 2), 5));
}

#[test]
fn no_more_is_repeated_than_fits() {
    let answers: Vec<Given> = (0..50).map(|n| Given::Text(format!("text {n:02}"))).collect();
    assert_eq!((written(4, &answers).len(), written(4, &answers)[19].0.as_str()), (20, "text 19"));
    let long = ShownOption { id: 1, text: "é".repeat(25), image: None };
    assert_eq!(name(&[long], 1), format!("{}…", "é".repeat(24)));
}

proptest! {
    #[test]
    fn votes_depend_neither_on_the_key_nor_on_who_came_first(
        kind in 0..KINDS, one in secret(), other in secret(), draws in prop::collection::vec(any::<u32>(), 0..30), by in 0..30_usize,
    ) {
        let [one, other] = [one, other].map(|secret| quiz(vec![of_kind(kind, &secret)]).questions.remove(0));
        let answers: Vec<Given> = draws.iter().filter_map(|draw| given(&one.form, *draw)).collect();
        let mut turned = answers.clone();
        turned.reverse();
        turned.rotate_left(by % answers.len().max(1));
        let told = votes(&one, answers.iter(), 30);
        prop_assert_eq!(&told, &votes(&other, turned.iter(), 30));
        prop_assert_eq!(told.answered as usize, answers.len());
    }
}
