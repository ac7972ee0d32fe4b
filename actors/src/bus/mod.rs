//! The bus: how one part of the server tells the others what is committed. It only wakes; the log is the truth.
//!
//! [`local`] is the bus of a single node: straight to the gates of the rooms.

pub mod local;

use allthrive_domain::entry::{Entry, Payload};
use allthrive_protocol::{RoomId, Seq};
use bytes::Bytes;

use crate::frame;

/// A durable event that is committed, with its frame encoded once.
#[derive(Debug, Clone)]
pub struct Committed {
    /// The room.
    pub room: RoomId,
    /// Its number there.
    pub seq: Seq,
    /// The whole frame.
    pub frame: Bytes,
    /// In a personal room: the account is a member of this room now.
    pub joined: Option<RoomId>,
}

impl From<&Entry> for Committed {
    fn from(entry: &Entry) -> Self {
        let joined = match &entry.payload {
            Payload::Joined { conversation: Some(joined), .. } => Some(joined.room),
            Payload::Joined { conversation: None, .. } | Payload::Message { .. } => None,
        };
        Self { room: entry.room, seq: entry.seq, frame: frame::event(&entry.event()), joined }
    }
}
