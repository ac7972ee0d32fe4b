use allthrive_protocol::quiz::live::Settings;
use allthrive_protocol::quiz::view::Form;

use super::*;
use crate::export::{Cell, csv};
use crate::quiz::freeze::Frozen;
use crate::quiz::game::fixtures::{Secret, guest, kept, of_kind, quiz, who};
use crate::quiz::game::{Game, Kept, Phase, Player, PlayerState};
use crate::time::Micros;

const ANA: UserId = UserId(uuid::Uuid::from_u128(77));

/// A choice of five, a text, a survey, a slide, a number.
fn harbour() -> Frozen {
    let known = Secret { right: vec![true, false, false, false, false], order: vec![0, 1, 2, 3, 4], value: 1.0, percent: 100 };
    quiz([1, 4, 8, 10, 5].map(|kind| of_kind(kind, &known)).to_vec())
}

fn option(quiz: &Frozen, q: usize, text: &str) -> Given {
    let (Form::One { options } | Form::Some { options }) = &quiz.questions[q].form else { panic!("a choice") };
    Given::Options(vec![options.iter().find(|one| one.text == text).expect("it is there").id])
}

/// Ana has an account, Cy came at the second question, Di was put out, Ed left after the first. The number was taken out.
fn played(quiz: &Frozen) -> (Game, Vec<Player>, Vec<Kept>) {
    let asked = vec![(0, 0), (1, 0), (2, 0), (4, 0)];
    let settings = Settings { streak: true, ..Settings::default() };
    let game = Game { phase: Phase::Ended, q: 4, asked, voided: [4].into(), ..Game::new(settings, 5) };
    let players = vec![
        Player { player: allthrive_protocol::Principal::User(ANA), ..who(0, "Ana") },
        who(1, "=Bo"),
        Player { joined_q: 1, ..who(2, "Cy") },
        Player { state: PlayerState::Kicked, ..who(3, "Di") },
        Player { state: PlayerState::Left, ..who(4, "Ed") },
    ];
    let (right, wrong) = (option(quiz, 0, "option 0"), option(quiz, 0, "option 1"));
    let text = |text: &str| Given::Text(text.into());
    let mut answers = vec![
        kept(0, 0, right.clone(), 2_000),
        kept(1, 0, wrong.clone(), 4_000),
        kept(3, 0, right, 500),
        kept(4, 0, wrong, 6_000),
        kept(0, 1, text("1"), 500),
        kept(1, 1, text("2"), 3_000),
        kept(2, 1, text(" 1 "), 10_250),
        kept(0, 2, option(quiz, 2, "a"), 1_000),
        kept(2, 2, option(quiz, 2, "b"), 1_000),
        kept(0, 4, Given::Number(1.0), 500),
        kept(1, 4, Given::Number(99.0), 700),
    ];
    for answer in &mut answers {
        if answer.player == guest(0) {
            answer.player = players[0].player;
        }
    }
    (game, players, answers)
}

fn made() -> Report {
    let quiz = harbour();
    let (game, players, answers) = played(&quiz);
    let (began_at, ended_at) = (Some(Micros(1_000_000)), Some(Micros(62_500_999)));
    report(&Session { game: &game, quiz: &quiz, players: &players, answers: &answers, began_at, ended_at })
}

#[test]
fn a_session_is_counted_as_a_whole() {
    let whole = made().session;
    assert_eq!((whole.players, whole.asked, whole.scored, whole.duration_ms), (4, 4, 2, Some(61_500)));
    // Cy could not answer the first, and nobody had to answer the last.
    assert_eq!((whole.completion, whole.correct), (Some(8.0 / 11.0), Some(3.0 / 7.0)));
}

#[test]
fn players_stand_in_their_order_with_what_they_missed() {
    let players = made().players;
    let told: Vec<_> = players
        .iter()
        .map(|one| (one.name.as_str(), one.correct, one.scored, one.points, one.median_ms, one.best_streak, one.rank))
        .collect();
    assert_eq!(
        told,
        [
            ("Ana", 2, 2, 2_062, Some(1_250), 2, Some(1)),
            ("Cy", 1, 2, 750, Some(10_250), 1, Some(2)),
            ("=Bo", 0, 2, 0, Some(3_500), 0, Some(3)),
            ("Ed", 0, 2, 0, Some(6_000), 0, Some(3)),
        ]
    );
    let lists: Vec<_> = players.iter().map(|one| (&one.missed[..], &one.unanswered[..], one.left)).collect();
    let expected: [(&[u32], &[u32], bool); 4] =
        [(&[], &[], false), (&[0], &[0, 4], false), (&[0, 1], &[2], false), (&[0, 1], &[1, 2, 4], true)];
    assert_eq!(lists, expected);
}

#[test]
fn questions_have_their_figures_those_that_were_taken_out_too() {
    let questions = made().questions;
    let told: Vec<_> = questions
        .iter()
        .map(|one| (one.q, one.players, one.answered, one.correct, one.unanswered, one.median_ms, one.discrimination, one.voided))
        .collect();
    assert_eq!(
        told,
        [
            (0, 3, 3, Some(1.0 / 3.0), Some(0.0), Some(4_000), Some(1.0), false),
            (1, 4, 3, Some(0.5), Some(0.25), Some(3_000), Some(1.0), false),
            (2, 4, 2, None, Some(0.5), Some(1_000), None, false),
            (4, 4, 2, Some(0.25), Some(0.5), Some(600), Some(1.0), true),
        ]
    );
    let wrong: Vec<_> = questions.iter().map(|one| one.distractor.as_deref()).collect();
    assert_eq!(wrong, [Some("option 1"), Some("2"), None, Some("99")]);
    let line = |text: &str, count, right| Chosen { text: text.into(), count, right };
    assert_eq!(questions[1].answers, [line("1", 2, Some(true)), line("2", 1, Some(false))]);
    assert_eq!(questions[2].answers, [line("a", 1, None), line("b", 1, None)]);
    assert_eq!(questions[0].answers.iter().map(|one| one.count).sum::<u32>(), 3);
    assert!(questions[0].answers.contains(&line("option 0", 1, Some(true))));
}

#[test]
fn a_key_that_only_the_weak_agree_with_shows_below_zero() {
    let quiz = harbour();
    let (mut game, players, mut answers) = played(&quiz);
    game.voided.clear();
    game.asked = vec![(0, 0), (1, 0), (4, 0)];
    // Of the number Ana and Cy think something else, and the last of the ranking thinks what the key says.
    answers.retain(|answer| answer.q != 4);
    answers.push(kept(4, 4, Given::Number(1.0), 20_000));
    let session = Session { game: &game, quiz: &quiz, players: &players, answers: &answers, began_at: None, ended_at: None };
    let report = report(&session);
    assert_eq!(report.players.iter().map(|one| (one.name.as_str(), one.points)).next_back(), Some(("=Bo", 0)));
    assert_eq!(report.players[2].points, 500);
    let mut two = game.clone();
    two.settings.mode = Mode::Survey;
    let survey = super::report(&Session { game: &two, ..session });
    assert_eq!(survey.questions[2].discrimination, None, "there is no best third where nobody is ranked");
    assert!(survey.players.iter().all(|one| one.rank.is_none() && one.points == 0));
    assert_eq!(report.questions[2].discrimination, Some(0.0));
    // With the points of another question Ed would stand last.
    let more = [kept(1, 1, Given::Text("1".into()), 500)].map(|one| Kept { n: 1, ..one });
    let answers: Vec<Kept> = answers.iter().cloned().chain(more).collect();
    let report = super::report(&Session { answers: &answers, ..session });
    assert_eq!(report.players.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["Ana", "=Bo", "Cy", "Ed"]);
    assert_eq!(report.questions[2].discrimination, Some(-1.0));
}

#[test]
fn every_answer_is_a_row_and_those_that_do_not_count_say_so() {
    let answers = made().answers;
    let told: Vec<_> =
        answers.iter().map(|one| (one.no, one.name.as_str(), one.text.as_str(), one.counts, one.credit, one.points, one.bonus)).collect();
    assert_eq!(
        told,
        [
            (0, "Ana", "option 0", true, Some(1_000), 962, 0),
            (1, "=Bo", "option 1", true, Some(0), 0, 0),
            (3, "Di", "option 0", false, Some(1_000), 0, 0),
            (4, "Ed", "option 1", true, Some(0), 0, 0),
            (1_000, "Ana", "1", true, Some(1_000), 1_000, 100),
            (1_001, "=Bo", "2", true, Some(0), 0, 0),
            (1_002, "Cy", " 1 ", true, Some(1_000), 750, 0),
            (2_000, "Ana", "a", true, None, 0, 0),
            (2_002, "Cy", "b", true, None, 0, 0),
            (4_000, "Ana", "1", false, Some(1_000), 0, 0),
            (4_001, "=Bo", "99", false, Some(0), 0, 0),
        ]
    );
}

#[test]
fn a_guest_is_a_name_and_nothing_else() {
    let report = made();
    let text = serde_json::to_string(&report).unwrap();
    assert!(text.contains(&ANA.to_string()));
    for no in 1..5 {
        assert!(!text.contains(&guest(no).to_string()));
    }
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    let files = sheets(&report);
    assert!(!format!("{files:?}").contains(&ANA.to_string()), "a file that is passed on has no accounts");
}

#[test]
fn a_report_is_five_sheets() {
    let report = sheets(&made());
    assert_eq!(
        report.sheets.iter().map(|sheet| sheet.name.as_str()).collect::<Vec<_>>(),
        ["Session", "Players", "Questions", "Options", "Answers"]
    );
    assert_eq!(report.sheets.iter().map(|sheet| sheet.rows.len()).collect::<Vec<_>>(), [8, 4, 4, 5 + 2 + 2 + 2, 11]);
    assert!(report.sheets.iter().all(|sheet| sheet.rows.iter().all(|row| row.len() == sheet.header.len())));
    let players = String::from_utf8(csv::write(&report.sheets[1], csv::Dialect::PLAIN)).unwrap();
    assert_eq!(
        players,
        "Name,Team,Correct,Of,Points,Median time (ms),Best streak,Rank,Missed questions,Not answered,Left\r\n\
         Ana,,2,2,2062,1250,2,1,,,no\r\n\
         Cy,,1,2,750,10250,1,2,1,\"1, 5\",no\r\n\
         '=Bo,,0,2,0,3500,0,3,\"1, 2\",3,no\r\n\
         Ed,,0,2,0,6000,0,3,\"1, 2\",\"2, 3, 5\",yes\r\n"
    );
    assert_eq!(report.sheets[0].rows[5], [Cell::from("Completion"), Cell::Number(8.0 / 11.0)]);
}

#[test]
fn of_nothing_there_is_nothing_to_tell() {
    let quiz = harbour();
    let game = Game { phase: Phase::Ended, ..Game::new(Settings::default(), 5) };
    let report = report(&Session { game: &game, quiz: &quiz, players: &[], answers: &[], began_at: None, ended_at: None });
    assert_eq!((report.session.completion, report.session.correct, report.session.duration_ms), (None, None, None));
    assert!(report.players.is_empty() && report.questions.is_empty() && report.answers.is_empty());
}
