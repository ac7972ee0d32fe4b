//! The gates of the rooms that one worker keeps: what is committed enters, what is in order goes to the
//! relays that hear the room. A lost wake-up is found by looking into the store.

mod door;
pub mod presence;

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use actix::{Actor, ActorFutureExt, Addr, AsyncContext, Context, Handler, Message, WrapFuture};
use allthrive_protocol::{RoomId, Seq};
use bytes::Bytes;

use self::presence::Porter;
use crate::bus::Committed;
use crate::bus::neighbours::Status;
use crate::fault::Point;
use crate::gates::door::{Door, Watcher};
use crate::relay::{Heard, News, RelayActor};
use crate::room::gate::Gate;
use crate::session::lane::MergeKey;
use crate::system::Parts;

/// How long a missing number may be on its way before it is read from the store.
const HOLE_PATIENCE: Duration = Duration::from_millis(50);

/// How often the store is asked whether a wake-up was lost, or another process has written, while other nodes
/// are not heard; at every so many of these moments while they are.
const TOPS_EVERY: Duration = Duration::from_secs(1);
const TOPS_SELDOM: u32 = 5;

/// How long to wait before a relay whose mailbox was full is told again, and a failed read is repeated.
const RETRY: Duration = Duration::from_millis(100);

/// How many rows are read at once to fill a hole.
const FILL: u32 = 500;

/// Events that are committed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Offer(pub Vec<Committed>);

/// Compare these rooms with the store.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Check(pub Vec<RoomId>);

/// Something volatile for whoever hears the room.
#[derive(Message, Clone)]
#[rtype(result = "()")]
pub struct Tell {
    /// The room.
    pub room: RoomId,
    /// The whole frame.
    pub frame: Bytes,
    /// Which other frame it may take the place of.
    pub key: MergeKey,
}

/// A relay wants to hear a room from now on; it is answered by [`News::At`].
#[derive(Message)]
#[rtype(result = "()")]
pub struct Watch {
    /// The room.
    pub room: RoomId,
    /// Which worker's relay.
    pub worker: usize,
    /// Its address.
    pub relay: Addr<RelayActor>,
}

/// A relay has nobody left who hears the room.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Unwatch {
    /// The room.
    pub room: RoomId,
    /// Which worker's relay.
    pub worker: usize,
}

/// The gates of one worker.
pub struct Gates {
    parts: Parts,
    doors: HashMap<RoomId, Door>,
    /// Rooms whose tops are not known yet, and whether some are being read.
    to_open: HashSet<RoomId>,
    opening: bool,
    /// Whether a timer runs that tells those who are behind.
    settling: bool,
    /// Whether tops are being compared.
    comparing: bool,
    /// Whether other nodes were heard when tops were compared last, and how many moments have passed since.
    heard: Status,
    passed: u32,
    porter: Porter,
}

impl Gates {
    /// No gate yet.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let heard = parts.neighbours.status();
        let porter = Porter::new(parts.neighbours.clone());
        Self {
            parts,
            doors: HashMap::new(),
            to_open: HashSet::new(),
            opening: false,
            settling: false,
            comparing: false,
            heard,
            passed: 0,
            porter,
        }
    }

    /// Reads the tops of the rooms that are to be opened: one statement at a time for all of them.
    fn open(&mut self, ctx: &mut Context<Self>) {
        if self.opening || self.to_open.is_empty() {
            return;
        }
        self.opening = true;
        let rooms: Vec<RoomId> = self.to_open.drain().collect();
        let store = self.parts.store.clone();
        let read = async move { (store.tops(&rooms).await, rooms) };
        ctx.spawn(read.into_actor(self).map(|(tops, rooms), gates, ctx| {
            gates.opening = false;
            match tops {
                Ok(tops) => {
                    let tops: HashMap<RoomId, Seq> = tops.into_iter().collect();
                    for room in rooms {
                        gates.opened(room, tops.get(&room).copied().unwrap_or(0), ctx);
                    }
                    gates.open(ctx);
                }
                Err(error) => {
                    tracing::warn!(rooms = rooms.len(), error = %error, "gates could not be opened yet");
                    gates.refuse(rooms, ctx);
                }
            }
        }));
    }

    fn opened(&mut self, room: RoomId, top: Seq, ctx: &mut Context<Self>) {
        let Some(door) = self.doors.get_mut(&room) else { return };
        // Opened twice if everybody left and somebody came while it was read: it never goes back.
        let gate = door.gate.get_or_insert_with(|| Gate::new(top));
        gate.jump(top);
        let last = gate.last();
        let behind = door.tell_all(&[Heard { room, news: News::At(last) }]);
        let early = std::mem::take(&mut door.early);
        if behind {
            self.settle_later(ctx);
        }
        self.release(room, early, ctx);
    }

    /// The store could not be asked: whoever waits is told, and it is asked again.
    fn refuse(&mut self, rooms: Vec<RoomId>, ctx: &mut Context<Self>) {
        for room in rooms {
            if let Some(door) = self.doors.get_mut(&room) {
                // A relay that misses this goes on waiting for the answer that comes after it.
                door.tell_all(&[Heard { room, news: News::Closed }]);
                self.to_open.insert(room);
            }
        }
        ctx.run_later(RETRY, |gates, ctx| gates.open(ctx));
    }

    /// Puts events through a room's gate and tells its watchers what came out. A panic on the way costs
    /// the room's listeners a pull, nothing else.
    fn release(&mut self, room: RoomId, events: Vec<Committed>, ctx: &mut Context<Self>) {
        let faults = self.parts.faults.clone();
        let Some(door) = self.doors.get_mut(&room) else { return };
        let Some(gate) = door.gate.as_mut() else {
            door.early.extend(events);
            return;
        };
        let newest = events.iter().map(|event| event.seq).max().unwrap_or(0);
        let released = catch_unwind(AssertUnwindSafe(|| {
            faults.hit(Point::Gate);
            events.into_iter().flat_map(|event| gate.offer(event)).collect::<Vec<_>>()
        }));
        let news: Vec<Heard> = if let Ok(released) = released {
            released.into_iter().map(|event| Heard { room, news: News::Durable(event) }).collect()
        } else {
            tracing::error!(room.id = %room, "a gate panicked; its listeners pull from the store");
            gate.jump(newest);
            vec![Heard { room, news: News::At(gate.last()) }]
        };
        let has_hole = gate.has_hole();
        let behind = door.tell_all(&news);
        if has_hole {
            ctx.run_later(HOLE_PATIENCE, move |gates, ctx| {
                if gates.doors.get(&room).and_then(|door| door.gate.as_ref()).is_some_and(Gate::has_hole) {
                    gates.fill(room, ctx);
                }
            });
        }
        if behind {
            self.settle_later(ctx);
        }
    }

    /// Reads what is missing from the store.
    fn fill(&mut self, room: RoomId, ctx: &mut Context<Self>) {
        let Some(door) = self.doors.get_mut(&room) else { return };
        let Some(gate) = door.gate.as_ref().filter(|_| !door.reading) else { return };
        door.reading = true;
        let (store, after) = (self.parts.store.clone(), gate.last());
        let read = async move { store.entries(room, after, FILL).await };
        ctx.spawn(read.into_actor(self).map(move |entries, gates, ctx| {
            let Some(door) = gates.doors.get_mut(&room) else { return };
            door.reading = false;
            match entries {
                Ok(entries) => {
                    let full = entries.len() >= FILL as usize;
                    gates.release(room, entries.iter().map(Committed::from).collect(), ctx);
                    if full {
                        gates.fill(room, ctx);
                    }
                }
                Err(error) => {
                    tracing::warn!(room.id = %room, error = %error, "a hole could not be read yet");
                    ctx.run_later(RETRY, move |gates, ctx| gates.fill(room, ctx));
                }
            }
        }));
    }

    /// Compares all rooms with the store, if it is time: each second while other nodes are not heard and once
    /// when they are again, else each five.
    fn look(&mut self, ctx: &mut Context<Self>) {
        let heard = self.parts.neighbours.status();
        self.passed += 1;
        let due = !heard.up || heard != self.heard || self.passed >= TOPS_SELDOM;
        if due && !self.comparing {
            (self.heard, self.passed) = (heard, 0);
            let rooms = self.doors.keys().copied().collect();
            self.compare(rooms, ctx);
        }
    }

    /// Compares rooms with the store: one statement for all of them.
    fn compare(&mut self, rooms: Vec<RoomId>, ctx: &mut Context<Self>) {
        let rooms: Vec<RoomId> = rooms.into_iter().filter(|room| self.doors.contains_key(room)).collect();
        if rooms.is_empty() {
            return;
        }
        self.comparing = true;
        let store = self.parts.store.clone();
        let read = async move { store.tops(&rooms).await };
        ctx.spawn(read.into_actor(self).map(|tops, gates, ctx| {
            gates.comparing = false;
            let Ok(tops) = tops else { return };
            for (room, top) in tops {
                if gates.doors.get(&room).and_then(|door| door.gate.as_ref()).is_some_and(|gate| gate.last() < top) {
                    gates.fill(room, ctx);
                }
            }
        }));
    }

    /// Tells relays that missed something because their mailbox was full, until they know.
    fn settle_later(&mut self, ctx: &mut Context<Self>) {
        if std::mem::replace(&mut self.settling, true) {
            return;
        }
        ctx.run_later(RETRY, |gates, ctx| {
            gates.settling = false;
            if door::settle(&mut gates.doors) {
                gates.settle_later(ctx);
            }
        });
    }
}

impl Actor for Gates {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(4_096);
        ctx.run_interval(TOPS_EVERY, |gates, ctx| gates.look(ctx));
        self.begin_beats(ctx);
    }
}

impl Handler<Offer> for Gates {
    type Result = ();

    fn handle(&mut self, Offer(events): Offer, ctx: &mut Self::Context) {
        let mut by_room: HashMap<RoomId, Vec<Committed>> = HashMap::new();
        for event in events.into_iter().filter(|event| self.doors.contains_key(&event.room)) {
            by_room.entry(event.room).or_default().push(event);
        }
        for (room, events) in by_room {
            self.release(room, events, ctx);
        }
    }
}

impl Handler<Check> for Gates {
    type Result = ();

    fn handle(&mut self, Check(rooms): Check, ctx: &mut Self::Context) {
        self.compare(rooms, ctx);
    }
}

impl Handler<Tell> for Gates {
    type Result = ();

    fn handle(&mut self, told: Tell, _: &mut Self::Context) {
        if let Some(door) = self.doors.get_mut(&told.room) {
            door.tell_all(&[Heard { room: told.room, news: News::Volatile { frame: told.frame, key: told.key } }]);
        }
    }
}

impl Handler<Watch> for Gates {
    type Result = ();

    fn handle(&mut self, watch: Watch, ctx: &mut Self::Context) {
        let room = watch.room;
        self.porter.know(watch.worker, &watch.relay);
        let new = !self.doors.contains_key(&room);
        let door = self.doors.entry(room).or_default();
        let mut watcher = Watcher { worker: watch.worker, relay: watch.relay, behind: false };
        if let Some(gate) = &door.gate {
            watcher.tell(&[Heard { room, news: News::At(gate.last()) }]);
        }
        let behind = watcher.behind;
        door.watchers.retain(|known| known.worker != watcher.worker);
        door.watchers.push(watcher);
        if new {
            self.to_open.insert(room);
            self.open(ctx);
        }
        if behind {
            self.settle_later(ctx);
        }
    }
}

impl Handler<Unwatch> for Gates {
    type Result = ();

    fn handle(&mut self, unwatch: Unwatch, ctx: &mut Self::Context) {
        self.left(unwatch.room, unwatch.worker, ctx);
        if let Some(door) = self.doors.get_mut(&unwatch.room) {
            door.watchers.retain(|watcher| watcher.worker != unwatch.worker);
            if door.watchers.is_empty() {
                self.doors.remove(&unwatch.room);
                self.to_open.remove(&unwatch.room);
            }
        }
    }
}
