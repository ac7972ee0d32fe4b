//! The relay of one worker thread: this thread's members of each room, and the way a frame takes to
//! their lanes.
//!
//! Sessions of the thread call [`Relay`] directly, so that going live is one step; the gates send to
//! [`RelayActor`]. A connection has two interests in a room: to hear it (`live` or lagging), and to
//! be told that it moved (`tops`).

mod actor;
mod audience;
mod live;
mod presence;
#[cfg(test)]
mod tests;
mod watch;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use actix::{Addr, Recipient};
use allthrive_protocol::event::{Fact, Gone, Lag};
use allthrive_protocol::{ConnId, RoomId, Seq, UserId};
use bytes::Bytes;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::bus::{Bus, Committed, Effect};
use crate::fault::Point;
use crate::frame;
use crate::gates::Tell;
use crate::live::stage::Stage;
use crate::ring::Ring;
use crate::session::lane::{Lane, MergeKey};
use crate::system::Parts;
use crate::tops::Tops;

pub use self::actor::{Close, Deliver, Expel, Heard, News, RelayActor, SignIns};
pub use self::audience::Cursor;
use self::audience::{Audience, Hearing};
pub use self::live::{Act, Last, Staged};
use self::presence::Duties;

/// A connection whose account is known.
pub struct Member {
    /// Whose it is.
    pub user: UserId,
    /// Where its frames go.
    pub lane: Rc<Lane>,
}

/// This thread's share of the fan-out.
#[derive(Clone)]
pub struct Relay {
    state: Rc<RefCell<State>>,
}

struct State {
    parts: Parts,
    worker: usize,
    own: Option<Addr<RelayActor>>,
    bus: Bus,
    /// Every open connection, from its first moment.
    open: HashMap<ConnId, Open>,
    conns: HashMap<ConnId, Conn>,
    rooms: HashMap<RoomId, Audience>,
    tops: Tops,
    duties: Duties,
    ticks: u32,
    stage: Stage,
}

/// A connection that can be told to end.
struct Open {
    session: Recipient<Close>,
    sign_in: Option<Uuid>,
    lane: Rc<Lane>,
}

struct Conn {
    member: Member,
    rooms: HashSet<RoomId>,
}

impl Relay {
    /// The relay of this worker; its actor must be started on the same thread.
    #[must_use]
    pub fn new(parts: Parts, worker: usize) -> Self {
        let tops = Tops::new(parts.store.clone());
        let bus = Bus::new(&parts);
        let state = State {
            parts,
            worker,
            own: None,
            bus,
            open: HashMap::new(),
            conns: HashMap::new(),
            rooms: HashMap::new(),
            tops,
            duties: Duties::default(),
            ticks: 0,
            stage: Stage::default(),
        };
        Self { state: Rc::new(RefCell::new(state)) }
    }

    /// Its mailbox, once its actor runs.
    pub(crate) fn address(&self) -> Option<Addr<RelayActor>> {
        self.state.borrow().own.clone()
    }

    /// A connection is open, or has another sign-in now: it can be told to end.
    pub fn register(&self, conn: ConnId, session: Recipient<Close>, lane: Rc<Lane>, sign_in: Option<Uuid>) {
        self.state.borrow_mut().open.insert(conn, Open { session, sign_in, lane });
    }

    /// A connection has said who it is.
    pub fn attach(&self, conn: ConnId, member: Member) {
        let mut state = self.state.borrow_mut();
        state.tops.attach(conn, member.user, Rc::clone(&member.lane));
        state.conns.insert(conn, Conn { member, rooms: HashSet::new() });
    }

    /// A connection has ended.
    pub fn detach(&self, conn: ConnId) {
        let mut state = self.state.borrow_mut();
        state.open.remove(&conn);
        state.stage.leave(conn);
        let Some(gone) = state.conns.get_mut(&conn) else { return };
        let (user, rooms) = (gone.member.user, std::mem::take(&mut gone.rooms));
        state.tops.detach(conn, user);
        for room in rooms {
            state.forget(room, conn, true);
        }
        state.conns.remove(&conn);
    }

    /// Begins to hear a room on this thread. Resolves once every later event of it will come by; `false`
    /// if the store could not be asked.
    pub fn watch(&self, room: RoomId) -> impl Future<Output = bool> + use<> {
        let (opened, is_open) = oneshot::channel();
        self.state.borrow_mut().watch(room, opened);
        async move { is_open.await.unwrap_or(false) }
    }

    /// Whether everything from there on is still here, fits into so many bytes and is for this account: then the
    /// connection may go live. Says how many bytes it takes.
    #[must_use]
    pub fn meets(&self, room: RoomId, user: UserId, from: Cursor, budget: usize) -> Option<usize> {
        let state = self.state.borrow();
        let ring = state.rooms.get(&room).and_then(|audience| audience.ring.as_ref());
        let tail = ring.and_then(|ring| ring.tail_bytes(from.after, user, from.from_seq));
        tail.filter(|bytes| *bytes <= budget)
    }

    /// The connection hears the room from there on: live, with what has come since put into its lane,
    /// or lagging. Nothing happens between [`Relay::meets`] and this on one thread.
    pub fn hear(&self, conn: ConnId, room: RoomId, from: Cursor, live: bool) {
        self.state.borrow_mut().hear(conn, room, from, live);
    }

    /// The connection is told when the room moves.
    pub fn tell_tops(&self, conn: ConnId, room: RoomId) {
        let mut state = self.state.borrow_mut();
        if let Some(known) = state.conns.get_mut(&conn) {
            known.rooms.insert(room);
            state.audience(room).telling.insert(conn);
        }
    }

    /// The connection hears the room no more; it is still told when it moves.
    pub fn unhear(&self, conn: ConnId, room: RoomId) {
        self.state.borrow_mut().forget(room, conn, false);
    }

    /// Tells something volatile to everybody who hears the room, on every node. At most once.
    pub fn tell(&self, room: RoomId, frame: Bytes, key: MergeKey) {
        let mut state = self.state.borrow_mut();
        if !state.bus.tell(Tell { room, frame, key }) {
            tracing::debug!(room.id = %room, "a volatile event was dropped: the gate's mailbox is full");
        }
    }

    /// How many rooms the connection hears.
    #[must_use]
    pub fn count(&self, conn: ConnId) -> usize {
        let state = self.state.borrow();
        let hears = |room: &&RoomId| state.rooms.get(*room).is_some_and(|audience| audience.hearing.contains_key(&conn));
        state.conns.get(&conn).map_or(0, |known| known.rooms.iter().filter(hears).count())
    }

    /// Whether the connection hears the room live.
    #[must_use]
    pub fn is_live(&self, conn: ConnId, room: RoomId) -> bool {
        let state = self.state.borrow();
        matches!(state.rooms.get(&room).and_then(|audience| audience.hearing.get(&conn)), Some(Hearing { cursor: Some(_), .. }))
    }

    /// Whether the connection hears the room, live or lagging.
    #[must_use]
    pub fn hears(&self, conn: ConnId, room: RoomId) -> bool {
        self.state.borrow().rooms.get(&room).is_some_and(|audience| audience.hearing.contains_key(&conn))
    }

    /// Whether the connection hears the room and is a member's for certain: not so until it pulls, if what would have
    /// ended that may not have come by.
    #[must_use]
    pub fn is_proven(&self, conn: ConnId, room: RoomId) -> bool {
        let state = self.state.borrow();
        state.rooms.get(&room).and_then(|audience| audience.hearing.get(&conn)).is_some_and(|hearing| hearing.proven)
    }
}

impl State {
    fn hear(&mut self, conn: ConnId, room: RoomId, from: Cursor, live: bool) {
        let Some(known) = self.conns.get_mut(&conn) else { return };
        known.rooms.insert(room);
        let (user, lane) = (known.member.user, Rc::clone(&known.member.lane));
        let audience = self.audience(room);
        let mut effects = Vec::new();
        let cursor = match &audience.ring {
            Some(ring) if live => {
                for (frame, effect) in ring.tail(from.after).into_iter().flatten() {
                    // A lane that was given up ends its connection by itself.
                    let _ = lane.push(frame.clone());
                    effects.push(*effect);
                }
                Some(ring.last().max(from.after))
            }
            _ => None,
        };
        // Nothing in what was put into its lane ends its membership; else the store must have been read after the last
        // that may, which is known only once the gate has said where the room is.
        let proven = cursor.is_some() || (audience.ring.is_some() && from.top >= audience.parted);
        let attended = audience.hearing.get(&conn).is_some_and(|before| before.attends);
        let hearing = Hearing { cursor, member_at: from.top, from_seq: from.from_seq, proven, attends: attended || proven };
        audience.hearing.insert(conn, hearing);
        if proven && !attended {
            self.appeared(room, conn, user);
        }
        effects.into_iter().for_each(|effect| self.follow(room, effect));
    }

    fn forget(&mut self, room: RoomId, conn: ConnId, tops_too: bool) {
        let Some(audience) = self.rooms.get_mut(&room) else { return };
        let attended = audience.hearing.remove(&conn).is_some_and(|hearing| hearing.attends);
        if tops_too {
            audience.telling.remove(&conn);
        }
        let is_idle = audience.is_idle();
        if attended {
            self.vanished(room, conn);
        }
        if is_idle {
            self.drop_room(room);
        }
    }

    fn take(&mut self, Heard { room, news }: Heard) {
        let Some(audience) = self.rooms.get_mut(&room) else {
            if matches!(news, News::Durable(_)) {
                self.drop_room(room);
            }
            return;
        };
        match news {
            News::At(top) => {
                // From the ring's last on everything was told; a number above it means that something was not.
                if audience.ring.as_ref().is_none_or(|ring| ring.last() < top) {
                    audience.ring = Some(Ring::new(top));
                }
                audience.fall_behind(top, |conn| lag(&self.conns, conn, room, top));
                audience.answer(true);
                self.moved(room);
            }
            News::Closed => {
                audience.answer(false);
                if audience.is_idle() {
                    self.drop_room(room);
                }
            }
            News::Presence { said, frame } => self.presence(room, &said, &frame),
            News::PresenceLost => self.presence_lost(room),
            News::Durable(event) => self.fan_out(room, &event),
            News::Volatile { frame, key } => {
                for (conn, _) in audience.hearing.iter().filter(|(_, hearing)| hearing.proven) {
                    if let Some(known) = self.conns.get(conn) {
                        let _ = known.member.lane.merge(frame.clone(), key);
                    }
                }
                if let MergeKey::Read(_, user) = key {
                    self.tops.moved(user, room);
                }
            }
        }
    }

    /// One event to everybody on this thread who hears the room: a clone of bytes each, in order, once.
    fn fan_out(&mut self, room: RoomId, event: &Committed) {
        self.parts.faults.hit(Point::Relay);
        if let Effect::Left(user) = event.effect {
            self.part(room, user, event.seq);
        }
        let Some(audience) = self.rooms.get_mut(&room) else { return };
        // Without a ring nobody is live yet: the gate's answer is on its way, and it counts this event.
        if let Some(ring) = audience.ring.as_mut() {
            ring.push(event);
        }
        for (conn, hearing) in &mut audience.hearing {
            let Some(cursor) = hearing.cursor.as_mut().filter(|cursor| **cursor < event.seq) else { continue };
            let Some(known) = self.conns.get(conn) else { continue };
            let lane = &known.member.lane;
            if event.seq != *cursor + 1 || lane.is_above_soft() || event.effect.reaches_below(hearing.from_seq) {
                hearing.cursor = None;
                lag(&self.conns, *conn, room, event.seq);
            } else {
                *cursor = event.seq;
                let _ = lane.push(event.frame.clone());
            }
        }
        self.moved(room);
        self.follow(room, event.effect);
    }

    /// What an event of a personal room means for which rooms the account's connections are told of. It comes to
    /// them in the order in which the account came and went.
    fn follow(&mut self, room: RoomId, effect: Effect) {
        match effect {
            Effect::Joined(joined) => self.joined(UserId(room.0), joined),
            Effect::Parted(parted) => self.untold(UserId(room.0), parted),
            Effect::None | Effect::Left(_) | Effect::Blanked(_) => {}
        }
    }

    /// An account is a member no more: its connections are told so and hear nothing from here on, but those that
    /// came after it was a member again. Comes before the event that says it, which is for those who stay; the
    /// account's personal room tells it, too.
    fn part(&mut self, room: RoomId, user: UserId, seq: Seq) {
        let Some(audience) = self.rooms.get_mut(&room) else { return };
        audience.parted = audience.parted.max(seq);
        let conns = self.tops.conns_of(user).into_iter();
        let ended: Vec<ConnId> = conns.filter(|conn| audience.hearing.get(conn).is_some_and(|hearing| hearing.member_at < seq)).collect();
        for conn in ended {
            if let Some(known) = self.conns.get(&conn) {
                let _ = known.member.lane.push(frame::volatile(Some(room), Fact::Gone(Gone {})));
            }
            self.forget(room, conn, false);
        }
    }

    /// A room's top has moved: whoever is told of it will be.
    fn moved(&mut self, room: RoomId) {
        let Some(audience) = self.rooms.get(&room) else { return };
        for user in audience.telling.iter().filter_map(|conn| self.conns.get(conn)).map(|known| known.member.user) {
            self.tops.moved(user, room);
        }
    }

    /// An account is a member of a room now: its connections are told when that room moves.
    fn joined(&mut self, user: UserId, room: RoomId) {
        let conns = self.tops.conns_of(user);
        if conns.is_empty() {
            return;
        }
        for conn in conns {
            if let Some(known) = self.conns.get_mut(&conn) {
                known.rooms.insert(room);
            }
            self.audience(room).telling.insert(conn);
        }
        self.tops.moved(user, room);
    }

    /// An account is a member of a room no more: its connections are not told any more when that room moves.
    fn untold(&mut self, user: UserId, room: RoomId) {
        for conn in self.tops.conns_of(user) {
            let Some(audience) = self.rooms.get_mut(&room) else { return };
            audience.telling.remove(&conn);
            if audience.is_idle() {
                self.drop_room(room);
            }
        }
    }

    /// Something went wrong while a room was told: its listeners pull, nothing is lost.
    fn recover(&mut self, room: RoomId) {
        tracing::error!(room.id = %room, "a relay panicked; the room's listeners pull from the store");
        self.presence_lost(room);
        let Some(audience) = self.rooms.get_mut(&room) else { return };
        let last = audience.ring.as_ref().map_or(0, Ring::last);
        // The event that did not get through is the next one or the last.
        audience.fall_behind(last + 1, |conn| lag(&self.conns, conn, room, last));
        self.moved(room);
    }
}

fn lag(conns: &HashMap<ConnId, Conn>, conn: ConnId, room: RoomId, top: Seq) {
    if let Some(known) = conns.get(&conn) {
        let _ = known.member.lane.push(frame::volatile(Some(room), Fact::RoomLag(Lag { top })));
    }
}
