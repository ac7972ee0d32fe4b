//! Coming in and catching up: `hello`, `room.subscribe`, `events`. One rule for all three: the room is
//! watched first, then read, and the connection goes live only if what was read meets what the relay has.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::time::Duration;

use actix::AsyncContext;
use allthrive_domain::entry::{Entry, Payload};
use allthrive_protocol::command::{Events, Hello, Subscribe, Wanted};
use allthrive_protocol::event::{Fact, Gone, Reset};
use allthrive_protocol::reply::{EventsPage, Limits, RoomState, Snapshot, Standing, Subscribed, Welcome};
use allthrive_protocol::{CloseCode, Code, MAX_BATCH, MAX_BODY_CHARS, MAX_FRAME_BYTES, Principal, Refusal, RoomId, Seq, UserId};
use allthrive_store::{Page, RoomStanding, Store};
use futures_util::future::join_all;

use super::dispatch::{no_room, ticket_refusal, unavailable};
use super::{Credential, Ctx, Identity, Session, Speaker, TicketError};
use crate::limiter::Rates;
use crate::limiter::seats::Seat;
use crate::relay::{Cursor, Member, Relay};
use crate::system::busy;

/// Rooms one connection may hear.
const MOST_ROOMS: usize = 1_000;

/// A page ends at this many bytes of text: a fair share of a lane.
const PAGE_BYTES: usize = 128 * 1024;

/// Pages in a row that reach the top and do not meet the relay: then the room is begun anew, so that
/// nothing loops.
const MOST_MISSES: u8 = 20;

/// What `hello` found out before it takes effect.
struct Greeting {
    who: Identity,
    /// Every room of the account: it is told when they move.
    own: Vec<RoomId>,
    rooms: Vec<Room>,
}

/// Where a room stands for who says `hello`.
struct Room {
    told: RoomState,
    from_seq: Seq,
    snapshot: Option<Snapshot>,
}

impl Room {
    fn cursor(&self) -> Cursor {
        Cursor { after: self.told.after, top: self.told.top, from_seq: self.from_seq }
    }
}

/// What a client needs to know of the limits.
pub(super) fn limits_told(rates: &Rates) -> Limits {
    Limits {
        max_frame_bytes: MAX_FRAME_BYTES,
        max_batch: MAX_BATCH,
        max_body_chars: MAX_BODY_CHARS,
        sends_per_second: rates.send.a_second(),
        send_burst: rates.send.burst,
        commands_per_second: rates.all.a_second(),
    }
}

fn full_account() -> Turned {
    let refusal = Refusal::new(Code::RateLimited, "Too many connections of this account. Close one of them.");
    (CloseCode::TooManyConnections, refusal)
}

/// What stands in the audit trail of who was turned away; nothing if it is not their doing.
fn turned_for(code: CloseCode) -> Option<&'static str> {
    match code {
        CloseCode::Expired => Some("unauthorized"),
        CloseCode::Revoked => Some("revoked"),
        CloseCode::TooManyConnections => Some("account_full"),
        _ => None,
    }
}

/// Whoever `hello` is refused by is told why, and the connection ends with this code.
type Turned = (CloseCode, Refusal);

impl Session {
    pub(super) fn hello(&mut self, id: Option<u64>, hello: Hello, ctx: &mut Ctx) {
        self.greeted = true;
        if let Some(live) = &hello.live {
            return self.hello_of_live(id, live, ctx);
        }
        let system = self.system.clone();
        let relay = self.relay.clone();
        let credential = self.credential;
        let asked = hello.ticket.clone();
        let (conn, session, lane) = (self.conn, ctx.address().recipient(), Rc::clone(&self.lane));
        let work = async move {
            let tickets = &system.inner().tickets;
            let who = match (credential, asked) {
                (Credential::User(who), _) => Ok(who),
                (_, Some(ticket)) => tickets.redeem(ticket).await.map_err(|error| (CloseCode::Expired, ticket_refusal(error))),
                // Nothing, or a cookie that has ended and was not sent: either way a new one is what helps.
                (_, None) => Err((CloseCode::Expired, Refusal::new(Code::Unauthorized, "Sign in, or bring a ticket."))),
            };
            let who = match who {
                Ok(who) => who,
                Err(turned) => return Ok(Err(turned)),
            };
            let Some(seat) = system.inner().accounts.take(who.user) else { return Ok(Err(full_account())) };
            // From here on the end of its sign-in ends the connection; asked once more, for an end before that.
            relay.register(conn, session, lane, Some(who.sign_in));
            let greeting = greet(&system.inner().parts.store, &relay, who, hello).await;
            Ok(match tickets.stands(who).await {
                Ok(true) => greeting
                    .map(|greeting| (greeting, seat))
                    .map_err(|refusal| (if refusal.retry { CloseCode::StoreLost } else { CloseCode::BadProtocol }, refusal)),
                Ok(false) => Err((CloseCode::Revoked, ticket_refusal(TicketError::Invalid))),
                Err(error) => Err((CloseCode::StoreLost, ticket_refusal(error))),
            })
        };
        self.ask(id, ctx, work, move |session, greeting: Result<(Greeting, Seat<UserId>), Turned>, ctx| match greeting {
            Ok((greeting, seat)) => {
                session.share.of_account = Some(seat);
                session.welcome(id, greeting, ctx);
            }
            Err((code, refusal)) => {
                if let Some(outcome) = turned_for(code) {
                    session.note("socket.connect", None, outcome);
                }
                session.reply::<()>(id, Err(refusal), ctx);
                session.close(code, ctx);
            }
        });
    }

    /// From here on the connection has a name and hears its rooms. One step on the thread of its relay.
    fn welcome(&mut self, id: Option<u64>, greeting: Greeting, ctx: &mut Ctx) {
        let who = greeting.who;
        self.speaker = Some(Speaker::Account(who));
        self.enter(ctx);
        self.expect_expiry(who.expires, ctx);
        let lane = std::rc::Rc::clone(&self.lane);
        self.relay.attach(self.conn, Member { user: who.user, lane });
        for room in greeting.own {
            self.relay.tell_tops(self.conn, room);
        }
        let mut budget = self.lane.room_below_soft();
        let mut rooms = greeting.rooms;
        for room in rooms.iter_mut().filter(|room| room.told.state != Standing::Gone) {
            let tail = self.relay.meets(room.told.room, who.user, room.cursor(), budget);
            room.told.live = tail.is_some();
            budget -= tail.unwrap_or(0);
        }
        let inner = self.system.inner();
        let welcome = Welcome {
            conn: self.conn,
            principal: Principal::User(who.user),
            ping_ms: millis(inner.pace.ping_every),
            server_ts: inner.parts.clock.now().millis(),
            limits: limits_told(&inner.limits.rates),
            history_epoch: inner.parts.store.history_epoch(),
            rooms: rooms.iter().map(|room| room.told.clone()).collect(),
        };
        // Not in the lane: replies to what was sent right behind `hello` would leave before it.
        self.reply(id, Ok(welcome), ctx);
        for room in rooms {
            let from = room.cursor();
            let Room { told: state, snapshot, .. } = room;
            if state.state == Standing::Gone {
                continue;
            }
            if let Some(mut snapshot) = snapshot {
                if self.lane.is_above_soft() {
                    // Many rooms at once: their read marks would not fit, and come with `room.subscribe`.
                    snapshot.reads.clear();
                }
                self.tell_in_lane(Some(state.room), Fact::Reset(Reset { top: state.after, live: state.live, snapshot }));
            }
            self.relay.hear(self.conn, state.room, from, state.live);
        }
        for request in std::mem::take(&mut self.held) {
            self.dispatch(request, ctx);
        }
    }

    pub(super) fn subscribe(&mut self, id: Option<u64>, room: RoomId, ask: Subscribe, who: Identity, ctx: &mut Ctx) {
        if self.relay.count(self.conn) >= MOST_ROOMS && !self.relay.hears(self.conn, room) {
            let refusal = Refusal::new(Code::TooLarge, format!("A connection hears at most {MOST_ROOMS} rooms."));
            return self.reply::<()>(id, Err(refusal), ctx);
        }
        let (store, relay) = (self.system.inner().parts.store.clone(), self.relay.clone());
        let work = async move {
            // Nobody makes the server watch a room that is not theirs.
            store.standing(who.user, room).await.map_err(|error| unavailable(&error))?.ok_or_else(no_room)?;
            if !relay.watch(room).await {
                return Err(busy());
            }
            store.snapshot(who.user, room).await.map_err(|error| unavailable(&error))?.ok_or_else(no_room)
        };
        self.ask(id, ctx, work, move |session, (snapshot, top), _| {
            let (state, after) = position(ask.after, top, snapshot.from_seq);
            let from = Cursor { after, top, from_seq: snapshot.from_seq };
            let live = session.relay.meets(room, who.user, from, session.lane.room_below_soft()).is_some();
            let state = RoomState { room, state, top, after, live };
            session.reply_in_lane(id, Ok(Subscribed { state, snapshot }));
            session.relay.tell_tops(session.conn, room);
            session.relay.hear(session.conn, room, from, live);
        });
    }

    pub(super) fn events(&mut self, id: Option<u64>, room: RoomId, ask: Events, who: Identity, ctx: &mut Ctx) {
        if !self.relay.hears(self.conn, room) {
            let refusal = Refusal::new(Code::NotSubscribed, "Subscribe to the room first.");
            self.reply_in_lane::<()>(id, Err(refusal));
            return self.page_given(ctx);
        }
        let system = self.system.clone();
        let (store, relay) = (self.system.inner().parts.store.clone(), self.relay.clone());
        let work = async move {
            if !relay.watch(room).await {
                return Err(busy());
            }
            let _turn = system.page_turn().await;
            store.page(who.user, room, ask.after, ask.limit, PAGE_BYTES).await.map_err(|error| unavailable(&error))
        };
        self.go(id, ctx, work, move |session, page, ctx| {
            match page {
                Ok(Some(page)) => session.page(id, room, who, page, ctx),
                Ok(None) => {
                    session.relay.unhear(session.conn, room);
                    session.reply_in_lane::<()>(id, Err(no_room()));
                    session.tell_in_lane(Some(room), Fact::Gone(Gone {}));
                }
                Err(refusal) => session.reply_in_lane::<()>(id, Err(refusal)),
            }
            session.page_given(ctx);
        });
    }

    /// Gives a page, and goes live if its end meets what the relay has.
    fn page(&mut self, id: Option<u64>, room: RoomId, who: Identity, page: Page, ctx: &mut Ctx) {
        // Live by an earlier page, or not subscribed any more: then this one changes nothing.
        let (already, hears) = (self.relay.is_live(self.conn, room), self.relay.hears(self.conn, room));
        let from = Cursor { after: page.end, top: page.top, from_seq: page.from_seq };
        let meets = self.relay.meets(room, who.user, from, self.lane.room_below_soft()).is_some();
        let reached_top = page.end >= page.top;
        let meets = meets && hears;
        for entry in &page.entries {
            if let Payload::Joined { place: Some(place), .. } = &entry.payload {
                self.relay.tell_tops(self.conn, place.room);
            }
        }
        let events = page.entries.iter().map(Entry::event).collect();
        let told = EventsPage { room, after: page.after, events, end: page.end, top: page.top, live: already || meets };
        self.reply_in_lane(id, Ok(told));
        if already || !hears {
            return;
        }
        self.relay.hear(self.conn, room, from, meets);
        if meets || !reached_top {
            self.misses.remove(&room);
            return;
        }
        let misses = self.misses.entry(room).or_default();
        *misses += 1;
        if *misses >= MOST_MISSES {
            self.misses.remove(&room);
            self.reset(room, who, ctx);
        }
    }

    /// Begins the room anew at its top.
    fn reset(&mut self, room: RoomId, who: Identity, ctx: &mut Ctx) {
        let store = self.system.inner().parts.store.clone();
        let work = async move { store.snapshot(who.user, room).await.map_err(|error| unavailable(&error)) };
        self.ask(None, ctx, work, move |session, snapshot, _| {
            if !session.relay.hears(session.conn, room) {
                return;
            }
            let Some((snapshot, top)) = snapshot else {
                session.relay.unhear(session.conn, room);
                return session.tell_in_lane(Some(room), Fact::Gone(Gone {}));
            };
            let from = Cursor { after: top, top, from_seq: snapshot.from_seq };
            let live = session.relay.meets(room, who.user, from, session.lane.room_below_soft()).is_some();
            session.tell_in_lane(Some(room), Fact::Reset(Reset { top, live, snapshot }));
            session.relay.hear(session.conn, room, from, live);
        });
    }
}

/// Where a client's position leads: `resumed` there, or `reset` at the top.
fn position(asked: Option<Seq>, top: Seq, from_seq: Seq) -> (Standing, Seq) {
    match asked {
        Some(after) if after > top => (Standing::Reset, top),
        // Who has seen nothing has nothing to give up: what is hidden from a newcomer is passed over.
        Some(0) => (Standing::Resumed, from_seq.saturating_sub(1).min(top)),
        // From before the account left and came back: much may be told otherwise now, and is hidden.
        Some(after) if after + 1 < from_seq => (Standing::Reset, top),
        Some(after) => (Standing::Resumed, after),
        None => (Standing::Resumed, top),
    }
}

/// Where a room stands that is not this account's.
fn gone(room: RoomId) -> RoomState {
    RoomState { room, state: Standing::Gone, top: 0, after: 0, live: false }
}

/// Finds out where each room stands. The rooms are watched before they are read, so that what is committed
/// after the reading comes by.
async fn greet(store: &Store, relay: &Relay, who: Identity, hello: Hello) -> Result<Greeting, Refusal> {
    let too_many = || Refusal::new(Code::BadRequest, format!("A connection hears at most {MOST_ROOMS} rooms."));
    let before = store.standings(who.user).await.map_err(|error| unavailable(&error))?;
    let opened = join_all(before.iter().map(|standing| relay.watch(standing.room))).await;
    if opened.contains(&false) {
        return Err(busy());
    }
    let standings = store.standings(who.user).await.map_err(|error| unavailable(&error))?;
    let in_order: Vec<RoomId> = standings.iter().map(|standing| standing.room).collect();
    let known: HashMap<RoomId, RoomStanding> = standings.into_iter().map(|standing| (standing.room, standing)).collect();
    let positions: HashMap<RoomId, Seq> = hello.resume.iter().map(|resume| (resume.room, resume.seq)).collect();
    let same_epoch = hello.history_epoch.is_none_or(|epoch| epoch == store.history_epoch());

    let subscribed = match &hello.subscribe {
        Wanted::All(_) => in_order,
        Wanted::Rooms(rooms) => rooms.clone(),
    };
    let mut seen = HashSet::new();
    let personal = RoomId::personal(who.user);
    let wanted = [personal].into_iter().chain(hello.resume.iter().map(|resume| resume.room)).chain(subscribed);
    let wanted: Vec<RoomId> = wanted.filter(|room| seen.insert(*room)).collect();
    if wanted.len() > MOST_ROOMS && matches!(hello.subscribe, Wanted::Rooms(_)) {
        return Err(too_many());
    }

    let mut rooms = Vec::with_capacity(wanted.len());
    for room in wanted.into_iter().take(MOST_ROOMS) {
        let Some(standing) = known.get(&room) else {
            rooms.push(Room { told: gone(room), from_seq: 0, snapshot: None });
            continue;
        };
        let asked = positions.get(&room).copied();
        let (state, after) = match asked {
            Some(_) if !same_epoch => (Standing::Reset, standing.top),
            asked => position(asked, standing.top, standing.from_seq),
        };
        let mut from_seq = standing.from_seq;
        let mut told = RoomState { room, state, top: standing.top, after, live: false };
        let mut snapshot = None;
        if state == Standing::Reset {
            match store.snapshot(who.user, room).await.map_err(|error| unavailable(&error))? {
                Some((fresh, top)) => (told.top, told.after, from_seq, snapshot) = (top, top, fresh.from_seq, Some(fresh)),
                // No member any more since the standings were read.
                None => told = gone(room),
            }
        }
        rooms.push(Room { told, from_seq, snapshot });
    }
    Ok(Greeting { who, own: known.into_keys().collect(), rooms })
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_holds_unless_it_is_beyond_the_top() {
        assert_eq!(position(Some(4), 9, 0), (Standing::Resumed, 4));
        assert_eq!(position(Some(9), 9, 0), (Standing::Resumed, 9));
        assert_eq!(position(Some(10), 9, 0), (Standing::Reset, 9));
        assert_eq!(position(None, 9, 0), (Standing::Resumed, 9));
    }

    #[test]
    fn what_is_hidden_from_a_member_is_passed_over() {
        assert_eq!(position(Some(0), 9, 5), (Standing::Resumed, 4));
        assert_eq!(position(Some(7), 9, 5), (Standing::Resumed, 7));
    }

    #[test]
    fn a_position_from_before_one_came_back_begins_anew() {
        assert_eq!(position(Some(3), 9, 5), (Standing::Reset, 9));
        assert_eq!(position(Some(4), 9, 5), (Standing::Resumed, 4));
    }
}
