//! Every shape of the wire, written out. A change of a type shows here as a change of the JSON, which
//! clients of other people have in their hands. Each is what the description of the wire says, too.

#[path = "schema/refused.rs"]
mod refused;
mod schema;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use allthrive_protocol::command::{
    self, AuthRefresh, Events, Hello, History, Marked, MessageDelete, MessageEdit, MessageSend, ModerationMute, Named, NamedWhy, Outgoing,
    ReactionSet, Read, Resume, Subscribe, Wanted, read_message,
};
use allthrive_protocol::event::{
    Conversation, Event, Expiring, Fact, Gone, Lag, MemberJoined, MemberLeft, MemberRole, Message, MessageDeleted, MessageEdited,
    ModerationBan, ModerationMuted, ModerationSlowMode, Person, Reaction, ReadMark, Reconnect, Reset, Top, Typing,
};
use allthrive_protocol::presence::{AskPresence, Presence, PresencePage};
use allthrive_protocol::reply::{
    Done, EventsPage, HistoryItem, HistoryPage, Limits, Outcome, Reacted, ReadTo, Refreshed, Reply, RoomState, Snapshot, Standing,
    Subscribed, Welcome, Written,
};
use allthrive_protocol::{CloseCode, Cmid, Code, Command, ConnId, PlayerId, Principal, Refusal, Request, RoomId, SessionId, UserId};
use schema::{fault_of_message, fault_of_type};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

const ROOM: &str = "0190a1b2-0000-7000-8000-000000000001";
const CMID: &str = "0190a1b2-0000-7000-8000-0000000000c1";
const EPOCH: &str = "0190a1b2-0000-7000-8000-0000000000e1";
const MIRA: &str = "u_0190a1b2-0000-7000-8000-0000000000a1";
const ZOE: &str = "u_0190a1b2-0000-7000-8000-0000000000a2";

fn room() -> RoomId {
    ROOM.parse().expect("written above")
}

fn cmid() -> Cmid {
    CMID.parse().expect("written above")
}

fn epoch() -> Uuid {
    EPOCH.parse().expect("written above")
}

fn id(text: &str) -> UserId {
    text.parse().expect("written above")
}

fn mira() -> Person {
    Person { id: id(MIRA), username: "mira".into(), name: "Mira O".into() }
}

fn zoe() -> Person {
    Person { id: id(ZOE), username: "zoe".into(), name: "Zoë".into() }
}

/// The value is written as this JSON, this JSON is read as the value, and its type is described so; an event as the
/// message that it is, too.
fn both_ways<T: Serialize + DeserializeOwned + PartialEq + Debug + JsonSchema>(value: &T, wire: &Value) {
    assert_eq!(fault_of_type(&T::schema_name(), wire), None);
    if let Some(event) = wire["event"].as_str() {
        assert_eq!(fault_of_message(&format!("event.{event}"), wire), None);
    }
    assert_eq!(&serde_json::to_value(value).expect("plain data"), wire);
    assert_eq!(&serde_json::from_value::<T>(wire.clone()).expect("the shape is known"), value);
    // From text too: borrowed strings and flattened fields take other ways there.
    assert_eq!(&serde_json::from_str::<T>(&wire.to_string()).expect("the shape is known"), value);
}

/// A client writes the payload as this command, which is described so, and the server reads this command.
fn command<D: Serialize>(op: &str, at: Option<RoomId>, d: D, command: Command, wire: &Value) {
    assert_eq!(fault_of_message(&format!("command.{op}"), wire), None);
    assert_eq!(&serde_json::to_value(Outgoing { id: Some(7), op, room: at, d }).expect("plain data"), wire);
    assert_eq!(read_message(&wire.to_string()), vec![Ok(Request { id: Some(7), command })]);
}

#[test]
fn hello_with_all_it_can_say() {
    let hello = Hello {
        resume: vec![Resume { room: room(), seq: 42 }],
        history_epoch: Some(epoch()),
        subscribe: Wanted::all(),
        caps: vec!["later".into()],
        ticket: Some("dGlja2V0".into()),
        live: None,
    };
    let wire = json!({"id": 7, "op": "hello", "d": {
        "resume": [{"room": ROOM, "seq": 42}], "history_epoch": EPOCH, "subscribe": "all", "caps": ["later"], "ticket": "dGlja2V0"
    }});
    command("hello", None, hello.clone(), Command::Hello(hello), &wire);
}

#[test]
fn hello_with_a_list_of_rooms() {
    let hello = Hello { subscribe: Wanted::Rooms(vec![room()]), ..Hello::default() };
    let wire = json!({"id": 7, "op": "hello", "d": {"subscribe": [ROOM]}});
    command("hello", None, hello.clone(), Command::Hello(hello), &wire);
}

#[test]
fn the_shortest_hello() {
    let short = read_message(r#"{"op":"hello"}"#);
    assert_eq!(short, vec![Ok(Request { id: None, command: Command::Hello(Hello::default()) })]);
}

#[test]
fn auth_refresh() {
    let refresh = AuthRefresh { ticket: "dGlja2V0".into() };
    let wire = json!({"id": 7, "op": "auth.refresh", "d": {"ticket": "dGlja2V0"}});
    command("auth.refresh", None, refresh.clone(), Command::AuthRefresh(refresh), &wire);
}

#[test]
fn room_subscribe() {
    let from = Subscribe { after: Some(42) };
    let wire = json!({"id": 7, "op": "room.subscribe", "room": ROOM, "d": {"after": 42}});
    command("room.subscribe", Some(room()), from, Command::RoomSubscribe(room(), from), &wire);
    let top = Subscribe { after: None };
    let wire = json!({"id": 7, "op": "room.subscribe", "room": ROOM, "d": {}});
    command("room.subscribe", Some(room()), top, Command::RoomSubscribe(room(), top), &wire);
}

#[test]
fn room_unsubscribe() {
    let wire = json!({"id": 7, "op": "room.unsubscribe", "room": ROOM, "d": {}});
    command("room.unsubscribe", Some(room()), json!({}), Command::RoomUnsubscribe(room()), &wire);
}

#[test]
fn message_send() {
    let answer = MessageSend { cmid: cmid(), body: "Hello".into(), reply_to: Some(41) };
    let wire = json!({"id": 7, "op": "message.send", "room": ROOM, "d": {"cmid": CMID, "body": "Hello", "reply_to": 41}});
    command("message.send", Some(room()), answer.clone(), Command::MessageSend(room(), answer), &wire);
    let plain = MessageSend { cmid: cmid(), body: "Hello".into(), reply_to: None };
    let wire = json!({"id": 7, "op": "message.send", "room": ROOM, "d": {"cmid": CMID, "body": "Hello"}});
    command("message.send", Some(room()), plain.clone(), Command::MessageSend(room(), plain), &wire);
}

#[test]
fn read() {
    let read = Read { seq: 42 };
    let wire = json!({"id": 7, "op": "read", "room": ROOM, "d": {"seq": 42}});
    command("read", Some(room()), read, Command::Read(room(), read), &wire);
}

#[test]
fn history() {
    let older = History { before: Some(43), after: None, limit: 50 };
    let wire = json!({"id": 7, "op": "history", "room": ROOM, "d": {"before": 43, "limit": 50}});
    command("history", Some(room()), older, Command::History(room(), older), &wire);
    let newer = History { before: None, after: Some(0), limit: 100 };
    let wire = json!({"id": 7, "op": "history", "room": ROOM, "d": {"after": 0, "limit": 100}});
    command("history", Some(room()), newer, Command::History(room(), newer), &wire);
    let told_nothing = read_message(&json!({"op": "history", "room": ROOM}).to_string());
    let top = History { before: None, after: None, limit: 50 };
    assert_eq!(told_nothing, vec![Ok(Request { id: None, command: Command::History(room(), top) })]);
}

#[test]
fn events() {
    let page = Events { after: 42, limit: 200 };
    let wire = json!({"id": 7, "op": "events", "room": ROOM, "d": {"after": 42, "limit": 200}});
    command("events", Some(room()), page, Command::Events(room(), page), &wire);
    let told_no_limit = read_message(&json!({"op": "events", "room": ROOM, "d": {"after": 42}}).to_string());
    assert_eq!(told_no_limit, vec![Ok(Request { id: None, command: Command::Events(room(), page) })]);
}

#[test]
fn presence() {
    let first = AskPresence { cursor: None };
    let wire = json!({"id": 7, "op": "presence", "room": ROOM, "d": {}});
    command("presence", Some(room()), first, Command::Presence(room(), first), &wire);
    let next = AskPresence { cursor: Some(id(MIRA)) };
    let wire = json!({"id": 7, "op": "presence", "room": ROOM, "d": {"cursor": MIRA}});
    command("presence", Some(room()), next, Command::Presence(room(), next), &wire);
}

#[test]
fn ping() {
    command("ping", None, json!({}), Command::Ping, &json!({"id": 7, "op": "ping", "d": {}}));
}

#[test]
fn writes_about_a_message() {
    let edit = MessageEdit { cmid: cmid(), target: 42, rev: 1, body: "Hello!".into() };
    let wire = json!({"id": 7, "op": "message.edit", "room": ROOM, "d": {"cmid": CMID, "target": 42, "rev": 1, "body": "Hello!"}});
    command("message.edit", Some(room()), edit.clone(), Command::MessageEdit(room(), edit), &wire);

    let delete = MessageDelete { cmid: cmid(), target: 42 };
    let wire = json!({"id": 7, "op": "message.delete", "room": ROOM, "d": {"cmid": CMID, "target": 42}});
    command("message.delete", Some(room()), delete, Command::MessageDelete(room(), delete), &wire);

    let react = ReactionSet { cmid: cmid(), target: 42, emoji: "👍".into(), on: true };
    let wire = json!({"id": 7, "op": "reaction.set", "room": ROOM, "d": {"cmid": CMID, "target": 42, "emoji": "👍", "on": true}});
    command("reaction.set", Some(room()), react.clone(), Command::ReactionSet(room(), react), &wire);
}

#[test]
fn writes_about_members() {
    let marked = Marked { cmid: cmid() };
    let wire = |op: &str| json!({"id": 7, "op": op, "room": ROOM, "d": {"cmid": CMID}});
    command("member.join", Some(room()), marked, Command::MemberJoin(room(), marked), &wire("member.join"));
    command("member.leave", Some(room()), marked, Command::MemberLeave(room(), marked), &wire("member.leave"));

    let named = Named { cmid: cmid(), user: id(ZOE) };
    let wire = |op: &str| json!({"id": 7, "op": op, "room": ROOM, "d": {"cmid": CMID, "user": ZOE}});
    command("member.add", Some(room()), named, Command::MemberAdd(room(), named), &wire("member.add"));
    command("moderation.unban", Some(room()), named, Command::ModerationUnban(room(), named), &wire("moderation.unban"));

    let why = NamedWhy { cmid: cmid(), user: id(ZOE), reason: Some("spam".into()) };
    let wire = |op: &str| json!({"id": 7, "op": op, "room": ROOM, "d": {"cmid": CMID, "user": ZOE, "reason": "spam"}});
    command("member.remove", Some(room()), why.clone(), Command::MemberRemove(room(), why.clone()), &wire("member.remove"));
    command("moderation.ban", Some(room()), why.clone(), Command::ModerationBan(room(), why), &wire("moderation.ban"));

    let role = command::MemberRole { cmid: cmid(), user: id(ZOE), role: "moderator".into() };
    let wire = json!({"id": 7, "op": "member.role", "room": ROOM, "d": {"cmid": CMID, "user": ZOE, "role": "moderator"}});
    command("member.role", Some(room()), role.clone(), Command::MemberRole(room(), role), &wire);

    let mute = ModerationMute { cmid: cmid(), user: id(ZOE), seconds: 600, reason: None };
    let wire = json!({"id": 7, "op": "moderation.mute", "room": ROOM, "d": {"cmid": CMID, "user": ZOE, "seconds": 600}});
    command("moderation.mute", Some(room()), mute.clone(), Command::ModerationMute(room(), mute), &wire);

    let slow = command::ModerationSlowMode { cmid: cmid(), seconds: 30 };
    let wire = json!({"id": 7, "op": "moderation.slow_mode", "room": ROOM, "d": {"cmid": CMID, "seconds": 30}});
    command("moderation.slow_mode", Some(room()), slow, Command::ModerationSlowMode(room(), slow), &wire);
}

#[test]
fn typing() {
    let wire = json!({"id": 7, "op": "typing", "room": ROOM, "d": {}});
    command("typing", Some(room()), json!({}), Command::Typing(room()), &wire);
    let told = Event { room: Some(room()), seq: None, ts: None, fact: Fact::Typing(Typing { user: id(ZOE) }) };
    both_ways(&told, &json!({"event": "typing", "room": ROOM, "d": {"user": ZOE}}));
}

#[test]
fn a_field_that_is_not_known_is_no_matter() {
    let wire = json!({"id": 7, "op": "read", "room": ROOM, "d": {"seq": 42, "later": true}, "later": [1]});
    assert_eq!(read_message(&wire.to_string()), vec![Ok(Request { id: Some(7), command: Command::Read(room(), Read { seq: 42 }) })]);
}

#[test]
fn a_reply_is_ok_or_error_under_its_id() {
    let written = Reply { id: 7, outcome: Outcome::Ok(Written { seq: 42, ts: 1_790_000_000_000, dup: false }) };
    let wire = json!({"id": 7, "ok": {"seq": 42, "ts": 1_790_000_000_000_u64, "dup": false}});
    assert_eq!(serde_json::to_value(&written).expect("plain data"), wire);
    assert_eq!(fault_of_message("ok.message.send", &wire), None);
    let read: Reply<Written> = serde_json::from_value(wire).expect("the shape is known");
    assert_eq!((read.id, read.outcome), (7, written.outcome));

    let refusal = Refusal::new(Code::RateLimited, "Too many messages.").after(Duration::from_millis(800));
    let refused = Reply::<Written> { id: 8, outcome: Outcome::Error(refusal) };
    let wire = json!({"id": 8, "error": {"code": "rate_limited", "message": "Too many messages.", "retry": true, "after_ms": 800}});
    assert_eq!(serde_json::to_value(&refused).expect("plain data"), wire);
    assert_eq!(fault_of_message("error", &wire), None);
    let read: Reply<Written> = serde_json::from_value(wire).expect("the shape is known");
    assert_eq!((read.id, read.outcome), (8, refused.outcome));
}

#[test]
fn a_refusal_without_a_time_says_none() {
    let wire = json!({"code": "not_found", "message": "There is no such room.", "retry": false});
    both_ways(&Refusal::new(Code::NotFound, "There is no such room."), &wire);
}

#[test]
fn the_welcome() {
    let welcome = Welcome {
        conn: ConnId(epoch()),
        principal: Principal::User(id(MIRA)),
        ping_ms: 25_000,
        server_ts: 1_790_000_000_000,
        limits: Limits {
            max_frame_bytes: 65_536,
            max_batch: 64,
            max_body_chars: 4_000,
            sends_per_second: 5,
            send_burst: 10,
            commands_per_second: 20,
        },
        history_epoch: epoch(),
        rooms: vec![
            RoomState { room: room(), state: Standing::Resumed, top: 57, after: 42, live: false },
            RoomState { room: RoomId::personal(id(MIRA)), state: Standing::Reset, top: 3, after: 3, live: true },
            RoomState { room: RoomId(Uuid::nil()), state: Standing::Gone, top: 0, after: 0, live: false },
        ],
    };
    let wire = json!({
        "conn": EPOCH, "principal": MIRA, "ping_ms": 25_000, "server_ts": 1_790_000_000_000_u64,
        "limits": {"max_frame_bytes": 65_536, "max_batch": 64, "max_body_chars": 4_000,
            "sends_per_second": 5, "send_burst": 10, "commands_per_second": 20},
        "history_epoch": EPOCH,
        "rooms": [
            {"room": ROOM, "state": "resumed", "top": 57, "after": 42, "live": false},
            {"room": "0190a1b2-0000-7000-8000-0000000000a1", "state": "reset", "top": 3, "after": 3, "live": true},
            {"room": "00000000-0000-0000-0000-000000000000", "state": "gone", "top": 0, "after": 0, "live": false},
        ]
    });
    both_ways(&welcome, &wire);
}

fn snapshot() -> (Snapshot, Value) {
    let snapshot = Snapshot {
        kind: "group".into(),
        title: Some("Lake trip".into()),
        role: "owner".into(),
        from_seq: 1,
        members: 2,
        slow_mode: 30,
        muted_until_ts: Some(1_790_000_060_000),
        reads: BTreeMap::from([(id(MIRA), 42), (id(ZOE), 40)]),
    };
    let wire = json!({"kind": "group", "title": "Lake trip", "role": "owner", "from_seq": 1, "members": 2, "slow_mode": 30,
        "muted_until_ts": 1_790_000_060_000_u64, "reads": {MIRA: 42, ZOE: 40}});
    (snapshot, wire)
}

#[test]
fn the_answer_to_a_subscription() {
    let (snapshot, snapshot_wire) = snapshot();
    let state = RoomState { room: room(), state: Standing::Resumed, top: 57, after: 57, live: true };
    let wire = json!({"room": ROOM, "state": "resumed", "top": 57, "after": 57, "live": true, "snapshot": snapshot_wire});
    both_ways(&Subscribed { state, snapshot }, &wire);
    let direct = Snapshot {
        kind: "direct".into(),
        title: None,
        role: "member".into(),
        from_seq: 0,
        members: 2,
        slow_mode: 0,
        muted_until_ts: None,
        reads: BTreeMap::new(),
    };
    both_ways(&direct, &json!({"kind": "direct", "role": "member", "from_seq": 0, "members": 2, "slow_mode": 0, "reads": {}}));
}

#[test]
fn the_small_answers() {
    both_ways(&ReadTo { seq: 42 }, &json!({"seq": 42}));
    both_ways(&Refreshed { expires_ts: 1_790_000_900_000 }, &json!({"expires_ts": 1_790_000_900_000_u64}));
    both_ways(&Done { server_ts: 1_790_000_000_000 }, &json!({"server_ts": 1_790_000_000_000_u64}));
}

#[test]
fn the_answer_to_history() {
    let deleted = Message { author: mira(), cmid: cmid(), body: None, reply_to: None, rev: 3 };
    let answer = Message { author: zoe(), cmid: cmid(), body: Some("Yes".into()), reply_to: Some(41), rev: 1 };
    let page = HistoryPage {
        messages: vec![
            HistoryItem { seq: 41, ts: 1_790_000_000_000, message: deleted, reactions: Vec::new() },
            HistoryItem {
                seq: 42,
                ts: 1_790_000_000_001,
                message: answer,
                reactions: vec![Reacted { emoji: "👍".into(), count: 2, mine: true }],
            },
        ],
        more: true,
        top: 57,
    };
    let wire = json!({"messages": [
        {"seq": 41, "ts": 1_790_000_000_000_u64, "author": {"id": MIRA, "username": "mira", "name": "Mira O"}, "cmid": CMID, "rev": 3},
        {"seq": 42, "ts": 1_790_000_000_001_u64, "author": {"id": ZOE, "username": "zoe", "name": "Zoë"}, "cmid": CMID,
         "body": "Yes", "reply_to": 41, "rev": 1, "reactions": [{"emoji": "👍", "count": 2, "mine": true}]},
    ], "more": true, "top": 57});
    both_ways(&page, &wire);
}

/// A durable event of the room.
fn durable(fact: Fact) -> Event {
    Event { room: Some(room()), seq: Some(42), ts: Some(1_790_000_000_000), fact }
}

/// A volatile one.
fn volatile(fact: Fact) -> Event {
    Event { room: Some(room()), seq: None, ts: None, fact }
}

fn hello_from_mira() -> (Event, Value) {
    let message = Message { author: mira(), cmid: cmid(), body: Some("Hello".into()), reply_to: None, rev: 1 };
    let wire = json!({"event": "message.new", "room": ROOM, "seq": 42, "ts": 1_790_000_000_000_u64, "d": {
        "author": {"id": MIRA, "username": "mira", "name": "Mira O"}, "cmid": CMID, "body": "Hello", "rev": 1
    }});
    (durable(Fact::MessageNew(message)), wire)
}

#[test]
fn the_answer_to_events() {
    let (event, event_wire) = hello_from_mira();
    let page = EventsPage { room: room(), after: 41, events: vec![event], end: 42, top: 57, live: false };
    both_ways(&page, &json!({"room": ROOM, "after": 41, "events": [event_wire], "end": 42, "top": 57, "live": false}));
}

fn durable_wire(event: &str, d: &Value) -> Value {
    json!({"event": event, "room": ROOM, "seq": 42, "ts": 1_790_000_000_000_u64, "d": d})
}

#[test]
fn what_becomes_of_a_message() {
    let edited = MessageEdited { target: 40, body: Some("Hello!".into()), rev: 2, by: id(MIRA), cmid: Some(cmid()) };
    let wire = durable_wire("message.edited", &json!({"target": 40, "body": "Hello!", "rev": 2, "by": MIRA, "cmid": CMID}));
    both_ways(&durable(Fact::MessageEdited(edited)), &wire);
    let deleted = MessageDeleted { target: 40, by: id(MIRA), cmid: Some(cmid()) };
    both_ways(&durable(Fact::MessageDeleted(deleted)), &durable_wire("message.deleted", &json!({"target": 40, "by": MIRA, "cmid": CMID})));
    let put = Reaction { target: 40, user: zoe(), emoji: "👍".into(), on: true, cmid: Some(cmid()) };
    let wire = json!({"target": 40, "user": {"id": ZOE, "username": "zoe", "name": "Zoë"}, "emoji": "👍", "on": true, "cmid": CMID});
    both_ways(&durable(Fact::Reaction(put)), &durable_wire("reaction", &wire));
}

#[test]
fn what_becomes_of_a_member() {
    let person = json!({"id": ZOE, "username": "zoe", "name": "Zoë"});
    let conversation = Conversation { id: room(), kind: "group".into(), title: Some("Lake trip".into()), with: None };
    let told = json!({"id": ROOM, "kind": "group", "title": "Lake trip"});

    let left = MemberLeft { user: zoe(), how: "left".into(), by: id(ZOE), cmid: Some(cmid()), conversation: None, reason: None };
    let wire = durable_wire("member.left", &json!({"user": person, "how": "left", "by": ZOE, "cmid": CMID}));
    both_ways(&durable(Fact::MemberLeft(left)), &wire);
    let removed = MemberLeft {
        user: zoe(),
        how: "removed".into(),
        by: id(MIRA),
        cmid: None,
        conversation: Some(conversation.clone()),
        reason: Some("spam".into()),
    };
    let wire = json!({"user": person, "how": "removed", "by": MIRA, "conversation": told, "reason": "spam"});
    both_ways(&durable(Fact::MemberLeft(removed)), &durable_wire("member.left", &wire));

    let role = MemberRole { user: zoe(), role: "moderator".into(), by: id(MIRA), cmid: Some(cmid()), conversation: None };
    let wire = durable_wire("member.role", &json!({"user": person, "role": "moderator", "by": MIRA, "cmid": CMID}));
    both_ways(&durable(Fact::MemberRole(role)), &wire);

    let muted = ModerationMuted {
        user: zoe(),
        until_ts: Some(1_790_000_600_000),
        by: id(MIRA),
        cmid: None,
        conversation: Some(conversation),
        reason: None,
    };
    let wire = json!({"user": person, "until_ts": 1_790_000_600_000_u64, "by": MIRA, "conversation": told});
    both_ways(&durable(Fact::ModerationMuted(muted)), &durable_wire("moderation.muted", &wire));

    let ban = ModerationBan { user: zoe(), by: id(MIRA), cmid: Some(cmid()) };
    let wire = json!({"user": person, "by": MIRA, "cmid": CMID});
    both_ways(&durable(Fact::ModerationBanned(ban.clone())), &durable_wire("moderation.banned", &wire));
    both_ways(&durable(Fact::ModerationUnbanned(ban)), &durable_wire("moderation.unbanned", &wire));

    let slow = ModerationSlowMode { seconds: 30, by: id(MIRA), cmid: Some(cmid()) };
    let wire = durable_wire("moderation.slow_mode", &json!({"seconds": 30, "by": MIRA, "cmid": CMID}));
    both_ways(&durable(Fact::ModerationSlowMode(slow)), &wire);
}

#[test]
fn message_new() {
    let (event, wire) = hello_from_mira();
    both_ways(&event, &wire);
}

#[test]
fn member_joined() {
    let joined = MemberJoined { user: zoe(), role: "member".into(), by: id(MIRA), cmid: Some(cmid()), conversation: None };
    let wire = json!({"event": "member.joined", "room": ROOM, "seq": 42, "ts": 1_790_000_000_000_u64, "d": {
        "user": {"id": ZOE, "username": "zoe", "name": "Zoë"}, "role": "member", "by": MIRA, "cmid": CMID
    }});
    both_ways(&durable(Fact::MemberJoined(joined)), &wire);
}

#[test]
fn member_joined_in_a_personal_room() {
    let told = |conversation| {
        let joined = MemberJoined { user: mira(), role: "member".into(), by: id(ZOE), cmid: None, conversation: Some(conversation) };
        durable(Fact::MemberJoined(joined))
    };
    let wire = |conversation: Value| {
        json!({"event": "member.joined", "room": ROOM, "seq": 42, "ts": 1_790_000_000_000_u64, "d": {
            "user": {"id": MIRA, "username": "mira", "name": "Mira O"}, "role": "member", "by": ZOE, "conversation": conversation
        }})
    };
    let direct = Conversation { id: room(), kind: "direct".into(), title: None, with: Some(zoe()) };
    both_ways(&told(direct), &wire(json!({"id": ROOM, "kind": "direct", "with": {"id": ZOE, "username": "zoe", "name": "Zoë"}})));
    let group = Conversation { id: room(), kind: "group".into(), title: Some("Lake trip".into()), with: None };
    both_ways(&told(group), &wire(json!({"id": ROOM, "kind": "group", "title": "Lake trip"})));
}

#[test]
fn read_marks_and_tops() {
    let mark = volatile(Fact::Read(ReadMark { user: id(ZOE), seq: 40 }));
    both_ways(&mark, &json!({"event": "read", "room": ROOM, "d": {"user": ZOE, "seq": 40}}));
    let tops = Fact::Tops(BTreeMap::from([(room(), Top { top: 57, unread: 3, mention: false })]));
    let tops = Event { room: None, seq: None, ts: None, fact: tops };
    both_ways(&tops, &json!({"event": "tops", "d": {ROOM: {"top": 57, "unread": 3, "mention": false}}}));
}

#[test]
fn who_is_here() {
    let state = volatile(Fact::Presence(Presence::State { online: vec![id(MIRA), id(ZOE)], count: 2 }));
    both_ways(&state, &json!({"event": "presence", "room": ROOM, "d": {"online": [MIRA, ZOE], "count": 2}}));
    let diff = volatile(Fact::Presence(Presence::Diff { joined: vec![id(ZOE)], left: Vec::new(), count: 2 }));
    both_ways(&diff, &json!({"event": "presence", "room": ROOM, "d": {"joined": [ZOE], "left": [], "count": 2}}));
    let count = volatile(Fact::Presence(Presence::Count { count: 4_210 }));
    both_ways(&count, &json!({"event": "presence", "room": ROOM, "d": {"count": 4_210}}));
}

#[test]
fn a_page_of_who_is_here() {
    let page = PresencePage { online: vec![id(MIRA)], count: 2, next: Some(id(MIRA)) };
    both_ways(&page, &json!({"online": [MIRA], "count": 2, "next": MIRA}));
    let last = PresencePage { online: vec![id(ZOE)], count: 2, next: None };
    both_ways(&last, &json!({"online": [ZOE], "count": 2}));
}

#[test]
fn lag_reset_and_gone() {
    both_ways(&volatile(Fact::RoomLag(Lag { top: 57 })), &json!({"event": "room.lag", "room": ROOM, "d": {"top": 57}}));
    let (snapshot, snapshot_wire) = snapshot();
    let reset = volatile(Fact::Reset(Reset { top: 57, live: true, snapshot }));
    both_ways(&reset, &json!({"event": "reset", "room": ROOM, "d": {"top": 57, "live": true, "snapshot": snapshot_wire}}));
    both_ways(&volatile(Fact::Gone(Gone {})), &json!({"event": "gone", "room": ROOM, "d": {}}));
}

#[test]
fn what_is_told_to_the_connection() {
    let of_the_connection = |fact| Event { room: None, seq: None, ts: None, fact };
    let expiring = of_the_connection(Fact::AuthExpiring(Expiring { expires_ts: 1_790_000_060_000 }));
    both_ways(&expiring, &json!({"event": "auth.expiring", "d": {"expires_ts": 1_790_000_060_000_u64}}));
    let reconnect = of_the_connection(Fact::Reconnect(Reconnect { after_ms: 1_500 }));
    both_ways(&reconnect, &json!({"event": "reconnect", "d": {"after_ms": 1_500}}));
}

#[test]
fn ids_carry_what_they_are() {
    let uuid = Uuid::nil();
    let nil = "00000000-0000-0000-0000-000000000000";
    both_ways(&Principal::User(UserId(uuid)), &json!(format!("u_{nil}")));
    both_ways(&Principal::Guest(PlayerId(uuid)), &json!(format!("g_{nil}")));
    both_ways(&Principal::Screen(SessionId(uuid)), &json!(format!("s_{nil}")));
    both_ways(&RoomId(uuid), &json!(nil));
    for wrong in [nil, "x_00000000-0000-0000-0000-000000000000", "u_", ""] {
        assert!(serde_json::from_value::<Principal>(json!(wrong)).is_err(), "{wrong:?}");
    }
}

#[test]
fn the_list_of_error_codes_is_closed() {
    let codes = [
        (Code::BadRequest, "bad_request", false),
        (Code::UnknownOp, "unknown_op", false),
        (Code::TooLarge, "too_large", false),
        (Code::Unauthorized, "unauthorized", false),
        (Code::TokenExpired, "token_expired", false),
        (Code::Forbidden, "forbidden", false),
        (Code::NotFound, "not_found", false),
        (Code::NotSubscribed, "not_subscribed", false),
        (Code::Muted, "muted", true),
        (Code::SlowMode, "slow_mode", true),
        (Code::RateLimited, "rate_limited", true),
        (Code::CmidConflict, "cmid_conflict", false),
        (Code::RevConflict, "rev_conflict", false),
        (Code::QuizClosed, "quiz_closed", false),
        (Code::TooLate, "too_late", false),
        (Code::Unavailable, "unavailable", true),
        (Code::Overloaded, "overloaded", true),
        (Code::Internal, "internal", true),
    ];
    for (code, word, retry) in codes {
        both_ways(&code, &json!(word));
        assert_eq!(code.may_retry(), retry, "{word}");
    }
}

#[test]
fn the_range_of_a_close_code_is_its_verdict() {
    use CloseCode as C;
    let rfc = [(C::GoingAway, 1001), (C::Protocol, 1002), (C::Unsupported, 1003), (C::InvalidText, 1007), (C::TooBig, 1009)];
    let resume =
        [(C::Restart, 4000), (C::Reconnect, 4001), (C::Slow, 4008), (C::NoPong, 4009), (C::StoreLost, 4010), (C::TooManyRequests, 4013)];
    let new_ticket = [(C::Expired, 4050), (C::Revoked, 4051)];
    let stop = [
        (C::BadProtocol, 4100),
        (C::UnsupportedVersion, 4101),
        (C::Banned, 4103),
        (C::TooManyConnections, 4104),
        (C::Origin, 4105),
        (C::Superseded, 4106),
    ];
    for (code, number) in rfc.into_iter().chain(resume).chain(new_ticket).chain(stop) {
        assert_eq!(code.number(), number);
    }
    assert!(resume.iter().all(|(code, _)| (4000..4050).contains(&code.number())));
    assert!(new_ticket.iter().all(|(code, _)| (4050..4100).contains(&code.number())));
    assert!(stop.iter().all(|(code, _)| (4100..4200).contains(&code.number())));
}
