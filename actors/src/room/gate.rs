//! The gate of a room on this node: events come in from commits and from the bus in any order, more
//! than once or never; they leave in order, each once, without a hole.

use std::collections::BTreeMap;

use allthrive_protocol::Seq;

use crate::bus::Committed;

/// How many events may wait behind a hole. Beyond that they are dropped and read from the store.
const MOST_WAITING: usize = 1_024;

/// Releases `last + 1` and nothing else.
#[derive(Debug)]
pub struct Gate {
    last: Seq,
    waiting: BTreeMap<Seq, Committed>,
}

impl Gate {
    /// Begins after `top`: what the store had when the gate was opened.
    #[must_use]
    pub fn new(top: Seq) -> Self {
        Self { last: top, waiting: BTreeMap::new() }
    }

    /// The last number that was released.
    #[must_use]
    pub fn last(&self) -> Seq {
        self.last
    }

    /// Takes an event in and releases what is now in order: in order, each number once.
    pub fn offer(&mut self, event: Committed) -> Vec<Committed> {
        if event.seq > self.last {
            if self.waiting.len() >= MOST_WAITING && event.seq != self.last + 1 {
                // Too far ahead of the hole: the store has it, and will be asked.
                self.waiting.clear();
            }
            self.waiting.insert(event.seq, event);
        }
        let mut released = Vec::new();
        while let Some(event) = self.waiting.remove(&(self.last + 1)) {
            self.last += 1;
            released.push(event);
        }
        released
    }

    /// Whether something waits behind a number that is missing.
    #[must_use]
    pub fn has_hole(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Gives up on what lies between: whoever listens pulls from the store.
    pub fn jump(&mut self, top: Seq) {
        if top > self.last {
            self.last = top;
            self.waiting = self.waiting.split_off(&(top + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use allthrive_protocol::RoomId;
    use bytes::Bytes;
    use uuid::Uuid;

    use super::*;
    use crate::bus::Effect;

    fn event(seq: Seq) -> Committed {
        Committed { room: RoomId(Uuid::nil()), seq, frame: Bytes::new(), effect: Effect::None }
    }

    fn seqs(released: &[Committed]) -> Vec<Seq> {
        released.iter().map(|event| event.seq).collect()
    }

    #[test]
    fn a_hole_holds_back_what_is_behind_it() {
        let mut gate = Gate::new(4);
        assert!(gate.offer(event(6)).is_empty());
        assert!(gate.has_hole());
        assert_eq!(seqs(&gate.offer(event(5))), vec![5, 6]);
        assert!(!gate.has_hole());
    }

    #[test]
    fn what_was_released_is_not_released_again() {
        let mut gate = Gate::new(4);
        assert!(gate.offer(event(4)).is_empty());
        assert_eq!(seqs(&gate.offer(event(5))), vec![5]);
        assert!(gate.offer(event(5)).is_empty());
    }

    #[test]
    fn a_jump_forgets_what_lies_between_and_keeps_what_lies_beyond() {
        let mut gate = Gate::new(0);
        gate.offer(event(7));
        gate.jump(6);
        assert_eq!(gate.last(), 6);
        assert_eq!(seqs(&gate.offer(event(3))), vec![7]);
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut gate = Gate::new(0);
        for seq in 2..5_000 {
            gate.offer(event(seq));
        }
        assert!(gate.waiting.len() <= MOST_WAITING);
    }

    proptest::proptest! {
        #[test]
        fn any_order_with_repeats_leaves_in_order_once(order in proptest::collection::vec(1u64..40, 0..200)) {
            let mut gate = Gate::new(0);
            let mut released = Vec::new();
            for seq in order.into_iter().chain(1..40) {
                released.extend(seqs(&gate.offer(event(seq))));
            }
            proptest::prop_assert_eq!(released, (1..40).collect::<Vec<_>>());
        }
    }
}
