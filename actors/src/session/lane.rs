//! The lane of one connection: pre-encoded frames on their way out, in order, bounded in bytes.
//!
//! Everything that belongs to a room goes through here. It lives on the connection's thread; the relay
//! of that thread puts frames in, the response body takes them out. Beside the lane proper there is what
//! the connection's actor says of its own: it overtakes the lane.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use allthrive_protocol::{CloseCode, RoomId, UserId};
use bytes::{Bytes, BytesMut};
use futures_util::Stream;

use crate::frame;
use serde::{Deserialize, Serialize};

/// Above this a room is not pushed any more; its client is told to pull. Some hundred messages: enough
/// for a burst, little enough for ten thousand slow readers.
pub const SOFT_BYTES: usize = 256 * 1024;

/// Above this the connection is given up: its peer takes nothing.
pub const HARD_BYTES: usize = 1024 * 1024;

/// Most of a frame that leaves the lane at once. What writes to the socket copies what it is given, and keeps it for
/// a peer that takes nothing; so a page of history stays here, where it is counted and held once.
const PIECE_BYTES: usize = 32 * 1024;

/// Two volatile frames with the same key: the later one says all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MergeKey {
    /// How far somebody has read.
    Read(RoomId, UserId),
    /// That somebody is writing.
    Typing(RoomId, UserId),
    /// The tops of one room of the account.
    Tops(RoomId),
    /// What is shown of a live session.
    LiveView(RoomId),
    /// How many are at a live session, and have answered.
    LiveCount(RoomId),
    /// What is answered there so far.
    LiveTally(RoomId),
    /// What holds there beside its phase.
    LiveFlags(RoomId),
    /// Which emojis came there.
    LiveReactions(RoomId),
}

/// The peer takes too little: the lane is closed and the connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// A bounded queue of whole frames.
#[derive(Default)]
pub struct Lane {
    inner: RefCell<Inner>,
}

#[derive(Default)]
struct Inner {
    said: BytesMut,
    /// What is left of a frame that has begun to leave: nothing may come between.
    begun: Bytes,
    frames: VecDeque<(Bytes, Option<MergeKey>)>,
    /// How many frames have left.
    left: usize,
    /// Where in the lane the frame with a key is, counted with those that have left.
    keyed: HashMap<MergeKey, usize>,
    /// Of all frames, and of what has begun.
    bytes: usize,
    waker: Option<Waker>,
    /// Since when nothing more is taken in.
    over: Option<Instant>,
    /// The peer may hear nothing more, not even slowly.
    is_expelled: bool,
}

impl Lane {
    /// An empty lane.
    #[must_use]
    pub fn new() -> Rc<Self> {
        Rc::new(Self::default())
    }

    /// Says something that does not belong to a room: it leaves in the order it was said, before what is in the
    /// lane, and even if the actor ends now. For the connection's own actor alone: that one is not polled while
    /// its peer takes nothing, so this cannot grow without bound.
    pub fn say(&self, frame: &[u8]) {
        let mut inner = self.inner.borrow_mut();
        if inner.over.is_none() {
            inner.said.extend_from_slice(frame);
        }
    }

    /// Says Close, with this code: the last word. What is still in the lane is dropped; the body of the response
    /// ends when what was said is out. Does nothing the second time.
    pub fn close(&self, code: Option<u16>) {
        self.inner.borrow_mut().close(code);
    }

    /// As [`Self::close`], to a peer that may hear nothing more from now on: the line does not wait for one that is
    /// slow to take the last word ([`crate::line`]).
    pub fn expel(&self, code: u16) {
        let mut inner = self.inner.borrow_mut();
        inner.close(Some(code));
        inner.is_expelled = true;
    }

    /// Whether its peer was expelled.
    #[must_use]
    pub fn is_expelled(&self) -> bool {
        self.inner.borrow().is_expelled
    }

    /// Whether something is on its way out.
    #[must_use]
    pub fn has_more(&self) -> bool {
        let inner = self.inner.borrow();
        !inner.said.is_empty() || inner.bytes > 0
    }

    /// Says Close, with this code, behind all that is in the lane: the body of the response ends when that is out.
    /// Does nothing if the last word is said already.
    pub fn end(&self, code: Option<u16>) {
        let mut inner = self.inner.borrow_mut();
        if inner.over.is_none() {
            let close = frame::close(code);
            inner.bytes += close.len();
            inner.frames.push_back((close, None));
            inner.over = Some(Instant::now());
            inner.wake();
        }
    }

    /// Since when the last word is said.
    #[must_use]
    pub fn over_since(&self) -> Option<Instant> {
        self.inner.borrow().over
    }

    /// Puts a frame at the end.
    ///
    /// # Errors
    /// [`Full`] when it would pass [`HARD_BYTES`], which closes the lane with 4008, or when it is closed.
    pub fn push(&self, frame: Bytes) -> Result<(), Full> {
        self.put(frame, None)
    }

    /// Puts a volatile frame at the end, or in the place of an earlier one with the same key.
    ///
    /// # Errors
    /// As [`Lane::push`].
    pub fn merge(&self, frame: Bytes, key: MergeKey) -> Result<(), Full> {
        {
            let mut inner = self.inner.borrow_mut();
            let place = inner.keyed.get(&key).map(|place| place - inner.left);
            if let Some((earlier, _)) = place.and_then(|place| inner.frames.get_mut(place)) {
                let old = std::mem::replace(earlier, frame.clone());
                inner.bytes = inner.bytes + frame.len() - old.len();
                return Ok(());
            }
        }
        self.put(frame, Some(key))
    }

    fn put(&self, frame: Bytes, key: Option<MergeKey>) -> Result<(), Full> {
        let mut inner = self.inner.borrow_mut();
        if inner.over.is_some() {
            return Err(Full);
        }
        if inner.bytes + frame.len() > HARD_BYTES {
            inner.close(Some(CloseCode::Slow.number()));
            return Err(Full);
        }
        inner.bytes += frame.len();
        if let Some(key) = key {
            let place = inner.left + inner.frames.len();
            inner.keyed.insert(key, place);
        }
        inner.frames.push_back((frame, key));
        inner.wake();
        Ok(())
    }

    /// Whether rooms should not be pushed to it any more.
    #[must_use]
    pub fn is_above_soft(&self) -> bool {
        self.inner.borrow().bytes > SOFT_BYTES
    }

    /// Whether a page may go in: one more than is there, and no third, while the peer takes them slowly.
    #[must_use]
    pub fn has_place_for_page(&self) -> bool {
        self.inner.borrow().bytes <= SOFT_BYTES / 2
    }

    /// Bytes that may still go in before it is above soft.
    #[must_use]
    pub fn room_below_soft(&self) -> usize {
        SOFT_BYTES.saturating_sub(self.inner.borrow().bytes)
    }

    fn take_said(&self) -> Option<Bytes> {
        let mut inner = self.inner.borrow_mut();
        (!inner.said.is_empty()).then(|| std::mem::take(&mut inner.said).freeze())
    }

    fn take_begun(&self) -> Option<Bytes> {
        let mut inner = self.inner.borrow_mut();
        (!inner.begun.is_empty()).then(|| inner.take_piece())
    }

    fn poll_frame(&self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut inner = self.inner.borrow_mut();
        if let Some((frame, key)) = inner.frames.pop_front() {
            inner.left += 1;
            if let Some(key) = key {
                inner.keyed.remove(&key);
            }
            inner.begun = frame;
            return Poll::Ready(Some(inner.take_piece()));
        }
        if inner.over.is_some() {
            return Poll::Ready(None);
        }
        if !inner.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            inner.waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl Inner {
    fn close(&mut self, code: Option<u16>) {
        if self.over.is_none() {
            self.said.extend_from_slice(&frame::close(code));
            self.over = Some(Instant::now());
            (self.frames, self.keyed) = (VecDeque::new(), HashMap::new());
            // The rest of a frame that has begun stays, or the Close would be read as a part of it.
            self.bytes = self.begun.len();
            self.wake();
        }
    }

    fn take_piece(&mut self) -> Bytes {
        let piece = self.begun.split_to(self.begun.len().min(PIECE_BYTES));
        self.bytes -= piece.len();
        piece
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// The body of the response: what the actor says first, then the lane. Nothing comes between the pieces of a long
/// frame. Ends when the last word is out, or when the actor has ended without one.
pub struct Merged<S> {
    /// Runs the actor; that it ends is all it tells.
    pub actor: Pin<Box<S>>,
    /// The lane beside it.
    pub lane: Rc<Lane>,
}

impl<S, E> Stream for Merged<S>
where
    S: Stream<Item = Result<Bytes, E>>,
{
    type Item = Result<Bytes, E>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let actor = self.actor.as_mut().poll_next(cx);
        if let Some(bytes) = self.lane.take_begun().or_else(|| self.lane.take_said()) {
            return Poll::Ready(Some(Ok(bytes)));
        }
        match actor {
            Poll::Pending => self.lane.poll_frame(cx).map(|frame| frame.map(Ok)),
            ended if self.lane.over_since().is_none() => ended,
            _ => self.lane.poll_frame(cx).map(|frame| frame.map(Ok)),
        }
    }
}

#[cfg(test)]
#[path = "lane_tests.rs"]
mod tests;
