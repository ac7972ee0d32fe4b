//! Live sessions on both engines: what is decided is on the disk, once, whoever else writes and whatever is lost.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::sync::Arc;

use allthrive_domain::quiz::freeze::{Frozen, freeze};
use allthrive_domain::quiz::game::{Answer, Author, Create, Fired, Join, LiveDeed, LiveOutcome, LiveUnit, Phase, PlayerState, timer};
use allthrive_domain::time::Micros;
use allthrive_protocol::quiz::answer::Given;
use allthrive_protocol::quiz::live::{AnswerStatus, Answered, Factor, Measure, Role, Settings, Step};
use allthrive_protocol::quiz::view::{Form, PauseReason};
use allthrive_protocol::{Cmid, Code, PlayerId, Principal, RoomId, SessionId};
use allthrive_store::live::keep::{NodeSays, PIN_RESERVED};
use allthrive_store::live::{Beat, Lease};
use allthrive_store::{Cursor, Store};
use common::Place;
use common::people::{NOW, people, room, user};
use futures_util::future::join_all;
use uuid::Uuid;

on_both! {
    a_session_is_read_back_as_it_was_made,
    a_session_made_again_is_the_same_one,
    answers_are_kept_once_and_numbered_without_a_hole,
    what_was_acknowledged_is_there_after_a_restart,
    of_many_steps_at_one_rev_one_is_taken,
    of_many_who_want_one_name_one_gets_it,
    players_are_read_by_their_changes,
    a_measure_is_carried_out_once,
    a_beat_keeps_a_session_until_another_server_claims_it,
    two_sessions_never_see_each_other,
    a_pin_is_reserved_for_a_day_after_the_end,
    screens_hosts_and_servers_are_read_back,
    own_sessions_are_listed_page_by_page,
}

fn frozen() -> Arc<Frozen> {
    let option = |text: &str, correct| serde_json::json!({ "text": text, "correct": correct });
    let question = serde_json::json!({ "stem": "Which?", "type": "single_choice", "limit_ms": 20_000, "points": 1_000,
        "options": [option("a", true), option("b", false)] });
    let quiz = serde_json::from_value(serde_json::json!({ "title": "Ships", "questions": [question, question] })).unwrap();
    Arc::new(freeze(&quiz, &[3; 32], false))
}

fn guest(n: u128) -> Principal {
    Principal::Guest(PlayerId(Uuid::from_u128(100_000 + n)))
}

fn owner() -> Author {
    Author::Person(Principal::User(user(1)))
}

fn unit(of: RoomId, author: Author, cmid: u128, deed: LiveDeed) -> LiveUnit {
    LiveUnit { room: of, quiz: frozen(), author, cmid: Cmid(Uuid::from_u128(cmid)), fingerprint: [0; 32], deed }
}

fn create(n: u128) -> LiveUnit {
    let create = Create {
        quiz: Uuid::from_u128(7),
        conversation: Some(room(90)),
        title: "Ships".into(),
        language: Some("en".into()),
        settings: Settings::default(),
        pins: vec![format!("{:06}", 100_000 + n)],
        link_hash: [u8::try_from(n).unwrap(); 32],
        node: Some(Uuid::from_u128(5)),
        rematch_of: None,
    };
    unit(room(n), owner(), 1, LiveDeed::Create(Box::new(create)))
}

fn join(of: RoomId, n: u128, name: &str) -> LiveUnit {
    let join = Join { names: vec![(name.into(), name.to_lowercase())], team: None };
    unit(of, Author::Person(guest(n)), 50_000 + n, LiveDeed::Join(join))
}

fn choice(at: usize) -> Given {
    let quiz = frozen();
    let Form::One { options } = &quiz.questions[0].form else { panic!("it is a choice") };
    Given::Options(vec![options[at].id])
}

fn answer(of: RoomId, n: u128, aid: u128, at: usize) -> LiveUnit {
    let answer = Answer { q: 0, round: 0, choice: choice(at), raw_ms: 500, credit_ms: 20 };
    unit(of, Author::Person(guest(n)), aid, LiveDeed::Answer(answer))
}

async fn commit(store: &Store, one: LiveUnit) -> LiveOutcome {
    store.commit_live(&[one], NOW).await.pop().unwrap().unwrap().unwrap()
}

async fn refused(store: &Store, one: LiveUnit) -> Code {
    store.commit_live(&[one], NOW).await.pop().unwrap().unwrap().unwrap_err().code
}

async fn step(store: &Store, of: RoomId, step: Step) -> LiveOutcome {
    let rev = store.live_state(of).await.unwrap().unwrap().rev;
    commit(store, unit(of, owner(), 9_000 + u128::from(rev), LiveDeed::Step { rev, step, elapsed_ms: 10 })).await
}

async fn due(store: &Store, of: RoomId) {
    let state = store.live_state(of).await.unwrap().unwrap();
    let (elapsed_ms, fired) = timer(&state.game, &frozen()).unwrap();
    let fire = LiveDeed::Fire { rev: state.rev, term: state.term, fired, elapsed_ms };
    let outcome = commit(store, unit(of, Author::Server, 8_000 + u128::from(state.rev), fire)).await;
    assert!(matches!(outcome, LiveOutcome::Stepped { dup: false, .. }), "{outcome:?}");
}

/// A session with these players, at its first question.
async fn opened(store: &Store, n: u128, players: u128) -> RoomId {
    commit(store, create(n)).await;
    for player in 1..=players {
        commit(store, join(room(n), player, &format!("P{player}"))).await;
    }
    step(store, room(n), Step::Start).await;
    due(store, room(n)).await;
    due(store, room(n)).await;
    room(n)
}

fn status(outcome: &LiveOutcome) -> (AnswerStatus, Option<Given>) {
    let LiveOutcome::Answered(Answered { status, choice, .. }) = outcome else { panic!("{outcome:?}") };
    (*status, choice.clone())
}

async fn a_session_is_read_back_as_it_was_made(place: Place) {
    let store = place.open().await;
    people(&store, 1).await;
    assert_eq!(commit(&store, create(1)).await, LiveOutcome::Created { pin: "100001".into(), rev: 1 });
    let kept = store.live_session(room(1)).await.unwrap().unwrap();
    assert_eq!((kept.quiz, kept.owner, kept.conversation, kept.title.as_str()), (Uuid::from_u128(7), user(1), Some(room(90)), "Ships"));
    assert_eq!((&*kept.content, kept.pin.as_deref(), kept.created_at, kept.ended_at), (&*frozen(), Some("100001"), NOW, None));
    let state = kept.state;
    assert_eq!((state.rev, state.at, state.term, state.node, state.answers, state.changes), (1, NOW, 1, Some(Uuid::from_u128(5)), 0, 0));
    assert_eq!((state.game.phase, state.game.of), (Phase::Lobby, 2));
    assert_eq!(store.live_by_pin("100001").await.unwrap(), Some(room(1)));
    assert_eq!(store.live_by_link([1; 32]).await.unwrap(), Some(room(1)));
    assert_eq!((store.live_by_pin("999999").await.unwrap(), store.live_by_link([9; 32]).await.unwrap()), (None, None));
    assert_eq!(
        (store.live_role(room(1), user(1)).await.unwrap(), store.live_role(room(1), user(2)).await.unwrap()),
        (Some(Role::Owner), None)
    );
    assert_eq!((store.live_count().await.unwrap(), store.live_session(room(2)).await.unwrap()), (1, None));
}

async fn a_session_made_again_is_the_same_one(place: Place) {
    let store = place.open().await;
    people(&store, 1).await;
    let together = store.commit_live(&[create(1), create(1)], NOW).await;
    let made = LiveOutcome::Created { pin: "100001".into(), rev: 1 };
    assert!(together.into_iter().all(|outcome| outcome.unwrap() == Ok(made.clone())));
    // Sent again, and with other PINs drawn meanwhile.
    let mut again = create(1);
    if let LiveDeed::Create(create) = &mut again.deed {
        create.pins = vec!["555555".into()];
    }
    assert_eq!(commit(&store, again).await, made);
    let mut taken = create(2);
    if let LiveDeed::Create(create) = &mut taken.deed {
        create.pins = vec!["100001".into(), "100002".into()];
    }
    assert_eq!(commit(&store, taken).await, LiveOutcome::Created { pin: "100002".into(), rev: 1 });
    let all = join_all((0..8).map(|_| commit(&store, create(3)))).await;
    assert!(all.iter().all(|one| *one == LiveOutcome::Created { pin: "100003".into(), rev: 1 }), "{all:?}");
}

async fn answers_are_kept_once_and_numbered_without_a_hole(place: Place) {
    let store = place.open().await;
    people(&store, 1).await;
    let of = opened(&store, 1, 12).await;
    // Each answers, asks again, and changes its mind, all at once and from several writers.
    let store = &store;
    let tries = (1..=12u128).flat_map(|n| [(n, 1_000 + n, 0), (n, 1_000 + n, 0), (n, 2_000 + n, 1)]);
    let outcomes = join_all(tries.map(|(n, aid, at)| async move { (n, aid, status(&commit(store, answer(of, n, aid, at)).await)) })).await;
    let kept = store.live_answers(of, 0, 100).await.unwrap();
    assert_eq!(kept.iter().map(|answer| answer.no).collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>());
    for (n, aid, (status, choice)) in outcomes {
        let own: Vec<_> = kept.iter().filter(|answer| answer.player == guest(n)).collect();
        assert_eq!(own.len(), 1);
        let is_kept = own[0].aid == Cmid(Uuid::from_u128(aid));
        assert_eq!(status, if is_kept { AnswerStatus::Accepted } else { AnswerStatus::Duplicate });
        assert_eq!(choice.as_ref(), Some(&own[0].choice), "what is told is what is kept");
        assert_eq!((own[0].raw_ms, own[0].t_ms), (500, 480));
    }
    assert_eq!(store.live_answers(of, 10, 100).await.unwrap().len(), 2);
    // In one batch, too.
    let batch = store.commit_live(&[answer(of, 1, 3_001, 1), answer(of, 99, 3_002, 1)], NOW).await;
    let batch: Vec<_> = batch.into_iter().map(|outcome| status(&outcome.unwrap().unwrap()).0).collect();
    assert_eq!(batch, [AnswerStatus::Duplicate, AnswerStatus::NotEligible]);
}

async fn what_was_acknowledged_is_there_after_a_restart(place: Place) {
    let store = place.open().await;
    people(&store, 1).await;
    let of = opened(&store, 1, 3).await;
    assert_eq!(status(&commit(&store, answer(of, 1, 1_001, 0)).await).0, AnswerStatus::Accepted);
    store.close().await;
    let store = place.open().await;
    let state = store.live_state(of).await.unwrap().unwrap();
    assert_eq!((state.game.phase, state.answers, state.playing), (Phase::Open, 1, 3));
    let claim = LiveDeed::Claim { node: Uuid::from_u128(6), term: state.term, beat: state.beat };
    let claimed = commit(&store, unit(of, Author::Server, 77, claim)).await;
    let LiveOutcome::Claimed { term: 2, game, .. } = claimed else { panic!("{claimed:?}") };
    assert_eq!(game.paused.unwrap().reason, PauseReason::Recovered);
    // The answer that got no acknowledgement is sent again.
    assert_eq!(status(&commit(&store, answer(of, 1, 1_001, 0)).await), (AnswerStatus::Accepted, Some(choice(0))));
    assert_eq!(store.live_answers(of, 0, 10).await.unwrap().len(), 1);
}

async fn of_many_steps_at_one_rev_one_is_taken(place: Place) {
    let store = place.open().await;
    people(&store, 1).await;
    commit(&store, create(1)).await;
    let many = (0..10u128).map(|n| unit(room(1), owner(), 400 + n, LiveDeed::Step { rev: 1, step: Step::Start, elapsed_ms: 0 }));
    let outcomes = join_all(many.map(|one| async { store.commit_live(&[one], NOW).await.pop().unwrap().unwrap() })).await;
    let taken: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).collect();
    assert!(matches!(taken[..], [LiveOutcome::Stepped { rev: 2, dup: false, .. }]), "{taken:?}");
    assert!(outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).all(|refusal| refusal.code == Code::RevConflict));
    assert_eq!(store.live_state(room(1)).await.unwrap().unwrap().rev, 2);
}

async fn of_many_who_want_one_name_one_gets_it(place: Place) {
    let store = place.open().await;
    people(&store, 1).await;
    commit(&store, create(1)).await;
    let store = &store;
    let outcomes = join_all((1..=8).map(|n| async move { store.commit_live(&[join(room(1), n, "Ana")], NOW).await.pop().unwrap() })).await;
    let joined = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Ok(LiveOutcome::Joined(_))))).count();
    assert_eq!(joined, 1, "{outcomes:?}");
    // Who leaves a name and who takes it in the same batch.
    let holder = store.live_players(room(1), 0, 10).await.unwrap().pop().unwrap();
    let leave = unit(room(1), Author::Person(holder.player), 600, LiveDeed::Leave);
    let outcomes = store.commit_live(&[leave, join(room(1), 20, "ana")], NOW).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(Ok(_)))), "{outcomes:?}");
    assert_eq!(store.live_state(room(1)).await.unwrap().unwrap().playing, 1);
}

async fn players_are_read_by_their_changes(place: Place) {
    let store = place.open().await;
    people(&store, 2).await;
    commit(&store, create(1)).await;
    for n in 1..=3 {
        commit(&store, join(room(1), n, &format!("P{n}"))).await;
    }
    let account = Author::Person(Principal::User(user(2)));
    commit(&store, unit(room(1), account, 1, LiveDeed::Join(Join { names: vec![("Zoë".into(), "zoe".into())], team: None }))).await;
    commit(&store, unit(room(1), Author::Person(guest(1)), 2, LiveDeed::Time { factor: Factor::Half })).await;
    let rename = LiveDeed::Rename { name: "Two".into(), skeleton: "two".into() };
    commit(&store, unit(room(1), Author::Person(guest(2)), 3, rename)).await;
    let changed = store.live_players(room(1), 4, 10).await.unwrap();
    let changed: Vec<_> = changed.iter().map(|player| (player.no, player.name.as_str(), player.factor, player.change)).collect();
    assert_eq!(changed, [(1, "P1", Factor::Half, 5), (2, "Two", Factor::Usual, 6)]);
    let all = store.live_players(room(1), 0, 2).await.unwrap();
    assert_eq!(all.iter().map(|player| player.no).collect::<Vec<_>>(), [3, 4]);
    let zoe = store.live_players(room(1), 3, 1).await.unwrap().pop().unwrap();
    assert_eq!((zoe.player, zoe.name.as_str(), zoe.state, zoe.joined_at), (Principal::User(user(2)), "Zoë", PlayerState::Active, NOW));
    let state = store.live_state(room(1)).await.unwrap().unwrap();
    assert_eq!((state.changes, state.playing), (6, 4));
}

async fn a_measure_is_carried_out_once(place: Place) {
    let store = place.open().await;
    people(&store, 1).await;
    commit(&store, create(1)).await;
    commit(&store, join(room(1), 1, "Ana")).await;
    let kick = unit(room(1), owner(), 700, LiveDeed::Measure { player: guest(1), measure: Measure::Kick, skeleton: None });
    commit(&store, kick.clone()).await;
    commit(&store, join(room(1), 1, "Bo")).await;
    commit(&store, kick.clone()).await;
    assert_eq!(store.live_players(room(1), 0, 10).await.unwrap()[0].state, PlayerState::Active);
    assert_eq!(refused(&store, LiveUnit { fingerprint: [1; 32], ..kick }).await, Code::CmidConflict);
}

async fn a_beat_keeps_a_session_until_another_server_claims_it(place: Place) {
    let store = place.open().await;
    people(&store, 1).await;
    let of = opened(&store, 1, 1).await;
    let (one, two) = (Uuid::from_u128(5), Uuid::from_u128(6));
    let rev = store.live_state(of).await.unwrap().unwrap().rev;
    let beat = |term, elapsed_ms| [Beat { room: of, term, rev, elapsed_ms }];
    assert_eq!(store.live_beat(&beat(1, 7_000)).await.unwrap(), [of]);
    assert_eq!(store.live_running().await.unwrap(), [Lease { room: of, node: Some(one), term: 1, beat: 1 }]);
    let claim = |cmid, beat| unit(of, Author::Server, cmid, LiveDeed::Claim { node: two, term: 1, beat });
    assert_eq!(commit(&store, claim(1, 0)).await, LiveOutcome::Fenced { term: 1 }, "it has beaten since");
    let claimed = commit(&store, claim(2, 1)).await;
    let LiveOutcome::Claimed { term: 2, rev: taken, game } = claimed else { panic!("{claimed:?}") };
    assert_eq!((taken, game.paused.unwrap().elapsed_ms), (rev + 1, 7_000), "what had gone by by the last beat is not lost");
    assert!(store.live_beat(&beat(1, 9_000)).await.unwrap().is_empty());
    let fire = LiveDeed::Fire { rev: taken, term: 1, fired: Fired::GoOn, elapsed_ms: 3_000 };
    assert_eq!(commit(&store, unit(of, Author::Server, 3, fire)).await, LiveOutcome::Fenced { term: 2 });
    assert_eq!(store.live_state(of).await.unwrap().unwrap().rev, taken);
}

async fn two_sessions_never_see_each_other(place: Place) {
    let store = place.open().await;
    people(&store, 1).await;
    let (x, y) = (opened(&store, 1, 5).await, opened(&store, 2, 5).await);
    // The same people with the same marks, in one batch.
    let units: Vec<_> = (1..=5).map(|n| answer(x, n, 1_000 + n, 0)).chain([answer(y, 1, 1_001, 1)]).collect();
    assert!(store.commit_live(&units, NOW).await.into_iter().all(|outcome| status(&outcome.unwrap().unwrap()).0 == AnswerStatus::Accepted));
    let (in_x, in_y) = (store.live_answers(x, 0, 10).await.unwrap(), store.live_answers(y, 0, 10).await.unwrap());
    assert_eq!((in_x.len(), in_y.len()), (5, 1));
    assert_eq!((in_y[0].no, &in_y[0].choice), (1, &choice(1)));
}

async fn a_pin_is_reserved_for_a_day_after_the_end(place: Place) {
    let store = place.open().await;
    people(&store, 1).await;
    commit(&store, create(1)).await;
    step(&store, room(1), Step::End).await;
    assert_eq!((store.live_by_pin("100001").await.unwrap(), store.live_by_link([1; 32]).await.unwrap()), (None, None));
    assert!(store.live_running().await.unwrap().is_empty());
    let mut again = create(2);
    if let LiveDeed::Create(create) = &mut again.deed {
        create.pins = vec!["100001".into()];
    }
    assert_eq!(refused(&store, again.clone()).await, Code::Overloaded);
    assert_eq!(store.free_live_pins(NOW.plus(PIN_RESERVED)).await.unwrap(), 0);
    assert_eq!(store.free_live_pins(NOW.plus(PIN_RESERVED + std::time::Duration::from_secs(1))).await.unwrap(), 1);
    assert_eq!(commit(&store, again).await, LiveOutcome::Created { pin: "100001".into(), rev: 1 });
    assert_eq!(store.live_session(room(1)).await.unwrap().unwrap().ended_at, Some(NOW));
}

async fn screens_hosts_and_servers_are_read_back(place: Place) {
    let store = place.open().await;
    people(&store, 3).await;
    commit(&store, create(1)).await;
    let screen = SessionId(Uuid::from_u128(55));
    assert!(!store.is_live_screen(room(1), screen).await.unwrap());
    assert!(store.add_live_screen(room(1), screen, NOW).await.unwrap());
    assert!(store.add_live_screen(room(1), screen, NOW).await.unwrap());
    assert!(store.is_live_screen(room(1), screen).await.unwrap() && !store.is_live_screen(room(2), screen).await.unwrap());
    commit(&store, unit(room(1), owner(), 60, LiveDeed::Host { user: user(2), role: Some(Role::Cohost) })).await;
    assert_eq!(store.live_role(room(1), user(2)).await.unwrap(), Some(Role::Cohost));
    commit(&store, unit(room(1), owner(), 61, LiveDeed::Host { user: user(2), role: Some(Role::Moderator) })).await;
    assert_eq!(store.live_role(room(1), user(2)).await.unwrap(), Some(Role::Moderator));
    commit(&store, unit(room(1), owner(), 62, LiveDeed::Host { user: user(2), role: None })).await;
    assert_eq!(store.live_role(room(1), user(2)).await.unwrap(), None);
    let says = NodeSays { rev: 4, drained: 4, expected: 10, answered: 3, hosts: 1, connected: 12, beat: 1 };
    store.live_node_says(room(1), Uuid::from_u128(5), says).await.unwrap();
    store.live_node_says(room(1), Uuid::from_u128(5), NodeSays { beat: 2, ..says }).await.unwrap();
    assert_eq!(store.live_nodes(room(1)).await.unwrap(), [(Uuid::from_u128(5), NodeSays { beat: 2, ..says })]);
}

async fn own_sessions_are_listed_page_by_page(place: Place) {
    let store = place.open().await;
    people(&store, 2).await;
    for n in 1..=3u128 {
        let at = Micros(NOW.0 + i64::try_from(n).unwrap());
        store.commit_live(&[create(n)], at).await.pop().unwrap().unwrap().unwrap();
    }
    let first = store.live_of_owner(user(1), None, 2).await.unwrap();
    assert_eq!(first.iter().map(|card| card.room).collect::<Vec<_>>(), [room(3), room(2)]);
    let after: Cursor = first[1].cursor();
    let rest = store.live_of_owner(user(1), Some(after), 2).await.unwrap();
    assert_eq!(rest.iter().map(|card| (card.room, card.pin.clone())).collect::<Vec<_>>(), [(room(1), Some("100001".into()))]);
    assert!(store.live_of_owner(user(2), None, 2).await.unwrap().is_empty());
}
