//! How a game moves: by a host's step or by a timer, and by nothing else.

use allthrive_protocol::quiz::live::{MAX_EXTEND_MS, Mode, Scoreboard, Step};
use allthrive_protocol::quiz::view::{EndReason, PauseReason};
use allthrive_protocol::{Code, Refusal};

use super::timer::grace_ms;
use super::{Fired, Game, Pause, Phase};
use crate::quiz::freeze::{Asked, Frozen};

/// The game after a host's step. `elapsed_ms` is how long the phase has lasted, pauses not counted.
///
/// # Errors
/// `bad_request` for a step that does not fit the phase, `quiz_closed` once it is over.
pub fn step(game: &Game, quiz: &Frozen, step: Step, elapsed_ms: u64) -> Result<Game, Refusal> {
    if game.phase == Phase::Ended {
        return Err(Refusal::new(Code::QuizClosed, "This session is over."));
    }
    let same = Game { elapsed_ms: game.paused.map_or(elapsed_ms, |pause| pause.elapsed_ms), ..game.clone() };
    match (step, game.phase) {
        (Step::Start, Phase::Lobby) if !game.starting && game.of > 0 => Ok(Game { starting: true, elapsed_ms: 0, ..same }),
        (Step::Open, Phase::Intro) if asked(game, quiz).is_some_and(Asked::is_answered) => Ok(enter(game, Phase::Open)),
        (Step::Close, Phase::Open) => Ok(close(&same, false)),
        (Step::Reveal, Phase::Locked) => Ok(enter(game, Phase::Votes)),
        (Step::Reveal, Phase::Votes) => Ok(enter(game, Phase::Solution)),
        (Step::Next, Phase::Intro) if is_slide(game, quiz) => Ok(next(game)),
        (Step::Next, Phase::Solution | Phase::Scoreboard) => Ok(go_on(game, quiz)),
        (Step::Skip, Phase::Intro | Phase::Open | Phase::Closing | Phase::Locked | Phase::Votes | Phase::Solution) => Ok(skip(game, quiz)),
        (Step::Void { q }, Phase::Open | Phase::Closing) if q == game.q => Ok(ask_again(game)),
        (Step::Void { q }, _) => void(&same, q),
        (Step::End, Phase::Lobby) => Ok(end(game, EndReason::Cancelled)),
        (Step::End, Phase::Podium) => Ok(end(game, EndReason::Done)),
        (Step::End, _) => Ok(enter(game, Phase::Podium)),
        (Step::Pause, phase) if phase.may_pause() && game.paused.is_none_or(|pause| pause.reason != PauseReason::Host) => {
            Ok(Game { paused: Some(Pause { reason: PauseReason::Host, elapsed_ms: same.elapsed_ms }), ..same })
        }
        (Step::Resume, _) if game.paused.is_some() => Ok(Game { paused: None, ..same }),
        (Step::Extend { ms }, Phase::Open) => extend(&same, quiz, ms),
        (Step::Lock, _) => Ok(Game { locked: true, ..same }),
        (Step::Unlock, _) => Ok(Game { locked: false, ..same }),
        (
            Step::Start
            | Step::Open
            | Step::Close
            | Step::Reveal
            | Step::Next
            | Step::Skip
            | Step::Pause
            | Step::Resume
            | Step::Extend { .. },
            _,
        ) => Err(unfit()),
    }
}

/// The game after a timer.
///
/// # Errors
/// `rev_conflict` for a timer that is not this game's, or comes before its time: the one who sent it is behind.
pub fn fire(game: &Game, quiz: &Frozen, fired: Fired, elapsed_ms: u64) -> Result<Game, Refusal> {
    let standing = matches!(fired, Fired::HostGone | Fired::GoOn | Fired::Recovered);
    if game.paused.is_some() && !standing {
        return Err(behind());
    }
    let is_due = || super::timer(game, quiz).is_some_and(|(at, due)| due == fired && elapsed_ms >= at);
    match (fired, game.phase) {
        (Fired::GetReady, Phase::Lobby) if is_due() => Ok(enter(&Game { starting: false, ..game.clone() }, Phase::Intro)),
        (Fired::Intro, Phase::Intro) if is_due() => Ok(enter(game, Phase::Open)),
        (Fired::Deadline, Phase::Open) if is_due() => Ok(close(&Game { elapsed_ms, ..game.clone() }, false)),
        (Fired::Everybody, Phase::Open) => Ok(close(&Game { elapsed_ms, ..game.clone() }, true)),
        (Fired::Drained, Phase::Closing) if elapsed_ms >= grace_ms(game) => Ok(lock(game)),
        (Fired::Reveal, Phase::Locked) if is_due() => Ok(enter(game, Phase::Votes)),
        (Fired::Solution, Phase::Votes) if is_due() => Ok(enter(game, Phase::Solution)),
        (Fired::Advance, Phase::Solution | Phase::Scoreboard) if is_due() => Ok(go_on(game, quiz)),
        (Fired::Idle, Phase::Lobby) if is_due() => Ok(end(game, EndReason::Expired)),
        (Fired::Idle, Phase::Podium) if is_due() => Ok(end(game, EndReason::Done)),
        (Fired::HostGone, phase) if phase.is_played() => Ok(enter(game, Phase::Podium)),
        (Fired::Recovered, Phase::Intro | Phase::Open | Phase::Closing) if game.paused.is_none() => {
            Ok(Game { paused: Some(Pause { reason: PauseReason::Recovered, elapsed_ms }), elapsed_ms, ..game.clone() })
        }
        (Fired::GoOn, _) => match game.paused {
            Some(pause) if pause.reason == PauseReason::Recovered => {
                Ok(Game { paused: None, elapsed_ms: pause.elapsed_ms, ..game.clone() })
            }
            _ => Err(behind()),
        },
        (
            Fired::GetReady
            | Fired::Intro
            | Fired::Deadline
            | Fired::Everybody
            | Fired::Drained
            | Fired::Reveal
            | Fired::Solution
            | Fired::Advance
            | Fired::Idle
            | Fired::HostGone
            | Fired::Recovered,
            _,
        ) => Err(behind()),
    }
}

impl Phase {
    /// Whether a host can let it stand still.
    #[must_use]
    pub fn may_pause(self) -> bool {
        matches!(self, Self::Intro | Self::Open | Self::Votes | Self::Solution | Self::Scoreboard)
    }

    /// Whether a question is at hand: neither before nor after the game.
    #[must_use]
    pub fn is_played(self) -> bool {
        !matches!(self, Self::Lobby | Self::Podium | Self::Ended)
    }

    /// Whether the solution of the present question may be known.
    #[must_use]
    pub fn is_solved(self) -> bool {
        matches!(self, Self::Solution | Self::Scoreboard | Self::Podium | Self::Ended)
    }
}

/// The present question, in the phases that have one.
#[must_use]
pub fn asked<'a>(game: &Game, quiz: &'a Frozen) -> Option<&'a Asked> {
    quiz.questions.get(usize::try_from(game.q).ok()?).filter(|_| game.phase.is_played())
}

pub(super) fn is_slide(game: &Game, quiz: &Frozen) -> bool {
    asked(game, quiz).is_some_and(|asked| !asked.is_answered())
}

/// A phase begins: its time from nothing, and no pause lasts into it.
fn enter(game: &Game, phase: Phase) -> Game {
    let asked_anew = phase == Phase::Intro;
    Game {
        phase,
        paused: None,
        elapsed_ms: 0,
        starting: false,
        open_ms: if asked_anew { 0 } else { game.open_ms },
        extend_ms: if asked_anew { 0 } else { game.extend_ms },
        everybody: !asked_anew && game.everybody,
        ..game.clone()
    }
}

fn close(game: &Game, everybody: bool) -> Game {
    Game { open_ms: game.elapsed_ms, everybody, ..enter(game, Phase::Closing) }
}

/// No more answers: the round stands.
fn lock(game: &Game) -> Game {
    let mut locked = enter(game, Phase::Locked);
    locked.asked.push((game.q, game.round));
    locked
}

/// What follows a question whose solution was shown.
fn go_on(game: &Game, quiz: &Frozen) -> Game {
    let settings = &game.settings;
    let is_ranked = settings.mode != Mode::Survey
        && asked(game, quiz).is_some_and(Asked::is_scored)
        && !game.voided.contains(&game.q)
        && game.q + 1 < game.of;
    if game.phase == Phase::Solution && settings.scoreboard == Scoreboard::Each && is_ranked {
        return enter(game, Phase::Scoreboard);
    }
    next(game)
}

/// The next question, or the podium behind the last.
fn next(game: &Game) -> Game {
    let q = game.q + 1;
    if q < game.of { enter(&Game { q, round: 0, ..game.clone() }, Phase::Intro) } else { enter(game, Phase::Podium) }
}

fn skip(game: &Game, quiz: &Frozen) -> Game {
    let mut skipped = game.clone();
    if !is_slide(game, quiz) {
        skipped.voided.insert(game.q);
    }
    next(&skipped)
}

fn ask_again(game: &Game) -> Game {
    enter(&Game { round: game.round + 1, ..game.clone() }, Phase::Intro)
}

fn void(game: &Game, q: u32) -> Result<Game, Refusal> {
    if !game.asked.iter().any(|(asked, _)| *asked == q) || game.voided.contains(&q) {
        return Err(Refusal::new(Code::BadRequest, "That question is not one that counts."));
    }
    let mut voided = game.clone();
    voided.voided.insert(q);
    Ok(voided)
}

fn extend(game: &Game, quiz: &Frozen, ms: u32) -> Result<Game, Refusal> {
    if !(1..=MAX_EXTEND_MS).contains(&ms) {
        return Err(Refusal::new(Code::BadRequest, "A question gets 1 to 60 seconds more at once."));
    }
    if asked(game, quiz).is_none_or(|asked| asked.limit_ms.is_none()) {
        return Err(Refusal::new(Code::BadRequest, "This question has no limit that could be moved."));
    }
    Ok(Game { extend_ms: game.extend_ms.saturating_add(u64::from(ms)), ..game.clone() })
}

fn end(game: &Game, reason: EndReason) -> Game {
    Game { ended: Some(reason), ..enter(game, Phase::Ended) }
}

fn unfit() -> Refusal {
    Refusal::new(Code::BadRequest, "That is not a step that can be taken now.")
}

fn behind() -> Refusal {
    Refusal::new(Code::RevConflict, "The session has moved on.")
}
