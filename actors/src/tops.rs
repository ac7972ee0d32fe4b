//! Which rooms of which account have moved, and when it is told so: merged, at most once a second.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;
use std::time::{Duration, Instant};

use allthrive_protocol::event::{Fact, Top};
use allthrive_protocol::{ConnId, RoomId, UserId};
use allthrive_store::Store;

use crate::frame;
use crate::session::lane::{Lane, MergeKey};

/// An account is told at most this often.
const EVERY: Duration = Duration::from_secs(1);

/// Rooms of accounts that one statement asks for.
const MOST_ASKED: usize = 500;

/// Statements of one worker that are under way: what is left of the store is for writes and pages.
const MOST_READING: usize = 2;

/// The accounts of one worker thread.
pub struct Tops {
    store: Store,
    accounts: Rc<RefCell<HashMap<UserId, Account>>>,
    reading: Rc<Cell<usize>>,
}

#[derive(Default)]
struct Account {
    lanes: HashMap<ConnId, Rc<Lane>>,
    moved: HashSet<RoomId>,
    told_at: Option<Instant>,
}

impl Tops {
    /// Nobody yet.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, accounts: Rc::default(), reading: Rc::default() }
    }

    /// A connection of this account is here.
    pub fn attach(&mut self, conn: ConnId, user: UserId, lane: Rc<Lane>) {
        self.accounts.borrow_mut().entry(user).or_default().lanes.insert(conn, lane);
    }

    /// It has ended.
    pub fn detach(&mut self, conn: ConnId, user: UserId) {
        let mut accounts = self.accounts.borrow_mut();
        if let Some(account) = accounts.get_mut(&user) {
            account.lanes.remove(&conn);
            if account.lanes.is_empty() {
                accounts.remove(&user);
            }
        }
    }

    /// The connections of this account on this thread.
    #[must_use]
    pub fn conns_of(&self, user: UserId) -> Vec<ConnId> {
        self.accounts.borrow().get(&user).map_or(Vec::new(), |account| account.lanes.keys().copied().collect())
    }

    /// A room of this account has moved, or has been read.
    pub fn moved(&mut self, user: UserId, room: RoomId) {
        if let Some(account) = self.accounts.borrow_mut().get_mut(&user) {
            account.moved.insert(room);
        }
    }

    /// Tells the accounts whose time has come: one statement for many of them. If the store is away, what
    /// moved is kept for the next time.
    pub fn flush(&mut self, now: Instant) {
        while self.reading.get() < MOST_READING {
            let asked = self.due(now);
            if asked.is_empty() {
                return;
            }
            self.reading.set(self.reading.get() + 1);
            let (store, accounts, reading) = (self.store.clone(), Rc::clone(&self.accounts), Rc::clone(&self.reading));
            actix::spawn(async move {
                let tops = store.unread(&asked).await;
                reading.set(reading.get() - 1);
                let mut accounts = accounts.borrow_mut();
                match tops {
                    Ok(tops) => tell(&accounts, tops),
                    Err(error) => {
                        tracing::debug!(error = %error, "tops could not be read yet");
                        for (user, room) in asked {
                            if let Some(account) = accounts.get_mut(&user) {
                                account.moved.insert(room);
                            }
                        }
                    }
                }
            });
        }
    }

    /// The rooms that moved of accounts that were not told for a second, as many as one statement takes.
    fn due(&self, now: Instant) -> Vec<(UserId, RoomId)> {
        let mut asked = Vec::new();
        for (user, account) in self.accounts.borrow_mut().iter_mut() {
            let rested = account.told_at.is_none_or(|at| now.duration_since(at) >= EVERY);
            if account.moved.is_empty() || !rested {
                continue;
            }
            account.told_at = Some(now);
            asked.extend(account.moved.drain().map(|room| (*user, room)));
            if asked.len() >= MOST_ASKED {
                break;
            }
        }
        asked
    }
}

fn tell(accounts: &HashMap<UserId, Account>, tops: Vec<(UserId, RoomId, Top)>) {
    let mut by_account: HashMap<UserId, BTreeMap<RoomId, Top>> = HashMap::new();
    for (user, room, top) in tops {
        by_account.entry(user).or_default().insert(room, top);
    }
    for (user, tops) in by_account {
        if let Some(account) = accounts.get(&user) {
            account.tell(&tops);
        }
    }
}

impl Account {
    /// One frame for all of them; to a lane that is behind, one a room, each in the place of its elder.
    fn tell(&self, tops: &BTreeMap<RoomId, Top>) {
        let frame_of = |tops| frame::volatile(None, Fact::Tops(tops));
        let all = frame_of(tops.clone());
        // A lane that was given up ends its connection by itself.
        for lane in self.lanes.values() {
            if lane.is_above_soft() {
                for (room, top) in tops {
                    let _ = lane.merge(frame_of(BTreeMap::from([(*room, *top)])), MergeKey::Tops(*room));
                }
            } else {
                let _ = lane.push(all.clone());
            }
        }
    }
}
