//! What a room's log holds: one entry for each `seq`, with what is needed to tell it.

use allthrive_protocol::event::{
    Conversation, Event, Fact, MemberJoined, MemberLeft, MemberRole, Message, MessageDeleted, MessageEdited, ModerationBan,
    ModerationMuted, ModerationSlowMode, Person, Reaction,
};
use allthrive_protocol::{Cmid, RoomId, Seq};

use crate::time::Micros;
use crate::unit::{Fingerprint, Kind, Role, words};

/// One entry of a room's log, with its payload as now permitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The room.
    pub room: RoomId,
    /// Its number.
    pub seq: Seq,
    /// When it was decided. A label: order is `seq`.
    pub at: Micros,
    /// Who did it.
    pub author: Person,
    /// The mark of the write. The first entry of a unit in each room has it, further ones do not.
    pub cmid: Option<Cmid>,
    /// Of the write's content; beside `cmid`, on entries being written only.
    pub fingerprint: Option<Fingerprint>,
    /// What happened.
    pub payload: Payload,
}

impl Entry {
    /// As a member may see it who sees what comes from `from_seq` on: a later edit of a message from before has
    /// no text.
    #[must_use]
    pub fn seen_from(mut self, from_seq: Seq) -> Self {
        if let Payload::Edited { target, body, .. } = &mut self.payload
            && *target < from_seq
        {
            *body = None;
        }
        self
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// `message.new`
    Message {
        /// The text; absent once deleted or erased.
        body: Option<String>,
        /// The message it answers.
        reply_to: Option<Seq>,
        /// 1 when written.
        rev: u32,
    },
    /// `message.edited`
    Edited {
        /// The message.
        target: Seq,
        /// Its text; absent once deleted or erased.
        body: Option<String>,
        /// Its revision.
        rev: u32,
    },
    /// `message.deleted`
    Deleted {
        /// The message.
        target: Seq,
    },
    /// `reaction`
    Reacted {
        /// The message.
        target: Seq,
        /// Which.
        emoji: String,
        /// Put, or taken away.
        on: bool,
    },
    /// `member.joined`
    Joined {
        /// Who.
        user: Person,
        /// As what.
        role: Role,
        /// In a personal room: which room.
        place: Option<Place>,
    },
    /// `member.left`
    Left {
        /// Who.
        user: Person,
        /// By oneself, removed, or banned.
        how: Leaving,
        /// In a personal room: which room.
        place: Option<Place>,
        /// In a personal room: why.
        reason: Option<String>,
    },
    /// `member.role`
    Appointed {
        /// Who.
        user: Person,
        /// To what.
        role: Role,
        /// In a personal room: in which room.
        place: Option<Place>,
    },
    /// `moderation.muted`
    Muted {
        /// Who.
        user: Person,
        /// Until when; none lets that member write again.
        until: Option<Micros>,
        /// In a personal room: in which room.
        place: Option<Place>,
        /// In a personal room: why.
        reason: Option<String>,
    },
    /// `moderation.banned`
    Banned {
        /// Who.
        user: Person,
    },
    /// `moderation.unbanned`
    Unbanned {
        /// Who.
        user: Person,
    },
    /// `moderation.slow_mode`
    SlowMode {
        /// The pause; 0 is none.
        seconds: u32,
    },
}

/// The room that a personal room tells of, with its kind, its title and the other person of a direct one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The room.
    pub room: RoomId,
    /// Its kind.
    pub kind: Kind,
    /// Its title.
    pub title: Option<String>,
    /// The other person of a direct conversation.
    pub with: Option<Person>,
}

/// How somebody came to be a member no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// By oneself.
    Left,
    /// Taken out; may come back.
    Removed,
    /// Taken out for good.
    Banned,
}

words!(Leaving { Left = "left", Removed = "removed", Banned = "banned" });

impl Payload {
    /// The kind as it is stored and sent.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Message { .. } => "message.new",
            Self::Edited { .. } => "message.edited",
            Self::Deleted { .. } => "message.deleted",
            Self::Reacted { .. } => "reaction",
            Self::Joined { .. } => "member.joined",
            Self::Left { .. } => "member.left",
            Self::Appointed { .. } => "member.role",
            Self::Muted { .. } => "moderation.muted",
            Self::Banned { .. } => "moderation.banned",
            Self::Unbanned { .. } => "moderation.unbanned",
            Self::SlowMode { .. } => "moderation.slow_mode",
        }
    }

    /// The message it is about.
    #[must_use]
    pub fn target(&self) -> Option<Seq> {
        match self {
            Self::Edited { target, .. } | Self::Deleted { target } | Self::Reacted { target, .. } => Some(*target),
            Self::Message { .. }
            | Self::Joined { .. }
            | Self::Left { .. }
            | Self::Appointed { .. }
            | Self::Muted { .. }
            | Self::Banned { .. }
            | Self::Unbanned { .. }
            | Self::SlowMode { .. } => None,
        }
    }

    /// The account it is about.
    #[must_use]
    pub fn subject(&self) -> Option<&Person> {
        match self {
            Self::Joined { user, .. }
            | Self::Left { user, .. }
            | Self::Appointed { user, .. }
            | Self::Muted { user, .. }
            | Self::Banned { user }
            | Self::Unbanned { user } => Some(user),
            Self::Message { .. } | Self::Edited { .. } | Self::Deleted { .. } | Self::Reacted { .. } | Self::SlowMode { .. } => None,
        }
    }

    /// In a personal room: the room that is told of.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Joined { place, .. } | Self::Left { place, .. } | Self::Appointed { place, .. } | Self::Muted { place, .. } => {
                place.as_ref()
            }
            Self::Message { .. }
            | Self::Edited { .. }
            | Self::Deleted { .. }
            | Self::Reacted { .. }
            | Self::Banned { .. }
            | Self::Unbanned { .. }
            | Self::SlowMode { .. } => None,
        }
    }
}

impl From<&Place> for Conversation {
    fn from(place: &Place) -> Self {
        Self { id: place.room, kind: place.kind.word().to_owned(), title: place.title.clone(), with: place.with.clone() }
    }
}

impl Entry {
    /// The event that tells of it.
    #[must_use]
    pub fn event(&self) -> Event {
        Event { room: Some(self.room), seq: Some(self.seq), ts: Some(self.at.millis()), fact: self.fact() }
    }

    fn fact(&self) -> Fact {
        let (by, cmid) = (self.author.id, self.cmid);
        let conversation = self.payload.place().map(Conversation::from);
        match self.payload.clone() {
            Payload::Message { body, reply_to, rev } => Fact::MessageNew(Message {
                author: self.author.clone(),
                cmid: cmid.unwrap_or(Cmid(uuid::Uuid::nil())),
                body,
                reply_to,
                rev,
            }),
            Payload::Edited { target, body, rev } => Fact::MessageEdited(MessageEdited { target, body, rev, by, cmid }),
            Payload::Deleted { target } => Fact::MessageDeleted(MessageDeleted { target, by, cmid }),
            Payload::Reacted { target, emoji, on } => Fact::Reaction(Reaction { target, user: self.author.clone(), emoji, on, cmid }),
            Payload::Joined { user, role, .. } => {
                Fact::MemberJoined(MemberJoined { user, role: role.word().to_owned(), by, cmid, conversation })
            }
            Payload::Left { user, how, reason, .. } => {
                Fact::MemberLeft(MemberLeft { user, how: how.word().to_owned(), by, cmid, conversation, reason })
            }
            Payload::Appointed { user, role, .. } => {
                Fact::MemberRole(MemberRole { user, role: role.word().to_owned(), by, cmid, conversation })
            }
            Payload::Muted { user, until, reason, .. } => {
                Fact::ModerationMuted(ModerationMuted { user, until_ts: until.map(Micros::millis), by, cmid, conversation, reason })
            }
            Payload::Banned { user } => Fact::ModerationBanned(ModerationBan { user, by, cmid }),
            Payload::Unbanned { user } => Fact::ModerationUnbanned(ModerationBan { user, by, cmid }),
            Payload::SlowMode { seconds } => Fact::ModerationSlowMode(ModerationSlowMode { seconds, by, cmid }),
        }
    }
}
