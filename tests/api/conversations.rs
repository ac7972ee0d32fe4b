//! Making conversations, listing them, adding people, and what strangers see of it.

use awc::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::helpers::{Browser, Place};

crate::stories! {
    a_direct_conversation_is_found_by_both_of_its_people,
    a_group_is_made_once_however_often_it_is_asked_for,
    another_content_under_a_used_key_is_a_conflict,
    a_write_needs_its_key,
    people_are_added_to_a_group_and_strangers_see_nothing,
    a_public_room_is_listed_and_joined,
    lists_go_on_where_the_page_before_ended,
    what_is_wrong_with_a_conversation_is_said_at_its_field,
}

const CONVERSATIONS: &str = "/api/v1/conversations";

async fn make(browser: &mut Browser, body: Value) -> Value {
    browser.write(CONVERSATIONS, Uuid::new_v4(), body).await.expect(StatusCode::CREATED).json()
}

fn members_of(conversation: &Value) -> String {
    format!("{CONVERSATIONS}/{}/members", conversation["id"].as_str().unwrap())
}

async fn a_direct_conversation_is_found_by_both_of_its_people(place: Place) {
    let app = place.start(&[]).await;
    let (mut mira, mut bo) = (app.person("mira").await, app.person("bo1").await);
    let hers = make(&mut mira, json!({ "kind": "direct", "with": "bo1" })).await;
    assert_eq!((&hers["with"]["username"], &hers["dup"], &hers["members"]), (&json!("bo1"), &json!(false), &json!(2)));
    let his = make(&mut bo, json!({ "kind": "direct", "with": "@Mira" })).await;
    assert_eq!((&his["id"], &his["with"]["username"], &his["dup"]), (&hers["id"], &json!("mira"), &json!(true)));
    let listed = bo.get("/api/v1/me/conversations").await.expect(StatusCode::OK).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["next_cursor"], Value::Null);
    let one = bo.get(&format!("{CONVERSATIONS}/{}", hers["id"].as_str().unwrap())).await.expect(StatusCode::OK).json();
    assert_eq!(one, listed["items"][0]);
    app.stop().await;
}

async fn a_group_is_made_once_however_often_it_is_asked_for(place: Place) {
    let app = place.start(&[]).await;
    let mut mira = app.person("mira").await;
    let (key, body) = (Uuid::new_v4(), json!({ "kind": "group", "title": "Thursday  crew" }));
    let first = mira.write(CONVERSATIONS, key, body.clone()).await.expect(StatusCode::CREATED).json();
    let again = mira.write(CONVERSATIONS, key, body).await.expect(StatusCode::CREATED).json();
    assert_eq!((&first["title"], &first["role"], &first["dup"]), (&json!("Thursday crew"), &json!("owner"), &json!(false)));
    assert_eq!((&again["id"], &again["dup"]), (&first["id"], &json!(true)));
    let listed = mira.get("/api/v1/me/conversations").await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    app.stop().await;
}

async fn another_content_under_a_used_key_is_a_conflict(place: Place) {
    let app = place.start(&[]).await;
    let mut mira = app.person("mira").await;
    let key = Uuid::new_v4();
    mira.write(CONVERSATIONS, key, json!({ "kind": "group", "title": "One" })).await.expect(StatusCode::CREATED);
    let other = json!({ "kind": "group", "title": "Two" });
    mira.write(CONVERSATIONS, key, other).await.refused(StatusCode::CONFLICT, "cmid_conflict");
    app.stop().await;
}

async fn a_write_needs_its_key(place: Place) {
    let app = place.start(&[]).await;
    let mut mira = app.person("mira").await;
    let group = json!({ "kind": "group", "title": "Crew" });
    mira.post(CONVERSATIONS, group.clone()).await.refused(StatusCode::BAD_REQUEST, "idempotency_key_required");
    let made = make(&mut mira, group).await;
    let add = json!({ "username": "mira" });
    mira.post(&members_of(&made), add).await.refused(StatusCode::BAD_REQUEST, "idempotency_key_required");
    app.stop().await;
}

async fn people_are_added_to_a_group_and_strangers_see_nothing(place: Place) {
    let app = place.start(&[]).await;
    let (mut mira, mut bo, mut zoe) = (app.person("mira").await, app.person("bo1").await, app.person("zoe").await);
    let group = make(&mut mira, json!({ "kind": "group", "title": "Crew" })).await;
    let (one, members) = (format!("{CONVERSATIONS}/{}", group["id"].as_str().unwrap()), members_of(&group));

    // For a stranger it is as if there were none.
    let unknown = format!("{CONVERSATIONS}/{}", Uuid::new_v4());
    let known_refusal = zoe.get(&one).await.refused(StatusCode::NOT_FOUND, "not_found").json()["detail"].clone();
    assert_eq!(zoe.get(&unknown).await.refused(StatusCode::NOT_FOUND, "not_found").json()["detail"], known_refusal);
    zoe.get("/api/v1/conversations/not-an-id").await.refused(StatusCode::NOT_FOUND, "not_found");
    zoe.get(&members).await.refused(StatusCode::NOT_FOUND, "not_found");
    zoe.write(&members, Uuid::new_v4(), json!({ "username": "zoe" })).await.refused(StatusCode::NOT_FOUND, "not_found");

    let key = Uuid::new_v4();
    let first = mira.write(&members, key, json!({ "username": "bo1" })).await.expect(StatusCode::OK).json();
    let again = mira.write(&members, key, json!({ "username": "bo1" })).await.expect(StatusCode::OK).json();
    assert_eq!((&first["seq"], &first["dup"]), (&json!(2), &json!(false)));
    assert_eq!((&again["seq"], &again["dup"], &again["ts"]), (&json!(2), &json!(true), &first["ts"]));
    bo.write(&members, Uuid::new_v4(), json!({ "username": "zoe" })).await.refused(StatusCode::FORBIDDEN, "forbidden");
    let nobody = mira.write(&members, Uuid::new_v4(), json!({ "username": "nobody" })).await;
    assert_eq!(nobody.refused(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields").fault_at("username"), "unknown");

    let listed = bo.get(&members).await.expect(StatusCode::OK).json();
    let names: Vec<_> = listed["items"].as_array().unwrap().iter().map(|m| (&m["user"]["username"], &m["role"])).collect();
    assert_eq!(names, vec![(&json!("mira"), &json!("owner")), (&json!("bo1"), &json!("member"))]);
    app.stop().await;
}

async fn a_public_room_is_listed_and_joined(place: Place) {
    let app = place.start(&[]).await;
    let (mut mira, mut bo) = (app.person("mira").await, app.person("bo1").await);
    let room = make(&mut mira, json!({ "kind": "room", "title": "Harbour" })).await;
    let listed = bo.get(CONVERSATIONS).await.expect(StatusCode::OK).json();
    assert_eq!(listed["items"], json!([{ "id": room["id"], "title": "Harbour", "members": 1, "joined": false }]));
    bo.write(&members_of(&room), Uuid::new_v4(), json!({ "username": "bo1" })).await.expect(StatusCode::OK);
    let listed = bo.get(CONVERSATIONS).await.expect(StatusCode::OK).json();
    assert_eq!(listed["items"], json!([{ "id": room["id"], "title": "Harbour", "members": 2, "joined": true }]));
    app.stop().await;
}

async fn lists_go_on_where_the_page_before_ended(place: Place) {
    let app = place.start(&[]).await;
    let mut mira = app.person("mira").await;
    for n in 0..5 {
        app.clock.advance(std::time::Duration::from_secs(u64::from(n % 2 == 0)));
        make(&mut mira, json!({ "kind": "room", "title": format!("Room {n}") })).await;
    }
    for list in ["/api/v1/me/conversations", CONVERSATIONS] {
        let (mut titles, mut cursor) = (Vec::new(), String::new());
        for _ in 0..3 {
            let page = mira.get(&format!("{list}?limit=2{cursor}")).await.expect(StatusCode::OK).json();
            titles.extend(page["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned()));
            cursor = page["next_cursor"].as_str().map(|next| format!("&cursor={next}")).unwrap_or_default();
        }
        assert!(cursor.is_empty());
        titles.sort();
        assert_eq!(titles, ["Room 0", "Room 1", "Room 2", "Room 3", "Room 4"], "{list}");
        for wrong in ["?cursor=nonsense", "?limit=0", "?limit=101", "?limit=many"] {
            mira.get(&format!("{list}{wrong}")).await.refused(StatusCode::BAD_REQUEST, "bad_request");
        }
    }
    app.stop().await;
}

async fn what_is_wrong_with_a_conversation_is_said_at_its_field(place: Place) {
    let app = place.start(&[]).await;
    let mut mira = app.person("mira").await;
    let wrong = [
        (json!({ "kind": "club" }), "kind"),
        (json!({ "kind": "group" }), "title"),
        (json!({ "kind": "room", "title": "x".repeat(81) }), "title"),
        (json!({ "kind": "group", "title": "Crew", "with": "bo1" }), "with"),
        (json!({ "kind": "direct" }), "with"),
        (json!({ "kind": "direct", "with": "nobody" }), "with"),
    ];
    for (body, field) in wrong {
        let refused = mira.write(CONVERSATIONS, Uuid::new_v4(), body).await;
        refused.refused(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields").fault_at(field);
    }
    let alone = json!({ "kind": "direct", "with": "mira" });
    mira.write(CONVERSATIONS, Uuid::new_v4(), alone).await.refused(StatusCode::BAD_REQUEST, "bad_request");
    app.stop().await;
}
