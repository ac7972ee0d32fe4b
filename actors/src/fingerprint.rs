//! The keyed digest of a write's content. Stored beside its `cmid`, so that the same id with another
//! content is noticed at any age, even when the text itself is gone. Its key never rotates.

use allthrive_domain::quiz::game::{Create, LiveDeed};
use allthrive_domain::unit::{Admit, Appoint, Ban, Deed, Delete, Edit, Fingerprint, Mute, Open, React, Remove, SlowDown, Speak, Unban};
use allthrive_protocol::RoomId;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

/// Makes fingerprints under one key.
#[derive(Clone)]
pub struct Fingerprints {
    keyed: Hmac<Sha256>,
}

impl std::fmt::Debug for Fingerprints {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fingerprints([redacted])")
    }
}

impl Fingerprints {
    /// Under this key.
    ///
    /// # Panics
    /// Never: HMAC takes a key of any length (RFC 2104).
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        Self { keyed: Hmac::new_from_slice(key).expect("HMAC takes a key of any length") }
    }

    /// Of one write to one live session: of what is asked, never of when.
    #[must_use]
    pub fn of_live(&self, room: RoomId, deed: &LiveDeed) -> Fingerprint {
        let said = match deed {
            LiveDeed::Create(create) => {
                let Create { quiz, conversation, settings, rematch_of, .. } = &**create;
                json!(["create", quiz, conversation, settings, rematch_of])
            }
            LiveDeed::Join(_) => json!(["join"]),
            LiveDeed::Leave => json!(["leave"]),
            LiveDeed::Rename { name, .. } => json!(["rename", name]),
            LiveDeed::Time { factor } => json!(["time", factor]),
            LiveDeed::Answer(answer) => json!(["answer", answer.q, answer.round, answer.choice]),
            LiveDeed::Step { rev, step, .. } => json!(["step", rev, step]),
            LiveDeed::Fire { rev, term, fired, .. } => json!(["fire", rev, term, fired]),
            LiveDeed::Measure { player, measure, .. } => json!(["measure", player, measure]),
            LiveDeed::Host { user, role } => json!(["host", user, role]),
            LiveDeed::Claim { node, term, beat } => json!(["claim", node, term, beat]),
        };
        let mut mac = self.keyed.clone();
        mac.update(b"live");
        mac.update(room.0.as_bytes());
        mac.update(said.to_string().as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Of one write to one room. Fields are told apart by their lengths, so no two contents run together.
    #[must_use]
    pub fn of(&self, room: RoomId, deed: &Deed) -> Fingerprint {
        let mut mac = self.keyed.clone();
        let mut field = |bytes: &[u8]| {
            mac.update(&(bytes.len() as u64).to_be_bytes());
            mac.update(bytes);
        };
        field(room.0.as_bytes());
        match deed {
            Deed::Speak(Speak { body, reply_to }) => {
                field(b"message.send");
                field(body.as_bytes());
                field(reply_to.map_or(Vec::new(), |seq| seq.to_be_bytes().to_vec()).as_slice());
            }
            Deed::Open(Open { kind, title, with }) => {
                field(b"conversation.open");
                field(kind.word().as_bytes());
                field(title.as_deref().unwrap_or_default().as_bytes());
                field(with.map_or(Vec::new(), |user| user.0.as_bytes().to_vec()).as_slice());
            }
            Deed::Admit(Admit { user }) => {
                field(b"member.add");
                field(user.0.as_bytes());
            }
            Deed::Edit(Edit { target, rev, body }) => {
                field(b"message.edit");
                field(&target.to_be_bytes());
                field(&rev.to_be_bytes());
                field(body.as_bytes());
            }
            Deed::Delete(Delete { target }) => {
                field(b"message.delete");
                field(&target.to_be_bytes());
            }
            Deed::React(React { target, emoji, on }) => {
                field(b"reaction.set");
                field(&target.to_be_bytes());
                field(emoji.as_bytes());
                field(&[u8::from(*on)]);
            }
            Deed::Leave => field(b"member.leave"),
            Deed::Remove(Remove { user, reason }) => {
                field(b"member.remove");
                field(user.0.as_bytes());
                field(reason.as_deref().unwrap_or_default().as_bytes());
            }
            Deed::Appoint(Appoint { user, role }) => {
                field(b"member.role");
                field(user.0.as_bytes());
                field(role.word().as_bytes());
            }
            Deed::Mute(Mute { user, seconds, reason }) => {
                field(b"moderation.mute");
                field(user.0.as_bytes());
                field(&seconds.to_be_bytes());
                field(reason.as_deref().unwrap_or_default().as_bytes());
            }
            Deed::SlowDown(SlowDown { seconds }) => {
                field(b"moderation.slow_mode");
                field(&seconds.to_be_bytes());
            }
            Deed::Ban(Ban { user, reason }) => {
                field(b"moderation.ban");
                field(user.0.as_bytes());
                field(reason.as_deref().unwrap_or_default().as_bytes());
            }
            Deed::Unban(Unban { user }) => {
                field(b"moderation.unban");
                field(user.0.as_bytes());
            }
        }
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn speak(body: &str, reply_to: Option<u64>) -> Deed {
        Deed::Speak(Speak { body: body.into(), reply_to })
    }

    #[test]
    fn the_same_content_has_the_same_fingerprint_and_no_other_has() {
        let key = Fingerprints::new(b"key");
        let room = RoomId(Uuid::from_u128(1));
        let first = key.of(room, &speak("hello", None));
        assert_eq!(first, key.of(room, &speak("hello", None)));
        for other in [speak("hello ", None), speak("hello", Some(0)), Deed::Admit(Admit { user: allthrive_protocol::UserId(Uuid::nil()) })]
        {
            assert_ne!(first, key.of(room, &other));
        }
        assert_ne!(first, key.of(RoomId(Uuid::from_u128(2)), &speak("hello", None)));
        assert_ne!(first, Fingerprints::new(b"other").of(room, &speak("hello", None)));
    }
}
