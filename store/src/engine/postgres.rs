//! Postgres: a pool of checked connections, statements pipelined.
//!
//! A transaction takes two round trips: BEGIN, locks and reads go out together (each statement has a
//! snapshot of its own, taken when those before it are done), then the writes and COMMIT.

use std::error::Error as _;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::BytesMut;
use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime};
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{IsNull, ToSql, Type as PgType};
use tokio_postgres::{Config, NoTls};
use uuid::Uuid;

use crate::engine::row::Row;
use crate::engine::statement::Statement;
use crate::engine::value::Value;
use crate::engine::{Decided, closed};
use crate::error::{Cause, Error};

/// Set on every connection, so that a stalled server cannot hold up the others.
const SESSION: &str = "SET lock_timeout = '500ms'; SET statement_timeout = '5s'; SET idle_in_transaction_session_timeout = '2s'; \
     SET client_min_messages = 'warning'; SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED";

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// An open Postgres database. Clones share it.
#[derive(Clone)]
pub(crate) struct Postgres(Pool);

impl Postgres {
    /// A pool over the database of that URL; nothing is connected yet.
    pub(crate) fn open(url: &str, connections: usize, wait: Duration) -> Result<Self, Error> {
        // Certificates are always verified here, names too.
        let url = url.replace("sslmode=verify-full", "sslmode=require");
        let mut config: Config = url.parse().map_err(|e| Error::Setup(format!("The database URL is not understood: {e}.")))?;
        config.application_name("allthrive").connect_timeout(wait).tcp_user_timeout(Duration::from_secs(10));
        let checked = ManagerConfig { recycling_method: RecyclingMethod::Verified };
        let manager = if config.get_ssl_mode() == SslMode::Require {
            Manager::from_config(config, tls()?, checked)
        } else {
            Manager::from_config(config, NoTls, checked)
        };
        let settle = Hook::async_fn(|client: &mut deadpool_postgres::ClientWrapper, _| {
            Box::pin(async move { client.batch_execute(SESSION).await.map_err(HookError::Backend) })
        });
        let pool = Pool::builder(manager)
            .max_size(connections.max(1))
            .wait_timeout(Some(wait))
            .create_timeout(Some(wait))
            .recycle_timeout(Some(wait))
            .runtime(Runtime::Tokio1)
            .post_create(settle)
            .build();
        pool.map(Self).map_err(|e| Error::Setup(format!("No pool of database connections: {e}.")))
    }

    /// A connection for what is done outside of the engine's ways; it never returns to the pool.
    pub(crate) async fn detached(&self) -> Result<deadpool_postgres::ClientWrapper, Error> {
        Ok(Object::take(self.connection().await?))
    }

    async fn connection(&self) -> Result<Object, Error> {
        self.0.get().await.map_err(|e| match e {
            PoolError::Backend(e) => Error::Unavailable(Cause::new("connect", said(&e))),
            PoolError::Closed => closed(),
            e => Error::Unavailable(Cause::new("connect", e)),
        })
    }

    pub(crate) async fn all(&self, read: Statement) -> Result<Vec<Row>, Error> {
        let connection = Held::new(self.connection().await?);
        let read = Prepared::new(&connection, read).await?;
        let outcome = connection.query(read).await.map_err(Error::from);
        connection.settle(outcome)
    }

    pub(crate) async fn batch(&self, mut writes: Vec<Statement>) -> Result<Vec<u64>, Error> {
        let connection = Held::new(self.connection().await?);
        // One statement is a transaction by itself.
        if writes.len() == 1
            && let Some(write) = writes.pop()
        {
            let write = Prepared::new(&connection, write).await?;
            let outcome = connection.execute(write).await.map_err(|failure| failure.during_commit(true));
            return connection.settle(outcome.map(|touched| vec![touched]));
        }
        let mut steps: Vec<Step<'_, u64>> = vec![Box::pin(connection.command(BEGIN))];
        for write in writes {
            let write = Prepared::new(&connection, write).await?;
            steps.push(Box::pin(connection.execute(write)));
        }
        steps.push(Box::pin(connection.command("COMMIT")));
        let outcome = connection.committed(steps).await;
        let mut touched = connection.settle(outcome)?;
        touched.remove(0);
        touched.pop();
        Ok(touched)
    }

    pub(crate) async fn transact<T: Send + 'static>(
        &self,
        lock: Vec<Statement>,
        read: Vec<Statement>,
        decide: impl FnOnce(Vec<Vec<Row>>) -> Result<Decided<T>, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let connection = Held::new(self.connection().await?);
        let not_read = 1 + lock.len();
        let mut steps: Vec<Step<'_, Vec<Row>>> = vec![Box::pin(async { connection.command(BEGIN).await.map(|_| Vec::new()) })];
        for statement in lock.into_iter().chain(read) {
            let prepared = Prepared::new(&connection, statement).await?;
            steps.push(Box::pin(connection.query(prepared)));
        }
        let rows = in_order(steps).await.into_iter().collect::<Result<Vec<_>, _>>();
        let decided = match rows {
            Ok(mut rows) => decide(rows.split_off(not_read)),
            Err(failure) => Err(failure.into()),
        };
        let Decided { writes, value } = match decided {
            Ok(decided) if !decided.writes.is_empty() => decided,
            decided => {
                // Nothing to keep; a connection on which even this fails is dropped.
                connection.command("ROLLBACK").await?;
                connection.release();
                return decided.map(|decided| decided.value);
            }
        };
        let mut steps: Vec<Step<'_, u64>> = Vec::with_capacity(writes.len() + 1);
        for write in writes {
            let write = Prepared::new(&connection, write).await?;
            steps.push(Box::pin(connection.execute(write)));
        }
        steps.push(Box::pin(connection.command("COMMIT")));
        let outcome = connection.committed(steps).await;
        connection.settle(outcome.map(|_| value))
    }

    pub(crate) fn close(&self) {
        self.0.close();
    }
}

fn tls() -> Result<tokio_postgres_rustls::MakeRustlsConnect, Error> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::Setup(format!("No TLS for the database: {e}.")))?;
    Ok(tokio_postgres_rustls::MakeRustlsConnect::new(config.with_root_certificates(roots).with_no_client_auth()))
}

/// A statement with its plan on this connection.
struct Prepared {
    name: &'static str,
    plan: tokio_postgres::Statement,
    arrays: Vec<Vec<Value>>,
    args: Vec<Value>,
}

impl Prepared {
    async fn new(connection: &Held, statement: Statement) -> Result<Self, Error> {
        let text = statement.postgres();
        let plan = connection.client().prepare_cached(&text).await.map_err(|e| Failure::new(statement.name, e))?;
        let arrays = statement.list.map_or_else(Vec::new, super::statement::List::into_columns);
        Ok(Self { name: statement.name, plan, arrays, args: statement.args })
    }

    fn params(&self) -> Vec<&(dyn ToSql + Sync)> {
        let arrays = self.arrays.iter().map(|array| array as &(dyn ToSql + Sync));
        arrays.chain(self.args.iter().map(|value| value as &(dyn ToSql + Sync))).collect()
    }
}

/// A connection that goes back to the pool only when it was released: a caller that goes away in the
/// middle of a transaction, or a failure, closes it, and the server rolls back.
struct Held(Option<Object>);

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(object) = self.0.take() {
            drop(Object::take(object));
        }
    }
}

impl Held {
    fn new(object: Object) -> Self {
        Self(Some(object))
    }

    fn client(&self) -> &deadpool_postgres::ClientWrapper {
        self.0.as_deref().expect("it is taken by release and drop only, which consume self")
    }

    fn release(mut self) {
        self.0 = None;
    }

    /// Releases it at the end of a transaction, refused or not; not where the connection itself failed.
    fn settle<T>(self, outcome: Result<T, Error>) -> Result<T, Error> {
        if !matches!(outcome, Err(Error::Unknown(_) | Error::Unavailable(_))) {
            self.release();
        }
        outcome
    }

    async fn command(&self, sql: &'static str) -> Result<u64, Failure> {
        self.client().batch_execute(sql).await.map(|()| 0).map_err(|e| Failure::new(sql, e))
    }

    async fn execute(&self, write: Prepared) -> Result<u64, Failure> {
        self.client().execute(&write.plan, &write.params()).await.map_err(|e| Failure::new(write.name, e))
    }

    async fn query(&self, read: Prepared) -> Result<Vec<Row>, Failure> {
        let columns: Arc<[String]> = read.plan.columns().iter().map(|column| column.name().to_owned()).collect();
        let rows = self.client().query(&read.plan, &read.params()).await.map_err(|e| Failure::new(read.name, e))?;
        let row = |row: &tokio_postgres::Row| {
            let values = (0..columns.len()).map(|at| read_column(row, at)).collect::<Result<_, _>>()?;
            Ok(Row::new(Arc::clone(&columns), values))
        };
        rows.iter().map(row).collect::<Result<_, tokio_postgres::Error>>().map_err(|e| Failure::new(read.name, e))
    }

    /// Carries out writes that end in COMMIT, in one round trip.
    ///
    /// Success means that *every* statement succeeded. After one that failed the server answers COMMIT
    /// with ROLLBACK, which the driver reports as success; so the first failure decides, and COMMIT's
    /// own answer is believed only if there was none.
    async fn committed(&self, steps: Vec<Step<'_, u64>>) -> Result<Vec<u64>, Error> {
        let last = steps.len() - 1;
        let outcomes = in_order(steps).await;
        let mut touched = Vec::with_capacity(outcomes.len());
        for (at, outcome) in outcomes.into_iter().enumerate() {
            touched.push(outcome.map_err(|failure| failure.during_commit(at == last))?);
        }
        Ok(touched)
    }
}

/// What the driver said to one statement.
struct Failure {
    step: &'static str,
    error: tokio_postgres::Error,
}

impl Failure {
    fn new(step: &'static str, error: tokio_postgres::Error) -> Self {
        Self { step, error }
    }

    /// The failure of a statement with a COMMIT behind it in the same round trip. Without an answer
    /// nobody can say what became of that COMMIT; a refused statement means that nothing was kept.
    fn during_commit(self, is_commit: bool) -> Error {
        let lost = match self.error.as_db_error() {
            None => self.error.is_closed() || self.error.source().is_some_and(|source| source.is::<std::io::Error>()),
            Some(refused) => is_commit && is_of_connection(refused.code()),
        };
        if lost { Error::Unknown(Cause::new(self.step, said(&self.error))) } else { self.into() }
    }
}

/// The code says that the session or the server ended.
fn is_of_connection(code: &SqlState) -> bool {
    code.code().starts_with("08") || code.code().starts_with("57P")
}

impl From<Failure> for Error {
    fn from(Failure { step, error }: Failure) -> Self {
        let cause = Cause::new(step, said(&error));
        let Some(refused) = error.as_db_error() else {
            let ours = error.to_string().starts_with("error serializing") || error.to_string().starts_with("error deserializing");
            return if ours { Self::Bug(cause) } else { Self::Unavailable(cause) };
        };
        match refused.code() {
            code if *code == SqlState::UNIQUE_VIOLATION => {
                Self::Conflict { constraint: refused.constraint().unwrap_or_default().to_owned() }
            }
            code if [
                SqlState::LOCK_NOT_AVAILABLE,
                SqlState::QUERY_CANCELED,
                SqlState::T_R_DEADLOCK_DETECTED,
                SqlState::T_R_SERIALIZATION_FAILURE,
            ]
            .contains(code) =>
            {
                Self::Busy(cause)
            }
            // Resources are short, or the server does not take writes now.
            code if is_of_connection(code) || code.code().starts_with("53") || *code == SqlState::READ_ONLY_SQL_TRANSACTION => {
                Self::Unavailable(cause)
            }
            _ => Self::Bug(cause),
        }
    }
}

/// The driver's text with the server's, for the log.
fn said(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(refused) => format!("{} ({})", refused.message(), refused.code().code()),
        None => error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}")),
    }
}

type Step<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// Polls all, in their order: each is sent when it is polled first, so they arrive in that order and
/// travel together. All are waited for.
async fn in_order<T>(mut steps: Vec<Step<'_, T>>) -> Vec<Result<T, Failure>> {
    let mut done: Vec<Option<Result<T, Failure>>> = steps.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (step, slot) in steps.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let Poll::Ready(outcome) = step.as_mut().poll(context)
            {
                *slot = Some(outcome);
            }
        }
        if done.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

impl ToSql for Value {
    fn to_sql(&self, ty: &PgType, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match (self, ty) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Int(n), &PgType::INT8) => n.to_sql(ty, out),
            (Self::Int(n), &PgType::INT4) => i32::try_from(*n)?.to_sql(ty, out),
            (Self::Real(n), &PgType::FLOAT8) => n.to_sql(ty, out),
            (Self::Text(text), &PgType::TEXT | &PgType::VARCHAR | &PgType::NAME) => text.to_sql(ty, out),
            (Self::Uuid(id), &PgType::UUID) => id.to_sql(ty, out),
            (Self::Bytes(bytes), &PgType::BYTEA) => bytes.to_sql(ty, out),
            (value, ty) => Err(format!("{value:?} is not a {ty}").into()),
        }
    }

    fn accepts(_: &PgType) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

fn read_column(row: &tokio_postgres::Row, at: usize) -> Result<Value, tokio_postgres::Error> {
    let kind = row.columns()[at].type_();
    Ok(match *kind {
        PgType::INT8 => row.try_get::<_, Option<i64>>(at)?.into(),
        PgType::INT4 => row.try_get::<_, Option<i32>>(at)?.map(i64::from).into(),
        PgType::FLOAT8 => row.try_get::<_, Option<f64>>(at)?.into(),
        PgType::UUID => row.try_get::<_, Option<Uuid>>(at)?.into(),
        PgType::BYTEA => row.try_get::<_, Option<Vec<u8>>>(at)?.into(),
        // What is none of the house's types is refused as text by the driver.
        _ => row.try_get::<_, Option<String>>(at)?.into(),
    })
}
