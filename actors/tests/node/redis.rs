//! A Redis server that a test may kill, and a line to one that a test may spoil.

#![expect(unreachable_pub, reason = "a module of several test binaries")]
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::io::Write as _;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A server of its own, which keeps nothing.
pub struct OwnRedis {
    port: u16,
    child: Option<Child>,
}

impl OwnRedis {
    pub fn start() -> Self {
        // Taken from the kernel and given back: below, somebody else may take it, and then it fails aloud.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut redis = Self { port, child: None };
        redis.restart();
        redis
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Starts it, or another one in its place, and waits until it answers.
    pub fn restart(&mut self) {
        self.kill();
        let config = format!("port {}\nbind 127.0.0.1\nsave \"\"\nappendonly no\ndir /tmp\n", self.port);
        let mut child = Command::new("redis-server").arg("-").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(config.as_bytes()).unwrap();
        self.child = Some(child);
        let until = Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < until, "redis-server does not answer");
            std::thread::yield_now();
        }
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        self.kill();
    }
}

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
