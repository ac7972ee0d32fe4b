//! The door of one room: its gate, and the relays that hear what comes out.

use std::collections::HashMap;

use actix::Addr;
use allthrive_protocol::RoomId;

use crate::bus::Committed;
use crate::relay::{Deliver, Heard, News, RelayActor};
use crate::room::gate::Gate;

/// One room's gate and those who hear it.
#[derive(Default)]
pub(super) struct Door {
    /// `None` until the room's top is known; what comes meanwhile waits.
    pub(super) gate: Option<Gate>,
    pub(super) early: Vec<Committed>,
    pub(super) watchers: Vec<Watcher>,
    pub(super) reading: bool,
}

/// A relay that hears the room.
pub(super) struct Watcher {
    /// Which worker's relay.
    pub(super) worker: usize,
    /// Its address.
    pub(super) relay: Addr<RelayActor>,
    /// Its mailbox was full: it has missed something and must be told so.
    pub(super) behind: bool,
}

impl Door {
    /// Whether somebody has missed it.
    pub(super) fn tell_all(&mut self, news: &[Heard]) -> bool {
        self.watchers.iter_mut().map(|watcher| watcher.tell(news)).fold(false, std::ops::BitOr::bitor)
    }
}

impl Watcher {
    /// Whether it has missed it. Volatile news may be missed by anybody.
    pub(super) fn tell(&mut self, news: &[Heard]) -> bool {
        if news.is_empty() || self.relay.try_send(Deliver(news.to_vec())).is_ok() {
            return false;
        }
        let durable = news.iter().any(|heard| !matches!(heard.news, News::Volatile { .. }));
        self.behind |= durable;
        durable
    }
}

/// Tells those who are behind where their rooms stand; whether somebody still is.
pub(super) fn settle(doors: &mut HashMap<RoomId, Door>) -> bool {
    let mut still_behind = false;
    for (room, door) in doors {
        // A gate that is not open yet tells everybody once it is.
        let Some(top) = door.gate.as_ref().map(Gate::last) else { continue };
        for watcher in door.watchers.iter_mut().filter(|watcher| watcher.behind) {
            watcher.behind = watcher.tell(&[Heard { room: *room, news: News::At(top) }]);
            still_behind |= watcher.behind;
        }
    }
    still_behind
}
