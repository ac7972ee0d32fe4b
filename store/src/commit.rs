//! The way of a batch of units into the log: lock → read → decide → write.
//!
//! Refusals, duplicates and numbers come from [`allthrive_domain::room::admit`] alone, called on facts
//! that were read under the rooms' locks. No rule is written again in SQL.

use std::time::{Duration, Instant};

use allthrive_domain::entry::Entry;
use allthrive_domain::room::{Decision, Facts, admit};
use allthrive_domain::time::Micros;
use allthrive_domain::unit::Unit;

use crate::engine::{Decided, Statement};
use crate::error::Error;
use crate::open::Store;
use crate::{facts, log, projections};

/// What became of each unit, in the order they were given.
#[derive(Debug)]
pub struct Committed {
    /// A decision is final and, where it admits, committed. An error means that this unit was not
    /// written, or for [`Error::Unknown`] that nobody can say; sent again it is numbered once.
    pub outcomes: Vec<Result<Decision, Error>>,
}

/// How long a batch is split and tried because somebody else holds a lock: some waits for one. After that
/// what is left is refused, so that a lock held for long stops nobody else for longer.
const BUSY_PATIENCE: Duration = Duration::from_secs(2);

impl Store {
    /// Decides and writes units in their order; when this returns, what was admitted is on the disk, and
    /// in each room the numbers follow each other without a hole, whoever else writes to it.
    ///
    /// One transaction for all. If the database refuses it, it is rolled back and the halves are tried, so
    /// a unit that cannot be written costs itself alone. If the connection is lost during COMMIT, the
    /// batch is tried once more: a unit that had been written is then a [`Decision::Duplicate`] with the
    /// number it was given.
    pub async fn commit(&self, units: Vec<Unit>, now: Micros) -> Committed {
        let mut outcomes: Vec<Option<Result<Decision, Error>>> = units.iter().map(|_| None).collect();
        let mut parts = vec![(0, units.len())];
        let began = Instant::now();
        let is_held = |error: &Error| matches!(error, Error::Busy(_)) && began.elapsed() > BUSY_PATIENCE;
        while let Some((start, end)) = parts.pop() {
            let part = start..end;
            if part.is_empty() {
                continue;
            }
            match self.commit_twice(&units[part.clone()], now).await {
                Ok(decisions) => {
                    for (slot, decision) in outcomes[part].iter_mut().zip(decisions) {
                        *slot = Some(Ok(decision));
                    }
                }
                Err(error) if error.is_of_a_part() && part.len() > 1 && !is_held(&error) => {
                    let middle = start + part.len() / 2;
                    // The first half is taken first: the order within a room is the order given.
                    parts.push((middle, end));
                    parts.push((start, middle));
                }
                Err(error) => {
                    let lost = !error.is_of_a_part() || is_held(&error);
                    tracing::warn!(error = ?error, units = part.len(), "units were not written");
                    outcomes[part].fill(Some(Err(error.clone())));
                    if lost {
                        // The database is away or held: the other parts would only wait for it as well.
                        parts.clear();
                        outcomes.iter_mut().filter(|slot| slot.is_none()).for_each(|slot| *slot = Some(Err(error.clone())));
                    }
                }
            }
        }
        Committed { outcomes: outcomes.into_iter().flatten().collect() }
    }

    /// Once, and a second time if it is not known what became of the first.
    async fn commit_twice(&self, units: &[Unit], now: Micros) -> Result<Vec<Decision>, Error> {
        match self.commit_once(units.to_vec(), now).await {
            Err(Error::Unknown(cause)) => {
                tracing::warn!(cause = %cause, "COMMIT was not answered; the batch is tried again");
                // If the second is refused or finds nobody, the first may still have been written.
                self.commit_once(units.to_vec(), now).await.map_err(|second| match second {
                    Error::Unavailable(_) | Error::Busy(_) => Error::Unknown(cause),
                    second => second,
                })
            }
            outcome => outcome,
        }
    }

    async fn commit_once(&self, units: Vec<Unit>, now: Micros) -> Result<Vec<Decision>, Error> {
        let lock = vec![facts::lock_rooms(&units)];
        let read = facts::reads(&units);
        self.engine
            .try_transact(lock, read, move |rows| {
                let mut facts = facts::gather(rows)?;
                let decisions: Vec<Decision> = units.iter().map(|unit| admit(&mut facts, unit, now)).collect();
                let admitted = units.iter().zip(&decisions).filter_map(|(unit, decision)| match decision {
                    Decision::Admitted(entries) => Some((unit, entries.as_slice())),
                    Decision::Duplicate(_) | Decision::Unchanged(_) | Decision::Refused(_) => None,
                });
                let mut writes = writes(&admitted.collect::<Vec<_>>(), &facts, now);
                writes.extend(log::settle(&units, &decisions, now));
                Ok(Decided { writes, value: decisions })
            })
            .await
    }
}

/// The log first, then what follows from it.
fn writes(admitted: &[(&Unit, &[Entry])], facts: &Facts, now: Micros) -> Vec<Statement> {
    if admitted.is_empty() {
        return Vec::new();
    }
    let log = [log::open_rooms(admitted, now), Some(log::raise_tops(admitted, facts, now)), Some(log::append(admitted))];
    let mut writes: Vec<Statement> = log.into_iter().flatten().collect();
    writes.extend(projections::writes(admitted, facts, now));
    writes.extend(log::record(admitted, facts, now));
    writes
}
