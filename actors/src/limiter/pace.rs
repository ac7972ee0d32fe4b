//! How fast one connection is: its buckets, its refusals, and the sanction on its account. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use allthrive_domain::rate::Bucket;
use allthrive_domain::time::Micros;

use super::{COUNTERS, Counter, Kind, Rates};

/// Refusals in [`REFUSED_WITHIN`] that end the connection: it does not listen.
pub const MOST_REFUSALS: usize = 50;
/// See [`MOST_REFUSALS`].
pub const REFUSED_WITHIN: Duration = Duration::from_secs(10);

/// What was spent of each counter.
pub type Spent = [u32; COUNTERS.len()];

/// So much more was spent.
pub fn add(spent: &mut Spent, more: &Spent) {
    for (times, more) in spent.iter_mut().zip(more) {
        *times = times.saturating_add(*more);
    }
}

/// One connection's.
#[derive(Debug, Default)]
pub struct Pace {
    buckets: [Bucket; COUNTERS.len()],
    refusals: VecDeque<Micros>,
    /// The account is refused until then.
    barred_until: Micros,
    /// What the limiter has not heard of yet.
    spent: Spent,
}

/// What becomes of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is carried out, and counted.
    Go,
    /// It is not, and is not counted.
    Refuse {
        /// By which limit; none if all of the account is refused.
        limit: Option<Counter>,
        /// When it can succeed.
        wait: Duration,
    },
    /// It is not, and was one refusal too many.
    Close {
        /// By which limit.
        limit: Option<Counter>,
    },
}

impl Pace {
    /// One more command of this kind.
    pub fn take(&mut self, rates: &Rates, kind: Kind, now: Micros) -> Verdict {
        let own = match kind {
            Kind::Paced => return Verdict::Go,
            Kind::Own(counter) => Some(counter),
            Kind::Any | Kind::Needed => None,
        };
        let barred = self.barred_until.since(now);
        if !barred.is_zero() && kind != Kind::Needed {
            return self.refuse(None, barred, now);
        }
        // Each is asked before any is taken: what is refused counts nowhere.
        let counters = own.into_iter().chain([Counter::All]);
        let waits = counters.clone().map(|counter| (counter, self.buckets[counter as usize].wait(rates.of(counter), now)));
        if let Some((counter, wait)) = waits.filter(|(_, wait)| !wait.is_zero()).max_by_key(|(_, wait)| *wait) {
            return self.refuse(Some(counter), wait, now);
        }
        for counter in counters {
            self.buckets[counter as usize].spend(rates.of(counter), 1, now);
            self.spent[counter as usize] = self.spent[counter as usize].saturating_add(1);
        }
        Verdict::Go
    }

    fn refuse(&mut self, limit: Option<Counter>, wait: Duration, now: Micros) -> Verdict {
        // One of before the clock was set back is taken for old.
        self.refusals.retain(|at| *at <= now && now.since(*at) < REFUSED_WITHIN);
        self.refusals.push_back(now);
        if self.refusals.len() >= MOST_REFUSALS { Verdict::Close { limit } } else { Verdict::Refuse { limit, wait } }
    }

    /// The account is refused for so long.
    pub fn bar(&mut self, wait: Duration, now: Micros) {
        self.barred_until = self.barred_until.max(now.plus(wait));
    }

    /// What was spent since the last time; none if nothing was.
    pub fn report(&mut self) -> Option<Spent> {
        let spent = std::mem::take(&mut self.spent);
        spent.iter().any(|times| *times > 0).then_some(spent)
    }

    /// What could not be reported is reported the next time.
    pub fn not_reported(&mut self, spent: Spent) {
        add(&mut self.spent, &spent);
    }
}

#[cfg(test)]
mod tests {
    use allthrive_domain::rate::Rate;

    use super::*;

    const SECOND: Micros = Micros(1_000_000);

    fn refused(limit: Counter, wait_ms: u64) -> Verdict {
        Verdict::Refuse { limit: Some(limit), wait: Duration::from_millis(wait_ms) }
    }

    /// With room in all the others.
    fn alone(counter: Counter) -> Rates {
        let (wide, rates) = (Rate::per_second(1_000_000, 1_000_000), Rates::default());
        let mut all = Rates { send: wide, typing: wide, history: wide, subscribe: wide, all: wide, answer: wide };
        match counter {
            Counter::Send => all.send = rates.send,
            Counter::Typing => all.typing = rates.typing,
            Counter::History => all.history = rates.history,
            Counter::Subscribe => all.subscribe = rates.subscribe,
            Counter::All => all.all = rates.all,
            Counter::Answer => all.answer = rates.answer,
        }
        all
    }

    #[test]
    fn every_limit_permits_n_and_refuses_the_next_until_its_time() {
        let cases = [
            (Counter::Send, 10, 200),
            (Counter::Typing, 1, 3_000),
            (Counter::History, 5, 200),
            (Counter::Subscribe, 20, 50),
            (Counter::All, 20, 50),
            (Counter::Answer, 5, 200),
        ];
        for (counter, n, wait_ms) in cases {
            let kind = if counter == Counter::All { Kind::Any } else { Kind::Own(counter) };
            let (mut pace, rates) = (Pace::default(), alone(counter));
            for nth in 0..n {
                assert_eq!(pace.take(&rates, kind, SECOND), Verdict::Go, "{counter:?} {nth}");
            }
            assert_eq!(pace.take(&rates, kind, SECOND), refused(counter, wait_ms), "{counter:?}");
            let before = SECOND.plus(Duration::from_millis(wait_ms - 1));
            assert_eq!(pace.take(&rates, kind, before), refused(counter, 1), "{counter:?}");
            let then = SECOND.plus(Duration::from_millis(wait_ms));
            assert_eq!(pace.take(&rates, kind, then), Verdict::Go, "{counter:?}");
            assert_eq!(pace.take(&rates, kind, then), refused(counter, wait_ms), "{counter:?}");
        }
    }

    #[test]
    fn what_is_refused_by_one_limit_is_not_counted_by_another() {
        let (mut pace, rates) = (Pace::default(), Rates::default());
        (0..10).for_each(|_| assert_eq!(pace.take(&rates, Kind::Own(Counter::Send), SECOND), Verdict::Go));
        (0..5).for_each(|_| assert_eq!(pace.take(&rates, Kind::Own(Counter::Send), SECOND), refused(Counter::Send, 200)));
        (0..10).for_each(|_| assert_eq!(pace.take(&rates, Kind::Any, SECOND), Verdict::Go));
        assert_eq!(pace.take(&rates, Kind::Any, SECOND), refused(Counter::All, 50));
        let spent = pace.report().unwrap();
        assert_eq!((spent[Counter::Send as usize], spent[Counter::All as usize]), (10, 20));
        assert_eq!(pace.report(), None);
    }

    #[test]
    fn a_client_that_catches_up_is_not_stopped() {
        let (mut pace, rates) = (Pace::default(), Rates::default());
        (0..10_000).for_each(|_| assert_eq!(pace.take(&rates, Kind::Paced, SECOND), Verdict::Go));
        assert_eq!(pace.report(), None);
    }

    #[test]
    fn the_fiftieth_refusal_within_ten_seconds_ends_the_connection() {
        let (mut pace, rates) = (Pace::default(), Rates::default());
        pace.bar(Duration::from_secs(3_600), SECOND);
        let bar = |pace: &mut Pace, at| pace.take(&rates, Kind::Any, at);
        // 49 in ten seconds, again and again, do not.
        for round in 0..4 {
            let at = SECOND.plus(REFUSED_WITHIN * round);
            (0..49).for_each(|n| assert!(matches!(bar(&mut pace, at), Verdict::Refuse { .. }), "{round} {n}"));
        }
        let last = SECOND.plus(REFUSED_WITHIN * 4).minus(Duration::from_micros(1));
        assert_eq!(bar(&mut pace, last), Verdict::Close { limit: None });
    }

    #[test]
    fn a_barred_account_is_refused_everything_but_what_it_needs_until_the_time_is_over() {
        let (mut pace, rates) = (Pace::default(), Rates::default());
        pace.bar(Duration::from_secs(2), SECOND);
        // A shorter one that comes later does not shorten it.
        pace.bar(Duration::from_secs(1), SECOND);
        let wait = Duration::from_secs(2);
        assert_eq!(pace.take(&rates, Kind::Own(Counter::Send), SECOND), Verdict::Refuse { limit: None, wait });
        assert_eq!(pace.take(&rates, Kind::Needed, SECOND), Verdict::Go);
        assert_eq!(pace.take(&rates, Kind::Paced, SECOND), Verdict::Go);
        assert_eq!(pace.take(&rates, Kind::Own(Counter::Send), SECOND.plus(wait)), Verdict::Go);
    }

    #[test]
    fn what_could_not_be_reported_is_reported_later() {
        let (mut pace, rates) = (Pace::default(), Rates::default());
        pace.take(&rates, Kind::Own(Counter::Send), SECOND);
        let spent = pace.report().unwrap();
        pace.take(&rates, Kind::Any, SECOND);
        pace.not_reported(spent);
        assert_eq!(pace.report(), Some([1, 0, 0, 0, 2, 0]));
    }
}
