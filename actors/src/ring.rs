//! The last frames of a room on one worker, for those who come back after a moment.

use std::collections::VecDeque;

use allthrive_protocol::{RoomId, Seq};
use bytes::Bytes;

use crate::bus::Committed;

/// Some hundred short messages: what a phone misses in a tunnel.
const MOST_BYTES: usize = 64 * 1024;

/// A contiguous stretch of a room's frames. It has a base even when it is empty.
#[derive(Debug)]
pub struct Ring {
    /// The number before the first frame.
    base: Seq,
    frames: VecDeque<(Bytes, Option<RoomId>)>,
    bytes: usize,
}

impl Ring {
    /// Empty, after `base`.
    #[must_use]
    pub fn new(base: Seq) -> Self {
        Self { base, frames: VecDeque::new(), bytes: 0 }
    }

    /// The last number it has.
    #[must_use]
    pub fn last(&self) -> Seq {
        self.base + self.frames.len() as Seq
    }

    /// Takes the next event. One that is not the next makes the ring begin anew behind it.
    pub fn push(&mut self, event: &Committed) {
        if event.seq <= self.last() {
            return;
        }
        if event.seq > self.last() + 1 {
            *self = Self::new(event.seq - 1);
        }
        self.bytes += event.frame.len();
        self.frames.push_back((event.frame.clone(), event.joined));
        while self.bytes > MOST_BYTES
            && let Some((oldest, _)) = self.frames.pop_front()
        {
            self.bytes -= oldest.len();
            self.base += 1;
        }
    }

    /// The frames after `seq`, each with the room that an account has joined by it; `None` if some of them
    /// are not here any more. A `seq` above the last has an empty tail.
    #[must_use]
    pub fn tail(&self, seq: Seq) -> Option<impl Iterator<Item = &(Bytes, Option<RoomId>)>> {
        let skip = usize::try_from(seq.checked_sub(self.base)?).unwrap_or(usize::MAX);
        Some(self.frames.iter().skip(skip))
    }

    /// The bytes of [`Ring::tail`].
    #[must_use]
    pub fn tail_bytes(&self, seq: Seq) -> Option<usize> {
        Some(self.tail(seq)?.map(|(frame, _)| frame.len()).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(seq: u8, len: usize) -> Committed {
        Committed { room: RoomId(uuid::Uuid::nil()), seq: seq.into(), frame: Bytes::from(vec![seq; len]), joined: None }
    }

    fn tail(ring: &Ring, seq: Seq) -> Option<Vec<u8>> {
        ring.tail(seq).map(|frames| frames.map(|(frame, _)| frame[0]).collect())
    }

    #[test]
    fn an_empty_ring_has_a_base() {
        let ring = Ring::new(7);
        assert_eq!((ring.last(), tail(&ring, 7), tail(&ring, 6), tail(&ring, 9)), (7, Some(vec![]), None, Some(vec![])));
    }

    #[test]
    fn a_tail_begins_where_it_is_asked() {
        let mut ring = Ring::new(7);
        ring.push(&event(8, 1));
        ring.push(&event(9, 1));
        ring.push(&event(9, 1));
        assert_eq!((tail(&ring, 7), tail(&ring, 8), tail(&ring, 9)), (Some(vec![8, 9]), Some(vec![9]), Some(vec![])));
    }

    #[test]
    fn a_hole_begins_a_new_ring() {
        let mut ring = Ring::new(7);
        ring.push(&event(8, 1));
        ring.push(&event(10, 1));
        assert_eq!((tail(&ring, 8), tail(&ring, 9), ring.last()), (None, Some(vec![10]), 10));
    }

    #[test]
    fn the_oldest_make_room() {
        let mut ring = Ring::new(0);
        for seq in 1..=20 {
            ring.push(&event(seq, 10 * 1024));
        }
        assert!(ring.bytes <= MOST_BYTES);
        assert_eq!(ring.last(), 20);
        assert_eq!(tail(&ring, 0), None);
        assert_eq!(tail(&ring, 19), Some(vec![20]));
    }
}
