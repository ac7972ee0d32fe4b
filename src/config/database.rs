//! `[database]`: where things are kept.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// `[database]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `postgres://user:password@host:port/name`; without it an SQLite file in `server.data_dir`.
    /// `DATABASE_URL` sets it too.
    pub url: Option<SecretString>,
    /// Threads that read, on SQLite; beside them there is one that writes.
    pub readers: usize,
    /// Connections to Postgres, at most.
    pub connections: usize,
    /// How long to wait for a connection to Postgres, milliseconds.
    pub wait_ms: u64,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: None, readers: 3, connections: 16, wait_ms: 2_000 }
    }
}

impl Database {
    /// How long to wait for a connection to Postgres.
    #[must_use]
    pub fn wait(&self) -> Duration {
        Duration::from_millis(self.wait_ms)
    }

    /// What is wrong here, a sentence each.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let scheme_fits =
            |url: &SecretString| ["postgres://", "postgresql://"].iter().any(|scheme| url.expose_secret().starts_with(scheme));
        if self.url.as_ref().is_some_and(|url| !scheme_fits(url)) {
            wrong.push("database.url (or DATABASE_URL) must begin with postgres://.".to_owned());
        }
        for (key, value) in [("readers", self.readers), ("connections", self.connections)] {
            if value == 0 {
                wrong.push(format!("database.{key} must be at least 1."));
            }
        }
        wrong
    }
}
