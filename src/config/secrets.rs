//! `[secrets]`: the keys as they are written, base64 of 32 random bytes each.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// `[secrets]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Secrets {
    /// Signs access tokens.
    pub access_key: Option<SecretString>,
    /// Still accepted after `access_key` was changed.
    pub access_key_previous: Option<SecretString>,
    /// Makes refresh tokens.
    pub refresh_key: Option<SecretString>,
    /// Still accepted after `refresh_key` was changed.
    pub refresh_key_previous: Option<SecretString>,
    /// Encrypts addresses of mail.
    pub email_key: Option<SecretString>,
    /// Still decrypts after `email_key` was changed.
    pub email_key_previous: Option<SecretString>,
    /// Finds an account by its address of mail. Changes only together with all rows.
    pub email_index_key: Option<SecretString>,
    /// Compares a write with an earlier one under the same id. Never changes.
    pub fingerprint_key: Option<SecretString>,
    /// Binds the CSRF token to its cookie.
    pub csrf_key: Option<SecretString>,
    /// Seals the audit trail. Never changes while there are entries.
    pub audit_key: Option<SecretString>,
}

/// The keys that there must be, and their names.
pub(super) const REQUIRED: [&str; 7] =
    ["access_key", "refresh_key", "email_key", "email_index_key", "fingerprint_key", "csrf_key", "audit_key"];

impl Secrets {
    /// Each key with its name.
    pub(super) fn named(&self) -> [(&'static str, &Option<SecretString>); 10] {
        [
            ("access_key", &self.access_key),
            ("access_key_previous", &self.access_key_previous),
            ("refresh_key", &self.refresh_key),
            ("refresh_key_previous", &self.refresh_key_previous),
            ("email_key", &self.email_key),
            ("email_key_previous", &self.email_key_previous),
            ("email_index_key", &self.email_index_key),
            ("fingerprint_key", &self.fingerprint_key),
            ("csrf_key", &self.csrf_key),
            ("audit_key", &self.audit_key),
        ]
    }

    /// These keys, and those of `other` where there is none.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            access_key: self.access_key.or(other.access_key),
            access_key_previous: self.access_key_previous.or(other.access_key_previous),
            refresh_key: self.refresh_key.or(other.refresh_key),
            refresh_key_previous: self.refresh_key_previous.or(other.refresh_key_previous),
            email_key: self.email_key.or(other.email_key),
            email_key_previous: self.email_key_previous.or(other.email_key_previous),
            email_index_key: self.email_index_key.or(other.email_index_key),
            fingerprint_key: self.fingerprint_key.or(other.fingerprint_key),
            csrf_key: self.csrf_key.or(other.csrf_key),
            audit_key: self.audit_key.or(other.audit_key),
        }
    }

    /// A sentence for each key that production needs and that is not there.
    pub(super) fn missing(&self) -> Vec<String> {
        self.missing_of(&REQUIRED)
    }

    /// A sentence for each of these keys that is not there.
    pub(super) fn missing_of(&self, keys: &[&str]) -> Vec<String> {
        let absent = self.named().into_iter().filter(|(name, key)| keys.contains(name) && key.is_none());
        absent
            .map(|(name, _)| format!("secrets.{name} is missing (ALLTHRIVE__SECRETS__{}): base64 of 32 random bytes.", name.to_uppercase()))
            .collect()
    }

    /// A sentence for each key that is not 32 bytes in base64.
    pub(super) fn faults(&self) -> Vec<String> {
        let wrong = self.named().into_iter().filter(|(_, key)| key.as_ref().is_some_and(|key| decode(key).is_none()));
        wrong.map(|(name, _)| format!("secrets.{name} must be base64 of exactly 32 bytes.")).collect()
    }
}

/// The 32 bytes, if these are 32 bytes in base64.
pub(super) fn decode(key: &SecretString) -> Option<[u8; 32]> {
    STANDARD.decode(key.expose_secret().trim()).ok()?.try_into().ok()
}
