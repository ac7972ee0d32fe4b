//! What is acknowledged is kept, and what is not acknowledged is not: under poisonous units, failing
//! commits, held rooms and lost connections.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use allthrive_domain::room::Decision;
use allthrive_domain::unit::Kind;
use allthrive_protocol::Seq;
use allthrive_store::{Database, Error, Statement, Store, StoreConfig};
use common::people::{NOW, commit, opens, people, room, says, seq_of, seqs};
use common::{Kind as Engine, Place};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

on_both! {
    a_poisonous_unit_costs_itself_alone,
    a_unit_that_fails_at_commit_keeps_nothing_and_costs_itself_alone,
}

async fn rooms(place: &Place) -> Store {
    let store = place.open().await;
    people(&store, 2).await;
    seqs(&commit(&store, vec![opens(room(1), 1, Kind::Group, None), opens(room(2), 2, Kind::Group, None)]).await);
    store
}

async fn prepare(store: &Store, statements: &[(&'static str, &'static str)]) {
    for (sqlite, postgres) in statements {
        store.engine().run(Statement::per_engine("prepare a fault", sqlite, postgres)).await.unwrap();
    }
}

/// Each room's numbers, which must have no hole, with their texts.
async fn texts(store: &Store, at: allthrive_protocol::RoomId) -> Vec<(Seq, Option<String>)> {
    let entries = store.entries(at, 0, 10_000).await.unwrap();
    assert!(entries.iter().map(|entry| entry.seq).eq(1..=store.tops(&[at]).await.unwrap()[0].1));
    entries
        .into_iter()
        .map(|entry| match entry.payload {
            allthrive_domain::entry::Payload::Message { body, .. } => (entry.seq, body),
            _ => (entry.seq, None),
        })
        .collect()
}

/// A batch with one unit in the middle that cannot be written.
async fn all_but_one_is_written(store: &Store, bad: &str) {
    let mut units: Vec<_> = (0..9).map(|n| says(room(1), 1, n, &format!("text {n}"))).collect();
    units.insert(4, says(room(1), 1, 100, bad));
    let outcomes = store.commit(units.clone(), NOW).await.outcomes;
    assert!(matches!(outcomes[4], Err(Error::Bug(_))), "{:?}", outcomes[4]);
    let written: Vec<Seq> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).map(|decision| seq_of(decision).unwrap()).collect();
    assert_eq!(written, (2..=10).collect::<Vec<_>>());
    let texts = texts(store, room(1)).await;
    assert_eq!(texts.len(), 10);
    assert!(texts.iter().all(|(_, text)| text.as_deref() != Some(bad)));
    // Its failure has used up nothing: once it can be written, it gets the next number.
    let again = store.commit(units, NOW).await.outcomes;
    assert!(again.iter().enumerate().all(|(at, outcome)| at == 4 || matches!(outcome, Ok(Decision::Duplicate(_)))));
}

async fn a_poisonous_unit_costs_itself_alone(place: Place) {
    let store = rooms(&place).await;
    let poison = (
        "CREATE TRIGGER poison BEFORE INSERT ON messages WHEN NEW.body = 'poison' BEGIN SELECT RAISE(ABORT, 'poison'); END",
        "ALTER TABLE messages ADD CONSTRAINT poison CHECK (body <> 'poison')",
    );
    prepare(&store, &[poison]).await;
    all_but_one_is_written(&store, "poison").await;
}

async fn a_unit_that_fails_at_commit_keeps_nothing_and_costs_itself_alone(place: Place) {
    let store = rooms(&place).await;
    let debts = "CREATE TABLE debts (id INTEGER REFERENCES debts_paid (id) DEFERRABLE INITIALLY DEFERRED)";
    prepare(
        &store,
        &[
            (
                "CREATE TABLE debts_paid (id INTEGER PRIMARY KEY)",
                "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''too late''; END'",
            ),
            (debts, "SELECT 1"),
            (
                "CREATE TRIGGER late AFTER INSERT ON messages WHEN NEW.body = 'late' BEGIN INSERT INTO debts VALUES (1); END",
                "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON messages DEFERRABLE INITIALLY DEFERRED
                 FOR EACH ROW WHEN (NEW.body = 'late') EXECUTE FUNCTION fail()",
            ),
        ],
    )
    .await;
    all_but_one_is_written(&store, "late").await;
}

fn on_postgres<F: Future<Output = ()>>(case: impl FnOnce(Place) -> F) {
    common::with_database(Engine::Postgres, case);
}

/// A trigger that ends its own connection while COMMIT runs: the first `times` times.
async fn kill_at_commit(store: &Store, times: &'static str) {
    let function = match times {
        "once" => {
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN IF nextval(''deaths'') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NULL; END'"
        }
        _ => {
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'"
        }
    };
    let trigger =
        "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON messages DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()";
    prepare(store, &[("", "CREATE SEQUENCE deaths"), ("", function), ("", trigger)]).await;
}

#[test]
fn a_connection_that_dies_in_commit_is_tried_once_more() {
    on_postgres(async |place| {
        let store = rooms(&place).await;
        kill_at_commit(&store, "once").await;
        let decisions = commit(&store, vec![says(room(1), 1, 1, "hello"), says(room(2), 2, 2, "hello")]).await;
        assert_eq!(seqs(&decisions), vec![2, 2]);
        assert_eq!(texts(&store, room(1)).await.len(), 2);
    });
}

#[test]
fn a_connection_that_always_dies_in_commit_acknowledges_nothing_and_keeps_nothing() {
    on_postgres(async |place| {
        let store = rooms(&place).await;
        kill_at_commit(&store, "always").await;
        let outcomes = store.commit(vec![says(room(1), 1, 1, "hello"), says(room(2), 2, 2, "hello")], NOW).await.outcomes;
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(Error::Unknown(_)))), "{outcomes:?}");
        prepare(&store, &[("", "DROP TRIGGER die ON messages")]).await;
        assert_eq!(texts(&store, room(1)).await.len(), 1);
        assert_eq!(seqs(&commit(&store, vec![says(room(1), 1, 1, "hello")]).await), vec![2]);
    });
}

#[test]
fn an_answer_to_commit_that_is_lost_makes_no_second_number() {
    on_postgres(async |place| {
        let Database::Postgres { url } = &place.config.database else { panic!("this case is for Postgres") };
        rooms(&place).await.close().await;
        let proxy = Proxy::before(&url.0).await;
        let store = Store::open(StoreConfig::postgres(proxy.url(&url.0))).await.unwrap();
        proxy.lose_next_commit.store(true, Ordering::SeqCst);
        let decisions = commit(&store, vec![says(room(1), 1, 1, "hello")]).await;
        assert!(!proxy.lose_next_commit.load(Ordering::SeqCst), "the answer was lost");
        assert!(matches!(decisions[0], Decision::Duplicate(known) if known.seq == 2), "it had been kept: {decisions:?}");
        assert_eq!(texts(&store, room(1)).await.len(), 2);
    });
}

#[test]
fn a_room_that_somebody_holds_costs_its_own_units_alone() {
    on_postgres(async |place| {
        let Database::Postgres { url } = &place.config.database else { panic!("this case is for Postgres") };
        let store = rooms(&place).await;
        let (holder, connection) = tokio_postgres::connect(&url.0, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let hold = format!("BEGIN; SELECT id FROM rooms_all WHERE id = '{}' FOR UPDATE", room(1));
        holder.batch_execute(&hold).await.unwrap();
        let outcomes = store.commit(vec![says(room(1), 1, 1, "held"), says(room(2), 2, 2, "free")], NOW).await.outcomes;
        assert!(matches!(outcomes[0], Err(Error::Busy(_))), "{outcomes:?}");
        assert!(matches!(outcomes[1], Ok(Decision::Admitted(_))), "{outcomes:?}");
        holder.batch_execute("ROLLBACK").await.unwrap();
        assert_eq!(seqs(&commit(&store, vec![says(room(1), 1, 1, "held")]).await), vec![2]);
    });
}

#[test]
fn a_caller_that_goes_away_leaves_no_transaction_behind() {
    on_postgres(async |mut place| {
        place.config.connections = 1;
        let Database::Postgres { url } = &place.config.database else { panic!("this case is for Postgres") };
        let store = rooms(&place).await;
        let (holder, connection) = tokio_postgres::connect(&url.0, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        holder.batch_execute(&format!("BEGIN; SELECT id FROM rooms_all WHERE id = '{}' FOR UPDATE", room(1))).await.unwrap();
        let waiting = tokio::spawn({
            let store = store.clone();
            async move { store.commit(vec![says(room(1), 1, 1, "never")], NOW).await }
        });
        // It waits for the lock now.
        let blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
        while holder.query_one(blocked, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::task::yield_now().await;
        }
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        holder.batch_execute("ROLLBACK").await.unwrap();
        // The one connection of this store is not the one that the caller left in a transaction.
        let mine = Statement::new("which", "SELECT CAST(pg_backend_pid() AS BIGINT) AS pid");
        let pid: i64 = store.engine().one(mine).await.unwrap().get("pid").unwrap();
        let state = "SELECT state FROM pg_stat_activity WHERE pid = CAST($1 AS BIGINT)";
        assert_eq!(holder.query_one(state, &[&pid]).await.unwrap().get::<_, String>(0), "idle");
        assert_eq!(seqs(&commit(&store, vec![says(room(1), 1, 2, "hello")]).await), vec![2]);
    });
}

#[test]
fn a_role_without_privileges_opens_its_own_database() {
    on_postgres(async |place| {
        let Database::Postgres { url } = &place.config.database else { panic!("this case is for Postgres") };
        let role = format!("plain_{}", uuid::Uuid::new_v4().simple());
        let database = url.0.split('?').next().unwrap().rsplit('/').next().unwrap().to_owned();
        common::admin(&url.0, &format!("CREATE ROLE {role} LOGIN PASSWORD 'plain' NOSUPERUSER")).await;
        common::admin(&url.0, &format!("ALTER DATABASE {database} OWNER TO {role}")).await;
        let mut config: tokio_postgres::Config = url.0.parse().unwrap();
        let own = format!("postgres://{role}:plain@{}/{database}", address(&mut config));
        let store = Store::open(StoreConfig::postgres(own)).await.unwrap();
        people(&store, 1).await;
        seqs(&commit(&store, vec![opens(room(1), 1, Kind::Group, None)]).await);
        store.close().await;
        common::admin(&url.0, &format!("REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role}; DROP ROLE {role}")).await;
    });
}

#[test]
fn a_server_without_tls_is_refused_where_tls_is_asked_for() {
    on_postgres(async |place| {
        let Database::Postgres { url } = &place.config.database else { panic!("this case is for Postgres") };
        for mode in ["require", "verify-full"] {
            let asks = format!("{}?sslmode={mode}", url.0.split('?').next().unwrap());
            let Err(refused) = Store::open(StoreConfig::postgres(asks)).await else { panic!("it spoke without TLS") };
            assert!(matches!(refused, Error::Unavailable(_)), "{refused:?}");
        }
        let Err(refused) = Store::open(StoreConfig::postgres("not a url")).await else { panic!() };
        assert!(matches!(refused, Error::Setup(_)), "{refused:?}");
    });
}

fn address(config: &mut tokio_postgres::Config) -> String {
    let port = config.get_ports().first().copied().unwrap_or(5432);
    match &config.get_hosts()[0] {
        tokio_postgres::config::Host::Tcp(host) => format!("{host}:{port}"),
        tokio_postgres::config::Host::Unix(path) => format!("{}:{port}", path.display().to_string().replace('/', "%2F")),
    }
}

/// A way to the server that can lose the answer to a COMMIT.
struct Proxy {
    port: u16,
    lose_next_commit: Arc<AtomicBool>,
}

impl Proxy {
    async fn before(url: &str) -> Self {
        let config: tokio_postgres::Config = url.parse().unwrap();
        let server = address(&mut config.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let lose_next_commit = Arc::new(AtomicBool::new(false));
        let lose = Arc::clone(&lose_next_commit);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(carry(client, server, Arc::clone(&lose)));
            }
        });
        Self { port, lose_next_commit }
    }

    /// The same database by this way.
    fn url(&self, url: &str) -> String {
        let config: tokio_postgres::Config = url.parse().unwrap();
        let password = config.get_password().map(|bytes| format!(":{}", String::from_utf8_lossy(bytes))).unwrap_or_default();
        let (user, database) = (config.get_user().unwrap(), config.get_dbname().unwrap());
        format!("postgres://{user}{password}@127.0.0.1:{}/{database}", self.port)
    }
}

/// Carries bytes both ways; a COMMIT is carried to the server and, once armed, its answer is not carried back.
async fn carry(mut client: TcpStream, mut server: TcpStream, lose: Arc<AtomicBool>) {
    let (mut from_client, mut from_server) = ([0; 65_536], [0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut from_client) => {
                let Ok(n @ 1..) = read else { return };
                let sent = &from_client[..n];
                if server.write_all(sent).await.is_err() { return }
                if sent.windows(7).any(|window| window == b"COMMIT\0") && lose.swap(false, Ordering::SeqCst) {
                    // Until the server says that it is ready for more: it has committed.
                    let mut answer = Vec::new();
                    while !answer.windows(7).any(|window| window == b"COMMIT\0") {
                        let Ok(n @ 1..) = server.read(&mut from_server).await else { return };
                        answer.extend_from_slice(&from_server[..n]);
                    }
                    return;
                }
            }
            read = server.read(&mut from_server) => {
                let Ok(n @ 1..) = read else { return };
                if client.write_all(&from_server[..n]).await.is_err() { return }
            }
        }
    }
}
