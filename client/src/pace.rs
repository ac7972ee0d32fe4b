//! How fast the server takes messages of one connection, so that a client waits by itself instead of being refused.

use std::time::{Duration, Instant};

use allthrive_protocol::reply::Limits;

/// One connection's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    every: Duration,
    burst: u32,
    /// When all of the burst is there again.
    rested: Instant,
}

impl Pace {
    /// As the welcome says.
    pub(crate) fn new(limits: &Limits, now: Instant) -> Self {
        Self { every: Duration::from_secs(1) / limits.sends_per_second.max(1), burst: limits.send_burst.max(1), rested: now }
    }

    /// How long until the next message may go out.
    pub(crate) fn wait(&self, now: Instant) -> Duration {
        (self.rested.max(now) + self.every).saturating_duration_since(now + self.every * self.burst)
    }

    /// One goes out.
    pub(crate) fn spend(&mut self, now: Instant) {
        self.rested = self.rested.max(now) + self.every;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_burst_goes_out_at_once_and_the_rest_at_the_servers_rate() {
        let limits =
            Limits { max_frame_bytes: 0, max_batch: 0, max_body_chars: 0, sends_per_second: 5, send_burst: 10, commands_per_second: 20 };
        let start = Instant::now();
        let mut pace = Pace::new(&limits, start);
        for n in 0..10 {
            assert_eq!(pace.wait(start), Duration::ZERO, "{n}");
            pace.spend(start);
        }
        assert_eq!(pace.wait(start), Duration::from_millis(200));
        assert_eq!(pace.wait(start + Duration::from_millis(200)), Duration::ZERO);
    }
}
