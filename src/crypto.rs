//! The few pieces of cryptography that several modules share: random bytes, keyed digests, and the box
//! in which an address of mail lies in the database.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::config::keys::{Key, Ring};

/// So many bytes from the system's random source.
///
/// # Panics
/// If the system has no random source: nothing that this server promises could be kept then.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system has a random source");
    bytes
}

/// HMAC-SHA256 over parts, each preceded by its length, so that no two lists of parts look alike.
#[must_use]
pub fn keyed_digest(key: &Key, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.bytes()).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Whether this is the digest of these parts, in time that does not depend on where they differ.
#[must_use]
pub fn is_keyed_digest(key: &Key, parts: &[&[u8]], given: &[u8]) -> bool {
    subtle::ConstantTimeEq::ct_eq(keyed_digest(key, parts).as_slice(), given).into()
}

/// SHA-256, for what is random enough by itself: tokens and tickets are stored as this.
#[must_use]
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A short public name of a key, by which a token or a ciphertext says which key made it.
#[must_use]
pub fn key_id(key: &Key) -> [u8; 4] {
    let [a, b, c, d, ..] = keyed_digest(key, &[b"key id"]);
    [a, b, c, d]
}

/// A secret for a link, a ticket or a cookie: 32 random bytes as unpadded base64url.
#[must_use]
pub fn fresh_token() -> String {
    URL_SAFE_NO_PAD.encode(random::<32>())
}

/// The 32 bytes of a [`fresh_token`], if this is one.
#[must_use]
pub fn read_token(token: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()
}

/// The cell a ciphertext belongs to; it opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    /// The table.
    pub table: &'a str,
    /// The column.
    pub column: &'a str,
    /// The row.
    pub row: Uuid,
}

impl Cell<'_> {
    fn bytes(&self) -> Vec<u8> {
        [self.table.as_bytes(), b"\0", self.column.as_bytes(), b"\0", self.row.as_bytes()].concat()
    }
}

/// Layout of a ciphertext: version 1, key id, nonce, then what XChaCha20-Poly1305 made.
const VERSION: u8 = 1;
const NONCE_AT: usize = 5;
const TEXT_AT: usize = NONCE_AT + 24;

/// Encrypts for one cell, with the current key.
#[must_use]
pub fn seal(ring: &Ring, cell: Cell<'_>, text: &str) -> Vec<u8> {
    let nonce = random::<24>();
    let payload = Payload { msg: text.as_bytes(), aad: &cell.bytes() };
    let cipher = XChaCha20Poly1305::new(ring.current.bytes().into());
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload).expect("a short text is below the cipher's limit");
    let mut out = Vec::with_capacity(TEXT_AT + sealed.len());
    out.push(VERSION);
    out.extend_from_slice(&key_id(&ring.current));
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&sealed);
    out
}

/// Opens what [`seal`] made for the same cell; none if it is another cell's, altered, or of an unknown key.
#[must_use]
pub fn open(ring: &Ring, cell: Cell<'_>, sealed: &[u8]) -> Option<String> {
    let (head, text) = sealed.split_at_checked(TEXT_AT)?;
    if head[0] != VERSION {
        return None;
    }
    let key = ring.iter().find(|key| key_id(key) == head[1..NONCE_AT])?;
    let nonce: [u8; 24] = head[NONCE_AT..].try_into().ok()?;
    let cipher = XChaCha20Poly1305::new(key.bytes().into());
    let opened = cipher.decrypt(&XNonce::from(nonce), Payload { msg: text, aad: &cell.bytes() }).ok()?;
    String::from_utf8(opened).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(current: u8, previous: Option<u8>) -> Ring {
        Ring { current: Key::new([current; 32]), previous: previous.map(|n| Key::new([n; 32])) }
    }

    fn cell(row: u128) -> Cell<'static> {
        Cell { table: "users_all", column: "email_cipher", row: Uuid::from_u128(row) }
    }

    #[test]
    fn what_is_sealed_opens_in_its_own_cell_only() {
        let sealed = seal(&ring(1, None), cell(1), "ana@example.org");
        assert_eq!(open(&ring(1, None), cell(1), &sealed).as_deref(), Some("ana@example.org"));
        assert_eq!(open(&ring(1, None), cell(2), &sealed), None);
        assert_eq!(open(&ring(1, None), Cell { column: "note", ..cell(1) }, &sealed), None);
        assert_eq!(open(&ring(2, None), cell(1), &sealed), None);
    }

    #[test]
    fn a_changed_key_still_opens_what_the_one_before_it_sealed() {
        let sealed = seal(&ring(1, None), cell(1), "ana@example.org");
        assert_eq!(open(&ring(2, Some(1)), cell(1), &sealed).as_deref(), Some("ana@example.org"));
    }

    #[test]
    fn a_cut_or_altered_ciphertext_does_not_open() {
        let sealed = seal(&ring(1, None), cell(1), "ana@example.org");
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert_eq!(open(&ring(1, None), cell(1), &altered), None, "byte {at}");
            assert_eq!(open(&ring(1, None), cell(1), &sealed[..at]), None, "cut at {at}");
        }
    }

    #[test]
    fn the_same_text_never_looks_the_same() {
        assert_ne!(seal(&ring(1, None), cell(1), "a@b.de"), seal(&ring(1, None), cell(1), "a@b.de"));
    }

    #[test]
    fn parts_cannot_be_shifted_between_each_other() {
        let key = Key::new([3; 32]);
        assert_ne!(keyed_digest(&key, &[b"ab", b"c"]), keyed_digest(&key, &[b"a", b"bc"]));
        assert!(is_keyed_digest(&key, &[b"ab"], &keyed_digest(&key, &[b"ab"])));
        assert!(!is_keyed_digest(&key, &[b"ab"], &[]));
    }

    #[test]
    fn a_token_is_read_back() {
        let token = fresh_token();
        assert_eq!(token.len(), 43);
        assert!(read_token(&token).is_some());
        assert!(read_token("short").is_none());
    }
}
