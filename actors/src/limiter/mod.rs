//! What keeps one peer from taking what belongs to all: how fast a connection may be, how fast all connections of
//! one account together, how many there may be of an account and of an address.
//!
//! - [`pace`]: the buckets of one connection; asked on the session's own thread, without a message
//! - [`account`]: the buckets of one account, and the sanctions that grow; pure
//! - [`actor`]: hears from sessions what was spent, and tells them of sanctions
//! - [`seats`]: caps on connections
//!
//! *A new command*: an arm in [`Kind::of`], which the compiler asks for.

pub mod account;
pub mod actor;
pub mod pace;
pub mod seats;

use std::time::Duration;

use actix::Message;
use allthrive_domain::rate::Rate;
use allthrive_protocol::Command;
use allthrive_protocol::quiz::ask::Ask;

/// What a node permits. The defaults are the protocol's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How fast a connection may be.
    pub rates: Rates,
    /// Connections of one account to this node.
    pub connections_per_account: u32,
    /// Connections from one address (of IPv6, one network of 64 bits) to this node.
    pub connections_per_address: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rates: Rates::default(), connections_per_account: 20, connections_per_address: 200 }
    }
}

/// How often a connection may do what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Writes: messages and what is done to them, members, moderation.
    pub send: Rate,
    /// Saying that one types.
    pub typing: Rate,
    /// Pages of history.
    pub history: Rate,
    /// Subscriptions made and ended.
    pub subscribe: Rate,
    /// All commands together.
    pub all: Rate,
    /// Answers in a live quiz.
    pub answer: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            send: Rate::per_second(5, 10),
            typing: Rate { every: Duration::from_secs(3), burst: 1 },
            history: Rate::per_second(5, 5),
            subscribe: Rate::per_second(20, 20),
            all: Rate::per_second(20, 20),
            answer: Rate::per_second(5, 5),
        }
    }
}

/// What is counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Counter {
    /// [`Rates::send`]
    Send,
    /// [`Rates::typing`]
    Typing,
    /// [`Rates::history`]
    History,
    /// [`Rates::subscribe`]
    Subscribe,
    /// [`Rates::all`]
    All,
    /// [`Rates::answer`]
    Answer,
}

/// Each of them, in the order of their numbers.
pub const COUNTERS: [Counter; 6] = [Counter::Send, Counter::Typing, Counter::History, Counter::Subscribe, Counter::All, Counter::Answer];

impl Counter {
    /// Its name in the audit trail.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Typing => "typing",
            Self::History => "history",
            Self::Subscribe => "subscribe",
            Self::All => "all",
            Self::Answer => "answer",
        }
    }
}

impl Rates {
    /// The rate of one counter.
    #[must_use]
    pub fn of(&self, counter: Counter) -> Rate {
        match counter {
            Counter::Send => self.send,
            Counter::Typing => self.typing,
            Counter::History => self.history,
            Counter::Subscribe => self.subscribe,
            Counter::All => self.all,
            Counter::Answer => self.answer,
        }
    }
}

/// How a command is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Counted as one command and under a limit of its own.
    Own(Counter),
    /// Counted as one command.
    Any,
    /// Counted as one command, and carried out even while the account is refused: without it the connection ends.
    Needed,
    /// Not counted: the connection gives pages one at a time, which paces them, and a client that catches up on
    /// a year must not be stopped.
    Paced,
}

impl Kind {
    /// Of this command. A batch is as many commands as it has; `hello` is one, however many rooms it names.
    #[must_use]
    pub fn of(command: &Command) -> Self {
        match command {
            Command::Hello(_) | Command::AuthRefresh(_) => Self::Needed,
            Command::RoomSubscribe(..) | Command::RoomUnsubscribe(_) => Self::Own(Counter::Subscribe),
            Command::MessageSend(..)
            | Command::MessageEdit(..)
            | Command::MessageDelete(..)
            | Command::ReactionSet(..)
            | Command::MemberJoin(..)
            | Command::MemberLeave(..)
            | Command::MemberAdd(..)
            | Command::MemberRemove(..)
            | Command::MemberRole(..)
            | Command::ModerationMute(..)
            | Command::ModerationSlowMode(..)
            | Command::ModerationBan(..)
            | Command::ModerationUnban(..) => Self::Own(Counter::Send),
            Command::Typing(_) => Self::Own(Counter::Typing),
            Command::History(..) => Self::Own(Counter::History),
            Command::Quiz(_, ask) => Self::of_quiz(ask),
            Command::Read(..) | Command::Presence(..) | Command::Ping => Self::Any,
            Command::Events(..) => Self::Paced,
        }
    }

    fn of_quiz(ask: &Ask) -> Self {
        match ask {
            Ask::Answer(_) => Self::Own(Counter::Answer),
            Ask::Control(_) | Ask::Moderate(_) | Ask::Rename(_) | Ask::Time(_) | Ask::React(_) => Self::Own(Counter::Send),
            Ask::Players(_) | Ask::Board(_) => Self::Own(Counter::History),
            Ask::Join(_) | Ask::Leave | Ask::Sync => Self::Any,
        }
    }
}

/// What the limiter tells the connections of an account that is too fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub enum Sanction {
    /// Refuse everything for so long.
    Refuse(Duration),
    /// End the connection with 4013.
    Close,
}
