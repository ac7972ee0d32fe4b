//! Quizzes over REST: what their authors do, and what of it strangers see.

use awc::http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::helpers::{Answer, Browser, Place};

crate::stories! {
    a_quiz_is_written_changed_published_and_found,
    a_draft_is_there_for_its_author_alone,
    who_changes_what_has_changed_is_told_the_present_rev,
    a_retry_makes_one_quiz_and_another_content_is_a_conflict,
    what_does_not_fit_is_named_by_its_path,
    a_published_quiz_stays_complete,
    a_deleted_quiz_is_nowhere,
    no_byte_of_a_key_reaches_a_stranger,
    quizzes_are_for_those_who_are_signed_in_and_written_with_the_token,
    a_long_quiz_is_taken_and_a_longer_body_is_not,
    pictures_come_from_the_hosts_that_are_allowed,
}

const QUIZZES: &str = "/api/v1/quizzes";

/// What stands wherever a stranger must not look.
const MARKER: &str = "kelpfish";

fn quiz(title: &str) -> Value {
    json!({ "title": title, "topic": "Harbours", "description": "Of ports and tides.", "questions": [
        { "stem": "Is it deep?", "type": "true_false", "key": true },
    ] })
}

/// The marker in each place that a question has.
fn marked() -> Value {
    let option = |correct: bool| json!({ "text": format!("{MARKER} {correct}"), "correct": correct, "feedback": format!("{MARKER} f") });
    let all = |more: Value| {
        let text = |place: &str| format!("{MARKER} {place}");
        let mut question = json!({ "stem": text("s"), "explanation": text("e"), "notes": text("n"), "hint": text("h") });
        question.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        question
    };
    json!({ "title": "Harbours", "topic": "Harbours", "difficulty": "advanced", "questions": [
        all(json!({ "type": "single_choice", "options": [option(true), option(false)] })),
        all(json!({ "type": "multiple_choice", "options": [option(true), option(false)] })),
        all(json!({ "type": "short_text", "accepted": [{ "text": MARKER, "feedback": format!("{MARKER} f") }] })),
        all(json!({ "type": "ordering", "items": [format!("{MARKER} 1"), format!("{MARKER} 2")] })),
        all(json!({ "type": "matching", "pairs": [
            { "left": format!("{MARKER} a"), "right": format!("{MARKER} b") }, { "left": format!("{MARKER} c"), "right": format!("{MARKER} d") },
        ], "distractors": [format!("{MARKER} e")] })),
        all(json!({ "type": "slide" })),
    ] })
}

async fn make(browser: &mut Browser, quiz: Value) -> Value {
    browser.write(QUIZZES, Uuid::new_v4(), quiz).await.expect(StatusCode::CREATED).json()
}

fn at(quiz: &Value) -> String {
    format!("{QUIZZES}/{}", quiz["id"].as_str().unwrap())
}

async fn put(browser: &mut Browser, quiz: &Value, rev: u64, content: Value) -> Answer {
    browser.send(Method::PUT, &at(quiz), &[], Some(json!({ "rev": rev, "quiz": content }))).await
}

async fn publish(browser: &mut Browser, quiz: &Value, rev: u64) -> Answer {
    browser.post(&format!("{}/publish", at(quiz)), json!({ "rev": rev })).await
}

async fn delete(browser: &mut Browser, quiz: &Value) -> Answer {
    browser.send(Method::DELETE, &at(quiz), &[], None).await
}

async fn titles(browser: &mut Browser, list: &str) -> Vec<String> {
    let page = browser.get(list).await.expect(StatusCode::OK).json();
    page["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
}

async fn a_quiz_is_written_changed_published_and_found(place: Place) {
    let app = place.start(&[]).await;
    let (mut mira, mut bo) = (app.person("mira").await, app.person("bo1").await);
    let made = make(&mut mira, quiz("Ports of call")).await;
    assert_eq!((&made["slug"], &made["rev"], &made["dup"]), (&json!("ports-of-call"), &json!(1), &json!(false)));
    assert_eq!(made["lacks"], json!([]), "it could be published as it is");
    assert_eq!((&made["published_ts"], &made["quiz"]["questions"][0]["key"]), (&Value::Null, &json!(true)));

    let changed = put(&mut mira, &made, 1, quiz("Ports and tides")).await.expect(StatusCode::OK).json();
    assert_eq!((&changed["slug"], &changed["rev"]), (&json!("ports-and-tides"), &json!(2)));
    let published = publish(&mut mira, &made, 2).await.expect(StatusCode::OK).json();
    assert!(published["published_ts"].is_u64(), "{published}");
    assert_eq!(published["rev"], 3);
    // Sent again, it is as it is.
    assert_eq!(publish(&mut mira, &made, 2).await.expect(StatusCode::OK).json(), published);
    let own = mira.get(&at(&made)).await.expect(StatusCode::OK).json();
    assert_eq!((&own["rev"], &own["published_ts"]), (&json!(3), &published["published_ts"]));
    assert_eq!(own["quiz"]["title"], "Ports and tides");

    let seen = bo.get(&at(&made)).await.expect(StatusCode::OK).json();
    assert_eq!(
        (&seen["title"], &seen["owner"]["username"], &seen["question_count"]),
        (&json!("Ports and tides"), &json!("mira"), &json!(1))
    );
    assert_eq!((&seen["quiz"], &seen["rev"]), (&Value::Null, &Value::Null));
    for query in ["", "?topic=HARBOURS", "?difficulty=beginner", "?text=tid", "?topic=harbours&text=ports&difficulty=beginner&limit=1"] {
        assert_eq!(titles(&mut bo, &format!("{QUIZZES}{query}")).await, ["Ports and tides"], "{query}");
    }
    for query in ["?topic=ships", "?difficulty=advanced", "?text=deep", "?text=..."] {
        assert!(titles(&mut bo, &format!("{QUIZZES}{query}")).await.is_empty(), "{query}");
    }
    for query in ["?difficulty=hard", "?topic=a%00b", "?limit=0", "?cursor=nonsense"] {
        bo.get(&format!("{QUIZZES}{query}")).await.refused(StatusCode::BAD_REQUEST, "bad_request");
    }
    let topics = bo.get(&format!("{QUIZZES}/topics")).await.expect(StatusCode::OK).json();
    assert_eq!(topics["items"], json!([{ "topic": "Harbours", "quizzes": 1 }]));

    let back = mira.post(&format!("{}/unpublish", at(&made)), json!({ "rev": 3 })).await.expect(StatusCode::OK).json();
    assert_eq!((&back["rev"], &back["published_ts"]), (&json!(4), &Value::Null));
    bo.get(&at(&made)).await.refused(StatusCode::NOT_FOUND, "not_found");
    assert!(titles(&mut bo, QUIZZES).await.is_empty());
    app.stop().await;
}

async fn a_draft_is_there_for_its_author_alone(place: Place) {
    let app = place.start(&[]).await;
    let (mut mira, mut bo) = (app.person("mira").await, app.person("bo1").await);
    let made = make(&mut mira, json!({ "title": "Begun" })).await;
    let unknown = json!({ "id": Uuid::new_v4() });
    let detail = bo.get(&at(&unknown)).await.refused(StatusCode::NOT_FOUND, "not_found").json()["detail"].clone();
    assert_eq!(bo.get(&at(&made)).await.refused(StatusCode::NOT_FOUND, "not_found").json()["detail"], detail);
    bo.get(&format!("{QUIZZES}/nonsense")).await.refused(StatusCode::NOT_FOUND, "not_found");
    put(&mut bo, &made, 1, quiz("Mine")).await.refused(StatusCode::NOT_FOUND, "not_found");
    publish(&mut bo, &made, 1).await.refused(StatusCode::NOT_FOUND, "not_found");
    bo.post(&format!("{}/unpublish", at(&made)), json!({ "rev": 1 })).await.refused(StatusCode::NOT_FOUND, "not_found");
    delete(&mut bo, &made).await.refused(StatusCode::NOT_FOUND, "not_found");
    assert!(titles(&mut bo, QUIZZES).await.is_empty());
    assert!(titles(&mut bo, "/api/v1/me/quizzes").await.is_empty());
    assert_eq!(titles(&mut mira, "/api/v1/me/quizzes").await, ["Begun"]);
    app.stop().await;
}

async fn who_changes_what_has_changed_is_told_the_present_rev(place: Place) {
    let app = place.start(&[]).await;
    let mut mira = app.person("mira").await;
    let made = make(&mut mira, quiz("One")).await;
    put(&mut mira, &made, 1, quiz("Two")).await.expect(StatusCode::OK);
    let again = put(&mut mira, &made, 1, quiz("Two")).await.expect(StatusCode::OK).json();
    assert_eq!(again["rev"], 2, "the same change, sent again");
    let refused = put(&mut mira, &made, 1, quiz("Three")).await.refused(StatusCode::CONFLICT, "rev_conflict").json();
    assert_eq!(refused["rev"], 2);
    let refused = publish(&mut mira, &made, 1).await.refused(StatusCode::CONFLICT, "rev_conflict").json();
    assert_eq!(refused["rev"], 2);
    assert_eq!(mira.get(&at(&made)).await.json()["quiz"]["title"], "Two");
    app.stop().await;
}

async fn a_retry_makes_one_quiz_and_another_content_is_a_conflict(place: Place) {
    let app = place.start(&[]).await;
    let mut mira = app.person("mira").await;
    let key = Uuid::new_v4();
    let first = mira.write(QUIZZES, key, quiz("One")).await.expect(StatusCode::CREATED).json();
    let again = mira.write(QUIZZES, key, quiz("One")).await.expect(StatusCode::CREATED).json();
    assert_eq!((&again["id"], &again["dup"]), (&first["id"], &json!(true)));
    mira.write(QUIZZES, key, quiz("Two")).await.refused(StatusCode::CONFLICT, "cmid_conflict");
    mira.post(QUIZZES, quiz("Three")).await.refused(StatusCode::BAD_REQUEST, "idempotency_key_required");
    assert_eq!(titles(&mut mira, "/api/v1/me/quizzes").await, ["One"]);
    app.stop().await;
}

async fn what_does_not_fit_is_named_by_its_path(place: Place) {
    let app = place.start(&[]).await;
    let mut mira = app.person("mira").await;
    let wrong = json!({ "title": "", "questions": [
        { "stem": "a", "type": "open" },
        { "stem": "b", "type": "single_choice", "points": 7, "options": [{ "text": "x", "correct": true }, { "text": "y".repeat(251) }] },
    ] });
    let refused = mira.write(QUIZZES, Uuid::new_v4(), wrong).await.refused(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields");
    assert_eq!(refused.fault_at("title"), "missing");
    assert_eq!(refused.fault_at("questions.1.points"), "out_of_range");
    assert_eq!(refused.fault_at("questions.1.options.1.text"), "too_long");
    mira.write(QUIZZES, Uuid::new_v4(), json!({ "questions": [] })).await.refused(StatusCode::BAD_REQUEST, "bad_request");
    assert!(titles(&mut mira, "/api/v1/me/quizzes").await.is_empty());
    app.stop().await;
}

async fn a_published_quiz_stays_complete(place: Place) {
    let app = place.start(&[]).await;
    let mut mira = app.person("mira").await;
    let empty = json!({ "title": "Empty", "questions": [] });
    let made = make(&mut mira, empty.clone()).await;
    let refused = publish(&mut mira, &made, 1).await.refused(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields");
    assert_eq!(refused.fault_at("questions"), "too_few");
    put(&mut mira, &made, 1, quiz("Full")).await.expect(StatusCode::OK);
    publish(&mut mira, &made, 2).await.expect(StatusCode::OK);
    let refused = put(&mut mira, &made, 3, empty).await.refused(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields");
    assert_eq!(refused.fault_at("questions"), "too_few");
    let changed = put(&mut mira, &made, 3, quiz("Fuller")).await.expect(StatusCode::OK).json();
    assert_eq!((&changed["slug"], &changed["rev"]), (&json!("full"), &json!(4)), "its address stays");
    app.stop().await;
}

async fn a_deleted_quiz_is_nowhere(place: Place) {
    let app = place.start(&[]).await;
    let (mut mira, mut bo) = (app.person("mira").await, app.person("bo1").await);
    let (made, kept) = (make(&mut mira, quiz("Gone")).await, make(&mut mira, quiz("Kept")).await);
    for quiz in [&made, &kept] {
        publish(&mut mira, quiz, 1).await.expect(StatusCode::OK);
    }
    delete(&mut mira, &made).await.expect(StatusCode::NO_CONTENT);
    delete(&mut mira, &made).await.expect(StatusCode::NO_CONTENT);
    for list in [QUIZZES, "/api/v1/quizzes?text=ports", "/api/v1/quizzes?topic=harbours"] {
        assert_eq!(titles(&mut bo, list).await, ["Kept"], "{list}");
    }
    assert_eq!(titles(&mut mira, "/api/v1/me/quizzes").await, ["Kept"]);
    bo.get(&at(&made)).await.refused(StatusCode::NOT_FOUND, "not_found");
    mira.get(&at(&made)).await.refused(StatusCode::NOT_FOUND, "not_found");
    put(&mut mira, &made, 2, quiz("Back")).await.refused(StatusCode::NOT_FOUND, "not_found");
    app.stop().await;
}

async fn no_byte_of_a_key_reaches_a_stranger(place: Place) {
    let app = place.start(&[]).await;
    let (mut mira, mut bo) = (app.person("mira").await, app.person("bo1").await);
    let made = make(&mut mira, marked()).await;
    publish(&mut mira, &made, 1).await.expect(StatusCode::OK);
    let (one, content) = (at(&made), json!({ "rev": 2, "quiz": quiz("Mine") }));
    let reads = [QUIZZES, "/api/v1/quizzes?text=harbours", "/api/v1/quizzes/topics", "/api/v1/me/quizzes", &one];
    for path in reads {
        let answer = bo.get(path).await.expect(StatusCode::OK);
        assert!(!answer.text().contains(MARKER), "{path}: {}", answer.text());
        let shown = answer.text().contains("Harbours");
        assert_eq!(shown, path != "/api/v1/me/quizzes", "{path}: {}", answer.text());
    }
    let by_key = bo.get(&format!("{QUIZZES}?text={MARKER}")).await.expect(StatusCode::OK).json();
    assert_eq!(by_key["items"], json!([]), "a key is not found by");
    let writes = [
        (Method::PUT, one.clone(), Some(content)),
        (Method::POST, format!("{one}/publish"), Some(json!({ "rev": 2 }))),
        (Method::POST, format!("{one}/unpublish"), Some(json!({ "rev": 2 }))),
        (Method::DELETE, one.clone(), None),
    ];
    for (method, path, body) in writes {
        let refused = bo.send(method, &path, &[], body).await.refused(StatusCode::NOT_FOUND, "not_found");
        assert!(!refused.text().contains(MARKER), "{path}: {}", refused.text());
    }
    assert!(mira.get(&one).await.expect(StatusCode::OK).text().contains(MARKER));
    app.stop().await;
}

async fn quizzes_are_for_those_who_are_signed_in_and_written_with_the_token(place: Place) {
    let app = place.start(&[]).await;
    let mut mira = app.person("mira").await;
    let made = make(&mut mira, quiz("One")).await;
    publish(&mut mira, &made, 1).await.expect(StatusCode::OK);
    let mut nobody = app.browser().await;
    for path in [QUIZZES, "/api/v1/quizzes/topics", "/api/v1/me/quizzes", &at(&made)] {
        nobody.get(path).await.refused(StatusCode::UNAUTHORIZED, "unauthorized");
    }
    mira.csrf = None;
    put(&mut mira, &made, 2, quiz("Two")).await.refused(StatusCode::FORBIDDEN, "csrf");
    delete(&mut mira, &made).await.refused(StatusCode::FORBIDDEN, "csrf");
    app.stop().await;
}

async fn a_long_quiz_is_taken_and_a_longer_body_is_not(place: Place) {
    let app = place.start(&[]).await;
    let mut mira = app.person("mira").await;
    let long = |questions: usize| {
        let question = json!({ "stem": "s".repeat(1_000), "type": "open", "notes": "n".repeat(2_000), "explanation": "e".repeat(2_000) });
        json!({ "title": "Long", "questions": vec![question; questions] })
    };
    let made = make(&mut mira, long(200)).await;
    put(&mut mira, &made, 1, long(199)).await.expect(StatusCode::OK);
    let most = 2 * 1024 * 1024;
    let sent = mira.write(QUIZZES, Uuid::new_v4(), json!({ "title": "t".repeat(most) })).await;
    sent.refused(StatusCode::PAYLOAD_TOO_LARGE, "too_large");
    // Elsewhere a body is as short as ever.
    let rev = json!({ "rev": 2, "more": "x".repeat(64 * 1024) });
    mira.post(&format!("{}/publish", at(&made)), rev).await.refused(StatusCode::PAYLOAD_TOO_LARGE, "too_large");
    app.stop().await;
}

async fn pictures_come_from_the_hosts_that_are_allowed(place: Place) {
    let app = place.start(&[("ALLTHRIVE__QUIZ__IMAGE_HOSTS", "images.example.org, example.net")]).await;
    let mut mira = app.person("mira").await;
    let with = |url: &str| json!({ "title": "Seen", "image": { "url": url, "alt": "A port" } });
    make(&mut mira, with("https://images.example.org/port.png")).await;
    make(&mut mira, with("/img/port.png")).await;
    let elsewhere = mira.write(QUIZZES, Uuid::new_v4(), with("https://elsewhere.example.com/port.png")).await;
    assert_eq!(elsewhere.refused(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields").fault_at("image.url"), "address");
    let policy = mira.get("/").await.header("content-security-policy").to_owned();
    assert!(policy.contains("https://images.example.org") && policy.contains("https://*.example.net"), "{policy}");
    app.stop().await;
}
