//! What other nodes say, taken in: into the same gates that this node's own events enter.

use std::collections::HashSet;

use allthrive_protocol::{Principal, RoomId, UserId};
use uuid::Uuid;

use super::local::LocalBus;
use super::wire::{Body, NodeId, Wire};
use crate::gates::Tell;
use crate::limiter::actor::Elsewhere;
use crate::limiter::pace::Spent;
use crate::live::hall::Wake;
use crate::live::room::Note;
use crate::relay::Expel;
use crate::system::Workers;

/// What was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// This node itself: the line is alive.
    Echo,
    /// Anything else.
    Other,
}

/// Takes in what is heard.
#[derive(Debug)]
pub struct Inbox {
    node: NodeId,
    local: LocalBus,
    workers: Workers,
    /// Rooms whose gate was too busy to be told: it is asked to look instead.
    owed: HashSet<RoomId>,
}

impl Inbox {
    /// Of this node.
    #[must_use]
    pub fn new(node: NodeId, workers: Workers) -> Self {
        Self { node, local: LocalBus::new(workers.clone()), workers, owed: HashSet::new() }
    }

    /// Takes in one message. What is not understood is ignored: perhaps another version said it.
    pub fn take(&mut self, words: &[u8]) -> Heard {
        let wire: Wire = match serde_json::from_slice(words) {
            Ok(wire) => wire,
            Err(error) => {
                tracing::debug!(%error, "a message of another node was not understood");
                return Heard::Other;
            }
        };
        if wire.node == self.node {
            return if matches!(wire.body, Body::Probe) { Heard::Echo } else { Heard::Other };
        }
        match wire.body {
            Body::Committed(events) => {
                let owed = self.local.publish(events.into_iter().map(Into::into).collect());
                self.owed.extend(owed);
            }
            Body::Told(told) => {
                let told: Tell = told.into();
                if !self.local.send(told.room, told) {
                    tracing::debug!("a volatile event of another node was dropped: the gate's mailbox is full");
                }
            }
            Body::Presence(word) => self.local.elsewhere(wire.node, word),
            Body::Check(rooms) => self.owed.extend(self.local.check(rooms)),
            Body::SignInEnded(sign_in) => self.end_sign_in(sign_in),
            Body::Spent(spent) => self.spent(spent),
            Body::Live(room, entered) => self.live(room, entered),
            Body::Probe => {}
        }
        Heard::Other
    }

    /// Asks gates that were too busy to compare themselves with the store. Called now and then.
    pub fn settle(&mut self) {
        if !self.owed.is_empty() {
            let owed = std::mem::take(&mut self.owed).into_iter().collect();
            self.owed.extend(self.local.check(owed));
        }
    }

    /// What cannot be told is forgiven: limits hold within a node in any case.
    fn spent(&self, spent: Vec<(UserId, Spent)>) {
        if self.workers.limiter().is_some_and(|limiter| limiter.try_send(Elsewhere(spent)).is_err()) {
            tracing::debug!("the limiter was too busy to be told what was spent on another node");
        }
    }

    /// A session that cannot be told looks for itself now and then.
    fn live(&self, room: RoomId, entered: Option<Principal>) {
        let note = entered.map_or(Note::Moved, Note::Entered);
        if self.workers.hall().is_some_and(|hall| hall.try_send(Wake(room, note)).is_err()) {
            tracing::debug!("the hall was too busy to be told of a live session");
        }
    }

    /// A relay that cannot be told finds it in the store within a second.
    fn end_sign_in(&self, sign_in: Uuid) {
        for relay in self.workers.relays() {
            if relay.try_send(Expel::SignIn(sign_in)).is_err() {
                tracing::debug!("a worker was too busy to be told that a sign-in has ended");
            }
        }
    }
}
