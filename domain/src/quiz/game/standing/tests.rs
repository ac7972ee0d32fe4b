use allthrive_protocol::quiz::content::{Body, Choice, Grading};
use allthrive_protocol::quiz::live::Settings;
use allthrive_protocol::quiz::view::Form;
use allthrive_protocol::quiz::{Given, OptionId};

use super::*;
use crate::quiz::freeze::Key;
use crate::quiz::game::Phase;
use crate::quiz::game::fixtures::{self, question, who};

/// `count` questions of 20 s: which two of four? Half the points for one of them.
fn quiz(count: usize) -> Frozen {
    let choice = |text: &str, correct| Choice { text: text.into(), correct, ..Choice::default() };
    let options = vec![choice("a", true), choice("b", true), choice("c", false), choice("d", false)];
    fixtures::quiz(vec![question(Body::MultipleChoice { options, grading: Grading::Partial }); count])
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
    fixtures::kept(player, q, Given::Options(chosen), t_ms)
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

#[test]
fn who_was_put_out_is_not_ranked_nor_who_left_without_an_answer() {
    let quiz = quiz(2);
    let state = |no, state| Player { state, ..who(no, &format!("P{no}")) };
    let players = [
        state(0, PlayerState::Active),
        state(1, PlayerState::Kicked),
        state(2, PlayerState::Banned),
        state(3, PlayerState::Left),
        state(4, PlayerState::Left),
    ];
    let mut answers: Vec<Kept> = [1, 2, 3].map(|no| kept(&quiz, no, 0, 1_000, 500)).into();
    answers.push(kept(&quiz, 4, 1, 1_000, 500));
    let game = game(2, 1, Phase::Solution);
    let standing = standing(&game, &quiz, &players, &answers);
    assert_eq!(told(&standing, &game), [(1, "P3".into(), 1_000, None), (2, "P0".into(), 0, None)]);
    assert_eq!([1, 4].map(|no| standing.earned(&game, no)), [None, None]);
}

#[test]
fn the_last_answer_to_the_round_that_stands_is_the_one_that_counts() {
    let quiz = quiz(1);
    let one = |round, n, credit, t_ms| Kept { round, n, ..kept(&quiz, 0, 0, credit, t_ms) };
    let answers = [one(1, 2, 1_000, 20_000), one(1, 0, 1_000, 500), one(1, 1, 0, 600), one(0, 9, 1_000, 500), one(2, 0, 0, 0)];
    let game = Game { round: 1, asked: vec![(0, 1)], ..game(1, 1, Phase::Solution) };
    let standing = standing(&game, &quiz, &[who(0, "Ana")], &answers);
    assert_eq!(standing.earned(&game, 0).map(|earned| (earned.total, earned.t_ms)), Some((500, Some(20_000))));
    assert_eq!(standing.earned(&Game { round: 0, ..game.clone() }, 0), None, "of another round nothing is told");
}

#[test]
fn moves_are_counted_since_the_last_question_that_counts_and_who_is_new_has_none() {
    let quiz = quiz(4);
    let players = [who(0, "Ana"), who(1, "Bo"), Player { joined_q: 3, ..who(2, "Cy") }];
    let answers =
        [kept(&quiz, 0, 0, 1_000, 500), kept(&quiz, 1, 1, 1_000, 500), kept(&quiz, 1, 3, 1_000, 500), kept(&quiz, 2, 3, 500, 500)];
    let mut game = game(4, 4, Phase::Scoreboard);
    // Of the third nobody hears any more, nor of the second: the board before is that of the first.
    game.voided.extend([1, 2]);
    let last = standing(&game, &quiz, &players, &answers);
    assert_eq!(told(&last, &game), [(1, "Ana".into(), 1_000, Some(0)), (1, "Bo".into(), 1_000, Some(1)), (3, "Cy".into(), 500, None)]);
}

#[test]
fn nobody_is_ranked_where_nothing_counts() {
    let quiz = quiz(2);
    let (players, answers) = ([who(0, "Ana")], [kept(&quiz, 0, 0, 1_000, 500)]);
    let nothing = game(2, 0, Phase::Podium);
    let mut survey = game(2, 1, Phase::Solution);
    survey.settings.mode = Mode::Survey;
    let mut voided = game(2, 1, Phase::Solution);
    voided.voided.insert(0);
    for game in [nothing, survey, voided] {
        let standing = standing(&game, &quiz, &players, &answers);
        assert_eq!((told(&standing, &game), standing.teams(&game)), (vec![], &[][..]));
        assert!(standing.earned(&game, 0).is_none_or(|earned| (earned.points, earned.bonus, earned.total) == (0, 0, 0)));
    }
}

#[test]
fn a_team_is_the_mean_of_those_who_are_ranked() {
    let quiz = quiz(1);
    let of = |no, team, state| Player { team: Some(team), state, ..who(no, &format!("P{no}")) };
    let (active, left, kicked) = (PlayerState::Active, PlayerState::Left, PlayerState::Kicked);
    let players = [of(0, 0, active), of(1, 0, left), of(2, 0, kicked), of(3, 1, active), of(4, 1, active), of(5, 1, left)];
    let answers = [(0, 1_000), (1, 500), (2, 0), (3, 1_000)].map(|(no, credit)| kept(&quiz, no, 0, credit, 500));
    let game = game(1, 1, Phase::Podium);
    let standing = standing(&game, &quiz, &players, &answers);
    let teams: Vec<_> = standing.teams(&game).iter().map(|team| (team.rank, team.team, team.total, team.players)).collect();
    assert_eq!(teams, [(1, 0, 750, 2), (2, 1, 500, 2)]);
    assert_eq!(standing.teams(&Game { phase: Phase::Locked, ..game }), []);
}
