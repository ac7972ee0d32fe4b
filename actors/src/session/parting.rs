//! The end of a connection whose server stops: told when to come back, still heard until then, closed once
//! everything that was taken in is answered and everything for it has left.

use std::time::Duration;

use actix::{ActorContext, AsyncContext, Handler};
use allthrive_protocol::event::{Fact, Reconnect};
use allthrive_protocol::{CloseCode, Code, Refusal};
use uuid::Uuid;

use super::{Ctx, Session};
use crate::relay::Close;

/// A node's connections come back spread over this much for each: five hundred a second.
const EACH: Duration = Duration::from_millis(2);
/// The least of it: who stops a server of one's own does not want to wait.
const LEAST: Duration = Duration::from_millis(100);
/// The most of it: the server must end in time.
const MOST: Duration = Duration::from_millis(2_500);
/// Whatever is still under way then, the connection ends.
const WITHIN: Duration = Duration::from_millis(3_500);

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Parting {
    /// It has not begun.
    #[default]
    No,
    /// Told when to come back; that moment is not there yet.
    Told,
    /// The moment is there; answers are still under way.
    Due,
}

impl Session {
    /// The server stops. A second call changes nothing.
    fn part(&mut self, ctx: &mut Ctx) {
        if self.parting != Parting::No {
            return;
        }
        if !self.greeted {
            return self.close(CloseCode::GoingAway, ctx);
        }
        self.parting = Parting::Told;
        let after = share(spread(self.system.sessions()), Uuid::new_v4().as_u64_pair().1);
        self.tell(Fact::Reconnect(Reconnect { after_ms: u64::try_from(after.as_millis()).unwrap_or(u64::MAX) }));
        for id in self.pages.give_up() {
            self.reply::<()>(id, Err(stopping()), ctx);
        }
        ctx.run_later(after, |session, ctx| {
            session.parting = Parting::Due;
            session.part_if_done(ctx);
        });
        ctx.run_later(WITHIN, |session, ctx| session.end(ctx));
    }

    /// Closes, if the moment is there and nothing is under way.
    pub(super) fn part_if_done(&mut self, ctx: &mut Ctx) {
        if self.parting == Parting::Due && self.in_flight == 0 {
            self.end(ctx);
        }
    }

    /// The last word, behind everything that is for this connection.
    fn end(&self, ctx: &mut Ctx) {
        tracing::debug!(conn.id = %self.conn, close.code = CloseCode::Restart.number(), "connection closed");
        self.lane.end(Some(CloseCode::Restart.number()));
        ctx.stop();
    }
}

impl Handler<Close> for Session {
    type Result = ();

    fn handle(&mut self, Close(code): Close, ctx: &mut Ctx) {
        match code {
            CloseCode::Restart => self.part(ctx),
            code => self.close(code, ctx),
        }
    }
}

/// What a command is told that comes too late.
pub(super) fn stopping() -> Refusal {
    Refusal::new(Code::Unavailable, "This server is stopping. Connect again.")
}

/// Over how long so many connections come back.
fn spread(connections: usize) -> Duration {
    EACH.saturating_mul(u32::try_from(connections).unwrap_or(u32::MAX)).clamp(LEAST, MOST)
}

/// A moment of that time, by chance.
fn share(spread: Duration, chance: u64) -> Duration {
    let millis = u64::try_from(spread.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(chance % millis.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_connections_the_longer_they_take_to_come_back_within_bounds() {
        for (connections, millis) in [(0, 100), (50, 100), (51, 102), (1_000, 2_000), (1_250, 2_500), (usize::MAX, 2_500)] {
            assert_eq!(spread(connections), Duration::from_millis(millis), "{connections}");
        }
        assert!(MOST < WITHIN);
    }

    #[test]
    fn moments_lie_within_the_time_and_anywhere_in_it() {
        let moments: Vec<_> = (0..1_000).map(|_| share(LEAST, Uuid::new_v4().as_u64_pair().1)).collect();
        assert!(moments.iter().all(|moment| *moment < LEAST));
        for quarter in 0..4 {
            let (from, to) = (LEAST / 4 * quarter, LEAST / 4 * (quarter + 1));
            let here = moments.iter().filter(|moment| (from..to).contains(*moment)).count();
            assert!((150..350).contains(&here), "{here} of 1,000 in quarter {quarter}");
        }
    }
}
