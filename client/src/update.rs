//! What a client is told.

use allthrive_protocol::event::Event;
use allthrive_protocol::reply::{HistoryPage, Snapshot, Written};
use allthrive_protocol::{Cmid, Principal, Refusal, RoomId, Seq};

use crate::Stop;

/// What a client is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Update {
    /// Connected, and everything that was waiting is on its way.
    Online(Principal),
    /// Cut. The connection is made again by itself; nothing is lost.
    Offline,
    /// A durable event: each `seq` of a room once and in order, across all connections.
    Event(Event),
    /// A durable event of a kind that this client does not know.
    Unknown {
        /// Its room.
        room: RoomId,
        /// Its number.
        seq: Seq,
    },
    /// A volatile event: read marks, presence, `tops`.
    Heard(Event),
    /// A message said with [`crate::Line::say`] is committed.
    Acked {
        /// Where.
        room: RoomId,
        /// Which.
        cmid: Cmid,
        /// Its number.
        written: Written,
    },
    /// It will not be: the same again would be refused again.
    Refused {
        /// Where.
        room: RoomId,
        /// Which.
        cmid: Cmid,
        /// Why.
        refusal: Refusal,
    },
    /// The answer to [`crate::Line::history`].
    History {
        /// The room.
        room: RoomId,
        /// Messages, oldest first.
        page: HistoryPage,
    },
    /// The room is heard from here on: what lies before is had by [`crate::Line::history`]. Not told of a
    /// room whose position was known.
    Began {
        /// The room.
        room: RoomId,
        /// The cursor now.
        after: Seq,
    },
    /// Numbers up to here are hidden from this member.
    Hidden {
        /// The room.
        room: RoomId,
        /// The last of them.
        upto: Seq,
    },
    /// What was told of the room is void; it begins anew after `top`.
    Reset {
        /// The room.
        room: RoomId,
        /// The cursor now.
        top: Seq,
        /// The room as it is there.
        snapshot: Snapshot,
    },
    /// The server stopped pushing this room here; it is being pulled.
    Lagged(RoomId),
    /// The room is not for this account any more, or never was. Messages waiting for it are dropped.
    Gone(RoomId),
    /// The end: the server wants no further connection, or the sign-in is over.
    Stopped(Stop),
}
