//! What can go wrong below: one enum, the same for both engines.

use std::fmt;
use std::sync::Arc;

/// A failure of the store. Its `Display` is a plain sentence; what the driver said is in the
/// [`Cause`], for the log only.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// A unique value is taken. Nothing was written. `constraint` is `<table>_<columns>_key`, or
    /// `<table>_pkey`, on both engines.
    #[error("This is taken already.")]
    Conflict {
        /// Which one.
        constraint: String,
    },
    /// Somebody else held for too long what this needs. Nothing was written; the same call can succeed later.
    #[error("The database is busy. Try again.")]
    Busy(#[source] Cause),
    /// The database cannot be reached or cannot write. Nothing was written; the same call can succeed later.
    #[error("The database cannot be reached. Try again.")]
    Unavailable(#[source] Cause),
    /// The connection was lost while COMMIT was under way: written whole, or not at all.
    #[error("It is not known whether this was kept. Ask again.")]
    Unknown(#[source] Cause),
    /// What is stored has another shape than this version writes.
    #[error("What is stored is not what was expected.")]
    Corrupt(#[source] Cause),
    /// The database refused a statement for a reason of ours. Nothing was written.
    #[error("The database refused a statement.")]
    Bug(#[source] Cause),
    /// The store cannot be opened as it is configured; the sentence says what to change.
    #[error("{0}")]
    Setup(String),
}

/// What the driver said, with the statement's name. Never shown to clients.
#[derive(Clone)]
pub struct Cause(Arc<str>);

impl Cause {
    /// With the name of the statement or step.
    pub fn new(step: &str, said: impl fmt::Display) -> Self {
        Self(format!("{step}: {said}").into())
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Cause {}

impl Error {
    /// Stored data that cannot be read back.
    pub(crate) fn corrupt(what: &str, said: impl fmt::Display) -> Self {
        Self::Corrupt(Cause::new(what, said))
    }

    /// Whether the same call can succeed later, unchanged.
    #[must_use]
    pub fn may_retry(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Unavailable(_) | Self::Unknown(_))
    }

    /// Whether a part of the batch can be to blame, so that its parts are worth a try alone.
    pub(crate) fn is_of_a_part(&self) -> bool {
        matches!(self, Self::Conflict { .. } | Self::Busy(_) | Self::Corrupt(_) | Self::Bug(_))
    }

    /// Whether this is the violation of that unique constraint.
    #[must_use]
    pub fn is_conflict_on(&self, constraint: &str) -> bool {
        matches!(self, Self::Conflict { constraint: found } if found == constraint)
    }
}
