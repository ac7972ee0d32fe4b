//! Quizzes as files over REST, and how often quizzes are written and listed.

use awc::http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::helpers::{Answer, Browser, Place};

crate::stories! {
    a_file_comes_in_and_goes_out_again,
    a_table_keeps_what_fits_and_names_every_other_row,
    pictures_from_elsewhere_and_questions_too_many_are_named,
    a_dry_run_makes_nothing,
    a_file_that_is_none_is_refused,
    an_export_is_for_the_author_alone,
    writing_and_listing_have_their_limits,
}

const QUIZZES: &str = "/api/v1/quizzes";

const GIFT: &str = "$CATEGORY: Ports\n\nIs it deep? {T}\n\nWhich one? {=This ~That}\n\nBroken? {=a\n";

async fn import(browser: &mut Browser, query: &str, file: &[u8]) -> Answer {
    let key = Uuid::new_v4().to_string();
    let path = format!("{QUIZZES}/import?{query}");
    browser.send_bytes(Method::POST, &path, &[("idempotency-key", &key)], Some(file.to_vec())).await
}

async fn own(browser: &mut Browser) -> usize {
    browser.get("/api/v1/me/quizzes").await.expect(StatusCode::OK).json()["items"].as_array().unwrap().len()
}

async fn a_file_comes_in_and_goes_out_again(place: Place) {
    let app = place.start(&[]).await;
    let mut mira = app.person("mira").await;
    let came = import(&mut mira, "format=gift", GIFT.as_bytes()).await.expect(StatusCode::CREATED).json();
    let made = &came["made"];
    assert_eq!((&made["quiz"]["title"], &made["rev"]), (&json!("Ports"), &json!(1)));
    assert_eq!(made["quiz"]["questions"].as_array().unwrap().len(), 2);
    assert_eq!((&came["lines"], came["errors"].as_array().unwrap().len()), (&json!([3, 5]), 1), "{came}");
    let export = format!("{QUIZZES}/{}/export?format=", made["id"].as_str().unwrap());
    let gift = mira.get(&format!("{export}gift")).await.expect(StatusCode::OK);
    assert!(gift.header("content-disposition").starts_with("attachment;"));
    let again = import(&mut mira, "format=gift", &gift.body).await.expect(StatusCode::CREATED).json();
    assert_eq!(again["made"]["quiz"], made["quiz"]);
    let json = mira.get(&format!("{export}json")).await.expect(StatusCode::OK);
    assert_eq!(json.json()["quiz"], made["quiz"]);
    let again = import(&mut mira, "format=json", &json.body).await.expect(StatusCode::CREATED).json();
    assert_eq!(again["made"]["quiz"], made["quiz"]);
    mira.get(&format!("{export}exe")).await.refused(StatusCode::BAD_REQUEST, "bad_request");
    app.stop().await;
}

async fn a_table_keeps_what_fits_and_names_every_other_row(place: Place) {
    let app = place.start(&[]).await;
    let mut mira = app.person("mira").await;
    let table = "Question,Answer 1,Answer 2,Time limit (sec),Correct answer(s)\nOne?,=a,b,20,1\nTwo?,a,,20,2\nThree?,a,b,20,\n";
    let lines = |came: &Value| came["errors"].as_array().unwrap().iter().map(|row| row["line"].as_u64().unwrap()).collect::<Vec<_>>();
    let came = import(&mut mira, "format=csv&title=Table", table.as_bytes()).await.expect(StatusCode::CREATED).json();
    assert_eq!(lines(&came), [3, 4], "{came}");
    assert_eq!(came["made"]["quiz"]["questions"][0]["options"][0]["text"], "=a");
    assert!(came["errors"].as_array().unwrap().iter().all(|row| row["code"].is_string() && row["message"].is_string()));
    let came = import(&mut mira, "format=csv&keyless=survey", table.as_bytes()).await.expect(StatusCode::CREATED).json();
    assert_eq!(lines(&came), [3], "{came}");
    import(&mut mira, "format=csv&keyless=x", table.as_bytes()).await.refused(StatusCode::BAD_REQUEST, "bad_request");
    app.stop().await;
}

async fn pictures_from_elsewhere_and_questions_too_many_are_named(place: Place) {
    let app = place.start(&[]).await;
    let mut mira = app.person("mira").await;
    let image = json!({ "url": "https://elsewhere.example/a.png", "alt": "a" });
    let mut questions = vec![json!({ "stem": "q", "type": "true_false", "key": true }); 202];
    questions[0]["image"] = image.clone();
    let file = json!({ "format": 1, "quiz": { "title": "T", "image": image, "questions": questions } });
    let came = import(&mut mira, "format=json", file.to_string().as_bytes()).await.expect(StatusCode::CREATED).json();
    assert_eq!(came["made"]["quiz"]["questions"].as_array().unwrap().len(), 200);
    assert_eq!(came["made"]["quiz"].get("image"), None);
    let rows = |list: &str| came[list].as_array().unwrap().iter().map(|row| row["code"].clone()).collect::<Vec<_>>();
    assert_eq!((rows("errors"), rows("warnings")), (vec![json!("address"), json!("too_many_questions")], vec![json!("address")]));
    app.stop().await;
}

async fn a_dry_run_makes_nothing(place: Place) {
    let app = place.start(&[]).await;
    let mut mira = app.person("mira").await;
    let seen = import(&mut mira, "format=gift&dry_run=1&title=Mine", GIFT.as_bytes()).await.expect(StatusCode::OK).json();
    assert_eq!((&seen["quiz"]["title"], &seen["made"]), (&json!("Mine"), &Value::Null));
    assert_eq!(own(&mut mira).await, 0);
    app.stop().await;
}

async fn a_file_that_is_none_is_refused(place: Place) {
    let app = place.start(&[]).await;
    let mut mira = app.person("mira").await;
    let unfit = [("format=gift", &b"\xFF\xFE"[..], "not_utf8"), ("format=gift", b"", "empty")];
    for (query, file, code) in unfit {
        let refused = import(&mut mira, query, file).await.refused(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields");
        assert_eq!(refused.fault_at("file"), code);
    }
    import(&mut mira, "format=xlsx", b"no workbook").await.refused(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields");
    import(&mut mira, "format=exe", b"x").await.refused(StatusCode::BAD_REQUEST, "bad_request");
    import(&mut mira, "format=xlsx", &vec![b'x'; 5_000_001]).await.refused(StatusCode::PAYLOAD_TOO_LARGE, "too_large");
    assert_eq!(own(&mut mira).await, 0);
    app.stop().await;
}

async fn an_export_is_for_the_author_alone(place: Place) {
    let app = place.start(&[]).await;
    let (mut mira, mut bo) = (app.person("mira").await, app.person("bo1").await);
    let came = import(&mut mira, "format=gift", GIFT.as_bytes()).await.expect(StatusCode::CREATED).json();
    let one = format!("{QUIZZES}/{}", came["made"]["id"].as_str().unwrap());
    mira.post(&format!("{one}/publish"), json!({ "rev": 1 })).await.expect(StatusCode::OK);
    bo.get(&one).await.expect(StatusCode::OK);
    for format in ["gift", "json"] {
        bo.get(&format!("{one}/export?format={format}")).await.refused(StatusCode::NOT_FOUND, "not_found");
    }
    app.stop().await;
}

async fn writing_and_listing_have_their_limits(place: Place) {
    let app = place.start(&[("ALLTHRIVE__LIMITS__QUIZ_WRITES_PER_HOUR", "2"), ("ALLTHRIVE__LIMITS__QUIZ_PAGES_PER_HOUR", "1")]).await;
    let (mut mira, mut bo) = (app.person("mira").await, app.person("bo1").await);
    let quiz = json!({ "title": "One" });
    let made = mira.write(QUIZZES, Uuid::new_v4(), quiz.clone()).await.expect(StatusCode::CREATED).json();
    let one = format!("{QUIZZES}/{}", made["id"].as_str().unwrap());
    mira.send(Method::PUT, &one, &[], Some(json!({ "rev": 1, "quiz": { "title": "Two" } }))).await.expect(StatusCode::OK);
    let refused = mira.send(Method::DELETE, &one, &[], None).await.refused(StatusCode::TOO_MANY_REQUESTS, "rate_limited");
    assert_eq!((refused.header("ratelimit-limit"), refused.header("retry-after")), ("2", "3600"));
    import(&mut mira, "format=gift", GIFT.as_bytes()).await.refused(StatusCode::TOO_MANY_REQUESTS, "rate_limited");
    bo.write(QUIZZES, Uuid::new_v4(), quiz).await.expect(StatusCode::CREATED);
    mira.get(QUIZZES).await.expect(StatusCode::OK);
    mira.get(QUIZZES).await.refused(StatusCode::TOO_MANY_REQUESTS, "rate_limited");
    bo.get(QUIZZES).await.expect(StatusCode::OK);
    app.clock.advance(std::time::Duration::from_secs(3_601));
    mira.sign_in("mira").await.expect(StatusCode::OK);
    mira.get(QUIZZES).await.expect(StatusCode::OK);
    app.stop().await;
}
