//! Live quizzes, as far as they are no rules.
//!
//! - [`doors`]: the tokens by which people without an account come in
//! - [`qr`]: the link as a picture
//! - [`rtt`]: how long the line to a peer takes
//! - [`stopwatch`]: how long the present phase has lasted on this node
//! - [`hall`]: which sessions are alive on this node, and which of them it keeps
//! - [`room`]: one session
//! - [`stage`]: who on one thread is at which session
//! - [`writer`]: what makes its writes durable
//! - [`awaited`]: whose answers an open question waits for

pub mod awaited;
pub mod doors;
pub mod hall;
pub mod qr;
pub mod room;
pub mod rtt;
pub mod stage;
pub mod stopwatch;
pub mod writer;

pub use self::doors::{Caller, Doors};
