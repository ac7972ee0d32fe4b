//! Reading a room's log: pages for catching up, entries for a gate.
//!
//! Each `seq` is told once, with its payload as now permitted: today's text of a message, today's names of people.

use allthrive_domain::entry::{Entry, Joined, Payload};
use allthrive_domain::unit::{Kind, Role};
use allthrive_protocol::event::Person;
use allthrive_protocol::{RoomId, Seq, UserId};

use crate::engine::{Row, Statement, Type};
use crate::error::Error;
use crate::open::Store;

/// A stretch of a room's log as one member may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Where it begins, exclusive: what was asked, or the last `seq` hidden from this member.
    pub after: Seq,
    /// In order, without a hole.
    pub entries: Vec<Entry>,
    /// The last entry's number, or `top` if there is nothing after `after`.
    pub end: Seq,
    /// The room's last number when this was read.
    pub top: Seq,
}

/// What an entry weighs beside its text, in bytes: names, ids and punctuation on the wire.
pub(crate) const ENVELOPE_BYTES: usize = 384;

/// The columns of an entry, from `room_log l` and what is joined to it.
macro_rules! entry_columns {
    () => {
        "l.seq, l.at, l.kind, l.cmid, l.author, a.username, a.display_name, m.body, m.reply_to, m.rev,
         l.subject, s.username AS s_username, s.display_name AS s_name, l.told_room, l.told_user, w.username AS w_username, w.display_name AS w_name, l.data"
    };
}

/// The joins that [`entry_columns`] needs.
macro_rules! entry_joins {
    () => {
        "LEFT JOIN users_all a ON a.id = l.author
         LEFT JOIN messages m ON m.room = l.room AND m.seq = l.seq
         LEFT JOIN users_all s ON s.id = l.subject
         LEFT JOIN users_all w ON w.id = l.told_user"
    };
}

/// Names the columns of a stretch of the log, before the joins.
macro_rules! log_columns {
    () => {
        "room, seq, at, kind, cmid, author, subject, told_room, told_user, data"
    };
}

impl Store {
    /// The log after `after`, as far as `limit` entries and about `max_bytes` on the wire go, but one entry
    /// at least. `None` if this is not a member's room.
    ///
    /// One statement, so the permission holds at `end`.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn page(&self, user: UserId, room: RoomId, after: Seq, limit: u32, max_bytes: usize) -> Result<Option<Page>, Error> {
        let read = Statement::new(
            "read a page",
            concat!(
                "SELECT r.top, y.from_seq, ",
                entry_columns!(),
                " FROM members y JOIN rooms r ON r.id = y.room
                 LEFT JOIN (SELECT ",
                log_columns!(),
                " FROM room_log WHERE room = $1 AND seq > $3
                    AND seq >= (SELECT from_seq FROM members WHERE room = $1 AND user_id = $2) ORDER BY seq LIMIT $4) l ON l.room = y.room ",
                entry_joins!(),
                " WHERE y.room = $1 AND y.user_id = $2 ORDER BY l.seq NULLS LAST"
            ),
        );
        let rows = self.engine.all(read.bind(room).bind(user).bind(after).bind(limit)).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let (top, from_seq): (Seq, Seq) = (first.get(0)?, first.get(1)?);
        let after = after.max(from_seq.saturating_sub(1));
        let mut entries = Vec::new();
        let mut bytes = 0;
        for row in &rows {
            if row.get::<Option<Seq>>(2)?.is_none() {
                break;
            }
            let entry = entry(room, row, 2)?;
            bytes += ENVELOPE_BYTES + text_bytes(&entry);
            if bytes > max_bytes && !entries.is_empty() {
                break;
            }
            entries.push(entry);
        }
        let end = entries.last().map_or(top, |entry| entry.seq);
        Ok(Some(Page { after, entries, end, top }))
    }

    /// The log after `after` for whoever has the right already: a gate that misses a number.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn entries(&self, room: RoomId, after: Seq, limit: u32) -> Result<Vec<Entry>, Error> {
        let read = Statement::new(
            "read entries",
            concat!(
                "SELECT ",
                entry_columns!(),
                " FROM (SELECT ",
                log_columns!(),
                " FROM room_log WHERE room = $1 AND seq > $2 ORDER BY seq LIMIT $3) l ",
                entry_joins!(),
                " ORDER BY l.seq NULLS LAST"
            ),
        );
        let rows = self.engine.all(read.bind(room).bind(after).bind(limit)).await?;
        rows.iter().map(|row| entry(room, row, 0)).collect()
    }

    /// The last number of each of these rooms that exists.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn tops(&self, rooms: &[RoomId]) -> Result<Vec<(RoomId, Seq)>, Error> {
        let read = Statement::new("read tops", "SELECT r.id, r.top FROM rooms r JOIN {keys} ON r.id = k.room")
            .list(&[("room", Type::Uuid)], rooms.iter().map(|room| vec![(*room).into()]).collect());
        self.engine.all(read).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }
}

fn text_bytes(entry: &Entry) -> usize {
    match &entry.payload {
        Payload::Message { body, .. } => body.as_deref().map_or(0, json_bytes),
        Payload::Joined { .. } => 0,
    }
}

/// How long a text is as JSON (RFC 8259, 7): a control character takes six bytes.
pub(crate) fn json_bytes(text: &str) -> usize {
    text.bytes().map(|byte| if byte < 0x20 { 6 } else { 1 + usize::from(matches!(byte, b'"' | b'\\')) }).sum()
}

/// One entry from the columns of [`entry_columns`], of which the first stands at `at`.
fn entry(room: RoomId, row: &Row, at: usize) -> Result<Entry, Error> {
    let kind: String = row.get(at + 2)?;
    let payload = match kind.as_str() {
        "message.new" => Payload::Message { body: row.get(at + 7)?, reply_to: row.get(at + 8)?, rev: row.get(at + 9)? },
        "member.joined" => joined(row, at)?,
        other => return Err(Error::corrupt("room_log.kind", other)),
    };
    Ok(Entry {
        room,
        seq: row.get(at)?,
        at: row.get(at + 1)?,
        author: person(row, at + 4)?,
        cmid: row.get(at + 3)?,
        fingerprint: None,
        payload,
    })
}

fn joined(row: &Row, at: usize) -> Result<Payload, Error> {
    let text: String = row.get(at + 17)?;
    let data: serde_json::Value = serde_json::from_str(&text).map_err(|e| Error::corrupt("room_log.data", e))?;
    let word = |key: &str| data.get(key).and_then(serde_json::Value::as_str);
    let missing = |key: &str| Error::corrupt("room_log.data", format!("no {key}"));
    let conversation = match row.get::<Option<RoomId>>(at + 13)? {
        None => None,
        Some(room) => Some(Joined {
            room,
            kind: word("kind").and_then(Kind::parse).ok_or_else(|| missing("kind"))?,
            title: word("title").map(str::to_owned),
            with: optional_person(row, at + 14)?,
        }),
    };
    let role = word("role").and_then(Role::parse).ok_or_else(|| missing("role"))?;
    Ok(Payload::Joined { user: person(row, at + 10)?, role, conversation })
}

/// A person from three columns: id, username, display name.
pub(crate) fn person(row: &Row, at: usize) -> Result<Person, Error> {
    Ok(Person { id: row.get(at)?, username: row.get(at + 1)?, name: row.get(at + 2)? })
}

/// As [`person`], where nobody need be.
pub(crate) fn optional_person(row: &Row, at: usize) -> Result<Option<Person>, Error> {
    row.get::<Option<UserId>>(at)?.map(|_| person(row, at)).transpose()
}
