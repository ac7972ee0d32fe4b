//! What each role is shown of a session, in each phase: a function of where the game stands and of what is known beside.
//!
//! The key of a question is read in two places here: in what hosts are shown, and in [`solution`], which is built in the
//! phase of that name alone. What players and screens are shown before does not depend on it.

use allthrive_protocol::quiz::board::{Ended, Line, Podium, ScoreboardShown, TeamLine};
use allthrive_protocol::quiz::live::{Factor, Mode};
use allthrive_protocol::quiz::phase::{
    Closed, Door, Flags, Head, HostClosed, HostIntro, HostLobby, HostOpen, HostVotes, Intro, Open, Paused, PlayerLobby, ScreenLobby,
    SolutionShown, Votes, VotesShown,
};
use allthrive_protocol::quiz::view::{EndReason, HostView, PauseReason, PlayerView, ScreenView};

use super::{GET_READY_MS, Game, Phase, Standing, VOTES_MS, asked, own_deadline_ms};
use crate::quiz::freeze::{Asked, Frozen};
use crate::quiz::rank::Ranked;

/// Most names in the lobby.
pub const MAX_NAMES: usize = 60;
/// So many lines has a scoreboard, and so many at most if more tie with the last.
const TOP: (usize, usize) = (5, 10);

/// All that a view is made of.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// Where the game stands.
    pub game: &'a Game,
    /// Its questions.
    pub quiz: &'a Frozen,
    /// How to join.
    pub door: &'a Door,
    /// How many play now.
    pub players: u32,
    /// The names of those who came last, the latest first; [`MAX_NAMES`] are shown.
    pub names: &'a [String],
    /// What was answered of the present question and round.
    pub votes: &'a Votes,
    /// Where everybody stands.
    pub standing: &'a Standing,
    /// How long the phase has lasted, pauses not counted.
    pub elapsed_ms: u64,
    /// Nothing can be stored just now.
    pub paused_store: bool,
    /// No host has been here for a while.
    pub host_away: bool,
    /// How many have more time.
    pub with_more_time: u32,
}

/// What a player is shown.
#[must_use]
pub fn player(sight: &Sight<'_>) -> PlayerView {
    match (sight.game.phase, asked(sight.game, sight.quiz)) {
        (Phase::Lobby, _) => PlayerView::Lobby(player_lobby(sight)),
        (Phase::Intro, Some(asked)) => PlayerView::Intro(intro(sight, asked, None)),
        (Phase::Open, Some(asked)) => PlayerView::Open(open(sight, asked, None)),
        (Phase::Closing, Some(asked)) => PlayerView::Closing(closed(sight, asked, None)),
        (Phase::Locked, Some(asked)) => PlayerView::Locked(closed(sight, asked, None)),
        (Phase::Votes, Some(asked)) => PlayerView::Votes(votes_shown(sight, asked, None)),
        (Phase::Solution, Some(asked)) => PlayerView::Solution(solution(sight, asked, None)),
        (Phase::Scoreboard, _) => PlayerView::Scoreboard(scoreboard(sight)),
        (Phase::Podium, _) => PlayerView::Podium(podium(sight)),
        // A phase of a question has one.
        (Phase::Intro | Phase::Open | Phase::Closing | Phase::Locked | Phase::Votes | Phase::Solution, None) | (Phase::Ended, _) => {
            PlayerView::Ended(ended(sight))
        }
    }
}

/// What a screen and a moderator are shown: the PIN, too.
#[must_use]
pub fn screen(sight: &Sight<'_>) -> ScreenView {
    let pin = Some(sight.door.pin.as_str());
    match (sight.game.phase, asked(sight.game, sight.quiz)) {
        (Phase::Lobby, _) => ScreenView::Lobby(screen_lobby(sight)),
        (Phase::Intro, Some(asked)) => ScreenView::Intro(intro(sight, asked, pin)),
        (Phase::Open, Some(asked)) => ScreenView::Open(open(sight, asked, pin)),
        (Phase::Closing, Some(asked)) => ScreenView::Closing(closed(sight, asked, pin)),
        (Phase::Locked, Some(asked)) => ScreenView::Locked(closed(sight, asked, pin)),
        (Phase::Votes, Some(asked)) => ScreenView::Votes(votes_shown(sight, asked, pin)),
        (Phase::Solution, Some(asked)) => ScreenView::Solution(solution(sight, asked, pin)),
        (Phase::Scoreboard, _) => ScreenView::Scoreboard(scoreboard(sight)),
        (Phase::Podium, _) => ScreenView::Podium(podium(sight)),
        (Phase::Intro | Phase::Open | Phase::Closing | Phase::Locked | Phase::Votes | Phase::Solution, None) | (Phase::Ended, _) => {
            ScreenView::Ended(ended(sight))
        }
    }
}

/// What an owner and a cohost are shown: the key from the first moment of a question, and the options in a pause.
#[must_use]
pub fn host(sight: &Sight<'_>) -> HostView {
    let pin = Some(sight.door.pin.as_str());
    match (sight.game.phase, asked(sight.game, sight.quiz)) {
        (Phase::Lobby, _) => HostView::Lobby(HostLobby {
            screen: screen_lobby(sight),
            settings: sight.game.settings.clone(),
            with_more_time: sight.with_more_time,
        }),
        (Phase::Intro, Some(asked)) => HostView::Intro(HostIntro {
            intro: intro(sight, asked, pin),
            form: asked.form.clone(),
            key: asked.key.solution(),
            notes: asked.notes.clone(),
            explanation: asked.explanation.clone(),
        }),
        (Phase::Open, Some(asked)) => HostView::Open(HostOpen {
            open: Open { form: Some(asked.form.clone()), ..open(sight, asked, pin) },
            key: asked.key.solution(),
            notes: asked.notes.clone(),
        }),
        (Phase::Closing, Some(asked)) => HostView::Closing(host_closed(sight, asked, pin)),
        (Phase::Locked, Some(asked)) => HostView::Locked(host_closed(sight, asked, pin)),
        (Phase::Votes, Some(asked)) => HostView::Votes(HostVotes { shown: votes_shown(sight, asked, pin), key: asked.key.solution() }),
        (Phase::Solution, Some(asked)) => HostView::Solution(solution(sight, asked, pin)),
        (Phase::Scoreboard, _) => HostView::Scoreboard(scoreboard(sight)),
        (Phase::Podium, _) => HostView::Podium(podium(sight)),
        (Phase::Intro | Phase::Open | Phase::Closing | Phase::Locked | Phase::Votes | Phase::Solution, None) | (Phase::Ended, _) => {
            HostView::Ended(ended(sight))
        }
    }
}

fn player_lobby(sight: &Sight<'_>) -> PlayerLobby {
    let settings = &sight.game.settings;
    PlayerLobby {
        title: sight.quiz.title.clone(),
        mode: settings.mode,
        of: sight.game.of,
        players: sight.players,
        teams: settings.teams.clone(),
        may_ask_for_time: settings.may_ask_for_time,
        starts_in_ms: left_ms(sight),
        flags: flags(sight),
    }
}

fn screen_lobby(sight: &Sight<'_>) -> ScreenLobby {
    let settings = &sight.game.settings;
    ScreenLobby {
        title: sight.quiz.title.clone(),
        mode: settings.mode,
        of: sight.game.of,
        door: sight.door.clone(),
        players: sight.players,
        names: sight.names.iter().take(MAX_NAMES).cloned().collect(),
        teams: settings.teams.clone(),
        starts_in_ms: left_ms(sight),
        flags: flags(sight),
    }
}

fn head(sight: &Sight<'_>, asked: &Asked, pin: Option<&str>) -> Head {
    let game = sight.game;
    Head {
        q: game.q,
        round: game.round,
        of: game.of,
        kind: asked.kind.clone(),
        stem: asked.stem.clone(),
        image: asked.image.clone(),
        hint: asked.hint.clone(),
        points: if game.settings.mode == Mode::Survey { 0 } else { asked.points },
        limit_ms: asked.limit_ms,
        language: sight.quiz.language.clone(),
        pin: pin.map(str::to_owned),
    }
}

fn intro(sight: &Sight<'_>, asked: &Asked, pin: Option<&str>) -> Intro {
    Intro { head: head(sight, asked, pin), opens_in_ms: left_ms(sight), flags: flags(sight) }
}

/// While it stands still the options are hidden: nobody is given time to think.
fn open(sight: &Sight<'_>, asked: &Asked, pin: Option<&str>) -> Open {
    let flags = flags(sight);
    Open {
        head: head(sight, asked, pin),
        form: flags.paused.is_none().then(|| asked.form.clone()),
        closes_in_ms: left_ms(sight),
        may_change: sight.game.settings.may_change,
        flags,
    }
}

fn closed(sight: &Sight<'_>, asked: &Asked, pin: Option<&str>) -> Closed {
    Closed { head: head(sight, asked, pin), form: asked.form.clone(), flags: flags(sight) }
}

fn host_closed(sight: &Sight<'_>, asked: &Asked, pin: Option<&str>) -> HostClosed {
    HostClosed { closed: closed(sight, asked, pin), key: asked.key.solution(), votes: sight.votes.clone() }
}

fn votes_shown(sight: &Sight<'_>, asked: &Asked, pin: Option<&str>) -> VotesShown {
    VotesShown { head: head(sight, asked, pin), form: asked.form.clone(), votes: sight.votes.clone(), flags: flags(sight) }
}

fn solution(sight: &Sight<'_>, asked: &Asked, pin: Option<&str>) -> SolutionShown {
    SolutionShown {
        head: head(sight, asked, pin),
        form: asked.form.clone(),
        votes: sight.votes.clone(),
        solution: asked.key.solution(),
        explanation: asked.explanation.clone(),
        voided: sight.game.voided.contains(&sight.game.q),
        goes_on_in_ms: left_ms(sight),
        flags: flags(sight),
    }
}

fn scoreboard(sight: &Sight<'_>) -> ScoreboardShown {
    let board = sight.standing.board(sight.game);
    ScoreboardShown {
        q: sight.game.q,
        of: sight.game.of,
        top: board.top(TOP.0, TOP.1).iter().map(line).collect(),
        teams: team_lines(sight),
        players: count(board.lines.len()),
        goes_on_in_ms: left_ms(sight),
        flags: flags(sight),
    }
}

fn podium(sight: &Sight<'_>) -> Podium {
    let board = sight.standing.board(sight.game);
    let ranked = !board.lines.is_empty();
    let steps = board.podium().into_iter().map(|step| step.iter().map(line).collect());
    Podium {
        title: sight.quiz.title.clone(),
        steps: if ranked { steps.collect() } else { Vec::new() },
        teams: team_lines(sight),
        players: count(board.lines.len()),
        ranked,
        flags: flags(sight),
    }
}

fn ended(sight: &Sight<'_>) -> Ended {
    let game = sight.game;
    Ended { title: sight.quiz.title.clone(), reason: game.ended.unwrap_or(EndReason::Done), rematch: game.rematch }
}

fn team_lines(sight: &Sight<'_>) -> Vec<TeamLine> {
    let names = &sight.game.settings.teams;
    let named = |team: u32| Some(names.get(usize::try_from(team).ok()?)?.clone());
    let lines = sight.standing.teams(sight.game).iter();
    let line =
        lines.filter_map(|of| Some(TeamLine { rank: of.rank, team: of.team, name: named(of.team)?, total: of.total, players: of.players }));
    line.collect()
}

/// A line as it is shown.
pub(super) fn line(of: &Ranked) -> Line {
    Line { rank: of.rank, name: of.name.clone(), total: of.total, moved: of.moved, team: of.team }
}

pub(super) fn count(lines: usize) -> u32 {
    u32::try_from(lines).unwrap_or(u32::MAX)
}

/// What is stored stands before what cannot be stored just now: it holds when that is over, too.
fn flags(sight: &Sight<'_>) -> Flags {
    let stored = sight.game.paused.map(|pause| pause.reason);
    let reason = stored.or(sight.paused_store.then_some(PauseReason::Store));
    let paused = reason.map(|reason| Paused { remaining_ms: left_ms(sight), reason });
    Flags { paused, host_away: sight.host_away, locked: sight.game.locked }
}

/// How long the phase has lasted: while it stands still, as long as it had before.
pub(super) fn elapsed_ms(sight: &Sight<'_>) -> u64 {
    sight.game.paused.map_or(sight.elapsed_ms, |pause| pause.elapsed_ms)
}

/// What is left of the phase, for everybody without more time; none if it waits for somebody, or for nothing that anybody
/// but the servers would wait for.
fn left_ms(sight: &Sight<'_>) -> Option<u64> {
    let (game, settings) = (sight.game, &sight.game.settings);
    let is_slide = || asked(game, sight.quiz).is_some_and(|asked| !asked.is_answered());
    let lasts = match game.phase {
        Phase::Lobby => game.starting.then_some(GET_READY_MS),
        Phase::Intro if is_slide() => None,
        Phase::Intro => settings.intro_ms.map(u64::from),
        Phase::Open => own_deadline_ms(game, sight.quiz, Factor::Usual),
        Phase::Locked => settings.reveal_ms.map(u64::from),
        Phase::Votes => settings.reveal_ms.map(|_| VOTES_MS),
        Phase::Solution | Phase::Scoreboard => settings.advance_ms.map(u64::from),
        Phase::Closing | Phase::Podium | Phase::Ended => None,
    };
    lasts.map(|lasts| lasts.saturating_sub(elapsed_ms(sight)))
}

#[cfg(test)]
mod tests;
