//! What is shown of a live session: by phase and by role, each its own type. No type that a player or a screen is
//! sent before the solution has a place where a key could stand.
//!
//! Every view is whole: who has missed one needs only the next. Times are left as durations from the moment of
//! sending; a client counts them on its own monotonic clock.

use serde::{Deserialize, Serialize};

use crate::id::{RoomId, Seq};
use crate::quiz::answer::OptionId;
use crate::quiz::board::{Ended, Podium, ScoreboardShown};
use crate::quiz::phase::{
    Closed, HostClosed, HostIntro, HostLobby, HostOpen, HostVotes, Intro, Open, PlayerLobby, ScreenLobby, ShownOption, SolutionShown,
    VotesShown,
};

/// Structs of public fields, with what all of them derive.
macro_rules! plain {
    ($($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)* })+) => {
        $($(#[$meta])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* })+
    };
}

pub(crate) use plain;

/// A view as it is sent: `{"event":"quiz.open","room":"…","seq":7,"ts":…,"d":{…}}`. `seq` is the session's revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shown<V> {
    /// The session.
    pub room: RoomId,
    /// Its revision.
    pub seq: Seq,
    /// When, unix milliseconds. A label.
    pub ts: u64,
    /// What is shown.
    #[serde(flatten)]
    pub view: V,
}

/// What a player is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "event", content = "d")]
pub enum PlayerView {
    /// Before the game.
    #[serde(rename = "quiz.lobby")]
    Lobby(PlayerLobby),
    /// The question without its options; a slide.
    #[serde(rename = "quiz.intro")]
    Intro(Intro),
    /// The question, to be answered.
    #[serde(rename = "quiz.open")]
    Open(Open),
    /// Time is up; answers on their way are taken.
    #[serde(rename = "quiz.closing")]
    Closing(Closed),
    /// No more answers; nothing is shown yet.
    #[serde(rename = "quiz.locked")]
    Locked(Closed),
    /// What was answered, not yet what is right.
    #[serde(rename = "quiz.votes")]
    Votes(VotesShown),
    /// What is right.
    #[serde(rename = "quiz.solution")]
    Solution(SolutionShown),
    /// The ranking so far.
    #[serde(rename = "quiz.scoreboard")]
    Scoreboard(ScoreboardShown),
    /// The ranking in the end.
    #[serde(rename = "quiz.podium")]
    Podium(Podium),
    /// It is over.
    #[serde(rename = "quiz.ended")]
    Ended(Ended),
}

/// What a screen and a moderator are shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "event", content = "d")]
pub enum ScreenView {
    /// How to join, and who has.
    #[serde(rename = "quiz.lobby")]
    Lobby(ScreenLobby),
    /// The question without its options; a slide.
    #[serde(rename = "quiz.intro")]
    Intro(Intro),
    /// The question, to be answered.
    #[serde(rename = "quiz.open")]
    Open(Open),
    /// Time is up.
    #[serde(rename = "quiz.closing")]
    Closing(Closed),
    /// No more answers.
    #[serde(rename = "quiz.locked")]
    Locked(Closed),
    /// What was answered.
    #[serde(rename = "quiz.votes")]
    Votes(VotesShown),
    /// What is right.
    #[serde(rename = "quiz.solution")]
    Solution(SolutionShown),
    /// The ranking so far.
    #[serde(rename = "quiz.scoreboard")]
    Scoreboard(ScoreboardShown),
    /// The ranking in the end.
    #[serde(rename = "quiz.podium")]
    Podium(Podium),
    /// It is over.
    #[serde(rename = "quiz.ended")]
    Ended(Ended),
}

/// What an owner and a cohost are shown: with the key, from the first moment of a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "event", content = "d")]
pub enum HostView {
    /// How to join, who has, and what is set.
    #[serde(rename = "quiz.lobby")]
    Lobby(HostLobby),
    /// The question, its key and the notes.
    #[serde(rename = "quiz.intro")]
    Intro(HostIntro),
    /// The question, to be answered.
    #[serde(rename = "quiz.open")]
    Open(HostOpen),
    /// Time is up.
    #[serde(rename = "quiz.closing")]
    Closing(HostClosed),
    /// No more answers.
    #[serde(rename = "quiz.locked")]
    Locked(HostClosed),
    /// What was answered.
    #[serde(rename = "quiz.votes")]
    Votes(HostVotes),
    /// What is right.
    #[serde(rename = "quiz.solution")]
    Solution(SolutionShown),
    /// The ranking so far.
    #[serde(rename = "quiz.scoreboard")]
    Scoreboard(ScoreboardShown),
    /// The ranking in the end.
    #[serde(rename = "quiz.podium")]
    Podium(Podium),
    /// It is over.
    #[serde(rename = "quiz.ended")]
    Ended(Ended),
}

/// Why a game stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// A host said so.
    Host,
    /// The server that kept it has gone; another has taken over, and goes on in a moment.
    Recovered,
    /// Nothing can be stored just now.
    Store,
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// It was played.
    Done,
    /// The host ended it in the lobby.
    Cancelled,
    /// Nobody went on with it.
    Expired,
}

/// How a question is answered, with what can be chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "form", rename_all = "snake_case")]
pub enum Form {
    /// One of these; two sides of a `swipe`.
    One {
        /// In the order in which they are shown.
        options: Vec<ShownOption>,
    },
    /// Some of these.
    Some {
        /// In the order in which they are shown.
        options: Vec<ShownOption>,
    },
    /// A text.
    Text {
        /// Longest, characters.
        most_chars: u32,
    },
    /// A number.
    Number {},
    /// These, in order.
    Order {
        /// As they are shown first.
        items: Vec<ShownOption>,
    },
    /// These, put together.
    Pairs {
        /// One side, in the author's order.
        left: Vec<ShownOption>,
        /// The other, mixed; may be more.
        right: Vec<ShownOption>,
    },
    /// Nothing is answered.
    Nothing {},
}

/// What is right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Solution {
    /// These options.
    Options {
        /// By their ids.
        right: Vec<OptionId>,
    },
    /// These texts, the best first.
    Text {
        /// As the author wrote them.
        accepted: Vec<String>,
    },
    /// This number.
    Number {
        /// The number.
        value: f64,
        /// How far off is right.
        tolerance: f64,
    },
    /// This order.
    Order {
        /// By their ids.
        order: Vec<OptionId>,
    },
    /// These pairs.
    Pairs {
        /// Left, right.
        pairs: Vec<(OptionId, OptionId)>,
    },
    /// There is no right or wrong.
    Nothing {},
}

/// A view for one of the roles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum AnyView {
    /// For an owner or a cohost. First: it has all fields of the others and more.
    Host(HostView),
    /// For a screen or a moderator.
    Screen(ScreenView),
    /// For a player.
    Player(PlayerView),
}
