//! Who is here now: the accounts with a connection that hears the room.
//!
//! A client keeps a list and a count per room. [`Presence::State`] and [`Presence::Count`] replace what it
//! keeps, [`Presence::Diff`] changes it; they come in order, and the list is right after each of them.

use serde::{Deserialize, Serialize};

use crate::id::UserId;

/// The `d` of the command `presence`: a page of who is here, for rooms of any size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AskPresence {
    /// The `next` of the page before; without it the list begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<UserId>,
}

/// The `ok` of the command `presence`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PresencePage {
    /// At most [`crate::MAX_PRESENCE`] of those who are here, by id.
    pub online: Vec<UserId>,
    /// How many are here in all.
    pub count: u64,
    /// Where the next page begins, if there is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<UserId>,
}

/// The event `presence`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Presence {
    /// Everybody who is here, by id: what was known before is void.
    State {
        /// The list.
        online: Vec<UserId>,
        /// Its length.
        count: u64,
    },
    /// What changed since the event before.
    Diff {
        /// Who came; not on the list before.
        joined: Vec<UserId>,
        /// Who went; on the list before.
        left: Vec<UserId>,
        /// The length of the list after both.
        count: u64,
    },
    /// How many are here; a list is not told in a room this large, and one that was told is void.
    Count {
        /// How many.
        count: u64,
    },
}
