//! SQLite: one writer thread that commits what waits together, and a few readers.
//!
//! A reader sees a state as of its own statement and is never held up by the writer (WAL). A write is
//! on the disk when it is answered (`synchronous = FULL`).

mod statements;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

use self::statements::{classify, execute, query, step};
use crate::engine::row::Row;
use crate::engine::statement::Statement;
use crate::engine::{Decided, closed};
use crate::error::{Cause, Error};

/// Most jobs that share one commit.
const GROUP: usize = 64;

/// How long a statement waits for another process (a backup, a shell) to let go of the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// An open SQLite database. Clones share it.
#[derive(Clone)]
pub(crate) struct Sqlite(Arc<Shared>);

struct Shared {
    writer: Mutex<Option<Sender<Box<dyn Job>>>>,
    reader: Mutex<Option<Sender<Box<dyn Job>>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// Something to be done on a connection. `run` is called once, `finish` after it.
trait Job: Send {
    /// Nobody waits for it any more.
    fn is_abandoned(&self) -> bool;
    fn run(&mut self, connection: &Connection) -> Result<(), Error>;
    fn finish(self: Box<Self>, outcome: Result<(), Error>);
}

struct Task<T, F> {
    work: Option<F>,
    value: Option<T>,
    reply: oneshot::Sender<Result<T, Error>>,
}

impl<T: Send, F: FnOnce(&Connection) -> Result<T, Error> + Send> Job for Task<T, F> {
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(&mut self, connection: &Connection) -> Result<(), Error> {
        let work = self.work.take().ok_or_else(closed)?;
        let done = catch_unwind(AssertUnwindSafe(|| work(connection)));
        self.value = Some(done.unwrap_or_else(|_| Err(Error::Bug(Cause::new("transaction", "its decision panicked"))))?);
        Ok(())
    }

    fn finish(self: Box<Self>, outcome: Result<(), Error>) {
        let value = self.value;
        // Nobody waiting is fine: the write stands, or does not, all the same.
        let _ = self.reply.send(outcome.and_then(|()| value.ok_or_else(closed)));
    }
}

impl Sqlite {
    /// Opens the file, which must exist and be migrated, under the lock the caller has taken.
    pub(crate) fn open(path: &Path, readers: usize, lock: std::fs::File) -> Result<Self, Error> {
        let (writer, jobs) = channel();
        let connection = connect(path)?;
        let write = move || {
            write_loop(&connection, &jobs);
            drop(connection);
            // Held for as long as anything is written, so that no second server opens the file.
            drop(lock);
        };
        let threads = vec![spawn("store-writer", write)?];
        Self::with_readers(Some(writer), threads, (0..readers.max(1)).map(|_| connect(path)))
    }

    /// Opens the file to read it, which must exist, beside a server that may have it. A write is refused.
    pub(crate) fn inspect(path: &Path) -> Result<Self, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || {
            let connection = Connection::open_with_flags(path, flags)?;
            connection.busy_timeout(BUSY_TIMEOUT)?;
            Ok(connection)
        };
        let opened = open().map_err(|e| not_opened(path, &e));
        Self::with_readers(None, Vec::new(), std::iter::once(opened))
    }

    fn with_readers(
        writer: Option<Sender<Box<dyn Job>>>,
        mut threads: Vec<JoinHandle<()>>,
        connections: impl Iterator<Item = Result<Connection, Error>>,
    ) -> Result<Self, Error> {
        let (reader, jobs) = channel();
        let jobs = Arc::new(Mutex::new(jobs));
        for connection in connections {
            let connection = connection?;
            connection.pragma_update(None, "query_only", true).map_err(|e| classify("query_only", &e))?;
            let jobs = Arc::clone(&jobs);
            threads.push(spawn("store-reader", move || read_loop(&connection, &jobs))?);
        }
        Ok(Self(Arc::new(Shared { writer: Mutex::new(writer), reader: Mutex::new(Some(reader)), threads: Mutex::new(threads) })))
    }

    pub(crate) async fn all(&self, read: Statement) -> Result<Vec<Row>, Error> {
        ask(&self.0.reader, move |connection| query(connection, &read)).await
    }

    pub(crate) async fn batch(&self, writes: Vec<Statement>) -> Result<Vec<u64>, Error> {
        ask(&self.0.writer, move |connection| writes.iter().map(|write| execute(connection, write)).collect()).await
    }

    pub(crate) async fn transact<T: Send + 'static>(
        &self,
        lock: Vec<Statement>,
        read: Vec<Statement>,
        decide: impl FnOnce(Vec<Vec<Row>>) -> Result<Decided<T>, Error> + Send + 'static,
    ) -> Result<T, Error> {
        ask(&self.0.writer, move |connection| {
            // The writer is alone; a lock is run all the same, so that a wrong text is found on either engine.
            for statement in &lock {
                query(connection, statement)?;
            }
            let rows = read.iter().map(|statement| query(connection, statement)).collect::<Result<_, _>>()?;
            let Decided { writes, value } = decide(rows)?;
            for write in &writes {
                execute(connection, write)?;
            }
            Ok(value)
        })
        .await
    }

    pub(crate) async fn close(&self) {
        take(&self.0.writer);
        take(&self.0.reader);
        let threads = std::mem::take(&mut *self.0.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let joined = tokio::task::spawn_blocking(move || threads.into_iter().for_each(|thread| drop(thread.join())));
        if joined.await.is_err() {
            tracing::error!("a thread of the store did not end");
        }
    }
}

fn take<T>(slot: &Mutex<Option<T>>) {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take();
}

/// Takes the lock file beside the database, without waiting.
pub(crate) fn lock_file(database: &Path) -> Result<std::fs::File, Error> {
    let path = PathBuf::from(format!("{}.lock", database.display()));
    let file = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|e| Error::Setup(format!("The lock file {} cannot be opened: {e}.", path.display())))?;
    file.try_lock().map_err(|_| {
        Error::Setup(format!("Another server has the database {} open. Stop it, or use Postgres for several servers.", database.display()))
    })?;
    Ok(file)
}

/// A connection as every one of ours is.
pub(crate) fn connect(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.set_prepared_statement_cache_capacity(256);
        Ok(connection)
    };
    open().map_err(|e: rusqlite::Error| not_opened(path, &e))
}

fn not_opened(path: &Path, error: &rusqlite::Error) -> Error {
    Error::Setup(format!("The database {} cannot be opened: {error}.", path.display()))
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(|e| Error::Setup(format!("No thread for the database: {e}.")))
}

/// Sends the work to a thread and waits for its answer.
async fn ask<T: Send + 'static>(
    to: &Mutex<Option<Sender<Box<dyn Job>>>>,
    work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (reply, answer) = oneshot::channel();
    let task = Task { work: Some(work), value: None, reply };
    let sent = to.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|sender| sender.send(Box::new(task)));
    match sent {
        Some(Ok(())) => answer.await.map_err(|_| closed())?,
        Some(Err(_)) | None => Err(closed()),
    }
}

fn read_loop(connection: &Connection, jobs: &Mutex<Receiver<Box<dyn Job>>>) {
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(mut job) = next else { return };
        if !job.is_abandoned() {
            let outcome = job.run(connection);
            job.finish(outcome);
        }
    }
}

/// One transaction for everything that waits; each job in a savepoint of its own, so that one that
/// fails costs itself only. Answers come after COMMIT.
fn write_loop(connection: &Connection, jobs: &Receiver<Box<dyn Job>>) {
    while let Ok(first) = jobs.recv() {
        let mut group = vec![first];
        group.extend(jobs.try_iter().take(GROUP - 1));
        group.retain(|job| !job.is_abandoned());
        if !group.is_empty() {
            commit_group(connection, group);
        }
    }
}

fn commit_group(connection: &Connection, group: Vec<Box<dyn Job>>) {
    let alone = group.len() == 1;
    let mut begun = step(connection, "BEGIN IMMEDIATE");
    let mut written = Vec::with_capacity(group.len());
    for mut job in group {
        let outcome = match &begun {
            Err(error) => Err(error.clone()),
            Ok(()) if alone => job.run(connection),
            Ok(()) => in_savepoint(connection, &mut *job),
        };
        match outcome {
            Ok(()) => written.push(job),
            Err(error) => {
                if begun.is_ok() && connection.is_autocommit() {
                    // A full disk and the like end the whole transaction, not the statement alone.
                    begun = Err(Error::Unavailable(Cause::new("transaction", "it was ended by the database")));
                }
                job.finish(Err(error));
            }
        }
    }
    let outcome = match begun {
        Ok(()) if written.is_empty() => step(connection, "ROLLBACK"),
        Ok(()) => step(connection, "COMMIT"),
        Err(error) => Err(error),
    };
    if outcome.is_err() && !connection.is_autocommit() && step(connection, "ROLLBACK").is_err() {
        tracing::error!("a transaction could not be rolled back");
    }
    for job in written {
        job.finish(outcome.clone());
    }
}

fn in_savepoint(connection: &Connection, job: &mut dyn Job) -> Result<(), Error> {
    step(connection, "SAVEPOINT job")?;
    let outcome = job.run(connection);
    if outcome.is_err() && !connection.is_autocommit() {
        step(connection, "ROLLBACK TO job")?;
    }
    if !connection.is_autocommit() {
        step(connection, "RELEASE job")?;
    }
    outcome
}
