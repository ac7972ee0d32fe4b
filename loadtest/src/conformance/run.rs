//! Runs the cases, a few at a time, each within its time.

use std::rc::Rc;
use std::time::Instant;

use allthrive_client::{Error, Session};
use futures_util::{StreamExt as _, stream};
use tokio::time::{sleep, timeout};

use super::fault::Fault;
use super::report::{Came, Report, Verdict};
use super::stage::{Actor, PEOPLE, Stage, Turns};
use super::wire::Trace;
use super::{Case, cases};

/// Cases under way at once: most of their time is waiting.
const AT_ONCE: usize = 4;

/// How often a case that was too fast for the server is tried.
const TRIES: usize = 5;

/// Frames shown of a case that failed: the last ones.
const SHOWN: usize = 30;

/// Which cases.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Those whose name or section has this in it; all if empty. Spaces count as `_`.
    pub only: String,
    /// Also those that spend an account's limits.
    pub with_limits: bool,
}

impl Wish {
    /// The cases that are wished for.
    #[must_use]
    pub fn cases(&self) -> Vec<Case> {
        let only = self.only.to_lowercase();
        let fits = |case: &&Case| case.name.contains(&only.replace(' ', "_")) || case.section.to_lowercase().contains(&only);
        cases::all().iter().filter(|case| self.with_limits || !case.spends).filter(fits).copied().collect()
    }
}

/// Puts the cases to the server these people are signed in at.
///
/// # Errors
/// That there are too few people, or the server is not one that is reached without TLS.
pub async fn run(people: &[Session], wish: &Wish) -> Result<Report, Error> {
    let Some(server) = people.get(PEOPLE - 1).map(|session| session.server().to_owned()) else {
        return Err(Error::Strange(format!("the suite needs {PEOPLE} accounts, {} are given", people.len())));
    };
    // Bytes that are wrong are told apart only where nothing stands between.
    let Some(address) = server.strip_prefix("http://") else { return Err(Error::Address(server)) };
    let actor = |session: &Session| Actor { session: session.clone(), turns: Turns::default() };
    let people: Rc<Vec<Actor>> = Rc::new(people[..PEOPLE].iter().map(actor).collect());
    let stage = |turn| Stage { address: address.to_owned(), people: Rc::clone(&people), turn, trace: Trace::default() };

    let stage = &stage;
    let (alone, mut together): (Vec<_>, Vec<_>) = wish.cases().into_iter().enumerate().partition(|(_, case)| case.spends);
    // Those that take long are not left for the end.
    together.sort_by_key(|(_, case)| std::cmp::Reverse(case.within));
    let mut verdicts: Vec<_> = stream::iter(together)
        .map(|(turn, case)| async move { (turn, judge(case, turn, stage).await) })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    for (turn, case) in alone {
        verdicts.push((turn, judge(case, turn, stage).await));
    }
    verdicts.sort_by_key(|(turn, _)| *turn);
    Ok(Report { verdicts: verdicts.into_iter().map(|(_, verdict)| verdict).collect() })
}

async fn judge(case: Case, turn: usize, stage: impl Fn(usize) -> Stage) -> Verdict {
    let began = Instant::now();
    let mut stage = stage(turn);
    for _ in 0..TRIES {
        stage.trace = Trace::default();
        let reason = match timeout(case.within, (case.run)(stage.clone())).await {
            Ok(Ok(())) => return Verdict { case, came: Came::Held, took: began.elapsed() },
            Ok(Err(Fault::TooFast(pause))) => {
                sleep(pause).await;
                continue;
            }
            Ok(Err(Fault::Broken(reason))) => reason,
            Err(_) => format!("not ended within {} s", case.within.as_secs()),
        };
        return Verdict { case, came: failed(reason, &stage.trace), took: began.elapsed() };
    }
    let reason = format!("refused as too fast {TRIES} times although each pause was kept");
    Verdict { case, came: failed(reason, &stage.trace), took: began.elapsed() }
}

fn failed(reason: String, trace: &Trace) -> Came {
    let trace = trace.borrow();
    Came::Failed { reason, frames: trace[trace.len().saturating_sub(SHOWN)..].to_vec() }
}
