//! The doors of live sessions: tokens that say by themselves what they open, made and read under one key.
//!
//! A *pass* lets new players join for a while; with it and a key of its own a guest is always the same player. A
//! *screen* token is for one big screen. Whether the session still runs, and whether that screen is still wanted, is
//! asked where it is joined.

use std::fmt;

use allthrive_domain::time::Micros;
use allthrive_protocol::command::Live;
use allthrive_protocol::{Cmid, PlayerId, Principal, RoomId, SessionId};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// Bytes of a token's seal: as many as the secrets they stand for.
const SEAL: usize = 16;

/// What a token begins with.
const PASS: u8 = 1;
const SCREEN: u8 = 2;

/// Somebody without an account who came in: reaches this session and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// A guest or a screen, never an account.
    pub principal: Principal,
    /// The session.
    pub room: RoomId,
    /// Until when a guest who is new there may join; who has joined once comes back at any time.
    pub joins_until: Micros,
}

/// What a pass says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    /// The session.
    pub room: RoomId,
    /// Until when it lets new players join.
    pub until: Micros,
}

/// Makes and reads the tokens of live sessions.
#[derive(Clone)]
pub struct Doors {
    keyed: Hmac<Sha256>,
}

impl fmt::Debug for Doors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Doors([redacted])")
    }
}

impl Doors {
    /// Under this key.
    ///
    /// # Panics
    /// Never: HMAC takes a key of any length (RFC 2104).
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        Self { keyed: Hmac::new_from_slice(key).expect("HMAC takes a key of any length") }
    }

    /// A pass to this session.
    #[must_use]
    pub fn pass(&self, pass: Pass) -> String {
        let mut said = vec![PASS];
        said.extend_from_slice(pass.room.0.as_bytes());
        said.extend_from_slice(&pass.until.0.to_be_bytes());
        self.sealed(said)
    }

    /// What a pass says, if it is one of ours; its time may be over.
    #[must_use]
    pub fn read_pass(&self, token: &str) -> Option<Pass> {
        let said = self.opened(token)?;
        let (room, until) = said.strip_prefix(&[PASS])?.split_at_checked(16)?;
        let (room, until) = (Uuid::from_slice(room).ok()?, i64::from_be_bytes(until.try_into().ok()?));
        Some(Pass { room: RoomId(room), until: Micros(until) })
    }

    /// The token of a big screen of this session.
    #[must_use]
    pub fn screen(&self, room: RoomId, screen: SessionId) -> String {
        let mut said = vec![SCREEN];
        said.extend_from_slice(room.0.as_bytes());
        said.extend_from_slice(screen.0.as_bytes());
        self.sealed(said)
    }

    /// What the link of this session carries: 128 bits that nobody can guess, the same whenever they are asked for.
    #[must_use]
    pub fn link(&self, room: RoomId) -> String {
        URL_SAFE_NO_PAD.encode(&self.mac(b"link", &[room.0.as_bytes()])[..SEAL])
    }

    /// Where the names of that player come from, if names are given.
    #[must_use]
    pub fn names_of(&self, room: RoomId, player: Principal) -> [u8; 32] {
        self.mac(b"names", &[room.0.as_bytes(), player.to_string().as_bytes()])
    }

    /// The mark under which a session's result is left in its conversation: whoever leaves it leaves the same.
    #[must_use]
    pub fn mark_of_result(&self, room: RoomId) -> Cmid {
        let digest = self.mac(b"result", &[room.0.as_bytes()]);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Cmid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// Where the ids and the order of a session's options come from: of the quiz as it was, for this session alone.
    #[must_use]
    pub fn seed_of(&self, room: RoomId) -> [u8; 32] {
        self.mac(b"seed", &[room.0.as_bytes()])
    }

    /// Who this is, if the tokens are ours and the key is one.
    #[must_use]
    pub fn caller(&self, live: &Live) -> Option<Caller> {
        match live {
            Live::Guest { token, key } => {
                let Pass { room, until } = self.read_pass(token)?;
                Some(Caller { principal: self.guest(room, key)?, room, joins_until: until })
            }
            Live::Screen { screen } => {
                let said = self.opened(screen)?;
                let (room, id) = said.strip_prefix(&[SCREEN])?.split_at_checked(16)?;
                let (room, id) = (Uuid::from_slice(room).ok()?, Uuid::from_slice(id).ok()?);
                Some(Caller { principal: Principal::Screen(SessionId(id)), room: RoomId(room), joins_until: Micros::default() })
            }
        }
    }

    /// Who has this key in a session, if it is one.
    #[must_use]
    pub fn guest(&self, room: RoomId, key: &str) -> Option<Principal> {
        let key: [u8; 16] = URL_SAFE_NO_PAD.decode(key).ok()?.try_into().ok()?;
        Some(Principal::Guest(self.player(room, &key)))
    }

    /// The player of this key in this session: the same whenever it is asked, another one in every other session.
    fn player(&self, room: RoomId, key: &[u8; 16]) -> PlayerId {
        let digest = self.mac(b"player", &[room.0.as_bytes(), key]);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        PlayerId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    fn sealed(&self, mut said: Vec<u8>) -> String {
        let seal = self.mac(b"token", &[&said]);
        said.extend_from_slice(&seal[..SEAL]);
        URL_SAFE_NO_PAD.encode(said)
    }

    fn opened(&self, token: &str) -> Option<Vec<u8>> {
        let mut said = URL_SAFE_NO_PAD.decode(token).ok()?;
        let seal = said.split_off(said.len().checked_sub(SEAL)?);
        let mut mac = self.keyed.clone();
        feed(&mut mac, b"token", &[&said]);
        mac.verify_truncated_left(&seal).is_ok().then_some(said)
    }

    fn mac(&self, label: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.keyed.clone();
        feed(&mut mac, label, parts);
        mac.finalize().into_bytes().into()
    }
}

/// Each part with its length before it, so that no two lists of parts look alike.
fn feed(mac: &mut Hmac<Sha256>, label: &[u8], parts: &[&[u8]]) {
    for part in [label].iter().chain(parts) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: RoomId = RoomId(Uuid::from_u128(1));
    const OTHER: RoomId = RoomId(Uuid::from_u128(2));

    fn doors() -> Doors {
        Doors::new(&[7; 32])
    }

    fn guest(token: &str, key: &[u8]) -> Live {
        Live::Guest { token: token.into(), key: URL_SAFE_NO_PAD.encode(key) }
    }

    #[test]
    fn a_pass_says_its_session_and_its_time() {
        let pass = Pass { room: ROOM, until: Micros(5) };
        assert_eq!(doors().read_pass(&doors().pass(pass)), Some(pass));
        assert_eq!(Doors::new(&[8; 32]).read_pass(&doors().pass(pass)), None);
    }

    #[test]
    fn the_same_key_is_the_same_player_of_one_session_alone() {
        let at = |room, key: &[u8]| doors().caller(&guest(&doors().pass(Pass { room, until: Micros(5) }), key)).unwrap();
        assert_eq!(at(ROOM, &[1; 16]), at(ROOM, &[1; 16]));
        assert_ne!(at(ROOM, &[1; 16]).principal, at(ROOM, &[2; 16]).principal);
        assert_ne!(at(ROOM, &[1; 16]).principal, at(OTHER, &[1; 16]).principal);
        assert!(matches!(at(ROOM, &[1; 16]).principal, Principal::Guest(_)));
    }

    #[test]
    fn a_key_has_sixteen_bytes() {
        let token = doors().pass(Pass { room: ROOM, until: Micros(5) });
        for wrong in [0, 15, 17] {
            assert_eq!(doors().caller(&guest(&token, &vec![1; wrong])), None, "{wrong}");
        }
        assert_eq!(doors().caller(&Live::Guest { token, key: "?".into() }), None);
    }

    #[test]
    fn a_screen_is_a_screen_and_no_pass() {
        let id = SessionId(Uuid::from_u128(9));
        let token = doors().screen(ROOM, id);
        let caller = doors().caller(&Live::Screen { screen: token.clone() }).unwrap();
        assert_eq!((caller.principal, caller.room), (Principal::Screen(id), ROOM));
        assert_eq!(doors().read_pass(&token), None);
        assert_eq!(doors().caller(&guest(&token, &[1; 16])), None);
        let pass = doors().pass(Pass { room: ROOM, until: Micros(5) });
        assert_eq!(doors().caller(&Live::Screen { screen: pass }), None);
    }

    #[test]
    fn a_token_that_was_cut_or_altered_opens_nothing() {
        let token = doors().pass(Pass { room: ROOM, until: Micros(5) });
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for at in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[at] ^= 1;
            assert_eq!(doors().read_pass(&URL_SAFE_NO_PAD.encode(altered)), None, "byte {at}");
            assert_eq!(doors().read_pass(&URL_SAFE_NO_PAD.encode(&bytes[..at])), None, "cut at {at}");
        }
    }
}
