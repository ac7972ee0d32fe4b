//! What can be asked of a room, as values. A unit is one client's write: it takes effect whole or not at all.

use allthrive_protocol::{Cmid, RoomId, Seq, UserId};

/// A keyed digest of a write's content, stored with it so that a reused `cmid` is noticed even after
/// the text is gone. Its key never rotates.
pub type Fingerprint = [u8; 32];

/// One write to one room (and to the personal rooms of whom it concerns).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The room whose `seq` it takes.
    pub room: RoomId,
    /// Who does it.
    pub author: UserId,
    /// The author's mark of it: the same write has the same.
    pub cmid: Cmid,
    /// Of its content.
    pub fingerprint: Fingerprint,
    /// What is done.
    pub deed: Deed,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Say something.
    Speak(Speak),
    /// Make the room.
    Open(Open),
    /// Make somebody a member.
    Admit(Admit),
}

/// Say something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speak {
    /// The text, already checked by [`crate::names::Body`].
    pub body: String,
    /// The message it answers.
    pub reply_to: Option<Seq>,
}

/// Make a conversation; its author becomes the owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Which kind; never `Personal`.
    pub kind: Kind,
    /// The title of a group or a room.
    pub title: Option<String>,
    /// The other person of a direct conversation.
    pub with: Option<UserId>,
}

/// Make somebody a member; the author of a public room's may be the member itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admit {
    /// Who.
    pub user: UserId,
}

/// What a room is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Two people. Opening it twice finds the same one.
    Direct,
    /// Private, by being added.
    Group,
    /// Public, listed, joined freely.
    Room,
    /// Facts about one account.
    Personal,
}

/// What a member may do, each including those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Speaks and reads.
    Member,
    /// Keeps order.
    Moderator,
    /// Made it, or was given it.
    Owner,
}

macro_rules! words {
    ($type:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $type {
            /// As it is stored and sent.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The counterpart of [`Self::word`].
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words!(Kind { Direct = "direct", Group = "group", Room = "room", Personal = "personal" });
words!(Role { Member = "member", Moderator = "moderator", Owner = "owner" });

impl Unit {
    /// The rooms this unit writes to, in id order: what must be locked before anything is read.
    /// Three at most.
    #[must_use]
    pub fn rooms(&self) -> Vec<RoomId> {
        let mut rooms = vec![self.room];
        match &self.deed {
            Deed::Speak(_) => {}
            Deed::Open(open) => {
                rooms.push(RoomId::personal(self.author));
                rooms.extend(open.with.map(RoomId::personal));
            }
            Deed::Admit(admit) => rooms.push(RoomId::personal(admit.user)),
        }
        rooms.sort_unstable();
        rooms.dedup();
        rooms
    }

    /// The people whose standing or name it needs.
    #[must_use]
    pub fn people(&self) -> Vec<UserId> {
        let mut people = vec![self.author];
        match &self.deed {
            Deed::Speak(_) => {}
            Deed::Open(open) => people.extend(open.with),
            Deed::Admit(admit) => people.push(admit.user),
        }
        people.dedup();
        people
    }

    /// Roughly what it weighs in a batch, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        256 + match &self.deed {
            Deed::Speak(speak) => speak.body.len(),
            Deed::Open(_) | Deed::Admit(_) => 256,
        }
    }
}
