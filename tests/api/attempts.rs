//! Quizzes taken alone: how often, how long, what is kept, and when what is right is told.

use std::time::Duration;

use awc::http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::helpers::{Answer, Browser, Place};

crate::stories! {
    somebody_takes_a_quiz_and_hands_it_in,
    nothing_of_a_key_is_told_before_the_policy_says_so,
    each_question_tells_what_is_right_once_it_is_answered,
    an_answer_sent_again_is_taken_once_and_a_changed_one_counts,
    the_servers_clock_ends_an_attempt,
    an_attempt_goes_on_on_another_device_and_is_its_owners_alone,
    attempts_run_out_and_the_mean_counts,
    an_attempt_keeps_the_quiz_it_began_with,
    starts_and_answers_have_their_limits,
    rules_are_the_authors,
}

/// Words that stand in keys, explanations and notes alone.
const SECRETS: [&str; 7] = ["okapi-why", "okapi-note", "okapi-feedback", "okapi-text", "424242", "solution", "verdict"];

fn quiz() -> Value {
    json!({ "title": "Alone", "topic": "t", "questions": [
        { "stem": "One?", "type": "single_choice", "points": 1000, "explanation": "okapi-why", "notes": "okapi-note",
          "options": [{ "text": "Yes", "correct": true, "feedback": "okapi-feedback" }, { "text": "No" }] },
        { "stem": "Number?", "type": "numeric", "value": 424_242, "points": 500, "explanation": "okapi-why" },
        { "stem": "Word?", "type": "short_text", "accepted": [{ "text": "okapi-text", "percent": 100 }], "points": 500 },
        { "stem": "Sort", "type": "ordering", "items": ["c", "a", "b"], "points": 500 },
        { "stem": "A slide", "type": "slide" }] })
}

/// A published quiz of that author with these rules.
async fn published(author: &mut Browser, rules: Value) -> String {
    let made = author.write("/api/v1/quizzes", Uuid::new_v4(), quiz()).await.expect(StatusCode::CREATED).json();
    let one = format!("/api/v1/quizzes/{}", made["id"].as_str().unwrap());
    author.post(&format!("{one}/publish"), json!({ "rev": 1 })).await.expect(StatusCode::OK);
    author.send(Method::PUT, &format!("{one}/rules"), &[], Some(rules)).await.expect(StatusCode::OK);
    one
}

async fn start(who: &mut Browser, quiz: &str) -> Answer {
    who.post(&format!("{quiz}/start"), json!({})).await
}

fn at(attempt: &Value) -> String {
    format!("/api/v1/attempts/{}", attempt["id"].as_str().unwrap())
}

async fn answer(who: &mut Browser, attempt: &Value, q: usize, cmid: Uuid, choice: Value) -> Answer {
    who.send(Method::PUT, &format!("{}/answers/{q}", at(attempt)), &[], Some(json!({ "cmid": cmid, "choice": choice }))).await
}

/// The option of the first question with this text.
fn option(attempt: &Value, text: &str) -> Value {
    let options = attempt["questions"][0]["form"]["options"].as_array().unwrap();
    json!({ "options": [options.iter().find(|option| option["text"] == text).unwrap()["id"]] })
}

#[track_caller]
fn tells_nothing(answer: &Answer) {
    for secret in SECRETS {
        assert!(!answer.text().contains(secret), "{secret} in {}", answer.text());
    }
}

async fn somebody_takes_a_quiz_and_hands_it_in(place: Place) {
    let app = place.start(&[]).await;
    let (mut mira, mut bo) = (app.person("mira").await, app.person("bo1").await);
    let quiz = published(&mut mira, json!({})).await;
    let begun = start(&mut bo, &quiz).await.expect(StatusCode::CREATED).json();
    assert_eq!(
        (&begun["state"], &begun["no"], &begun["questions"][4]["form"]["form"]),
        (&json!("in_progress"), &json!(1), &json!("nothing"))
    );
    answer(&mut bo, &begun, 0, Uuid::new_v4(), option(&begun, "Yes")).await.expect(StatusCode::OK);
    answer(&mut bo, &begun, 1, Uuid::new_v4(), json!({ "number": 424_242 })).await.expect(StatusCode::OK);
    let refused = answer(&mut bo, &begun, 1, Uuid::new_v4(), json!({ "text": "x" })).await;
    assert_eq!(refused.refused(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields").fault_at("choice"), "invalid");
    answer(&mut bo, &begun, 4, Uuid::new_v4(), json!({ "text": "x" })).await.refused(StatusCode::NOT_FOUND, "not_found");
    let ended = bo.post(&format!("{}/submit", at(&begun)), json!({})).await.expect(StatusCode::OK).json();
    assert_eq!((&ended["state"], &ended["score"]), (&json!("submitted"), &json!({ "points": 1500, "most": 2500, "correct": 2, "of": 4 })));
    assert_eq!(ended["questions"][0]["verdict"]["feedback"], json!(["okapi-feedback"]));
    assert_eq!(ended["questions"][2]["verdict"]["solution"]["accepted"], json!(["okapi-text"]));
    let late = answer(&mut bo, &begun, 2, Uuid::new_v4(), json!({ "text": "okapi-text" })).await;
    late.refused(StatusCode::CONFLICT, "attempt_ended");
    let again = bo.post(&format!("{}/submit", at(&begun)), json!({})).await.expect(StatusCode::OK).json();
    assert_eq!(again["score"], ended["score"], "handed in twice is handed in once");
    let all = bo.get(&format!("{quiz}/attempts")).await.expect(StatusCode::OK).json();
    assert_eq!((&all["counting"], &all["items"][0]["score"]["points"]), (&json!(1500), &json!(1500)));
    let own = bo.get("/api/v1/me/attempts").await.expect(StatusCode::OK).json();
    assert_eq!((&own["items"][0]["title"], own["items"].as_array().unwrap().len()), (&json!("Alone"), 1));
    app.stop().await;
}

async fn nothing_of_a_key_is_told_before_the_policy_says_so(place: Place) {
    let app = place.start(&[]).await;
    let (mut mira, mut bo) = (app.person("mira").await, app.person("bo1").await);
    for feedback in ["after_submit", "after_close"] {
        app.clock.advance(Duration::from_secs(1));
        let closes = app.clock.now().millis() + 600_000;
        let quiz = published(&mut mira, json!({ "feedback": feedback, "closes_ts": closes })).await;
        let begun = start(&mut bo, &quiz).await.expect(StatusCode::CREATED);
        tells_nothing(&begun);
        let attempt = begun.json();
        for choice in ["No", "Yes"] {
            tells_nothing(&answer(&mut bo, &attempt, 0, Uuid::new_v4(), option(&attempt, choice)).await.expect(StatusCode::OK));
        }
        tells_nothing(&answer(&mut bo, &attempt, 1, Uuid::new_v4(), json!({ "number": 7 })).await.expect(StatusCode::OK));
        tells_nothing(&bo.get(&at(&attempt)).await.expect(StatusCode::OK));
        tells_nothing(&bo.get(&format!("{quiz}/attempts")).await.expect(StatusCode::OK));
        let ended = bo.post(&format!("{}/submit", at(&attempt)), json!({})).await.expect(StatusCode::OK);
        if feedback == "after_close" {
            tells_nothing(&ended);
            for path in [at(&attempt), format!("{quiz}/attempts"), "/api/v1/me/attempts?limit=1".to_owned()] {
                let seen = bo.get(&path).await.expect(StatusCode::OK);
                tells_nothing(&seen);
                assert!(!seen.text().contains("\"score\""), "points tell of keys: {}", seen.text());
            }
            app.clock.advance(Duration::from_secs(601));
        }
        let open = bo.get(&at(&attempt)).await.expect(StatusCode::OK).json();
        assert_eq!((&open["questions"][0]["verdict"]["explanation"], &open["score"]["points"]), (&json!("okapi-why"), &json!(1000)));
    }
    app.stop().await;
}

async fn each_question_tells_what_is_right_once_it_is_answered(place: Place) {
    let app = place.start(&[]).await;
    let (mut mira, mut bo) = (app.person("mira").await, app.person("bo1").await);
    let quiz = published(&mut mira, json!({ "feedback": "after_each" })).await;
    let begun = start(&mut bo, &quiz).await.expect(StatusCode::CREATED);
    tells_nothing(&begun);
    let attempt = begun.json();
    let (cmid, wrong) = (Uuid::new_v4(), option(&attempt, "No"));
    let told = answer(&mut bo, &attempt, 0, cmid, wrong.clone()).await.expect(StatusCode::OK).json();
    assert_eq!((&told["verdict"]["credit"], &told["verdict"]["points"]), (&json!(0), &json!(0)));
    assert_eq!(told["verdict"]["explanation"], "okapi-why");
    let again = answer(&mut bo, &attempt, 0, cmid, wrong).await.expect(StatusCode::OK).json();
    assert_eq!(again["verdict"], told["verdict"]);
    let other = answer(&mut bo, &attempt, 0, Uuid::new_v4(), option(&attempt, "Yes")).await;
    other.refused(StatusCode::CONFLICT, "already_answered");
    let seen = bo.get(&at(&attempt)).await.expect(StatusCode::OK);
    for secret in ["424242", "okapi-text", "okapi-feedback"] {
        assert!(!seen.text().contains(secret), "{secret}: the others tell nothing");
    }
    app.stop().await;
}

async fn an_answer_sent_again_is_taken_once_and_a_changed_one_counts(place: Place) {
    let app = place.start(&[]).await;
    let (mut mira, mut bo) = (app.person("mira").await, app.person("bo1").await);
    let quiz = published(&mut mira, json!({})).await;
    let attempt = start(&mut bo, &quiz).await.expect(StatusCode::CREATED).json();
    let first = Uuid::new_v4();
    answer(&mut bo, &attempt, 1, first, json!({ "number": 1 })).await.expect(StatusCode::OK);
    answer(&mut bo, &attempt, 1, Uuid::new_v4(), json!({ "number": 2 })).await.expect(StatusCode::OK);
    answer(&mut bo, &attempt, 1, first, json!({ "number": 1 })).await.expect(StatusCode::OK);
    let seen = bo.get(&at(&attempt)).await.expect(StatusCode::OK).json();
    assert_eq!(seen["questions"][1]["answer"], json!({ "number": 2.0 }), "what comes late again does not win");
    app.stop().await;
}

async fn the_servers_clock_ends_an_attempt(place: Place) {
    let app = place.start(&[]).await;
    let (mut mira, mut bo) = (app.person("mira").await, app.person("bo1").await);
    let quiz = published(&mut mira, json!({ "minutes": 5 })).await;
    let attempt = bo.post(&format!("{quiz}/start"), json!({ "factor": "1.5" })).await.expect(StatusCode::CREATED).json();
    assert_eq!(attempt["deadline_in_ms"], 450_000);
    answer(&mut bo, &attempt, 1, Uuid::new_v4(), json!({ "number": 424_242 })).await.expect(StatusCode::OK);
    app.clock.advance(Duration::from_millis(450_400));
    answer(&mut bo, &attempt, 2, Uuid::new_v4(), json!({ "text": "okapi-text" })).await.expect(StatusCode::OK);
    app.clock.advance(Duration::from_millis(101));
    let late = answer(&mut bo, &attempt, 3, Uuid::new_v4(), json!({ "text": "x" })).await;
    late.refused(StatusCode::CONFLICT, "attempt_ended");
    let seen = bo.get(&at(&attempt)).await.expect(StatusCode::OK).json();
    assert_eq!((&seen["state"], &seen["ended_ts"]), (&json!("auto_submitted"), &seen["deadline_ts"]));
    assert_eq!(seen["score"]["points"], 1000, "what was answered counts");
    let next = start(&mut bo, &quiz).await.expect(StatusCode::CREATED).json();
    assert_eq!(next["no"], 2);
    app.stop().await;
}

async fn an_attempt_goes_on_on_another_device_and_is_its_owners_alone(place: Place) {
    let app = place.start(&[]).await;
    let (mut mira, mut bo) = (app.person("mira").await, app.person("bo1").await);
    let quiz = published(&mut mira, json!({})).await;
    let attempt = start(&mut bo, &quiz).await.expect(StatusCode::CREATED).json();
    answer(&mut bo, &attempt, 1, Uuid::new_v4(), json!({ "number": 3 })).await.expect(StatusCode::OK);
    let mut phone = app.browser().await;
    phone.sign_in("bo1").await.expect(StatusCode::OK);
    let same = start(&mut phone, &quiz).await.expect(StatusCode::OK).json();
    assert_eq!((&same["id"], &same["questions"][1]["answer"]), (&attempt["id"], &json!({ "number": 3.0 })));
    assert_eq!(same["questions"][0]["form"], attempt["questions"][0]["form"], "the same ids in the same order");
    mira.get(&at(&attempt)).await.refused(StatusCode::NOT_FOUND, "not_found");
    answer(&mut mira, &attempt, 1, Uuid::new_v4(), json!({ "number": 1 })).await.refused(StatusCode::NOT_FOUND, "not_found");
    for step in ["submit", "abandon"] {
        mira.post(&format!("{}/{step}", at(&attempt)), json!({})).await.refused(StatusCode::NOT_FOUND, "not_found");
    }
    bo.get("/api/v1/attempts/x").await.refused(StatusCode::NOT_FOUND, "not_found");
    app.stop().await;
}

async fn attempts_run_out_and_the_mean_counts(place: Place) {
    let app = place.start(&[]).await;
    let (mut mira, mut bo) = (app.person("mira").await, app.person("bo1").await);
    let quiz = published(&mut mira, json!({ "attempts": 2, "counts": "mean" })).await;
    for (number, step) in [(424_242, "submit"), (1, "abandon")] {
        let attempt = start(&mut bo, &quiz).await.expect(StatusCode::CREATED).json();
        answer(&mut bo, &attempt, 1, Uuid::new_v4(), json!({ "number": number })).await.expect(StatusCode::OK);
        bo.post(&format!("{}/{step}", at(&attempt)), json!({})).await.expect(StatusCode::OK);
    }
    start(&mut bo, &quiz).await.refused(StatusCode::CONFLICT, "no_attempts_left");
    let all = bo.get(&format!("{quiz}/attempts")).await.expect(StatusCode::OK).json();
    assert_eq!((&all["counting"], &all["items"][1]["state"]), (&json!(250), &json!("abandoned")));
    let closes = app.clock.now().millis();
    mira.send(Method::PUT, &format!("{quiz}/rules"), &[], Some(json!({ "closes_ts": closes }))).await.expect(StatusCode::OK);
    start(&mut bo, &quiz).await.refused(StatusCode::CONFLICT, "closed");
    app.stop().await;
}

async fn an_attempt_keeps_the_quiz_it_began_with(place: Place) {
    let app = place.start(&[]).await;
    let (mut mira, mut bo) = (app.person("mira").await, app.person("bo1").await);
    let one = published(&mut mira, json!({})).await;
    let attempt = start(&mut bo, &one).await.expect(StatusCode::CREATED).json();
    let mut other = quiz();
    other["questions"][1]["value"] = json!(1);
    mira.send(Method::PUT, &one, &[], Some(json!({ "rev": 2, "quiz": other }))).await.expect(StatusCode::OK);
    mira.send(Method::DELETE, &one, &[], None).await.expect(StatusCode::NO_CONTENT);
    answer(&mut bo, &attempt, 1, Uuid::new_v4(), json!({ "number": 424_242 })).await.expect(StatusCode::OK);
    let ended = bo.post(&format!("{}/submit", at(&attempt)), json!({})).await.expect(StatusCode::OK).json();
    assert_eq!(ended["score"]["points"], 500);
    start(&mut bo, &one).await.refused(StatusCode::NOT_FOUND, "not_found");
    app.stop().await;
}

async fn starts_and_answers_have_their_limits(place: Place) {
    let limits = [("ALLTHRIVE__LIMITS__QUIZ_STARTS_PER_HOUR", "1"), ("ALLTHRIVE__LIMITS__QUIZ_ANSWERS_PER_MINUTE", "2")];
    let app = place.start(&limits).await;
    let (mut mira, mut bo) = (app.person("mira").await, app.person("bo1").await);
    let quiz = published(&mut mira, json!({})).await;
    let attempt = start(&mut bo, &quiz).await.expect(StatusCode::CREATED).json();
    start(&mut bo, &quiz).await.expect(StatusCode::OK);
    for number in [1, 2] {
        answer(&mut bo, &attempt, 1, Uuid::new_v4(), json!({ "number": number })).await.expect(StatusCode::OK);
    }
    let often = answer(&mut bo, &attempt, 1, Uuid::new_v4(), json!({ "number": 3 })).await;
    often.refused(StatusCode::TOO_MANY_REQUESTS, "rate_limited");
    app.clock.advance(Duration::from_secs(61));
    answer(&mut bo, &attempt, 1, Uuid::new_v4(), json!({ "number": 3 })).await.expect(StatusCode::OK);
    bo.post(&format!("{}/submit", at(&attempt)), json!({})).await.expect(StatusCode::OK);
    start(&mut bo, &quiz).await.refused(StatusCode::TOO_MANY_REQUESTS, "rate_limited");
    start(&mut mira, &quiz).await.expect(StatusCode::CREATED);
    app.stop().await;
}

async fn rules_are_the_authors(place: Place) {
    let app = place.start(&[]).await;
    let (mut mira, mut bo) = (app.person("mira").await, app.person("bo1").await);
    let quiz = published(&mut mira, json!({ "attempts": 3, "feedback": "after_each" })).await;
    let rules = format!("{quiz}/rules");
    bo.send(Method::PUT, &rules, &[], Some(json!({}))).await.refused(StatusCode::NOT_FOUND, "not_found");
    let faults = mira.send(Method::PUT, &rules, &[], Some(json!({ "attempts": 0, "minutes": 100_000 }))).await;
    let faults = faults.refused(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields");
    assert_eq!((faults.fault_at("attempts"), faults.fault_at("minutes")), ("out_of_range".into(), "out_of_range".into()));
    let seen = bo.get(&format!("{quiz}/attempts")).await.expect(StatusCode::OK).json();
    assert_eq!((&seen["rules"]["attempts"], &seen["rules"]["feedback"]), (&json!(3), &json!("after_each")));
    app.stop().await;
}
