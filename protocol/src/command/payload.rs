//! What each command brings along: its `d`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::{Cmid, RoomId, Seq, UserId};
#[cfg(feature = "schema")]
use crate::{MAX_BODY_CHARS, MAX_MUTE_SECONDS, MAX_REASON_CHARS, MAX_SLOW_MODE_SECONDS};
use crate::{MAX_EVENTS, MAX_HISTORY};

/// `hello`: resume what the connection before this one had, and subscribe.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Hello {
    /// The last `seq` of each room that this client has applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resume: Vec<Resume>,
    /// The epoch under which these numbers were learnt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history_epoch: Option<Uuid>,
    /// Which rooms to hear live; rooms in `resume` are heard in any case.
    #[serde(default)]
    pub subscribe: Wanted,
    /// What this client understands beyond the base protocol; unknown ones are ignored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<String>,
    /// A ticket, where neither a cookie nor a header could be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// Who has no account says here who they are: such a connection reaches `quiz.*` of one session, and `ping`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<Live>,
}

/// Somebody without an account at a live quiz.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Live {
    /// A player.
    Guest {
        /// From `POST /api/v1/live/join`.
        token: String,
        /// Made by the client before it joins, kept by it, and told to nobody else: 16 random bytes as unpadded base64url.
        /// The same key is the same player.
        key: String,
    },
    /// A big screen.
    Screen {
        /// From `POST /api/v1/live/{id}/screen`.
        screen: String,
    },
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Guest { .. } => "Guest([redacted])",
            Self::Screen { .. } => "Screen([redacted])",
        })
    }
}

/// Where a client stands in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Resume {
    /// The room.
    pub room: RoomId,
    /// The last `seq` applied.
    pub seq: Seq,
}

/// `"all"` or a list of rooms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Wanted {
    /// Every room of the account.
    All(All),
    /// These and no other.
    Rooms(Vec<RoomId>),
}

/// The word `"all"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum All {
    /// `"all"`
    All,
}

impl Default for Wanted {
    fn default() -> Self {
        Self::Rooms(Vec::new())
    }
}

impl Wanted {
    /// `"all"`.
    #[must_use]
    pub fn all() -> Self {
        Self::All(All::All)
    }
}

/// `auth.refresh`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuthRefresh {
    /// From `POST /api/v1/auth/ws-ticket`, for the same account.
    pub ticket: String,
}

/// `room.subscribe`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Subscribe {
    /// The last `seq` applied; without it the subscription begins at the top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Seq>,
}

/// `message.send`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MessageSend {
    /// Made once for this message; a retry carries the same.
    pub cmid: Cmid,
    /// 1 to 4,000 characters.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_BODY_CHARS)))]
    pub body: String,
    /// The `seq` of the message this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
}

/// `message.edit`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MessageEdit {
    /// Made once for this edit; a retry carries the same.
    pub cmid: Cmid,
    /// The message: the `seq` of its `message.new`.
    pub target: Seq,
    /// The revision that is replaced; another one is `rev_conflict`.
    pub rev: u32,
    /// 1 to 4,000 characters.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_BODY_CHARS)))]
    pub body: String,
}

/// `message.delete`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MessageDelete {
    /// Made once for this write; a retry carries the same.
    pub cmid: Cmid,
    /// The message: the `seq` of its `message.new`.
    pub target: Seq,
}

/// `reaction.set`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReactionSet {
    /// Made once for this write; a retry carries the same.
    pub cmid: Cmid,
    /// The message: the `seq` of its `message.new`.
    pub target: Seq,
    /// One emoji.
    pub emoji: String,
    /// Whether it is there after this.
    pub on: bool,
}

/// `member.join`, `member.leave`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Marked {
    /// Made once for this write; a retry carries the same.
    pub cmid: Cmid,
}

/// `member.add`, `moderation.unban`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Named {
    /// Made once for this write; a retry carries the same.
    pub cmid: Cmid,
    /// Whom.
    pub user: UserId,
}

/// `member.remove`, `moderation.ban`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NamedWhy {
    /// Made once for this write; a retry carries the same.
    pub cmid: Cmid,
    /// Whom.
    pub user: UserId,
    /// Why: 1 to 200 characters, told to that account and to the audit trail alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_REASON_CHARS)))]
    pub reason: Option<String>,
}

/// `member.role`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MemberRole {
    /// Made once for this write; a retry carries the same.
    pub cmid: Cmid,
    /// Whom.
    pub user: UserId,
    /// `owner`, `moderator` or `member`. Who gives `owner` away is a moderator after it.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["owner", "moderator", "member"])))]
    pub role: String,
}

/// `moderation.mute`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModerationMute {
    /// Made once for this write; a retry carries the same.
    pub cmid: Cmid,
    /// Whom.
    pub user: UserId,
    /// For how long from the decision on: up to 28 days; 0 lets that member write again.
    #[cfg_attr(feature = "schema", schemars(range(max = MAX_MUTE_SECONDS)))]
    pub seconds: u32,
    /// Why: 1 to 200 characters, told to that account and to the audit trail alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_REASON_CHARS)))]
    pub reason: Option<String>,
}

/// `moderation.slow_mode`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModerationSlowMode {
    /// Made once for this write; a retry carries the same.
    pub cmid: Cmid,
    /// The pause between two messages of a member: up to six hours; 0 is none.
    #[cfg_attr(feature = "schema", schemars(range(max = MAX_SLOW_MODE_SECONDS)))]
    pub seconds: u32,
}

/// `read`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Read {
    /// Everything up to and including this is read; it only rises.
    pub seq: Seq,
}

/// `history`: before or after a `seq`, exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct History {
    /// Messages below this, the newest of them; `null` in both means from the top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Seq>,
    /// Messages above this, the oldest of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Seq>,
    /// 1 to 100, 50 unless told.
    #[serde(default = "half_history")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = MAX_HISTORY)))]
    pub limit: u32,
}

/// `events`: the log after a `seq`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Events {
    /// The last `seq` applied.
    pub after: Seq,
    /// 1 to 200, 200 unless told; a page may end sooner.
    #[serde(default = "whole_page")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = MAX_EVENTS)))]
    pub limit: u32,
}

fn half_history() -> u32 {
    MAX_HISTORY / 2
}

fn whole_page() -> u32 {
    MAX_EVENTS
}
