//! Sign-ins that were ended elsewhere: the store is asked each second about those that are open on this node,
//! so that their connections end within a second even if no other node could say so.

use std::collections::BTreeSet;
use std::time::Duration;

use actix::{Addr, MailboxError};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use crate::relay::{Expel, RelayActor, SignIns};
use crate::system::Parts;

/// How often the store is asked: one statement for all connections of the node.
const EVERY: Duration = Duration::from_secs(1);

/// Asks until the node stops.
pub(crate) fn watch(parts: Parts) {
    actix::spawn(async move {
        tokio::select! {
            () = parts.neighbours.closed() => {}
            () = ask_for_ever(&parts) => {}
        }
    });
}

async fn ask_for_ever(parts: &Parts) {
    let mut turns = interval(EVERY);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        let relays = parts.workers.relays();
        let open: Vec<Uuid> = open(&relays).await.into_iter().collect();
        if open.is_empty() {
            continue;
        }
        match parts.store.ended_among(&open).await {
            Ok(ended) => ended.into_iter().for_each(|sign_in| expel(&relays, sign_in)),
            // The next turn asks again; nobody is ended because a question was not answered.
            Err(error) => tracing::debug!(%error, "ended sign-ins could not be asked for yet"),
        }
    }
}

async fn open(relays: &[Addr<RelayActor>]) -> BTreeSet<Uuid> {
    let mut open = BTreeSet::new();
    for relay in relays {
        let known: Result<Vec<Uuid>, MailboxError> = relay.send(SignIns).await;
        open.extend(known.unwrap_or_default());
    }
    open
}

/// A relay too busy to be told is told at the next turn.
fn expel(relays: &[Addr<RelayActor>], sign_in: Uuid) {
    for relay in relays {
        if relay.try_send(Expel::SignIn(sign_in)).is_err() {
            tracing::debug!("a worker was too busy to be told that a sign-in has ended");
        }
    }
}
