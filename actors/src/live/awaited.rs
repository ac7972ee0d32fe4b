//! Whose answers an open question waits for: those who were connected when it opened, but for who has been gone for
//! longer than 5 s, or was taken out. Who comes later may answer and is not waited for. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use allthrive_protocol::Principal;

use super::stopwatch::Reading;

/// How long somebody may be gone and is still waited for.
pub const GONE_AFTER: Duration = Duration::from_secs(5);

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Awaited {
    expected: BTreeSet<Principal>,
    answered: BTreeSet<Principal>,
    /// How many of the expected have not answered.
    open: usize,
    /// Since when who has gone is gone.
    gone: BTreeMap<Principal, Reading>,
}

impl Awaited {
    /// A question opens: these are connected.
    #[must_use]
    pub fn open(connected: impl IntoIterator<Item = Principal>) -> Self {
        let expected: BTreeSet<Principal> = connected.into_iter().collect();
        Self { open: expected.len(), expected, ..Self::default() }
    }

    /// Somebody who came back while the game stood still after a takeover: nobody was connected when it opened here.
    pub fn expect(&mut self, player: Principal) {
        if self.expected.insert(player) && !self.answered.contains(&player) {
            self.open += 1;
        }
    }

    /// An answer is on the disk.
    pub fn answered(&mut self, player: Principal) {
        if self.answered.insert(player) && self.expected.contains(&player) {
            self.open -= 1;
        }
    }

    /// The last connection of a player has ended.
    pub fn left(&mut self, player: Principal, now: Reading) {
        self.gone.insert(player, now);
    }

    /// A player is connected again.
    pub fn came_back(&mut self, player: Principal) {
        self.gone.remove(&player);
    }

    /// A player was taken out, or plays no more.
    pub fn out(&mut self, player: Principal) {
        if self.expected.remove(&player) && !self.answered.contains(&player) {
            self.open -= 1;
        }
    }

    /// Who is expected now.
    fn expected_at(&self, now: Reading) -> impl Iterator<Item = &Principal> {
        let is_gone = move |player: &Principal| {
            self.gone.get(player).is_some_and(|since| now.saturating_sub(*since) > GONE_AFTER) && !self.answered.contains(player)
        };
        self.expected.iter().filter(move |player| !is_gone(player))
    }

    /// How many of those who are expected have answered, and how many they are.
    #[must_use]
    pub fn count(&self, now: Reading) -> (usize, usize) {
        let (mut answered, mut expected) = (0, 0);
        for player in self.expected_at(now) {
            expected += 1;
            answered += usize::from(self.answered.contains(player));
        }
        (answered, expected)
    }

    /// Who is still to answer.
    pub fn missing(&self, now: Reading) -> impl Iterator<Item = &Principal> {
        self.expected_at(now).filter(|player| !self.answered.contains(player))
    }

    /// As [`Self::count`], once nobody is waited for; none while somebody is. Asked after every answer: of thousands who
    /// are not gone it does not look at each.
    #[must_use]
    pub fn all_in(&self, now: Reading) -> Option<(usize, usize)> {
        if self.open > self.gone.len() {
            return None;
        }
        let (answered, expected) = self.count(now);
        (answered >= expected).then_some((answered, expected))
    }
}

#[cfg(test)]
mod tests {
    use allthrive_protocol::PlayerId;
    use uuid::Uuid;

    use super::*;

    fn guest(n: u128) -> Principal {
        Principal::Guest(PlayerId(Uuid::from_u128(n)))
    }

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn everybody_who_was_there_has_answered() {
        let mut awaited = Awaited::open([guest(1), guest(2)]);
        awaited.answered(guest(1));
        // Came later: may answer, and is not waited for.
        awaited.answered(guest(3));
        assert_eq!((awaited.count(s(0)), awaited.all_in(s(0))), ((1, 2), None));
        awaited.answered(guest(2));
        assert_eq!(awaited.all_in(s(0)), Some((2, 2)));
        // Told again, as a reader of the store does.
        awaited.answered(guest(2));
        awaited.expect(guest(3));
        assert_eq!(awaited.all_in(s(0)), Some((3, 3)));
        awaited.expect(guest(4));
        assert_eq!(awaited.all_in(s(0)), None);
    }

    #[test]
    fn who_is_gone_for_five_seconds_is_waited_for_and_a_moment_longer_is_not() {
        let mut awaited = Awaited::open([guest(1), guest(2)]);
        awaited.answered(guest(1));
        awaited.left(guest(2), s(10));
        assert_eq!(awaited.all_in(s(15)), None);
        let longer = s(15) + Duration::from_millis(1);
        assert_eq!(awaited.all_in(longer), Some((1, 1)));
        awaited.came_back(guest(2));
        assert_eq!(awaited.missing(longer).collect::<Vec<_>>(), [&guest(2)]);
    }

    #[test]
    fn who_has_answered_and_gone_still_counts() {
        let mut awaited = Awaited::open([guest(1), guest(2)]);
        awaited.answered(guest(1));
        awaited.left(guest(1), s(0));
        assert_eq!(awaited.count(s(60)), (1, 2));
    }

    #[test]
    fn who_was_taken_out_is_not_waited_for() {
        let mut awaited = Awaited::open([guest(1), guest(2)]);
        awaited.answered(guest(1));
        awaited.out(guest(2));
        assert_eq!(awaited.all_in(s(0)), Some((1, 1)));
    }

    #[test]
    fn where_nobody_is_expected_nobody_is_all() {
        assert_eq!(Awaited::open([]).all_in(s(60)), Some((0, 0)));
        let mut all_gone = Awaited::open([guest(1)]);
        all_gone.left(guest(1), s(0));
        assert_eq!(all_gone.all_in(s(60)), Some((0, 0)));
    }
}
