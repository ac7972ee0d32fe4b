//! SIGKILL under load. Clients talk over real sockets, some drop their line before they can read an
//! acknowledgement; the server is killed again and again and started on the same data. Afterwards the
//! database is read: every acknowledged message is there once, under its number; no number is missing;
//! every client's log is the database's.

use std::time::Duration;

use allthrive_client::Session;
use allthrive_client::log::Told;
use allthrive_load::check::Truth;
use allthrive_load::{Crowd, Dice, Manner, Person};
use allthrive_protocol::RoomId;
use allthrive_store::Store;
use uuid::Uuid;

use crate::server::{Kind, Server, with_server};

/// How often the server dies.
const DEATHS: usize = 8;
/// Connections, over three accounts.
const CLIENTS: usize = 6;
/// Longest wait for what must come by itself. Far above what it takes: a slow machine is no failure.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn nothing_acknowledged_is_lost_when_the_server_is_killed_on_sqlite() {
    crash(Kind::Sqlite);
}

#[test]
fn nothing_acknowledged_is_lost_when_the_server_is_killed_on_postgres() {
    crash(Kind::Postgres);
}

fn crash(kind: Kind) {
    let mut dice = Dice::of(seed());
    let mut moments = dice.split();
    with_server(kind, &mut dice, |server| run(server, &mut moments));
}

/// Another one each time, or the one that is asked for.
pub(crate) fn seed() -> u64 {
    let asked = std::env::var("ALLTHRIVE_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = asked.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().1);
    println!("ALLTHRIVE_SEED={seed} makes these choices again");
    seed
}

async fn run(mut server: Server, dice: &mut Dice) {
    let (sessions, rooms) = people_and_rooms(&server).await;
    let manner = Manner { pause: Duration::from_millis(10), cut_one_in: 20 };
    let crowd = Crowd::enter(&sessions, &rooms, CLIENTS, manner, dice);
    assert!(crowd.is_online(PATIENCE).await, "not every client could connect: {:?}\n{}", crowd.flaws(), server.log());
    for death in 1..=DEATHS {
        talk_on(&crowd, 20 + dice.below(150), &server).await;
        server.kill();
        println!("death {death} after {} acknowledgements", crowd.acknowledged());
        server.restart();
    }
    talk_on(&crowd, 50, &server).await;
    let settled = crowd.hush(PATIENCE).await;
    assert!(settled, "{} without an answer, tops {:?}, {:?}\n{}", crowd.unanswered(), crowd.tops(), crowd.flaws(), server.log());
    server.kill();

    let store = server.open_store().await;
    let report = crowd.check(&read(&store, &rooms).await);
    store.close().await;
    println!("{report}");
    assert!(report.is_clean(), "{report}\n{}", server.log());
    assert!(report.retried > 0, "no acknowledgement was lost, so nothing was shown about retries");
}

async fn talk_on(crowd: &Crowd, more: usize, server: &Server) {
    let goal = crowd.acknowledged() + more;
    assert!(
        crowd.reaches(goal, PATIENCE).await,
        "the talk stands still at {} acknowledgements: {:?}\n{}",
        crowd.acknowledged(),
        crowd.flaws(),
        server.log()
    );
}

/// Three accounts in two public rooms.
pub(crate) async fn people_and_rooms(server: &Server) -> (Vec<Session>, Vec<RoomId>) {
    let mut sessions = Vec::new();
    for name in ["mira", "zoe", "ana"] {
        let person = Person::enrol(&server.url(), &server.mail(), name).await.expect("an account is made as people make one");
        sessions.push(person.session);
    }
    let mut rooms = Vec::new();
    for title in ["Lake trip", "Garden"] {
        let room = sessions[0].open("room", title).await.expect("anybody may open a room").id;
        for session in &sessions[1..] {
            session.join(room).await.expect("anybody may join a public room");
        }
        rooms.push(room);
    }
    (sessions, rooms)
}

/// What the database holds.
pub(crate) async fn read(store: &Store, rooms: &[RoomId]) -> Truth {
    let mut truth = Truth::new();
    for room in rooms {
        let log = truth.entry(*room).or_default();
        loop {
            let after = log.last().map_or(0, |told: &Told| told.seq);
            let entries = store.entries(*room, after, 1_000).await.expect("the log can be read");
            if entries.is_empty() {
                break;
            }
            log.extend(entries.iter().filter_map(|entry| Told::of(&entry.event())));
        }
    }
    truth
}
