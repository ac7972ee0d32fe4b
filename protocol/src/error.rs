//! Refusal codes and close codes: two closed lists.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Why a command was refused, for programs. The sentence beside it is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The frame or a field of it is not what the command takes.
    BadRequest,
    /// No such command.
    UnknownOp,
    /// A frame, a batch or a text beyond its limit.
    TooLarge,
    /// No credential, or one that is not valid.
    Unauthorized,
    /// The credential was valid and is not any more.
    TokenExpired,
    /// Known, and not permitted.
    Forbidden,
    /// Not there, or not for this principal: the two look alike.
    NotFound,
    /// The connection has not subscribed to this room.
    NotSubscribed,
    /// May not write in this room for a time.
    Muted,
    /// May write again after a pause.
    SlowMode,
    /// Too many of these.
    RateLimited,
    /// This `cmid` belongs to another write.
    CmidConflict,
    /// The message has moved on since the client saw it.
    RevConflict,
    /// The question takes no answers.
    QuizClosed,
    /// The answer came after the deadline.
    TooLate,
    /// A part of the server is down; nothing is lost, try again.
    Unavailable,
    /// The server has too much to do; try again.
    Overloaded,
    /// A mistake of the server.
    Internal,
}

impl Code {
    /// Whether the same call can succeed later, unchanged.
    #[must_use]
    pub fn may_retry(self) -> bool {
        matches!(self, Self::Muted | Self::SlowMode | Self::RateLimited | Self::Unavailable | Self::Overloaded | Self::Internal)
    }
}

/// A command that was not carried out: the user's doing or the server's state, never a driver's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Refusal {
    /// For programs.
    pub code: Code,
    /// One plain sentence for people.
    pub message: String,
    /// Whether the same call can succeed later.
    pub retry: bool,
    /// When, in milliseconds from now, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_ms: Option<u64>,
}

impl Refusal {
    /// A refusal with its sentence; `retry` follows from the code.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry: code.may_retry(), after_ms: None }
    }

    /// The same refusal, saying when to try again.
    #[must_use]
    pub fn after(mut self, wait: Duration) -> Self {
        self.after_ms = Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        self
    }
}

/// Why the server closed a WebSocket. The range is the verdict: 4000–4049 resume,
/// 4050–4099 get a new ticket and resume, 4100–4199 stop. Below 4000: RFC 6455, section 7.4.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum CloseCode {
    /// RFC 6455: the server stops, and nothing was begun that could be resumed.
    GoingAway = 1001,
    /// RFC 6455: a frame that breaks the protocol.
    Protocol = 1002,
    /// RFC 6455: a binary message, where only text is spoken.
    Unsupported = 1003,
    /// RFC 6455: a text message that is not UTF-8.
    InvalidText = 1007,
    /// RFC 6455: a message beyond the limit.
    TooBig = 1009,
    /// The server restarts; resume.
    Restart = 4000,
    /// The server asked for a new connection; resume.
    Reconnect = 4001,
    /// The peer took nothing for too long; resume.
    Slow = 4008,
    /// The peer was silent for too long; resume.
    NoPong = 4009,
    /// The store is gone; resume later.
    StoreLost = 4010,
    /// Too many refused requests; resume later.
    TooManyRequests = 4013,
    /// The credential expired: get a ticket, then resume.
    Expired = 4050,
    /// The sign-in was ended: sign in, then resume.
    Revoked = 4051,
    /// The first message was not a `hello`, or none came in time.
    BadProtocol = 4100,
    /// A version that this server does not speak.
    UnsupportedVersion = 4101,
    /// Not welcome here.
    Banned = 4103,
    /// Too many connections of one account or address.
    TooManyConnections = 4104,
    /// A page of another origin.
    Origin = 4105,
    /// Another connection of the same guest or screen took over.
    Superseded = 4106,
}

impl CloseCode {
    /// The number on the wire.
    #[must_use]
    pub fn number(self) -> u16 {
        self as u16
    }
}
