//! What leaves a trace and changes no row (who connected, who was refused, who was too fast) goes to the audit
//! trail by this actor: in batches, bounded, and counted when it must be dropped. It also seals what others wrote.
//!
//! What is alike within one batch is one entry with its number of times, so that a peer that is refused a
//! thousand times a second costs a row a second.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix::{Actor, ActorFutureExt, Addr, AsyncContext, Context, Handler, Message, WrapFuture};
use allthrive_domain::time::Micros;
use allthrive_store::audit::chain::{ChainKey, Head};
use allthrive_store::audit::seal::Sealed;
use allthrive_store::audit::{self, Audit};
use allthrive_store::{Error, Statement, Store};
use serde_json::json;

use crate::system::Parts;

/// How often what has gathered is written, and what is unsealed is sealed.
const TURN: Duration = Duration::from_secs(1);
/// Every so many turns the head is logged: a minute.
const HEAD_TURNS: u32 = 60;
/// Most entries that wait; some megabytes while the database is away.
const MOST_WAITING: usize = 4_096;
/// Most entries of one write.
const MOST_AT_ONCE: usize = 500;
/// Most entries sealed in one transaction.
const MOST_SEALED: usize = 500;
/// Most messages that wait for this actor.
const MAILBOX: usize = 2_048;

/// Something that happened at the door, or a limit that was reached.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Message)]
#[rtype(result = "()")]
pub struct Note {
    /// What, as `subject.verb`.
    pub action: &'static str,
    /// Who, as a principal is written; none for somebody unknown.
    pub actor: Option<String>,
    /// On what.
    pub target: Option<&'static str>,
    /// `ok`, or why not.
    pub outcome: &'static str,
    /// From where.
    pub address: Option<IpAddr>,
}

/// The way to the audit trail. One for the whole system: a mailbox has its bound per handle.
pub struct Notes {
    actor: Addr<AuditActor>,
    missed: Arc<AtomicU64>,
}

impl Notes {
    /// Starts the actor.
    #[must_use]
    pub fn start(parts: &Parts, key: ChainKey) -> Self {
        let missed = Arc::new(AtomicU64::new(0));
        Self { actor: AuditActor::new(parts.clone(), key, Arc::clone(&missed)).start(), missed }
    }

    /// Takes it in, or counts that it could not.
    pub fn take(&self, note: Note) {
        if self.actor.try_send(note).is_err() {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How much waits to be written; asking has it written.
    pub(crate) async fn unsettled(&self) -> usize {
        self.actor.send(Settle).await.unwrap_or(0)
    }
}

/// What waits. Pure.
#[derive(Debug, Default)]
struct Waiting {
    lines: BTreeMap<Note, (Micros, u64)>,
    dropped: u64,
}

impl Waiting {
    fn add(&mut self, note: Note, at: Micros) {
        let full = self.lines.len() >= MOST_WAITING;
        match self.lines.get_mut(&note) {
            Some((_, times)) => *times += 1,
            None if full => self.dropped += 1,
            None => {
                self.lines.insert(note, (at, 1));
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.dropped == 0
    }

    /// The next entries to write; what was dropped is one of them.
    fn batch(&mut self, now: Micros) -> Vec<Audit> {
        let mut batch = Vec::with_capacity(self.lines.len().min(MOST_AT_ONCE) + 1);
        while batch.len() < MOST_AT_ONCE
            && let Some((note, (at, times))) = self.lines.pop_first()
        {
            batch.push(Audit {
                at,
                actor: note.actor,
                action: note.action,
                target: note.target.map(str::to_owned),
                outcome: note.outcome,
                detail: (times > 1).then(|| json!({ "times": times })),
                personal: note.address.map(audit::address),
            });
        }
        if self.dropped > 0 {
            let detail = Some(json!({ "entries": std::mem::take(&mut self.dropped) }));
            batch.push(Audit { at: now, actor: None, action: "audit.drop", target: None, outcome: "full", detail, personal: None });
        }
        batch
    }
}

/// Writes notes down and seals the trail.
pub struct AuditActor {
    parts: Parts,
    key: ChainKey,
    waiting: Waiting,
    missed: Arc<AtomicU64>,
    /// What is being written, and how many entries that is; kept as it is until it is done, so that an unknown
    /// outcome writes nothing twice.
    writing: Option<(Statement, u64)>,
    is_busy: bool,
    sealing: bool,
    turns: u32,
    head: Head,
}

impl AuditActor {
    fn new(parts: Parts, key: ChainKey, missed: Arc<AtomicU64>) -> Self {
        Self { parts, key, waiting: Waiting::default(), missed, writing: None, is_busy: false, sealing: false, turns: 0, head: Head::NONE }
    }

    /// Writes the next batch, if none is being written; the one that failed comes first.
    fn write(&mut self, ctx: &mut Context<Self>) {
        self.waiting.dropped += self.missed.swap(0, Ordering::Relaxed);
        if self.is_busy || (self.writing.is_none() && self.waiting.is_empty()) {
            return;
        }
        let now = self.parts.clock.now();
        let next = || {
            let batch = self.waiting.batch(now);
            let entries = batch.len() as u64;
            (audit::record_once(batch), entries)
        };
        let (statement, _) = self.writing.get_or_insert_with(next).clone();
        self.is_busy = true;
        let store = self.parts.store.clone();
        // A task of its own, so that a panic in it leaves the actor alive.
        let written = actix::spawn(async move { store.engine().run(statement).await });
        ctx.spawn(written.into_actor(self).map(|written, actor, ctx| {
            actor.is_busy = false;
            match written {
                Ok(Ok(_)) => {
                    actor.writing = None;
                    actor.write(ctx);
                }
                Ok(Err(error)) if error.may_retry() => tracing::warn!(%error, "audit entries wait to be written"),
                // The same again would fail the same way.
                Ok(Err(error)) => actor.give_up(&error),
                Err(error) => actor.give_up(&error),
            }
        }));
    }

    fn give_up(&mut self, error: &dyn std::fmt::Display) {
        let entries = self.writing.take().map_or(0, |(_, entries)| entries);
        tracing::error!(%error, entries, "audit entries could not be written and are counted as dropped");
        self.waiting.dropped += entries;
    }

    fn seal(&mut self, ctx: &mut Context<Self>) {
        if std::mem::replace(&mut self.sealing, true) {
            return;
        }
        let sealed = actix::spawn(seal(self.parts.store.clone(), self.key.clone()));
        ctx.spawn(sealed.into_actor(self).map(|sealed, actor, _| {
            actor.sealing = false;
            match sealed {
                Ok(Ok(Some(head))) => actor.reached(head),
                Ok(Ok(None)) => {}
                Ok(Err(error)) if error.may_retry() => tracing::debug!(%error, "the audit trail is sealed later"),
                Ok(Err(error)) => tracing::error!(%error, "the audit trail could not be sealed"),
                Err(error) => tracing::error!(%error, "sealing the audit trail panicked"),
            }
        }));
    }

    /// A chain never shrinks: if it did, somebody cut it.
    fn reached(&mut self, head: Head) {
        if head.no < self.head.no || (head.no == self.head.no && head.mac != self.head.mac) {
            tracing::error!(audit.head = %head, audit.known = %self.head, "the audit trail was cut: run `allthrive audit verify --head`");
        }
        self.head = head;
    }
}

/// Seals everything there is; where the chain ends then, or none if another sealer was at it.
async fn seal(store: Store, key: ChainKey) -> Result<Option<Head>, Error> {
    loop {
        match store.seal_audit(key.clone(), MOST_SEALED).await? {
            Sealed::Up { to, entries } if entries < MOST_SEALED => return Ok(Some(to)),
            Sealed::Up { .. } => {}
            Sealed::SteppedBack => return Ok(None),
        }
    }
}

impl Actor for AuditActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        ctx.run_interval(TURN, |actor, ctx| {
            actor.write(ctx);
            actor.seal(ctx);
            actor.turns += 1;
            if actor.turns.is_multiple_of(HEAD_TURNS) {
                tracing::info!(audit.head = %actor.head, "the head of the audit trail");
            }
        });
    }
}

impl Handler<Note> for AuditActor {
    type Result = ();

    fn handle(&mut self, note: Note, _: &mut Self::Context) {
        self.waiting.add(note, self.parts.clock.now());
    }
}

/// Write what waits now. How much does.
#[derive(Message)]
#[rtype(usize)]
struct Settle;

impl Handler<Settle> for AuditActor {
    type Result = usize;

    fn handle(&mut self, _: Settle, ctx: &mut Self::Context) -> usize {
        self.write(ctx);
        self.waiting.lines.len() + usize::from(self.writing.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(n: u16) -> Note {
        let [high, low] = n.to_be_bytes();
        Note {
            action: "socket.connect",
            actor: None,
            target: None,
            outcome: "foreign_origin",
            address: Some(IpAddr::from([192, 0, high, low])),
        }
    }

    #[test]
    fn what_is_alike_is_one_entry_with_its_times() {
        let mut waiting = Waiting::default();
        for n in [1, 2, 1, 1] {
            waiting.add(note(n), Micros(n.into()));
        }
        let batch = waiting.batch(Micros(9));
        let told: Vec<_> = batch.iter().map(|line| (line.at, line.detail.clone())).collect();
        assert_eq!(told, vec![(Micros(1), Some(json!({ "times": 3 }))), (Micros(2), None)]);
        assert_eq!(batch[0].personal, Some(json!({ "address": "192.0.0.1" })));
        assert!(waiting.is_empty());
    }

    #[test]
    fn what_is_beyond_the_bound_is_dropped_and_its_number_recorded() {
        let mut waiting = Waiting::default();
        let bound = u16::try_from(MOST_WAITING).unwrap();
        (0..bound + 3).for_each(|n| waiting.add(note(n), Micros(1)));
        // What is there already still counts.
        waiting.add(note(0), Micros(2));
        assert_eq!((waiting.lines.len(), waiting.dropped), (MOST_WAITING, 3));
        let batch = waiting.batch(Micros(9));
        assert_eq!(batch.len(), MOST_AT_ONCE + 1);
        let dropped = batch.last().unwrap();
        assert_eq!((dropped.action, &dropped.detail, dropped.at), ("audit.drop", &Some(json!({ "entries": 3 })), Micros(9)));
        let mut rest = 0;
        while !waiting.is_empty() {
            rest += waiting.batch(Micros(9)).len();
        }
        assert_eq!(rest, MOST_WAITING - MOST_AT_ONCE);
    }
}
