//! How often is too often: a bucket that refills with time, as one number (GCRA). Time is an argument, so a test
//! moves it; a wall clock that was set back costs one turn at most, never the difference.

use std::time::Duration;

use crate::time::Micros;

/// So many at once, and then one each `every`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// In which time one more fits; a microsecond at least.
    pub every: Duration,
    /// How many fit into a bucket that has rested.
    pub burst: u32,
}

impl Rate {
    /// So many a second on the long run; 0 counts as 1, and a million is the most that is told apart.
    #[must_use]
    pub fn per_second(most: u32, burst: u32) -> Self {
        Self { every: Duration::from_secs(1) / most.clamp(1, 1_000_000), burst: burst.max(1) }
    }

    /// How many a second on the long run, rounded down.
    #[must_use]
    pub fn a_second(self) -> u32 {
        u32::try_from(1_000_000 / self.every.as_micros().max(1)).unwrap_or(u32::MAX)
    }

    /// The same rate with room for so many times the burst.
    #[must_use]
    pub fn with_burst_times(self, times: u32) -> Self {
        Self { burst: self.burst.saturating_mul(times), ..self }
    }

    /// How long an empty bucket takes to be full of room again.
    fn whole(self) -> Duration {
        self.every.saturating_mul(self.burst)
    }
}

/// What was used of a rate: when the bucket will have all its room again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bucket(Micros);

impl Bucket {
    /// How long until one more fits; zero if it does now.
    pub fn wait(&mut self, rate: Rate, now: Micros) -> Duration {
        // Kept, or a clock that was set back would be waited for again and again.
        self.0 = self.rested_at(rate, now);
        self.0.plus(rate.every).since(now.plus(rate.whole()))
    }

    /// Takes one, or says how long until one fits; then nothing is taken.
    ///
    /// # Errors
    /// The time to wait.
    pub fn take(&mut self, rate: Rate, now: Micros) -> Result<(), Duration> {
        match self.wait(rate, now) {
            Duration::ZERO => {
                self.spend(rate, 1, now);
                Ok(())
            }
            wait => Err(wait),
        }
    }

    /// Takes what has been used already, whether it fits or not; whether it fitted.
    pub fn spend(&mut self, rate: Rate, times: u32, now: Micros) -> bool {
        let (rested, limit) = (self.rested_at(rate, now).plus(rate.every.saturating_mul(times)), now.plus(rate.whole()));
        self.0 = rested.min(limit);
        rested <= limit
    }

    /// Whether nothing is used of it.
    #[must_use]
    pub fn is_full(self, now: Micros) -> bool {
        self.0 <= now
    }

    /// Never before now, and never further away than an empty bucket is.
    fn rested_at(self, rate: Rate, now: Micros) -> Micros {
        self.0.max(now).min(now.plus(rate.whole()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SENDS: Rate = Rate { every: Duration::from_millis(200), burst: 10 };

    fn at(millis: i64) -> Micros {
        Micros(millis * 1_000)
    }

    #[test]
    fn the_burst_fits_and_one_more_does_not_until_its_time() {
        let mut bucket = Bucket::default();
        for n in 0..10 {
            assert_eq!(bucket.take(SENDS, at(1_000)), Ok(()), "{n}");
        }
        assert_eq!(bucket.take(SENDS, at(1_000)), Err(Duration::from_millis(200)));
        assert_eq!(bucket.take(SENDS, at(1_199)), Err(Duration::from_millis(1)));
        assert_eq!(bucket.take(SENDS, at(1_200)), Ok(()));
        assert_eq!(bucket.take(SENDS, at(1_200)), Err(Duration::from_millis(200)));
        // After a rest all of the burst fits again, and no more.
        for n in 0..10 {
            assert_eq!(bucket.take(SENDS, at(60_000)), Ok(()), "{n}");
        }
        assert!(bucket.take(SENDS, at(60_000)).is_err());
    }

    #[test]
    fn a_clock_that_was_set_back_by_an_hour_costs_one_turn() {
        let mut bucket = Bucket::default();
        (0..10).for_each(|_| bucket.take(SENDS, at(3_600_000)).unwrap());
        assert_eq!(bucket.take(SENDS, at(0)), Err(SENDS.every));
        assert_eq!(bucket.take(SENDS, at(200)), Ok(()));
    }

    #[test]
    fn what_was_used_already_is_counted_even_beyond_the_limit_and_forgotten_with_time() {
        let mut bucket = Bucket::default();
        assert!(bucket.spend(SENDS, 10, at(0)));
        assert!(!bucket.spend(SENDS, 1, at(0)));
        assert!(!bucket.spend(SENDS, 1_000, at(0)));
        assert!(!bucket.is_full(at(1_999)) && bucket.is_full(at(2_000)));
    }

    #[test]
    fn a_rate_of_nothing_is_one_and_a_huge_one_still_counts() {
        assert_eq!(Rate::per_second(0, 0), Rate { every: Duration::from_secs(1), burst: 1 });
        assert_eq!(Rate::per_second(u32::MAX, 5).every, Duration::from_micros(1));
        for n in [1, 5, 20, 1_000_000] {
            assert_eq!(Rate::per_second(n, 1).a_second(), n);
        }
    }

    proptest! {
        /// In any stretch of time no more is allowed than the burst and what has refilled meanwhile, and who waits
        /// as long as told is allowed.
        #[test]
        fn no_stretch_of_time_has_more_than_its_share(
            every_ms in 1u64..500, burst in 1u32..20, pauses in proptest::collection::vec(0i64..400, 1..200)
        ) {
            let rate = Rate { every: Duration::from_millis(every_ms), burst };
            let (mut bucket, mut now, mut allowed) = (Bucket::default(), at(0), Vec::new());
            for pause in pauses {
                now = now.plus(Duration::from_millis(pause.unsigned_abs()));
                match bucket.take(rate, now) {
                    Ok(()) => allowed.push(now),
                    Err(wait) => {
                        let mut bucket = bucket;
                        prop_assert!(!bucket.wait(rate, now.plus(wait).minus(Duration::from_micros(1))).is_zero());
                        prop_assert!(bucket.wait(rate, now.plus(wait)).is_zero());
                    }
                }
            }
            for (first, from) in allowed.iter().enumerate() {
                for (last, to) in allowed.iter().enumerate().skip(first) {
                    let share = u128::from(burst) + to.since(*from).as_millis() / u128::from(every_ms);
                    prop_assert!((last - first + 1) as u128 <= share, "{first} to {last}");
                }
            }
        }
    }
}
