//! How fast all connections of one account are together, and what follows. Pure.
//!
//! The rates are those of one connection; the burst is that of [`TOGETHER`], since a person's tabs come back at
//! once. A sanction is refusal for 1 s; the next ones are 2, 4 … 60 s; who goes on after that is closed.
//! After [`FORGIVEN_AFTER`] without a sanction the next is the first again.

use std::time::Duration;

use allthrive_domain::rate::{Bucket, Rate};
use allthrive_domain::time::Micros;

use super::pace::Spent;
use super::{COUNTERS, Counter, Rates, Sanction};

/// How many connections' bursts an account has.
pub const TOGETHER: u32 = 4;
macro_rules! refusals {
    ($($seconds:literal)+) => {
        /// The sanctions, one after the other, with what the audit trail says of each; then the connections are closed.
        pub const REFUSALS: &[(Duration, &str)] = &[$((Duration::from_secs($seconds), concat!("refused ", $seconds, " s"))),+];
    };
}

refusals!(1 2 4 8 16 32 60);

/// How long an account must be quiet after a sanction for it to be forgotten.
pub const FORGIVEN_AFTER: Duration = Duration::from_secs(5 * 60);

/// One account's.
#[derive(Debug, Default)]
pub struct Account {
    buckets: [Bucket; COUNTERS.len()],
    /// How many sanctions it had in a row.
    level: usize,
    /// When the last of them ends.
    until: Micros,
}

/// A sanction and the limit it was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sentence {
    /// What the connections are told.
    pub sanction: Sanction,
    /// Which limit was passed.
    pub limit: Counter,
    /// What the audit trail says of it.
    pub outcome: &'static str,
}

impl Account {
    /// So much was spent, by one connection or by another node. The sanction, if that was too much.
    pub fn spend(&mut self, rates: &Rates, spent: &Spent, now: Micros) -> Option<Sentence> {
        let mut passed = None;
        for (counter, times) in COUNTERS.into_iter().zip(spent).filter(|(_, times)| **times > 0) {
            if !self.buckets[counter as usize].spend(together(rates.of(counter)), *times, now) {
                passed = passed.or(Some(counter));
            }
        }
        let limit = passed?;
        // Under way before the sanction was heard of.
        if now < self.until {
            return None;
        }
        if now.since(self.until) >= FORGIVEN_AFTER {
            self.level = 0;
        }
        self.level += 1;
        let longest = REFUSALS.last().map_or(Duration::ZERO, |(wait, _)| *wait);
        let (wait, sanction, outcome) = match REFUSALS.get(self.level - 1) {
            Some((wait, outcome)) => (*wait, Sanction::Refuse(*wait), *outcome),
            None => (longest, Sanction::Close, "closed"),
        };
        // Another one is for what is done from now on.
        self.until = now.plus(wait);
        self.level = self.level.min(REFUSALS.len() + 1);
        Some(Sentence { sanction, limit, outcome })
    }

    /// How much longer it is refused.
    #[must_use]
    pub fn barred(&self, now: Micros) -> Duration {
        self.until.since(now)
    }

    /// Whether there is nothing to remember of it.
    #[must_use]
    pub fn is_clean(&self, now: Micros) -> bool {
        let forgiven = self.level == 0 || now.since(self.until) >= FORGIVEN_AFTER;
        forgiven && self.buckets.iter().all(|bucket| bucket.is_full(now))
    }
}

/// One connection's rate, as it is for all of an account.
fn together(rate: Rate) -> Rate {
    rate.with_burst_times(TOGETHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Micros = Micros(1_000_000_000);

    fn sends(times: u32) -> Spent {
        [times, 0, 0, 0, 0, 0]
    }

    fn spend(account: &mut Account, times: u32, now: Micros) -> Option<Sanction> {
        account.spend(&Rates::default(), &sends(times), now).map(|sentence| sentence.sanction)
    }

    #[test]
    fn an_account_has_the_burst_of_four_connections_and_the_rate_of_one() {
        for (counter, rate) in COUNTERS.map(|counter| (counter, Rates::default().of(counter))) {
            let mut spent = Spent::default();
            let burst = rate.burst * TOGETHER;
            spent[counter as usize] = burst;
            let mut account = Account::default();
            assert_eq!(account.spend(&Rates::default(), &spent, START), None, "{counter:?}");
            spent[counter as usize] = 1;
            // At the rate nothing happens, for as long as it goes on.
            let steady = |n: u32| START.plus(rate.every * n);
            assert!((1..100).all(|n| account.spend(&Rates::default(), &spent, steady(n)).is_none()), "{counter:?}");
            let sentence = account.spend(&Rates::default(), &spent, steady(99)).unwrap();
            assert_eq!((sentence.limit, sentence.sanction), (counter, Sanction::Refuse(Duration::from_secs(1))));
        }
    }

    #[test]
    fn sanctions_grow_to_a_minute_and_then_the_connections_are_closed() {
        let (mut account, mut now) = (Account::default(), START);
        for (n, (wait, _)) in REFUSALS.iter().copied().enumerate() {
            assert_eq!(spend(&mut account, 1_000, now), Some(Sanction::Refuse(wait)), "{n}");
            assert_eq!(account.barred(now), wait);
            // What was under way meanwhile brings no further one.
            assert_eq!(spend(&mut account, 1_000, now.plus(wait).minus(Duration::from_micros(1))), None);
            now = now.plus(wait);
        }
        assert_eq!(spend(&mut account, 1_000, now), Some(Sanction::Close));
        now = now.plus(Duration::from_secs(60));
        assert_eq!(spend(&mut account, 1_000, now), Some(Sanction::Close));
    }

    #[test]
    fn quiet_minutes_are_forgiven_and_a_moment_less_is_not() {
        for (quiet, expected) in [(FORGIVEN_AFTER, "refused 1 s"), (FORGIVEN_AFTER - Duration::from_micros(1), "refused 4 s")] {
            let mut account = Account::default();
            spend(&mut account, 1_000, START);
            let second = START.plus(Duration::from_secs(1));
            spend(&mut account, 1_000, second);
            let later = second.plus(Duration::from_secs(2)).plus(quiet);
            assert_eq!(account.is_clean(later), quiet == FORGIVEN_AFTER);
            let sentence = account.spend(&Rates::default(), &sends(1_000), later).unwrap();
            assert_eq!(sentence.outcome, expected);
        }
    }

    #[test]
    fn who_keeps_to_the_rates_is_clean_as_soon_as_the_buckets_are_full() {
        let mut account = Account::default();
        spend(&mut account, 5, START);
        assert!(!account.is_clean(START.plus(Duration::from_millis(999))));
        assert!(account.is_clean(START.plus(Duration::from_secs(1))));
    }
}
