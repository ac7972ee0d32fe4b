//! `[server]`: where it listens, who it is, where its files are.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use allthrive_domain::names::Line;
use serde::{Deserialize, Deserializer};

use crate::origin::Origin;
use crate::peer::Proxies;
use crate::routes::conversations::MAX_TITLE;

/// With what follows it, a server that stops has ended within 10 s.
const MOST_STOP_NOTICE_MS: u64 = 4_000;

/// Whose machine this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// One's own: loopback only, keys make themselves.
    Local,
    /// Everybody's: every key is given, `public_url` is https.
    Production,
}

/// `[server]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// The address it listens at; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the embedded database, the keys of local mode and the mail are.
    pub data_dir: PathBuf,
    /// `local` or `production`.
    pub mode: Mode,
    /// How people reach it. Cookie names and flags, the own origin and links in mail come from here.
    /// Without it: `http://` and the address it listens at.
    pub public_url: Option<String>,
    /// Threads that answer requests; 0 is one per core.
    pub workers: usize,
    /// Addresses and networks of the proxies in front of it: what they say of where a request comes from is
    /// believed. In the environment separated by commas.
    #[serde(deserialize_with = "list")]
    pub trusted_proxies: Vec<String>,
    /// For how long after a signal requests are still taken at least, milliseconds: a proxy sees `/readyz` turn
    /// red first.
    pub stop_notice_ms: u64,
    /// The title of the public room that an empty server opens for the first of its people; empty opens none.
    pub first_room: String,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data_dir: PathBuf::from("./data"),
            mode: Mode::Local,
            public_url: None,
            workers: 0,
            trusted_proxies: Vec::new(),
            stop_notice_ms: 0,
            first_room: "Lobby".to_owned(),
        }
    }
}

impl Server {
    /// What is wrong here, a sentence each.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let origin = self.public_url.as_deref().map(Origin::parse);
        if let Some(Err(reason)) = &origin {
            wrong.push(format!("server.public_url: {reason}"));
        }
        if let Err(error) = Proxies::parse(&self.trusted_proxies) {
            wrong.push(format!("server.trusted_proxies: {error}."));
        }
        if self.stop_notice_ms > MOST_STOP_NOTICE_MS {
            wrong.push(format!("server.stop_notice_ms must be at most {MOST_STOP_NOTICE_MS}: a server that stops ends within 10 seconds."));
        }
        if !self.first_room.is_empty() && Line::parse(&self.first_room, MAX_TITLE).is_err() {
            wrong.push(format!("server.first_room must be one line of at most {MAX_TITLE} characters, or empty."));
        }
        match self.mode {
            Mode::Local if !self.listen.ip().is_loopback() => wrong.push(format!(
                "server.listen is {}, which others can reach: local mode listens at a loopback address only. \
                 Use 127.0.0.1, or server.mode = \"production\".",
                self.listen
            )),
            Mode::Production if !matches!(origin, Some(Ok(ref origin)) if origin.is_https()) => {
                wrong.push("server.public_url must be given in production and begin with https://.".to_owned());
            }
            Mode::Local | Mode::Production => {}
        }
        wrong
    }

    /// Whose word on where a request comes from is taken.
    #[must_use]
    pub fn proxies(&self) -> Proxies {
        // Checked when the settings were loaded.
        Proxies::parse(&self.trusted_proxies).unwrap_or_default()
    }

    /// For how long requests are still taken after a signal.
    #[must_use]
    pub fn stop_notice(&self) -> Duration {
        Duration::from_millis(self.stop_notice_ms)
    }

    /// Who it is, once the port is known.
    #[must_use]
    pub fn origin(&self, bound: SocketAddr) -> Origin {
        let given = self.public_url.as_deref().and_then(|url| Origin::parse(url).ok());
        given.unwrap_or_else(|| Origin::of_socket(bound))
    }
}

/// A list, or a text in which commas separate.
pub(super) fn list<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        List(Vec<String>),
        Text(String),
    }
    Ok(match Written::deserialize(from)? {
        Written::List(list) => list,
        Written::Text(text) => text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect(),
    })
}
