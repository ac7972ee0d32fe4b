//! The audit chain on both engines: what holds, and what is noticed.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use allthrive_domain::time::Micros;
use allthrive_store::audit::chain::{ChainKey, Head};
use allthrive_store::audit::seal::Sealed;
use allthrive_store::audit::verify::{Fault, Report, verify};
use allthrive_store::audit::{self, Audit};
use allthrive_store::{Statement, Store};
use serde_json::json;
use uuid::Uuid;

use crate::common::Place;

mod common;

on_both! {
    a_chain_holds_and_the_unsealed_rest_is_told,
    an_altered_detail_is_found,
    a_removed_entry_is_found,
    a_removed_link_is_found,
    an_entry_that_was_put_in_is_found,
    swapped_entries_are_found,
    a_link_made_without_the_key_is_found,
    a_cut_tail_is_found_against_a_known_head,
    a_tail_that_was_cut_and_grew_again_is_found_against_a_known_head,
    of_two_sealers_each_entry_gets_one_link,
    a_late_entry_with_an_early_time_is_sealed_too,
    an_erased_personal_fact_still_verifies_and_an_altered_one_does_not,
    activity_may_be_recorded_again,
    a_cleared_mark_does_not_stop_the_sealer,
}

fn key() -> ChainKey {
    ChainKey::new([9; 32])
}

fn line(n: i64) -> Audit {
    Audit {
        at: Micros(n),
        actor: Some("u_ana".into()),
        action: "room.open",
        target: Some(format!("room {n}")),
        outcome: "ok",
        detail: Some(json!({ "n": n })),
        personal: Some(json!({ "address": "192.0.2.7" })),
    }
}

/// A store with so many entries, all sealed.
async fn sealed(place: &Place, entries: i64) -> (Store, Head) {
    let store = place.open().await;
    store.engine().run(audit::record_all((1..=entries).map(line).collect())).await.unwrap();
    let head = seal(&store).await;
    (store, head)
}

async fn seal(store: &Store) -> Head {
    loop {
        match store.seal_audit(key(), 3).await.unwrap() {
            Sealed::Up { to, entries: 0 } => return to,
            Sealed::Up { .. } | Sealed::SteppedBack => {}
        }
    }
}

async fn report(store: &Store, known: Option<Head>) -> Report {
    verify(store.engine(), &key(), known).await.unwrap()
}

/// What somebody with the database and without the key does.
async fn tamper(store: &Store, sql: &'static str) {
    assert!(store.engine().run(Statement::new("tamper", sql)).await.unwrap() > 0, "nothing was touched by: {sql}");
}

async fn entry_of(store: &Store, no: u64) -> Uuid {
    let read = Statement::new("entry of a link", "SELECT entry FROM audit_chain WHERE no = $1").bind(no);
    store.engine().one(read).await.unwrap().get("entry").unwrap()
}

async fn a_chain_holds_and_the_unsealed_rest_is_told(place: Place) {
    let (store, head) = sealed(&place, 7).await;
    store.engine().run(audit::record_all(vec![line(9), line(8)])).await.unwrap();
    let expected = Report { head, sound: 7, erased: 0, unsealed: 2, unsealed_since: Some(Micros(8)), faults: vec![], wrong: 0 };
    assert_eq!(head.no, 7);
    assert_eq!(report(&store, None).await, expected);
    assert_eq!(report(&store, Some(head)).await, expected);
    assert!(store.has_unsealed_audit().await.unwrap());
    let later = seal(&store).await;
    // A head of an hour ago still lies on the chain.
    assert_eq!(report(&store, Some(head)).await, Report { head: later, sound: 9, unsealed: 0, unsealed_since: None, ..expected });
    assert!(!store.has_unsealed_audit().await.unwrap());
}

async fn an_altered_detail_is_found(place: Place) {
    let (store, _) = sealed(&place, 5).await;
    tamper(&store, "UPDATE audit SET detail = '{\"n\":30}' WHERE sealed_no = 3").await;
    let found = report(&store, None).await;
    assert_eq!((found.faults, found.sound), (vec![Fault::Altered { no: 3, entry: entry_of(&store, 3).await }], 4));
}

async fn a_removed_entry_is_found(place: Place) {
    let (store, _) = sealed(&place, 5).await;
    tamper(&store, "DELETE FROM audit WHERE sealed_no = 2").await;
    let found = report(&store, None).await;
    assert_eq!(found.faults, vec![Fault::EntryRemoved { no: 2, entry: entry_of(&store, 2).await }]);
}

async fn a_removed_link_is_found(place: Place) {
    let (store, _) = sealed(&place, 6).await;
    let entry = entry_of(&store, 3).await;
    tamper(&store, "DELETE FROM audit_chain WHERE no = 3").await;
    let found = report(&store, None).await;
    assert_eq!(found.faults, vec![Fault::LinksRemoved { from: 3, to: 3 }, Fault::PutIn { no: 3, entry }]);
    // With its entry, and so that the rest has no hole.
    tamper(&store, "DELETE FROM audit WHERE sealed_no = 3").await;
    assert_eq!(report(&store, None).await.faults, vec![Fault::LinksRemoved { from: 3, to: 3 }]);
    for sql in [
        "UPDATE audit_chain SET no = 3 WHERE no = 4",
        "UPDATE audit_chain SET no = 4 WHERE no = 5",
        "UPDATE audit_chain SET no = 5 WHERE no = 6",
    ] {
        tamper(&store, sql).await;
    }
    assert_eq!(report(&store, None).await.wrong, 3);
}

async fn an_entry_that_was_put_in_is_found(place: Place) {
    let (store, _) = sealed(&place, 3).await;
    let insert = "INSERT INTO audit (id, at, action, outcome, sealed_no) VALUES ($1, 2, 'room.open', 'ok', 2)";
    let entry = Uuid::from_u128(5);
    store.engine().run(Statement::new("put in", insert).bind(entry)).await.unwrap();
    let found = report(&store, None).await;
    assert_eq!((found.faults, found.unsealed), (vec![Fault::PutIn { no: 2, entry }], 0));
}

async fn swapped_entries_are_found(place: Place) {
    let (store, _) = sealed(&place, 5).await;
    let (second, fourth) = (entry_of(&store, 2).await, entry_of(&store, 4).await);
    let swap = |no: u64, entry: Uuid| Statement::new("swap", "UPDATE audit_chain SET entry = $2 WHERE no = $1").bind(no).bind(entry);
    let swaps = vec![swap(2, Uuid::nil()), swap(4, second), swap(2, fourth)];
    store.engine().batch(swaps).await.unwrap();
    let found = report(&store, None).await;
    assert_eq!(found.faults, vec![Fault::Altered { no: 2, entry: fourth }, Fault::Altered { no: 4, entry: second }]);
}

async fn a_link_made_without_the_key_is_found(place: Place) {
    let (store, head) = sealed(&place, 2).await;
    store.engine().run(audit::record(line(3))).await.unwrap();
    let forger = ChainKey::new([1; 32]);
    let Sealed::Up { to, entries: 1 } = store.seal_audit(forger, 5).await.unwrap() else { panic!("it was not sealed") };
    assert_eq!(to.no, 3);
    assert_eq!(report(&store, Some(head)).await.faults, vec![Fault::Altered { no: 3, entry: entry_of(&store, 3).await }]);
}

const CUT: [&str; 2] = ["DELETE FROM audit WHERE sealed_no > 3", "DELETE FROM audit_chain WHERE no > 3"];

async fn a_cut_tail_is_found_against_a_known_head(place: Place) {
    let (store, head) = sealed(&place, 5).await;
    for sql in CUT {
        tamper(&store, sql).await;
    }
    // Without the head a shorter chain is as good as a longer one.
    assert_eq!(report(&store, None).await.faults, vec![]);
    assert_eq!(report(&store, Some(head)).await.faults, vec![Fault::TailCut { at: 3, head: 5 }]);
}

async fn a_tail_that_was_cut_and_grew_again_is_found_against_a_known_head(place: Place) {
    let (store, head) = sealed(&place, 5).await;
    for sql in CUT {
        tamper(&store, sql).await;
    }
    store.engine().run(audit::record_all((6..=9).map(line).collect())).await.unwrap();
    assert_eq!(seal(&store).await.no, 7);
    assert_eq!(report(&store, None).await.faults, vec![]);
    assert_eq!(report(&store, Some(head)).await.faults, vec![Fault::OtherHead { no: 5 }]);
}

async fn of_two_sealers_each_entry_gets_one_link(place: Place) {
    let store = place.open().await;
    store.engine().run(audit::record_all((1..=60).map(line).collect())).await.unwrap();
    let sealer = |store: Store| async move { seal(&store).await };
    let (one, other) = (tokio::spawn(sealer(store.clone())), tokio::spawn(sealer(store.clone())));
    let ends = (one.await.unwrap().no, other.await.unwrap().no);
    assert_eq!(ends.0.max(ends.1), 60);
    let found = report(&store, None).await;
    assert_eq!((found.sound, found.unsealed, found.faults), (60, 0, vec![]));
}

async fn a_late_entry_with_an_early_time_is_sealed_too(place: Place) {
    let (store, _) = sealed(&place, 5).await;
    store.engine().run(audit::record(line(-1))).await.unwrap();
    assert_eq!(seal(&store).await.no, 6);
    let found = report(&store, None).await;
    assert_eq!((found.sound, found.unsealed, found.faults), (6, 0, vec![]));
}

async fn an_erased_personal_fact_still_verifies_and_an_altered_one_does_not(place: Place) {
    let (store, head) = sealed(&place, 2).await;
    let others = Audit { actor: Some("u_ben".into()), ..line(3) };
    store.engine().run(audit::record(others)).await.unwrap();
    seal(&store).await;
    assert_eq!(store.engine().run(audit::erase_personal("u_ana")).await.unwrap(), 2);
    let found = report(&store, Some(head)).await;
    assert_eq!((found.sound, found.erased, found.faults), (3, 2, vec![]));
    tamper(&store, "UPDATE audit SET personal = '{\"address\":\"192.0.2.8\"}' WHERE actor = 'u_ben'").await;
    assert_eq!(report(&store, None).await.faults, vec![Fault::PersonalAltered { no: 3, entry: entry_of(&store, 3).await }]);
    // The digest is sealed: making another to the new value does not help.
    tamper(&store, "UPDATE audit SET personal = NULL, personal_salt = NULL, personal_digest = NULL WHERE actor = 'u_ben'").await;
    assert_eq!(report(&store, None).await.faults, vec![Fault::Altered { no: 3, entry: entry_of(&store, 3).await }]);
}

async fn activity_may_be_recorded_again(place: Place) {
    let store = place.open().await;
    let batch = audit::record_once((1..=3).map(line).collect());
    assert_eq!(store.engine().run(batch.clone()).await.unwrap(), 3);
    assert_eq!(store.engine().run(batch).await.unwrap(), 0);
    assert_eq!(seal(&store).await.no, 3);
}

async fn a_cleared_mark_does_not_stop_the_sealer(place: Place) {
    let (store, _) = sealed(&place, 3).await;
    tamper(&store, "UPDATE audit SET sealed_no = NULL WHERE sealed_no = 2").await;
    store.engine().run(audit::record(line(4))).await.unwrap();
    assert_eq!(seal(&store).await.no, 4);
    let found = report(&store, None).await;
    assert_eq!((found.sound, found.unsealed, found.faults), (4, 0, vec![]));
}
