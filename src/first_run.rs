//! What an empty server does for the first of its people.

use allthrive_domain::unit::{Deed, Kind, Open};
use allthrive_protocol::{Cmid, UserId};
use tracing::{info, warn};
use uuid::Uuid;

use crate::ids;
use crate::rooms;
use crate::state::State;

/// The mark of the write that opens it, for whoever is first.
const MARK: Cmid = Cmid(Uuid::from_u128(0x1));

/// Opens a public room (`server.first_room`) that belongs to this account, if nobody else has a verified address yet.
/// If that fails there is none: anybody can open a room.
pub async fn open_first_room(state: &State, user: UserId) {
    let title = &state.settings.server.first_room;
    if title.is_empty() {
        return;
    }
    match state.store.is_first(user).await {
        Ok(true) => {}
        Ok(false) => return,
        Err(error) => return warn!(%error, "it is not known whether this is the first account"),
    }
    let open = Deed::Open(Open { kind: Kind::Room, title: Some(title.clone()), with: None });
    match rooms::write(state, ids::made_room(user, MARK), user, MARK, open).await {
        Ok(_) => info!("the first account is here; the first room is open"),
        Err(problem) => warn!(%problem, "the first room could not be opened"),
    }
}
