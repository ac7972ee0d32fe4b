//! What came of each case, for people and for programs.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::Case;

/// Of one case.
pub struct Verdict {
    /// Which.
    pub case: Case,
    /// What came of it.
    pub came: Came,
    /// How long it took.
    pub took: Duration,
}

/// How a case ended.
#[derive(Debug)]
pub enum Came {
    /// It holds.
    Held,
    /// It does not.
    Failed {
        /// One sentence.
        reason: String,
        /// The last frames, in order, each with whose connection it was.
        frames: Vec<String>,
    },
}

/// Of all cases that were run, in their order.
pub struct Report {
    /// One for each case.
    pub verdicts: Vec<Verdict>,
}

impl Report {
    /// Whether every case holds; a run of none shows nothing.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        !self.verdicts.is_empty() && self.failed().next().is_none()
    }

    /// The names of those that do not hold.
    pub fn failed(&self) -> impl Iterator<Item = &'static str> {
        self.verdicts.iter().filter(|verdict| matches!(verdict.came, Came::Failed { .. })).map(|verdict| verdict.case.name)
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let case = |verdict: &Verdict| {
            let Verdict { case, came, took } = verdict;
            let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            let mut line = json!({"name": case.name, "section": case.section, "took_ms": took_ms, "held": true});
            if let Came::Failed { reason, frames } = came {
                line["held"] = json!(false);
                line["reason"] = json!(reason);
                line["frames"] = json!(frames);
            }
            line
        };
        let failed = self.failed().count();
        json!({"cases": self.verdicts.iter().map(case).collect::<Vec<_>>(), "held": self.verdicts.len() - failed, "failed": failed})
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut section = "";
        for Verdict { case, came, took } in &self.verdicts {
            if case.section != section {
                section = case.section;
                writeln!(f, "{section}")?;
            }
            match came {
                Came::Held => writeln!(f, "  ok    {case} ({} ms)", took.as_millis())?,
                Came::Failed { reason, frames } => {
                    writeln!(f, "  FAIL  {case} ({} ms)\n        {reason}", took.as_millis())?;
                    for frame in frames {
                        writeln!(f, "        | {frame}")?;
                    }
                }
            }
        }
        let failed = self.failed().count();
        write!(f, "{} cases: {} hold, {failed} do not", self.verdicts.len(), self.verdicts.len() - failed)
    }
}
