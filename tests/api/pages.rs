//! The pages and what they are sent with.

use awc::http::{Method, StatusCode};

use crate::helpers::{Browser, Place};

crate::stories! {
    every_page_is_served_with_its_policy,
    a_file_is_sent_again_only_if_it_has_changed,
    what_a_page_names_is_kept_for_good_and_what_another_edition_named_is_not,
    what_is_not_there_is_said_plainly,
    text_is_compressed_for_who_takes_it,
    the_description_of_the_rest_surface_is_served,
    the_description_of_the_wire_is_served_as_it_is_kept,
    a_description_says_no_more_to_a_browser_than_a_page,
}

const PAGES: [&str; 14] = [
    "/",
    "/signin",
    "/signup",
    "/verify",
    "/docs",
    "/quizzes",
    "/quizzes/import",
    "/quizzes/any",
    "/quizzes/any/edit",
    "/attempts/any",
    "/join",
    "/live/any",
    "/live/any/screen",
    "/live/any/host",
];

async fn every_page_is_served_with_its_policy(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = Browser::new(&app.address);
    for page in PAGES {
        let answer = browser.get(page).await.expect(StatusCode::OK);
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "connect-src 'self' ws://127.0.0.1:"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert!(!answer.text().contains(" style=\"") && !answer.text().contains("<script>"), "{page} has something inline");
    }
    app.stop().await;
}

async fn a_file_is_sent_again_only_if_it_has_changed(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = Browser::new(&app.address);
    let first = browser.get("/").await.expect(StatusCode::OK);
    assert_eq!(first.header("cache-control"), "no-cache");
    let tag = first.header("etag").to_owned();
    let again = browser.send(Method::GET, "/", &[("if-none-match", &tag)], None).await.expect(StatusCode::NOT_MODIFIED);
    assert!(again.body.is_empty());
    browser.send(Method::GET, "/", &[("if-none-match", "\"other\"")], None).await.expect(StatusCode::OK);
    app.stop().await;
}

async fn what_a_page_names_is_kept_for_good_and_what_another_edition_named_is_not(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = Browser::new(&app.address);
    let page = browser.get("/").await.expect(StatusCode::OK).text();
    let named: Vec<_> = page
        .match_indices("=\"/e/")
        .map(|(at, found)| format!("/e/{}", page[at + found.len()..].split(['"', '#']).next().unwrap()))
        .collect();
    assert!(named.iter().any(|path| path.ends_with("/js/chat.js")) && named.iter().any(|path| path.ends_with("/css/tokens.css")));
    for path in &named {
        let file = browser.get(path).await.expect(StatusCode::OK);
        assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable", "{path}");
        let (_, plain) = path.trim_start_matches("/e/").split_once('/').unwrap();
        for other in [format!("/{plain}"), format!("/e/0123456789ab/{plain}")] {
            let same = browser.get(&other).await.expect(StatusCode::OK);
            assert_eq!((same.header("cache-control"), &same.body), ("no-cache", &file.body), "{other}");
        }
    }
    let edition = named[0].trim_start_matches("/e/").split('/').next().unwrap();
    for path in ["index.html", "nothing.js", "../Cargo.toml", ""] {
        browser.get(&format!("/e/{edition}/{path}")).await.expect(StatusCode::NOT_FOUND);
    }
    app.stop().await;
}

async fn what_is_not_there_is_said_plainly(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = Browser::new(&app.address);
    for path in ["/nowhere", "/index.html", "/quizzes/any/edit/more", "/live//host", "/../Cargo.toml", "/%2e%2e/Cargo.toml", "/.gitkeep"] {
        let lost = browser.get(path).await.expect(StatusCode::NOT_FOUND);
        assert_eq!(lost.header("content-type"), "text/html; charset=utf-8");
        assert!(lost.header("content-security-policy").contains("default-src 'self'"));
    }
    app.stop().await;
}

async fn text_is_compressed_for_who_takes_it(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = Browser::new(&app.address);
    let small = browser.send(Method::GET, "/", &[("accept-encoding", "gzip")], None).await.expect(StatusCode::OK);
    assert_eq!(small.header("content-encoding"), "gzip");
    let whole = browser.send(Method::GET, "/", &[("accept-encoding", "identity")], None).await.expect(StatusCode::OK);
    assert!(small.body.len() < whole.body.len());
    app.stop().await;
}

async fn the_description_of_the_rest_surface_is_served(place: Place) {
    let app = place.start(&[]).await;
    let document = Browser::new(&app.address).get("/openapi.json").await.expect(StatusCode::OK).json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    assert!(document["paths"]["/api/v1/conversations"]["post"].is_object());
    app.stop().await;
}

async fn the_description_of_the_wire_is_served_as_it_is_kept(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = Browser::new(&app.address);
    let whole = browser.get("/asyncapi.json").await.expect(StatusCode::OK);
    assert_eq!(whole.header("content-type"), "application/json");
    assert_eq!(whole.text(), std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/static/asyncapi.json")).unwrap());
    assert_eq!(whole.json()["asyncapi"], "3.0.0");
    assert_eq!(whole.header("cache-control"), "no-cache");
    let tag = whole.header("etag").to_owned();
    let again = browser.send(Method::GET, "/asyncapi.json", &[("if-none-match", &tag)], None).await.expect(StatusCode::NOT_MODIFIED);
    assert!(again.body.is_empty());
    app.stop().await;
}

async fn a_description_says_no_more_to_a_browser_than_a_page(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = app.browser().await;
    let page = browser.get("/").await.expect(StatusCode::OK);
    for path in ["/openapi.json", "/asyncapi.json"] {
        let whole = browser.get(path).await.expect(StatusCode::OK);
        let head = browser.send(Method::HEAD, path, &[], None).await.expect(StatusCode::OK);
        assert!(!whole.body.is_empty() && head.body.is_empty(), "{path}");
        for answer in [&whole, &head] {
            assert_eq!(answer.header("content-type"), "application/json", "{path}");
            for name in ["content-security-policy", "x-content-type-options", "referrer-policy", "cross-origin-opener-policy"] {
                assert_eq!(answer.header(name), page.header(name), "{path}: {name}");
            }
        }
        browser.post(path, serde_json::json!({})).await.refused(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed");
    }
    app.stop().await;
}
