//! Durable: who is a member, as what, and what moderators decide about them.

use serde::{Deserialize, Serialize};

use crate::id::{Cmid, RoomId, UserId};

/// Who did it, as the server knows that person now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Person {
    /// The account.
    pub id: UserId,
    /// Its username.
    pub username: String,
    /// The name it shows.
    pub name: String,
}

/// What a conversation list shows of a room before it is opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Conversation {
    /// The room.
    pub id: RoomId,
    /// `direct`, `group` or `room`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["direct", "group", "room"])))]
    pub kind: String,
    /// Its title; direct conversations have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The other person of a direct conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<Person>,
}

/// Somebody is a member now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MemberJoined {
    /// Who.
    pub user: Person,
    /// `owner`, `moderator` or `member`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["owner", "moderator", "member"])))]
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

/// Somebody is a member no more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MemberLeft {
    /// Who.
    pub user: Person,
    /// `left`, `removed` or `banned`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["left", "removed", "banned"])))]
    pub how: String,
    /// Who did it.
    pub by: UserId,
    /// The mark of the write that did it; the further facts of one write have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cmid: Option<Cmid>,
    /// In a personal room: the room that was left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<Conversation>,
    /// In a personal room: why, if that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A member has another role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MemberRole {
    /// Who.
    pub user: Person,
    /// `owner`, `moderator` or `member`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["owner", "moderator", "member"])))]
    pub role: String,
    /// Who did it.
    pub by: UserId,
    /// The mark of the write that did it; the further facts of one write have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cmid: Option<Cmid>,
    /// In a personal room: the room it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<Conversation>,
}

/// A member may not write for a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModerationMuted {
    /// Who.
    pub user: Person,
    /// Until when, unix milliseconds; absent if that member may write again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ts: Option<u64>,
    /// Who did it.
    pub by: UserId,
    /// The mark of the write that did it; the further facts of one write have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cmid: Option<Cmid>,
    /// In a personal room: the room it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<Conversation>,
    /// In a personal room: why, if that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Somebody may not come back, or may again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModerationBan {
    /// Who.
    pub user: Person,
    /// Who did it.
    pub by: UserId,
    /// The mark of the write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cmid: Option<Cmid>,
}

/// Members pause so long between two messages; moderators do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModerationSlowMode {
    /// The pause in seconds; 0 is none.
    pub seconds: u32,
    /// Who did it.
    pub by: UserId,
    /// The mark of the write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cmid: Option<Cmid>,
}
