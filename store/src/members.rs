//! Where an account stands in its rooms: standing, snapshot, read mark, unread.

use std::collections::BTreeMap;

use allthrive_domain::time::Micros;
use allthrive_domain::unit::{Kind, Role};
use allthrive_protocol::event::Top;
use allthrive_protocol::reply::Snapshot;
use allthrive_protocol::{RoomId, Seq, UserId};

use crate::engine::{Row, Statement, Type};
use crate::error::Error;
use crate::facts::{kind, role};
use crate::open::Store;

/// Most members of a room whose read marks a snapshot tells.
const READS_OF: i64 = 100;

/// A member's place in one room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomStanding {
    /// The room.
    pub room: RoomId,
    /// Its kind.
    pub kind: Kind,
    /// The member's role.
    pub role: Role,
    /// The first number this member may see.
    pub from_seq: Seq,
    /// The room's last number.
    pub top: Seq,
}

/// Counts unread messages of `members m` with an end at the cap: far behind costs no more than a little behind.
macro_rules! unread {
    () => {
        "(SELECT COUNT(*) FROM (SELECT 1 AS one FROM messages x WHERE x.room = m.room AND x.seq > m.read_seq AND x.seq >= m.from_seq
           AND x.author <> m.user_id AND x.deleted_at IS NULL ORDER BY x.seq LIMIT 100) c)"
    };
}
pub(crate) use unread;

impl Store {
    /// Every room of the account, the personal one among them; newest activity first.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn standings(&self, user: UserId) -> Result<Vec<RoomStanding>, Error> {
        let read = Statement::new(
            "read standings",
            "SELECT m.room, r.kind, m.role, m.from_seq, r.top FROM members m JOIN rooms r ON r.id = m.room WHERE m.user_id = $1 ORDER BY r.last_at DESC, m.room",
        );
        self.engine.all(read.bind(user)).await?.iter().map(standing).collect()
    }

    /// The account's place in one room; `None` if it is not a member's room.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn standing(&self, user: UserId, room: RoomId) -> Result<Option<RoomStanding>, Error> {
        let read = Statement::new(
            "read a standing",
            "SELECT m.room, r.kind, m.role, m.from_seq, r.top FROM members m JOIN rooms r ON r.id = m.room WHERE m.room = $1 AND m.user_id = $2",
        );
        self.engine.optional(read.bind(room).bind(user)).await?.as_ref().map(standing).transpose()
    }

    /// The room as this member sees it, with its top; `None` if it is not a member's room.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn snapshot(&self, user: UserId, room: RoomId) -> Result<Option<(Snapshot, Seq)>, Error> {
        let read = Statement::new(
            "read a snapshot",
            "SELECT r.kind, r.title, m.role, m.from_seq, r.member_count, r.top, o.user_id, o.read_seq, r.slow_mode, s.muted_until
             FROM members m JOIN rooms r ON r.id = m.room
             LEFT JOIN restrictions s ON s.room = m.room AND s.user_id = m.user_id
             LEFT JOIN members o ON o.room = m.room AND r.member_count <= $3
             WHERE m.room = $1 AND m.user_id = $2",
        );
        let rows = self.engine.all(read.bind(room).bind(user).bind(READS_OF)).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let mut reads = BTreeMap::new();
        for row in &rows {
            if let Some(reader) = row.get(6)? {
                reads.insert(reader, row.get(7)?);
            }
        }
        let snapshot = Snapshot {
            kind: kind(first, 0)?.word().to_owned(),
            title: first.get(1)?,
            role: role(first, 2)?.word().to_owned(),
            from_seq: first.get(3)?,
            members: first.get(4)?,
            slow_mode: first.get(8)?,
            muted_until_ts: first.get::<Option<Micros>>(9)?.map(Micros::millis),
            reads,
        };
        Ok(Some((snapshot, first.get(5)?)))
    }

    /// What a room is; it never changes. `None` if there is no such room.
    ///
    /// # Errors
    /// As [`crate::Engine::optional`].
    pub async fn room_kind(&self, room: RoomId) -> Result<Option<Kind>, Error> {
        let read = Statement::new("read a kind", "SELECT kind FROM rooms WHERE id = $1").bind(room);
        self.engine.optional(read).await?.map(|row| kind(&row, 0)).transpose()
    }

    /// Top and unread of these rooms, each for the account beside it, in one statement; rooms that are not the
    /// account's are left out.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn unread(&self, of: &[(UserId, RoomId)]) -> Result<Vec<(UserId, RoomId, Top)>, Error> {
        let read = Statement::new(
            "count unread",
            concat!(
                "SELECT m.user_id, m.room, r.top, ",
                unread!(),
                " AS unread FROM {keys} JOIN members m ON m.user_id = k.user_id AND m.room = k.room JOIN rooms r ON r.id = m.room"
            ),
        );
        let keys = of.iter().map(|(user, room)| vec![(*user).into(), (*room).into()]).collect();
        let read = read.list(&[("user_id", Type::Uuid), ("room", Type::Uuid)], keys);
        let top = |row: &Row| Ok((row.get(0)?, row.get(1)?, Top { top: row.get(2)?, unread: row.get(3)?, mention: false }));
        self.engine.all(read).await?.iter().map(top).collect()
    }

    /// Until when somebody is muted in a room, if they are or were.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn muted_until(&self, user: UserId, room: RoomId) -> Result<Option<Micros>, Error> {
        let read = Statement::new("read a mute", "SELECT muted_until FROM restrictions WHERE room = $1 AND user_id = $2");
        Ok(self.engine.optional(read.bind(room).bind(user)).await?.map(|row| row.get(0)).transpose()?.flatten())
    }

    /// Moves the read mark up to `seq`, or to the top if that is less; it never goes down. Where it
    /// stands now, and whether this moved it; `None` if it is not a member's room.
    ///
    /// # Errors
    /// As [`crate::Engine::run`].
    pub async fn mark_read(&self, user: UserId, room: RoomId, seq: Seq) -> Result<Option<(Seq, bool)>, Error> {
        let read = Statement::new(
            "read a mark",
            "SELECT m.read_seq, r.top FROM members m JOIN rooms r ON r.id = m.room WHERE m.room = $1 AND m.user_id = $2",
        );
        let Some(row) = self.engine.optional(read.bind(room).bind(user)).await? else { return Ok(None) };
        let (mark, top): (Seq, Seq) = (row.get(0)?, row.get(1)?);
        let wanted = seq.min(top);
        if wanted <= mark {
            return Ok(Some((mark, false)));
        }
        let raise = Statement::new("raise a mark", "UPDATE members SET read_seq = $3 WHERE room = $1 AND user_id = $2 AND read_seq < $3");
        let rose = self.engine.run(raise.bind(room).bind(user).bind(wanted)).await? > 0;
        Ok(Some((wanted, rose)))
    }
}

fn standing(row: &Row) -> Result<RoomStanding, Error> {
    Ok(RoomStanding { room: row.get(0)?, kind: kind(row, 1)?, role: role(row, 2)?, from_seq: row.get(3)?, top: row.get(4)? })
}
