//! The conformance suite against the server as it is shipped; and the suite itself against a server that lies.

use allthrive_client::Session;
use allthrive_load::conformance::{PEOPLE, Wish, cases, run};
use allthrive_load::{Dice, Person};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::liar::{Fate, Liar, Lie, Memory};
use crate::server::{Kind, Server, with_server, with_two_servers};

#[test]
fn every_case_of_the_conformance_suite_holds_on_sqlite() {
    let mut dice = Dice::of(Uuid::new_v4().as_u64_pair().1);
    with_server(Kind::Sqlite, &mut dice, |mut server| async move {
        server.restart_with_default_limits();
        conforms(&server).await;
    });
}

#[test]
fn every_case_of_the_conformance_suite_holds_on_postgres_with_redis() {
    let mut dice = Dice::of(Uuid::new_v4().as_u64_pair().1);
    with_two_servers(&mut dice, |mut server, other, _redis| async move {
        server.restart_with_default_limits();
        conforms(&server).await;
        drop(other);
    });
}

async fn conforms(server: &Server) {
    let people = people(server, &server.url()).await;
    let report = run(&people, &Wish { only: String::new(), with_limits: true }).await.expect("there are people");
    println!("{report}");
    assert!(report.is_clean(), "{report}\n{}", server.log());
    // The document lists as many; see `listed` of the suite.
    assert_eq!(report.verdicts.len(), cases::all().len());
}

/// As many as the suite needs, signed in at this address.
async fn people(server: &Server, url: &str) -> Vec<Session> {
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        let name = format!("conform-{number}");
        people.push(Person::enrol(url, &server.mail(), &name).await.expect("an account is made as people make one").session);
    }
    people
}

#[test]
fn every_lie_is_found_by_its_case_and_the_truth_by_none() {
    let mut dice = Dice::of(Uuid::new_v4().as_u64_pair().1);
    with_server(Kind::Sqlite, &mut dice, |server| async move {
        let liar = Liar::before(server.url().trim_start_matches("http://").to_owned()).await;
        let people = people(&server, liar.url()).await;
        let mut believed = Vec::new();
        for (lie, case, how) in lies() {
            for (how, is_lie) in [(Lie::NONE, false), (how, true)] {
                liar.tells(how);
                let report = run(&people, &Wish { only: case.to_owned(), with_limits: false }).await.expect("there are people");
                println!("{lie}\n{report}");
                if report.failed().any(|failed| failed == case) != is_lie {
                    believed.push(format!("{lie}, {} {report}", if is_lie { "believed:" } else { "not told:" }));
                }
            }
        }
        assert!(believed.is_empty(), "{}", believed.join("\n"));
    });
}

/// What a broken server might do, the case that finds it, and how it is told.
fn lies() -> Vec<(&'static str, &'static str, Lie)> {
    vec![
        ("a number is left out", "two_who_talk_at_once_are_told_one_order_without_a_hole", Lie::Told(skips_a_number)),
        ("events change their places", "two_who_talk_at_once_are_told_one_order_without_a_hole", Lie::Told(changes_places)),
        ("an event is told twice", "a_retry_is_answered_with_the_first_number", Lie::Told(repeats)),
        ("a dup has another number", "a_retry_is_answered_with_the_first_number", Lie::Told(another_number)),
        ("a cmid is forgotten", "a_retry_on_another_connection_is_answered_with_the_first_number", Lie::Asked(forgets_cmids)),
        ("what is acknowledged is not kept", "an_acknowledged_message_is_in_the_log_and_in_the_history", Lie::Asked(keeps_nothing)),
        ("the own message comes without its cmid", "the_author_hears_the_own_message_with_its_cmid", Lie::Told(without_cmid)),
        ("a page leaves out its first event", "a_page_has_no_more_events_than_were_asked_for", Lie::Told(holed_page)),
        ("a position that does not hold is said to hold", "a_position_above_the_top_is_reset", Lie::Told(never_resets)),
        ("a page of history is upside down", "the_history_is_read_page_by_page_both_ways", Lie::Told(upside_down)),
        ("a deleted text is shown", "a_deleted_message_keeps_its_place_without_a_text", Lie::Told(shows_deleted)),
        ("an edit over another is taken", "an_edit_names_the_revision_it_replaces", Lie::Told(no_conflict)),
        ("a reaction counts twice", "reactions_are_told_and_counted", Lie::Told(counts_twice)),
        ("who was removed is told more", "who_is_removed_gets_gone_and_nothing_after_it", Lie::Told(more_after_gone)),
        ("the room is told why", "who_is_removed_gets_gone_and_nothing_after_it", Lie::Told(tells_the_reason)),
        ("a stranger learns that there is a room", "a_stranger_cannot_tell_a_room_from_one_that_is_not_there", Lie::Told(tells_strangers)),
        ("a mute does not say for how long", "who_is_muted_does_not_write_until_it_is_lifted", Lie::Told(without_after)),
        ("typing takes a number", "typing_is_told_without_a_number", Lie::Told(numbers_typing)),
        ("a read mark falls", "a_read_mark_is_told_and_only_rises", Lie::Told(marks_fall)),
        ("more are here than there are", "who_comes_and_who_goes_is_told", Lie::Told(counts_ghosts)),
        ("replies come in one array", "each_command_of_a_batch_is_answered", Lie::Told(in_an_array)),
        ("a refusal has another code", "an_unknown_op_is_unknown_op", Lie::Told(another_code)),
        ("a pong is not the ping's", "each_ping_is_answered_with_its_payload_in_order", Lie::Framed(another_pong)),
        ("a Close has another code", "an_unmasked_frame_is_closed_with_1002", Lie::Framed(another_close)),
        ("a message is in two frames", "the_welcome_tells_who_one_is_and_what_holds", Lie::Framed(unfinished)),
    ]
}

fn is(frame: &Value, event: &str) -> bool {
    frame["event"] == event
}

fn skips_a_number(_: &mut Memory, mut frame: Value) -> Vec<Value> {
    if let Some(seq) = frame["seq"].as_u64().filter(|seq| *seq >= 5) {
        frame["seq"] = json!(seq + 1);
    }
    vec![frame]
}

fn changes_places(memory: &mut Memory, frame: Value) -> Vec<Value> {
    if !is(&frame, "message.new") {
        return vec![frame];
    }
    match memory.kept.take() {
        Some(kept) => vec![frame, kept],
        None => {
            memory.kept = Some(frame);
            Vec::new()
        }
    }
}

fn repeats(_: &mut Memory, frame: Value) -> Vec<Value> {
    if is(&frame, "message.new") { vec![frame.clone(), frame] } else { vec![frame] }
}

fn another_number(_: &mut Memory, mut frame: Value) -> Vec<Value> {
    if frame["ok"]["dup"] == true {
        frame["ok"]["seq"] = json!(frame["ok"]["seq"].as_u64().unwrap_or(0) + 1);
    }
    vec![frame]
}

fn forgets_cmids(_: &mut Memory, command: &Value) -> Fate {
    let mut command = command.clone();
    if command["op"] != "message.send" {
        return Fate::Passed;
    }
    command["d"]["cmid"] = json!(Uuid::new_v4());
    Fate::Changed(command)
}

fn keeps_nothing(_: &mut Memory, command: &Value) -> Fate {
    if command["op"] != "message.send" {
        return Fate::Passed;
    }
    Fate::Answered(json!({"id": command["id"], "ok": {"seq": 2, "ts": 1_790_000_000_000_u64, "dup": false}}))
}

fn without_cmid(_: &mut Memory, mut frame: Value) -> Vec<Value> {
    if let Some(d) = frame.pointer_mut("/d").and_then(Value::as_object_mut) {
        d.remove("cmid");
    }
    vec![frame]
}

fn holed_page(memory: &mut Memory, mut frame: Value) -> Vec<Value> {
    let after = frame["ok"]["after"].as_u64().unwrap_or(0);
    if let Some(events) = frame.pointer_mut("/ok/events").and_then(Value::as_array_mut).filter(|events| !events.is_empty())
        && memory.times == 0
    {
        memory.times = 1;
        events.remove(0);
        frame["ok"]["after"] = json!(after + 1);
    }
    vec![frame]
}

fn never_resets(_: &mut Memory, mut frame: Value) -> Vec<Value> {
    for line in frame.pointer_mut("/ok/rooms").and_then(Value::as_array_mut).into_iter().flatten() {
        if line["state"] == "reset" {
            line["state"] = json!("resumed");
        }
    }
    vec![frame]
}

fn upside_down(_: &mut Memory, mut frame: Value) -> Vec<Value> {
    if let Some(messages) = frame.pointer_mut("/ok/messages").and_then(Value::as_array_mut) {
        messages.reverse();
    }
    vec![frame]
}

fn shows_deleted(_: &mut Memory, mut frame: Value) -> Vec<Value> {
    for message in frame.pointer_mut("/ok/messages").and_then(Value::as_array_mut).into_iter().flatten() {
        if message["body"].is_null() {
            message["body"] = json!("secret two");
        }
    }
    vec![frame]
}

fn no_conflict(_: &mut Memory, frame: Value) -> Vec<Value> {
    if frame["error"]["code"] != "rev_conflict" {
        return vec![frame];
    }
    vec![json!({"id": frame["id"], "ok": {"seq": 9, "ts": 1_790_000_000_000_u64, "dup": false}})]
}

fn counts_twice(_: &mut Memory, mut frame: Value) -> Vec<Value> {
    for message in frame.pointer_mut("/ok/messages").and_then(Value::as_array_mut).into_iter().flatten() {
        for reaction in message.pointer_mut("/reactions").and_then(Value::as_array_mut).into_iter().flatten() {
            reaction["count"] = json!(reaction["count"].as_u64().unwrap_or(0) + 1);
        }
    }
    vec![frame]
}

fn more_after_gone(memory: &mut Memory, frame: Value) -> Vec<Value> {
    if !is(&frame, "gone") {
        return vec![frame];
    }
    // The numbers up to here are those of the two who have joined, and of the removal.
    memory.last = 3;
    let more = json!({"event": "message.new", "room": frame["room"], "seq": memory.last, "ts": 1, "d": {"body": "among us"}});
    vec![frame, more]
}

fn tells_the_reason(_: &mut Memory, mut frame: Value) -> Vec<Value> {
    if is(&frame, "member.left") {
        frame["d"]["reason"] = json!("enough");
    }
    vec![frame]
}

fn tells_strangers(memory: &mut Memory, mut frame: Value) -> Vec<Value> {
    if frame["error"]["code"] == "not_found" {
        memory.times += 1;
        if memory.times == 3 {
            frame["error"]["message"] = json!("You are not a member.");
        }
    }
    vec![frame]
}

fn without_after(_: &mut Memory, mut frame: Value) -> Vec<Value> {
    if frame["error"]["code"] == "muted" {
        frame.pointer_mut("/error").and_then(Value::as_object_mut).map(|error| error.remove("after_ms"));
    }
    vec![frame]
}

fn numbers_typing(_: &mut Memory, mut frame: Value) -> Vec<Value> {
    if is(&frame, "typing") {
        frame["seq"] = json!(3);
    }
    vec![frame]
}

fn marks_fall(memory: &mut Memory, mut frame: Value) -> Vec<Value> {
    if frame["ok"].as_object().is_some_and(|ok| ok.len() == 1 && ok.contains_key("seq")) {
        memory.times += 1;
        frame["ok"]["seq"] = json!(5 - memory.times);
    }
    vec![frame]
}

fn counts_ghosts(_: &mut Memory, mut frame: Value) -> Vec<Value> {
    if is(&frame, "presence") {
        frame["d"]["count"] = json!(frame["d"]["count"].as_u64().unwrap_or(0) + 1);
    }
    vec![frame]
}

fn in_an_array(memory: &mut Memory, frame: Value) -> Vec<Value> {
    if frame["id"].as_u64() < Some(101) {
        return vec![frame];
    }
    memory.times += 1;
    vec![json!([frame])]
}

fn another_code(_: &mut Memory, mut frame: Value) -> Vec<Value> {
    if frame["error"]["code"] == "unknown_op" {
        frame["error"]["code"] = json!("bad_request");
    }
    vec![frame]
}

fn another_pong(first: u8, mut payload: Vec<u8>) -> (u8, Vec<u8>) {
    if first == 0x8A {
        payload.reverse();
        payload.push(0);
        payload.truncate(125);
    }
    (first, payload)
}

fn another_close(first: u8, payload: Vec<u8>) -> (u8, Vec<u8>) {
    if first == 0x88 { (first, 1000_u16.to_be_bytes().to_vec()) } else { (first, payload) }
}

fn unfinished(first: u8, payload: Vec<u8>) -> (u8, Vec<u8>) {
    (if first == 0x81 { 0x01 } else { first }, payload)
}
