use allthrive_protocol::quiz::content::{Body, Choice, Grading, Question, Quiz};
use allthrive_protocol::quiz::live::{Factor, Settings};
use allthrive_protocol::quiz::view::Form;
use allthrive_protocol::quiz::{Difficulty, Given, OptionId};
use allthrive_protocol::{PlayerId, Principal};
use uuid::Uuid;

use super::*;
use crate::quiz::freeze::{Key, freeze};
use crate::quiz::game::Phase;
use crate::time::Micros;

/// `count` questions of 20 s: which two of four? Half the points for one of them.
fn quiz(count: usize) -> Frozen {
    let choice = |text: &str, correct| Choice { text: text.into(), correct, ..Choice::default() };
    let options = vec![choice("a", true), choice("b", true), choice("c", false), choice("d", false)];
    let body = Body::MultipleChoice { options, grading: Grading::Partial };
    let (explanation, hint, image, notes) = (None, None, None, None);
    let question = Question { stem: "Which?".into(), body, explanation, hint, image, notes, limit_ms: Some(20_000), points: 1_000 };
    let (description, topic, difficulty) = (String::new(), String::new(), Difficulty::Beginner);
    let (minutes, language, image) = (None, None, None);
    let quiz = Quiz { title: "Harbour".into(), description, topic, difficulty, minutes, language, image, questions: vec![question; count] };
    freeze(&quiz, &[7; 32], false)
}

fn guest(no: u32) -> Principal {
    Principal::Guest(PlayerId(Uuid::from_u128(u128::from(no) + 1)))
}

fn who(no: u32, name: &str) -> Player {
    Player {
        player: guest(no),
        no,
        name: name.into(),
        skeleton: name.to_lowercase(),
        team: None,
        factor: Factor::Usual,
        state: PlayerState::Active,
        joined_at: Micros(0),
        joined_q: 0,
        change: 0,
    }
}

/// An answer of that many thousandths.
fn kept(quiz: &Frozen, player: u32, q: u32, credit: u32, t_ms: u64) -> Kept {
    let Key::Options { right, .. } = &quiz.questions[q as usize].key else { panic!("a choice") };
    let Form::Some { options } = &quiz.questions[q as usize].form else { panic!("of several") };
    let wrong: Vec<OptionId> = options.iter().map(|option| option.id).filter(|id| !right.contains(id)).collect();
    let chosen = match credit {
        1_000 => right.clone(),
        500 => vec![right[0]],
        _ => wrong,
    };
    Kept { player: guest(player), q, round: 0, n: 0, no: u64::from(q) * 100 + u64::from(player), choice: Given::Options(chosen), t_ms }
}

fn game(of: u32, asked: u32, phase: Phase) -> Game {
    let settings = Settings { streak: true, ..Settings::default() };
    let q = asked.saturating_sub(1);
    Game { phase, q, asked: (0..asked).map(|q| (q, 0)).collect(), ..Game::new(settings, of) }
}

/// The game of seven questions.
fn seven(quiz: &Frozen) -> Vec<Kept> {
    let played = [(1_000, 2_000), (1_000, 2_000), (1_000, 10_250), (500, 2_000), (1_000, 20_000), (0, 3_000), (1_000, 500)];
    (0..).zip(played).map(|(q, (credit, t))| kept(quiz, 0, q, credit, t)).collect()
}

fn told(standing: &Standing, game: &Game) -> Vec<(u32, String, u64, Option<i32>)> {
    standing.board(game).lines.iter().map(|line| (line.rank, line.name.clone(), line.total, line.moved)).collect()
}

#[test]
fn a_game_is_a_fold_over_its_answers_and_voiding_counts_it_anew() {
    let quiz = quiz(7);
    let (players, answers) = ([who(0, "Ana")], seven(&quiz));
    let totals = [962, 2_024, 2_974, 3_455, 4_255, 4_255, 5_255];
    let bonuses = [0, 100, 200, 0, 300, 0, 0];
    for (asked, (total, bonus)) in (1..).zip(totals.into_iter().zip(bonuses)) {
        let game = game(7, asked, Phase::Solution);
        let standing = standing(&game, &quiz, &players, &answers);
        assert_eq!(told(&standing, &game)[0].2, total, "after {asked}: answers to what comes do not count");
        assert_eq!(standing.earned(&game, 0).map(|earned| (earned.bonus, earned.total)), Some((bonus, total)));
    }
    let mut game = game(7, 7, Phase::Podium);
    game.voided.insert(1);
    let standing = standing(&game, &quiz, &players, &answers);
    assert_eq!(told(&standing, &game)[0].2, 3_993);
    assert_eq!(standing.sum(&game, 0), Some(Sum { correct: 4, best_streak: 3 }));
    assert_eq!(standing.scored(), 6);
}

#[test]
fn what_a_locked_question_was_worth_is_not_told_before_its_solution() {
    let quiz = quiz(3);
    let players = [who(0, "Ana"), who(1, "Bo")];
    let answers = [
        kept(&quiz, 0, 0, 1_000, 500),
        kept(&quiz, 1, 0, 500, 500),
        kept(&quiz, 1, 1, 1_000, 500),
        kept(&quiz, 0, 2, 1_000, 500),
        kept(&quiz, 1, 2, 1_000, 500),
    ];
    let first = game(3, 1, Phase::Locked);
    let held = standing(&first, &quiz, &players, &answers);
    assert_eq!(told(&held, &first), []);
    assert_eq!((held.earned(&first, 0), held.sum(&first, 0)), (None, None));
    let solved = Game { phase: Phase::Solution, ..first };
    assert_eq!(told(&held, &solved), [(1, "Ana".into(), 1_000, None), (2, "Bo".into(), 500, None)]);
    let second = game(3, 2, Phase::Votes);
    let held = standing(&second, &quiz, &players, &answers);
    assert_eq!(told(&held, &second), told(&standing(&solved, &quiz, &players, &answers), &solved));
    let shown = Game { phase: Phase::Scoreboard, ..second };
    assert_eq!(told(&held, &shown), [(1, "Bo".into(), 1_500, Some(1)), (2, "Ana".into(), 1_000, Some(-1))]);
    // It stays so while the next is asked, and while that one is locked.
    let next = Game { phase: Phase::Open, q: 2, ..shown.clone() };
    assert_eq!(told(&held, &next), told(&held, &shown));
    let third = game(3, 3, Phase::Locked);
    assert_eq!(told(&standing(&third, &quiz, &players, &answers), &third), told(&held, &shown));
}
