//! Frames as they stand on the wire, before their payload is understood.

use allthrive_protocol::command::Outgoing;
use allthrive_protocol::{Refusal, RoomId, Seq};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

/// An inbound frame before its payload is understood.
#[derive(Deserialize)]
pub(crate) struct Frame<'a> {
    #[serde(default)]
    pub(crate) id: Option<u64>,
    #[serde(default, borrow)]
    pub(crate) ok: Option<&'a RawValue>,
    #[serde(default)]
    pub(crate) error: Option<Refusal>,
    #[serde(default)]
    pub(crate) event: Option<IgnoredAny>,
}

/// A page of the log whose events are not understood yet: one of an unknown kind must not void the rest.
#[derive(Deserialize)]
pub(crate) struct Page<'a> {
    pub(crate) after: Seq,
    #[serde(borrow)]
    pub(crate) events: Vec<&'a RawValue>,
    pub(crate) end: Seq,
    pub(crate) live: bool,
}

/// Of a durable event of any kind.
#[derive(Deserialize)]
pub(crate) struct Numbered {
    #[serde(default)]
    pub(crate) room: Option<RoomId>,
    #[serde(default)]
    pub(crate) seq: Option<Seq>,
}

/// A command with its payload.
pub(crate) fn frame<D: Serialize>(id: u64, op: &str, room: Option<RoomId>, d: D) -> String {
    json!(Outgoing { id: Some(id), op, room, d }).to_string()
}
