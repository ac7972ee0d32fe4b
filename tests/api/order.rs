//! What is listed of a conversation's order and of its reactions, and to whom.

use awc::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::helpers::{Browser, Place};

crate::stories! {
    moderators_read_who_is_banned_or_muted_and_nobody_else_does,
    members_read_who_has_reacted_page_by_page,
}

const CONVERSATIONS: &str = "/api/v1/conversations";

async fn room_of(owner: &mut Browser) -> String {
    let made = owner.write(CONVERSATIONS, Uuid::new_v4(), json!({ "kind": "room", "title": "Harbour" })).await;
    made.expect(StatusCode::CREATED).json()["id"].as_str().unwrap().to_owned()
}

async fn join(browser: &mut Browser, room: &str, name: &str) -> Value {
    browser.write(&format!("{CONVERSATIONS}/{room}/members"), Uuid::new_v4(), json!({ "username": name })).await.expect(StatusCode::OK);
    browser.get("/api/v1/me").await.json()["id"].clone()
}

fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["user"]["username"].as_str().unwrap()).collect()
}

async fn moderators_read_who_is_banned_or_muted_and_nobody_else_does(place: Place) {
    let app = place.start(&[]).await;
    let (mut mira, mut bo) = (app.person("mira").await, app.person("bo1").await);
    let (mut zoe, mut ann) = (app.person("zoe").await, app.person("ann").await);
    let room = room_of(&mut mira).await;
    let list = format!("{CONVERSATIONS}/{room}/restrictions");
    let (bo_id, zoe_id) = (join(&mut bo, &room, "bo1").await, join(&mut zoe, &room, "zoe").await);
    let at = room.parse().unwrap();
    let mut peer = app.joined(&mira).await;
    let cmid = || Uuid::new_v4().to_string();
    let muted = peer.ask("moderation.mute", Some(at), json!({ "cmid": cmid(), "user": bo_id, "seconds": 60 })).await;
    assert!(muted["ok"]["seq"].is_u64(), "{muted}");
    app.clock.advance(std::time::Duration::from_secs(1));
    let banned = peer.ask("moderation.ban", Some(at), json!({ "cmid": cmid(), "user": zoe_id })).await;
    assert!(banned["ok"]["seq"].is_u64(), "{banned}");

    let listed = mira.get(&list).await.expect(StatusCode::OK).json();
    assert_eq!(names(&listed), ["zoe", "bo1"]);
    let (zoe_row, bo_row) = (&listed["items"][0], &listed["items"][1]);
    assert_eq!((&zoe_row["banned"], zoe_row.get("muted_until_ts")), (&json!(true), None));
    assert_eq!((&bo_row["banned"], &bo_row["muted_until_ts"]), (&json!(false), &json!(1_790_000_060_000_u64)));
    assert_eq!(listed["next_cursor"], Value::Null);
    let first = mira.get(&format!("{list}?limit=1")).await.expect(StatusCode::OK).json();
    let rest = mira.get(&format!("{list}?limit=1&cursor={}", first["next_cursor"].as_str().unwrap())).await.expect(StatusCode::OK).json();
    assert_eq!((names(&first), names(&rest), &rest["next_cursor"]), (vec!["zoe"], vec!["bo1"], &Value::Null));

    bo.get(&list).await.refused(StatusCode::FORBIDDEN, "forbidden");
    for stranger in [&mut zoe, &mut ann] {
        stranger.get(&list).await.refused(StatusCode::NOT_FOUND, "not_found");
    }
    app.browser().await.get(&list).await.refused(StatusCode::UNAUTHORIZED, "unauthorized");
    mira.get(&format!("{list}?cursor=nonsense")).await.refused(StatusCode::BAD_REQUEST, "bad_request");

    // A mute that is over is none; whoever is let back in is not on the list.
    peer.ask("moderation.unban", Some(at), json!({ "cmid": cmid(), "user": zoe_id })).await;
    app.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(mira.get(&list).await.expect(StatusCode::OK).json()["items"], json!([]));
    app.stop().await;
}

async fn members_read_who_has_reacted_page_by_page(place: Place) {
    let app = place.start(&[]).await;
    let (mut mira, mut bo, mut ann) = (app.person("mira").await, app.person("bo1").await, app.person("ann").await);
    let room = room_of(&mut mira).await;
    join(&mut bo, &room, "bo1").await;
    let at = room.parse().unwrap();
    let cmid = || Uuid::new_v4().to_string();
    let (mut hers, mut his) = (app.joined(&mira).await, app.joined(&bo).await);
    let said = hers.ask("message.send", Some(at), json!({ "cmid": cmid(), "body": "low tide" })).await;
    let seq = said["ok"]["seq"].as_u64().unwrap();
    let react = |emoji| json!({ "cmid": cmid(), "target": seq, "emoji": emoji, "on": true });
    for put in [
        hers.ask("reaction.set", Some(at), react("👍")).await,
        his.ask("reaction.set", Some(at), react("👍")).await,
        his.ask("reaction.set", Some(at), react("🎉")).await,
    ] {
        assert!(put["ok"]["seq"].is_u64(), "{put}");
    }
    let list = |seq: u64| format!("{CONVERSATIONS}/{room}/messages/{seq}/reactions");
    let (mut told, mut cursor) = (Vec::new(), String::new());
    for _ in 0..3 {
        let page = bo.get(&format!("{}?limit=1{cursor}", list(seq))).await.expect(StatusCode::OK).json();
        let one = &page["items"][0];
        told.push((one["emoji"].as_str().unwrap().to_owned(), one["user"]["username"].as_str().unwrap().to_owned()));
        cursor = page["next_cursor"].as_str().map(|next| format!("&cursor={next}")).unwrap_or_default();
    }
    assert_eq!(cursor, "");
    told.sort();
    let expected = [("🎉", "bo1"), ("👍", "bo1"), ("👍", "mira")].map(|(emoji, name)| (emoji.to_owned(), name.to_owned()));
    assert_eq!(told, expected);
    for seq in [seq + 1, 999, u64::MAX] {
        bo.get(&list(seq)).await.refused(StatusCode::NOT_FOUND, "not_found");
    }
    bo.get(&format!("{CONVERSATIONS}/{room}/messages/one/reactions")).await.refused(StatusCode::NOT_FOUND, "not_found");
    ann.get(&list(seq)).await.refused(StatusCode::NOT_FOUND, "not_found");
    app.stop().await;
}
