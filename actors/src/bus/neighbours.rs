//! The other nodes, as this one knows them: what is said to them, and whether it hears them.

use std::sync::Arc;

use allthrive_protocol::{Principal, RoomId};
use tokio::sync::watch;
use uuid::Uuid;

use super::inbox::Inbox;
use super::outbox::{Outbox, Parcel};
use super::wire::{Body, NodeId, Wire};
use super::{Committed, Kind, redis};
use crate::gates::Tell;
use crate::presence::Word;
use crate::system::{Workers, spread, spread_out};

/// Channels that rooms are spread over. Fixed, since all nodes must agree; enough to be spread over several
/// Redis servers.
pub const SHARDS: usize = 64;

/// Whether the others are heard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Status {
    /// Whether what they say arrives here, as far as is known.
    pub up: bool,
    /// How often it came to be so. Another number: something may have been missed between.
    pub line: u64,
}

/// A handle to the other nodes; cheap to clone. Everything said is said at most once and never waits.
#[derive(Debug, Clone)]
pub struct Neighbours {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    node: NodeId,
    channels: Channels,
    /// `None`: nobody is told anything.
    outbox: Option<Arc<Outbox>>,
    status: watch::Sender<Status>,
    closed: watch::Sender<bool>,
}

/// The names of the channels of one database's nodes: two databases on one Redis never mix.
#[derive(Debug, Clone)]
pub struct Channels {
    prefix: String,
}

impl Channels {
    /// Of the database with this history.
    #[must_use]
    pub fn of(epoch: Uuid) -> Self {
        Self { prefix: format!("at:{}", epoch.simple()) }
    }

    /// Where this room is spoken of.
    #[must_use]
    pub fn of_room(&self, room: RoomId) -> String {
        self.shard(spread(room, SHARDS))
    }

    /// Where everything else is said.
    #[must_use]
    pub fn all(&self) -> String {
        format!("{}:all", self.prefix)
    }

    /// Where a node speaks to itself.
    #[must_use]
    pub fn own(&self, node: NodeId) -> String {
        format!("{}:n:{}", self.prefix, node.0.simple())
    }

    fn shard(&self, n: usize) -> String {
        format!("{}:s:{n}", self.prefix)
    }

    /// What a node listens to: everything. A subscription that followed the rooms of the node would have a
    /// window in which a room is watched and not yet heard; events of rooms that nobody hears here cost a
    /// look and are dropped by the gates.
    #[must_use]
    pub fn to_hear(&self, node: NodeId) -> Vec<String> {
        let shards = (0..SHARDS).map(|n| self.shard(n));
        shards.chain([self.all(), self.own(node)]).collect()
    }
}

impl Neighbours {
    /// Begins to speak and to listen. Must be called on a thread with an actix system.
    #[must_use]
    pub(crate) fn start(kind: Kind, epoch: Uuid, workers: Workers) -> Self {
        let outbox = matches!(kind, Kind::Redis(_)).then(Arc::default);
        let status = Status { up: matches!(kind, Kind::Alone), line: 0 };
        let shared = Shared {
            node: NodeId(Uuid::new_v4()),
            channels: Channels::of(epoch),
            outbox,
            status: watch::Sender::new(status),
            closed: watch::Sender::new(false),
        };
        let neighbours = Self { shared: Arc::new(shared) };
        if let (Kind::Redis(url), Some(outbox)) = (kind, &neighbours.shared.outbox) {
            let inbox = Inbox::new(neighbours.node(), workers);
            redis::start(&url, &neighbours, Arc::clone(outbox), inbox);
        }
        neighbours
    }

    /// Who this node is to the others.
    #[must_use]
    pub fn node(&self) -> NodeId {
        self.shared.node
    }

    /// Whether the others are heard, now.
    #[must_use]
    pub fn status(&self) -> Status {
        *self.shared.status.borrow()
    }

    /// Whether the others are heard, from now on.
    #[must_use]
    pub fn watch_status(&self) -> watch::Receiver<Status> {
        self.shared.status.subscribe()
    }

    /// Whether others are told anything at all.
    #[must_use]
    pub fn are_told(&self) -> bool {
        self.shared.outbox.is_some()
    }

    /// Says which events are committed: what is said of one room arrives in the order it was said, or not.
    pub fn committed(&self, events: &[Committed]) {
        let Some(outbox) = &self.shared.outbox else { return };
        if !outbox.is_open() {
            return outbox.owe(events.iter().map(|event| event.room).collect());
        }
        for (shard, events) in spread_out(events, SHARDS, |event| event.room) {
            let rooms = events.iter().map(|event| event.room).collect();
            let body = Body::Committed(events.into_iter().map(Into::into).collect());
            self.say(self.shared.channels.shard(shard), body, rooms);
        }
    }

    /// Says something volatile to whoever hears the room elsewhere.
    pub fn told(&self, told: &Tell) {
        if self.shared.outbox.as_ref().is_some_and(|outbox| outbox.is_open()) {
            self.say(self.shared.channels.of_room(told.room), Body::Told(told.into()), Vec::new());
        }
    }

    /// Says that something may be committed in these rooms.
    pub fn check(&self, rooms: &[RoomId]) {
        if !rooms.is_empty() {
            self.say(self.shared.channels.all(), Body::Check(rooms.to_vec()), rooms.to_vec());
        }
    }

    /// Says who is here by this node, or what it must know of others. What is lost is asked for.
    pub fn presence(&self, word: Word) {
        match word {
            Word::Changed(changes) => {
                for (shard, changes) in spread_out(changes, SHARDS, |change| change.room) {
                    self.say(self.shared.channels.shard(shard), Body::Presence(Word::Changed(changes)), Vec::new());
                }
            }
            word @ (Word::Ask { .. } | Word::Beat(_) | Word::Gone) => self.announce(Body::Presence(word)),
        }
    }

    /// Says that something is committed in a live session. At most once.
    pub(crate) fn live_moved(&self, room: RoomId) {
        self.say(self.shared.channels.of_room(room), Body::Live(room, None), Vec::new());
    }

    /// Says that somebody has joined a live session here. At most once.
    pub(crate) fn live_entered(&self, room: RoomId, who: Principal) {
        self.say(self.shared.channels.of_room(room), Body::Live(room, Some(who)), Vec::new());
    }

    /// Says something to all nodes that is of no room. It may be lost.
    pub fn announce(&self, body: Body) {
        self.say(self.shared.channels.all(), body, Vec::new());
    }

    /// Asks whether this node hears itself.
    pub(super) fn probe(&self) {
        self.say(self.shared.channels.own(self.node()), Body::Probe, Vec::new());
    }

    fn say(&self, channel: String, body: Body, rooms: Vec<RoomId>) {
        let Some(outbox) = &self.shared.outbox else { return };
        let wire = Wire { node: self.shared.node, body };
        let words = serde_json::to_vec(&wire).expect("what crosses is plain data");
        outbox.put(Parcel { channel, words, rooms });
    }

    pub(super) fn channels(&self) -> &Channels {
        &self.shared.channels
    }

    /// The others are heard from now on, or not any more.
    pub(super) fn set_up(&self, up: bool) {
        self.shared.status.send_if_modified(|status| {
            let changed = status.up != up;
            status.line += u64::from(changed && up);
            status.up = up;
            changed
        });
    }

    /// Waits until everything said has left.
    pub async fn flushed(&self) {
        if let Some(outbox) = &self.shared.outbox {
            outbox.emptied().await;
        }
    }

    /// Ends what was begun by [`Neighbours::start`].
    pub fn close(&self) {
        self.shared.closed.send_replace(true);
    }

    /// Waits for [`Neighbours::close`].
    pub(crate) async fn closed(&self) {
        // Fails only if the sender is gone, which we hold.
        let _ = self.shared.closed.subscribe().wait_for(|closed| *closed).await;
    }
}
