//! Signing up, verifying, signing in, staying signed in, signing out.

use std::time::Duration;

use awc::http::{Method, StatusCode};
use serde_json::json;

use crate::helpers::{Browser, PASSWORD, Place};

crate::stories! {
    a_person_signs_up_verifies_signs_in_and_out,
    who_has_not_verified_reads_the_own_account_and_nothing_else,
    two_tabs_that_refresh_at_once_both_stay_signed_in,
    an_old_refresh_token_ends_the_sign_in_for_everybody,
    a_known_address_gets_the_same_answer_and_another_letter,
    a_name_is_held_for_a_day_if_the_address_is_known,
    a_taken_name_is_said_at_its_field,
    everything_that_is_wrong_with_a_sign_up_is_said_at_once,
    a_link_is_good_once_and_for_a_day,
    a_letter_is_sent_again_to_who_has_not_verified,
    a_wrong_password_and_an_unknown_name_look_alike,
    too_many_sign_ins_are_refused_with_the_time_to_wait,
    too_many_letters_to_one_address_are_refused,
    behind_a_trusted_proxy_each_address_has_its_own_limit_and_a_strangers_word_is_worth_nothing,
    a_bearer_token_needs_no_csrf_and_ends_with_the_sign_in,
    an_access_token_expires_after_a_quarter_of_an_hour,
    a_restart_forgets_nobody,
}

async fn a_person_signs_up_verifies_signs_in_and_out(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = app.browser().await;
    let new = json!({ "username": "Mira", "email": "Mira@Example.org", "password": PASSWORD, "display_name": "Mira  Olsen" });
    let answer = browser.post("/api/v1/auth/signup", new).await.expect(StatusCode::ACCEPTED);
    assert_eq!(answer.json(), json!({ "status": "check_mail" }));

    let token = app.token_in_mail_to("mira@example.org");
    let answer = browser.post("/api/v1/auth/verify", json!({ "token": token })).await.expect(StatusCode::OK);
    assert_eq!(answer.json(), json!({ "username": "mira" }));

    let signed_in = browser.sign_in("MIRA@example.org").await.expect(StatusCode::OK).json();
    let me = browser.get("/api/v1/me").await.expect(StatusCode::OK);
    assert_eq!(me.header("cache-control"), "no-store");
    let me = me.json();
    assert_eq!(signed_in["user"], me);
    assert_eq!(signed_in["access_expires_ts"], 1_790_000_900_000_u64);
    let id = me["id"].as_str().unwrap();
    assert_eq!(me["personal_room"], id.strip_prefix("u_").unwrap());
    let rest = json!([me["username"], me["display_name"], me["email"], me["email_verified"], me["role"]]);
    assert_eq!(rest, json!(["mira", "Mira Olsen", "mira@example.org", true, "explorer"]));

    let mut other_tab = browser.clone();
    browser.post("/api/v1/auth/logout", json!({})).await.expect(StatusCode::NO_CONTENT);
    assert!(browser.cookies.keys().all(|name| name.ends_with("csrf")), "{:?}", browser.cookies);
    other_tab.get("/api/v1/me").await.refused(StatusCode::UNAUTHORIZED, "unauthorized");
    other_tab.post("/api/v1/auth/refresh", json!({})).await.refused(StatusCode::UNAUTHORIZED, "unauthorized");
    app.stop().await;
}

async fn who_has_not_verified_reads_the_own_account_and_nothing_else(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = app.browser().await;
    browser.sign_up("mira").await.expect(StatusCode::ACCEPTED);
    browser.sign_in("mira").await.expect(StatusCode::OK);
    assert_eq!(browser.get("/api/v1/me").await.expect(StatusCode::OK).json()["email_verified"], false);
    for path in ["/api/v1/me/conversations", "/api/v1/conversations"] {
        browser.get(path).await.refused(StatusCode::FORBIDDEN, "email_unverified");
    }
    browser.post("/api/v1/auth/ws-ticket", json!({})).await.refused(StatusCode::FORBIDDEN, "email_unverified");
    app.stop().await;
}

async fn two_tabs_that_refresh_at_once_both_stay_signed_in(place: Place) {
    let app = place.start(&[]).await;
    let mut one = app.person("mira").await;
    let mut two = one.clone();
    let refresh =
        |answer: crate::helpers::Answer| answer.expect(StatusCode::OK).set_cookies().into_iter().find(|c| c.contains("_refresh="));
    let (first, second) = (one.post("/api/v1/auth/refresh", json!({})).await, two.post("/api/v1/auth/refresh", json!({})).await);
    assert_eq!(refresh(first), refresh(second));
    for tab in [&mut one, &mut two] {
        tab.get("/api/v1/me").await.expect(StatusCode::OK);
        tab.post("/api/v1/auth/refresh", json!({})).await.expect(StatusCode::OK);
    }
    app.stop().await;
}

async fn an_old_refresh_token_ends_the_sign_in_for_everybody(place: Place) {
    let app = place.start(&[]).await;
    let mut thief = app.person("mira").await;
    let mut owner = thief.clone();
    for _ in 0..2 {
        owner.post("/api/v1/auth/refresh", json!({})).await.expect(StatusCode::OK);
    }
    // Within a minute the first token still gets the second; after it, it is stolen.
    thief.clone().post("/api/v1/auth/refresh", json!({})).await.expect(StatusCode::OK);
    app.clock.advance(Duration::from_secs(60));
    thief.post("/api/v1/auth/refresh", json!({})).await.refused(StatusCode::UNAUTHORIZED, "unauthorized");
    owner.get("/api/v1/me").await.refused(StatusCode::UNAUTHORIZED, "unauthorized");
    owner.post("/api/v1/auth/refresh", json!({})).await.refused(StatusCode::UNAUTHORIZED, "unauthorized");
    app.stop().await;
}

async fn a_known_address_gets_the_same_answer_and_another_letter(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = app.person("mira").await;
    let sign_up = |name: &str, email: &str| json!({ "username": name, "email": email, "password": PASSWORD });
    let first = browser.post("/api/v1/auth/signup", sign_up("bo-n", "bo@example.org")).await;
    let second = browser.post("/api/v1/auth/signup", sign_up("other", "mira@example.org")).await;
    assert_eq!((first.status, first.text()), (second.status, second.text()));
    let letters = app.mail_to("mira@example.org");
    assert_eq!(letters.len(), 2);
    assert!(letters[1].contains("Subject: You already have an account") && !letters[1].contains("token="));
    app.stop().await;
}

async fn a_name_is_held_for_a_day_if_the_address_is_known(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = app.person("mira").await;
    let sign_up = |email: &str| json!({ "username": "other", "email": email, "password": PASSWORD });
    browser.post("/api/v1/auth/signup", sign_up("mira@example.org")).await.expect(StatusCode::ACCEPTED);
    let refused = browser.post("/api/v1/auth/signup", sign_up("bo@example.org")).await;
    assert_eq!(refused.refused(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields").fault_at("username"), "taken");
    app.clock.advance(Duration::from_secs(24 * 60 * 60));
    browser.post("/api/v1/auth/signup", sign_up("bo@example.org")).await.expect(StatusCode::ACCEPTED);
    app.stop().await;
}

async fn a_taken_name_is_said_at_its_field(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = app.person("mira").await;
    let new = json!({ "username": "MIRA", "email": "bo@example.org", "password": PASSWORD });
    let refused = browser.post("/api/v1/auth/signup", new).await.refused(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields");
    assert_eq!(refused.fault_at("username"), "taken");
    app.stop().await;
}

async fn everything_that_is_wrong_with_a_sign_up_is_said_at_once(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = app.browser().await;
    let new = json!({ "username": "m", "email": "nowhere", "password": "short", "display_name": "a\u{202E}b" });
    let refused = browser.post("/api/v1/auth/signup", new).await.refused(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields");
    let codes = ["username", "email", "password", "display_name"].map(|field| refused.fault_at(field));
    assert_eq!(codes, ["invalid", "invalid", "too_short", "invalid"]);
    assert!(!refused.text().contains("nowhere"));
    app.stop().await;
}

async fn a_link_is_good_once_and_for_a_day(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = app.browser().await;
    for name in ["mira", "bo1"] {
        browser.sign_up(name).await.expect(StatusCode::ACCEPTED);
    }
    let token = json!({ "token": app.token_in_mail_to("mira@example.org") });
    browser.post("/api/v1/auth/verify", token.clone()).await.expect(StatusCode::OK);
    browser.post("/api/v1/auth/verify", token).await.refused(StatusCode::BAD_REQUEST, "link_invalid");
    app.clock.advance(Duration::from_secs(24 * 60 * 60));
    let late = json!({ "token": app.token_in_mail_to("bo1@example.org") });
    browser.post("/api/v1/auth/verify", late).await.refused(StatusCode::BAD_REQUEST, "link_invalid");
    browser.post("/api/v1/auth/verify", json!({ "token": "made-up" })).await.refused(StatusCode::BAD_REQUEST, "link_invalid");
    app.stop().await;
}

async fn a_letter_is_sent_again_to_who_has_not_verified(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = app.browser().await;
    browser.sign_up("mira").await.expect(StatusCode::ACCEPTED);
    let again = |email: &str| json!({ "email": email });
    let known = browser.post("/api/v1/auth/verify/resend", again("mira@example.org")).await;
    let unknown = browser.post("/api/v1/auth/verify/resend", again("nobody@example.org")).await;
    assert_eq!((known.status, known.text()), (StatusCode::ACCEPTED, unknown.text()));
    // The answer comes before the letter: look for it until it is there.
    while app.mail_to("mira@example.org").len() < 2 {
        tokio::task::yield_now().await;
    }
    assert!(app.mail_to("nobody@example.org").is_empty());
    let token = json!({ "token": app.token_in_mail_to("mira@example.org") });
    browser.post("/api/v1/auth/verify", token).await.expect(StatusCode::OK);
    app.stop().await;
}

async fn a_wrong_password_and_an_unknown_name_look_alike(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = app.person("mira").await;
    let mut answers = Vec::new();
    for login in ["mira", "mira@example.org", "nobody", "nobody@example.org", "@", ""] {
        let wrong = json!({ "login": login, "password": "another password than hers" });
        let refused = browser.post("/api/v1/auth/login", wrong).await.refused(StatusCode::UNAUTHORIZED, "wrong_credentials");
        answers.push(refused.json()["detail"].clone());
        assert!(refused.set_cookies().is_empty());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    app.stop().await;
}

async fn too_many_sign_ins_are_refused_with_the_time_to_wait(place: Place) {
    let limits = [("ALLTHRIVE__LIMITS__SIGN_IN_PER_MINUTE", "5"), ("ALLTHRIVE__LIMITS__SIGN_IN_PER_HOUR", "6")];
    let app = place.start(&limits).await;
    let mut browser = app.browser().await;
    let attempt = json!({ "login": "nobody", "password": "whatever it may be" });
    for _ in 0..5 {
        browser.post("/api/v1/auth/login", attempt.clone()).await.refused(StatusCode::UNAUTHORIZED, "wrong_credentials");
    }
    app.clock.advance(Duration::from_secs(20));
    let refused = browser.post("/api/v1/auth/login", attempt.clone()).await.refused(StatusCode::TOO_MANY_REQUESTS, "rate_limited");
    assert_eq!((refused.header("retry-after"), refused.header("ratelimit-limit")), ("40", "5"));
    assert_eq!(refused.header("ratelimit-remaining"), "0");
    // The address may again, the account once more.
    app.clock.advance(Duration::from_secs(40));
    browser.post("/api/v1/auth/login", attempt.clone()).await.refused(StatusCode::UNAUTHORIZED, "wrong_credentials");
    let refused = browser.post("/api/v1/auth/login", attempt).await.refused(StatusCode::TOO_MANY_REQUESTS, "rate_limited");
    assert_eq!((refused.header("retry-after"), refused.header("ratelimit-limit")), ("3540", "6"));
    // Another account is not touched by it.
    let other = json!({ "login": "somebody", "password": "whatever it may be" });
    browser.post("/api/v1/auth/login", other).await.refused(StatusCode::UNAUTHORIZED, "wrong_credentials");
    app.stop().await;
}

async fn behind_a_trusted_proxy_each_address_has_its_own_limit_and_a_strangers_word_is_worth_nothing(place: Place) {
    let limits = [("ALLTHRIVE__LIMITS__SIGN_IN_PER_MINUTE", "2"), ("ALLTHRIVE__SERVER__TRUSTED_PROXIES", "127.0.0.0/8")];
    let app = place.start(&limits).await;
    let mut browser = app.browser().await;
    let from = async |browser: &mut Browser, n: u32, addresses: &str| {
        let attempt = json!({ "login": format!("nobody{n}"), "password": "whatever it may be" });
        browser.send(Method::POST, "/api/v1/auth/login", &[("x-forwarded-for", addresses)], Some(attempt)).await.status
    };
    // What the client made up stands before what the proxy wrote.
    assert_eq!(from(&mut browser, 1, "198.51.100.1, 203.0.113.9").await, StatusCode::UNAUTHORIZED);
    assert_eq!(from(&mut browser, 2, "198.51.100.2, 203.0.113.9").await, StatusCode::UNAUTHORIZED);
    assert_eq!(from(&mut browser, 3, "198.51.100.3, 203.0.113.9").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(from(&mut browser, 4, "203.0.113.10").await, StatusCode::UNAUTHORIZED);
    app.stop().await;

    let app = place.start(&limits[..1]).await;
    app.clock.advance(Duration::from_secs(60));
    let mut browser = app.browser().await;
    assert_eq!(from(&mut browser, 5, "203.0.113.11").await, StatusCode::UNAUTHORIZED);
    assert_eq!(from(&mut browser, 6, "203.0.113.12").await, StatusCode::UNAUTHORIZED);
    assert_eq!(from(&mut browser, 7, "203.0.113.13").await, StatusCode::TOO_MANY_REQUESTS);
    app.stop().await;
}

async fn too_many_letters_to_one_address_are_refused(place: Place) {
    let app = place.start(&[("ALLTHRIVE__LIMITS__MAIL_PER_HOUR", "3")]).await;
    let mut browser = app.browser().await;
    let again = json!({ "email": "mira@example.org" });
    for _ in 0..3 {
        browser.post("/api/v1/auth/verify/resend", again.clone()).await.expect(StatusCode::ACCEPTED);
    }
    let refused = browser.post("/api/v1/auth/verify/resend", again).await.refused(StatusCode::TOO_MANY_REQUESTS, "rate_limited");
    assert_eq!(refused.header("retry-after"), "3600");
    browser.post("/api/v1/auth/verify/resend", json!({ "email": "bo@example.org" })).await.expect(StatusCode::ACCEPTED);
    app.stop().await;
}

async fn a_bearer_token_needs_no_csrf_and_ends_with_the_sign_in(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = app.person("mira").await;
    let bearer = format!("Bearer {}", browser.cookies["allthrive_access"].0);
    let mut program = crate::helpers::Browser::new(&app.address);
    let ticket = |program: crate::helpers::Browser, bearer: String| async move {
        let mut program = program;
        program.send(awc::http::Method::POST, "/api/v1/auth/ws-ticket", &[("authorization", &bearer)], None).await
    };
    let got = ticket(program.clone(), bearer.clone()).await.expect(StatusCode::OK).json();
    assert_eq!(got["ticket"].as_str().unwrap().len(), 43);
    assert_eq!(got["expires_ts"], 1_790_000_030_000_u64);
    browser.post("/api/v1/auth/logout", json!({})).await.expect(StatusCode::NO_CONTENT);
    ticket(program.clone(), bearer).await.refused(StatusCode::UNAUTHORIZED, "unauthorized");
    let made_up = [("authorization", "Bearer made.up.token")];
    program.send(awc::http::Method::GET, "/api/v1/me", &made_up, None).await.refused(StatusCode::UNAUTHORIZED, "unauthorized");
    app.stop().await;
}

async fn an_access_token_expires_after_a_quarter_of_an_hour(place: Place) {
    let app = place.start(&[]).await;
    let mut browser = app.person("mira").await;
    app.clock.advance(Duration::from_secs(15 * 60));
    browser.get("/api/v1/me").await.refused(StatusCode::UNAUTHORIZED, "token_expired");
    browser.post("/api/v1/auth/refresh", json!({})).await.expect(StatusCode::OK);
    browser.get("/api/v1/me").await.expect(StatusCode::OK);
    // A sign-in that nobody refreshes ends after 30 days.
    app.clock.advance(Duration::from_secs(30 * 24 * 60 * 60));
    browser.post("/api/v1/auth/refresh", json!({})).await.refused(StatusCode::UNAUTHORIZED, "unauthorized");
    app.stop().await;
}

async fn a_restart_forgets_nobody(place: Place) {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let app = place.start(&[("ALLTHRIVE__SERVER__LISTEN", &port)]).await;
    let mut browser = app.person("mira").await;
    app.stop().await;
    let app = place.start(&[("ALLTHRIVE__SERVER__LISTEN", &port)]).await;
    assert_eq!(browser.get("/api/v1/me").await.expect(StatusCode::OK).json()["email"], "mira@example.org");
    app.stop().await;
}
