//! Guests and screens of live quizzes over real sockets: how they come in, and that they reach nothing else.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod node;

use std::collections::BTreeSet;
use std::time::Duration;

use allthrive_actors::limiter::Limits;
use allthrive_actors::live::doors::Pass;
use allthrive_domain::time::{Clock, Micros};
use allthrive_load::Peer;
use allthrive_protocol::{RoomId, SessionId};
use node::{Node, cmid, user};
use serde_json::{Value, json};
use uuid::Uuid;

const QUIZ: RoomId = RoomId(Uuid::from_u128(77));
const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAA";

fn pass(node: &Node) -> String {
    node.system.doors().pass(Pass { room: QUIZ, until: Micros(i64::MAX) })
}

/// A guest with this key, and the welcome.
async fn guest(node: &Node, key: &str) -> (Peer, Value) {
    let mut peer = node.connect_nobody().await;
    let welcome = peer.ask("hello", None, json!({ "live": { "token": pass(node), "key": key } })).await;
    (peer, welcome)
}

async fn screen(node: &Node) -> (Peer, Value) {
    let token = node.system.doors().screen(QUIZ, SessionId(Uuid::from_u128(5)));
    let mut peer = node.connect_nobody().await;
    let welcome = peer.ask("hello", None, json!({ "live": { "screen": token } })).await;
    (peer, welcome)
}

#[actix_rt::test]
async fn the_same_key_is_the_same_guest_and_has_no_room() {
    let dir = tempfile::tempdir().unwrap();
    let node = Node::start(dir.path()).await;
    let (_one, first) = guest(&node, KEY).await;
    let (_again, second) = guest(&node, KEY).await;
    let (_other, third) = guest(&node, "BBBBBBBBBBBBBBBBBBBBBA").await;
    let who = |welcome: &Value| welcome["ok"]["principal"].as_str().unwrap().to_owned();
    assert!(who(&first).starts_with("g_"), "{first}");
    assert_eq!((who(&first) == who(&second), who(&first) == who(&third)), (true, false));
    assert_eq!(first["ok"]["rooms"], json!([]));
    let (_screen, welcome) = screen(&node).await;
    assert_eq!(who(&welcome), "s_00000000-0000-0000-0000-000000000005");
    node.stop().await;
}

#[actix_rt::test]
async fn what_opens_no_door_is_told_so_and_closed_for_good() {
    let dir = tempfile::tempdir().unwrap();
    let node = Node::start(dir.path()).await;
    let (token, screen) = (pass(&node), node.system.doors().screen(QUIZ, SessionId(Uuid::from_u128(5))));
    let wrong = [
        json!({ "token": format!("A{token}"), "key": KEY }),
        json!({ "token": token, "key": "short" }),
        json!({ "token": screen, "key": KEY }),
        json!({ "screen": token }),
        json!({ "screen": "" }),
    ];
    for live in wrong {
        let mut peer = node.connect_nobody().await;
        let refused = peer.ask("hello", None, json!({ "live": live })).await;
        assert_eq!((&refused["error"]["code"], &refused["error"]["retry"]), (&json!("unauthorized"), &json!(false)), "{live}");
        assert_eq!(peer.closed().await, 4100, "{live}");
    }
    node.stop().await;
}

/// Every command with a payload that it takes. One that is missing here fails the test below.
fn payload(op: &str) -> Value {
    let (marked, named) = (json!({ "cmid": cmid(1) }), json!({ "cmid": cmid(1), "user": user(2) }));
    match op {
        "auth.refresh" => json!({ "ticket": "t" }),
        "room.subscribe" | "room.unsubscribe" | "typing" | "history" | "presence" | "quiz.leave" | "quiz.sync" | "quiz.join"
        | "quiz.players" | "quiz.board" | "ping" => json!({}),
        "message.send" => json!({ "cmid": cmid(1), "body": "x" }),
        "message.edit" => json!({ "cmid": cmid(1), "target": 1, "rev": 0, "body": "x" }),
        "message.delete" => json!({ "cmid": cmid(1), "target": 1 }),
        "reaction.set" => json!({ "cmid": cmid(1), "target": 1, "emoji": "👏", "on": true }),
        "member.join" | "member.leave" => marked,
        "member.add" | "member.remove" | "moderation.ban" | "moderation.unban" => named,
        "member.role" => json!({ "cmid": cmid(1), "user": user(2), "role": "member" }),
        "moderation.mute" => json!({ "cmid": cmid(1), "user": user(2), "seconds": 1 }),
        "moderation.slow_mode" => json!({ "cmid": cmid(1), "seconds": 1 }),
        "read" => json!({ "seq": 1 }),
        "events" => json!({ "after": 0 }),
        "quiz.rename" => json!({ "name": "Ana" }),
        "quiz.answer" => json!({ "cmid": cmid(1), "q": 0, "round": 0, "choice": { "options": [1] } }),
        "quiz.react" => json!({ "emoji": "👏" }),
        "quiz.time" => json!({ "factor": "2" }),
        "quiz.control" => json!({ "cmid": cmid(1), "rev": 1, "step": "start" }),
        "quiz.moderate" => json!({ "cmid": cmid(1), "player": user(2), "do": "kick" }),
        other => panic!("{other} is not tried by this test"),
    }
}

#[actix_rt::test]
async fn guests_and_screens_reach_their_quiz_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let node = Node::start(dir.path()).await;
    node.people(2).await;
    let crew = RoomId(Uuid::from_u128(10));
    node.room(crew, 2).await;
    let source = include_str!("../../protocol/src/command/read.rs");
    let arms = source.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => Command::"));
    let ops: BTreeSet<&str> = arms.map(|(op, _)| op).filter(|op| *op != "hello").collect();
    assert!(ops.len() > 30, "the arms of read_one are not where this test looks");
    let mut tried = 0;
    for (mut peer, welcome) in [guest(&node, KEY).await, screen(&node).await] {
        assert!(welcome["ok"].is_object(), "{welcome}");
        for op in &ops {
            // A room of accounts, the personal one of an account, and a quiz that is another's.
            for room in [crew, RoomId(user(1).0), RoomId(Uuid::from_u128(78))] {
                let reply = peer.ask(op, Some(room), payload(op)).await;
                let code = &reply["error"]["code"];
                match *op {
                    "ping" => assert!(reply["ok"].is_object(), "{reply}"),
                    op if op.starts_with("quiz.") => assert_eq!(code, "not_found", "{op}: {reply}"),
                    op => assert_eq!(code, "forbidden", "{op}: {reply}"),
                }
                tried += 1;
            }
        }
        assert_eq!(peer.heard(), Vec::<Value>::new());
    }
    assert_eq!(tried, ops.len() * 3 * 2);
    // And nothing has changed.
    assert_eq!(node.store.tops(&[crew]).await.unwrap(), [(crew, 2)]);
    node.stop().await;
}

#[actix_rt::test]
async fn five_answers_in_a_second_are_taken_and_the_next_after_a_fifth_of_one() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::manual(Micros(1_790_000_000_000_000));
    let node = Node::start_with(dir.path(), Limits::default(), clock.clone()).await;
    let (mut peer, _) = guest(&node, KEY).await;
    for _ in 0..5 {
        assert_eq!(peer.ask("quiz.answer", Some(QUIZ), payload("quiz.answer")).await["error"]["code"], "not_subscribed");
    }
    let refused = peer.ask("quiz.answer", Some(QUIZ), payload("quiz.answer")).await;
    assert_eq!((&refused["error"]["code"], &refused["error"]["after_ms"]), (&json!("rate_limited"), &json!(200)));
    clock.advance(Duration::from_millis(200));
    assert_eq!(peer.ask("quiz.answer", Some(QUIZ), payload("quiz.answer")).await["error"]["code"], "not_subscribed");
    node.stop().await;
}
