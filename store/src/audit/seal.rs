//! The sealer's work. Any node does it at any time; nobody who writes an entry waits for it.

use uuid::Uuid;

use super::chain::{ChainKey, Entry, Head, entry_columns};
use crate::engine::{Decided, Row, Statement, Type};
use crate::error::Error;
use crate::open::Store;

/// What one turn of the sealer did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed {
    /// So many entries were sealed, and the chain ends here now.
    Up {
        /// Where it ends.
        to: Head,
        /// How many entries got their link in this turn.
        entries: usize,
    },
    /// Another sealer took the same number or entry first: nothing was written, the next turn goes on after it.
    SteppedBack,
}

impl Store {
    /// Gives the oldest unsealed entries their links, `most` at a time, all or none. Only committed entries
    /// are seen, each is sealed exactly once, and the chain has no hole: number and entry are unique, and of
    /// two sealers with the same number one writes nothing.
    ///
    /// # Errors
    /// As the database has it; after an unknown outcome the next call finds what is true.
    pub async fn seal_audit(&self, key: ChainKey, most: usize) -> Result<Sealed, Error> {
        // The head is read after the entries: what was sealed between the two reads is a conflict, never a second link.
        let reads = vec![unsealed(most), last()];
        let decide = move |rows: Vec<Vec<Row>>| {
            let (entries, head) = rows.split_first().ok_or_else(|| Error::corrupt("seal", "no rows"))?;
            let mut head = head_of(head.first().and_then(|rows| rows.first()))?;
            let mut links = Vec::with_capacity(entries.len());
            for row in entries {
                let entry = Entry::read(row)?;
                head = head.next(&key, &entry);
                links.push((entry.id, head));
            }
            let value = Sealed::Up { to: head, entries: links.len() };
            let writes = if links.is_empty() { Vec::new() } else { vec![link(&links), mark(&links)] };
            Ok(Decided { writes, value })
        };
        match self.engine().try_transact(Vec::new(), reads, decide).await {
            Err(Error::Conflict { .. }) => Ok(Sealed::SteppedBack),
            other => other,
        }
    }

    /// Whether there is something to seal.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn has_unsealed_audit(&self) -> Result<bool, Error> {
        Ok(!self.engine().all(unsealed(1)).await?.is_empty())
    }
}

fn unsealed(most: usize) -> Statement {
    let text = concat!(
        "SELECT ",
        entry_columns!(),
        " FROM audit a LEFT JOIN audit_chain c ON c.entry = a.id WHERE a.sealed_no IS NULL AND c.entry IS NULL ORDER BY a.at, a.id LIMIT $1"
    );
    Statement::new("unsealed audit", text).bind(most)
}

fn last() -> Statement {
    Statement::new("head of the audit chain", "SELECT no, mac FROM audit_chain ORDER BY no DESC LIMIT 1")
}

/// Where a row of the chain stands.
pub(super) fn head_of(row: Option<&Row>) -> Result<Head, Error> {
    let Some(row) = row else { return Ok(Head::NONE) };
    // A MAC of another length is nobody's: it fits nothing, and stops nothing.
    let mac = row.get::<Vec<u8>>("mac")?.try_into().unwrap_or(Head::NONE.mac);
    Ok(Head { no: row.get("no")?, mac })
}

fn link(links: &[(Uuid, Head)]) -> Statement {
    let rows = links.iter().map(|(entry, head)| vec![head.no.into(), (*entry).into(), head.mac.into()]).collect();
    Statement::new("seal audit", "INSERT INTO audit_chain (no, entry, mac) {rows}")
        .list(&[("no", Type::Int), ("entry", Type::Uuid), ("mac", Type::Bytes)], rows)
}

fn mark(links: &[(Uuid, Head)]) -> Statement {
    let rows = links.iter().map(|(entry, head)| vec![(*entry).into(), head.no.into()]).collect();
    Statement::new("mark audit", "UPDATE audit SET sealed_no = k.no FROM {keys} WHERE audit.id = k.entry")
        .list(&[("entry", Type::Uuid), ("no", Type::Int)], rows)
}
