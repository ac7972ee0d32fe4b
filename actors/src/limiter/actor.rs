//! The limiter: hears what the sessions of this node have spent, and tells all sessions of an account that is too
//! fast what follows. Nobody waits for it.
//!
//! The nodes of a cluster tell each other twice a second what was spent on each, so that an account has one limit
//! on all of them, and one that goes from node to node is known already. What is lost on the way, or all of it while
//! the bus is down, is forgiven: then the limit is each node's own.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actix::dev::SendError;
use actix::{Actor, AsyncContext, Context, Handler, Message, Recipient};
use allthrive_protocol::{ConnId, Principal, UserId};

use super::account::Account;
use super::pace::{Spent, add};
use super::{Rates, Sanction};
use crate::audit::{Note, Notes};
use crate::bus::wire::Body;
use crate::system::Parts;

/// Most messages that wait. A session whose report does not fit in makes it later.
const MAILBOX: usize = 8_192;
/// How often other nodes are told what was spent here.
const TELL_EVERY: Duration = Duration::from_millis(500);
/// Most accounts of one message to them.
const TOLD_AT_ONCE: usize = 1_000;
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

/// So much was spent on another node.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Elsewhere(pub Vec<(UserId, Spent)>);

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
    /// What other nodes have not been told.
    untold: HashMap<UserId, Spent>,
}

impl LimiterActor {
    /// Knows nobody. Its sanctions stand in the audit trail.
    #[must_use]
    pub fn new(parts: Parts, rates: Rates, notes: Arc<Notes>) -> Self {
        Self { parts, rates, notes, accounts: HashMap::new(), untold: HashMap::new() }
    }

    /// What was spent, here or elsewhere, and what follows for the sessions here.
    fn spend(&mut self, user: UserId, spent: &Spent, here: bool) {
        let known = self.accounts.entry(user).or_default();
        let Some(sentence) = known.account.spend(&self.rates, spent, self.parts.clock.now()) else { return };
        if known.sessions.is_empty() && !here {
            // The node it is on finds the same, and says so.
            return;
        }
        for session in known.sessions.values() {
            tell(session, sentence.sanction);
        }
        self.notes.take(Note {
            action: "account.sanction",
            actor: Some(Principal::User(user).to_string()),
            target: Some(sentence.limit.name()),
            outcome: sentence.outcome,
            address: None,
        });
    }

    fn tell_others(&mut self) {
        let mut untold = std::mem::take(&mut self.untold).into_iter();
        loop {
            let told: Vec<_> = untold.by_ref().take(TOLD_AT_ONCE).collect();
            if told.is_empty() {
                return;
            }
            self.parts.neighbours.announce(Body::Spent(told));
        }
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

impl Actor for LimiterActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        ctx.run_interval(SWEEP_EVERY, |actor, _| actor.sweep());
        if self.parts.neighbours.are_told() {
            ctx.run_interval(TELL_EVERY, |actor, _| actor.tell_others());
        }
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
        if self.parts.neighbours.are_told() {
            add(self.untold.entry(user).or_default(), &spent);
        }
        self.spend(user, &spent, true);
    }
}

impl Handler<Elsewhere> for LimiterActor {
    type Result = ();

    fn handle(&mut self, Elsewhere(spent): Elsewhere, _: &mut Self::Context) {
        for (user, spent) in &spent {
            self.spend(*user, spent, false);
        }
    }
}

impl Handler<Heard> for LimiterActor {
    type Result = ();

    fn handle(&mut self, _: Heard, _: &mut Self::Context) {}
}
