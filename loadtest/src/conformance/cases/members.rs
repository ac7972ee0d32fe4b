//! Who is a member, and what becomes of those who are none any more.

use std::time::Duration;

use allthrive_protocol::RoomId;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::fault::{Outcome, holds, same};
use super::super::stage::{IVO, MIRA, NOA, Stage, ZOE};
use super::super::talk::Talk;

super::cases! {
    within 30 s, spends false:
    "Who may do what":
        anybody_joins_a_public_room_and_leaves_it,
        only_moderators_add_others_and_who_is_added_is_told,
        a_group_shows_a_new_member_nothing_from_before,
        who_is_removed_gets_gone_and_nothing_after_it,
        who_is_banned_gets_gone_and_comes_back_only_once_it_is_lifted,
        roles_are_given_by_the_owner_and_moderators_act_on_lower_ones,
        the_owner_gives_the_room_away_before_leaving,
        a_direct_conversation_stays_between_its_two_people,
        who_is_muted_does_not_write_until_it_is_lifted,
        slow_mode_makes_members_wait_and_moderators_not,
        members_do_not_keep_order;
}

/// Nothing of the room from this number on may reach who is no member any more, and nothing is given on asking.
async fn hears_no_more(s: &Stage, who: usize, talk: &mut Talk, others: &mut Talk, room: RoomId, from: u64) -> Outcome {
    let next = others.message(room, "among us").await?;
    while others.durable(room).await?["seq"] != next {}
    let heard = talk.rest_of(room, Duration::from_millis(500)).await?;
    let later = heard.iter().find(|event| event["seq"].as_u64() >= Some(from));
    holds!(later.is_none(), "told after the membership has ended: {later:?}");
    for (op, d) in [("history", json!({})), ("room.subscribe", json!({})), ("read", json!({"seq": 1}))] {
        talk.refused(op, room, d, "not_found").await?;
    }
    talk.no_write("message.send", room, json!({"body": "still here"}), "not_found").await?;
    let (_, welcome) = s.greet(who, json!({"resume": [{"room": room, "seq": 1}]})).await?;
    let line = welcome["rooms"].as_array().into_iter().flatten().find(|line| line["room"] == json!(room));
    same!("the state after it", line.map(|line| &line["state"]), Some("gone"));
    Ok(())
}

async fn anybody_joins_a_public_room_and_leaves_it(s: Stage) -> Outcome {
    let room = s.room(&[]).await?;
    let mut mira = s.enter(MIRA, &[room]).await?;
    let (mut noa, _) = s.greet(NOA, json!({})).await?;
    let joined = noa.write("member.join", room, json!({})).await?;
    let d = mira.hears(room, "member.joined", joined).await?["d"].clone();
    same!("who joined, and as what", [&d["user"]["id"], &d["role"]], [json!(s.id(NOA)), json!("member")]);
    noa.ok("room.subscribe", room, json!({"after": joined})).await?;
    let again = noa.ok("member.join", room, json!({"cmid": Uuid::new_v4()})).await?;
    same!("joining again", [&again["dup"], &again["seq"]], [json!(true), json!(joined)]);
    let left = noa.write("member.leave", room, json!({})).await?;
    let d = mira.hears(room, "member.left", left).await?["d"].clone();
    same!("who left, and how", [&d["user"]["id"], &d["how"]], [json!(s.id(NOA)), json!("left")]);
    noa.event(room, "gone").await?;
    noa.refused("history", room, json!({}), "not_found").await?;
    noa.write("member.join", room, json!({})).await.map(drop)
}

/// Waits until the personal room of somebody tells this about a conversation.
async fn told_in_person(s: &Stage, who: usize, talk: &mut Talk, name: &str, room: RoomId) -> Outcome<Value> {
    loop {
        let event = talk.event(s.personal(who), name).await?;
        if event["d"]["conversation"]["id"] == json!(room) {
            return Ok(event["d"].clone());
        }
    }
}

async fn only_moderators_add_others_and_who_is_added_is_told(s: Stage) -> Outcome {
    let room = s.group(&[ZOE]).await?;
    let (mut mira, mut noa) = (s.enter(MIRA, &[room]).await?, s.enter(NOA, &[]).await?);
    let (mut zoe, _) = s.greet(ZOE, json!({})).await?;
    zoe.no_write("member.add", room, json!({"user": s.id(NOA)}), "forbidden").await?;
    let added = mira.write("member.add", room, json!({"user": s.id(NOA)})).await?;
    let d = mira.hears(room, "member.joined", added).await?["d"].clone();
    same!("who was added by whom", [&d["user"]["id"], &d["by"]], [json!(s.id(NOA)), json!(s.id(MIRA))]);
    let told = told_in_person(&s, NOA, &mut noa, "member.joined", room).await?;
    same!("the kind of the conversation", told["conversation"]["kind"], "group");
    noa.message(room, "thank you").await.map(drop)
}

async fn a_group_shows_a_new_member_nothing_from_before(s: Stage) -> Outcome {
    let room = s.group(&[]).await?;
    let (mut mira, _) = s.greet(MIRA, json!({})).await?;
    mira.message(room, "before").await?;
    let added = mira.write("member.add", room, json!({"user": s.id(ZOE)})).await?;
    let (mut zoe, _) = s.greet(ZOE, json!({"resume": [{"room": room, "seq": 0}]})).await?;
    let told = zoe.pull(room, 0, 200).await?;
    same!("the numbers told", told.iter().map(|event| &event["seq"]).collect::<Vec<_>>(), [added]);
    same!("the history", zoe.ok("history", room, json!({})).await?["messages"], Vec::<Value>::new());
    Ok(())
}

async fn who_is_removed_gets_gone_and_nothing_after_it(s: Stage) -> Outcome {
    let room = s.group(&[ZOE]).await?;
    let (mut mira, mut zoe) = (s.enter(MIRA, &[room]).await?, s.enter(ZOE, &[room]).await?);
    let removed = mira.write("member.remove", room, json!({"user": s.id(ZOE), "reason": "enough"})).await?;
    let d = mira.hears(room, "member.left", removed).await?["d"].clone();
    same!("who left, and how", [&d["user"]["id"], &d["how"]], [json!(s.id(ZOE)), json!("removed")]);
    holds!(d.get("reason").is_none(), "the room is not told why: {d}");
    zoe.event(room, "gone").await?;
    let told = told_in_person(&s, ZOE, &mut zoe, "member.left", room).await?;
    same!("the reason, told in person", told["reason"], "enough");
    hears_no_more(&s, ZOE, &mut zoe, &mut mira, room, removed).await
}

async fn who_is_banned_gets_gone_and_comes_back_only_once_it_is_lifted(s: Stage) -> Outcome {
    let room = s.room(&[ZOE]).await?;
    let (mut mira, mut zoe) = (s.enter(MIRA, &[room]).await?, s.enter(ZOE, &[room]).await?);
    let banned = mira.write("moderation.ban", room, json!({"user": s.id(ZOE)})).await?;
    mira.hears(room, "moderation.banned", banned).await?;
    same!("how one left", mira.hears(room, "member.left", banned + 1).await?["d"]["how"], "banned");
    zoe.event(room, "gone").await?;
    hears_no_more(&s, ZOE, &mut zoe, &mut mira, room, banned + 1).await?;
    zoe.no_write("member.join", room, json!({}), "forbidden").await?;
    let lifted = mira.write("moderation.unban", room, json!({"user": s.id(ZOE)})).await?;
    mira.hears(room, "moderation.unbanned", lifted).await?;
    zoe.write("member.join", room, json!({})).await.map(drop)
}

async fn roles_are_given_by_the_owner_and_moderators_act_on_lower_ones(s: Stage) -> Outcome {
    let room = s.room(&[ZOE, IVO]).await?;
    let mut mira = s.enter(MIRA, &[room]).await?;
    let (mut zoe, _) = s.greet(ZOE, json!({})).await?;
    let role = |who, role: &str| json!({"user": s.id(who), "role": role});
    zoe.no_write("member.role", room, role(ZOE, "moderator"), "forbidden").await?;
    zoe.no_write("member.remove", room, json!({"user": s.id(IVO)}), "forbidden").await?;
    let given = mira.write("member.role", room, role(ZOE, "moderator")).await?;
    let d = mira.hears(room, "member.role", given).await?["d"].clone();
    same!("who got which role", [&d["user"]["id"], &d["role"]], [json!(s.id(ZOE)), json!("moderator")]);
    zoe.no_write("member.remove", room, json!({"user": s.id(MIRA)}), "forbidden").await?;
    zoe.no_write("member.role", room, role(IVO, "moderator"), "forbidden").await?;
    let removed = zoe.write("member.remove", room, json!({"user": s.id(IVO)})).await?;
    mira.hears(room, "member.left", removed).await.map(drop)
}

async fn the_owner_gives_the_room_away_before_leaving(s: Stage) -> Outcome {
    let room = s.room(&[ZOE]).await?;
    let (mut mira, _) = s.greet(MIRA, json!({})).await?;
    mira.no_write("member.leave", room, json!({}), "forbidden").await?;
    mira.write("member.role", room, json!({"user": s.id(ZOE), "role": "owner"})).await?;
    let standing = mira.ok("room.subscribe", room, json!({})).await?;
    same!("the role of who gave it away", standing["snapshot"]["role"], "moderator");
    mira.write("member.leave", room, json!({})).await.map(drop)
}

async fn a_direct_conversation_stays_between_its_two_people(s: Stage) -> Outcome {
    let room = s.session(MIRA).open_direct(&s.session(ZOE).me().username).await?.id;
    same!("the same one, opened by the other", s.session(ZOE).open_direct(&s.session(MIRA).me().username).await?.id, room);
    let mut zoe = s.enter(ZOE, &[room]).await?;
    let (mut mira, _) = s.greet(MIRA, json!({})).await?;
    mira.no_write("member.add", room, json!({"user": s.id(NOA)}), "forbidden").await?;
    mira.no_write("member.leave", room, json!({}), "forbidden").await?;
    let seq = mira.message(room, "between us").await?;
    zoe.hears(room, "message.new", seq).await?;
    zoe.no_write("message.delete", room, json!({"target": seq}), "forbidden").await.map(drop)
}

async fn who_is_muted_does_not_write_until_it_is_lifted(s: Stage) -> Outcome {
    let room = s.room(&[ZOE]).await?;
    let (mut mira, mut zoe) = (s.enter(MIRA, &[room]).await?, s.enter(ZOE, &[room]).await?);
    let target = zoe.message(room, "hello").await?;
    zoe.hears(room, "message.new", target).await?;
    let muted = mira.write("moderation.mute", room, json!({"user": s.id(ZOE), "seconds": 600})).await?;
    let d = zoe.hears(room, "moderation.muted", muted).await?["d"].clone();
    holds!(d["user"]["id"] == json!(s.id(ZOE)) && d["until_ts"].is_u64(), "who is muted, and until when: {d}");
    let writes = [
        ("message.send", json!({"body": "x"})),
        ("message.edit", json!({"target": target, "rev": 1, "body": "x"})),
        ("reaction.set", json!({"target": target, "emoji": "👍", "on": true})),
    ];
    for (op, d) in writes {
        let error = zoe.no_write(op, room, d, "muted").await?;
        let after = error["after_ms"].as_u64().unwrap_or(0);
        holds!((1..=600_000).contains(&after) && error["retry"] == true, "{op} may come again within ten minutes: {error}");
    }
    let lifted = mira.write("moderation.mute", room, json!({"user": s.id(ZOE), "seconds": 0})).await?;
    same!("lifted", zoe.hears(room, "moderation.muted", lifted).await?["d"]["until_ts"], Value::Null);
    zoe.message(room, "again").await.map(drop)
}

async fn slow_mode_makes_members_wait_and_moderators_not(s: Stage) -> Outcome {
    let room = s.room(&[ZOE]).await?;
    let mut mira = s.enter(MIRA, &[room]).await?;
    let (mut zoe, _) = s.greet(ZOE, json!({})).await?;
    zoe.message(room, "hello").await?;
    let slow = mira.write("moderation.slow_mode", room, json!({"seconds": 60})).await?;
    while mira.durable(room).await?["seq"] != slow {}
    let error = zoe.no_write("message.send", room, json!({"body": "too early"}), "slow_mode").await?;
    let after = error["after_ms"].as_u64().unwrap_or(0);
    holds!((1..=60_000).contains(&after) && error["retry"] == true, "the next message may come within a minute: {error}");
    for _ in 0..2 {
        mira.message(room, "no hurry").await?;
    }
    mira.write("moderation.slow_mode", room, json!({"seconds": 0})).await?;
    zoe.message(room, "at last").await.map(drop)
}

async fn members_do_not_keep_order(s: Stage) -> Outcome {
    let room = s.room(&[ZOE, IVO]).await?;
    let (mut zoe, _) = s.greet(ZOE, json!({})).await?;
    let user = s.id(IVO);
    let steps = [
        ("moderation.mute", json!({"user": user, "seconds": 60})),
        ("moderation.ban", json!({"user": user})),
        ("moderation.unban", json!({"user": user})),
        ("moderation.slow_mode", json!({"seconds": 60})),
    ];
    for (op, d) in steps {
        zoe.no_write(op, room, d, "forbidden").await?;
    }
    same!("the next number", zoe.message(room, "nothing was done").await?, 4);
    Ok(())
}
