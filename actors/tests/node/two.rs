//! Two nodes on one database.

#![allow(unreachable_pub, reason = "a module of several test binaries")]
#![allow(dead_code, clippy::unwrap_used, reason = "each test binary uses a part of it, and may fail")]

use std::time::Duration;

use allthrive_actors::bus::{Kind, RedisUrl};
use allthrive_actors::limiter::Limits;
use allthrive_domain::time::Clock;
use allthrive_protocol::RoomId;
use allthrive_store::StoreConfig;
use tokio_postgres::NoTls;
use uuid::Uuid;

use super::redis::OwnRedis;
use super::{Node, WIDE};

/// Longest wait for what must come by itself.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A room of user 1 in which user 2 is.
pub fn room() -> RoomId {
    RoomId(Uuid::from_u128(10 << 64 | 10))
}

/// How two nodes hear each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// They are one.
    Local,
    /// By Redis.
    Redis,
    /// Not at all: they look into the store.
    Unheard,
}

/// Two nodes on one database, or one that is both.
pub struct Two {
    pub one: Node,
    pub other: Option<Node>,
    pub redis: Option<OwnRedis>,
    place: Place,
}

enum Place {
    Directory(#[expect(dead_code, reason = "removed with it")] tempfile::TempDir),
    Database(String),
}

impl Two {
    pub async fn start(way: Way) -> Self {
        let redis = (way == Way::Redis).then(OwnRedis::start);
        let url = redis.as_ref().map(OwnRedis::url);
        Self::start_on(way, redis, url).await
    }

    /// With these nodes on a Redis that is reached by `url`.
    pub async fn start_on(way: Way, redis: Option<OwnRedis>, url: Option<String>) -> Self {
        Self::start_within(way, redis, url, WIDE, Clock::System).await
    }

    /// With these limits and this clock.
    pub async fn start_within(way: Way, redis: Option<OwnRedis>, url: Option<String>, limits: Limits, clock: Clock) -> Self {
        let (one, other, place) = if way == Way::Local {
            let dir = tempfile::tempdir().unwrap();
            (Node::start_with(dir.path(), limits, clock).await, None, Place::Directory(dir))
        } else {
            let kind = url.map_or(Kind::Unheard, |url| Kind::Redis(RedisUrl::parse(&url).unwrap()));
            let name = format!("bus_{}", Uuid::new_v4().simple());
            admin(&format!("CREATE DATABASE {name}")).await;
            let config = StoreConfig { connections: 8, ..StoreConfig::postgres(database(&name)) };
            let one = Node::start_within(config.clone(), kind.clone(), limits, clock.clone()).await;
            (one, Some(Node::start_within(config, kind, limits, clock).await), Place::Database(name))
        };
        let two = Self { one, other, redis, place };
        two.one.people(2).await;
        two.one.room(room(), 2).await;
        two.hear_each_other().await;
        two
    }

    pub fn other(&self) -> &Node {
        self.other.as_ref().unwrap_or(&self.one)
    }

    /// Waits until both nodes hear, if they are to.
    pub async fn hear_each_other(&self) {
        for node in [&self.one, self.other()] {
            let neighbours = node.system.neighbours();
            if neighbours.are_told() {
                let mut status = neighbours.watch_status();
                tokio::time::timeout(PATIENCE, status.wait_for(|status| status.up)).await.unwrap().unwrap();
            }
        }
    }

    pub async fn stop(self) {
        self.one.stop().await;
        if let Some(other) = self.other {
            other.stop().await;
        }
        if let Place::Database(name) = self.place {
            admin(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }
}

fn database(name: &str) -> String {
    let server = std::env::var("TEST_DATABASE_URL").expect("TEST_DATABASE_URL names a Postgres server: see scripts/test-services");
    let (base, _) = server.rsplit_once('/').unwrap();
    format!("{base}/{name}")
}

async fn admin(sql: &str) {
    let (client, connection) = tokio_postgres::connect(&database("postgres"), NoTls).await.unwrap();
    let connection = actix_rt::spawn(connection);
    client.batch_execute(sql).await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
}
