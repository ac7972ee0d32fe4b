//! Presence over real sockets: two workers, accounts with several connections, large rooms, slow readers;
//! [`nodes`] has two nodes.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "../node/mod.rs"]
mod node;
mod nodes;

use std::collections::BTreeSet;
use std::time::Duration;

use allthrive_actors::Pace;
use allthrive_load::Peer;
use allthrive_protocol::RoomId;
use node::{Node, cmid, user};
use serde_json::{Value, json};
use uuid::Uuid;

fn room() -> RoomId {
    RoomId(Uuid::from_u128(10 << 64 | 10))
}

fn name(n: u128) -> String {
    user(n).to_string()
}

fn names(people: impl IntoIterator<Item = u128>) -> BTreeSet<String> {
    people.into_iter().map(name).collect()
}

/// What a client knows by the rules of the protocol; it fails where an event does not follow from the one before.
#[derive(Debug, Default, PartialEq, Eq)]
struct Known {
    /// `None` before the first event, and in a large room.
    online: Option<BTreeSet<String>>,
    count: Option<u64>,
}

impl Known {
    fn hear(&mut self, event: &Value) {
        let list = |field: &str| event["d"][field].as_array().map(|names| names.iter().map(|name| name.as_str().unwrap().to_owned()));
        let count = event["d"]["count"].as_u64().unwrap();
        self.count = Some(count);
        if let Some(online) = list("online") {
            self.online = Some(online.collect());
        } else if let (Some(joined), Some(left)) = (list("joined"), list("left")) {
            let online = self.online.as_mut().expect("a difference to something");
            for name in left {
                assert!(online.remove(&name), "{name} left and was not there: {event}");
            }
            for name in joined {
                assert!(online.insert(name), "somebody came twice: {event}");
            }
        } else {
            self.online = None;
        }
        assert!(self.online.as_ref().is_none_or(|online| online.len() as u64 == count), "{event}");
    }

    /// Hears until exactly these are here.
    async fn until(&mut self, peer: &mut Peer, people: impl IntoIterator<Item = u128>) {
        let wanted = Some(names(people));
        while self.online != wanted {
            self.hear(&next(peer).await);
        }
    }

    /// Hears until so many are here and no list is told.
    async fn until_count(&mut self, peer: &mut Peer, count: u64) {
        while self.online.is_some() || self.count != Some(count) {
            self.hear(&next(peer).await);
        }
    }
}

/// The next event about who is in the room.
async fn next(peer: &mut Peer) -> Value {
    let event = peer.event("presence").await;
    assert_eq!(event["room"], json!(room()), "a personal room has no presence");
    event
}

async fn with_room(people: u128) -> (Node, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let node = Node::start(dir.path()).await;
    node.people(people).await;
    node.room(room(), people).await;
    (node, dir)
}

#[actix_rt::test]
async fn who_begins_to_hear_a_room_is_told_who_is_here_and_the_others_who_came() {
    let (node, _dir) = with_room(3).await;
    let mut ana = node.join(1).await;
    let mut known = Known::default();
    known.until(&mut ana, [1]).await;

    let mut bo = node.connect(2).await;
    bo.ask("hello", None, json!({"subscribe": []})).await;
    let subscribed = bo.say("room.subscribe", Some(room()), json!({})).await;
    assert_eq!(bo.frame().await.unwrap()["id"], subscribed, "the reply comes first");
    let mut of_bo = Known::default();
    let first = next(&mut bo).await;
    assert!(first["d"]["online"].is_array(), "{first}");
    of_bo.hear(&first);
    of_bo.until(&mut bo, [1, 2]).await;
    let came = next(&mut ana).await;
    assert_eq!(came["d"], json!({"joined": [name(2)], "left": [], "count": 2}));
    known.hear(&came);

    bo.ask("room.unsubscribe", Some(room()), json!({})).await;
    let went = next(&mut ana).await;
    assert_eq!(went["d"], json!({"joined": [], "left": [name(2)], "count": 1}));
    node.stop().await;
}

#[actix_rt::test]
async fn an_account_is_here_once_until_its_last_connection_on_any_worker_has_ended() {
    let (node, _dir) = with_room(5).await;
    let mut ana = node.join(1).await;
    let mut known = Known::default();
    known.until(&mut ana, [1]).await;
    // Four in a row: sockets go to the two workers in turn.
    let mut bos = Vec::new();
    for _ in 0..4 {
        bos.push(node.join(2).await);
    }
    known.until(&mut ana, [1, 2]).await;
    let last = bos.pop();
    drop(bos);
    // What comes later is told later: whoever had left before would be missing by now.
    let cy = node.join(3).await;
    known.hear(&next(&mut ana).await);
    assert_eq!(known.online, Some(names([1, 2, 3])));
    let dee = node.join(4).await;
    known.hear(&next(&mut ana).await);
    assert_eq!(known.online, Some(names([1, 2, 3, 4])));
    drop(last);
    let went = next(&mut ana).await;
    assert_eq!(went["d"], json!({"joined": [], "left": [name(2)], "count": 3}));
    drop((cy, dee));
    node.stop().await;
}

#[actix_rt::test]
async fn a_room_is_told_of_at_most_once_a_second() {
    let (node, _dir) = with_room(30).await;
    let mut ana = node.join(1).await;
    let mut known = Known::default();
    known.until(&mut ana, [1]).await;
    let begun = std::time::Instant::now();
    let mut crowd = Vec::new();
    for n in 2..=30 {
        crowd.push(node.join(n).await);
    }
    let mut told = 0;
    while known.online != Some(names(1..=30)) {
        known.hear(&next(&mut ana).await);
        told += 1;
    }
    // One for each second that began, and one that was due when the first came.
    assert!(told <= begun.elapsed().as_secs() + 2, "{told} events in {:?}", begun.elapsed());
    node.stop().await;
}

#[actix_rt::test]
async fn one_arrival_costs_one_small_frame_for_each_who_is_here_whatever_their_number() {
    const HERE: u128 = 40;
    let (node, _dir) = with_room(HERE + 3).await;
    let mut crowd = Vec::new();
    for n in 1..=HERE {
        crowd.push((node.join(n).await, Known::default()));
    }
    for (peer, known) in &mut crowd {
        known.until(peer, 1..=HERE).await;
    }
    // Each arrival is the next thing that each of them is told: the one before made no second frame for anybody.
    for newcomer in HERE + 1..=HERE + 3 {
        let (mut arrived, mut of_arrived) = (node.join(newcomer).await, Known::default());
        for (peer, _) in &mut crowd {
            let told = peer.told().await;
            assert_eq!(
                (&told["event"], &told["d"]),
                (&json!("presence"), &json!({"joined": [name(newcomer)], "left": [], "count": newcomer}))
            );
        }
        of_arrived.until(&mut arrived, 1..=newcomer).await;
        crowd.push((arrived, of_arrived));
    }
    node.stop().await;
}

#[actix_rt::test]
async fn presence_is_given_in_pages_to_those_who_hear_the_room() {
    let (node, _dir) = with_room(3).await;
    let mut ana = node.connect(1).await;
    ana.ask("hello", None, json!({"subscribe": []})).await;
    let code = |reply: Value| reply["error"]["code"].as_str().unwrap_or_default().to_owned();
    assert_eq!(code(ana.ask("presence", Some(room()), json!({})).await), "not_subscribed");
    assert_eq!(code(ana.ask("presence", Some(RoomId(Uuid::from_u128(3))), json!({})).await), "not_subscribed");
    assert_eq!(code(ana.ask("presence", Some(RoomId::personal(user(1))), json!({})).await), "bad_request");
    ana.ask("room.subscribe", Some(room()), json!({})).await;
    let alone = ana.ask("presence", Some(room()), json!({})).await;
    assert_eq!(alone["ok"], json!({"online": [name(1)], "count": 1}), "who asks is here");
    assert_eq!(code(ana.ask("presence", Some(room()), json!({"cursor": "nobody"})).await), "bad_request");
    let (_bo, _cy) = (node.join(2).await, node.join(3).await);
    let mut known = Known::default();
    known.until(&mut ana, [1, 2, 3]).await;
    let page = ana.ask("presence", Some(room()), json!({})).await;
    assert_eq!(page["ok"], json!({"online": [name(1), name(2), name(3)], "count": 3}));
    let rest = ana.ask("presence", Some(room()), json!({"cursor": name(2)})).await;
    assert_eq!(rest["ok"], json!({"online": [name(3)], "count": 3}));
    ana.ask("room.unsubscribe", Some(room()), json!({})).await;
    assert_eq!(code(ana.ask("presence", Some(room()), json!({})).await), "not_subscribed");
    node.stop().await;
}

#[actix_rt::test]
async fn a_large_room_is_told_a_number_and_a_list_again_when_it_is_small() {
    const MANY: u128 = 215;
    let (node, _dir) = with_room(MANY).await;
    let mut ana = node.join(1).await;
    let mut known = Known::default();
    let mut crowd = Vec::new();
    for n in 2..=MANY {
        crowd.push(node.join(n).await);
    }
    known.until_count(&mut ana, 215).await;
    let page = ana.ask("presence", Some(room()), json!({})).await;
    assert_eq!((page["ok"]["online"].as_array().unwrap().len(), &page["ok"]["next"]), (200, &json!(name(200))), "{page}");
    let rest = ana.ask("presence", Some(room()), json!({"cursor": page["ok"]["next"]})).await;
    assert_eq!((rest["ok"]["online"].as_array().unwrap().len(), rest["ok"]["next"].is_null()), (15, true), "{rest}");
    // Whoever comes now is told the number.
    let mut late = node.join(2).await;
    assert_eq!(next(&mut late).await["d"], json!({"count": 215}));
    // Where people are counted nobody is told who is writing: the message that follows is all that comes.
    assert!(ana.ask("typing", Some(room()), json!({})).await["ok"].is_object());
    ana.message(room(), cmid(1), "Hello").await;
    loop {
        let told = late.told().await;
        assert_ne!(told["event"], "typing", "{told}");
        if told["event"] == "message.new" {
            break;
        }
    }
    // 90 are left: fewer than the list was told of, more than it is told of again.
    crowd.truncate(89);
    known.until_count(&mut ana, 90).await;
    crowd.truncate(49);
    known.until(&mut ana, 1..=50).await;
    assert!(ana.ask("typing", Some(room()), json!({})).await["ok"].is_object());
    assert_eq!(crowd[0].event("typing").await["d"]["user"], json!(user(1)));
    node.stop().await;
}

#[actix_rt::test]
async fn a_reader_that_falls_behind_is_given_no_difference_and_then_all_of_it() {
    let dir = tempfile::tempdir().unwrap();
    // On a busy machine the reader must not be taken for one that is stuck.
    let node = Node::start_at(dir.path(), Pace { stuck: Duration::from_secs(600), ..Pace::default() }).await;
    node.people(6).await;
    node.room(room(), 6).await;
    let mut ana = node.join(1).await;
    let mut known = Known::default();
    let mut slow = node.join(2).await;
    known.until(&mut ana, [1, 2]).await;
    // More than two kernels hold for a peer that takes nothing: each is some 24 KB on the wire.
    let long = "\u{1}".repeat(4_000);
    for n in 0..60 {
        ana.message(room(), cmid(1_000 + n), &long).await;
    }
    let cy = node.join(3).await;
    known.until(&mut ana, [1, 2, 3]).await;
    let _dee = node.join(4).await;
    known.until(&mut ana, [1, 2, 3, 4]).await;
    drop(cy);
    known.until(&mut ana, [1, 2, 4]).await;

    let (mut of_slow, mut lagged, mut states) = (Known::default(), false, 0);
    while of_slow.online != Some(names([1, 2, 4])) {
        let frame = slow.frame().await.unwrap();
        lagged |= frame["event"] == "room.lag";
        if frame["event"] == "presence" {
            states += u32::from(lagged && frame["d"]["online"].is_array());
            assert!(of_slow.online.is_none() || !lagged || frame["d"]["online"].is_array(), "{frame}");
            of_slow.hear(&frame);
        }
    }
    assert!(lagged && states == 1, "lagged: {lagged}, states: {states}");
    // And from here on what changes again.
    let _emil = node.join(5).await;
    let came = next(&mut slow).await;
    assert_eq!(came["d"], json!({"joined": [name(5)], "left": [], "count": 4}));
    node.stop().await;
}

#[actix_rt::test]
async fn a_panic_of_a_relay_costs_nobody_what_is_known_of_who_is_here() {
    let (node, _dir) = with_room(4).await;
    let (mut ana, mut bo) = (node.join(1).await, node.join(2).await);
    let (mut known, mut of_bo) = (Known::default(), Known::default());
    known.until(&mut ana, [1, 2]).await;
    of_bo.until(&mut bo, [1, 2]).await;
    node.system.faults().arm(allthrive_actors::fault::Point::Relay);
    let at = ana.message(room(), cmid(1), "boom").await["ok"]["seq"].as_u64().unwrap();
    // One relay panicked. It might have been over a removal: until they pull, its people may be members no more.
    for peer in [&mut ana, &mut bo] {
        while !["room.lag", "message.new"].map(Value::from).contains(&peer.told().await["event"]) {}
        assert_eq!(peer.ask("events", Some(room()), json!({"after": at - 1})).await["ok"]["live"], true);
    }
    let _cy = node.join(3).await;
    known.until(&mut ana, [1, 2, 3]).await;
    of_bo.until(&mut bo, [1, 2, 3]).await;
    node.stop().await;
}

#[actix_rt::test]
async fn a_member_who_is_removed_or_leaves_is_here_no_more_and_is_told_nothing_more() {
    let (node, _dir) = with_room(4).await;
    let (mut ana, mut bo, mut cy) = (node.join(1).await, node.join(2).await, node.join(3).await);
    let mut known = Known::default();
    known.until(&mut ana, [1, 2, 3]).await;
    ana.ask("member.remove", Some(room()), json!({"cmid": cmid(1), "user": user(2)})).await;
    known.until(&mut ana, [1, 3]).await;
    cy.ask("member.leave", Some(room()), json!({"cmid": cmid(2)})).await;
    known.until(&mut ana, [1]).await;
    let _dee = node.join(4).await;
    known.until(&mut ana, [1, 4]).await;
    for gone in [&mut bo, &mut cy] {
        gone.event("gone").await;
        let refused = gone.ask("presence", Some(room()), json!({})).await;
        assert_eq!(refused["error"]["code"], "not_subscribed");
        let after = gone.say("ping", None, json!({})).await;
        loop {
            let frame = gone.frame().await.unwrap();
            assert_ne!(frame["event"], "presence", "{frame}");
            if frame["id"] == after {
                break;
            }
        }
    }
    node.stop().await;
}
