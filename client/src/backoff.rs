//! How long to wait before the next attempt: longer each time, and never in step with the others.

use std::time::Duration;

use uuid::Uuid;

/// The first wait is at most this long: a restart of the server takes about as much.
const FIRST: Duration = Duration::from_millis(250);
/// No wait is longer: a person looks at the screen.
const LONGEST: Duration = Duration::from_secs(15);

/// Full jitter: each wait is a random part of a bound that doubles. A thousand clients cut at once
/// come back spread over the bound instead of together.
#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The wait after one more failure.
    pub fn next_wait(&mut self) -> Duration {
        self.wait(random_fraction())
    }

    /// Contact: the next failure is the first again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    fn wait(&mut self, fraction: f64) -> Duration {
        let bound = FIRST.saturating_mul(2_u32.saturating_pow(self.failures)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        bound.mul_f64(fraction)
    }
}

/// From 0 to 1. The id source is random enough to spread clients; nothing secret hangs on it.
fn random_fraction() -> f64 {
    let (_, low) = Uuid::new_v4().as_u64_pair();
    f64::from(u32::try_from(low & u64::from(u32::MAX)).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_doubles_up_to_its_end_and_begins_anew_after_contact() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..8).map(|_| backoff.wait(1.0).as_millis()).collect();
        assert_eq!(waits, [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
        for _ in 0..1_000 {
            assert!(backoff.next_wait() <= LONGEST);
        }
        backoff.reset();
        assert_eq!(backoff.wait(0.5).as_millis(), 125);
    }
}
