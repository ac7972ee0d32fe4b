//! Sessions, rooms, persistence, gates and relays over real sockets.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod node;

use allthrive_actors::fault::Point;
use allthrive_protocol::RoomId;
use node::{Node, cmid, user};
use serde_json::json;
use uuid::Uuid;

fn room(n: u128) -> RoomId {
    RoomId(Uuid::from_u128(n << 64 | n))
}

async fn with_room(dir: &tempfile::TempDir, people: u128) -> Node {
    let node = Node::start(dir.path()).await;
    node.people(people).await;
    for n in 10..14 {
        let open = allthrive_domain::unit::Open { kind: allthrive_domain::unit::Kind::Room, title: None, with: None };
        node.system.write(room(n), user(1), cmid(n), allthrive_domain::unit::Deed::Open(open)).await.unwrap();
        for member in 2..=people {
            let admit = allthrive_domain::unit::Admit { user: user(member) };
            node.system.write(room(n), user(member), cmid(member), allthrive_domain::unit::Deed::Admit(admit)).await.unwrap();
        }
    }
    node
}

#[actix_rt::test]
async fn what_one_says_the_other_hears_and_so_does_the_author() {
    let dir = tempfile::tempdir().unwrap();
    let node = with_room(&dir, 2).await;
    let (mut ana, mut bo) = (node.join(1).await, node.join(2).await);
    let written = ana.message(room(10), cmid(1), "hello").await;
    assert_eq!((&written["ok"]["seq"], &written["ok"]["dup"]), (&json!(3), &json!(false)));
    for peer in [&mut ana, &mut bo] {
        let heard = peer.event("message.new").await;
        assert_eq!((&heard["seq"], &heard["d"]["body"], &heard["d"]["author"]["username"]), (&json!(3), &json!("hello"), &json!("user1")));
    }
    let again = ana.message(room(10), cmid(1), "hello").await;
    assert_eq!((&again["ok"]["seq"], &again["ok"]["dup"]), (&json!(3), &json!(true)));
    node.stop().await;
}

#[actix_rt::test]
async fn a_lone_reply_leaves_at_once_whichever_worker_keeps_the_room() {
    let dir = tempfile::tempdir().unwrap();
    let node = with_room(&dir, 1).await;
    // No event and no ping follows a reply here: one that waited for the next event would never come.
    let mut ana = node.connect(1).await;
    ana.ask("hello", None, json!({"subscribe": []})).await;
    for n in 0..40u128 {
        let written = ana.message(room(10 + n % 4), cmid(100 + n), "alone").await;
        assert_eq!(written["ok"]["dup"], false, "{written}");
    }
    node.stop().await;
}

#[actix_rt::test]
async fn who_comes_back_gets_each_number_once_and_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let node = with_room(&dir, 2).await;
    let mut ana = node.join(1).await;
    for n in 0..450 {
        ana.message(room(10), cmid(100 + n), &format!("text {n}")).await;
    }
    let mut bo = node.connect(2).await;
    let welcome = bo.ask("hello", None, json!({"resume": [{"room": room(10), "seq": 2}]})).await;
    let state = welcome["ok"]["rooms"].as_array().unwrap().iter().find(|state| state["room"] == json!(room(10))).unwrap().clone();
    assert_eq!((&state["state"], &state["after"], &state["live"]), (&json!("resumed"), &json!(2), &json!(false)));
    let (mut cursor, mut live) = (2, false);
    while !live {
        let page = bo.ask("events", Some(room(10)), json!({"after": cursor})).await;
        for event in page["ok"]["events"].as_array().unwrap() {
            cursor += 1;
            assert_eq!(event["seq"], cursor);
        }
        assert_eq!(page["ok"]["end"], cursor);
        live = page["ok"]["live"] == true;
    }
    assert_eq!(cursor, 452);
    ana.message(room(10), cmid(9_000), "and live again").await;
    assert_eq!(bo.event("message.new").await["seq"], 453);
    node.stop().await;
}

#[actix_rt::test]
async fn a_short_absence_is_made_up_from_the_ring() {
    let dir = tempfile::tempdir().unwrap();
    let node = with_room(&dir, 2).await;
    let mut ana = node.join(1).await;
    for n in 0..5 {
        ana.message(room(10), cmid(100 + n), "while away").await;
    }
    let mut bo = node.connect(2).await;
    let welcome = bo.ask("hello", None, json!({"resume": [{"room": room(10), "seq": 4}], "subscribe": [room(10)]})).await;
    let state = welcome["ok"]["rooms"].as_array().unwrap().iter().find(|state| state["room"] == json!(room(10))).unwrap().clone();
    if state["live"] == true {
        for seq in 5..=7 {
            assert_eq!(bo.event("message.new").await["seq"], seq);
        }
    } else {
        // The other worker had no reason to watch the room: then it is read from the store.
        let page = bo.ask("events", Some(room(10)), json!({"after": 4})).await;
        assert_eq!((page["ok"]["events"].as_array().unwrap().len(), &page["ok"]["live"]), (3, &json!(true)));
    }
    node.stop().await;
}

#[actix_rt::test]
async fn a_position_of_another_database_is_reset_and_a_foreign_room_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let node = with_room(&dir, 2).await;
    let hidden = RoomId(Uuid::from_u128(77));
    let open = allthrive_domain::unit::Open { kind: allthrive_domain::unit::Kind::Group, title: None, with: None };
    node.system.write(hidden, user(1), cmid(77), allthrive_domain::unit::Deed::Open(open)).await.unwrap();
    let mut bo = node.connect(2).await;
    let resume = json!([{"room": room(10), "seq": 2}, {"room": room(11), "seq": 99}, {"room": hidden, "seq": 0}, {"room": Uuid::from_u128(5), "seq": 0}]);
    let welcome = bo.ask("hello", None, json!({"resume": resume, "history_epoch": Uuid::nil()})).await;
    let states: Vec<_> = welcome["ok"]["rooms"].as_array().unwrap().iter().map(|state| state["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["resumed", "reset", "reset", "gone", "gone"]);
    let reset = bo.event("reset").await;
    assert_eq!((&reset["room"], &reset["d"]["top"], &reset["d"]["snapshot"]["members"]), (&json!(room(10)), &json!(2), &json!(2)));
    node.stop().await;
}

#[actix_rt::test]
async fn a_new_member_is_told_by_the_personal_room_and_by_tops() {
    let dir = tempfile::tempdir().unwrap();
    let node = Node::start(dir.path()).await;
    node.people(2).await;
    let mut bo = node.join(2).await;
    node.room(room(20), 2).await;
    let joined = bo.event("member.joined").await;
    assert_eq!((&joined["room"], &joined["d"]["conversation"]["id"]), (&json!(Uuid::from_u128(2)), &json!(room(20))));
    let mut ana = node.join(1).await;
    ana.message(room(20), cmid(1), "are you there").await;
    loop {
        let tops = bo.event("tops").await;
        if tops["d"][room(20).to_string()]["top"] == 3 {
            assert_eq!(tops["d"][room(20).to_string()]["unread"], 1);
            break;
        }
    }
    let marked = bo.ask("read", Some(room(20)), json!({"seq": 3})).await;
    assert_eq!(marked["ok"]["seq"], 3);
    let mark = ana.event("read").await;
    assert_eq!((&mark["d"]["user"], &mark["d"]["seq"]), (&json!(user(2)), &json!(3)));
    node.stop().await;
}

#[actix_rt::test]
async fn a_panic_costs_one_request_and_the_node_lives() {
    let dir = tempfile::tempdir().unwrap();
    let node = with_room(&dir, 2).await;
    let (mut ana, mut bo) = (node.join(1).await, node.join(2).await);
    let mut cursor = 2;
    for (n, point) in [Point::Session, Point::Room, Point::Persistence, Point::Gate, Point::Relay].into_iter().enumerate() {
        let n = u128::try_from(n).unwrap() * 10;
        node.system.faults().arm(point);
        let hit = ana.message(room(10), cmid(100 + n), "into the fault").await;
        // Before the commit the request fails honestly; behind it, it has succeeded.
        match point {
            Point::Session | Point::Room | Point::Persistence => {
                assert_eq!((&hit["error"]["code"], &hit["error"]["retry"]), (&json!("internal"), &json!(true)), "{point:?} {hit}");
            }
            Point::Gate | Point::Relay => assert_eq!(hit["ok"]["dup"], false, "{point:?} {hit}"),
        }
        let again = ana.message(room(10), cmid(100 + n), "into the fault").await;
        let after = ana.message(room(10), cmid(101 + n), "after it").await;
        assert!(again["ok"]["seq"].is_u64() && after["ok"]["seq"].is_u64(), "{point:?} {again} {after}");
        assert!(!node.system.faults().is_armed(point));
        // Whoever listens has each number once, by pushing or, where the room lags, by pulling.
        let top = after["ok"]["seq"].as_u64().unwrap();
        while cursor < top {
            let frame = match bo.frame().await.unwrap() {
                frame if frame["room"] != json!(room(10)) => continue,
                frame => frame,
            };
            if frame["event"] == "message.new" {
                cursor += 1;
                assert_eq!(frame["seq"], cursor);
            } else if frame["event"] == "room.lag" {
                let mut live = false;
                while !live {
                    let page = bo.ask("events", Some(room(10)), json!({"after": cursor})).await;
                    cursor = page["ok"]["end"].as_u64().unwrap();
                    live = page["ok"]["live"] == true;
                }
            }
        }
    }
    node.stop().await;
}

#[actix_rt::test]
async fn what_is_said_before_the_welcome_is_carried_out_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let node = with_room(&dir, 1).await;
    let mut ana = node.connect(1).await;
    let said = json!({"id": 2, "op": "message.send", "room": room(10), "d": {"cmid": cmid(1), "body": "at once"}});
    ana.raw(&json!([{"id": 1, "op": "hello", "d": {"subscribe": [room(10)]}}, said, {"id": 3, "op": "ping"}]).to_string()).await;
    assert!(ana.reply(1).await["ok"]["conn"].is_string());
    assert_eq!(ana.reply(2).await["ok"]["seq"], 2);
    assert_eq!(ana.event("message.new").await["seq"], 2);
    node.stop().await;
}

#[actix_rt::test]
async fn a_burst_that_wakes_a_room_is_taken_in_whole() {
    let dir = tempfile::tempdir().unwrap();
    with_room(&dir, 1).await.stop().await;
    let node = Node::start(dir.path()).await;
    let mut ana = node.join(1).await;
    // Nobody has written to these since the start: they are woken on either worker by the first of many.
    for room_number in 10..14u128 {
        let say = |n: u128| json!({"id": 1_000 + n, "op": "message.send", "room": room(room_number), "d": {"cmid": cmid(5_000 + n), "body": "at once"}});
        ana.raw(&json!((0..60).map(say).collect::<Vec<_>>()).to_string()).await;
        for n in 0..60 {
            assert_eq!(ana.reply(1_000 + n).await["ok"]["seq"], n + 2, "room {room_number}");
        }
    }
    node.stop().await;
}

#[actix_rt::test]
async fn rooms_that_are_not_ones_own_are_not_watched() {
    let dir = tempfile::tempdir().unwrap();
    let node = with_room(&dir, 1).await;
    let mut ana = node.join(1).await;
    for n in 500..700u128 {
        assert_eq!(ana.ask("room.subscribe", Some(room(n)), json!({})).await["error"]["code"], "not_found");
        assert_eq!(ana.message(room(n), cmid(n), "into the blue").await["error"]["code"], "not_found");
    }
    assert_eq!(ana.message(room(10), cmid(1), "and well").await["ok"]["seq"], 2);
    node.stop().await;
}

#[actix_rt::test]
async fn whoever_asks_for_many_pages_and_reads_late_gets_them_all_on_one_connection() {
    let dir = tempfile::tempdir().unwrap();
    let node = with_room(&dir, 1).await;
    let mut ana = node.join(1).await;
    let long = "\u{1}".repeat(4_000);
    for n in 0..60 {
        ana.message(room(10), cmid(100 + n), &long).await;
    }
    // Each page is some 128 KiB: all of them at once would be far above what a lane holds.
    let mut asked = Vec::new();
    for _ in 0..40 {
        asked.push(ana.say("history", Some(room(10)), json!({"limit": 100})).await);
    }
    for id in asked {
        let page = ana.reply(id).await;
        assert!(!page["ok"]["messages"].as_array().unwrap().is_empty(), "{page}");
    }
    node.stop().await;
}

#[actix_rt::test]
async fn what_does_not_begin_with_hello_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let node = Node::start(dir.path()).await;
    node.people(1).await;
    let mut ana = node.connect(1).await;
    ana.say("ping", None, json!({})).await;
    assert_eq!(ana.closed().await, 4100);
    let mut nobody = node.connect(0).await;
    nobody.say("hello", None, json!({"ticket": "not one"})).await;
    // The nil account of the harness is a name like any other: it has no room, not even its own.
    let mut silent = node.connect(1).await;
    assert_eq!(silent.closed().await, 4100);
    node.stop().await;
}

#[actix_rt::test]
async fn a_stopping_node_says_restart_and_loses_no_acknowledged_write() {
    let dir = tempfile::tempdir().unwrap();
    let node = with_room(&dir, 1).await;
    let mut ana = node.join(1).await;
    ana.message(room(10), cmid(1), "kept").await;
    let stopping = node.system.clone();
    actix_rt::spawn(async move { stopping.drain(std::time::Duration::from_secs(5)).await });
    assert!(ana.event("reconnect").await["d"]["after_ms"].is_u64());
    assert_eq!(ana.closed().await, 4000);
    node.stop().await;
    let node = Node::start(dir.path()).await;
    let mut ana = node.join(1).await;
    let again = ana.message(room(10), cmid(1), "kept").await;
    assert_eq!((&again["ok"]["seq"], &again["ok"]["dup"]), (&json!(2), &json!(true)));
    node.stop().await;
}

#[actix_rt::test]
async fn wrong_commands_are_answered_by_name_and_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let node = with_room(&dir, 1).await;
    let mut ana = node.join(1).await;
    let code = |reply: serde_json::Value| reply["error"]["code"].as_str().unwrap_or_default().to_owned();
    assert_eq!(code(ana.ask("fly", None, json!({})).await), "unknown_op");
    assert_eq!(code(ana.ask("hello", None, json!({})).await), "bad_request");
    assert_eq!(code(ana.message(room(10), cmid(1), "  ").await), "bad_request");
    assert_eq!(code(ana.message(room(10), cmid(1), &"x".repeat(4_001)).await), "bad_request");
    assert_eq!(code(ana.message(RoomId(Uuid::from_u128(3)), cmid(1), "x").await), "not_found");
    assert_eq!(code(ana.message(RoomId::personal(user(1)), cmid(1), "x").await), "not_found");
    assert_eq!(code(ana.ask("events", Some(RoomId(Uuid::from_u128(3))), json!({"after": 0})).await), "not_subscribed");
    assert_eq!(code(ana.ask("history", Some(RoomId(Uuid::from_u128(3))), json!({})).await), "not_found");
    assert_eq!(code(ana.ask("room.subscribe", Some(RoomId(Uuid::from_u128(3))), json!({})).await), "not_found");
    ana.raw("not json").await;
    assert_eq!(ana.message(room(10), cmid(1), "x").await["ok"]["seq"], 2);
    node.stop().await;
}
