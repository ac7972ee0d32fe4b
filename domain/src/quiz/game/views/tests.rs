use allthrive_protocol::quiz::Given;
use allthrive_protocol::quiz::live::{Scoreboard, Settings};
use allthrive_protocol::quiz::own::{BoardPage, Me, Own, OwnPlace};
use proptest::prelude::*;

use super::*;
use crate::quiz::game::fixtures::{KINDS, Secret, given, guest, kept, of_kind, quiz, secret, who};
use crate::quiz::game::tests::{Move, moves, settings, taken_in};
use crate::quiz::game::{Kept, Pause, Player, board_page, me, own, place, standing, timer, votes};

/// A session as one server knows it.
struct Stage {
    game: Game,
    quiz: Frozen,
    players: Vec<Player>,
    answers: Vec<Kept>,
    elapsed_ms: u64,
    paused_store: bool,
}

/// All that is shown of it at one moment.
#[derive(Debug, PartialEq)]
struct Shown {
    player: PlayerView,
    screen: ScreenView,
    host: HostView,
    me: Vec<Me>,
    own: Vec<Option<Own>>,
    place: Vec<Option<OwnPlace>>,
    board: BoardPage,
}

fn door() -> Door {
    Door { pin: "123456".into(), link: "https://quiz.example/j".into(), qr: "M0 0h1".into(), qr_size: 29 }
}

impl Stage {
    fn new(quiz: Frozen, settings: Settings) -> Self {
        let of = count(quiz.questions.len());
        let players = vec![who(0, "Ana"), Player { factor: Factor::Double, ..who(1, "Bo") }, who(2, "Cy")];
        Self { game: Game::new(settings, of), quiz, players, answers: Vec::new(), elapsed_ms: 0, paused_store: false }
    }

    /// At that phase of that question, those before it asked to their end.
    fn at(mut self, phase: Phase, q: u32) -> Self {
        let is_over = phase >= Phase::Locked && self.quiz.questions[q as usize].is_answered();
        let asked = (0..q + u32::from(is_over)).filter(|q| self.quiz.questions[*q as usize].is_answered());
        self.game = Game { phase, q, asked: asked.map(|q| (q, 0)).collect(), ..self.game };
        self
    }

    fn answer(&self, player: u32) -> Option<&Given> {
        let present = |kept: &&Kept| (kept.player, kept.q, kept.round) == (guest(player), self.game.q, self.game.round);
        self.answers.iter().filter(present).max_by_key(|kept| kept.n).map(|kept| &kept.choice)
    }

    fn shown(&self) -> Shown {
        let standing = standing(&self.game, &self.quiz, &self.players, &self.answers);
        let given: Vec<Option<&Given>> = self.players.iter().map(|one| self.answer(one.no)).collect();
        let present = &self.quiz.questions[self.game.q as usize];
        let sight = Sight {
            game: &self.game,
            quiz: &self.quiz,
            door: &door(),
            players: count(self.players.len()),
            names: &["Cy".to_owned(), "Bo".to_owned(), "Ana".to_owned()],
            votes: &votes(present, given.iter().copied().flatten(), count(self.players.len())),
            standing: &standing,
            elapsed_ms: self.elapsed_ms,
            paused_store: self.paused_store,
            host_away: false,
            with_more_time: 1,
        };
        let each = || self.players.iter().zip(&given);
        Shown {
            player: player(&sight),
            screen: screen(&sight),
            host: host(&sight),
            me: each().map(|(one, answer)| me(&sight, one, *answer)).collect(),
            own: each().map(|(one, answer)| own(&sight, one, *answer)).collect(),
            place: each().map(|(one, _)| place(&sight, one)).collect(),
            board: board_page(&sight, 0),
        }
    }
}

/// What those are sent who know no key, as it goes over the wire.
fn wire(shown: &Shown) -> String {
    let Shown { player, screen, host: _, me, own, place, board } = shown;
    serde_json::to_string(&(player, screen, me, own, place, board)).unwrap()
}

fn known() -> Secret {
    Secret { right: vec![true, false, true, false, false], order: vec![0, 1, 2, 3, 4], value: 1.0, percent: 100 }
}

fn another() -> Secret {
    Secret { right: vec![false, true, false, true, true], order: vec![4, 3, 2, 1, 0], value: 5.0, percent: 50 }
}

/// Of every kind one, in their order; the one at `q` with that secret.
fn every_kind(q: usize, secret: &Secret) -> Frozen {
    let known = known();
    quiz((0..KINDS).map(|kind| of_kind(kind, if kind == q { secret } else { &known })).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn nothing_of_a_key_is_shown_before_its_solution(
        kind in 0..KINDS,
        ahead in 0..2_usize,
        secrets in (secret(), secret()),
        settings in settings(),
        moves in prop::collection::vec(moves(), 1..60),
        draws in prop::collection::vec((any::<u32>(), 0..20_000_u64), KINDS * 3),
    ) {
        let settings = Settings { streak: draws[0].0 % 2 == 0, ..settings };
        let (q, start) = (count(kind), count(kind.saturating_sub(ahead)));
        let stage = |secret: &Secret| Stage::new(every_kind(kind, secret), settings.clone()).at(Phase::Intro, start);
        let (mut one, mut other) = (stage(&secrets.0), stage(&secrets.1));
        prop_assert_eq!(
            one.quiz.questions.iter().map(|asked| &asked.form).collect::<Vec<_>>(),
            other.quiz.questions.iter().map(|asked| &asked.form).collect::<Vec<_>>()
        );
        // The same answers to all that is and will be asked.
        for (n, (draw, t_ms)) in draws.into_iter().enumerate() {
            let (player, at) = (count(n % 3), n / 3);
            let Some(choice) = given(&one.quiz.questions[at].form, draw) else { continue };
            let one_round = |round| Kept { round, ..kept(player, count(at), choice.clone(), t_ms) };
            one.answers.extend([one_round(0), one_round(1)]);
        }
        other.answers.clone_from(&one.answers);
        for each in moves {
            if matches!(each, Move::Due) && timer(&one.game, &one.quiz).is_none() {
                continue;
            }
            let (next, same) = (taken_in(&one.quiz, &one.game, each), taken_in(&other.quiz, &other.game, each));
            prop_assert_eq!(&next, &same, "the game itself goes the same way");
            let Ok(next) = next else { continue };
            if next.q > q || next.q == q && next.phase.is_solved() {
                break;
            }
            (one.game, other.game) = (next.clone(), next);
            let (shown, same) = (one.shown(), other.shown());
            prop_assert_eq!(wire(&shown), wire(&same));
        }
    }
}

#[test]
fn what_is_kept_back_is_a_key_and_a_host_has_it_from_the_beginning() {
    for kind in 0..KINDS {
        let stage = |secret: &Secret, phase| Stage::new(every_kind(kind, secret), Settings::default()).at(phase, count(kind)).shown();
        let [one, other] = [known(), another()].map(|secret| stage(&secret, Phase::Intro));
        assert_ne!(serde_json::to_string(&one.host).unwrap(), serde_json::to_string(&other.host).unwrap(), "kind {kind}");
        assert_eq!(wire(&one), wire(&other), "kind {kind}");
        let [one, other] = [known(), another()].map(|secret| stage(&secret, Phase::Solution));
        assert_ne!(wire(&one), wire(&other), "kind {kind}");
    }
}

fn stage(phase: Phase, q: u32) -> Stage {
    Stage::new(every_kind(0, &known()), Settings::default()).at(phase, q)
}

fn head_of(player: &PlayerView) -> Option<&Head> {
    match player {
        PlayerView::Intro(Intro { head, .. })
        | PlayerView::Open(Open { head, .. })
        | PlayerView::Closing(Closed { head, .. })
        | PlayerView::Locked(Closed { head, .. })
        | PlayerView::Votes(VotesShown { head, .. })
        | PlayerView::Solution(SolutionShown { head, .. }) => Some(head),
        PlayerView::Lobby(_) | PlayerView::Scoreboard(_) | PlayerView::Podium(_) | PlayerView::Ended(_) => None,
    }
}

const OF_A_QUESTION: [Phase; 6] = [Phase::Intro, Phase::Open, Phase::Closing, Phase::Locked, Phase::Votes, Phase::Solution];

#[test]
fn screens_and_hosts_have_the_pin_at_hand_and_players_do_not() {
    for phase in OF_A_QUESTION {
        let shown = stage(phase, 0).shown();
        assert_eq!(head_of(&shown.player).map(|head| head.pin.as_deref()), Some(None), "{phase:?}");
        assert!(!serde_json::to_string(&shown.player).unwrap().contains("123456"));
        for view in [serde_json::to_value(&shown.screen).unwrap(), serde_json::to_value(&shown.host).unwrap()] {
            assert_eq!(view["d"]["head"]["pin"], "123456", "{phase:?} {view}");
        }
    }
}

#[test]
fn a_question_that_stands_still_hides_its_options_from_all_but_hosts() {
    let mut paused = stage(Phase::Open, 1);
    paused.game.paused = Some(Pause { reason: PauseReason::Host, elapsed_ms: 7_000 });
    // Whatever a stopwatch says that was not stopped.
    paused.elapsed_ms = 19_000;
    let store = Stage { elapsed_ms: 7_000, paused_store: true, ..stage(Phase::Open, 1) };
    for (stage, reason) in [(paused, PauseReason::Host), (store, PauseReason::Store)] {
        let shown = stage.shown();
        let (PlayerView::Open(player), ScreenView::Open(screen), HostView::Open(host)) = (&shown.player, &shown.screen, &shown.host) else {
            panic!("open");
        };
        assert_eq!((&player.form, &screen.form, host.open.form.is_some()), (&None, &None, true));
        assert_eq!((player.closes_in_ms, player.flags.paused.clone()), (Some(13_000), Some(Paused { remaining_ms: Some(13_000), reason })));
        assert_eq!(shown.me[1].closes_in_ms, Some(33_000));
    }
    let mut both = Stage { paused_store: true, ..stage(Phase::Open, 1) };
    both.game.paused = Some(Pause { reason: PauseReason::Host, elapsed_ms: 0 });
    let PlayerView::Open(open) = both.shown().player else { panic!("open") };
    assert_eq!(open.flags.paused.map(|paused| paused.reason), Some(PauseReason::Host), "it stands when the store is back, too");
}

#[test]
fn who_has_more_time_has_a_deadline_of_their_own() {
    let mut stage = Stage { elapsed_ms: 21_000, ..stage(Phase::Open, 1) };
    let shown = stage.shown();
    let PlayerView::Open(open) = &shown.player else { panic!("open") };
    assert_eq!((open.closes_in_ms, open.form.is_some()), (Some(0), true));
    assert_eq!(shown.me.iter().map(|me| me.closes_in_ms).collect::<Vec<_>>(), [None, Some(19_000), None]);
    stage.game.extend_ms = 10_000;
    let shown = stage.shown();
    let PlayerView::Open(open) = &shown.player else { panic!("open") };
    assert_eq!((open.closes_in_ms, shown.me[1].closes_in_ms), (Some(9_000), Some(29_000)));
    stage.game.phase = Phase::Closing;
    assert_eq!(stage.shown().me[1].closes_in_ms, None);
}

#[test]
fn a_view_says_when_it_goes_on_by_itself() {
    let settings = Settings { advance_ms: Some(5_000), ..Settings::default() };
    let at = |phase, q, elapsed_ms| {
        let stage = Stage { elapsed_ms, ..Stage::new(every_kind(0, &known()), settings.clone()).at(phase, q) };
        serde_json::to_value(stage.shown().player).unwrap()["d"].clone()
    };
    assert_eq!(at(Phase::Intro, 0, 1_000)["opens_in_ms"], 2_000);
    assert_eq!(at(Phase::Intro, 10, 1_000).get("opens_in_ms"), None, "a slide stands until the host goes on");
    assert_eq!(at(Phase::Solution, 0, 1_000)["goes_on_in_ms"], 4_000);
    assert_eq!(at(Phase::Scoreboard, 0, 6_000)["goes_on_in_ms"], 0);
    assert_eq!(at(Phase::Lobby, 0, 1_000).get("starts_in_ms"), None);
    let mut starting = Stage { elapsed_ms: 1_000, ..stage(Phase::Lobby, 0) };
    starting.game.starting = true;
    let PlayerView::Lobby(lobby) = starting.shown().player else { panic!("a lobby") };
    assert_eq!(lobby.starts_in_ms, Some(2_000));
}

/// The game of the ties: everybody's points are those of one question.
fn tied() -> Stage {
    let mut stage = stage(Phase::Scoreboard, 5);
    stage.players.extend([who(3, "Di"), who(4, "Ed"), who(5, "Fa"), who(6, "Gi")]);
    // Whoever is right gets the same, but that it took longer.
    stage.game.settings.mode = Mode::Accuracy;
    stage.game.settings.scoreboard = Scoreboard::Each;
    stage.game.asked = vec![(5, 0)];
    stage.answers = [0, 1, 2, 3, 4, 5].map(|player| kept(player, 5, Given::Number(1.0), 500)).to_vec();
    stage
}

#[test]
fn a_scoreboard_has_five_lines_or_all_who_tie_with_the_fifth() {
    let shown = tied().shown();
    let PlayerView::Scoreboard(board) = &shown.player else { panic!("a scoreboard") };
    assert_eq!((board.q, board.of, board.players, board.top.len()), (5, 11, 7, 6));
    assert!(board.top.iter().all(|line| (line.rank, line.total, line.moved) == (1, 1_000, None)));
    assert_eq!((shown.board.lines.len(), shown.board.more), (7, false));
    let place = shown.place[1].clone().expect("Bo is ranked");
    assert_eq!(place.around.iter().map(|line| line.name.as_str()).collect::<Vec<_>>(), ["Ana", "Bo", "Cy"]);
    assert_eq!((place.correct, place.scored, place.best_streak), (1, 1, 1));
    let last = shown.place[6].clone().expect("Gi is ranked").place;
    assert_eq!((last.total, last.rank, last.of, last.gap), (0, 7, 7, Some(1_000)));
    assert_eq!(last.ahead.as_deref(), Some("Ana, Bo, Cy, …"));
}

#[test]
fn a_podium_has_three_steps_and_none_where_nobody_is_ranked() {
    let mut stage = tied();
    stage.game.phase = Phase::Podium;
    stage.game.settings.teams = vec!["Port".into(), "Starboard".into()];
    stage.players[0].team = Some(1);
    let shown = stage.shown();
    let PlayerView::Podium(podium) = &shown.player else { panic!("a podium") };
    assert_eq!((podium.ranked, podium.players), (true, 7));
    assert_eq!(podium.steps.iter().map(Vec::len).collect::<Vec<_>>(), [6, 0, 0]);
    assert_eq!(podium.teams.iter().map(|team| (team.name.as_str(), team.total)).collect::<Vec<_>>(), [("Starboard", 1_000)]);
    assert!(shown.place[0].is_some());
    stage.game.settings.mode = Mode::Survey;
    let shown = stage.shown();
    let PlayerView::Podium(podium) = &shown.player else { panic!("a podium") };
    assert_eq!((podium.ranked, podium.players, podium.steps.len(), shown.place[0].is_some()), (false, 0, 0, false));
}

#[test]
fn one_is_told_what_ones_answer_was_worth_with_the_solution_and_not_before() {
    let mut stage = stage(Phase::Votes, 4);
    stage.answers = vec![kept(0, 4, Given::Text(" 1 ".into()), 2_000), kept(1, 4, Given::Text("2".into()), 500)];
    assert_eq!(stage.shown().own, [None, None, None]);
    assert_eq!(stage.shown().me[0].answer, Some(Given::Text(" 1 ".into())));
    stage.game.phase = Phase::Solution;
    let own = stage.shown().own;
    let told = |own: &Option<Own>| {
        let own = own.clone().expect("it is told");
        (own.correct, own.answer.is_some(), own.feedback, own.points, own.place.total, own.place.rank, own.place.gap)
    };
    assert_eq!(told(&own[0]), (Some(true), true, vec!["so 1".into()], 962, 962, 1, None));
    assert_eq!(told(&own[1]), (Some(false), true, vec![], 0, 0, 2, Some(962)));
    assert_eq!(told(&own[2]), (None, false, vec![], 0, 0, 2, Some(962)));
    // Taken out of the count it is neither right nor wrong.
    stage.game.voided.insert(4);
    assert_eq!(told(&stage.shown().own[0]), (None, true, vec!["so 1".into()], 0, 0, 1, None));
    let PlayerView::Solution(solution) = stage.shown().player else { panic!("a solution") };
    assert!(solution.voided);
    stage.game.phase = Phase::Podium;
    assert_eq!(stage.shown().own, [None, None, None]);
}

#[test]
fn a_page_of_the_ranking_has_a_hundred_lines() {
    let mut stage = tied();
    stage.players = (0..250).map(|no| who(no, &format!("P{no:03}"))).collect();
    stage.answers = vec![kept(200, 5, Given::Number(1.0), 500)];
    let standing = standing(&stage.game, &stage.quiz, &stage.players, &stage.answers);
    let (door, votes) = (door(), votes(&stage.quiz.questions[5], std::iter::empty(), 0));
    let (game, quiz) = (&stage.game, &stage.quiz);
    let beside = (false, false, 0);
    let sight = Sight {
        game,
        quiz,
        door: &door,
        players: 250,
        names: &[],
        votes: &votes,
        standing: &standing,
        elapsed_ms: 0,
        paused_store: beside.0,
        host_away: beside.1,
        with_more_time: beside.2,
    };
    let page = |after| {
        let page = board_page(&sight, after);
        (page.lines.len(), page.lines.first().map(|line| line.name.clone()), page.more)
    };
    assert_eq!(page(0), (100, Some("P200".into()), true));
    assert_eq!(page(150), (100, Some("P149".into()), false));
    assert_eq!(page(149), (100, Some("P148".into()), true));
    assert_eq!((page(250), page(9_999)), ((0, None, false), (0, None, false)));
}
