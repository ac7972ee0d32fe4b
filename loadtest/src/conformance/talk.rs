//! A [`Wire`] that speaks the protocol: commands and their replies, events by room, and the one rule that holds
//! for every connection always: events of a room come one number after the other.

use std::collections::{HashMap, VecDeque};
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use allthrive_protocol::{RoomId, Seq};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::fault::{Fault, Outcome, broken, holds};
use super::stage::Turns;
use super::wire::{Said, Wire};

/// How often a command is sent again because the server asked for a pause.
const TRIES: usize = 20;

/// One connection of somebody.
pub(crate) struct Talk {
    wire: Wire,
    turns: Turns,
    next: u64,
    /// What came and was not looked at.
    kept: VecDeque<Value>,
    /// The number after which each room goes on.
    cursors: HashMap<String, Seq>,
}

impl Deref for Talk {
    type Target = Wire;

    fn deref(&self) -> &Wire {
        &self.wire
    }
}

impl DerefMut for Talk {
    fn deref_mut(&mut self) -> &mut Wire {
        &mut self.wire
    }
}

impl Talk {
    pub(crate) fn over(wire: Wire, turns: Turns) -> Self {
        Self { wire, turns, next: 0, kept: VecDeque::new(), cursors: HashMap::new() }
    }

    /// Sends a command; its id.
    pub(crate) async fn say(&mut self, op: &str, room: Option<RoomId>, d: Value) -> u64 {
        self.next += 1;
        let mut command = json!({"id": self.next, "op": op, "d": d});
        if let Some(room) = room {
            command["room"] = json!(room);
        }
        if !command["d"]["cmid"].is_null() {
            self.turns.take().await;
        }
        self.text(&command.to_string()).await;
        self.next
    }

    /// Waits for the reply with this id, as it is.
    pub(crate) async fn reply(&mut self, id: u64) -> Outcome<Value> {
        if let Some(at) = self.kept.iter().position(|frame| frame["id"] == id) {
            return Ok(self.kept.remove(at).expect("it is there"));
        }
        loop {
            let value = self.value().await?;
            if value["id"] == id {
                return Ok(value);
            }
            self.kept.push_back(value);
        }
    }

    /// Sends a command, again after the pause where one is asked for, and waits for its reply.
    pub(crate) async fn ask(&mut self, op: &str, room: impl Into<Option<RoomId>>, d: Value) -> Outcome<Value> {
        let room = room.into();
        for _ in 0..TRIES {
            let id = self.say(op, room, d.clone()).await;
            match judged(self.reply(id).await?) {
                Err(Fault::TooFast(pause)) => sleep(pause).await,
                other => return other,
            }
        }
        broken!("{op} was refused as too fast {TRIES} times although each pause was kept")
    }

    /// A command that must be carried out; its `ok`.
    pub(crate) async fn ok(&mut self, op: &str, room: impl Into<Option<RoomId>>, d: Value) -> Outcome<Value> {
        let reply = self.ask(op, room, d).await?;
        holds!(reply["ok"].is_object() && reply.get("error").is_none(), "{op} is to be carried out, the reply is {reply}");
        Ok(reply["ok"].clone())
    }

    /// A write that must be carried out; the number it took.
    pub(crate) async fn write(&mut self, op: &str, room: RoomId, mut d: Value) -> Outcome<Seq> {
        if d["cmid"].is_null() {
            d["cmid"] = json!(Uuid::new_v4());
        }
        let ok = self.ok(op, room, d).await?;
        holds!(ok["dup"] == false && ok["ts"].is_u64(), "the reply to a new {op} has \"dup\":false and a time: {ok}");
        match ok["seq"].as_u64() {
            Some(seq @ 1..) => Ok(seq),
            _ => broken!("the reply to {op} has a \"seq\": {ok}"),
        }
    }

    /// Says something in a room; its number.
    pub(crate) async fn message(&mut self, room: RoomId, body: &str) -> Outcome<Seq> {
        self.write("message.send", room, json!({"body": body})).await
    }

    /// A command that must be refused with this code; the `error`.
    pub(crate) async fn refused(&mut self, op: &str, room: impl Into<Option<RoomId>>, d: Value, code: &str) -> Outcome<Value> {
        let reply = self.ask(op, room, d).await?;
        refusal(&reply, code)
    }

    /// A write that must be refused with this code; the `error`.
    pub(crate) async fn no_write(&mut self, op: &str, room: RoomId, mut d: Value, code: &str) -> Outcome<Value> {
        d["cmid"] = json!(Uuid::new_v4());
        self.refused(op, room, d, code).await
    }

    /// The next event of this room and name; what else comes stays for later.
    pub(crate) async fn event(&mut self, room: RoomId, name: &str) -> Outcome<Value> {
        self.next_of(|frame| frame["event"] == name && frame["room"] == json!(room)).await
    }

    /// The next durable event of this room.
    pub(crate) async fn durable(&mut self, room: RoomId) -> Outcome<Value> {
        self.next_of(|frame| frame["room"] == json!(room) && frame["event"].is_string() && frame["seq"].is_u64()).await
    }

    /// The next durable event of this room, which must have this name and number.
    pub(crate) async fn hears(&mut self, room: RoomId, name: &str, seq: Seq) -> Outcome<Value> {
        let event = self.durable(room).await?;
        holds!(event["event"] == name && event["seq"] == seq, "{name} with the number {seq} is to come, this came: {event}");
        holds!(event["ts"].is_u64(), "a durable event has a time: {event}");
        Ok(event)
    }

    /// What else comes of a room within a while.
    pub(crate) async fn rest_of(&mut self, room: RoomId, time: Duration) -> Outcome<Vec<Value>> {
        let until = Instant::now() + time;
        while let Some(value) = self.value_within(until.saturating_duration_since(Instant::now())).await? {
            self.kept.push_back(value);
        }
        let (of_room, others): (Vec<_>, Vec<_>) =
            self.kept.drain(..).partition(|frame| frame["room"] == json!(room) && frame["event"].is_string());
        self.kept = others.into();
        Ok(of_room)
    }

    /// Pulls a room page by page from `after` until it is live; what the pages told.
    pub(crate) async fn pull(&mut self, room: RoomId, mut after: Seq, limit: usize) -> Outcome<Vec<Value>> {
        let mut told = Vec::new();
        loop {
            let page = self.ok("events", room, json!({"after": after, "limit": limit})).await?;
            let Some(events) = page["events"].as_array() else { broken!("a page has events: {page}") };
            holds!(events.len() <= limit, "a page of at most {limit} events has {}", events.len());
            let begin = page["after"].as_u64().unwrap_or(0);
            for (due, event) in (begin + 1..).zip(events) {
                holds!(event["seq"] == due, "in a page after {begin} the number {due} is to come, this is there: {event}");
            }
            holds!(page["end"] == begin + events.len() as u64, "a page ends at its last event: {page}");
            told.extend(events.iter().cloned());
            let end = begin + events.len() as u64;
            if page["live"] == true {
                return Ok(told);
            }
            holds!(end > after, "a page that is not the last takes the client further: {page}");
            after = end;
        }
    }

    async fn next_of(&mut self, wanted: impl Fn(&Value) -> bool) -> Outcome<Value> {
        if let Some(at) = self.kept.iter().position(&wanted) {
            return Ok(self.kept.remove(at).expect("it is there"));
        }
        loop {
            let value = self.value().await?;
            if wanted(&value) {
                return Ok(value);
            }
            self.kept.push_back(value);
        }
    }

    /// The next text of the server.
    pub(crate) async fn value(&mut self) -> Outcome<Value> {
        match self.value_within(super::wire::PATIENCE).await? {
            Some(value) => Ok(value),
            None => broken!("what is due did not come within {} s", super::wire::PATIENCE.as_secs()),
        }
    }

    async fn value_within(&mut self, time: Duration) -> Outcome<Option<Value>> {
        let until = Instant::now() + time;
        loop {
            match self.wire.said_within(until.saturating_duration_since(Instant::now())).await? {
                Some(Said::Text(text)) => {
                    let Ok(value) = serde_json::from_str::<Value>(&text) else { broken!("the server sent what is not JSON: {text}") };
                    holds!(value.is_object(), "the server sends one object in a message, this came: {text}");
                    self.believe(&value)?;
                    return Ok(Some(value));
                }
                Some(Said::Pong(_)) => {}
                Some(Said::Close(code)) => broken!("the server closed with {code:?} while something else was due"),
                Some(Said::End) => broken!("the server ended while something else was due"),
                None => return Ok(None),
            }
        }
    }

    /// Moves the cursors as a client does.
    fn believe(&mut self, frame: &Value) -> Outcome {
        let ok = &frame["ok"];
        for line in ok["rooms"].as_array().into_iter().flatten().chain(std::iter::once(ok)) {
            let place = if line["events"].is_array() { &line["end"] } else { &line["after"] };
            if let (Some(room), Some(place)) = (line["room"].as_str(), place.as_u64()) {
                self.cursors.insert(room.to_owned(), place);
            }
        }
        let Some(room) = frame["room"].as_str() else { return Ok(()) };
        match (frame["event"].as_str(), frame["seq"].as_u64()) {
            (Some("reset"), None) => {
                self.cursors.insert(room.to_owned(), frame["d"]["top"].as_u64().unwrap_or(0));
            }
            (Some(name), Some(seq)) => {
                let cursor = self.cursors.entry(room.to_owned()).or_insert(seq - 1);
                holds!(seq == *cursor + 1, "in {room} the number {} is to come, {name} with {seq} came", *cursor + 1);
                *cursor = seq;
            }
            _ => {}
        }
        Ok(())
    }
}

/// A reply, unless it asks for a pause.
pub(crate) fn judged(reply: Value) -> Outcome<Value> {
    let error = &reply["error"];
    if error["code"] == "rate_limited" {
        let Some(pause @ 1..) = error["after_ms"].as_u64() else { broken!("rate_limited tells \"after_ms\": {reply}") };
        return Err(Fault::TooFast(Duration::from_millis(pause)));
    }
    Ok(reply)
}

/// The `error` of a reply that must have this code.
pub(crate) fn refusal(reply: &Value, code: &str) -> Outcome<Value> {
    let error = &reply["error"];
    holds!(error["code"] == code && reply.get("ok").is_none(), "{code} is due, the reply is {reply}");
    holds!(error["message"].is_string() && error["retry"].is_boolean(), "an error has a message and \"retry\": {reply}");
    Ok(error.clone())
}
