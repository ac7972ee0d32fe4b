use proptest::prelude::*;

use super::*;

const SPEED: Rules = Rules { mode: Mode::Speed, streak: true };

fn counted() -> Counted {
    Counted { worth: 1_000, limit_ms: Some(20_000), scored: true, voided: false }
}

fn answer(q: u32, credit: u32, t_ms: u64) -> Graded {
    Graded { player: 0, q, credit, t_ms }
}

/// The game of seven questions.
fn game() -> Vec<Graded> {
    let played = [(1_000, 2_000), (1_000, 2_000), (1_000, 10_250), (500, 2_000), (1_000, 20_000), (0, 3_000), (1_000, 500)];
    (0..).zip(played).map(|(q, (credit, t))| answer(q, credit, t)).collect()
}

fn who(player: PlayerNo, name: &str) -> Contestant {
    Contestant { player, name: name.into(), team: None }
}

fn stands(total: u64, correct: u32, correct_ms: u64) -> Standing {
    Standing { total, correct, correct_ms, ..Standing::default() }
}

fn tied() -> (Vec<Contestant>, BTreeMap<PlayerNo, Standing>) {
    let all = [
        ("Gi", stands(0, 0, 0)),
        ("Al", stands(2_500, 3, 9_000)),
        ("Di", stands(2_500, 3, 8_000)),
        ("Ed", stands(1_000, 1, 2_000)),
        ("Cy", stands(2_500, 2, 3_000)),
        ("bo", stands(2_500, 3, 8_000)),
        ("Fa", stands(0, 0, 0)),
    ];
    let players = (0..).zip(&all).map(|(no, (name, _))| who(no, name)).collect();
    (players, (0..).zip(all.map(|(_, standing)| standing)).collect())
}

fn places(board: &Board) -> Vec<(u32, &str)> {
    board.lines.iter().map(|line| (line.rank, line.name.as_str())).collect()
}

#[test]
fn a_row_of_right_answers_adds_up() {
    let standing = standing(SPEED, &[counted(); 7], &game());
    let line = |earned: &Earned| (earned.points, earned.streak, earned.bonus, earned.total);
    assert_eq!(
        standing.earned.iter().map(line).collect::<Vec<_>>(),
        [
            (962, 1, 0, 962),
            (962, 2, 100, 2_024),
            (750, 3, 200, 2_974),
            (481, 3, 0, 3_455),
            (500, 4, 300, 4_255),
            (0, 0, 0, 4_255),
            (1_000, 1, 0, 5_255),
        ]
    );
    assert_eq!((standing.total, standing.correct, standing.streak.best), (5_255, 5, 4));
    assert_eq!(standing.correct_ms, 2_000 + 2_000 + 10_250 + 20_000 + 500);
}

#[test]
fn a_question_taken_out_of_the_count_leaves_every_total_and_row() {
    let mut questions = [counted(); 7];
    questions[1].voided = true;
    let standing = standing(SPEED, &questions, &game());
    assert_eq!((standing.total, standing.correct, standing.streak.best), (3_993, 4, 3));
    assert_eq!((standing.earned[1].points, standing.earned[1].streak, standing.earned[2].bonus), (0, 1, 100));
}

#[test]
fn no_answer_ends_a_row_and_what_is_not_scored_leaves_it() {
    let mut questions = [counted(); 4];
    questions[1].scored = false;
    let standing = standing(SPEED, &questions, &[answer(0, 1_000, 0), answer(2, 1_000, 0)]);
    assert_eq!(standing.earned.iter().map(|earned| earned.streak).collect::<Vec<_>>(), [1, 1, 2, 0]);
}

#[test]
fn who_ties_shares_a_place() {
    let (players, standings) = tied();
    let speed = board(Mode::Speed, &players, &standings, None);
    assert_eq!(places(&speed), [(1, "bo"), (1, "Di"), (3, "Al"), (4, "Cy"), (5, "Ed"), (6, "Fa"), (6, "Gi")]);
    let accuracy = board(Mode::Accuracy, &players, &standings, None);
    assert_eq!(places(&accuracy), [(1, "Al"), (1, "bo"), (1, "Di"), (4, "Cy"), (5, "Ed"), (6, "Fa"), (6, "Gi")]);
}

#[test]
fn the_podium_keeps_empty_the_steps_that_a_tie_takes_up() {
    let (players, standings) = tied();
    let podium = board(Mode::Speed, &players, &standings, None).podium();
    let names = podium.map(|step| step.into_iter().map(|line| line.name).collect::<Vec<_>>());
    assert_eq!(names, [vec!["bo".to_owned(), "Di".to_owned()], vec![], vec!["Al".to_owned()]]);
}

#[test]
fn one_is_told_who_is_ahead_and_by_how_much() {
    let (players, standings) = tied();
    let board = board(Mode::Speed, &players, &standings, None);
    assert_eq!(board.ahead(1), Some(("bo, Di".into(), 0)));
    assert_eq!(board.ahead(3), Some(("Cy".into(), 1_500)));
    assert_eq!(board.ahead(0), Some(("Ed".into(), 1_000)));
    assert_eq!(board.ahead(2), None);
    let around = |player| board.around(player).iter().map(|line| line.name.as_str()).collect::<Vec<_>>();
    assert_eq!((around(1), around(5), around(0)), (vec!["Di", "Al", "Cy"], vec!["bo", "Di"], vec!["Fa", "Gi"]));
}

#[test]
fn the_top_takes_in_who_ties_with_the_last_as_far_as_there_is_room() {
    let (players, standings) = tied();
    let board = board(Mode::Speed, &players, &standings, None);
    assert_eq!([1, 2, 5, 6, 9].map(|most| board.top(most, 10).len()), [2, 2, 5, 7, 7]);
    assert_eq!((board.top(1, 1).len(), board.top(0, 10).len()), (1, 0));
}

#[test]
fn who_is_taken_out_leaves_no_gap_and_moves_are_counted_between_boards() {
    let (mut players, mut standings) = tied();
    let before = board(Mode::Speed, &players, &standings, None);
    players.retain(|one| one.name != "bo");
    players.push(who(9, "Hu"));
    standings.insert(3, stands(9_000, 4, 0));
    let after = board(Mode::Speed, &players, &standings, Some(&before));
    assert_eq!(places(&after), [(1, "Ed"), (2, "Di"), (3, "Al"), (4, "Cy"), (5, "Fa"), (5, "Gi"), (5, "Hu")]);
    assert_eq!(
        after.lines.iter().map(|line| line.moved).collect::<Vec<_>>(),
        [Some(4), Some(-1), Some(0), Some(0), Some(1), Some(1), None]
    );
}

#[test]
fn a_team_is_worth_the_mean_of_its_members() {
    let of = |team, total| TeamMember { team, total };
    let lines = teams(&[of(1, 1_000), of(1, 1_001), of(0, 500), of(2, 1_001), of(4, 0)]);
    let told: Vec<_> = lines.iter().map(|line| (line.rank, line.team, line.total, line.players)).collect();
    assert_eq!(told, [(1, 1, 1_001, 2), (1, 2, 1_001, 1), (3, 0, 500, 1), (4, 4, 0, 1)]);
}

#[test]
fn ten_thousand_are_ranked_without_gaps() {
    let players: Vec<Contestant> = (0..10_000).map(|no| who(no, &format!("Player {no}"))).collect();
    let standings = (0..10_000).map(|no| (no, stands(u64::from(no % 700) * 7, no % 5, u64::from(no % 11)))).collect();
    let board = board(Mode::Speed, &players, &standings, None);
    assert_eq!(board.lines.len(), 10_000);
    assert!(board.lines.iter().zip(1..).all(|(line, place)| line.rank <= place));
    assert!(board.lines.windows(2).all(|two| two[0].total >= two[1].total && two[0].rank <= two[1].rank));
}

fn games() -> impl Strategy<Value = (Vec<Counted>, Vec<Graded>)> {
    let question = (any::<bool>(), 0..4_u8).prop_map(|(streak, kind)| Counted {
        worth: if streak { 1_000 } else { 500 },
        limit_ms: (kind != 0).then_some(20_000),
        scored: kind != 1,
        voided: kind == 2,
    });
    let answers = (0..4_u32, 0..6_u32, prop::sample::select(vec![0_u32, 400, 1_000]), 0..21_000_u64);
    let answers = prop::collection::btree_map(answers.clone().prop_map(|(p, q, _, _)| (p, q)), answers, 0..24);
    let answers = answers
        .prop_map(|all| all.into_iter().map(|((player, q), (_, _, credit, t_ms))| Graded { player, q, credit, t_ms }).collect::<Vec<_>>());
    (prop::collection::vec(question, 6), answers)
}

proptest! {
    #[test]
    fn the_order_in_which_answers_arrive_does_not_matter((questions, answers) in games(), by in 0..24_usize) {
        let players: Vec<Contestant> = (0..4).map(|no| who(no, "")).collect();
        let mut other = answers.clone();
        other.reverse();
        other.rotate_left(by % answers.len().max(1));
        let standings = |answers: &[Graded]| super::standings(SPEED, &questions, &players, answers);
        prop_assert_eq!(standings(&answers), standings(&other));
        for standing in standings(&answers).values() {
            let sum: u64 = standing.earned.iter().map(|earned| earned.points + earned.bonus).sum();
            prop_assert_eq!(sum, standing.total);
        }
    }

    #[test]
    fn a_voided_question_counts_as_if_it_had_never_been_asked((mut questions, answers) in games(), out in 0..6_usize) {
        let own: Vec<Graded> = answers.into_iter().filter(|answer| answer.player == 0).collect();
        questions[out].voided = true;
        let voided = standing(SPEED, &questions, &own);
        questions.remove(out);
        let gone = u32::try_from(out).unwrap();
        let left: Vec<Graded> = own.iter().filter(|answer| answer.q != gone)
            .map(|answer| Graded { q: if answer.q > gone { answer.q - 1 } else { answer.q }, ..*answer }).collect();
        let never = standing(SPEED, &questions, &left);
        prop_assert_eq!((voided.total, voided.correct, voided.correct_ms, voided.streak), (never.total, never.correct, never.correct_ms, never.streak));
    }
}
