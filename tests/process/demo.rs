//! `allthrive seed-demo`, and the server on what it leaves.

use std::cell::RefCell;

use allthrive_client::Session;
use allthrive_load::Dice;
use allthrive_store::{Statement, Wanted};
use uuid::Uuid;

use crate::server::{Kind, Server, with_server};

#[test]
fn a_demo_is_signed_in_to_and_is_the_same_when_it_is_made_again_on_sqlite() {
    with_server(Kind::Sqlite, &mut Dice::of(Uuid::new_v4().as_u64_pair().1), made_twice);
}

#[test]
fn a_demo_is_signed_in_to_and_is_the_same_when_it_is_made_again_on_postgres() {
    with_server(Kind::Postgres, &mut Dice::of(Uuid::new_v4().as_u64_pair().1), made_twice);
}

#[test]
fn a_demo_that_is_interrupted_is_whole_when_it_is_run_again_and_tells_its_password_on_sqlite() {
    interrupted(Kind::Sqlite);
}

#[test]
fn a_demo_that_is_interrupted_is_whole_when_it_is_run_again_and_tells_its_password_on_postgres() {
    interrupted(Kind::Postgres);
}

fn interrupted(kind: Kind) {
    let dice = &mut Dice::of(Uuid::new_v4().as_u64_pair().1);
    let whole = RefCell::new(Vec::new());
    with_server(kind, dice, async |mut server| {
        server.kill();
        let password = seeded(&server).await;
        server.restart();
        *whole.borrow_mut() = conversations(&server, &password).await;
    });
    let lines = 1 + dice.below(4);
    with_server(kind, dice, async |mut server| {
        server.kill();
        server.beside_until(&["seed-demo"], "Conversation ", lines).await;
        // Nobody knows where in the making of a person it is killed, either.
        let store = server.open_store().await;
        let half = Statement::new("unverify", "UPDATE users_all SET email_verified_at = NULL WHERE username = 'zoe'");
        assert_eq!(store.engine().run(half).await.expect("the store answers"), 1);
        store.close().await;
        let password = seeded(&server).await;
        server.restart();
        assert_eq!(conversations(&server, &password).await, *whole.borrow(), "killed in conversation {lines}");
    });
}

/// Fills the database of a server that does not run; the password that is told.
async fn seeded(server: &Server) -> String {
    let (code, said) = server.beside(&["seed-demo"]).await;
    assert_eq!(code, 0, "{said}");
    said.trim_end().rsplit(' ').next().unwrap_or_default().to_owned()
}

async fn made_twice(mut server: Server) {
    if server.database().is_none() {
        let (code, said) = server.beside(&["seed-demo"]).await;
        assert!(code != 0 && said.contains("open. Stop it"), "an SQLite file belongs to one process: {said}");
        server.kill();
    }
    let password = seeded(&server).await;
    server.restart();
    let first = conversations(&server, &password).await;
    let titles: Vec<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
    for title in ["Lobby", "Thursday quiz crew", "Kitchen table", "@bolin", "@amal"] {
        assert!(titles.contains(&title), "{titles:?}");
    }
    server.kill();
    assert_eq!(seeded(&server).await, password, "it is told again");
    let store = server.open_store().await;
    let quizzes = store.published_quizzes(&Wanted::default(), None, 100).await.expect("the store answers");
    assert_eq!(quizzes.iter().filter(|quiz| quiz.owner.username == "zoe").count(), 5, "each is there once");
    store.close().await;
    server.restart();
    assert_eq!(conversations(&server, &password).await, first);
}

/// What Zoë has, with each top.
async fn conversations(server: &Server, password: &str) -> Vec<(String, u64)> {
    let zoe = Session::sign_in(&server.url(), "zoe", password).await.expect("the password that was told is hers");
    let all = zoe.conversations().await.expect("a person reads the own conversations");
    all.iter().map(|conversation| (conversation.name(), conversation.top)).collect()
}
