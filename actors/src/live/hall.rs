//! Which live sessions are alive on this node, and which of them it keeps: runs their timers, and says so to the others
//! by a beat in their rows. No clock is compared: a beat that stands still is seen on the own one.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use actix::dev::channel::channel;
use actix::{Actor, ActorFutureExt, Addr, AsyncContext, Context, Handler, Message, MessageResult, WrapFuture};
use allthrive_protocol::{RoomId, Seq};
use allthrive_store::Error;
use allthrive_store::live::{Beat, Lease};

use super::room::{Given, LiveRoom, MAILBOX, Note};
use super::stopwatch::{Stopwatch, reading};
use super::writer::LiveWriter;

/// How often a session that is kept says so.
const BEAT: Duration = Duration::from_millis(1_500);
/// How often PINs of sessions long over are made free.
const SWEEP: Duration = Duration::from_secs(60 * 60);
/// A beat that stood still for so long, seen at least [`READS`] times, none longer after the one before than [`GAP`]: its
/// node is gone.
const GONE_AFTER: Duration = Duration::from_secs(5);
const READS: u32 = 4;
const GAP: Duration = Duration::from_secs(2);
/// Beats that could not be stored for so long: what is shown says so.
const STORE_GONE: Duration = Duration::from_secs(3);

/// The address of a session, which is started if it is not alive. `None` while no worker is there.
#[derive(Message)]
#[rtype(result = "Option<Addr<LiveRoom>>")]
pub struct FindLive(pub RoomId);

/// The address of a session that is alive here.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Wake(pub RoomId, pub Note);

/// This session ends here; the next who asks for it gets another.
#[derive(Message)]
#[rtype(result = "()")]
pub struct RetireLive {
    /// The session.
    pub room: RoomId,
    /// The actor that ends.
    pub address: Addr<LiveRoom>,
}

/// A session is kept by this node in that term and stands so; or is not any more.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Keep {
    /// The session.
    pub room: RoomId,
    /// How it stands.
    pub kept: Option<Kept>,
}

/// How a session stands that this node keeps.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// In which term.
    pub term: u64,
    /// Its revision.
    pub rev: Seq,
    /// How long its phase has lasted.
    pub watch: Stopwatch,
}

/// A lease of another node, as it was seen.
struct Seen {
    term: u64,
    beat: u64,
    since: Instant,
    reads: u32,
}

/// See the module.
pub struct Hall {
    given: Given,
    writers: Vec<Addr<LiveWriter>>,
    /// Nobody else uses the database: what is kept by nobody here is kept by nobody.
    alone: bool,
    rooms: HashMap<RoomId, Addr<LiveRoom>>,
    kept: HashMap<RoomId, Kept>,
    seen: HashMap<RoomId, Seen>,
    read_at: Option<Instant>,
    beating: bool,
    watching: bool,
    failing_since: Option<Instant>,
}

impl Hall {
    /// Nothing is alive yet. Writes go to one of these writers, by the session's id.
    #[must_use]
    pub fn new(given: Given, writers: Vec<Addr<LiveWriter>>, alone: bool) -> Self {
        Self {
            given,
            writers,
            alone,
            rooms: HashMap::new(),
            kept: HashMap::new(),
            seen: HashMap::new(),
            read_at: None,
            beating: false,
            watching: false,
            failing_since: None,
        }
    }

    fn find(&mut self, room: RoomId, ctx: &mut Context<Self>) -> Option<Addr<LiveRoom>> {
        if let Some(known) = self.rooms.get(&room).filter(|address| address.connected()) {
            return Some(known.clone());
        }
        let worker = self.given.parts.workers.arbiter_of(room)?;
        let (given, hall) = (self.given.clone(), ctx.address());
        let writer = self.writers[crate::system::spread(room, self.writers.len())].clone();
        let (sender, receiver) = channel(MAILBOX);
        worker.spawn_fn(move || {
            actix::spawn(Context::with_receiver(receiver).into_future(LiveRoom::new(room, given, hall, writer)));
        });
        let address = Addr::new(sender);
        self.rooms.insert(room, address.clone());
        Some(address)
    }

    fn tell(&self, room: RoomId, note: Note) {
        if let Some(address) = self.rooms.get(&room)
            && address.try_send(note).is_err()
        {
            tracing::warn!(room.id = %room, "a live session could not be told");
        }
    }

    fn beat(&mut self, ctx: &mut Context<Self>) {
        if self.beating || self.kept.is_empty() {
            return;
        }
        self.beating = true;
        let now = reading(Instant::now());
        let beats: Vec<Beat> = self
            .kept
            .iter()
            .map(|(room, kept)| Beat { room: *room, term: kept.term, rev: kept.rev, elapsed_ms: millis(kept.watch.elapsed(now)) })
            .collect();
        let store = self.given.parts.store.clone();
        let work = async move {
            let still = store.live_beat(&beats).await;
            (beats, still)
        };
        ctx.spawn(work.into_actor(self).map(|(beats, still), hall, _| {
            hall.beating = false;
            hall.beaten(&beats, still);
        }));
    }

    fn beaten(&mut self, beats: &[Beat], still: Result<Vec<RoomId>, Error>) {
        match still {
            Ok(still) => {
                if self.failing_since.take().is_some_and(|since| since.elapsed() >= STORE_GONE) {
                    self.kept.keys().for_each(|room| self.tell(*room, Note::StoreBack));
                }
                for beat in beats.iter().filter(|beat| !still.contains(&beat.room)) {
                    if self.kept.get(&beat.room).is_some_and(|kept| kept.term == beat.term) {
                        self.kept.remove(&beat.room);
                        self.tell(beat.room, Note::Lost);
                    }
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the beats of live sessions could not be stored");
                let since = *self.failing_since.get_or_insert_with(Instant::now);
                if since.elapsed() >= STORE_GONE {
                    self.kept.keys().for_each(|room| self.tell(*room, Note::StoreGone));
                }
            }
        }
    }

    /// Looks for sessions whose node is gone.
    fn watch(&mut self, ctx: &mut Context<Self>) {
        if self.watching || (self.alone && self.read_at.is_some()) {
            return;
        }
        self.watching = true;
        let store = self.given.parts.store.clone();
        ctx.spawn(async move { store.live_running().await }.into_actor(self).map(|leases, hall, ctx| {
            hall.watching = false;
            match leases {
                Ok(leases) => hall.saw(leases, ctx),
                Err(error) => {
                    tracing::warn!(%error, "which live sessions run could not be read");
                    hall.seen.clear();
                }
            }
        }));
    }

    fn saw(&mut self, leases: Vec<Lease>, ctx: &mut Context<Self>) {
        let now = Instant::now();
        if self.read_at.replace(now).is_some_and(|before| now - before > GAP) {
            self.seen.clear();
        }
        self.seen.retain(|room, _| leases.iter().any(|lease| lease.room == *room));
        for Lease { room, term, beat, .. } in leases {
            if self.kept.contains_key(&room) {
                self.seen.remove(&room);
                continue;
            }
            let seen = self.seen.entry(room).or_insert(Seen { term, beat, since: now, reads: 0 });
            if (seen.term, seen.beat) != (term, beat) {
                *seen = Seen { term, beat, since: now, reads: 0 };
            }
            seen.reads += 1;
            let is_gone = self.alone || (seen.reads >= READS && now - seen.since >= GONE_AFTER);
            if is_gone {
                self.seen.remove(&room);
                if self.find(room, ctx).is_some() {
                    tracing::info!(room.id = %room, "a live session is taken over");
                    self.tell(room, Note::TakeOver { term, beat });
                } else {
                    // No worker yet: looked at again.
                    self.read_at = None;
                }
            }
        }
    }

    fn sweep(&self, ctx: &mut Context<Self>) {
        let (store, now) = (self.given.parts.store.clone(), self.given.parts.clock.now());
        ctx.spawn(async move { store.free_live_pins(now).await }.into_actor(self).map(|freed, _, _| match freed {
            Ok(0) => {}
            Ok(freed) => tracing::info!(freed, "PINs of live sessions are free again"),
            Err(error) => tracing::warn!(%error, "PINs could not be made free"),
        }));
    }
}

pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Actor for Hall {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(8_192);
        ctx.run_interval(BEAT, |hall, ctx| {
            hall.beat(ctx);
            hall.watch(ctx);
        });
        ctx.run_interval(SWEEP, |hall, ctx| hall.sweep(ctx));
    }
}

impl Handler<FindLive> for Hall {
    type Result = MessageResult<FindLive>;

    fn handle(&mut self, FindLive(room): FindLive, ctx: &mut Self::Context) -> Self::Result {
        MessageResult(self.find(room, ctx))
    }
}

impl Handler<Wake> for Hall {
    type Result = ();

    fn handle(&mut self, Wake(room, note): Wake, _: &mut Self::Context) {
        self.tell(room, note);
    }
}

impl Handler<Keep> for Hall {
    type Result = ();

    fn handle(&mut self, keep: Keep, _: &mut Self::Context) {
        match keep.kept {
            Some(kept) => self.kept.insert(keep.room, kept),
            None => self.kept.remove(&keep.room),
        };
    }
}

impl Handler<RetireLive> for Hall {
    type Result = ();

    fn handle(&mut self, retire: RetireLive, _: &mut Self::Context) {
        if self.rooms.get(&retire.room) == Some(&retire.address) {
            self.rooms.remove(&retire.room);
            self.kept.remove(&retire.room);
        }
    }
}
