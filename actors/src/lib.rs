//! Who is alive in AllThrive: one actor per connection and per room, the relays between them, and what
//! makes writes durable.
//!
//! Imports `protocol`, `domain` and `store`; the server crate wires it to HTTP.
//!
//! The way of a message: [`session`] reads a frame and dispatches its command → [`room`] takes the write
//! in → [`persistence`] commits it → the author is answered, and the event goes by the [`bus`] to the
//! room's gate in [`gates`], on every node, which lets it out in order → one message per worker to its [`relay`] →
//! the same bytes into the lane of each member there.
//!
//! - [`system`]: starts and stops all of it
//! - [`line`]: a TCP connection from below: watched, and cut when something is overdue
//! - [`lobby`]: finds a room, starts it, replaces it
//! - [`ring`], [`tops`]: what a relay keeps
//! - [`presence`]: who is here
//! - [`audit`]: what leaves a trace and changes no row
//! - `revocation`: ends the connections of sign-ins that were ended elsewhere
//! - [`live`]: live quizzes: who comes in, how long something takes, who is awaited
//! - [`limiter`]: how fast and how many
//! - [`frame`], [`fingerprint`]: pure neighbours
//! - [`fault`]: faults on purpose, for tests
//!
//! *A new command*: the compiler points at `session::dispatch` once the protocol has it; if it takes a
//! `seq`, it becomes a `Deed` and goes by [`System::write`].

pub mod audit;
pub mod bus;
pub mod fault;
pub mod fingerprint;
pub mod frame;
pub mod gates;
pub mod limiter;
pub mod line;
pub mod live;
pub mod lobby;
pub mod persistence;
pub mod presence;
pub mod relay;
pub(crate) mod revocation;
pub mod ring;
pub mod room;
pub mod session;
pub mod system;
pub mod tops;

pub use line::Pace;
pub use session::{Credential, Identity, Later, TicketError, Tickets};
pub use system::{Options, System};
