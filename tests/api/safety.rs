//! What no page of another site, no broken program and no curious person gets.

use std::time::{Duration, Instant};

use allthrive::startup::Application;
use allthrive_domain::time::Clock;
use allthrive_store::Statement;
use awc::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::helpers::{Browser, Engine, PASSWORD, Place, tell};

crate::stories! {
    a_body_that_would_have_to_be_unpacked_is_refused,
    what_is_kept_is_for_its_owner_alone,
    an_unsafe_request_needs_the_csrf_token_and_its_cookie,
    a_page_of_another_site_writes_nothing,
    cookies_follow_the_public_url,
    a_body_that_is_not_what_it_should_be_is_refused,
    every_problem_has_the_same_shape,
    a_server_that_is_well_says_so,
    no_secret_of_a_person_is_kept_in_the_clear,
    the_audit_trail_says_from_where_somebody_was_at_the_door,
}

fn login() -> Option<serde_json::Value> {
    Some(json!({ "login": "mira", "password": PASSWORD }))
}

const LOGIN: &str = "/api/v1/auth/login";

async fn an_unsafe_request_needs_the_csrf_token_and_its_cookie(place: Place) {
    let app = place.start(&[]).await;
    let whole = app.browser().await;
    let other = app.browser().await;
    let without_token = Browser { csrf: None, ..whole.clone() };
    let without_cookie = Browser { cookies: Default::default(), ..whole.clone() };
    let with_anothers_token = Browser { csrf: other.csrf.clone(), ..whole.clone() };
    for mut browser in [without_token, without_cookie, with_anothers_token] {
        browser.send(Method::POST, LOGIN, &[], login()).await.refused(StatusCode::FORBIDDEN, "csrf");
    }
    let mut again = whole.clone();
    let token = again.get("/api/v1/auth/csrf").await.json()["token"].clone();
    assert_eq!(token.as_str(), whole.csrf.as_deref());
    app.stop().await;
}

async fn a_page_of_another_site_writes_nothing(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = app.person("mira").await;
    let own = app.address.clone();
    let localhost = own.replace("127.0.0.1", "localhost");
    let foreign: [&[(&str, &str)]; 5] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site"), ("origin", &own)],
        &[("origin", "https://evil.example")],
        &[("origin", "http://127.0.0.1:1")],
        &[("origin", "null")],
    ];
    for headers in foreign {
        browser.send(Method::POST, LOGIN, headers, login()).await.refused(StatusCode::FORBIDDEN, "foreign_origin");
    }
    let ours: [&[(&str, &str)]; 4] =
        [&[("sec-fetch-site", "same-origin")], &[("sec-fetch-site", "none")], &[("origin", &own)], &[("origin", &localhost)]];
    for headers in ours {
        browser.send(Method::POST, LOGIN, headers, login()).await.expect(StatusCode::OK);
    }
    app.stop().await;
}

async fn cookies_follow_the_public_url(place: Place) {
    let app = place.start(&[("ALLTHRIVE__SERVER__PUBLIC_URL", "https://chat.example.org")]).await;
    let mut browser = app.person("mira").await;
    let cookies = browser.sign_in("mira").await.expect(StatusCode::OK).set_cookies();
    let flags = |name: &str| cookies.iter().find(|cookie| cookie.starts_with(name)).unwrap().split_once("; ").unwrap().1.to_owned();
    assert_eq!(flags("__Host-allthrive_access="), "HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=900");
    assert_eq!(flags("__Secure-allthrive_refresh="), "HttpOnly; SameSite=Strict; Secure; Path=/api/v1/auth; Max-Age=2592000");
    assert!(browser.cookies.contains_key("__Host-allthrive_csrf"));
    assert!(browser.get("/").await.header("strict-transport-security").starts_with("max-age="));
    assert!(app.mail_to("mira@example.org")[0].contains("https://chat.example.org/verify#token="));
    app.stop().await;

    let app = place.start(&[]).await;
    let mut browser = app.browser().await;
    let cookies = browser.sign_in("mira").await.expect(StatusCode::OK).set_cookies();
    assert!(cookies.iter().all(|cookie| cookie.contains("HttpOnly") && !cookie.contains("Secure")), "{cookies:?}");
    assert_eq!(browser.get("/").await.header("strict-transport-security"), "");
    app.stop().await;
}

async fn a_body_that_is_not_what_it_should_be_is_refused(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = app.browser().await;
    let nul = json!({ "login": "mira", "password": "with \u{0} inside" });
    browser.post(LOGIN, nul).await.refused(StatusCode::BAD_REQUEST, "bad_request");
    browser.post(LOGIN, json!({ "login": 7, "password": "x" })).await.refused(StatusCode::BAD_REQUEST, "bad_request");
    browser.post(LOGIN, json!({ "password": "x" })).await.refused(StatusCode::BAD_REQUEST, "bad_request");
    let long = json!({ "login": "mira", "password": "x".repeat(64 * 1024) });
    browser.post(LOGIN, long).await.refused(StatusCode::PAYLOAD_TOO_LARGE, "too_large");
    let plain = [("content-type", "text/plain")];
    browser.send(Method::POST, LOGIN, &plain, None).await.refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type");
    app.stop().await;
}

async fn every_problem_has_the_same_shape(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = app.browser().await;
    browser.get("/api/v1/nothing").await.refused(StatusCode::NOT_FOUND, "not_found");
    browser.get("/api/v2/me").await.refused(StatusCode::NOT_FOUND, "not_found");
    browser.get("/api/v1/me").await.refused(StatusCode::UNAUTHORIZED, "unauthorized");
    let wrong_method = browser.get("/api/v1/auth/login").await.refused(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed");
    assert_eq!(wrong_method.header("allow"), "POST");
    let (one, other) = (browser.get("/healthz").await, browser.get("/healthz").await);
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
    app.stop().await;
}

async fn a_server_that_is_well_says_so(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = app.browser().await;
    if place.database_url.is_some() {
        // The clock of a test stands far off that of a database that others share.
        let health = browser.get("/readyz").await.expect(StatusCode::SERVICE_UNAVAILABLE).json();
        assert_eq!(health, json!({ "status": "the clock is more than a second off the database's" }));
        app.clock.advance(Clock::System.now().since(app.clock.now()));
    }
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(browser.get(probe).await.expect(StatusCode::OK).json(), json!({ "status": "ok" }));
        assert!(browser.send(Method::HEAD, probe, &[], None).await.expect(StatusCode::OK).body.is_empty());
    }
    app.stop().await;
}

async fn no_secret_of_a_person_is_kept_in_the_clear(place: Place) {
    let app = place.start(&[]).await;
    let browser = app.person("mira").await;
    let refresh = browser.cookies["allthrive_refresh"].0.clone();
    app.stop().await;
    let data = place.dir.path().join("data");
    for file in std::fs::read_dir(&data).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file()) {
        let bytes = std::fs::read(&file).unwrap();
        for secret in ["mira@example.org", PASSWORD, &refresh] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{} in {}", secret, file.display());
        }
    }
}

async fn the_audit_trail_says_from_where_somebody_was_at_the_door(place: Place) {
    let app = place.start(&[("ALLTHRIVE__SERVER__TRUSTED_PROXIES", "127.0.0.1")]).await;
    let mut browser = app.person("mira").await;
    // As the proxy says it, not as the client does who stands before it.
    let behind = [("x-forwarded-for", "203.0.113.9, 192.0.2.7")];
    let wrong = json!({ "login": "mira", "password": "another one altogether" });
    browser.send(Method::POST, LOGIN, &behind, Some(wrong)).await.refused(StatusCode::UNAUTHORIZED, "wrong_credentials");
    browser.send(Method::POST, LOGIN, &behind, login()).await.expect(StatusCode::OK);
    browser.send(Method::POST, "/api/v1/auth/logout", &behind, None).await.expect(StatusCode::NO_CONTENT);
    app.stop().await;

    let store = place.open_store().await;
    let read = Statement::new("read the trail", "SELECT action, outcome, personal FROM audit WHERE action <> 'room.open'");
    let told = store.engine().all(read).await.unwrap().into_iter().map(|row| {
        let (action, outcome, personal): (String, String, Option<String>) = (row.get(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap());
        let from =
            serde_json::from_str::<Value>(&personal.expect("it came from somewhere")).unwrap()["address"].as_str().unwrap().to_owned();
        (action, outcome, from)
    });
    let mut told: Vec<_> = told.collect();
    told.sort();
    let line = |action: &str, outcome: &str, from: &str| (action.to_owned(), outcome.to_owned(), from.to_owned());
    let (own, other) = ("127.0.0.1", "192.0.2.7");
    let expected = [
        line("auth.login", "ok", own),
        line("auth.login", "ok", other),
        line("auth.login", "wrong_credentials", other),
        line("auth.logout", "ok", other),
        line("user.signup", "ok", own),
        line("user.verify", "ok", own),
    ];
    let mut expected = expected.to_vec();
    expected.sort();
    assert_eq!(told, expected);
    store.close().await;
}

/// Two servers of one Postgres, each with keys it has made for itself.
#[test]
fn a_server_with_other_keys_than_the_first_of_its_database_does_not_start() {
    tell(Engine::Postgres, |place| async move {
        let app = place.start(&[]).await;
        let elsewhere = place.dir.path().join("elsewhere").display().to_string();
        let settings = place.settings(&[("ALLTHRIVE__SERVER__DATA_DIR", &elsewhere)]);
        let refused = Application::build(settings).await.err().unwrap().to_string();
        assert!(refused.contains("secrets.fingerprint_key"), "{refused}");
        // The same keys: a second server of the same database.
        Application::build(place.settings(&[])).await.unwrap();
        app.stop().await;
    });
}

/// Redis is beside Postgres only.
#[test]
fn a_server_is_ready_without_its_redis_and_says_that_it_is_away() {
    tell(Engine::Postgres, |place| async move {
        let there = std::env::var("TEST_REDIS_URL").expect("TEST_REDIS_URL names no Redis server: run the tests with `make test`");
        for (url, bus) in [("redis://127.0.0.1:1/", "away"), (&there, "ok")] {
            let app = place.start(&[("REDIS_URL", url)]).await;
            app.clock.advance(Clock::System.now().since(app.clock.now()));
            let mut browser = app.browser().await;
            let until = Instant::now() + Duration::from_secs(30);
            loop {
                let health = browser.get("/readyz").await.expect(StatusCode::OK).json();
                if health == json!({ "status": "ok", "bus": bus }) {
                    break;
                }
                assert!(bus == "ok" && Instant::now() < until, "{health}");
            }
            app.stop().await;
        }
    });
}

/// Only Postgres can go away while the server lives.
#[test]
fn a_database_that_goes_away_is_said_without_its_drivers_words() {
    tell(Engine::Postgres, |place| async move {
        let app = place.start(&[]).await;
        let mut browser = app.person("mira").await;
        place.lose_database().await;
        let health = browser.get("/readyz").await.expect(StatusCode::SERVICE_UNAVAILABLE).json();
        assert_eq!(health, json!({ "status": "the database does not answer" }));
        browser.get("/healthz").await.expect(StatusCode::OK);
        let refused = browser.get("/api/v1/me").await.refused(StatusCode::SERVICE_UNAVAILABLE, "unavailable");
        assert_eq!(refused.header("retry-after"), "1");
        for word in ["postgres", "connection", "FATAL", "api_"] {
            assert!(!refused.text().contains(word), "{}", refused.text());
        }
        app.stop().await;
    });
}

async fn a_body_that_would_have_to_be_unpacked_is_refused(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = app.browser().await;
    let packed = [("content-encoding", "gzip")];
    let answer =
        browser.send(awc::http::Method::POST, "/api/v1/auth/login", &packed, Some(json!({ "login": "mira", "password": "x" }))).await;
    answer.refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type");
    app.stop().await;
}

async fn what_is_kept_is_for_its_owner_alone(place: Place) {
    use std::os::unix::fs::PermissionsExt as _;
    let app = place.start(&[]).await;
    app.person("mira").await;
    for directory in ["data", "data/mail"] {
        let mode = std::fs::metadata(place.dir.path().join(directory)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{directory}");
    }
    app.stop().await;
}
