//! The wire of AllThrive, `allthrive.v1`: plain data, serde only, no I/O.
//!
//! Imports nothing of the house; everything else may import it. Its shapes are written out in
//! `tests/wire.rs` and in `docs/PROTOCOL.md`, and a change shows in both.
//!
//! - [`id`]: who speaks and where: `UserId`, `RoomId`, `Principal`, `Cmid`
//! - [`command`]: what a client may ask for, one variant each
//! - [`reply`]: the answers to commands
//! - [`event`]: what is told to those who listen
//! - [`presence`]: who is here now, asked and told
//! - [`quiz`]: quizzes: what is written, answered and shown
//! - [`error`]: refusal codes and close codes
//! - `asyncapi`: all of it described as JSON Schema and AsyncAPI, with the feature `schema`
//!
//! *A new command*: a variant in [`command::Command`], its line in `read_one` and in `asyncapi`, its JSON in
//! `tests/wire.rs`; the compiler then points at the session's `dispatch`.

#[cfg(feature = "schema")]
pub mod asyncapi;
pub mod command;
pub mod error;
pub mod event;
pub mod id;
pub mod presence;
pub mod quiz;
pub mod reply;

pub use command::{Command, Malformed, Request};
pub use error::{CloseCode, Code, Refusal};
pub use id::{AttemptId, Cmid, ConnId, PlayerId, Principal, QuizId, RoomId, Seq, SessionId, UserId};

/// The subprotocol a client must offer and the server answers with.
pub const SUBPROTOCOL: &str = "allthrive.v1.json";

/// A ticket may be sent as a second subprotocol with this prefix.
pub const TICKET_PREFIX: &str = "ticket.";

/// Longest inbound message in bytes, its fragments added up.
pub const MAX_FRAME_BYTES: usize = 64 * 1024;

/// Most commands in one inbound array.
pub const MAX_BATCH: usize = 64;

/// Longest message text, in characters (Unicode scalar values).
pub const MAX_BODY_CHARS: usize = 4_000;

/// Most different emojis on one message.
pub const MAX_REACTIONS: usize = 20;

/// A mute ends after 28 days at the latest, in seconds; who must not write for longer is banned.
pub const MAX_MUTE_SECONDS: u32 = 28 * 86_400;

/// Slow mode pauses for six hours at most, in seconds.
pub const MAX_SLOW_MODE_SECONDS: u32 = 6 * 3_600;

/// Longest reason of a moderator's step, in characters.
pub const MAX_REASON_CHARS: usize = 200;

/// Most rows a `history` answers with.
pub const MAX_HISTORY: u32 = 100;

/// Most events one `events` page holds.
pub const MAX_EVENTS: u32 = 200;

/// Most accounts that one page of `presence` names.
pub const MAX_PRESENCE: usize = 200;

/// Unread counts stop here: a client shows "100" as "99+".
pub const UNREAD_CAP: u32 = 100;
