//! The log of a room and what follows from it, as writes. All of them stand in one transaction, under
//! the locks of [`crate::facts::lock_rooms`].

use std::collections::BTreeMap;

use allthrive_domain::entry::{Entry, Joined, Payload};
use allthrive_domain::room::Facts;
use allthrive_domain::time::Micros;
use allthrive_domain::unit::{Deed, Unit};
use allthrive_protocol::RoomId;
use serde_json::json;

use crate::audit::{self, Audit};
use crate::engine::{Statement, Type, Value};

/// A unit and the entries it was admitted with.
type Admitted<'a> = (&'a Unit, &'a [Entry]);

/// The rows of the rooms that were opened.
pub(crate) fn open_rooms(admitted: &[Admitted<'_>], now: Micros) -> Option<Statement> {
    let rows = admitted.iter().filter_map(|(unit, _)| match &unit.deed {
        Deed::Open(open) => Some(vec![
            unit.room.into(),
            open.kind.word().into(),
            open.title.clone().into(),
            0i64.into(),
            0i64.into(),
            unit.author.into(),
            now.into(),
            now.into(),
        ]),
        Deed::Speak(_) | Deed::Admit(_) => None,
    });
    some_rows(rows.collect(), |rows| insert_rooms().list(ROOM, rows))
}

const ROOM: &[(&str, Type)] = &[
    ("id", Type::Uuid),
    ("kind", Type::Text),
    ("title", Type::Text),
    ("top", Type::Int),
    ("member_count", Type::Int),
    ("created_by", Type::Uuid),
    ("created_at", Type::Int),
    ("last_at", Type::Int),
];

fn insert_rooms() -> Statement {
    Statement::new("open rooms", "INSERT INTO rooms_all (id, kind, title, top, member_count, created_by, created_at, last_at) {rows}")
}

/// The rows of an account's personal room, for the transaction that makes the account.
#[must_use]
pub fn open_personal(user: allthrive_protocol::UserId, now: Micros) -> Vec<Statement> {
    let room = RoomId::personal(user);
    let row = vec![room.into(), "personal".into(), Value::Null, 0i64.into(), 1i64.into(), user.into(), now.into(), now.into()];
    let member = vec![room.into(), user.into(), "owner".into(), 0i64.into(), 0i64.into(), 0i64.into(), now.into()];
    vec![insert_rooms().list(ROOM, vec![row]), insert_members(vec![member])]
}

/// Where each room stands now.
pub(crate) fn raise_tops(admitted: &[Admitted<'_>], facts: &Facts, now: Micros) -> Statement {
    let mut joined: BTreeMap<RoomId, u64> = BTreeMap::new();
    for entry in entries(admitted) {
        *joined.entry(entry.room).or_default() += u64::from(is_joining(entry));
    }
    let rows = joined.into_iter().map(|(room, joined)| {
        let top = facts.rooms.get(&room).map_or(0, |facts| facts.top);
        vec![room.into(), top.into(), joined.into(), now.into()]
    });
    // Clocks of several servers differ: the label never goes back.
    Statement::new(
        "raise tops",
        "UPDATE rooms_all SET top = k.top, member_count = member_count + k.joined, last_at = CASE WHEN k.at > last_at THEN k.at ELSE last_at END
         FROM {keys} WHERE rooms_all.id = k.room",
    )
    .list(&[("room", Type::Uuid), ("top", Type::Int), ("joined", Type::Int), ("at", Type::Int)], rows.collect())
}

/// The log rows.
pub(crate) fn append(admitted: &[Admitted<'_>]) -> Statement {
    let rows = entries(admitted).map(|entry| {
        let (subject, told, data) = match &entry.payload {
            Payload::Message { .. } => (None, None, None),
            Payload::Joined { user, role, conversation } => {
                let told = conversation.as_ref();
                let data = json!({ "role": role.word(), "kind": told.map(|t| t.kind.word()), "title": told.map(|t| t.title.clone()) });
                (Some(user.id), told, Some(data.to_string()))
            }
        };
        vec![
            entry.room.into(),
            entry.seq.into(),
            entry.payload.kind().into(),
            entry.author.id.into(),
            entry.cmid.into(),
            entry.fingerprint.into(),
            entry.at.into(),
            subject.into(),
            told.map(|told| told.room).into(),
            told.and_then(|told: &Joined| told.with.as_ref()).map(|with| with.id).into(),
            data.into(),
        ]
    });
    Statement::new(
        "append to the log",
        "INSERT INTO room_log (room, seq, kind, author, cmid, fingerprint, at, subject, told_room, told_user, data) {rows}",
    )
    .list(
        &[
            ("room", Type::Uuid),
            ("seq", Type::Int),
            ("kind", Type::Text),
            ("author", Type::Uuid),
            ("cmid", Type::Uuid),
            ("fingerprint", Type::Bytes),
            ("at", Type::Int),
            ("subject", Type::Uuid),
            ("told_room", Type::Uuid),
            ("told_user", Type::Uuid),
            ("data", Type::Text),
        ],
        rows.collect(),
    )
}

/// The messages.
pub(crate) fn append_messages(admitted: &[Admitted<'_>]) -> Option<Statement> {
    let rows = entries(admitted).filter_map(|entry| match &entry.payload {
        Payload::Message { body, reply_to, rev } => Some(vec![
            entry.room.into(),
            entry.seq.into(),
            entry.author.id.into(),
            body.clone().into(),
            (*reply_to).into(),
            (*rev).into(),
            entry.at.into(),
        ]),
        Payload::Joined { .. } => None,
    });
    some_rows(rows.collect(), |rows| {
        Statement::new("append messages", "INSERT INTO messages (room, seq, author, body, reply_to, rev, created_at) {rows}").list(
            &[
                ("room", Type::Uuid),
                ("seq", Type::Int),
                ("author", Type::Uuid),
                ("body", Type::Text),
                ("reply_to", Type::Int),
                ("rev", Type::Int),
                ("created_at", Type::Int),
            ],
            rows,
        )
    })
}

/// The members. What was said before one joined is not unread.
pub(crate) fn append_members(admitted: &[Admitted<'_>], facts: &Facts) -> Option<Statement> {
    let rows = entries(admitted).filter_map(|entry| match &entry.payload {
        Payload::Joined { user, role, conversation: None } => {
            let from_seq = facts.members.get(&(entry.room, user.id)).map_or(0, |member| member.from_seq);
            Some(vec![
                entry.room.into(),
                user.id.into(),
                role.word().into(),
                from_seq.into(),
                entry.seq.into(),
                entry.seq.into(),
                entry.at.into(),
            ])
        }
        Payload::Joined { .. } | Payload::Message { .. } => None,
    });
    some_rows(rows.collect(), insert_members)
}

fn insert_members(rows: Vec<Vec<Value>>) -> Statement {
    Statement::new("append members", "INSERT INTO members (room, user_id, role, from_seq, joined_seq, read_seq, joined_at) {rows}").list(
        &[
            ("room", Type::Uuid),
            ("user_id", Type::Uuid),
            ("role", Type::Text),
            ("from_seq", Type::Int),
            ("joined_seq", Type::Int),
            ("read_seq", Type::Int),
            ("joined_at", Type::Int),
        ],
        rows,
    )
}

/// The audit lines of rooms opened and people added. Messages leave none.
pub(crate) fn record(admitted: &[Admitted<'_>], now: Micros) -> Option<Statement> {
    let lines = admitted.iter().filter_map(|(unit, _)| {
        let (action, detail) = match &unit.deed {
            Deed::Speak(_) => return None,
            Deed::Open(open) => ("room.open", json!({ "kind": open.kind.word(), "with": open.with })),
            Deed::Admit(admit) => ("room.admit", json!({ "user": admit.user })),
        };
        let (actor, target) = (Some(unit.author.to_string()), Some(unit.room.to_string()));
        Some(Audit { at: now, actor, action, target, outcome: "ok", detail: Some(detail), personal: None })
    });
    let lines: Vec<_> = lines.collect();
    (!lines.is_empty()).then(|| audit::record_all(lines))
}

fn entries<'a>(admitted: &'a [Admitted<'a>]) -> impl Iterator<Item = &'a Entry> {
    admitted.iter().flat_map(|(_, entries)| entries.iter())
}

/// Of the room itself, not of a personal room that tells of it.
fn is_joining(entry: &Entry) -> bool {
    matches!(&entry.payload, Payload::Joined { conversation: None, .. })
}

fn some_rows(rows: Vec<Vec<Value>>, statement: impl FnOnce(Vec<Vec<Value>>) -> Statement) -> Option<Statement> {
    (!rows.is_empty()).then(|| statement(rows))
}
