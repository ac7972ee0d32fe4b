//! What is odd about a player's answers: hosts see it beside the name, and nothing follows by itself.

use std::collections::HashMap;

use allthrive_protocol::Principal;

use super::Kept;

/// Nobody reads a question and chooses within so long.
const FAST_MS: u64 = 150;
/// So often it is no chance.
const OFTEN: usize = 3;

/// Answers faster than one can read, again and again.
pub const FAST: &str = "fast";
/// The same times as somebody else's, to the millisecond, again and again.
pub const IN_STEP: &str = "in_step";

/// Players with what is odd about their answers; those with nothing are left out.
#[must_use]
pub fn marks(answers: &[Kept]) -> HashMap<Principal, Vec<&'static str>> {
    let mut times: HashMap<Principal, Vec<(u32, u32, u64)>> = HashMap::new();
    for kept in answers.iter().filter(|kept| kept.n == 0) {
        times.entry(kept.player).or_default().push((kept.q, kept.round, kept.t_ms));
    }
    let mut alike: HashMap<Vec<(u32, u32, u64)>, u32> = HashMap::new();
    for own in times.values_mut() {
        own.sort_unstable();
        if own.len() >= OFTEN {
            *alike.entry(own[own.len() - OFTEN..].to_vec()).or_default() += 1;
        }
    }
    let of = |own: &[(u32, u32, u64)]| {
        let fast = own.iter().filter(|(.., t_ms)| *t_ms < FAST_MS).count() >= OFTEN;
        let in_step = own.len() >= OFTEN && alike.get(&own[own.len() - OFTEN..]).is_some_and(|players| *players > 1);
        [(fast, FAST), (in_step, IN_STEP)].into_iter().filter_map(|(is, mark)| is.then_some(mark)).collect::<Vec<_>>()
    };
    times.iter().map(|(player, own)| (*player, of(own))).filter(|(_, marks)| !marks.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use allthrive_protocol::PlayerId;
    use allthrive_protocol::quiz::Given;
    use uuid::Uuid;

    use super::*;

    fn player(n: u128) -> Principal {
        Principal::Guest(PlayerId(Uuid::from_u128(n)))
    }

    fn answers(of: u128, times: &[u64]) -> Vec<Kept> {
        let kept =
            |(q, t_ms): (u32, &u64)| Kept { player: player(of), q, round: 0, n: 0, no: 0, choice: Given::Text("x".into()), t_ms: *t_ms };
        (0..).zip(times).map(kept).collect()
    }

    #[test]
    fn who_answers_faster_than_one_reads_three_times_is_marked() {
        assert_eq!(marks(&answers(1, &[100, 149, 3_000, 0])), HashMap::from([(player(1), vec![FAST])]));
        assert_eq!(marks(&answers(1, &[100, 149, 150, 3_000])), HashMap::new());
    }

    #[test]
    fn two_who_answer_in_step_three_times_running_are_marked_and_one_chance_is_none() {
        let all =
            [answers(1, &[900, 1_000, 2_000, 3_000]), answers(2, &[800, 1_000, 2_000, 3_000]), answers(3, &[900, 1_000, 2_000, 3_001])];
        let marks = marks(&all.concat());
        assert_eq!((marks.get(&player(1)), marks.get(&player(2))), (Some(&vec![IN_STEP]), Some(&vec![IN_STEP])));
        assert!(!marks.contains_key(&player(3)));
    }
}
