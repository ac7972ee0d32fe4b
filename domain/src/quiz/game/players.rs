//! Who plays in a live session, under which name, and what hosts do about it.

use allthrive_protocol::quiz::live::{Admits, Measure};
use allthrive_protocol::{Code, Principal, Refusal, RoomId};

use super::admit::{no_session, not_yours, over, person, taken};
use super::facts::{KnownLive, LiveFacts, Logged};
use super::unit::LiveDecision;
use super::{Join, LiveOutcome, LiveUnit, Phase, Player, PlayerState};
use crate::time::Micros;

pub(super) fn be_there(facts: &mut LiveFacts, unit: &LiveUnit, join: &Join, now: Micros) -> LiveDecision {
    let who = person(unit.author)?;
    let session = &facts.sessions[&unit.room];
    let game = &session.game;
    if game.phase == Phase::Ended {
        return Err(over());
    }
    let before = facts.players.get(&(unit.room, who)).cloned();
    match before.as_ref().map(|player| player.state) {
        Some(PlayerState::Active) => return Ok(LiveOutcome::Joined(before.ok_or_else(no_session)?)),
        Some(PlayerState::Banned) => return Err(Refusal::new(Code::Forbidden, "You were taken out of this quiz.")),
        Some(PlayerState::Kicked) if join.names.is_empty() => {
            return Err(Refusal::new(Code::Forbidden, "You were taken out of this quiz. You may join again under another name."));
        }
        Some(PlayerState::Left | PlayerState::Kicked) | None => {}
    }
    if matches!(who, Principal::Screen(_)) {
        return Err(not_yours());
    }
    if before.is_none() {
        may_be_new(facts, unit.room, who)?;
        if join.names.is_empty() {
            return Err(Refusal::new(Code::BadRequest, "Say under which name you play."));
        }
    }
    // Who comes back finds the own name again, if nobody else has taken it meanwhile.
    let own = before.as_ref().filter(|player| player.state == PlayerState::Left);
    let own = own.map(|player| (player.name.clone(), player.skeleton.clone()));
    let is_free = |(_, skeleton): &&(String, String)| facts.names.get(&(unit.room, skeleton.clone())).is_none_or(|holder| *holder == who);
    let (name, skeleton) = own.iter().chain(&join.names).find(is_free).cloned().ok_or_else(taken)?;
    let team = team(facts, unit.room, before.as_ref().and_then(|player| player.team).or(join.team))?;
    let session = facts.sessions.get_mut(&unit.room).ok_or_else(no_session)?;
    session.playing += 1;
    let player = match before {
        Some(before) => Player { name, skeleton, team, state: PlayerState::Active, ..before },
        None => {
            session.numbers += 1;
            Player {
                player: who,
                no: session.numbers,
                name,
                skeleton,
                team,
                factor: Default::default(),
                state: PlayerState::Active,
                joined_at: now,
                joined_q: session.game.q,
                change: 0,
            }
        }
    };
    Ok(LiveOutcome::Joined(keep(facts, unit.room, player)))
}

/// Whether somebody who was never here may join now.
fn may_be_new(facts: &LiveFacts, room: RoomId, who: Principal) -> Result<(), Refusal> {
    let session = &facts.sessions[&room];
    let settings = &session.game.settings;
    if session.game.locked {
        return Err(Refusal::new(Code::Forbidden, "The host has locked this quiz. Nobody new can join."));
    }
    if session.game.phase == Phase::Podium {
        return Err(over());
    }
    if session.playing >= settings.most_players {
        return Err(Refusal::new(Code::Forbidden, "This quiz is full."));
    }
    let account = if let Principal::User(user) = who { Some(user) } else { None };
    match settings.admits {
        Admits::Anyone => Ok(()),
        Admits::Accounts if account.is_some() => Ok(()),
        Admits::Members if account.is_some_and(|user| facts.members.contains(&(room, user))) => Ok(()),
        Admits::Accounts => Err(Refusal::new(Code::Forbidden, "This quiz is for people with an account. Sign in first.")),
        Admits::Members => Err(Refusal::new(Code::Forbidden, "This quiz is for the members of its conversation.")),
    }
}

/// The chosen team, or the smallest; none where there are none.
fn team(facts: &mut LiveFacts, room: RoomId, chosen: Option<u32>) -> Result<Option<u32>, Refusal> {
    let teams = u32::try_from(facts.sessions[&room].game.settings.teams.len()).unwrap_or(0);
    let team = match chosen {
        _ if teams == 0 => return Ok(None),
        Some(team) if team < teams => team,
        Some(_) => return Err(Refusal::new(Code::BadRequest, "There is no such team.")),
        None => (0..teams).min_by_key(|team| facts.teams.get(&(room, *team)).copied().unwrap_or(0)).unwrap_or(0),
    };
    *facts.teams.entry((room, team)).or_default() += 1;
    Ok(Some(team))
}

/// Puts a player that is new or has changed where it belongs.
fn keep(facts: &mut LiveFacts, room: RoomId, mut player: Player) -> Player {
    if let Some(session) = facts.sessions.get_mut(&room) {
        session.changes += 1;
        player.change = session.changes;
    }
    facts.names.retain(|(of, _), holder| *of != room || *holder != player.player);
    if player.state == PlayerState::Active {
        facts.names.insert((room, player.skeleton.clone()), player.player);
    }
    facts.players.insert((room, player.player), player.clone());
    facts.changes.players.insert((room, player.player));
    facts.changes.sessions.insert(room);
    player
}

/// Changes a player, if that changes anything. Who is none is told nothing about it.
pub(super) fn change(facts: &mut LiveFacts, room: RoomId, who: Principal, with: impl FnOnce(&mut Player)) -> LiveDecision {
    let Some(before) = facts.players.get(&(room, who)) else { return Ok(LiveOutcome::Done) };
    let mut player = before.clone();
    with(&mut player);
    // Who is out already stays as it is: a ban is not undone by leaving.
    if player == *before || (before.state != PlayerState::Active && player.state == PlayerState::Left) {
        return Ok(LiveOutcome::Player(before.clone()));
    }
    let (was, is) = (before.state == PlayerState::Active, player.state == PlayerState::Active);
    if was && !is {
        if let Some(session) = facts.sessions.get_mut(&room) {
            session.playing = session.playing.saturating_sub(1);
        }
        if let Some(team) = player.team {
            facts.teams.entry((room, team)).and_modify(|count| *count = count.saturating_sub(1));
        }
    }
    Ok(LiveOutcome::Player(keep(facts, room, player)))
}

pub(super) fn rename(facts: &mut LiveFacts, room: RoomId, who: Principal, name: &str, skeleton: &str) -> LiveDecision {
    if facts.names.get(&(room, skeleton.to_owned())).is_some_and(|holder| *holder != who) {
        return Err(taken());
    }
    change(facts, room, who, |player| {
        name.clone_into(&mut player.name);
        skeleton.clone_into(&mut player.skeleton);
    })
}

pub(super) fn measured(
    facts: &mut LiveFacts,
    unit: &LiveUnit,
    who: Principal,
    measure: &Measure,
    skeleton: Option<&str>,
    now: Micros,
) -> LiveDecision {
    if !facts.players.contains_key(&(unit.room, who)) {
        return Err(Refusal::new(Code::NotFound, "There is no such player."));
    }
    let out = |player: &mut Player, state| {
        // A ban is not softened by a kick that comes later.
        if player.state != PlayerState::Banned {
            player.state = state;
        }
    };
    let outcome = match measure {
        Measure::Kick => change(facts, unit.room, who, |player| out(player, PlayerState::Kicked)),
        Measure::Ban => change(facts, unit.room, who, |player| out(player, PlayerState::Banned)),
        Measure::Rename { name } => rename(facts, unit.room, who, name, skeleton.unwrap_or(name)),
        Measure::Time { factor } => {
            if matches!(facts.sessions[&unit.room].game.phase, Phase::Open | Phase::Closing) {
                return Err(Refusal::new(Code::BadRequest, "More time is given between questions."));
            }
            change(facts, unit.room, who, |player| player.factor = *factor)
        }
    }?;
    let (author, game) = (unit.author.id(), &facts.sessions[&unit.room].game);
    let kind = match measure {
        Measure::Kick => "kick",
        Measure::Ban => "ban",
        Measure::Rename { .. } => "rename",
        Measure::Time { .. } => "time",
    };
    let (room, cmid, fingerprint) = (unit.room, unit.cmid, unit.fingerprint);
    facts.changes.marks.push(Logged { room, rev: 0, kind, author, cmid, fingerprint, q: game.q, round: game.round });
    facts.known.insert((room, author, cmid), KnownLive { rev: None, at: now, fingerprint });
    Ok(outcome)
}
