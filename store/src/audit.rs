//! Who did what with power over others, or at the door. Rows are added and never changed.

use allthrive_domain::time::Micros;
use uuid::Uuid;

use crate::engine::{Statement, Type};

/// One line of the audit trail. It holds no secrets, texts or addresses.
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
    /// Further facts.
    pub detail: Option<serde_json::Value>,
}

/// The write of one line.
#[must_use]
pub fn record(line: Audit) -> Statement {
    record_all(vec![line])
}

/// The write of several lines.
#[must_use]
pub fn record_all(lines: Vec<Audit>) -> Statement {
    let rows = lines.into_iter().map(|line| {
        let detail = line.detail.map(|detail| detail.to_string());
        vec![
            Uuid::new_v4().into(),
            line.at.into(),
            line.actor.into(),
            line.action.into(),
            line.target.into(),
            line.outcome.into(),
            detail.into(),
        ]
    });
    Statement::new("record audit", "INSERT INTO audit (id, at, actor, action, target, outcome, detail) {rows}").list(
        &[
            ("id", Type::Uuid),
            ("at", Type::Int),
            ("actor", Type::Text),
            ("action", Type::Text),
            ("target", Type::Text),
            ("outcome", Type::Text),
            ("detail", Type::Text),
        ],
        rows.collect(),
    )
}
