//! Live quizzes, as far as they are no rules: who comes in, how long something has taken, who is still awaited.
//!
//! - [`doors`]: the tokens by which people without an account come in
//! - [`rtt`]: how long the line to a peer takes
//! - [`stopwatch`]: how long the present phase has lasted on this node
//! - [`awaited`]: whose answers an open question waits for

pub mod awaited;
pub mod doors;
pub mod rtt;
pub mod stopwatch;

pub use self::doors::{Caller, Doors};
