//! What is told to those who listen. A durable event has a `seq`; a volatile one has none.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{Cmid, RoomId, Seq, UserId};
use crate::presence::Presence;

/// One event: `{"event":"message.new","room":"…","seq":42,"ts":…,"d":{…}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The room it belongs to; none for what belongs to the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
    /// Its number, if it is durable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
    /// When, unix milliseconds. A label: order is `seq`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ts: Option<u64>,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", content = "d")]
pub enum Fact {
    /// Durable: somebody said something.
    #[serde(rename = "message.new")]
    MessageNew(Message),
    /// Durable: somebody is a member now. In a personal room: the account is, of another room.
    #[serde(rename = "member.joined")]
    MemberJoined(MemberJoined),
    /// Volatile: how far somebody has read.
    #[serde(rename = "read")]
    Read(ReadMark),
    /// Volatile: who is here now, whole or what changed.
    #[serde(rename = "presence")]
    Presence(Presence),
    /// Volatile: rooms of this account that moved, subscribed or not.
    #[serde(rename = "tops")]
    Tops(BTreeMap<RoomId, Top>),
    /// Volatile: pushing stopped at this connection; pull with `events`.
    #[serde(rename = "room.lag")]
    RoomLag(Lag),
    /// Volatile: what the client keeps of this room is void; it begins anew at `top`.
    #[serde(rename = "reset")]
    Reset(Reset),
    /// Volatile: the room is not for this principal any more; drop it.
    #[serde(rename = "gone")]
    Gone(Gone),
    /// Volatile: the credential ends soon; send `auth.refresh`.
    #[serde(rename = "auth.expiring")]
    AuthExpiring(Expiring),
    /// Volatile: connect anew after this time.
    #[serde(rename = "reconnect")]
    Reconnect(Reconnect),
}

/// Who did it, as the server knows that person now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The account.
    pub id: UserId,
    /// Its username.
    pub username: String,
    /// The name it shows.
    pub name: String,
}

/// A message as now permitted: its present text and revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Who wrote it.
    pub author: Person,
    /// The author's own mark of it.
    pub cmid: Cmid,
    /// The text; absent once deleted or erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The `seq` of the message it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// 1 when written, one more with each edit.
    pub rev: u32,
}

/// Somebody is a member now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemberJoined {
    /// Who.
    pub user: Person,
    /// `owner`, `moderator` or `member`.
    pub role: String,
    /// Who did it.
    pub by: UserId,
    /// The mark of the write that did it; the further facts of one write have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cmid: Option<Cmid>,
    /// In a personal room: the room that was joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<Conversation>,
}

/// What a conversation list shows of a room before it is opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// The room.
    pub id: RoomId,
    /// `direct`, `group` or `room`.
    pub kind: String,
    /// Its title; direct conversations have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The other person of a direct conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<Person>,
}

/// How far somebody has read: the last value wins, it only rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadMark {
    /// Who.
    pub user: UserId,
    /// Up to and including this.
    pub seq: Seq,
}

/// One line of `tops`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Top {
    /// The room's last `seq`.
    pub top: Seq,
    /// Messages by others above the read mark, at most [`crate::UNREAD_CAP`].
    pub unread: u32,
    /// Whether one of them mentions this account.
    pub mention: bool,
}

/// `room.lag`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lag {
    /// The room's last `seq` when pushing stopped.
    pub top: Seq,
}

/// `reset`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reset {
    /// The client's cursor now stands here; older messages are had by `history`.
    pub top: Seq,
    /// Whether later events follow by themselves.
    pub live: bool,
    /// The room as it is at `top`.
    pub snapshot: crate::reply::Snapshot,
}

/// `gone`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {}

/// `auth.expiring`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiring {
    /// When, unix milliseconds.
    pub expires_ts: u64,
}

/// `reconnect`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconnect {
    /// How long to wait, milliseconds.
    pub after_ms: u64,
}
