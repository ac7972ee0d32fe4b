//! What crosses from node to node. JSON, so that it can be read on the way; a kind that an older node does
//! not know is ignored there.

use allthrive_protocol::{Principal, RoomId, Seq, UserId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{Committed, Effect};
use crate::frame;
use crate::gates::Tell;
use crate::limiter::pace::Spent;
use crate::presence::Word;
use crate::session::lane::MergeKey;

/// One life of one node: a node that is started again is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub Uuid);

/// Something said by a node to the others.
#[derive(Debug, Serialize, Deserialize)]
pub struct Wire {
    /// Who says it; its own words are skipped when they come back.
    pub node: NodeId,
    /// What.
    pub body: Body,
}

/// What is said. Nothing of it may be needed for anything to be right.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// These events are committed, in this order.
    Committed(Vec<Event>),
    /// Something volatile for whoever hears a room.
    Told(Told),
    /// Something may be committed in these rooms and was perhaps not said.
    Check(Vec<RoomId>),
    /// Who is here by this node, and what it must know of others.
    Presence(Word),
    /// This sign-in has ended.
    SignInEnded(Uuid),
    /// What accounts have spent of their limits on this node since it was last said.
    Spent(Vec<(UserId, Spent)>),
    /// Something is committed in this live session; perhaps somebody has joined it.
    Live(RoomId, Option<Principal>),
    /// The node asks itself whether it hears.
    Probe,
}

/// A committed event.
#[derive(Debug, Serialize, Deserialize)]
pub struct Event {
    room: RoomId,
    seq: Seq,
    /// As it is told to clients.
    told: Box<RawValue>,
    effect: Effect,
}

/// A volatile event.
#[derive(Debug, Serialize, Deserialize)]
pub struct Told {
    room: RoomId,
    /// As it is told to clients.
    told: Box<RawValue>,
    key: MergeKey,
}

impl From<&Committed> for Event {
    fn from(event: &Committed) -> Self {
        Self { room: event.room, seq: event.seq, told: json_of(&event.frame), effect: event.effect }
    }
}

impl From<Event> for Committed {
    fn from(event: Event) -> Self {
        Self { room: event.room, seq: event.seq, frame: frame::text(event.told.get().as_bytes()), effect: event.effect }
    }
}

impl From<&Tell> for Told {
    fn from(told: &Tell) -> Self {
        Self { room: told.room, told: json_of(&told.frame), key: told.key }
    }
}

impl From<Told> for Tell {
    fn from(told: Told) -> Self {
        Self { room: told.room, frame: frame::text(told.told.get().as_bytes()), key: told.key }
    }
}

fn json_of(frame: &[u8]) -> Box<RawValue> {
    let json = std::str::from_utf8(frame::payload(frame)).expect("a frame of ours holds the JSON it was made of");
    RawValue::from_string(json.to_owned()).expect("a frame of ours holds the JSON it was made of")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NODE: NodeId = NodeId(Uuid::from_u128(9));

    fn there_and_back(body: Body) -> Body {
        let text = serde_json::to_string(&Wire { node: NODE, body }).unwrap();
        let back: Wire = serde_json::from_str(&text).unwrap();
        assert_eq!(back.node, NODE);
        back.body
    }

    #[test]
    fn an_event_crosses_with_the_same_frame() {
        for length in [1, 200, 70_000] {
            let frame = frame::encode(&json!({ "event": "message.new", "d": { "body": "ü".repeat(length) } }));
            let event = Committed { room: RoomId(Uuid::from_u128(1)), seq: 7, frame, effect: Effect::Joined(RoomId(Uuid::from_u128(2))) };
            let Body::Committed(mut events) = there_and_back(Body::Committed(vec![Event::from(&event)])) else { panic!() };
            let back = Committed::from(events.remove(0));
            assert_eq!((back.room, back.seq, back.frame, back.effect), (event.room, event.seq, event.frame, event.effect));
        }
    }

    #[test]
    fn what_is_volatile_crosses_with_its_key() {
        let (room, user) = (RoomId(Uuid::from_u128(1)), UserId(Uuid::from_u128(3)));
        let told = Tell { room, frame: frame::encode(&json!({ "event": "read" })), key: MergeKey::Read(room, user) };
        let Body::Told(back) = there_and_back(Body::Told(Told::from(&told))) else { panic!() };
        let back = Tell::from(back);
        assert_eq!((back.room, back.frame, back.key), (told.room, told.frame, told.key));
    }

    #[test]
    fn the_envelope_stands_written_out() {
        let wire = Wire { node: NODE, body: Body::Check(vec![RoomId(Uuid::from_u128(1))]) };
        let written = json!({ "node": NODE.0, "body": { "check": [Uuid::from_u128(1)] } });
        assert_eq!(serde_json::to_value(&wire).unwrap(), written);
        assert_eq!(serde_json::to_value(&Wire { node: NODE, body: Body::Probe }).unwrap()["body"], "probe");
        let (user, spent) = (UserId(Uuid::from_u128(3)), [1, 0, 2, 0, 4, 0]);
        let told = serde_json::to_value(&Wire { node: NODE, body: Body::Spent(vec![(user, spent)]) }).unwrap();
        assert_eq!(told["body"], json!({ "spent": [[user, [1, 0, 2, 0, 4, 0]]] }));
        let Body::Spent(back) = there_and_back(Body::Spent(vec![(user, spent)])) else { panic!() };
        assert_eq!(back, vec![(user, spent)]);
    }

    #[test]
    fn a_kind_of_a_later_version_is_not_understood() {
        let later = json!({ "node": NODE.0, "body": { "dance": 1 } }).to_string();
        assert!(serde_json::from_str::<Wire>(&later).is_err());
    }
}
