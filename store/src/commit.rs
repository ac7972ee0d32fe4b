//! The way of a batch of units into the log: lock → read → decide → write.
//!
//! Refusals, duplicates and numbers come from [`allthrive_domain::room::admit`] alone, called on facts
//! that were read under the rooms' locks. No rule is written again in SQL.

use allthrive_domain::entry::Entry;
use allthrive_domain::room::{Decision, Facts, admit};
use allthrive_domain::time::Micros;
use allthrive_domain::unit::Unit;

use crate::engine::{Decided, Statement};
use crate::error::Error;
use crate::open::Store;
use crate::parts::in_parts;
use crate::{facts, log, projections};

/// What became of each unit, in the order they were given.
#[derive(Debug)]
pub struct Committed {
    /// A decision is final and, where it admits, committed. An error means that this unit was not
    /// written, or for [`Error::Unknown`] that nobody can say; sent again it is numbered once.
    pub outcomes: Vec<Result<Decision, Error>>,
}

impl Store {
    /// Decides and writes units in their order; when this returns, what was admitted is on the disk, and
    /// in each room the numbers follow each other without a hole, whoever else writes to it.
    ///
    /// One transaction for all. If the database refuses it, it is rolled back and the halves are tried, so
    /// a unit that cannot be written costs itself alone. If the connection is lost during COMMIT, the
    /// batch is tried once more: a unit that had been written is then a [`Decision::Duplicate`] with the
    /// number it was given.
    pub async fn commit(&self, units: Vec<Unit>, now: Micros) -> Committed {
        Committed { outcomes: in_parts(&units, |part| self.commit_once(part, now)).await }
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
