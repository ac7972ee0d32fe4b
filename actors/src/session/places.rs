//! Where this connection sends its writes: the address of each room it writes to. Writes to one room
//! leave in the order they came, even while its address is being looked up.

use std::collections::HashMap;

use actix::Addr;
use actix::dev::SendError;
use allthrive_protocol::{Refusal, RoomId};

use crate::room::{Room, Submit};
use crate::system::busy;

/// Rooms whose addresses are kept. Beyond that they are looked up again.
const MOST_KNOWN: usize = 256;

enum Place {
    Finding(Vec<Submit>),
    Known(Addr<Room>),
}

/// The addresses this connection knows.
#[derive(Default)]
pub(super) struct Places {
    places: HashMap<RoomId, Place>,
}

/// What became of a write on its way to its room.
pub(super) enum Sent {
    /// It is there, or waits for the address that is being looked up.
    Taken,
    /// The address must be looked up; then call [`Places::found`].
    Find,
}

impl Places {
    /// Sends a write to its room.
    pub(super) fn send(&mut self, submit: Submit) -> Sent {
        let room = submit.unit.room;
        let submit = match self.places.get_mut(&room) {
            Some(Place::Finding(waiting)) => {
                waiting.push(submit);
                return Sent::Taken;
            }
            Some(Place::Known(address)) => match address.try_send(submit) {
                Ok(()) => return Sent::Taken,
                Err(SendError::Full(submit)) => {
                    refuse(submit, busy());
                    return Sent::Taken;
                }
                // The room has ended; its successor is looked up.
                Err(SendError::Closed(submit)) => submit,
            },
            None => submit,
        };
        if self.places.len() >= MOST_KNOWN {
            self.places.retain(|_, place| matches!(place, Place::Finding(_)));
        }
        self.places.insert(room, Place::Finding(vec![submit]));
        Sent::Find
    }

    /// The address is known now, or cannot be had: what waited goes out in order, or is refused.
    pub(super) fn found(&mut self, room: RoomId, address: Result<Addr<Room>, Refusal>) {
        let Some(Place::Finding(waiting)) = self.places.remove(&room) else { return };
        match address {
            Ok(address) => {
                for submit in waiting {
                    match address.try_send(submit) {
                        Ok(()) => {}
                        Err(SendError::Full(submit) | SendError::Closed(submit)) => refuse(submit, busy()),
                    }
                }
                self.places.insert(room, Place::Known(address));
            }
            Err(refusal) => waiting.into_iter().for_each(|submit| refuse(submit, refusal.clone())),
        }
    }
}

fn refuse(submit: Submit, refusal: Refusal) {
    // Whoever asked has gone if this fails.
    let _ = submit.answer.send(Err(refusal));
}
