//! People and what they do, for the cases.

use allthrive_domain::entry::Entry;
use allthrive_domain::room::Decision;
use allthrive_domain::time::Micros;
use allthrive_domain::unit::{Admit, Deed, Kind, Open, Speak, Unit};
use allthrive_protocol::{Cmid, RoomId, Seq, UserId};
use allthrive_store::{Statement, Store, log};
use uuid::Uuid;

pub(crate) const NOW: Micros = Micros(1_790_000_000_000_000);

pub(crate) fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

pub(crate) fn room(n: u128) -> RoomId {
    RoomId(Uuid::from_u128(1_000_000 + n))
}

/// Accounts 1 to `n` with their personal rooms.
pub(crate) async fn people(store: &Store, n: u128) {
    people_from(store, 1..=n).await;
}

/// These accounts with their personal rooms.
pub(crate) async fn people_from(store: &Store, all: std::ops::RangeInclusive<u128>) {
    for n in all {
        let account = Statement::new(
            "sign up",
            "INSERT INTO users_all (id, username, display_name, role, created_at) VALUES ($1, $2, $3, 'user', $4)",
        );
        let account = account.bind(user(n)).bind(format!("user{n}")).bind(format!("User {n}")).bind(NOW);
        store.engine().batch([vec![account], log::open_personal(user(n), NOW)].concat()).await.unwrap();
    }
}

pub(crate) fn unit(room: RoomId, author: u128, cmid: u128, deed: Deed) -> Unit {
    // What the fingerprint is made of is the caller's affair; here any digest of the content will do.
    let mut fingerprint = [0; 32];
    for (at, byte) in format!("{deed:?}").bytes().enumerate() {
        fingerprint[at % 32] ^= byte.rotate_left(u32::try_from(at / 32 % 8).unwrap());
    }
    Unit { room, author: user(author), cmid: Cmid(Uuid::from_u128(cmid)), fingerprint, deed }
}

pub(crate) fn says(room: RoomId, author: u128, cmid: u128, text: &str) -> Unit {
    unit(room, author, cmid, Deed::Speak(Speak { body: text.into(), reply_to: None }))
}

pub(crate) fn answers(room: RoomId, author: u128, cmid: u128, to: Seq) -> Unit {
    unit(room, author, cmid, Deed::Speak(Speak { body: "yes".into(), reply_to: Some(to) }))
}

pub(crate) fn opens(room: RoomId, author: u128, kind: Kind, with: Option<u128>) -> Unit {
    let title = (kind != Kind::Direct).then(|| "Crew".to_owned());
    unit(room, author, u128::MAX, Deed::Open(Open { kind, title, with: with.map(user) }))
}

pub(crate) fn admits(room: RoomId, author: u128, cmid: u128, whom: u128) -> Unit {
    unit(room, author, cmid, Deed::Admit(Admit { user: user(whom) }))
}

/// Commits units none of which may fail.
pub(crate) async fn commit(store: &Store, units: Vec<Unit>) -> Vec<Decision> {
    commit_at(store, units, NOW).await
}

pub(crate) async fn commit_at(store: &Store, units: Vec<Unit>, now: Micros) -> Vec<Decision> {
    store.commit(units, now).await.outcomes.into_iter().map(|outcome| outcome.unwrap()).collect()
}

/// What each unit was answered with: the number of its own entry.
pub(crate) fn seqs(decisions: &[Decision]) -> Vec<Seq> {
    decisions.iter().map(|decision| seq_of(decision).unwrap_or_else(|| panic!("refused: {decision:?}"))).collect()
}

pub(crate) fn seq_of(decision: &Decision) -> Option<Seq> {
    match decision {
        Decision::Admitted(entries) => Some(entries[0].seq),
        Decision::Duplicate(known) => Some(known.seq),
        Decision::Unchanged(top) => Some(*top),
        Decision::Refused(_) => None,
    }
}

/// All entries of the decisions, as they are read back: without the fingerprint.
pub(crate) fn entries(decisions: &[Decision], room: RoomId) -> Vec<Entry> {
    let all = decisions.iter().filter_map(|decision| match decision {
        Decision::Admitted(entries) => Some(entries.iter()),
        _ => None,
    });
    all.flatten().filter(|entry| entry.room == room).map(|entry| Entry { fingerprint: None, ..entry.clone() }).collect()
}
