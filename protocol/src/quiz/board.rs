//! Who stands where, so far and in the end.

use crate::id::RoomId;
use crate::quiz::phase::Flags;
use crate::quiz::view::{EndReason, plain};

plain! {
    /// The ranking so far.
    pub struct ScoreboardShown {
        /// After which question, from 0 on.
        pub q: u32,
        /// Of how many.
        pub of: u32,
        /// The best, five at most and who ties with the last of them, ten at most.
        pub top: Vec<Line>,
        /// The ranking of the teams, if there are.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub teams: Vec<TeamLine>,
        /// How many are ranked.
        pub players: u32,
        /// Milliseconds until it goes on by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub goes_on_in_ms: Option<u64>,
        /// What holds beside.
        pub flags: Flags,
    }

    /// A line of the ranking.
    pub struct Line {
        /// The place; who ties shares it.
        pub rank: u32,
        /// Who.
        pub name: String,
        /// Points.
        pub total: u64,
        /// Places won since the board before, lost if below zero; none for who is new.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub moved: Option<i32>,
        /// Of which team.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub team: Option<u32>,
    }

    /// A line of the teams' ranking.
    pub struct TeamLine {
        /// The place.
        pub rank: u32,
        /// Which, by its place in the list.
        pub team: u32,
        /// Its name.
        pub name: String,
        /// The mean of its members' points.
        pub total: u64,
        /// How many they are.
        pub players: u32,
    }

    /// The ranking in the end.
    pub struct Podium {
        /// Of the quiz.
        pub title: String,
        /// The first three places, who ties together; places that a tie takes up are empty.
        pub steps: Vec<Vec<Line>>,
        /// The ranking of the teams, if there are.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub teams: Vec<TeamLine>,
        /// How many are ranked.
        pub players: u32,
        /// Whether there is a ranking at all.
        pub ranked: bool,
        /// What holds beside.
        pub flags: Flags,
    }

    /// It is over.
    pub struct Ended {
        /// Of the quiz.
        pub title: String,
        /// How it ended.
        pub reason: EndReason,
        /// The session that follows with the same players, if the host began one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub rematch: Option<RoomId>,
    }
}
