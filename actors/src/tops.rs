//! Which rooms of which account have moved, and when it is told so: merged, at most once a second.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;
use std::time::{Duration, Instant};

use allthrive_protocol::event::{Event, Fact, Top};
use allthrive_protocol::{ConnId, RoomId, UserId};
use allthrive_store::Store;

use crate::frame;
use crate::session::lane::{Lane, MergeKey};

/// An account is told at most this often.
const EVERY: Duration = Duration::from_secs(1);

/// The accounts of one worker thread.
pub struct Tops {
    store: Store,
    accounts: Rc<RefCell<HashMap<UserId, Account>>>,
}

#[derive(Default)]
struct Account {
    lanes: HashMap<ConnId, Rc<Lane>>,
    moved: HashSet<RoomId>,
    told_at: Option<Instant>,
    reading: bool,
}

impl Tops {
    /// Nobody yet.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, accounts: Rc::default() }
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

    /// A room of this account has moved, or has been read.
    pub fn moved(&mut self, user: UserId, room: RoomId) {
        if let Some(account) = self.accounts.borrow_mut().get_mut(&user) {
            account.moved.insert(room);
        }
    }

    /// Tells each account whose time has come: one statement for all its rooms. If the store is away,
    /// what moved is kept for the next time.
    pub fn flush(&mut self, now: Instant) {
        let mut due = Vec::new();
        for (user, account) in self.accounts.borrow_mut().iter_mut() {
            let rested = account.told_at.is_none_or(|at| now.duration_since(at) >= EVERY);
            if !account.moved.is_empty() && !account.reading && rested {
                account.reading = true;
                account.told_at = Some(now);
                due.push((*user, std::mem::take(&mut account.moved)));
            }
        }
        for (user, moved) in due {
            let (store, accounts) = (self.store.clone(), Rc::clone(&self.accounts));
            actix::spawn(async move {
                let tops = store.unread(user).await;
                let mut accounts = accounts.borrow_mut();
                let Some(account) = accounts.get_mut(&user) else { return };
                account.reading = false;
                match tops {
                    Ok(tops) => account.tell(tops.into_iter().filter(|(room, _)| moved.contains(room))),
                    Err(error) => {
                        tracing::debug!(error = %error, "tops could not be read yet");
                        account.moved.extend(moved);
                    }
                }
            });
        }
    }
}

impl Account {
    /// One frame for all of them; to a lane that is behind, one a room, each in the place of its elder.
    fn tell(&self, tops: impl Iterator<Item = (RoomId, Top)>) {
        let tops: BTreeMap<RoomId, Top> = tops.collect();
        if tops.is_empty() {
            return;
        }
        let frame_of = |tops| frame::event(&Event { room: None, seq: None, ts: None, fact: Fact::Tops(tops) });
        let all = frame_of(tops.clone());
        // A lane that was given up ends its connection by itself.
        for lane in self.lanes.values() {
            if lane.is_above_soft() {
                for (room, top) in &tops {
                    let _ = lane.merge(frame_of(BTreeMap::from([(*room, *top)])), MergeKey::Tops(*room));
                }
            } else {
                let _ = lane.push(all.clone());
            }
        }
    }
}
