//! Who gets a WebSocket, and with what it is closed for others.

use std::time::Duration;

use allthrive_load::Raw;
use allthrive_load::raw::frame;
use awc::http::{Method, StatusCode};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use uuid::Uuid;

use crate::helpers::{Browser, Place, TestApp};

crate::stories! {
    a_cookie_opens_a_connection_from_an_own_page_only,
    a_bearer_token_opens_a_connection,
    a_ticket_opens_one_connection_within_thirty_seconds,
    what_is_no_websocket_of_ours_is_refused_by_status,
    an_expired_or_ended_sign_in_is_told_to_get_another_ticket,
    signing_out_ends_the_connections_of_that_sign_in,
    a_stolen_refresh_token_ends_the_connections_too,
    who_has_not_verified_gets_no_connection,
    a_conversation_made_over_rest_is_told_on_the_socket,
    there_is_an_echo_only_where_the_settings_ask_for_one,
    behind_a_trusted_proxy_each_address_has_its_own_connections,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "allthrive.v1.json");

/// Opens `/v1/ws` with these headers; the status where that is refused.
async fn open(app: &TestApp, headers: &[(&'static str, &str)]) -> Result<Socket, u16> {
    let mut request = app.address.replacen("http", "ws", 1).into_client_request().unwrap();
    *request.uri_mut() = format!("{}/v1/ws", app.address.replacen("http", "ws", 1)).parse().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
    }
    match connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("no answer: {error}"),
    }
}

async fn hello(socket: &mut Socket, d: Value) {
    // A connection that is being closed may not take it any more; what comes back tells.
    socket.send(Message::text(json!({ "id": 1, "op": "hello", "d": d }).to_string())).await.ok();
}

/// The next message that is a text for which `wanted` holds.
async fn told(socket: &mut Socket, wanted: impl Fn(&Value) -> bool) -> Value {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => {
                let value: Value = serde_json::from_str(&text).unwrap();
                if wanted(&value) {
                    return value;
                }
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            other => panic!("the connection ended: {other:?}"),
        }
    }
}

/// Who the server takes this connection for.
async fn welcomed(mut socket: Socket) -> (Value, Socket) {
    hello(&mut socket, json!({ "subscribe": "all" })).await;
    let welcome = told(&mut socket, |value| value["id"] == 1).await;
    (welcome["ok"]["principal"].clone(), socket)
}

/// With what it is closed.
async fn closed(mut socket: Socket) -> u16 {
    loop {
        match socket.next().await {
            Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
            Some(Ok(_)) => {}
            other => panic!("closed without a code: {other:?}"),
        }
    }
}

fn cookie(browser: &Browser) -> String {
    format!("allthrive_access={}", browser.cookies["allthrive_access"].0)
}

async fn my_id(browser: &mut Browser) -> Value {
    browser.get("/api/v1/me").await.json()["id"].clone()
}

async fn ticket(browser: &mut Browser) -> String {
    let answer = browser.post("/api/v1/auth/ws-ticket", json!({})).await.expect(StatusCode::OK);
    answer.json()["ticket"].as_str().unwrap().to_owned()
}

async fn a_cookie_opens_a_connection_from_an_own_page_only(place: Place) {
    let app = place.start(&[]).await;
    let mut mira = app.person("mira").await;
    let (cookie, me) = (cookie(&mira), my_id(&mut mira).await);
    let localhost = app.address.replace("127.0.0.1", "localhost");
    for origin in [&app.address, &localhost] {
        let socket = open(&app, &[PROTOCOL, ("cookie", &cookie), ("origin", origin)]).await.unwrap();
        assert_eq!(welcomed(socket).await.0, me);
    }
    for foreign in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        let socket = open(&app, &[PROTOCOL, ("cookie", &cookie), ("origin", foreign)]).await.unwrap();
        assert_eq!(closed(socket).await, 4105, "{foreign}");
    }
    // Without an origin the cookie is as if it were not there.
    let mut socket = open(&app, &[PROTOCOL, ("cookie", &cookie)]).await.unwrap();
    hello(&mut socket, json!({ "subscribe": "all" })).await;
    assert_eq!(closed(socket).await, 4050);
    app.stop().await;
}

async fn a_bearer_token_opens_a_connection(place: Place) {
    let app = place.start(&[]).await;
    let mut mira = app.person("mira").await;
    let bearer = format!("Bearer {}", mira.cookies["allthrive_access"].0);
    let socket = open(&app, &[PROTOCOL, ("authorization", &bearer)]).await.unwrap();
    assert_eq!(welcomed(socket).await.0, my_id(&mut mira).await);
    // A page of another site cannot use one either.
    let socket = open(&app, &[PROTOCOL, ("authorization", &bearer), ("origin", "https://evil.example")]).await.unwrap();
    assert_eq!(closed(socket).await, 4105);
    app.stop().await;
}

async fn a_ticket_opens_one_connection_within_thirty_seconds(place: Place) {
    let app = place.start(&[]).await;
    let mut mira = app.person("mira").await;
    let me = my_id(&mut mira).await;
    let offer = format!("allthrive.v1.json, ticket.{}", ticket(&mut mira).await);
    let protocols = ("sec-websocket-protocol", offer.as_str());
    let socket = open(&app, &[protocols]).await.unwrap();
    assert_eq!(welcomed(socket).await.0, me);
    let socket = open(&app, &[protocols]).await.unwrap();
    assert_eq!(closed(socket).await, 4050);

    let in_hello = ticket(&mut mira).await;
    for expected in [Some(&me), None] {
        let mut socket = open(&app, &[PROTOCOL]).await.unwrap();
        hello(&mut socket, json!({ "subscribe": "all", "ticket": in_hello })).await;
        match expected {
            Some(me) => assert_eq!(told(&mut socket, |value| value["id"] == 1).await["ok"]["principal"], *me),
            None => assert_eq!(closed(socket).await, 4050),
        }
    }

    let late = format!("allthrive.v1.json, ticket.{}", ticket(&mut mira).await);
    app.clock.advance(Duration::from_secs(30));
    let socket = open(&app, &[("sec-websocket-protocol", &late)]).await.unwrap();
    assert_eq!(closed(socket).await, 4050);
    app.stop().await;
}

async fn what_is_no_websocket_of_ours_is_refused_by_status(place: Place) {
    let app = place.start(&[]).await;
    let mut mira = app.person("mira").await;
    assert_eq!(mira.send(Method::GET, "/v1/ws", &[], None).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(open(&app, &[]).await.unwrap_err(), 400);
    assert_eq!(open(&app, &[("sec-websocket-protocol", "chat.v9")]).await.unwrap_err(), 400);
    app.stop().await;
}

async fn an_expired_or_ended_sign_in_is_told_to_get_another_ticket(place: Place) {
    let app = place.start(&[]).await;
    let mut mira = app.person("mira").await;
    let bearer = format!("Bearer {}", mira.cookies["allthrive_access"].0);
    mira.post("/api/v1/auth/logout", json!({})).await.expect(StatusCode::NO_CONTENT);
    let socket = open(&app, &[PROTOCOL, ("authorization", &bearer)]).await.unwrap();
    assert_eq!(closed(socket).await, 4050);
    mira.sign_in("mira").await.expect(StatusCode::OK);
    let bearer = format!("Bearer {}", mira.cookies["allthrive_access"].0);
    app.clock.advance(Duration::from_secs(15 * 60));
    let socket = open(&app, &[PROTOCOL, ("authorization", &bearer)]).await.unwrap();
    assert_eq!(closed(socket).await, 4050);
    app.stop().await;
}

async fn signing_out_ends_the_connections_of_that_sign_in(place: Place) {
    let app = place.start(&[]).await;
    let mut phone = app.person("mira").await;
    let mut laptop = app.browser().await;
    laptop.sign_in("mira").await.expect(StatusCode::OK);
    let open_for = async |browser: &Browser| {
        let socket = open(&app, &[PROTOCOL, ("cookie", &cookie(browser)), ("origin", &app.address)]).await.unwrap();
        welcomed(socket).await.1
    };
    let (on_phone, mut on_laptop) = (open_for(&phone).await, open_for(&laptop).await);
    phone.post("/api/v1/auth/logout", json!({})).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(closed(on_phone).await, 4051);
    on_laptop.send(Message::text(json!({ "id": 2, "op": "ping" }).to_string())).await.unwrap();
    assert!(told(&mut on_laptop, |value| value["id"] == 2).await["ok"].is_object());
    app.stop().await;
}

async fn a_stolen_refresh_token_ends_the_connections_too(place: Place) {
    let app = place.start(&[]).await;
    let mut thief = app.person("mira").await;
    let mut owner = thief.clone();
    for _ in 0..2 {
        owner.post("/api/v1/auth/refresh", json!({})).await.expect(StatusCode::OK);
    }
    let socket = open(&app, &[PROTOCOL, ("cookie", &cookie(&owner)), ("origin", &app.address)]).await.unwrap();
    let (_, socket) = welcomed(socket).await;
    app.clock.advance(Duration::from_secs(60));
    thief.post("/api/v1/auth/refresh", json!({})).await.refused(StatusCode::UNAUTHORIZED, "unauthorized");
    assert_eq!(closed(socket).await, 4051);
    app.stop().await;
}

async fn who_has_not_verified_gets_no_connection(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = app.browser().await;
    browser.sign_up("mira").await.expect(StatusCode::ACCEPTED);
    browser.sign_in("mira").await.expect(StatusCode::OK);
    let socket = open(&app, &[PROTOCOL, ("cookie", &cookie(&browser)), ("origin", &app.address)]).await.unwrap();
    assert_eq!(closed(socket).await, 4050);
    app.stop().await;
}

async fn behind_a_trusted_proxy_each_address_has_its_own_connections(place: Place) {
    let settings = [("ALLTHRIVE__LIMITS__CONNECTIONS_PER_ADDRESS", "1"), ("ALLTHRIVE__SERVER__TRUSTED_PROXIES", "127.0.0.1")];
    let app = place.start(&settings).await;
    let mut mira = app.person("mira").await;
    let cookie = cookie(&mira);
    let me = my_id(&mut mira).await;
    let from = async |address: &str| {
        open(&app, &[PROTOCOL, ("cookie", &cookie), ("origin", &app.address), ("forwarded", &format!("for={address}"))]).await.unwrap()
    };
    let (one, other) = (welcomed(from("203.0.113.9").await).await, welcomed(from("203.0.113.10").await).await);
    assert_eq!((&one.0, &other.0), (&me, &me));
    assert_eq!(closed(from("203.0.113.9").await).await, 4104);
    app.stop().await;
}

async fn a_conversation_made_over_rest_is_told_on_the_socket(place: Place) {
    let app = place.start(&[]).await;
    let (mut mira, mut bo) = (app.person("mira").await, app.person("bo1").await);
    let socket = open(&app, &[PROTOCOL, ("cookie", &cookie(&bo)), ("origin", &app.address)]).await.unwrap();
    let (id, mut socket) = welcomed(socket).await;
    assert_eq!(id, my_id(&mut bo).await);
    let direct = json!({ "kind": "direct", "with": "bo1" });
    let made = mira.write("/api/v1/conversations", Uuid::new_v4(), direct).await.expect(StatusCode::CREATED).json();
    let event = told(&mut socket, |value| value["event"] == "member.joined").await;
    assert_eq!((&event["room"], &event["seq"]), (&json!(id.as_str().unwrap().trim_start_matches("u_")), &json!(1)));
    assert_eq!(event["d"]["conversation"], json!({ "id": made["id"], "kind": "direct", "with": made_by(&mut mira).await }));
    app.stop().await;
}

async fn made_by(browser: &mut Browser) -> Value {
    let me = browser.get("/api/v1/me").await.json();
    json!({ "id": me["id"], "username": me["username"], "name": me["display_name"] })
}

async fn there_is_an_echo_only_where_the_settings_ask_for_one(place: Place) {
    let app = place.start(&[]).await;
    assert_eq!(Raw::open(app.authority(), "/v1/echo", &[]).await.err(), Some(404));
    app.stop().await;
    let app = place.start(&[("ALLTHRIVE__DEV__ECHO", "true"), ("ALLTHRIVE__DEV__ECHO_MAX_BYTES", "5")]).await;
    let mut echo = Raw::open(app.authority(), "/v1/echo", &[]).await.unwrap();
    echo.send(&frame(0x82, b"\0\xFF")).await;
    assert_eq!(echo.frame().await, Some((0x82, b"\0\xFF".to_vec())));
    echo.send(&frame(0x81, b"hello!")).await;
    assert_eq!(echo.closed().await, 1009);
    app.stop().await;
}
