//! Catching up: positions, pages, resets, and the history.

use std::time::Duration;

use allthrive_protocol::{RoomId, Seq};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::fault::{Outcome, broken, holds, same};
use super::super::stage::{MIRA, Stage, ZOE};
use super::super::talk::Talk;

super::cases! {
    within 30 s, spends false:
    "Catching up: one rule":
        what_was_missed_is_told_once_and_in_order,
        what_is_said_while_one_catches_up_is_told_once,
        a_page_has_no_more_events_than_were_asked_for,
        a_subscription_after_a_position_tells_what_follows_it,
        who_has_unsubscribed_hears_nothing_and_misses_nothing,
        a_position_above_the_top_is_reset,
        a_position_of_another_history_is_reset,
        an_acknowledgement_comes_without_events_where_the_room_is_not_heard;
    "Events":
        tops_tell_of_a_room_that_moved_unheard;
    "Commands":
        the_history_is_read_page_by_page_both_ways;
}

/// The line of this room in a welcome.
fn line(welcome: &Value, room: RoomId) -> Outcome<Value> {
    match welcome["rooms"].as_array().into_iter().flatten().find(|line| line["room"] == json!(room)) {
        Some(line) => Ok(line.clone()),
        None => broken!("the welcome tells of {room}: {welcome}"),
    }
}

/// What is told of a room from this standing on until `end`, by pages and by itself.
async fn catch_up(talk: &mut Talk, room: RoomId, standing: &Value, end: Seq) -> Outcome<Vec<Value>> {
    let after = standing["after"].as_u64().unwrap_or(0);
    let mut told = if standing["live"] == true { Vec::new() } else { talk.pull(room, after, 3).await? };
    holds!(told.first().is_none_or(|event| event["seq"] == after + 1), "what follows {after} is to come, this came first: {told:?}");
    while after + (told.len() as u64) < end {
        told.push(talk.durable(room).await?);
    }
    Ok(told)
}

fn texts(told: &[Value]) -> Vec<&str> {
    told.iter().filter_map(|event| event["d"]["body"].as_str()).collect()
}

async fn what_was_missed_is_told_once_and_in_order(s: Stage) -> Outcome {
    let room = s.room(&[ZOE]).await?;
    let (mut mira, _) = s.greet(MIRA, json!({})).await?;
    let (mut zoe, welcome) = s.greet(ZOE, json!({"subscribe": [room]})).await?;
    mira.message(room, "heard").await?;
    zoe.pull(room, 2, 200).await?;
    drop(zoe);
    for body in ["a", "b", "c", "d", "e"] {
        mira.message(room, body).await?;
    }
    let hello = json!({"resume": [{"room": room, "seq": 3}], "history_epoch": welcome["history_epoch"]});
    let (mut zoe, welcome) = s.greet(ZOE, hello).await?;
    let standing = line(&welcome, room)?;
    same!("the standing", [&standing["state"], &standing["after"], &standing["top"]], [json!("resumed"), json!(3), json!(8)]);
    let told = catch_up(&mut zoe, room, &standing, 8).await?;
    same!("what was missed", texts(&told), ["a", "b", "c", "d", "e"]);
    let next = mira.message(room, "next").await?;
    same!("what comes by itself", zoe.hears(room, "message.new", next).await?["d"]["body"], "next");
    Ok(())
}

async fn what_is_said_while_one_catches_up_is_told_once(s: Stage) -> Outcome {
    let room = s.room(&[ZOE]).await?;
    let (mut mira, _) = s.greet(MIRA, json!({})).await?;
    for body in ["a", "b", "c"] {
        mira.message(room, body).await?;
    }
    let (mut zoe, welcome) = s.greet(ZOE, json!({"resume": [{"room": room, "seq": 0}]})).await?;
    let mut said = Vec::new();
    for body in ["d", "e", "f"] {
        said.push(mira.say("message.send", Some(room), json!({"cmid": Uuid::new_v4(), "body": body})).await);
    }
    let told = catch_up(&mut zoe, room, &line(&welcome, room)?, 8).await?;
    same!("what was told", texts(&told), ["a", "b", "c", "d", "e", "f"]);
    for id in said {
        super::super::talk::judged(mira.reply(id).await?)?;
    }
    Ok(())
}

async fn a_page_has_no_more_events_than_were_asked_for(s: Stage) -> Outcome {
    let room = s.room(&[]).await?;
    let (mut talk, _) = s.greet(MIRA, json!({})).await?;
    for body in ["a", "b", "c", "d"] {
        talk.message(room, body).await?;
    }
    let (mut talk, _) = s.greet(MIRA, json!({"resume": [{"room": room, "seq": 0}]})).await?;
    let page = talk.ok("events", room, json!({"after": 1, "limit": 2})).await?;
    same!("the room and the top", [&page["room"], &page["top"]], [json!(room), json!(5)]);
    let numbers: Vec<_> = page["events"].as_array().into_iter().flatten().map(|event| event["seq"].clone()).collect();
    same!("the numbers of a page of two after 1", numbers, [2, 3]);
    same!("its end", page["end"], 3);
    for limit in [0, 201] {
        talk.refused("events", room, json!({"after": 0, "limit": limit}), "bad_request").await?;
    }
    Ok(())
}

async fn a_subscription_after_a_position_tells_what_follows_it(s: Stage) -> Outcome {
    let room = s.room(&[ZOE]).await?;
    let (mut mira, _) = s.greet(MIRA, json!({})).await?;
    for body in ["a", "b", "c"] {
        mira.message(room, body).await?;
    }
    let (mut zoe, _) = s.greet(ZOE, json!({})).await?;
    let standing = zoe.ok("room.subscribe", room, json!({"after": 3})).await?;
    same!("the state", standing["state"], "resumed");
    let snapshot = &standing["snapshot"];
    same!("the snapshot", [&snapshot["kind"], &snapshot["role"], &snapshot["members"]], [json!("room"), json!("member"), json!(2)]);
    let told = catch_up(&mut zoe, room, &standing, 5).await?;
    same!("what follows", texts(&told), ["b", "c"]);
    Ok(())
}

async fn who_has_unsubscribed_hears_nothing_and_misses_nothing(s: Stage) -> Outcome {
    let room = s.room(&[ZOE]).await?;
    let (mut mira, mut zoe) = (s.enter(MIRA, &[room]).await?, s.enter(ZOE, &[room]).await?);
    zoe.ok("room.unsubscribe", room, json!({})).await?;
    let seq = mira.message(room, "unheard").await?;
    mira.hears(room, "message.new", seq).await?;
    let heard = zoe.rest_of(room, Duration::from_millis(400)).await?;
    holds!(!heard.iter().any(|event| event["seq"].is_u64()), "the room is not heard, and this came: {heard:?}");
    let standing = zoe.ok("room.subscribe", room, json!({"after": seq - 1})).await?;
    same!("what was missed", texts(&catch_up(&mut zoe, room, &standing, seq).await?), ["unheard"]);
    Ok(())
}

async fn is_reset(s: &Stage, resume_at: Seq, epoch: Option<Uuid>) -> Outcome {
    let room = s.room(&[]).await?;
    let mut hello = json!({"resume": [{"room": room, "seq": resume_at}]});
    if let Some(epoch) = epoch {
        hello["history_epoch"] = json!(epoch);
    }
    let (mut talk, welcome) = s.greet(MIRA, hello).await?;
    let standing = line(&welcome, room)?;
    same!("the standing", [&standing["state"], &standing["top"]], [json!("reset"), json!(1)]);
    let event = talk.event(room, "reset").await?;
    same!("the top of the reset", event["d"]["top"], 1);
    same!("the role in its snapshot", event["d"]["snapshot"]["role"], "owner");
    if event["d"]["live"] != true {
        talk.pull(room, 1, 200).await?;
    }
    let seq = talk.message(room, "from here on").await?;
    talk.hears(room, "message.new", seq).await.map(drop)
}

async fn a_position_above_the_top_is_reset(s: Stage) -> Outcome {
    is_reset(&s, 1_000, None).await
}

async fn a_position_of_another_history_is_reset(s: Stage) -> Outcome {
    is_reset(&s, 1, Some(Uuid::new_v4())).await
}

async fn an_acknowledgement_comes_without_events_where_the_room_is_not_heard(s: Stage) -> Outcome {
    let room = s.room(&[]).await?;
    let (mut talk, _) = s.greet(MIRA, json!({})).await?;
    talk.message(room, "unheard").await?;
    let heard = talk.rest_of(room, Duration::from_millis(400)).await?;
    holds!(heard.is_empty(), "the room is not heard, and this came: {heard:?}");
    Ok(())
}

async fn tops_tell_of_a_room_that_moved_unheard(s: Stage) -> Outcome {
    let room = s.room(&[ZOE]).await?;
    let ((mut mira, _), (mut zoe, _)) = (s.greet(MIRA, json!({})).await?, s.greet(ZOE, json!({})).await?);
    let seq = mira.message(room, "news").await?;
    loop {
        let frame = zoe.value().await?;
        let told = &frame["d"][room.to_string()];
        if frame["event"] == "tops" && told["top"] == seq {
            same!("unread", told["unread"], 1);
            return Ok(());
        }
    }
}

async fn the_history_is_read_page_by_page_both_ways(s: Stage) -> Outcome {
    let room = s.room(&[]).await?;
    let (mut talk, _) = s.greet(MIRA, json!({})).await?;
    for body in ["a", "b", "c", "d", "e"] {
        talk.message(room, body).await?;
    }
    let pages = [
        (json!({"limit": 2}), [5, 6], true),
        (json!({"before": 5, "limit": 2}), [3, 4], true),
        (json!({"before": 4, "limit": 2}), [2, 3], false),
        (json!({"after": 0, "limit": 2}), [2, 3], true),
        (json!({"after": 3, "limit": 2}), [4, 5], true),
        (json!({"after": 4, "limit": 2}), [5, 6], false),
    ];
    for (asked, due, more) in pages {
        let page = talk.ok("history", room, asked.clone()).await?;
        let numbers: Vec<_> = page["messages"].as_array().into_iter().flatten().map(|message| message["seq"].clone()).collect();
        same!(format!("the messages of the page {asked}"), numbers, due);
        same!(format!("\"more\" and the top of the page {asked}"), [&page["more"], &page["top"]], [json!(more), json!(6)]);
    }
    for limit in [0, 101] {
        talk.refused("history", room, json!({"limit": limit}), "bad_request").await?;
    }
    Ok(())
}
