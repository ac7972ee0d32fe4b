//! A proxy between clients and a server that tells them one thing else than the server said: for proving that
//! somebody notices.

use std::cell::Cell;
use std::rc::Rc;

use allthrive_load::raw::frame;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// What is told instead of the truth.
#[derive(Clone, Copy)]
pub(crate) enum Lie {
    /// Instead of a text of the server these are told.
    Told(fn(&mut Memory, Value) -> Vec<Value>),
    /// Instead of any frame of the server this one.
    Framed(fn(u8, Vec<u8>) -> (u8, Vec<u8>)),
    /// What becomes of a command.
    Asked(fn(&mut Memory, &Value) -> Fate),
}

impl Lie {
    pub(crate) const NONE: Self = Self::Told(|_, frame| vec![frame]);
}

/// What becomes of a command.
pub(crate) enum Fate {
    /// The server gets it.
    Passed,
    /// The server gets another one.
    Changed(Value),
    /// The server does not get it; the client has this answer.
    Answered(Value),
}

/// Of one connection.
#[derive(Default)]
pub(crate) struct Memory {
    /// How often it has lied.
    pub(crate) times: u64,
    /// Kept back for later.
    pub(crate) kept: Option<Value>,
    /// The last number told.
    pub(crate) last: u64,
}

/// The proxy. Dropping it does not end the connections it has.
pub(crate) struct Liar {
    url: String,
    lie: Rc<Cell<Lie>>,
}

impl Liar {
    /// Stands before the server at this `host:port` and tells the truth.
    pub(crate) async fn before(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("the loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let lie = Rc::new(Cell::new(Lie::NONE));
        let tells = Rc::clone(&lie);
        actix_web::rt::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                actix_web::rt::spawn(serve(client, server.clone(), tells.get()));
            }
        });
        Self { url, lie }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// From here on new connections are told this.
    pub(crate) fn tells(&self, lie: Lie) {
        self.lie.set(lie);
    }
}

/// One connection. An end on either side ends the other; what fails is such an end.
async fn serve(mut client: TcpStream, server: String, lie: Lie) -> Option<()> {
    let mut server = TcpStream::connect(server).await.ok()?;
    for stream in [&client, &server] {
        stream.set_nodelay(true).ok()?;
    }
    let (request, rest) = head(&mut client).await?;
    server.write_all(&request).await.ok()?;
    server.write_all(&rest).await.ok()?;
    if !request.starts_with(b"GET /v1/ws ") {
        tokio::io::copy_bidirectional(&mut client, &mut server).await.ok()?;
        return Some(());
    }
    let (answer, frames) = head(&mut server).await?;
    client.write_all(&answer).await.ok()?;
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    // What the client is told comes from both directions: one task writes it.
    let (say, mut said) = unbounded_channel::<Vec<u8>>();
    let writes = async move {
        let mut to_client: OwnedWriteHalf = to_client;
        while let Some(bytes) = said.recv().await {
            to_client.write_all(&bytes).await.ok()?;
        }
        to_client.shutdown().await.ok()
    };
    let up = upward(from_client, to_server, lie, say.downgrade());
    tokio::join!(writes, downward(from_server, frames, lie, say), up);
    Some(())
}

/// Up to the empty line, and what came behind it.
async fn head(stream: &mut TcpStream) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let rest = bytes.split_off(at + 4);
            return Some((bytes, rest));
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

async fn downward(mut server: OwnedReadHalf, mut bytes: Vec<u8>, lie: Lie, say: UnboundedSender<Vec<u8>>) -> Option<()> {
    let mut memory = Memory::default();
    loop {
        while let Some((begin, end)) = bounds(&bytes, 0) {
            let (first, payload) = (bytes[0], bytes[begin..end].to_vec());
            bytes.drain(..end);
            match (lie, serde_json::from_slice::<Value>(&payload)) {
                (Lie::Told(told), Ok(value)) if first == 0x81 => {
                    let frames = told(&mut memory, value);
                    frames.into_iter().try_for_each(|value| say.send(unmasked(0x81, value.to_string().as_bytes()))).ok()?;
                }
                (Lie::Framed(framed), _) => {
                    let (first, payload) = framed(first, payload);
                    say.send(unmasked(first, &payload)).ok()?;
                }
                _ => say.send(unmasked(first, &payload)).ok()?,
            }
        }
        if server.read_buf(&mut bytes).await.ok()? == 0 {
            return Some(());
        }
    }
}

async fn upward(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    lie: Lie,
    say: tokio::sync::mpsc::WeakUnboundedSender<Vec<u8>>,
) -> Option<()> {
    let (mut memory, mut bytes) = (Memory::default(), Vec::new());
    while client.read_buf(&mut bytes).await.ok()? > 0 {
        let Lie::Asked(asked) = lie else {
            server.write_all(&std::mem::take(&mut bytes)).await.ok()?;
            continue;
        };
        while let Some((begin, end)) = bounds(&bytes, 4) {
            let mask: [u8; 4] = bytes[begin - 4..begin].try_into().expect("four bytes");
            let payload: Vec<u8> = bytes[begin..end].iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
            let whole: Vec<u8> = bytes.drain(..end).collect();
            match serde_json::from_slice(&payload).map(|command| asked(&mut memory, &command)) {
                Ok(Fate::Changed(command)) => server.write_all(&frame(0x81, command.to_string().as_bytes())).await.ok()?,
                Ok(Fate::Answered(answer)) => say.upgrade()?.send(unmasked(0x81, answer.to_string().as_bytes())).ok()?,
                Ok(Fate::Passed) | Err(_) => server.write_all(&whole).await.ok()?,
            }
        }
    }
    server.shutdown().await.ok()
}

/// Where the payload of the first frame begins and ends, if all of it is there.
fn bounds(bytes: &[u8], mask: usize) -> Option<(usize, usize)> {
    let (extended, short) = match bytes.get(1)? & 0x7F {
        126 => (2, 0),
        127 => (8, 0),
        short => (0, usize::from(short)),
    };
    let length = bytes.get(2..2 + extended)?.iter().fold(short, |sum, byte| sum << 8 | usize::from(*byte));
    let begin = 2 + extended + mask;
    (bytes.len() >= begin + length).then_some((begin, begin + length))
}

/// A server's frame.
fn unmasked(first: u8, payload: &[u8]) -> Vec<u8> {
    let masked = frame(first, payload);
    let head = masked.len() - payload.len() - 4;
    let mut bytes = masked[..head].to_vec();
    bytes[1] &= 0x7F;
    bytes.extend(payload);
    bytes
}
