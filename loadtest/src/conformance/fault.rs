//! Why a case does not hold, as a sentence; and the three ways a case says so.

use std::time::Duration;

/// What ends a case early.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The server does not do what the protocol says.
    Broken(String),
    /// The server asked for a pause: nothing is shown either way, and the case is tried again after it.
    TooFast(Duration),
}

/// Of a case, and of each step of one.
pub(crate) type Outcome<T = ()> = Result<T, Fault>;

impl From<allthrive_client::Error> for Fault {
    fn from(error: allthrive_client::Error) -> Self {
        match error {
            allthrive_client::Error::Refused { status: 429, .. } => Self::TooFast(Duration::from_secs(1)),
            error => Self::Broken(format!("REST: {error}")),
        }
    }
}

/// Ends the case with this sentence.
macro_rules! broken {
    ($($said:tt)+) => { return Err($crate::conformance::fault::Fault::Broken(format!($($said)+))) };
}

/// Ends the case with this sentence unless that is so.
macro_rules! holds {
    ($is:expr, $($said:tt)+) => { if !$is { $crate::conformance::fault::broken!($($said)+) } };
}

/// Ends the case unless both are the same JSON.
macro_rules! same {
    ($what:expr, $is:expr, $due:expr) => {{
        let (is, due) = (serde_json::json!($is), serde_json::json!($due));
        if is != due {
            $crate::conformance::fault::broken!("{}: {is} where {due} is due", $what)
        }
    }};
}

pub(crate) use {broken, holds, same};
