//! Presence on one thread: who is here is owed to the rooms' doors, what the doors say goes to the lanes.
//!
//! A connection is *behind* from the moment it begins to hear a room, and whenever its lane was too full for
//! what was said, or its membership uncertain: it is given no difference then, and the whole once there is place. So what a connection is
//! given is in order, and every difference follows from what it was given before.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use allthrive_protocol::presence::PresencePage;
use allthrive_protocol::{ConnId, Refusal, RoomId, UserId};
use bytes::Bytes;
use tokio::sync::oneshot;

use super::audience::{Audience, Hearing};
use super::{Relay, State};
use crate::gates::Unwatch;
use crate::gates::presence::{Who, frame_of};
use crate::presence::{Here, Presence, View};
use crate::session::lane::{Lane, SOFT_BYTES};
use crate::system::busy;

/// Half of a lane is left to what cannot be merged.
const STATES_BELOW: usize = SOFT_BYTES / 2;

/// What a relay knows of who is in a room.
#[derive(Default)]
pub(super) struct Attendance {
    here: Here,
    /// What the door has said; `None` until it has.
    view: Option<View>,
    /// All of it as a frame, encoded once until there is news.
    whole: Option<Bytes>,
    behind: HashSet<ConnId>,
}

/// What is to be done about presence at the next tick.
#[derive(Default)]
pub(super) struct Duties {
    /// Rooms whose doors are owed who is here.
    unsaid: HashSet<RoomId>,
    /// Rooms where somebody is behind.
    behind: HashSet<RoomId>,
    /// Rooms that were given up, which their doors could not be told.
    given_up: HashSet<RoomId>,
}

impl Attendance {
    /// Takes in what the door says; whether it follows from what was known.
    fn take(&mut self, said: &Presence, frame: &Bytes) -> bool {
        self.view = View::after(self.view.take(), said);
        self.whole = matches!(said, Presence::State { .. } | Presence::Count { .. }).then(|| frame.clone());
        self.view.is_some()
    }

    /// The door knows nobody of us, and we do not know what it says.
    fn begin_anew(&mut self, hearing: impl Iterator<Item = ConnId>) {
        self.here.forgotten();
        (self.view, self.whole) = (None, None);
        self.behind = hearing.collect();
    }

    /// Gives the whole to those who are behind, are members for certain and have place for it. Whether somebody is
    /// still behind.
    fn catch_up(&mut self, room: RoomId, hearing: &HashMap<ConnId, Hearing>, lane_of: impl Fn(&ConnId) -> Option<Rc<Lane>>) -> bool {
        if let Some(view) = &self.view {
            let whole = &*self.whole.get_or_insert_with(|| frame_of(room, view.whole()));
            self.behind.retain(|conn| {
                let (Some(hearing), Some(lane)) = (hearing.get(conn), lane_of(conn)) else { return false };
                let has_place = hearing.proven && lane.room_below_soft() >= STATES_BELOW;
                if has_place {
                    // A lane that was given up ends its connection by itself.
                    let _ = lane.push(whole.clone());
                }
                !has_place
            });
        }
        !self.behind.is_empty()
    }
}

impl Relay {
    /// Whether so many are in the room that they are counted and not named.
    #[must_use]
    pub fn is_large(&self, room: RoomId) -> bool {
        let state = self.state.borrow();
        state.rooms.get(&room).is_some_and(|audience| matches!(audience.attendance.view, Some(View::Count(_))))
    }

    /// A page of who is in a room now, asked of its door, which is first told who is here.
    pub fn who(&self, room: RoomId, cursor: Option<UserId>) -> impl Future<Output = Result<PresencePage, Refusal>> + use<> {
        let (answer, page) = oneshot::channel();
        let mut state = self.state.borrow_mut();
        state.say_who_is_here();
        let asked = state.bus.ask(Who { room, cursor, answer });
        async move {
            let page = if asked { page.await.ok() } else { None };
            page.ok_or_else(busy)
        }
    }
}

impl State {
    /// A connection hears the room from now on. A personal room, which one account alone hears, has no presence.
    pub(super) fn appeared(&mut self, room: RoomId, conn: ConnId, user: UserId) {
        let Some(Audience { attendance, .. }) = self.rooms.get_mut(&room) else { return };
        if room == RoomId::personal(user) {
            return;
        }
        if attendance.here.came(user) {
            self.duties.unsaid.insert(room);
        }
        attendance.behind.insert(conn);
        self.duties.behind.insert(room);
    }

    /// A connection does not hear the room any more.
    pub(super) fn vanished(&mut self, room: RoomId, conn: ConnId) {
        let Some(Audience { attendance, .. }) = self.rooms.get_mut(&room) else { return };
        attendance.behind.remove(&conn);
        if self.conns.get(&conn).is_some_and(|known| attendance.here.went(known.member.user)) {
            self.duties.unsaid.insert(room);
        }
    }

    /// What the door of a room says of who is in it.
    pub(super) fn presence(&mut self, room: RoomId, said: &Presence, frame: &Bytes) {
        let Some(Audience { attendance, hearing, .. }) = self.rooms.get_mut(&room) else { return };
        if !attendance.here.is_known() {
            // Said before the door knew that nobody is left here.
            return;
        }
        if !attendance.take(said, frame) {
            tracing::debug!(room.id = %room, "what was said of a room does not follow from what was known");
            return self.presence_lost(room);
        }
        for (conn, hearing) in hearing.iter().filter(|(_, hearing)| hearing.attends) {
            let Some(known) = self.conns.get(conn) else { continue };
            if attendance.behind.contains(conn) {
                continue;
            }
            if !hearing.proven || known.member.lane.is_above_soft() {
                attendance.behind.insert(*conn);
            } else {
                let _ = known.member.lane.push(frame.clone());
            }
        }
        if !attendance.behind.is_empty() {
            self.duties.behind.insert(room);
        }
    }

    /// The room's presence begins anew here: the door is told who is here, and tells who is in the room.
    pub(super) fn presence_lost(&mut self, room: RoomId) {
        if let Some(Audience { attendance, hearing, .. }) = self.rooms.get_mut(&room) {
            attendance.begin_anew(hearing.iter().filter(|(_, hearing)| hearing.attends).map(|(conn, _)| *conn));
            self.duties.unsaid.insert(room);
            self.duties.behind.insert(room);
        }
    }

    /// A room was given up and its door could not be told so: it is told later.
    pub(super) fn given_up(&mut self, room: RoomId) {
        self.duties.given_up.insert(room);
    }

    /// What is done again and again. Costs nothing for rooms where nobody comes, goes or is behind.
    pub(super) fn tend_presence(&mut self) {
        for room in std::mem::take(&mut self.duties.given_up) {
            let worker = self.worker;
            // Heard again meanwhile: then its door was told so, or will be.
            if !self.rooms.contains_key(&room) && !self.bus.unwatch(Unwatch { room, worker }) {
                self.duties.given_up.insert(room);
            }
        }
        self.say_who_is_here();
        let mut behind = std::mem::take(&mut self.duties.behind);
        behind.retain(|room| {
            let lane_of = |conn: &ConnId| self.conns.get(conn).map(|known| Rc::clone(&known.member.lane));
            let Some(Audience { attendance, hearing, .. }) = self.rooms.get_mut(room) else { return false };
            attendance.catch_up(*room, hearing, lane_of)
        });
        self.duties.behind = behind;
    }

    fn say_who_is_here(&mut self) {
        let unsaid = std::mem::take(&mut self.duties.unsaid);
        let rooms: Vec<RoomId> = unsaid.into_iter().filter(|room| self.rooms.contains_key(room)).collect();
        let changes = rooms.iter().map(|room| (*room, self.rooms[room].attendance.here.owed())).filter(|(_, change)| !change.is_empty());
        let missed = self.bus.attend(self.worker, changes.collect());
        for room in rooms {
            let Some(Audience { attendance, .. }) = self.rooms.get_mut(&room) else { continue };
            if missed.contains(&room) {
                self.duties.unsaid.insert(room);
                continue;
            }
            attendance.here.said();
            if !attendance.here.is_known() {
                // The door tells nothing to where it knows of nobody.
                (attendance.view, attendance.whole) = (None, None);
            }
        }
    }
}
