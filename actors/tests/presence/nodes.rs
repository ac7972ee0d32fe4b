//! Presence on two nodes of one Postgres and one Redis.

use std::time::{Duration, Instant};

use allthrive_actors::bus::{Kind, RedisUrl};
use allthrive_store::StoreConfig;
use serde_json::json;
use tokio_postgres::NoTls;
use uuid::Uuid;

use super::node::redis::OwnRedis;
use super::node::{Node, cmid, user};
use super::{Known, name, room};

/// Two nodes, with a room of five.
struct Pair {
    one: Node,
    other: Node,
    redis: OwnRedis,
    database: String,
}

impl Pair {
    async fn start() -> Self {
        let (redis, database) = (OwnRedis::start(), format!("presence_{}", Uuid::new_v4().simple()));
        let kind = Kind::Redis(RedisUrl::parse(&redis.url()).unwrap());
        admin(&format!("CREATE DATABASE {database}")).await;
        let config = StoreConfig { connections: 8, ..StoreConfig::postgres(address(&database)) };
        let one = Node::start_on(config.clone(), kind.clone()).await;
        let other = Node::start_on(config, kind).await;
        one.people(5).await;
        one.room(room(), 5).await;
        let pair = Self { one, other, redis, database };
        pair.hear_each_other().await;
        pair
    }

    async fn hear_each_other(&self) {
        self.until_the_bus_is(true).await;
    }

    /// Both know that they hear each other, or that they do not.
    async fn until_the_bus_is(&self, up: bool) {
        for node in [&self.one, &self.other] {
            let mut status = node.system.neighbours().watch_status();
            let told = tokio::time::timeout(Duration::from_secs(60), status.wait_for(|status| status.up == up)).await;
            told.expect("the state of the bus does not become known").unwrap();
        }
    }

    async fn drop_database(database: &str) {
        admin(&format!("DROP DATABASE {database} WITH (FORCE)")).await;
    }

    async fn stop(self) {
        self.one.stop().await;
        self.other.stop().await;
        Self::drop_database(&self.database).await;
    }
}

fn address(database: &str) -> String {
    let server = std::env::var("TEST_DATABASE_URL").expect("TEST_DATABASE_URL names a Postgres server: see scripts/test-services");
    let (base, _) = server.rsplit_once('/').unwrap();
    format!("{base}/{database}")
}

async fn admin(sql: &str) {
    let (client, connection) = tokio_postgres::connect(&address("postgres"), NoTls).await.unwrap();
    let connection = actix_rt::spawn(connection);
    client.batch_execute(sql).await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
}

#[actix_rt::test]
async fn who_is_here_on_another_node_is_here() {
    let pair = Pair::start().await;
    let (mut ana, mut of_ana) = (pair.one.join(1).await, Known::default());
    let (mut bo, mut of_bo) = (pair.other.join(2).await, Known::default());
    of_ana.until(&mut ana, [1, 2]).await;
    of_bo.until(&mut bo, [1, 2]).await;
    // The same account on both: its end on one is not its end.
    let (cy_here, cy_there) = (pair.one.join(3).await, pair.other.join(3).await);
    of_ana.until(&mut ana, [1, 2, 3]).await;
    of_bo.until(&mut bo, [1, 2, 3]).await;
    drop(cy_here);
    let dee = pair.one.join(4).await;
    of_bo.until(&mut bo, [1, 2, 3, 4]).await;
    drop(dee);
    of_bo.until(&mut bo, [1, 2, 3]).await;
    let page = bo.ask("presence", Some(room()), json!({})).await;
    assert_eq!(page["ok"], json!({"online": [name(1), name(2), name(3)], "count": 3}));
    drop(cy_there);
    of_ana.until(&mut ana, [1, 2]).await;
    // Removed on the one, connected to the other.
    ana.ask("member.remove", Some(room()), json!({"cmid": cmid(1), "user": user(2)})).await;
    of_ana.until(&mut ana, [1]).await;
    pair.stop().await;
}

#[actix_rt::test]
async fn what_happened_while_redis_was_away_is_known_once_it_is_back() {
    let mut pair = Pair::start().await;
    let (mut ana, mut of_ana) = (pair.one.join(1).await, Known::default());
    let (mut bo, mut of_bo) = (pair.other.join(2).await, Known::default());
    let dee = pair.one.join(4).await;
    of_ana.until(&mut ana, [1, 2, 4]).await;
    of_bo.until(&mut bo, [1, 2, 4]).await;
    pair.redis.kill();
    pair.until_the_bus_is(false).await;
    let _cy = pair.other.join(3).await;
    drop(dee);
    of_ana.until(&mut ana, [1, 2]).await;
    of_bo.until(&mut bo, [1, 2, 3, 4]).await;
    pair.redis.restart();
    of_ana.until(&mut ana, [1, 2, 3]).await;
    of_bo.until(&mut bo, [1, 2, 3]).await;
    pair.stop().await;
}

#[actix_rt::test]
async fn a_node_that_falls_silent_takes_its_people_along_and_one_that_stops_does_so_at_once() {
    let pair = Pair::start().await;
    let (mut ana, mut of_ana) = (pair.one.join(1).await, Known::default());
    let bo = pair.other.join(2).await;
    of_ana.until(&mut ana, [1, 2]).await;
    let silent = Instant::now();
    pair.other.system.neighbours().close();
    of_ana.until(&mut ana, [1]).await;
    assert!(silent.elapsed().as_secs() >= 7, "dropped after {:?}: 10 s from its last beat must pass", silent.elapsed());
    drop(bo);
    pair.other.stop().await;

    // Another one, and it says that it stops.
    let kind = Kind::Redis(RedisUrl::parse(&pair.redis.url()).unwrap());
    let third = Node::start_on(StoreConfig { connections: 8, ..StoreConfig::postgres(address(&pair.database)) }, kind).await;
    let bo = third.join(2).await;
    of_ana.until(&mut ana, [1, 2]).await;
    third.stop().await;
    let stopped = Instant::now();
    of_ana.until(&mut ana, [1]).await;
    assert!(stopped.elapsed().as_secs() < 5, "told after {:?}", stopped.elapsed());
    drop(bo);
    pair.one.stop().await;
    Pair::drop_database(&pair.database).await;
}
