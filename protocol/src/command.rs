//! What a client may ask for. One variant per command, no wildcard anywhere.
//!
//! - [`payload`]: what stands in the `d` of each
//! - [`read`]: from a message to commands

mod payload;
mod read;

use serde::Serialize;

pub use self::payload::{
    All, AuthRefresh, Events, Hello, History, Live, Marked, MemberRole, MessageDelete, MessageEdit, MessageSend, ModerationMute,
    ModerationSlowMode, Named, NamedWhy, ReactionSet, Read, Resume, Subscribe, Wanted,
};
pub use self::read::{holds_nul, read_message};
use crate::error::Refusal;
use crate::id::RoomId;
use crate::presence::AskPresence;
use crate::quiz::ask::Ask;

/// One command with the id that its reply echoes. Without an id there is no reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Chosen by the client, rising.
    pub id: Option<u64>,
    /// What is asked.
    pub command: Command,
}

/// A command that cannot be understood; answered under its id where there is one.
#[derive(Debug, Clone, PartialEq)]
pub struct Malformed {
    /// The id, if the frame had one.
    pub id: Option<u64>,
    /// What is wrong with it.
    pub refusal: Refusal,
}

/// Everything a connection can be asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Always first: who I am, what I have, what I want to hear.
    Hello(Hello),
    /// A fresh ticket for the same account, before the credential expires.
    AuthRefresh(AuthRefresh),
    /// Hear a room on this connection.
    RoomSubscribe(RoomId, Subscribe),
    /// Hear it no more.
    RoomUnsubscribe(RoomId),
    /// Say something.
    MessageSend(RoomId, MessageSend),
    /// Change the text of an own message.
    MessageEdit(RoomId, MessageEdit),
    /// Take a message back.
    MessageDelete(RoomId, MessageDelete),
    /// Put a reaction to a message, or take it away.
    ReactionSet(RoomId, ReactionSet),
    /// Become a member of a public room.
    MemberJoin(RoomId, Marked),
    /// Be a member no more.
    MemberLeave(RoomId, Marked),
    /// Make somebody a member.
    MemberAdd(RoomId, Named),
    /// Take a member out; they may come back.
    MemberRemove(RoomId, NamedWhy),
    /// Give a member a role.
    MemberRole(RoomId, MemberRole),
    /// Let a member not write for a time.
    ModerationMute(RoomId, ModerationMute),
    /// How long members pause between two messages.
    ModerationSlowMode(RoomId, ModerationSlowMode),
    /// Take somebody out for good.
    ModerationBan(RoomId, NamedWhy),
    /// Let somebody come back.
    ModerationUnban(RoomId, Named),
    /// I am writing.
    Typing(RoomId),
    /// Everything up to here is read.
    Read(RoomId, Read),
    /// States of messages, for reading.
    History(RoomId, History),
    /// The log, for catching up.
    Events(RoomId, Events),
    /// Who is here now.
    Presence(RoomId, AskPresence),
    /// Something of a live quiz.
    Quiz(RoomId, Ask),
    /// Is anybody there?
    Ping,
}

/// A command as a client writes it; the counterpart of [`read_message`].
#[derive(Debug, Clone, Serialize)]
pub struct Outgoing<'a, D: Serialize> {
    /// Echoed by the reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// The command's name.
    pub op: &'a str,
    /// The room it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
    /// Its payload.
    pub d: D,
}
