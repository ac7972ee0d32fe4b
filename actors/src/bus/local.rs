//! The bus of a single node: a room's events go to the gate of that room, on the worker that keeps it.

use std::collections::BTreeMap;

use actix::dev::ToEnvelope;
use actix::{Actor, Addr, Handler, Message};
use allthrive_protocol::RoomId;

use super::Committed;
use super::wire::NodeId;
use crate::gates::presence::{Attend, Elsewhere};
use crate::gates::{Check, Gates, Offer};
use crate::presence::{Change, Word};
use crate::system::{Workers, spread_out};

/// Reaches the gates of this node. Each holder keeps its own senders, so a mailbox's bound holds.
#[derive(Debug)]
pub struct LocalBus {
    workers: Workers,
    gates: Vec<Addr<Gates>>,
}

/// What could not be handed over; the gates must look into the store themselves.
pub type Owed = Vec<RoomId>;

impl LocalBus {
    /// To the gates of these workers.
    #[must_use]
    pub fn new(workers: Workers) -> Self {
        Self { workers, gates: Vec::new() }
    }

    /// Hands committed events to their gates, in the order given. At most once: what a full mailbox
    /// refuses is returned, and must be followed by [`LocalBus::check`] until it is taken.
    pub fn publish(&mut self, events: Vec<Committed>) -> Owed {
        self.hand_out(events, |event| event.room, Offer)
    }

    /// Asks the gates of these rooms to compare themselves with the store. Returns those not reached.
    pub fn check(&mut self, rooms: Vec<RoomId>) -> Owed {
        self.hand_out(rooms, |room| *room, Check)
    }

    /// Says to the doors of these rooms what has changed in who is here by a worker. Returns those not reached.
    pub(super) fn attend(&mut self, worker: usize, changes: Vec<(RoomId, Change)>) -> Owed {
        self.hand_out(changes, |(room, _)| *room, |changes| Attend { worker, changes })
    }

    /// One message to each worker with what is of its rooms. Returns the rooms of those not reached.
    fn hand_out<T, M>(&mut self, things: Vec<T>, room: impl Fn(&T) -> RoomId, message: impl Fn(Vec<T>) -> M) -> Owed
    where
        M: Message + Send + 'static,
        M::Result: Send,
        Gates: Handler<M>,
        <Gates as Actor>::Context: ToEnvelope<Gates, M>,
    {
        let mut owed = Vec::new();
        for (worker, things) in self.by_worker(things, &room) {
            let rooms: Vec<RoomId> = things.iter().map(&room).collect();
            if !self.send_to(worker, message(things)) {
                owed.extend(rooms);
            }
        }
        owed
    }

    /// Hands what another node says of who is here to the doors it speaks of. At most once.
    pub(super) fn elsewhere(&mut self, node: NodeId, word: Word) {
        let mut words: BTreeMap<usize, Word> = BTreeMap::new();
        match word {
            Word::Changed(changes) => {
                for (worker, changes) in self.by_worker(changes, |change| change.room) {
                    words.insert(worker, Word::Changed(changes));
                }
            }
            Word::Ask { of, rooms } => {
                for (worker, rooms) in self.by_worker(rooms, |room| *room) {
                    words.insert(worker, Word::Ask { of, rooms });
                }
            }
            Word::Gone => words.extend((0..self.workers.count()).map(|worker| (worker, Word::Gone))),
            Word::Beat(said) => {
                // To all of them: each must know that the node is there.
                let mut said = self.by_worker(said, |(room, _)| *room);
                words.extend((0..self.workers.count()).map(|worker| (worker, Word::Beat(said.remove(&worker).unwrap_or_default()))));
            }
        }
        for (worker, word) in words {
            if !self.send_to(worker, Elsewhere { node, word }) {
                tracing::debug!(worker, "what another node says of who is here was dropped: the gates' mailbox is full");
            }
        }
    }

    fn by_worker<T>(&self, all: Vec<T>, room: impl Fn(&T) -> RoomId) -> BTreeMap<usize, Vec<T>> {
        spread_out(all, self.workers.count(), room)
    }

    /// To the gates of the worker that keeps the room; whether it was taken.
    pub(super) fn send<M>(&mut self, room: RoomId, message: M) -> bool
    where
        M: Message + Send + 'static,
        M::Result: Send,
        Gates: Handler<M>,
        <Gates as Actor>::Context: ToEnvelope<Gates, M>,
    {
        self.send_to(self.workers.of(room), message)
    }

    fn send_to<M>(&mut self, worker: usize, message: M) -> bool
    where
        M: Message + Send + 'static,
        M::Result: Send,
        Gates: Handler<M>,
        <Gates as Actor>::Context: ToEnvelope<Gates, M>,
    {
        if self.gates.len() <= worker {
            self.gates = self.workers.gates();
        }
        self.gates.get(worker).is_some_and(|gates| gates.try_send(message).is_ok())
    }
}
