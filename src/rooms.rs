//! The one way from a REST request into a room: whatever takes a room's `seq` goes to that room's actor.

use allthrive_domain::unit::Deed;
use allthrive_protocol::reply::Written;
use allthrive_protocol::{Cmid, RoomId, UserId};

use crate::error::Problem;
use crate::state::State;

/// Carries a write out: numbered and committed when this returns. The same write under the same `cmid` is
/// carried out once.
///
/// # Errors
/// The room's refusal; `internal` and `unavailable` mean that nothing is known, and the same write may be
/// sent again.
pub async fn write(state: &State, room: RoomId, author: UserId, cmid: Cmid, deed: Deed) -> Result<Written, Problem> {
    Ok(state.system.write(room, author, cmid, deed).await?)
}
