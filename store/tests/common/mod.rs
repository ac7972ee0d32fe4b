//! A store of its own for each test, on either engine.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod people;

use std::future::Future;

use allthrive_store::{Store, StoreConfig};
use tempfile::TempDir;
use tokio_postgres::NoTls;
use uuid::Uuid;

/// Which database a case runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// An empty database, which is removed with its last handle by [`with_database`].
pub(crate) struct Place {
    pub(crate) kind: Kind,
    pub(crate) config: StoreConfig,
    pub(crate) dir: TempDir,
}

impl Place {
    pub(crate) async fn open(&self) -> Store {
        Store::open(self.config.clone()).await.expect("a database made for this test opens")
    }
}

/// Runs one case on a database of its own.
pub(crate) fn with_database<F: Future<Output = ()>>(kind: Kind, case: impl FnOnce(Place) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let dir = tempfile::tempdir().unwrap();
        match kind {
            Kind::Sqlite => {
                let config = StoreConfig::sqlite(dir.path().join("allthrive.db"), dir.path().join("instance"));
                case(Place { kind, config, dir }).await;
            }
            Kind::Postgres => {
                let server = std::env::var("TEST_DATABASE_URL")
                    .expect("TEST_DATABASE_URL names no Postgres server: run the tests with `make test`, which starts one");
                let name = format!("store_{}", Uuid::new_v4().simple());
                admin(&server, &format!("CREATE DATABASE {name}")).await;
                let config = StoreConfig::postgres(with_name(&server, &name));
                // Dropped after a failed case too, so that a server kept between runs stays clean.
                let outcome = caught(case(Place { kind, config, dir })).await;
                admin(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
                if let Err(panic) = outcome {
                    std::panic::resume_unwind(panic);
                }
            }
        }
    });
}

/// The same server, another database.
pub(crate) fn with_name(server: &str, name: &str) -> String {
    let (address, options) = server.split_once('?').map_or((server, ""), |(address, options)| (address, options));
    let after_scheme = address.find("://").map_or(0, |at| at + 3);
    let base = address[after_scheme..].find('/').map_or(address, |at| &address[..after_scheme + at]);
    if options.is_empty() { format!("{base}/{name}") } else { format!("{base}/{name}?{options}") }
}

/// One statement as the role of `TEST_DATABASE_URL`.
pub(crate) async fn admin(server: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(server, NoTls).await.expect("TEST_DATABASE_URL names a server that answers");
    let connection = tokio::spawn(connection);
    client.batch_execute(sql).await.expect("the role of TEST_DATABASE_URL may create and drop databases");
    drop(client);
    connection.await.unwrap().unwrap();
}

async fn caught<F: Future<Output = ()>>(case: F) -> std::thread::Result<()> {
    let mut case = Box::pin(case);
    std::future::poll_fn(move |context| match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| case.as_mut().poll(context))) {
        Ok(std::task::Poll::Pending) => std::task::Poll::Pending,
        Ok(std::task::Poll::Ready(())) => std::task::Poll::Ready(Ok(())),
        Err(panic) => std::task::Poll::Ready(Err(panic)),
    })
    .await
}

/// Each named case becomes a test on SQLite and one on Postgres.
#[macro_export]
macro_rules! on_both {
    ($($(#[$doc:meta])* $case:ident),+ $(,)?) => {
        mod sqlite { $(#[test] fn $case() { $crate::common::with_database($crate::common::Kind::Sqlite, super::$case); })+ }
        mod postgres { $(#[test] fn $case() { $crate::common::with_database($crate::common::Kind::Postgres, super::$case); })+ }
    };
}
