//! Who is a member of a room, and as what.

use allthrive_protocol::event::Person;
use allthrive_protocol::{Code, Refusal, RoomId, UserId};

use super::{Facts, MemberFacts, RoomFacts, Trace, below, moderator, not_found, person, place, standing};
use crate::entry::{Leaving, Payload};
use crate::time::Micros;
use crate::unit::{Admit, Appoint, Kind, Open, Remove, Role, Unit};

pub(super) fn open(facts: &mut Facts, unit: &Unit, open: &Open, now: Micros) -> Result<Vec<Trace>, Refusal> {
    let author = person(facts, unit.author)?;
    if facts.rooms.contains_key(&unit.room) {
        return already_open(facts, unit, open);
    }
    let with = match (open.kind, open.with) {
        (Kind::Direct, Some(user)) if user != unit.author => Some(person(facts, user)?),
        (Kind::Direct, _) => return Err(Refusal::new(Code::BadRequest, "A direct conversation is with one other person.")),
        (Kind::Group | Kind::Room, None) => None,
        (Kind::Group | Kind::Room, Some(_)) => {
            return Err(Refusal::new(Code::BadRequest, "Add people to a group once it exists."));
        }
        (Kind::Personal, _) => return Err(Refusal::new(Code::BadRequest, "A personal room comes with its account.")),
    };
    let new = RoomFacts { kind: open.kind, title: open.title.clone(), top: 0, members: 0, slow_mode: 0 };
    facts.rooms.insert(unit.room, new);
    let first = if open.kind == Kind::Direct { Role::Member } else { Role::Owner };
    let mut traces = joins(facts, unit.room, &author, first, with.as_ref(), now);
    if let Some(with) = &with {
        traces.extend(joins(facts, unit.room, with, Role::Member, Some(&author), now));
    }
    // The new room's own entries first: the unit's answer is a number in the room it made.
    traces.sort_by_key(|trace| trace.room != unit.room);
    Ok(traces)
}

/// A direct conversation's id comes from its two people, so a second one to open it finds it there.
fn already_open(facts: &Facts, unit: &Unit, open: &Open) -> Result<Vec<Trace>, Refusal> {
    let direct = open.kind == Kind::Direct && facts.members.contains_key(&(unit.room, unit.author));
    if direct {
        // Nothing to write: the caller reads the conversation as it is.
        return Ok(Vec::new());
    }
    Err(Refusal::new(Code::CmidConflict, "This id was used for another conversation."))
}

pub(super) fn admit_member(facts: &mut Facts, unit: &Unit, admit: Admit, now: Micros) -> Result<Vec<Trace>, Refusal> {
    let room = facts.rooms.get(&unit.room).cloned().ok_or_else(not_found)?;
    let by_itself = admit.user == unit.author;
    let actor = facts.members.get(&(unit.room, unit.author)).copied();
    match (room.kind, actor) {
        (Kind::Room, None) if by_itself => {}
        (Kind::Room, None) => return Err(Refusal::new(Code::Forbidden, "Join the room before you add others.")),
        (Kind::Group | Kind::Direct, None) | (Kind::Personal, _) => return Err(not_found()),
        (Kind::Direct, Some(_)) => return Err(Refusal::new(Code::Forbidden, "A direct conversation stays between its two people.")),
        // Everybody may come to a public room by themselves; to be put somewhere is another matter.
        (Kind::Group | Kind::Room, Some(actor)) if !by_itself && actor.role < Role::Moderator => {
            return Err(Refusal::new(Code::Forbidden, "Only moderators add others."));
        }
        (Kind::Group | Kind::Room, Some(_)) => {}
    }
    person(facts, unit.author)?;
    let user = person(facts, admit.user)?;
    if facts.members.contains_key(&(unit.room, admit.user)) {
        return Ok(Vec::new());
    }
    if facts.restrictions.get(&(unit.room, admit.user)).is_some_and(|restriction| restriction.banned) {
        let sentence = if by_itself { "You cannot join this room." } else { "This person is banned here. Lift the ban first." };
        return Err(Refusal::new(Code::Forbidden, sentence));
    }
    // Whoever comes to a public room that everybody has left owns it: somebody must be able to keep order.
    let role = if room.members == 0 { Role::Owner } else { Role::Member };
    Ok(joins(facts, unit.room, &user, role, None, now))
}

pub(super) fn leave(facts: &mut Facts, unit: &Unit) -> Result<Vec<Trace>, Refusal> {
    let known = facts.rooms.get(&unit.room).filter(|room| room.kind != Kind::Personal).cloned().ok_or_else(not_found)?;
    let member = standing(facts, unit)?;
    if known.kind == Kind::Direct {
        return Err(Refusal::new(Code::Forbidden, "A direct conversation stays between its two people."));
    }
    if member.role == Role::Owner && known.members > 1 {
        return Err(Refusal::new(Code::Forbidden, "Make somebody else the owner before you leave."));
    }
    let user = person(facts, unit.author)?;
    Ok(parts(facts, unit.room, &user, Leaving::Left, None))
}

pub(super) fn remove(facts: &mut Facts, unit: &Unit, remove: &Remove) -> Result<Vec<Trace>, Refusal> {
    let actor = moderator(facts, unit)?;
    let user = person(facts, remove.user)?;
    let Some(member) = facts.members.get(&(unit.room, remove.user)) else { return Ok(Vec::new()) };
    below(actor, member.role)?;
    Ok(parts(facts, unit.room, &user, Leaving::Removed, remove.reason.clone()))
}

pub(super) fn appoint(facts: &mut Facts, unit: &Unit, appoint: Appoint) -> Result<Vec<Trace>, Refusal> {
    let actor = moderator(facts, unit)?;
    if actor.role != Role::Owner {
        return Err(Refusal::new(Code::Forbidden, "Only the owner gives roles."));
    }
    if appoint.user == unit.author {
        return Err(Refusal::new(Code::BadRequest, "Make somebody else the owner instead."));
    }
    let user = person(facts, appoint.user)?;
    let member = facts.members.get(&(unit.room, appoint.user)).copied();
    let member = member.ok_or_else(|| Refusal::new(Code::NotFound, "This person is not a member here."))?;
    if member.role == appoint.role {
        return Ok(Vec::new());
    }
    let mut traces = gets_role(facts, unit.room, &user, member, appoint.role);
    if appoint.role == Role::Owner {
        let author = person(facts, unit.author)?;
        traces.extend(gets_role(facts, unit.room, &author, actor, Role::Moderator));
        traces.sort_by_key(|trace| trace.room != unit.room);
    }
    Ok(traces)
}

/// The two traces of a new member: in the room and in the member's personal room.
fn joins(facts: &mut Facts, room: RoomId, user: &Person, role: Role, with: Option<&Person>, now: Micros) -> Vec<Trace> {
    let Some(known) = facts.rooms.get_mut(&room) else { return Vec::new() };
    known.members += 1;
    // A group shows nothing from before; its own entry is the first that a new member sees.
    let from_seq = if known.kind == Kind::Group { known.top + 1 } else { 0 };
    facts.members.insert((room, user.id), MemberFacts { role, from_seq, spoke_at: now });
    let told = place(facts, room, with);
    told_twice(room, user.id, told, |place| Payload::Joined { user: user.clone(), role, place })
}

/// The two traces of somebody who is a member no more.
pub(super) fn parts(facts: &mut Facts, room: RoomId, user: &Person, how: Leaving, reason: Option<String>) -> Vec<Trace> {
    if facts.members.remove(&(room, user.id)).is_none() {
        return Vec::new();
    }
    if let Some(known) = facts.rooms.get_mut(&room) {
        known.members = known.members.saturating_sub(1);
    }
    let told = place(facts, room, None);
    told_twice(room, user.id, told, |place| {
        let reason = reason.clone().filter(|_| place.is_some());
        Payload::Left { user: user.clone(), how, place, reason }
    })
}

fn gets_role(facts: &mut Facts, room: RoomId, user: &Person, member: MemberFacts, role: Role) -> Vec<Trace> {
    facts.members.insert((room, user.id), MemberFacts { role, ..member });
    let told = place(facts, room, None);
    told_twice(room, user.id, told, |place| Payload::Appointed { user: user.clone(), role, place })
}

/// One trace in the room, one in the personal room of whom it concerns.
pub(super) fn told_twice(
    room: RoomId,
    user: UserId,
    place: Option<crate::entry::Place>,
    payload: impl Fn(Option<crate::entry::Place>) -> Payload,
) -> Vec<Trace> {
    vec![Trace { room, payload: payload(None) }, Trace { room: RoomId::personal(user), payload: payload(place) }]
}
