//! Peers that mean harm, or are very slow: what each does, and how it ends.
//!
//! Every attack is made of bytes, so it holds for any server of the protocol. What the server must do is in
//! [`Attack::due`].

use std::time::{Duration, Instant};

use allthrive_client::Session;
use allthrive_protocol::{MAX_FRAME_BYTES, RoomId, SUBPROTOCOL, Seq, TICKET_PREFIX};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::raw::{Raw, frame};

/// What the kernel takes for a peer that does not read.
const NARROW: u32 = 16 * 1024;
/// What it takes for one that reads slowly: less than is read at once, so that the server feels each pause.
const SLOW: u32 = 32 * 1024;
/// What a slow peer reads at once, and how often.
const SIP: usize = 64 * 1024;
const SIP_EVERY: Duration = Duration::from_secs(5);
/// How often it does that before it reads on as fast as it can.
const SIPS: usize = 3;
/// Pages that one asks for who never reads an answer.
const UNREAD_PAGES: u64 = 40;
/// Nobody is hostile for longer than this.
const ENOUGH: Duration = Duration::from_secs(45);
/// Idle connections that are being opened at once.
const OPENING: usize = 16;

/// What a peer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attack {
    /// Hears a busy room, asks for pages and reads nothing any more.
    StopsReading,
    /// Hears a busy room and reads 64 KiB every 5 s; after a while it reads on and catches up.
    ReadsSlowly,
    /// Announces a frame of 4 GiB and begins to send it.
    HugeFrame,
    /// Announces the longest frame that 64 bits can say.
    LongestFrame,
    /// Announces a frame whose 64-bit length is below zero.
    LengthBelowZero,
    /// A message that never ends, a byte in each fragment.
    EndlessFragments,
    /// A message that never ends, and nothing in any fragment.
    EmptyFragments,
    /// A character that begins in one fragment and is spoilt in the next.
    BrokenText,
    /// Pings as fast as they can be sent, without reading the answers.
    PingFlood,
    /// Sends a message of the greatest length, but for its last byte, and waits.
    HoldsBack,
    /// Connects and says nothing.
    SilentHandshake,
    /// Asks for a WebSocket, a byte now and then.
    SlowHandshake,
    /// Opens a WebSocket and does not say `hello`.
    NoHello,
}

/// How it ended, as the peer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By a Close with this code.
    Closed(u16),
    /// By an HTTP status.
    Answered(u16),
    /// Without a word: a jammed socket cannot be told.
    Cut,
    /// It was told that it lags, pulled, and has every number.
    CaughtUp,
    /// Not at all: the peer itself hung up.
    Open,
}

/// Whom it is done to.
#[derive(Clone)]
pub struct Prey {
    /// Host and port.
    pub address: String,
    /// Of a member of the room.
    pub session: Session,
    /// A room where much is said.
    pub room: RoomId,
}

impl Attack {
    /// All of them, those that take long at the end.
    pub const ALL: [Self; 13] = [
        Self::HugeFrame,
        Self::LongestFrame,
        Self::LengthBelowZero,
        Self::EndlessFragments,
        Self::EmptyFragments,
        Self::BrokenText,
        Self::PingFlood,
        Self::HoldsBack,
        Self::NoHello,
        Self::SilentHandshake,
        Self::SlowHandshake,
        Self::StopsReading,
        Self::ReadsSlowly,
    ];

    /// What a server must end it with.
    #[must_use]
    pub fn due(self) -> End {
        match self {
            Self::StopsReading => End::Cut,
            Self::ReadsSlowly => End::CaughtUp,
            Self::HugeFrame | Self::LongestFrame | Self::EndlessFragments | Self::EmptyFragments => End::Closed(1009),
            Self::LengthBelowZero => End::Closed(1002),
            Self::BrokenText => End::Closed(1007),
            Self::PingFlood => End::Closed(4013),
            Self::HoldsBack => End::Open,
            Self::SilentHandshake | Self::SlowHandshake => End::Answered(408),
            Self::NoHello => End::Closed(4100),
        }
    }

    /// Done by so many sockets at once; how each ended. All are let in before the first does anything: a server that
    /// is kept busy might find the others' `hello` too late.
    pub async fn by(self, sockets: usize, prey: &Prey) -> Vec<End> {
        let entered = join_all((0..sockets).map(|_| self.enter(prey))).await;
        join_all(entered.into_iter().map(|(raw, welcome)| self.by_one(raw, welcome, prey))).await
    }

    /// As far as an honest peer would go; with the welcome, if it got one.
    async fn enter(self, prey: &Prey) -> (Raw, Value) {
        let (raw, hears) = match self {
            Self::SilentHandshake | Self::SlowHandshake => return (Raw::connect(&prey.address).await, Value::Null),
            Self::NoHello => return (open(prey, Raw::connect(&prey.address).await).await, Value::Null),
            Self::StopsReading => (Raw::narrow(&prey.address, NARROW).await, json!([prey.room])),
            Self::ReadsSlowly => (Raw::narrow(&prey.address, SLOW).await, json!([prey.room])),
            _ => (Raw::connect(&prey.address).await, json!([])),
        };
        let mut raw = open(prey, raw).await;
        let welcome = greet(&mut raw, &hears).await;
        (raw, welcome)
    }

    async fn by_one(self, mut raw: Raw, welcome: Value, prey: &Prey) -> End {
        let raw = &mut raw;
        match self {
            Self::SilentHandshake => answered(raw).await,
            Self::SlowHandshake => slow_handshake(raw).await,
            Self::NoHello => ended(raw).await,
            Self::StopsReading => stops_reading(raw, prey.room).await,
            Self::ReadsSlowly => reads_slowly(raw, &welcome, prey.room).await,
            Self::HoldsBack => holds_back(raw).await,
            Self::PingFlood => flood(raw, &[], &frame(0x89, &[b'?'; 125])).await,
            Self::HugeFrame => flood(raw, &announcement(1 << 32), &[b'x'; 4096]).await,
            Self::LongestFrame => flood(raw, &announcement(u64::MAX >> 1), &[b'x'; 4096]).await,
            Self::LengthBelowZero => flood(raw, &announcement(u64::MAX), &[b'x'; 4096]).await,
            Self::EndlessFragments => flood(raw, &frame(0x01, b"x"), &frame(0x00, b"x")).await,
            Self::EmptyFragments => flood(raw, &frame(0x01, b""), &frame(0x00, b"")).await,
            Self::BrokenText => flood(raw, &frame(0x01, b"\xF0\x9F"), &frame(0x00, b"\x99(")).await,
        }
    }
}

/// So many connections that said `hello`, hear no room, and do nothing.
///
/// # Panics
/// If one of them is not let in.
pub async fn idle(preys: &[Prey], connections: usize) -> Vec<Raw> {
    let opening = (0..connections).zip(preys.iter().cycle()).map(|(_, prey)| async {
        let mut raw = open(prey, Raw::connect(&prey.address).await).await;
        greet(&mut raw, &json!([])).await;
        raw
    });
    futures_util::stream::iter(opening).buffer_unordered(OPENING).collect().await
}

/// So many honest connections, each of which reads all of the room, page by page.
///
/// # Panics
/// If one of them is not let in, or a page is refused.
pub async fn read_much(preys: &[Prey], readers: usize) {
    let reading = (0..readers).zip(preys.iter().cycle()).map(|(_, prey)| async {
        let mut raw = open(prey, Raw::connect(&prey.address).await).await;
        greet(&mut raw, &json!([])).await;
        let mut before = Value::Null;
        loop {
            let ask = json!({"id": 2, "op": "history", "room": prey.room, "d": {"limit": 100, "before": before}});
            raw.send(&frame(0x81, ask.to_string().as_bytes())).await;
            let page = loop {
                let told = told(&mut raw).await.expect("a page");
                if told["id"] == 2 {
                    break told;
                }
            };
            if page["ok"]["more"] != true {
                assert!(page["ok"].is_object(), "{page}");
                return;
            }
            before = page["ok"]["messages"][0]["seq"].clone();
        }
    });
    join_all(reading).await;
}

/// The header of a text of this length, in 64 bits.
fn announcement(length: u64) -> Vec<u8> {
    [&[0x81, 0xFF][..], &length.to_be_bytes(), &[0; 4]].concat()
}

/// Opens the WebSocket with a ticket.
pub async fn open(prey: &Prey, raw: Raw) -> Raw {
    let ticket = prey.session.ws_ticket().await.expect("a member gets a ticket");
    let offered = format!("{SUBPROTOCOL}, {TICKET_PREFIX}{ticket}");
    raw.upgrade("/v1/ws", &[("Sec-WebSocket-Protocol", &offered)]).await.expect("a member is let in")
}

/// Says `hello` and gives the welcome.
pub async fn greet(raw: &mut Raw, subscribe: &Value) -> Value {
    let hello = json!({"id": 1, "op": "hello", "d": {"subscribe": subscribe}});
    raw.send(&frame(0x81, hello.to_string().as_bytes())).await;
    loop {
        let told = told(raw).await.expect("a welcome");
        if told["id"] == 1 {
            assert!(told["ok"].is_object(), "{told}");
            return told;
        }
    }
}

/// The next text of the server; what it ends with, if it ends.
async fn told(raw: &mut Raw) -> Result<Value, End> {
    loop {
        match raw.frame().await {
            Some((0x81, text)) => return Ok(serde_json::from_slice(&text).expect("a frame is JSON")),
            Some((0x88, code)) => return Err(End::Closed(u16::from_be_bytes([code[0], code[1]]))),
            Some((0x89, payload)) => raw.send(&frame(0x8A, &payload)).await,
            Some(_) => {}
            None => return Err(End::Cut),
        }
    }
}

/// Reads until the server ends it.
async fn ended(raw: &mut Raw) -> End {
    loop {
        if let Err(end) = told(raw).await {
            return end;
        }
    }
}

async fn answered(raw: &mut Raw) -> End {
    let answer = String::from_utf8_lossy(&raw.rest().await).into_owned();
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).map_or(End::Cut, End::Answered)
}

/// Sends `first`, then `more` again and again until the server takes no more; then looks what it has said.
async fn flood(raw: &mut Raw, first: &[u8], more: &[u8]) -> End {
    let began = Instant::now();
    let some = more.repeat(4096_usize.div_ceil(more.len()));
    let mut takes = raw.try_send(first).await;
    while takes && began.elapsed() < ENOUGH {
        takes = raw.try_send(&some).await;
    }
    if takes { End::Open } else { ended(raw).await }
}

async fn holds_back(raw: &mut Raw) -> End {
    let whole = frame(0x81, &vec![b' '; MAX_FRAME_BYTES]);
    raw.send(&whole[..whole.len() - 1]).await;
    match raw.frame_within(Duration::from_secs(1)).await {
        Some((0x88, code)) => End::Closed(u16::from_be_bytes([code[0], code[1]])),
        _ => End::Open,
    }
}

async fn slow_handshake(raw: &mut Raw) -> End {
    let head = b"GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nX-Much: ";
    let began = Instant::now();
    for byte in head.iter().chain(std::iter::repeat(&b'x')) {
        if began.elapsed() > ENOUGH {
            break;
        }
        match raw.bytes_within(Duration::from_millis(100)).await {
            None if raw.try_send(&[*byte]).await => {}
            None | Some(true) => return answered(raw).await,
            Some(false) => return End::Cut,
        }
    }
    End::Open
}

async fn stops_reading(raw: &mut Raw, room: RoomId) -> End {
    for id in 2..2 + UNREAD_PAGES {
        let ask = json!({"id": id, "op": "history", "room": room, "d": {"limit": 100}});
        raw.send(&frame(0x81, ask.to_string().as_bytes())).await;
    }
    // It is there, and shows it; it only takes nothing.
    let began = Instant::now();
    while began.elapsed() < ENOUGH {
        sleep(Duration::from_millis(500)).await;
        if !raw.try_send(&frame(0x8A, b"")).await {
            return ended(raw).await;
        }
    }
    End::Open
}

async fn pull(raw: &mut Raw, room: RoomId, after: Seq) {
    let ask = json!({"id": 2, "op": "events", "room": room, "d": {"after": after}});
    raw.send(&frame(0x81, ask.to_string().as_bytes())).await;
}

/// Takes so much in this time, as it comes; whether the server is still there.
async fn sips(raw: &mut Raw, bytes: usize, within: Duration) -> bool {
    let until = tokio::time::Instant::now() + within;
    let goal = raw.held() + bytes;
    while raw.held() < goal {
        let left = until.saturating_duration_since(tokio::time::Instant::now());
        if left.is_zero() || raw.bytes_within(left).await.is_none() {
            return true;
        }
        if !raw.sip(goal - raw.held()).await {
            return false;
        }
    }
    tokio::time::sleep_until(until).await;
    true
}

async fn reads_slowly(raw: &mut Raw, welcome: &Value, room: RoomId) -> End {
    let rooms = welcome["ok"]["rooms"].as_array().expect("a list");
    let state = rooms.iter().find(|line| line["room"] == json!(room)).expect("the room");
    let mut at: Seq = state["after"].as_u64().expect("a number");
    let mut live = state["live"] == true;
    if !live {
        pull(raw, room, at).await;
    }
    for _ in 0..SIPS {
        if !sips(raw, SIP, SIP_EVERY).await {
            return ended(raw).await;
        }
    }
    let (mut lagged, began) = (false, Instant::now());
    while began.elapsed() < ENOUGH {
        let told = match told(raw).await {
            Ok(told) => told,
            Err(end) => return end,
        };
        if told["event"] == "room.lag" {
            (lagged, live) = (true, false);
            pull(raw, room, at).await;
        } else if told["id"] == 2 {
            assert_eq!(told["ok"]["after"], at, "the page begins where it was asked to: {}", told["error"]);
            at = told["ok"]["end"].as_u64().expect("a number");
            live = told["ok"]["live"] == true;
            if !live {
                pull(raw, room, at).await;
            }
        } else if told["room"] == json!(room) && told["seq"].is_u64() {
            at += 1;
            assert_eq!(told["seq"], at, "no hole");
        }
        if lagged && live {
            return End::CaughtUp;
        }
    }
    End::Open
}
