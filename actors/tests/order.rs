//! Keeping order over real sockets: who is taken out hears nothing from that number on, whatever is under way.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod node;

use std::cell::{Cell, RefCell};

use allthrive_domain::unit::{Admit, Ban, Deed, Edit, Kind, Open, Remove, Speak, Unban};
use allthrive_load::Peer;
use allthrive_protocol::{RoomId, Seq};
use node::{Node, cmid, user};
use serde_json::{Value, json};
use uuid::Uuid;

/// Another worker than the connections' in half of the cases.
fn room(n: u128) -> RoomId {
    RoomId(Uuid::from_u128(10 << 64 | n))
}

async fn write(node: &Node, at: RoomId, author: u128, mark: u128, deed: Deed) -> Seq {
    node.system.write(at, user(author), cmid(mark), deed).await.unwrap().seq
}

/// A group of user 1 with user 2 in it.
async fn group(node: &Node, at: RoomId) {
    write(node, at, 1, 1, Deed::Open(Open { kind: Kind::Group, title: Some("Crew".into()), with: None })).await;
    write(node, at, 1, 2, Deed::Admit(Admit { user: user(2) })).await;
}

fn says(n: u128) -> Deed {
    Deed::Speak(Speak { body: format!("text {n}"), reply_to: None })
}

#[actix_rt::test]
async fn who_is_taken_out_while_catching_up_is_told_nothing_of_that_time() {
    const TURNS: u128 = 60;
    let dir = tempfile::tempdir().unwrap();
    let node = Node::start(dir.path()).await;
    node.people(2).await;
    for at in [room(20), room(21)] {
        group(&node, at).await;
        let mut ear = node.join(2).await;
        let (hidden, done) = (RefCell::new(Vec::new()), Cell::new(false));
        let hand = async {
            for turn in 1..=TURNS {
                let mark = turn * 10;
                for n in 0..3 {
                    write(&node, at, 1, 100_000 + mark + n, says(n)).await;
                }
                let (out, back) = if turn % 2 == 0 {
                    (Deed::Remove(Remove { user: user(2), reason: None }), None)
                } else {
                    (Deed::Ban(Ban { user: user(2), reason: None }), Some(Deed::Unban(Unban { user: user(2) })))
                };
                // The first number that is hidden: a ban's own entry is still told, its leaving is not.
                let gone_at = write(&node, at, 1, 200_000 + mark, out).await + u64::from(back.is_some());
                for n in 0..3 {
                    write(&node, at, 1, 300_000 + mark + n, says(n)).await;
                }
                if let Some(unban) = back {
                    write(&node, at, 1, 400_000 + mark, unban).await;
                }
                let back_at = write(&node, at, 1, 500_000 + mark, Deed::Admit(Admit { user: user(2) })).await;
                hidden.borrow_mut().push(gone_at..back_at);
            }
            done.set(true);
        };
        let mut told: Vec<Seq> = Vec::new();
        let mut gone = 0;
        let listening = async {
            let mut last = 0;
            while !done.get() {
                ear.ask("room.subscribe", Some(at), json!({"after": last})).await;
                let page = ear.ask("events", Some(at), json!({"after": last})).await;
                told.extend(page["ok"]["events"].as_array().into_iter().flatten().filter_map(seq));
                ear.ask("ping", None, json!({})).await;
                for event in ear.heard().iter().filter(|event| event["room"] == json!(at)) {
                    gone += u32::from(event["event"] == "gone");
                    told.extend(seq(event));
                }
                last = told.iter().copied().max().unwrap_or(0);
            }
        };
        futures_util::future::join(hand, listening).await;
        assert!(gone > 0 && !told.is_empty(), "nothing has met: {gone} times gone, {} events", told.len());
        for hidden in hidden.into_inner() {
            let leak: Vec<_> = told.iter().filter(|seq| hidden.contains(seq)).collect();
            assert!(leak.is_empty(), "told {leak:?} of {hidden:?}");
        }
    }
    node.stop().await;
}

fn seq(event: &Value) -> Option<Seq> {
    event["seq"].as_u64()
}

#[actix_rt::test]
async fn who_is_removed_is_told_so_at_once_on_every_connection_and_why_in_the_own_room() {
    let dir = tempfile::tempdir().unwrap();
    let node = Node::start(dir.path()).await;
    node.people(3).await;
    let at = room(20);
    group(&node, at).await;
    write(&node, at, 1, 3, Deed::Admit(Admit { user: user(3) })).await;
    let (mut ana, mut carol) = (node.join(1).await, node.join(3).await);
    let (mut phone, mut laptop) = (node.join(2).await, node.join(2).await);
    let removed = ana.ask("member.remove", Some(at), json!({"cmid": cmid(4), "user": user(2), "reason": "wrong room"})).await;
    let seq = removed["ok"]["seq"].as_u64().unwrap();
    for peer in [&mut phone, &mut laptop] {
        // The two rooms are told of each in its own time.
        let (mut gone, mut left) = (None, None);
        while gone.is_none() || left.is_none() {
            let told = peer.told().await;
            match told["event"].as_str().unwrap() {
                "gone" => gone = Some(told),
                "member.left" => left = Some(told),
                _ => {}
            }
        }
        assert_eq!(gone.unwrap()["room"], json!(at));
        let told = left.unwrap();
        assert_eq!((&told["room"], &told["d"]["reason"]), (&json!(RoomId::personal(user(2))), &json!("wrong room")));
        assert_eq!(told["d"]["conversation"]["id"], json!(at));
        for (op, d) in
            [("message.send", json!({"cmid": cmid(5), "body": "still here"})), ("history", json!({})), ("read", json!({"seq": 1}))]
        {
            assert_eq!(peer.ask(op, Some(at), d).await["error"]["code"], "not_found", "{op}");
        }
        for (op, d) in [("events", json!({"after": 0})), ("typing", json!({})), ("presence", json!({}))] {
            assert_eq!(peer.ask(op, Some(at), d).await["error"]["code"], "not_subscribed", "{op}");
        }
    }
    // Those who stay are told that it happened, not why.
    let told = carol.event("member.left").await;
    assert_eq!((&told["room"], &told["seq"], &told["d"]["how"]), (&json!(at), &json!(seq), &json!("removed")));
    assert_eq!(told["d"].get("reason"), None);
    node.stop().await;
}

#[actix_rt::test]
async fn what_was_deleted_is_given_back_by_no_ring() {
    let dir = tempfile::tempdir().unwrap();
    let node = Node::start(dir.path()).await;
    node.people(2).await;
    let at = room(20);
    group(&node, at).await;
    let mut ana = node.join(1).await;
    let said = ana.message(at, cmid(10), "a secret").await["ok"]["seq"].as_u64().unwrap();
    ana.ask("message.delete", Some(at), json!({"cmid": cmid(11), "target": said})).await;
    ana.event("message.deleted").await;
    // Who comes back to before it is given the log as it is now permitted.
    let mut ben = node.connect(2).await;
    ben.ask("hello", None, json!({"resume": [{"room": at, "seq": said - 1}]})).await;
    let page = ben.ask("events", Some(at), json!({"after": said - 1})).await;
    ben.ask("ping", None, json!({})).await;
    let heard = ben.heard();
    assert!(
        !page.to_string().contains("a secret") && !heard.iter().any(|event| event.to_string().contains("a secret")),
        "{page} {heard:?}"
    );
    assert_eq!(page["ok"]["events"][0]["d"].get("body"), None, "{page}");
    assert_eq!(page["ok"]["live"], true);
    node.stop().await;
}

#[actix_rt::test]
async fn typing_is_heard_by_the_others_who_listen() {
    let dir = tempfile::tempdir().unwrap();
    let node = Node::start(dir.path()).await;
    node.people(2).await;
    let at = room(21);
    group(&node, at).await;
    let (mut ana, mut ben) = (node.join(1).await, node.join(2).await);
    assert!(ana.ask("typing", Some(at), json!({})).await["ok"].is_object());
    let told = ben.event("typing").await;
    assert_eq!((&told["room"], &told["d"]["user"], told.get("seq")), (&json!(at), &json!(user(1)), None));
    assert_eq!(ana.ask("typing", Some(RoomId::personal(user(1))), json!({})).await["error"]["code"], "not_subscribed");
    node.stop().await;
}

/// Whether an event of this name has come since the last look. All that was told before the answer is here.
async fn has_heard(peer: &mut Peer, name: &str) -> bool {
    peer.ask("ping", None, json!({})).await;
    peer.heard().iter().any(|event| event["event"] == name)
}

#[actix_rt::test]
async fn a_newcomer_is_not_told_the_text_of_a_message_from_before_when_it_is_edited() {
    let dir = tempfile::tempdir().unwrap();
    let node = Node::start(dir.path()).await;
    node.people(2).await;
    for at in [room(20), room(21)] {
        let open = Deed::Open(Open { kind: Kind::Group, title: Some("Crew".into()), with: None });
        write(&node, at, 1, 1, open).await;
        let before = write(&node, at, 1, 2, says(1)).await;
        write(&node, at, 1, 3, Deed::Admit(Admit { user: user(2) })).await;
        let after = write(&node, at, 1, 4, says(2)).await;
        let (mut ana, mut ben) = (node.join(1).await, node.join(2).await);
        for (mark, target) in [(5, before), (6, after)] {
            write(&node, at, 1, mark, Deed::Edit(Edit { target, rev: 1, body: format!("edited {target}") })).await;
            assert_eq!(ana.event("message.edited").await["d"]["body"], format!("edited {target}"));
        }
        // It is told to pull, and is live again after that.
        assert_eq!(ben.event("room.lag").await["d"]["top"], json!(after + 1));
        let page = ben.ask("events", Some(at), json!({"after": after})).await;
        let told = |n: usize| (&page["ok"]["events"][n]["d"]["target"], page["ok"]["events"][n]["d"].get("body"));
        assert_eq!((told(0), told(1)), ((&json!(before), None), (&json!(after), Some(&json!(format!("edited {after}"))))), "{page}");
        assert_eq!(page["ok"]["live"], true);
        assert!(!has_heard(&mut ben, "message.edited").await);
        // Who comes back to before it is not given the ring's frames either.
        let mut phone = node.connect(2).await;
        let welcome = phone.ask("hello", None, json!({"resume": [{"room": at, "seq": after}]})).await;
        phone.ask("ping", None, json!({})).await;
        let heard = format!("{welcome} {:?}", phone.heard());
        assert!(!heard.contains(&format!("edited {before}")), "{heard}");
    }
    node.stop().await;
}

#[actix_rt::test]
async fn who_is_muted_is_not_heard_typing() {
    let dir = tempfile::tempdir().unwrap();
    let node = Node::start(dir.path()).await;
    node.people(2).await;
    let at = room(22);
    group(&node, at).await;
    let (mut ana, mut ben) = (node.join(1).await, node.join(2).await);
    let mute = |n: u128, seconds: u32| json!({"cmid": cmid(n), "user": user(2), "seconds": seconds});
    assert!(ana.ask("moderation.mute", Some(at), mute(900, 600)).await["ok"].is_object());
    let refused = ben.ask("typing", Some(at), json!({})).await;
    assert_eq!((&refused["error"]["code"], &refused["error"]["retry"]), (&json!("muted"), &json!(true)), "{refused}");
    assert!(refused["error"]["after_ms"].as_u64().is_some_and(|left| (1..=600_000).contains(&left)), "{refused}");
    ana.ask("moderation.mute", Some(at), mute(901, 0)).await;
    assert!(!has_heard(&mut ana, "typing").await);
    assert!(ben.ask("typing", Some(at), json!({})).await["ok"].is_object());
    assert_eq!(ana.event("typing").await["d"]["user"], json!(user(2)));
    node.stop().await;
}
