//! Who is here: the rules of presence, as values. An account is present in a room while at least one of its
//! connections, on any worker of any node, hears it.
//!
//! [`Here`] is what one relay knows of a room, and what it owes to the room's door. [`Crowd`] is what the door
//! makes of all relays and nodes: it says one merged [`Presence`] at most once a second, a list in a small
//! room, a number in a large one. A [`Hall`] holds the crowds of one worker and speaks with other nodes in
//! [`Word`]s. [`View`] is what a listener has been told: a client keeps one, and so does
//! each relay for those who come or fall behind.
//!
//! Nothing here is durable and nothing is needed for anything else to be right. What is lost on the way is
//! said whole the next time.

mod crowd;
mod hall;
mod here;
mod nodes;
mod view;

pub use self::crowd::{Crowd, Holder, Telling};
pub use self::hall::{Hall, Said};
pub use self::here::{Change, Here};
pub use self::nodes::{BEAT, Nodes, Numbered, SILENCE, Word};
pub use self::view::View;
pub use allthrive_protocol::presence::Presence;

use std::time::Duration;

/// With more than this many the list is not told any more: some 4 KiB.
pub const LARGE_ABOVE: usize = 100;

/// With at most this many it is told again. Lower, so that a room at the border does not change its ways with
/// everybody who comes and goes.
pub const SMALL_AGAIN: usize = 80;

/// How long a room rests after it was told something: a second; beyond 1,000 people a second for each 1,000
/// of them, 10 s at most, so that a number that nobody reads exactly costs at most some thousand frames a
/// second.
#[must_use]
pub fn rest(count: usize) -> Duration {
    Duration::from_millis(u64::try_from(count).unwrap_or(u64::MAX).clamp(1_000, 10_000))
}

#[cfg(test)]
mod nodes_tests;
#[cfg(test)]
mod tests;
