//! `allthrive seed-demo`, and the server on what it leaves.

use allthrive_client::Session;
use allthrive_load::Dice;
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

async fn made_twice(mut server: Server) {
    if server.database().is_none() {
        let (code, said) = server.beside(&["seed-demo"]).await;
        assert!(code != 0 && said.contains("open. Stop it"), "an SQLite file belongs to one process: {said}");
        server.kill();
    }
    let (code, said) = server.beside(&["seed-demo"]).await;
    assert_eq!(code, 0, "{said}");
    let password = said.trim_end().rsplit(' ').next().unwrap_or_default().to_owned();
    server.restart();
    let first = conversations(&server, &password).await;
    let titles: Vec<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
    for title in ["Lobby", "Thursday quiz crew", "Kitchen table", "@bolin", "@amal"] {
        assert!(titles.contains(&title), "{titles:?}");
    }
    server.kill();
    let (code, said) = server.beside(&["seed-demo"]).await;
    assert!(code == 0 && said.contains("there before"), "{said}");
    server.restart();
    assert_eq!(conversations(&server, &password).await, first);
}

/// What Zoë has, with each top.
async fn conversations(server: &Server, password: &str) -> Vec<(String, u64)> {
    let zoe = Session::sign_in(&server.url(), "zoe", password).await.expect("the password that was told is hers");
    let all = zoe.conversations().await.expect("a person reads the own conversations");
    all.iter().map(|conversation| (conversation.name(), conversation.top)).collect()
}
