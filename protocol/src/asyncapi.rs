//! The wire, described by its own types: an AsyncAPI 3.0 document with a JSON Schema (draft 07) of each of them.
//!
//! The server serves the checked-in copy, `static/asyncapi.json`, at `/asyncapi.json`; `tests/asyncapi.rs` fails
//! when the types have moved on. *A new command*: its line in [`commands`]. An event comes by itself.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::command::{
    AuthRefresh, Events, Hello, History, Marked, MemberRole, MessageDelete, MessageEdit, MessageSend, ModerationMute, ModerationSlowMode,
    Named, NamedWhy, ReactionSet, Read, Subscribe,
};
use crate::error::{CloseCode, Code, Refusal};
use crate::event::{Event, Fact};
use crate::id::{RoomId, Seq};
use crate::presence::{AskPresence, PresencePage};
use crate::quiz::live::{Answer, Answered, Board, Control, Join, Moderate, Players, React, Rename, Time};
use crate::quiz::own::{BoardPage, LiveSnapshot, PlayersPage};
use crate::quiz::view::{HostView, PlayerView, ScreenView};
use crate::reply::{Done, EventsPage, HistoryPage, ReadTo, Refreshed, Subscribed, Welcome, Written};
use crate::{
    MAX_BATCH, MAX_BODY_CHARS, MAX_EVENTS, MAX_FRAME_BYTES, MAX_HISTORY, MAX_PRESENCE, MAX_REACTIONS, MAX_REASON_CHARS, SUBPROTOCOL,
    UNREAD_CAP,
};

/// A payload with nothing in it.
#[derive(JsonSchema)]
#[schemars(rename = "Nothing")]
struct Nothing {}

/// A command: its name, whether it names a room, its payload, its `ok`, what it is for.
struct Line {
    op: &'static str,
    has_room: bool,
    d: Value,
    ok: Value,
    summary: &'static str,
}

/// Every command, in the order of the reference.
fn commands(types: &mut SchemaGenerator) -> Vec<Line> {
    fn of<D: JsonSchema, Ok: JsonSchema>(types: &mut SchemaGenerator, op: &'static str, has_room: bool, summary: &'static str) -> Line {
        Line { op, has_room, d: types.subschema_for::<D>().into(), ok: types.subschema_for::<Ok>().into(), summary }
    }
    let g = types;
    vec![
        of::<Hello, Welcome>(g, "hello", false, "Always first, once: resume and subscribe. Its ok is the welcome."),
        of::<AuthRefresh, Refreshed>(g, "auth.refresh", false, "A fresh ticket of the same account keeps the connection open."),
        of::<Subscribe, Subscribed>(g, "room.subscribe", true, "Hear a room on this connection."),
        of::<Nothing, Done>(g, "room.unsubscribe", true, "Hear it no more; membership stays."),
        of::<MessageSend, Written>(g, "message.send", true, "Say something."),
        of::<MessageEdit, Written>(g, "message.edit", true, "Change the text of an own message."),
        of::<MessageDelete, Written>(g, "message.delete", true, "Take a message back."),
        of::<ReactionSet, Written>(g, "reaction.set", true, "Put a reaction to a message, or take it away."),
        of::<Marked, Written>(g, "member.join", true, "Become a member of a public room."),
        of::<Marked, Written>(g, "member.leave", true, "Be a member no more."),
        of::<Named, Written>(g, "member.add", true, "Make somebody a member."),
        of::<NamedWhy, Written>(g, "member.remove", true, "Take a member out; they may come back."),
        of::<MemberRole, Written>(g, "member.role", true, "Give a member a role."),
        of::<ModerationMute, Written>(g, "moderation.mute", true, "Let a member not write for a time."),
        of::<ModerationSlowMode, Written>(g, "moderation.slow_mode", true, "How long members pause between two messages."),
        of::<NamedWhy, Written>(g, "moderation.ban", true, "Take somebody out for good."),
        of::<Named, Written>(g, "moderation.unban", true, "Let somebody come back."),
        of::<Nothing, Done>(g, "typing", true, "I am writing."),
        of::<Read, ReadTo>(g, "read", true, "Everything up to here is read."),
        of::<History, HistoryPage>(g, "history", true, "States of messages, for reading."),
        of::<Events, EventsPage>(g, "events", true, "A page of the log, for catching up."),
        of::<AskPresence, PresencePage>(g, "presence", true, "Who is here now."),
        of::<Join, LiveSnapshot>(g, "quiz.join", true, "Be here, as whatever one is in this session."),
        of::<Nothing, Done>(g, "quiz.leave", true, "Play no more."),
        of::<Rename, Done>(g, "quiz.rename", true, "Another name for oneself, in the lobby."),
        of::<Answer, Answered>(g, "quiz.answer", true, "Answer the open question."),
        of::<React, Done>(g, "quiz.react", true, "An emoji for everybody; counted, not kept."),
        of::<Time, Done>(g, "quiz.time", true, "How much time one needs, said in the lobby."),
        of::<Control, Written>(g, "quiz.control", true, "A step of the game, by a host."),
        of::<Moderate, Done>(g, "quiz.moderate", true, "Order among players, by a host or a moderator."),
        of::<Nothing, LiveSnapshot>(g, "quiz.sync", true, "All that there is to know now."),
        of::<Players, PlayersPage>(g, "quiz.players", true, "The players, paged, for hosts and moderators."),
        of::<Board, BoardPage>(g, "quiz.board", true, "The ranking, paged, for hosts and screens."),
        of::<Nothing, Done>(g, "ping", false, "Is anybody there?"),
    ]
}

/// The close codes with their meaning. The match has no wildcard, so that a new code finds this list.
macro_rules! close_codes {
    ($($code:ident: $what:literal),+ $(,)?) => {
        fn close_codes() -> Vec<(u16, &'static str)> {
            fn what(code: CloseCode) -> &'static str {
                match code { $(CloseCode::$code => $what),+ }
            }
            [$(CloseCode::$code),+].into_iter().map(|code| (code.number(), what(code))).collect()
        }
    };
}

close_codes! {
    GoingAway: "The server stops; the connection had not said hello.",
    Protocol: "A frame that breaks RFC 6455.",
    Unsupported: "A binary message, where only text is spoken.",
    InvalidText: "A text that is not UTF-8.",
    TooBig: "A message beyond the limit in bytes or fragments.",
    Restart: "The server restarts. Connect again and resume.",
    Reconnect: "The server asked for a new connection. Connect again and resume.",
    Slow: "The peer took nothing for too long. Connect again and resume.",
    NoPong: "The peer was silent for too long. Connect again and resume.",
    StoreLost: "The store is gone. Connect again later and resume.",
    TooManyRequests: "Too many refused requests. Connect again later and resume.",
    Expired: "The credential expired. Get a new ticket, then resume.",
    Revoked: "The sign-in was ended. Sign in, then resume.",
    BadProtocol: "The first message was not a hello, or none came in time. Stop.",
    UnsupportedVersion: "A version that this server does not speak. Stop.",
    Banned: "Not welcome here. Stop.",
    TooManyConnections: "Too many connections of one account or address. Stop.",
    Origin: "A page of another origin. Stop.",
    Superseded: "Another connection of the same guest or screen took over. Stop.",
}

/// The messages and operations of the document while it is made.
#[derive(Default)]
struct Parts {
    messages: Map<String, Value>,
    operations: Map<String, Value>,
}

impl Parts {
    fn message(&mut self, key: &str, title: &str, summary: &str, payload: Value) {
        let message = json!({
            "name": key, "title": title, "summary": summary, "contentType": "application/json", "payload": payload,
        });
        self.messages.insert(key.to_owned(), message);
    }

    fn command(&mut self, line: &Line, room: &Value) {
        let (asked, answered) = (format!("command.{}", line.op), format!("ok.{}", line.op));
        let mut asks = json!({
            "type": "object",
            "properties": { "id": id(), "op": { "const": line.op }, "d": line.d },
            "required": ["op"],
        });
        if line.has_room {
            asks["properties"]["room"] = room.clone();
            asks["required"] = json!(["op", "room"]);
        }
        let answers = json!({ "type": "object", "properties": { "id": id(), "ok": line.ok }, "required": ["id", "ok"] });
        self.message(&asked, line.op, line.summary, asks);
        self.message(&answered, &format!("{}, carried out", line.op), "The reply under the command's id.", answers);
        for key in [&asked, &answered] {
            self.messages[key.as_str()]["correlationId"] = json!({ "location": "$message.payload#/id" });
        }
        let operation = json!({
            "action": "receive", "channel": CHANNEL.reference(), "summary": line.summary, "messages": [CHANNEL.message(&asked)],
            "reply": { "channel": CHANNEL.reference(), "messages": [CHANNEL.message(&answered), CHANNEL.message("error")] },
        });
        self.operations.insert(line.op.to_owned(), operation);
    }

    /// The views of a live quiz: one message of each name, whose `d` is that of one of the roles.
    fn views(&mut self, types: &mut SchemaGenerator, room: &Value, seq: &Value) {
        let roles: [Value; 3] =
            [PlayerView::json_schema(types).into(), ScreenView::json_schema(types).into(), HostView::json_schema(types).into()];
        let mut by_name: Vec<(Value, String, Vec<Value>)> = Vec::new();
        for variant in roles.iter().flat_map(|role| role["oneOf"].as_array().into_iter().flatten()) {
            let (name, d) = (&variant["properties"]["event"], &variant["properties"]["d"]);
            match by_name.iter_mut().find(|(known, ..)| known == name) {
                Some((.., shown)) if shown.contains(d) => {}
                Some((.., shown)) => shown.push(d.clone()),
                None => {
                    let said = variant["description"].as_str().unwrap_or_default();
                    by_name.push((name.clone(), format!("Durable: a live quiz. {said}"), vec![d.clone()]));
                }
            }
        }
        for (name, description, mut shown) in by_name {
            let d = if shown.len() == 1 { shown.remove(0) } else { json!({ "anyOf": shown }) };
            let variant = json!({ "type": "object", "description": description, "properties": { "event": name, "d": d } });
            self.event(&variant, room, seq);
        }
    }

    fn event(&mut self, variant: &Value, room: &Value, seq: &Value) {
        let name = variant["properties"]["event"]["const"].as_str().unwrap_or_default();
        let summary = variant["description"].as_str().unwrap_or_default();
        let mut payload = variant.clone();
        payload["properties"]["room"] = room.clone();
        if is_durable(variant) {
            payload["properties"]["seq"] = seq.clone();
            payload["properties"]["ts"] = json!({ "type": "integer", "description": "Unix milliseconds. A label: order is seq." });
            payload["required"] = json!(["event", "room", "seq", "ts", "d"]);
        }
        let key = format!("event.{name}");
        self.message(&key, name, summary, payload);
        let operation =
            json!({ "action": "send", "channel": CHANNEL.reference(), "summary": summary, "messages": [CHANNEL.message(&key)] });
        self.operations.insert(key, operation);
    }
}

/// The one channel, and how the document points at it.
struct Channel(&'static str);

const CHANNEL: Channel = Channel("ws");

impl Channel {
    fn reference(&self) -> Value {
        json!({ "$ref": format!("#/channels/{}", self.0) })
    }

    fn message(&self, key: &str) -> Value {
        json!({ "$ref": format!("#/channels/{}/messages/{key}", self.0) })
    }
}

fn id() -> Value {
    json!({ "type": "integer", "minimum": 0, "description": "Chosen by the client, rising; without it there is no reply." })
}

/// Whether a variant of [`Fact`] has a number; its documentation begins with the word.
fn is_durable(variant: &Value) -> bool {
    variant["description"].as_str().is_some_and(|text| text.starts_with("Durable"))
}

/// The document.
#[must_use]
pub fn document() -> Value {
    let mut types = SchemaSettings::draft07().with(|settings| settings.definitions_path = "/components/schemas".into()).into_generator();
    let mut parts = Parts::default();
    let room: Value = types.subschema_for::<RoomId>().into();
    let seq: Value = types.subschema_for::<Seq>().into();
    for line in commands(&mut types) {
        parts.command(&line, &room);
    }
    let refusal: Value = types.subschema_for::<Refusal>().into();
    let refused = json!({ "type": "object", "properties": { "id": id(), "error": refusal }, "required": ["id", "error"] });
    parts.message("error", "Refused", "The reply to a command that was not carried out: nothing has changed.", refused);
    let facts: Value = Fact::json_schema(&mut types).into();
    for variant in facts["oneOf"].as_array().into_iter().flatten() {
        parts.event(variant, &room, &seq);
    }
    parts.views(&mut types, &room, &seq);
    // Not a message by themselves, and of use to who writes a client.
    types.subschema_for::<Event>();
    types.subschema_for::<Code>();
    let in_channel = parts.messages.keys().map(|key| (key.clone(), json!({ "$ref": format!("#/components/messages/{key}") })));
    let in_channel: Map<String, Value> = in_channel.collect();
    let codes = close_codes().into_iter().map(|(code, what)| json!({ "code": code, "verdict": verdict(code), "description": what }));
    let codes: Vec<Value> = codes.collect();
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "AllThrive",
            "version": SUBPROTOCOL,
            "description": "What happens now: the WebSocket at /v1/ws. What a client may rely on, and its duties, are in docs/PROTOCOL.md; what is asked once is described at /openapi.json.",
        },
        "defaultContentType": "application/json",
        "channels": { CHANNEL.0: {
            "address": "/v1/ws",
            "title": "The connection",
            "description": format!("Text messages with the subprotocol {SUBPROTOCOL}. Inbound: one object or an array of at most {MAX_BATCH}. Outbound: one object."),
            "messages": in_channel,
            "bindings": { "ws": { "method": "GET", "headers": { "type": "object", "properties": {
                "Sec-WebSocket-Protocol": { "type": "string", "description": format!("{SUBPROTOCOL}, and optionally ticket.<value> behind it") },
                "Authorization": { "type": "string", "description": "Bearer <access token>" },
            } } } },
            "x-close-codes": codes,
            "x-limits": limits(),
        } },
        "operations": parts.operations,
        "components": { "messages": parts.messages, "schemas": types.take_definitions(true) },
    })
}

fn limits() -> Value {
    json!({
        "max_frame_bytes": MAX_FRAME_BYTES, "max_batch": MAX_BATCH, "max_body_chars": MAX_BODY_CHARS, "max_reactions": MAX_REACTIONS,
        "max_reason_chars": MAX_REASON_CHARS, "max_history": MAX_HISTORY, "max_events": MAX_EVENTS, "max_presence": MAX_PRESENCE,
        "unread_cap": UNREAD_CAP,
    })
}

/// What the range of a close code tells the client to do.
fn verdict(code: u16) -> &'static str {
    match code {
        4_000..4_050 => "resume",
        4_050..4_100 => "renew",
        4_100..4_200 => "stop",
        _ => "rfc6455",
    }
}
