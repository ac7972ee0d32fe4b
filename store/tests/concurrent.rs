//! Many writers at once, on the same rooms, with retries, poison and restarts: no hole, no repeat, what was
//! acknowledged is there, and the same `cmid` has the same number for ever.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use allthrive_domain::entry::Payload;
use allthrive_domain::room::Decision;
use allthrive_domain::unit::{Kind, Unit};
use allthrive_protocol::{RoomId, Seq};
use allthrive_store::{Error, Statement, Store};
use common::people::{NOW, admits, commit, opens, people, room, says, seqs};
use common::{Kind as Engine, Place};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

on_both! { any_writers_together_leave_a_log_without_hole_or_repeat }

/// One message: which of the two rooms, which of the three people, which `cmid`. The text follows from
/// these, so the same one drawn twice is a retry.
type Drawn = (u128, u128, u128);
/// What one task commits, batch by batch.
type Writer = Vec<Vec<Drawn>>;

fn writers() -> impl Strategy<Value = Vec<Writer>> {
    let drawn = (0u128..2, 1u128..4, 0u128..40);
    let batch = proptest::collection::vec(drawn, 1..12);
    proptest::collection::vec(proptest::collection::vec(batch, 1..8), 2..6)
}

/// Every eleventh message cannot be written.
fn is_poison((_, _, cmid): Drawn) -> bool {
    cmid % 11 == 0
}

fn message(rooms: [RoomId; 2], drawn: Drawn) -> Unit {
    let (at, author, cmid) = drawn;
    let text = if is_poison(drawn) { "poison".to_owned() } else { format!("{author} says {cmid}") };
    says(rooms[usize::try_from(at).unwrap()], author, cmid, &text)
}

async fn any_writers_together_leave_a_log_without_hole_or_repeat(place: Place) {
    let store = place.open().await;
    people(&store, 3).await;
    let poison = Statement::per_engine(
        "poison",
        "CREATE TRIGGER poison BEFORE INSERT ON messages WHEN NEW.body = 'poison' BEGIN SELECT RAISE(ABORT, 'poison'); END",
        "ALTER TABLE messages ADD CONSTRAINT poison CHECK (body <> 'poison')",
    );
    store.engine().run(poison).await.unwrap();
    store.close().await;
    let mut runner = TestRunner::new(Config { cases: 16, failure_persistence: None, max_shrink_iters: 200, ..Config::default() });
    let fresh = std::cell::Cell::new(0);
    let outcome = runner.run(&writers(), |writers| {
        let first = fresh.get() + 10;
        fresh.set(first);
        let rooms = [room(first), room(first + 1)];
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(run(&place, rooms, writers)))
    });
    outcome.unwrap();
}

async fn run(place: &Place, rooms: [RoomId; 2], writers: Vec<Writer>) -> Result<(), TestCaseError> {
    // Two servers on Postgres; on SQLite there is one.
    let first = place.open().await;
    let second = if place.kind == Engine::Postgres { place.open().await } else { first.clone() };
    // User 3 is in the second room only: what it says in the first is refused.
    let members = vec![
        opens(rooms[0], 1, Kind::Group, None),
        opens(rooms[1], 1, Kind::Group, None),
        admits(rooms[0], 1, 1_000, 2),
        admits(rooms[1], 1, 1_001, 2),
        admits(rooms[1], 1, 1_002, 3),
    ];
    seqs(&commit(&first, members).await);
    let begin = |(n, writer)| {
        let store = if n % 2 == 0 { first.clone() } else { second.clone() };
        tokio::spawn(write(store, rooms, writer))
    };
    let tasks: Vec<_> = writers.into_iter().enumerate().map(begin).collect();
    let mut acknowledged: BTreeMap<Drawn, Seq> = BTreeMap::new();
    let mut admitted = BTreeSet::new();
    for task in tasks {
        for (drawn, outcome) in task.await.unwrap() {
            match outcome {
                Ok(decision @ (Decision::Admitted(_) | Decision::Duplicate(_))) => {
                    let seq = common::people::seq_of(&decision).unwrap();
                    prop_assert_eq!(*acknowledged.entry(drawn).or_insert(seq), seq, "one cmid, two numbers");
                    if matches!(decision, Decision::Admitted(_)) {
                        prop_assert!(admitted.insert(drawn), "one cmid was written twice");
                    }
                    prop_assert!(!is_poison(drawn));
                }
                Ok(Decision::Refused(_)) => prop_assert!(drawn.0 == 0 && drawn.1 == 3),
                Err(Error::Bug(_)) => prop_assert!(is_poison(drawn)),
                other => prop_assert!(false, "{drawn:?}: {other:?}"),
            }
        }
    }
    prop_assert_eq!(admitted.len(), acknowledged.len(), "each acknowledged message was written by somebody");
    first.close().await;
    second.close().await;
    let store = place.open().await;
    holds_exactly(&store, rooms, &acknowledged).await?;
    // All of it again, after the restart: the same numbers, and nothing new.
    let all: Vec<Drawn> = acknowledged.keys().copied().collect();
    let again = store.commit(all.iter().map(|drawn| message(rooms, *drawn)).collect(), NOW).await.outcomes;
    for (drawn, outcome) in all.iter().zip(again) {
        prop_assert!(matches!(outcome, Ok(Decision::Duplicate(known)) if known.seq == acknowledged[drawn]));
    }
    holds_exactly(&store, rooms, &acknowledged).await?;
    store.close().await;
    Ok(())
}

async fn write(store: Store, rooms: [RoomId; 2], writer: Writer) -> Vec<(Drawn, Result<Decision, Error>)> {
    let mut answers = Vec::new();
    for batch in writer {
        let units = batch.iter().map(|drawn| message(rooms, *drawn)).collect();
        let outcomes = store.commit(units, NOW).await.outcomes;
        assert_eq!(outcomes.len(), batch.len());
        answers.extend(batch.into_iter().zip(outcomes));
    }
    answers
}

/// The log and what follows from it hold what was acknowledged, each once, and nothing else.
async fn holds_exactly(store: &Store, rooms: [RoomId; 2], acknowledged: &BTreeMap<Drawn, Seq>) -> Result<(), TestCaseError> {
    for (at, joined) in [(0u128, 2), (1, 3)] {
        let here = rooms[usize::try_from(at).unwrap()];
        let entries = store.entries(here, 0, 10_000).await.unwrap();
        let top = store.tops(&[here]).await.unwrap()[0].1;
        prop_assert!(entries.iter().map(|entry| entry.seq).eq(1..=top), "a hole or a repeat");
        let told = entries.iter().filter_map(|entry| match &entry.payload {
            Payload::Message { body, .. } => {
                Some(((at, entry.author.id.0.as_u128(), entry.cmid.unwrap().0.as_u128()), (entry.seq, body.clone())))
            }
            _ => None,
        });
        let expected = acknowledged.iter().filter(|(drawn, _)| drawn.0 == at);
        let expected = expected.map(|(drawn, seq)| (*drawn, (*seq, Some(format!("{} says {}", drawn.1, drawn.2)))));
        let (told, expected): (BTreeMap<_, _>, BTreeMap<_, _>) = (told.collect(), expected.collect());
        prop_assert_eq!(&told, &expected);
        prop_assert_eq!(u64::try_from(expected.len()).unwrap() + joined, top);
    }
    Ok(())
}
