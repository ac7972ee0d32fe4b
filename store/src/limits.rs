//! `limits`: how often something was done in a window of time. A window begins with its first use, so
//! nobody gets twice the number around the turn of an hour.

use std::time::Duration;

use allthrive_domain::time::Micros;

use crate::engine::{Decided, Row, Statement};
use crate::error::Error;
use crate::open::Store;

/// So many of an action for one subject in a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// What is done.
    pub action: &'static str,
    /// By or to whom, as a digest.
    pub subject: [u8; 32],
    /// How often.
    pub most: u32,
    /// In which time.
    pub window: Duration,
}

/// Whether one more is within all of the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is, and is counted.
    Allowed,
    /// It is not, and is not counted.
    Refused {
        /// The limit that was reached.
        most: u32,
        /// How long until its window ends.
        wait: Duration,
    },
}

impl Store {
    /// Counts one more under each of the limits, or under none of them if one is reached. Exact under any
    /// concurrency: each row is locked (made, if there is none) before it is read.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn take(&self, mut limits: Vec<Limit>, now: Micros) -> Result<Taken, Error> {
        // Everybody locks in one order.
        limits.sort_by(|a, b| (a.action, a.subject).cmp(&(b.action, b.subject)));
        let lock = limits.iter().map(|limit| {
            let lock = Statement::new(
                "lock a limit",
                "INSERT INTO limits (action, subject, used, ends_at) VALUES ($1, $2, 0, 0)
                 ON CONFLICT (action, subject) DO UPDATE SET used = limits.used",
            );
            lock.bind(limit.action).bind(limit.subject)
        });
        let read = limits.iter().map(|limit| {
            let read = Statement::new("a limit", "SELECT used, ends_at FROM limits WHERE action = $1 AND subject = $2");
            read.bind(limit.action).bind(limit.subject)
        });
        let (lock, read) = (lock.collect(), read.collect());
        let decide = move |rows: Vec<Vec<Row>>| {
            let mut writes = Vec::new();
            for (limit, rows) in limits.iter().zip(&rows) {
                let row = rows.first().ok_or_else(|| Error::corrupt("a limit", "no row"))?;
                let (used, ends): (u32, Micros) = (row.get("used")?, row.get("ends_at")?);
                let (used, ends) = if ends <= now { (0, now.plus(limit.window)) } else { (used, ends) };
                if used >= limit.most {
                    let value = Taken::Refused { most: limit.most, wait: ends.since(now) };
                    return Ok(Decided { writes: Vec::new(), value });
                }
                let write = Statement::new("count a use", "UPDATE limits SET used = $3, ends_at = $4 WHERE action = $1 AND subject = $2");
                writes.push(write.bind(limit.action).bind(limit.subject).bind(used + 1).bind(ends));
            }
            Ok(Decided { writes, value: Taken::Allowed })
        };
        self.engine().try_transact(lock, read, decide).await
    }

    /// Whether one more would be within the limit. Nothing is counted.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn left(&self, limit: Limit, now: Micros) -> Result<Taken, Error> {
        let read = Statement::new("what is left of a limit", "SELECT used, ends_at FROM limits WHERE action = $1 AND subject = $2");
        let row = self.engine().optional(read.bind(limit.action).bind(limit.subject)).await?;
        let Some(row) = row else { return Ok(Taken::Allowed) };
        let (used, ends): (u32, Micros) = (row.get("used")?, row.get("ends_at")?);
        let is_spent = ends > now && used >= limit.most;
        Ok(if is_spent { Taken::Refused { most: limit.most, wait: ends.since(now) } } else { Taken::Allowed })
    }

    /// Removes what has no meaning any more: ended windows, tickets, mail tokens, holds of names.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn prune(&self, now: Micros) -> Result<u64, Error> {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        let prunes = [
            (Statement::new("prune limits", "DELETE FROM limits WHERE ends_at < $1"), now),
            (Statement::new("prune tickets", "DELETE FROM tickets WHERE expires_at < $1"), now),
            (Statement::new("prune mail tokens", "DELETE FROM mail_tokens WHERE expires_at < $1"), now.minus(7 * DAY)),
            (Statement::new("prune name holds", "DELETE FROM name_holds WHERE held_until < $1"), now),
        ];
        let mut pruned = 0;
        for (prune, before) in prunes {
            pruned += self.engine().run(prune.bind(before)).await?;
        }
        Ok(pruned)
    }
}
