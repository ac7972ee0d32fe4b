//! Who on one thread cares about a room, and how.

use std::collections::{HashMap, HashSet};

use allthrive_protocol::{ConnId, Seq};
use tokio::sync::oneshot;

use super::presence::Attendance;
use crate::ring::Ring;

/// Who on this thread cares about a room.
pub(super) struct Audience {
    /// Whether the gate was asked: its mailbox may have been full.
    pub(super) asked: bool,
    /// `None` until the gate has answered; nobody can go live before.
    pub(super) ring: Option<Ring>,
    pub(super) opening: Vec<oneshot::Sender<bool>>,
    pub(super) hearing: HashMap<ConnId, Hearing>,
    pub(super) telling: HashSet<ConnId>,
    pub(super) attendance: Attendance,
    /// The last number at which somebody may have ceased to be a member: somebody did, or it was never told here.
    pub(super) parted: Seq,
}

/// How a connection hears a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hearing {
    /// Live: has been given everything up to here, and gets what follows. None: pulls.
    pub(super) cursor: Option<Seq>,
    /// The account was a member when the room's last number was this: what came before does not end that.
    pub(super) member_at: Seq,
    /// The first number the account may see.
    pub(super) from_seq: Seq,
    /// Whether every number above `member_at` that could have ended the membership has come by. Until it pulls
    /// again, a connection of which this is not so is told nothing that passes by, either.
    pub(super) proven: bool,
    /// Whether it counts as present: since it was proven once.
    pub(super) attends: bool,
}

/// Where a connection stands in a room, as the store has just told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The last number it was given.
    pub after: Seq,
    /// The room's last number when that was read, at which the account was a member.
    pub top: Seq,
    /// The first number the account may see.
    pub from_seq: Seq,
}

impl Audience {
    pub(super) fn is_idle(&self) -> bool {
        self.hearing.is_empty() && self.telling.is_empty() && self.opening.is_empty()
    }

    /// What came up to `top` was not told here: those who have not been given it pull from now on; `told` tells
    /// those who were live.
    pub(super) fn fall_behind(&mut self, top: Seq, told: impl Fn(ConnId)) {
        self.parted = self.parted.max(top);
        for (conn, hearing) in &mut self.hearing {
            hearing.proven &= hearing.member_at >= top || hearing.cursor.is_some_and(|cursor| cursor >= top);
            if hearing.cursor.take_if(|cursor| *cursor < top).is_some() {
                told(*conn);
            }
        }
    }

    /// Tells those who wait whether they may go on.
    pub(super) fn answer(&mut self, is_open: bool) {
        for waiting in self.opening.drain(..) {
            // Nobody waits any more only if the connection has just ended.
            let _ = waiting.send(is_open);
        }
    }
}
