//! `[redis]`: how the nodes of a cluster tell each other what happens.

use std::path::PathBuf;

use allthrive_actors::bus::{Kind, RedisUrl};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::Database;

/// `[redis]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Redis {
    /// `redis://user:password@host:port`; `rediss://` for TLS. Without it this node tells no other anything,
    /// and finds what others have written in the database within a second. `REDIS_URL` sets it too.
    pub url: Option<SecretString>,
    /// Certificates (PEM) by which that of `rediss://` is verified; without it, by those of the public authorities.
    pub ca_file: Option<PathBuf>,
}

impl Redis {
    /// Who else there may be: others can share a Postgres, none an SQLite file.
    #[must_use]
    pub fn bus(&self, database: &Database) -> Kind {
        match (database.url.is_some(), self.server()) {
            (true, Some(Ok(url))) => Kind::Redis(url),
            (true, Some(Err(_)) | None) => Kind::Unheard,
            (false, _) => Kind::Alone,
        }
    }

    /// Which server, or what is wrong with what is said of it; nothing if nothing is.
    fn server(&self) -> Option<Result<RedisUrl, String>> {
        let url = RedisUrl::parse(self.url.as_ref()?.expose_secret()).map_err(|bad| format!("redis.url (or REDIS_URL) {bad}."));
        let Some(file) = &self.ca_file else { return Some(url) };
        Some(url.and_then(|url| {
            let roots = std::fs::read(file).map_err(|error| format!("redis.ca_file: {} cannot be read: {error}.", file.display()))?;
            url.trusting(roots).map_err(|bad| format!("redis.ca_file {bad}."))
        }))
    }

    /// What is wrong here, a sentence each.
    pub(super) fn faults(&self, database: &Database) -> Vec<String> {
        let mut wrong = Vec::new();
        match self.server() {
            None if self.ca_file.is_some() => return vec!["redis.ca_file is set, and redis.url (or REDIS_URL) is not.".to_owned()],
            None => return wrong,
            Some(Ok(_)) => {}
            Some(Err(fault)) => wrong.push(fault),
        }
        if database.url.is_none() {
            wrong.push(
                "redis.url (or REDIS_URL) is set, and the database is an SQLite file, which one server has for itself: \
                 name a Postgres in database.url (or DATABASE_URL), or unset it."
                    .to_owned(),
            );
        }
        wrong
    }
}
