//! The system: starts the actors, hands out their addresses, stops them in order.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, RwLock};
use std::time::Duration;

use actix::{Actor, Addr, ArbiterHandle};
use allthrive_domain::quiz::freeze::Frozen;
use allthrive_domain::quiz::game::{Author, LiveDeed, LiveOutcome};
use allthrive_domain::time::Clock;
use allthrive_domain::unit::{Deed, Unit};
use allthrive_protocol::reply::Written;
use allthrive_protocol::{Cmid, Code, Refusal, RoomId, UserId};
use allthrive_store::Store;
use allthrive_store::audit::chain::ChainKey;
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};
use uuid::Uuid;

use crate::audit::{Note, Notes};
use crate::bus;
use crate::bus::neighbours::Neighbours;
use crate::bus::wire::Body;
use crate::fault::Faults;
use crate::fingerprint::Fingerprints;
use crate::gates::Gates;
use crate::limiter::Limits;
use crate::limiter::actor::{Heard, LimiterActor};
use crate::limiter::seats::Seats;
use crate::line::Pace;
use crate::live::Doors;
use crate::live::hall::{FindLive, Hall, Wake};
use crate::live::room::{Given, LiveRoom, Rest};
use crate::live::writer::LiveWriter;
use crate::lobby::{Find, Lobby};
use crate::persistence::{Persistence, Unsettled};
use crate::presence::Word;
use crate::relay::{Expel, Relay, RelayActor};
use crate::revocation;
use crate::room::{Room, Submit};
use crate::session::Tickets;

/// Pages that are read from the store at once, on one node: each reads up to 200 rows, whatever their texts weigh, to
/// tell 128 KiB of them. A crowd that comes back at once waits its turn and costs no more.
const PAGE_READS: usize = 4;

/// What the system is made of.
pub struct Options {
    /// What is kept.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// The key of the fingerprints; it never rotates.
    pub fingerprint_key: Vec<u8>,
    /// The key of the audit trail; it never rotates.
    pub audit_key: ChainKey,
    /// Makes and reads the tokens of live sessions.
    pub doors: Doors,
    /// Redeems tickets.
    pub tickets: Arc<dyn Tickets>,
    /// How fast and how many.
    pub limits: Limits,
    /// How many writers to the store: one for SQLite, a few for Postgres.
    pub writers: usize,
    /// How many HTTP workers there will be.
    pub workers: usize,
    /// How long things may take on a connection.
    pub pace: Pace,
    /// Where people reach this server: what links of live sessions begin with.
    pub origin: String,
    /// Who else there may be.
    pub bus: bus::Kind,
}

/// What every actor is given.
#[derive(Clone)]
pub struct Parts {
    /// What is kept.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Faults on purpose, in tests.
    pub faults: Faults,
    /// The worker threads.
    pub workers: Workers,
    /// The other nodes.
    pub neighbours: Neighbours,
}

/// The worker threads, and which of them keeps which room.
#[derive(Debug, Clone)]
pub struct Workers {
    count: usize,
    known: Arc<RwLock<Vec<Known>>>,
    limiter: Arc<OnceLock<Addr<LimiterActor>>>,
    hall: Arc<OnceLock<Addr<Hall>>>,
}

#[derive(Debug, Clone)]
struct Known {
    arbiter: ArbiterHandle,
    gates: Addr<Gates>,
    relay: Addr<RelayActor>,
}

/// Which of `n` a room belongs to. Ids are random in their low half.
#[must_use]
pub fn spread(room: RoomId, n: usize) -> usize {
    let (_, low) = room.0.as_u64_pair();
    usize::try_from(low % n.max(1) as u64).unwrap_or(0)
}

/// The same things by which of `n` their room belongs to, in their order.
pub(crate) fn spread_out<T>(things: impl IntoIterator<Item = T>, n: usize, room: impl Fn(&T) -> RoomId) -> BTreeMap<usize, Vec<T>> {
    let mut by: BTreeMap<usize, Vec<T>> = BTreeMap::new();
    for thing in things {
        by.entry(spread(room(&thing), n)).or_default().push(thing);
    }
    by
}

impl Workers {
    pub(crate) fn new(count: usize) -> Self {
        Self { count: count.max(1), known: Arc::default(), limiter: Arc::default(), hall: Arc::default() }
    }

    /// Which worker keeps this room.
    #[must_use]
    pub fn of(&self, room: RoomId) -> usize {
        spread(room, self.count)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The gates of each worker that is here.
    #[must_use]
    pub fn gates(&self) -> Vec<Addr<Gates>> {
        self.read().iter().map(|known| known.gates.clone()).collect()
    }

    /// The limiter of the node, once it runs.
    pub(crate) fn limiter(&self) -> Option<&Addr<LimiterActor>> {
        self.limiter.get()
    }

    /// The hall of live sessions, once it runs.
    pub(crate) fn hall(&self) -> Option<&Addr<Hall>> {
        self.hall.get()
    }

    pub(crate) fn arbiter_of(&self, room: RoomId) -> Option<ArbiterHandle> {
        self.read().get(self.of(room)).map(|known| known.arbiter.clone())
    }

    pub(crate) fn relays(&self) -> Vec<Addr<RelayActor>> {
        self.read().iter().map(|known| known.relay.clone()).collect()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Vec<Known>> {
        self.known.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Vec<Known>> {
        self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A handle to the running system.
#[derive(Clone)]
pub struct System {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    /// Tells one system of a process from another: a test runs several.
    id: Uuid,
    pub(crate) parts: Parts,
    pub(crate) tickets: Arc<dyn Tickets>,
    pub(crate) fingerprints: Fingerprints,
    doors: Doors,
    notes: Arc<Notes>,
    pub(crate) limits: Limits,
    pub(crate) limiter: Addr<LimiterActor>,
    /// Connections by where they come from.
    pub(crate) addresses: Seats<IpAddr>,
    /// Connections by account.
    pub(crate) accounts: Seats<UserId>,
    /// Pages that may be read from the store now.
    pub(crate) page_reads: Semaphore,
    pub(crate) pace: Pace,
    pub(crate) draining: AtomicBool,
    pub(crate) sessions: AtomicUsize,
    lobby: Addr<Lobby>,
    persistence: Vec<Addr<Persistence>>,
    hall: Addr<Hall>,
    live_writers: Vec<Addr<LiveWriter>>,
}

thread_local! {
    /// The relay of this worker thread, and of which system it is.
    static RELAY: RefCell<Option<(Uuid, Relay)>> = const { RefCell::new(None) };
}

impl System {
    /// Starts what runs once per node. Must be called on a thread with an actix system.
    #[must_use]
    pub fn start(options: Options) -> Self {
        let workers = Workers::new(options.workers);
        let alone = matches!(options.bus, bus::Kind::Alone);
        let neighbours = Neighbours::start(options.bus, options.store.history_epoch(), workers.clone());
        let parts = Parts { store: options.store, clock: options.clock, faults: Faults::default(), workers, neighbours };
        if !alone {
            revocation::watch(parts.clone());
        }
        let persistence: Vec<_> = (0..options.writers.max(1)).map(|_| Persistence::new(parts.clone()).start()).collect();
        let lobby = Lobby::new(parts.clone(), persistence.clone()).start();
        let given = Given {
            parts: parts.clone(),
            doors: options.doors.clone(),
            fingerprints: Fingerprints::new(&options.fingerprint_key),
            alone,
            origin: options.origin.into(),
            lobby: lobby.clone(),
        };
        let fingerprints = given.fingerprints.clone();
        let live_writers: Vec<_> = (0..options.writers.max(1)).map(|_| LiveWriter::new(parts.clone()).start()).collect();
        let hall = Hall::new(given, live_writers.clone(), alone).start();
        let hall = parts.workers.hall.get_or_init(|| hall).clone();
        let notes = Arc::new(Notes::start(&parts, options.audit_key));
        let limits = options.limits;
        let limiter = LimiterActor::new(parts.clone(), limits.rates, Arc::clone(&notes)).start();
        let limiter = parts.workers.limiter.get_or_init(|| limiter).clone();
        let inner = Inner {
            id: Uuid::new_v4(),
            parts,
            tickets: options.tickets,
            fingerprints,
            doors: options.doors,
            notes,
            page_reads: Semaphore::new(PAGE_READS),
            pace: options.pace,
            limits,
            limiter,
            addresses: Seats::new(limits.connections_per_address),
            accounts: Seats::new(limits.connections_per_account),
            draining: AtomicBool::new(false),
            sessions: AtomicUsize::new(0),
            lobby,
            persistence,
            hall,
            live_writers,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Starts what runs once per worker thread. Call it on each HTTP worker, before it serves; a second
    /// call on one thread changes nothing.
    pub fn start_worker(&self) {
        let _ = self.relay();
    }

    /// The relay of this thread.
    pub(crate) fn relay(&self) -> Relay {
        RELAY.with_borrow_mut(|relay| match relay {
            Some((of, relay)) if *of == self.inner.id => relay.clone(),
            _ => {
                let new = self.add_worker();
                *relay = Some((self.inner.id, new.clone()));
                new
            }
        })
    }

    fn add_worker(&self) -> Relay {
        let parts = &self.inner.parts;
        let mut known = parts.workers.write();
        let relay = Relay::new(parts.clone(), known.len());
        let worker = Known {
            arbiter: actix::Arbiter::current(),
            gates: Gates::new(parts.clone()).start(),
            relay: RelayActor::new(relay.clone()).start(),
        };
        known.push(worker);
        relay
    }

    /// Waits until a page may be read; it may be until this is dropped, which is before the peer has it.
    pub(crate) async fn page_turn(&self) -> SemaphorePermit<'_> {
        self.inner.page_reads.acquire().await.expect("nobody closes it")
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// The doors of live sessions.
    #[must_use]
    pub fn doors(&self) -> &Doors {
        &self.inner.doors
    }

    /// Faults on purpose: a test arms them.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.inner.parts.faults
    }

    /// A handle to the bus: a test says things on it that nobody would.
    #[cfg(feature = "faults")]
    #[must_use]
    pub fn bus(&self) -> bus::Bus {
        bus::Bus::new(&self.inner.parts)
    }

    /// Makes a write and waits until it is durable or refused.
    ///
    /// # Errors
    /// The refusal; `unavailable` or `internal` with `retry` when nothing is known, and then the same
    /// write with the same `cmid` is safe.
    pub async fn write(&self, room: RoomId, author: UserId, cmid: Cmid, deed: Deed) -> Result<Written, Refusal> {
        let fingerprint = self.inner.fingerprints.of(room, &deed);
        let address = self.find(room).await?;
        let unit = Unit { room, author, cmid, fingerprint, deed };
        let (answer, outcome) = oneshot::channel();
        address.try_send(Submit { unit, answer }).map_err(|_| busy())?;
        outcome.await.unwrap_or_else(|_| Err(lost()))
    }

    pub(crate) async fn find(&self, room: RoomId) -> Result<Addr<Room>, Refusal> {
        match self.inner.lobby.send(Find(room)).await {
            Ok(Some(address)) => Ok(address),
            Ok(None) | Err(_) => Err(Refusal::new(Code::Unavailable, "The server is starting or stopping. Try again.")),
        }
    }

    pub(crate) async fn find_live(&self, room: RoomId) -> Result<Addr<LiveRoom>, Refusal> {
        match self.inner.hall.send(FindLive(room)).await {
            Ok(Some(address)) => Ok(address),
            Ok(None) | Err(_) => Err(Refusal::new(Code::Unavailable, "The server is starting or stopping. Try again.")),
        }
    }

    /// A write to a live session that comes by REST.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub async fn write_live(
        &self,
        room: RoomId,
        author: Author,
        cmid: Cmid,
        quiz: Option<Arc<Frozen>>,
        deed: LiveDeed,
    ) -> Result<LiveOutcome, Refusal> {
        let address = self.find_live(room).await?;
        let (answer, outcome) = oneshot::channel();
        address.try_send(Rest { author, cmid, quiz, deed, answer }).map_err(|_| busy())?;
        outcome.await.unwrap_or_else(|_| Err(lost()))
    }

    /// A write to one live session has moved another: its people are told, here and on other servers. A session that
    /// cannot be told looks for itself now and then.
    pub fn live_moved(&self, room: RoomId) {
        if self.inner.hall.try_send(Wake(room, crate::live::room::Note::Moved)).is_err() {
            tracing::debug!("the hall was too busy to be told of a live session");
        }
        self.inner.parts.neighbours.live_moved(room);
    }

    /// Leaves a trace of what changes no row: in a moment, or counted if there is too much of it.
    pub fn note(&self, note: Note) {
        self.inner.notes.take(note);
    }

    /// Ends the connections of one sign-in on every node, within a moment.
    pub fn end_sign_in(&self, sign_in: Uuid) {
        self.inner.parts.neighbours.announce(Body::SignInEnded(sign_in));
        self.expel(Expel::SignIn(sign_in));
    }

    fn expel(&self, expel: Expel) {
        for relay in self.inner.parts.workers.relays() {
            if relay.try_send(expel).is_err() {
                tracing::warn!("a worker could not be told to end connections");
            }
        }
    }

    /// The other nodes: whether they are heard, and what there is to tell them.
    #[must_use]
    pub fn neighbours(&self) -> &Neighbours {
        &self.inner.parts.neighbours
    }

    /// How many connections are open.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.inner.sessions.load(Ordering::Relaxed)
    }

    /// How many HTTP workers there are.
    pub(crate) fn worker_count(&self) -> usize {
        self.inner.parts.workers.count
    }

    /// Whether new connections are refused because the server stops.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.inner.draining.load(Ordering::Relaxed)
    }

    /// Takes no new connection and no new command, tells each connection when to come back and ends it then
    /// ([`session::parting`](crate::session)), and waits until each write that was taken in is settled and told
    /// to other nodes, and what leaves a trace is written; `patience` at most. Whose peer takes nothing is cut
    /// from below ([`line`](crate::line)) in a moment.
    pub async fn drain(&self, patience: Duration) {
        self.inner.draining.store(true, Ordering::Relaxed);
        self.expel(Expel::Everybody);
        let done = async {
            loop {
                if self.sessions() == 0 && self.is_settled().await {
                    // Nobody is here by this node; others need not wait for its beat to stand still.
                    self.inner.parts.neighbours.presence(Word::Gone);
                    return self.inner.parts.neighbours.flushed().await;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(patience, done).await.is_err() {
            tracing::warn!(sessions = self.sessions(), "stopping with connections that did not end");
        }
        self.inner.parts.neighbours.close();
    }

    async fn is_settled(&self) -> bool {
        for writer in &self.inner.persistence {
            if writer.send(Unsettled).await.unwrap_or(0) > 0 {
                return false;
            }
        }
        for writer in &self.inner.live_writers {
            if writer.send(Unsettled).await.unwrap_or(0) > 0 {
                return false;
            }
        }
        // What the limiter finds at the end leaves a trace, too.
        if self.inner.limiter.send(Heard).await.is_err() {
            tracing::warn!("the limiter has ended before the connections");
        }
        self.inner.notes.unsettled().await == 0
    }
}

pub(crate) fn busy() -> Refusal {
    Refusal::new(Code::Overloaded, "Too much is happening in this room. Try again.")
}

/// The one who should answer has gone: nothing is known, a retry is safe.
pub(crate) fn lost() -> Refusal {
    Refusal::new(Code::Internal, "Something went wrong here. Try again.")
}
