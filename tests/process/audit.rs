//! `allthrive audit verify` beside a running server, and after somebody was at its database.

use std::time::{Duration, Instant};

use allthrive_load::{Dice, Person};
use allthrive_store::Statement;
use uuid::Uuid;

use crate::server::{Kind, Server, with_server};

/// Longest wait for the sealer of the server: on a machine that does much else, a turn of it may fail a few times.
const PATIENCE: Duration = Duration::from_secs(120);

/// Signed up, verified, signed in, a room opened: at least.
const WRITTEN: u64 = 4;

#[test]
fn the_audit_trail_is_proved_beside_a_running_server_and_not_once_it_was_touched_on_sqlite() {
    prove(Kind::Sqlite);
}

#[test]
fn the_audit_trail_is_proved_beside_a_running_server_and_not_once_it_was_touched_on_postgres() {
    prove(Kind::Postgres);
}

fn prove(kind: Kind) {
    let mut dice = Dice::of(Uuid::new_v4().as_u64_pair().1);
    with_server(kind, &mut dice, touched);
}

/// The head that the proof tells once everything that was written is sealed.
async fn sealed(server: &Server) -> String {
    let until = Instant::now() + PATIENCE;
    loop {
        let (code, said) = server.beside(&["audit", "verify"]).await;
        assert_eq!(code, 0, "{said}");
        let count = said.split_once("holds: ").and_then(|(_, rest)| rest.split(' ').next()).and_then(|n| n.parse::<u64>().ok());
        if count >= Some(WRITTEN) && said.contains("Every entry is sealed.") {
            return said.lines().find_map(|line| line.strip_prefix("Head: ")).expect("it tells the head").to_owned();
        }
        assert!(Instant::now() < until, "{said}\n{}", server.log());
    }
}

async fn touched(mut server: Server) {
    let mira = Person::enrol(&server.url(), &server.mail(), "mira").await.expect("an account is made as people make one");
    mira.session.open("room", "Lake trip").await.expect("anybody may open a room");
    let head = sealed(&server).await;
    let (code, said) = server.beside(&["audit", "verify", "--head", &head]).await;
    assert_eq!(code, 0, "{said}");
    assert_eq!(server.beside(&["audit", "verify", "--head", "no-head"]).await.0, 2);

    server.kill();
    tamper(&server, &["UPDATE audit SET outcome = 'altered' WHERE action = 'room.open'"]).await;
    let (code, said) = server.beside(&["audit", "verify"]).await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("or its link is not what was sealed") && said.contains("DOES NOT HOLD"), "{said}");

    let cut = [
        "UPDATE audit SET outcome = 'ok' WHERE action = 'room.open'",
        "DELETE FROM audit WHERE sealed_no > 2",
        "DELETE FROM audit WHERE sealed_no IS NULL",
        "DELETE FROM audit_chain WHERE no > 2",
    ];
    tamper(&server, &cut).await;
    let (code, said) = server.beside(&["audit", "verify"]).await;
    assert_eq!(code, 0, "a cut tail is not seen by the chain alone: {said}");
    let (code, said) = server.beside(&["audit", "verify", "--head", &head]).await;
    assert!(code == 1 && said.contains("its tail was cut"), "{said}");
}

async fn tamper(server: &Server, steps: &[&'static str]) {
    let store = server.open_store().await;
    for sql in steps {
        store.engine().run(Statement::new("tamper", sql)).await.expect("whoever has the database can write to it");
    }
    store.close().await;
}
