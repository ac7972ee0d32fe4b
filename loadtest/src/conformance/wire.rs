//! One WebSocket connection of the suite: sends whatever bytes it is told to, checks each frame that comes
//! back against RFC 6455, and writes down both for the report.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::fault::{Fault, Outcome, broken, holds};
use crate::raw::frame;

/// Longest wait for what must come at once. Far above what it takes: a slow machine is no failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Longest part of a text that is written down.
const SHOWN_CHARS: usize = 400;

/// What went over all connections of a case, in order.
pub(crate) type Trace = Rc<RefCell<Vec<String>>>;

/// What the server says, whole.
#[derive(Debug)]
pub(crate) enum Said {
    /// A text.
    Text(String),
    /// An answer to a ping.
    Pong(Vec<u8>),
    /// The end is announced, with its code.
    Close(Option<u16>),
    /// The end itself.
    End,
}

/// A connection whose request was answered with 101.
pub(crate) struct Wire {
    name: String,
    stream: TcpStream,
    received: Vec<u8>,
    trace: Trace,
    /// Status line and headers of the answer.
    pub(crate) head: String,
    /// Whether pings of the server are answered.
    pub(crate) answers_pings: bool,
    /// Pings of the server so far.
    pub(crate) pings: usize,
}

impl Wire {
    /// Asks for a WebSocket with these headers beside the usual ones; the status if it is refused.
    pub(crate) async fn open(name: &str, address: &str, headers: &[(&str, &str)], trace: Trace) -> Outcome<Result<Self, u16>> {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!(
            "GET /v1/ws HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
        );
        Self::request(name, address, &request, trace).await
    }

    /// Sends an HTTP request as it is written.
    pub(crate) async fn request(name: &str, address: &str, request: &str, trace: Trace) -> Outcome<Result<Self, u16>> {
        let stream = TcpStream::connect(address).await.map_err(|error| Fault::Broken(format!("no connection to {address}: {error}")))?;
        stream.set_nodelay(true).map_err(|error| Fault::Broken(format!("the socket: {error}")))?;
        let (received, head) = (Vec::new(), String::new());
        let mut wire = Self { name: name.to_owned(), stream, received, trace, head, answers_pings: true, pings: 0 };
        wire.bytes(request.as_bytes()).await;
        let end = loop {
            if let Some(at) = wire.received.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            holds!(wire.more(PATIENCE).await?, "the server ended before it answered the request");
        };
        wire.head = String::from_utf8_lossy(&wire.received[..end]).into_owned();
        wire.received.drain(..end);
        let status = wire.head.split(' ').nth(1).and_then(|status| status.parse().ok());
        wire.note(&format!("← HTTP {}", status.unwrap_or(0)));
        match status {
            Some(101) => Ok(Ok(wire)),
            Some(status) => Ok(Err(status)),
            None => broken!("that is no answer to a request: {}", wire.head),
        }
    }

    /// Sends bytes as they are. A server that has closed meanwhile is no fault: what it said tells.
    pub(crate) async fn bytes(&mut self, bytes: &[u8]) {
        let _ = timeout(PATIENCE, self.stream.write_all(bytes)).await;
    }

    /// Sends a frame with this first byte.
    pub(crate) async fn frame(&mut self, first: u8, payload: &[u8]) {
        self.note(&format!("→ frame {first:#04x}, {} bytes", payload.len()));
        self.bytes(&frame(first, payload)).await;
    }

    /// Sends a text in one frame.
    pub(crate) async fn text(&mut self, text: &str) {
        self.note(&format!("→ {}", shown(text)));
        self.bytes(&frame(0x81, text.as_bytes())).await;
    }

    /// The next thing the server says within this time; `None` if it says nothing.
    pub(crate) async fn said_within(&mut self, time: Duration) -> Outcome<Option<Said>> {
        let until = tokio::time::Instant::now() + time;
        loop {
            if let Some((first, payload)) = self.whole_frame()? {
                if let Some(said) = self.understood(first, payload).await? {
                    return Ok(Some(said));
                }
                continue;
            }
            let left = until.saturating_duration_since(tokio::time::Instant::now());
            match timeout(left, self.stream.read_buf(&mut self.received)).await {
                Err(_) => return Ok(None),
                Ok(Ok(1..)) => {}
                Ok(Ok(0) | Err(_)) => {
                    self.note("← end");
                    return Ok(Some(Said::End));
                }
            }
        }
    }

    /// The next thing the server says.
    pub(crate) async fn said(&mut self) -> Outcome<Said> {
        match self.said_within(PATIENCE).await? {
            Some(said) => Ok(said),
            None => broken!("the server said nothing to {} for {} s", self.name, PATIENCE.as_secs()),
        }
    }

    /// The code the server closes with within this time. After it, it must end without another word.
    pub(crate) async fn closed_within(&mut self, time: Duration) -> Outcome<u16> {
        let until = tokio::time::Instant::now() + time;
        let code = loop {
            match self.said_within(until.saturating_duration_since(tokio::time::Instant::now())).await? {
                Some(Said::Close(code)) => break code,
                Some(Said::End) => broken!("the server ended without a Close"),
                Some(_) => {}
                None => broken!("the server did not close within {} s", time.as_secs()),
            }
        };
        let Some(code) = code else { broken!("the server closed without a code") };
        self.bytes(&frame(0x88, &code.to_be_bytes())).await;
        match self.said().await? {
            Said::End => Ok(code),
            other => broken!("behind its Close the server said {other:?}"),
        }
    }

    /// Ends the case unless the server closes with this code at once.
    pub(crate) async fn is_closed(&mut self, due: u16) -> Outcome {
        let code = self.closed_within(PATIENCE).await?;
        holds!(code == due, "closed with {code} where {due} is due");
        Ok(())
    }

    /// Writes a line down for the report.
    pub(crate) fn note(&self, line: &str) {
        self.trace.borrow_mut().push(format!("{} {line}", self.name));
    }

    async fn understood(&mut self, first: u8, payload: Vec<u8>) -> Outcome<Option<Said>> {
        Ok(Some(match first {
            0x81 => match String::from_utf8(payload) {
                Ok(text) => {
                    self.note(&format!("← {}", shown(&text)));
                    Said::Text(text)
                }
                Err(_) => broken!("the server sent a text that is not UTF-8"),
            },
            0x88 => {
                let code = payload.get(..2).map(|two| u16::from_be_bytes([two[0], two[1]]));
                self.note(&format!("← Close {code:?}"));
                Said::Close(code)
            }
            0x89 => {
                self.note("← ping");
                self.pings += 1;
                if self.answers_pings {
                    self.bytes(&frame(0x8A, &payload)).await;
                }
                return Ok(None);
            }
            0x8A => {
                self.note(&format!("← pong {payload:02x?}"));
                Said::Pong(payload)
            }
            other => broken!("the server sent a frame that begins with {other:#04x}: not a whole text, ping, pong or Close"),
        }))
    }

    fn whole_frame(&mut self) -> Outcome<Option<(u8, Vec<u8>)>> {
        let Some(&second) = self.received.get(1) else { return Ok(None) };
        holds!(second & 0x80 == 0, "the server masked a frame");
        let extended = match second {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let Some(length) = self.received.get(2..2 + extended) else { return Ok(None) };
        let length = match extended {
            0 => usize::from(second),
            _ => length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
        };
        let (begin, end) = (2 + extended, 2 + extended + length);
        if self.received.len() < end {
            return Ok(None);
        }
        let first = self.received[0];
        let payload = self.received[begin..end].to_vec();
        self.received.drain(..end);
        Ok(Some((first, payload)))
    }

    async fn more(&mut self, time: Duration) -> Outcome<bool> {
        match timeout(time, self.stream.read_buf(&mut self.received)).await {
            Ok(read) => Ok(matches!(read, Ok(1..))),
            Err(_) => broken!("the server said nothing for {} s", time.as_secs()),
        }
    }
}

fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}
