use super::*;
use crate::quiz::freeze::freeze;

const NOW: Micros = Micros(1_000_000_000);

fn minutes(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}

fn quiz() -> Frozen {
    let quiz = serde_json::from_str(
        r#"{"title":"T","questions":[
            {"stem":"a","type":"true_false","key":true,"points":1000},
            {"stem":"b","type":"numeric","value":5,"tolerance":1,"points":500},
            {"stem":"c","type":"open"},
            {"stem":"d","type":"slide"}]}"#,
    );
    freeze(&quiz.unwrap(), &[7; 32], false)
}

fn right(quiz: &Frozen) -> Given {
    let crate::quiz::freeze::Key::Options { right, .. } = &quiz.questions[0].key else { panic!("options") };
    Given::Options(right.clone())
}

#[test]
fn a_further_attempt_begins_while_some_are_left_and_it_is_open() {
    let rules = Rules { attempts: Some(2), closes_ts: Some(NOW.millis() + 60_000), ..Rules::default() };
    assert_eq!(rules.may_start(1, NOW), Ok(()));
    assert_eq!(rules.may_start(2, NOW), Err(NoStart::Used(2)));
    assert_eq!(rules.may_start(0, NOW.plus(minutes(1))), Err(NoStart::Closed));
    assert_eq!(Rules::default().may_start(1_000, NOW), Ok(()));
}

#[test]
fn the_deadline_is_the_own_time_or_the_day_it_closes_whichever_is_first() {
    let rules = Rules { minutes: Some(10), ..Rules::default() };
    assert_eq!(rules.deadline(NOW, Factor::Usual), Some(NOW.plus(minutes(10))));
    assert_eq!(rules.deadline(NOW, Factor::Half), Some(NOW.plus(minutes(15))));
    let closing = Rules { closes_ts: Some(NOW.plus(minutes(12)).millis()), ..rules };
    assert_eq!(closing.deadline(NOW, Factor::Usual), Some(NOW.plus(minutes(10))));
    assert_eq!(closing.deadline(NOW, Factor::Double), Some(NOW.plus(minutes(12))));
    assert_eq!(Rules::default().deadline(NOW, Factor::Double), None);
}

#[test]
fn an_attempt_ends_by_itself_after_the_grace_for_what_was_on_its_way() {
    let at = |ms| state_at(State::InProgress, Some(NOW), NOW.plus(Duration::from_millis(ms)));
    assert_eq!((at(0), at(500), at(501)), (State::InProgress, State::InProgress, State::AutoSubmitted));
    assert_eq!(state_at(State::Submitted, Some(NOW), NOW.plus(minutes(1))), State::Submitted);
    assert_eq!(state_at(State::InProgress, None, NOW.plus(minutes(1_000))), State::InProgress);
}

#[test]
fn answers_are_taken_as_they_fit_and_as_the_policy_allows() {
    let (quiz, rules) = (quiz(), Rules::default());
    let number = Given::Number(1.0);
    let took = |rules: &Rules, state, q, given: &Given, changes| takes(rules, state, &quiz, q, given, changes);
    assert_eq!(took(&rules, State::InProgress, 1, &number, 0), Ok(()));
    assert_eq!(took(&rules, State::InProgress, 1, &number, 3), Ok(()), "it may be changed");
    assert_eq!(took(&rules, State::InProgress, 1, &number, MAX_CHANGES), Err(NotTaken::TooOften));
    assert_eq!(took(&rules, State::InProgress, 0, &number, 0), Err(NotTaken::Invalid("choice")));
    assert_eq!(took(&rules, State::InProgress, 3, &number, 0), Err(NotTaken::Question), "a slide");
    assert_eq!(took(&rules, State::InProgress, 9, &number, 0), Err(NotTaken::Question));
    let each = Rules { feedback: Feedback::AfterEach, ..rules };
    assert_eq!(took(&each, State::InProgress, 1, &number, 1), Err(NotTaken::Shown));
    for state in [State::Submitted, State::AutoSubmitted, State::Abandoned] {
        assert_eq!(took(&rules, state, 1, &number, 0), Err(NotTaken::Ended));
    }
}

#[test]
fn what_is_right_is_shown_when_the_policy_says_so_and_not_before() {
    let closing = |feedback| Rules { feedback, closes_ts: Some(NOW.millis()), ..Rules::default() };
    let before = NOW.minus(minutes(1));
    for (feedback, state, is_answered, now, shown) in [
        (Feedback::AfterEach, State::InProgress, false, NOW, false),
        (Feedback::AfterEach, State::InProgress, true, NOW, true),
        (Feedback::AfterEach, State::Submitted, false, NOW, true),
        (Feedback::AfterSubmit, State::InProgress, true, NOW, false),
        (Feedback::AfterSubmit, State::AutoSubmitted, false, NOW, true),
        (Feedback::AfterClose, State::Submitted, true, before, false),
        (Feedback::AfterClose, State::Submitted, true, NOW, true),
        (Feedback::AfterClose, State::InProgress, true, NOW, false),
    ] {
        assert_eq!(closing(feedback).shows(state, is_answered, now), shown, "{feedback:?} {state:?} {is_answered}");
    }
    let never = Rules { feedback: Feedback::AfterClose, ..Rules::default() };
    assert!(!never.shows(State::Submitted, true, NOW.plus(minutes(1_000_000))));
}

#[test]
fn the_score_follows_from_the_answers() {
    let quiz = quiz();
    assert_eq!(score(&quiz, &BTreeMap::new()), Score { points: 0, most: 1_500, correct: 0, of: 2 });
    let answers = BTreeMap::from([(0, right(&quiz)), (1, Given::Number(9.0)), (2, Given::Text("why".into()))]);
    assert_eq!(score(&quiz, &answers), Score { points: 1_000, most: 1_500, correct: 1, of: 2 });
    let answers = BTreeMap::from([(0, right(&quiz)), (1, Given::Number(6.0))]);
    assert_eq!(score(&quiz, &answers), Score { points: 1_500, most: 1_500, correct: 2, of: 2 });
    assert_eq!(points_of(&quiz.questions[2], Some(&Given::Text("why".into()))), None);
}

#[test]
fn the_best_the_last_or_the_mean_counts() {
    let ended = [500, 900, 600];
    assert_eq!(counting(Counts::Best, &ended), Some(900));
    assert_eq!(counting(Counts::Last, &ended), Some(600));
    assert_eq!(counting(Counts::Mean, &ended), Some(667));
    assert_eq!(counting(Counts::Mean, &[1, 2]), Some(2), "half up");
    for counts in [Counts::Best, Counts::Last, Counts::Mean] {
        assert_eq!(counting(counts, &[]), None);
    }
}

#[test]
fn every_state_is_read_back_by_its_name() {
    for state in [State::InProgress, State::Submitted, State::AutoSubmitted, State::Abandoned] {
        assert_eq!(State::parse(state.word()), Some(state));
    }
    assert_eq!(State::parse("done"), None);
}
