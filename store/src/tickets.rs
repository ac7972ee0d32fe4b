//! `tickets`: what opens a WebSocket where no cookie or header can be sent. Stored as digests, used once.

use allthrive_domain::time::Micros;
use uuid::Uuid;

use crate::engine::Statement;
use crate::error::Error;
use crate::open::Store;

impl Store {
    /// Writes a ticket of a sign-in down.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn issue_ticket(&self, hash: [u8; 32], sign_in: Uuid, expires: Micros) -> Result<(), Error> {
        let insert = Statement::new("issue a ticket", "INSERT INTO tickets (hash, sign_in, expires_at) VALUES ($1, $2, $3)");
        self.engine().run(insert.bind(hash).bind(sign_in).bind(expires)).await.map(drop)
    }

    /// Uses up a ticket: the sign-in it belongs to. `None` if there is no such ticket, its time is over, or
    /// it was used; at most one call ever gets the sign-in.
    ///
    /// # Errors
    /// As the database has it. After [`Error::Unknown`] the ticket may be used up.
    pub async fn redeem_ticket(&self, hash: [u8; 32], now: Micros) -> Result<Option<Uuid>, Error> {
        let take =
            Statement::new("use up a ticket", "UPDATE tickets SET used_at = $2 WHERE hash = $1 AND used_at IS NULL AND expires_at > $2");
        if self.engine().run(take.bind(hash).bind(now)).await? == 0 {
            return Ok(None);
        }
        let read = Statement::new("a ticket's sign-in", "SELECT sign_in FROM tickets WHERE hash = $1").bind(hash);
        self.engine().optional(read).await?.map(|row| row.get("sign_in")).transpose()
    }
}
