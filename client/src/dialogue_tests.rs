//! The dialogue without a network: what the server says stands here as JSON, word for word.

use allthrive_protocol::event::{Event, Fact, Message, Person};
use allthrive_protocol::reply::Written;
use allthrive_protocol::{Cmid, Code, Refusal, UserId};
use serde_json::{Value, json};

use super::*;

pub(crate) fn room() -> RoomId {
    RoomId(Uuid::from_u128(1))
}

pub(crate) fn message(seq: Seq) -> Event {
    let author = Person { id: UserId(Uuid::from_u128(9)), username: "mira".into(), name: "Mira".into() };
    let fact = Message { author, cmid: Cmid(Uuid::from_u128(u128::from(seq))), body: Some(format!("no {seq}")), reply_to: None, rev: 1 };
    Event { room: Some(room()), seq: Some(seq), ts: Some(1), fact: Fact::MessageNew(fact) }
}

/// A dialogue and a clock that stands until it is moved.
struct Stage {
    dialogue: Dialogue,
    now: Instant,
}

impl Stage {
    fn new() -> Self {
        Self { dialogue: Dialogue::new([(room(), None)].into_iter()), now: Instant::now() }
    }

    /// A stage whose room stands live at a `seq`.
    fn at(seq: Seq) -> Self {
        let mut stage = Self::new();
        stage.dialogue.begin(stage.now);
        let hello = stage.sent().remove(0);
        stage.welcomes(&hello, json!([{"room": room(), "state": "reset", "top": seq, "after": seq, "live": true}]));
        stage.says(&reset(seq, true));
        stage.told();
        stage
    }

    fn says(&mut self, frame: &Value) {
        self.dialogue.receive(&frame.to_string(), self.now);
    }

    fn answers(&mut self, asked: &Value, ok: Value) {
        self.says(&json!({"id": asked["id"], "ok": ok}));
    }

    fn welcomes(&mut self, hello: &Value, rooms: Value) {
        let limits = json!({"max_frame_bytes": 65536, "max_batch": 64, "max_body_chars": 4000,
            "sends_per_second": 5, "send_burst": 10, "commands_per_second": 20});
        self.answers(
            hello,
            json!({"conn": Uuid::nil(), "principal": format!("u_{}", Uuid::nil()), "ping_ms": 25000, "server_ts": 1,
                   "limits": limits, "history_epoch": Uuid::from_u128(5), "rooms": rooms}),
        );
    }

    fn passes(&mut self, time: Duration) {
        self.now += time;
        self.dialogue.tick(self.now);
    }

    fn say(&mut self, cmid: u128, body: &str) {
        let message = MessageSend { cmid: Cmid(Uuid::from_u128(cmid)), body: body.into(), reply_to: None };
        self.dialogue.order(Order::Say(room(), message), self.now);
    }

    fn sent(&mut self) -> Vec<Value> {
        std::iter::from_fn(|| self.dialogue.next_frame()).map(|frame| serde_json::from_str(&frame).unwrap()).collect()
    }

    fn told(&mut self) -> Vec<Update> {
        std::iter::from_fn(|| self.dialogue.next_update()).collect()
    }

    /// The numbers of the events told.
    fn numbers(&mut self) -> Vec<Seq> {
        self.told().into_iter().filter_map(|update| if let Update::Event(event) = update { event.seq } else { None }).collect()
    }
}

fn reset(top: Seq, live: bool) -> Value {
    let snapshot = json!({"kind": "room", "title": "Lake", "role": "member", "from_seq": 0, "members": 2, "reads": {}});
    json!({"event": "reset", "room": room(), "d": {"top": top, "live": live, "snapshot": snapshot}})
}

fn page(after: Seq, end: Seq, live: bool) -> Value {
    let events: Vec<_> = (after + 1..=end).map(message).collect();
    json!({"room": room(), "after": after, "events": events, "end": end, "top": end, "live": live})
}

fn ops(frames: &[Value]) -> Vec<&str> {
    frames.iter().filter_map(|frame| frame["op"].as_str()).collect()
}

#[test]
fn the_first_hello_has_nothing_to_resume() {
    let mut stage = Stage::new();
    stage.dialogue.begin(stage.now);
    assert_eq!(stage.sent(), [json!({"id": 1, "op": "hello", "d": {"subscribe": [room()]}})]);
}

#[test]
fn a_room_without_a_position_begins_where_the_server_says() {
    let mut stage = Stage::new();
    stage.dialogue.begin(stage.now);
    let hello = stage.sent().remove(0);
    stage.welcomes(&hello, json!([{"room": room(), "state": "resumed", "top": 41, "after": 41, "live": true}]));
    assert_eq!(stage.told()[1], Update::Began { room: room(), after: 41 });
    stage.says(&json!(message(42)));
    assert_eq!(stage.numbers(), [42]);
}

#[test]
fn live_events_follow_in_order_and_a_repeat_is_dropped() {
    let mut stage = Stage::at(41);
    for seq in [42, 42, 43, 41] {
        stage.says(&json!(message(seq)));
    }
    assert_eq!(stage.numbers(), [42, 43]);
    assert_eq!(stage.sent(), [] as [Value; 0]);
}

#[test]
fn a_hole_is_pulled_and_then_told_in_order() {
    let mut stage = Stage::at(41);
    stage.says(&json!(message(44)));
    let pull = stage.sent().remove(0);
    assert_eq!(pull, json!({"id": 2, "op": "events", "room": room(), "d": {"after": 41, "limit": 200}}));
    stage.answers(&pull, page(41, 44, true));
    assert_eq!(stage.numbers(), [42, 43, 44]);
}

#[test]
fn a_cut_is_resumed_from_the_cursor_page_after_page() {
    let mut stage = Stage::at(41);
    stage.says(&json!(message(42)));
    stage.dialogue.cut(stage.now);
    stage.dialogue.begin(stage.now);
    let hello = stage.sent().remove(0);
    assert_eq!(hello["d"], json!({"resume": [{"room": room(), "seq": 42}], "history_epoch": Uuid::from_u128(5), "subscribe": [room()]}));
    stage.welcomes(&hello, json!([{"room": room(), "state": "resumed", "top": 45, "after": 42, "live": false}]));
    for (after, end, live) in [(42, 44, false), (44, 45, true)] {
        let asked = stage.sent();
        assert_eq!((ops(&asked), &asked[0]["d"]["after"]), (vec!["events"], &json!(after)));
        stage.answers(&asked[0], page(after, end, live));
    }
    assert_eq!(stage.sent(), [] as [Value; 0]);
    stage.says(&json!(message(46)));
    assert_eq!(stage.numbers(), [42, 43, 44, 45, 46]);
}

#[test]
fn a_lag_is_pulled_once() {
    let mut stage = Stage::at(41);
    let lag = json!({"event": "room.lag", "room": room(), "d": {"top": 60}});
    stage.says(&lag);
    stage.says(&lag);
    assert_eq!(ops(&stage.sent()), ["events"]);
    assert_eq!(stage.told()[0], Update::Lagged(room()));
}

#[test]
fn a_reset_begins_anew_even_below_the_cursor() {
    let mut stage = Stage::at(41);
    stage.says(&reset(7, true));
    stage.says(&json!(message(8)));
    let told = stage.told();
    assert!(matches!(told[0], Update::Reset { top: 7, .. }));
    assert!(matches!(&told[1], Update::Event(event) if event.seq == Some(8)));
}

#[test]
fn a_room_that_is_gone_is_dropped_with_what_waited_for_it() {
    let mut stage = Stage::at(41);
    stage.say(1, "hello");
    stage.says(&json!({"event": "gone", "room": room(), "d": {}}));
    stage.says(&json!(message(42)));
    assert_eq!(stage.told(), [Update::Gone(room())]);
    stage.dialogue.cut(stage.now);
    stage.dialogue.begin(stage.now);
    assert_eq!(stage.sent()[0]["d"], json!({"history_epoch": Uuid::from_u128(5), "subscribe": []}));
}

#[test]
fn numbers_hidden_from_a_member_are_said_to_be() {
    let mut stage = Stage::at(3);
    stage.says(&json!({"event": "room.lag", "room": room(), "d": {"top": 9}}));
    let pull = stage.sent().remove(0);
    stage.answers(&pull, page(7, 9, true));
    let told = stage.told();
    assert_eq!(told[1], Update::Hidden { room: room(), upto: 7 });
    assert_eq!(told.len(), 4);
}

#[test]
fn messages_of_a_room_go_one_by_one_and_an_acknowledgement_moves_no_cursor() {
    let mut stage = Stage::at(41);
    stage.say(1, "one");
    stage.say(2, "two");
    let first = stage.sent();
    assert_eq!(ops(&first), ["message.send"]);
    stage.answers(&first[0], json!({"seq": 42, "ts": 1, "dup": false}));
    let written = Written { seq: 42, ts: 1, dup: false };
    assert_eq!(stage.told(), [Update::Acked { room: room(), cmid: Cmid(Uuid::from_u128(1)), written }]);
    assert_eq!(stage.sent()[0]["d"]["body"], "two");
    stage.says(&json!(message(42)));
    assert_eq!(stage.numbers(), [42]);
}

#[test]
fn an_unacknowledged_message_is_said_again_with_its_own_cmid() {
    let mut stage = Stage::at(41);
    stage.say(1, "one");
    let first = stage.sent().remove(0);
    stage.dialogue.cut(stage.now);
    stage.dialogue.begin(stage.now);
    let hello = stage.sent().remove(0);
    stage.welcomes(&hello, json!([{"room": room(), "state": "resumed", "top": 41, "after": 41, "live": true}]));
    let again = stage.sent();
    assert_eq!((ops(&again), &again[0]["d"]), (vec!["message.send"], &first["d"]));
}

#[test]
fn a_message_waits_as_long_as_the_server_says_and_keeps_its_place() {
    let mut stage = Stage::at(41);
    stage.say(1, "one");
    stage.say(2, "two");
    let first = stage.sent().remove(0);
    let refusal = Refusal::new(Code::RateLimited, "Too many messages.").after(Duration::from_millis(800));
    stage.says(&json!({"id": first["id"], "error": refusal}));
    stage.passes(Duration::from_millis(799));
    assert_eq!(stage.sent(), [] as [Value; 0]);
    stage.passes(Duration::from_millis(1));
    let again = stage.sent();
    assert_eq!((again.len(), &again[0]["d"]["body"]), (1, &json!("one")));
}

#[test]
fn a_read_mark_is_told_at_once_and_then_once_a_second_as_far_as_it_has_risen() {
    let mut stage = Stage::at(41);
    for seq in [42, 43, 45, 44] {
        stage.dialogue.order(Order::Read(room(), seq), stage.now);
    }
    let marks = |frames: Vec<Value>| frames.iter().map(|frame| frame["d"]["seq"].as_u64().unwrap()).collect::<Vec<_>>();
    assert_eq!(marks(stage.sent()), [42]);
    stage.passes(MARK_EVERY - Duration::from_millis(1));
    assert_eq!(stage.sent(), [] as [Value; 0]);
    stage.passes(Duration::from_millis(1));
    assert_eq!(marks(stage.sent()), [45]);
}

#[test]
fn a_client_keeps_to_the_rate_of_the_welcome_in_all_rooms_together() {
    let mut stage = Stage::at(41);
    let rooms: Vec<_> = (100..112).map(|n| RoomId(Uuid::from_u128(n))).collect();
    for room in &rooms {
        let message = MessageSend { cmid: Cmid(room.0), body: "x".into(), reply_to: None };
        stage.dialogue.order(Order::Say(*room, message), stage.now);
    }
    assert_eq!(stage.sent().len(), 10);
    stage.passes(Duration::from_millis(199));
    assert_eq!(stage.sent().len(), 0);
    stage.passes(Duration::from_millis(1));
    assert_eq!(stage.sent().len(), 1);
    stage.passes(Duration::from_millis(200));
    assert_eq!(stage.sent().len(), 1);
}

#[test]
fn a_refusal_for_good_is_told_and_the_next_message_goes() {
    let mut stage = Stage::at(41);
    stage.say(1, "one");
    stage.say(2, "two");
    let first = stage.sent().remove(0);
    let refusal = Refusal::new(Code::Forbidden, "Not here.");
    stage.says(&json!({"id": first["id"], "error": refusal}));
    assert_eq!(stage.told(), [Update::Refused { room: room(), cmid: Cmid(Uuid::from_u128(1)), refusal }]);
    assert_eq!(stage.sent()[0]["d"]["body"], "two");
}

#[test]
fn a_top_that_does_not_come_within_two_seconds_is_pulled() {
    let mut stage = Stage::at(41);
    let tops = |top: Seq| json!({"event": "tops", "d": {room().to_string(): {"top": top, "unread": 1, "mention": false}}});
    stage.says(&tops(42));
    stage.says(&json!(message(42)));
    stage.passes(DOUBT);
    assert_eq!(stage.sent(), [] as [Value; 0], "it came");
    stage.says(&tops(43));
    stage.passes(DOUBT);
    assert_eq!(ops(&stage.sent()), ["events"]);
}

#[test]
fn a_durable_event_of_an_unknown_kind_takes_its_number() {
    let mut stage = Stage::at(41);
    stage.says(&json!({"event": "pinned", "room": room(), "seq": 42, "ts": 1, "d": {"target": 3}}));
    stage.says(&json!(message(43)));
    let told = stage.told();
    assert_eq!(told[0], Update::Unknown { room: room(), seq: 42 });
    assert!(matches!(&told[1], Update::Event(event) if event.seq == Some(43)));
}

#[test]
fn a_reply_that_does_not_come_ends_the_connection() {
    let mut stage = Stage::at(41);
    stage.say(1, "one");
    stage.passes(PATIENCE);
    assert!(!stage.dialogue.is_over(stage.now));
    stage.passes(Duration::from_millis(1));
    assert!(stage.dialogue.is_over(stage.now));
}

#[test]
fn a_history_that_was_asked_for_is_asked_for_again_after_a_cut() {
    let mut stage = Stage::at(41);
    stage.dialogue.order(Order::History(room(), History { before: None, after: None, limit: 20 }), stage.now);
    assert_eq!(ops(&stage.sent()), ["history"]);
    stage.dialogue.cut(stage.now);
    stage.dialogue.begin(stage.now);
    let hello = stage.sent().remove(0);
    stage.welcomes(&hello, json!([{"room": room(), "state": "resumed", "top": 41, "after": 41, "live": true}]));
    assert_eq!(ops(&stage.sent()), ["history"]);
}

#[test]
fn a_room_heard_later_is_subscribed_and_resumed_like_the_others() {
    let mut stage = Stage::at(41);
    let other = RoomId(Uuid::from_u128(2));
    stage.dialogue.order(Order::Hear(other), stage.now);
    let asked = stage.sent().remove(0);
    assert_eq!((&asked["op"], &asked["d"]), (&json!("room.subscribe"), &json!({})));
    let snapshot = json!({"kind": "room", "role": "member", "from_seq": 0, "members": 2, "reads": {}});
    stage.answers(&asked, json!({"room": other, "state": "resumed", "top": 9, "after": 9, "live": true, "snapshot": snapshot}));
    stage.dialogue.cut(stage.now);
    stage.dialogue.begin(stage.now);
    assert_eq!(stage.sent()[0]["d"]["resume"], json!([{"room": room(), "seq": 41}, {"room": other, "seq": 9}]));
}

#[test]
fn the_server_asks_for_a_new_connection_and_for_a_new_ticket() {
    let mut stage = Stage::at(41);
    stage.says(&json!({"event": "auth.expiring", "d": {"expires_ts": 1}}));
    assert!(stage.dialogue.takes_ticket() && !stage.dialogue.takes_ticket());
    stage.says(&json!({"event": "reconnect", "d": {"after_ms": 1500}}));
    assert!(!stage.dialogue.is_over(stage.now));
    stage.passes(Duration::from_millis(1500));
    assert!(stage.dialogue.is_over(stage.now));
}
