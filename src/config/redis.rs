//! `[redis]`: how the nodes of a cluster tell each other what happens.

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
}

impl Redis {
    /// Who else there may be: others can share a Postgres, none an SQLite file.
    #[must_use]
    pub fn bus(&self, database: &Database) -> Kind {
        let url = self.url.as_ref().and_then(|url| RedisUrl::parse(url.expose_secret()).ok());
        match (database.url.is_some(), url) {
            (true, Some(url)) => Kind::Redis(url),
            (true, None) => Kind::Unheard,
            (false, _) => Kind::Alone,
        }
    }

    /// What is wrong here, a sentence each.
    pub(super) fn faults(&self, database: &Database) -> Vec<String> {
        let Some(url) = &self.url else { return Vec::new() };
        let mut wrong = Vec::new();
        if let Err(bad) = RedisUrl::parse(url.expose_secret()) {
            wrong.push(format!("redis.url (or REDIS_URL) {bad}."));
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
