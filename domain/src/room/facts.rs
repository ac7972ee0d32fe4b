//! What the rules need to know, read under the locks and brought up to date by each admission, so that a
//! batch is decided as if its units had come one by one.

use std::collections::{BTreeMap, HashMap, HashSet};

use allthrive_protocol::event::Person;
use allthrive_protocol::{Cmid, RoomId, Seq, UserId};

use crate::time::Micros;
use crate::unit::{Fingerprint, Kind, Role};

/// What is known of the rooms, people and messages of a batch.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The rooms that exist, of those asked for.
    pub rooms: HashMap<RoomId, RoomFacts>,
    /// The accounts that are alive, of those asked for.
    pub people: HashMap<UserId, Person>,
    /// The writes already known, of those asked for.
    pub known: HashMap<(RoomId, UserId, Cmid), Known>,
    /// The messages that exist, of those asked for.
    pub messages: HashMap<(RoomId, Seq), MessageFacts>,
    /// How many have put each emoji to a message, of those asked for; none is not in it. Where they are more than the
    /// units at hand can take away, it may be fewer than there are.
    pub reactions: HashMap<(RoomId, Seq), BTreeMap<String, u64>>,
    /// Who has put which, of those asked for.
    pub reacted: HashSet<(RoomId, Seq, UserId, String)>,
    /// The members, of those asked for.
    pub members: HashMap<(RoomId, UserId), MemberFacts>,
    /// What holds for a person in a room, member or not, of those asked for.
    pub restrictions: HashMap<(RoomId, UserId), Restriction>,
}

/// A room that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomFacts {
    /// Its kind.
    pub kind: Kind,
    /// Its title.
    pub title: Option<String>,
    /// Its last `seq`.
    pub top: Seq,
    /// Number of members.
    pub members: u64,
    /// The pause between two messages of a member, seconds; 0 is none.
    pub slow_mode: u32,
}

/// A member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberFacts {
    /// As what.
    pub role: Role,
    /// The first `seq` this member may see.
    pub from_seq: Seq,
    /// When this member last spoke under slow mode, or joined: who leaves and comes back pauses, too.
    pub spoke_at: Micros,
}

/// A message that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageFacts {
    /// Who wrote it.
    pub author: UserId,
    /// Its revision.
    pub rev: u32,
    /// Whether it was taken back.
    pub deleted: bool,
}

/// What holds for a person in a room. It outlasts the membership.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Restriction {
    /// May not write before.
    pub muted_until: Option<Micros>,
    /// May not be a member.
    pub banned: bool,
}

/// A write that was carried out before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The number it was given; of one that changed nothing, the room's top then.
    pub seq: Seq,
    /// When.
    pub at: Micros,
    /// Of its content.
    pub fingerprint: Fingerprint,
}
