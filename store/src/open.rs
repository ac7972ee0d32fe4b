//! Opening and closing: from a configuration to a migrated database.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use allthrive_domain::time::Micros;
use uuid::Uuid;

use crate::engine::{Engine, Kind, Statement, postgres, sqlite};
use crate::error::Error;
use crate::{epoch, migrate};

/// Where the database is and how much of it is used at once.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// Which one.
    pub database: Database,
    /// Reading threads on SQLite; 2 to 4 is right.
    pub readers: usize,
    /// Connections to Postgres, at most.
    pub connections: usize,
    /// How long to wait for a connection to Postgres.
    pub wait: Duration,
}

/// Which database.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file, used by one server alone.
    Sqlite {
        /// The file; made if it is not there.
        path: PathBuf,
        /// The file with the id that the history epoch is bound to: beside the keys, outside of
        /// backups; made if it is not there.
        instance: PathBuf,
    },
    /// A database of a Postgres server.
    Postgres {
        /// `postgres://…`; with `sslmode=require` the server's certificate is verified.
        url: DatabaseUrl,
    },
}

/// A URL with a password in it; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(pub String);

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl StoreConfig {
    /// A SQLite file with its instance id in that file.
    #[must_use]
    pub fn sqlite(path: impl Into<PathBuf>, instance: impl Into<PathBuf>) -> Self {
        Self::of(Database::Sqlite { path: path.into(), instance: instance.into() })
    }

    /// A Postgres database.
    #[must_use]
    pub fn postgres(url: impl Into<String>) -> Self {
        Self::of(Database::Postgres { url: DatabaseUrl(url.into()) })
    }

    fn of(database: Database) -> Self {
        Self { database, readers: 3, connections: 16, wait: Duration::from_secs(2) }
    }
}

/// Opens the database to look into it, as it is and beside servers that use it: nothing is migrated or written.
///
/// # Errors
/// [`Error::Setup`] if there is none; what follows answers [`Error::Bug`] if its schema is an older one.
pub async fn inspect(config: StoreConfig) -> Result<Engine, Error> {
    let kind = match config.database {
        Database::Sqlite { path, .. } => {
            let opened = tokio::task::spawn_blocking(move || sqlite::Sqlite::inspect(&path)).await;
            Kind::Sqlite(opened.map_err(|e| Error::Setup(format!("Opening the database: {e}.")))??)
        }
        Database::Postgres { url } => Kind::Postgres(postgres::Postgres::open(&url.0, 1, config.wait)?),
    };
    Ok(Engine(kind))
}

/// What is kept. Clones share one open database.
#[derive(Clone)]
pub struct Store {
    pub(crate) engine: Engine,
    epoch: Uuid,
}

impl Store {
    /// Opens the database, brings it to the present schema and settles its history epoch.
    ///
    /// # Errors
    /// [`Error::Setup`] with a sentence for the operator: a second server on one SQLite file, a
    /// schema of another version, a URL that is not understood; [`Error::Unavailable`] if the server is not there.
    pub async fn open(config: StoreConfig) -> Result<Self, Error> {
        let (kind, instance) = match config.database {
            Database::Sqlite { path, instance } => {
                let open = move || {
                    let lock = sqlite::lock_file(&path)?;
                    migrate::sqlite_file(&path)?;
                    sqlite::Sqlite::open(&path, config.readers, lock)
                };
                let opened = tokio::task::spawn_blocking(open).await.map_err(|e| Error::Setup(format!("Opening the database: {e}.")))?;
                (Kind::Sqlite(opened?), Some(instance))
            }
            Database::Postgres { url } => {
                let engine = postgres::Postgres::open(&url.0, config.connections, config.wait)?;
                migrate::postgres(&engine).await?;
                (Kind::Postgres(engine), None)
            }
        };
        let engine = Engine(kind);
        let bound_to = epoch::binding(&engine, instance.as_deref()).await?;
        let epoch = epoch::settle(&engine, bound_to).await?;
        Ok(Self { engine, epoch })
    }

    /// The epoch of this database's history, as it was at the opening.
    #[must_use]
    pub fn history_epoch(&self) -> Uuid {
        self.epoch
    }

    /// Whether this mark of a key is the one that the database was first used with; the first is kept.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn is_used_with(&self, mark: String) -> Result<bool, Error> {
        let keep = "INSERT INTO meta (key, value) VALUES ('keys', $1) ON CONFLICT (key) DO NOTHING";
        self.engine.run(Statement::new("keep the mark of the keys", keep).bind(mark.clone())).await?;
        let read = Statement::new("read the mark of the keys", "SELECT value FROM meta WHERE key = 'keys'");
        Ok(self.engine.one(read).await?.get::<String>(0)? == mark)
    }

    /// The engine, for statements of other modules.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether the database answers; the time by its own clock, if it has one that others go by too.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Busy`] if it does not.
    pub async fn ping(&self) -> Result<Option<Micros>, Error> {
        const SQLITE: &str = "SELECT CAST(NULL AS INTEGER) AS now";
        const POSTGRES: &str = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) AS now";
        self.engine.one(Statement::per_engine("ping", SQLITE, POSTGRES)).await?.get("now")
    }

    /// Finishes what is under way and closes the database.
    pub async fn close(&self) {
        self.engine.close().await;
    }
}
