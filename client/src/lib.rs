//! A small client of the AllThrive protocol: what the terminal chat and the load checker are made of.
//!
//! Imports the wire (`allthrive-protocol`) and nothing else of the house: whatever it can do, any other
//! program can do with `docs/PROTOCOL.md` in hand.
//!
//! - [`session`]: signed in over REST: who I am, which conversations there are, tickets
//! - [`tls`]: whose word a server's certificate may rest on
//! - [`rest`]: the shapes REST answers with
//! - `dialogue`: the client's side of one connection after the other as a pure value: what was asked,
//!   where each room's cursor stands. The catching-up rule is here, and nowhere else
//! - [`update`]: what a client is told; `frames`: what stands on the wire
//! - [`connection`]: the socket below it: connects, reads the verdict of a close code, connects again
//! - [`backoff`]: how long to wait before that
//! - [`log`]: a room's log as this client was told it, which refuses holes and repeats
//! - [`view`]: a room as one member sees it: a snapshot and what is told after it
//!
//! ```no_run
//! # async fn example(room: allthrive_protocol::RoomId) -> Result<(), allthrive_client::Error> {
//! let session = allthrive_client::Session::sign_in("http://127.0.0.1:8080", "mira", "correct horse").await?;
//! let (line, mut updates) = allthrive_client::connect(&session, &[room]);
//! line.say(room, "Hello".into());
//! while let Some(update) = updates.recv().await {
//!     println!("{update:?}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Runs on a thread with a local task set (actix's `System`, tokio's `LocalSet`): its HTTP client stays
//! on one thread.

pub mod backoff;
pub mod connection;
mod dialogue;
mod frames;
pub mod log;
mod pace;
pub mod rest;
pub mod session;
pub mod tls;
pub mod update;
pub mod view;

use thiserror::Error;

pub use connection::{Line, Stop, Updates, connect, connect_after};
pub use log::RoomLog;
pub use session::Session;
pub use update::Update;
pub use view::View;

/// Why something could not be had from the server.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// The address given is not one of a server.
    #[error("{0} is not the address of a server: write it like http://127.0.0.1:8080")]
    Address(String),
    /// Nobody answers there, or the answer broke off. Trying again may help.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// The server understood and said no.
    #[error("{detail}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// For programs.
        code: String,
        /// One plain sentence for people.
        detail: String,
    },
    /// A file of certificates, and what is wrong with it.
    #[error("the certificates in {0} cannot be used: {1}")]
    Certificates(String, String),
    /// The answer is none that this protocol knows.
    #[error("the server gave an answer that this client does not understand: {0}")]
    Strange(String),
}

impl Error {
    /// Whether the same call can succeed later, unchanged.
    #[must_use]
    pub fn may_retry(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Refused { status, .. } => *status == 429 || *status >= 500,
            Self::Address(_) | Self::Strange(_) | Self::Certificates(..) => false,
        }
    }
}
