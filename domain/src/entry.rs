//! What a room's log holds: one entry for each `seq`, with what is needed to tell it.

use allthrive_protocol::event::{Conversation, Event, Fact, MemberJoined, Message, Person};
use allthrive_protocol::{Cmid, RoomId, Seq};

use crate::time::Micros;
use crate::unit::{Fingerprint, Kind, Role};

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
    /// `member.joined`
    Joined {
        /// Who.
        user: Person,
        /// As what.
        role: Role,
        /// In a personal room: which room, of what kind, with which title, and the other person of a
        /// direct one.
        conversation: Option<Joined>,
    },
}

/// The room that a personal room tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The room.
    pub room: RoomId,
    /// Its kind.
    pub kind: Kind,
    /// Its title.
    pub title: Option<String>,
    /// The other person of a direct conversation.
    pub with: Option<Person>,
}

impl Payload {
    /// The kind as it is stored and sent.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Message { .. } => "message.new",
            Self::Joined { .. } => "member.joined",
        }
    }
}

impl Entry {
    /// The event that tells of it.
    #[must_use]
    pub fn event(&self) -> Event {
        Event { room: Some(self.room), seq: Some(self.seq), ts: Some(self.at.millis()), fact: self.fact() }
    }

    fn fact(&self) -> Fact {
        match &self.payload {
            Payload::Message { body, reply_to, rev } => Fact::MessageNew(Message {
                author: self.author.clone(),
                cmid: self.cmid.unwrap_or(Cmid(uuid::Uuid::nil())),
                body: body.clone(),
                reply_to: *reply_to,
                rev: *rev,
            }),
            Payload::Joined { user, role, conversation } => Fact::MemberJoined(MemberJoined {
                user: user.clone(),
                role: role.word().to_owned(),
                by: self.author.id,
                cmid: self.cmid,
                conversation: conversation.as_ref().map(|joined| Conversation {
                    id: joined.room,
                    kind: joined.kind.word().to_owned(),
                    title: joined.title.clone(),
                    with: joined.with.clone(),
                }),
            }),
        }
    }
}
