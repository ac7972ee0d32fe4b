//! Where the players of a session stand: a fold over the answers that are kept. Nothing of it is stored, so that a
//! question taken out of the count, or a server that takes over, gives the same as if all had been played so.

use std::collections::{HashMap, HashSet};

use allthrive_protocol::Principal;
use allthrive_protocol::quiz::live::Mode;

use super::{Game, Kept, Player, PlayerState};
use crate::quiz::freeze::{Asked, Frozen};
use crate::quiz::grade::{WHOLE, grade};
use crate::quiz::rank::{self, Board, Contestant, Counted, Earned, Graded, PlayerNo, Rules, TeamMember, TeamRanked};

/// Where everybody stands after the rounds that were asked to their end ([`Game::asked`]).
///
/// It is made when a question is locked, and holds then what that question was worth. Until its solution is shown nobody
/// may hear of that: [`Standing::board`] gives the ranking without it, and the rest is told in phases that are solved.
/// To be made anew whenever [`Game::asked`] or [`Game::voided`] changes, or who plays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Standing {
    /// The last round that was asked to its end.
    round: Option<(u32, u32)>,
    /// What it was worth to each.
    earned: HashMap<PlayerNo, Earned>,
    /// The questions that count: scored, and not taken out.
    counted: Vec<u32>,
    now: Board,
    /// Without the last of those that count.
    before: Board,
    sums: HashMap<PlayerNo, Sum>,
    teams: Vec<TeamRanked>,
}

/// What a player's board line does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// Wholly right answers.
    pub correct: u32,
    /// The longest row of them.
    pub best_streak: u32,
}

impl Standing {
    /// The ranking that may be known in this phase: without a question whose solution is still to come. Empty before the
    /// first question that counts, and where nothing does.
    #[must_use]
    pub fn board(&self, game: &Game) -> &Board {
        let is_to_come = game.phase.is_played() && !game.phase.is_solved() && self.counted.last() == Some(&game.q);
        if is_to_come { &self.before } else { &self.now }
    }

    /// What the present question was worth to that player; none before its solution.
    #[must_use]
    pub fn earned(&self, game: &Game, player: PlayerNo) -> Option<Earned> {
        let is_told = game.phase.is_played() && game.phase.is_solved() && self.round == Some((game.q, game.round));
        self.earned.get(&player).copied().filter(|_| is_told)
    }

    /// What else there is to tell of a player, in phases that are solved.
    #[must_use]
    pub fn sum(&self, game: &Game, player: PlayerNo) -> Option<Sum> {
        self.sums.get(&player).copied().filter(|_| game.phase.is_solved())
    }

    /// The teams by place; none before a solution.
    #[must_use]
    pub fn teams(&self, game: &Game) -> &[TeamRanked] {
        if game.phase.is_solved() { &self.teams } else { &[] }
    }

    /// The questions that count, in the order in which they were asked.
    pub(crate) fn counted(&self) -> &[u32] {
        &self.counted
    }

    /// How many of the questions that were asked to their end count.
    #[must_use]
    pub fn scored(&self) -> u32 {
        u32::try_from(self.counted.len()).unwrap_or(u32::MAX)
    }
}

/// The standing, from all players and all answers, both in any order. Only rounds of [`Game::asked`] count, and of a
/// player's answers to one the last. Who was put out is not ranked, nor who left without having answered anything.
#[must_use]
pub fn standing(game: &Game, quiz: &Frozen, players: &[Player], answers: &[Kept]) -> Standing {
    standing_of(game, quiz, &folded(game, quiz, players, answers))
}

/// A ranked player with what all answers come to.
#[derive(Debug)]
pub(crate) struct Folded<'a> {
    pub player: &'a Player,
    pub who: Contestant,
    /// Of each round of [`Game::asked`] the answer that counts.
    pub own: Vec<Option<Marked<'a>>>,
    pub sum: rank::Standing,
}

/// An answer with its grade.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Marked<'a> {
    pub kept: &'a Kept,
    /// None where nothing is right or wrong.
    pub graded: Option<Graded>,
}

/// Those who are ranked, in the order of `players`.
pub(crate) fn folded<'a>(game: &Game, quiz: &Frozen, players: &'a [Player], answers: &'a [Kept]) -> Vec<Folded<'a>> {
    let questions = counted(game, quiz);
    let rules = Rules { mode: game.settings.mode, streak: game.settings.streak };
    let mut graded = Vec::with_capacity(game.asked.len());
    let mut all = Vec::with_capacity(players.len());
    for (player, own) in players.iter().zip(last_answers(game, quiz, players, answers)) {
        let Some(who) = contestant(player, &own) else { continue };
        graded.clear();
        graded.extend(own.iter().flatten().filter_map(|marked| marked.graded));
        let sum = rank::standing(rules, &questions, &graded);
        all.push(Folded { player, who, own, sum });
    }
    all
}

fn at<T>(list: &[T], q: u32) -> Option<&T> {
    list.get(usize::try_from(q).ok()?)
}

/// The questions as far as they count: one that was not asked to its end is not scored.
fn counted(game: &Game, quiz: &Frozen) -> Vec<Counted> {
    let asked: HashSet<u32> = game.asked.iter().map(|(q, _)| *q).collect();
    let counted = |(q, one): (u32, &Asked)| Counted {
        worth: one.points,
        limit_ms: one.limit_ms,
        scored: one.is_scored() && asked.contains(&q),
        voided: game.voided.contains(&q),
    };
    (0..).zip(&quiz.questions).map(counted).collect()
}

/// Of each player the last answer to each round of [`Game::asked`], in the order of both. They are graded as they come:
/// in the order in which they lie in memory.
fn last_answers<'a>(game: &Game, quiz: &Frozen, players: &[Player], answers: &'a [Kept]) -> Vec<Vec<Option<Marked<'a>>>> {
    let row: HashMap<Principal, (usize, PlayerNo)> = players.iter().zip(0..).map(|(one, row)| (one.player, (row, one.no))).collect();
    let mut columns: Vec<Option<(u32, usize)>> = vec![None; quiz.questions.len()];
    for ((q, round), column) in game.asked.iter().zip(0..) {
        if let Some(place) = usize::try_from(*q).ok().and_then(|q| columns.get_mut(q)) {
            *place = Some((*round, column));
        }
    }
    let mut last: Vec<Vec<Option<Marked<'_>>>> = vec![vec![None; game.asked.len()]; players.len()];
    for kept in answers {
        let Some((round, column)) = at(&columns, kept.q).copied().flatten() else { continue };
        let Some((row, no)) = row.get(&kept.player).filter(|_| round == kept.round) else { continue };
        let place = &mut last[*row][column];
        if place.is_none_or(|other| (other.kept.n, other.kept.no) < (kept.n, kept.no)) {
            *place = Some(Marked { kept, graded: mark(quiz, *no, kept) });
        }
    }
    last
}

/// As what a player is ranked, if it is. `own` are its answers to the rounds that stand.
fn contestant(player: &Player, own: &[Option<Marked<'_>>]) -> Option<Contestant> {
    let is_ranked = match player.state {
        PlayerState::Active => true,
        PlayerState::Left => own.iter().any(Option::is_some),
        PlayerState::Kicked | PlayerState::Banned => false,
    };
    is_ranked.then(|| Contestant { player: player.no, name: player.name.clone(), team: player.team })
}

/// An answer with its grade; none where nothing is right or wrong.
fn mark(quiz: &Frozen, player: PlayerNo, kept: &Kept) -> Option<Graded> {
    let grade = grade(at(&quiz.questions, kept.q)?, &kept.choice)?;
    Some(Graded { player, q: kept.q, credit: grade.credit, t_ms: kept.t_ms })
}

/// The standing of those who are ranked.
pub(crate) fn standing_of(game: &Game, quiz: &Frozen, folded: &[Folded<'_>]) -> Standing {
    let questions = counted(game, quiz);
    let counts = |q: &u32| at(&questions, *q).is_some_and(|one| one.scored && !one.voided);
    let counted: Vec<u32> = game.asked.iter().map(|(q, _)| *q).filter(counts).collect();
    let round = game.asked.last().copied();
    let earned = |one: &Folded| Some((one.who.player, at(&one.sum.earned, round?.0).copied()?));
    let earned = folded.iter().filter_map(earned).collect();
    if game.settings.mode == Mode::Survey || counted.is_empty() {
        return Standing { round, earned, counted, ..Standing::default() };
    }
    // Each against the one before it: three, so that the one before has its moves, too.
    let oldest = ranked(game, &counted, folded, 2, None);
    let before = ranked(game, &counted, folded, 1, oldest.as_ref());
    let now = ranked(game, &counted, folded, 0, before.as_ref()).unwrap_or_default();
    let member = |one: &Folded| Some(TeamMember { team: one.who.team?, total: one.sum.total });
    let teams = rank::teams(&folded.iter().filter_map(member).collect::<Vec<_>>());
    let sum = |of: &rank::Standing| Sum { correct: of.correct, best_streak: of.streak.best };
    let sums = folded.iter().map(|one| (one.who.player, sum(&one.sum))).collect();
    Standing { round, earned, counted, now, before: before.unwrap_or_default(), sums, teams }
}

/// The board as it was without the last `less` questions that count, of those who had come by then; none before the
/// first.
fn ranked(game: &Game, counted: &[u32], folded: &[Folded<'_>], less: usize, before: Option<&Board>) -> Option<Board> {
    let (then, since) = counted.split_at(counted.len().checked_sub(less)?);
    let last = *then.last()?;
    let here: Vec<&Folded<'_>> = folded.iter().filter(|one| less == 0 || one.player.joined_q <= last).collect();
    let sums = here.iter().map(|one| (one.who.player, without(&one.sum, since))).collect();
    let who: Vec<Contestant> = here.into_iter().map(|one| one.who.clone()).collect();
    Some(rank::board(game.settings.mode, &who, &sums, before))
}

/// What is ranked of it, as it was without these, behind which nothing counts.
fn without(of: &rank::Standing, since: &[u32]) -> rank::Standing {
    let mut left = rank::Standing { total: of.total, correct: of.correct, correct_ms: of.correct_ms, ..rank::Standing::default() };
    for earned in since.iter().filter_map(|q| at(&of.earned, *q)) {
        left.total = left.total.saturating_sub(earned.points).saturating_sub(earned.bonus);
        if earned.credit == Some(WHOLE) {
            left.correct = left.correct.saturating_sub(1);
            left.correct_ms = left.correct_ms.saturating_sub(earned.t_ms.unwrap_or(0));
        }
    }
    left
}

#[cfg(test)]
mod tests;
