//! The log of a room, its tops and its audit lines, as writes. All of them stand in one transaction with
//! [`crate::projections`], under the locks of [`crate::facts::lock_rooms`].

use std::collections::BTreeSet;

use allthrive_domain::entry::{Entry, Payload};
use allthrive_domain::room::{Decision, Facts};
use allthrive_domain::time::Micros;
use allthrive_domain::unit::{Deed, Role, Unit};
use allthrive_protocol::RoomId;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::audit::{self, Audit};
use crate::engine::{Statement, Type, Value};
use crate::projections::insert_members;

/// A unit and the entries it was admitted with.
pub(crate) type Admitted<'a> = (&'a Unit, &'a [Entry]);

/// The rows of the rooms that were opened.
pub(crate) fn open_rooms(admitted: &[Admitted<'_>], now: Micros) -> Option<Statement> {
    let opened = admitted.iter().filter_map(|(unit, _)| if let Deed::Open(open) = &unit.deed { Some((unit, open)) } else { None });
    let rows = opened.map(|(unit, open)| {
        vec![
            unit.room.into(),
            open.kind.word().into(),
            open.title.clone().into(),
            0i64.into(),
            0i64.into(),
            unit.author.into(),
            now.into(),
            now.into(),
        ]
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
    let member = vec![room.into(), user.into(), "owner".into(), 0i64.into(), 0i64.into(), 0i64.into(), now.into(), now.into()];
    vec![insert_rooms().list(ROOM, vec![row]), insert_members(vec![member])]
}

/// The marks of writes that changed nothing: they are not in the log.
pub(crate) fn settle(units: &[Unit], decisions: &[Decision], now: Micros) -> Option<Statement> {
    let rows = units.iter().zip(decisions).filter_map(|(unit, decision)| {
        let Decision::Unchanged(top) = decision else { return None };
        Some(vec![unit.room.into(), unit.author.into(), unit.cmid.into(), (*top).into(), now.into(), unit.fingerprint.into()])
    });
    some_rows(rows.collect(), |rows| {
        Statement::new("settle", "INSERT INTO settled (room, author, cmid, top, at, fingerprint) {rows}").list(
            &[
                ("room", Type::Uuid),
                ("author", Type::Uuid),
                ("cmid", Type::Uuid),
                ("top", Type::Int),
                ("at", Type::Int),
                ("fingerprint", Type::Bytes),
            ],
            rows,
        )
    })
}

/// Where each room stands now.
pub(crate) fn raise_tops(admitted: &[Admitted<'_>], facts: &Facts, now: Micros) -> Statement {
    let rooms: BTreeSet<RoomId> = entries(admitted).map(|entry| entry.room).collect();
    let rows = rooms.into_iter().filter_map(|room| {
        let known = facts.rooms.get(&room)?;
        Some(vec![room.into(), known.top.into(), known.members.into(), known.slow_mode.into(), now.into()])
    });
    // Clocks of several servers differ: the label never goes back.
    Statement::new(
        "raise tops",
        "UPDATE rooms_all SET top = k.top, member_count = k.members, slow_mode = k.slow_mode,
            last_at = CASE WHEN k.at > last_at THEN k.at ELSE last_at END
         FROM {keys} WHERE rooms_all.id = k.room",
    )
    .list(&[("room", Type::Uuid), ("top", Type::Int), ("members", Type::Int), ("slow_mode", Type::Int), ("at", Type::Int)], rows.collect())
}

/// What a log row holds beside its columns. The text of a message is never in it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Data {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) how: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) emoji: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) on: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seconds: Option<u32>,
}

impl Data {
    fn of(payload: &Payload) -> Option<Self> {
        let place = payload.place();
        let told = Self { kind: place.map(|p| p.kind.word().to_owned()), title: place.and_then(|p| p.title.clone()), ..Self::default() };
        Some(match payload.clone() {
            Payload::Message { .. }
            | Payload::Edited { .. }
            | Payload::Deleted { .. }
            | Payload::Banned { .. }
            | Payload::Unbanned { .. } => {
                return None;
            }
            Payload::Reacted { emoji, on, .. } => Self { emoji: Some(emoji), on: Some(on), ..told },
            Payload::Joined { role, .. } | Payload::Appointed { role, .. } => Self { role: Some(role.word().to_owned()), ..told },
            Payload::Left { how, reason, .. } => Self { how: Some(how.word().to_owned()), reason, ..told },
            Payload::Muted { until, reason, .. } => Self { until: until.map(|until| until.0), reason, ..told },
            Payload::SlowMode { seconds } => Self { seconds: Some(seconds), ..told },
        })
    }

    pub(crate) fn role(&self) -> Option<Role> {
        self.role.as_deref().and_then(Role::parse)
    }
}

/// The log rows.
pub(crate) fn append(admitted: &[Admitted<'_>]) -> Statement {
    let rows = entries(admitted).map(|entry| {
        let place = entry.payload.place();
        let data = Data::of(&entry.payload).map(|data| serde_json::to_string(&data).expect("plain data"));
        vec![
            entry.room.into(),
            entry.seq.into(),
            entry.payload.kind().into(),
            entry.payload.target().into(),
            entry.author.id.into(),
            entry.cmid.into(),
            entry.fingerprint.into(),
            entry.at.into(),
            entry.payload.subject().map(|user| user.id).into(),
            place.map(|place| place.room).into(),
            place.and_then(|place| place.with.as_ref()).map(|with| with.id).into(),
            data.into(),
        ]
    });
    Statement::new(
        "append to the log",
        "INSERT INTO room_log (room, seq, kind, target_seq, author, cmid, fingerprint, at, subject, told_room, told_user, data) {rows}",
    )
    .list(
        &[
            ("room", Type::Uuid),
            ("seq", Type::Int),
            ("kind", Type::Text),
            ("target_seq", Type::Int),
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

/// The audit lines of what is done with rooms and members, and of messages that somebody else took back.
/// What people say leaves none: the log is its record.
pub(crate) fn record(admitted: &[Admitted<'_>], facts: &Facts, now: Micros) -> Option<Statement> {
    let lines = admitted.iter().filter_map(|(unit, _)| {
        let (action, detail) = match &unit.deed {
            Deed::Speak(_) | Deed::Edit(_) | Deed::React(_) => return None,
            Deed::Delete(delete) => {
                let author = facts.messages.get(&(unit.room, delete.target)).map(|message| message.author);
                if author == Some(unit.author) {
                    return None;
                }
                ("message.delete", json!({ "target": delete.target, "author": author }))
            }
            Deed::Open(open) => ("room.open", json!({ "kind": open.kind.word(), "with": open.with })),
            Deed::Admit(admit) => ("room.admit", json!({ "user": admit.user })),
            Deed::Leave => ("room.leave", json!({})),
            Deed::Remove(remove) => ("room.remove", json!({ "user": remove.user, "reason": remove.reason })),
            Deed::Appoint(appoint) => ("room.role", json!({ "user": appoint.user, "role": appoint.role.word() })),
            Deed::Mute(mute) => ("room.mute", json!({ "user": mute.user, "seconds": mute.seconds, "reason": mute.reason })),
            Deed::SlowDown(slow) => ("room.slow_mode", json!({ "seconds": slow.seconds })),
            Deed::Ban(ban) => ("room.ban", json!({ "user": ban.user, "reason": ban.reason })),
            Deed::Unban(unban) => ("room.unban", json!({ "user": unban.user })),
        };
        let (actor, target) = (Some(unit.author.to_string()), Some(unit.room.to_string()));
        Some(Audit { at: now, actor, action, target, outcome: "ok", detail: Some(detail), personal: None })
    });
    let lines: Vec<_> = lines.collect();
    (!lines.is_empty()).then(|| audit::record_all(lines))
}

/// Every entry of a batch, in order.
pub(crate) fn entries<'a>(admitted: &'a [Admitted<'a>]) -> impl Iterator<Item = &'a Entry> {
    admitted.iter().flat_map(|(_, entries)| entries.iter())
}

/// The statement, unless it has no rows.
pub(crate) fn some_rows(rows: Vec<Vec<Value>>, statement: impl FnOnce(Vec<Vec<Value>>) -> Statement) -> Option<Statement> {
    (!rows.is_empty()).then(|| statement(rows))
}
