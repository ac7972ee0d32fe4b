//! What can be asked of a live session, as values, and what becomes of it. Each is decided under the lock of the
//! session's row; each may be sent again, and is carried out once.

use std::sync::Arc;

use allthrive_protocol::quiz::answer::Given;
use allthrive_protocol::quiz::live::{Answered, Factor, Measure, Role, Settings, Step};
use allthrive_protocol::{Cmid, Principal, Refusal, RoomId, Seq, UserId};
use uuid::Uuid;

use super::{Fired, Game};
use crate::quiz::freeze::Frozen;
use crate::time::Micros;
use crate::unit::Fingerprint;

/// One write to one live session.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveUnit {
    /// The session.
    pub room: RoomId,
    /// Its questions as they were frozen: they never change, so whoever asks has them already.
    pub quiz: Arc<Frozen>,
    /// Who does it.
    pub author: Author,
    /// The author's mark of it: the same write has the same.
    pub cmid: Cmid,
    /// Of its content.
    pub fingerprint: Fingerprint,
    /// What is done.
    pub deed: LiveDeed,
}

/// Who does something in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Author {
    /// A host, a player, somebody who would be one.
    Person(Principal),
    /// The server itself.
    Server,
}

impl Author {
    /// As it is stored: the server is nobody.
    #[must_use]
    pub fn id(self) -> Uuid {
        match self {
            Self::Person(principal) => id_of(principal),
            Self::Server => Uuid::nil(),
        }
    }
}

/// A player's id as it is stored; which kind it is stands beside it.
#[must_use]
pub fn id_of(principal: Principal) -> Uuid {
    match principal {
        Principal::User(id) => id.0,
        Principal::Guest(id) => id.0,
        Principal::Screen(id) => id.0,
    }
}

/// What is done.
#[derive(Debug, Clone, PartialEq)]
pub enum LiveDeed {
    /// Make the session; its author becomes the owner.
    Create(Box<Create>),
    /// Be a player, or be the same one again.
    Join(Join),
    /// Be a player no more. Nobody who is none hears of it.
    Leave,
    /// Another name for oneself, in the lobby; already read by the rules of names.
    Rename {
        /// The name.
        name: String,
        /// What it looks like.
        skeleton: String,
    },
    /// How much time one needs oneself, in the lobby.
    Time {
        /// How much.
        factor: Factor,
    },
    /// An answer.
    Answer(Answer),
    /// A host's step.
    Step {
        /// The session's revision that the host saw.
        rev: Seq,
        /// Which.
        step: Step,
        /// How long the phase has lasted by this server's stopwatch.
        elapsed_ms: u64,
    },
    /// A timer of the server that keeps the session.
    Fire {
        /// The session's revision that the timer belongs to.
        rev: Seq,
        /// The term in which this server keeps it.
        term: u64,
        /// Which.
        fired: Fired,
        /// How long the phase has lasted by this server's stopwatch.
        elapsed_ms: u64,
    },
    /// A host's or a moderator's measure about a player.
    Measure {
        /// Whom.
        player: Principal,
        /// What.
        measure: Measure,
        /// With a rename: what the name looks like; it was read by the rules of names.
        skeleton: Option<String>,
    },
    /// Make an account a host of another kind, or with none take that from it; by the owner.
    Host {
        /// Whom.
        user: UserId,
        /// `Cohost` or `Moderator`.
        role: Option<Role>,
    },
    /// Keep the session from now on: its timers.
    Claim {
        /// This server.
        node: Uuid,
        /// The term that was read with the beat that stood still.
        term: u64,
        /// That beat.
        beat: u64,
    },
}

/// A session to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Create {
    /// The quiz that it was frozen from.
    pub quiz: Uuid,
    /// The conversation in which it was launched.
    pub conversation: Option<RoomId>,
    /// Of the quiz.
    pub title: String,
    /// Of the quiz's texts.
    pub language: Option<String>,
    /// What is set.
    pub settings: Settings,
    /// PINs of which the first that is free is taken.
    pub pins: Vec<String>,
    /// Of the token that the link carries.
    pub link_hash: [u8; 32],
    /// The server that keeps it.
    pub node: Option<Uuid>,
    /// The session that this one follows: its ended view names it then. The author is a host there.
    pub rematch_of: Option<RoomId>,
}

/// To be a player.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Join {
    /// Names with what they look like, of which the first that is free is taken: the chosen one, or some that were
    /// drawn. None finds a player who is there already, and nobody else.
    pub names: Vec<(String, String)>,
    /// The team, by its place in the list; with none the smallest is found.
    pub team: Option<u32>,
}

/// An answer, with its time.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Which question.
    pub q: u32,
    /// Which time.
    pub round: u32,
    /// What is answered.
    pub choice: Given,
    /// How long the question had been open when the answer was read off the wire, pauses not counted.
    pub raw_ms: u64,
    /// What its way took; taken off its time, never off the deadline.
    pub credit_ms: u64,
}

/// A player, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Player {
    /// Who.
    pub player: Principal,
    /// Its number, in the order of joining.
    pub no: u32,
    /// The name.
    pub name: String,
    /// What the name looks like: unique among those who play.
    pub skeleton: String,
    /// The team.
    pub team: Option<u32>,
    /// How much more time.
    pub factor: Factor,
    /// Whether it plays.
    pub state: PlayerState,
    /// When it came.
    pub joined_at: Micros,
    /// At which question.
    pub joined_q: u32,
    /// The number of its last change among those of all players of the session.
    pub change: u64,
}

/// An answer, as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// Whose.
    pub player: Principal,
    /// To which question.
    pub q: u32,
    /// Which time it was asked.
    pub round: u32,
    /// Which of that player to that round, from 0 on: the last counts.
    pub n: u32,
    /// Its number among all answers of the session, in the order of their coming.
    pub no: u64,
    /// What was answered.
    pub choice: Given,
    /// The time that is scored.
    pub t_ms: u64,
}

/// Whether a player plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlayerState {
    /// It does.
    Active,
    /// Gone; may come back.
    Left,
    /// Put out; may come back under another name.
    Kicked,
    /// Put out for good.
    Banned,
}

crate::unit::words!(PlayerState { Active = "active", Left = "left", Kicked = "kicked", Banned = "banned" });

/// What became of a unit that was not refused.
#[derive(Debug, Clone, PartialEq)]
pub enum LiveOutcome {
    /// The session is there.
    Created {
        /// Its PIN.
        pin: String,
        /// Its revision.
        rev: Seq,
    },
    /// Plays; or did already.
    Joined(Player),
    /// A player has changed, or was so already.
    Player(Player),
    /// What became of an answer.
    Answered(Answered),
    /// The game has moved; or had, by the same step sent before: `game` is the present one then.
    Stepped {
        /// The revision of the step.
        rev: Seq,
        /// When it was taken.
        at: Micros,
        /// The game.
        game: Box<Game>,
        /// Whether it was sent before.
        dup: bool,
    },
    /// This server keeps the session.
    Claimed {
        /// In this term.
        term: u64,
        /// The session's revision.
        rev: Seq,
        /// Where it stands.
        game: Box<Game>,
    },
    /// Another server keeps the session, or its beat has moved: nothing was written.
    Fenced {
        /// In which term.
        term: u64,
    },
    /// It is so.
    Done,
}

/// What became of a unit.
pub type LiveDecision = Result<LiveOutcome, Refusal>;
