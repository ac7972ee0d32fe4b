//! What the rules of live sessions need to know, and what they have decided to write.

use std::collections::{BTreeSet, HashMap, HashSet};

use allthrive_protocol::quiz::answer::Given;
use allthrive_protocol::quiz::live::Role;
use allthrive_protocol::{Cmid, Principal, RoomId, Seq, UserId};
use uuid::Uuid;

use super::unit::Player;
use super::{Create, Game};
use crate::time::Micros;
use crate::unit::Fingerprint;

/// What is known of the sessions of a batch, read under their locks and brought up to date by each decision.
#[derive(Debug, Clone, Default)]
pub struct LiveFacts {
    /// The sessions.
    pub sessions: HashMap<RoomId, SessionFacts>,
    /// Those who speak or are spoken of, if they are or were players.
    pub players: HashMap<(RoomId, Principal), Player>,
    /// Who plays under a name, by what it looks like; of the names that are asked for.
    pub names: HashMap<(RoomId, String), Principal>,
    /// How many play in each team.
    pub teams: HashMap<(RoomId, u32), u32>,
    /// The answers of those who answer now, to what they answer, in their order.
    pub answers: HashMap<(RoomId, u32, u32, Principal), Vec<KeptAnswer>>,
    /// Writes that were carried out before.
    pub known: HashMap<(RoomId, Uuid, Cmid), KnownLive>,
    /// What those accounts are that ask for something.
    pub hosts: HashMap<(RoomId, UserId), Role>,
    /// Members of the conversation in which a session was launched.
    pub members: HashSet<(RoomId, UserId)>,
    /// PINs that are not free, of those that are asked for.
    pub pins: HashSet<String>,
    /// What is to be written.
    pub changes: Changes,
}

/// A session, as far as the rules ask.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionFacts {
    /// The conversation in which it was launched.
    pub conversation: Option<RoomId>,
    /// The number of its last step.
    pub rev: Seq,
    /// In which term it is kept.
    pub term: u64,
    /// By which server.
    pub node: Option<Uuid>,
    /// How often that server has said so.
    pub beat: u64,
    /// How long the phase has lasted by the last that was stored.
    pub elapsed_ms: u64,
    /// How many answers are kept: the number of the last.
    pub answers: u64,
    /// How many numbers were given to players.
    pub numbers: u32,
    /// How many play.
    pub playing: u32,
    /// How often a player was new or has changed.
    pub changes: u64,
    /// Its PIN, while it has one.
    pub pin: Option<String>,
    /// Where it stands.
    pub game: Game,
}

/// An answer that is on the disk, or will be with this batch.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptAnswer {
    /// The player's mark of it.
    pub aid: Cmid,
    /// What was answered.
    pub choice: Given,
}

/// A write that was carried out before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownLive {
    /// The step's number; none of a measure, which takes none.
    pub rev: Option<Seq>,
    /// When.
    pub at: Micros,
    /// Of its content.
    pub fingerprint: Fingerprint,
}

/// What is to be written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// Sessions that are new.
    pub created: Vec<Created>,
    /// Sessions that have changed: all that the facts say of them.
    pub sessions: BTreeSet<RoomId>,
    /// Players that are new or have changed: all that the facts say of them.
    pub players: BTreeSet<(RoomId, Principal)>,
    /// Steps and timers, in their order.
    pub steps: Vec<Logged>,
    /// Measures, so that each is carried out once.
    pub marks: Vec<Logged>,
    /// Answers, in their order.
    pub answers: Vec<NewAnswer>,
    /// Accounts that became hosts of a kind, or are none any more.
    pub hosts: Vec<(RoomId, UserId, Option<Role>)>,
}

impl Changes {
    /// Whether nothing is to be written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A session that is new.
#[derive(Debug, Clone, PartialEq)]
pub struct Created {
    /// Its id.
    pub room: RoomId,
    /// Who made it.
    pub owner: UserId,
    /// As it was asked for.
    pub asked: Create,
    /// The questions.
    pub quiz: std::sync::Arc<crate::quiz::freeze::Frozen>,
    /// Its PIN.
    pub pin: String,
}

/// A line of a session's log, or a mark beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Logged {
    /// The session.
    pub room: RoomId,
    /// Its number; 0 of a mark.
    pub rev: Seq,
    /// What was done: the step's or timer's name.
    pub kind: &'static str,
    /// Who did it; the server is nobody.
    pub author: Uuid,
    /// The author's mark.
    pub cmid: Cmid,
    /// Of its content.
    pub fingerprint: Fingerprint,
    /// The question it was at.
    pub q: u32,
    /// Which time that was asked.
    pub round: u32,
}

/// An answer to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAnswer {
    /// The session.
    pub room: RoomId,
    /// Whose.
    pub player: Principal,
    /// To which question.
    pub q: u32,
    /// Which time it is asked.
    pub round: u32,
    /// How often it was changed before.
    pub n: u32,
    /// Its number among all answers of the session.
    pub no: u64,
    /// The player's mark.
    pub aid: Cmid,
    /// What is answered.
    pub choice: Given,
    /// How long the question had been open when it was read.
    pub raw_ms: u64,
    /// The time that is scored.
    pub t_ms: u64,
}
