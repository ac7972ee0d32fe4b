//! One raw connection: says exactly what a test tells it to, and shows every frame that comes back.

use std::collections::VecDeque;
use std::time::Duration;

use allthrive_protocol::{Cmid, RoomId};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Long enough for a busy machine. What is awaited comes within it, whatever else comes meanwhile: pings are no reason to
/// go on waiting.
const PATIENCE: Duration = Duration::from_secs(60);

async fn in_time<T>(what: &str, awaited: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, awaited).await {
        Ok(came) => came,
        Err(_) => panic!("{what} did not come within {PATIENCE:?}"),
    }
}

/// A connection without a will of its own. Every method panics where a test would fail.
pub struct Peer {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next: u64,
    told: VecDeque<Value>,
}

impl Peer {
    /// Opens `ws://…/v1/ws` with these headers; the HTTP status where the server refuses.
    ///
    /// # Errors
    /// The status the server answered with.
    ///
    /// # Panics
    /// If nobody answers at that address.
    pub async fn open(url: &str, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let mut request = url.into_client_request().expect("a WebSocket address");
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).expect("a header's value"));
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Self { socket, next: 0, told: VecDeque::new() }),
            Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("no answer: {error}"),
        }
    }

    /// Sends a command and gives its id.
    pub async fn say(&mut self, op: &str, room: Option<RoomId>, d: Value) -> u64 {
        self.next += 1;
        let mut command = json!({"id": self.next, "op": op, "d": d});
        if let Some(room) = room {
            command["room"] = json!(room);
        }
        self.raw(&command.to_string()).await;
        self.next
    }

    /// Sends a command and waits for its reply; events that come before it are kept.
    pub async fn ask(&mut self, op: &str, room: Option<RoomId>, d: Value) -> Value {
        let id = self.say(op, room, d).await;
        self.reply(id).await
    }

    /// Waits for the reply with this id; what comes before it is kept.
    pub async fn reply(&mut self, id: u64) -> Value {
        // Replies come as they are ready, not as they were asked for.
        if let Some(frame) = self.told.iter().position(|frame| frame["id"] == id).and_then(|at| self.told.remove(at)) {
            return frame;
        }
        in_time("the reply", async {
            loop {
                let frame = self.next_frame().await.expect("open");
                if frame["id"] == id {
                    return frame;
                }
                self.told.push_back(frame);
            }
        })
        .await
    }

    /// `message.send` with its reply.
    pub async fn message(&mut self, room: RoomId, cmid: Cmid, body: &str) -> Value {
        self.ask("message.send", Some(room), json!({"cmid": cmid, "body": body})).await
    }

    /// The next event of this name; others are dropped.
    pub async fn event(&mut self, name: &str) -> Value {
        in_time(name, self.first(|event| event == name)).await
    }

    /// The next event of any name.
    pub async fn told(&mut self) -> Value {
        in_time("an event", self.first(|_| true)).await
    }

    /// The first event whose name is wanted; what comes before it is dropped.
    async fn first(&mut self, is_wanted: impl Fn(&str) -> bool) -> Value {
        loop {
            let frame = match self.told.pop_front() {
                Some(frame) => frame,
                None => self.next_frame().await.expect("open"),
            };
            if frame["event"].as_str().is_some_and(&is_wanted) {
                return frame;
            }
        }
    }

    /// What came beside replies so far and was not looked at, in order; waits for nothing.
    pub fn heard(&mut self) -> Vec<Value> {
        self.told.drain(..).collect()
    }

    /// The code the server closes with; it is answered, as every client does.
    pub async fn closed(&mut self) -> u16 {
        in_time("the end", async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Close(Some(frame)))) => {
                        // The answer is made by the reading of it, and sent here. The server may have gone.
                        let _ = self.socket.flush().await;
                        return frame.code.into();
                    }
                    Some(Ok(_)) => {}
                    other => panic!("not closed with a code: {other:?}"),
                }
            }
        })
        .await
    }

    /// Sends a text frame as it is.
    pub async fn raw(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.expect("the connection is open");
    }

    /// The next frame of the server, `None` once it is closed.
    pub async fn frame(&mut self) -> Option<Value> {
        in_time("a frame", self.next_frame()).await
    }

    async fn next_frame(&mut self) -> Option<Value> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).expect("a frame is JSON")),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }
}
