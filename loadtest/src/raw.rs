//! One connection of bytes: sends whatever it is told to, right or wrong, and shows each frame that comes
//! back. For what no WebSocket library would let one say.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

/// Long enough for a busy machine; what waits for something that never comes fails by it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection after the handshake. Every method panics where a test would fail.
pub struct Raw {
    stream: TcpStream,
    /// Received and not shown yet.
    received: Vec<u8>,
}

impl Raw {
    /// Opens `path` at `address` with these headers; the HTTP status where the server refuses.
    ///
    /// # Errors
    /// The status the server answered with.
    ///
    /// # Panics
    /// If nobody answers at that address.
    pub async fn open(address: &str, path: &str, headers: &[(&str, &str)]) -> Result<Self, u16> {
        Self::connect(address).await.upgrade(path, headers).await
    }

    /// A connection that has not said anything yet.
    ///
    /// # Panics
    /// If nobody answers at that address.
    pub async fn connect(address: &str) -> Self {
        Self::over(TcpStream::connect(address).await.expect("somebody listens"))
    }

    /// The same, of a peer whose kernel takes little more than `bytes` that it has not read yet.
    ///
    /// # Panics
    /// If nobody answers at that address, or it is not one of IPv4.
    pub async fn narrow(address: &str, bytes: u32) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket can be had");
        // Before it connects: that is when the window is agreed on.
        socket.set_recv_buffer_size(bytes).expect("a socket of ours");
        Self::over(socket.connect(address.parse().expect("an address and a port")).await.expect("somebody listens"))
    }

    fn over(stream: TcpStream) -> Self {
        stream.set_nodelay(true).expect("a socket of ours");
        Self { stream, received: Vec::new() }
    }

    /// Asks for a WebSocket at `path` with these headers; the HTTP status where the server refuses.
    ///
    /// # Errors
    /// The status the server answered with.
    ///
    /// # Panics
    /// If the server ends without an answer.
    pub async fn upgrade(mut self, path: &str, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let host = self.stream.peer_addr().map(|address| address.to_string()).unwrap_or_default();
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
        );
        self.send(request.as_bytes()).await;
        let end = loop {
            if let Some(at) = self.received.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(self.more().await, "the server ended before it answered");
        };
        let head = String::from_utf8_lossy(&self.received[..end]).into_owned();
        self.received.drain(..end);
        match head.split(' ').nth(1).and_then(|status| status.parse().ok()) {
            Some(101) => Ok(self),
            Some(status) => Err(status),
            None => panic!("not an answer: {head}"),
        }
    }

    /// The socket, for what only it can be told.
    #[must_use]
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// The socket alone.
    #[must_use]
    pub fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// Sends bytes as they are. A server that has closed meanwhile is no fault.
    pub async fn send(&mut self, bytes: &[u8]) {
        // It may have had enough: what it said last is what the test looks at.
        let _ = tokio::time::timeout(PATIENCE, self.stream.write_all(bytes)).await.expect("the server takes what is sent");
    }

    /// Sends bytes as they are; whether the server's end still takes them.
    pub async fn try_send(&mut self, bytes: &[u8]) -> bool {
        matches!(tokio::time::timeout(PATIENCE, self.stream.write_all(bytes)).await, Ok(Ok(())))
    }

    /// Takes so many bytes at most, once, whatever they are; `false` once the server has ended.
    pub async fn sip(&mut self, bytes: usize) -> bool {
        let mut taken = vec![0; bytes];
        let Ok(Ok(length @ 1..)) = tokio::time::timeout(PATIENCE, self.stream.read(&mut taken)).await else { return false };
        self.received.extend_from_slice(&taken[..length]);
        true
    }

    /// Whether there is anything to read within this time: `Some(false)` once the server has ended.
    pub async fn bytes_within(&self, time: Duration) -> Option<bool> {
        let looked = tokio::time::timeout(time, self.stream.peek(&mut [0])).await.ok()?;
        Some(matches!(looked, Ok(1..)))
    }

    /// Bytes that were received and not shown yet.
    #[must_use]
    pub fn held(&self) -> usize {
        self.received.len()
    }

    /// The next frame: its first byte and its payload. `None` once the server has ended.
    ///
    /// # Panics
    /// If nothing comes for long, or what comes is masked.
    pub async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let Some((head, len)) = head(&self.received)
                && self.received.len() >= head + len
            {
                let first = self.received[0];
                let payload = self.received[head..head + len].to_vec();
                self.received.drain(..head + len);
                return Some((first, payload));
            }
            if !self.more().await {
                return None;
            }
        }
    }

    /// The next frame, if one comes within this time.
    ///
    /// # Panics
    /// As [`Self::frame`]; and if the server has ended.
    pub async fn frame_within(&mut self, time: Duration) -> Option<(u8, Vec<u8>)> {
        // Nothing is lost when this is given up: what was received stays.
        let frame = tokio::time::timeout(time, self.frame()).await.ok()?;
        Some(frame.expect("the server is there"))
    }

    /// The code the server closes with, after which it must end; frames before that are passed over.
    ///
    /// # Panics
    /// If it ends without a code, or says something behind it.
    pub async fn closed(&mut self) -> u16 {
        loop {
            match self.frame().await.expect("a Close before the end") {
                (0x88, payload) => {
                    // What else the peer might send is of no interest: the server need not wait for it.
                    let _ = self.stream.shutdown().await;
                    assert!(self.frame().await.is_none() && self.received.is_empty(), "something behind the Close");
                    return u16::from_be_bytes([payload[0], payload[1]]);
                }
                (first, _) => assert_eq!(first & 0xF0, 0x80, "a whole frame"),
            }
        }
    }

    /// Everything that comes until the server has ended.
    ///
    /// # Panics
    /// If it neither says anything nor ends for long.
    pub async fn rest(&mut self) -> Vec<u8> {
        while self.more().await {}
        std::mem::take(&mut self.received)
    }

    /// Waits for more bytes; `false` once the server has ended.
    async fn more(&mut self) -> bool {
        let read = tokio::time::timeout(PATIENCE, self.stream.read_buf(&mut self.received)).await;
        matches!(read.expect("the server said nothing for too long"), Ok(1..))
    }
}

/// Where the payload of a server's frame begins, and how long it is, if that is known by now.
fn head(bytes: &[u8]) -> Option<(usize, usize)> {
    let second = *bytes.get(1)?;
    assert!(second & 0x80 == 0, "a server does not mask");
    let word = |range| bytes.get(range).map(|bytes: &[u8]| bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)));
    Some(match second {
        126 => (4, word(2..4)?),
        127 => (10, word(2..10)?),
        short => (2, usize::from(short)),
    })
}

/// A client's frame with this first byte, masked, its length in the shortest form.
///
/// # Panics
/// Never.
#[must_use]
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0xA5, 0x5A, 0x0F, 0xF0];
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..=125 => bytes.push(0x80 | u8::try_from(short).expect("at most 125")),
        middle @ 126..=65_535 => {
            bytes.push(0xFE);
            bytes.extend(u16::try_from(middle).expect("at most 65,535").to_be_bytes());
        }
        long => {
            bytes.push(0xFF);
            bytes.extend((long as u64).to_be_bytes());
        }
    }
    bytes.extend(MASK);
    bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}
