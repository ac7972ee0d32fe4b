//! A live session as it is set up, and what its people ask of it.

use serde::{Deserialize, Serialize};

use crate::id::{Cmid, Principal, Seq};
use crate::quiz::answer::Given;

/// Most teams of a session.
pub const MAX_TEAMS: usize = 12;
/// Longest name of a player, graphemes.
pub const MAX_NAME_GRAPHEMES: usize = 20;
/// Most a host can add to the time of a question at once, milliseconds.
pub const MAX_EXTEND_MS: u32 = 60_000;
/// Emojis that players can send to everybody.
pub const REACTIONS: [&str; 6] = ["👍", "🎉", "😂", "😮", "❤️", "👏"];
/// Answers are taken for so long after the deadline: those on their way, milliseconds.
pub const GRACE_MS: u32 = 500;

/// What a session is to be; it does not change while it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Settings {
    /// What counts.
    pub mode: Mode,
    /// How long a question stands without its options, milliseconds, up to 15,000; none waits for the host.
    pub intro_ms: Option<u32>,
    /// How long after the close the votes are shown by themselves, milliseconds, up to 3,000; none waits for the host.
    pub reveal_ms: Option<u32>,
    /// Goes on by itself after so long, milliseconds, 3,000 to 60,000; none waits for the host.
    pub advance_ms: Option<u32>,
    /// When the ranking is shown.
    pub scoreboard: Scoreboard,
    /// Whether right answers in a row earn more.
    pub streak: bool,
    /// Whether an answer may be changed until the close.
    pub may_change: bool,
    /// Whether options stand in another order than the author's.
    pub shuffle: bool,
    /// Who may join.
    pub admits: Admits,
    /// Names of the teams; none or 2 to 12.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<String>,
    /// Whether players are given names.
    pub generated_names: bool,
    /// How strictly names are read.
    pub name_filter: NameFilter,
    /// Whether players may ask for more time themselves.
    pub may_ask_for_time: bool,
    /// Most players.
    pub most_players: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mode: Mode::Speed,
            intro_ms: Some(3_000),
            reveal_ms: Some(1_000),
            advance_ms: None,
            scoreboard: Scoreboard::Each,
            streak: false,
            may_change: false,
            shuffle: false,
            admits: Admits::Anyone,
            teams: Vec::new(),
            generated_names: false,
            name_filter: NameFilter::Medium,
            may_ask_for_time: true,
            most_players: 10_000,
        }
    }
}

/// What counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// What is right, and how soon.
    #[default]
    Speed,
    /// What is right.
    Accuracy,
    /// Nothing: no points, no ranking.
    Survey,
}

/// When the ranking is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scoreboard {
    /// After each question that is scored.
    #[default]
    Each,
    /// On the podium alone.
    Podium,
}

/// Who may join.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Admits {
    /// Whoever has the PIN or the link, with or without an account.
    #[default]
    Anyone,
    /// Whoever has an account.
    Accounts,
    /// Members of the conversation in which it was launched.
    Members,
}

/// How strictly names are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NameFilter {
    /// Not at all.
    Off,
    /// What is severe.
    Low,
    /// What is not for a classroom.
    #[default]
    Medium,
    /// What could be meant so, too.
    High,
}

/// What somebody is in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Made it.
    Owner,
    /// May do what the owner may.
    Cohost,
    /// Keeps order among players; sees what a screen sees.
    Moderator,
    /// The big one, for everybody to look at.
    Screen,
    /// Answers.
    Player,
}

/// How much more time somebody has, to each question.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Factor {
    /// As everybody.
    #[default]
    #[serde(rename = "1")]
    Usual,
    /// Half as much again.
    #[serde(rename = "1.5")]
    Half,
    /// Twice as much.
    #[serde(rename = "2")]
    Double,
}

impl Factor {
    /// In thousandths.
    #[must_use]
    pub fn thousandths(self) -> u32 {
        match self {
            Self::Usual => 1_000,
            Self::Half => 1_500,
            Self::Double => 2_000,
        }
    }
}

/// `quiz.join`: be here, as whatever one is in this session. Said again it finds the same player.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Join {
    /// From `POST /api/v1/live/join`; who is no host needs one the first time. Guests brought it with `hello`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// As whom; a new player must say it, unless names are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// For which team, by its place in the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<u32>,
}

/// `quiz.rename`: another name for oneself, in the lobby.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rename {
    /// The name.
    pub name: String,
}

/// `quiz.answer`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Answer {
    /// Made once for this answer; a retry carries the same.
    pub cmid: Cmid,
    /// Which question, from 0 on.
    pub q: u32,
    /// Which time it is asked.
    pub round: u32,
    /// What is answered.
    pub choice: Given,
}

/// `quiz.react`: an emoji for everybody; counted, not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct React {
    /// One of those that are offered.
    pub emoji: String,
}

/// `quiz.time`: how much time one needs oneself, said in the lobby.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Time {
    /// How much.
    pub factor: Factor,
}

/// `quiz.control`: a step of the game, by a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Control {
    /// Made once for this step; a retry carries the same.
    pub cmid: Cmid,
    /// The session's `seq` that the host saw; another one is `rev_conflict`.
    pub rev: Seq,
    /// Which step.
    #[serde(flatten)]
    pub step: Step,
}

/// The steps of a game.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// From the lobby to the first question.
    Start,
    /// Show the options, take answers.
    Open,
    /// Take no more answers, but those on their way.
    Close,
    /// Show the votes, then the solution.
    Reveal,
    /// Go on: to the ranking, the next question, or the podium.
    Next,
    /// Leave this question out and go on; it counts for nobody.
    Skip,
    /// Take a question out of the count. Of the present one, while it is open: ask it again.
    Void {
        /// Which, from 0 on.
        q: u32,
    },
    /// End: a lobby is cancelled, a game goes to its podium, a podium ends.
    End,
    /// Stand still; options are hidden.
    Pause,
    /// Go on from there.
    Resume,
    /// More time for this question.
    Extend {
        /// Up to 60,000 milliseconds at once.
        ms: u32,
    },
    /// No more new players.
    Lock,
    /// New players again.
    Unlock,
}

/// `quiz.moderate`: order among players.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Moderate {
    /// Made once for this; a retry carries the same.
    pub cmid: Cmid,
    /// Whom.
    pub player: Principal,
    /// What.
    #[serde(flatten)]
    pub measure: Measure,
}

/// What can be done about a player.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Measure {
    /// Out of the game; may join again as a new player with another key or name.
    Kick,
    /// Out for good.
    Ban,
    /// Under another name.
    Rename {
        /// The name.
        name: String,
    },
    /// With more time, from the next question on.
    Time {
        /// How much.
        factor: Factor,
    },
}

/// `quiz.players`: the players, paged, for hosts and moderators.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Players {
    /// After the player of this number.
    #[serde(default)]
    pub after: u32,
    /// Only those whose answer to the open question is still awaited.
    #[serde(default)]
    pub missing: bool,
}

/// `quiz.board`: the ranking, paged, for hosts and screens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Board {
    /// How many lines stand before the page.
    #[serde(default)]
    pub after: u32,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AnswerStatus {
    /// It is kept, and it counts.
    Accepted,
    /// Another one was kept before.
    Duplicate,
    /// The time was over.
    Late,
    /// That question does not take answers now.
    Closed,
    /// It does not fit the question.
    Invalid,
    /// Not for this player to answer.
    NotEligible,
}

/// The `ok` of `quiz.answer`. It comes after the answer is on the disk, and says the same when it is sent again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Answered {
    /// What became of it.
    pub status: AnswerStatus,
    /// The answer that is kept, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<Given>,
    /// What does not fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}
