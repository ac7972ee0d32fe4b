//! What a link of the audit chain is: `mac(no) = HMAC(key, no ‖ mac(no - 1) ‖ entry)`. Pure.
//!
//! Whoever can write to the database and has not the key can neither make a link nor move one: the number
//! and the link before it are under the MAC, and each field of the entry with its length.

use std::fmt;
use std::str::FromStr;

use allthrive_domain::time::Micros;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::engine::Row;
use crate::error::Error;

/// Bytes of a MAC.
pub const MAC: usize = 32;

/// What every link begins with; another number is another layout of the entry.
const LAYOUT: &[u8] = b"allthrive audit 1";

/// The key of the chain. It comes from outside of the database and is never printed.
#[derive(Clone)]
pub struct ChainKey([u8; 32]);

impl ChainKey {
    /// Takes the bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChainKey([redacted])")
    }
}

/// The end of a chain: how many links it has and the last one's MAC. Written `12-<64 hexadecimal digits>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The number of the last link; 0 if there is none.
    pub no: u64,
    /// Its MAC.
    pub mac: [u8; MAC],
}

impl Head {
    /// Of a chain without links.
    pub const NONE: Self = Self { no: 0, mac: [0; MAC] };

    /// The link after this one.
    #[must_use]
    pub fn next(self, key: &ChainKey, entry: &Entry) -> Self {
        let no = self.no + 1;
        Self { no, mac: mac(key, no, &self.mac, entry) }
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-", self.no)?;
        self.mac.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What is not a head as the log tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a head is a number, a hyphen and 64 hexadecimal digits, as the server's log tells it")]
pub struct NoHead;

impl FromStr for Head {
    type Err = NoHead;

    fn from_str(text: &str) -> Result<Self, NoHead> {
        let (no, digits) = text.trim().split_once('-').ok_or(NoHead)?;
        if digits.len() != 2 * MAC || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(NoHead);
        }
        let mut mac = [0; MAC];
        for (byte, at) in mac.iter_mut().zip((0..digits.len()).step_by(2)) {
            *byte = u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| NoHead)?;
        }
        Ok(Self { no: no.parse().map_err(|_| NoHead)?, mac })
    }
}

/// An entry as it is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub at: Micros,
    /// Who.
    pub actor: Option<String>,
    /// What.
    pub action: String,
    /// On whom or what.
    pub target: Option<String>,
    /// `ok`, or why not.
    pub outcome: String,
    /// Further facts, the text as it is stored.
    pub detail: Option<String>,
    /// The salted digest of what is personal about it.
    pub personal_digest: Option<Vec<u8>>,
}

/// The columns that [`Entry::read`] wants.
macro_rules! entry_columns {
    () => {
        "a.id, a.at, a.actor, a.action, a.target, a.outcome, a.detail, a.personal_digest"
    };
}
pub(super) use entry_columns;

impl Entry {
    /// From a row with the [`entry_columns`].
    pub(super) fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.get("id")?,
            at: row.get("at")?,
            actor: row.get("actor")?,
            action: row.get("action")?,
            target: row.get("target")?,
            outcome: row.get("outcome")?,
            detail: row.get("detail")?,
            personal_digest: row.get("personal_digest")?,
        })
    }
}

/// The MAC of one link.
fn mac(key: &ChainKey, no: u64, before: &[u8; MAC], entry: &Entry) -> [u8; MAC] {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).expect("HMAC takes a key of any length");
    for part in [LAYOUT, &no.to_be_bytes(), before, entry.id.as_bytes(), &entry.at.0.to_be_bytes()] {
        mac.update(part);
    }
    let Entry { actor, action, target, outcome, detail, personal_digest, id: _, at: _ } = entry;
    let texts = [actor.as_deref(), Some(action.as_str()), target.as_deref(), Some(outcome.as_str()), detail.as_deref()];
    let fields = texts.into_iter().map(|text| text.map(str::as_bytes)).chain([personal_digest.as_deref()]);
    for field in fields {
        mac.update(&[u8::from(field.is_some())]);
        let field = field.unwrap_or_default();
        mac.update(&u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(field);
    }
    mac.finalize().into_bytes().into()
}

/// What stays of what is personal: with the salt gone nobody can find the value by trying.
#[must_use]
pub fn personal_digest(salt: &[u8], personal: &str) -> [u8; MAC] {
    let length = u64::try_from(salt.len()).unwrap_or(u64::MAX).to_be_bytes();
    Sha256::new().chain_update(length).chain_update(salt).chain_update(personal).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            id: Uuid::from_u128(1),
            at: Micros(7),
            actor: Some("u_a".into()),
            action: "room.open".into(),
            target: Some("r".into()),
            outcome: "ok".into(),
            detail: None,
            personal_digest: None,
        }
    }

    fn key() -> ChainKey {
        ChainKey::new([7; 32])
    }

    #[test]
    fn each_field_the_number_and_the_link_before_are_under_the_mac() {
        let of = |entry: &Entry| Head::NONE.next(&key(), entry).mac;
        let changes: [fn(&mut Entry); 9] = [
            |entry| entry.id = Uuid::from_u128(2),
            |entry| entry.at = Micros(8),
            |entry| entry.actor = None,
            |entry| entry.action = "room.opened".into(),
            |entry| entry.target = Some("ro".into()),
            |entry| entry.outcome = "no".into(),
            |entry| entry.detail = Some("{}".into()),
            |entry| entry.personal_digest = Some(vec![0; 32]),
            // A letter moves from one field into the next.
            |entry| (entry.action, entry.target) = ("room.ope".into(), Some("nr".into())),
        ];
        for (n, change) in changes.iter().enumerate() {
            let mut other = entry();
            change(&mut other);
            assert_ne!(of(&other), of(&entry()), "change {n}");
        }
        let first = Head::NONE.next(&key(), &entry());
        assert_ne!(first.next(&key(), &entry()).mac, first.mac);
        assert_ne!(Head { no: 1, ..Head::NONE }.next(&key(), &entry()).mac, first.mac);
        assert_ne!(Head { mac: [1; MAC], ..Head::NONE }.next(&key(), &entry()).mac, first.mac);
        assert_ne!(Head::NONE.next(&ChainKey::new([8; 32]), &entry()).mac, first.mac);
    }

    #[test]
    fn nothing_and_an_empty_text_differ() {
        let empty = Entry { detail: Some(String::new()), ..entry() };
        assert_ne!(Head::NONE.next(&key(), &empty).mac, Head::NONE.next(&key(), &entry()).mac);
    }

    #[test]
    fn a_head_is_read_as_it_is_written_and_nothing_else_is() {
        let head = Head::NONE.next(&key(), &entry());
        assert_eq!(head.to_string().parse(), Ok(head));
        let text = head.to_string();
        for wrong in
            ["", "1", "1-", "-00", &text[..text.len() - 1], &format!("{text}0"), &text.replacen('1', "one", 1), &text.replace('-', ":")]
        {
            assert_eq!(wrong.parse::<Head>(), Err(NoHead), "{wrong}");
        }
    }

    #[test]
    fn the_key_is_not_printed() {
        assert_eq!(format!("{:?}", key()), "ChainKey([redacted])");
    }
}
