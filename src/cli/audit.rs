//! `allthrive audit verify`: the proof that nobody has altered, removed or put in an entry of the audit trail. It
//! reads beside a running server and changes nothing.

use std::path::PathBuf;
use std::process::ExitCode;

use allthrive_store::audit::chain::{ChainKey, Head};
use allthrive_store::audit::verify::{Report, verify};
use allthrive_store::{Error, inspect};
use clap::{Args, Subcommand};
use thiserror::Error;

use crate::config::{ConfigError, Settings, Sources};
use crate::startup::store_config;

/// The chain does not hold.
const BROKEN: u8 = 1;
/// It could not be looked at.
const NOT_KNOWN: u8 = 2;

/// The audit trail.
#[derive(Debug, Args)]
pub struct Audit {
    /// What to do with it.
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Prove that no entry was altered, removed or put in. Ends with 0 if the chain holds, 1 if it does not, 2 if
    /// it could not be looked at.
    Verify(Verify),
}

#[derive(Debug, Args)]
struct Verify {
    /// A head that the server's log told before (`audit.head`), NUMBER-DIGITS: that the chain still has it proves
    /// that its tail was not cut.
    #[arg(long, value_name = "HEAD")]
    head: Option<Head>,
}

/// Why the chain could not be looked at.
#[derive(Debug, Error)]
enum NotKnown {
    #[error(transparent)]
    Settings(#[from] ConfigError),
    #[error(transparent)]
    Store(#[from] Error),
    #[error("The database is not one that this version has opened. Start the server on it once.")]
    OldSchema,
}

impl Audit {
    /// Does it and says what came of it.
    pub async fn run(self, config: Option<PathBuf>) -> ExitCode {
        let Command::Verify(Verify { head }) = self.command;
        match look(config, head).await {
            Ok(report) => {
                println!("{}", told(&report, head));
                if report.wrong == 0 { ExitCode::SUCCESS } else { ExitCode::from(BROKEN) }
            }
            Err(error) => {
                eprintln!("allthrive: the audit trail could not be looked at. {error}");
                ExitCode::from(NOT_KNOWN)
            }
        }
    }
}

async fn look(config: Option<PathBuf>, head: Option<Head>) -> Result<Report, NotKnown> {
    let settings = Settings::load_existing(&Sources::of_process(config))?;
    let engine = inspect(store_config(&settings)).await?;
    let key = ChainKey::new(*settings.keys.audit.bytes());
    let report = verify(&engine, &key, head).await;
    engine.close().await;
    report.map_err(|error| match error {
        Error::Bug(_) => NotKnown::OldSchema,
        error => NotKnown::Store(error),
    })
}

/// The report in sentences, a line each.
fn told(report: &Report, known: Option<Head>) -> String {
    let mut lines: Vec<String> = report.faults.iter().map(|fault| format!("WRONG: {fault}.")).collect();
    let untold = report.wrong.saturating_sub(report.faults.len() as u64);
    if untold > 0 {
        lines.push(format!("WRONG: and {untold} more of the kind."));
    }
    lines.push(match report.wrong {
        0 => format!("The audit trail holds: {} sealed entries, none altered, removed or put in.", report.sound),
        wrong => format!("The audit trail DOES NOT HOLD: {wrong} things are wrong, {} sealed entries are as they were.", report.sound),
    });
    if report.erased > 0 {
        lines.push(format!("Of {} entries the personal part was erased; the rest of them holds.", report.erased));
    }
    lines.push(match (report.unsealed, report.unsealed_since) {
        (0, _) | (_, None) => "Every entry is sealed.".to_owned(),
        (1, Some(since)) => format!("1 entry is not sealed yet (written at {} ms): nothing is proved about it.", since.millis()),
        (n, Some(since)) => {
            format!("{n} entries are not sealed yet (the oldest written at {} ms): nothing is proved about them.", since.millis())
        }
    });
    if known.is_none() {
        lines.push("Without --head a cut tail is not seen: give a head that the server's log told before.".to_owned());
    }
    lines.push(format!("Head: {}", report.head));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use allthrive_domain::time::Micros;
    use allthrive_store::audit::verify::Fault;
    use uuid::Uuid;

    use super::*;

    fn report() -> Report {
        Report { head: Head::NONE, sound: 3, erased: 0, unsealed: 0, unsealed_since: None, faults: vec![], wrong: 0 }
    }

    #[test]
    fn what_holds_is_said_with_what_is_not_proved() {
        let rest = Report { unsealed: 2, unsealed_since: Some(Micros(5_000)), erased: 1, ..report() };
        let text = told(&rest, None);
        for part in
            ["holds: 3 sealed", "Of 1 entries", "2 entries are not sealed yet (the oldest written at 5 ms)", "Without --head", "Head: 0-00"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        let whole = told(&report(), Some(Head::NONE));
        assert!(whole.contains("Every entry is sealed.") && !whole.contains("--head"), "{whole}");
    }

    #[test]
    fn what_is_wrong_is_said_first_and_what_is_not_told_is_counted() {
        let faults = vec![Fault::Altered { no: 2, entry: Uuid::nil() }, Fault::TailCut { at: 3, head: 9 }];
        let text = told(&Report { faults, wrong: 12, ..report() }, None);
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].starts_with("WRONG: no. 2: entry 0000"), "{text}");
        assert!(lines[1].contains("ends at no. 3 and had reached no. 9"), "{text}");
        assert!(lines[2].contains("10 more"), "{text}");
        assert!(lines[3].contains("DOES NOT HOLD: 12"), "{text}");
    }
}
