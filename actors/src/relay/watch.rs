//! Which rooms one thread watches: asked of their gates when somebody comes, given up when nobody is left.

use std::collections::{HashMap, HashSet};

use allthrive_protocol::RoomId;
use tokio::sync::oneshot;

use super::State;
use super::audience::Audience;
use super::presence::Attendance;
use crate::gates::{Unwatch, Watch};

/// Every so many ticks rooms that nobody has to do with are given up: 5 s.
const SWEEP_TICKS: u32 = 50;

impl State {
    /// Somebody waits until the room is watched.
    pub(super) fn watch(&mut self, room: RoomId, opened: oneshot::Sender<bool>) {
        let audience = self.audience(room);
        if audience.ring.is_some() {
            // Nobody waits any more only if the connection has just ended.
            let _ = opened.send(true);
        } else {
            audience.opening.push(opened);
        }
    }

    /// The audience of a room; the room is watched from now on.
    pub(super) fn audience(&mut self, room: RoomId) -> &mut Audience {
        if !self.rooms.contains_key(&room) {
            let asked = self.ask(room);
            let new = Audience {
                asked,
                ring: None,
                opening: Vec::new(),
                hearing: HashMap::new(),
                telling: HashSet::new(),
                attendance: Attendance::default(),
                parted: 0,
            };
            self.rooms.insert(room, new);
        }
        self.rooms.get_mut(&room).expect("it was there or was just put there")
    }

    fn ask(&mut self, room: RoomId) -> bool {
        let worker = self.worker;
        self.own.clone().is_some_and(|relay| self.bus.watch(Watch { room, worker, relay }))
    }

    /// What is done again and again: rooms whose gate could not be asked are asked for, rooms that nobody
    /// has to do with are given up.
    pub(super) fn tick(&mut self) {
        let unasked: Vec<RoomId> = self.rooms.iter().filter(|(_, audience)| !audience.asked).map(|(room, _)| *room).collect();
        for room in unasked {
            let asked = self.ask(room);
            if let Some(audience) = self.rooms.get_mut(&room) {
                audience.asked = asked;
            }
        }
        self.tend_presence();
        self.ticks = self.ticks.wrapping_add(1);
        if self.ticks.is_multiple_of(SWEEP_TICKS) {
            let idle: Vec<RoomId> = self.rooms.iter().filter(|(_, audience)| audience.is_idle()).map(|(room, _)| *room).collect();
            idle.into_iter().for_each(|room| self.drop_room(room));
            // A connection that ended while its `hello` was under way was registered once more after that.
            self.open.retain(|_, open| open.session.connected());
        }
    }

    /// Nobody on this thread has to do with the room any more.
    pub(super) fn drop_room(&mut self, room: RoomId) {
        self.rooms.remove(&room);
        let worker = self.worker;
        if !self.bus.unwatch(Unwatch { room, worker }) {
            self.given_up(room);
            tracing::debug!(room.id = %room, "a room could not be given up yet");
        }
    }
}
