use std::sync::Arc;

use allthrive_protocol::quiz::answer::Given;
use allthrive_protocol::quiz::live::{Admits, AnswerStatus, Answered, Factor, Measure, Role, Settings, Step};
use allthrive_protocol::quiz::view::Form;
use allthrive_protocol::{Cmid, Code, PlayerId, Principal, Refusal, RoomId, UserId};
use uuid::Uuid;

use super::tests::harbour;
use super::*;
use crate::quiz::freeze::Frozen;
use crate::time::Micros;

const ROOM: RoomId = RoomId(Uuid::from_u128(1));
const OWNER: UserId = UserId(Uuid::from_u128(2));

fn guest(n: u128) -> Principal {
    Principal::Guest(PlayerId(Uuid::from_u128(100 + n)))
}

/// A session, and what was asked of it so far.
struct Story {
    facts: LiveFacts,
    quiz: Arc<Frozen>,
    cmids: u128,
}

impl Story {
    fn new(settings: Settings) -> Self {
        let mut story = Self { facts: LiveFacts::default(), quiz: Arc::new(harbour()), cmids: 0 };
        let made = story.does(Author::Person(Principal::User(OWNER)), LiveDeed::Create(Box::new(create(settings))));
        assert_eq!(made, Ok(LiveOutcome::Created { pin: "123456".into(), rev: 1 }));
        story
    }

    fn unit(&mut self, author: Author, deed: LiveDeed) -> LiveUnit {
        self.cmids += 1;
        LiveUnit { room: ROOM, quiz: self.quiz.clone(), author, cmid: Cmid(Uuid::from_u128(self.cmids)), fingerprint: [0; 32], deed }
    }

    fn does(&mut self, author: Author, deed: LiveDeed) -> LiveDecision {
        let unit = self.unit(author, deed);
        admit(&mut self.facts, &unit, Micros(7))
    }

    fn host(&mut self, step: Step) -> LiveDecision {
        let rev = self.session().rev;
        self.does(Author::Person(Principal::User(OWNER)), LiveDeed::Step { rev, step, elapsed_ms: 100 })
    }

    fn due(&mut self) -> LiveDecision {
        let SessionFacts { rev, term, game, .. } = self.session().clone();
        let (elapsed_ms, fired) = timer(&game, &self.quiz).expect("something is waited for");
        self.does(Author::Server, LiveDeed::Fire { rev, term, fired, elapsed_ms })
    }

    fn joins(&mut self, who: Principal, name: &str) -> LiveDecision {
        self.does(Author::Person(who), LiveDeed::Join(Join { names: vec![(name.into(), name.to_lowercase())], team: None }))
    }

    /// `who` plays and the first question is open.
    fn opened(settings: Settings, who: &[Principal]) -> Self {
        let mut story = Self::new(settings);
        for (n, who) in who.iter().enumerate() {
            story.joins(*who, &format!("P{n}")).expect("joins");
        }
        story.host(Step::Start).expect("starts");
        story.due().expect("the question");
        story.due().expect("its options");
        story
    }

    fn answers(&mut self, who: Principal, aid: u128, q: u32, choice: Given, raw_ms: u64) -> Result<Answered, Refusal> {
        let deed = LiveDeed::Answer(Answer { q, round: 0, choice, raw_ms, credit_ms: 0 });
        let unit = LiveUnit { cmid: Cmid(Uuid::from_u128(aid)), ..self.unit(Author::Person(who), deed) };
        match admit(&mut self.facts, &unit, Micros(7))? {
            LiveOutcome::Answered(answered) => Ok(answered),
            other => panic!("{other:?}"),
        }
    }

    fn session(&self) -> &SessionFacts {
        &self.facts.sessions[&ROOM]
    }

    /// An answer by the place of its option.
    fn choice(&self, at: usize) -> Given {
        let Form::One { options } = &self.quiz.questions[0].form else { panic!() };
        Given::Options(vec![options[at].id])
    }
}

fn create(settings: Settings) -> Create {
    Create {
        quiz: Uuid::from_u128(9),
        conversation: None,
        title: "Harbour".into(),
        language: None,
        settings,
        pins: vec!["123456".into()],
        link_hash: [0; 32],
        node: None,
        rematch_of: None,
    }
}

fn code(decision: LiveDecision) -> Code {
    decision.expect_err("it is refused").code
}

fn status(answered: Result<Answered, Refusal>) -> (AnswerStatus, Option<Given>) {
    answered.map(|answered| (answered.status, answered.choice)).expect("an answer is told what became of it")
}

#[test]
fn an_answer_is_kept_once_whatever_comes_again() {
    let mut story = Story::opened(Settings::default(), &[guest(1)]);
    let (a, b) = (story.choice(0), story.choice(1));
    assert_eq!(status(story.answers(guest(1), 1_001, 0, a.clone(), 500)), (AnswerStatus::Accepted, Some(a.clone())));
    assert_eq!(status(story.answers(guest(1), 1_001, 0, a.clone(), 900)), (AnswerStatus::Accepted, Some(a.clone())));
    assert_eq!(status(story.answers(guest(1), 1_002, 0, b, 950)), (AnswerStatus::Duplicate, Some(a.clone())));
    assert_eq!((story.facts.changes.answers.len(), story.session().answers), (1, 1));
    // The same, sent again when the question is long closed, says the same.
    story.host(Step::Close).unwrap();
    story.due().unwrap();
    assert_eq!(status(story.answers(guest(1), 1_001, 0, a.clone(), 60_000)), (AnswerStatus::Accepted, Some(a)));
}

#[test]
fn an_answer_id_that_was_used_for_another_answer_is_a_conflict() {
    let mut story = Story::opened(Settings::default(), &[guest(1)]);
    let (a, b) = (story.choice(0), story.choice(1));
    story.answers(guest(1), 1_001, 0, a, 500).unwrap();
    assert_eq!(story.answers(guest(1), 1_001, 0, b, 500).unwrap_err().code, Code::CmidConflict);
}

#[test]
fn an_answer_to_a_question_that_is_not_open_is_closed() {
    let mut story = Story::new(Settings::default());
    story.joins(guest(1), "Ana").unwrap();
    story.host(Step::Start).unwrap();
    story.due().unwrap();
    let a = story.choice(0);
    assert_eq!(status(story.answers(guest(1), 1_001, 0, a.clone(), 0)).0, AnswerStatus::Closed, "the question has no options yet");
    story.due().unwrap();
    assert_eq!(status(story.answers(guest(1), 1_002, 1, a.clone(), 0)).0, AnswerStatus::Closed, "of another question");
    story.host(Step::Close).unwrap();
    assert_eq!(status(story.answers(guest(1), 1_003, 0, a.clone(), 600)).0, AnswerStatus::Accepted, "it was on its way");
    story.due().unwrap();
    assert_eq!(status(story.answers(guest(2), 1_004, 0, a, 600)).0, AnswerStatus::NotEligible, "nobody's");
    assert_eq!(story.session().answers, 1);
}

#[test]
fn a_late_answer_leaves_no_row() {
    let mut story = Story::opened(Settings::default(), &[guest(1), guest(2)]);
    let a = story.choice(0);
    assert_eq!(status(story.answers(guest(1), 1_001, 0, a.clone(), 20_501)).0, AnswerStatus::Late);
    assert_eq!(status(story.answers(guest(2), 1_002, 0, a, 20_500)).0, AnswerStatus::Accepted);
    assert_eq!(story.facts.changes.answers.iter().map(|kept| kept.t_ms).collect::<Vec<_>>(), [20_500]);
}

#[test]
fn what_does_not_fit_is_invalid_and_leaves_no_row() {
    let mut story = Story::opened(Settings::default(), &[guest(1)]);
    for (n, wrong) in [Given::Options(vec![]), Given::Options(vec![4_000_000_000]), Given::Text("a".into())].into_iter().enumerate() {
        let answered = story.answers(guest(1), 2_000 + n as u128, 0, wrong, 10).unwrap();
        assert_eq!((answered.status, answered.field.is_some()), (AnswerStatus::Invalid, true));
    }
    assert_eq!(story.session().answers, 0);
}

#[test]
fn nobody_answers_while_the_game_stands_still_but_what_was_on_its_way_counts() {
    let mut story = Story::opened(Settings::default(), &[guest(1), guest(2)]);
    let rev = story.session().rev;
    let pause = LiveDeed::Step { rev, step: Step::Pause, elapsed_ms: 3_000 };
    story.does(Author::Person(Principal::User(OWNER)), pause).unwrap();
    let a = story.choice(0);
    assert_eq!(status(story.answers(guest(1), 1_001, 0, a.clone(), 3_000)).0, AnswerStatus::Closed);
    assert_eq!(status(story.answers(guest(2), 1_002, 0, a.clone(), 2_999)).0, AnswerStatus::Accepted);
    story.host(Step::Resume).unwrap();
    assert_eq!(status(story.answers(guest(1), 1_001, 0, a, 4_000)).0, AnswerStatus::Accepted);
}

#[test]
fn an_answer_that_may_change_is_kept_each_time_with_its_own_time() {
    let mut story = Story::opened(Settings { may_change: true, ..Settings::default() }, &[guest(1)]);
    let (a, b) = (story.choice(0), story.choice(1));
    story.answers(guest(1), 1_001, 0, a, 1_000).unwrap();
    assert_eq!(status(story.answers(guest(1), 1_002, 0, b.clone(), 2_000)), (AnswerStatus::Accepted, Some(b)));
    let kept: Vec<_> = story.facts.changes.answers.iter().map(|kept| (kept.n, kept.no, kept.t_ms)).collect();
    assert_eq!(kept, [(0, 1, 1_000), (1, 2, 2_000)]);
}

#[test]
fn a_step_is_taken_once_and_by_its_hosts_alone() {
    let mut story = Story::new(Settings::default());
    let step = LiveDeed::Step { rev: 1, step: Step::Start, elapsed_ms: 0 };
    for stranger in [guest(1), Principal::User(UserId(Uuid::from_u128(77)))] {
        assert_eq!(code(story.does(Author::Person(stranger), step.clone())), Code::Forbidden);
    }
    let unit = story.unit(Author::Person(Principal::User(OWNER)), step.clone());
    let first = admit(&mut story.facts, &unit, Micros(7)).unwrap();
    assert!(matches!(first, LiveOutcome::Stepped { rev: 2, dup: false, .. }), "{first:?}");
    let again = admit(&mut story.facts, &unit, Micros(8)).unwrap();
    assert!(matches!(again, LiveOutcome::Stepped { rev: 2, dup: true, at: Micros(7), .. }), "{again:?}");
    assert_eq!(code(story.does(Author::Person(Principal::User(OWNER)), step)), Code::RevConflict, "the second click");
    let other = LiveUnit { fingerprint: [1; 32], ..unit };
    assert_eq!(code(admit(&mut story.facts, &other, Micros(8))), Code::CmidConflict);
}

#[test]
fn a_server_that_lost_the_session_moves_it_no_more() {
    let mut story = Story::opened(Settings::default(), &[guest(1)]);
    let SessionFacts { rev, term, beat, .. } = *story.session();
    let node = Uuid::from_u128(5);
    let claimed = story.does(Author::Server, LiveDeed::Claim { node, term, beat }).unwrap();
    let LiveOutcome::Claimed { term: 2, rev: taken, game } = claimed else { panic!("{claimed:?}") };
    assert_eq!((taken, game.paused.map(|pause| pause.reason)), (rev + 1, Some(allthrive_protocol::quiz::view::PauseReason::Recovered)));
    let late = LiveDeed::Fire { rev: taken, term, fired: Fired::Deadline, elapsed_ms: 20_000 };
    assert_eq!(story.does(Author::Server, late), Ok(LiveOutcome::Fenced { term: 2 }));
    assert_eq!(story.does(Author::Server, LiveDeed::Claim { node, term, beat }), Ok(LiveOutcome::Fenced { term: 2 }));
    assert_eq!(story.session().rev, taken);
}

#[test]
fn a_name_is_one_players_alone() {
    let mut story = Story::new(Settings::default());
    story.joins(guest(1), "Ana").unwrap();
    assert_eq!(code(story.joins(guest(2), "ANA")), Code::BadRequest);
    let two = Join { names: vec![("Ana".into(), "ana".into()), ("Ana 2".into(), "ana 2".into())], team: None };
    let joined = story.does(Author::Person(guest(2)), LiveDeed::Join(two)).unwrap();
    let LiveOutcome::Joined(player) = joined else { panic!("{joined:?}") };
    assert_eq!((player.name.as_str(), player.no), ("Ana 2", 2));
    // Who has gone leaves the name to others, and comes back under the own one if it is still free.
    story.does(Author::Person(guest(1)), LiveDeed::Leave).unwrap();
    let back = story.does(Author::Person(guest(1)), LiveDeed::Join(Join::default())).unwrap();
    assert!(matches!(&back, LiveOutcome::Joined(player) if player.name == "Ana" && player.no == 1), "{back:?}");
    assert_eq!(story.session().playing, 2);
}

#[test]
fn who_is_kicked_may_come_back_by_another_name_and_who_is_banned_may_not() {
    let mut story = Story::new(Settings::default());
    story.joins(guest(1), "Ana").unwrap();
    let owner = Author::Person(Principal::User(OWNER));
    let measure = |measure| LiveDeed::Measure { player: guest(1), measure, skeleton: None };
    let kick = story.unit(owner, measure(Measure::Kick));
    admit(&mut story.facts, &kick, Micros(7)).unwrap();
    assert_eq!(code(story.does(Author::Person(guest(1)), LiveDeed::Join(Join::default()))), Code::Forbidden);
    story.joins(guest(1), "Bo").unwrap();
    // The kick that is sent again is not carried out again.
    let again = admit(&mut story.facts, &kick, Micros(8)).unwrap();
    assert!(matches!(&again, LiveOutcome::Player(player) if player.state == PlayerState::Active), "{again:?}");
    story.does(owner, measure(Measure::Ban)).unwrap();
    assert_eq!(code(story.joins(guest(1), "Cy")), Code::Forbidden);
    story.does(owner, measure(Measure::Kick)).unwrap();
    assert_eq!(code(story.joins(guest(1), "Cy")), Code::Forbidden, "a kick does not soften a ban");
    assert_eq!(story.session().playing, 0);
}

#[test]
fn a_locked_full_or_closed_session_takes_nobody_new_and_everybody_back() {
    let mut story = Story::new(Settings { most_players: 2, ..Settings::default() });
    story.joins(guest(1), "Ana").unwrap();
    story.host(Step::Lock).unwrap();
    assert_eq!(code(story.joins(guest(2), "Bo")), Code::Forbidden);
    assert!(story.joins(guest(1), "Ana").is_ok());
    story.host(Step::Unlock).unwrap();
    story.joins(guest(2), "Bo").unwrap();
    assert_eq!(code(story.joins(guest(3), "Cy")), Code::Forbidden);
    story.host(Step::End).unwrap();
    assert_eq!(code(story.joins(guest(1), "Ana")), Code::QuizClosed);
    let mut accounts = Story::new(Settings { admits: Admits::Accounts, ..Settings::default() });
    assert_eq!(code(accounts.joins(guest(1), "Ana")), Code::Forbidden);
    assert!(accounts.joins(Principal::User(UserId(Uuid::from_u128(3))), "Ana").is_ok());
}

#[test]
fn who_names_no_team_is_put_into_the_smallest() {
    let mut story = Story::new(Settings { teams: vec!["Red".into(), "Blue".into()], ..Settings::default() });
    let teams: Vec<_> = (1..=4).map(|n| story.joins(guest(n), &format!("P{n}"))).collect();
    let teams: Vec<_> =
        teams.into_iter().map(|joined| if let Ok(LiveOutcome::Joined(player)) = joined { player.team } else { None }).collect();
    assert_eq!(teams, [Some(0), Some(1), Some(0), Some(1)]);
    let other = Join { names: vec![("X".into(), "x".into())], team: Some(2) };
    assert_eq!(code(story.does(Author::Person(guest(9)), LiveDeed::Join(other))), Code::BadRequest);
}

#[test]
fn moderators_keep_order_and_do_not_play_host() {
    let mut story = Story::new(Settings::default());
    let moderator = UserId(Uuid::from_u128(3));
    let owner = Author::Person(Principal::User(OWNER));
    let appoint = |role| LiveDeed::Host { user: moderator, role };
    assert_eq!(code(story.does(Author::Person(guest(1)), appoint(Some(Role::Cohost)))), Code::Forbidden);
    story.does(owner, appoint(Some(Role::Moderator))).unwrap();
    story.joins(guest(1), "Ana").unwrap();
    let by = Author::Person(Principal::User(moderator));
    let rev = story.session().rev;
    assert!(story.does(by, LiveDeed::Step { rev, step: Step::Lock, elapsed_ms: 0 }).is_ok());
    assert_eq!(code(story.does(by, LiveDeed::Step { rev: rev + 1, step: Step::Start, elapsed_ms: 0 })), Code::Forbidden);
    let measure = |measure| LiveDeed::Measure { player: guest(1), measure, skeleton: None };
    assert_eq!(code(story.does(by, measure(Measure::Time { factor: Factor::Double }))), Code::Forbidden);
    assert!(story.does(by, measure(Measure::Kick)).is_ok());
    story.does(owner, appoint(None)).unwrap();
    assert_eq!(code(story.does(by, measure(Measure::Ban))), Code::Forbidden);
}

#[test]
fn a_session_is_made_once_and_followed_once() {
    let mut story = Story::new(Settings::default());
    let owner = Author::Person(Principal::User(OWNER));
    let next = RoomId(Uuid::from_u128(8));
    let follow = Create { pins: vec!["123456".into(), "222222".into()], rematch_of: Some(ROOM), ..create(Settings::default()) };
    let unit = LiveUnit { room: next, ..story.unit(owner, LiveDeed::Create(Box::new(follow.clone()))) };
    assert_eq!(code(admit(&mut story.facts, &unit, Micros(7))), Code::BadRequest, "the game has not been played");
    story.host(Step::Start).unwrap();
    story.due().unwrap();
    story.host(Step::End).unwrap();
    let made = LiveOutcome::Created { pin: "222222".into(), rev: 1 };
    assert_eq!(admit(&mut story.facts, &unit, Micros(7)), Ok(made.clone()));
    assert_eq!(admit(&mut story.facts, &unit, Micros(9)), Ok(made));
    assert_eq!((story.session().game.phase, story.session().game.rematch), (Phase::Ended, Some(next)));
    let another = LiveUnit { room: RoomId(Uuid::from_u128(10)), ..story.unit(owner, LiveDeed::Create(Box::new(follow))) };
    assert_eq!(code(admit(&mut story.facts, &another, Micros(7))), Code::Overloaded, "neither PIN is free");
}
