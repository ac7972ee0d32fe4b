//! The history epoch: one random id of a database's history. Another one than a client's makes every
//! number it has void, so a database that was put back to an older state must not keep its epoch.
//!
//! It is bound to what a backup does not carry: on Postgres the system identifier and the timeline, on
//! SQLite an id in a file beside the keys. Where the two do not fit any more, a new epoch begins.

use std::io::Write as _;
use std::path::Path;

use uuid::Uuid;

use crate::engine::{Decided, Engine, Kind, Statement, Value};
use crate::error::Error;

/// The epoch of the open database; begins a new one if the binding does not hold.
pub(crate) async fn settle(engine: &Engine, bound_to: String) -> Result<Uuid, Error> {
    let insert = |key: &'static str, value: String| {
        Statement::new("begin an epoch", "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING").bind(key).bind(value)
    };
    engine.batch(vec![insert("history_epoch", Uuid::new_v4().to_string()), insert("bound_to", bound_to.clone())]).await?;
    let lock = Statement::per_engine(
        "lock the epoch",
        "SELECT key FROM meta WHERE key = 'history_epoch'",
        "SELECT key FROM meta WHERE key = 'history_epoch' FOR NO KEY UPDATE",
    );
    let read = |key: &'static str| Statement::new("read the epoch", "SELECT value FROM meta WHERE key = $1").bind(key);
    let text = engine
        .try_transact(vec![lock], vec![read("history_epoch"), read("bound_to")], move |rows| {
            let value = |at: usize| -> Result<String, Error> {
                rows.get(at).and_then(|rows| rows.first()).ok_or_else(|| Error::corrupt("meta", "no epoch"))?.get(0)
            };
            let (epoch, was_bound_to) = (value(0)?, value(1)?);
            if was_bound_to == bound_to {
                return Ok(Decided { writes: Vec::new(), value: epoch });
            }
            tracing::warn!("the database is not where it was: a new history epoch begins");
            let epoch = Uuid::new_v4().to_string();
            let set = |key: &'static str, value: Value| {
                Statement::new("set the epoch", "UPDATE meta SET value = $2 WHERE key = $1").bind(key).bind(value)
            };
            Ok(Decided { writes: vec![set("history_epoch", epoch.as_str().into()), set("bound_to", bound_to.into())], value: epoch })
        })
        .await?;
    text.parse().map_err(|e| Error::corrupt("meta.history_epoch", e))
}

/// What the epoch of this database is bound to.
pub(crate) async fn binding(engine: &Engine, instance: Option<&Path>) -> Result<String, Error> {
    match (&engine.0, instance) {
        (Kind::Postgres(_), _) => {
            let identity = Statement::new(
                "identify the database",
                "SELECT CAST(system_identifier AS TEXT) || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS id FROM pg_control_system()",
            );
            engine.one(identity).await?.get("id")
        }
        (Kind::Sqlite(_), Some(path)) => instance_id(path)
            .map_err(|e| Error::Setup(format!("The file {} with the id of this place cannot be used: {e}.", path.display()))),
        (Kind::Sqlite(_), None) => Ok(String::new()),
    }
}

/// The id in that file, which is made if it is not there.
fn instance_id(path: &Path) -> std::io::Result<String> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let id = Uuid::new_v4().to_string();
            let mut file = std::fs::File::create_new(path)?;
            writeln!(file, "{id}")?;
            file.sync_all()?;
            Ok(id)
        }
        Err(e) => Err(e),
    }
}
