//! What REST answers with, as far as this client reads it. Unknown fields are ignored.

use allthrive_protocol::event::Person;
use allthrive_protocol::{RoomId, Seq, UserId};
use serde::Deserialize;

/// `GET me`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Me {
    /// The own account.
    pub id: UserId,
    /// Its username.
    pub username: String,
    /// The name it shows.
    pub display_name: String,
    /// Where facts about the account are told.
    pub personal_room: RoomId,
}

/// A conversation of the own account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Conversation {
    /// The room.
    pub id: RoomId,
    /// `direct`, `group` or `room`.
    pub kind: String,
    /// Its title; direct conversations have none.
    #[serde(default)]
    pub title: Option<String>,
    /// The other person of a direct conversation.
    #[serde(default)]
    pub with: Option<Person>,
    /// The room's last `seq`.
    #[serde(default)]
    pub top: Seq,
    /// Messages by others above the read mark.
    #[serde(default)]
    pub unread: u32,
}

impl Conversation {
    /// What a person calls it.
    #[must_use]
    pub fn name(&self) -> String {
        match (&self.title, &self.with) {
            (Some(title), _) => title.clone(),
            (None, Some(person)) => format!("@{}", person.username),
            (None, None) => self.id.to_string(),
        }
    }
}

/// A room that anybody may join.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PublicRoom {
    /// The room.
    pub id: RoomId,
    /// Its title.
    pub title: String,
    /// Number of members.
    pub members: u64,
    /// Whether the own account is one.
    pub joined: bool,
}

/// A page of a list.
#[derive(Debug, Deserialize)]
pub(crate) struct Listed<T> {
    pub(crate) items: Vec<T>,
    #[serde(default)]
    pub(crate) next_cursor: Option<String>,
}

/// `GET auth/csrf`
#[derive(Debug, Deserialize)]
pub(crate) struct Csrf {
    pub(crate) token: String,
}

/// `POST auth/login`
#[derive(Debug, Deserialize)]
pub(crate) struct SignedIn {
    pub(crate) user: Me,
}

/// `POST auth/ws-ticket`
#[derive(Debug, Deserialize)]
pub(crate) struct Ticket {
    pub(crate) ticket: String,
}

/// `application/problem+json` (RFC 9457)
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Problem {
    #[serde(default)]
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) detail: Option<String>,
    #[serde(default)]
    pub(crate) code: String,
}
