//! The one way from a REST request into a room: whatever takes a room's `seq` goes through here.

use allthrive_domain::room::Decision;
use allthrive_domain::unit::{Deed, Fingerprint, Unit};
use allthrive_protocol::reply::Written;
use allthrive_protocol::{Cmid, RoomId, UserId};

use crate::crypto::keyed_digest;
use crate::error::Problem;
use crate::state::State;

/// Carries a write out: numbered and committed when this returns. The same write under the same `cmid` is
/// carried out once.
///
/// # Errors
/// The room's refusal, or a failure of the store.
pub async fn write(state: &State, room: RoomId, author: UserId, cmid: Cmid, deed: Deed) -> Result<Written, Problem> {
    let now = state.clock.now();
    let unit = Unit { room, author, cmid, fingerprint: fingerprint(state, room, &deed), deed };
    let outcome = state.store.commit(vec![unit], now).await.outcomes.pop();
    let decision = outcome.ok_or_else(|| Problem::internal("a unit was not decided"))??;
    match decision {
        Decision::Admitted(entries) => {
            let first = entries.first().ok_or_else(|| Problem::internal("a unit left no entry"))?;
            Ok(Written { seq: first.seq, ts: first.at.millis(), dup: false })
        }
        Decision::Duplicate(known) => Ok(Written { seq: known.seq, ts: known.at.millis(), dup: true }),
        Decision::Unchanged(top) => Ok(Written { seq: top, ts: now.millis(), dup: true }),
        Decision::Refused(refusal) => Err(refusal.into()),
    }
}

fn fingerprint(state: &State, room: RoomId, deed: &Deed) -> Fingerprint {
    let key = &state.settings.keys.fingerprint;
    match deed {
        Deed::Speak(speak) => {
            let to = speak.reply_to.map(|seq| seq.to_be_bytes().to_vec()).unwrap_or_default();
            keyed_digest(key, &[room.0.as_bytes(), b"message.send", speak.body.as_bytes(), &to])
        }
        Deed::Open(open) => {
            let title = open.title.as_deref().unwrap_or_default().as_bytes();
            let with = open.with.map(|user| user.0.as_bytes().to_vec()).unwrap_or_default();
            keyed_digest(key, &[room.0.as_bytes(), b"conversation.open", open.kind.word().as_bytes(), title, &with])
        }
        Deed::Admit(admit) => keyed_digest(key, &[room.0.as_bytes(), b"member.add", admit.user.0.as_bytes()]),
    }
}
