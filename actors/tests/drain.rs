//! A server that stops: what was taken in is answered, everybody is told when to come back, nobody is waited
//! for who takes nothing.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod node;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use allthrive_protocol::RoomId;
use futures_util::future::join_all;
use node::{Node, cmid};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;
use uuid::Uuid;

/// Far above what any of it takes.
const PATIENCE: Duration = Duration::from_secs(30);

const ROOM: RoomId = RoomId(Uuid::from_u128(10 << 64 | 10));

/// Begins to stop; the end of that is waited for on the handle.
fn begin(node: &Node) -> tokio::task::JoinHandle<Duration> {
    let system = node.system.clone();
    actix_rt::spawn(async move {
        let began = Instant::now();
        system.drain(PATIENCE).await;
        began.elapsed()
    })
}

async fn with_room(people: u128) -> (tempfile::TempDir, Node) {
    let dir = tempfile::tempdir().unwrap();
    let node = Node::start(dir.path()).await;
    node.people(people).await;
    node.room(ROOM, people).await;
    (dir, node)
}

#[actix_rt::test]
async fn what_was_taken_in_is_acknowledged_what_comes_later_is_not_and_then_the_connection_ends() {
    let (_dir, node) = with_room(2).await;
    let (mut ana, mut bo) = (node.join(1).await, node.join(2).await);
    node.system.faults().hold_commits();
    let body = |n: u128, text: &str| json!({"cmid": cmid(n), "body": text});
    let under_way = ana.say("message.send", Some(ROOM), body(1, "in time")).await;
    // Commands are taken in in their order: this answer says that the one before is on its way.
    ana.ask("ping", None, json!({})).await;

    let drain = begin(&node);
    let told = ana.event("reconnect").await;
    assert!(told["d"]["after_ms"].as_u64().unwrap() < 100, "{told}");
    for (op, room, d) in
        [("message.send", Some(ROOM), body(2, "too late")), ("ping", None, json!({})), ("events", Some(ROOM), json!({"after": 0}))]
    {
        let refused = ana.ask(op, room, d).await;
        assert_eq!((&refused["error"]["code"], &refused["error"]["retry"]), (&json!("unavailable"), &json!(true)), "{refused}");
    }
    assert_eq!(node.try_connect(2).await.err(), Some(503));
    assert!(!drain.is_finished());

    // Bo has nothing under way: nothing holds him up.
    bo.event("reconnect").await;
    assert_eq!(bo.closed().await, 4000);
    node.system.faults().let_commits_go();
    let written = ana.reply(under_way).await;
    assert_eq!((&written["ok"]["seq"], &written["ok"]["dup"]), (&json!(3), &json!(false)), "{written}");
    assert_eq!(ana.closed().await, 4000);
    timeout(PATIENCE, drain).await.unwrap().unwrap();
    let entries = node.store.entries(ROOM, 0, 10).await.unwrap();
    assert_eq!(entries.len(), 3, "two came in and one spoke: {entries:?}");
    node.stop().await;
}

#[actix_rt::test]
async fn of_a_flood_each_command_is_answered_and_what_is_acknowledged_is_kept() {
    let (_dir, node) = with_room(1).await;
    let mut ana = node.join(1).await;
    let mut ids = Vec::new();
    for n in 0..100 {
        ids.push(ana.say("message.send", Some(ROOM), json!({"cmid": cmid(n), "body": "flood"})).await);
    }
    let drain = begin(&node);
    let mut acknowledged = BTreeSet::new();
    for id in ids {
        let reply = ana.reply(id).await;
        match reply["ok"]["seq"].as_u64() {
            Some(seq) => assert!(acknowledged.insert(seq), "{reply}"),
            None => assert_eq!((&reply["error"]["code"], &reply["error"]["retry"]), (&json!("unavailable"), &json!(true)), "{reply}"),
        }
    }
    assert_eq!(ana.closed().await, 4000);
    timeout(PATIENCE, drain).await.unwrap().unwrap();
    let entries = node.store.entries(ROOM, 1, 200).await.unwrap();
    let kept: BTreeSet<u64> = entries.iter().map(|entry| entry.seq).collect();
    assert_eq!(kept, acknowledged);
    node.stop().await;
}

#[actix_rt::test]
async fn everybody_has_a_moment_of_their_own_and_who_was_not_greeted_yet_goes_without_one() {
    let (_dir, node) = with_room(40).await;
    let mut greeted = join_all((1..=40).map(|n| node.join(n))).await;
    let mut silent = node.connect(1).await;
    let mut echo = node.echo().await;
    // Both are there: the handshake was answered, and their actors with it.
    echo.send(&[0x81, 0x81, 0, 0, 0, 0, b'!']).await;
    assert_eq!(echo.frame().await, Some((0x81, b"!".to_vec())));

    let drain = begin(&node);
    assert_eq!(silent.closed().await, 1001);
    assert_eq!(echo.frame().await, Some((0x88, 1001_u16.to_be_bytes().to_vec())));
    let mut moments = BTreeSet::new();
    for peer in &mut greeted {
        let after_ms = peer.event("reconnect").await["d"]["after_ms"].as_u64().unwrap();
        assert!(after_ms < 100, "{after_ms}");
        moments.insert(after_ms);
    }
    assert!(moments.len() > 15, "{moments:?}");
    for peer in &mut greeted {
        assert_eq!(peer.closed().await, 4000);
    }
    timeout(PATIENCE, drain).await.unwrap().unwrap();
    assert_eq!(node.system.sessions(), 0);
    node.stop().await;
}

#[actix_rt::test]
async fn a_peer_that_takes_nothing_is_not_waited_for() {
    let (_dir, node) = with_room(2).await;
    let mut bo = node.join(2).await;
    for n in 0..60 {
        bo.message(ROOM, cmid(n), &"x".repeat(4_000)).await;
    }
    // Asks for more than any buffer holds and reads nothing of it, until the server reads nothing more either.
    let mut ana = node.raw(1).await;
    ana.send(&masked(&json!({"id": 1, "op": "hello", "d": {"subscribe": "all"}}).to_string())).await;
    assert!(ana.frame().await.is_some());
    let ask = masked(&json!({"id": 2, "op": "history", "room": ROOM, "d": {"limit": 60}}).to_string()).repeat(100);
    let (_reads, mut writes) = ana.into_stream().into_split();
    while timeout(Duration::from_secs(1), writes.write_all(&ask)).await.is_ok_and(|sent| sent.is_ok()) {}

    let drain = begin(&node);
    assert_eq!(bo.closed().await, 4000);
    let took = timeout(PATIENCE, drain).await.unwrap().unwrap();
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(node.system.sessions(), 0, "it was cut");
    node.stop().await;
}

/// A text as a client sends it, under a mask that changes nothing.
fn masked(text: &str) -> Vec<u8> {
    let len = u8::try_from(text.len()).unwrap();
    assert!(len < 126);
    let mut frame = vec![0x81, 0x80 | len, 0, 0, 0, 0];
    frame.extend_from_slice(text.as_bytes());
    frame
}

#[actix_rt::test]
async fn who_reads_but_never_says_goodbye_is_not_waited_for_either() {
    let (_dir, node) = with_room(1).await;
    let mut ana = node.raw(1).await;
    ana.send(&masked(&json!({"id": 1, "op": "hello", "d": {"subscribe": "all"}}).to_string())).await;
    assert!(ana.frame().await.is_some(), "the welcome");
    let drain = begin(&node);
    let mut last = None;
    while let Some((head, payload)) = ana.frame().await {
        last = Some((head, payload));
    }
    assert_eq!(last, Some((0x88, 4000_u16.to_be_bytes().to_vec())), "the last that is said");
    let took = timeout(PATIENCE, drain).await.unwrap().unwrap();
    assert!(took < Duration::from_secs(2), "{took:?}");
    node.stop().await;
}
