//! Who did what with power over others, or at the door. Rows are added and never changed; [`seal`] makes a
//! chain of them under a key from outside of the database, [`verify`] proves that it holds.
//!
//! - [`chain`]: what a link is; pure
//! - [`seal`]: gives committed entries their links
//! - [`verify`]: proves that none was altered, removed or put in

pub mod chain;
pub mod seal;
pub mod verify;

use std::net::IpAddr;

use allthrive_domain::time::Micros;
use serde_json::json;
use uuid::Uuid;

use crate::engine::{Statement, Type};

/// One line of the audit trail. It holds no secrets and no texts of people.
#[derive(Debug, Clone, PartialEq)]
pub struct Audit {
    /// When.
    pub at: Micros,
    /// Who, as a principal is written (`u_…`); none for somebody unknown.
    pub actor: Option<String>,
    /// What, as `subject.verb`: `room.open`, `login`.
    pub action: &'static str,
    /// On whom or what.
    pub target: Option<String>,
    /// `ok`, or why not.
    pub outcome: &'static str,
    /// Further facts. Nothing personal: it is sealed as it stands and outlives the person.
    pub detail: Option<serde_json::Value>,
    /// What erasure takes away, such as from where: only its salted digest is sealed.
    pub personal: Option<serde_json::Value>,
}

/// When something is done over REST, and from where: what its audit line is to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occasion {
    /// When.
    pub at: Micros,
    /// From where, if it came over the network.
    pub from: Option<IpAddr>,
}

impl From<Micros> for Occasion {
    fn from(at: Micros) -> Self {
        Self { at, from: None }
    }
}

/// What a line says of where something came from. It is personal.
#[must_use]
pub fn address(from: IpAddr) -> serde_json::Value {
    json!({ "address": from })
}

/// The write of one line.
#[must_use]
pub fn record(line: Audit) -> Statement {
    record_all(vec![line])
}

/// The write of several lines.
#[must_use]
pub fn record_all(lines: Vec<Audit>) -> Statement {
    rows(Statement::new("record audit", RECORD), lines)
}

/// As [`record_all`], safe to carry out again as it is: what had been written is not written twice.
#[must_use]
pub fn record_once(lines: Vec<Audit>) -> Statement {
    rows(Statement::new("record audit once", RECORD_ONCE), lines)
}

/// What is personal about this actor's entries is no more; that there was something, and the chain, stay.
#[must_use]
pub fn erase_personal(actor: &str) -> Statement {
    Statement::new("erase audit", "UPDATE audit SET personal = NULL, personal_salt = NULL WHERE actor = $1 AND personal IS NOT NULL")
        .bind(actor)
}

const RECORD: &str = "INSERT INTO audit (id, at, actor, action, target, outcome, detail, personal, personal_salt, personal_digest) {rows}";
const RECORD_ONCE: &str =
    "INSERT INTO audit (id, at, actor, action, target, outcome, detail, personal, personal_salt, personal_digest) {rows}
     ON CONFLICT (id) DO NOTHING";

fn rows(statement: Statement, lines: Vec<Audit>) -> Statement {
    let rows = lines.into_iter().map(|line| {
        let personal = line.personal.map(|personal| personal.to_string());
        let salt = personal.as_ref().map(|_| *Uuid::new_v4().as_bytes());
        let digest = personal.as_ref().zip(salt).map(|(personal, salt)| chain::personal_digest(&salt, personal));
        vec![
            Uuid::new_v4().into(),
            line.at.into(),
            line.actor.into(),
            line.action.into(),
            line.target.into(),
            line.outcome.into(),
            line.detail.map(|detail| detail.to_string()).into(),
            personal.into(),
            salt.into(),
            digest.into(),
        ]
    });
    let columns = &[
        ("id", Type::Uuid),
        ("at", Type::Int),
        ("actor", Type::Text),
        ("action", Type::Text),
        ("target", Type::Text),
        ("outcome", Type::Text),
        ("detail", Type::Text),
        ("personal", Type::Text),
        ("personal_salt", Type::Bytes),
        ("personal_digest", Type::Bytes),
    ];
    statement.list(columns, rows.collect())
}
