//! A value as both engines know it, and the ways into and out of Rust's types.

use allthrive_domain::time::Micros;
use allthrive_protocol::{AttemptId, Cmid, QuizId, RoomId, UserId};
use uuid::Uuid;

/// What a parameter or a column holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// `{INT}`
    Int(i64),
    /// `{REAL}`
    Real(f64),
    /// `{TEXT}`
    Text(String),
    /// `{UUID}`; SQLite keeps it as 16 bytes and gives back [`Value::Bytes`].
    Uuid(Uuid),
    /// `{BYTES}`
    Bytes(Vec<u8>),
}

/// A type of a column of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `{INT}`
    Int,
    /// `{REAL}`
    Real,
    /// `{TEXT}`
    Text,
    /// `{UUID}`
    Uuid,
    /// `{BYTES}`
    Bytes,
}

macro_rules! from {
    ($($type:ty => |$it:ident| $value:expr),+ $(,)?) => {
        $(impl From<$type> for Value { fn from($it: $type) -> Self { $value } })+
    };
}

from! {
    i64 => |n| Self::Int(n),
    u32 => |n| Self::Int(n.into()),
    // No count or `seq` of ours comes near the end of i64.
    u64 => |n| Self::Int(i64::try_from(n).unwrap_or(i64::MAX)),
    usize => |n| Self::Int(i64::try_from(n).unwrap_or(i64::MAX)),
    bool => |yes| Self::Int(yes.into()),
    f64 => |n| Self::Real(n),
    &str => |text| Self::Text(text.to_owned()),
    String => |text| Self::Text(text),
    Uuid => |id| Self::Uuid(id),
    Vec<u8> => |bytes| Self::Bytes(bytes),
    &[u8] => |bytes| Self::Bytes(bytes.to_vec()),
    UserId => |id| Self::Uuid(id.0),
    RoomId => |id| Self::Uuid(id.0),
    Cmid => |id| Self::Uuid(id.0),
    QuizId => |id| Self::Uuid(id.0),
    AttemptId => |id| Self::Uuid(id.0),
    Micros => |at| Self::Int(at.0),
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// What a column can be read as.
pub trait FromValue: Sized {
    /// `None` if the value is of another kind.
    fn from_value(value: &Value) -> Option<Self>;
}

macro_rules! read {
    ($($type:ty => $pattern:pat => $read:expr),+ $(,)?) => {
        $(impl FromValue for $type {
            fn from_value(value: &Value) -> Option<Self> {
                match value { $pattern => $read, _ => None }
            }
        })+
    };
}

read! {
    i64 => Value::Int(n) => Some(*n),
    u64 => Value::Int(n) => u64::try_from(*n).ok(),
    u32 => Value::Int(n) => u32::try_from(*n).ok(),
    bool => Value::Int(n @ (0 | 1)) => Some(*n == 1),
    f64 => Value::Real(n) => Some(*n),
    String => Value::Text(text) => Some(text.clone()),
    Vec<u8> => Value::Bytes(bytes) => Some(bytes.clone()),
    Micros => Value::Int(n) => Some(Micros(*n)),
}

impl FromValue for Uuid {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Uuid(id) => Some(*id),
            Value::Bytes(bytes) => Self::from_slice(bytes).ok(),
            _ => None,
        }
    }
}

macro_rules! read_id {
    ($($type:ident),+) => {
        $(impl FromValue for $type {
            fn from_value(value: &Value) -> Option<Self> {
                Uuid::from_value(value).map(Self)
            }
        })+
    };
}

read_id!(UserId, RoomId, Cmid, QuizId, AttemptId);

impl<const N: usize> FromValue for [u8; N] {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => bytes.as_slice().try_into().ok(),
            _ => None,
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}
