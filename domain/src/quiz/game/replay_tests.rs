//! Whole games, played by the rules, and what their answers come to.

use allthrive_protocol::quiz::live::{Factor, Mode, Settings};
use proptest::prelude::*;

use super::fixtures::{KINDS, Secret, given, guest, of_kind, quiz, who};
use super::tests::{Move, moves, settings, taken_in};
use super::{Game, Kept, Phase, Player, Standing, standing, timer};
use crate::quiz::freeze::Frozen;
use crate::quiz::grade::grade;
use crate::quiz::report::{Session, report};
use crate::quiz::score::{Streak, Timing, answer_time, is_late, points};

const PLAYERS: u32 = 4;

/// A session that takes answers as the rules have it: in time, to what is open, each once or until it is changed.
struct Played {
    game: Game,
    quiz: Frozen,
    players: Vec<Player>,
    answers: Vec<Kept>,
}

impl Played {
    fn answer(&mut self, player: u32, draw: u32, raw_ms: u64) {
        let (q, round) = (self.game.q, self.game.round);
        let asked = &self.quiz.questions[q as usize];
        let timing = Timing { raw_ms, factor: self.players[player as usize].factor, ..Timing::default() };
        let own = |kept: &&Kept| (kept.player, kept.q, kept.round) == (guest(player), q, round);
        let n = u32::try_from(self.answers.iter().filter(own).count()).unwrap();
        let is_taken =
            self.game.phase == Phase::Open && self.game.paused.is_none() && !is_late(&timing, asked.limit_ms, self.game.extend_ms);
        if let Some(choice) = given(&asked.form, draw).filter(|_| is_taken && (n == 0 || self.game.settings.may_change)) {
            let no = self.answers.len() as u64 + 1;
            self.answers.push(Kept { player: guest(player), q, round, n, no, choice, t_ms: answer_time(&timing) });
        }
    }

    /// What that player has, added up question by question as one would by hand: points, wholly right answers, their time,
    /// the longest row.
    fn by_hand(&self, player: u32) -> (u64, u32, u64, u32) {
        let Settings { mode, streak, .. } = self.game.settings;
        let (mut total, mut correct, mut correct_ms, mut row) = (0, 0, 0, Streak::default());
        for (q, round) in self.game.asked.iter().filter(|(q, _)| !self.game.voided.contains(q)) {
            let asked = &self.quiz.questions[*q as usize];
            if !asked.is_scored() {
                continue;
            }
            let own = self.answers.iter().filter(|kept| (kept.player, kept.q, kept.round) == (guest(player), *q, *round));
            let last = own.max_by_key(|kept| kept.n);
            let credit = last.and_then(|kept| grade(asked, &kept.choice)).map(|grade| grade.credit);
            row.follow(credit);
            if let (Some(kept), Some(credit)) = (last, credit) {
                total += points(mode, asked.points, credit, asked.limit_ms, kept.t_ms);
                total += if streak && mode != Mode::Survey { row.bonus(Some(credit), asked.points) } else { 0 };
                if credit == 1_000 {
                    correct += 1;
                    correct_ms += kept.t_ms;
                }
            }
        }
        (total, correct, correct_ms, row.best)
    }

    fn standing(&self) -> Standing {
        standing(&self.game, &self.quiz, &self.players, &self.answers)
    }

    /// As it is told in the end: of each player the place, the points, the wholly right answers, the longest row.
    fn told(&self) -> Vec<(u32, u32, u64, u32, u32)> {
        let (standing, over) = (self.standing(), Game { phase: Phase::Podium, ..self.game.clone() });
        let line = |line: &crate::quiz::rank::Ranked| {
            let sum = standing.sum(&over, line.player).unwrap();
            (line.player, line.rank, line.total, sum.correct, sum.best_streak)
        };
        let mut lines: Vec<_> = standing.board(&over).lines.iter().map(line).collect();
        lines.sort_unstable();
        lines
    }

    /// The same, by hand: who is better than oneself stands before.
    fn expected(&self) -> Vec<(u32, u32, u64, u32, u32)> {
        let counts = |(q, _): &&(u32, u32)| self.quiz.questions[*q as usize].is_scored() && !self.game.voided.contains(q);
        if self.game.settings.mode == Mode::Survey || self.game.asked.iter().find(counts).is_none() {
            return Vec::new();
        }
        let is_speed = self.game.settings.mode == Mode::Speed;
        let all: Vec<_> = (0..PLAYERS).map(|player| self.by_hand(player)).collect();
        let merit = |(total, correct, ms, _): &(u64, u32, u64, u32)| (*total, *correct, std::cmp::Reverse(if is_speed { *ms } else { 0 }));
        let rank = |own| 1 + u32::try_from(all.iter().filter(|other| merit(other) > merit(own)).count()).unwrap();
        (0..).zip(&all).map(|(player, own)| (player, rank(own), own.0, own.1, own.3)).collect()
    }
}

/// What happens: a move of the game, or an answer.
#[derive(Debug, Clone)]
enum Event {
    Moved(Move),
    Answered { player: u32, draw: u32, raw_ms: u64 },
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let answered = (0..PLAYERS, any::<u32>(), 0..45_000_u64).prop_map(|(player, draw, raw_ms)| Event::Answered { player, draw, raw_ms });
    let due = Just(Event::Moved(Move::Due));
    let event = prop_oneof![2 => moves().prop_map(Event::Moved), 4 => due, 6 => answered];
    prop::collection::vec(event, 40..250)
}

fn harbour() -> Frozen {
    let known = Secret { right: vec![true, false, true, false, false], order: vec![0, 1, 2, 3, 4], value: 1.0, percent: 60 };
    quiz((0..KINDS).map(|kind| of_kind(kind, &known)).collect())
}

proptest! {
    #[test]
    fn a_whole_game_is_the_fold_over_its_answers_at_every_step(
        (settings, streak, may_change) in (settings(), any::<bool>(), any::<bool>()),
        events in events(),
        turned in any::<prop::sample::Index>(),
    ) {
        let quiz = harbour();
        let factors = [Factor::Usual, Factor::Double, Factor::Half, Factor::Usual];
        let players = (0..).zip(factors).map(|(no, factor)| Player { factor, ..who(no, &format!("P{no}")) }).collect();
        // Whatever would end it early or wait for a host does not: there are many questions to get to.
        let settings = Settings { streak, may_change, advance_ms: Some(3_000), intro_ms: Some(0), reveal_ms: Some(0), ..settings };
        let mut game = Game::new(settings, u32::try_from(KINDS).unwrap());
        game.starting = true;
        let mut played = Played { game, quiz, players, answers: Vec::new() };
        for event in events {
            match event {
                Event::Answered { player, draw, raw_ms } => played.answer(player, draw, raw_ms),
                Event::Moved(Move::Due) if timer(&played.game, &played.quiz).is_none() => {}
                Event::Moved(one) => {
                    let Ok(next) = taken_in(&played.quiz, &played.game, one) else { continue };
                    let is_told = (&next.asked, &next.voided) != (&played.game.asked, &played.game.voided);
                    played.game = next;
                    if is_told {
                        prop_assert_eq!(played.told(), played.expected());
                    }
                }
            }
        }
        prop_assert_eq!(played.told(), played.expected());
        let (game, quiz, players, answers) = (&played.game, &played.quiz, &played.players[..], &played.answers[..]);
        let report = report(&Session { game, quiz, players, answers, began_at: None, ended_at: None });
        for player in report.players {
            let rows = report.answers.iter().filter(|row| row.player == player.no);
            prop_assert_eq!(rows.map(|row| row.points + row.bonus).sum::<u64>(), player.points);
        }
        // Another server reads the same answers in another order.
        let told = played.told();
        played.answers.reverse();
        if !played.answers.is_empty() {
            let by = turned.index(played.answers.len());
            played.answers.rotate_left(by);
        }
        played.players.reverse();
        prop_assert_eq!(played.told(), told);
        // Each question taken out afterwards, one more at a time.
        for (q, _) in played.game.asked.clone() {
            played.game.voided.insert(q);
            prop_assert_eq!(played.told(), played.expected());
        }
    }
}
