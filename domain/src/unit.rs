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
    /// Change the text of an own message.
    Edit(Edit),
    /// Take a message back.
    Delete(Delete),
    /// Put a reaction to a message, or take it away.
    React(React),
    /// Be a member no more.
    Leave,
    /// Take somebody out; they may come back.
    Remove(Remove),
    /// Give a member a role.
    Appoint(Appoint),
    /// Let a member not write for a time.
    Mute(Mute),
    /// How long each member pauses between two messages.
    SlowDown(SlowDown),
    /// Take somebody out for good.
    Ban(Ban),
    /// Let somebody come back.
    Unban(Unban),
}

/// Change the text of an own message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The message.
    pub target: Seq,
    /// The revision that is replaced: another one means that the author has not seen the last.
    pub rev: u32,
    /// The text, already checked by [`crate::names::Body`].
    pub body: String,
}

/// Take a message back: the own one, or as a moderator anybody's of a lower role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delete {
    /// The message.
    pub target: Seq,
}

/// Put a reaction to a message, or take it away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct React {
    /// The message.
    pub target: Seq,
    /// One emoji, already checked by [`crate::names::Emoji`].
    pub emoji: String,
    /// Whether it is there after this.
    pub on: bool,
}

/// Take somebody out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remove {
    /// Whom.
    pub user: UserId,
    /// Why; told to that account and to the audit trail alone.
    pub reason: Option<String>,
}

/// Give a member a role. There is one owner: who gives that role away is a moderator after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appoint {
    /// Whom.
    pub user: UserId,
    /// To what.
    pub role: Role,
}

/// Let a member not write for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mute {
    /// Whom.
    pub user: UserId,
    /// For how long from the decision on; 0 lets that member write again. At most [`allthrive_protocol::MAX_MUTE_SECONDS`].
    pub seconds: u32,
    /// Why; told to that account and to the audit trail alone.
    pub reason: Option<String>,
}

/// How long each member pauses between two messages; moderators do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlowDown {
    /// 0 is no pause. At most [`allthrive_protocol::MAX_SLOW_MODE_SECONDS`].
    pub seconds: u32,
}

/// Take somebody out for good, or keep somebody out who is no member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ban {
    /// Whom.
    pub user: UserId,
    /// Why; told to that account and to the audit trail alone.
    pub reason: Option<String>,
}

/// Let somebody come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unban {
    /// Whom.
    pub user: UserId,
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

pub(crate) use words;

words!(Kind { Direct = "direct", Group = "group", Room = "room", Personal = "personal" });
words!(Role { Member = "member", Moderator = "moderator", Owner = "owner" });

impl Deed {
    /// The account it is about, beside its author.
    #[must_use]
    pub fn subject(&self) -> Option<UserId> {
        match self {
            Self::Speak(_) | Self::Edit(_) | Self::Delete(_) | Self::React(_) | Self::Leave | Self::SlowDown(_) => None,
            Self::Open(open) => open.with,
            Self::Admit(Admit { user })
            | Self::Remove(Remove { user, .. })
            | Self::Appoint(Appoint { user, .. })
            | Self::Mute(Mute { user, .. })
            | Self::Ban(Ban { user, .. })
            | Self::Unban(Unban { user }) => Some(*user),
        }
    }

    /// The message it is about.
    #[must_use]
    pub fn target(&self) -> Option<Seq> {
        match self {
            Self::Speak(speak) => speak.reply_to,
            Self::Edit(Edit { target, .. }) | Self::Delete(Delete { target }) | Self::React(React { target, .. }) => Some(*target),
            Self::Open(_)
            | Self::Admit(_)
            | Self::Leave
            | Self::Remove(_)
            | Self::Appoint(_)
            | Self::Mute(_)
            | Self::SlowDown(_)
            | Self::Ban(_)
            | Self::Unban(_) => None,
        }
    }

    /// Whether the author's personal room is told of it, too.
    fn tells_author(&self) -> bool {
        match self {
            Self::Open(_) | Self::Leave | Self::Appoint(_) => true,
            Self::Speak(_)
            | Self::Edit(_)
            | Self::Delete(_)
            | Self::React(_)
            | Self::Admit(_)
            | Self::Remove(_)
            | Self::Mute(_)
            | Self::SlowDown(_)
            | Self::Ban(_)
            | Self::Unban(_) => false,
        }
    }

    fn text_bytes(&self) -> usize {
        match self {
            Self::Speak(Speak { body, .. }) | Self::Edit(Edit { body, .. }) => body.len(),
            Self::Remove(Remove { reason, .. }) | Self::Mute(Mute { reason, .. }) | Self::Ban(Ban { reason, .. }) => {
                reason.as_ref().map_or(0, String::len)
            }
            Self::Open(_)
            | Self::Admit(_)
            | Self::Delete(_)
            | Self::React(_)
            | Self::Leave
            | Self::Appoint(_)
            | Self::SlowDown(_)
            | Self::Unban(_) => 256,
        }
    }
}

impl Unit {
    /// The rooms this unit writes to, in id order: what must be locked before anything is read.
    /// Three at most.
    #[must_use]
    pub fn rooms(&self) -> Vec<RoomId> {
        let author = self.deed.tells_author().then_some(self.author);
        let personal = author.into_iter().chain(self.deed.subject()).map(RoomId::personal);
        let mut rooms: Vec<RoomId> = std::iter::once(self.room).chain(personal).collect();
        rooms.sort_unstable();
        rooms.dedup();
        rooms
    }

    /// The people whose standing or name it needs.
    #[must_use]
    pub fn people(&self) -> Vec<UserId> {
        let mut people = vec![self.author];
        people.extend(self.deed.subject().filter(|user| *user != self.author));
        people
    }

    /// Roughly what it weighs in a batch, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        256 + self.deed.text_bytes()
    }
}
