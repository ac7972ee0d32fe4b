//! A room's log as one client was told it. Trusts nobody: a hole, a repeat or a step back is a flaw.

use allthrive_protocol::event::{Event, Fact};
use allthrive_protocol::{Cmid, Seq, UserId};
use thiserror::Error;

/// What two sides compare of an entry. A label like `ts` and a name that may change are not of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its number.
    pub seq: Seq,
    /// `message.new`, `member.joined`, …
    pub kind: &'static str,
    /// The message it is about.
    pub target: Option<Seq>,
    /// Who did it.
    pub author: UserId,
    /// The mark of the write, if it has one.
    pub cmid: Option<Cmid>,
    /// The text of a message.
    pub body: Option<String>,
}

/// What the server must never tell.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Flaw {
    /// A number was left out.
    #[error("a hole: {expected} was to come, {told} came")]
    Hole {
        /// The next number.
        expected: Seq,
        /// What came in its place.
        told: Seq,
    },
    /// A number came again.
    #[error("a repeat: {told} came, and {last} had been told")]
    Repeat {
        /// The last number told.
        last: Seq,
        /// What came again.
        told: Seq,
    },
    /// An event that belongs in no log.
    #[error("an event without a number, or of no durable kind")]
    NotDurable,
}

/// The log from a base onwards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoomLog {
    base: Seq,
    told: Vec<Told>,
}

impl RoomLog {
    /// A log that begins after this number.
    #[must_use]
    pub fn after(base: Seq) -> Self {
        Self { base, told: Vec::new() }
    }

    /// Begins after this number.
    #[must_use]
    pub fn base(&self) -> Seq {
        self.base
    }

    /// The last number told, or the base.
    #[must_use]
    pub fn top(&self) -> Seq {
        self.told.last().map_or(self.base, |told| told.seq)
    }

    /// What was told, in order: the numbers are `base + 1 ..= top` without a hole.
    #[must_use]
    pub fn told(&self) -> &[Told] {
        &self.told
    }

    /// Adds the next event.
    ///
    /// # Errors
    /// The log stays as it was if the event is not the one that must come next.
    pub fn apply(&mut self, event: &Event) -> Result<(), Flaw> {
        let told = Told::of(event).ok_or(Flaw::NotDurable)?;
        let last = self.top();
        if told.seq <= last {
            return Err(Flaw::Repeat { last, told: told.seq });
        }
        if told.seq != last + 1 {
            return Err(Flaw::Hole { expected: last + 1, told: told.seq });
        }
        self.told.push(told);
        Ok(())
    }

    /// The server began the room anew here: what was told before is void.
    pub fn reset(&mut self, base: Seq) {
        *self = Self::after(base);
    }

    /// Numbers up to here are hidden from this member; only allowed while nothing has been told.
    ///
    /// # Errors
    /// A hole, if something had been told before.
    pub fn hide(&mut self, upto: Seq) -> Result<(), Flaw> {
        if !self.told.is_empty() {
            return Err(Flaw::Hole { expected: self.top() + 1, told: upto + 1 });
        }
        self.base = self.base.max(upto);
        Ok(())
    }
}

impl Told {
    /// What is compared of a durable event; none for a volatile one.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        let (seq, of) = (event.seq?, event.fact.durable()?);
        let body = if let Fact::MessageNew(message) = &event.fact { message.body.clone() } else { None };
        Some(Self { seq, kind: of.kind, target: of.target, author: of.author, cmid: of.cmid, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogue::tests::{message, room};
    use allthrive_protocol::event::Gone;

    #[test]
    fn a_log_takes_the_next_number_and_no_other() {
        let mut log = RoomLog::after(41);
        assert_eq!(log.apply(&message(42)), Ok(()));
        assert_eq!(log.apply(&message(42)), Err(Flaw::Repeat { last: 42, told: 42 }));
        assert_eq!(log.apply(&message(7)), Err(Flaw::Repeat { last: 42, told: 7 }));
        assert_eq!(log.apply(&message(44)), Err(Flaw::Hole { expected: 43, told: 44 }));
        assert_eq!(log.apply(&message(43)), Ok(()));
        assert_eq!((log.base(), log.top(), log.told().len()), (41, 43, 2));
    }

    #[test]
    fn a_volatile_event_belongs_in_no_log() {
        let gone = Event { room: Some(room()), seq: None, ts: None, fact: Fact::Gone(Gone {}) };
        assert_eq!(RoomLog::default().apply(&gone), Err(Flaw::NotDurable));
    }

    #[test]
    fn a_reset_begins_anew() {
        let mut log = RoomLog::default();
        assert_eq!(log.apply(&message(1)), Ok(()));
        log.reset(9);
        assert_eq!(log.apply(&message(10)), Ok(()));
        assert_eq!(log.base(), 9);
    }

    #[test]
    fn numbers_are_hidden_only_before_the_first_that_is_told() {
        let mut log = RoomLog::default();
        assert_eq!(log.hide(5), Ok(()));
        assert_eq!(log.apply(&message(6)), Ok(()));
        assert_eq!(log.hide(9), Err(Flaw::Hole { expected: 7, told: 10 }));
    }
}
