//! A batch that the database refuses is tried in halves, so a unit that cannot be written costs itself alone.

use std::time::{Duration, Instant};

use crate::error::Error;

/// How long a batch is split and tried because somebody else holds a lock: some waits for one. After that
/// what is left is refused, so that a lock held for long stops nobody else for longer.
const BUSY_PATIENCE: Duration = Duration::from_secs(2);

/// What `once` makes of the units, in their order. An error means that this unit was not written, or for
/// [`Error::Unknown`] that nobody can say.
///
/// If the connection is lost during COMMIT, the batch is tried once more: `once` has to know a unit that was written.
pub(crate) async fn in_parts<U: Clone, D, F>(units: &[U], once: impl Fn(Vec<U>) -> F) -> Vec<Result<D, Error>>
where
    F: Future<Output = Result<Vec<D>, Error>>,
{
    let mut outcomes: Vec<Option<Result<D, Error>>> = units.iter().map(|_| None).collect();
    let mut parts = vec![(0, units.len())];
    let began = Instant::now();
    let is_held = |error: &Error| matches!(error, Error::Busy(_)) && began.elapsed() > BUSY_PATIENCE;
    while let Some((start, end)) = parts.pop() {
        let part = start..end;
        if part.is_empty() {
            continue;
        }
        match twice(&units[part.clone()], &once).await {
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
                outcomes[part].iter_mut().for_each(|slot| *slot = Some(Err(error.clone())));
                if lost {
                    // The database is away or held: the other parts would only wait for it as well.
                    parts.clear();
                    outcomes.iter_mut().filter(|slot| slot.is_none()).for_each(|slot| *slot = Some(Err(error.clone())));
                }
            }
        }
    }
    outcomes.into_iter().flatten().collect()
}

/// Once, and a second time if it is not known what became of the first.
async fn twice<U: Clone, D, F>(units: &[U], once: &impl Fn(Vec<U>) -> F) -> Result<Vec<D>, Error>
where
    F: Future<Output = Result<Vec<D>, Error>>,
{
    match once(units.to_vec()).await {
        Err(Error::Unknown(cause)) => {
            tracing::warn!(cause = %cause, "COMMIT was not answered; the batch is tried again");
            // If the second is refused or finds nobody, the first may still have been written.
            once(units.to_vec()).await.map_err(|second| match second {
                Error::Unavailable(_) | Error::Busy(_) => Error::Unknown(cause),
                second => second,
            })
        }
        outcome => outcome,
    }
}
