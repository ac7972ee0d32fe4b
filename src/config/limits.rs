//! `[limits]`: how often is too often. Counted in the database, so on every node alike.

use serde::Deserialize;

/// `[limits]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Sign-ins tried from one address in a minute.
    pub sign_in_per_minute: u32,
    /// Sign-ins tried into one account in an hour, whether it exists or not.
    pub sign_in_per_hour: u32,
    /// Sign-ups from one address in an hour.
    pub sign_up_per_hour: u32,
    /// Mails to one address of mail in an hour.
    pub mail_per_hour: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { sign_in_per_minute: 5, sign_in_per_hour: 10, sign_up_per_hour: 5, mail_per_hour: 3 }
    }
}

impl Limits {
    /// What is wrong here, a sentence each.
    pub(super) fn faults(&self) -> Vec<String> {
        let Self { sign_in_per_minute, sign_in_per_hour, sign_up_per_hour, mail_per_hour } = *self;
        let all = [
            ("sign_in_per_minute", sign_in_per_minute),
            ("sign_in_per_hour", sign_in_per_hour),
            ("sign_up_per_hour", sign_up_per_hour),
            ("mail_per_hour", mail_per_hour),
        ];
        all.iter().filter(|(_, most)| *most == 0).map(|(key, _)| format!("limits.{key} must be at least 1.")).collect()
    }
}
