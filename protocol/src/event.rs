//! What is told to those who listen. A durable event has a `seq`; a volatile one has none, and stands here.
//!
//! - [`talk`]: what becomes of messages
//! - [`people`]: what becomes of members, and what moderators decide

mod people;
mod talk;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::people::{Conversation, MemberJoined, MemberLeft, MemberRole, ModerationBan, ModerationMuted, ModerationSlowMode, Person};
pub use self::talk::{Message, MessageDeleted, MessageEdited, Reaction};
use crate::id::{Cmid, RoomId, Seq, UserId};
use crate::presence::Presence;
use crate::quiz::own::{Count, FlagsNow, Own, OwnPlace, Reactions, Tally};

/// One event: `{"event":"message.new","room":"…","seq":42,"ts":…,"d":{…}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "event", content = "d")]
pub enum Fact {
    /// Durable: somebody said something.
    #[serde(rename = "message.new")]
    MessageNew(Message),
    /// Durable: somebody is a member now. In a personal room: the account is, of another room.
    #[serde(rename = "member.joined")]
    MemberJoined(MemberJoined),
    /// Durable: an own message has another text.
    #[serde(rename = "message.edited")]
    MessageEdited(MessageEdited),
    /// Durable: a message was taken back.
    #[serde(rename = "message.deleted")]
    MessageDeleted(MessageDeleted),
    /// Durable: somebody put a reaction to a message, or took it away.
    #[serde(rename = "reaction")]
    Reaction(Reaction),
    /// Durable: somebody is a member no more. In a personal room: the account is not, of another room.
    #[serde(rename = "member.left")]
    MemberLeft(MemberLeft),
    /// Durable: a member has another role. In a personal room: the account has, in another room.
    #[serde(rename = "member.role")]
    MemberRole(MemberRole),
    /// Durable: a member may not write until then. In a personal room: the account may not, in another room.
    #[serde(rename = "moderation.muted")]
    ModerationMuted(ModerationMuted),
    /// Durable: somebody may not come back.
    #[serde(rename = "moderation.banned")]
    ModerationBanned(ModerationBan),
    /// Durable: somebody may come back.
    #[serde(rename = "moderation.unbanned")]
    ModerationUnbanned(ModerationBan),
    /// Durable: members pause so long between two messages.
    #[serde(rename = "moderation.slow_mode")]
    ModerationSlowMode(ModerationSlowMode),
    /// Volatile: somebody is writing. It holds for some seconds; nobody says when it ends.
    #[serde(rename = "typing")]
    Typing(Typing),
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
    /// Volatile: of a live quiz, for one player: what the own answer was worth, with the solution.
    #[serde(rename = "quiz.own")]
    QuizOwn(Box<Own>),
    /// Volatile: of a live quiz, for one player: the own place, with the scoreboard and the podium.
    #[serde(rename = "quiz.place")]
    QuizPlace(Box<OwnPlace>),
    /// Volatile: of a live quiz: how many are here, and how many have answered.
    #[serde(rename = "quiz.count")]
    QuizCount(Count),
    /// Volatile: of a live quiz, for hosts: what is answered so far.
    #[serde(rename = "quiz.tally")]
    QuizTally(Tally),
    /// Volatile: of a live quiz: what holds beside the phase has changed without a step.
    #[serde(rename = "quiz.flags")]
    QuizFlags(FlagsNow),
    /// Volatile: of a live quiz: how many emojis came since the last.
    #[serde(rename = "quiz.reactions")]
    QuizReactions(Reactions),
    /// Volatile: of a live quiz: another connection of this account plays on; this one hears no more of it.
    #[serde(rename = "quiz.superseded")]
    QuizSuperseded(Gone),
    /// Volatile: of a live quiz: a host has taken this player out.
    #[serde(rename = "quiz.kicked")]
    QuizKicked(Kicked),
}

/// What every durable event has: what two sides compare of it, beside its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Durable {
    /// Its name on the wire.
    pub kind: &'static str,
    /// The message it is about, if it is about an earlier one.
    pub target: Option<Seq>,
    /// Who did it.
    pub author: UserId,
    /// The mark of the write, if it has one.
    pub cmid: Option<Cmid>,
}

impl Fact {
    /// What it has as a durable event; none for a volatile one.
    #[must_use]
    pub fn durable(&self) -> Option<Durable> {
        let of = |kind, target, author, cmid| Some(Durable { kind, target, author, cmid });
        match self {
            Self::MessageNew(d) => of("message.new", None, d.author.id, Some(d.cmid)),
            Self::MessageEdited(d) => of("message.edited", Some(d.target), d.by, d.cmid),
            Self::MessageDeleted(d) => of("message.deleted", Some(d.target), d.by, d.cmid),
            Self::Reaction(d) => of("reaction", Some(d.target), d.user.id, d.cmid),
            Self::MemberJoined(d) => of("member.joined", None, d.by, d.cmid),
            Self::MemberLeft(d) => of("member.left", None, d.by, d.cmid),
            Self::MemberRole(d) => of("member.role", None, d.by, d.cmid),
            Self::ModerationMuted(d) => of("moderation.muted", None, d.by, d.cmid),
            Self::ModerationBanned(d) => of("moderation.banned", None, d.by, d.cmid),
            Self::ModerationUnbanned(d) => of("moderation.unbanned", None, d.by, d.cmid),
            Self::ModerationSlowMode(d) => of("moderation.slow_mode", None, d.by, d.cmid),
            Self::Typing(_)
            | Self::Presence(_)
            | Self::Read(_)
            | Self::Tops(_)
            | Self::RoomLag(_)
            | Self::Reset(_)
            | Self::Gone(_)
            | Self::AuthExpiring(_)
            | Self::Reconnect(_)
            | Self::QuizOwn(_)
            | Self::QuizPlace(_)
            | Self::QuizCount(_)
            | Self::QuizTally(_)
            | Self::QuizFlags(_)
            | Self::QuizReactions(_)
            | Self::QuizSuperseded(_)
            | Self::QuizKicked(_) => None,
        }
    }
}

/// Somebody is writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Typing {
    /// Who.
    pub user: UserId,
}

/// How far somebody has read: the last value wins, it only rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReadMark {
    /// Who.
    pub user: UserId,
    /// Up to and including this.
    pub seq: Seq,
}

/// One line of `tops`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Lag {
    /// The room's last `seq` when pushing stopped.
    pub top: Seq,
}

/// `reset`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Gone {}

/// `quiz.kicked`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Kicked {
    /// Whether for good; if not, one may join again as a new player.
    pub banned: bool,
}

/// `auth.expiring`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Expiring {
    /// When, unix milliseconds.
    pub expires_ts: u64,
}

/// `reconnect`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reconnect {
    /// How long to wait, milliseconds.
    pub after_ms: u64,
}
