//! Two servers behind the proxy, as people meet them.

use std::time::Duration;

use allthrive_client::log::Told;
use allthrive_client::{Error, Line, Session, Update, Updates, connect, tls};
use allthrive_load::check::Truth;
use allthrive_load::{Crowd, Dice, Manner, Person};
use allthrive_protocol::RoomId;
use allthrive_protocol::event::Fact;
use allthrive_store::{Store, StoreConfig};
use awc::http::StatusCode;
use awc::http::header::HeaderMap;
use tokio::time::timeout;
use uuid::Uuid;

use super::cluster::Cluster;
use super::machine::{PATIENCE, until};

#[test]
fn two_people_on_different_servers_talk_through_the_proxy() {
    Cluster::run(talk);
}

async fn talk(cluster: Cluster) {
    let mira = Person::enrol(&cluster.url(), &cluster.mail(), "mira").await.unwrap().session;
    let zoe = Person::enrol(&cluster.url(), &cluster.mail(), "zoe").await.unwrap().session;
    let room = mira.open_direct("zoe").await.unwrap().id;
    assert_eq!(zoe.conversations().await.unwrap()[0].id, room);

    let mut left = Hearing::of(connect(&mira, &[room])).await;
    let mut right = Hearing::of(connect(&zoe, &[room])).await;
    let taken = [0, 1].map(|n| cluster.connections_of(n));
    assert_eq!(taken, [1, 1], "each server has one of them\n{}", cluster.logs());

    left.line.say(room, "Who brings the boat?".into());
    right.hears(room, "Who brings the boat?").await;
    right.line.say(room, "I do.".into());
    left.hears(room, "I do.").await;
}

/// A connection and what comes by it.
struct Hearing {
    line: Line,
    updates: Updates,
}

impl Hearing {
    async fn of((line, mut updates): (Line, Updates)) -> Self {
        let online = async { while !matches!(updates.recv().await.unwrap(), Update::Online(_)) {} };
        timeout(PATIENCE, online).await.expect("connected in time");
        Self { line, updates }
    }

    async fn hears(&mut self, room: RoomId, text: &str) {
        let heard = async {
            loop {
                if let Update::Event(event) = self.updates.recv().await.unwrap()
                    && event.room == Some(room)
                    && matches!(&event.fact, Fact::MessageNew(message) if message.body.as_deref() == Some(text))
                {
                    return;
                }
            }
        };
        timeout(PATIENCE, heard).await.unwrap_or_else(|_| panic!("{text:?} was not heard"));
    }
}

#[test]
fn the_proxy_gives_pages_over_tls_alone_and_says_so_when_no_server_is_left() {
    Cluster::run(pages);
}

async fn pages(mut cluster: Cluster) {
    let page = get(&format!("{}/", cluster.url())).await;
    assert_eq!(page.status, 200);
    assert!(page.body.starts_with("<!doctype html>") && !page.header("strict-transport-security").is_empty(), "{page:?}");
    let plain = get(&format!("http://localhost:{}/room/x?y=z", cluster.plain_port)).await;
    assert_eq!((plain.status.as_u16(), plain.header("location")), (308, format!("{}/room/x?y=z", cluster.url()).as_str()));

    for n in [0, 1] {
        let end = cluster.stop(n).await;
        assert!(end.success(), "{end}\n{}", cluster.logs());
        until("the proxy has seen it", || cluster.proxy_is_well() == (n == 0));
    }
    let none = get(&format!("{}/api/v1/auth/csrf", cluster.url())).await;
    assert_eq!((none.status.as_u16(), none.header("content-type")), (503, "application/problem+json"));
    assert!(none.body.contains("\"code\":\"unavailable\""), "{none:?}");
}

/// An answer, read whole.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn get(url: &str) -> Answer {
    let connector = awc::Connector::new().rustls_0_23(tls::config());
    let client = awc::Client::builder().connector(connector).timeout(PATIENCE).disable_redirects().finish();
    let mut response = client.get(url).no_decompress().send().await.unwrap();
    let body = String::from_utf8(response.body().await.unwrap().to_vec()).unwrap();
    Answer { status: response.status(), headers: response.headers().clone(), body }
}

#[test]
fn one_server_after_the_other_is_made_anew_under_load_and_nothing_is_lost_or_told_twice() {
    Cluster::run(renewal);
}

/// Connections of the crowd, over three accounts.
const CLIENTS: usize = 8;

async fn renewal(mut cluster: Cluster) {
    let mut sessions = Vec::new();
    for name in ["mira", "zoe", "ana"] {
        sessions.push(Person::enrol(&cluster.url(), &cluster.mail(), name).await.unwrap().session);
    }
    let room = sessions[0].open("room", "Lake trip").await.unwrap().id;
    for session in &sessions[1..] {
        session.join(room).await.unwrap();
    }
    let manner = Manner { pause: Duration::from_millis(20), cut_one_in: 0 };
    let crowd = Crowd::enter(&sessions, &[room], CLIENTS, manner, &mut Dice::of(Uuid::new_v4().as_u64_pair().1));
    assert!(crowd.is_online(PATIENCE).await, "{:?}\n{}", crowd.flaws(), cluster.logs());
    let asking = actix_web::rt::spawn(ask_again_and_again(sessions[0].clone()));
    for n in [0, 1] {
        talk_on(&crowd, &cluster).await;
        let end = cluster.stop(n).await;
        assert!(end.success(), "{end}\n{}", cluster.logs());
        talk_on(&crowd, &cluster).await;
        cluster.start_again(n).await;
        // The next one stops only when the proxy has taken this one back.
        let before = cluster.requests_of(n);
        let is_back = async {
            while cluster.requests_of(n) <= before {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, is_back).await.unwrap_or_else(|_| panic!("not taken back\n{}", cluster.logs()));
    }
    talk_on(&crowd, &cluster).await;
    assert!(!asking.is_finished(), "a request failed: {:?}\n{}", asking.await, cluster.logs());
    asking.abort();
    assert!(crowd.hush(PATIENCE).await, "{} without an answer, {:?}\n{}", crowd.unanswered(), crowd.flaws(), cluster.logs());
    let taken = [0, 1].map(|n| cluster.connections_of(n));
    assert!(taken.iter().all(|taken| *taken > CLIENTS / 2), "both took part: {taken:?}");

    let store = Store::open(StoreConfig::postgres(cluster.database.clone())).await.unwrap();
    let entries = store.entries(room, 0, 1_000_000).await.unwrap();
    store.close().await;
    let log = entries.iter().filter_map(|entry| Told::of(&entry.event())).collect();
    let report = crowd.check(&Truth::from_iter([(room, log)]));
    println!("{report}");
    assert!(report.is_clean(), "{report}\n{}", cluster.logs());
}

/// Asks for what the proxy must not ask for twice, until it is not given.
async fn ask_again_and_again(session: Session) -> Error {
    loop {
        if let Err(error) = session.ws_ticket().await {
            return error;
        }
        actix_web::rt::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn talk_on(crowd: &Crowd, cluster: &Cluster) {
    let goal = crowd.acknowledged() + 60;
    let reached = crowd.reaches(goal, PATIENCE).await;
    assert!(reached, "the talk stands still at {}: {:?}\n{}", crowd.acknowledged(), crowd.flaws(), cluster.logs());
}
