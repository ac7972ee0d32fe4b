//! The proof that the audit chain holds, and what is wrong where it does not.

use std::fmt;

use allthrive_domain::time::Micros;
use uuid::Uuid;

use super::chain::{ChainKey, Entry, Head, entry_columns, personal_digest};
use crate::engine::{Engine, Row, Statement};
use crate::error::Error;

/// Links read at once.
const PAGE: usize = 1_000;
/// How often the end of the chain is read again because something was sealed meanwhile.
const MOST_ROUNDS: usize = 10;
/// Most faults that are told one by one; beyond that they are counted.
pub const MOST_TOLD: usize = 100;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Where the chain ends.
    pub head: Head,
    /// How many links hold.
    pub sound: u64,
    /// How many of the entries had personal facts that were erased.
    pub erased: u64,
    /// Entries that have no link yet, and the oldest of them.
    pub unsealed: u64,
    /// When the oldest of them was written.
    pub unsealed_since: Option<Micros>,
    /// What is wrong; the first [`MOST_TOLD`].
    pub faults: Vec<Fault>,
    /// How many things are wrong.
    pub wrong: u64,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The link does not fit: the entry, the link or the one before it is not what was sealed.
    Altered {
        /// The link's number.
        no: u64,
        /// The entry.
        entry: Uuid,
    },
    /// What is personal about the entry is not what was sealed, and was not erased either.
    PersonalAltered {
        /// The link's number.
        no: u64,
        /// The entry.
        entry: Uuid,
    },
    /// The link's entry is not there.
    EntryRemoved {
        /// The link's number.
        no: u64,
        /// The entry.
        entry: Uuid,
    },
    /// These links are not there, both inclusive.
    LinksRemoved {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
    /// The entry says to be sealed under this number, and the chain does not know it.
    PutIn {
        /// What it says.
        no: u64,
        /// The entry.
        entry: Uuid,
    },
    /// The chain ends before the given head.
    TailCut {
        /// Where it ends.
        at: u64,
        /// Where it had ended.
        head: u64,
    },
    /// The link of that number is not the one that the given head tells.
    OtherHead {
        /// The number.
        no: u64,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Altered { no, entry } => write!(f, "no. {no}: entry {entry} or its link is not what was sealed"),
            Self::PersonalAltered { no, entry } => {
                write!(f, "no. {no}: the personal part of entry {entry} is not what was sealed, and was not erased")
            }
            Self::EntryRemoved { no, entry } => write!(f, "no. {no}: entry {entry} was removed"),
            Self::LinksRemoved { from, to } if from == to => write!(f, "no. {from}: the link was removed"),
            Self::LinksRemoved { from, to } => write!(f, "no. {from} to {to}: the links were removed"),
            Self::PutIn { no, entry } => {
                write!(
                    f,
                    "entry {entry} is marked as sealed under no. {no}, and the chain does not know it: it was put in, or its link removed"
                )
            }
            Self::TailCut { at, head } => write!(f, "the chain ends at no. {at} and had reached no. {head}: its tail was cut"),
            Self::OtherHead { no } => {
                write!(f, "no. {no} is another link than the one of the given head: the chain was cut and went on, or the key is another")
            }
        }
    }
}

impl Report {
    fn begin() -> Self {
        Self { head: Head::NONE, sound: 0, erased: 0, unsealed: 0, unsealed_since: None, faults: Vec::new(), wrong: 0 }
    }

    fn wrong(&mut self, fault: Fault) {
        self.wrong += 1;
        if self.faults.len() < MOST_TOLD {
            self.faults.push(fault);
        }
    }

    /// The next link, in order. The stored link is what the one after it is measured by, so that one fault is
    /// told once.
    fn link(&mut self, key: &ChainKey, link: &Link) {
        let Link { head, entry: id, .. } = *link;
        if head.no > self.head.no + 1 {
            self.wrong(Fault::LinksRemoved { from: self.head.no + 1, to: head.no - 1 });
        }
        let follows = head.no == self.head.no + 1;
        let before = std::mem::replace(&mut self.head, head);
        match &link.stored {
            None => self.wrong(Fault::EntryRemoved { no: head.no, entry: id }),
            // Behind a hole the link before is not known, so this one cannot be measured.
            Some(_) if !follows => {}
            Some((entry, _)) if before.next(key, entry) != head => self.wrong(Fault::Altered { no: head.no, entry: id }),
            Some((entry, personal)) => match personal.fits(entry.personal_digest.as_deref()) {
                Fit::Kept => self.sound += 1,
                Fit::Erased => (self.sound, self.erased) = (self.sound + 1, self.erased + 1),
                Fit::Altered => self.wrong(Fault::PersonalAltered { no: head.no, entry: id }),
            },
        }
    }

    /// The head that was known before, held against the chain: `found` is what the chain has under its number.
    fn compare(&mut self, known: Head, found: Option<Head>) {
        if self.head.no < known.no {
            self.wrong(Fault::TailCut { at: self.head.no, head: known.no });
        } else if found.is_some_and(|found| found != known) {
            self.wrong(Fault::OtherHead { no: known.no });
        }
    }
}

/// A row of the chain with the entry it speaks of.
struct Link {
    head: Head,
    entry: Uuid,
    stored: Option<(Entry, Personal)>,
}

struct Personal {
    value: Option<String>,
    salt: Option<Vec<u8>>,
}

enum Fit {
    Kept,
    Erased,
    Altered,
}

impl Personal {
    fn fits(&self, digest: Option<&[u8]>) -> Fit {
        match (&self.value, &self.salt, digest) {
            (None, None, None) => Fit::Kept,
            (None, None, Some(_)) => Fit::Erased,
            (Some(value), Some(salt), Some(digest)) if personal_digest(salt, value) == digest => Fit::Kept,
            _ => Fit::Altered,
        }
    }
}

impl Link {
    fn read(row: &Row) -> Result<Self, Error> {
        let stored = match row.get::<Option<Uuid>>("id")? {
            None => None,
            Some(_) => Some((Entry::read(row)?, Personal { value: row.get("personal")?, salt: row.get("personal_salt")? })),
        };
        Ok(Self { head: super::seal::head_of(Some(row))?, entry: row.get("entry")?, stored })
    }
}

/// Reads the whole chain and every entry, and says what holds. It may run beside servers that write and seal.
///
/// An entry that has been altered or removed before it was sealed (a moment after it was written) leaves no
/// trace; a cut tail is seen only against `known`, a head from before.
///
/// # Errors
/// As the database has it.
pub async fn verify(engine: &Engine, key: &ChainKey, known: Option<Head>) -> Result<Report, Error> {
    let mut report = Report::begin();
    let mut found = None;
    let mut rest = None;
    for _ in 0..MOST_ROUNDS {
        let before = report.head;
        read_links(engine, key, known, &mut report, &mut found).await?;
        if rest.is_some() && before == report.head {
            break;
        }
        // What is sealed from here on stands in neither: the links are read on until nothing was sealed meanwhile.
        rest = Some(engine.one(unchained()).await?);
    }
    let strangers = engine.all(put_in()).await?;
    for row in &strangers {
        report.wrong(Fault::PutIn { no: row.get("sealed_no")?, entry: row.get("id")? });
    }
    if let Some(rest) = rest {
        report.wrong += rest.get::<u64>("put_in")?.saturating_sub(strangers.len() as u64);
        (report.unsealed, report.unsealed_since) = (rest.get("unsealed")?, rest.get("since")?);
    }
    if let Some(known) = known {
        report.compare(known, found);
    }
    Ok(report)
}

/// The links behind the report's head, to the end; the one that has the known number is remembered.
async fn read_links(
    engine: &Engine,
    key: &ChainKey,
    known: Option<Head>,
    report: &mut Report,
    found: &mut Option<Head>,
) -> Result<(), Error> {
    loop {
        let rows = engine.all(links(report.head.no)).await?;
        for row in &rows {
            let link = Link::read(row)?;
            report.link(key, &link);
            if known.is_some_and(|known| known.no == link.head.no) {
                *found = Some(link.head);
            }
        }
        if rows.len() < PAGE {
            return Ok(());
        }
    }
}

fn links(after: u64) -> Statement {
    let text = concat!(
        "SELECT c.no, c.entry, c.mac, a.personal, a.personal_salt, ",
        entry_columns!(),
        " FROM audit_chain c LEFT JOIN audit a ON a.id = c.entry WHERE c.no > $1 ORDER BY c.no LIMIT $2"
    );
    Statement::new("audit chain", text).bind(after).bind(PAGE)
}

fn put_in() -> Statement {
    let text = "SELECT a.id, a.sealed_no FROM audit a LEFT JOIN audit_chain c ON c.entry = a.id
         WHERE a.sealed_no IS NOT NULL AND c.entry IS NULL ORDER BY a.sealed_no, a.id LIMIT $1";
    Statement::new("audit put in", text).bind(MOST_TOLD)
}

fn unchained() -> Statement {
    let text = "SELECT CAST(COUNT(a.sealed_no) AS BIGINT) AS put_in,
                CAST(COUNT(*) - COUNT(a.sealed_no) AS BIGINT) AS unsealed,
                MIN(CASE WHEN a.sealed_no IS NULL THEN a.at END) AS since
         FROM audit a LEFT JOIN audit_chain c ON c.entry = a.id WHERE c.entry IS NULL";
    Statement::new("audit without links", text)
}
