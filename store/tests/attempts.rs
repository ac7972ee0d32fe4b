//! Attempts under concurrency, on both engines: one at a time, and nothing is taken once it has ended.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use allthrive_domain::quiz::attempt::State;
use allthrive_protocol::quiz::Given;
use allthrive_protocol::quiz::live::Factor;
use allthrive_protocol::{AttemptId, Cmid, QuizId};
use allthrive_store::{AnswerTaken, Started, Store};
use common::Place;
use common::people::{NOW, people, user};
use uuid::Uuid;

on_both! {
    of_many_starts_at_once_one_attempt_begins,
    an_answer_is_taken_before_the_end_and_counted_or_not_at_all,
}

const QUIZ: QuizId = QuizId(Uuid::from_u128(9_000));

fn attempt(n: u128) -> AttemptId {
    AttemptId(Uuid::from_u128(9_100 + n))
}

async fn published(store: &Store) {
    let json = r#"{"title":"T","topic":"t","questions":[{"stem":"n","type":"numeric","value":5,"points":1000}]}"#;
    store.create_quiz(user(1), QUIZ, serde_json::from_str(json).unwrap(), NOW).await.unwrap();
    store.publish_quiz(user(1), QUIZ, 1, true, NOW).await.unwrap();
}

async fn of_many_starts_at_once_one_attempt_begins(place: Place) {
    let store = place.open().await;
    people(&store, 2).await;
    published(&store).await;
    let start = |n| store.start_attempt(user(2), QUIZ, (attempt(n), [0; 32], Factor::Usual), NOW);
    let all = futures_util::future::join_all((0..8).map(start)).await;
    let begun: Vec<_> = all.iter().filter_map(|one| if let Ok(Started::New(id)) = one { Some(*id) } else { None }).collect();
    assert_eq!(begun.len(), 1, "{all:?}");
    assert_eq!(all.iter().filter(|one| matches!(one, Ok(Started::Running(id)) if *id == begun[0])).count(), 7, "{all:?}");
}

async fn an_answer_is_taken_before_the_end_and_counted_or_not_at_all(place: Place) {
    let store = place.open().await;
    people(&store, 2).await;
    published(&store).await;
    for round in 0..8 {
        let id = attempt(round);
        let started = store.start_attempt(user(2), QUIZ, (id, [0; 32], Factor::Usual), NOW).await.unwrap();
        assert_eq!(started, Started::New(id));
        let answer = (0, Cmid(Uuid::from_u128(round)), Given::Number(5.0));
        let (taken, ended) = futures_util::future::join(
            store.record_attempt_answer(user(2), id, answer, NOW),
            store.end_attempt(user(2), id, State::Submitted, NOW),
        )
        .await;
        assert!(ended.unwrap());
        let points = store.attempt(user(2), id).await.unwrap().unwrap().card.score.unwrap().points;
        assert_eq!(points == 1_000, taken.unwrap() == AnswerTaken::Taken);
    }
}
