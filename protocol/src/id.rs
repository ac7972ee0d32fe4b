//! Who speaks and where. An id is a newtype over a UUID; a `String` is never an id.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

/// A room's sequence number. The first durable change of a room has 1; there are no holes.
pub type Seq = u64;

macro_rules! plain_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

macro_rules! prefixed_id {
    ($(#[doc = $doc:literal])* $name:ident, $prefix:literal) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub Uuid);

        impl $name {
            /// What stands before the UUID on the wire.
            pub const PREFIX: &'static str = $prefix;
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $prefix, self.0.hyphenated())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                let rest = text.strip_prefix($prefix).ok_or(BadId)?;
                rest.parse().map(Self).map_err(|_| BadId)
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                described(concat!($($doc),+), $prefix)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

plain_id! {
    /// A room: a conversation, a live quiz, or an account's personal room.
    RoomId
}
plain_id! {
    /// Made by the client, once per write; the same write sent again carries the same one.
    Cmid
}
plain_id! {
    /// One WebSocket connection, for logs and for the welcome.
    ConnId
}
plain_id! {
    /// A quiz as its author keeps it.
    QuizId
}
plain_id! {
    /// A quiz taken alone by somebody.
    AttemptId
}
prefixed_id! {
    /// An account.
    UserId, "u_"
}
prefixed_id! {
    /// A quiz player without an account.
    PlayerId, "g_"
}
prefixed_id! {
    /// A big screen of one live quiz session.
    SessionId, "s_"
}

/// A UUID, in lower case and with hyphens, behind one of these prefixes.
#[cfg(feature = "schema")]
fn described(what: &str, prefixes: &str) -> schemars::Schema {
    let pattern = format!("^{prefixes}[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$");
    schemars::json_schema!({ "type": "string", "description": what.trim(), "pattern": pattern })
}

impl RoomId {
    /// The personal room of an account. It has the account's own UUID, so nobody needs to ask for it.
    #[must_use]
    pub fn personal(user: UserId) -> Self {
        Self(user.0)
    }
}

/// The text is not an id of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadId;

impl fmt::Display for BadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an id of this kind")
    }
}

impl std::error::Error for BadId {}

/// Who speaks: author, limiter, audit and dispatch all take one of these.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Principal {
    /// A signed-in account.
    User(UserId),
    /// A player without an account; reaches one quiz room and nothing else.
    Guest(PlayerId),
    /// A big screen; reads one quiz room and nothing else.
    Screen(SessionId),
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => id.fmt(f),
            Self::Guest(id) => id.fmt(f),
            Self::Screen(id) => id.fmt(f),
        }
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Principal {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        match text.get(..2) {
            Some(UserId::PREFIX) => text.parse().map(Self::User),
            Some(PlayerId::PREFIX) => text.parse().map(Self::Guest),
            Some(SessionId::PREFIX) => text.parse().map(Self::Screen),
            _ => Err(BadId),
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Principal {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Principal".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        described("Who speaks: an account, a guest or a screen.", "[ugs]_")
    }
}

impl Serialize for Principal {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Principal {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(de::Error::custom)
    }
}
