//! `[dev]`: what is only for those who work on the server.

use allthrive_protocol::MAX_FRAME_BYTES;
use serde::Deserialize;

use super::Mode;

/// The longest message that a public suite sends.
const MOST_ECHO_BYTES: usize = 16 * 1024 * 1024;

/// `[dev]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dev {
    /// Whether `/v1/echo` says every message back, to anybody.
    pub echo: bool,
    /// The longest message it takes, bytes.
    pub echo_max_bytes: usize,
}

impl Default for Dev {
    fn default() -> Self {
        Self { echo: false, echo_max_bytes: MAX_FRAME_BYTES }
    }
}

impl Dev {
    /// What is wrong here, a sentence each.
    pub(super) fn faults(&self, mode: Mode) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.echo && mode == Mode::Production {
            wrong.push("dev.echo is true, and in production there is no echo: anybody could use it. Remove dev.echo.".to_owned());
        }
        if self.echo_max_bytes == 0 || self.echo_max_bytes > MOST_ECHO_BYTES {
            wrong.push(format!("dev.echo_max_bytes must be from 1 to {MOST_ECHO_BYTES}."));
        }
        wrong
    }
}
