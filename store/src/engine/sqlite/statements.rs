//! One statement on one connection: its parameters, its rows, and what its failure means.

use std::sync::Arc;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode};

use crate::engine::row::Row;
use crate::engine::statement::Statement;
use crate::engine::value::Value;
use crate::error::{Cause, Error};

/// One of our own, without parameters.
pub(super) fn step(connection: &Connection, sql: &'static str) -> Result<(), Error> {
    let done = connection.prepare_cached(sql).and_then(|mut statement| statement.raw_execute());
    match done {
        Ok(_) => Ok(()),
        // Written to the log but perhaps not to the disk: nobody can say.
        Err(e) if sql == "COMMIT" && e.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) => Err(Error::Unknown(Cause::new(sql, e))),
        Err(e) => Err(classify(sql, &e)),
    }
}

/// The rows of a read.
pub(super) fn query(connection: &Connection, statement: &Statement) -> Result<Vec<Row>, Error> {
    let run = || {
        let mut prepared = connection.prepare_cached(&statement.sqlite())?;
        let columns: Arc<[String]> = prepared.column_names().map(str::to_owned).collect();
        bind_all(&mut prepared, statement)?;
        let mut rows = prepared.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let values = (0..columns.len()).map(|at| row.get_ref(at).map(read)).collect::<Result<_, _>>()?;
            found.push(Row::new(Arc::clone(&columns), values));
        }
        Ok(found)
    };
    run().map_err(|e| classify(statement.name, &e))
}

/// How many rows a write touched.
pub(super) fn execute(connection: &Connection, statement: &Statement) -> Result<u64, Error> {
    let run = || {
        let mut prepared = connection.prepare_cached(&statement.sqlite())?;
        let mut touched = 0;
        match &statement.list {
            Some(list) if statement.runs_by_row() => {
                let columns = positions(&prepared, 1, list.columns.len())?;
                let others = positions(&prepared, 1 + columns.len(), statement.args.len())?;
                bind(&mut prepared, &others, &statement.args)?;
                for row in &list.rows {
                    bind(&mut prepared, &columns, row)?;
                    touched += prepared.raw_execute()?;
                }
            }
            _ => {
                bind_all(&mut prepared, statement)?;
                touched = prepared.raw_execute()?;
            }
        }
        Ok(u64::try_from(touched).unwrap_or(u64::MAX))
    };
    run().map_err(|e| classify(statement.name, &e))
}

fn bind_all(prepared: &mut rusqlite::Statement<'_>, statement: &Statement) -> rusqlite::Result<()> {
    let mut first = 1;
    if let Some(list) = &statement.list {
        for at in positions(prepared, 1, 1)? {
            prepared.raw_bind_parameter(at, list.json())?;
        }
        first += list.columns.len();
    }
    let at = positions(prepared, first, statement.args.len())?;
    bind(prepared, &at, &statement.args)
}

fn bind(prepared: &mut rusqlite::Statement<'_>, positions: &[usize], values: &[Value]) -> rusqlite::Result<()> {
    positions.iter().zip(values).try_for_each(|(at, value)| prepared.raw_bind_parameter(*at, value))
}

/// Where `count` parameters stand, from `$first` on. By name: SQLite numbers names by their first
/// appearance, so `$2` may well be its first parameter.
fn positions(prepared: &rusqlite::Statement<'_>, first: usize, count: usize) -> rusqlite::Result<Vec<usize>> {
    let position = |n: usize| {
        let name = format!("${n}");
        prepared.parameter_index(&name)?.ok_or(rusqlite::Error::InvalidParameterName(name))
    };
    (first..first + count).map(position).collect()
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(n) => ValueRef::Integer(*n),
            Self::Real(n) => ValueRef::Real(*n),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Uuid(id) => ValueRef::Blob(id.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn read(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(n) => Value::Int(n),
        ValueRef::Real(n) => Value::Real(n),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}

/// What a failure of the library means to those who asked.
pub(super) fn classify(step: &str, error: &rusqlite::Error) -> Error {
    let cause = Cause::new(step, error);
    let rusqlite::Error::SqliteFailure(failure, message) = error else { return Error::Bug(cause) };
    match (failure.code, failure.extended_code) {
        (_, rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY | rusqlite::ffi::SQLITE_CONSTRAINT_ROWID) => {
            Error::Conflict { constraint: format!("{}_pkey", violated(message.as_deref()).0) }
        }
        (_, rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE) => {
            let (table, columns) = violated(message.as_deref());
            Error::Conflict { constraint: format!("{table}_{}_key", columns.join("_")) }
        }
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => Error::Busy(cause),
        (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _) => Error::Corrupt(cause),
        (ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::OutOfMemory, _) => {
            Error::Unavailable(cause)
        }
        _ => Error::Bug(cause),
    }
}

/// Table and columns of `UNIQUE constraint failed: t.a, t.b`.
fn violated(message: Option<&str>) -> (&str, Vec<&str>) {
    let names = message.and_then(|text| text.split_once(": ")).map_or("", |(_, names)| names);
    let pairs: Vec<_> = names.split(", ").filter_map(|name| name.split_once('.')).collect();
    (pairs.first().map_or("", |(table, _)| table), pairs.iter().map(|(_, column)| *column).collect())
}
