//! `allthrive health`: asks a server of this machine whether it takes requests. For an image that has no
//! other program to ask with.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use thiserror::Error;

/// Longest wait for each step. Whoever asks has a patience of a few seconds, too.
const PATIENCE: Duration = Duration::from_secs(2);

/// Longest answer that is read.
const MAX_ANSWER_BYTES: u64 = 16 * 1024;

/// Ask a server of this machine whether it takes requests; fails if it does not.
#[derive(Debug, clap::Args)]
pub struct Health {
    /// Where it listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    at: SocketAddr,
}

/// Why it does not.
#[derive(Debug, Error)]
pub enum Unwell {
    /// Nobody answers there.
    #[error("no answer from {0}: {1}")]
    Silent(SocketAddr, #[source] io::Error),
    /// It says that it does not.
    #[error("{0}")]
    Refused(String),
}

impl Health {
    /// Asks `/readyz` once, a few seconds at most.
    ///
    /// # Errors
    /// What it said instead of yes.
    pub fn run(&self) -> Result<(), Unwell> {
        let answer = self.ask().map_err(|error| Unwell::Silent(self.at, error))?;
        match verdict(&answer) {
            Ok(()) => Ok(()),
            Err(said) => Err(Unwell::Refused(said.to_owned())),
        }
    }

    fn ask(&self) -> io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&self.at, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        write!(stream, "GET /readyz HTTP/1.0\r\nHost: {}\r\nConnection: close\r\n\r\n", self.at)?;
        let mut answer = Vec::new();
        stream.take(MAX_ANSWER_BYTES).read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

/// Yes, or what stands there instead: the body if there is one, else the first line.
fn verdict(answer: &str) -> Result<(), &str> {
    let first = answer.lines().next().unwrap_or_default();
    if first.split(' ').nth(1) == Some("200") {
        return Ok(());
    }
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body.trim());
    Err(if body.is_empty() { first } else { body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_200_is_yes_and_what_is_said_instead_is_told() {
        assert_eq!(verdict("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"), Ok(()));
        assert_eq!(verdict("HTTP/1.1 503 Service Unavailable\r\n\r\n{\"status\":\"stopping\"}"), Err("{\"status\":\"stopping\"}"));
        assert_eq!(verdict("HTTP/1.1 404 Not Found\r\n\r\n"), Err("HTTP/1.1 404 Not Found"));
        assert_eq!(verdict(""), Err(""));
    }
}
