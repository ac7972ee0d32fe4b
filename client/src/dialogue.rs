//! The client's side of the protocol as a pure value: frames and orders go in, frames and updates come
//! out. It outlives the connections it speaks over.
//!
//! **Catching up, one rule**: each room has a cursor, the last `seq` applied. Only events move it. While
//! the room is live, events follow by themselves; while it is not, `events{after: cursor}` is asked again
//! and again until a page says `live`. So it is after `hello`, after `room.subscribe`, after `room.lag`,
//! and whenever a hole is seen.
//!
//! **Saying**: a message keeps its `cmid` and its place in the queue of its room until it is acknowledged
//! or refused for good. One per room is under way at a time, so that a retry never overtakes.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use allthrive_protocol::command::{AuthRefresh, Events, Hello, History, MessageSend, Read, Resume, Subscribe, Wanted};
use allthrive_protocol::event::{Event, Fact};
use allthrive_protocol::reply::{RoomState, Snapshot, Standing, Subscribed, Welcome, Written};
use allthrive_protocol::{Code, MAX_EVENTS, Refusal, RoomId, Seq};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::Update;
use crate::frames::{Frame, Numbered, Page, frame};
use crate::pace::Pace;

/// A reply that takes longer will not come: the connection is given up and everything asked again.
const PATIENCE: Duration = Duration::from_secs(15);

/// The wait after a refusal that may be retried and says no time.
const PAUSE: Duration = Duration::from_millis(500);

/// A read mark rises with every message that is seen; the server hears of it so often.
const MARK_EVERY: Duration = Duration::from_secs(1);

/// A `top` above the cursor of a live room for this long means an event was lost on the way.
const DOUBT: Duration = Duration::from_secs(2);

/// What a client wants.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Order {
    Say(RoomId, MessageSend),
    Hear(RoomId),
    History(RoomId, History),
    Read(RoomId, Seq),
    /// Drop the socket as a failing network would.
    Cut,
}

/// A command under way, with what is needed to ask it again.
#[derive(Debug, Clone, PartialEq)]
enum Asked {
    Hello,
    Refresh(String),
    Subscribe(RoomId),
    Pull(RoomId),
    Say(RoomId),
    History(RoomId, History),
    Read(RoomId, Seq),
}

/// Where this client stands in a room.
#[derive(Debug, Default)]
struct Place {
    /// The last `seq` applied; none before the server has said where the room begins.
    cursor: Option<Seq>,
    live: bool,
    /// A pull is under way or will be.
    pulling: bool,
    /// A top that was heard of and has not come, and when to stop waiting for it.
    doubt: Option<(Seq, Instant)>,
}

/// What is to be said in a room; the first is under way if `asked`.
#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<MessageSend>,
    asked: bool,
    not_before: Option<Instant>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Dialogue {
    epoch: Option<Uuid>,
    places: BTreeMap<RoomId, Place>,
    queues: BTreeMap<RoomId, Queue>,
    last_id: u64,
    asked: BTreeMap<u64, (Asked, Instant)>,
    /// To be asked at a time: after a refusal that may be retried, or once the connection is back.
    later: Vec<(Instant, Asked)>,
    /// When the next read mark of a room may be told.
    marks: BTreeMap<RoomId, Instant>,
    /// How fast this connection may say something.
    pace: Option<Pace>,
    welcomed: bool,
    /// The server asked for a new connection from this time on.
    move_at: Option<Instant>,
    lost: bool,
    wants_ticket: bool,
    frames: VecDeque<String>,
    updates: VecDeque<Update>,
}

impl Dialogue {
    /// Rooms with the last `seq` known of each, if any is.
    pub(crate) fn new(rooms: impl Iterator<Item = (RoomId, Option<Seq>)>) -> Self {
        let place = |(room, cursor)| (room, Place { cursor, ..Place::default() });
        Self { places: rooms.map(place).collect(), ..Self::default() }
    }

    /// The next frame to write.
    pub(crate) fn next_frame(&mut self) -> Option<String> {
        self.frames.pop_front()
    }

    /// The next thing to tell.
    pub(crate) fn next_update(&mut self) -> Option<Update> {
        self.updates.pop_front()
    }

    /// Whether a fresh ticket is wanted for [`Self::refresh`]; true once for each want.
    pub(crate) fn takes_ticket(&mut self) -> bool {
        std::mem::take(&mut self.wants_ticket)
    }

    /// A connection stands: says `hello`, with what the one before had.
    pub(crate) fn begin(&mut self, now: Instant) {
        self.ask(Asked::Hello, now);
    }

    /// Answers `auth.expiring`.
    pub(crate) fn refresh(&mut self, ticket: String, now: Instant) {
        self.ask(Asked::Refresh(ticket), now);
    }

    /// The connection is gone. What was asked and can be asked again will be.
    pub(crate) fn cut(&mut self, now: Instant) {
        let asked = std::mem::take(&mut self.asked).into_values().map(|(asked, _)| asked);
        let waiting = std::mem::take(&mut self.later).into_iter().map(|(_, asked)| asked);
        // The rest follows from where the places and queues stand.
        let kept = waiting.chain(asked).filter(|asked| matches!(asked, Asked::History(..) | Asked::Read(..)));
        self.later = kept.map(|asked| (now, asked)).collect();
        for place in self.places.values_mut() {
            *place = Place { cursor: place.cursor, ..Place::default() };
        }
        for queue in self.queues.values_mut() {
            queue.asked = false;
        }
        self.frames.clear();
        if std::mem::take(&mut self.welcomed) {
            self.updates.push_back(Update::Offline);
        }
        (self.lost, self.move_at, self.wants_ticket) = (false, None, false);
    }

    /// Whether the server has answered `hello` on this connection.
    pub(crate) fn is_welcome(&self) -> bool {
        self.welcomed
    }

    /// Whether this connection is of no more use.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        self.lost || self.move_at.is_some_and(|at| at <= now) || self.asked.values().any(|(_, since)| now.duration_since(*since) > PATIENCE)
    }

    pub(crate) fn order(&mut self, order: Order, now: Instant) {
        match order {
            Order::Say(room, message) => {
                self.queues.entry(room).or_default().messages.push_back(message);
                self.speak(room, now);
            }
            Order::Hear(room) if self.places.contains_key(&room) => {}
            Order::Hear(room) => {
                self.places.insert(room, Place::default());
                // A hello that is under way did not name it: the welcome finds it left over.
                if self.welcomed {
                    self.ask(Asked::Subscribe(room), now);
                }
            }
            Order::History(room, history) => self.later.push((now, Asked::History(room, history))),
            Order::Read(room, seq) => self.mark(room, seq, now),
            Order::Cut => self.lost = true,
        }
        self.tick(now);
    }

    /// A mark that waits already rises.
    fn mark(&mut self, room: RoomId, seq: Seq, now: Instant) {
        for (_, asked) in &mut self.later {
            if let Asked::Read(of, upto) = asked
                && *of == room
            {
                *upto = seq.max(*upto);
                return;
            }
        }
        let next = self.marks.entry(room).or_insert(now);
        let at = now.max(*next);
        *next = at + MARK_EVERY;
        self.later.push((at, Asked::Read(room, seq)));
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, now: Instant) {
        if !self.welcomed {
            return;
        }
        let (due, later) = std::mem::take(&mut self.later).into_iter().partition(|(at, _)| *at <= now);
        self.later = later;
        for (_, asked) in due {
            self.ask(asked, now);
        }
        let rooms: Vec<_> = self.queues.keys().copied().collect();
        for room in rooms {
            self.speak(room, now);
        }
        let mut behind = Vec::new();
        for (room, place) in &mut self.places {
            if let Some((top, _)) = place.doubt.take_if(|(_, at)| *at <= now)
                && place.cursor < Some(top)
            {
                behind.push(*room);
            }
        }
        for room in behind {
            self.pull(room, now);
        }
    }

    /// A text frame came.
    pub(crate) fn receive(&mut self, text: &str, now: Instant) {
        // What is not of the protocol is ignored: a later server may say more than this client knows.
        let Ok(frame) = serde_json::from_str::<Frame<'_>>(text) else { return };
        if frame.event.is_some() {
            self.told(text, now);
            return;
        }
        let Some((asked, _)) = frame.id.and_then(|id| self.asked.remove(&id)) else { return };
        match (frame.ok, frame.error) {
            (Some(ok), _) => self.answered(asked, ok.get(), now),
            (None, Some(refusal)) => self.refused(asked, refusal, now),
            (None, None) => self.lost = true,
        }
    }

    fn answered(&mut self, asked: Asked, ok: &str, now: Instant) {
        match asked {
            Asked::Hello => {
                if let Some(welcome) = self.read::<Welcome>(ok) {
                    self.welcome(welcome, now);
                }
            }
            Asked::Subscribe(room) => {
                if let Some(Subscribed { state, snapshot }) = self.read(ok) {
                    if state.state == Standing::Reset {
                        self.begin_anew(room, state.after, state.live, snapshot, now);
                    } else {
                        self.stand(&state, now);
                    }
                }
            }
            Asked::Pull(room) => self.page(room, ok, now),
            Asked::Say(room) => {
                if let Some(written) = self.read::<Written>(ok) {
                    if let Some(said) = self.said(room) {
                        self.updates.push_back(Update::Acked { room, cmid: said.cmid, written });
                    }
                    self.speak(room, now);
                }
            }
            Asked::History(room, _) => {
                if let Some(page) = self.read(ok) {
                    self.updates.push_back(Update::History { room, page });
                }
            }
            Asked::Read(..) | Asked::Refresh(_) => {}
        }
    }

    fn refused(&mut self, asked: Asked, refusal: Refusal, now: Instant) {
        let again = now + refusal.after_ms.map_or(PAUSE, Duration::from_millis);
        match asked {
            Asked::Say(room) if refusal.retry => {
                let queue = self.queues.entry(room).or_default();
                (queue.asked, queue.not_before) = (false, Some(again));
            }
            Asked::Say(room) => {
                if let Some(said) = self.said(room) {
                    self.updates.push_back(Update::Refused { room, cmid: said.cmid, refusal });
                }
                self.speak(room, now);
            }
            // Without it this connection is nothing; a credential that ended is told by the close code.
            Asked::Hello | Asked::Refresh(_) => self.lost = true,
            asked if refusal.retry => self.later.push((again, asked)),
            Asked::Pull(room) if refusal.code == Code::NotSubscribed => {
                if let Some(place) = self.places.get_mut(&room) {
                    place.pulling = false;
                    self.ask(Asked::Subscribe(room), now);
                }
            }
            Asked::Pull(room) | Asked::Subscribe(room) => self.gone(room),
            Asked::History(..) | Asked::Read(..) => {}
        }
    }

    fn welcome(&mut self, welcome: Welcome, now: Instant) {
        self.welcomed = true;
        self.epoch = Some(welcome.history_epoch);
        self.pace = Some(Pace::new(&welcome.limits, now));
        self.updates.push_back(Update::Online(welcome.principal));
        let unnamed: Vec<_> = self.places.keys().copied().filter(|room| welcome.rooms.iter().all(|state| state.room != *room)).collect();
        for state in &welcome.rooms {
            self.places.entry(state.room).or_default();
            // A room that begins anew is told by an event of its own, with its snapshot.
            if state.state != Standing::Reset {
                self.stand(state, now);
            }
        }
        for room in unnamed {
            self.ask(Asked::Subscribe(room), now);
        }
        self.tick(now);
    }

    /// Where a subscription begins.
    fn stand(&mut self, state: &RoomState, now: Instant) {
        if state.state == Standing::Gone {
            self.gone(state.room);
            return;
        }
        let Some(place) = self.places.get_mut(&state.room) else { return };
        place.live = state.live;
        self.hide(state.room, state.after);
        if !state.live {
            self.pull(state.room, now);
        }
    }

    fn begin_anew(&mut self, room: RoomId, top: Seq, live: bool, snapshot: Snapshot, now: Instant) {
        let Some(place) = self.places.get_mut(&room) else { return };
        *place = Place { cursor: Some(top), live, ..Place::default() };
        self.updates.push_back(Update::Reset { room, top, snapshot });
        if !live {
            self.pull(room, now);
        }
    }

    fn gone(&mut self, room: RoomId) {
        if self.places.remove(&room).is_some() {
            self.queues.remove(&room);
            self.updates.push_back(Update::Gone(room));
        }
    }

    /// The cursor moves over numbers that this member may not see; the first time, to where the room begins.
    fn hide(&mut self, room: RoomId, upto: Seq) {
        let Some(place) = self.places.get_mut(&room) else { return };
        let known = place.cursor.is_some();
        if place.cursor < Some(upto) {
            place.cursor = Some(upto);
            self.updates.push_back(if known { Update::Hidden { room, upto } } else { Update::Began { room, after: upto } });
        }
    }

    fn pull(&mut self, room: RoomId, now: Instant) {
        let Some(place) = self.places.get_mut(&room) else { return };
        if place.pulling || place.cursor.is_none() {
            return;
        }
        (place.live, place.pulling) = (false, true);
        self.ask(Asked::Pull(room), now);
    }

    fn page(&mut self, room: RoomId, ok: &str, now: Instant) {
        let Ok(page) = serde_json::from_str::<Page<'_>>(ok) else {
            self.lost = true;
            return;
        };
        self.hide(room, page.after);
        for event in page.events {
            self.durable(event.get(), true, now);
        }
        self.hide(room, page.end);
        let Some(place) = self.places.get_mut(&room) else { return };
        (place.live, place.pulling) = (page.live, false);
        if !page.live {
            self.pull(room, now);
        }
    }

    fn told(&mut self, text: &str, now: Instant) {
        if self.durable(text, false, now) {
            return;
        }
        let Ok(event) = serde_json::from_str::<Event>(text) else { return };
        match (event.room, &event.fact) {
            (Some(room), Fact::Reset(reset)) => self.begin_anew(room, reset.top, reset.live, reset.snapshot.clone(), now),
            (Some(room), Fact::Gone(_)) => self.gone(room),
            (Some(room), Fact::RoomLag(_)) => {
                self.updates.push_back(Update::Lagged(room));
                self.pull(room, now);
            }
            (_, Fact::Tops(tops)) => {
                for (room, line) in tops {
                    if let Some(place) = self.places.get_mut(room)
                        && place.live
                        && place.doubt.is_none()
                        && place.cursor.is_some_and(|cursor| cursor < line.top)
                    {
                        place.doubt = Some((line.top, now + DOUBT));
                    }
                }
                self.updates.push_back(Update::Heard(event));
            }
            (_, Fact::AuthExpiring(_)) => self.wants_ticket = true,
            (_, Fact::Reconnect(reconnect)) => self.move_at = Some(now + Duration::from_millis(reconnect.after_ms)),
            (_, Fact::Read(_) | Fact::Typing(_) | Fact::Presence(_)) => self.updates.push_back(Update::Heard(event)),
            (None, Fact::Reset(_) | Fact::Gone(_) | Fact::RoomLag(_)) => {}
            // Durable ones have a number and were taken above.
            (
                _,
                Fact::MessageNew(_)
                | Fact::MessageEdited(_)
                | Fact::MessageDeleted(_)
                | Fact::Reaction(_)
                | Fact::MemberJoined(_)
                | Fact::MemberLeft(_)
                | Fact::MemberRole(_)
                | Fact::ModerationMuted(_)
                | Fact::ModerationBanned(_)
                | Fact::ModerationUnbanned(_)
                | Fact::ModerationSlowMode(_),
            ) => {}
        }
    }

    /// Applies an event with a number; false if it has none. What a page tells is taken as it is, so that
    /// a hole in it is seen by who reads the updates; a hole in what is pushed is pulled.
    fn durable(&mut self, text: &str, paged: bool, now: Instant) -> bool {
        let Ok(Numbered { room: Some(room), seq: Some(seq) }) = serde_json::from_str(text) else { return false };
        let Some(place) = self.places.get_mut(&room) else { return true };
        let Some(cursor) = place.cursor else { return true };
        if seq <= cursor {
            return true;
        }
        if seq > cursor + 1 && !paged {
            self.pull(room, now);
            return true;
        }
        place.cursor = Some(seq);
        self.updates.push_back(serde_json::from_str(text).map_or(Update::Unknown { room, seq }, Update::Event));
        true
    }

    /// Sends the first message of a room's queue, if it is its turn.
    fn speak(&mut self, room: RoomId, now: Instant) {
        let Some(queue) = self.queues.get_mut(&room) else { return };
        let may = self.welcomed && !queue.asked && queue.not_before.is_none_or(|at| at <= now);
        if !may || queue.messages.is_empty() {
            return;
        }
        match self.pace.as_ref().map(|pace| pace.wait(now)) {
            Some(wait) if !wait.is_zero() => queue.not_before = Some(now + wait),
            Some(_) | None => {
                queue.asked = true;
                if let Some(pace) = &mut self.pace {
                    pace.spend(now);
                }
                self.ask(Asked::Say(room), now);
            }
        }
    }

    /// The message under way is done with.
    fn said(&mut self, room: RoomId) -> Option<MessageSend> {
        let queue = self.queues.get_mut(&room)?;
        (queue.asked, queue.not_before) = (false, None);
        queue.messages.pop_front()
    }

    /// Writes a command and remembers it.
    fn ask(&mut self, asked: Asked, now: Instant) {
        self.last_id += 1;
        let id = self.last_id;
        let frame = match &asked {
            Asked::Hello => frame(id, "hello", None, self.hello()),
            Asked::Refresh(ticket) => frame(id, "auth.refresh", None, AuthRefresh { ticket: ticket.clone() }),
            Asked::Subscribe(room) => {
                let after = self.places.get(room).and_then(|place| place.cursor);
                frame(id, "room.subscribe", Some(*room), Subscribe { after })
            }
            Asked::Pull(room) => {
                let after = self.places.get(room).and_then(|place| place.cursor).unwrap_or(0);
                frame(id, "events", Some(*room), Events { after, limit: MAX_EVENTS })
            }
            Asked::Say(room) => match self.queues.get(room).and_then(|queue| queue.messages.front()) {
                Some(message) => frame(id, "message.send", Some(*room), message),
                None => return,
            },
            Asked::History(room, history) => frame(id, "history", Some(*room), history),
            Asked::Read(room, seq) => frame(id, "read", Some(*room), Read { seq: *seq }),
        };
        self.frames.push_back(frame);
        self.asked.insert(id, (asked, now));
    }

    fn hello(&self) -> Hello {
        let resume = |(room, place): (&RoomId, &Place)| Some(Resume { room: *room, seq: place.cursor? });
        Hello {
            resume: self.places.iter().filter_map(resume).collect(),
            history_epoch: self.epoch,
            subscribe: Wanted::Rooms(self.places.keys().copied().collect()),
            ..Hello::default()
        }
    }

    /// A reply that is not what was agreed makes the connection useless.
    fn read<T: DeserializeOwned>(&mut self, ok: &str) -> Option<T> {
        let read = serde_json::from_str(ok).ok();
        self.lost |= read.is_none();
        read
    }
}

#[cfg(test)]
#[path = "dialogue_tests.rs"]
pub(crate) mod tests;
