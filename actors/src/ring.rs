//! The last frames of a room on one worker, for those who come back after a moment.

use std::collections::VecDeque;

use allthrive_protocol::{Seq, UserId};
use bytes::Bytes;

use crate::bus::{Committed, Effect};

/// Some hundred short messages: what a phone misses in a tunnel.
const MOST_BYTES: usize = 64 * 1024;

/// A contiguous stretch of a room's frames. It has a base even when it is empty.
#[derive(Debug)]
pub struct Ring {
    /// The number before the first frame.
    base: Seq,
    frames: VecDeque<(Bytes, Effect)>,
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
        // Behind a hole, and where an earlier frame is told otherwise now, the ring begins anew.
        if event.seq > self.last() + 1 || matches!(event.effect, Effect::Blanked(_)) {
            *self = Self::new(event.seq - 1);
        }
        self.bytes += event.frame.len();
        self.frames.push_back((event.frame.clone(), event.effect));
        while self.bytes > MOST_BYTES
            && let Some((oldest, _)) = self.frames.pop_front()
        {
            self.bytes -= oldest.len();
            self.base += 1;
        }
    }

    /// The frames after `seq`, each with what it means; `None` if some of them are not here any more. A `seq`
    /// above the last has an empty tail.
    #[must_use]
    pub fn tail(&self, seq: Seq) -> Option<impl Iterator<Item = &(Bytes, Effect)>> {
        let skip = usize::try_from(seq.checked_sub(self.base)?).unwrap_or(usize::MAX);
        Some(self.frames.iter().skip(skip))
    }

    /// The bytes of [`Ring::tail`] as this account, which sees what comes from `from_seq` on, may have it: `None`,
    /// too, if it ceased to be a member in it, or if it is told of a message from before.
    #[must_use]
    pub fn tail_bytes(&self, seq: Seq, user: UserId, from_seq: Seq) -> Option<usize> {
        let is_for = |effect: &Effect| !effect.ends(user) && !effect.reaches_below(from_seq);
        self.tail(seq)?.try_fold(0, |bytes, (frame, effect)| is_for(effect).then_some(bytes + frame.len()))
    }
}

#[cfg(test)]
mod tests {
    use allthrive_protocol::RoomId;
    use uuid::Uuid;

    use super::*;

    fn event(seq: u8, len: usize) -> Committed {
        Committed { room: RoomId(Uuid::nil()), seq: seq.into(), frame: Bytes::from(vec![seq; len]), effect: Effect::None }
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

    #[test]
    fn a_tail_in_which_somebody_ceased_to_be_a_member_is_not_for_that_account() {
        let (ana, ben) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let mut ring = Ring::new(7);
        ring.push(&event(8, 1));
        ring.push(&Committed { effect: Effect::Left(ana), ..event(9, 1) });
        assert_eq!((ring.tail_bytes(7, ana, 0), ring.tail_bytes(7, ben, 0), ring.tail_bytes(9, ana, 0)), (None, Some(2), Some(0)));
    }

    #[test]
    fn a_tail_that_tells_of_a_message_from_before_is_not_for_a_newcomer() {
        let ana = UserId(Uuid::from_u128(1));
        let mut ring = Ring::new(7);
        ring.push(&Committed { effect: Effect::Blanked(5), ..event(8, 1) });
        let told = |from_seq| ring.tail_bytes(7, ana, from_seq);
        assert_eq!((told(0), told(5), told(6)), (Some(1), Some(1), None));
    }

    #[test]
    fn what_was_blanked_is_kept_by_no_ring() {
        let mut ring = Ring::new(7);
        ring.push(&event(8, 1));
        ring.push(&Committed { effect: Effect::Blanked(8), ..event(9, 1) });
        assert_eq!((tail(&ring, 7), tail(&ring, 8)), (None, Some(vec![9])));
    }
}
