//! What nodes say to each other of who is here, and what one of them remembers of it.
//!
//! Each node numbers what it says, and says with each change of a room which number came before it. Whoever
//! hears one that does not follow, or sees in a beat that something was said which did not arrive, asks for all
//! of the room, again and again until it is told. So what is lost on the way costs a question. Only the own
//! monotonic clock is used; clocks of nodes are not compared.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use allthrive_protocol::RoomId;
use serde::{Deserialize, Serialize};

use super::Change;
use crate::bus::wire::NodeId;

/// How often a node says that it is there.
pub const BEAT: Duration = Duration::from_secs(2);

/// A node that has said nothing for so long is taken for gone, and everybody with it.
pub const SILENCE: Duration = Duration::from_secs(10);

/// How many beats name what was said last of a room. They take longer than [`SILENCE`], so that whoever missed all
/// of them takes the node for gone, or stood still itself, and asks for everything.
const NAMED: u8 = 8;

/// Said by one node to the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// Who is here by me has changed.
    Changed(Vec<Numbered>),
    /// Say all you have of these rooms, if it is nothing, too.
    Ask {
        /// Who is asked.
        of: NodeId,
        /// Which rooms.
        rooms: Vec<RoomId>,
    },
    /// I am there. What I said last of these rooms has these numbers.
    Beat(Vec<(RoomId, u64)>),
    /// I stop: nobody is here by me any more.
    Gone,
}

/// What a node says of one room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbered {
    /// The room.
    pub room: RoomId,
    /// Above all that this node said before.
    pub n: u64,
    /// What it said of the room before this, if this adds to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// What has changed.
    pub change: Change,
}

/// The other nodes, as heard, and what was said to them.
#[derive(Debug)]
pub struct Nodes {
    own: NodeId,
    heard: HashMap<NodeId, Instant>,
    last: u64,
    /// The number of what was said last of each room, and how many beats are to name it.
    said: HashMap<RoomId, (u64, u8)>,
    looked: Option<Instant>,
}

impl Nodes {
    /// Of this node, which has not heard of any other.
    #[must_use]
    pub fn new(own: NodeId) -> Self {
        Self { own, heard: HashMap::new(), last: 0, said: HashMap::new(), looked: None }
    }

    /// Whether a question is for this node.
    #[must_use]
    pub fn is_asked(&self, of: NodeId) -> bool {
        of == self.own
    }

    /// Those that are there.
    pub fn known(&self) -> impl Iterator<Item = NodeId> {
        self.heard.keys().copied()
    }

    /// A node has said something. Whether it was not known to be there.
    pub fn hears(&mut self, node: NodeId, now: Instant) -> bool {
        self.heard.insert(node, now).is_none()
    }

    /// A node has stopped.
    pub fn lose(&mut self, node: NodeId) {
        self.heard.remove(&node);
    }

    /// Those that have been silent for too long; they are known no more. `None` if this node itself stood still:
    /// then it could not hear. Everybody has as long as at first, and all of what was heard is in doubt.
    pub fn silent(&mut self, now: Instant) -> Option<Vec<NodeId>> {
        if self.looked.replace(now).is_some_and(|looked| now.duration_since(looked) > 2 * BEAT) {
            self.heard.values_mut().for_each(|at| *at = now);
            return None;
        }
        let silent: Vec<NodeId> = self.heard.iter().filter(|(_, at)| now.duration_since(**at) >= SILENCE).map(|(node, _)| *node).collect();
        self.heard.retain(|node, _| !silent.contains(node));
        Some(silent)
    }

    /// Numbers what is said of a room now.
    pub fn number(&mut self, room: RoomId, change: Change) -> Numbered {
        self.last += 1;
        let before = self.said.insert(room, (self.last, NAMED)).map(|(n, _)| n);
        Numbered { room, n: self.last, after: before.filter(|_| !change.anew), change }
    }

    /// What the next beat names. What is of no room that `is_alive` is forgotten when it was named often enough.
    pub fn recent(&mut self, is_alive: impl Fn(RoomId) -> bool) -> Vec<(RoomId, u64)> {
        self.said.retain(|room, (_, beats)| *beats > 0 || is_alive(*room));
        let recent = self.said.iter_mut().filter(|(_, (_, beats))| *beats > 0);
        let named = recent.map(|(room, (n, beats))| {
            *beats -= 1;
            (*room, *n)
        });
        named.collect()
    }
}
