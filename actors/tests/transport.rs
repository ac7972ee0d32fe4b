//! The transport over real sockets: what a peer may send, and what it is closed with.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod node;

use allthrive_load::raw::frame;
use allthrive_protocol::MAX_FRAME_BYTES;
use node::Node;

const TEXT: u8 = 0x81;
const PING: u8 = 0x89;
const PONG: u8 = 0x8A;
const CLOSE: u8 = 0x88;

async fn node(dir: &tempfile::TempDir) -> Node {
    let node = Node::start(dir.path()).await;
    node.people(1).await;
    node
}

#[actix_rt::test]
async fn what_a_client_must_not_send_is_closed_with_its_code() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(&dir).await;
    let head = |first: u8, rest: &[u8]| [&[first], rest].concat();
    let too_long = frame(TEXT, &vec![b'x'; MAX_FRAME_BYTES + 1]);
    let wrong: [(&str, Vec<u8>, u16); 17] = [
        ("a reserved bit", frame(0xC1, b"x"), 1002),
        ("a reserved opcode", frame(0x83, b"x"), 1002),
        ("a reserved control opcode", frame(0x8B, b""), 1002),
        ("no mask", head(TEXT, &[1, b'x']), 1002),
        ("a long ping", frame(PING, &[b'x'; 126]), 1002),
        ("a ping in pieces", frame(0x09, b"x"), 1002),
        ("a continuation of nothing", frame(0x80, b"x"), 1002),
        ("a text within a text", [frame(0x01, b"x"), frame(TEXT, b"x")].concat(), 1002),
        ("a length in too many bytes", head(TEXT, &[0xFE, 0, 5]), 1002),
        ("a length below zero", head(TEXT, &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]), 1002),
        ("a code that is none", frame(CLOSE, &[0x03, 0xED]), 1002),
        ("half a code", frame(CLOSE, &[0x03]), 1002),
        ("binary", frame(0x82, b"x"), 1003),
        ("text that is not UTF-8", frame(TEXT, b"ab\xFF"), 1007),
        ("a reason that is not UTF-8", frame(CLOSE, b"\x03\xE8\xC3"), 1007),
        ("64 KiB and one byte", too_long, 1009),
        ("the announcement of 4 GiB", head(TEXT, &[0xFF, 0, 0, 0, 1, 0, 0, 0, 0]), 1009),
    ];
    for (what, bytes, code) in wrong {
        let mut raw = node.raw(1).await;
        raw.send(&bytes).await;
        assert_eq!(raw.closed().await, code, "{what}");
    }
    node.stop().await;
}

#[actix_rt::test]
async fn text_that_cannot_be_is_refused_before_its_frame_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(&dir).await;
    let mut raw = node.raw(1).await;
    raw.send(&frame(0x01, b"\xF0\x9F")).await;
    raw.send(&frame(0x00, b"\x99\x83 and \xC3(  never sent")[..16]).await;
    assert_eq!(raw.closed().await, 1007);
    node.stop().await;
}

#[actix_rt::test]
async fn fragments_are_bounded_in_number_and_in_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(&dir).await;
    let mut raw = node.raw(1).await;
    raw.send(&frame(0x01, b"")).await;
    raw.send(&frame(0x00, b"").repeat(1_024)).await;
    assert_eq!(raw.closed().await, 1009);
    let mut raw = node.raw(1).await;
    raw.send(&frame(0x01, &vec![b'x'; MAX_FRAME_BYTES])).await;
    raw.send(&frame(0x80, b"x")).await;
    assert_eq!(raw.closed().await, 1009);
    let mut raw = node.echo().await;
    raw.send(&frame(0x01, b"x")).await;
    raw.send(&frame(0x00, b"x").repeat(1_022)).await;
    raw.send(&frame(0x80, b"x")).await;
    assert_eq!(raw.frame().await, Some((TEXT, vec![b'x'; 1_024])));
    drop(raw);
    node.stop().await;
}

#[actix_rt::test]
async fn a_command_in_fragments_with_a_ping_between_is_answered_like_any_other() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(&dir).await;
    let mut raw = node.raw(1).await;
    raw.send(&frame(0x01, br#"{"id":1,"op":"hel"#)).await;
    raw.send(&frame(PING, b"there?")).await;
    raw.send(&frame(0x80, br#"lo","d":{"subscribe":[]}}"#)).await;
    assert_eq!(raw.frame().await, Some((PONG, b"there?".to_vec())));
    let (first, welcome) = raw.frame().await.unwrap();
    assert_eq!(first, TEXT);
    assert!(welcome.starts_with(br#"{"id":1,"ok":"#), "{}", String::from_utf8_lossy(&welcome));
    node.stop().await;
}

#[actix_rt::test]
async fn the_echo_says_whole_messages_in_order_and_then_the_peers_own_code() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(&dir).await;
    let mut raw = node.echo().await;
    let most = "é".repeat(MAX_FRAME_BYTES / 2);
    let said = [
        frame(TEXT, most.as_bytes()),
        frame(0x02, b"\xFF"),
        frame(PING, b"1"),
        frame(0x80, b"\x00"),
        frame(PONG, b"nobody asked"),
        frame(TEXT, b""),
        frame(CLOSE, b"\x0F\xA1bye"),
        frame(TEXT, b"behind the end"),
    ];
    raw.send(&said.concat()).await;
    let told = [(TEXT, most.as_bytes()), (PONG, b"1"), (0x82, b"\xFF\x00"), (TEXT, b""), (CLOSE, b"\x0F\xA1")];
    for (first, payload) in told {
        assert_eq!(raw.frame().await, Some((first, payload.to_vec())));
    }
    assert_eq!(raw.frame().await, None);
    let mut raw = node.echo().await;
    raw.send(&frame(CLOSE, b"")).await;
    assert_eq!(raw.frame().await, Some((CLOSE, Vec::new())));
    node.stop().await;
}

#[actix_rt::test]
async fn each_ping_is_answered_until_they_are_a_flood() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(&dir).await;
    let mut raw = node.raw(1).await;
    raw.send(&frame(PING, b"!").repeat(101)).await;
    for _ in 0..100 {
        assert_eq!(raw.frame().await, Some((PONG, b"!".to_vec())));
    }
    assert_eq!(raw.closed().await, 4013);
    node.stop().await;
}
