//! What passes by: read marks, typing, presence; and a sign-in that is carried on.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::fault::{Outcome, holds, same};
use super::super::stage::{MIRA, Stage, ZOE};

super::cases! {
    within 45 s, spends false:
    "Events":
        a_read_mark_is_told_and_only_rises,
        typing_is_told_without_a_number;
    "Presence":
        who_comes_and_who_goes_is_told,
        who_is_here_is_answered_to_those_who_hear_the_room;
    "Commands":
        a_fresh_ticket_of_the_same_account_alone_carries_a_sign_in_on;
}

async fn a_read_mark_is_told_and_only_rises(s: Stage) -> Outcome {
    let room = s.room(&[ZOE]).await?;
    let (mut mira, mut zoe) = (s.enter(MIRA, &[room]).await?, s.enter(ZOE, &[room]).await?);
    for body in ["a", "b"] {
        mira.message(room, body).await?;
    }
    same!("the mark", zoe.ok("read", room, json!({"seq": 4})).await?["seq"], 4);
    loop {
        let event = mira.event(room, "read").await?;
        if event["d"]["user"] == json!(s.id(ZOE)) && event["d"]["seq"] == 4 {
            holds!(event.get("seq").is_none(), "a read mark takes no number: {event}");
            break;
        }
    }
    same!("the mark after a lower one", zoe.ok("read", room, json!({"seq": 3})).await?["seq"], 4);
    let standing = zoe.ok("room.subscribe", room, json!({})).await?;
    same!("the mark in the snapshot", standing["snapshot"]["reads"][s.id(ZOE).to_string()], 4);
    Ok(())
}

async fn typing_is_told_without_a_number(s: Stage) -> Outcome {
    let room = s.room(&[ZOE]).await?;
    let (mut mira, mut zoe) = (s.enter(MIRA, &[room]).await?, s.enter(ZOE, &[room]).await?);
    zoe.ok("typing", room, json!({})).await?;
    let event = mira.event(room, "typing").await?;
    same!("who types", event["d"]["user"], s.id(ZOE));
    holds!(event.get("seq").is_none(), "typing takes no number: {event}");
    same!("the next number", zoe.message(room, "typed").await?, 3);
    mira.hears(room, "message.new", 3).await?;
    let (mut deaf, _) = s.greet(ZOE, json!({})).await?;
    deaf.refused("typing", room, json!({}), "not_subscribed").await.map(drop)
}

async fn who_comes_and_who_goes_is_told(s: Stage) -> Outcome {
    let room = s.room(&[ZOE]).await?;
    let mut mira = s.enter(MIRA, &[room]).await?;
    let mut zoe = Some(s.enter(ZOE, &[room]).await?);
    let id = s.id(ZOE).to_string();
    let (mut here, mut is_told) = (BTreeSet::<String>::new(), false);
    loop {
        let event = mira.event(room, "presence").await?;
        let d = &event["d"];
        let named =
            |list: &Value| list.as_array().into_iter().flatten().filter_map(|id| id.as_str().map(str::to_owned)).collect::<Vec<_>>();
        if d["online"].is_array() {
            here = named(&d["online"]).into_iter().collect();
            is_told = true;
        } else {
            holds!(is_told, "the state comes before a difference: {event}");
            for who in named(&d["joined"]) {
                holds!(here.insert(who.clone()), "{who} was there already: {event}");
            }
            for who in named(&d["left"]) {
                holds!(here.remove(&who), "{who} was not there: {event}");
            }
        }
        same!("\"count\"", d["count"], here.len());
        if zoe.is_some() && here.contains(&id) {
            zoe = None;
        } else if zoe.is_none() && !here.contains(&id) {
            return Ok(());
        }
    }
}

async fn who_is_here_is_answered_to_those_who_hear_the_room(s: Stage) -> Outcome {
    let room = s.room(&[]).await?;
    let mut mira = s.enter(MIRA, &[room]).await?;
    mira.event(room, "presence").await?;
    let page = mira.ok("presence", room, json!({})).await?;
    holds!(page["online"].is_array() && page["count"].is_u64(), "who is here: {page}");
    let (mut deaf, _) = s.greet(MIRA, json!({})).await?;
    deaf.refused("presence", room, json!({}), "not_subscribed").await.map(drop)
}

async fn a_fresh_ticket_of_the_same_account_alone_carries_a_sign_in_on(s: Stage) -> Outcome {
    let (mut mira, _) = s.greet(MIRA, json!({})).await?;
    let fresh = s.ticket(MIRA).await?;
    let carried = mira.ok("auth.refresh", None, json!({"ticket": fresh})).await?;
    holds!(carried["expires_ts"].as_u64() > Some(1_600_000_000_000), "until when it holds: {carried}");
    mira.refused("auth.refresh", None, json!({"ticket": s.ticket(ZOE).await?}), "forbidden").await?;
    mira.refused("auth.refresh", None, json!({"ticket": fresh}), "unauthorized").await?;
    mira.ok("ping", None, json!({})).await.map(drop)
}
