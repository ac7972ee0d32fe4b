//! Who is in a room, by all who know some of them, and what is said of it when.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Bound;
use std::time::{Duration, Instant};

use allthrive_protocol::presence::PresencePage;
use allthrive_protocol::{MAX_PRESENCE, UserId};

use super::{Change, LARGE_ABOVE, Numbered, Presence, SMALL_AGAIN, rest};
use crate::bus::wire::NodeId;

/// By whom an account is known to be here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holder {
    /// The relay of this worker of this node.
    Worker(usize),
    /// Another node.
    Node(NodeId),
}

/// What is to be said now.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Telling {
    /// To the workers that know what was said before.
    pub news: Option<(Presence, Vec<usize>)>,
    /// To the workers that do not.
    pub whole: Option<(Presence, Vec<usize>)>,
}

#[derive(Debug, Default)]
struct Listener {
    /// Accounts that are here by it.
    held: usize,
    /// Whether it knows what was last said.
    knows: bool,
}

/// Everybody who is in a room.
#[derive(Debug, Default)]
pub struct Crowd {
    online: BTreeMap<UserId, Vec<Holder>>,
    /// Whose presence has changed since it was last said, and whether they were here then.
    before: HashMap<UserId, bool>,
    /// The number that was last said.
    told_count: usize,
    told_at: Option<Instant>,
    large: bool,
    /// The workers with somebody here, who are told.
    listeners: BTreeMap<usize, Listener>,
    /// Who has come to or gone from this node since it was last said to others, and whether they were here then.
    /// `None` if nobody else is told.
    unsaid: Option<HashMap<UserId, bool>>,
    /// The nodes that have said something of the room, and the number of it, if nothing was missed.
    nodes: HashMap<NodeId, Option<u64>>,
}

impl Crowd {
    /// Nobody yet; what changes with this node is kept for others, if they are told.
    #[must_use]
    pub fn new(is_told: bool) -> Self {
        Self { unsaid: is_told.then(HashMap::new), ..Self::default() }
    }

    /// A worker has missed what was said.
    pub fn missed(&mut self, worker: usize) {
        if let Some(listener) = self.listeners.get_mut(&worker) {
            listener.knows = false;
        }
    }

    /// Whether there is nobody left to be told.
    #[must_use]
    pub fn is_deserted(&self) -> bool {
        self.listeners.is_empty()
    }

    /// What one holder says has changed with it. Said twice it changes nothing more. A worker is told everything
    /// from its first account on, and nothing after its last.
    pub fn take(&mut self, holder: Holder, change: &Change) {
        if change.anew {
            self.forget(holder);
        }
        change.joined.iter().for_each(|user| self.set(*user, holder, true));
        change.left.iter().for_each(|user| self.set(*user, holder, false));
    }

    /// All that one holder knows of is void.
    pub fn forget(&mut self, holder: Holder) {
        let is_known = match holder {
            Holder::Worker(worker) => self.listeners.contains_key(&worker),
            Holder::Node(node) => self.nodes.remove(&node).is_some(),
        };
        if !is_known {
            return;
        }
        let held: Vec<UserId> = self.online.iter().filter(|(_, holders)| holders.contains(&holder)).map(|(user, _)| *user).collect();
        held.into_iter().for_each(|user| self.set(user, holder, false));
    }

    fn set(&mut self, user: UserId, holder: Holder, is_here: bool) {
        // One holder is the rule, and there are many accounts in many rooms: no place for four.
        let holders = self.online.entry(user).or_insert_with(|| Vec::with_capacity(1));
        let was_online = !holders.is_empty();
        let was_local = is_local(holders);
        let known = holders.iter().position(|known| *known == holder);
        match known {
            None if is_here => holders.push(holder),
            Some(at) if !is_here => drop(holders.swap_remove(at)),
            // Said before.
            Some(_) | None => return self.tidy(user),
        }
        let (is_online, is_local) = (!holders.is_empty(), is_local(holders));
        self.tidy(user);
        if was_online != is_online {
            self.before.entry(user).or_insert(was_online);
        }
        if was_local != is_local
            && let Some(unsaid) = &mut self.unsaid
        {
            unsaid.entry(user).or_insert(was_local);
        }
        self.held(holder, is_here);
    }

    /// Nobody is kept who is here by no holder.
    fn tidy(&mut self, user: UserId) {
        if self.online.get(&user).is_some_and(Vec::is_empty) {
            self.online.remove(&user);
        }
    }

    fn held(&mut self, holder: Holder, one_more: bool) {
        let Holder::Worker(worker) = holder else { return };
        let listener = self.listeners.entry(worker).or_default();
        if one_more {
            listener.held += 1;
        } else {
            listener.held -= 1;
        }
        if listener.held == 0 {
            self.listeners.remove(&worker);
        }
    }

    /// Another node says what has changed with it. Whether it follows from what it said before; if not, everything
    /// must be asked of it.
    pub fn hear(&mut self, node: NodeId, said: &Numbered) -> bool {
        let follows = said.change.anew || (said.after.is_some() && said.after == self.heard(node));
        self.take(Holder::Node(node), &said.change);
        self.nodes.insert(node, follows.then_some(said.n));
        follows
    }

    /// The number of what a node said last, if nothing before it was missed.
    #[must_use]
    pub fn heard(&self, node: NodeId) -> Option<u64> {
        self.nodes.get(&node).copied().flatten()
    }

    /// Something that other nodes said may have been missed.
    pub fn doubt(&mut self) {
        self.nodes.values_mut().for_each(|heard| *heard = None);
    }

    /// Whether other nodes do not know of a change.
    #[must_use]
    pub fn is_owing(&self) -> bool {
        self.unsaid.as_ref().is_some_and(|unsaid| !unsaid.is_empty())
    }

    /// What has changed with this node since it was last said to others, who know it from here on.
    pub fn say(&mut self) -> Change {
        let mut unsaid = std::mem::take(self.unsaid.get_or_insert_default());
        merged(unsaid.drain(), |user| self.online.get(&user).is_some_and(|holders| is_local(holders)))
    }

    /// Everybody who is here by this node; others know it from here on.
    pub fn say_all(&mut self) -> Change {
        self.unsaid.get_or_insert_default().clear();
        let local = self.online.iter().filter(|(_, holders)| is_local(holders)).map(|(user, _)| *user);
        Change { anew: true, joined: local.collect(), left: Vec::new() }
    }

    /// Whether there is something to be said, perhaps later.
    #[must_use]
    pub fn is_restless(&self) -> bool {
        !self.is_deserted() && (!self.before.is_empty() || self.listeners.values().any(|listener| !listener.knows))
    }

    /// Whether it may be said now: a room rests after it was told something ([`rest`]), a second for a worker
    /// that knows nothing yet.
    #[must_use]
    pub fn is_due(&self, now: Instant) -> bool {
        let waits = if self.listeners.values().all(|listener| listener.knows) { rest(self.online.len()) } else { Duration::from_secs(1) };
        self.is_restless() && self.told_at.is_none_or(|at| now.duration_since(at) >= waits)
    }

    /// Says what has changed, and to whom. From here on everybody who listens knows it; whom it could not be
    /// handed to has [`Crowd::missed`] it.
    pub fn tell(&mut self, now: Instant) -> Telling {
        let count = self.online.len();
        let was_large = self.large;
        self.large = count > if was_large { SMALL_AGAIN } else { LARGE_ABOVE };
        let change = self.changed();
        let news = match (was_large, self.large) {
            (false, false) if change.is_empty() => None,
            (false, false) => Some(Presence::Diff { joined: change.joined, left: change.left, count: count as u64 }),
            (true, true) if count == self.told_count => None,
            (_, true) | (true, false) => Some(self.whole()),
        };
        self.told_count = count;
        let (mut knowing, mut new) = (Vec::new(), Vec::new());
        for (worker, listener) in &mut self.listeners {
            let them = if std::mem::replace(&mut listener.knows, true) { &mut knowing } else { &mut new };
            them.push(*worker);
        }
        let telling = Telling {
            news: news.filter(|_| !knowing.is_empty()).map(|news| (news, knowing)),
            whole: (!new.is_empty()).then(|| (self.whole(), new)),
        };
        if telling.news.is_some() || telling.whole.is_some() {
            self.told_at = Some(now);
        }
        telling
    }

    fn changed(&mut self) -> Change {
        let mut before = std::mem::take(&mut self.before);
        merged(before.drain(), |user| self.online.contains_key(&user))
    }

    fn whole(&self) -> Presence {
        let count = self.online.len() as u64;
        if self.large { Presence::Count { count } } else { Presence::State { online: self.online.keys().copied().collect(), count } }
    }

    /// A page of those who are here now, by id, after this one.
    #[must_use]
    pub fn page(&self, cursor: Option<UserId>) -> PresencePage {
        let begin = cursor.map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest = self.online.range((begin, Bound::Unbounded)).map(|(user, _)| *user);
        let online: Vec<UserId> = rest.by_ref().take(MAX_PRESENCE).collect();
        let next = rest.next().and(online.last().copied());
        PresencePage { online, count: self.online.len() as u64, next }
    }

    /// Everybody who is here now.
    #[must_use]
    pub fn everybody(&self) -> HashSet<UserId> {
        self.online.keys().copied().collect()
    }
}

fn is_local(holders: &[Holder]) -> bool {
    holders.iter().any(|holder| matches!(holder, Holder::Worker(_)))
}

/// What has become of those whose presence has changed, by id.
fn merged(before: impl Iterator<Item = (UserId, bool)>, is_here: impl Fn(UserId) -> bool) -> Change {
    let mut change = Change::default();
    for (user, was_here) in before {
        match (was_here, is_here(user)) {
            (false, true) => change.joined.push(user),
            (true, false) => change.left.push(user),
            (true, true) | (false, false) => {}
        }
    }
    change.joined.sort_unstable();
    change.left.sort_unstable();
    change
}
