//! Commands and replies as such: what is understood, what is refused, and batches.

use std::time::Duration;

use allthrive_protocol::RoomId;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::fault::{Outcome, broken, holds, same};
use super::super::stage::{MIRA, Stage};
use super::super::talk::{Talk, judged, refusal};

super::cases! {
    within 30 s, spends false:
    "Envelope":
        an_unknown_op_is_unknown_op,
        what_has_no_op_no_room_or_no_payload_is_bad_request_under_its_id,
        a_field_of_a_wrong_type_is_bad_request_under_its_id,
        what_is_not_json_harms_nothing,
        a_field_that_is_not_known_is_ignored,
        a_nul_character_is_bad_request,
        a_command_without_an_id_is_carried_out_and_not_answered,
        each_command_of_a_batch_is_answered,
        one_wrong_command_of_a_batch_does_not_stop_the_others,
        the_same_cmid_twice_in_a_batch_takes_one_number,
        of_a_batch_of_more_than_64_nothing_is_carried_out;
}

async fn greeted(s: &Stage) -> Outcome<Talk> {
    Ok(s.greet(MIRA, json!({})).await?.0)
}

/// Sends this text; what it is answered with under this id.
async fn answer(talk: &mut Talk, text: Value, id: u64) -> Outcome<Value> {
    talk.text(&text.to_string()).await;
    judged(talk.reply(id).await?)
}

async fn an_unknown_op_is_unknown_op(s: Stage) -> Outcome {
    let mut talk = greeted(&s).await?;
    let error = talk.refused("message.sing", None, json!({}), "unknown_op").await?;
    same!("\"retry\"", error["retry"], false);
    talk.ok("ping", None, json!({})).await.map(drop)
}

async fn what_has_no_op_no_room_or_no_payload_is_bad_request_under_its_id(s: Stage) -> Outcome {
    let mut talk = greeted(&s).await?;
    let room = Uuid::new_v4();
    let lacking = [
        json!({"id": 101}),
        json!({"id": 102, "op": "message.send", "d": {"cmid": room, "body": "no room"}}),
        json!({"id": 103, "op": "message.send", "room": room, "d": {"body": "no cmid"}}),
        json!({"id": 104, "op": "message.send", "room": room}),
    ];
    for (id, text) in (101..).zip(lacking) {
        refusal(&answer(&mut talk, text, id).await?, "bad_request")?;
    }
    talk.ok("ping", None, json!({})).await.map(drop)
}

async fn a_field_of_a_wrong_type_is_bad_request_under_its_id(s: Stage) -> Outcome {
    let mut talk = greeted(&s).await?;
    let room = Uuid::new_v4();
    let wrong = [
        json!({"id": 101, "op": "message.send", "room": room, "d": {"cmid": "7", "body": "no UUID"}}),
        json!({"id": 102, "op": "message.send", "room": room, "d": {"cmid": room, "body": 7}}),
        json!({"id": 103, "op": "message.send", "room": 7, "d": {"cmid": room, "body": "x"}}),
        json!({"id": 104, "op": "read", "room": room, "d": {"seq": -1}}),
        json!({"id": 105, "op": 7}),
    ];
    for (id, text) in (101..).zip(wrong) {
        refusal(&answer(&mut talk, text, id).await?, "bad_request")?;
    }
    Ok(())
}

async fn what_is_not_json_harms_nothing(s: Stage) -> Outcome {
    let mut talk = greeted(&s).await?;
    for text in ["{\"id\":7,", "hello", "7", "\"x\"", "", "[{]", "[7]"] {
        talk.text(text).await;
    }
    talk.ok("ping", None, json!({})).await.map(drop)
}

async fn a_field_that_is_not_known_is_ignored(s: Stage) -> Outcome {
    let (room, mut talk) = (s.room(&[]).await?, greeted(&s).await?);
    let d = json!({"cmid": Uuid::new_v4(), "body": "hello", "later": true});
    let reply = answer(&mut talk, json!({"id": 101, "op": "message.send", "room": room, "d": d, "later": [1]}), 101).await?;
    same!("the number", reply["ok"]["seq"], 2);
    Ok(())
}

async fn a_nul_character_is_bad_request(s: Stage) -> Outcome {
    let (room, mut talk) = (s.room(&[]).await?, greeted(&s).await?);
    talk.no_write("message.send", room, json!({"body": "a\0b"}), "bad_request").await?;
    same!("the next number", talk.message(room, "whole").await?, 2);
    Ok(())
}

async fn a_command_without_an_id_is_carried_out_and_not_answered(s: Stage) -> Outcome {
    let room = s.room(&[]).await?;
    let mut talk = s.enter(MIRA, &[room]).await?;
    let d = json!({"cmid": Uuid::new_v4(), "body": "no answer, please"});
    talk.text(&json!({"op": "message.send", "room": room, "d": d}).to_string()).await;
    loop {
        let frame = talk.value().await?;
        if frame["event"] == "message.new" {
            break;
        }
        holds!(frame["event"].is_string(), "there was no id, and this came: {frame}");
    }
    talk.text(&json!({"op": "ping"}).to_string()).await;
    let id = talk.say("ping", None, json!({})).await;
    loop {
        let frame = talk.value().await?;
        if frame["id"] == id {
            return Ok(());
        }
        holds!(frame["event"].is_string(), "there was no id, and this came: {frame}");
    }
}

/// Sends the commands as one array, with the ids from 101 on; their replies, in the order of the ids.
async fn batch(talk: &mut Talk, commands: &[Value]) -> Outcome<Vec<Value>> {
    let with_ids = (101..).zip(commands).map(|(id, command)| {
        let mut command = command.clone();
        command["id"] = json!(id);
        command
    });
    talk.text(&Value::from_iter(with_ids).to_string()).await;
    let mut replies = Vec::new();
    for id in (101..).take(commands.len()) {
        replies.push(judged(talk.reply(id).await?)?);
    }
    Ok(replies)
}

fn send(room: RoomId, cmid: Uuid, body: &str) -> Value {
    json!({"op": "message.send", "room": room, "d": {"cmid": cmid, "body": body}})
}

async fn each_command_of_a_batch_is_answered(s: Stage) -> Outcome {
    let room = s.room(&[]).await?;
    let mut talk = s.enter(MIRA, &[room]).await?;
    let commands = [send(room, Uuid::new_v4(), "one"), json!({"op": "ping"}), send(room, Uuid::new_v4(), "two")];
    let replies = batch(&mut talk, &commands).await?;
    holds!(replies[1]["ok"]["server_ts"].is_u64(), "the ping within is answered: {}", replies[1]);
    same!("the numbers", [&replies[0]["ok"]["seq"], &replies[2]["ok"]["seq"]], [2, 3]);
    for (seq, body) in [(2, "one"), (3, "two")] {
        same!("the text", talk.hears(room, "message.new", seq).await?["d"]["body"], body);
    }
    let more = talk.rest_of(room, Duration::ZERO).await?;
    holds!(!more.iter().any(|frame| frame["seq"].is_u64()), "each message is told once: {more:?}");
    Ok(())
}

async fn one_wrong_command_of_a_batch_does_not_stop_the_others(s: Stage) -> Outcome {
    let mut talk = greeted(&s).await?;
    let replies =
        batch(&mut talk, &[json!({"op": "ping"}), json!({"op": "sing"}), json!({"op": "message.send"}), json!({"op": "ping"})]).await?;
    for at in [0, 3] {
        holds!(replies[at]["ok"].is_object(), "a ping is answered: {}", replies[at]);
    }
    refusal(&replies[1], "unknown_op")?;
    refusal(&replies[2], "bad_request").map(drop)
}

async fn the_same_cmid_twice_in_a_batch_takes_one_number(s: Stage) -> Outcome {
    let room = s.room(&[]).await?;
    let mut talk = s.enter(MIRA, &[room]).await?;
    let cmid = Uuid::new_v4();
    let replies = batch(&mut talk, &[send(room, cmid, "twice"), send(room, cmid, "twice")]).await?;
    same!("the numbers", [&replies[0]["ok"]["seq"], &replies[1]["ok"]["seq"]], [2, 2]);
    let mut dups: Vec<_> = replies.iter().map(|reply| reply["ok"]["dup"] == true).collect();
    dups.sort_unstable();
    same!("\"dup\"", dups, [false, true]);
    talk.hears(room, "message.new", 2).await?;
    same!("the next number", talk.message(room, "once").await?, 3);
    talk.hears(room, "message.new", 3).await.map(drop)
}

async fn of_a_batch_of_more_than_64_nothing_is_carried_out(s: Stage) -> Outcome {
    let mut talk = greeted(&s).await?;
    let pings: Value = (101..=165).map(|id| json!({"id": id, "op": "ping"})).collect();
    talk.text(&pings.to_string()).await;
    let id = talk.say("ping", None, json!({})).await;
    loop {
        let frame = talk.value().await?;
        if frame["id"] == id {
            return judged(frame).map(drop);
        }
        if frame["id"].as_u64().is_some_and(|id| id > 100) {
            broken!("a command of a batch of 65 was answered: {frame}");
        }
    }
}
