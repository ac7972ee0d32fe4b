//! How often is too often: what is limited, each with its own policy. Counted in the database.

use std::net::IpAddr;
use std::time::Duration;

use allthrive_actors::limiter::seats;
use allthrive_domain::names::Email;
use allthrive_protocol::UserId;
use allthrive_store::limits::{Limit, Taken};

use crate::config::Limits;
use crate::config::keys::Key;
use crate::crypto::keyed_digest;
use crate::error::Problem;
use crate::state::State;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// Something that may be done only so often.
#[derive(Debug)]
pub enum Limited<'a> {
    /// A sign-in tried from an address.
    SignInFrom(IpAddr),
    /// A sign-in tried into an account, by what was typed: it need not exist.
    SignInto(&'a str),
    /// A sign-up from an address.
    SignUpFrom(IpAddr),
    /// A mail to an address of mail.
    MailTo(&'a Email),
    /// A quiz made, changed, published or deleted by an account.
    QuizWriteBy(UserId),
    /// A page of published quizzes for an account.
    BrowseBy(UserId),
    /// A live session made by an account.
    LiveStartBy(UserId),
    /// A PIN or a link from an address that there is not.
    PinMissFrom(IpAddr),
    /// A quiz begun alone by an account.
    QuizStartBy(UserId),
    /// An answer to a quiz that an account takes alone.
    QuizAnswerBy(UserId),
}

impl Limited<'_> {
    /// The policy, with its subject as a keyed digest: no address is kept in the clear.
    fn limit(&self, limits: &Limits, key: &Key) -> Limit {
        let (action, subject, most, window) = match self {
            Self::SignInFrom(address) => ("sign_in_from", network(*address), limits.sign_in_per_minute, MINUTE),
            Self::SignInto(login) => ("sign_in_to", login.trim().to_lowercase().into_bytes(), limits.sign_in_per_hour, HOUR),
            Self::SignUpFrom(address) => ("sign_up_from", network(*address), limits.sign_up_per_hour, HOUR),
            Self::MailTo(email) => ("mail_to", email.as_str().as_bytes().to_vec(), limits.mail_per_hour, HOUR),
            Self::QuizWriteBy(user) => ("quiz_write_by", user.0.as_bytes().to_vec(), limits.quiz_writes_per_hour, HOUR),
            Self::LiveStartBy(user) => ("live_start_by", user.0.as_bytes().to_vec(), limits.live_starts_per_hour, HOUR),
            Self::PinMissFrom(address) => ("pin_miss_from", network(*address), limits.pin_misses_per_five_minutes, 5 * MINUTE),
            Self::BrowseBy(user) => ("browse_by", user.0.as_bytes().to_vec(), limits.quiz_pages_per_hour, HOUR),
            Self::QuizStartBy(user) => ("quiz_start_by", user.0.as_bytes().to_vec(), limits.quiz_starts_per_hour, HOUR),
            Self::QuizAnswerBy(user) => ("quiz_answer_by", user.0.as_bytes().to_vec(), limits.quiz_answers_per_minute, MINUTE),
        };
        Limit { action, subject: keyed_digest(key, &[b"limit", action.as_bytes(), &subject]), most, window }
    }
}

/// One household has one IPv6 network of 64 bits, and one limit.
fn network(address: IpAddr) -> Vec<u8> {
    match seats::network(address) {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets()[..8].to_vec(),
    }
}

/// Whether nothing is left of this one. Nothing is counted.
///
/// # Errors
/// `rate_limited` with the time to wait.
pub async fn is_spent(state: &State, limited: &Limited<'_>) -> Result<(), Problem> {
    let limit = limited.limit(&state.settings.limits, &state.settings.keys.email_index);
    match state.store.left(limit, state.clock.now()).await? {
        Taken::Allowed => Ok(()),
        Taken::Refused { most, wait } => Err(Problem::rate_limited(most, wait)),
    }
}

/// Counts one of each, or none if one of them is at its limit.
///
/// # Errors
/// `rate_limited` with the time to wait.
pub async fn take(state: &State, wanted: &[Limited<'_>]) -> Result<(), Problem> {
    let key = &state.settings.keys.email_index;
    let limits = wanted.iter().map(|limited| limited.limit(&state.settings.limits, key)).collect();
    match state.store.take(limits, state.clock.now()).await? {
        Taken::Allowed => Ok(()),
        Taken::Refused { most, wait } => Err(Problem::rate_limited(most, wait)),
    }
}
