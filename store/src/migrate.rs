//! Brings a database to the present schema. *One more migration*: a file in `migrations/`, a line in [`FILES`].

use refinery::{Migration, Runner};

use crate::engine::{postgres, sqlite};
use crate::error::{Cause, Error};

/// In order; the numbers are those of the files.
const FILES: &[(&str, &str)] = &[
    ("V1__rooms", include_str!("../../migrations/0001_rooms.sql")),
    ("V2__people", include_str!("../../migrations/0002_people.sql")),
    ("V3__talk", include_str!("../../migrations/0003_talk.sql")),
    ("V4__audit", include_str!("../../migrations/0004_audit.sql")),
    ("V5__settled", include_str!("../../migrations/0005_settled.sql")),
    ("V6__order", include_str!("../../migrations/0006_order.sql")),
    ("V7__quizzes", include_str!("../../migrations/0007_quizzes.sql")),
    ("V8__live", include_str!("../../migrations/0008_live.sql")),
    ("V9__attempts", include_str!("../../migrations/0009_attempts.sql")),
];

/// Two servers that start at once migrate one after the other; an arbitrary number, ours.
const ADVISORY_LOCK: &str = "SELECT pg_advisory_lock(7402886117)";

/// A migration may take its time, and waits for the server that is at it.
const PATIENT: &str = "SET statement_timeout = '10min'; SET lock_timeout = '60s'; SET idle_in_transaction_session_timeout = '10min'";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Sqlite,
    Postgres,
}

/// Migrates a SQLite file, which is made if it is not there.
pub(crate) fn sqlite(connection: &mut rusqlite::Connection) -> Result<(), Error> {
    runner(Dialect::Sqlite)?.run(connection).map(drop).map_err(|e| failed(&e))
}

/// Migrates a Postgres database; its role needs to own the database or to have CREATE on its schema.
pub(crate) async fn postgres(engine: &postgres::Postgres) -> Result<(), Error> {
    let mut client = engine.detached().await?;
    for step in [PATIENT, ADVISORY_LOCK] {
        client.batch_execute(step).await.map_err(|e| Error::Unavailable(Cause::new("migration lock", e)))?;
    }
    // The lock ends with the connection.
    runner(Dialect::Postgres)?.run_async(&mut *client).await.map(drop).map_err(|e| failed(&e))
}

fn failed(error: &refinery::Error) -> Error {
    let mut text = format!("The database cannot be brought to this version: {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    Error::Setup(text + ".")
}

fn runner(dialect: Dialect) -> Result<Runner, Error> {
    let migrations = FILES.iter().map(|(name, text)| Migration::unapplied(name, &translate(text, dialect)));
    let migrations = migrations.collect::<Result<Vec<_>, _>>().map_err(|e| failed(&e))?;
    Ok(Runner::new(&migrations).set_abort_divergent(true).set_abort_missing(true))
}

/// The house dialect in the engine's own words.
fn translate(text: &str, dialect: Dialect) -> String {
    let words: [(&str, &str); 6] = match dialect {
        Dialect::Sqlite => {
            [("{INT}", "INTEGER"), ("{REAL}", "REAL"), ("{TEXT}", "TEXT"), ("{UUID}", "BLOB"), ("{BYTES}", "BLOB"), ("{STRICT}", "STRICT")]
        }
        Dialect::Postgres => [
            ("{INT}", "BIGINT"),
            ("{REAL}", "DOUBLE PRECISION"),
            ("{TEXT}", "TEXT COLLATE \"C\""),
            ("{UUID}", "UUID"),
            ("{BYTES}", "BYTEA"),
            ("{STRICT}", ""),
        ],
    };
    let mut ours = true;
    let mut lines = Vec::new();
    for line in text.lines() {
        match line.trim() {
            "-- only: sqlite" => ours = dialect == Dialect::Sqlite,
            "-- only: postgres" => ours = dialect == Dialect::Postgres,
            "-- both" => ours = true,
            _ if ours => lines.push(line),
            _ => {}
        }
    }
    words.iter().fold(lines.join("\n"), |text, (word, meaning)| text.replace(word, meaning))
}

/// A connection to a SQLite file, migrated and closed again.
pub(crate) fn sqlite_file(path: &std::path::Path) -> Result<(), Error> {
    sqlite(&mut sqlite::connect(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_for_one_engine_is_left_out_for_the_other() {
        let text = "a {INT}\n-- only: sqlite\nb\n-- only: postgres\nc\n-- both\nd {TEXT}";
        assert_eq!(translate(text, Dialect::Sqlite), "a INTEGER\nb\nd TEXT");
        assert_eq!(translate(text, Dialect::Postgres), "a BIGINT\nc\nd TEXT COLLATE \"C\"");
    }

    #[test]
    fn no_brace_is_left_over() {
        for (name, text) in FILES {
            for dialect in [Dialect::Sqlite, Dialect::Postgres] {
                assert!(!translate(text, dialect).contains('{'), "{name}");
            }
        }
    }
}
