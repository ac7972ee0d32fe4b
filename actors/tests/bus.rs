//! The bus, on one node and between two: every case on each way that nodes may hear each other.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod node;

use std::time::{Duration, Instant};

use allthrive_actors::bus::Committed;
use allthrive_actors::fingerprint::Fingerprints;
use allthrive_domain::room::Decision;
use allthrive_domain::time::Micros;
use allthrive_domain::unit::{Deed, Speak, Unit};
use allthrive_load::Peer;
use allthrive_protocol::{RoomId, Seq};
use node::line::{Line, command};
use node::redis::OwnRedis;
use node::two::{PATIENCE, Two, Way, room};
use node::{cmid, user};
use serde_json::json;
use uuid::Uuid;

impl Two {
    /// Written past both nodes, which are told nothing.
    async fn write_unsaid(&self, n: u128) -> Committed {
        let deed = Deed::Speak(Speak { body: format!("unsaid {n}"), reply_to: None });
        let fingerprint = Fingerprints::new(&[7; 32]).of(room(), &deed);
        let unit = Unit { room: room(), author: user(1), cmid: cmid(n), fingerprint, deed };
        match self.one.store.commit(vec![unit], Micros(1)).await.outcomes.remove(0).unwrap() {
            Decision::Admitted(entries) => Committed::from(&entries[0]),
            other => panic!("{other:?}"),
        }
    }
}

/// The next messages heard have these numbers.
async fn hears(peer: &mut Peer, seqs: impl IntoIterator<Item = Seq>) {
    for seq in seqs {
        let heard = peer.event("message.new").await;
        assert_eq!(heard["seq"], seq, "{heard}");
    }
}

/// Each case becomes a test on these ways.
macro_rules! on {
    ($way:ident in $module:ident: $($case:ident),+ $(,)?) => {
        mod $module { $(#[actix_rt::test] async fn $case() { super::$case(crate::Two::start(crate::Way::$way).await).await; })+ }
    };
}

on!(Local in local: each_hears_all_in_order, what_is_said_is_heard_at_once, who_is_added_is_told_of_the_room, who_is_banned_hears_nothing_more, what_is_said_again_is_heard_once, a_hole_is_read_from_the_store, a_lost_last_message_is_found,
    who_has_read_is_told, an_ended_sign_in_ends_its_connections, a_retry_gets_the_first_number, who_comes_while_others_speak_misses_nothing);
on!(Redis in redis: each_hears_all_in_order, what_is_said_is_heard_at_once, who_is_added_is_told_of_the_room, who_is_banned_hears_nothing_more, what_is_said_again_is_heard_once, a_hole_is_read_from_the_store, a_lost_last_message_is_found,
    who_has_read_is_told, an_ended_sign_in_ends_its_connections, a_retry_gets_the_first_number, who_comes_while_others_speak_misses_nothing,
    redis_may_be_away_and_come_back, a_subscription_that_is_ended_is_made_again, what_could_not_be_said_is_looked_for);
on!(Unheard in unheard: each_hears_all_in_order, who_is_added_is_told_of_the_room, who_is_banned_hears_nothing_more, what_is_said_again_is_heard_once, a_lost_last_message_is_found,
    an_ended_sign_in_ends_its_connections, a_retry_gets_the_first_number, who_comes_while_others_speak_misses_nothing);

async fn each_hears_all_in_order(two: Two) {
    const EACH: u64 = 40;
    let (mut ana, mut bo) = (two.one.join(1).await, two.other().join(2).await);
    for n in 0..EACH {
        ana.say("message.send", Some(room()), json!({"cmid": cmid(100 + u128::from(n)), "body": "a"})).await;
        bo.say("message.send", Some(room()), json!({"cmid": cmid(200 + u128::from(n)), "body": "b"})).await;
    }
    for peer in [&mut ana, &mut bo] {
        hears(peer, 3..3 + 2 * EACH).await;
    }
    two.stop().await;
}

/// Not by comparing tops: that would take 5 s each time.
async fn what_is_said_is_heard_at_once(two: Two) {
    const TIMES: u64 = 10;
    let (mut ana, mut bo) = (two.one.join(1).await, two.other().join(2).await);
    let began = Instant::now();
    for n in 0..TIMES {
        ana.message(room(), cmid(100 + u128::from(n)), "now").await;
        hears(&mut bo, [3 + n]).await;
    }
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    two.stop().await;
}

async fn who_is_added_is_told_of_the_room(two: Two) {
    let new = RoomId(Uuid::from_u128(11 << 64 | 11));
    let mut bo = two.other().join(2).await;
    two.one.room(new, 2).await;
    loop {
        let tops = bo.event("tops").await;
        if tops["d"][new.0.to_string()]["top"] == 2 {
            break;
        }
    }
    two.stop().await;
}

/// Banned on one node, connected to the other: what is said afterwards reaches those who stayed, there too.
async fn who_is_banned_hears_nothing_more(two: Two) {
    let (mut ana, mut also) = (two.one.join(1).await, two.other().join(1).await);
    let mut bo = two.other().join(2).await;
    let banned = ana.ask("moderation.ban", Some(room()), json!({"cmid": cmid(100), "user": user(2)})).await;
    assert!(banned["ok"]["seq"].is_u64(), "{banned}");
    let said = ana.message(room(), cmid(101), "among ourselves").await;
    hears(&mut also, said["ok"]["seq"].as_u64()).await;
    // This reply is in order with what a room tells.
    let id = bo.say("room.unsubscribe", Some(room()), json!({})).await;
    loop {
        let frame = bo.frame().await.expect("open");
        if frame["id"] == id {
            break;
        }
        assert_ne!(frame["event"], "message.new", "{frame}");
    }
    two.stop().await;
}

async fn what_is_said_again_is_heard_once(two: Two) {
    let mut bo = two.other().join(2).await;
    let mut bus = two.one.system.bus();
    let mut events = vec![two.write_unsaid(100).await, two.write_unsaid(101).await];
    bus.publish(events.clone());
    events.reverse();
    for _ in 0..3 {
        bus.publish(events.clone());
    }
    bus.publish(vec![two.write_unsaid(102).await]);
    hears(&mut bo, 3..=5).await;
    two.stop().await;
}

/// Not by comparing tops: that would take 5 s each time.
async fn a_hole_is_read_from_the_store(two: Two) {
    const TIMES: u64 = 6;
    let mut bo = two.other().join(2).await;
    let mut bus = two.one.system.bus();
    let began = Instant::now();
    for n in 0..TIMES {
        for more in 0..3 {
            two.write_unsaid(u128::from(100 + 4 * n + more)).await;
        }
        let last = two.write_unsaid(u128::from(100 + 4 * n + 3)).await;
        bus.publish(vec![last]);
        hears(&mut bo, 3 + 4 * n..7 + 4 * n).await;
    }
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    two.stop().await;
}

async fn a_lost_last_message_is_found(two: Two) {
    let mut bo = two.other().join(2).await;
    two.write_unsaid(100).await;
    hears(&mut bo, [3]).await;
    two.stop().await;
}

async fn who_has_read_is_told(two: Two) {
    let (mut ana, mut bo) = (two.one.join(1).await, two.other().join(2).await);
    ana.message(room(), cmid(100), "read this").await;
    hears(&mut bo, [3]).await;
    bo.ask("read", Some(room()), json!({"seq": 3})).await;
    let heard = ana.event("read").await;
    assert_eq!((&heard["d"]["user"], &heard["d"]["seq"]), (&json!(user(2)), &json!(3)), "{heard}");
    two.stop().await;
}

async fn an_ended_sign_in_ends_its_connections(two: Two) {
    let (mut ana, mut bo) = (two.one.join(1).await, two.other().join(2).await);
    // The sign-in of a connection of this test has its account's id.
    two.one.sign_in(2).await;
    two.one.store.end_sign_in(user(2).0, user(2), Micros(2)).await.unwrap();
    two.one.system.end_sign_in(user(2).0);
    assert_eq!(bo.closed().await, 4051);
    // Nobody else is disturbed.
    assert_eq!(ana.message(room(), cmid(100), "still here").await["ok"]["seq"], 3);
    two.stop().await;
}

async fn a_retry_gets_the_first_number(two: Two) {
    let (mut ana, mut also) = (two.one.join(1).await, two.other().join(1).await);
    for n in 100..120 {
        let (here, there) = (
            ana.say("message.send", Some(room()), json!({"cmid": cmid(n), "body": "once"})).await,
            also.say("message.send", Some(room()), json!({"cmid": cmid(n), "body": "once"})).await,
        );
        let (here, there) = (ana.reply(here).await, also.reply(there).await);
        assert_eq!(here["ok"]["seq"], there["ok"]["seq"], "{here} {there}");
        assert_ne!(here["ok"]["dup"], there["ok"]["dup"], "{here} {there}");
    }
    for peer in [&mut ana, &mut also] {
        hears(peer, 3..23).await;
    }
    two.stop().await;
}

/// The base of a new ring: each who comes is the first on that node, and events are on their way.
async fn who_comes_while_others_speak_misses_nothing(two: Two) {
    const ROUNDS: u128 = 12;
    let mut ana = two.one.join(1).await;
    for round in 0..ROUNDS {
        for n in 0..10 {
            ana.say("message.send", Some(room()), json!({"cmid": cmid(1_000 + 10 * round + n), "body": "on"})).await;
        }
        let mut bo = two.other().connect(2).await;
        let welcome = bo.ask("hello", None, json!({"resume": [{"room": room(), "seq": 2}]})).await;
        let rooms = welcome["ok"]["rooms"].as_array().unwrap();
        let state = rooms.iter().find(|state| state["room"] == json!(room())).unwrap();
        let mut cursor: Seq = 2;
        let mut live = state["live"] == true;
        while !live {
            let page = bo.ask("events", Some(room()), json!({"after": cursor})).await;
            for event in page["ok"]["events"].as_array().unwrap() {
                cursor += 1;
                assert_eq!(event["seq"], cursor);
            }
            live = page["ok"]["live"] == true;
        }
        let top = u64::try_from(2 + 10 * (round + 1)).unwrap();
        hears(&mut bo, cursor + 1..=top).await;
    }
    two.stop().await;
}

async fn redis_may_be_away_and_come_back(mut two: Two) {
    let (mut ana, mut bo) = (two.one.join(1).await, two.other().join(2).await);
    for round in 0..3u64 {
        two.redis.as_mut().unwrap().kill();
        ana.message(room(), cmid(u128::from(100 + round)), "without").await;
        hears(&mut bo, [3 + 2 * round]).await;
        two.redis.as_mut().unwrap().restart();
        two.hear_each_other().await;
        ana.message(room(), cmid(u128::from(200 + round)), "with").await;
        hears(&mut bo, [4 + 2 * round]).await;
    }
    // What is volatile crosses again.
    bo.ask("read", Some(room()), json!({"seq": 8})).await;
    assert_eq!(ana.event("read").await["d"]["seq"], 8);
    two.stop().await;
}

async fn a_subscription_that_is_ended_is_made_again(two: Two) {
    let (mut ana, mut bo) = (two.one.join(1).await, two.other().join(2).await);
    let mut status = two.other().system.neighbours().watch_status();
    for round in 0..3u64 {
        let line = status.borrow_and_update().line;
        let killed = command(two.redis.as_ref().unwrap().port(), "CLIENT KILL TYPE pubsub").await;
        assert_eq!(killed, ":2");
        ana.message(room(), cmid(u128::from(100 + round)), "is it heard?").await;
        hears(&mut bo, [3 + round]).await;
        tokio::time::timeout(PATIENCE, status.wait_for(|status| status.up && status.line > line)).await.unwrap().unwrap();
        two.hear_each_other().await;
    }
    two.stop().await;
}

/// What a node could not say while its own line was broken, it asks the others to look for afterwards.
async fn what_could_not_be_said_is_looked_for(two: Two) {
    let mut bo = two.other().join(2).await;
    let port = two.redis.as_ref().unwrap().port();
    let mut status = two.one.system.neighbours().watch_status();
    for n in 0..5u64 {
        // Every line of both nodes, those to speak too.
        command(port, "CLIENT KILL TYPE normal SKIPME yes").await;
        let said = two.write_unsaid(u128::from(100 + n)).await;
        two.one.system.bus().publish(vec![said]);
        hears(&mut bo, [3 + n]).await;
    }
    tokio::time::timeout(PATIENCE, status.wait_for(|status| status.up)).await.unwrap().unwrap();
    two.stop().await;
}

#[actix_rt::test]
async fn a_subscription_that_is_dead_in_silence_is_made_again() {
    let redis = OwnRedis::start();
    let line = Line::to(redis.port()).await;
    let two = Two::start_on(Way::Redis, Some(redis), Some(line.url())).await;
    let (mut ana, mut bo) = (two.one.join(1).await, two.other().join(2).await);
    let mut status = two.other().system.neighbours().watch_status();
    let (before, subscriptions) = (status.borrow_and_update().line, line.subscriptions());
    line.swallow();
    ana.message(room(), cmid(100), "into the void").await;
    hears(&mut bo, [3]).await;
    tokio::time::timeout(PATIENCE, status.wait_for(|status| status.up && status.line > before)).await.unwrap().unwrap();
    assert!(line.subscriptions() > subscriptions);
    two.hear_each_other().await;
    // Heard at once again: what is volatile has no other way.
    bo.ask("read", Some(room()), json!({"seq": 3})).await;
    assert_eq!(ana.event("read").await["d"]["seq"], 3);
    two.stop().await;
}

#[actix_rt::test]
async fn two_databases_on_one_redis_do_not_mix() {
    let redis = OwnRedis::start();
    let url = redis.url();
    let here = Two::start_on(Way::Redis, None, Some(url.clone())).await;
    let there = Two::start_on(Way::Redis, None, Some(url)).await;
    let (mut ana, mut zoe) = (here.one.join(1).await, there.other().join(2).await);
    // The same room and number in both.
    ana.message(room(), cmid(100), "here").await;
    let mut ana_there = there.one.join(1).await;
    ana_there.message(room(), cmid(101), "there").await;
    let heard = zoe.event("message.new").await;
    assert_eq!((&heard["seq"], &heard["d"]["body"]), (&json!(3), &json!("there")));
    here.stop().await;
    there.stop().await;
}
