//! What a listener has been told of who is in a room.

use std::collections::BTreeSet;

use allthrive_protocol::UserId;

use super::Presence;

/// What is known after some [`Presence`]s.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum View {
    /// Everybody, by id.
    List(BTreeSet<UserId>),
    /// How many.
    Count(u64),
}

impl View {
    /// What follows from one more; `None` if it does not fit what was known, and a whole one is needed.
    #[must_use]
    pub fn after(before: Option<Self>, told: &Presence) -> Option<Self> {
        match (before, told) {
            (_, Presence::State { online, .. }) => Some(Self::List(online.iter().copied().collect())),
            (_, Presence::Count { count }) => Some(Self::Count(*count)),
            (Some(Self::List(mut online)), Presence::Diff { joined, left, count }) => {
                let fits = left.iter().all(|user| online.remove(user)) && joined.iter().all(|user| online.insert(*user));
                (fits && online.len() as u64 == *count).then_some(Self::List(online))
            }
            (None | Some(Self::Count(_)), Presence::Diff { .. }) => None,
        }
    }

    /// All of it.
    #[must_use]
    pub fn whole(&self) -> Presence {
        match self {
            Self::List(online) => Presence::State { online: online.iter().copied().collect(), count: online.len() as u64 },
            Self::Count(count) => Presence::Count { count: *count },
        }
    }
}
