//! Presence at the doors: relays and other nodes say who is here by them, and once a second at most each room's
//! change is told to the relays of this node, encoded once.

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Addr, AsyncContext, Context, Handler, Message};
use allthrive_protocol::event::Fact;
use allthrive_protocol::presence::PresencePage;
use allthrive_protocol::{RoomId, UserId};
use bytes::Bytes;
use tokio::sync::oneshot;

use super::Gates;
use crate::bus::neighbours::Neighbours;
use crate::bus::wire::NodeId;
use crate::frame;
use crate::presence::{BEAT, Change, Hall, Presence, Said, Word};
use crate::relay::{Deliver, Heard, News, RelayActor};

/// How often rooms with something to tell are looked at, while there are some.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Who is here by one worker has changed. A relay that could not say it says it again.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Attend {
    /// Which worker's relay.
    pub worker: usize,
    /// In which rooms.
    pub changes: Vec<(RoomId, Change)>,
}

/// Another node speaks of who is here.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Elsewhere {
    /// Which.
    pub node: NodeId,
    /// What it says of rooms of this worker.
    pub word: Word,
}

/// Who is in a room now?
#[derive(Message)]
#[rtype(result = "()")]
pub struct Who {
    /// The room.
    pub room: RoomId,
    /// After whom the page begins.
    pub cursor: Option<UserId>,
    /// Where it goes.
    pub answer: oneshot::Sender<PresencePage>,
}

/// Where presence comes in and goes out.
pub(super) struct Porter {
    hall: Hall,
    neighbours: Neighbours,
    /// How often others came to be heard, as far as is known here.
    line: u64,
    /// The relays of this node, one sender each.
    relays: BTreeMap<usize, Addr<RelayActor>>,
    /// Whether a timer runs that looks at what is to be said.
    looking: bool,
}

impl Porter {
    pub(super) fn new(neighbours: Neighbours) -> Self {
        let own = neighbours.are_told().then(|| neighbours.node());
        Self { hall: Hall::new(own), line: neighbours.status().line, neighbours, relays: BTreeMap::new(), looking: false }
    }

    /// Remembers where a worker's relay is.
    pub(super) fn know(&mut self, worker: usize, relay: &Addr<RelayActor>) {
        self.relays.entry(worker).or_insert_with(|| relay.clone());
    }

    /// Says what is to be said. A relay that could not be told is told all of it the next time; what other nodes
    /// do not hear they ask for.
    fn speak(&mut self, now: Instant) {
        for word in self.hall.words() {
            self.neighbours.presence(word);
        }
        let mut by_worker: HashMap<usize, Vec<Heard>> = HashMap::new();
        for Said { room, presence, workers } in self.hall.due(now) {
            let news = News::Presence { frame: frame_of(room, presence.clone()), said: Arc::new(presence) };
            for worker in workers {
                by_worker.entry(worker).or_default().push(Heard { room, news: news.clone() });
            }
        }
        for (worker, heard) in by_worker {
            let rooms: Vec<RoomId> = heard.iter().map(|heard| heard.room).collect();
            if self.relays.get(&worker).is_none_or(|relay| relay.try_send(Deliver(heard)).is_err()) {
                rooms.into_iter().for_each(|room| self.hall.missed(room, worker));
            }
        }
    }

    fn beat(&mut self, now: Instant) {
        let line = self.neighbours.status().line;
        if std::mem::replace(&mut self.line, line) != line {
            self.hall.begin_line();
        }
        if let Some(beat) = self.hall.beat(now) {
            self.neighbours.presence(beat);
        }
    }

    /// Nothing is known any more: the relays say it anew.
    fn begin_anew(&mut self) {
        let lost = self.hall.begin_anew().into_iter().map(|room| Heard { room, news: News::PresenceLost });
        let lost: Vec<Heard> = lost.collect();
        for (worker, relay) in &self.relays {
            if relay.try_send(Deliver(lost.clone())).is_err() {
                tracing::error!(worker, "a relay could not be told that presence begins anew");
            }
        }
    }
}

impl Gates {
    /// A worker has nobody left who hears the room.
    pub(super) fn left(&mut self, room: RoomId, worker: usize, ctx: &mut Context<Self>) {
        if self.porter.hall.knows(room) {
            let nobody = Change { anew: true, ..Change::default() };
            self.guarded(ctx, |porter| porter.hall.attend(worker, room, &nobody));
        }
    }

    /// Says now and then that this node is there, if there may be others.
    pub(super) fn begin_beats(&self, ctx: &mut Context<Self>) {
        if self.porter.neighbours.are_told() {
            ctx.run_interval(BEAT, |gates, ctx| gates.guarded(ctx, |porter| porter.beat(Instant::now())));
        }
    }

    /// A panic costs what is known of who is where, which the relays and other nodes say anew, and nothing else.
    fn guarded(&mut self, ctx: &mut Context<Self>, work: impl FnOnce(&mut Porter)) {
        if catch_unwind(AssertUnwindSafe(|| work(&mut self.porter))).is_err() {
            tracing::error!("presence panicked and begins anew");
            self.porter.begin_anew();
        }
        self.rouse(ctx);
    }

    /// Looks at what is to be said until there is nothing.
    fn rouse(&mut self, ctx: &mut Context<Self>) {
        if self.porter.hall.is_restless() && !std::mem::replace(&mut self.porter.looking, true) {
            ctx.run_later(LOOK_EVERY, |gates, ctx| {
                gates.porter.looking = false;
                gates.guarded(ctx, |porter| porter.speak(Instant::now()));
            });
        }
    }
}

/// A presence event as a frame.
pub(crate) fn frame_of(room: RoomId, presence: Presence) -> Bytes {
    frame::volatile(Some(room), Fact::Presence(presence))
}

impl Handler<Attend> for Gates {
    type Result = ();

    fn handle(&mut self, Attend { worker, changes }: Attend, ctx: &mut Self::Context) {
        self.guarded(ctx, |porter| changes.iter().for_each(|(room, change)| porter.hall.attend(worker, *room, change)));
    }
}

impl Handler<Elsewhere> for Gates {
    type Result = ();

    fn handle(&mut self, Elsewhere { node, word }: Elsewhere, ctx: &mut Self::Context) {
        self.guarded(ctx, |porter| porter.hall.hear(node, word, Instant::now()));
    }
}

impl Handler<Who> for Gates {
    type Result = ();

    fn handle(&mut self, Who { room, cursor, answer }: Who, _: &mut Self::Context) {
        // Whoever asked has gone if this fails.
        let _ = answer.send(self.porter.hall.page(room, cursor));
    }
}
