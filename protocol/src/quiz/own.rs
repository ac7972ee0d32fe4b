//! What one person is told: of one's own answers and places, the news that passes by, and the pages that hosts ask for.

use std::collections::BTreeMap;

use crate::id::{Principal, Seq};
use crate::quiz::answer::Given;
use crate::quiz::board::Line;
use crate::quiz::live::{Factor, Role};
use crate::quiz::phase::{Flags, Votes};
use crate::quiz::view::{AnyView, plain};

plain! {
    /// Who one is: of a player's snapshot.
    pub struct Me {
        /// The player.
        pub player: Principal,
        /// The name.
        pub name: String,
        /// The team, by its place in the list.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub team: Option<u32>,
        /// How much more time.
        pub factor: Factor,
        /// The answer to the present question that is kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub answer: Option<Given>,
        /// With more time: milliseconds that are left for oneself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub closes_in_ms: Option<u64>,
    }

    /// `quiz.own`: what one's answer was worth, with the solution.
    pub struct Own {
        /// The question.
        pub q: u32,
        /// Which time.
        pub round: u32,
        /// Whether it was wholly right; none if it is not scored or was not answered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub correct: Option<bool>,
        /// What was answered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub answer: Option<Given>,
        /// What the author says to that.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub feedback: Vec<String>,
        /// Points for it.
        pub points: u64,
        /// And for right answers in a row.
        pub bonus: u64,
        /// Right answers in a row.
        pub streak: u32,
        /// Where one stands.
        pub place: Place,
    }

    /// Where a player stands.
    pub struct Place {
        /// Points in all.
        pub total: u64,
        /// The place.
        pub rank: u32,
        /// Of how many.
        pub of: u32,
        /// Places won since the board before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub moved: Option<i32>,
        /// Points to the place before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub gap: Option<u64>,
        /// Who stands there; "Bo, Di".
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub ahead: Option<String>,
    }

    /// `quiz.place`: one's own line and its neighbours, with the scoreboard; one's result, with the podium.
    pub struct OwnPlace {
        /// Where one stands.
        pub place: Place,
        /// The line before, the own, the line behind.
        pub around: Vec<Line>,
        /// Wholly right answers so far.
        pub correct: u32,
        /// Of so many scored questions.
        pub scored: u32,
        /// The longest row of right answers.
        pub best_streak: u32,
    }

    /// `quiz.count`: volatile, the last one wins.
    pub struct Count {
        /// Players here.
        pub players: u32,
        /// How many have answered the open question; for screens and hosts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub answered: Option<u32>,
        /// Of so many awaited.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub expected: Option<u32>,
        /// The names of those who came last, 60 at most; in the lobby, for screens and hosts.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub names: Vec<String>,
        /// How many answered with more time are still awaited; for hosts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub with_more_time: Option<u32>,
        /// How many have lost their connection; for hosts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub away: Option<u32>,
    }

    /// `quiz.tally`: volatile, for hosts: what is answered so far.
    pub struct Tally {
        /// The question.
        pub q: u32,
        /// Which time.
        pub round: u32,
        /// So far.
        pub votes: Votes,
    }

    /// `quiz.flags`: volatile: what holds beside the phase has changed without a step.
    pub struct FlagsNow {
        /// What holds.
        pub flags: Flags,
    }

    /// `quiz.reactions`: volatile: how many of each since the last.
    pub struct Reactions {
        /// By emoji.
        pub counts: BTreeMap<String, u32>,
    }

    /// One player, for hosts and moderators.
    pub struct PlayerLine {
        /// Its number, in the order of joining.
        pub no: u32,
        /// Who.
        pub player: Principal,
        /// The name.
        pub name: String,
        /// The team.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub team: Option<u32>,
        /// Whether there is a connection.
        pub connected: bool,
        /// What is odd about its answers: `fast`, faster than one reads; `in_step`, at the same times as another's. Others may
        /// come.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub marks: Vec<String>,
    }

    /// The `ok` of `quiz.players`.
    pub struct PlayersPage {
        /// In the order of joining.
        pub players: Vec<PlayerLine>,
        /// Whether there are more.
        pub more: bool,
    }

    /// The `ok` of `quiz.board`.
    pub struct BoardPage {
        /// In the order of the ranking.
        pub lines: Vec<Line>,
        /// Whether there are more.
        pub more: bool,
    }

    /// The `ok` of `quiz.join` and `quiz.sync`: all that there is to know for this role now.
    pub struct LiveSnapshot {
        /// What one is here.
        pub role: Role,
        /// The session's revision.
        pub seq: Seq,
        /// What is shown.
        #[serde(flatten)]
        pub view: AnyView,
        /// Of a player.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub me: Option<Me>,
        /// Of a player, from the solution on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub own: Option<Own>,
        /// Of a player, with the scoreboard and the podium.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub place: Option<OwnPlace>,
    }
}
