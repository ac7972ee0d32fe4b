//! `users_all`, the accounts, and `users`, those that are alive; beside them `name_holds`, the names that
//! are kept free for a day so that nobody learns from a name whether an address is known.

use allthrive_domain::time::Micros;
use allthrive_protocol::UserId;
use allthrive_protocol::event::Person;

use crate::audit::Occasion;
use crate::engine::{Decided, Row, Statement};
use crate::error::Error;
use crate::log::open_personal;
use crate::mail_tokens::{MailToken, issue};
use crate::open::Store;
use crate::sign_ins::trace;

/// An account that is alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Its username.
    pub username: String,
    /// The name it shows.
    pub display_name: String,
    /// Its role.
    pub role: String,
    /// Its address of mail, encrypted for its own row.
    pub email_cipher: Option<Vec<u8>>,
    /// Whether the address was verified.
    pub email_verified: bool,
    /// Whether it may not sign in.
    pub suspended: bool,
}

/// The columns of [`User`], for a query whose `users` has the alias `u`.
macro_rules! user_columns {
    () => {
        "u.id, u.username, u.display_name, u.role, u.email_cipher, u.email_verified_at, u.suspended_at"
    };
}
pub(crate) use user_columns;

impl User {
    /// From a row with the columns of `user_columns!`.
    pub(crate) fn from_row(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.get("id")?,
            username: row.get("username")?,
            display_name: row.get("display_name")?,
            role: row.get("role")?,
            email_cipher: row.get("email_cipher")?,
            email_verified: row.get::<Option<Micros>>("email_verified_at")?.is_some(),
            suspended: row.get::<Option<Micros>>("suspended_at")?.is_some(),
        })
    }
}

/// An account with the hash of its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The account.
    pub user: User,
    /// The hash, if it has a password.
    pub password_hash: Option<String>,
}

/// A sign-up, checked, hashed and encrypted.
#[derive(Debug, Clone)]
pub struct SignUp {
    /// The id the account gets.
    pub id: UserId,
    /// The wanted name.
    pub username: String,
    /// The name to show.
    pub display_name: String,
    /// The address, encrypted for this id's row.
    pub email_cipher: Vec<u8>,
    /// The address's keyed digest.
    pub email_key: [u8; 32],
    /// The password's hash.
    pub password_hash: String,
    /// SHA-256 of the token that the verification mail will carry.
    pub token: [u8; 32],
    /// Until when that token is good.
    pub token_expires: Micros,
    /// Until when the name is held if the address is known.
    pub hold_until: Micros,
}

/// What became of a sign-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedUp {
    /// There is a new account with its personal room.
    Created,
    /// The address has an account already; the name is held, nothing else has changed.
    EmailKnown,
    /// The name is taken or held. Nothing has changed.
    UsernameTaken,
}

/// Takes an address from an account that has not verified it, and its links with it. If it was verified a
/// moment ago nothing is taken, and the new account meets the address as a conflict.
fn release(email_key: [u8; 32], now: Micros) -> Vec<Statement> {
    let links = Statement::new(
        "end the links of an unverified address",
        "UPDATE mail_tokens SET used_at = $2 WHERE used_at IS NULL
         AND user_id IN (SELECT id FROM users_all WHERE email_key = $1 AND email_verified_at IS NULL)",
    );
    let address = Statement::new(
        "release an unverified address",
        "UPDATE users_all SET email_key = NULL, email_cipher = NULL WHERE email_key = $1 AND email_verified_at IS NULL",
    );
    vec![links.bind(email_key).bind(now), address.bind(email_key)]
}

impl Store {
    /// Makes an account with its personal room, or holds the name if the address is known. Both in one
    /// transaction with its audit entry.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn sign_up(&self, new: SignUp, occasion: impl Into<Occasion>) -> Result<SignedUp, Error> {
        let occasion = occasion.into();
        let first = self.try_sign_up(new.clone(), occasion).await;
        match first {
            // Another sign-up with this name or address came between our reading and our writing.
            Err(Error::Conflict { .. }) => self.try_sign_up(new, occasion).await,
            other => other,
        }
    }

    async fn try_sign_up(&self, new: SignUp, occasion: Occasion) -> Result<SignedUp, Error> {
        let now = occasion.at;
        let read = vec![
            Statement::new("name taken", "SELECT id FROM users_all WHERE username = $1").bind(new.username.as_str()),
            Statement::new("name held", "SELECT username FROM name_holds WHERE username = $1 AND held_until > $2")
                .bind(new.username.as_str())
                .bind(now),
            // An address belongs to who has verified it; who has only named it cannot keep it from its owner.
            Statement::new("address known", "SELECT id FROM users_all WHERE email_key = $1 AND email_verified_at IS NOT NULL")
                .bind(new.email_key),
        ];
        let decide = move |rows: Vec<Vec<Row>>| {
            let found = |at: usize| rows.get(at).is_some_and(|rows| !rows.is_empty());
            if found(0) || found(1) {
                return Decided { writes: Vec::new(), value: SignedUp::UsernameTaken };
            }
            if found(2) {
                return Decided {
                    writes: vec![hold(&new), trace(None, "user.signup", "email_known", occasion)],
                    value: SignedUp::EmailKnown,
                };
            }
            let mut writes = release(new.email_key, now);
            writes.extend(creation(&new, occasion));
            Decided { writes, value: SignedUp::Created }
        };
        self.engine().transact(Vec::new(), read, decide).await
    }

    /// Whether nobody else has verified an address, ever.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn is_first(&self, user: UserId) -> Result<bool, Error> {
        let read = Statement::new("another person", "SELECT id FROM users_all WHERE email_verified_at IS NOT NULL AND id <> $1 LIMIT 1");
        Ok(self.engine().optional(read.bind(user)).await?.is_none())
    }

    /// The account of that username, if it is alive.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn account_by_username(&self, username: &str) -> Result<Option<Account>, Error> {
        let read = Statement::new(
            "account by username",
            concat!("SELECT ", user_columns!(), ", u.password_hash FROM users u WHERE u.username = $1"),
        );
        account(self.engine().optional(read.bind(username)).await?)
    }

    /// The account of that address, by its keyed digest, if it is alive.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn account_by_email(&self, email_key: [u8; 32]) -> Result<Option<Account>, Error> {
        let read = Statement::new(
            "account by address",
            concat!("SELECT ", user_columns!(), ", u.password_hash FROM users u WHERE u.email_key = $1"),
        );
        account(self.engine().optional(read.bind(email_key)).await?)
    }

    /// The verified person of that username, if alive: whom others can talk with.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn person_by_username(&self, username: &str) -> Result<Option<Person>, Error> {
        let read = Statement::new(
            "person by username",
            "SELECT id, username, display_name FROM users WHERE username = $1 AND email_verified_at IS NOT NULL",
        );
        let row = self.engine().optional(read.bind(username)).await?;
        row.map(|row| Ok(Person { id: row.get("id")?, username: row.get("username")?, name: row.get("display_name")? })).transpose()
    }
}

fn account(row: Option<Row>) -> Result<Option<Account>, Error> {
    row.map(|row| Ok(Account { user: User::from_row(&row)?, password_hash: row.get("password_hash")? })).transpose()
}

/// The account, its personal room with itself as the owner, its verification token, and the trace of it.
fn creation(new: &SignUp, occasion: Occasion) -> Vec<Statement> {
    let now = occasion.at;
    let user = Statement::new(
        "create an account",
        "INSERT INTO users_all (id, username, email_cipher, email_key, password_hash, display_name, role, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, 'explorer', $7)",
    );
    let user = user
        .bind(new.id)
        .bind(new.username.as_str())
        .bind(new.email_cipher.clone())
        .bind(new.email_key)
        .bind(new.password_hash.as_str())
        .bind(new.display_name.as_str())
        .bind(now);
    let mut writes = vec![user];
    writes.extend(open_personal(new.id, now));
    writes.push(issue(&MailToken { hash: new.token, user: new.id, expires: new.token_expires }, now));
    writes.push(trace(Some(new.id), "user.signup", "ok", occasion));
    writes
}

fn hold(new: &SignUp) -> Statement {
    Statement::new(
        "hold a name",
        "INSERT INTO name_holds (username, held_until) VALUES ($1, $2)
         ON CONFLICT (username) DO UPDATE SET held_until = excluded.held_until",
    )
    .bind(new.username.as_str())
    .bind(new.hold_until)
}
