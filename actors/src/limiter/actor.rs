//! The limiter: hears what the sessions of this node have spent, and tells all sessions of an account that is too
//! fast what follows. Nobody waits for it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actix::dev::SendError;
use actix::{Actor, AsyncContext, Context, Handler, Message, Recipient};
use allthrive_protocol::{ConnId, Principal, UserId};

use super::account::Account;
use super::pace::Spent;
use super::{Rates, Sanction};
use crate::audit::{Note, Notes};
use crate::system::Parts;

/// Most messages that wait. A session whose report does not fit in makes it later.
const MAILBOX: usize = 8_192;
/// How often accounts of which nothing is to be remembered are let go.
const SWEEP_EVERY: Duration = Duration::from_secs(30);

/// A session of this account is here. It is told at once if the account is refused.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Enter {
    /// Whose.
    pub user: UserId,
    /// Which.
    pub conn: ConnId,
    /// Where it is told.
    pub session: Recipient<Sanction>,
}

/// It is not here any more.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Leave {
    /// Whose.
    pub user: UserId,
    /// Which.
    pub conn: ConnId,
}

/// So much was spent.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Spend {
    /// By whom.
    pub user: UserId,
    /// How much.
    pub spent: Spent,
}

/// Everything that was said before this has been heard.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Heard;

#[derive(Default)]
struct Known {
    account: Account,
    sessions: HashMap<ConnId, Recipient<Sanction>>,
}

/// One per node.
pub struct LimiterActor {
    parts: Parts,
    rates: Rates,
    notes: Arc<Notes>,
    accounts: HashMap<UserId, Known>,
}

impl LimiterActor {
    /// Knows nobody. Its sanctions stand in the audit trail.
    #[must_use]
    pub fn new(parts: Parts, rates: Rates, notes: Arc<Notes>) -> Self {
        Self { parts, rates, notes, accounts: HashMap::new() }
    }

    fn sweep(&mut self) {
        let now = self.parts.clock.now();
        self.accounts.retain(|_, known| {
            // One that left and could not say so.
            known.sessions.retain(|_, session| session.connected());
            !known.sessions.is_empty() || !known.account.is_clean(now)
        });
    }
}

/// Tells one session. One that cannot be told now has a full mailbox; the next sanction finds it, and its own
/// buckets bind it meanwhile. One that has ended is swept away.
fn tell(session: &Recipient<Sanction>, sanction: Sanction) {
    if let Err(SendError::Full(_)) = session.try_send(sanction) {
        tracing::warn!("a session could not be told of a sanction");
    }
}

/// What stands in the audit trail.
fn outcome(nth: usize, sanction: Sanction) -> &'static str {
    match (sanction, nth) {
        (Sanction::Close, _) => "closed",
        (Sanction::Refuse(_), 1) => "refused 1 s",
        (Sanction::Refuse(_), 2) => "refused 2 s",
        (Sanction::Refuse(_), 3) => "refused 4 s",
        (Sanction::Refuse(_), 4) => "refused 8 s",
        (Sanction::Refuse(_), 5) => "refused 16 s",
        (Sanction::Refuse(_), 6) => "refused 32 s",
        (Sanction::Refuse(_), _) => "refused 60 s",
    }
}

impl Actor for LimiterActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        ctx.run_interval(SWEEP_EVERY, |actor, _| actor.sweep());
    }
}

impl Handler<Enter> for LimiterActor {
    type Result = ();

    fn handle(&mut self, Enter { user, conn, session }: Enter, _: &mut Self::Context) {
        let known = self.accounts.entry(user).or_default();
        let barred = known.account.barred(self.parts.clock.now());
        if !barred.is_zero() {
            tell(&session, Sanction::Refuse(barred));
        }
        known.sessions.insert(conn, session);
    }
}

impl Handler<Leave> for LimiterActor {
    type Result = ();

    fn handle(&mut self, Leave { user, conn }: Leave, _: &mut Self::Context) {
        let now = self.parts.clock.now();
        if let Some(known) = self.accounts.get_mut(&user) {
            known.sessions.remove(&conn);
            if known.sessions.is_empty() && known.account.is_clean(now) {
                self.accounts.remove(&user);
            }
        }
    }
}

impl Handler<Spend> for LimiterActor {
    type Result = ();

    fn handle(&mut self, Spend { user, spent }: Spend, _: &mut Self::Context) {
        let known = self.accounts.entry(user).or_default();
        let Some(sentence) = known.account.spend(&self.rates, &spent, self.parts.clock.now()) else { return };
        for session in known.sessions.values() {
            tell(session, sentence.sanction);
        }
        self.notes.take(Note {
            action: "account.sanction",
            actor: Some(Principal::User(user).to_string()),
            target: Some(sentence.limit.name()),
            outcome: outcome(sentence.nth, sentence.sanction),
            address: None,
        });
    }
}

impl Handler<Heard> for LimiterActor {
    type Result = ();

    fn handle(&mut self, _: Heard, _: &mut Self::Context) {}
}
