//! Timers of a session that this node keeps, and what is looked at again and again.

use std::time::{Duration, Instant};

use actix::{AsyncContext, Context};
use allthrive_domain::quiz::game::{Author, DRAIN_MS, Fired, HOST_GONE_MS, LiveDeed, LiveOutcome, Phase, grace_ms, own_deadline_ms, timer};
use allthrive_protocol::quiz::ask::Ask;
use allthrive_protocol::quiz::view::PauseReason;
use allthrive_protocol::{Cmid, Code, Refusal};
use uuid::Uuid;

use super::{IDLE, Live, LiveRoom, Waiting, now};
use crate::live::hall::millis;

/// Four times a second: counts and tallies.
pub(super) const TICK: Duration = Duration::from_millis(250);
const TICKS_PER_SECOND: u64 = 4;
/// After what failed.
pub(super) const AGAIN: Duration = Duration::from_millis(500);
/// For so long a host may be gone before players are told.
const HOST_AWAY: Duration = Duration::from_secs(5);
/// How often it is looked whether what is on its way has arrived.
const DRAINING: Duration = Duration::from_millis(50);
/// How often another node's writes are looked for, in ticks: while the bus is heard, and while it is not.
const LOOK_HEARD: u64 = 20;
const LOOK_UNHEARD: u64 = 4;

impl LiveRoom {
    /// How long the phase has lasted here.
    pub(super) fn elapsed_ms(&self) -> u64 {
        self.live.as_ref().map_or(0, |live| millis(live.watch.elapsed(now())))
    }

    /// Waits for what moves the game by itself, if this node keeps it.
    pub(super) fn schedule(&mut self, ctx: &mut Context<Self>) {
        if let Some(handle) = self.timer.take() {
            ctx.cancel_future(handle);
        }
        let Some(live) = self.live.as_ref().filter(|live| live.kept.is_some() && !live.store_gone) else { return };
        let Some((wait, fired)) = live.next() else { return };
        self.timer = Some(ctx.run_later(wait, move |room, ctx| {
            room.timer = None;
            room.guarded(ctx, |room, ctx| room.due(fired, ctx));
        }));
    }

    /// A timer has run out.
    fn due(&mut self, fired: Fired, ctx: &mut Context<Self>) {
        let Some(live) = &self.live else { return };
        let elapsed = millis(live.watch.elapsed(now()));
        match fired {
            Fired::Deadline => {
                // Who has more time keeps the question open for themselves, until they have answered.
                let own = |factor| own_deadline_ms(&live.game, &live.quiz, factor);
                let last = live.more_time_awaited().filter_map(own).max().unwrap_or(0);
                if last > elapsed {
                    self.dirty.count = true;
                    let wait = Duration::from_millis(last - elapsed).min(TICK);
                    self.timer = Some(ctx.run_later(wait, move |room, ctx| {
                        room.timer = None;
                        room.guarded(ctx, |room, ctx| room.due(fired, ctx));
                    }));
                    return;
                }
            }
            Fired::Drained => {
                let is_over = elapsed >= grace_ms(&live.game) + DRAIN_MS;
                if !is_over && !self.is_drained() {
                    self.timer = Some(ctx.run_later(DRAINING, move |room, ctx| {
                        room.timer = None;
                        room.guarded(ctx, |room, ctx| room.due(fired, ctx));
                    }));
                    return;
                }
            }
            _ => {}
        }
        self.fire(fired, ctx);
    }

    /// Whether every answer that was read here is on the disk or refused.
    pub(super) fn has_handed_in(&self) -> bool {
        !self.waiting.values().any(|waiting| matches!(waiting, Waiting::Ask(asked) if matches!(asked.ask, Ask::Answer(_))))
    }

    fn fire(&mut self, fired: Fired, ctx: &mut Context<Self>) {
        let Some(live) = &self.live else { return };
        let Some(term) = live.kept else { return };
        let (rev, quiz, elapsed_ms) = (live.rev, live.quiz.clone(), millis(live.watch.elapsed(now())));
        // The same for the same timer: what was committed and not heard of is found again.
        let cmid = Cmid(Uuid::from_u64_pair(term, (rev << 8) | fired as u64));
        self.write(Author::Server, cmid, quiz, LiveDeed::Fire { rev, term, fired, elapsed_ms }, Waiting::Timer, ctx);
    }

    pub(super) fn not_fired(&mut self, refusal: &Refusal, ctx: &mut Context<Self>) {
        if refusal.code == Code::RevConflict {
            self.look(ctx);
        } else {
            tracing::warn!(room.id = %self.id, refusal = %refusal.message, "a live session could not go on");
        }
        ctx.run_later(AGAIN, |room, ctx| {
            if room.timer.is_none() {
                room.schedule(ctx);
            }
        });
    }

    /// Closes the question if all who are awaited have answered.
    pub(super) fn all_answered(&mut self, ctx: &mut Context<Self>) {
        let Some(live) = &self.live else { return };
        let is_open = live.game.phase == Phase::Open && live.game.paused.is_none() && live.kept.is_some() && !live.store_gone;
        if !is_open {
            return;
        }
        let Some((answered, expected)) = live.awaited.all_in(now()) else { return };
        // Where nobody was expected, or nobody has answered, it is left to its deadline.
        let is_done = self.elsewhere().is_some_and(|(others_answered, others_expected)| {
            let all = expected > 0 || others_expected > 0;
            all && others_answered >= others_expected && (answered > 0 || others_answered > 0)
        });
        if is_done && !self.is_firing() {
            self.fire(Fired::Everybody, ctx);
        }
    }

    /// Whether a timer is on its way to the store.
    fn is_firing(&self) -> bool {
        self.waiting.values().any(|waiting| matches!(waiting, Waiting::Timer))
    }

    /// This node keeps the session from now on, if nobody else does.
    pub(super) fn claim(&mut self, term: u64, beat: u64, ctx: &mut Context<Self>) {
        let Some(live) = self.live.as_ref().filter(|live| live.kept.is_none()) else { return };
        let node = self.given.parts.neighbours.node().0;
        let quiz = live.quiz.clone();
        self.write(Author::Server, Cmid(Uuid::new_v4()), quiz, LiveDeed::Claim { node, term, beat }, Waiting::Claim, ctx);
    }

    pub(super) fn claimed(&mut self, outcome: &LiveOutcome, ctx: &mut Context<Self>) {
        let LiveOutcome::Claimed { term, rev, game } = outcome else {
            // Somebody else was quicker, or its node is there after all.
            return self.look(ctx);
        };
        let at = self.given.parts.clock.now();
        let Some(live) = self.live.as_mut() else { return };
        live.kept = Some(*term);
        let game = (**game).clone();
        if live.rev < *rev {
            self.moved(*rev, at, game, ctx);
            self.given.parts.neighbours.live_moved(self.id);
        } else {
            self.say_kept();
            self.schedule(ctx);
        }
    }

    pub(super) fn store_is(&mut self, gone: bool, ctx: &mut Context<Self>) {
        let Some(live) = self.live.as_mut().filter(|live| live.store_gone != gone) else { return };
        live.store_gone = gone;
        if gone {
            live.watch.stop(now());
        } else if live.game.paused.is_none() {
            live.watch.go_on(now());
        }
        self.say_kept();
        self.schedule(ctx);
        // Options are hidden while it stands still: the whole view.
        self.show(ctx);
    }

    /// A host is here again.
    pub(super) fn host_is_back(&mut self) {
        let Some(live) = self.live.as_mut().filter(|live| live.host_away && live.people.hosts() > 0) else { return };
        live.host_away = false;
        self.show_flags();
    }

    pub(super) fn tick(&mut self, ctx: &mut Context<Self>) {
        self.ticks += 1;
        if self.loading {
            return;
        }
        self.let_go_if_idle(ctx);
        let Some(live) = self.live.as_mut() else { return };
        let hostless = live.people.hostless_since.map(|since| now().saturating_sub(since));
        if !live.host_away && hostless.is_some_and(|gone| gone > HOST_AWAY) && !self.hosts_elsewhere() {
            let Some(live) = self.live.as_mut() else { return };
            live.host_away = true;
            self.show_flags();
        }
        let Some(live) = self.live.as_ref() else { return };
        let is_gone = hostless.is_some_and(|gone| millis(gone) > HOST_GONE_MS) && live.game.phase.is_played();
        if is_gone && live.kept.is_some() && !self.is_firing() && !self.hosts_elsewhere() {
            self.fire(Fired::HostGone, ctx);
        }
        let Some(live) = self.live.as_ref() else { return };
        if live.game.phase == Phase::Open && (std::mem::take(&mut self.dirty.answers) || self.others_answer()) {
            self.read_answers(ctx);
        }
        self.show_passing(self.ticks.is_multiple_of(TICKS_PER_SECOND));
        self.all_answered(ctx);
        self.with_others(ctx);
    }

    /// A session that nobody is at here, and that this node does not keep, is let go.
    fn let_go_if_idle(&mut self, ctx: &mut Context<Self>) {
        let needed = self.live.as_ref().is_some_and(|live| live.kept.is_some() || !live.people.is_empty()) || !self.waiting.is_empty();
        if needed {
            self.quiet_since = None;
            return;
        }
        let since = *self.quiet_since.get_or_insert_with(Instant::now);
        if since.elapsed() > IDLE {
            self.quiet_since = Some(Instant::now());
            self.retire(ctx);
        }
    }

    /// How often the store is asked what other nodes have written.
    pub(super) fn look_every(&self) -> u64 {
        if self.given.parts.neighbours.status().up { LOOK_HEARD } else { LOOK_UNHEARD }
    }
}

impl Live {
    /// What the game waits for, and how long still.
    fn next(&self) -> Option<(Duration, Fired)> {
        let (at, fired) = timer(&self.game, &self.quiz)?;
        let elapsed = match self.game.paused.map(|pause| pause.reason) {
            // Counted from the beginning of that pause: the phase's own time stands still.
            Some(PauseReason::Recovered) => millis(now().saturating_sub(self.moved_at)),
            _ => millis(self.watch.elapsed(now())),
        };
        // Before the time that it may take at most it is looked whether all is there.
        let at = if fired == Fired::Drained { grace_ms(&self.game) } else { at };
        Some((Duration::from_millis(at.saturating_sub(elapsed)), fired))
    }
}
