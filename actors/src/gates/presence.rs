//! Presence at the doors: relays say who is here by them, and once a second at most each room's change is
//! told to all of them, encoded once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Addr, AsyncContext, Context, Handler, Message};
use allthrive_protocol::event::{Event, Fact};
use allthrive_protocol::presence::PresencePage;
use allthrive_protocol::{RoomId, UserId};
use bytes::Bytes;
use tokio::sync::oneshot;

use super::Gates;
use crate::frame;
use crate::presence::{Change, Crowd, Holder, Presence};
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

/// The rooms of one worker that somebody is in.
#[derive(Default)]
pub(super) struct Hall {
    crowds: HashMap<RoomId, Crowd>,
    /// The relays of this node, one sender each.
    relays: BTreeMap<usize, Addr<RelayActor>>,
    /// Rooms with something to tell.
    restless: HashSet<RoomId>,
    /// Whether a timer runs that looks at them.
    looking: bool,
}

impl Hall {
    /// Remembers where a worker's relay is.
    pub(super) fn know(&mut self, worker: usize, relay: &Addr<RelayActor>) {
        self.relays.entry(worker).or_insert_with(|| relay.clone());
    }

    fn take(&mut self, room: RoomId, holder: Holder, change: &Change) {
        let crowd = self.crowds.entry(room).or_default();
        crowd.take(holder, change);
        if crowd.is_deserted() {
            self.crowds.remove(&room);
        } else if crowd.is_restless() {
            self.restless.insert(room);
        }
    }

    /// What the rooms whose time has come have to say, for each worker.
    fn due(&mut self, now: Instant) -> HashMap<usize, Vec<Heard>> {
        let mut said: HashMap<usize, Vec<Heard>> = HashMap::new();
        self.restless.retain(|room| {
            let Some(crowd) = self.crowds.get_mut(room) else { return false };
            if !crowd.is_due(now) {
                return crowd.is_restless();
            }
            let telling = crowd.tell(now);
            for (presence, workers) in telling.news.into_iter().chain(telling.whole) {
                let news = News::Presence { frame: frame_of(*room, presence.clone()), said: Arc::new(presence) };
                for worker in workers {
                    said.entry(worker).or_default().push(Heard { room: *room, news: news.clone() });
                }
            }
            false
        });
        said
    }

    /// Tells it. Who could not be told is told all of it the next time.
    fn tell(&mut self, now: Instant) {
        for (worker, heard) in self.due(now) {
            let rooms: Vec<RoomId> = heard.iter().map(|heard| heard.room).collect();
            if self.relays.get(&worker).is_some_and(|relay| relay.try_send(Deliver(heard)).is_ok()) {
                continue;
            }
            for room in rooms {
                if let Some(crowd) = self.crowds.get_mut(&room) {
                    crowd.missed(worker);
                    self.restless.insert(room);
                }
            }
        }
    }

    /// Nothing is known any more: the relays say it anew.
    fn begin_anew(&mut self) {
        let rooms = std::mem::take(&mut self.crowds).into_keys();
        let lost: Vec<Heard> = rooms.map(|room| Heard { room, news: News::PresenceLost }).collect();
        self.restless.clear();
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
        if self.hall.crowds.contains_key(&room) {
            self.attend(worker, &[(room, Change { anew: true, ..Change::default() })], ctx);
        }
    }

    fn attend(&mut self, worker: usize, changes: &[(RoomId, Change)], ctx: &mut Context<Self>) {
        self.guarded(|hall| changes.iter().for_each(|(room, change)| hall.take(*room, Holder::Worker(worker), change)));
        self.rouse(ctx);
    }

    /// A panic costs what is known of who is where, which the relays say anew, and nothing else.
    fn guarded(&mut self, work: impl FnOnce(&mut Hall)) {
        if catch_unwind(AssertUnwindSafe(|| work(&mut self.hall))).is_err() {
            tracing::error!("presence panicked and begins anew");
            self.hall.begin_anew();
        }
    }

    /// Looks at the rooms with something to tell, until there are none.
    fn rouse(&mut self, ctx: &mut Context<Self>) {
        if self.hall.restless.is_empty() || std::mem::replace(&mut self.hall.looking, true) {
            return;
        }
        ctx.run_later(LOOK_EVERY, |gates, ctx| {
            gates.hall.looking = false;
            gates.guarded(|hall| hall.tell(Instant::now()));
            gates.rouse(ctx);
        });
    }
}

/// A presence event as a frame.
pub(crate) fn frame_of(room: RoomId, presence: Presence) -> Bytes {
    frame::event(&Event { room: Some(room), seq: None, ts: None, fact: Fact::Presence(presence) })
}

impl Handler<Attend> for Gates {
    type Result = ();

    fn handle(&mut self, Attend { worker, changes }: Attend, ctx: &mut Self::Context) {
        self.attend(worker, &changes, ctx);
    }
}

impl Handler<Who> for Gates {
    type Result = ();

    fn handle(&mut self, Who { room, cursor, answer }: Who, _: &mut Self::Context) {
        let page = self.hall.crowds.get(&room).map(|crowd| crowd.page(cursor));
        // Whoever asked has gone if this fails.
        let _ = answer.send(page.unwrap_or(PresencePage { online: Vec::new(), count: 0, next: None }));
    }
}
