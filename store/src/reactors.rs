//! Who has reacted to a message, page by page.

use std::fmt;
use std::str::FromStr;

use allthrive_protocol::event::Person;
use allthrive_protocol::{RoomId, Seq, UserId};
use uuid::Uuid;

use crate::engine::{Row, Statement};
use crate::error::Error;
use crate::open::Store;
use crate::replay::optional_person;

/// Somebody's reaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reactor {
    /// The emoji.
    pub emoji: String,
    /// Whose it is.
    pub user: Person,
}

/// Where the list goes on: what its order is made of. `Display` and `FromStr` are each other's reverse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReactorCursor {
    emoji: String,
    user: Uuid,
}

impl fmt::Display for ReactorCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.user.simple(), self.emoji)
    }
}

impl FromStr for ReactorCursor {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (user, emoji) = text.split_once('_').ok_or(())?;
        // Postgres keeps no U+0000, nor does it look for one.
        if emoji.contains('\0') {
            return Err(());
        }
        Ok(Self { emoji: emoji.to_owned(), user: user.parse().map_err(drop)? })
    }
}

impl Reactor {
    /// The list goes on after this row.
    #[must_use]
    pub fn cursor(&self) -> ReactorCursor {
        ReactorCursor { emoji: self.emoji.clone(), user: self.user.id.0 }
    }
}

impl Store {
    /// Reactions to a message, by emoji in the order of code points, each by account. `None` if it is not a member's
    /// room or has no message of that number that this member may see.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn reactors(
        &self,
        user: UserId,
        room: RoomId,
        seq: Seq,
        after: Option<ReactorCursor>,
        limit: u32,
    ) -> Result<Option<Vec<Reactor>>, Error> {
        let read = Statement::new(
            "list reactors",
            "SELECT q.emoji, u.id, u.username, u.display_name
             FROM members m JOIN rooms r ON r.id = m.room
             JOIN messages x ON x.room = m.room AND x.seq = $3 AND x.seq >= m.from_seq
             LEFT JOIN (SELECT room, emoji, user_id FROM reactions
                WHERE room = $1 AND seq = $3 AND (emoji > $4 OR (emoji = $4 AND user_id > $5)) ORDER BY emoji, user_id LIMIT $6) q ON q.room = m.room
             LEFT JOIN users_all u ON u.id = q.user_id
             WHERE m.room = $1 AND m.user_id = $2 ORDER BY q.emoji NULLS LAST, q.user_id NULLS LAST",
        );
        let ReactorCursor { emoji, user: last } = after.unwrap_or(ReactorCursor { emoji: String::new(), user: Uuid::nil() });
        let rows = self.engine.all(read.bind(room).bind(user).bind(seq).bind(emoji).bind(last).bind(limit)).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        rows.iter().filter_map(|row| reactor(row).transpose()).collect::<Result<_, _>>().map(Some)
    }
}

/// `None` for the row that only says that there are no more.
fn reactor(row: &Row) -> Result<Option<Reactor>, Error> {
    let Some(user) = optional_person(row, 1)? else { return Ok(None) };
    Ok(Some(Reactor { emoji: row.get(0)?, user }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_nothing_else_is() {
        let cursor = ReactorCursor { emoji: "👩‍💻".into(), user: Uuid::from_u128(7) };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for wrong in ["", "👍", "x_👍", "00000000000000000000000000000007_a\0"] {
            assert_eq!(wrong.parse::<ReactorCursor>(), Err(()), "{wrong}");
        }
    }
}
