//! The way of a batch of units into live sessions: lock → read → decide → write.

use allthrive_domain::quiz::game::{LiveDecision, LiveUnit, admit};
use allthrive_domain::time::Micros;

use super::{facts, writes};
use crate::engine::Decided;
use crate::error::Error;
use crate::open::Store;
use crate::parts::in_parts;

impl Store {
    /// Decides and writes units of live sessions in their order; when this returns, what was not refused is on the disk.
    ///
    /// A refusal comes from [`admit`] alone. An error means that this unit was not written, or for [`Error::Unknown`]
    /// that nobody can say; sent again it is carried out once.
    pub async fn commit_live(&self, units: &[LiveUnit], now: Micros) -> Vec<Result<LiveDecision, Error>> {
        in_parts(units, |part| self.commit_live_once(part, now)).await
    }

    async fn commit_live_once(&self, units: Vec<LiveUnit>, now: Micros) -> Result<Vec<LiveDecision>, Error> {
        let (lock, read) = (facts::locks(&units), facts::reads(&units));
        self.engine()
            .try_transact(lock, read, move |rows| {
                let mut facts = facts::gather(rows)?;
                let value = units.iter().map(|unit| admit(&mut facts, unit, now)).collect();
                Ok(Decided { writes: writes::of(&facts, now)?, value })
            })
            .await
    }
}
