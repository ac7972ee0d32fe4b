//! What becomes of a message: edits, deletions, reactions.

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::fault::{Outcome, broken, holds, same};
use super::super::stage::{MIRA, Stage, ZOE};
use super::super::talk::Talk;
use allthrive_protocol::RoomId;

super::cases! {
    within 30 s, spends false:
    "Who may do what":
        an_edit_names_the_revision_it_replaces,
        nobody_edits_the_message_of_another,
        a_message_is_deleted_by_its_author_or_a_moderator_above,
        a_reaction_that_is_there_takes_no_number;
    "Events":
        a_deleted_message_keeps_its_place_without_a_text,
        a_replay_tells_the_present_text,
        reactions_are_told_and_counted;
}

/// A message as the history has it.
async fn read(talk: &mut Talk, room: RoomId, seq: u64) -> Outcome<Value> {
    let page = talk.ok("history", room, json!({"before": seq + 1, "limit": 1})).await?;
    let message = &page["messages"][0];
    holds!(message["seq"] == seq, "the message {seq} is in the history: {page}");
    Ok(message.clone())
}

async fn an_edit_names_the_revision_it_replaces(s: Stage) -> Outcome {
    let room = s.room(&[ZOE]).await?;
    let (mut mira, mut zoe) = (s.enter(MIRA, &[room]).await?, s.enter(ZOE, &[room]).await?);
    let target = mira.message(room, "first").await?;
    zoe.hears(room, "message.new", target).await?;
    let seq = mira.write("message.edit", room, json!({"target": target, "rev": 1, "body": "second"})).await?;
    same!("the number of the edit", seq, target + 1);
    let d = zoe.hears(room, "message.edited", seq).await?["d"].clone();
    same!("the edit", [&d["target"], &d["body"], &d["rev"], &d["by"]], [json!(target), json!("second"), json!(2), json!(s.id(MIRA))]);
    let error = mira.no_write("message.edit", room, json!({"target": target, "rev": 1, "body": "third"}), "rev_conflict").await?;
    same!("\"retry\" of a conflict", error["retry"], false);
    let message = read(&mut zoe, room, target).await?;
    same!("the message", [&message["body"], &message["rev"]], [json!("second"), json!(2)]);
    Ok(())
}

async fn nobody_edits_the_message_of_another(s: Stage) -> Outcome {
    let room = s.room(&[ZOE]).await?;
    let ((mut mira, _), (mut zoe, _)) = (s.greet(MIRA, json!({})).await?, s.greet(ZOE, json!({})).await?);
    let target = zoe.message(room, "mine").await?;
    mira.no_write("message.edit", room, json!({"target": target, "rev": 1, "body": "yours"}), "forbidden").await?;
    same!("the text", read(&mut zoe, room, target).await?["body"], "mine");
    Ok(())
}

async fn a_message_is_deleted_by_its_author_or_a_moderator_above(s: Stage) -> Outcome {
    let room = s.room(&[ZOE]).await?;
    let ((mut mira, _), (mut zoe, _)) = (s.greet(MIRA, json!({})).await?, s.greet(ZOE, json!({})).await?);
    let (of_mira, of_zoe) = (mira.message(room, "a").await?, zoe.message(room, "b").await?);
    zoe.no_write("message.delete", room, json!({"target": of_mira}), "forbidden").await?;
    mira.write("message.delete", room, json!({"target": of_zoe})).await?;
    mira.write("message.delete", room, json!({"target": of_mira})).await.map(drop)
}

async fn a_deleted_message_keeps_its_place_without_a_text(s: Stage) -> Outcome {
    let room = s.room(&[ZOE]).await?;
    let (mut mira, mut zoe) = (s.enter(MIRA, &[room]).await?, s.enter(ZOE, &[room]).await?);
    let target = mira.message(room, "secret one").await?;
    mira.write("message.edit", room, json!({"target": target, "rev": 1, "body": "secret two"})).await?;
    let seq = mira.write("message.delete", room, json!({"target": target})).await?;
    zoe.hears(room, "message.new", target).await?;
    zoe.hears(room, "message.edited", target + 1).await?;
    let d = zoe.hears(room, "message.deleted", seq).await?["d"].clone();
    same!("the deletion", [&d["target"], &d["by"]], [json!(target), json!(s.id(MIRA))]);
    let message = read(&mut zoe, room, target).await?;
    same!("the text in the history", message["body"], Value::Null);
    let (mut late, _) = s.greet(ZOE, json!({"resume": [{"room": room, "seq": 0}]})).await?;
    let told = late.pull(room, 0, 200).await?;
    let kinds: Vec<_> = told.get(2..).unwrap_or_default().iter().map(|event| event["event"].clone()).collect();
    same!("the kinds in the log", kinds, ["message.new", "message.edited", "message.deleted"]);
    if let Some(event) = told.iter().find(|event| event.to_string().contains("secret")) {
        broken!("the text of a deleted message is told: {event}");
    }
    Ok(())
}

async fn a_replay_tells_the_present_text(s: Stage) -> Outcome {
    let room = s.room(&[]).await?;
    let (mut talk, _) = s.greet(MIRA, json!({})).await?;
    let target = talk.message(room, "first").await?;
    talk.write("message.edit", room, json!({"target": target, "rev": 1, "body": "second"})).await?;
    let (mut late, _) = s.greet(MIRA, json!({"resume": [{"room": room, "seq": 1}]})).await?;
    for event in late.pull(room, 1, 200).await? {
        same!(format!("text and revision in {}", event["event"]), [&event["d"]["body"], &event["d"]["rev"]], [json!("second"), json!(2)]);
    }
    Ok(())
}

async fn reactions_are_told_and_counted(s: Stage) -> Outcome {
    let room = s.room(&[ZOE]).await?;
    let (mut mira, mut zoe) = (s.enter(MIRA, &[room]).await?, s.enter(ZOE, &[room]).await?);
    let target = mira.message(room, "nice").await?;
    mira.hears(room, "message.new", target).await?;
    let on = zoe.write("reaction.set", room, json!({"target": target, "emoji": "👍", "on": true})).await?;
    let d = mira.hears(room, "reaction", on).await?["d"].clone();
    let due = [json!(target), json!("👍"), json!(true), json!(s.id(ZOE))];
    same!("the reaction", [&d["target"], &d["emoji"], &d["on"], &d["user"]["id"]], due);
    for (who, mine) in [(&mut zoe, true), (&mut mira, false)] {
        let reaction = read(who, room, target).await?["reactions"][0].clone();
        same!("the count", [&reaction["emoji"], &reaction["count"]], [json!("👍"), json!(1)]);
        same!("whether it is the own", reaction["mine"] == true, mine);
    }
    let off = zoe.write("reaction.set", room, json!({"target": target, "emoji": "👍", "on": false})).await?;
    same!("taken away", mira.hears(room, "reaction", off).await?["d"]["on"], false);
    let reactions = read(&mut mira, room, target).await?["reactions"].clone();
    holds!(reactions.as_array().is_none_or(Vec::is_empty), "no reaction is left: {reactions}");
    zoe.no_write("reaction.set", room, json!({"target": target, "emoji": "no", "on": true}), "bad_request").await.map(drop)
}

async fn a_reaction_that_is_there_takes_no_number(s: Stage) -> Outcome {
    let room = s.room(&[]).await?;
    let (mut talk, _) = s.greet(MIRA, json!({})).await?;
    let target = talk.message(room, "nice").await?;
    let set = |on: bool| json!({"cmid": Uuid::new_v4(), "target": target, "emoji": "🎉", "on": on});
    talk.ok("reaction.set", room, set(true)).await?;
    let again = talk.ok("reaction.set", room, set(true)).await?;
    same!("the second answer", [&again["dup"], &again["seq"]], [json!(true), json!(target + 1)]);
    same!("the next number", talk.message(room, "next").await?, target + 2);
    Ok(())
}
