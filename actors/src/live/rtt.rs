//! How long the line to a peer takes, there and back: measured by the server alone, from its own pings. Pure.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

/// Samples that count; the least of them is the line, the others are what stood in its way.
const SAMPLES: usize = 8;
/// Pings that may be on their way at once.
const MOST_ASKED: usize = 4;
/// The most that is taken off an answer's time. Whoever holds back all pongs wins this and no more.
pub const MOST_CREDIT: Duration = Duration::from_millis(250);

/// The pings of one connection and what came back.
#[derive(Debug, Default)]
pub struct Rtt {
    asked: VecDeque<(Bytes, Instant)>,
    samples: VecDeque<Duration>,
}

impl Rtt {
    /// A ping with this payload, which nobody can guess, leaves now.
    pub fn asked(&mut self, payload: Bytes, now: Instant) {
        if self.asked.len() >= MOST_ASKED {
            self.asked.pop_front();
        }
        self.asked.push_back((payload, now));
    }

    /// A pong came. One that answers no ping of ours, or the same a second time, says nothing.
    pub fn answered(&mut self, payload: &[u8], now: Instant) {
        let Some(at) = self.asked.iter().position(|(asked, _)| asked == payload) else { return };
        let Some((_, asked)) = self.asked.remove(at) else { return };
        if self.samples.len() >= SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(now.saturating_duration_since(asked));
    }

    /// What is taken off the time of an answer: the least of the last samples, 250 ms at most; nothing while there is
    /// none.
    #[must_use]
    pub fn credit(&self) -> Duration {
        self.samples.iter().min().copied().unwrap_or_default().min(MOST_CREDIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn the_credit_is_the_least_of_the_last_eight_and_250_ms_at_most() {
        let (mut rtt, start) = (Rtt::default(), Instant::now());
        assert_eq!(rtt.credit(), ms(0));
        let mut sample = |millis: u64| {
            rtt.asked(Bytes::from_static(b"?"), start);
            rtt.answered(b"?", start + ms(millis));
            rtt.credit()
        };
        assert_eq!(sample(900), ms(250));
        assert_eq!(sample(80), ms(80));
        (0..7).for_each(|_| assert_eq!(sample(120), ms(80)));
        assert_eq!(sample(120), ms(120));
    }

    #[test]
    fn a_pong_nobody_asked_for_says_nothing_and_the_same_counts_once() {
        let (mut rtt, start) = (Rtt::default(), Instant::now());
        rtt.answered(b"x", start);
        assert_eq!(rtt.credit(), ms(0));
        rtt.asked(Bytes::from_static(b"a"), start);
        rtt.answered(b"b", start + ms(1));
        assert_eq!(rtt.credit(), ms(0));
        rtt.answered(b"a", start + ms(90));
        rtt.answered(b"a", start + ms(10));
        assert_eq!(rtt.credit(), ms(90));
    }
}
