//! What is watched from below: peers that are silent, take nothing, or never come to the point.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod node;

use std::time::Duration;

use allthrive_actors::Pace;
use allthrive_load::raw::frame;
use allthrive_protocol::RoomId;
use node::{Node, cmid, user};
use serde_json::json;
use uuid::Uuid;

/// Nothing is overdue within a test, except what the test is about.
fn patient() -> Pace {
    let long = Duration::from_secs(600);
    Pace {
        head_within: long,
        idle: long,
        hello_within: long,
        ping_every: long,
        silence: long,
        stuck: long,
        stuck_at_stop: long,
        expelled: long,
        farewell: long,
        linger: long,
        look_every: Duration::from_millis(20),
    }
}

const SHORT: Duration = Duration::from_millis(400);

async fn hasty(dir: &tempfile::TempDir, pace: Pace) -> Node {
    let node = Node::start_at(dir.path(), pace).await;
    node.people(1).await;
    node
}

async fn until_nobody_is_here(node: &Node) {
    let gone = async {
        while node.system.sessions() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    // The kernel would cut a peer that acknowledges nothing after ten seconds: that is not what is tested.
    tokio::time::timeout(Duration::from_secs(8), gone).await.expect("the connection ends");
}

#[actix_rt::test]
async fn a_silent_peer_is_told_4009_and_one_that_answers_pings_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let node = hasty(&dir, Pace { silence: SHORT, ping_every: SHORT / 10, linger: Duration::from_secs(1), ..patient() }).await;
    let mut raw = node.raw(1).await;
    // Far longer than the silence, by its pings.
    for _ in 0..40 {
        let (first, payload) = raw.frame().await.unwrap();
        assert_eq!((first, payload.len()), (0x89, 8));
        raw.send(&frame(0x8A, &payload)).await;
    }
    assert_eq!(raw.closed().await, 4009);
    node.stop().await;
}

#[actix_rt::test]
async fn bytes_that_dribble_are_no_sign_of_life() {
    let dir = tempfile::tempdir().unwrap();
    let node = hasty(&dir, Pace { silence: SHORT, linger: Duration::from_secs(1), ..patient() }).await;
    let mut raw = node.raw(1).await;
    // One byte after another, until the server has had enough; the whole would take minutes.
    let mut bytes = frame(0x81, &[b' '; 60_000]).into_iter();
    let code = loop {
        raw.send(&[bytes.next().expect("the server ends it before that")]).await;
        if let Some((first, payload)) = raw.frame_within(SHORT / 100).await {
            break (first, payload);
        }
    };
    assert_eq!(code, (0x88, 4009u16.to_be_bytes().to_vec()));
    node.stop().await;
}

#[actix_rt::test]
async fn a_peer_that_takes_nothing_is_cut_from_below_though_its_actor_is_frozen() {
    let dir = tempfile::tempdir().unwrap();
    let node = hasty(&dir, Pace { stuck: SHORT, ..patient() }).await;
    let room = RoomId(Uuid::from_u128(10 << 64 | 10));
    node.room(room, 1).await;
    let mut writer = node.join(1).await;
    for n in 0..60 {
        writer.message(room, cmid(100 + n), &"x".repeat(4_000)).await;
    }
    drop(writer);
    until_nobody_is_here(&node).await;
    let mut raw = node.raw(1).await;
    raw.send(&frame(0x81, br#"{"id":1,"op":"hello","d":{"subscribe":[]}}"#)).await;
    for id in 2..100 {
        let ask = json!({"id": id, "op": "history", "room": room, "d": {"limit": 100}}).to_string();
        raw.send(&frame(0x81, ask.as_bytes())).await;
    }
    // It never reads. What the kernels hold between us is far less than the pages that were asked for.
    until_nobody_is_here(&node).await;
    drop(raw);
    node.stop().await;
}

#[actix_rt::test]
async fn a_peer_that_takes_nothing_is_cut_as_soon_as_its_sign_in_has_ended() {
    let dir = tempfile::tempdir().unwrap();
    let node = hasty(&dir, Pace { expelled: SHORT, ..patient() }).await;
    let mut raw = node.raw(1).await;
    raw.send(&frame(0x81, br#"{"id":1,"op":"hello","d":{"subscribe":[]}}"#)).await;
    // It asks and does not read, until its session is frozen: that one takes nothing in any more, either.
    let pings = frame(0x81, br#"{"id":2,"op":"ping"}"#).repeat(1_000);
    while tokio::time::timeout(SHORT, raw.stream().writable()).await.is_ok() {
        let _ = raw.stream().try_write(&pings);
    }
    assert_eq!(node.system.sessions(), 1);
    node.system.end_sign_in(user(1).0);
    until_nobody_is_here(&node).await;
    drop(raw);
    node.stop().await;
}

#[actix_rt::test]
async fn a_peer_that_reads_is_told_that_its_sign_in_has_ended() {
    let dir = tempfile::tempdir().unwrap();
    let node = hasty(&dir, Pace { expelled: SHORT, linger: Duration::from_secs(1), ..patient() }).await;
    let mut peer = node.join(1).await;
    node.system.end_sign_in(user(1).0);
    assert_eq!(peer.closed().await, 4051);
    until_nobody_is_here(&node).await;
    node.stop().await;
}

#[actix_rt::test]
async fn a_request_that_never_comes_or_dribbles_is_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let node = hasty(&dir, Pace { head_within: SHORT, ..patient() }).await;
    let mut silent = node.bytes().await;
    let mut slow = node.bytes().await;
    slow.send(b"GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upg").await;
    for raw in [&mut silent, &mut slow] {
        assert!(raw.rest().await.starts_with(b"HTTP/1.1 408 "));
    }
    node.stop().await;
}

#[actix_rt::test]
async fn a_second_request_that_dribbles_is_given_up_too() {
    let dir = tempfile::tempdir().unwrap();
    let node = hasty(&dir, Pace { idle: SHORT, ..patient() }).await;
    let mut raw = node.bytes().await;
    raw.send(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n").await;
    raw.send(b"GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upg").await;
    let answers = String::from_utf8(raw.rest().await).unwrap();
    assert!(answers.starts_with("HTTP/1.1 404 "), "{answers}");
    assert_eq!(answers.matches("HTTP/1.1").count(), 1, "{answers}");
    node.stop().await;
}

#[actix_rt::test]
async fn no_hello_in_time_is_told_4100() {
    let dir = tempfile::tempdir().unwrap();
    let node = hasty(&dir, Pace { hello_within: SHORT, linger: Duration::from_secs(1), ..patient() }).await;
    let mut raw = node.raw(1).await;
    raw.send(&frame(0x89, b"hello?")).await;
    assert_eq!(raw.closed().await, 4100);
    node.stop().await;
}

#[actix_rt::test]
async fn when_both_have_said_close_the_server_ends_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let node = hasty(&dir, patient()).await;
    let mut raw = node.raw(1).await;
    raw.send(&frame(0x88, &1000u16.to_be_bytes())).await;
    assert_eq!(raw.frame().await, Some((0x88, vec![0x03, 0xE8])));
    // It would linger for ten minutes otherwise; we keep our side open.
    assert_eq!(raw.frame().await, None);
    node.stop().await;
}

#[actix_rt::test]
async fn a_farewell_that_is_not_answered_ends_in_time() {
    let dir = tempfile::tempdir().unwrap();
    let node = hasty(&dir, Pace { farewell: SHORT, ..patient() }).await;
    let mut raw = node.raw(1).await;
    raw.send(&frame(0x82, b"binary")).await;
    assert_eq!(raw.frame().await, Some((0x88, vec![0x03, 0xEB])));
    assert_eq!(raw.frame().await, None);
    node.stop().await;
}
