//! Who may do what in a live session. [`admit`] is the only place where a unit becomes something to be written: it runs
//! under the session's lock over facts read after the lock was taken, on whichever server the unit came to.

use allthrive_protocol::quiz::live::{Measure, Role, Step};
use allthrive_protocol::quiz::view::EndReason;
use allthrive_protocol::{Code, Principal, Refusal, RoomId, UserId};

use super::answers::answered;
use super::facts::{Created, KnownLive, LiveFacts, Logged, SessionFacts};
use super::players::{be_there, change, measured, rename};
use super::unit::LiveDecision;
use super::{Author, Create, Fired, Game, LiveDeed, LiveOutcome, LiveUnit, Phase, PlayerState, fire, step};
use crate::time::Micros;

/// Decides one unit and brings the facts up to date. What is to be written stands in [`LiveFacts::changes`].
///
/// # Errors
/// The refusal; nothing is written then.
pub fn admit(facts: &mut LiveFacts, unit: &LiveUnit, now: Micros) -> LiveDecision {
    if let LiveDeed::Create(create) = &unit.deed {
        return new_session(facts, unit, create, now);
    }
    let Some(session) = facts.sessions.get(&unit.room) else { return Err(no_session()) };
    if let Some(known) = facts.known.get(&(unit.room, unit.author.id(), unit.cmid)) {
        return again(facts, session, unit, *known);
    }
    match &unit.deed {
        LiveDeed::Create(_) => Err(no_session()),
        LiveDeed::Join(join) => be_there(facts, unit, join, now),
        LiveDeed::Leave => change(facts, unit.room, person(unit.author)?, |player| player.state = PlayerState::Left),
        LiveDeed::Rename { name, skeleton } => {
            let player = playing(facts, unit)?;
            in_lobby(facts, unit.room)?;
            rename(facts, unit.room, player, name, skeleton)
        }
        LiveDeed::Time { factor } => {
            let player = playing(facts, unit)?;
            in_lobby(facts, unit.room)?;
            if !facts.sessions[&unit.room].game.settings.may_ask_for_time {
                return Err(Refusal::new(Code::Forbidden, "The host gives more time here. Ask for it."));
            }
            change(facts, unit.room, player, |player| player.factor = *factor)
        }
        LiveDeed::Answer(answer) => Ok(LiveOutcome::Answered(answered(facts, unit, answer)?)),
        LiveDeed::Step { rev, step, elapsed_ms } => {
            let needed = if matches!(step, Step::Lock | Step::Unlock) { Role::Moderator } else { Role::Cohost };
            is_host(facts, unit, needed)?;
            is_current(session, *rev)?;
            let game = self::step(&session.game, &unit.quiz, *step, *elapsed_ms)?;
            Ok(moved(facts, unit, game, step_name(*step), now))
        }
        LiveDeed::Fire { rev, term, fired, elapsed_ms } => {
            if unit.author != Author::Server || session.term != *term {
                return Ok(LiveOutcome::Fenced { term: session.term });
            }
            is_current(session, *rev)?;
            let game = fire(&session.game, &unit.quiz, *fired, *elapsed_ms)?;
            Ok(moved(facts, unit, game, fired_name(*fired), now))
        }
        LiveDeed::Measure { player, measure, skeleton } => {
            let needed = if matches!(measure, Measure::Time { .. }) { Role::Cohost } else { Role::Moderator };
            is_host(facts, unit, needed)?;
            measured(facts, unit, *player, measure, skeleton.as_deref(), now)
        }
        LiveDeed::Host { user, role } => appoint(facts, unit, *user, *role),
        LiveDeed::Claim { node, term, beat } => Ok(claim(facts, unit, (*node, *term, *beat), now)),
    }
}

/// The same write came before: it says the same again.
fn again(facts: &LiveFacts, session: &SessionFacts, unit: &LiveUnit, known: KnownLive) -> LiveDecision {
    if known.fingerprint != unit.fingerprint {
        return Err(Refusal::new(Code::CmidConflict, "This id was used for another write."));
    }
    match (known.rev, &unit.deed) {
        (Some(rev), LiveDeed::Claim { node, .. }) if session.node == Some(*node) => {
            Ok(LiveOutcome::Claimed { term: session.term, rev, game: Box::new(session.game.clone()) })
        }
        (_, LiveDeed::Claim { .. }) => Ok(LiveOutcome::Fenced { term: session.term }),
        (Some(rev), _) => Ok(LiveOutcome::Stepped { rev, at: known.at, game: Box::new(session.game.clone()), dup: true }),
        (None, LiveDeed::Measure { player, .. }) => {
            Ok(facts.players.get(&(unit.room, *player)).map_or(LiveOutcome::Done, |player| LiveOutcome::Player(player.clone())))
        }
        (None, _) => Ok(LiveOutcome::Done),
    }
}

fn new_session(facts: &mut LiveFacts, unit: &LiveUnit, create: &Create, now: Micros) -> LiveDecision {
    let Author::Person(Principal::User(owner)) = unit.author else { return Err(not_yours()) };
    if let Some(session) = facts.sessions.get(&unit.room) {
        let known = facts.known.get(&(unit.room, unit.author.id(), unit.cmid));
        return match known {
            Some(known) if known.fingerprint == unit.fingerprint => {
                Ok(LiveOutcome::Created { pin: session.pin.clone().unwrap_or_default(), rev: session.rev })
            }
            Some(_) | None => Err(Refusal::new(Code::CmidConflict, "This id was used for another write.")),
        };
    }
    let free = create.pins.iter().find(|pin| !facts.pins.contains(*pin)).cloned();
    let pin = free.ok_or_else(|| Refusal::new(Code::Overloaded, "No PIN is free just now. Try again."))?;
    if let Some(before) = create.rematch_of {
        follow(facts, unit, before, owner, now)?;
    }
    let of = u32::try_from(unit.quiz.questions.len()).unwrap_or(u32::MAX);
    let session = SessionFacts {
        conversation: create.conversation,
        rev: 0,
        term: 1,
        node: create.node,
        beat: 0,
        elapsed_ms: 0,
        answers: 0,
        numbers: 0,
        playing: 0,
        changes: 0,
        pin: Some(pin.clone()),
        game: Game::new(create.settings.clone(), of),
    };
    facts.pins.insert(pin.clone());
    facts.hosts.insert((unit.room, owner), Role::Owner);
    facts.changes.hosts.push((unit.room, owner, Some(Role::Owner)));
    facts.changes.created.push(Created { room: unit.room, owner, asked: create.clone(), quiz: unit.quiz.clone(), pin: pin.clone() });
    let game = session.game.clone();
    facts.sessions.insert(unit.room, session);
    moved(facts, unit, game, "create", now);
    Ok(LiveOutcome::Created { pin, rev: 1 })
}

/// The session before names the one that follows; a podium ends with that.
fn follow(facts: &mut LiveFacts, unit: &LiveUnit, before: RoomId, owner: UserId, now: Micros) -> Result<(), Refusal> {
    let session = facts.sessions.get(&before).ok_or_else(no_session)?;
    if !matches!(facts.hosts.get(&(before, owner)), Some(Role::Owner | Role::Cohost)) {
        return Err(not_yours());
    }
    if !matches!(session.game.phase, Phase::Podium | Phase::Ended) || session.game.rematch.is_some() {
        return Err(Refusal::new(Code::BadRequest, "A session is followed once, from its podium on."));
    }
    let ended = session.game.ended.or(Some(EndReason::Done));
    let game = Game { phase: Phase::Ended, ended, rematch: Some(unit.room), paused: None, ..session.game.clone() };
    moved(facts, &LiveUnit { room: before, ..unit.clone() }, game, "rematch", now);
    Ok(())
}

/// The game has moved: the next number.
fn moved(facts: &mut LiveFacts, unit: &LiveUnit, game: Game, kind: &'static str, now: Micros) -> LiveOutcome {
    let room = unit.room;
    let Some(session) = facts.sessions.get_mut(&room) else { return LiveOutcome::Done };
    session.rev += 1;
    session.elapsed_ms = game.elapsed_ms;
    session.game = game.clone();
    let rev = session.rev;
    let (author, q, round) = (unit.author.id(), game.q, game.round);
    let logged = Logged { room, rev, kind, author, cmid: unit.cmid, fingerprint: unit.fingerprint, q, round };
    facts.known.insert((room, author, unit.cmid), KnownLive { rev: Some(rev), at: now, fingerprint: unit.fingerprint });
    facts.changes.steps.push(logged);
    facts.changes.sessions.insert(room);
    LiveOutcome::Stepped { rev, at: now, game: Box::new(game), dup: false }
}

fn appoint(facts: &mut LiveFacts, unit: &LiveUnit, user: UserId, role: Option<Role>) -> LiveDecision {
    let Author::Person(Principal::User(owner)) = unit.author else { return Err(not_yours()) };
    if facts.hosts.get(&(unit.room, owner)) != Some(&Role::Owner) {
        return Err(not_yours());
    }
    if user == owner || !matches!(role, None | Some(Role::Cohost | Role::Moderator)) {
        return Err(Refusal::new(Code::BadRequest, "Somebody else becomes a cohost or a moderator."));
    }
    let before = match role {
        Some(role) => facts.hosts.insert((unit.room, user), role),
        None => facts.hosts.remove(&(unit.room, user)),
    };
    if before != role {
        facts.changes.hosts.push((unit.room, user, role));
    }
    Ok(LiveOutcome::Done)
}

/// Another server keeps the session: a question that was open stands still for a moment.
fn claim(facts: &mut LiveFacts, unit: &LiveUnit, (node, term, beat): (uuid::Uuid, u64, u64), now: Micros) -> LiveOutcome {
    let Some(session) = facts.sessions.get_mut(&unit.room) else { return LiveOutcome::Done };
    if (session.term, session.beat) != (term, beat) {
        return LiveOutcome::Fenced { term: session.term };
    }
    session.term += 1;
    session.node = Some(node);
    let (term, elapsed_ms) = (session.term, session.elapsed_ms);
    facts.changes.sessions.insert(unit.room);
    let recovered = fire(&session.game, &unit.quiz, Fired::Recovered, elapsed_ms);
    if let Ok(game) = recovered {
        moved(facts, unit, game, fired_name(Fired::Recovered), now);
    }
    let session = &facts.sessions[&unit.room];
    LiveOutcome::Claimed { term, rev: session.rev, game: Box::new(session.game.clone()) }
}

pub(super) fn person(author: Author) -> Result<Principal, Refusal> {
    match author {
        Author::Person(principal) => Ok(principal),
        Author::Server => Err(not_yours()),
    }
}

/// The author, if it plays.
fn playing(facts: &LiveFacts, unit: &LiveUnit) -> Result<Principal, Refusal> {
    let who = person(unit.author)?;
    let plays = facts.players.get(&(unit.room, who)).is_some_and(|player| player.state == PlayerState::Active);
    if plays { Ok(who) } else { Err(Refusal::new(Code::NotSubscribed, "Join the quiz first.")) }
}

fn in_lobby(facts: &LiveFacts, room: RoomId) -> Result<(), Refusal> {
    if facts.sessions[&room].game.phase == Phase::Lobby {
        return Ok(());
    }
    Err(Refusal::new(Code::BadRequest, "That can be changed before the game begins."))
}

fn is_host(facts: &LiveFacts, unit: &LiveUnit, needed: Role) -> Result<(), Refusal> {
    let Author::Person(Principal::User(user)) = unit.author else { return Err(not_yours()) };
    match (facts.hosts.get(&(unit.room, user)), needed) {
        (Some(Role::Owner | Role::Cohost), _) | (Some(Role::Moderator), Role::Moderator) => Ok(()),
        _ => Err(not_yours()),
    }
}

fn is_current(session: &SessionFacts, rev: u64) -> Result<(), Refusal> {
    if session.rev == rev { Ok(()) } else { Err(Refusal::new(Code::RevConflict, "The session has moved on.")) }
}

pub(super) fn no_session() -> Refusal {
    Refusal::new(Code::NotFound, "There is no such session.")
}

pub(super) fn over() -> Refusal {
    Refusal::new(Code::QuizClosed, "This session is over.")
}

pub(super) fn not_yours() -> Refusal {
    Refusal::new(Code::Forbidden, "That is for the hosts of this quiz.")
}

pub(super) fn taken() -> Refusal {
    Refusal::new(Code::BadRequest, "Somebody here has that name. Take another one.")
}

/// A step's name on the wire.
fn step_name(step: Step) -> &'static str {
    match step {
        Step::Start => "start",
        Step::Open => "open",
        Step::Close => "close",
        Step::Reveal => "reveal",
        Step::Next => "next",
        Step::Skip => "skip",
        Step::Void { .. } => "void",
        Step::End => "end",
        Step::Pause => "pause",
        Step::Resume => "resume",
        Step::Extend { .. } => "extend",
        Step::Lock => "lock",
        Step::Unlock => "unlock",
    }
}

/// A timer's name in the log.
fn fired_name(fired: Fired) -> &'static str {
    match fired {
        Fired::GetReady => "fired.get_ready",
        Fired::Intro => "fired.intro",
        Fired::Deadline => "fired.deadline",
        Fired::Everybody => "fired.everybody",
        Fired::Drained => "fired.drained",
        Fired::Reveal => "fired.reveal",
        Fired::Solution => "fired.solution",
        Fired::Advance => "fired.advance",
        Fired::Idle => "fired.idle",
        Fired::HostGone => "fired.host_gone",
        Fired::Recovered => "fired.recovered",
        Fired::GoOn => "fired.go_on",
    }
}
