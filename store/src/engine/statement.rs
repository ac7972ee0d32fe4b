//! A read or a write as a value: its text and its arguments.
//!
//! ```
//! use allthrive_store::engine::{Statement, Type};
//! // One row:
//! Statement::new("find a room", "SELECT title FROM rooms WHERE id = $1").bind(uuid::Uuid::nil());
//! // By a list of keys; `{keys}` is a table of the named columns:
//! Statement::new("tops", "SELECT r.id, r.top FROM rooms r JOIN {keys} ON r.id = k.room")
//!     .list(&[("room", Type::Uuid)], vec![vec![uuid::Uuid::nil().into()]]);
//! // Many rows at once; `{rows}` stands for them:
//! Statement::new("mark", "INSERT INTO marks (room, seq) {rows}")
//!     .list(&[("room", Type::Uuid), ("seq", Type::Int)], vec![vec![uuid::Uuid::nil().into(), 1i64.into()]]);
//! ```

use crate::engine::value::{Type, Value};

/// One statement in the house dialect (`migrations/README.md`).
#[derive(Debug, Clone)]
pub struct Statement {
    pub(crate) name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
    pub(crate) args: Vec<Value>,
    pub(crate) list: Option<List>,
}

/// The rows of `{keys}` or `{rows}`.
#[derive(Debug, Clone)]
pub(crate) struct List {
    pub(crate) columns: &'static [(&'static str, Type)],
    pub(crate) rows: Vec<Vec<Value>>,
}

impl Statement {
    /// One text for both engines. The name says in the log what it does.
    #[must_use]
    pub fn new(name: &'static str, sql: &'static str) -> Self {
        Self::per_engine(name, sql, sql)
    }

    /// Two texts, where the engines truly need them.
    #[must_use]
    pub fn per_engine(name: &'static str, sqlite: &'static str, postgres: &'static str) -> Self {
        Self { name, sqlite, postgres, args: Vec::new(), list: None }
    }

    /// The next parameter: the first is `$1` (after a list of `n` columns, `$(n+1)`).
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.args.push(value.into());
        self
    }

    /// The rows of the one list of the statement; it takes the parameters `$1` to `$n`, one a column.
    ///
    /// In the text, `{keys}` is a table of them with the alias `k`, and `{rows}` takes the place of
    /// `VALUES …` in an `INSERT`. With no rows both mean nothing is found and nothing is written.
    #[must_use]
    pub fn list(mut self, columns: &'static [(&'static str, Type)], rows: Vec<Vec<Value>>) -> Self {
        debug_assert!(rows.iter().all(|row| row.len() == columns.len()), "{}: a row has another number of columns", self.name);
        self.list = Some(List { columns, rows });
        self
    }

    /// The text for SQLite. `{rows}` becomes one row of parameters: the statement runs once for each.
    pub(crate) fn sqlite(&self) -> String {
        let Some(List { columns, .. }) = &self.list else { return self.sqlite.to_owned() };
        let columns_of_json: Vec<_> = columns.iter().enumerate().map(|(at, (name, kind))| json_column(at, name, *kind)).collect();
        let keys = format!("(SELECT {} FROM json_each($1)) AS k", columns_of_json.join(", "));
        let row = (1..=columns.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
        self.sqlite.replace("{keys}", &keys).replace("{rows}", &format!("VALUES ({row})"))
    }

    /// Whether SQLite runs it once for each row.
    pub(crate) fn runs_by_row(&self) -> bool {
        self.sqlite.contains("{rows}")
    }

    /// The text for Postgres: both forms are `UNNEST` over one array a column.
    pub(crate) fn postgres(&self) -> String {
        let Some(List { columns, .. }) = &self.list else { return self.postgres.to_owned() };
        let arrays = columns.iter().enumerate().map(|(at, (_, kind))| format!("${}::{}[]", at + 1, postgres_type(*kind)));
        let table = format!("UNNEST({})", arrays.collect::<Vec<_>>().join(", "));
        let names = columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        self.postgres.replace("{keys}", &format!("{table} AS k({names})")).replace("{rows}", &format!("SELECT * FROM {table}"))
    }
}

/// A column of a JSON array of arrays; bytes and ids travel as hexadecimal digits.
fn json_column(at: usize, name: &str, kind: Type) -> String {
    match kind {
        Type::Uuid | Type::Bytes => format!("unhex(value ->> {at}) AS {name}"),
        Type::Int | Type::Real | Type::Text => format!("value ->> {at} AS {name}"),
    }
}

fn postgres_type(kind: Type) -> &'static str {
    match kind {
        Type::Int => "bigint",
        Type::Real => "double precision",
        Type::Text => "text",
        Type::Uuid => "uuid",
        Type::Bytes => "bytea",
    }
}

impl List {
    /// The rows as JSON, for SQLite's `json_each`.
    pub(crate) fn json(&self) -> String {
        let rows: Vec<Vec<serde_json::Value>> = self.rows.iter().map(|row| row.iter().map(json_value).collect()).collect();
        serde_json::Value::from(rows.into_iter().map(serde_json::Value::from).collect::<Vec<_>>()).to_string()
    }

    /// One list a column, for Postgres's `UNNEST`.
    pub(crate) fn into_columns(self) -> Vec<Vec<Value>> {
        let mut columns: Vec<Vec<Value>> = self.columns.iter().map(|_| Vec::with_capacity(self.rows.len())).collect();
        for row in self.rows {
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(value);
            }
        }
        columns
    }
}

fn json_value(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Int(n) => (*n).into(),
        Value::Real(n) => (*n).into(),
        Value::Text(text) => text.as_str().into(),
        Value::Uuid(id) => id.simple().to_string().into(),
        Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into(),
    }
}
