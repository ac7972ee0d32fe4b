//! `mail_tokens`: what a link in a mail carries, stored as its digest. Each is used once.

use allthrive_domain::time::Micros;
use allthrive_protocol::UserId;

use crate::audit::Occasion;
use crate::engine::{Decided, Row, Statement};
use crate::error::Error;
use crate::open::Store;
use crate::sign_ins::trace;

/// A token that verifies an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailToken {
    /// SHA-256 of it.
    pub hash: [u8; 32],
    /// Whose address it verifies.
    pub user: UserId,
    /// Until when.
    pub expires: Micros,
}

/// Writes one down.
pub(crate) fn issue(token: &MailToken, now: Micros) -> Statement {
    Statement::new("issue a mail token", "INSERT INTO mail_tokens (hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(token.hash)
        .bind(token.user)
        .bind(now)
        .bind(token.expires)
}

impl Store {
    /// One more token for an account; those before it stay good.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn issue_mail_token(&self, token: MailToken, now: Micros) -> Result<(), Error> {
        self.engine().run(issue(&token, now)).await.map(drop)
    }

    /// Uses up a token and verifies the address of its account; the account's username. `None` if there
    /// is no such token, its time is over, or it was used: at most one call ever gets the name.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn verify_email(&self, hash: [u8; 32], occasion: impl Into<Occasion>) -> Result<Option<String>, Error> {
        let occasion = occasion.into();
        let now = occasion.at;
        const SQLITE: &str = "SELECT hash FROM mail_tokens WHERE hash = $1";
        const POSTGRES: &str = "SELECT hash FROM mail_tokens WHERE hash = $1 FOR NO KEY UPDATE";
        let lock = Statement::per_engine("lock a mail token", SQLITE, POSTGRES).bind(hash);
        let read = Statement::new(
            "find a mail token",
            "SELECT u.id, u.username FROM mail_tokens t JOIN users u ON u.id = t.user_id
             WHERE t.hash = $1 AND t.used_at IS NULL AND t.expires_at > $2",
        );
        let decide = move |mut rows: Vec<Vec<Row>>| {
            let Some(row) = rows.pop().and_then(|mut rows| rows.pop()) else {
                return Ok(Decided { writes: Vec::new(), value: None });
            };
            let user: UserId = row.get("id")?;
            let writes = vec![
                Statement::new("use up a mail token", "UPDATE mail_tokens SET used_at = $2 WHERE hash = $1").bind(hash).bind(now),
                Statement::new(
                    "verify an address",
                    "UPDATE users_all SET email_verified_at = COALESCE(email_verified_at, $2) WHERE id = $1 AND deleted_at IS NULL",
                )
                .bind(user)
                .bind(now),
                trace(Some(user), "user.verify", "ok", occasion),
            ];
            Ok(Decided { writes, value: Some(row.get("username")?) })
        };
        self.engine().try_transact(vec![lock], vec![read.bind(hash).bind(now)], decide).await
    }
}
