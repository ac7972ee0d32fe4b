//! A Redis server that a test may kill.

#![allow(unreachable_pub, reason = "a module of several test binaries")]
#![allow(dead_code, clippy::unwrap_used, reason = "each test binary uses a part of it, and may fail")]

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use uuid::Uuid;

/// A server of its own, which keeps nothing.
pub struct OwnRedis {
    port: u16,
    child: Option<Child>,
    /// Where certificate and key are, if it is spoken to by TLS alone.
    tls: Option<PathBuf>,
}

impl OwnRedis {
    pub fn start() -> Self {
        Self::start_with(None)
    }

    /// By TLS, with `server.pem` and `server.key` of this directory.
    pub fn start_tls(dir: &Path) -> Self {
        Self::start_with(Some(dir.to_owned()))
    }

    fn start_with(tls: Option<PathBuf>) -> Self {
        // Below 32768, where the kernel does not pick ports for outgoing connections while it is away.
        let ports = std::iter::repeat_with(|| 20_000 + u16::from_be_bytes(Uuid::new_v4().as_bytes()[..2].try_into().unwrap()) % 12_000);
        let port = ports.take(100).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap();
        let mut redis = Self { port, child: None, tls };
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
        let port = match &self.tls {
            None => format!("port {}", self.port),
            Some(dir) => {
                let file = |name: &str| dir.join(name).display().to_string();
                let (certificate, key) = (file("server.pem"), file("server.key"));
                format!(
                    "port 0\ntls-port {}\ntls-cert-file {certificate}\ntls-key-file {key}\ntls-ca-cert-file {certificate}\ntls-auth-clients no",
                    self.port
                )
            }
        };
        let config = format!("{port}\nbind 127.0.0.1\nsave \"\"\nappendonly no\ndir /tmp\n");
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
