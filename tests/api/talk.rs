//! Talking over the real server's WebSocket: each message once, retries, lone replies, newcomers.

use std::time::Duration;

use allthrive_load::Peer;
use allthrive_protocol::{Cmid, RoomId, SUBPROTOCOL};
use awc::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::helpers::{Browser, Place, TestApp};
use crate::stories;

stories! {
    two_people_talk_and_each_message_is_told_once,
    a_retry_is_answered_with_the_first_number_by_rest_and_by_socket,
    a_lone_reply_leaves_at_once,
    a_fresh_ticket_of_the_same_account_keeps_the_connection_open,
    being_added_by_rest_is_told_at_once_and_the_room_can_be_heard,
    a_group_tells_a_newcomer_nothing_from_before,
}

impl TestApp {
    fn ws(&self) -> String {
        format!("{}/v1/ws", self.address.replacen("http", "ws", 1))
    }

    /// As a page of our own does: by the cookie, with the origin that the browser adds.
    async fn page(&self, browser: &Browser) -> Peer {
        Peer::open(&self.ws(), &[("sec-websocket-protocol", SUBPROTOCOL), ("origin", &self.address), ("cookie", &cookie(browser))])
            .await
            .unwrap()
    }

    /// A page that has said `hello` and hears all its rooms.
    pub(crate) async fn joined(&self, browser: &Browser) -> Peer {
        let mut peer = self.page(browser).await;
        let welcome = peer.ask("hello", None, json!({"subscribe": "all"})).await;
        assert!(welcome["ok"]["history_epoch"].is_string(), "{welcome}");
        peer
    }
}

fn cookie(browser: &Browser) -> String {
    browser.cookies.iter().map(|(name, (value, _))| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

fn cmid() -> Cmid {
    Cmid(Uuid::new_v4())
}

fn room_of(answer: &Value) -> RoomId {
    answer["id"].as_str().unwrap().parse().unwrap()
}

async fn direct(browser: &mut Browser, with: &str) -> RoomId {
    let made = browser.write("/api/v1/conversations", Uuid::new_v4(), json!({"kind": "direct", "with": with})).await;
    room_of(&made.expect(StatusCode::CREATED).json())
}

async fn ticket(browser: &mut Browser) -> String {
    browser.post("/api/v1/auth/ws-ticket", json!({})).await.expect(StatusCode::OK).json()["ticket"].as_str().unwrap().to_owned()
}

async fn two_people_talk_and_each_message_is_told_once(place: Place) {
    let app = place.start(&[("ALLTHRIVE__SERVER__WORKERS", "2")]).await;
    let (mut ana, bo) = (app.person("ana").await, app.person("bo-n").await);
    let room = direct(&mut ana, "bo-n").await;
    let (mut left, mut right) = (app.joined(&ana).await, app.joined(&bo).await);
    for n in 3..=12u64 {
        let (from, text) = if n % 2 == 0 { (&mut left, "from ana") } else { (&mut right, "from bo") };
        assert_eq!(from.message(room, cmid(), text).await["ok"]["seq"], n);
    }
    for peer in [&mut left, &mut right] {
        for n in 3..=12u64 {
            let heard = peer.event("message.new").await;
            let author = if n % 2 == 0 { "ana" } else { "bo-n" };
            assert_eq!((&heard["seq"], &heard["d"]["author"]["username"]), (&json!(n), &json!(author)));
        }
    }
    app.stop().await;
}

async fn a_retry_is_answered_with_the_first_number_by_rest_and_by_socket(place: Place) {
    let app = place.start(&[]).await;
    let mut ana = app.person("ana").await;
    let key = Uuid::new_v4();
    let open = json!({"kind": "room", "title": "Lake"});
    let first = ana.write("/api/v1/conversations", key, open.clone()).await.expect(StatusCode::CREATED).json();
    let again = ana.write("/api/v1/conversations", key, open).await.json();
    assert_eq!((&first["id"], &first["dup"], &again["dup"]), (&again["id"], &json!(false), &json!(true)));
    let mut page = app.joined(&ana).await;
    let said = cmid();
    let first = page.message(room_of(&first), said, "hello").await;
    let again = page.message(room_of(&again), said, "hello").await;
    assert_eq!((&first["ok"]["seq"], &again["ok"]["seq"], &again["ok"]["dup"]), (&json!(2), &json!(2), &json!(true)));
    assert_eq!(page.message(room_of(&again_room(&mut ana).await), said, "something else").await["error"]["code"], "cmid_conflict");
    app.stop().await;
}

/// The only conversation there is.
async fn again_room(browser: &mut Browser) -> Value {
    browser.get("/api/v1/me/conversations").await.json()["items"][0].clone()
}

async fn a_lone_reply_leaves_at_once(place: Place) {
    let app = place.start(&[("ALLTHRIVE__SERVER__WORKERS", "2")]).await;
    let mut ana = app.person("ana").await;
    // Some of these rooms are on another worker than the connection; none is heard, so nothing follows a
    // reply, and one that waited for the next event would never come.
    let mut page = app.page(&ana).await;
    page.ask("hello", None, json!({"subscribe": []})).await;
    for n in 0..8 {
        let made = ana.write("/api/v1/conversations", Uuid::new_v4(), json!({"kind": "room", "title": format!("Room {n}")})).await.json();
        for _ in 0..4 {
            assert_eq!(page.message(room_of(&made), cmid(), "alone").await["ok"]["dup"], false);
        }
    }
    app.stop().await;
}

async fn a_fresh_ticket_of_the_same_account_keeps_the_connection_open(place: Place) {
    let app = place.start(&[]).await;
    let (mut ana, mut bo) = (app.person("ana").await, app.person("bo-n").await);
    let mut page = app.joined(&ana).await;
    let fresh = ticket(&mut ana).await;
    let foreign = ticket(&mut bo).await;
    app.clock.advance(Duration::from_secs(29));
    let before = page.ask("auth.refresh", None, json!({"ticket": foreign})).await;
    assert_eq!(before["error"]["code"], "forbidden");
    let after = page.ask("auth.refresh", None, json!({"ticket": fresh})).await;
    assert!(after["ok"]["expires_ts"].as_u64().unwrap() > 1_790_000_000_000, "{after}");
    app.stop().await;
}

async fn being_added_by_rest_is_told_at_once_and_the_room_can_be_heard(place: Place) {
    let app = place.start(&[("ALLTHRIVE__SERVER__WORKERS", "2")]).await;
    let (mut ana, bo) = (app.person("ana").await, app.person("bo-n").await);
    let (mut left, mut right) = (app.joined(&ana).await, app.joined(&bo).await);
    let room = direct(&mut ana, "bo-n").await;
    let told = right.event("member.joined").await;
    assert_eq!((&told["d"]["conversation"]["id"], &told["d"]["conversation"]["with"]["username"]), (&json!(room), &json!("ana")));
    let heard = right.ask("room.subscribe", Some(room), json!({})).await;
    assert_eq!((&heard["ok"]["live"], &heard["ok"]["snapshot"]["kind"]), (&json!(true), &json!("direct")));
    left.message(room, cmid(), "hello").await;
    assert_eq!(right.event("message.new").await["d"]["body"], "hello");
    app.stop().await;
}

async fn a_group_tells_a_newcomer_nothing_from_before(place: Place) {
    let app = place.start(&[]).await;
    let (mut ana, bo) = (app.person("ana").await, app.person("bo-n").await);
    let made = ana.write("/api/v1/conversations", Uuid::new_v4(), json!({"kind": "group", "title": "Crew"})).await.json();
    let room = room_of(&made);
    app.joined(&ana).await.message(room, cmid(), "before bo").await;
    ana.write(&format!("/api/v1/conversations/{room}/members"), Uuid::new_v4(), json!({"username": "bo-n"})).await.expect(StatusCode::OK);
    let mut page = app.page(&bo).await;
    page.ask("hello", None, json!({"resume": [{"room": room, "seq": 0}]})).await;
    let told = page.ask("events", Some(room), json!({"after": 0})).await["ok"].clone();
    assert_eq!((&told["after"], &told["end"], &told["events"][0]["event"]), (&json!(2), &json!(3), &json!("member.joined")));
    let read = page.ask("history", Some(room), json!({})).await["ok"].clone();
    assert_eq!((read["messages"].as_array().unwrap().len(), &read["more"]), (0, &json!(false)));
    app.stop().await;
}
