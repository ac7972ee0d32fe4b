//! What a game waits for.

use allthrive_protocol::quiz::live::{Factor, GRACE_MS};
use allthrive_protocol::quiz::view::PauseReason;

use super::step::{asked, is_slide};
use super::{DRAIN_MS, Fired, GET_READY_MS, GO_ON_MS, Game, LOBBY_IDLE_MS, PODIUM_IDLE_MS, Phase, VOTES_MS};
use crate::quiz::freeze::Frozen;
use crate::quiz::score::own_limit;

/// What moves the game by itself, and how long the phase has lasted then. None waits for a host (and, in a game, at
/// most [`super::HOST_GONE_MS`] for one to be there).
///
/// While it stands still after a takeover, the time is counted from the beginning of that pause: the phase's own stands.
/// [`Fired::Deadline`] is that of players without more time, and [`Fired::Drained`] the last moment for it: see
/// [`own_deadline_ms`] and [`grace_ms`].
#[must_use]
pub fn timer(game: &Game, quiz: &Frozen) -> Option<(u64, Fired)> {
    match game.paused.map(|pause| pause.reason) {
        Some(PauseReason::Recovered) => return Some((GO_ON_MS, Fired::GoOn)),
        Some(PauseReason::Host | PauseReason::Store) => return None,
        None => {}
    }
    let settings = &game.settings;
    match game.phase {
        Phase::Lobby if game.starting => Some((GET_READY_MS, Fired::GetReady)),
        Phase::Lobby => Some((LOBBY_IDLE_MS, Fired::Idle)),
        Phase::Intro if is_slide(game, quiz) => None,
        Phase::Intro => settings.intro_ms.map(|ms| (ms.into(), Fired::Intro)),
        Phase::Open => own_deadline_ms(game, quiz, Factor::Usual).map(|at| (at, Fired::Deadline)),
        Phase::Closing => Some((grace_ms(game) + DRAIN_MS, Fired::Drained)),
        Phase::Locked => settings.reveal_ms.map(|ms| (ms.into(), Fired::Reveal)),
        Phase::Votes => settings.reveal_ms.map(|_| (VOTES_MS, Fired::Solution)),
        Phase::Solution | Phase::Scoreboard => settings.advance_ms.map(|ms| (ms.into(), Fired::Advance)),
        Phase::Podium => Some((PODIUM_IDLE_MS, Fired::Idle)),
        Phase::Ended => None,
    }
}

/// How long the question is open for a player with that much more time; none without a limit.
#[must_use]
pub fn own_deadline_ms(game: &Game, quiz: &Frozen, factor: Factor) -> Option<u64> {
    Some(own_limit(asked(game, quiz)?.limit_ms?, factor, game.extend_ms))
}

/// How long answers on their way are waited for at least, once the question is closed.
#[must_use]
pub fn grace_ms(game: &Game) -> u64 {
    if game.everybody { 0 } else { GRACE_MS.into() }
}
