//! Where each player and each team stands: a fold over the answers, so that a question taken out of the count, or a
//! server that takes over, gives the same as if all had been played so.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use allthrive_protocol::quiz::live::Mode;

use crate::quiz::fold::fold;
use crate::quiz::grade::WHOLE;
use crate::quiz::score::{Streak, points, round_half_up};

/// A player's number in the session, in the order of joining.
pub type PlayerNo = u32;

/// A question, as far as it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// What it is worth.
    pub worth: u32,
    /// Time to answer, milliseconds.
    pub limit_ms: Option<u32>,
    /// Whether an answer can be right or wrong.
    pub scored: bool,
    /// Whether it was taken out of the count.
    pub voided: bool,
}

impl Counted {
    fn counts(self) -> bool {
        self.scored && !self.voided
    }
}

/// An answer that was kept, graded: the last of its round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Graded {
    /// Whose.
    pub player: PlayerNo,
    /// To which question, from 0 on.
    pub q: u32,
    /// How right, in thousandths.
    pub credit: u32,
    /// The time that is scored, milliseconds.
    pub t_ms: u64,
}

/// Who is ranked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contestant {
    /// The number.
    pub player: PlayerNo,
    /// The name.
    pub name: String,
    /// The team, by its place in the list.
    pub team: Option<u32>,
}

/// What counts in this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// What counts.
    pub mode: Mode,
    /// Whether right answers in a row earn more.
    pub streak: bool,
}

/// What one question brought a player.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Earned {
    /// How right the answer was; none without one.
    pub credit: Option<u32>,
    /// Its time.
    pub t_ms: Option<u64>,
    /// Points for it.
    pub points: u64,
    /// And for right answers in a row.
    pub bonus: u64,
    /// Right answers in a row after it.
    pub streak: u32,
    /// Points in all after it.
    pub total: u64,
}

/// Where a player stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Points in all.
    pub total: u64,
    /// Wholly right answers.
    pub correct: u32,
    /// The time of the wholly right answers, summed.
    pub correct_ms: u64,
    /// The row of right answers.
    pub streak: Streak,
    /// By question.
    pub earned: Vec<Earned>,
}

/// One player's standing after `questions`, from that player's answers in any order; of two to one question the later
/// in the list is taken. No answer is needed where none was given.
#[must_use]
pub fn standing(rules: Rules, questions: &[Counted], answers: &[Graded]) -> Standing {
    let mut by_question: Vec<Option<&Graded>> = vec![None; questions.len()];
    for answer in answers {
        if let Some(place) = usize::try_from(answer.q).ok().and_then(|q| by_question.get_mut(q)) {
            *place = Some(answer);
        }
    }
    let mut standing = Standing::default();
    for (question, answer) in questions.iter().zip(by_question) {
        let credit = answer.map(|answer| answer.credit);
        let mut earned = Earned { credit, t_ms: answer.map(|answer| answer.t_ms), ..Earned::default() };
        if question.counts() {
            standing.streak.follow(credit);
            if let Some(answer) = answer {
                earned.points = points(rules.mode, question.worth, answer.credit, question.limit_ms, answer.t_ms);
            }
            if rules.streak && rules.mode != Mode::Survey {
                earned.bonus = standing.streak.bonus(credit, question.worth);
            }
            if credit == Some(WHOLE) {
                standing.correct += 1;
                standing.correct_ms = standing.correct_ms.saturating_add(earned.t_ms.unwrap_or(0));
            }
            standing.total = standing.total.saturating_add(earned.points).saturating_add(earned.bonus);
        }
        earned.streak = standing.streak.now;
        earned.total = standing.total;
        standing.earned.push(earned);
    }
    standing
}

/// The standings of all, from all answers in any order.
#[must_use]
pub fn standings(rules: Rules, questions: &[Counted], players: &[Contestant], answers: &[Graded]) -> BTreeMap<PlayerNo, Standing> {
    let mut of: HashMap<PlayerNo, Vec<Graded>> = HashMap::with_capacity(players.len());
    for answer in answers {
        of.entry(answer.player).or_default().push(*answer);
    }
    let none = Vec::new();
    players.iter().map(|one| (one.player, standing(rules, questions, of.get(&one.player).unwrap_or(&none)))).collect()
}

/// A line of a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    /// The place; who ties shares it, and the places behind are taken up (1, 1, 3).
    pub rank: u32,
    /// Who.
    pub player: PlayerNo,
    /// The name.
    pub name: String,
    /// The team.
    pub team: Option<u32>,
    /// Points in all.
    pub total: u64,
    /// Places won since the board before; none for who was not on it.
    pub moved: Option<i32>,
}

/// Everybody by place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Board {
    /// By rank, then by folded name, then by number.
    pub lines: Vec<Ranked>,
    at: HashMap<PlayerNo, usize>,
}

/// Ranks by points, then by wholly right answers, then, where speed counts, by the time they took. Who is not among
/// `players` (kicked) is not ranked and leaves no gap. `before` is the board that was shown last.
#[must_use]
pub fn board(mode: Mode, players: &[Contestant], standings: &BTreeMap<PlayerNo, Standing>, before: Option<&Board>) -> Board {
    let none = Standing::default();
    let merit = |player: PlayerNo| {
        let of = standings.get(&player).unwrap_or(&none);
        let slow = if mode == Mode::Speed { of.correct_ms } else { 0 };
        (Reverse(of.total), Reverse(of.correct), slow)
    };
    let mut order: Vec<_> = players.iter().map(|one| (merit(one.player), fold(&one.name), one)).collect();
    order.sort_unstable_by(|(one, name, who), (other, its_name, its)| (one, name, who.player).cmp(&(other, its_name, its.player)));
    let (mut lines, mut at) = (Vec::with_capacity(order.len()), HashMap::with_capacity(order.len()));
    let mut rank = 0;
    for (place, ((merit, _, who), n)) in order.iter().zip(1..).enumerate() {
        if place == 0 || order[place - 1].0 != *merit {
            rank = n;
        }
        let moved = before.and_then(|before| before.line(who.player)).map(|line| i64::from(line.rank) - i64::from(rank));
        at.insert(who.player, place);
        lines.push(Ranked {
            rank,
            player: who.player,
            name: who.name.clone(),
            team: who.team,
            total: merit.0.0,
            moved: moved.and_then(|moved| i32::try_from(moved).ok()),
        });
    }
    Board { lines, at }
}

impl Board {
    /// A player's line.
    #[must_use]
    pub fn line(&self, player: PlayerNo) -> Option<&Ranked> {
        self.at.get(&player).map(|at| &self.lines[*at])
    }

    /// The best: `most` lines and all who tie with the last of them, up to `bound` lines.
    #[must_use]
    pub fn top(&self, most: usize, bound: usize) -> &[Ranked] {
        let last = most.checked_sub(1).and_then(|last| self.lines.get(last)).map(|line| line.rank);
        let ties = last.map_or(self.lines.len(), |rank| self.lines.partition_point(|line| line.rank <= rank));
        &self.lines[..if most == 0 { 0 } else { ties.min(bound.max(most)) }.min(self.lines.len())]
    }

    /// The line before, the player's, the line behind.
    #[must_use]
    pub fn around(&self, player: PlayerNo) -> &[Ranked] {
        let Some(at) = self.at.get(&player).copied() else { return &[] };
        &self.lines[at.saturating_sub(1)..(at + 2).min(self.lines.len())]
    }

    /// Everybody on the next better rank ("Bo, Di", three names at most), and how many points they are ahead.
    #[must_use]
    pub fn ahead(&self, player: PlayerNo) -> Option<(String, u64)> {
        let own = self.line(player)?;
        let better = &self.lines[..self.lines.partition_point(|line| line.rank < own.rank)];
        let next = better.last()?;
        let start = better.partition_point(|line| line.rank < next.rank);
        let names: Vec<&str> = better[start..].iter().take(MAX_NAMES_AHEAD).map(|line| line.name.as_str()).collect();
        let more = better.len() - start > MAX_NAMES_AHEAD;
        Some((names.join(", ") + if more { ", …" } else { "" }, next.total - own.total))
    }

    /// The first three places; each holds all who share it, and a place that a tie takes up is empty.
    #[must_use]
    pub fn podium(&self) -> [Vec<Ranked>; 3] {
        [1, 2, 3].map(|step| self.lines.iter().take_while(|line| line.rank <= 3).filter(|line| line.rank == step).cloned().collect())
    }
}

/// More names do not fit on a phone's result card.
const MAX_NAMES_AHEAD: usize = 3;

/// Whose points count for a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TeamMember {
    /// The team, by its place in the list.
    pub team: u32,
    /// Points in all; of who left, those up to the question in which that was, which is all there are.
    pub total: u64,
}

/// A team's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TeamRanked {
    /// The place.
    pub rank: u32,
    /// Which, by its place in the list.
    pub team: u32,
    /// The mean of its members' points, rounded half up.
    pub total: u64,
    /// How many they are.
    pub players: u32,
}

/// Ranks the teams that have members, by the mean; who ties stands in the order of the list.
#[must_use]
pub fn teams(members: &[TeamMember]) -> Vec<TeamRanked> {
    let mut sums: BTreeMap<u32, (u128, u32)> = BTreeMap::new();
    for member in members {
        let (sum, players) = sums.entry(member.team).or_default();
        *sum += u128::from(member.total);
        *players += 1;
    }
    let mean = |(sum, players): (u128, u32)| u64::try_from(round_half_up(sum, u128::from(players))).unwrap_or(u64::MAX);
    let mut lines: Vec<TeamRanked> =
        sums.into_iter().map(|(team, of)| TeamRanked { rank: 0, team, total: mean(of), players: of.1 }).collect();
    lines.sort_by_key(|line| Reverse(line.total));
    let (mut rank, mut last) = (0, None);
    for (line, n) in lines.iter_mut().zip(1..) {
        if last != Some(line.total) {
            (rank, last) = (n, Some(line.total));
        }
        line.rank = rank;
    }
    lines
}

#[cfg(test)]
mod tests;
