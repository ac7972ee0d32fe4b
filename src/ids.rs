//! Where new ids come from: UUIDs of version 7, whose time is the given clock's.

use allthrive_domain::time::Micros;
use allthrive_protocol::{QuizId, RoomId, UserId};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::crypto::random;

/// A new id; later ones sort behind earlier ones, to the millisecond.
#[must_use]
pub fn fresh(now: Micros) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(now.millis(), &random()).into_uuid()
}

/// The room of two people: the same whoever of them opens it, and however often.
#[must_use]
pub fn direct_room(one: UserId, other: UserId) -> RoomId {
    let (low, high) = if one < other { (one, other) } else { (other, one) };
    RoomId(derived(b"direct", low.0, high.0))
}

/// The room that this write of this author makes: a retry makes the same.
#[must_use]
pub fn made_room(author: UserId, cmid: allthrive_protocol::Cmid) -> RoomId {
    RoomId(derived(b"made", author.0, cmid.0))
}

/// The quiz that this write of this author makes: a retry makes the same.
#[must_use]
pub fn made_quiz(author: UserId, key: allthrive_protocol::Cmid) -> QuizId {
    QuizId(derived(b"quiz", author.0, key.0))
}

/// UUID version 8 (RFC 9562): the first bytes of a SHA-256.
pub(crate) fn derived(label: &[u8], a: Uuid, b: Uuid) -> Uuid {
    let digest = Sha256::new().chain_update(label).chain_update(a).chain_update(b).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use allthrive_protocol::Cmid;

    use super::*;

    fn user(n: u128) -> UserId {
        UserId(Uuid::from_u128(n))
    }

    #[test]
    fn two_people_have_one_direct_room() {
        assert_eq!(direct_room(user(1), user(2)), direct_room(user(2), user(1)));
        assert_ne!(direct_room(user(1), user(2)), direct_room(user(1), user(3)));
    }

    #[test]
    fn a_retry_makes_the_same_room_and_another_write_another() {
        let made = |author, cmid| made_room(user(author), Cmid(Uuid::from_u128(cmid)));
        assert_eq!(made(1, 1), made(1, 1));
        assert_ne!(made(1, 1), made(1, 2));
        assert_ne!(made(1, 2), made(2, 1));
        assert_ne!(made(1, 2), direct_room(user(1), user(2)));
    }

    #[test]
    fn ids_sort_by_time() {
        assert!(fresh(Micros(1_000_000)) < fresh(Micros(2_000_000)));
    }
}
