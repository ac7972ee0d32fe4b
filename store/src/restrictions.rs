//! Whom a room's moderators have muted or banned, page by page.

use allthrive_domain::time::Micros;
use allthrive_domain::unit::Role;
use allthrive_protocol::event::Person;
use allthrive_protocol::{RoomId, UserId};

use crate::conversations::{ABOVE_ALL, Cursor};
use crate::engine::{Row, Statement};
use crate::error::Error;
use crate::facts::role;
use crate::open::Store;
use crate::replay::optional_person;

/// Somebody for whom something holds in a room, member or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restricted {
    /// Who.
    pub user: Person,
    /// Whether they may not come in.
    pub banned: bool,
    /// Until when they may not write, if they may not now.
    pub muted_until: Option<Micros>,
    /// When a moderator last decided.
    pub changed_at: Micros,
}

impl Restricted {
    /// The list goes on after this row.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { at: self.changed_at.0, id: self.user.id.0 }
    }
}

impl Store {
    /// Whom a ban or a mute holds at `now`, the newest decision first, and the role of the member who asks: whether
    /// they may know is the caller's affair. `None` if it is not a member's room.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn restrictions(
        &self,
        user: UserId,
        room: RoomId,
        now: Micros,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Option<(Role, Vec<Restricted>)>, Error> {
        let read = Statement::new(
            "list restrictions",
            "SELECT m.role, u.id, u.username, u.display_name, o.banned, o.muted_until, o.changed_at
             FROM members m JOIN rooms r ON r.id = m.room
             LEFT JOIN (SELECT room, user_id, banned, muted_until, changed_at FROM restrictions
                WHERE room = $1 AND (banned = 1 OR muted_until > $3) AND (changed_at < $4 OR (changed_at = $4 AND user_id < $5))
                ORDER BY changed_at DESC, user_id DESC LIMIT $6) o ON o.room = m.room
             LEFT JOIN users_all u ON u.id = o.user_id
             WHERE m.room = $1 AND m.user_id = $2 ORDER BY o.changed_at DESC NULLS LAST, o.user_id DESC NULLS LAST",
        );
        let after = after.unwrap_or(ABOVE_ALL);
        let rows = self.engine.all(read.bind(room).bind(user).bind(now).bind(after.at).bind(after.id).bind(limit)).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let listed = rows.iter().filter_map(|row| restricted(row, now).transpose()).collect::<Result<_, _>>()?;
        Ok(Some((role(first, 0)?, listed)))
    }
}

/// `None` for the row that only says that there are no more.
fn restricted(row: &Row, now: Micros) -> Result<Option<Restricted>, Error> {
    let Some(user) = optional_person(row, 1)? else { return Ok(None) };
    let muted_until = row.get::<Option<Micros>>(5)?.filter(|until| *until > now);
    Ok(Some(Restricted { user, banned: row.get(4)?, muted_until, changed_at: row.get(6)? }))
}
