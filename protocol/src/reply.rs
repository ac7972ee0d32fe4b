//! The answers to commands: `{"id":7,"ok":{…}}` or `{"id":7,"error":{…}}`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::Refusal;
use crate::event::{Event, Message};
use crate::id::{ConnId, Principal, RoomId, Seq, UserId};

/// A reply as the server writes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reply<T> {
    /// The command's id.
    pub id: u64,
    /// Its outcome.
    #[serde(flatten)]
    pub outcome: Outcome<T>,
}

/// Carried out, or refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Outcome<T> {
    /// Carried out.
    Ok(T),
    /// Refused; nothing has changed.
    Error(Refusal),
}

/// What the server keeps to, told once in the welcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Limits {
    /// Longest inbound message, bytes.
    pub max_frame_bytes: usize,
    /// Most commands in one message.
    pub max_batch: usize,
    /// Longest text, characters.
    pub max_body_chars: usize,
    /// Messages, edits, reactions, steps of moderation of this connection in a second, on the long run.
    pub sends_per_second: u32,
    /// How many of them at once.
    pub send_burst: u32,
    /// Commands of every kind in a second.
    pub commands_per_second: u32,
}

/// The `ok` of `hello`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Welcome {
    /// This connection.
    pub conn: ConnId,
    /// Who the server takes this connection for.
    pub principal: Principal,
    /// How often the server pings, milliseconds.
    pub ping_ms: u64,
    /// The server's wall clock, unix milliseconds.
    pub server_ts: u64,
    /// What the server keeps to.
    pub limits: Limits,
    /// Of this database. Another one than the client's makes every number it has void.
    pub history_epoch: Uuid,
    /// One line for each room resumed or subscribed, the personal room among them.
    pub rooms: Vec<RoomState>,
}

/// Where a subscription begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomState {
    /// The room.
    pub room: RoomId,
    /// What became of the client's position.
    pub state: Standing,
    /// The room's last `seq`.
    pub top: Seq,
    /// Events after this one follow. The client's cursor now stands here.
    pub after: Seq,
    /// Whether they follow by themselves. If not, the client pulls with `events` until it is told so.
    pub live: bool,
}

/// What became of a position that the client named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It holds, or none was named and the subscription begins at the top: each later `seq` follows exactly once.
    Resumed,
    /// It does not hold: what is kept of the room is void, a `reset` with a snapshot follows.
    Reset,
    /// Not a member, banned, deleted, or unknown: drop the room.
    Gone,
}

/// The `ok` of `room.subscribe`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Subscribed {
    /// Where the subscription begins.
    #[serde(flatten)]
    pub state: RoomState,
    /// The room as it is at `after`.
    pub snapshot: Snapshot,
}

/// A room as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Snapshot {
    /// `direct`, `group`, `room` or `personal`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["direct", "group", "room", "personal"])))]
    pub kind: String,
    /// Its title; direct conversations have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The own role.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["owner", "moderator", "member"])))]
    pub role: String,
    /// The first `seq` this member may see.
    pub from_seq: Seq,
    /// Number of members.
    pub members: u64,
    /// How long members pause between two messages, seconds; 0 is no pause.
    #[serde(default)]
    pub slow_mode: u32,
    /// Until when this member may not write, unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_until_ts: Option<u64>,
    /// How far each has read, for rooms of up to 100 members.
    pub reads: BTreeMap<UserId, Seq>,
}

/// The `ok` of every durable write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Written {
    /// The number it was given, the first time.
    pub seq: Seq,
    /// When, unix milliseconds.
    pub ts: u64,
    /// Whether this `cmid` had been carried out before.
    pub dup: bool,
}

/// The `ok` of `read`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReadTo {
    /// Where the mark stands now; it only rises.
    pub seq: Seq,
}

/// The `ok` of `history`: states of messages, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HistoryPage {
    /// The messages as they are now.
    pub messages: Vec<HistoryItem>,
    /// Whether there is more in the direction asked.
    pub more: bool,
    /// The room's last `seq` when this was read.
    pub top: Seq,
}

/// A message's present state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HistoryItem {
    /// Its public id: the `seq` of its `message.new`.
    pub seq: Seq,
    /// When it was written, unix milliseconds.
    pub ts: u64,
    /// The rest of it.
    #[serde(flatten)]
    pub message: Message,
    /// What was put to it, in the order of code points.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reacted>,
}

/// One reaction to a message, counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reacted {
    /// The emoji.
    pub emoji: String,
    /// How many have put it.
    pub count: u64,
    /// Whether this account has.
    pub mine: bool,
}

/// The `ok` of `events`: a stretch of the log, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventsPage {
    /// The room.
    pub room: RoomId,
    /// Where the page begins, exclusive: what was asked, or the last `seq` hidden from this member.
    pub after: Seq,
    /// Each `seq` once, with its payload as now permitted.
    pub events: Vec<Event>,
    /// Where the page ends, inclusive: the client's cursor now stands here.
    pub end: Seq,
    /// The room's last `seq` when this was read.
    pub top: Seq,
    /// Whether what comes after `end` now follows by itself.
    pub live: bool,
}

/// The `ok` of `auth.refresh`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Refreshed {
    /// When the new credential expires, unix milliseconds.
    pub expires_ts: u64,
}

/// The `ok` of `ping` and of `room.unsubscribe`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Done {
    /// The server's wall clock, unix milliseconds.
    pub server_ts: u64,
}
