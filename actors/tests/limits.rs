//! Limits over real sockets, at n and at n + 1. The clock stands still until a test moves it.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod node;

use std::time::Duration;

use allthrive_actors::limiter::account::TOGETHER;
use allthrive_actors::limiter::{Limits, Rates};
use allthrive_domain::rate::Rate;
use allthrive_domain::time::{Clock, Micros};
use allthrive_load::Peer;
use allthrive_protocol::RoomId;
use allthrive_store::Statement;
use node::redis::OwnRedis;
use node::two::{self, PATIENCE, Two, Way};
use node::{Node, WIDE, cmid};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

fn room() -> RoomId {
    RoomId(Uuid::from_u128(10))
}

/// A node with three people in a room.
async fn node(dir: &TempDir, limits: Limits) -> (Node, Clock) {
    let clock = Clock::manual(Micros(1_790_000_000_000_000));
    let node = Node::start_with(dir.path(), limits, clock.clone()).await;
    node.people(3).await;
    node.room(room(), 3).await;
    (node, clock)
}

fn rates(rates: Rates) -> Limits {
    Limits { rates, ..WIDE }
}

fn is_ok(reply: &Value) -> bool {
    reply["ok"].is_object()
}

/// `rate_limited`, and when it can succeed.
fn wait(reply: &Value) -> u64 {
    assert_eq!((&reply["error"]["code"], &reply["error"]["retry"]), (&json!("rate_limited"), &json!(true)), "{reply}");
    reply["error"]["after_ms"].as_u64().unwrap()
}

/// Action, outcome, target and number of times of what is in the audit trail once all of it is written.
async fn audit(node: &Node, action: &str) -> Vec<(String, String, u64, bool)> {
    node.system.drain(Duration::from_secs(5)).await;
    let read = "SELECT outcome, target, detail, personal FROM audit WHERE action = $1 ORDER BY at, outcome, target NULLS FIRST";
    let rows = node.store.engine().all(Statement::new("audit", read).bind(action)).await.unwrap();
    let line = |row: &allthrive_store::Row| {
        let detail: Option<String> = row.get("detail").unwrap();
        let times = detail.map_or(1, |detail| serde_json::from_str::<Value>(&detail).unwrap()["times"].as_u64().unwrap());
        let personal: Option<String> = row.get("personal").unwrap();
        let from_here = personal.is_some_and(|personal| personal.contains("127.0.0.1"));
        (row.get("outcome").unwrap(), row.get::<Option<String>>("target").unwrap().unwrap_or_default(), times, from_here)
    };
    rows.iter().map(line).collect()
}

#[actix_rt::test]
async fn ten_messages_at_once_are_taken_and_the_next_after_a_fifth_of_a_second() {
    let dir = tempfile::tempdir().unwrap();
    let (node, clock) = node(&dir, Limits::default()).await;
    let mut ana = node.join(1).await;
    for n in 0..10 {
        assert!(is_ok(&ana.message(room(), cmid(n), "x").await), "{n}");
    }
    assert_eq!(wait(&ana.message(room(), cmid(10), "x").await), 200);
    // It took no number, and the same message is taken when its time has come.
    clock.advance(Duration::from_millis(200));
    let taken = ana.message(room(), cmid(10), "x").await;
    assert_eq!((&taken["ok"]["seq"], &taken["ok"]["dup"]), (&json!(14), &json!(false)), "{taken}");
    assert_eq!(wait(&ana.message(room(), cmid(11), "x").await), 200);
    // Another's connection has its own.
    assert!(is_ok(&node.join(2).await.message(room(), cmid(20), "x").await));
    node.stop().await;
}

#[actix_rt::test]
async fn each_kind_has_its_own_limit() {
    let dir = tempfile::tempdir().unwrap();
    let (node, _) = node(&dir, rates(Rates { all: WIDE.rates.all, ..Rates::default() })).await;
    let mut ana = node.join(1).await;
    for (op, d, most, after_ms) in [("history", json!({}), 5, 200), ("typing", json!({}), 1, 3_000), ("room.subscribe", json!({}), 20, 50)]
    {
        for n in 0..most {
            assert!(is_ok(&ana.ask(op, Some(room()), d.clone()).await), "{op} {n}");
        }
        assert_eq!(wait(&ana.ask(op, Some(room()), d).await), after_ms, "{op}");
    }
    assert_eq!(wait(&ana.ask("room.unsubscribe", Some(room()), json!({})).await), 50);
    assert!(is_ok(&ana.message(room(), cmid(1), "x").await));
    node.stop().await;
}

#[actix_rt::test]
async fn twenty_commands_a_second_in_all_and_hello_is_one_however_many_rooms_it_names() {
    let dir = tempfile::tempdir().unwrap();
    let (node, clock) = node(&dir, Limits::default()).await;
    let mut ana = node.connect(1).await;
    let many: Vec<_> = (100..400).map(|n| json!({"room": RoomId(Uuid::from_u128(n)), "seq": 1})).collect();
    let welcome = ana.ask("hello", None, json!({"resume": many, "subscribe": [room()]})).await;
    assert!(is_ok(&welcome), "{welcome}");
    let told = &welcome["ok"]["limits"];
    assert_eq!((&told["sends_per_second"], &told["send_burst"], &told["commands_per_second"]), (&json!(5), &json!(10), &json!(20)));
    for n in 1..20 {
        assert!(is_ok(&ana.ask("ping", None, json!({})).await), "{n}");
    }
    assert_eq!(wait(&ana.ask("ping", None, json!({})).await), 50);
    // What cannot be understood is a command too.
    assert_eq!(wait(&ana.ask("fly", None, json!({})).await), 50);
    clock.advance(Duration::from_millis(50));
    assert_eq!(ana.ask("fly", None, json!({})).await["error"]["code"], "unknown_op");
    assert_eq!(wait(&ana.ask("ping", None, json!({})).await), 50);
    node.stop().await;
}

#[actix_rt::test]
async fn a_batch_is_as_many_commands_as_it_has() {
    let dir = tempfile::tempdir().unwrap();
    let (node, _) = node(&dir, Limits::default()).await;
    let mut ana = node.join(1).await;
    let batch: Vec<_> =
        (100..111).map(|n| json!({"id": n, "op": "message.send", "room": room(), "d": {"cmid": cmid(n), "body": "x"}})).collect();
    ana.raw(&Value::from(batch).to_string()).await;
    for n in 100..110 {
        assert!(is_ok(&ana.reply(n).await), "{n}");
    }
    wait(&ana.reply(110).await);
    node.stop().await;
}

#[actix_rt::test]
async fn a_client_that_catches_up_page_by_page_is_not_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let (node, _) = node(&dir, Limits::default()).await;
    let mut ana = node.join(1).await;
    for n in 0..200 {
        let page = ana.ask("events", Some(room()), json!({"after": n % 3, "limit": 1})).await;
        assert_eq!(page["ok"]["end"], n % 3 + 1, "{page}");
    }
    node.stop().await;
}

#[actix_rt::test]
async fn the_fiftieth_refusal_within_ten_seconds_ends_the_connection_and_stands_in_the_audit_trail() {
    let dir = tempfile::tempdir().unwrap();
    let (node, clock) = node(&dir, Limits::default()).await;
    let (mut ana, mut ben) = (node.join(1).await, node.join(2).await);
    for n in 1..20 {
        assert!(is_ok(&ben.ask("ping", None, json!({})).await), "{n}");
    }
    // 49 within ten seconds end nothing, and what is older does not count.
    for _ in 0..2 {
        for _ in 0..49 {
            wait(&ben.ask("ping", None, json!({})).await);
        }
        clock.advance(Duration::from_secs(10));
        for n in 0..20 {
            assert!(is_ok(&ben.ask("ping", None, json!({})).await), "{n}");
        }
    }
    // In one batch: nothing follows the Close.
    let batch: Vec<_> = (1_000..1_064).map(|n| json!({"id": n, "op": "ping"})).collect();
    ben.raw(&Value::from(batch).to_string()).await;
    for n in 1_000..1_050 {
        assert_eq!(ben.reply(n).await["error"]["code"], "rate_limited", "{n}");
    }
    assert_eq!(ben.closed().await, 4013);
    // Others are not disturbed.
    assert!(is_ok(&ana.message(room(), cmid(1), "x").await));
    let trail = audit(&node, "socket.limit").await;
    let times = |outcome: &str| trail.iter().filter(|line| line.0 == outcome && line.1 == "all" && line.3).map(|line| line.2).sum::<u64>();
    assert_eq!((times("refused"), times("closed")), (3 * 49, 1), "{trail:?}");
    node.stop().await;
}

/// Asks until the sanction has come by.
async fn is_barred(peer: &mut Peer) -> u64 {
    loop {
        let reply = peer.ask("ping", None, json!({})).await;
        if !is_ok(&reply) {
            return wait(&reply);
        }
    }
}

#[actix_rt::test]
async fn all_connections_of_an_account_together_have_the_burst_of_four_and_are_refused_a_growing_time_beyond_it() {
    let dir = tempfile::tempdir().unwrap();
    let (node, clock) = node(&dir, rates(Rates { history: Rate::per_second(5, 5), ..WIDE.rates })).await;
    let mut tabs = Vec::new();
    for _ in 0..=TOGETHER {
        tabs.push(node.join(1).await);
    }
    let mut ben = node.join(2).await;
    let mut seconds = 1;
    for _ in 0..2 {
        for tab in &mut tabs {
            for n in 0..5 {
                assert!(is_ok(&tab.ask("history", Some(room()), json!({})).await), "{n}");
            }
        }
        for tab in &mut tabs {
            assert_eq!(is_barred(tab).await, seconds * 1_000);
        }
        // Who comes meanwhile is refused as well; the others of the house are not.
        let mut late = node.join(1).await;
        assert_eq!(is_barred(&mut late).await, seconds * 1_000);
        assert!(is_ok(&ben.ask("history", Some(room()), json!({})).await));
        clock.advance(Duration::from_secs(seconds).saturating_sub(Duration::from_millis(1)));
        assert_eq!(wait(&tabs[0].ask("ping", None, json!({})).await), 1);
        clock.advance(Duration::from_millis(1));
        assert!(is_ok(&tabs[0].ask("ping", None, json!({})).await));
        // So that the connections' own buckets are full for the next round.
        clock.advance(Duration::from_secs(4));
        seconds *= 2;
    }
    let trail: Vec<_> =
        audit(&node, "account.sanction").await.into_iter().map(|(outcome, target, times, _)| (outcome, target, times)).collect();
    assert_eq!(trail, vec![("refused 1 s".into(), "history".into(), 1), ("refused 2 s".into(), "history".into(), 1)]);
    node.stop().await;
}

#[actix_rt::test]
async fn four_connections_at_their_own_limit_are_not_too_much_together() {
    let dir = tempfile::tempdir().unwrap();
    let (node, _) = node(&dir, rates(Rates { history: Rate::per_second(5, 5), ..WIDE.rates })).await;
    let mut tabs = Vec::new();
    for _ in 0..TOGETHER {
        let mut tab = node.join(1).await;
        for n in 0..5 {
            assert!(is_ok(&tab.ask("history", Some(room()), json!({})).await), "{n}");
        }
        tabs.push(tab);
    }
    // Drained, so that everything spent has been reported.
    assert_eq!(audit(&node, "account.sanction").await, vec![]);
    node.stop().await;
}

#[actix_rt::test]
async fn an_account_has_so_many_connections_and_the_next_is_closed_until_one_leaves() {
    let dir = tempfile::tempdir().unwrap();
    let (node, _) = node(&dir, Limits { connections_per_account: 3, ..WIDE }).await;
    let mut tabs = vec![node.join(1).await, node.join(1).await, node.join(1).await];
    let mut fourth = node.connect(1).await;
    let refused = fourth.ask("hello", None, json!({"subscribe": "all"})).await;
    assert_eq!(refused["error"]["code"], "rate_limited", "{refused}");
    assert_eq!(fourth.closed().await, 4104);
    node.join(2).await;
    drop(tabs.pop());
    // The server hears of it in a moment.
    let again = loop {
        let mut peer = node.connect(1).await;
        if is_ok(&peer.ask("hello", None, json!({"subscribe": "all"})).await) {
            break peer;
        }
    };
    drop((tabs, again));
    let trail = audit(&node, "socket.connect").await;
    assert!(trail.iter().any(|(outcome, _, times, here)| outcome == "account_full" && *times >= 1 && *here), "{trail:?}");
    assert_eq!(trail.iter().filter(|(outcome, ..)| outcome == "ok").map(|(_, _, times, _)| times).sum::<u64>(), 5, "{trail:?}");
    node.stop().await;
}

#[actix_rt::test]
async fn an_address_has_so_many_connections_and_the_next_is_closed_until_one_leaves() {
    let dir = tempfile::tempdir().unwrap();
    let (node, _) = node(&dir, Limits { connections_per_address: 3, ..WIDE }).await;
    let mut people = vec![node.join(1).await, node.join(2).await, node.join(3).await];
    assert_eq!(node.connect(1).await.closed().await, 4104);
    drop(people.pop());
    loop {
        let mut peer = node.connect(1).await;
        peer.raw(r#"{"id":1,"op":"hello"}"#).await;
        if let Some(reply) = peer.frame().await {
            assert!(is_ok(&reply), "{reply}");
            break;
        }
    }
    assert!(is_ok(&people[0].ask("ping", None, json!({})).await));
    let trail = audit(&node, "socket.connect").await;
    assert!(trail.iter().any(|(outcome, _, times, here)| outcome == "address_full" && *times >= 1 && *here), "{trail:?}");
    node.stop().await;
}

/// So many pages of history on so many connections to a node, which are within the limits there.
async fn reads_history(node: &Node, connections: usize) -> Vec<Peer> {
    let mut tabs = Vec::new();
    for _ in 0..connections {
        let mut tab = node.join(1).await;
        for _ in 0..5 {
            let page = tab.ask("history", Some(two::room()), json!({})).await;
            assert!(page["ok"].is_object(), "{page}");
        }
        tabs.push(tab);
    }
    tabs
}

async fn sanctions(node: &Node) -> usize {
    let read = Statement::new("sanctions", "SELECT target FROM audit WHERE action = 'account.sanction'");
    node.store.engine().all(read).await.unwrap().len()
}

fn five_pages() -> Limits {
    Limits { rates: Rates { history: Rate::per_second(5, 5), ..WIDE.rates }, ..WIDE }
}

/// An account has room for 20 pages at once: 15 on one node and 10 on the other are too many together.
#[actix_rt::test]
async fn an_account_has_one_limit_on_both_nodes() {
    let redis = OwnRedis::start();
    let url = redis.url();
    let clock = Clock::manual(Micros(1_790_000_000_000_000));
    let two = Two::start_within(Way::Redis, Some(redis), Some(url), five_pages(), clock.clone()).await;
    let mut tabs = reads_history(&two.one, 3).await;
    tabs.extend(reads_history(two.other(), 2).await);
    let mut bo = two.one.join(2).await;
    for tab in &mut tabs {
        let refused = loop {
            let reply = tab.ask("ping", None, json!({})).await;
            if reply["error"].is_object() {
                break reply;
            }
        };
        assert_eq!((&refused["error"]["code"], &refused["error"]["after_ms"]), (&json!("rate_limited"), &json!(1_000)));
    }
    assert!(bo.ask("ping", None, json!({})).await["ok"].is_object());
    clock.advance(Duration::from_secs(1));
    for tab in &mut tabs {
        assert!(tab.ask("ping", None, json!({})).await["ok"].is_object());
    }
    two.stop().await;
}

#[actix_rt::test]
async fn without_a_bus_each_node_has_the_limit_for_itself() {
    let clock = Clock::manual(Micros(1_790_000_000_000_000));
    let two = Two::start_within(Way::Unheard, None, None, five_pages(), clock).await;
    let tabs = (reads_history(&two.one, 4).await, reads_history(two.other(), 4).await);
    drop(tabs);
    // Drained, so that everything spent has been counted.
    for node in [&two.one, two.other()] {
        node.system.drain(PATIENCE).await;
    }
    assert_eq!(sanctions(&two.one).await, 0);
    two.stop().await;
}
