//! Durable: messages, their texts, their reactions.

use serde::{Deserialize, Serialize};

use super::Person;
use crate::id::{Cmid, Seq, UserId};

/// A message as now permitted: its present text and revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Message {
    /// Who wrote it.
    pub author: Person,
    /// The author's own mark of it.
    pub cmid: Cmid,
    /// The text; absent once deleted or erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The `seq` of the message it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// 1 when written, one more with each edit.
    pub rev: u32,
}

/// An own message has another text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MessageEdited {
    /// The message: the `seq` of its `message.new`.
    pub target: Seq,
    /// Its text as it is now; absent once deleted or erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Its revision as it is now: the highest one told wins.
    pub rev: u32,
    /// Who did it: its author.
    pub by: UserId,
    /// The mark of the write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cmid: Option<Cmid>,
}

/// A message was taken back: its text and its reactions are gone, its number stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MessageDeleted {
    /// The message: the `seq` of its `message.new`.
    pub target: Seq,
    /// Who did it: its author or a moderator.
    pub by: UserId,
    /// The mark of the write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cmid: Option<Cmid>,
}

/// Somebody put a reaction to a message, or took it away.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reaction {
    /// The message: the `seq` of its `message.new`.
    pub target: Seq,
    /// Who.
    pub user: Person,
    /// One emoji.
    pub emoji: String,
    /// Put, or taken away.
    pub on: bool,
    /// The mark of the write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cmid: Option<Cmid>,
}
