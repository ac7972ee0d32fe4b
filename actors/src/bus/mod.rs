//! The bus: how one part of the server, and one node of a cluster, tells the others what is committed, what
//! passes by and who is signed out. It only wakes; the log is the truth, and everything stays right if
//! whatever is said here is lost, repeated or late.
//!
//! [`Bus`] is what persistence and relays hold: straight to the gates of this node by [`local`], and to the
//! other nodes by [`neighbours`], if there may be some. What crosses is a [`wire::Wire`]; [`redis`] carries
//! it, [`inbox`] takes it in.
//!
//! *Something more that crosses*: a variant of [`wire::Body`], a method of [`neighbours::Neighbours`] that
//! says it, and the compiler points at [`inbox`].

pub mod inbox;
pub mod local;
pub mod neighbours;
pub mod outbox;
pub mod redis;
pub mod wire;

use allthrive_domain::entry::{Entry, Payload};
use allthrive_protocol::{RoomId, Seq, UserId};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::bus::local::{LocalBus, Owed};
use crate::bus::neighbours::Neighbours;
use crate::frame;
use crate::gates::presence::Who;
use crate::gates::{Tell, Unwatch, Watch};
use crate::presence::Change;
use crate::system::Parts;

pub use self::redis::{BadRoots, BadUrl, RedisUrl};

/// Who else there may be, and how they are told.
#[derive(Debug, Clone, Default)]
pub enum Kind {
    /// Nobody: the database is used by this node alone.
    #[default]
    Alone,
    /// Others may share the database; they are known by it only, which is looked at every second.
    Unheard,
    /// Others share the database and are told by Redis.
    Redis(RedisUrl),
}

/// A durable event that is committed, with its frame encoded once.
#[derive(Debug, Clone)]
pub struct Committed {
    /// The room.
    pub room: RoomId,
    /// Its number there.
    pub seq: Seq,
    /// The whole frame.
    pub frame: Bytes,
    /// What it means for those who listen, beside being told.
    pub effect: Effect,
}

/// What an event means for those who listen to its room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing more.
    #[default]
    None,
    /// In a personal room: the account is a member of this room now.
    Joined(RoomId),
    /// In a personal room: the account is a member of this room no more.
    Parted(RoomId),
    /// This account is a member no more: it hears nothing from here on.
    Left(UserId),
    /// The message of this number is told otherwise from now on: frames that are kept are void.
    Blanked(Seq),
}

impl From<&Entry> for Committed {
    fn from(entry: &Entry) -> Self {
        Self { room: entry.room, seq: entry.seq, frame: frame::event(&entry.event()), effect: Effect::of(&entry.payload) }
    }
}

impl Effect {
    /// Whether this account is a member no more.
    #[must_use]
    pub fn ends(&self, user: UserId) -> bool {
        *self == Self::Left(user)
    }

    /// Whether its frame has the text of a message that stands before `from_seq`: such a frame is not for
    /// members who see what comes from there on.
    #[must_use]
    pub fn reaches_below(&self, from_seq: Seq) -> bool {
        matches!(self, Self::Blanked(target) if *target < from_seq)
    }

    fn of(payload: &Payload) -> Self {
        match payload {
            Payload::Joined { place: Some(place), .. } => Self::Joined(place.room),
            Payload::Left { place: Some(place), .. } => Self::Parted(place.room),
            Payload::Left { user, place: None, .. } => Self::Left(user.id),
            Payload::Edited { target, .. } | Payload::Deleted { target } => Self::Blanked(*target),
            Payload::Message { .. }
            | Payload::Reacted { .. }
            | Payload::Joined { place: None, .. }
            | Payload::Appointed { .. }
            | Payload::Muted { .. }
            | Payload::Banned { .. }
            | Payload::Unbanned { .. }
            | Payload::SlowMode { .. } => Self::None,
        }
    }
}

/// The gates of this node and the other nodes. Each holder has its own.
#[derive(Debug)]
pub struct Bus {
    local: LocalBus,
    neighbours: Neighbours,
}

impl Bus {
    /// Of this node.
    #[must_use]
    pub fn new(parts: &Parts) -> Self {
        Self { local: LocalBus::new(parts.workers.clone()), neighbours: parts.neighbours.clone() }
    }

    /// Hands committed events to the gates of every node, in the order given. At most once: what a full
    /// mailbox of this node refuses is returned, and must be followed by [`Bus::check`] until it is taken;
    /// what is lost on the way to other nodes they find in the store.
    pub fn publish(&mut self, events: Vec<Committed>) -> Owed {
        self.neighbours.committed(&events);
        self.local.publish(events)
    }

    /// Asks the gates of these rooms, on this node, to compare themselves with the store. Returns those not
    /// reached.
    pub fn check(&mut self, rooms: Vec<RoomId>) -> Owed {
        self.local.check(rooms)
    }

    /// Asks the gates of these rooms to compare themselves with the store, on other nodes. At most once.
    pub fn check_elsewhere(&self, rooms: &[RoomId]) {
        self.neighbours.check(rooms);
    }

    /// Something volatile for whoever hears the room, on every node. At most once; whether this node's gate
    /// has taken it.
    pub fn tell(&mut self, told: Tell) -> bool {
        self.neighbours.told(&told);
        self.local.send(told.room, told)
    }

    /// Says to the doors of these rooms, on this node, what has changed in who is here by a worker. Returns those
    /// not reached.
    pub(crate) fn attend(&mut self, worker: usize, changes: Vec<(RoomId, Change)>) -> Owed {
        self.local.attend(worker, changes)
    }

    /// Asks who is in a room; whether the gate has taken it.
    pub(crate) fn ask(&mut self, who: Who) -> bool {
        self.local.send(who.room, who)
    }

    /// A relay of this node wants to hear a room; whether the gate has taken it.
    pub(crate) fn watch(&mut self, watch: Watch) -> bool {
        self.local.send(watch.room, watch)
    }

    /// A relay of this node has nobody left who hears the room; whether the gate has taken it.
    pub(crate) fn unwatch(&mut self, unwatch: Unwatch) -> bool {
        self.local.send(unwatch.room, unwatch)
    }
}
