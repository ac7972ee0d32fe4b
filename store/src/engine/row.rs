//! One row of an answer.

use std::sync::Arc;

use crate::engine::value::{FromValue, Value};
use crate::error::Error;

/// One row; columns are found by position or by name.
#[derive(Debug, Clone)]
pub struct Row {
    columns: Arc<[String]>,
    values: Vec<Value>,
}

impl Row {
    pub(crate) fn new(columns: Arc<[String]>, values: Vec<Value>) -> Self {
        Self { columns, values }
    }

    /// The column as that type.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if there is no such column or it holds another kind of value.
    pub fn get<T: FromValue>(&self, column: impl Column) -> Result<T, Error> {
        let value = column.find(&self.columns).and_then(|at| self.values.get(at));
        value.and_then(T::from_value).ok_or_else(|| Error::corrupt(&column.to_string(), std::any::type_name::<T>()))
    }
}

/// A column's position or name.
pub trait Column: ToString {
    /// Where it stands.
    fn find(&self, columns: &[String]) -> Option<usize>;
}

impl Column for usize {
    fn find(&self, _: &[String]) -> Option<usize> {
        Some(*self)
    }
}

impl Column for &str {
    fn find(&self, columns: &[String]) -> Option<usize> {
        columns.iter().position(|name| name == self)
    }
}
