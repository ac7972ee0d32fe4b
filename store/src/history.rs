//! Messages as they are now, for reading.

use allthrive_domain::time::Micros;
use allthrive_protocol::command::History;
use allthrive_protocol::event::Message;
use allthrive_protocol::reply::{HistoryItem, HistoryPage, Reacted};
use allthrive_protocol::{RoomId, Seq, UserId};

use crate::engine::{Row, Statement};
use crate::error::Error;
use crate::open::Store;
use crate::replay::{ENVELOPE_BYTES, json_bytes, person};

/// The reactions to message `x` as JSON, `[[emoji, count, mine], …]`, in the order of their code points.
macro_rules! reactions {
    ($collect:literal, $pack:literal) => {
        concat!(
            "(SELECT ",
            $collect,
            " FROM (SELECT ",
            $pack,
            "(q.emoji, COUNT(*), MAX(CASE WHEN q.user_id = $2 THEN 1 ELSE 0 END)) AS one
                FROM reactions q WHERE q.room = $1 AND q.seq = x.seq GROUP BY q.emoji ORDER BY q.emoji) g)"
        )
    };
}

macro_rules! messages {
    ($bound:literal, $order:literal, $reactions:expr) => {
        concat!(
            "SELECT r.top, x.seq, x.created_at, x.author, a.username, a.display_name, l.cmid, x.body, x.reply_to, x.rev, ",
            $reactions,
            " AS reactions FROM members y JOIN rooms r ON r.id = y.room
             LEFT JOIN (SELECT room, seq, created_at, author, body, reply_to, rev FROM messages WHERE room = $1 AND seq ",
            $bound,
            " $3 AND seq >= (SELECT from_seq FROM members WHERE room = $1 AND user_id = $2) ORDER BY seq ",
            $order,
            " LIMIT $4) x ON x.room = y.room
             LEFT JOIN users_all a ON a.id = x.author
             LEFT JOIN room_log l ON l.room = x.room AND l.seq = x.seq
             WHERE y.room = $1 AND y.user_id = $2 ORDER BY x.seq ",
            $order,
            " NULLS LAST"
        )
    };
}

/// The same read on both engines: JSON is made by functions of different names.
macro_rules! read_messages {
    ($name:literal, $bound:literal, $order:literal) => {
        Statement::per_engine(
            $name,
            messages!($bound, $order, reactions!("json_group_array(json(g.one))", "json_array")),
            messages!($bound, $order, reactions!("CAST(json_agg(g.one) AS text)", "json_build_array")),
        )
    };
}

/// A page ends at about so many bytes on the wire, as a page of the log does; one message is in it at least.
const MOST_BYTES: usize = 128 * 1024;

/// What a reaction weighs on the wire at most: a family emoji, its count, punctuation.
const REACTION_BYTES: usize = 96;

impl Store {
    /// Messages below `before`, above `after` or, with neither, the newest; oldest first, none from before
    /// this member may see. `None` if this is not a member's room. One statement.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn history(&self, user: UserId, room: RoomId, asked: History) -> Result<Option<HistoryPage>, Error> {
        let History { before, after, limit } = asked;
        let (read, bound) = match (before, after) {
            (_, Some(seq)) => (read_messages!("read history after", ">", "ASC"), seq),
            (before, None) => (read_messages!("read history", "<", "DESC"), before.unwrap_or(Seq::MAX)),
        };
        // One more than asked tells whether there is more.
        let mut rows = self.engine.all(read.bind(room).bind(user).bind(bound).bind(u64::from(limit) + 1)).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let top = first.get(0)?;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut more = rows.len() > wanted;
        rows.truncate(wanted);
        let (mut messages, mut bytes) = (Vec::new(), 0);
        for row in &rows {
            let Some(item) = item(row)? else { break };
            bytes += ENVELOPE_BYTES + item.reactions.len() * REACTION_BYTES + item.message.body.as_deref().map_or(0, json_bytes);
            if bytes > MOST_BYTES && !messages.is_empty() {
                more = true;
                break;
            }
            messages.push(item);
        }
        if after.is_none() {
            messages.reverse();
        }
        Ok(Some(HistoryPage { messages, more, top }))
    }
}

/// `None` for the row that only says that the room is empty.
fn item(row: &Row) -> Result<Option<HistoryItem>, Error> {
    let Some(seq) = row.get(1)? else { return Ok(None) };
    let message = Message { author: person(row, 3)?, cmid: row.get(6)?, body: row.get(7)?, reply_to: row.get(8)?, rev: row.get(9)? };
    let packed: Option<String> = row.get(10)?;
    let packed: Vec<(String, u64, u8)> =
        packed.map_or(Ok(Vec::new()), |text| serde_json::from_str(&text)).map_err(|error| Error::corrupt("reactions", error))?;
    let reactions = packed.into_iter().map(|(emoji, count, mine)| Reacted { emoji, count, mine: mine > 0 }).collect();
    Ok(Some(HistoryItem { seq, ts: row.get::<Micros>(2)?.millis(), message, reactions }))
}
