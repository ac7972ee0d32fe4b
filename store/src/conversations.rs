//! Lists of rooms and of people, for reading page by page.

use std::fmt;
use std::str::FromStr;

use allthrive_domain::time::Micros;
use allthrive_domain::unit::{Kind, Role};
use allthrive_protocol::event::{Person, Top};
use allthrive_protocol::{RoomId, Seq, UserId};
use uuid::Uuid;

use crate::engine::{Row, Statement};
use crate::error::Error;
use crate::facts::{kind, role};
use crate::members::unread;
use crate::open::Store;
use crate::replay::{optional_person, person};

/// A room in an account's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The room.
    pub room: RoomId,
    /// Its kind; never `Personal`.
    pub kind: Kind,
    /// Its title.
    pub title: Option<String>,
    /// The other person of a direct conversation.
    pub with: Option<Person>,
    /// The own role.
    pub role: Role,
    /// Number of members.
    pub members: u64,
    /// The own read mark.
    pub read: Seq,
    /// Top and unread.
    pub top: Top,
    /// When something last happened.
    pub last_at: Micros,
    /// The newest message this member may see.
    pub last: Option<Last>,
}

/// The newest message of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Last {
    /// Its number.
    pub seq: Seq,
    /// When.
    pub at: Micros,
    /// By whom.
    pub author: Person,
    /// Its text.
    pub body: Option<String>,
}

/// A public room in the list of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicRoom {
    /// The room.
    pub room: RoomId,
    /// Its title.
    pub title: Option<String>,
    /// Number of members.
    pub members: u64,
    /// Whether the account that asks is one of them.
    pub joined: bool,
    /// When it was made.
    pub created_at: Micros,
}

/// A member in the list of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: Person,
    /// As what.
    pub role: Role,
    /// How far read.
    pub read: Seq,
    /// The number with which this member came.
    pub joined_seq: Seq,
}

/// Where a list goes on: what the last row of a page was sorted by. `Display` and `FromStr` are each other's reverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// A time in microseconds or a `seq`.
    pub at: i64,
    /// The row's id.
    pub id: Uuid,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.at, self.id.simple())
    }
}

impl FromStr for Cursor {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, id) = text.split_once('_').ok_or(())?;
        Ok(Self { at: at.parse().map_err(drop)?, id: id.parse().map_err(drop)? })
    }
}

impl Listed {
    /// The list goes on after this row.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { at: self.last_at.0, id: self.room.0 }
    }
}

impl PublicRoom {
    /// The list goes on after this row.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at.0, id: self.room.0 }
    }
}

impl Member {
    /// The list goes on after this row.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { at: i64::try_from(self.joined_seq).unwrap_or(i64::MAX), id: self.user.id.0 }
    }
}

/// Before the first row of a list that goes down.
pub(crate) const ABOVE_ALL: Cursor = Cursor { at: i64::MAX, id: Uuid::max() };
/// Before the first row of a list that goes up.
const BELOW_ALL: Cursor = Cursor { at: i64::MIN, id: Uuid::nil() };

/// The rows of `p(room, user_id)` as [`Listed`].
macro_rules! listed {
    ($page:literal) => {
        concat!(
            "SELECT r.id, r.kind, r.title, m.role, r.member_count, m.read_seq, r.top, ",
            unread!(),
            " AS unread, r.last_at, o.id AS o_id, o.username AS o_username, o.display_name AS o_name,
             x.seq, x.created_at, a.id AS a_id, a.username AS a_username, a.display_name AS a_name, x.body FROM (",
            $page,
            ") p JOIN members m ON m.room = p.room AND m.user_id = $1 JOIN rooms r ON r.id = p.room
             LEFT JOIN members w ON r.kind = 'direct' AND w.room = m.room AND w.user_id <> m.user_id
             LEFT JOIN users_all o ON o.id = w.user_id
             LEFT JOIN messages x ON x.room = m.room AND x.seq =
                (SELECT y.seq FROM messages y WHERE y.room = m.room AND y.seq >= m.from_seq AND y.deleted_at IS NULL ORDER BY y.seq DESC LIMIT 1)
             LEFT JOIN users_all a ON a.id = x.author
             ORDER BY r.last_at DESC, r.id DESC"
        )
    };
}

impl Store {
    /// The account's rooms but the personal one, newest activity first.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn conversations(&self, user: UserId, after: Option<Cursor>, limit: u32) -> Result<Vec<Listed>, Error> {
        let read = Statement::new(
            "list conversations",
            listed!(
                "SELECT q.id AS room FROM members n JOIN rooms q ON q.id = n.room
                 WHERE n.user_id = $1 AND q.kind <> 'personal' AND (q.last_at < $2 OR (q.last_at = $2 AND q.id < $3))
                 ORDER BY q.last_at DESC, q.id DESC LIMIT $4"
            ),
        );
        let after = after.unwrap_or(ABOVE_ALL);
        let rows = self.engine.all(read.bind(user).bind(after.at).bind(after.id).bind(limit)).await?;
        rows.iter().map(listed).collect()
    }

    /// One of them; `None` if it is not a member's room.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn conversation(&self, user: UserId, room: RoomId) -> Result<Option<Listed>, Error> {
        let read =
            Statement::new("read a conversation", listed!("SELECT q.id AS room FROM rooms q WHERE q.id = $2 AND q.kind <> 'personal'"));
        self.engine.optional(read.bind(user).bind(room)).await?.as_ref().map(listed).transpose()
    }

    /// All public rooms, newest first.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn public_rooms(&self, user: UserId, after: Option<Cursor>, limit: u32) -> Result<Vec<PublicRoom>, Error> {
        let read = Statement::new(
            "list public rooms",
            "SELECT r.id, r.title, r.member_count, r.created_at, m.user_id
             FROM rooms r LEFT JOIN members m ON m.room = r.id AND m.user_id = $1
             WHERE r.kind = 'room' AND (r.created_at < $2 OR (r.created_at = $2 AND r.id < $3))
             ORDER BY r.created_at DESC, r.id DESC LIMIT $4",
        );
        let after = after.unwrap_or(ABOVE_ALL);
        let room = |row: &Row| {
            let joined = row.get::<Option<UserId>>(4)?.is_some();
            Ok(PublicRoom { room: row.get(0)?, title: row.get(1)?, members: row.get(2)?, joined, created_at: row.get(3)? })
        };
        self.engine.all(read.bind(user).bind(after.at).bind(after.id).bind(limit)).await?.iter().map(room).collect()
    }

    /// The members of a room in the order in which they came; `None` if it is not a member's room.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn members(&self, user: UserId, room: RoomId, after: Option<Cursor>, limit: u32) -> Result<Option<Vec<Member>>, Error> {
        let read = Statement::new(
            "list members",
            "SELECT u.id, u.username, u.display_name, o.role, o.read_seq, o.joined_seq
             FROM members m JOIN rooms r ON r.id = m.room
             LEFT JOIN (SELECT room, user_id, role, read_seq, joined_seq FROM members
                WHERE room = $1 AND (joined_seq > $3 OR (joined_seq = $3 AND user_id > $4)) ORDER BY joined_seq, user_id LIMIT $5) o ON o.room = m.room
             LEFT JOIN users_all u ON u.id = o.user_id
             WHERE m.room = $1 AND m.user_id = $2 ORDER BY o.joined_seq NULLS LAST, o.user_id NULLS LAST",
        );
        let after = after.unwrap_or(BELOW_ALL);
        let rows = self.engine.all(read.bind(room).bind(user).bind(after.at).bind(after.id).bind(limit)).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        rows.iter().filter_map(|row| member(row).transpose()).collect::<Result<_, _>>().map(Some)
    }
}

/// `None` for the row that only says that there are no more.
fn member(row: &Row) -> Result<Option<Member>, Error> {
    let Some(user) = optional_person(row, 0)? else { return Ok(None) };
    Ok(Some(Member { user, role: role(row, 3)?, read: row.get(4)?, joined_seq: row.get(5)? }))
}

fn listed(row: &Row) -> Result<Listed, Error> {
    let last = match row.get(12)? {
        Some(seq) => Some(Last { seq, at: row.get(13)?, author: person(row, 14)?, body: row.get(17)? }),
        None => None,
    };
    Ok(Listed {
        room: row.get(0)?,
        kind: kind(row, 1)?,
        title: row.get(2)?,
        with: optional_person(row, 9)?,
        role: role(row, 3)?,
        members: row.get(4)?,
        read: row.get(5)?,
        top: Top { top: row.get(6)?, unread: row.get(7)?, mention: false },
        last_at: row.get(8)?,
        last,
    })
}
