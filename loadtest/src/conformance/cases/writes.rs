//! Messages: numbers, order, retries.

use serde_json::json;
use uuid::Uuid;

use super::super::fault::{Outcome, holds, same};
use super::super::stage::{MIRA, NOA, Stage, ZOE};

super::cases! {
    within 30 s, spends false:
    "What a client may rely on":
        an_acknowledged_message_is_in_the_log_and_in_the_history,
        the_author_hears_the_own_message_with_its_cmid,
        two_who_talk_at_once_are_told_one_order_without_a_hole,
        a_retry_is_answered_with_the_first_number,
        a_retry_on_another_connection_is_answered_with_the_first_number,
        a_retry_after_an_edit_and_a_deletion_is_answered_with_the_first_number,
        another_text_under_a_used_cmid_is_cmid_conflict,
        another_operation_under_a_used_cmid_is_cmid_conflict,
        the_same_cmid_of_another_account_is_another_write;
    "Commands":
        a_text_has_one_to_4000_characters,
        an_answer_names_the_message_it_answers;
    "Who may do what":
        a_stranger_cannot_tell_a_room_from_one_that_is_not_there;
}

async fn an_acknowledged_message_is_in_the_log_and_in_the_history(s: Stage) -> Outcome {
    let room = s.room(&[]).await?;
    let (mut talk, _) = s.greet(MIRA, json!({})).await?;
    let seq = talk.message(room, "kept").await?;
    same!("the number", seq, 2);
    let (mut other, welcome) = s.greet(MIRA, json!({"resume": [{"room": room, "seq": 0}]})).await?;
    holds!(welcome["rooms"].as_array().is_some_and(|lines| lines.iter().any(|line| line["top"] == 2)), "the top is 2: {welcome}");
    let log = other.pull(room, 0, 200).await?;
    same!("the kinds in the log", log.iter().map(|event| &event["event"]).collect::<Vec<_>>(), ["member.joined", "message.new"]);
    same!("the text in the log", log[1]["d"]["body"], "kept");
    let history = other.ok("history", room, json!({})).await?;
    same!("the text in the history", history["messages"][0]["body"], "kept");
    same!("the number in the history", history["messages"][0]["seq"], 2);
    Ok(())
}

async fn the_author_hears_the_own_message_with_its_cmid(s: Stage) -> Outcome {
    let room = s.room(&[]).await?;
    let mut talk = s.enter(MIRA, &[room]).await?;
    let cmid = Uuid::new_v4();
    let seq = talk.write("message.send", room, json!({"cmid": cmid, "body": "hello"})).await?;
    let event = talk.hears(room, "message.new", seq).await?;
    same!("the cmid", event["d"]["cmid"], cmid);
    same!("the author", event["d"]["author"]["id"], s.id(MIRA));
    same!("the text and the revision", [&event["d"]["body"], &event["d"]["rev"]], [json!("hello"), json!(1)]);
    Ok(())
}

async fn two_who_talk_at_once_are_told_one_order_without_a_hole(s: Stage) -> Outcome {
    let room = s.room(&[ZOE]).await?;
    let (mut mira, mut zoe) = (s.enter(MIRA, &[room]).await?, s.enter(ZOE, &[room]).await?);
    let mut said = Vec::new();
    for _ in 0..4 {
        let d = || json!({"cmid": Uuid::new_v4(), "body": "at once"});
        said.push((mira.say("message.send", Some(room), d()).await, zoe.say("message.send", Some(room), d()).await));
    }
    let mut acknowledged = Vec::new();
    for (by_mira, by_zoe) in said {
        for reply in [mira.reply(by_mira).await?, zoe.reply(by_zoe).await?] {
            let reply = super::super::talk::judged(reply)?;
            holds!(reply["ok"]["seq"].is_u64(), "the message is taken: {reply}");
            acknowledged.extend(reply["ok"]["seq"].as_u64());
        }
    }
    acknowledged.sort_unstable();
    // Both have joined.
    let due: Vec<u64> = (3..=10).collect();
    same!("the numbers acknowledged", acknowledged, due);
    for seq in due {
        let (one, other) = (mira.hears(room, "message.new", seq).await?, zoe.hears(room, "message.new", seq).await?);
        same!(format!("what the second is told as {seq}"), other, one);
    }
    Ok(())
}

async fn a_retry_is_answered_with_the_first_number(s: Stage) -> Outcome {
    let room = s.room(&[]).await?;
    let mut talk = s.enter(MIRA, &[room]).await?;
    let d = json!({"cmid": Uuid::new_v4(), "body": "once"});
    let first = talk.ok("message.send", room, d.clone()).await?;
    talk.message(room, "between").await?;
    let again = talk.ok("message.send", room, d).await?;
    same!("\"dup\" of both", [&first["dup"], &again["dup"]], [false, true]);
    same!("the number of the retry", again["seq"], first["seq"]);
    // It is told once: the next number follows.
    let next = talk.message(room, "after").await?;
    for seq in 2..=next {
        talk.hears(room, "message.new", seq).await?;
    }
    same!("the number of the next message", next, 4);
    Ok(())
}

async fn a_retry_on_another_connection_is_answered_with_the_first_number(s: Stage) -> Outcome {
    let room = s.room(&[]).await?;
    let (mut one, mut other) = (s.enter(MIRA, &[room]).await?, s.enter(MIRA, &[room]).await?);
    let d = json!({"cmid": Uuid::new_v4(), "body": "once"});
    let first = one.ok("message.send", room, d.clone()).await?;
    let beside = other.ok("message.send", room, d.clone()).await?;
    same!("the retry beside", [&beside["seq"], &beside["dup"]], [first["seq"].clone(), json!(true)]);
    drop(one);
    let (mut again, _) = s.greet(MIRA, json!({})).await?;
    let after = again.ok("message.send", room, d).await?;
    same!("the retry after the connection was lost", [&after["seq"], &after["dup"]], [first["seq"].clone(), json!(true)]);
    other.hears(room, "message.new", 2).await?;
    let seq = again.message(room, "next").await?;
    other.hears(room, "message.new", seq).await.map(drop)
}

async fn a_retry_after_an_edit_and_a_deletion_is_answered_with_the_first_number(s: Stage) -> Outcome {
    let room = s.room(&[]).await?;
    let (mut talk, _) = s.greet(MIRA, json!({})).await?;
    let (said, edit) = (json!({"cmid": Uuid::new_v4(), "body": "first"}), Uuid::new_v4());
    let edit = json!({"cmid": edit, "target": 2, "rev": 1, "body": "second"});
    talk.write("message.send", room, said.clone()).await?;
    talk.write("message.edit", room, edit.clone()).await?;
    talk.write("message.delete", room, json!({"target": 2})).await?;
    let (said, edited) = (talk.ok("message.send", room, said).await?, talk.ok("message.edit", room, edit).await?);
    same!("the retries", [&said["seq"], &said["dup"], &edited["seq"], &edited["dup"]], [json!(2), json!(true), json!(3), json!(true)]);
    Ok(())
}

async fn another_text_under_a_used_cmid_is_cmid_conflict(s: Stage) -> Outcome {
    let room = s.room(&[]).await?;
    let (mut talk, _) = s.greet(MIRA, json!({})).await?;
    let cmid = Uuid::new_v4();
    talk.write("message.send", room, json!({"cmid": cmid, "body": "one"})).await?;
    talk.refused("message.send", room, json!({"cmid": cmid, "body": "other"}), "cmid_conflict").await?;
    same!("the next number", talk.message(room, "next").await?, 3);
    Ok(())
}

async fn another_operation_under_a_used_cmid_is_cmid_conflict(s: Stage) -> Outcome {
    let room = s.room(&[]).await?;
    let (mut talk, _) = s.greet(MIRA, json!({})).await?;
    let d = json!({"cmid": Uuid::new_v4(), "body": "one"});
    talk.write("message.send", room, d.clone()).await?;
    talk.refused("message.delete", room, json!({"cmid": d["cmid"], "target": 2}), "cmid_conflict").await.map(drop)
}

async fn the_same_cmid_of_another_account_is_another_write(s: Stage) -> Outcome {
    let room = s.room(&[ZOE]).await?;
    let ((mut mira, _), (mut zoe, _)) = (s.greet(MIRA, json!({})).await?, s.greet(ZOE, json!({})).await?);
    let cmid = Uuid::new_v4();
    let one = mira.write("message.send", room, json!({"cmid": cmid, "body": "mine"})).await?;
    let other = zoe.write("message.send", room, json!({"cmid": cmid, "body": "mine, too"})).await?;
    same!("the numbers", [one, other], [3, 4]);
    Ok(())
}

async fn a_text_has_one_to_4000_characters(s: Stage) -> Outcome {
    let room = s.room(&[]).await?;
    let (mut talk, _) = s.greet(MIRA, json!({})).await?;
    for body in [String::new(), "ü".repeat(4001)] {
        let reply = talk.ask("message.send", room, json!({"cmid": Uuid::new_v4(), "body": body})).await?;
        let code = &reply["error"]["code"];
        holds!(code == "bad_request" || code == "too_large", "a text of {} characters is refused: {reply}", body.chars().count());
    }
    same!("the number of a text of 4,000", talk.message(room, &"ü".repeat(4000)).await?, 2);
    Ok(())
}

async fn an_answer_names_the_message_it_answers(s: Stage) -> Outcome {
    let room = s.room(&[ZOE]).await?;
    let (mut mira, mut zoe) = (s.enter(MIRA, &[room]).await?, s.enter(ZOE, &[room]).await?);
    let question = mira.message(room, "Who brings the boat?").await?;
    let answer = zoe.write("message.send", room, json!({"body": "I do.", "reply_to": question})).await?;
    mira.hears(room, "message.new", question).await?;
    same!("what it answers", mira.hears(room, "message.new", answer).await?["d"]["reply_to"], question);
    Ok(())
}

async fn a_stranger_cannot_tell_a_room_from_one_that_is_not_there(s: Stage) -> Outcome {
    let (room, unknown) = (s.group(&[]).await?, allthrive_protocol::RoomId(Uuid::new_v4()));
    let (mut noa, welcome) = s.greet(NOA, json!({"subscribe": [room, unknown], "resume": [{"room": room, "seq": 0}]})).await?;
    for asked in [room, unknown] {
        let line = welcome["rooms"].as_array().into_iter().flatten().find(|line| line["room"] == json!(asked));
        same!("the state in the welcome", line.map(|line| &line["state"]), Some("gone"));
    }
    let ops = [
        ("message.send", json!({"cmid": Uuid::new_v4(), "body": "x"})),
        ("room.subscribe", json!({})),
        ("history", json!({})),
        ("read", json!({"seq": 1})),
        ("message.delete", json!({"cmid": Uuid::new_v4(), "target": 1})),
        ("member.join", json!({"cmid": Uuid::new_v4()})),
    ];
    for (op, d) in ops {
        let in_room = noa.refused(op, room, d.clone(), "not_found").await?;
        let in_none = noa.refused(op, unknown, d, "not_found").await?;
        same!(format!("the refusal of {op}"), in_room, in_none);
    }
    Ok(())
}
