//! Messages and reactions: who may say, change, take back and react.

use std::time::Duration;

use allthrive_protocol::{Code, MAX_REACTIONS, Refusal, Seq};

use super::{Facts, MemberFacts, MessageFacts, Trace, below, standing};
use crate::entry::Payload;
use crate::time::Micros;
use crate::unit::{Delete, Edit, Kind, React, Role, Speak, Unit};

pub(super) fn speak(facts: &mut Facts, unit: &Unit, speak: &Speak, now: Micros) -> Result<Vec<Trace>, Refusal> {
    let member = may_write(facts, unit, now)?;
    let pause = facts.rooms.get(&unit.room).map_or(0, |room| room.slow_mode);
    if pause > 0 && member.role < Role::Moderator {
        let next = member.spoke_at.plus(Duration::from_secs(pause.into()));
        if now < next {
            let refusal = Refusal::new(Code::SlowMode, "This room is in slow mode. Wait a moment before you write again.");
            return Err(refusal.after(next.since(now)));
        }
    }
    if let Some(target) = speak.reply_to
        && visible(facts, unit, member, target).is_none()
    {
        return Err(Refusal::new(Code::BadRequest, "The message you answer is not in this room."));
    }
    if pause > 0 {
        facts.members.insert((unit.room, unit.author), MemberFacts { spoke_at: now, ..member });
    }
    Ok(vec![Trace::of(unit, Payload::Message { body: Some(speak.body.clone()), reply_to: speak.reply_to, rev: 1 })])
}

pub(super) fn edit(facts: &mut Facts, unit: &Unit, edit: &Edit, now: Micros) -> Result<Vec<Trace>, Refusal> {
    let member = may_write(facts, unit, now)?;
    let message = visible(facts, unit, member, edit.target).filter(|message| !message.deleted).ok_or_else(no_message)?;
    if message.author != unit.author {
        return Err(Refusal::new(Code::Forbidden, "Only the author can change a message."));
    }
    if message.rev != edit.rev {
        return Err(Refusal::new(Code::RevConflict, "This message was changed elsewhere. Look at it again first."));
    }
    let rev = message.rev.saturating_add(1);
    facts.messages.insert((unit.room, edit.target), MessageFacts { rev, ..message });
    Ok(vec![Trace::of(unit, Payload::Edited { target: edit.target, body: Some(edit.body.clone()), rev })])
}

pub(super) fn delete(facts: &mut Facts, unit: &Unit, delete: Delete) -> Result<Vec<Trace>, Refusal> {
    let member = standing(facts, unit)?;
    let message = visible(facts, unit, member, delete.target).ok_or_else(no_message)?;
    if message.author != unit.author {
        let direct = facts.rooms.get(&unit.room).is_some_and(|room| room.kind == Kind::Direct);
        if direct || member.role < Role::Moderator {
            return Err(Refusal::new(Code::Forbidden, "Only its author or a moderator can delete a message."));
        }
        // Who has left has no role any more.
        below(member, facts.members.get(&(unit.room, message.author)).map_or(Role::Member, |author| author.role))?;
    }
    if message.deleted {
        return Ok(Vec::new());
    }
    facts.messages.insert((unit.room, delete.target), MessageFacts { deleted: true, ..message });
    facts.reactions.remove(&(unit.room, delete.target));
    facts.reacted.retain(|(room, seq, ..)| (*room, *seq) != (unit.room, delete.target));
    Ok(vec![Trace::of(unit, Payload::Deleted { target: delete.target })])
}

pub(super) fn react(facts: &mut Facts, unit: &Unit, react: &React, now: Micros) -> Result<Vec<Trace>, Refusal> {
    let member = may_write(facts, unit, now)?;
    visible(facts, unit, member, react.target).filter(|message| !message.deleted).ok_or_else(no_message)?;
    let own = (unit.room, react.target, unit.author, react.emoji.clone());
    if facts.reacted.contains(&own) == react.on {
        return Ok(Vec::new());
    }
    let counts = facts.reactions.entry((unit.room, react.target)).or_default();
    if react.on {
        if counts.len() >= MAX_REACTIONS && !counts.contains_key(&react.emoji) {
            return Err(Refusal::new(Code::TooLarge, format!("A message takes at most {MAX_REACTIONS} different reactions.")));
        }
        *counts.entry(react.emoji.clone()).or_default() += 1;
        facts.reacted.insert(own);
    } else {
        facts.reacted.remove(&own);
        if let Some(count) = counts.get_mut(&react.emoji) {
            *count = count.saturating_sub(1);
        }
        counts.retain(|_, count| *count > 0);
    }
    Ok(vec![Trace::of(unit, Payload::Reacted { target: react.target, emoji: react.emoji.clone(), on: react.on })])
}

/// A member whom nobody has muted.
fn may_write(facts: &Facts, unit: &Unit, now: Micros) -> Result<MemberFacts, Refusal> {
    let member = standing(facts, unit)?;
    unmuted(facts.restrictions.get(&(unit.room, unit.author)).and_then(|restriction| restriction.muted_until), now)?;
    Ok(member)
}

/// Whether whoever is muted until then may write now, or say that they do.
///
/// # Errors
/// `muted`, with the time that is left.
pub fn unmuted(until: Option<Micros>, now: Micros) -> Result<(), Refusal> {
    match until {
        Some(until) if now < until => Err(Refusal::new(Code::Muted, "You cannot write in this room for now.").after(until.since(now))),
        Some(_) | None => Ok(()),
    }
}

/// A message that this member may see.
fn visible(facts: &Facts, unit: &Unit, member: MemberFacts, target: Seq) -> Option<MessageFacts> {
    facts.messages.get(&(unit.room, target)).copied().filter(|_| target >= member.from_seq)
}

fn no_message() -> Refusal {
    Refusal::new(Code::NotFound, "There is no such message.")
}
