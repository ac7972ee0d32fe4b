//! Who is at a session: its players as they are stored, and the connections of this node.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use actix::Addr;
use allthrive_domain::quiz::game::{Player, PlayerState};
use allthrive_protocol::quiz::live::{Factor, Role};
use allthrive_protocol::{ConnId, Principal};

use crate::live::stage::Side;
use crate::live::stopwatch::Reading;
use crate::relay::RelayActor;

/// Who has gone from the lobby is counted for so long.
const COUNTED: Duration = Duration::from_secs(60);

/// A connection at the session.
pub(super) struct Seat {
    pub(super) who: Principal,
    pub(super) role: Role,
    pub(super) relay: Addr<RelayActor>,
}

/// See the module.
#[derive(Default)]
pub(super) struct People {
    players: HashMap<Principal, Player>,
    by_no: BTreeMap<u32, Principal>,
    playing: u32,
    with_more_time: u32,
    /// The number of the last change that was read or made here.
    pub(super) changes: u64,
    seats: HashMap<ConnId, Seat>,
    by_person: HashMap<Principal, HashSet<ConnId>>,
    /// Since when somebody who was here is not.
    gone: HashMap<Principal, Reading>,
    hosts: usize,
    /// Since when no host is here.
    pub(super) hostless_since: Option<Reading>,
}

/// What somebody is shown in that role.
pub(super) fn side(role: Role) -> Side {
    match role {
        Role::Owner | Role::Cohost => Side::Host,
        Role::Moderator | Role::Screen => Side::Screen,
        Role::Player => Side::Player,
    }
}

fn plays(player: &Player) -> bool {
    player.state == PlayerState::Active
}

impl People {
    /// A player as it is now; an older word of it is passed over.
    pub(super) fn put(&mut self, player: Player) -> bool {
        let before = self.players.get(&player.player);
        if before.is_some_and(|before| before.change >= player.change) {
            return false;
        }
        let count = |of: Option<&Player>, what: fn(&Player) -> bool| u32::from(of.is_some_and(what));
        let more = |player: &Player| plays(player) && player.factor != Factor::Usual;
        self.playing = self.playing + count(Some(&player), plays) - count(before, plays);
        self.with_more_time = self.with_more_time + count(Some(&player), more) - count(before, more);
        self.by_no.insert(player.no, player.player);
        self.players.insert(player.player, player);
        true
    }

    pub(super) fn player(&self, who: Principal) -> Option<&Player> {
        self.players.get(&who)
    }

    /// Somebody who plays.
    pub(super) fn active(&self, who: Principal) -> Option<&Player> {
        self.player(who).filter(|player| plays(player))
    }

    /// All players, in the order of joining, from behind that number.
    pub(super) fn in_order(&self, after: u32) -> impl DoubleEndedIterator<Item = &Player> {
        self.by_no.range(after.saturating_add(1)..).filter_map(|(_, who)| self.players.get(who))
    }

    pub(super) fn all(&self) -> Vec<Player> {
        self.in_order(0).cloned().collect()
    }

    /// Whether a name is another's, by what it looks like.
    pub(super) fn is_taken(&self, skeleton: &str) -> bool {
        self.players.values().any(|player| plays(player) && player.skeleton == skeleton)
    }

    pub(super) fn playing(&self) -> u32 {
        self.playing
    }

    pub(super) fn with_more_time(&self) -> u32 {
        self.with_more_time
    }

    /// How many play, without those who have been gone from here for a while.
    pub(super) fn present(&self, now: Reading) -> u32 {
        let gone = self.gone.iter().filter(|(who, since)| now.saturating_sub(**since) > COUNTED && self.active(**who).is_some());
        self.playing.saturating_sub(u32::try_from(gone.count()).unwrap_or(u32::MAX))
    }

    /// How many play and have lost their connection to this node.
    pub(super) fn away(&self) -> u32 {
        u32::try_from(self.gone.keys().filter(|who| self.active(**who).is_some()).count()).unwrap_or(u32::MAX)
    }

    /// The names of those who came last, the latest first.
    pub(super) fn latest(&self, most: usize, now: Reading) -> Vec<String> {
        let here =
            |player: &&Player| plays(player) && self.gone.get(&player.player).is_none_or(|since| now.saturating_sub(*since) <= COUNTED);
        self.in_order(0).rev().filter(here).take(most).map(|player| player.name.clone()).collect()
    }

    /// A connection sits here from now on.
    pub(super) fn seat(&mut self, conn: ConnId, seat: Seat) {
        self.gone.remove(&seat.who);
        self.by_person.entry(seat.who).or_default().insert(conn);
        if let Some(before) = self.seats.insert(conn, seat) {
            self.hosts -= usize::from(side(before.role) == Side::Host);
        }
        let is_host = self.seats.get(&conn).is_some_and(|seat| side(seat.role) == Side::Host);
        self.hosts += usize::from(is_host);
        if self.hosts > 0 {
            self.hostless_since = None;
        }
    }

    /// A connection sits here no more: its seat, and whether it was the last of that person.
    pub(super) fn unseat(&mut self, conn: ConnId, now: Reading) -> Option<(Seat, bool)> {
        let seat = self.seats.remove(&conn)?;
        let others = self.by_person.get_mut(&seat.who)?;
        others.remove(&conn);
        let last = others.is_empty();
        if last {
            self.by_person.remove(&seat.who);
            if self.players.contains_key(&seat.who) {
                self.gone.insert(seat.who, now);
            }
        }
        if side(seat.role) == Side::Host {
            self.hosts -= 1;
            if self.hosts == 0 {
                self.hostless_since = Some(now);
            }
        }
        Some((seat, last))
    }

    pub(super) fn seat_of(&self, conn: ConnId) -> Option<&Seat> {
        self.seats.get(&conn)
    }

    /// The connections of somebody.
    pub(super) fn conns_of(&self, who: Principal) -> Vec<ConnId> {
        self.by_person.get(&who).into_iter().flatten().copied().collect()
    }

    pub(super) fn seats(&self) -> impl Iterator<Item = (ConnId, &Seat)> {
        self.seats.iter().map(|(conn, seat)| (*conn, seat))
    }

    pub(super) fn is_here(&self, who: Principal) -> bool {
        self.by_person.contains_key(&who)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    pub(super) fn hosts(&self) -> usize {
        self.hosts
    }

    /// Those who play and are connected here.
    pub(super) fn connected(&self) -> impl Iterator<Item = Principal> {
        self.by_person.keys().copied().filter(|who| self.active(*who).is_some())
    }

    /// The relays that have somebody of this session.
    pub(super) fn relays(&self) -> Vec<Addr<RelayActor>> {
        let mut relays: Vec<Addr<RelayActor>> = Vec::new();
        for seat in self.seats.values() {
            if !relays.contains(&seat.relay) {
                relays.push(seat.relay.clone());
            }
        }
        relays
    }

    /// Keeps the connections, forgets what is stored: it is read anew.
    pub(super) fn forget_stored(&mut self) {
        (self.players, self.by_no) = (HashMap::new(), BTreeMap::new());
        (self.playing, self.with_more_time, self.changes) = (0, 0, 0);
    }
}
