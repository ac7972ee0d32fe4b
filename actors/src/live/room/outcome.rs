//! What became of what was written, and what follows from it.

use actix::Context;
use allthrive_domain::quiz::game::{Game, LiveDecision, LiveOutcome, Phase, Player, PlayerState};
use allthrive_domain::time::Micros;
use allthrive_protocol::event::{Fact, Gone as NoMore, Kicked};
use allthrive_protocol::quiz::ask::Ask;
use allthrive_protocol::quiz::live::{AnswerStatus, Role};
use allthrive_protocol::reply::Written;
use allthrive_protocol::{CloseCode, Code, ConnId, Principal, Seq};

use super::asks::tell;
use super::{Asked, LiveRoom, Told, Waiting, no_session, now, refuse};
use crate::frame;
use crate::live::stopwatch::Stopwatch;
use crate::relay::{Act, Last, Staged};

impl LiveRoom {
    pub(super) fn settle(&mut self, waiting: Waiting, outcome: LiveDecision, ctx: &mut Context<Self>) {
        match (waiting, outcome) {
            (Waiting::Ask(asked), Ok(outcome)) => self.done(*asked, outcome, ctx),
            (Waiting::Ask(asked), Err(refusal)) => {
                let refusal = if refusal.code == Code::BadRequest { self.taken(&asked, refusal) } else { refusal };
                if refusal.code == Code::RevConflict {
                    // Somebody else has moved it; perhaps on another node.
                    self.look(ctx);
                }
                tell(*asked, Err(refusal));
            }
            (Waiting::Rest(answer), Ok(outcome)) => {
                self.follow(&outcome, ctx);
                drop(answer.send(Ok(outcome)));
            }
            (Waiting::Rest(answer), Err(refusal)) => refuse(Waiting::Rest(answer), refusal),
            (Waiting::Timer, Ok(outcome)) => self.follow(&outcome, ctx),
            (Waiting::Timer, Err(refusal)) => self.not_fired(&refusal, ctx),
            (Waiting::Claim, Ok(outcome)) => self.claimed(&outcome, ctx),
            (Waiting::Claim, Err(refusal)) => {
                tracing::warn!(room.id = %self.id, refusal = %refusal.message, "a live session was not taken over")
            }
        }
    }

    /// Somebody's write is on the disk.
    fn done(&mut self, asked: Asked, outcome: LiveOutcome, ctx: &mut Context<Self>) {
        self.follow(&outcome, ctx);
        match outcome {
            LiveOutcome::Joined(_) => self.seat(asked, Role::Player),
            LiveOutcome::Player(_) | LiveOutcome::Done => {
                if matches!(asked.ask, Ask::Leave) {
                    self.parted(asked.conn);
                }
                tell(asked, Ok(Told::Done));
            }
            LiveOutcome::Answered(answered) => {
                if answered.status == AnswerStatus::Accepted
                    && let (Some(live), Ask::Answer(answer)) = (self.live.as_mut(), &asked.ask)
                    && (answer.q, answer.round) == (live.game.q, live.game.round)
                {
                    live.awaited.answered(asked.who);
                    if let Some(choice) = &answered.choice {
                        live.current.insert(asked.who, choice.clone());
                    }
                    self.dirty.count = true;
                    self.dirty.answers = true;
                }
                tell(asked, Ok(Told::Answered(answered)));
                self.all_answered(ctx);
            }
            LiveOutcome::Stepped { rev, at, dup, .. } => tell(asked, Ok(Told::Written(Written { seq: rev, ts: at.millis(), dup }))),
            LiveOutcome::Created { .. } | LiveOutcome::Claimed { .. } | LiveOutcome::Fenced { .. } => {
                tell(asked, Err(no_session()));
            }
        }
    }

    /// What a committed write means for everybody here.
    fn follow(&mut self, outcome: &LiveOutcome, ctx: &mut Context<Self>) {
        match outcome {
            LiveOutcome::Created { .. } => {
                // Kept from its first moment by the node where it was made.
                if self.live.is_none() {
                    self.load(ctx);
                }
            }
            LiveOutcome::Joined(player) | LiveOutcome::Player(player) => {
                self.changed(player.clone());
                self.given.parts.neighbours.live_moved(self.id);
            }
            LiveOutcome::Stepped { rev, at, game, .. } => {
                self.moved(*rev, *at, (**game).clone(), ctx);
                self.given.parts.neighbours.live_moved(self.id);
            }
            LiveOutcome::Fenced { .. } => {
                if let Some(live) = self.live.as_mut() {
                    live.kept = None;
                }
                self.say_kept();
                self.look(ctx);
            }
            LiveOutcome::Answered(_) | LiveOutcome::Claimed { .. } | LiveOutcome::Done => {}
        }
    }

    /// The game stands there now; an older word of it is passed over.
    pub(super) fn moved(&mut self, rev: Seq, at: Micros, game: Game, ctx: &mut Context<Self>) {
        let Some(live) = self.live.as_mut().filter(|live| live.rev < rev) else { return };
        let now = now();
        live.watch = match game.paused {
            Some(pause) => Stopwatch::stopped(std::time::Duration::from_millis(pause.elapsed_ms)),
            None if game.is_another_phase(&live.game) => Stopwatch::running(std::time::Duration::ZERO, now),
            None if live.game.paused.is_some() => Stopwatch::running(std::time::Duration::from_millis(game.elapsed_ms), now),
            None => live.watch,
        };
        let opens =
            game.open_for_ms(0).is_some() && (live.game.open_for_ms(0).is_none() || (game.q, game.round) != (live.game.q, live.game.round));
        let counts = (&game.asked, &game.voided) != (&live.game.asked, &live.game.voided);
        live.stale |= counts || (game.q, game.round) != (live.game.q, live.game.round);
        (live.rev, live.at, live.game, live.moved_at) = (rev, at, game, now);
        if opens || !live.game.phase.is_played() || live.game.phase == Phase::Intro {
            live.await_answers();
            live.open_since_read = None;
        }
        let needs_answers = live.game.phase >= Phase::Closing;
        self.say_kept();
        self.schedule(ctx);
        if needs_answers {
            self.show_when_read = true;
            self.read_answers(ctx);
        } else {
            self.show(ctx);
        }
        let over = self.live.as_ref().is_some_and(|live| live.game.phase == Phase::Ended);
        if over && self.live.as_ref().is_some_and(|live| live.kept.is_some()) {
            if let Some(live) = self.live.as_mut() {
                live.kept = None;
            }
            self.say_kept();
        }
    }

    /// A player is new or has changed; whoever was put out sits here no more.
    pub(super) fn changed(&mut self, player: Player) {
        let Some(live) = self.live.as_mut() else { return };
        let (who, state) = (player.player, player.state);
        if !live.people.put(player) {
            return;
        }
        live.stale = true;
        self.dirty.count = true;
        if state == PlayerState::Active {
            return;
        }
        live.awaited.out(who);
        if matches!(state, PlayerState::Kicked | PlayerState::Banned) {
            let told = frame::volatile(Some(self.id), Fact::QuizKicked(Kicked { banned: state == PlayerState::Banned }));
            let last = |is_user: bool| match is_user {
                true => Last::Frame(told.clone()),
                false => Last::Close(Some(told.clone()), CloseCode::Banned),
            };
            for conn in live.people.conns_of(who) {
                self.unseat(conn, last(matches!(who, Principal::User(_))));
            }
        }
    }

    /// Somebody sits here anew: older connections of the same are told so.
    pub(super) fn supersede(&mut self, who: Principal, but: Option<ConnId>) {
        let Some(live) = &self.live else { return };
        for conn in live.people.conns_of(who).into_iter().filter(|conn| Some(*conn) != but) {
            let last = match who {
                Principal::User(_) => Last::Frame(frame::volatile(Some(self.id), Fact::QuizSuperseded(NoMore {}))),
                Principal::Guest(_) | Principal::Screen(_) => Last::Close(None, CloseCode::Superseded),
            };
            self.unseat(conn, last);
        }
    }

    /// Somebody has joined at another node. Hosts may be at several.
    pub(super) fn superseded(&mut self, who: Principal) {
        let is_host = self.live.as_ref().is_some_and(|live| {
            let conns = live.people.conns_of(who);
            conns.iter().filter_map(|conn| live.people.seat_of(*conn)).any(|seat| matches!(seat.role, Role::Owner | Role::Cohost))
        });
        if !is_host {
            self.supersede(who, None);
        }
    }

    fn unseat(&mut self, conn: ConnId, last: Last) {
        let Some(live) = self.live.as_mut() else { return };
        let Some((seat, _)) = live.people.unseat(conn, now()) else { return };
        if seat.relay.try_send(Staged { room: self.id, what: Act::Unseat { conn, last } }).is_err() {
            tracing::warn!(room.id = %self.id, "a worker could not be told that somebody sits no more");
        }
    }

    /// A connection has ended, or its player has left.
    pub(super) fn parted(&mut self, conn: ConnId) {
        let now = now();
        let Some(live) = self.live.as_mut() else { return };
        let Some((seat, last)) = live.people.unseat(conn, now) else { return };
        drop(seat.relay.try_send(Staged { room: self.id, what: Act::Unseat { conn, last: Last::Nothing } }));
        if last {
            live.awaited.left(seat.who, now);
        }
        self.dirty.count = true;
    }
}
