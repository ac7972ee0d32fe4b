//! Clients that talk at once, are cut, come back, and take notes.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::{Duration, Instant};

use allthrive_client::log::Flaw;
use allthrive_client::{Line, RoomLog, Session, Update, Updates, connect_after};
use allthrive_protocol::{Cmid, RoomId, Seq, UserId};
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::{interval, timeout};
use uuid::Uuid;

use crate::check::{Ack, Heard, Report, Truth, check};
use crate::dice::Dice;

/// While the server is away a client stops talking at this many messages without an answer.
const MOST_WAITING: usize = 20;

/// How the clients of a crowd behave.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// The pause of one client between two messages.
    pub pause: Duration,
    /// Once in so many messages the client drops its line before it can read the acknowledgement; 0 for never.
    pub cut_one_in: usize,
}

/// The clients and their notes. Lives on one thread; dropping it hangs all of them up.
pub struct Crowd {
    clients: Vec<Rc<Client>>,
    talks: Rc<Cell<bool>>,
    news: Rc<Notify>,
}

struct Client {
    name: String,
    session: RefCell<Session>,
    author: UserId,
    /// None while it has hung up. Beside the line, the task that takes its notes: after the end nothing
    /// more is noted, or it would be noted again when the client is back.
    line: RefCell<Option<(Line, AbortHandle)>>,
    notes: RefCell<Notes>,
    news: Rc<Notify>,
}

#[derive(Default)]
struct Notes {
    logs: BTreeMap<RoomId, (RoomLog, Vec<Flaw>)>,
    acks: Vec<Ack>,
    waiting: HashMap<Cmid, (RoomId, String, Instant)>,
    waits: Vec<Duration>,
    flaws: Vec<String>,
    online: bool,
}

impl Crowd {
    /// Lets `clients` connections in, spread over the sessions, each hearing every room from its first
    /// event on, and starts them talking.
    #[must_use]
    pub fn enter(sessions: &[Session], rooms: &[RoomId], clients: usize, manner: Manner, dice: &mut Dice) -> Self {
        let crowd = Self::listen(sessions, rooms, clients);
        for client in &crowd.clients {
            tokio::task::spawn_local(talk(Rc::clone(client), Rc::clone(&crowd.talks), manner, dice.split()));
        }
        crowd
    }

    /// The same, but they say only what they are told to.
    #[must_use]
    pub fn listen(sessions: &[Session], rooms: &[RoomId], clients: usize) -> Self {
        let news = Rc::default();
        let enter = |(number, session): (usize, &Session)| {
            let client = Rc::new(Client::new(format!("client {number}"), session.clone(), rooms, Rc::clone(&news)));
            client.connect();
            client
        };
        let clients = (0..clients).zip(sessions.iter().cycle()).map(enter).collect();
        Self { clients, talks: Rc::new(Cell::new(true)), news }
    }

    /// Lets one client say something.
    pub fn say(&self, client: usize, room: RoomId, body: String) {
        self.clients[client].say(room, body);
    }

    /// Drops a client's socket as a failing network would; it comes back by itself.
    pub fn cut(&self, client: usize) {
        self.clients[client].cut();
    }

    /// Ends a client, whatever it has under way. It keeps its notes.
    pub fn hang_up(&self, client: usize) {
        let client = &self.clients[client];
        client.notes.borrow_mut().online = false;
        client.hang_up();
    }

    /// Starts a client again where its notes end; what was not answered is said again.
    pub fn come_back(&self, client: usize) {
        let client = &self.clients[client];
        if client.line.borrow().is_none() {
            client.connect();
        }
    }

    /// As [`Crowd::come_back`], to the server of another sign-in of the same account, or by it from now on.
    ///
    /// # Panics
    /// If it is another account's.
    pub fn come_back_by(&self, client: usize, session: &Session) {
        let known = &self.clients[client];
        assert_eq!(session.me().id, known.author, "a client stays who it is");
        known.session.replace(session.clone());
        self.hang_up(client);
        self.come_back(client);
    }

    /// Acknowledgements so far.
    #[must_use]
    pub fn acknowledged(&self) -> usize {
        self.clients.iter().map(|client| client.notes.borrow().acks.len()).sum()
    }

    /// Waits until this many messages are acknowledged; false if they are not in time.
    pub async fn reaches(&self, acknowledged: usize, within: Duration) -> bool {
        self.comes_to(within, || self.acknowledged() >= acknowledged).await
    }

    /// Waits until every client is connected; false if they are not in time.
    pub async fn is_online(&self, within: Duration) -> bool {
        self.comes_to(within, || self.clients.iter().all(|client| client.notes.borrow().online)).await
    }

    /// Nobody says anything new from here on. Waits until every message is answered and every client was
    /// told of every room as much as anybody knows of it; false if that is not in time.
    pub async fn hush(&self, within: Duration) -> bool {
        self.talks.set(false);
        self.comes_to(within, || self.is_settled()).await
    }

    /// Waits until every client was told of these rooms up to these numbers; false if not in time.
    pub async fn hears(&self, tops: &[(RoomId, Seq)], within: Duration) -> bool {
        self.comes_to(within, || self.has_heard(tops)).await
    }

    /// The last number of each room that anybody here knows of.
    #[must_use]
    pub fn tops(&self) -> Vec<(RoomId, Seq)> {
        let mut known: BTreeMap<RoomId, Seq> = BTreeMap::new();
        for client in &self.clients {
            let notes = client.notes.borrow();
            let acked = notes.acks.iter().map(|ack| (ack.room, ack.seq));
            for (room, seq) in notes.logs.iter().map(|(room, (log, _))| (*room, log.top())).chain(acked) {
                let top = known.entry(room).or_default();
                *top = seq.max(*top);
            }
        }
        known.into_iter().collect()
    }

    fn is_settled(&self) -> bool {
        self.unanswered() == 0 && self.has_heard(&self.tops())
    }

    fn has_heard(&self, tops: &[(RoomId, Seq)]) -> bool {
        self.clients.iter().all(|client| {
            let notes = client.notes.borrow();
            tops.iter().all(|(room, top)| notes.logs.get(room).is_some_and(|(log, _)| log.top() >= *top))
        })
    }

    async fn comes_to(&self, within: Duration, mut holds: impl FnMut() -> bool) -> bool {
        let wait = async {
            loop {
                let news = self.news.notified();
                if holds() {
                    return;
                }
                news.await;
            }
        };
        timeout(within, wait).await.is_ok()
    }

    /// What each client was told.
    #[must_use]
    pub fn heard(&self) -> Vec<Heard> {
        let heard = |client: &Rc<Client>| {
            let notes = client.notes.borrow();
            let of_room = |(room, (log, flaws)): (&RoomId, &(RoomLog, Vec<Flaw>))| Heard {
                client: client.name.clone(),
                room: *room,
                log: log.clone(),
                flaws: flaws.clone(),
            };
            notes.logs.iter().map(of_room).collect::<Vec<_>>()
        };
        self.clients.iter().flat_map(heard).collect()
    }

    /// What was acknowledged.
    #[must_use]
    pub fn acks(&self) -> Vec<Ack> {
        self.clients.iter().flat_map(|client| client.notes.borrow().acks.clone()).collect()
    }

    /// How long each acknowledgement took, from the saying, the shortest first.
    #[must_use]
    pub fn waits(&self) -> Vec<Duration> {
        let mut waits: Vec<_> = self.clients.iter().flat_map(|client| client.notes.borrow().waits.clone()).collect();
        waits.sort_unstable();
        waits
    }

    /// What went wrong beside the logs: refusals, hidden numbers, resets, ends.
    #[must_use]
    pub fn flaws(&self) -> Vec<String> {
        let of = |client: &Rc<Client>| {
            let flaws = &client.notes.borrow().flaws;
            flaws.iter().map(|flaw| format!("{}: {flaw}", client.name)).collect::<Vec<_>>()
        };
        self.clients.iter().flat_map(of).collect()
    }

    /// Checks the notes against the truth.
    #[must_use]
    pub fn check(&self, truth: &Truth) -> Report {
        let mut report = check(&self.heard(), &self.acks(), truth);
        report.notice(self.flaws());
        report
    }

    /// Messages that nobody answered.
    #[must_use]
    pub fn unanswered(&self) -> usize {
        self.clients.iter().map(|client| client.notes.borrow().waiting.len()).sum()
    }
}

impl Client {
    fn new(name: String, session: Session, rooms: &[RoomId], news: Rc<Notify>) -> Self {
        let logs = rooms.iter().map(|room| (*room, Default::default())).collect();
        let author = session.me().id;
        Self {
            name,
            session: RefCell::new(session),
            author,
            line: RefCell::default(),
            notes: RefCell::new(Notes { logs, ..Notes::default() }),
            news,
        }
    }

    fn connect(self: &Rc<Self>) {
        let notes = self.notes.borrow();
        let positions: Vec<_> = notes.logs.iter().map(|(room, (log, _))| (*room, log.top())).collect();
        let (line, updates) = connect_after(&self.session.borrow(), &positions);
        for (cmid, (room, body, _)) in &notes.waiting {
            line.say_as(*room, *cmid, body.clone());
        }
        let notes = tokio::task::spawn_local(Rc::clone(self).take_notes(updates));
        self.line.replace(Some((line, notes.abort_handle())));
    }

    fn hang_up(&self) {
        if let Some((_, notes)) = self.line.take() {
            notes.abort();
        }
    }

    async fn take_notes(self: Rc<Self>, mut updates: Updates) {
        while let Some(update) = updates.recv().await {
            self.notes.borrow_mut().note(self.author, update);
            self.news.notify_waiters();
        }
    }

    fn say(&self, room: RoomId, body: String) {
        let cmid = Cmid(Uuid::new_v4());
        self.notes.borrow_mut().waiting.insert(cmid, (room, body.clone(), Instant::now()));
        if let Some((line, _)) = &*self.line.borrow() {
            line.say_as(room, cmid, body);
        }
    }

    fn cut(&self) {
        if let Some((line, _)) = &*self.line.borrow() {
            line.cut();
        }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.talks.set(false);
        self.clients.iter().for_each(|client| client.hang_up());
    }
}

impl Notes {
    fn note(&mut self, author: UserId, update: Update) {
        match update {
            Update::Online(_) => self.online = true,
            Update::Offline => self.online = false,
            Update::Event(event) => {
                // The personal room has a log too; it is not compared.
                if let Some((log, flaws)) = event.room.and_then(|room| self.logs.get_mut(&room))
                    && let Err(flaw) = log.apply(&event)
                {
                    flaws.push(flaw);
                }
            }
            Update::Acked { room, cmid, written } => match self.waiting.remove(&cmid) {
                Some((_, body, since)) => {
                    self.waits.push(since.elapsed());
                    self.acks.push(Ack { room, seq: written.seq, author, cmid, body, dup: written.dup });
                }
                None => self.flaws.push(format!("{cmid} was acknowledged twice")),
            },
            Update::Refused { cmid, refusal, .. } => {
                self.waiting.remove(&cmid);
                self.flaws.push(format!("{cmid} was refused: {}", refusal.message));
            }
            Update::Hidden { room, upto } => {
                if self.logs.contains_key(&room) {
                    self.flaws.push(format!("{room}: numbers up to {upto} were hidden"));
                }
            }
            Update::Reset { room, top, .. } => {
                if self.logs.contains_key(&room) {
                    self.flaws.push(format!("{room} was reset to {top}"));
                }
            }
            Update::Gone(room) => self.flaws.push(format!("{room} is gone")),
            Update::Unknown { room, seq } => self.flaws.push(format!("{room}: {seq} is of an unknown kind")),
            Update::Stopped(stop) => self.flaws.push(format!("stopped: {stop}")),
            Update::Heard(_) | Update::Began { .. } | Update::Lagged(_) | Update::History { .. } => {}
        }
    }
}

/// One client talks until nobody does.
async fn talk(client: Rc<Client>, talks: Rc<Cell<bool>>, manner: Manner, mut dice: Dice) {
    let mut beat = interval(manner.pause);
    let rooms: Vec<_> = client.notes.borrow().logs.keys().copied().collect();
    loop {
        beat.tick().await;
        if !talks.get() {
            return;
        }
        if client.notes.borrow().waiting.len() >= MOST_WAITING {
            continue;
        }
        client.say(rooms[dice.below(rooms.len())], format!("{} says {}", client.name, dice.below(1_000_000)));
        if manner.cut_one_in > 0 && dice.one_in(manner.cut_one_in) {
            client.cut();
        }
    }
}
