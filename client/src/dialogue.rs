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
//!
//! - [`said`]: what the client says
//! - [`heard`]: what the server says, and what follows

mod heard;
mod said;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use allthrive_protocol::command::{History, MessageSend};
use allthrive_protocol::{RoomId, Seq};
use uuid::Uuid;

use crate::Update;
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
}

#[cfg(test)]
#[path = "dialogue_tests.rs"]
pub(crate) mod tests;
