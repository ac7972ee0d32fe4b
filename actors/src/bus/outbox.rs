//! What waits to be told to other nodes: bounded, and what is dropped is remembered as a debt.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use allthrive_protocol::RoomId;
use tokio::sync::Notify;

/// Some seconds of a busy node. Beyond it the oldest are dropped: their rooms are owed.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Rooms that others are asked to look at once they can be reached. More than these are found by them alone,
/// since every node compares its rooms with the store when it hears again.
const MOST_OWED: usize = 10_000;

/// One thing to say.
#[derive(Debug)]
pub struct Parcel {
    /// Where it is said.
    pub channel: String,
    /// The words.
    pub words: Vec<u8>,
    /// Rooms that must be looked at if it is lost; none if it may be.
    pub rooms: Vec<RoomId>,
}

/// A bounded queue that drops its oldest. It is closed while nobody can be reached: then nothing waits in it,
/// so that nobody is told of the distant past later.
#[derive(Debug, Default)]
pub struct Outbox {
    state: Mutex<State>,
    filled: Notify,
    emptied: Notify,
}

#[derive(Debug, Default)]
struct State {
    open: bool,
    parcels: VecDeque<Parcel>,
    bytes: usize,
    /// Taken out and not said yet.
    under_way: bool,
    owed: HashSet<RoomId>,
}

impl State {
    fn owe(&mut self, rooms: Vec<RoomId>) {
        let free = MOST_OWED.saturating_sub(self.owed.len());
        self.owed.extend(rooms.into_iter().take(free));
    }
}

impl Outbox {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what is put in would wait; if not, it need not be put into words.
    pub fn is_open(&self) -> bool {
        self.state().open
    }

    /// Something was committed in these rooms and not said.
    pub fn owe(&self, rooms: Vec<RoomId>) {
        self.state().owe(rooms);
    }

    /// Puts something in, in order. Never waits.
    pub fn put(&self, parcel: Parcel) {
        let mut state = self.state();
        if !state.open {
            return state.owe(parcel.rooms);
        }
        state.bytes += parcel.words.len();
        state.parcels.push_back(parcel);
        while state.bytes > MOST_BYTES
            && let Some(oldest) = state.parcels.pop_front()
        {
            state.bytes -= oldest.words.len();
            state.owe(oldest.rooms);
        }
        drop(state);
        self.filled.notify_one();
    }

    /// The oldest parcels, waiting for one if there is none.
    pub async fn take(&self, most: usize) -> Vec<Parcel> {
        loop {
            {
                let mut state = self.state();
                let count = most.min(state.parcels.len());
                let taken: Vec<Parcel> = state.parcels.drain(..count).collect();
                state.bytes -= taken.iter().map(|parcel| parcel.words.len()).sum::<usize>();
                state.under_way = !taken.is_empty();
                if !taken.is_empty() {
                    return taken;
                }
                self.emptied.notify_waiters();
            }
            self.filled.notified().await;
        }
    }

    /// Others can be reached: what is put in from now on waits.
    pub fn open(&self) {
        self.state().open = true;
    }

    /// The rooms that others must be asked to look at; each is named once.
    pub fn owed(&self) -> Vec<RoomId> {
        self.state().owed.drain().collect()
    }

    /// Nobody can be reached: what waits is dropped, and so is what was taken out and could not be said.
    pub fn close(&self, unsaid: Vec<RoomId>) {
        let mut state = self.state();
        state.open = false;
        state.under_way = false;
        state.bytes = 0;
        state.owe(unsaid);
        let dropped = std::mem::take(&mut state.parcels);
        dropped.into_iter().for_each(|parcel| state.owe(parcel.rooms));
        drop(state);
        self.emptied.notify_waiters();
    }

    /// Waits until nothing waits and nothing is under way.
    pub async fn emptied(&self) {
        loop {
            let emptied = self.emptied.notified();
            {
                let state = self.state();
                if state.parcels.is_empty() && !state.under_way {
                    return;
                }
            }
            emptied.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use uuid::Uuid;

    use super::*;

    fn room(n: u128) -> RoomId {
        RoomId(Uuid::from_u128(n))
    }

    fn parcel(n: u128, bytes: usize) -> Parcel {
        Parcel { channel: "c".into(), words: vec![0; bytes], rooms: vec![room(n)] }
    }

    fn taken(outbox: &Outbox, most: usize) -> Vec<RoomId> {
        outbox.take(most).now_or_never().into_iter().flatten().flat_map(|parcel| parcel.rooms).collect()
    }

    #[test]
    fn what_waits_leaves_in_order() {
        let outbox = Outbox::default();
        outbox.open();
        (1..=3).for_each(|n| outbox.put(parcel(n, 1)));
        assert_eq!(taken(&outbox, 2), [room(1), room(2)]);
        assert_eq!(taken(&outbox, 2), [room(3)]);
        assert_eq!(taken(&outbox, 2), []);
    }

    #[test]
    fn a_full_outbox_drops_the_oldest_and_owes_them() {
        let outbox = Outbox::default();
        outbox.open();
        (1..=5).for_each(|n| outbox.put(parcel(n, MOST_BYTES / 4)));
        assert_eq!(taken(&outbox, 9), [room(2), room(3), room(4), room(5)]);
        assert_eq!(outbox.owed(), [room(1)]);
        assert!(outbox.owed().is_empty(), "a debt is named once");
    }

    #[test]
    fn while_nobody_can_be_reached_only_debts_are_kept() {
        let outbox = Outbox::default();
        outbox.put(parcel(1, 1));
        outbox.put(Parcel { rooms: Vec::new(), ..parcel(2, 1) });
        assert_eq!(taken(&outbox, 9), []);
        assert_eq!(outbox.owed(), [room(1)]);
        outbox.open();
        outbox.put(parcel(3, 1));
        outbox.close(vec![room(4)]);
        assert_eq!(taken(&outbox, 9), []);
        let mut owed = outbox.owed();
        owed.sort();
        assert_eq!(owed, [room(3), room(4)]);
    }

    #[test]
    fn it_is_empty_once_the_last_is_said() {
        let outbox = Outbox::default();
        outbox.open();
        assert!(outbox.emptied().now_or_never().is_some());
        outbox.put(parcel(1, 1));
        assert!(outbox.emptied().now_or_never().is_none());
        assert_eq!(taken(&outbox, 9), [room(1)]);
        assert!(outbox.emptied().now_or_never().is_none(), "it is under way");
        assert_eq!(taken(&outbox, 9), []);
        assert!(outbox.emptied().now_or_never().is_some());
    }
}
