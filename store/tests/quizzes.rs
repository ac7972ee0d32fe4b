//! Every query about quizzes, on both engines.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::time::Duration;

use allthrive_domain::time::Micros;
use allthrive_protocol::QuizId;
use allthrive_protocol::quiz::{Difficulty, Quiz};
use allthrive_store::quiz_writes::MAX_QUIZZES;
use allthrive_store::{QuizCard, QuizChanged, QuizMade, Statement, Store, Wanted};
use common::Place;
use common::people::{NOW, people, user};
use uuid::Uuid;

on_both! {
    a_quiz_is_read_back_as_it_was_written_by_its_owner_alone,
    a_creation_sent_again_makes_nothing_more,
    a_slug_is_one_authors_and_counts_on,
    a_change_needs_the_rev_and_a_change_sent_again_is_known,
    of_many_changes_to_one_rev_one_is_made,
    a_published_quiz_keeps_its_address_and_is_read_by_all,
    a_deleted_quiz_is_nowhere_and_its_slug_is_free,
    published_quizzes_are_found_by_topic_and_difficulty,
    published_quizzes_are_found_by_words_in_any_script,
    words_of_a_query_language_are_words,
    nothing_of_a_question_is_found,
    lists_go_on_after_a_cursor,
    a_suspended_or_deleted_authors_quizzes_are_not_shown,
    topics_are_counted_without_capitals,
    an_account_has_so_many_quizzes,
    every_step_leaves_its_audit_line,
}

fn id(n: u128) -> QuizId {
    QuizId(Uuid::from_u128(5_000 + n))
}

fn quiz(title: &str) -> Quiz {
    let json = serde_json::json!({
        "title": title, "description": "All about ships", "topic": "Harbour", "difficulty": "advanced", "language": "en",
        "image": { "url": "/img/ship.png", "alt": "A ship" },
        "questions": [{ "stem": "Zebrafish?", "type": "single_choice", "explanation": "quagga", "options": [
            { "text": "okapi", "correct": true }, { "text": "gnu" }] }],
    });
    serde_json::from_value(json).unwrap()
}

fn about(title: &str, topic: &str, difficulty: Difficulty, description: &str) -> Quiz {
    Quiz { topic: topic.to_owned(), difficulty, description: description.to_owned(), ..quiz(title) }
}

fn later(minutes: u32) -> Micros {
    NOW.plus(minutes * Duration::from_secs(60))
}

/// A quiz of that account, published `n` minutes later.
async fn published(store: &Store, owner: u128, n: u32, quiz: Quiz) -> QuizId {
    let id = id(u128::from(n));
    assert_eq!(store.create_quiz(user(owner), id, quiz, NOW).await.unwrap(), QuizMade::Made);
    assert_eq!(store.publish_quiz(user(owner), id, 1, true, later(n)).await.unwrap(), QuizChanged::Rev(2));
    id
}

fn titles(cards: &[QuizCard]) -> Vec<&str> {
    cards.iter().map(|card| card.title.as_str()).collect()
}

async fn found(store: &Store, wanted: Wanted) -> Vec<String> {
    let cards = store.published_quizzes(&wanted, None, 50).await.unwrap();
    titles(&cards).into_iter().map(str::to_owned).collect()
}

fn text(words: &str) -> Wanted {
    Wanted { text: Some(words.to_owned()), ..Wanted::default() }
}

async fn slug(store: &Store, owner: u128, n: u128) -> String {
    store.own_quiz(user(owner), id(n)).await.unwrap().unwrap().card.slug
}

async fn a_quiz_is_read_back_as_it_was_written_by_its_owner_alone(place: Place) {
    let store = place.open().await;
    people(&store, 2).await;
    let quiz = quiz("Ships & Tides");
    assert_eq!(store.create_quiz(user(1), id(1), quiz.clone(), NOW).await.unwrap(), QuizMade::Made);
    let kept = store.own_quiz(user(1), id(1)).await.unwrap().unwrap();
    assert_eq!(kept.quiz, quiz);
    let card = kept.card;
    assert_eq!((card.id, card.owner.id, card.owner.username.as_str(), card.rev), (id(1), user(1), "user1", 1));
    assert_eq!((card.slug.as_str(), card.title.as_str(), card.topic.as_str()), ("ships-tides", "Ships & Tides", "Harbour"));
    assert_eq!((card.difficulty, card.minutes, card.question_count), (Difficulty::Advanced, 1, 1));
    assert_eq!((card.language.as_deref(), card.image), (Some("en"), quiz.image));
    assert_eq!((card.published_at, card.created_at, card.updated_at), (None, NOW, NOW));
    assert_eq!(store.own_quiz(user(2), id(1)).await.unwrap(), None);
    assert_eq!(store.published_quiz(id(1)).await.unwrap(), None);
    assert_eq!(titles(&store.own_quizzes(user(1), None, 10).await.unwrap()), ["Ships & Tides"]);
    assert!(store.own_quizzes(user(2), None, 10).await.unwrap().is_empty());
    assert!(found(&store, Wanted::default()).await.is_empty());
}

async fn a_creation_sent_again_makes_nothing_more(place: Place) {
    let store = place.open().await;
    people(&store, 2).await;
    let create = async |owner: u128, title: &str| store.create_quiz(user(owner), id(1), quiz(title), NOW).await.unwrap();
    assert_eq!(create(1, "One").await, QuizMade::Made);
    assert_eq!(create(1, "One").await, QuizMade::Repeated);
    store.replace_quiz(user(1), id(1), 1, quiz("Changed"), NOW).await.unwrap();
    assert_eq!(create(1, "One").await, QuizMade::Repeated);
    assert_eq!(create(1, "Two").await, QuizMade::Other);
    assert_eq!(create(2, "One").await, QuizMade::Other);
    assert!(store.delete_quiz(user(1), id(1), NOW).await.unwrap());
    assert_eq!(create(1, "One").await, QuizMade::Repeated);
    assert!(store.own_quizzes(user(1), None, 10).await.unwrap().is_empty());
}

async fn a_slug_is_one_authors_and_counts_on(place: Place) {
    let store = place.open().await;
    people(&store, 2).await;
    let many = (1..=6).map(|n| {
        let store = store.clone();
        tokio::spawn(async move { store.create_quiz(user(1), id(n), quiz("Maps"), NOW).await.unwrap() })
    });
    for made in many.collect::<Vec<_>>() {
        assert_eq!(made.await.unwrap(), QuizMade::Made);
    }
    let mut slugs: Vec<String> = store.own_quizzes(user(1), None, 10).await.unwrap().into_iter().map(|card| card.slug).collect();
    slugs.sort();
    assert_eq!(slugs, ["maps", "maps-2", "maps-3", "maps-4", "maps-5", "maps-6"]);
    store.create_quiz(user(2), id(7), quiz("MAPS!"), NOW).await.unwrap();
    assert_eq!(slug(&store, 2, 7).await, "maps");
    // A draft's follows its title, and does not run from itself.
    store.replace_quiz(user(2), id(7), 1, about("Maps", "x", Difficulty::Beginner, ""), NOW).await.unwrap();
    assert_eq!(slug(&store, 2, 7).await, "maps");
    store.replace_quiz(user(2), id(7), 2, quiz("Charts"), NOW).await.unwrap();
    assert_eq!(slug(&store, 2, 7).await, "charts");
}

async fn a_change_needs_the_rev_and_a_change_sent_again_is_known(place: Place) {
    let store = place.open().await;
    people(&store, 2).await;
    store.create_quiz(user(1), id(1), quiz("One"), NOW).await.unwrap();
    let change =
        async |owner: u128, rev: u64, title: &str| store.replace_quiz(user(owner), id(1), rev, quiz(title), later(1)).await.unwrap();
    assert_eq!(change(1, 1, "One").await, QuizChanged::Rev(1));
    assert_eq!(change(1, 1, "Two").await, QuizChanged::Rev(2));
    assert_eq!(change(1, 1, "Two").await, QuizChanged::Rev(2));
    assert_eq!(change(1, 1, "Three").await, QuizChanged::Conflict(2));
    assert_eq!(change(1, 3, "Three").await, QuizChanged::Conflict(2));
    assert_eq!(change(2, 2, "Three").await, QuizChanged::Gone);
    let kept = store.own_quiz(user(1), id(1)).await.unwrap().unwrap();
    assert_eq!((kept.quiz, kept.card.title.as_str(), kept.card.rev, kept.card.updated_at), (quiz("Two"), "Two", 2, later(1)));
}

async fn of_many_changes_to_one_rev_one_is_made(place: Place) {
    let store = place.open().await;
    people(&store, 1).await;
    store.create_quiz(user(1), id(1), quiz("Start"), NOW).await.unwrap();
    let many = (0..8).map(|n| {
        let store = store.clone();
        tokio::spawn(async move { store.replace_quiz(user(1), id(1), 1, quiz(&format!("Of {n}")), NOW).await.unwrap() })
    });
    let mut made = 0;
    for change in many.collect::<Vec<_>>() {
        match change.await.unwrap() {
            QuizChanged::Rev(2) => made += 1,
            other => assert_eq!(other, QuizChanged::Conflict(2)),
        }
    }
    assert_eq!(made, 1);
}

async fn a_published_quiz_keeps_its_address_and_is_read_by_all(place: Place) {
    let store = place.open().await;
    people(&store, 2).await;
    let id = published(&store, 1, 1, quiz("Tides")).await;
    assert_eq!(store.publish_quiz(user(1), id, 1, true, later(5)).await.unwrap(), QuizChanged::Rev(2));
    assert_eq!(store.replace_quiz(user(1), id, 2, quiz("Ebb"), later(2)).await.unwrap(), QuizChanged::Rev(3));
    let card = store.published_quiz(id).await.unwrap().unwrap();
    assert_eq!((card.title.as_str(), card.slug.as_str(), card.rev), ("Ebb", "tides", 3));
    assert_eq!(card.published_at, Some(later(1)));
    assert_eq!(store.publish_quiz(user(2), id, 3, false, NOW).await.unwrap(), QuizChanged::Gone);
    assert_eq!(store.publish_quiz(user(1), id, 2, false, NOW).await.unwrap(), QuizChanged::Conflict(3));
    assert_eq!(store.publish_quiz(user(1), id, 3, false, NOW).await.unwrap(), QuizChanged::Rev(4));
    assert_eq!(store.published_quiz(id).await.unwrap(), None);
    assert!(found(&store, Wanted::default()).await.is_empty());
}

async fn a_deleted_quiz_is_nowhere_and_its_slug_is_free(place: Place) {
    let store = place.open().await;
    people(&store, 2).await;
    let one = published(&store, 1, 1, quiz("Tides")).await;
    assert!(!store.delete_quiz(user(2), one, NOW).await.unwrap());
    assert!(!store.delete_quiz(user(1), id(9), NOW).await.unwrap());
    assert!(store.published_quiz(one).await.unwrap().is_some());
    for _ in 0..2 {
        assert!(store.delete_quiz(user(1), one, later(3)).await.unwrap());
    }
    assert_eq!(store.own_quiz(user(1), one).await.unwrap(), None);
    assert_eq!(store.published_quiz(one).await.unwrap(), None);
    assert!(store.own_quizzes(user(1), None, 10).await.unwrap().is_empty());
    assert!(found(&store, Wanted::default()).await.is_empty());
    assert!(found(&store, text("tides")).await.is_empty());
    assert!(store.quiz_topics().await.unwrap().is_empty());
    assert_eq!(store.replace_quiz(user(1), one, 2, quiz("Back"), NOW).await.unwrap(), QuizChanged::Gone);
    assert_eq!(store.publish_quiz(user(1), one, 2, false, NOW).await.unwrap(), QuizChanged::Gone);
    store.create_quiz(user(1), id(2), quiz("Tides"), NOW).await.unwrap();
    assert_eq!(slug(&store, 1, 2).await, "tides");
}

async fn published_quizzes_are_found_by_topic_and_difficulty(place: Place) {
    let store = place.open().await;
    people(&store, 2).await;
    published(&store, 1, 1, about("A", "Geography", Difficulty::Beginner, "rivers")).await;
    published(&store, 2, 2, about("B", "GEOGRAPHY", Difficulty::Advanced, "rivers")).await;
    published(&store, 1, 3, about("C", "Música", Difficulty::Beginner, "lakes")).await;
    store.create_quiz(user(1), id(4), about("Draft", "Geography", Difficulty::Beginner, "rivers"), NOW).await.unwrap();
    let wanted = |topic: Option<&str>, difficulty: Option<Difficulty>, text: Option<&str>| Wanted {
        topic: topic.map(str::to_owned),
        difficulty,
        text: text.map(str::to_owned),
    };
    let cases: [(Wanted, &[&str]); 9] = [
        (wanted(None, None, None), &["C", "B", "A"]),
        (wanted(Some("geography"), None, None), &["B", "A"]),
        (wanted(Some(" musica "), None, None), &["C"]),
        (wanted(None, Some(Difficulty::Beginner), None), &["C", "A"]),
        (wanted(Some("Geography"), Some(Difficulty::Beginner), None), &["A"]),
        (wanted(Some("geography"), None, Some("riv")), &["B", "A"]),
        (wanted(None, Some(Difficulty::Advanced), Some("riv")), &["B"]),
        (wanted(Some("geography"), Some(Difficulty::Advanced), Some("lake")), &[]),
        (wanted(Some("nothing"), None, None), &[]),
    ];
    for (wanted, expected) in cases {
        assert_eq!(found(&store, wanted.clone()).await, expected, "{wanted:?}");
    }
}

async fn published_quizzes_are_found_by_words_in_any_script(place: Place) {
    let store = place.open().await;
    people(&store, 1).await;
    published(&store, 1, 1, about("Straßen von Zürich", "Stadt", Difficulty::Beginner, "Brücken und Plätze")).await;
    published(&store, 1, 2, about("日本の歴史", "歴史", Difficulty::Beginner, "江戸時代")).await;
    published(&store, 1, 3, about("Реки Сибири", "", Difficulty::Beginner, "")).await;
    let cases = [
        ("strassen", 1),
        ("STRASSEN zur", 1),
        ("brucken", 1),
        ("platze von", 1),
        ("歴史", 2),
        ("日本 江戸", 2),
        ("本", 2),
        ("代", 2),
        ("реки сиб", 3),
        ("stadt", 1),
    ];
    let title = ["", "Straßen von Zürich", "日本の歴史", "Реки Сибири"];
    for (words, which) in cases {
        assert_eq!(found(&store, text(words)).await, [title[which]], "{words}");
    }
    // Of the last word the beginning, of the others the whole; all of them.
    for nothing in ["stra zurich", "strassen rom", "本日", "", "…"] {
        assert!(found(&store, text(nothing)).await.is_empty(), "{nothing}");
    }
    // What was replaced is found by its new words.
    store.replace_quiz(user(1), id(1), 2, about("Wege", "", Difficulty::Beginner, ""), NOW).await.unwrap();
    assert_eq!(found(&store, text("wege")).await, ["Wege"]);
    assert!(found(&store, text("strassen")).await.is_empty());
}

async fn words_of_a_query_language_are_words(place: Place) {
    let store = place.open().await;
    people(&store, 1).await;
    published(&store, 1, 1, about("Logic: and or not near", "", Difficulty::Beginner, "")).await;
    assert_eq!(found(&store, text("AND OR NOT NEAR")).await.len(), 1);
    for hostile in ["\"", "'", "a' | 'b", "words:x", "NEAR(a b)", "* OR z", ":*", "\\", "a\u{1}b", "-logic & !x"] {
        assert!(found(&store, text(hostile)).await.is_empty(), "{hostile}");
    }
}

async fn nothing_of_a_question_is_found(place: Place) {
    let store = place.open().await;
    people(&store, 1).await;
    published(&store, 1, 1, quiz("Animals")).await;
    assert_eq!(found(&store, text("animals ships")).await, ["Animals"]);
    for word in ["zebrafish", "okapi", "gnu", "quagga"] {
        assert!(found(&store, text(word)).await.is_empty(), "{word}");
    }
}

async fn lists_go_on_after_a_cursor(place: Place) {
    let store = place.open().await;
    people(&store, 1).await;
    for n in 1..=5 {
        // Two at a time in one moment.
        let quiz_id = id(u128::from(n));
        store.create_quiz(user(1), quiz_id, quiz(&format!("Q{n}")), later(n / 2)).await.unwrap();
        store.publish_quiz(user(1), quiz_id, 1, true, later(n / 2)).await.unwrap();
    }
    let expected = ["Q5", "Q4", "Q3", "Q2", "Q1"];
    for wanted in [Wanted::default(), text("harbour"), Wanted { topic: Some("harbour".into()), ..Wanted::default() }] {
        let (mut after, mut seen) = (None, Vec::new());
        for _ in 0..3 {
            let page = store.published_quizzes(&wanted, after, 2).await.unwrap();
            after = page.last().map(QuizCard::published_cursor);
            seen.extend(page.into_iter().map(|card| card.title));
        }
        assert_eq!(seen, expected, "{wanted:?}");
    }
    let (mut after, mut seen) = (None, Vec::new());
    for _ in 0..3 {
        let page = store.own_quizzes(user(1), after, 2).await.unwrap();
        after = page.last().map(QuizCard::own_cursor);
        seen.extend(page.into_iter().map(|card| card.title));
    }
    assert_eq!(seen, expected);
}

async fn a_suspended_or_deleted_authors_quizzes_are_not_shown(place: Place) {
    let store = place.open().await;
    people(&store, 2).await;
    let id = published(&store, 1, 1, quiz("Mine")).await;
    published(&store, 2, 2, quiz("Other")).await;
    for column in ["suspended_at", "deleted_at"] {
        let set = |at: Option<Micros>| match column {
            "suspended_at" => Statement::new("suspend", "UPDATE users_all SET suspended_at = $2 WHERE id = $1").bind(user(1)).bind(at),
            _ => Statement::new("delete", "UPDATE users_all SET deleted_at = $2 WHERE id = $1").bind(user(1)).bind(at),
        };
        store.engine().run(set(Some(NOW))).await.unwrap();
        assert_eq!(store.published_quiz(id).await.unwrap(), None, "{column}");
        assert_eq!(found(&store, Wanted::default()).await, ["Other"], "{column}");
        assert_eq!(found(&store, text("mine")).await, Vec::<String>::new(), "{column}");
        assert_eq!(store.quiz_topics().await.unwrap()[0].quizzes, 1, "{column}");
        store.engine().run(set(None)).await.unwrap();
        assert!(store.published_quiz(id).await.unwrap().is_some(), "{column}");
    }
}

async fn topics_are_counted_without_capitals(place: Place) {
    let store = place.open().await;
    people(&store, 1).await;
    for (n, topic) in [(1, "Ships"), (2, "ships"), (3, "Birds"), (4, "")] {
        published(&store, 1, n, about(&format!("Q{n}"), topic, Difficulty::Beginner, "")).await;
    }
    store.create_quiz(user(1), id(9), quiz("A draft"), NOW).await.unwrap();
    let topics: Vec<(String, u64)> = store.quiz_topics().await.unwrap().into_iter().map(|topic| (topic.topic, topic.quizzes)).collect();
    assert_eq!(topics, [("Ships".to_owned(), 2), ("Birds".to_owned(), 1)]);
}

async fn an_account_has_so_many_quizzes(place: Place) {
    let store = place.open().await;
    people(&store, 2).await;
    let copies = Statement::new(
        "copy a quiz",
        "INSERT INTO quizzes_all (id, owner, slug, title, description, topic, topic_key, difficulty, minutes, content, made_of,
            question_count, rev, created_at, updated_at)
         {rows}",
    );
    use allthrive_store::Type::{Bytes, Int, Text, Uuid as Id};
    let columns = &[
        ("id", Id),
        ("owner", Id),
        ("slug", Text),
        ("title", Text),
        ("description", Text),
        ("topic", Text),
        ("topic_key", Text),
        ("difficulty", Text),
        ("minutes", Int),
        ("content", Text),
        ("made_of", Bytes),
        ("question_count", Int),
        ("rev", Int),
        ("created_at", Int),
        ("updated_at", Int),
    ];
    let row = |n: u64| {
        vec![
            id(u128::from(n)).into(),
            user(1).into(),
            format!("copy-{n}").into(),
            "C".into(),
            "".into(),
            "".into(),
            "".into(),
            "beginner".into(),
            1i64.into(),
            "{}".into(),
            [0u8; 32].into(),
            0i64.into(),
            1i64.into(),
            NOW.into(),
            NOW.into(),
        ]
    };
    store.engine().run(copies.list(columns, (1..MAX_QUIZZES).map(row).collect())).await.unwrap();
    let create = async |owner: u128, n: u128| store.create_quiz(user(owner), id(n), quiz("One more"), NOW).await.unwrap();
    assert_eq!(create(1, 50_001).await, QuizMade::Made);
    assert_eq!(create(1, 50_002).await, QuizMade::TooMany);
    assert_eq!(create(1, 50_001).await, QuizMade::Repeated);
    assert_eq!(create(2, 50_003).await, QuizMade::Made);
    assert!(store.delete_quiz(user(1), id(50_001), NOW).await.unwrap());
    assert_eq!(create(1, 50_002).await, QuizMade::Made);
}

async fn every_step_leaves_its_audit_line(place: Place) {
    let store = place.open().await;
    people(&store, 2).await;
    store.create_quiz(user(1), id(1), quiz("One"), NOW).await.unwrap();
    store.create_quiz(user(1), id(1), quiz("One"), NOW).await.unwrap();
    store.replace_quiz(user(1), id(1), 1, quiz("Two"), later(1)).await.unwrap();
    store.replace_quiz(user(1), id(1), 1, quiz("Three"), later(1)).await.unwrap();
    store.publish_quiz(user(1), id(1), 2, true, later(2)).await.unwrap();
    store.publish_quiz(user(1), id(1), 3, false, later(3)).await.unwrap();
    store.delete_quiz(user(2), id(1), later(4)).await.unwrap();
    store.delete_quiz(user(1), id(1), later(4)).await.unwrap();
    let read = Statement::new("audit lines", "SELECT action, actor, target FROM audit ORDER BY at");
    let rows = store.engine().all(read).await.unwrap();
    let lines: Vec<(String, String, String)> =
        rows.iter().map(|row| (row.get(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap())).collect();
    let actions = ["quiz.create", "quiz.update", "quiz.publish", "quiz.unpublish", "quiz.delete"];
    assert_eq!(lines, actions.map(|action| (action.to_owned(), user(1).to_string(), id(1).to_string())));
}
