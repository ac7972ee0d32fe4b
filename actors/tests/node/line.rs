//! A line to a Redis server that a test may spoil.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Says one command to a Redis server and gives the first line of its answer.
pub async fn command(port: u16, words: &str) -> String {
    let mut line = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    line.write_all(format!("{words}\r\n").as_bytes()).await.unwrap();
    let mut answer = vec![0; 256];
    let length = line.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..length]).trim().to_owned()
}

/// A line to a Redis server that can swallow what subscriptions are told, without ending them.
pub struct Line {
    port: u16,
    /// Subscriptions up to this one hear nothing any more.
    deaf: Arc<AtomicU64>,
    opened: Arc<AtomicU64>,
}

impl Line {
    pub async fn to(port: u16) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let line = Self { port: listener.local_addr().unwrap().port(), deaf: Arc::default(), opened: Arc::default() };
        let (deaf, opened) = (Arc::clone(&line.deaf), Arc::clone(&line.opened));
        actix_rt::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                actix_rt::spawn(carry(client, server, Arc::clone(&deaf), Arc::clone(&opened)));
            }
        });
        line
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Those who are subscribed now hear nothing any more, and their connection stays open.
    pub fn swallow(&self) {
        self.deaf.store(self.opened.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    /// How many subscriptions there were.
    pub fn subscriptions(&self) -> u64 {
        self.opened.load(Ordering::SeqCst)
    }
}

async fn carry(client: TcpStream, server: TcpStream, deaf: Arc<AtomicU64>, opened: Arc<AtomicU64>) {
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) = (client.into_split(), server.into_split());
    let mine = Arc::new(AtomicU64::new(u64::MAX));
    let my_number = Arc::clone(&mine);
    let up = async move {
        let mut bytes = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = from_client.read(&mut bytes).await {
            if bytes[..length].windows(9).any(|word| word == b"SUBSCRIBE") {
                my_number.store(opened.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            }
            if to_server.write_all(&bytes[..length]).await.is_err() {
                return;
            }
        }
    };
    let down = async move {
        let mut bytes = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = from_server.read(&mut bytes).await {
            let swallowed = mine.load(Ordering::SeqCst) <= deaf.load(Ordering::SeqCst);
            if !swallowed && to_client.write_all(&bytes[..length]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}
