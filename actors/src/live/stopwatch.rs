//! How long the present phase has lasted, on one node's own clock: stopped while the game stands still. No two nodes
//! ever compare their clocks; what passes from one to another is how much had gone by. Pure.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// A reading of a clock that never goes back, from a beginning that means nothing.
pub type Reading = Duration;

/// The clock of this process, at that moment.
#[must_use]
pub fn reading(at: Instant) -> Reading {
    static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);
    at.saturating_duration_since(*BEGINNING)
}

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stopwatch {
    /// What had gone by when it was last started or stopped.
    before: Duration,
    /// Since when it runs.
    since: Option<Reading>,
}

impl Stopwatch {
    /// Runs from now on, with so much gone by: nothing at the beginning of a phase, what was stored by who has begun it
    /// elsewhere.
    #[must_use]
    pub fn running(before: Duration, now: Reading) -> Self {
        Self { before, since: Some(now) }
    }

    /// Stands still at so much.
    #[must_use]
    pub fn stopped(before: Duration) -> Self {
        Self { before, since: None }
    }

    /// What has gone by at this moment; of a moment before it was started, what had gone by then.
    #[must_use]
    pub fn elapsed(&self, at: Reading) -> Duration {
        self.before + self.since.map_or(Duration::ZERO, |since| at.saturating_sub(since))
    }

    /// Stops. A second time changes nothing.
    pub fn stop(&mut self, now: Reading) {
        *self = Self::stopped(self.elapsed(now));
    }

    /// Goes on. A second time changes nothing.
    pub fn go_on(&mut self, now: Reading) {
        self.since.get_or_insert(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn what_stands_still_is_not_counted() {
        let mut watch = Stopwatch::running(ms(0), ms(100));
        assert_eq!(watch.elapsed(ms(8_100)), ms(8_000));
        watch.stop(ms(8_100));
        watch.stop(ms(9_000));
        assert_eq!(watch.elapsed(ms(53_100)), ms(8_000));
        watch.go_on(ms(53_100));
        watch.go_on(ms(54_000));
        assert_eq!(watch.elapsed(ms(58_100)), ms(13_000));
    }

    #[test]
    fn another_node_begins_with_what_had_gone_by() {
        let watch = Stopwatch::running(ms(12_000), ms(7));
        assert_eq!((watch.elapsed(ms(7)), watch.elapsed(ms(1_007))), (ms(12_000), ms(13_000)));
        // An answer that was read just before the question opened here took no time.
        assert_eq!(Stopwatch::running(ms(0), ms(50)).elapsed(ms(49)), ms(0));
    }
}
