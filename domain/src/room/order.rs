//! Keeping order: mutes, slow mode, bans.

use std::time::Duration;

use allthrive_protocol::{Code, MAX_MUTE_SECONDS, MAX_SLOW_MODE_SECONDS, Refusal, UserId};

use super::people::{parts, told_twice};
use super::{Facts, Trace, below, moderator, person, place};
use crate::entry::{Leaving, Payload};
use crate::time::Micros;
use crate::unit::{Ban, Mute, Role, SlowDown, Unban, Unit};

pub(super) fn mute(facts: &mut Facts, unit: &Unit, mute: &Mute, now: Micros) -> Result<Vec<Trace>, Refusal> {
    let actor = moderator(facts, unit)?;
    if mute.seconds > MAX_MUTE_SECONDS {
        return Err(Refusal::new(Code::BadRequest, "A mute ends after 28 days at the latest."));
    }
    not_oneself(unit, mute.user)?;
    let user = person(facts, mute.user)?;
    let role = match facts.members.get(&(unit.room, mute.user)) {
        Some(member) => member.role,
        // A mute outlasts the membership; so it must be possible to end it.
        None if mute.seconds == 0 => Role::Member,
        None => return Err(Refusal::new(Code::NotFound, "This person is not a member here.")),
    };
    below(actor, role)?;
    let until = (mute.seconds > 0).then(|| now.plus(Duration::from_secs(mute.seconds.into())));
    let restriction = facts.restrictions.entry((unit.room, mute.user)).or_default();
    if until.is_none() && restriction.muted_until.is_none() {
        return Ok(Vec::new());
    }
    restriction.muted_until = until;
    let told = place(facts, unit.room, None);
    Ok(told_twice(unit.room, mute.user, told, |place| {
        let reason = mute.reason.clone().filter(|_| place.is_some());
        Payload::Muted { user: user.clone(), until, place, reason }
    }))
}

pub(super) fn slow_down(facts: &mut Facts, unit: &Unit, slow: SlowDown) -> Result<Vec<Trace>, Refusal> {
    moderator(facts, unit)?;
    if slow.seconds > MAX_SLOW_MODE_SECONDS {
        return Err(Refusal::new(Code::BadRequest, "Slow mode pauses for six hours at most."));
    }
    let Some(room) = facts.rooms.get_mut(&unit.room).filter(|room| room.slow_mode != slow.seconds) else { return Ok(Vec::new()) };
    room.slow_mode = slow.seconds;
    Ok(vec![Trace::of(unit, Payload::SlowMode { seconds: slow.seconds })])
}

/// A ban leaves its own trace, and those of the leaving if it was a member's.
pub(super) fn ban(facts: &mut Facts, unit: &Unit, ban: &Ban) -> Result<Vec<Trace>, Refusal> {
    let actor = moderator(facts, unit)?;
    not_oneself(unit, ban.user)?;
    let user = person(facts, ban.user)?;
    below(actor, facts.members.get(&(unit.room, ban.user)).map_or(Role::Member, |member| member.role))?;
    let restriction = facts.restrictions.entry((unit.room, ban.user)).or_default();
    if restriction.banned {
        return Ok(Vec::new());
    }
    restriction.banned = true;
    let mut traces = vec![Trace::of(unit, Payload::Banned { user: user.clone() })];
    traces.extend(parts(facts, unit.room, &user, Leaving::Banned, ban.reason.clone()));
    Ok(traces)
}

pub(super) fn unban(facts: &mut Facts, unit: &Unit, unban: Unban) -> Result<Vec<Trace>, Refusal> {
    moderator(facts, unit)?;
    let user = person(facts, unban.user)?;
    let Some(restriction) = facts.restrictions.get_mut(&(unit.room, unban.user)).filter(|restriction| restriction.banned) else {
        return Ok(Vec::new());
    };
    restriction.banned = false;
    Ok(vec![Trace::of(unit, Payload::Unbanned { user })])
}

fn not_oneself(unit: &Unit, user: UserId) -> Result<(), Refusal> {
    if user == unit.author { Err(Refusal::new(Code::BadRequest, "You cannot do this to yourself.")) } else { Ok(()) }
}
