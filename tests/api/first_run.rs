//! What the first of all people finds.

use awc::http::StatusCode;
use serde_json::json;

use crate::helpers::Place;

crate::stories! {
    the_first_person_finds_a_room_and_the_second_may_join_it,
    a_server_can_be_told_to_open_none,
}

const ROOM: (&str, &str) = ("ALLTHRIVE__SERVER__FIRST_ROOM", "Lobby");

async fn the_first_person_finds_a_room_and_the_second_may_join_it(place: Place) {
    let app = place.start(&[ROOM]).await;
    let mut mira = app.person("mira").await;
    let own = mira.get("/api/v1/me/conversations").await.expect(StatusCode::OK).json();
    assert_eq!(json!([own["items"][0]["title"], own["items"][0]["role"]]), json!(["Lobby", "owner"]), "{own}");
    let mut zoe = app.person("zoe").await;
    let own = zoe.get("/api/v1/me/conversations").await.expect(StatusCode::OK).json();
    assert_eq!(own["items"], json!([]));
    let public = zoe.get("/api/v1/conversations").await.expect(StatusCode::OK).json();
    assert_eq!(public["items"].as_array().unwrap().len(), 1, "{public}");
    assert_eq!(public["items"][0]["title"], "Lobby");
    app.stop().await;
}

async fn a_server_can_be_told_to_open_none(place: Place) {
    let app = place.start(&[("ALLTHRIVE__SERVER__FIRST_ROOM", "")]).await;
    let mut mira = app.person("mira").await;
    let public = mira.get("/api/v1/conversations").await.expect(StatusCode::OK).json();
    assert_eq!(public["items"], json!([]));
    app.stop().await;
}
