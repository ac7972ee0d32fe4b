//! What an answer is worth: its time, its points, and the row of right answers it stands in. Whole numbers only; all
//! times are milliseconds.

use allthrive_protocol::quiz::live::{Factor, GRACE_MS, Mode};

use crate::quiz::grade::WHOLE;

/// Nobody reads and reacts faster: so much time costs nothing.
pub const FREE_MS: u64 = 500;
/// Most that the way to the player is credited with. A client that delays its pongs gains no more.
pub const MAX_CREDIT_MS: u64 = 250;
/// Most bonus for one answer, and what each right answer before it in the row adds.
const MAX_BONUS: u64 = 500;
const BONUS_STEP: u64 = 100;

/// When an answer came, as the player's node has measured it on its own monotonic clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timing {
    /// From when the options went out to when the answer was read.
    pub raw_ms: u64,
    /// The shortest of the last round trips to this client.
    pub rtt_ms: u64,
    /// How much of it the game stood still.
    pub paused_ms: u64,
    /// How much of it no server kept the game.
    pub outage_ms: u64,
    /// How much more time the player has.
    pub factor: Factor,
}

impl Timing {
    fn played_ms(&self) -> u64 {
        self.raw_ms.saturating_sub(self.paused_ms).saturating_sub(self.outage_ms)
    }
}

/// The time that is scored: what was played, less the way, over the player's factor; rounded down.
#[must_use]
pub fn answer_time(timing: &Timing) -> u64 {
    let own = timing.played_ms().saturating_sub(timing.rtt_ms.min(MAX_CREDIT_MS));
    let scaled = u128::from(own) * 1_000 / u128::from(timing.factor.thousandths());
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

/// Whether the answer came after the player's deadline and the grace for what was on its way. Nothing is late without a
/// limit. `extended_ms` is what hosts have added.
#[must_use]
pub fn is_late(timing: &Timing, limit_ms: Option<u32>, extended_ms: u64) -> bool {
    limit_ms.is_some_and(|limit| timing.played_ms() > own_limit(limit, timing.factor, extended_ms).saturating_add(u64::from(GRACE_MS)))
}

/// How long this player has, the grace left out.
#[must_use]
pub fn own_limit(limit_ms: u32, factor: Factor, extended_ms: u64) -> u64 {
    (u64::from(limit_ms) * u64::from(factor.thousandths()) / 1_000).saturating_add(extended_ms)
}

/// The points for a credit of `credit` thousandths after `t_ms` ([`answer_time`]). With [`Mode::Speed`] they fall in a
/// straight line from all within [`FREE_MS`] to half at the limit; the limit is the question's own, not what hosts have
/// added to it.
#[must_use]
pub fn points(mode: Mode, worth: u32, credit: u32, limit_ms: Option<u32>, t_ms: u64) -> u64 {
    let (worth, credit) = (u128::from(worth), u128::from(credit.min(WHOLE)));
    let falling = u128::from(limit_ms.map_or(0, |limit| u64::from(limit).saturating_sub(FREE_MS)));
    let points = match mode {
        Mode::Survey => 0,
        Mode::Speed if falling > 0 => {
            let t = u128::from(t_ms.min(limit_ms.map_or(0, u64::from)).saturating_sub(FREE_MS));
            round_half_up(worth * credit * (2 * falling - t), 2 * falling * 1_000)
        }
        Mode::Speed | Mode::Accuracy => round_half_up(worth * credit, 1_000),
    };
    u64::try_from(points).unwrap_or(u64::MAX)
}

/// `floor(n / d + 1/2)`; `d` is above 0.
pub(crate) fn round_half_up(n: u128, d: u128) -> u128 {
    (2 * n + d) / (2 * d)
}

/// A row of wholly right answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Streak {
    /// How many now.
    pub now: u32,
    /// The most so far.
    pub best: u32,
}

impl Streak {
    /// After a scored question that counts: `None` is no answer. A wholly right answer lengthens the row, one that is
    /// partly right leaves it, all else ends it. Questions that are not scored, or were taken out of the count, are not told.
    pub fn follow(&mut self, credit: Option<u32>) {
        match credit {
            Some(WHOLE) => self.now += 1,
            Some(1..WHOLE) => {}
            _ => self.now = 0,
        }
        self.best = self.best.max(self.now);
    }

    /// What the answer that was just followed earns beside its points.
    #[must_use]
    pub fn bonus(self, credit: Option<u32>, worth: u32) -> u64 {
        if credit == Some(WHOLE) && worth > 0 { (BONUS_STEP * u64::from(self.now.saturating_sub(1))).min(MAX_BONUS) } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_fall_from_all_to_half() {
        let table = [
            (1_000, 1_000, Some(20_000), 0, 1_000),
            (1_000, 1_000, Some(20_000), 500, 1_000),
            (1_000, 1_000, Some(20_000), 2_000, 962),
            (1_000, 1_000, Some(20_000), 20_000, 500),
            (1_000, 1_000, Some(20_000), 20_400, 500),
            (1_000, 1_000, Some(30_000), 2_000, 975),
            (1_000, 1_000, Some(5_000), 500, 1_000),
            (1_000, 1_000, Some(5_000), 2_750, 750),
            (500, 1_000, Some(10_000), 3_000, 434),
            (1_000, 333, Some(20_000), 2_000, 320),
            (0, 1_000, Some(20_000), 3_000, 0),
            (1_000, 0, Some(20_000), 100, 0),
            (1_000, 1_000, None, 0, 1_000),
            (1_000, 1_000, None, u64::MAX, 1_000),
            (1_000, 666, Some(20_000), 2_000, 640),
            (1_000, 500, Some(20_000), 2_000, 481),
        ];
        for (worth, credit, limit, t, expected) in table {
            assert_eq!(points(Mode::Speed, worth, credit, limit, t), expected, "{worth} {credit} {limit:?} {t}");
        }
    }

    #[test]
    fn without_speed_time_is_worth_nothing_and_a_survey_is_worth_nothing_at_all() {
        assert_eq!(points(Mode::Accuracy, 1_000, 1_000, Some(20_000), 20_000), 1_000);
        assert_eq!(points(Mode::Accuracy, 500, 333, Some(20_000), 0), 167);
        assert_eq!(points(Mode::Survey, 1_000, 1_000, Some(20_000), 0), 0);
    }

    #[test]
    fn halves_are_rounded_up() {
        assert_eq!(round_half_up(5, 10), 1);
        assert_eq!(round_half_up(4, 10), 0);
        assert_eq!(points(Mode::Accuracy, 500, 1, None, 0), 1);
    }

    #[test]
    fn the_time_that_counts_is_the_players_own() {
        let timing = |raw_ms, rtt_ms| Timing { raw_ms, rtt_ms, ..Timing::default() };
        let table = [
            ("near", timing(2_000, 80), 1_920, 964),
            ("far", timing(2_000, 250), 1_750, 968),
            ("farther than is credited", timing(2_000, 900), 1_750, 968),
            ("instant", timing(120, 200), 0, 1_000),
            ("in grace", timing(20_450, 120), 20_330, 500),
            ("twice the time", Timing { factor: Factor::Double, ..timing(10_000, 0) }, 5_000, 885),
            ("half as much again", Timing { factor: Factor::Half, ..timing(3_000, 0) }, 2_000, 962),
            ("a pause inside", Timing { paused_ms: 45_000, ..timing(58_000, 0) }, 13_000, 679),
            ("an outage inside", Timing { outage_ms: 45_000, ..timing(58_000, 0) }, 13_000, 679),
            ("a reload at 8 s", timing(12_000, 0), 12_000, 705),
        ];
        for (what, timing, t, expected) in table {
            assert_eq!(answer_time(&timing), t, "{what}");
            assert_eq!(points(Mode::Speed, 1_000, 1_000, Some(20_000), t), expected, "{what}");
            assert!(!is_late(&timing, Some(20_000), 0), "{what}");
        }
    }

    #[test]
    fn an_answer_is_late_after_the_grace() {
        let timing = |raw_ms| Timing { raw_ms, rtt_ms: 120, ..Timing::default() };
        assert!(!is_late(&timing(20_500), Some(20_000), 0));
        assert!(is_late(&timing(20_501), Some(20_000), 0), "the way is credited to the time, not to the deadline");
        assert!(!is_late(&timing(30_500), Some(20_000), 10_000));
        assert!(is_late(&timing(30_501), Some(20_000), 10_000));
        let double = |raw_ms| Timing { factor: Factor::Double, ..timing(raw_ms) };
        assert!(!is_late(&double(40_500), Some(20_000), 0));
        assert!(is_late(&double(40_501), Some(20_000), 0));
        assert!(!is_late(&timing(u64::MAX), None, 0));
        assert!(!is_late(&Timing { paused_ms: 45_000, ..timing(65_500) }, Some(20_000), 0));
    }

    #[test]
    fn a_row_of_right_answers_earns_up_to_500() {
        let mut streak = Streak::default();
        let bonus: Vec<u64> = (0..8)
            .map(|_| {
                streak.follow(Some(WHOLE));
                streak.bonus(Some(WHOLE), 1_000)
            })
            .collect();
        assert_eq!(bonus, [0, 100, 200, 300, 400, 500, 500, 500]);
        assert_eq!(streak.bonus(Some(WHOLE), 0), 0);
        streak.follow(Some(500));
        assert_eq!((streak.now, streak.bonus(Some(500), 1_000)), (8, 0));
        streak.follow(None);
        assert_eq!(streak, Streak { now: 0, best: 8 });
        streak.follow(Some(WHOLE));
        streak.follow(Some(0));
        assert_eq!(streak.now, 0);
    }

    proptest::proptest! {
        #[test]
        fn a_slower_answer_is_never_worth_more(limit in 5_000..=240_000_u32, t in 0..300_000_u64, more in 0..10_000_u64, credit in 0..=1_000_u32) {
            let of = |t| points(Mode::Speed, 2_000, credit, Some(limit), t);
            proptest::prop_assert!(of(t) >= of(t + more));
            proptest::prop_assert!(2 * of(t) + 1 >= points(Mode::Accuracy, 2_000, credit, None, 0));
        }
    }
}
