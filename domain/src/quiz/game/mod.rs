//! A live session: where its game stands, and who may move it. No clock and no randomness in here: time is what the
//! committing server's stopwatch says of the phase, and whatever is drawn comes in with the unit.
//!
//! - [`step`](mod@step): how a game moves
//! - [`timer`](mod@timer): what it waits for
//! - [`unit`]: what can be asked of a session, and what becomes of it
//! - [`facts`], [`mod@admit`] with `players` and `answers`: what is decided under the session's lock
//! - [`standing`](mod@standing): where its players stand, from the answers that are kept
//! - [`views`]: what each role is shown of it; [`own`](mod@own): what one player is; [`votes`](mod@votes): what was answered

pub mod admit;
#[cfg(test)]
mod admit_tests;
pub mod answers;
pub mod facts;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod marks;
pub mod own;
mod players;
#[cfg(test)]
mod replay_tests;
pub mod standing;
pub mod step;
#[cfg(test)]
mod tests;
pub mod timer;
pub mod told;
pub mod unit;
pub mod views;
pub mod votes;

use std::collections::BTreeSet;

use allthrive_protocol::RoomId;
use allthrive_protocol::quiz::live::Settings;
use allthrive_protocol::quiz::view::{EndReason, PauseReason};
use serde::{Deserialize, Serialize};

pub use self::admit::admit;
pub use self::facts::{Changes, KeptAnswer, KnownLive, LiveFacts, SessionFacts};
pub use self::own::{board_page, me, own, place};
pub use self::standing::{Standing, standing};
pub use self::step::{asked, fire, step};
pub use self::timer::{grace_ms, own_deadline_ms, timer};
pub use self::unit::{Answer, Author, Create, Join, Kept, LiveDecision, LiveDeed, LiveOutcome, LiveUnit, Player, PlayerState};
pub use self::views::Sight;
pub use self::votes::votes;

/// The votes stand for so long before the solution, where they came by themselves.
pub const VOTES_MS: u64 = 2_000;
/// From the host's start to the first question.
pub const GET_READY_MS: u64 = 3_000;
/// How long the servers have to hand in the answers they have, once the grace is over.
pub const DRAIN_MS: u64 = 1_500;
/// From a takeover until the game goes on.
pub const GO_ON_MS: u64 = 3_000;
/// A lobby in which nothing begins.
pub const LOBBY_IDLE_MS: u64 = 2 * 60 * 60 * 1_000;
/// A podium that nobody closes.
pub const PODIUM_IDLE_MS: u64 = 30 * 60 * 1_000;
/// A game without a host.
pub const HOST_GONE_MS: u64 = 15 * 60 * 1_000;

/// Where a game stands: what is stored at each step, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Game {
    /// What it is at.
    pub phase: Phase,
    /// The question, from 0 on.
    pub q: u32,
    /// Which time it is asked, from 0 on.
    pub round: u32,
    /// Of how many questions.
    pub of: u32,
    /// Whether it takes no new players.
    pub locked: bool,
    /// Stands still.
    pub paused: Option<Pause>,
    /// How long the phase had lasted at the last step, pauses not counted; a server without a stopwatch begins there.
    pub elapsed_ms: u64,
    /// How long the question had been open when it was closed; answers on their way are measured on from there.
    pub open_ms: u64,
    /// What hosts have added to the time of this question.
    pub extend_ms: u64,
    /// The lobby's host has started, the first question comes in a moment.
    pub starting: bool,
    /// It was closed because all who were awaited had answered: no grace.
    pub everybody: bool,
    /// Questions that count for nobody.
    pub voided: BTreeSet<u32>,
    /// The questions that were asked to their end, with the round that stands, in their order.
    pub asked: Vec<(u32, u32)>,
    /// What was set when it was made.
    pub settings: Settings,
    /// The session that follows.
    pub rematch: Option<RoomId>,
    /// How it ended.
    pub ended: Option<EndReason>,
}

/// What a game is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Players gather.
    Lobby,
    /// The question without its options; a slide.
    Intro,
    /// Answers are taken.
    Open,
    /// Answers on their way are taken.
    Closing,
    /// No more answers; nothing is shown.
    Locked,
    /// What was answered.
    Votes,
    /// What is right.
    Solution,
    /// The ranking so far.
    Scoreboard,
    /// The ranking in the end.
    Podium,
    /// Over.
    Ended,
}

/// A game that stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Why. Never [`PauseReason::Store`], which cannot be stored.
    pub reason: PauseReason,
    /// How long the phase had lasted.
    pub elapsed_ms: u64,
}

/// A timer of the server that keeps the session has run out, or what it waited for has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fired {
    /// Lobby → Intro: the moment after the start is over.
    GetReady,
    /// Intro → Open.
    Intro,
    /// Open → Closing: the time is over, for those with more time, too.
    Deadline,
    /// Open → Closing: all who were awaited have answered.
    Everybody,
    /// Closing → Locked: every server has handed in what it had, or had its time.
    Drained,
    /// Locked → Votes.
    Reveal,
    /// Votes → Solution.
    Solution,
    /// Solution, Scoreboard → what comes next.
    Advance,
    /// Lobby, Podium → Ended: nobody did anything.
    Idle,
    /// Any question → Podium: no host for too long.
    HostGone,
    /// Another server has taken over: it stands still for a moment.
    Recovered,
    /// And goes on.
    GoOn,
}

impl Game {
    /// In the lobby, with so many questions to come.
    #[must_use]
    pub fn new(settings: Settings, of: u32) -> Self {
        Self {
            phase: Phase::Lobby,
            q: 0,
            round: 0,
            of,
            locked: false,
            paused: None,
            elapsed_ms: 0,
            open_ms: 0,
            extend_ms: 0,
            starting: false,
            everybody: false,
            voided: BTreeSet::new(),
            asked: Vec::new(),
            settings,
            rematch: None,
            ended: None,
        }
    }

    /// Whether the stopwatch of the phase begins anew from that game to this one.
    #[must_use]
    pub fn is_another_phase(&self, before: &Self) -> bool {
        (self.phase, self.q, self.round, self.starting) != (before.phase, before.q, before.round, before.starting)
    }

    /// How long the question has been open when its phase has lasted so long: what an answer is measured by.
    #[must_use]
    pub fn open_for_ms(&self, elapsed_ms: u64) -> Option<u64> {
        match self.phase {
            Phase::Open => Some(elapsed_ms),
            Phase::Closing => Some(self.open_ms.saturating_add(elapsed_ms)),
            _ => None,
        }
    }
}
