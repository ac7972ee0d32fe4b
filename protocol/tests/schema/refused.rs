//! What the description refuses, and what its reader does.

use serde_json::{Value, json};

use crate::schema::{fault, fault_of_message};
use crate::{CMID, MIRA, ROOM, ZOE, durable_wire, snapshot};

#[test]
fn the_description_takes_no_other_shape() {
    let send = |d: Value| json!({"id": 7, "op": "message.send", "room": ROOM, "d": d});
    let mark = |d: Value| json!({"event": "read", "room": ROOM, "d": d});
    let told = |d: Value| durable_wire("message.edited", &d);
    let (_, snapshot) = snapshot();
    let reset = |reads: Value| {
        let mut snapshot = snapshot.clone();
        snapshot["reads"] = reads;
        json!({"event": "reset", "room": ROOM, "d": {"top": 57, "live": true, "snapshot": snapshot}})
    };
    let nobody = MIRA.replace("u_", "x_");
    let wrong = [
        ("command.message.send", json!({"op": "message.send", "d": {"cmid": CMID, "body": "Hello"}})),
        ("command.message.send", json!({"op": "message.say", "room": ROOM, "d": {"cmid": CMID, "body": "Hello"}})),
        ("command.message.send", json!([])),
        ("command.message.send", json!({"id": -1, "op": "message.send", "room": ROOM, "d": {"cmid": CMID, "body": "Hello"}})),
        ("command.message.send", json!({"op": "message.send", "room": MIRA, "d": {"cmid": CMID, "body": "Hello"}})),
        ("command.message.send", send(json!({"cmid": CMID}))),
        ("command.message.send", send(json!({"cmid": "c1", "body": "Hello"}))),
        ("command.message.send", send(json!({"cmid": CMID, "body": ["Hello"]}))),
        ("command.message.send", send(json!({"cmid": CMID, "body": "Hello", "reply_to": 1.5}))),
        ("command.member.add", json!({"op": "member.add", "room": ROOM, "d": {"cmid": CMID, "user": "zoe"}})),
        ("command.member.add", json!({"op": "member.add", "room": ROOM, "d": {"cmid": CMID, "user": nobody}})),
        ("command.hello", json!({"op": "hello", "d": {"subscribe": "none"}})),
        ("command.hello", json!({"op": "hello", "d": {"resume": [{"room": ROOM}]}})),
        ("ok.message.send", json!({"id": 7, "ok": {"seq": 42, "dup": false}})),
        ("error", json!({"id": 7, "error": {"code": "no_such_code", "message": "No.", "retry": false}})),
        ("event.read", mark(json!({"user": ZOE}))),
        ("event.read", mark(json!({"user": ZOE, "seq": -1}))),
        ("event.read", mark(json!({"user": Value::Null, "seq": 40}))),
        ("event.presence", json!({"event": "presence", "room": ROOM, "d": {"online": [MIRA]}})),
        ("event.tops", json!({"event": "tops", "d": {ROOM: {"top": 57, "unread": "many", "mention": false}}})),
        ("event.reset", reset(json!({MIRA: "all"}))),
        ("event.message.edited", told(json!({"target": 40, "body": "Hello!", "rev": 2}))),
        ("event.message.edited", json!({"event": "message.edited", "room": ROOM, "d": {"target": 40, "rev": 2, "by": MIRA}})),
    ];
    for (message, wire) in wrong {
        assert!(fault_of_message(message, &wire).is_some(), "{message} takes {wire}");
    }
    for (message, wire) in [("event.read", mark(json!({"user": ZOE, "seq": 40}))), ("event.reset", reset(json!({MIRA: 42})))] {
        assert_eq!(fault_of_message(message, &wire), None);
    }
}

#[test]
#[should_panic(expected = "a keyword that this test cannot read: multipleOf")]
fn a_keyword_that_the_test_cannot_read_is_no_pass() {
    fault(&json!({"multipleOf": 2}), &json!(4));
}

#[test]
fn every_message_is_written_out_here() {
    let shapes = concat!(include_str!("../wire.rs"), include_str!("../wire_quiz.rs"));
    let document = allthrive_protocol::asyncapi::document();
    for key in document["components"]["messages"].as_object().expect("an object").keys() {
        let Some((_, name)) = key.split_once('.').filter(|(kind, _)| *kind != "ok") else { continue };
        assert!(shapes.contains(&format!("\"{name}\"")), "{key} is not written out");
    }
}
