//! `sign_ins`: who is signed in on which device, and which refresh token of the family is the newest.

use std::time::Duration;

use allthrive_domain::time::Micros;
use allthrive_protocol::UserId;
use uuid::Uuid;

use crate::audit::{Audit, Occasion, address, record};
use crate::engine::{Decided, Row, Statement, Type};
use crate::error::Error;
use crate::open::Store;
use crate::users::{User, user_columns};

/// For so long after `n` was used, `n − 1` still gets it: two tabs, a lost answer.
pub const REFRESH_GRACE: Duration = Duration::from_secs(60);

/// A new sign-in. Its first refresh token has `n` 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSignIn {
    /// Its id, the family of its refresh tokens.
    pub id: Uuid,
    /// Whose.
    pub user: UserId,
    /// What the browser says it is, shortened.
    pub device: Option<String>,
    /// Until when, unless it is refreshed.
    pub expires: Micros,
}

/// What becomes of a refresh token that was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refreshed {
    /// The next one is this.
    Next {
        /// Whose.
        user: UserId,
        /// Its number.
        n: u32,
    },
    /// An old one was shown, so somebody else has it: the sign-in is ended, for both.
    Reused {
        /// Whose.
        user: UserId,
    },
    /// There is no such sign-in, or it is over.
    Gone,
}

/// How far a family has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Family {
    /// The newest token given out; no newer one was ever shown.
    n: u32,
    /// When it was given out first, which is when `n − 1` was used.
    since: Micros,
}

/// What showing a token means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// The newest: it is used now, and one more is given out.
    Used,
    /// One that may get its successor once more.
    Again,
    /// One that nobody honest has any more.
    Stolen,
}

impl Family {
    fn shown(self, n: u32, now: Micros) -> Shown {
        match self.n.checked_sub(n) {
            Some(0) => Shown::Used,
            // Its successor was not used yet.
            Some(1) => Shown::Again,
            // Its successor was, a moment ago.
            Some(2) if now.since(self.since) < REFRESH_GRACE => Shown::Again,
            Some(_) | None => Shown::Stolen,
        }
    }
}

impl Store {
    /// Writes a sign-in down, with its audit entry.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn begin_sign_in(&self, new: NewSignIn, occasion: impl Into<Occasion>) -> Result<(), Error> {
        let occasion = occasion.into();
        let insert = Statement::new(
            "begin a sign-in",
            "INSERT INTO sign_ins (id, user_id, n, n_since, device, created_at, seen_at, expires_at) VALUES ($1, $2, 1, $3, $4, $3, $3, $5)",
        );
        let insert = insert.bind(new.id).bind(new.user).bind(occasion.at).bind(new.device).bind(new.expires);
        self.engine().batch(vec![insert, trace(Some(new.user), "auth.login", "ok", occasion)]).await.map(drop)
    }

    /// Writes down that a sign-in failed, and for which account if there is one.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn fail_sign_in(&self, user: Option<UserId>, why: &'static str, occasion: impl Into<Occasion>) -> Result<(), Error> {
        self.engine().run(trace(user, "auth.login", why, occasion.into())).await.map(drop)
    }

    /// Whose sign-in this is, if it stands and its account is alive and not suspended.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn sign_in(&self, id: Uuid, now: Micros) -> Result<Option<User>, Error> {
        let read = Statement::new(
            "a sign-in's account",
            concat!(
                "SELECT ",
                user_columns!(),
                " FROM sign_ins s JOIN users u ON u.id = s.user_id
                 WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND u.suspended_at IS NULL"
            ),
        );
        self.engine().optional(read.bind(id).bind(now)).await?.map(|row| User::from_row(&row)).transpose()
    }

    /// Which of these sign-ins have been ended, or are of an account that is gone or suspended. One that is not
    /// known is not named.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn ended_among(&self, ids: &[Uuid]) -> Result<Vec<Uuid>, Error> {
        let read = Statement::new(
            "which sign-ins have ended",
            "SELECT s.id FROM {keys} JOIN sign_ins s ON s.id = k.id LEFT JOIN users u ON u.id = s.user_id
             WHERE s.ended_at IS NOT NULL OR u.id IS NULL OR u.suspended_at IS NOT NULL",
        );
        let ids = ids.iter().map(|id| vec![(*id).into()]).collect();
        self.engine().all(read.list(&[("id", Type::Uuid)], ids)).await?.iter().map(|row| row.get(0)).collect()
    }

    /// A refresh token of the family was shown: decides under the family's lock which one follows. An old
    /// one ends the sign-in. The end of a sign-in moves to `expires` with each new token.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn refresh_sign_in(&self, family: Uuid, n: u32, expires: Micros, occasion: impl Into<Occasion>) -> Result<Refreshed, Error> {
        let occasion = occasion.into();
        let now = occasion.at;
        const SQLITE: &str = "SELECT id FROM sign_ins WHERE id = $1";
        const POSTGRES: &str = "SELECT id FROM sign_ins WHERE id = $1 FOR NO KEY UPDATE";
        let lock = Statement::per_engine("lock a sign-in", SQLITE, POSTGRES).bind(family);
        let read = Statement::new(
            "find a family",
            "SELECT s.user_id, s.n, s.n_since FROM sign_ins s JOIN users u ON u.id = s.user_id
             WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND u.suspended_at IS NULL",
        );
        let decide = move |mut rows: Vec<Vec<Row>>| {
            let Some(row) = rows.pop().and_then(|mut rows| rows.pop()) else {
                return Ok(Decided { writes: Vec::new(), value: Refreshed::Gone });
            };
            let user: UserId = row.get("user_id")?;
            let known = Family { n: row.get("n")?, since: row.get("n_since")? };
            Ok(match known.shown(n, now) {
                Shown::Used => Decided { writes: vec![advance(family, n + 1, expires, now)], value: Refreshed::Next { user, n: n + 1 } },
                Shown::Again => Decided { writes: Vec::new(), value: Refreshed::Next { user, n: n + 1 } },
                Shown::Stolen => {
                    let writes = vec![end(family, "reused", now), trace(Some(user), "auth.refresh", "reused", occasion)];
                    Decided { writes, value: Refreshed::Reused { user } }
                }
            })
        };
        self.engine().try_transact(vec![lock], vec![read.bind(family).bind(now)], decide).await
    }

    /// Ends a sign-in; ending it again changes nothing.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn end_sign_in(&self, id: Uuid, user: UserId, occasion: impl Into<Occasion>) -> Result<(), Error> {
        let occasion = occasion.into();
        self.engine().batch(vec![end(id, "logout", occasion.at), trace(Some(user), "auth.logout", "ok", occasion)]).await.map(drop)
    }
}

/// The trace of something that an account did, or that was tried on it.
pub(crate) fn trace(user: Option<UserId>, action: &'static str, outcome: &'static str, occasion: Occasion) -> Statement {
    let actor = user.map(|user| user.to_string());
    let Occasion { at, from } = occasion;
    record(Audit { at, target: actor.clone(), actor, action, outcome, detail: None, personal: from.map(address) })
}

fn advance(family: Uuid, n: u32, expires: Micros, now: Micros) -> Statement {
    Statement::new("advance a family", "UPDATE sign_ins SET n = $2, n_since = $3, seen_at = $3, expires_at = $4 WHERE id = $1")
        .bind(family)
        .bind(n)
        .bind(now)
        .bind(expires)
}

fn end(id: Uuid, why: &'static str, now: Micros) -> Statement {
    Statement::new("end a sign-in", "UPDATE sign_ins SET ended_at = $2, ended_why = $3 WHERE id = $1 AND ended_at IS NULL")
        .bind(id)
        .bind(now)
        .bind(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SINCE: Micros = Micros(1_790_000_000_000_000);
    const FAMILY: Family = Family { n: 5, since: SINCE };

    #[test]
    fn the_newest_token_is_used() {
        assert_eq!(FAMILY.shown(5, SINCE), Shown::Used);
    }

    #[test]
    fn the_one_before_gets_the_newest_again_until_that_is_used() {
        assert_eq!(FAMILY.shown(4, SINCE.plus(Duration::from_secs(86_400))), Shown::Again);
    }

    #[test]
    fn after_that_it_has_sixty_seconds() {
        assert_eq!(FAMILY.shown(3, SINCE.plus(Duration::from_secs(59))), Shown::Again);
        assert_eq!(FAMILY.shown(3, SINCE.plus(Duration::from_secs(60))), Shown::Stolen);
    }

    #[test]
    fn anything_older_or_never_given_out_is_stolen() {
        assert_eq!(FAMILY.shown(2, SINCE), Shown::Stolen);
        assert_eq!(FAMILY.shown(6, SINCE), Shown::Stolen);
    }
}
