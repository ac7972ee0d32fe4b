//! Resume over the real server, as a property: whatever clients say, wherever their lines are cut, however
//! often the server is stopped and started, everybody ends with the same log, each number once.

use std::time::Duration;

use allthrive_client::log::Told;
use allthrive_load::{Crowd, Person, check::Truth};
use allthrive_protocol::{RoomId, Seq};
use allthrive_store::{Store, StoreConfig};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::helpers::{Engine, Place, tell};

/// Clients of two people, in two rooms.
const CLIENTS: usize = 4;
const WITHIN: Duration = Duration::from_secs(60);

/// What may happen to a crowd.
#[derive(Debug, Clone)]
enum Act {
    Say(usize, usize),
    Flood(usize, usize),
    Cut(usize),
    HangUp(usize),
    ComeBack(usize),
    Restart,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let (client, room) = (0..CLIENTS, 0..2usize);
    let act = prop_oneof![
        8 => (client.clone(), room.clone()).prop_map(|(c, r)| Act::Say(c, r)),
        1 => (client.clone(), room).prop_map(|(c, r)| Act::Flood(c, r)),
        3 => client.clone().prop_map(Act::Cut),
        2 => client.clone().prop_map(Act::HangUp),
        2 => client.prop_map(Act::ComeBack),
        1 => Just(Act::Restart),
    ];
    proptest::collection::vec(act, 10..40)
}

fn everybody_ends_with_the_same_log(engine: Engine, cases: u32) {
    let config = Config { cases, max_shrink_iters: 8, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&acts(), |acts| {
        tell(engine, |place| play(place, acts));
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

async fn play(place: Place, acts: Vec<Act>) {
    let mut app = place.start(&[]).await;
    let port = app.port();
    let mut people = Vec::new();
    for name in ["ana", "bo-n"] {
        people.push(Person::enrol(&app.address, app.mail(), name).await.unwrap().session);
    }
    let mut rooms = Vec::new();
    for title in ["Lake", "Hill"] {
        let room = people[0].open("room", title).await.unwrap().id;
        people[1].join(room).await.unwrap();
        rooms.push(room);
    }
    let crowd = Crowd::listen(&people, &rooms, CLIENTS);
    for (n, act) in acts.iter().enumerate() {
        match *act {
            Act::Say(client, room) => crowd.say(client, rooms[room], format!("text {n}")),
            // More than a page and a ring hold.
            Act::Flood(client, room) => (0..260).for_each(|m| crowd.say(client, rooms[room], format!("flood {n}.{m} {}", "x".repeat(300)))),
            Act::Cut(client) => crowd.cut(client),
            Act::HangUp(client) => crowd.hang_up(client),
            Act::ComeBack(client) => crowd.come_back(client),
            Act::Restart => {
                app.stop().await;
                app = place.start(&[("ALLTHRIVE__SERVER__LISTEN", &format!("127.0.0.1:{port}"))]).await;
            }
        }
        // The clients live on this thread: let them act on what happened before the next thing does.
        tokio::task::yield_now().await;
    }
    (0..CLIENTS).for_each(|client| crowd.come_back(client));
    assert!(crowd.hush(WITHIN).await, "something was never answered or never told: {} unanswered", crowd.unanswered());
    app.stop().await;
    let report = crowd.check(&truth(&place, &rooms).await);
    assert!(report.is_clean(), "{report}");
}

/// The log of each room, read from the database.
async fn truth(place: &Place, rooms: &[RoomId]) -> Truth {
    let store = Store::open(place.store()).await.unwrap();
    let mut truth = Truth::new();
    for room in rooms {
        let mut told: Vec<Told> = Vec::new();
        loop {
            let after = Seq::try_from(told.len()).unwrap();
            let entries = store.entries(*room, after, 1_000).await.unwrap();
            if entries.is_empty() {
                break;
            }
            told.extend(entries.iter().map(|entry| Told::of(&entry.event()).expect("every entry is told")));
        }
        truth.insert(*room, told);
    }
    store.close().await;
    truth
}

impl Place {
    /// The database that its servers used, once they have stopped.
    fn store(&self) -> StoreConfig {
        let data = self.dir.path().join("data");
        match &self.database_url {
            Some(url) => StoreConfig::postgres(url.clone()),
            None => StoreConfig::sqlite(data.join("allthrive.db"), data.join("instance")),
        }
    }
}

#[test]
fn everybody_ends_with_the_same_log_on_sqlite() {
    everybody_ends_with_the_same_log(Engine::Sqlite, 6);
}

#[test]
fn everybody_ends_with_the_same_log_on_postgres() {
    everybody_ends_with_the_same_log(Engine::Postgres, 6);
}
