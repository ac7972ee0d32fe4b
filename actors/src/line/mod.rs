//! The line: one TCP connection, seen from below the actor that speaks on it.
//!
//! A session is polled only while its peer takes what it is sent; a peer that stops reading freezes it, and
//! every timer in it. So what must happen in time is watched from here: bytes pass through a [`Watched`]
//! stream that notes when the peer last took some, and a watchman per thread ends what is overdue.
//!
//! - [`judge`]: what a line has coming, a rule over values
//! - [`watched`]: the stream, and how a line is cut
//! - [`serve`]: from a listener to lines

mod judge;
mod serve;
mod watched;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;
use std::time::{Duration, Instant};

use allthrive_protocol::CloseCode;

use self::judge::{Seen, Verdict, judge};
pub use self::serve::{listen, note};
pub use self::watched::Watched;
use crate::session::lane::Lane;

/// How long things may take. The defaults are what a server runs with; a test is more hasty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The first request of a line, from its first byte to the end of its head.
    pub head_within: Duration,
    /// A line on which no request is under way and nothing is sent.
    pub idle: Duration,
    /// `hello`, on a WebSocket.
    pub hello_within: Duration,
    /// From one ping to the next.
    pub ping_every: Duration,
    /// After so much silence a WebSocket's peer is taken for gone.
    pub silence: Duration,
    /// A peer that takes nothing for so long while something waits.
    pub stuck: Duration,
    /// The same, of a server that stops.
    pub stuck_at_stop: Duration,
    /// From the Close of an expelled peer to the end of the line, if it does not take it.
    pub expelled: Duration,
    /// From our Close to the end of the line, if the peer takes it slowly.
    pub farewell: Duration,
    /// From an answer whose request was not read to its end, or a Close that is not answered, to the end.
    pub linger: Duration,
    /// From one look at all lines to the next.
    pub look_every: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            head_within: Duration::from_secs(5),
            idle: Duration::from_secs(15),
            hello_within: Duration::from_secs(5),
            ping_every: Duration::from_secs(25),
            silence: Duration::from_secs(35),
            stuck: Duration::from_secs(10),
            stuck_at_stop: Duration::from_secs(1),
            expelled: Duration::from_millis(500),
            farewell: Duration::from_secs(10),
            linger: Duration::from_secs(1),
            look_every: Duration::from_millis(250),
        }
    }
}

/// One TCP connection. Clones are the same line.
#[derive(Clone)]
pub struct Line {
    state: Rc<State>,
}

struct State {
    /// Whoever reads from and writes to it.
    task: RefCell<Option<Waker>>,
    is_cut: Cell<bool>,
    /// The peer has said its last; nothing more is read.
    is_heard_out: Cell<bool>,
    /// Since when something waits that the peer does not take.
    stuck_since: Cell<Option<Instant>>,
    /// When something was last sent, or answered.
    moved_at: Cell<Instant>,
    /// Requests that are being answered.
    answering: Cell<u32>,
    /// When a whole frame last came.
    heard_at: Cell<Instant>,
    /// Of the WebSocket that it has become.
    lane: RefCell<Option<Rc<Lane>>>,
}

impl Default for Line {
    fn default() -> Self {
        let now = Instant::now();
        let state = State {
            task: RefCell::default(),
            is_cut: Cell::default(),
            is_heard_out: Cell::default(),
            stuck_since: Cell::default(),
            moved_at: Cell::new(now),
            answering: Cell::default(),
            heard_at: Cell::new(now),
            lane: RefCell::default(),
        };
        Self { state: Rc::new(state) }
    }
}

impl Line {
    /// It is a WebSocket from now on, and this is what is said on it.
    pub(crate) fn becomes_socket(&self, lane: Rc<Lane>) {
        self.state.heard_at.set(Instant::now());
        self.state.lane.replace(Some(lane));
    }

    /// A whole frame has come.
    pub(crate) fn heard(&self, now: Instant) {
        self.state.heard_at.set(now);
    }

    /// When that was.
    pub(crate) fn heard_at(&self) -> Instant {
        self.state.heard_at.get()
    }

    /// The peer has said its last: when we have, too, the line ends without waiting for more.
    pub(crate) fn heard_out(&self) {
        self.state.is_heard_out.set(true);
        self.wake();
    }

    /// A request is being answered until this is dropped.
    fn answering(&self) -> Answering {
        self.state.answering.set(self.state.answering.get() + 1);
        Answering { line: self.clone() }
    }

    /// What is known of it now.
    fn seen(&self, now: Instant) -> Seen {
        let state = &self.state;
        let since = |then: Instant| now.saturating_duration_since(then);
        let lane = state.lane.borrow();
        let over = lane.as_ref().and_then(|lane| lane.over_since());
        let stuck = state.stuck_since.get();
        let untaken = |lane: &&Rc<Lane>| lane.is_expelled() && (stuck.is_some() || lane.has_more());
        Seen {
            stuck_for: stuck.map(since),
            over_for: over.map(since),
            expelled_for: over.filter(|_| lane.as_ref().is_some_and(|lane| untaken(&lane))).map(since),
            silent_for: (lane.is_some() && over.is_none()).then(|| since(self.heard_at())),
            idle_for: (lane.is_none() && state.answering.get() == 0).then(|| since(state.moved_at.get())),
        }
    }

    /// Ends it if something is overdue.
    fn watch(&self, now: Instant, pace: &Pace) {
        match judge(self.seen(now), pace) {
            Verdict::Fine => {}
            Verdict::Tell(code) => {
                tracing::debug!(close.code = code.number(), "a silent peer is told to go");
                if let Some(lane) = &*self.state.lane.borrow() {
                    lane.close(Some(code.number()));
                }
            }
            Verdict::Cut(code) => {
                tracing::debug!(close.code = code.map(CloseCode::number), "a line was cut");
                self.cut();
            }
        }
    }

    /// Ends it from below, whatever its actor does.
    fn cut(&self) {
        self.state.is_cut.set(true);
        self.wake();
    }

    fn wake(&self) {
        // The task may look at this line at once.
        let task = self.state.task.borrow().clone();
        if let Some(task) = task {
            task.wake();
        }
    }
}

/// A request under way.
struct Answering {
    line: Line,
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.line.state.answering.set(self.line.state.answering.get() - 1);
        self.line.state.moved_at.set(Instant::now());
    }
}
