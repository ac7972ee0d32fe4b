//! The rooms of one worker that somebody of this node is in: what relays and other nodes say of them comes
//! in, what is to be told to either goes out.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use allthrive_protocol::presence::PresencePage;
use allthrive_protocol::{RoomId, UserId};

use super::{Change, Crowd, Holder, Nodes, Presence, Word};
use crate::bus::wire::NodeId;

/// Accounts that are named at once to other nodes: some 200 KB.
const MOST_NAMED: usize = 5_000;

/// Something to be told to workers.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    /// Of which room.
    pub room: RoomId,
    /// What.
    pub presence: Presence,
    /// To the relays of these.
    pub workers: Vec<usize>,
}

/// See the module.
#[derive(Debug)]
pub struct Hall {
    crowds: HashMap<RoomId, Crowd>,
    /// Rooms with something to tell to relays.
    restless: HashSet<RoomId>,
    /// `None`: there is nobody else.
    nodes: Option<Nodes>,
    /// Rooms with a change that other nodes do not know.
    unsaid: HashSet<RoomId>,
    /// Rooms of which everything is to be said to them.
    anew: HashSet<RoomId>,
    /// Of which nodes everything is to be asked, and of which rooms.
    to_ask: HashMap<NodeId, HashSet<RoomId>>,
}

impl Hall {
    /// An empty one; of this node, if there may be others that are told.
    #[must_use]
    pub fn new(own: Option<NodeId>) -> Self {
        Self {
            crowds: HashMap::new(),
            restless: HashSet::new(),
            nodes: own.map(Nodes::new),
            unsaid: HashSet::new(),
            anew: HashSet::new(),
            to_ask: HashMap::new(),
        }
    }

    /// Who is here by a worker of this node has changed.
    pub fn attend(&mut self, worker: usize, room: RoomId, change: &Change) {
        let is_told = self.nodes.is_some();
        let is_new = !self.crowds.contains_key(&room);
        let crowd = self.crowds.entry(room).or_insert_with(|| Crowd::new(is_told));
        crowd.take(Holder::Worker(worker), change);
        if crowd.is_deserted() {
            self.crowds.remove(&room);
            if !is_new && is_told {
                // That nobody is left is said as everything there is.
                self.anew.insert(room);
            }
            return;
        }
        if crowd.is_restless() {
            self.restless.insert(room);
        }
        if let Some(nodes) = self.nodes.as_ref().filter(|_| is_new) {
            self.anew.insert(room);
            for node in nodes.known() {
                self.to_ask.entry(node).or_default().insert(room);
            }
        } else if crowd.is_owing() {
            self.unsaid.insert(room);
        }
    }

    /// Another node has said something.
    pub fn hear(&mut self, node: NodeId, word: Word, now: Instant) {
        let Some(nodes) = &mut self.nodes else { return };
        if word == Word::Gone {
            nodes.lose(node);
            return self.lose(node);
        }
        if nodes.hears(node, now) {
            // What it said before that was not heard, or is not known any more.
            self.to_ask.entry(node).or_default().extend(self.crowds.keys());
        }
        let mut doubtful = Vec::new();
        match word {
            Word::Changed(changes) => {
                for said in changes {
                    let room = said.room;
                    let Some(crowd) = self.crowds.get_mut(&room) else { continue };
                    if !crowd.hear(node, &said) {
                        doubtful.push(room);
                    }
                    if crowd.is_restless() {
                        self.restless.insert(room);
                    }
                }
            }
            Word::Ask { of, rooms } if nodes.is_asked(of) => self.anew.extend(rooms),
            Word::Ask { .. } | Word::Gone => {}
            Word::Beat(said) => {
                let crowd_of = |room| self.crowds.get(&room);
                doubtful.extend(
                    said.into_iter().filter(|(room, n)| crowd_of(*room).is_some_and(|c| c.heard(node) != Some(*n))).map(|(room, _)| room),
                );
            }
        }
        if !doubtful.is_empty() {
            self.to_ask.entry(node).or_default().extend(doubtful);
        }
    }

    /// Nobody is here by this node any more.
    fn lose(&mut self, node: NodeId) {
        self.to_ask.remove(&node);
        for (room, crowd) in &mut self.crowds {
            crowd.forget(Holder::Node(node));
            if crowd.is_restless() {
                self.restless.insert(*room);
            }
        }
    }

    /// Time for a beat: nodes that were silent for too long are gone, those that have not answered are asked again,
    /// and this one says that it is there.
    pub fn beat(&mut self, now: Instant) -> Option<Word> {
        let silent = self.nodes.as_mut()?.silent(now).unwrap_or_else(|| {
            self.crowds.values_mut().for_each(Crowd::doubt);
            Vec::new()
        });
        for node in silent {
            tracing::info!(node.id = %node.0, "a node is silent: nobody is here by it");
            self.lose(node);
        }
        let nodes = self.nodes.as_mut()?;
        for (room, crowd) in &self.crowds {
            for node in nodes.known().filter(|node| crowd.heard(*node).is_none()) {
                self.to_ask.entry(node).or_default().insert(*room);
            }
        }
        let recent = nodes.recent(|room| self.crowds.contains_key(&room));
        (!self.crowds.is_empty() || !recent.is_empty()).then_some(Word::Beat(recent))
    }

    /// Other nodes are heard again after they were not: everything is exchanged.
    pub fn begin_line(&mut self) {
        let Some(nodes) = &self.nodes else { return };
        self.anew.extend(self.crowds.keys());
        self.crowds.values_mut().for_each(Crowd::doubt);
        for node in nodes.known().filter(|_| !self.crowds.is_empty()) {
            self.to_ask.entry(node).or_default().extend(self.crowds.keys());
        }
    }

    /// What is to be said to other nodes now.
    pub fn words(&mut self) -> Vec<Word> {
        let Some(nodes) = &mut self.nodes else { return Vec::new() };
        let mut changes = Vec::new();
        for room in self.anew.drain() {
            self.unsaid.remove(&room);
            let nobody = Change { anew: true, ..Change::default() };
            let whole = self.crowds.get_mut(&room).map_or(nobody, Crowd::say_all);
            changes.extend(in_parts(whole).into_iter().map(|part| nodes.number(room, part)));
        }
        for room in self.unsaid.drain() {
            let change = self.crowds.get_mut(&room).map(Crowd::say).unwrap_or_default();
            if !change.is_empty() {
                changes.push(nodes.number(room, change));
            }
        }
        let asked = self.to_ask.drain().map(|(of, rooms)| Word::Ask { of, rooms: rooms.into_iter().collect() });
        let changed = (!changes.is_empty()).then_some(Word::Changed(changes));
        changed.into_iter().chain(asked).collect()
    }

    /// What the rooms whose time has come have to say to relays.
    pub fn due(&mut self, now: Instant) -> Vec<Said> {
        let mut said = Vec::new();
        self.restless.retain(|room| {
            let Some(crowd) = self.crowds.get_mut(room) else { return false };
            if !crowd.is_due(now) {
                return crowd.is_restless();
            }
            let telling = crowd.tell(now);
            let all = telling.news.into_iter().chain(telling.whole);
            said.extend(all.map(|(presence, workers)| Said { room: *room, presence, workers }));
            false
        });
        said
    }

    /// A worker has missed what was said of a room.
    pub fn missed(&mut self, room: RoomId, worker: usize) {
        if let Some(crowd) = self.crowds.get_mut(&room) {
            crowd.missed(worker);
            self.restless.insert(room);
        }
    }

    /// Whether something is to be said, now or later.
    #[must_use]
    pub fn is_restless(&self) -> bool {
        !self.restless.is_empty() || !self.unsaid.is_empty() || !self.anew.is_empty() || !self.to_ask.is_empty()
    }

    /// Whether somebody of this node is in the room.
    #[must_use]
    pub fn knows(&self, room: RoomId) -> bool {
        self.crowds.contains_key(&room)
    }

    /// A page of who is in a room now.
    #[must_use]
    pub fn page(&self, room: RoomId, cursor: Option<UserId>) -> PresencePage {
        let page = self.crowds.get(&room).map(|crowd| crowd.page(cursor));
        page.unwrap_or(PresencePage { online: Vec::new(), count: 0, next: None })
    }

    /// Nothing is known any more: gives the rooms whose relays must say it anew. Other nodes are asked when they
    /// have.
    pub fn begin_anew(&mut self) -> Vec<RoomId> {
        self.restless.clear();
        let rooms: Vec<RoomId> = std::mem::take(&mut self.crowds).into_keys().collect();
        if self.nodes.is_some() {
            self.anew.extend(&rooms);
        }
        rooms
    }
}

/// The first begins anew, the others add to it.
fn in_parts(whole: Change) -> Vec<Change> {
    let parts = whole.joined.chunks(MOST_NAMED).map(|joined| Change { anew: false, joined: joined.to_vec(), left: Vec::new() });
    let mut parts: Vec<Change> = parts.collect();
    match parts.first_mut() {
        Some(first) => first.anew = true,
        None => parts.push(Change { anew: true, ..Change::default() }),
    }
    parts
}
