//! The conformance suite: what a client may rely on, asked of any server of this protocol, over real connections.
//!
//! Nothing is assumed of the server but `docs/PROTOCOL.md`: no clock, no file, no address beside its own. A case
//! is a sentence, the section of that document it proves, and an async function over a [`stage::Stage`]. To add
//! one: write the function in the file of `cases/` where it belongs, name it in that file's list, and add its line
//! to `docs/CONFORMANCE.md`, which a test compares.
//!
//! - [`wire`]: a connection of bytes, checked against RFC 6455; [`talk`]: commands, replies, events over it
//! - [`stage`]: the people, connections and rooms of a case; [`fault`]: why one does not hold
//! - [`run`]: all of them, a few at a time, each within its time; [`report`]: what came of it; [`listed`]: their
//!   list for people

pub mod cases;
pub(crate) mod fault;
pub mod listed;
pub mod report;
pub mod run;
pub(crate) mod stage;
pub(crate) mod talk;
pub(crate) mod wire;

use std::fmt;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;

pub use report::{Came, Report, Verdict};
pub use run::{Wish, run};
pub use stage::PEOPLE;

/// A sentence about the protocol that can be put to a server.
#[derive(Clone, Copy)]
pub struct Case {
    /// The sentence, with `_` between its words.
    pub name: &'static str,
    /// The section of `docs/PROTOCOL.md` it proves.
    pub section: &'static str,
    /// What it may take at most.
    pub within: Duration,
    /// Whether it spends what an account may do: such a case runs alone, and only when asked for.
    pub spends: bool,
    run: fn(stage::Stage) -> LocalBoxFuture<'static, fault::Outcome>,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name.replace('_', " "))
    }
}
