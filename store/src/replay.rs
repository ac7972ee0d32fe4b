//! Reading a room's log: pages for catching up, entries for a gate.
//!
//! Each `seq` is told once, with its payload as now permitted: today's text of a message, today's names of people.

use allthrive_domain::entry::{Entry, Leaving, Payload, Place};
use allthrive_domain::time::Micros;
use allthrive_domain::unit::Kind;
use allthrive_protocol::event::Person;
use allthrive_protocol::{RoomId, Seq, UserId};

use crate::engine::{Row, Statement, Type};
use crate::error::Error;
use crate::log::Data;
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
    /// The first number this member may see.
    pub from_seq: Seq,
}

/// What an entry weighs beside its text, in bytes: names, ids and punctuation on the wire.
pub(crate) const ENVELOPE_BYTES: usize = 384;

/// The columns of an entry, from `room_log l` and what is joined to it.
macro_rules! entry_columns {
    () => {
        "l.seq, l.at, l.kind, l.cmid, l.author, a.username, a.display_name, m.body, m.reply_to, m.rev,
         l.subject, s.username AS s_username, s.display_name AS s_name, l.told_room, l.told_user, w.username AS w_username, w.display_name AS w_name, l.data, l.target_seq"
    };
}

/// The joins that [`entry_columns`] needs.
macro_rules! entry_joins {
    () => {
        "LEFT JOIN users_all a ON a.id = l.author
         LEFT JOIN messages m ON m.room = l.room AND m.seq = COALESCE(l.target_seq, l.seq)
         LEFT JOIN users_all s ON s.id = l.subject
         LEFT JOIN users_all w ON w.id = l.told_user"
    };
}

/// Names the columns of a stretch of the log, before the joins.
macro_rules! log_columns {
    () => {
        "room, seq, at, kind, cmid, author, subject, told_room, told_user, data, target_seq"
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
            let entry = entry(room, row, 2)?.seen_from(from_seq);
            bytes += ENVELOPE_BYTES + text_bytes(&entry);
            if bytes > max_bytes && !entries.is_empty() {
                break;
            }
            entries.push(entry);
        }
        let end = entries.last().map_or(top, |entry| entry.seq);
        Ok(Some(Page { after, entries, end, top, from_seq }))
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
        Payload::Message { body, .. } | Payload::Edited { body, .. } => body.as_deref().map_or(0, json_bytes),
        Payload::Left { reason, .. } | Payload::Muted { reason, .. } => reason.as_deref().map_or(0, json_bytes),
        Payload::Deleted { .. }
        | Payload::Reacted { .. }
        | Payload::Joined { .. }
        | Payload::Appointed { .. }
        | Payload::Banned { .. }
        | Payload::Unbanned { .. }
        | Payload::SlowMode { .. } => 0,
    }
}

/// How long a text is as JSON (RFC 8259, 7): a control character takes six bytes.
pub(crate) fn json_bytes(text: &str) -> usize {
    text.bytes().map(|byte| if byte < 0x20 { 6 } else { 1 + usize::from(matches!(byte, b'"' | b'\\')) }).sum()
}

/// One entry from the columns of [`entry_columns`], of which the first stands at `at`.
fn entry(room: RoomId, row: &Row, at: usize) -> Result<Entry, Error> {
    Ok(Entry {
        room,
        seq: row.get(at)?,
        at: row.get(at + 1)?,
        author: person(row, at + 4)?,
        cmid: row.get(at + 3)?,
        fingerprint: None,
        payload: payload(row, at)?,
    })
}

/// What happened, as now permitted: a message has its present text wherever it is told.
fn payload(row: &Row, at: usize) -> Result<Payload, Error> {
    let kind: String = row.get(at + 2)?;
    let body = || row.get(at + 7);
    let target = || row.get(at + 18);
    let user = || person(row, at + 10);
    let data = row
        .get::<Option<String>>(at + 17)?
        .map_or(Ok(Data::default()), |text| serde_json::from_str(&text).map_err(|error| Error::corrupt("room_log.data", error)))?;
    let place = place(row, at, &data)?;
    let lacks = |what: &str| Error::corrupt("room_log.data", format!("no {what} in {kind}"));
    Ok(match kind.as_str() {
        "message.new" => Payload::Message { body: body()?, reply_to: row.get(at + 8)?, rev: row.get(at + 9)? },
        "message.edited" => Payload::Edited { target: target()?, body: body()?, rev: row.get(at + 9)? },
        "message.deleted" => Payload::Deleted { target: target()? },
        "reaction" => {
            let (emoji, on) = data.emoji.zip(data.on).ok_or_else(|| lacks("reaction"))?;
            Payload::Reacted { target: target()?, emoji, on }
        }
        "member.joined" => Payload::Joined { user: user()?, role: data.role().ok_or_else(|| lacks("role"))?, place },
        "member.left" => {
            let how = data.how.as_deref().and_then(Leaving::parse).ok_or_else(|| lacks("way"))?;
            Payload::Left { user: user()?, how, place, reason: data.reason }
        }
        "member.role" => Payload::Appointed { user: user()?, role: data.role().ok_or_else(|| lacks("role"))?, place },
        "moderation.muted" => Payload::Muted { user: user()?, until: data.until.map(Micros), place, reason: data.reason },
        "moderation.banned" => Payload::Banned { user: user()? },
        "moderation.unbanned" => Payload::Unbanned { user: user()? },
        "moderation.slow_mode" => Payload::SlowMode { seconds: data.seconds.ok_or_else(|| lacks("pause"))? },
        other => return Err(Error::corrupt("room_log.kind", other)),
    })
}

fn place(row: &Row, at: usize, data: &Data) -> Result<Option<Place>, Error> {
    let Some(room) = row.get::<Option<RoomId>>(at + 13)? else { return Ok(None) };
    let kind = data.kind.as_deref().and_then(Kind::parse).ok_or_else(|| Error::corrupt("room_log.data", "no kind of the room told of"))?;
    Ok(Some(Place { room, kind, title: data.title.clone(), with: optional_person(row, at + 14)? }))
}

/// A person from three columns: id, username, display name.
pub(crate) fn person(row: &Row, at: usize) -> Result<Person, Error> {
    Ok(Person { id: row.get(at)?, username: row.get(at + 1)?, name: row.get(at + 2)? })
}

/// As [`person`], where nobody need be.
pub(crate) fn optional_person(row: &Row, at: usize) -> Result<Option<Person>, Error> {
    row.get::<Option<UserId>>(at)?.map(|_| person(row, at)).transpose()
}
