//! The two databases behind one face. Only the files of this folder know which one is underneath.
//!
//! - [`value`], [`row`], [`statement`]: what goes in and comes out
//! - `sqlite`: one writer thread with group commit, a few readers
//! - `postgres`: a pool of checked connections
//!
//! There is no branch on the engine above this folder: where two texts are needed, a statement carries both.

pub(crate) mod postgres;
pub mod row;
pub(crate) mod sqlite;
pub mod statement;
pub mod value;

pub use row::Row;
pub use statement::Statement;
pub use value::{FromValue, Type, Value};

use std::time::Duration;

use crate::error::{Cause, Error};

/// Directives for the log: below `info` the driver writes the parameters of statements, which are people's
/// addresses, hashes and texts.
pub const DISCREET_LOG: &[&str] = &["tokio_postgres=info"];

/// A database that is open. Clones share it.
#[derive(Clone)]
pub struct Engine(pub(crate) Kind);

#[derive(Clone)]
pub(crate) enum Kind {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

/// What [`Engine::transact`] is to write, and what it answers.
#[derive(Debug)]
pub struct Decided<T> {
    /// Carried out in this order, all or none. With none there is nothing to commit.
    pub writes: Vec<Statement>,
    /// Returned once the writes are committed.
    pub value: T,
}

/// How long Postgres may take for anything. Its own timeouts end sooner; this one is for a server that is
/// frozen while its kernel still answers.
const POSTGRES_DEADLINE: Duration = Duration::from_secs(8);

/// The outcome, or `late` of it. What is cut off drops its connection.
async fn within<T>(work: impl Future<Output = Result<T, Error>>, late: fn(Cause) -> Error) -> Result<T, Error> {
    let late = |_| Err(late(Cause::new("wait", "the database took too long")));
    tokio::time::timeout(POSTGRES_DEADLINE, work).await.unwrap_or_else(late)
}

impl Engine {
    /// All rows of a read.
    ///
    /// # Errors
    /// As the database has it; see [`Error`].
    pub async fn all(&self, read: Statement) -> Result<Vec<Row>, Error> {
        match &self.0 {
            Kind::Sqlite(engine) => engine.all(read).await,
            Kind::Postgres(engine) => within(engine.all(read), Error::Unavailable).await,
        }
    }

    /// The one row of a read, or none.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if there are more; else as [`Self::all`].
    pub async fn optional(&self, read: Statement) -> Result<Option<Row>, Error> {
        let name = read.name;
        let mut rows = self.all(read).await?;
        if rows.len() > 1 {
            return Err(Error::corrupt(name, "more than one row"));
        }
        Ok(rows.pop())
    }

    /// The one row of a read.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if there is none or more; else as [`Self::all`].
    pub async fn one(&self, read: Statement) -> Result<Row, Error> {
        let name = read.name;
        self.optional(read).await?.ok_or_else(|| Error::corrupt(name, "no row"))
    }

    /// One write, committed when this returns; the number of rows it touched.
    ///
    /// # Errors
    /// [`Error::Unknown`] if the connection was lost on the way; else nothing was written.
    pub async fn run(&self, write: Statement) -> Result<u64, Error> {
        Ok(self.batch(vec![write]).await?.pop().unwrap_or(0))
    }

    /// Writes in one transaction, all or none, committed when this returns; the number of rows each touched.
    ///
    /// # Errors
    /// [`Error::Unknown`] if the connection was lost on the way; else nothing was written.
    pub async fn batch(&self, writes: Vec<Statement>) -> Result<Vec<u64>, Error> {
        match &self.0 {
            Kind::Sqlite(engine) => engine.batch(writes).await,
            Kind::Postgres(engine) => within(engine.batch(writes), Error::Unknown).await,
        }
    }

    /// Lock, read, decide, write: the rows locked are held to the end, the reads see what their last
    /// holders committed, `decide` is a pure function of the reads' rows (in their order), and its
    /// value is returned only when its writes are committed.
    ///
    /// Locks are reads that end in `FOR NO KEY UPDATE` on Postgres ([`Statement::per_engine`]); lock in
    /// one order everywhere, and all of it here. On SQLite the whole runs alone on the writer thread.
    ///
    /// # Errors
    /// [`Error::Unknown`] if the connection was lost during COMMIT; else nothing was written.
    pub async fn transact<T: Send + 'static>(
        &self,
        lock: Vec<Statement>,
        read: Vec<Statement>,
        decide: impl FnOnce(Vec<Vec<Row>>) -> Decided<T> + Send + 'static,
    ) -> Result<T, Error> {
        self.try_transact(lock, read, move |rows| Ok(decide(rows))).await
    }

    /// As [`Self::transact`]; an error of `decide` (a row that cannot be read) rolls back and is returned.
    ///
    /// # Errors
    /// As [`Self::transact`], and what `decide` returns.
    pub async fn try_transact<T: Send + 'static>(
        &self,
        lock: Vec<Statement>,
        read: Vec<Statement>,
        decide: impl FnOnce(Vec<Vec<Row>>) -> Result<Decided<T>, Error> + Send + 'static,
    ) -> Result<T, Error> {
        match &self.0 {
            Kind::Sqlite(engine) => engine.transact(lock, read, decide).await,
            Kind::Postgres(engine) => within(engine.transact(lock, read, decide), Error::Unknown).await,
        }
    }

    /// Ends the connections; calls after it answer [`Error::Unavailable`]. Writes under way are finished first.
    pub async fn close(&self) {
        match &self.0 {
            Kind::Sqlite(engine) => engine.close().await,
            Kind::Postgres(engine) => engine.close(),
        }
    }
}

/// The answer after [`Engine::close`].
pub(crate) fn closed() -> Error {
    Error::Unavailable(Cause::new("store", "it is closed"))
}
