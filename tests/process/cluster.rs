//! Two servers on one Postgres and one Redis, as they are shipped. A crowd talks at both while Redis and
//! servers die and come back; people go on at the server that is left. Afterwards the database is read, and
//! what each was told and acknowledged is compared with it.

use std::time::{Duration, Instant};

use allthrive_client::Session;
use allthrive_load::{Crowd, Dice, Figures, Manner, Peer, Person};
use allthrive_protocol::{Cmid, RoomId, SUBPROTOCOL};
use serde_json::{Value, json};
use tokio_postgres::NoTls;
use uuid::Uuid;

use crate::crash::{read, seed};
use crate::redis::OwnRedis;
use crate::server::{Server, with_two_servers};

/// How often each thing dies.
const DEATHS: usize = 3;
/// Connections, over three accounts, every other one at the other server.
const CLIENTS: usize = 8;
/// Longest wait for what must come by itself. Far above what it takes: a slow machine is no failure.
const PATIENCE: Duration = Duration::from_secs(60);
/// A server that stands still holds up the writes of others for at most this long.
const HELD_UP: Duration = Duration::from_secs(3);

/// An account, signed in at both servers.
struct Both([Session; 2]);

async fn people(servers: [&Server; 2], names: &[&str]) -> Vec<Both> {
    let mut people = Vec::new();
    for name in names {
        let person = Person::enrol(&servers[0].url(), &servers[0].mail(), name).await.expect("an account is made as people make one");
        let there = person.sign_in_at(&servers[1].url()).await.expect("an account is known at every server");
        people.push(Both([person.session, there]));
    }
    people
}

/// Two public rooms with everybody in them, each person let in by another server.
async fn rooms(people: &[Both]) -> Vec<RoomId> {
    let mut rooms = Vec::new();
    for title in ["Lake trip", "Garden"] {
        let room = people[0].0[0].open("room", title).await.expect("anybody may open a room").id;
        for (number, person) in people.iter().enumerate().skip(1) {
            person.0[number % 2].join(room).await.expect("anybody may join a public room");
        }
        rooms.push(room);
    }
    rooms
}

#[test]
fn nothing_is_lost_repeated_or_out_of_order_on_two_servers_while_redis_and_they_die() {
    let mut dice = Dice::of(seed());
    let mut moments = dice.split();
    with_two_servers(&mut dice, |one, other, redis| die(one, other, redis, &mut moments));
}

async fn die(mut one: Server, mut other: Server, mut redis: OwnRedis, dice: &mut Dice) {
    let people = people([&one, &other], &["mira", "zoe", "ana"]).await;
    let rooms = rooms(&people).await;
    // Client n is person n of three, and begins at server n of two.
    let sessions: Vec<Session> = (0..6).map(|n| people[n % 3].0[n % 2].clone()).collect();
    let manner = Manner { pause: Duration::from_millis(15), cut_one_in: 25 };
    let crowd = Crowd::enter(&sessions, &rooms, CLIENTS, manner, dice);
    assert!(crowd.is_online(PATIENCE).await, "not every client could connect: {:?}\n{}\n{}", crowd.flaws(), one.log(), other.log());
    let talk_on = async |more: usize, servers: [&Server; 2]| {
        let goal = crowd.acknowledged() + more;
        let reached = crowd.reaches(goal, PATIENCE).await;
        assert!(
            reached,
            "the talk stands still at {}: {:?}\n{}\n{}",
            crowd.acknowledged(),
            crowd.flaws(),
            servers[0].log(),
            servers[1].log()
        );
    };
    // Those who are at the other server go to the first, or back.
    let go_to = |server: usize| {
        for client in (0..CLIENTS).filter(|client| (client % 6) % 2 == 1) {
            crowd.come_back_by(client, &people[(client % 6) % 3].0[server]);
        }
    };
    for _ in 0..DEATHS {
        talk_on(50 + dice.below(100), [&one, &other]).await;
        redis.kill();
        talk_on(50 + dice.below(100), [&one, &other]).await;
        redis.restart();
        talk_on(50 + dice.below(100), [&one, &other]).await;
        other.kill();
        go_to(0);
        talk_on(50 + dice.below(100), [&one, &other]).await;
        other.restart();
        go_to(1);
    }
    // All at once, but one that takes everybody in.
    talk_on(50 + dice.below(100), [&one, &other]).await;
    redis.kill();
    one.kill();
    redis.restart();
    one.restart();
    talk_on(100, [&one, &other]).await;
    let settled = crowd.hush(PATIENCE).await;
    assert!(
        settled,
        "{} without an answer, tops {:?}, {:?}\n{}\n{}",
        crowd.unanswered(),
        crowd.tops(),
        crowd.flaws(),
        one.log(),
        other.log()
    );
    one.kill();
    other.kill();
    let store = one.open_store().await;
    let report = crowd.check(&read(&store, &rooms).await);
    store.close().await;
    println!("{report}");
    assert_eq!(report.figures, Figures::default(), "{report}\n{}\n{}", one.log(), other.log());
    assert!(report.retried > 0, "no acknowledgement was lost, so nothing was shown about retries");
}

#[test]
fn a_server_that_stands_still_inside_a_commit_holds_up_nobody_for_long() {
    let mut dice = Dice::of(seed());
    let mut moments = dice.split();
    with_two_servers(&mut dice, |one, other, redis| stand_still(one, other, redis, &mut moments));
}

async fn stand_still(one: Server, other: Server, redis: OwnRedis, dice: &mut Dice) {
    let people = people([&one, &other], &["mira", "zoe"]).await;
    let rooms = &rooms(&people).await[..1];
    let manner = Manner { pause: Duration::from_millis(3), cut_one_in: 0 };
    let crowd = Crowd::enter(&[people[0].0[0].clone()], rooms, 4, manner, dice);
    assert!(crowd.is_online(PATIENCE).await, "not every client could connect: {:?}\n{}", crowd.flaws(), one.log());
    let mut zoe = peer(&people[1].0[1], &other).await;

    let pg = Watcher::at(one.database().expect("two servers share a Postgres")).await;
    freeze_inside_a_commit(&one, &crowd, &pg).await;
    let began = Instant::now();
    let cmid = Cmid(Uuid::new_v4());
    let written = loop {
        let answer = zoe.message(rooms[0], cmid, "does it go on?").await;
        if answer["error"]["retry"] != true {
            break answer;
        }
    };
    let held_up = began.elapsed();
    assert!(written["ok"]["seq"].is_u64(), "{written}");
    assert!(held_up < HELD_UP, "{held_up:?}");
    println!("the other server's acknowledgements went on after {held_up:?}");
    for _ in 0..20 {
        let answer = zoe.message(rooms[0], Cmid(Uuid::new_v4()), "and on").await;
        assert!(answer["ok"]["seq"].is_u64(), "{answer}");
    }
    one.thaw();
    // What it had in its hands is told to be kept or kept after all; nobody is told what is not so.
    let goal = crowd.acknowledged() + 20;
    assert!(crowd.reaches(goal, PATIENCE).await, "it does not go on: {:?}\n{}", crowd.flaws(), one.log());
    assert!(crowd.hush(PATIENCE).await, "{} without an answer, {:?}\n{}", crowd.unanswered(), crowd.flaws(), one.log());
    let (mut one, mut other) = (one, other);
    one.kill();
    other.kill();
    drop(redis);
    let store = one.open_store().await;
    let report = crowd.check(&read(&store, rooms).await);
    store.close().await;
    println!("{report}");
    assert_eq!(report.figures, Figures::default(), "{report}\n{}", one.log());
}

/// Stops the server at a moment in which a transaction of its is open and holds its locks.
async fn freeze_inside_a_commit(server: &Server, crowd: &Crowd, pg: &Watcher) {
    let until = Instant::now() + PATIENCE;
    loop {
        server.freeze();
        if pg.has_open_transaction().await {
            return;
        }
        server.thaw();
        assert!(Instant::now() < until, "no transaction was met: {:?}", crowd.flaws());
        let goal = crowd.acknowledged() + 1;
        crowd.reaches(goal, Duration::from_secs(1)).await;
    }
}

/// A raw connection of this account.
async fn peer(session: &Session, server: &Server) -> Peer {
    let ticket = session.ws_ticket().await.expect("who is signed in gets a ticket");
    let url = format!("{}/v1/ws", server.url().replacen("http", "ws", 1));
    let mut peer = Peer::open(&url, &[("sec-websocket-protocol", &format!("{SUBPROTOCOL}, ticket.{ticket}"))])
        .await
        .expect("a ticket opens a connection");
    let welcome: Value = peer.ask("hello", None, json!({"subscribe": []})).await;
    assert!(welcome["ok"]["conn"].is_string(), "{welcome}");
    peer
}

/// Sees what the database's sessions do.
struct Watcher(tokio_postgres::Client);

impl Watcher {
    async fn at(url: &str) -> Self {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the database answers");
        actix_web::rt::spawn(connection);
        Self(client)
    }

    /// Whether a session waits for its client inside of a transaction, and still does a moment later: a
    /// statement that was on its way has then been carried out.
    async fn has_open_transaction(&self) -> bool {
        const OPEN: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'
             AND clock_timestamp() - state_change > interval '50 milliseconds'";
        self.0.query_one("SELECT pg_sleep(0.1)", &[]).await.expect("the database answers");
        let row = self.0.query_one(OPEN, &[]).await.expect("the database answers");
        row.get::<_, i64>(0) > 0
    }
}
