//! Every shape of live quizzes, written out, as `wire.rs` has those of rooms: what is asked, what each role is shown in
//! each phase, what one person is told.

mod schema;

use std::collections::BTreeMap;
use std::fmt::Debug;

use allthrive_protocol::command::{Hello, Live, Outgoing, read_message};
use allthrive_protocol::event::{Event, Fact, Gone, Kicked};
use allthrive_protocol::quiz::Given;
use allthrive_protocol::quiz::ask::Ask;
use allthrive_protocol::quiz::board::{Ended, Line, Podium, ScoreboardShown, TeamLine};
use allthrive_protocol::quiz::live::{
    Admits, Answer, AnswerStatus, Answered, Board, Control, Factor, Join, Measure, Mode, Moderate, NameFilter, Players, React, Rename,
    Role, Scoreboard, Settings, Step, Time,
};
use allthrive_protocol::quiz::own::{
    BoardPage, Count, FlagsNow, LiveSnapshot, Me, Own, OwnPlace, Place, PlayerLine, PlayersPage, Reactions, Tally,
};
use allthrive_protocol::quiz::phase::{
    Closed, Door, Flags, Head, HostClosed, HostIntro, HostLobby, HostOpen, HostVotes, Intro, Open, Paused, PlayerLobby, ScreenLobby,
    ShownOption, SolutionShown, Votes, VotesShown,
};
use allthrive_protocol::quiz::view::{AnyView, EndReason, Form, HostView, PauseReason, PlayerView, ScreenView, Shown, Solution};
use allthrive_protocol::{Cmid, Command, Principal, Request, RoomId};
use schema::{fault_of_message, fault_of_type};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const ROOM: &str = "0190a1b2-0000-7000-8000-000000000001";
const CMID: &str = "0190a1b2-0000-7000-8000-0000000000c1";
const GUEST: &str = "g_0190a1b2-0000-7000-8000-0000000000a1";

fn room() -> RoomId {
    ROOM.parse().expect("written above")
}

fn cmid() -> Cmid {
    CMID.parse().expect("written above")
}

fn guest() -> Principal {
    GUEST.parse().expect("written above")
}

/// The value is written as this JSON, and this JSON is read as the value; its type is described so.
fn both_ways<T: Serialize + DeserializeOwned + PartialEq + Debug + JsonSchema>(value: &T, wire: &Value) {
    assert_eq!(fault_of_type(&T::schema_name(), wire), None);
    assert_eq!(&serde_json::to_value(value).expect("plain data"), wire);
    assert_eq!(&serde_json::from_str::<T>(&wire.to_string()).expect("the shape is known"), value);
}

/// What is asked, and what it is read as.
fn asked<D: Serialize>(op: &str, d: D, ask: Ask, wire: &Value) {
    let wire = json!({ "id": 7, "op": op, "room": ROOM, "d": wire });
    assert_eq!(fault_of_message(&format!("command.{op}"), &wire), None);
    assert_eq!(serde_json::to_value(Outgoing { id: Some(7), op, room: Some(room()), d }).expect("plain data"), wire);
    assert_eq!(read_message(&wire.to_string()), vec![Ok(Request { id: Some(7), command: Command::Quiz(room(), ask) })]);
}

/// Something without a number.
fn told(fact: Fact, name: &str, d: &Value) {
    let wire = json!({ "event": name, "room": ROOM, "d": d });
    assert_eq!(fault_of_message(&format!("event.{name}"), &wire), None);
    both_ways(&Event { room: Some(room()), seq: None, ts: None, fact }, &wire);
}

/// A view as it is sent.
fn shown<V: Serialize + DeserializeOwned + PartialEq + Debug>(view: V, name: &str, d: &Value) {
    let wire = json!({ "room": ROOM, "seq": 7, "ts": 1_790_000_000_000_u64, "event": name, "d": d });
    assert_eq!(fault_of_message(&format!("event.{name}"), &wire), None);
    let sent = Shown { room: room(), seq: 7, ts: 1_790_000_000_000, view };
    assert_eq!(serde_json::to_value(&sent).expect("plain data"), wire);
    assert_eq!(serde_json::from_str::<Shown<V>>(&wire.to_string()).expect("the shape is known"), sent);
}

#[test]
fn who_has_no_account_says_so_with_hello() {
    let guest = Live::Guest { token: "t".into(), key: "k".into() };
    both_ways(&guest, &json!({ "token": "t", "key": "k" }));
    both_ways(&Live::Screen { screen: "s".into() }, &json!({ "screen": "s" }));
    assert!(!format!("{guest:?}").contains('k'), "{guest:?}");
    let hello = Hello { live: Some(guest), ..Hello::default() };
    assert_eq!(serde_json::to_value(&hello).expect("plain data"), json!({ "subscribe": [], "live": { "token": "t", "key": "k" } }));
}

#[test]
fn what_a_player_asks() {
    let join = Join { token: Some("t".into()), name: Some("Ana".into()), team: Some(1) };
    asked("quiz.join", join.clone(), Ask::Join(join), &json!({ "token": "t", "name": "Ana", "team": 1 }));
    asked("quiz.join", Join::default(), Ask::Join(Join::default()), &json!({}));
    asked("quiz.leave", json!({}), Ask::Leave, &json!({}));
    asked("quiz.sync", json!({}), Ask::Sync, &json!({}));
    let rename = Rename { name: "Bo".into() };
    asked("quiz.rename", rename.clone(), Ask::Rename(rename), &json!({ "name": "Bo" }));
    let react = React { emoji: "👏".into() };
    asked("quiz.react", react.clone(), Ask::React(react), &json!({ "emoji": "👏" }));
    for (factor, word) in [(Factor::Usual, "1"), (Factor::Half, "1.5"), (Factor::Double, "2")] {
        asked("quiz.time", Time { factor }, Ask::Time(Time { factor }), &json!({ "factor": word }));
    }
    let choices = [
        (Given::Options(vec![3, 1]), json!({ "options": [3, 1] })),
        (Given::Text("knot".into()), json!({ "text": "knot" })),
        (Given::Number(12.5), json!({ "number": 12.5 })),
        (Given::Order(vec![2, 0, 1]), json!({ "order": [2, 0, 1] })),
        (Given::Pairs(vec![(0, 4), (1, 3)]), json!({ "pairs": [[0, 4], [1, 3]] })),
    ];
    for (choice, wire) in choices {
        let answer = Answer { cmid: cmid(), q: 2, round: 0, choice };
        asked("quiz.answer", answer.clone(), Ask::Answer(answer), &json!({ "cmid": CMID, "q": 2, "round": 0, "choice": wire }));
    }
}

#[test]
fn what_a_host_asks() {
    let steps = [
        (Step::Start, json!({ "step": "start" })),
        (Step::Open, json!({ "step": "open" })),
        (Step::Close, json!({ "step": "close" })),
        (Step::Reveal, json!({ "step": "reveal" })),
        (Step::Next, json!({ "step": "next" })),
        (Step::Skip, json!({ "step": "skip" })),
        (Step::Void { q: 3 }, json!({ "step": "void", "q": 3 })),
        (Step::End, json!({ "step": "end" })),
        (Step::Pause, json!({ "step": "pause" })),
        (Step::Resume, json!({ "step": "resume" })),
        (Step::Extend { ms: 10_000 }, json!({ "step": "extend", "ms": 10_000 })),
        (Step::Lock, json!({ "step": "lock" })),
        (Step::Unlock, json!({ "step": "unlock" })),
    ];
    for (step, mut wire) in steps {
        (wire["cmid"], wire["rev"]) = (json!(CMID), json!(7));
        let control = Control { cmid: cmid(), rev: 7, step };
        asked("quiz.control", control.clone(), Ask::Control(control), &wire);
    }
    let measures = [
        (Measure::Kick, json!({ "do": "kick" })),
        (Measure::Ban, json!({ "do": "ban" })),
        (Measure::Rename { name: "Bo".into() }, json!({ "do": "rename", "name": "Bo" })),
        (Measure::Time { factor: Factor::Half }, json!({ "do": "time", "factor": "1.5" })),
    ];
    for (measure, mut wire) in measures {
        (wire["cmid"], wire["player"]) = (json!(CMID), json!(GUEST));
        let moderate = Moderate { cmid: cmid(), player: guest(), measure };
        asked("quiz.moderate", moderate.clone(), Ask::Moderate(moderate), &wire);
    }
    let players = Players { after: 50, missing: true };
    asked("quiz.players", players, Ask::Players(players), &json!({ "after": 50, "missing": true }));
    asked("quiz.board", Board { after: 50 }, Ask::Board(Board { after: 50 }), &json!({ "after": 50 }));
    both_ways(
        &PlayersPage {
            players: vec![PlayerLine { no: 1, player: guest(), name: "Ana".into(), team: Some(0), connected: true, marks: vec![] }],
            more: false,
        },
        &json!({ "players": [{ "no": 1, "player": GUEST, "name": "Ana", "team": 0, "connected": true }], "more": false }),
    );
    both_ways(&BoardPage { lines: vec![line()], more: true }, &json!({ "lines": [line_told()], "more": true }));
}

#[test]
fn what_is_set_has_its_defaults() {
    let wire = json!({
        "mode": "speed", "intro_ms": 3000, "reveal_ms": 1000, "advance_ms": null, "scoreboard": "each", "streak": false,
        "may_change": false, "shuffle": false, "admits": "anyone", "generated_names": false, "name_filter": "medium",
        "may_ask_for_time": true, "most_players": 10_000,
    });
    both_ways(&Settings::default(), &wire);
    assert_eq!(serde_json::from_str::<Settings>("{}").expect("all have defaults"), Settings::default());
    let other = Settings {
        mode: Mode::Accuracy,
        scoreboard: Scoreboard::Podium,
        admits: Admits::Members,
        name_filter: NameFilter::Off,
        teams: vec!["A".into(), "B".into()],
        ..Settings::default()
    };
    let told = serde_json::to_value(&other).expect("plain data");
    assert_eq!(
        (&told["mode"], &told["scoreboard"], &told["admits"], &told["name_filter"], &told["teams"]),
        (&json!("accuracy"), &json!("podium"), &json!("members"), &json!("off"), &json!(["A", "B"]))
    );
}

#[test]
fn what_becomes_of_an_answer() {
    let statuses = [
        (AnswerStatus::Accepted, "accepted"),
        (AnswerStatus::Duplicate, "duplicate"),
        (AnswerStatus::Late, "late"),
        (AnswerStatus::Closed, "closed"),
        (AnswerStatus::Invalid, "invalid"),
        (AnswerStatus::NotEligible, "not_eligible"),
    ];
    for (status, word) in statuses {
        both_ways(&Answered { status, choice: None, field: None }, &json!({ "status": word }));
    }
    let kept = Answered { status: AnswerStatus::Duplicate, choice: Some(Given::Options(vec![2])), field: None };
    both_ways(&kept, &json!({ "status": "duplicate", "choice": { "options": [2] } }));
    let wrong = Answered { status: AnswerStatus::Invalid, choice: None, field: Some("options".into()) };
    both_ways(&wrong, &json!({ "status": "invalid", "field": "options" }));
}

fn flags() -> Flags {
    Flags { paused: None, host_away: false, locked: false }
}

fn flags_told() -> Value {
    json!({ "host_away": false, "locked": false })
}

fn head() -> Head {
    Head {
        q: 1,
        round: 0,
        of: 12,
        kind: "single_choice".into(),
        stem: "Even?".into(),
        image: None,
        hint: None,
        points: 1_000,
        limit_ms: Some(20_000),
        language: Some("en".into()),
        pin: None,
    }
}

fn head_told() -> Value {
    json!({ "q": 1, "round": 0, "of": 12, "type": "single_choice", "stem": "Even?", "points": 1000, "limit_ms": 20_000, "language": "en" })
}

fn form() -> Form {
    Form::One { options: vec![ShownOption { id: 4, text: "2".into(), image: None }, ShownOption { id: 1, text: "3".into(), image: None }] }
}

fn form_told() -> Value {
    json!({ "form": "one", "options": [{ "id": 4, "text": "2" }, { "id": 1, "text": "3" }] })
}

fn votes() -> Votes {
    Votes { answered: 2, players: 3, options: BTreeMap::from([(1, 0), (4, 2)]), written: vec![] }
}

fn votes_told() -> Value {
    json!({ "answered": 2, "players": 3, "options": { "1": 0, "4": 2 } })
}

fn line() -> Line {
    Line { rank: 1, name: "Ana".into(), total: 962, moved: Some(-2), team: None }
}

fn line_told() -> Value {
    json!({ "rank": 1, "name": "Ana", "total": 962, "moved": -2 })
}

fn key() -> Solution {
    Solution::Options { right: vec![4] }
}

fn key_told() -> Value {
    json!({ "is": "options", "right": [4] })
}

/// With the fields of the other beside.
fn with(value: Value, more: &Value) -> Value {
    let mut all = value;
    all.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    all
}

#[test]
fn the_lobby_as_each_role_sees_it() {
    let player = PlayerLobby {
        title: "T".into(),
        mode: Mode::Speed,
        of: 12,
        players: 3,
        teams: vec![],
        may_ask_for_time: true,
        starts_in_ms: Some(3_000),
        flags: flags(),
    };
    let wire = json!({ "title": "T", "mode": "speed", "of": 12, "players": 3, "may_ask_for_time": true, "starts_in_ms": 3000, "flags": flags_told() });
    shown(PlayerView::Lobby(player), "quiz.lobby", &wire);
    let door = Door { pin: "123456".into(), link: "https://x/join#t".into(), qr: "M0 0h1v1z".into(), qr_size: 29 };
    let screen = ScreenLobby {
        title: "T".into(),
        mode: Mode::Speed,
        of: 12,
        door,
        players: 1,
        names: vec!["Ana".into()],
        teams: vec![],
        starts_in_ms: None,
        flags: flags(),
    };
    let wire = json!({
        "title": "T", "mode": "speed", "of": 12, "door": { "pin": "123456", "link": "https://x/join#t", "qr": "M0 0h1v1z", "qr_size": 29 },
        "players": 1, "names": ["Ana"], "flags": flags_told(),
    });
    shown(ScreenView::Lobby(screen.clone()), "quiz.lobby", &wire);
    let settings = serde_json::to_value(Settings::default()).expect("plain data");
    let wire = with(wire, &json!({ "settings": settings, "with_more_time": 1 }));
    shown(HostView::Lobby(HostLobby { screen, settings: Settings::default(), with_more_time: 1 }), "quiz.lobby", &wire);
}

#[test]
fn a_question_as_each_role_sees_it_until_it_is_closed() {
    let intro = Intro { head: head(), opens_in_ms: Some(3_000), flags: flags() };
    let wire = json!({ "head": head_told(), "opens_in_ms": 3000, "flags": flags_told() });
    shown(PlayerView::Intro(intro.clone()), "quiz.intro", &wire);
    shown(ScreenView::Intro(intro.clone()), "quiz.intro", &wire);
    let host = HostIntro { intro, form: form(), key: key(), notes: Some("n".into()), explanation: None };
    shown(HostView::Intro(host), "quiz.intro", &with(wire, &json!({ "form": form_told(), "key": key_told(), "notes": "n" })));

    let open = Open { head: head(), form: Some(form()), closes_in_ms: Some(20_000), may_change: false, flags: flags() };
    let wire = json!({ "head": head_told(), "form": form_told(), "closes_in_ms": 20_000, "may_change": false, "flags": flags_told() });
    shown(PlayerView::Open(open.clone()), "quiz.open", &wire);
    shown(ScreenView::Open(open.clone()), "quiz.open", &wire);
    shown(HostView::Open(HostOpen { open, key: key(), notes: None }), "quiz.open", &with(wire, &json!({ "key": key_told() })));

    let paused = Flags { paused: Some(Paused { remaining_ms: Some(8_000), reason: PauseReason::Recovered }), ..flags() };
    let open = Open { head: head(), form: None, closes_in_ms: None, may_change: false, flags: paused };
    let wire = json!({
        "head": head_told(), "may_change": false,
        "flags": { "paused": { "remaining_ms": 8000, "reason": "recovered" }, "host_away": false, "locked": false },
    });
    shown(PlayerView::Open(open), "quiz.open", &wire);

    let closed = Closed { head: head(), form: form(), flags: flags() };
    let wire = json!({ "head": head_told(), "form": form_told(), "flags": flags_told() });
    shown(PlayerView::Closing(closed.clone()), "quiz.closing", &wire);
    shown(ScreenView::Locked(closed.clone()), "quiz.locked", &wire);
    let host = HostClosed { closed, key: key(), votes: votes() };
    shown(HostView::Locked(host), "quiz.locked", &with(wire, &json!({ "key": key_told(), "votes": votes_told() })));
}

#[test]
fn what_was_answered_and_what_is_right() {
    let shows = VotesShown { head: head(), form: form(), votes: votes(), flags: flags() };
    let wire = json!({ "head": head_told(), "form": form_told(), "votes": votes_told(), "flags": flags_told() });
    shown(PlayerView::Votes(shows.clone()), "quiz.votes", &wire);
    shown(HostView::Votes(HostVotes { shown: shows, key: key() }), "quiz.votes", &with(wire.clone(), &json!({ "key": key_told() })));
    let solution = SolutionShown {
        head: head(),
        form: form(),
        votes: votes(),
        solution: key(),
        explanation: Some("e".into()),
        voided: false,
        goes_on_in_ms: None,
        flags: flags(),
    };
    let wire = with(wire, &json!({ "solution": key_told(), "explanation": "e", "voided": false }));
    shown(PlayerView::Solution(solution.clone()), "quiz.solution", &wire);
    shown(ScreenView::Solution(solution.clone()), "quiz.solution", &wire);
    shown(HostView::Solution(solution), "quiz.solution", &wire);
    let forms = [
        (Form::Text { most_chars: 200 }, json!({ "form": "text", "most_chars": 200 })),
        (Form::Number {}, json!({ "form": "number" })),
        (Form::Nothing {}, json!({ "form": "nothing" })),
    ];
    forms.into_iter().for_each(|(form, wire)| both_ways(&form, &wire));
    let keys = [
        (Solution::Text { accepted: vec!["knot".into()] }, json!({ "is": "text", "accepted": ["knot"] })),
        (Solution::Number { value: 12.5, tolerance: 0.25 }, json!({ "is": "number", "value": 12.5, "tolerance": 0.25 })),
        (Solution::Order { order: vec![2, 0, 1] }, json!({ "is": "order", "order": [2, 0, 1] })),
        (Solution::Pairs { pairs: vec![(0, 4)] }, json!({ "is": "pairs", "pairs": [[0, 4]] })),
        (Solution::Nothing {}, json!({ "is": "nothing" })),
    ];
    keys.into_iter().for_each(|(key, wire)| both_ways(&key, &wire));
}

#[test]
fn who_stands_where_and_how_it_ended() {
    let team = TeamLine { rank: 1, team: 0, name: "A".into(), total: 900, players: 2 };
    let team_told = json!({ "rank": 1, "team": 0, "name": "A", "total": 900, "players": 2 });
    let board =
        ScoreboardShown { q: 1, of: 12, top: vec![line()], teams: vec![team], players: 3, goes_on_in_ms: Some(5_000), flags: flags() };
    let wire =
        json!({ "q": 1, "of": 12, "top": [line_told()], "teams": [team_told], "players": 3, "goes_on_in_ms": 5000, "flags": flags_told() });
    shown(PlayerView::Scoreboard(board.clone()), "quiz.scoreboard", &wire);
    shown(HostView::Scoreboard(board), "quiz.scoreboard", &wire);
    let podium =
        Podium { title: "T".into(), steps: vec![vec![line()], vec![], vec![]], teams: vec![], players: 1, ranked: true, flags: flags() };
    let wire = json!({ "title": "T", "steps": [[line_told()], [], []], "players": 1, "ranked": true, "flags": flags_told() });
    shown(ScreenView::Podium(podium), "quiz.podium", &wire);
    for (reason, word) in [(EndReason::Done, "done"), (EndReason::Cancelled, "cancelled"), (EndReason::Expired, "expired")] {
        let ended = Ended { title: "T".into(), reason, rematch: Some(room()) };
        shown(PlayerView::Ended(ended), "quiz.ended", &json!({ "title": "T", "reason": word, "rematch": ROOM }));
    }
}

fn place() -> Place {
    Place { total: 962, rank: 14, of: 312, moved: Some(3), gap: Some(38), ahead: Some("Bo, Di".into()) }
}

fn place_told() -> Value {
    json!({ "total": 962, "rank": 14, "of": 312, "moved": 3, "gap": 38, "ahead": "Bo, Di" })
}

fn own() -> Own {
    Own {
        q: 1,
        round: 0,
        correct: Some(true),
        answer: Some(Given::Options(vec![4])),
        feedback: vec!["Yes.".into()],
        points: 962,
        bonus: 100,
        streak: 2,
        place: place(),
    }
}

fn own_told() -> Value {
    json!({
        "q": 1, "round": 0, "correct": true, "answer": { "options": [4] }, "feedback": ["Yes."], "points": 962, "bonus": 100, "streak": 2,
        "place": place_told(),
    })
}

#[test]
fn what_one_player_is_told() {
    told(Fact::QuizOwn(Box::new(own())), "quiz.own", &own_told());
    let stands = OwnPlace { place: place(), around: vec![line()], correct: 3, scored: 4, best_streak: 3 };
    let wire = json!({ "place": place_told(), "around": [line_told()], "correct": 3, "scored": 4, "best_streak": 3 });
    told(Fact::QuizPlace(Box::new(stands)), "quiz.place", &wire);
    told(Fact::QuizSuperseded(Gone {}), "quiz.superseded", &json!({}));
    told(Fact::QuizKicked(Kicked { banned: true }), "quiz.kicked", &json!({ "banned": true }));
}

#[test]
fn what_passes_by() {
    let count =
        Count { players: 3, answered: Some(2), expected: Some(3), names: vec!["Ana".into()], with_more_time: Some(1), away: Some(0) };
    told(
        Fact::QuizCount(count),
        "quiz.count",
        &json!({ "players": 3, "answered": 2, "expected": 3, "names": ["Ana"], "with_more_time": 1, "away": 0 }),
    );
    let lobby = Count { players: 3, answered: None, expected: None, names: vec![], with_more_time: None, away: None };
    told(Fact::QuizCount(lobby), "quiz.count", &json!({ "players": 3 }));
    told(Fact::QuizTally(Tally { q: 1, round: 0, votes: votes() }), "quiz.tally", &json!({ "q": 1, "round": 0, "votes": votes_told() }));
    let away = Flags { host_away: true, locked: true, paused: Some(Paused { remaining_ms: None, reason: PauseReason::Store }) };
    told(
        Fact::QuizFlags(FlagsNow { flags: away }),
        "quiz.flags",
        &json!({ "flags": { "paused": { "reason": "store" }, "host_away": true, "locked": true } }),
    );
    told(
        Fact::QuizReactions(Reactions { counts: BTreeMap::from([("👏".into(), 2)]) }),
        "quiz.reactions",
        &json!({ "counts": { "👏": 2 } }),
    );
}

#[test]
fn a_snapshot_is_all_that_one_role_may_know() {
    let me = Me {
        player: guest(),
        name: "Ana".into(),
        team: None,
        factor: Factor::Half,
        answer: Some(Given::Text("knot".into())),
        closes_in_ms: Some(30_000),
    };
    let closed = Closed { head: head(), form: form(), flags: flags() };
    let snapshot = LiveSnapshot {
        role: Role::Player,
        seq: 7,
        view: AnyView::Player(PlayerView::Closing(closed)),
        me: Some(me),
        own: Some(own()),
        place: None,
    };
    let wire = json!({
        "role": "player", "seq": 7, "event": "quiz.closing", "d": { "head": head_told(), "form": form_told(), "flags": flags_told() },
        "me": { "player": GUEST, "name": "Ana", "factor": "1.5", "answer": { "text": "knot" }, "closes_in_ms": 30_000 },
        "own": own_told(),
    });
    assert_eq!(fault_of_type("LiveSnapshot", &wire), None);
    assert_eq!(serde_json::to_value(&snapshot).expect("plain data"), wire);
    let read: LiveSnapshot = serde_json::from_str(&wire.to_string()).expect("the shape is known");
    // A view that several roles share is read as the first of them; it says the same.
    assert_eq!(serde_json::to_value(&read).expect("plain data"), wire);
    let roles = [
        (Role::Owner, "owner"),
        (Role::Cohost, "cohost"),
        (Role::Moderator, "moderator"),
        (Role::Screen, "screen"),
        (Role::Player, "player"),
    ];
    roles.into_iter().for_each(|(role, word)| both_ways(&role, &json!(word)));
}
