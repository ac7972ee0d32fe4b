use allthrive_protocol::Code;
use allthrive_protocol::quiz::content::{Body, Choice, Question, Quiz};
use allthrive_protocol::quiz::live::{Factor, Mode, Scoreboard, Settings, Step};
use allthrive_protocol::quiz::view::{EndReason, PauseReason};
use proptest::prelude::*;

use super::*;
use crate::quiz::freeze::{Frozen, freeze};

pub(super) fn question(body: Body, limit_ms: Option<u32>) -> Question {
    let (explanation, hint, image, notes) = (None, None, None, None);
    Question { stem: "Which?".into(), body, explanation, hint, image, notes, limit_ms, points: 1_000 }
}

fn choices() -> Body {
    let choice = |text: &str, correct| Choice { text: text.into(), correct, ..Choice::default() };
    Body::SingleChoice { options: vec![choice("a", true), choice("b", false)] }
}

static QUIZ: std::sync::LazyLock<Frozen> = std::sync::LazyLock::new(harbour);

fn quiz() -> &'static Frozen {
    &QUIZ
}

/// A choice of 20 s, a slide, a survey, a choice without a limit.
pub(super) fn harbour() -> Frozen {
    let survey = Body::Survey { options: vec!["a".into(), "b".into()], multiple: false };
    let questions =
        vec![question(choices(), Some(20_000)), question(Body::Slide {}, None), question(survey, Some(10_000)), question(choices(), None)];
    let quiz = Quiz {
        title: "Harbour".into(),
        description: String::new(),
        topic: String::new(),
        difficulty: Default::default(),
        minutes: None,
        language: None,
        image: None,
        questions,
    };
    freeze(&quiz, &[7; 32], false)
}

fn lobby() -> Game {
    Game::new(Settings::default(), 4)
}

/// What the game is after these; each step is taken at once, each timer at its time.
fn played(moves: &[Move]) -> Game {
    moves.iter().fold(lobby(), |game, one| taken(&game, *one).unwrap_or_else(|refusal| panic!("{one:?} in {game:?}: {refusal:?}")))
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Move {
    Host(Step),
    Due,
    Told(Fired, u64),
}

use Move::{Due, Host, Told};

fn taken(game: &Game, one: Move) -> Result<Game, allthrive_protocol::Refusal> {
    taken_in(quiz(), game, one)
}

pub(super) fn taken_in(quiz: &Frozen, game: &Game, one: Move) -> Result<Game, allthrive_protocol::Refusal> {
    match one {
        Host(host) => step(game, quiz, host, 100),
        Due => {
            let (at, fired) = timer(game, quiz).expect("something is waited for");
            fire(game, quiz, fired, at)
        }
        Told(fired, elapsed_ms) => fire(game, quiz, fired, elapsed_ms),
    }
}

fn refused(game: &Game, one: Move) -> Code {
    taken(game, one).expect_err("it does not fit").code
}

#[test]
fn a_game_goes_from_the_lobby_to_its_end() {
    let mut game = played(&[Host(Step::Start)]);
    let mut seen = vec![(game.phase, game.q)];
    let moves = [
        Due,
        Due,
        Due,
        Due,
        Due,
        Due,
        Host(Step::Next),
        Host(Step::Next), // the first question with its ranking
        Host(Step::Next), // the slide
        Due,
        Due,
        Due,
        Due,
        Due,
        Host(Step::Next), // the survey has no ranking
        Due,
        Host(Step::Close),
        Due,
        Due,
        Due,
        Host(Step::Next), // the last goes to the podium
        Due,
    ];
    for one in moves {
        game = taken(&game, one).unwrap_or_else(|refusal| panic!("{one:?} in {game:?}: {refusal:?}"));
        seen.push((game.phase, game.q));
    }
    let of = |q, phases: &[Phase]| phases.iter().map(|phase| (*phase, q)).collect::<Vec<_>>();
    let round = [Phase::Intro, Phase::Open, Phase::Closing, Phase::Locked, Phase::Votes, Phase::Solution];
    let expected = [
        of(0, &[Phase::Lobby]),
        of(0, &round),
        of(0, &[Phase::Scoreboard]),
        of(1, &[Phase::Intro]),
        of(2, &round),
        of(3, &round),
        of(3, &[Phase::Podium, Phase::Ended]),
    ];
    assert_eq!(seen, expected.concat());
    assert_eq!(game.asked, [(0, 0), (2, 0), (3, 0)]);
    assert_eq!(game.ended, Some(EndReason::Done));
}

const OPEN: [Move; 3] = [Host(Step::Start), Due, Due];

#[test]
fn an_open_question_that_is_voided_is_asked_again() {
    let game = played(&[&OPEN[..], &[Host(Step::Extend { ms: 5_000 }), Host(Step::Void { q: 0 })]].concat());
    assert_eq!((game.phase, game.q, game.round, game.extend_ms), (Phase::Intro, 0, 1, 0));
    assert!(game.voided.is_empty() && game.asked.is_empty());
    let closing = played(&[&OPEN[..], &[Host(Step::Close), Host(Step::Void { q: 0 }), Due, Due, Due]].concat());
    assert_eq!((closing.phase, &closing.asked[..]), (Phase::Locked, &[(0, 1)][..]));
}

#[test]
fn a_question_that_was_asked_can_be_taken_out_once() {
    let game = played(&[&OPEN[..], &[Due, Due, Host(Step::Void { q: 0 })]].concat());
    assert_eq!((game.phase, game.voided.contains(&0)), (Phase::Locked, true));
    assert_eq!(refused(&game, Host(Step::Void { q: 0 })), Code::BadRequest);
    assert_eq!(refused(&game, Host(Step::Void { q: 2 })), Code::BadRequest);
    // Its ranking would be that of before.
    let next = [Host(Step::Reveal), Host(Step::Reveal), Host(Step::Next)].iter().fold(game, |game, one| taken(&game, *one).unwrap());
    assert_eq!((next.phase, next.q), (Phase::Intro, 1));
}

#[test]
fn a_question_that_is_skipped_counts_for_nobody_and_a_slide_never_did() {
    let game = played(&[&OPEN[..], &[Host(Step::Skip), Host(Step::Skip)]].concat());
    assert_eq!((game.phase, game.q, game.voided.into_iter().collect::<Vec<_>>()), (Phase::Intro, 2, vec![0]));
}

#[test]
fn a_pause_keeps_the_time_and_going_on_does_not_change_it() {
    let open = played(&OPEN);
    let paused = step(&open, quiz(), Step::Pause, 7_000).unwrap();
    assert_eq!(paused.paused, Some(Pause { reason: PauseReason::Host, elapsed_ms: 7_000 }));
    assert_eq!(timer(&paused, quiz()), None);
    assert_eq!(refused(&paused, Told(Fired::Deadline, 60_000)), Code::RevConflict);
    assert_eq!(refused(&paused, Host(Step::Pause)), Code::BadRequest);
    // Whatever a stopwatch says that was not stopped.
    let on = step(&paused, quiz(), Step::Resume, 52_000).unwrap();
    assert_eq!((on.paused, on.elapsed_ms), (None, 7_000));
    assert!(!on.is_another_phase(&open));
    let closed = step(&paused, quiz(), Step::Close, 52_000).unwrap();
    assert_eq!((closed.phase, closed.open_ms, closed.paused), (Phase::Closing, 7_000, None));
    assert_eq!(closed.open_for_ms(300), Some(7_300));
    assert_eq!(refused(&played(&[&OPEN[..], &[Due]].concat()), Host(Step::Pause)), Code::BadRequest);
}

#[test]
fn a_deadline_moves_with_what_hosts_add_and_is_later_for_some() {
    let open = played(&OPEN);
    assert_eq!(timer(&open, quiz()), Some((20_000, Fired::Deadline)));
    let longer = taken(&open, Host(Step::Extend { ms: 10_000 })).unwrap();
    assert_eq!(timer(&longer, quiz()), Some((30_000, Fired::Deadline)));
    assert_eq!(own_deadline_ms(&longer, quiz(), Factor::Double), Some(50_000));
    assert_eq!(refused(&longer, Told(Fired::Deadline, 29_999)), Code::RevConflict);
    for ms in [0, 60_001] {
        assert_eq!(refused(&open, Host(Step::Extend { ms })), Code::BadRequest);
    }
}

#[test]
fn answers_on_their_way_have_half_a_second_unless_all_are_there() {
    let closing = played(&[&OPEN[..], &[Due]].concat());
    assert_eq!(refused(&closing, Told(Fired::Drained, 499)), Code::RevConflict);
    assert_eq!(taken(&closing, Told(Fired::Drained, 500)).unwrap().phase, Phase::Locked);
    assert_eq!(timer(&closing, quiz()), Some((2_000, Fired::Drained)));
    let all = played(&[&OPEN[..], &[Told(Fired::Everybody, 3_000)]].concat());
    assert_eq!((timer(&all, quiz()), all.open_ms), (Some((1_500, Fired::Drained)), 3_000));
    assert_eq!(taken(&all, Told(Fired::Drained, 0)).unwrap().phase, Phase::Locked);
}

#[test]
fn a_game_that_was_taken_over_stands_still_and_goes_on_with_what_was_left() {
    let open = played(&OPEN);
    let taken_over = taken(&open, Told(Fired::Recovered, 12_000)).unwrap();
    assert_eq!(taken_over.paused, Some(Pause { reason: PauseReason::Recovered, elapsed_ms: 12_000 }));
    assert_eq!(timer(&taken_over, quiz()), Some((3_000, Fired::GoOn)));
    let on = taken(&taken_over, Due).unwrap();
    assert_eq!((on.phase, on.paused, on.elapsed_ms), (Phase::Open, None, 12_000));
    let held = taken(&taken_over, Host(Step::Pause)).unwrap();
    assert_eq!(held.paused, Some(Pause { reason: PauseReason::Host, elapsed_ms: 12_000 }));
    assert_eq!(refused(&held, Told(Fired::GoOn, 3_000)), Code::RevConflict);
    assert_eq!(refused(&played(&[&OPEN[..], &[Due, Due]].concat()), Told(Fired::Recovered, 0)), Code::RevConflict);
}

#[test]
fn an_end_is_a_cancellation_a_podium_or_the_end() {
    let (cancelled, podium) = (played(&[Host(Step::End)]), played(&[&OPEN[..], &[Host(Step::End)]].concat()));
    assert_eq!(cancelled.ended, Some(EndReason::Cancelled));
    assert_eq!((podium.phase, &podium.asked[..]), (Phase::Podium, &[][..]));
    assert_eq!(taken(&podium, Host(Step::End)).unwrap().ended, Some(EndReason::Done));
    assert_eq!(played(&[Due]).ended, Some(EndReason::Expired));
    assert_eq!(played(&[&OPEN[..], &[Told(Fired::HostGone, 0)]].concat()).phase, Phase::Podium);
    for one in [Host(Step::End), Host(Step::Lock), Host(Step::Void { q: 0 }), Host(Step::Start)] {
        assert_eq!(refused(&cancelled, one), Code::QuizClosed);
    }
}

pub(super) fn settings() -> impl Strategy<Value = Settings> {
    let ms = |most: u32| proptest::option::of(0..most);
    let scoreboard = prop_oneof![Just(Scoreboard::Each), Just(Scoreboard::Podium)];
    let mode = prop_oneof![Just(Mode::Speed), Just(Mode::Accuracy), Just(Mode::Survey)];
    (ms(15_000), ms(3_000), ms(60_000), scoreboard, mode).prop_map(|(intro_ms, reveal_ms, advance_ms, scoreboard, mode)| Settings {
        intro_ms,
        reveal_ms,
        advance_ms,
        scoreboard,
        mode,
        ..Settings::default()
    })
}

pub(super) fn moves() -> impl Strategy<Value = Move> {
    let q = 0..5_u32;
    let host = prop_oneof![
        proptest::sample::select(vec![
            Step::Start,
            Step::Open,
            Step::Close,
            Step::Reveal,
            Step::Next,
            Step::Skip,
            Step::Pause,
            Step::Resume,
            Step::Lock,
            Step::Unlock,
        ]),
        q.prop_map(|q| Step::Void { q }),
        (0..70_000_u32).prop_map(|ms| Step::Extend { ms }),
    ];
    let fired = proptest::sample::select(vec![
        Fired::GetReady,
        Fired::Intro,
        Fired::Deadline,
        Fired::Everybody,
        Fired::Drained,
        Fired::Reveal,
        Fired::Solution,
        Fired::Advance,
        Fired::Idle,
        Fired::Recovered,
        Fired::GoOn,
    ]);
    prop_oneof![
        8 => host.prop_map(Host),
        4 => Just(Due),
        4 => (fired, 0..30_000_u64).prop_map(|(fired, elapsed_ms)| Told(fired, elapsed_ms)),
        1 => proptest::sample::select(vec![Host(Step::End), Told(Fired::HostGone, 0)]),
    ]
}

fn phase_order(game: &Game) -> (u32, u32, Phase) {
    (game.q, game.round, game.phase)
}

proptest! {
    #[test]
    fn whatever_is_sent_a_game_only_goes_forward(settings in settings(), moves in prop::collection::vec(moves(), 1..120)) {
        let mut game = Game::new(settings, 4);
        let mut opened = std::collections::BTreeSet::new();
        for one in moves {
            if matches!(one, Due) && timer(&game, quiz()).is_none() {
                continue;
            }
            let Ok(next) = taken(&game, one) else { continue };
            prop_assert!(next.q >= game.q, "a question comes back");
            prop_assert!((next.q, next.round) >= (game.q, game.round));
            if next.is_another_phase(&game) {
                let again = matches!(one, Host(Step::Void { q }) if q == game.q);
                prop_assert!(again || next.starting || phase_order(&next) > phase_order(&game), "{game:?} {one:?} {next:?}");
                prop_assert_eq!((next.elapsed_ms, next.paused), (0, None));
            }
            prop_assert!(next.phase != Phase::Solution || matches!(game.phase, Phase::Votes | Phase::Solution), "the votes are shown first");
            prop_assert!(next.voided.is_superset(&game.voided) && next.asked.starts_with(&game.asked));
            if next.phase == Phase::Open {
                prop_assert!(quiz().questions[next.q as usize].is_answered());
                opened.insert((next.q, next.round));
            }
            prop_assert!(next.asked.iter().all(|round| opened.contains(round)), "only what was open is scored");
            let questions: std::collections::BTreeSet<u32> = next.asked.iter().map(|(q, _)| *q).collect();
            prop_assert_eq!(questions.len(), next.asked.len(), "each question counts once");
            prop_assert_eq!(next.ended.is_some(), next.phase == Phase::Ended);
            prop_assert!(next.q < next.of);
            game = next;
            if game.phase != Phase::Ended {
                let by_timer = timer(&game, quiz()).is_some_and(|(at, fired)| fire(&game, quiz(), fired, at).is_ok());
                let steps = [Step::Open, Step::Close, Step::Reveal, Step::Next, Step::End];
                let by_host = steps.into_iter().any(|one| step(&game, quiz(), one, 0).is_ok_and(|next| next.phase != game.phase));
                prop_assert!(by_host, "a host can always leave");
                let by_absence = game.phase.is_played() && fire(&game, quiz(), Fired::HostGone, 0).is_ok();
                prop_assert!(by_timer || by_absence, "it stands for ever without a host: {game:?}");
            }
            let stored = serde_json::to_string(&game).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Game>(&stored).unwrap(), &game);
        }
    }
}
