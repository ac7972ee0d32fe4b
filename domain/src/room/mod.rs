//! Who may do what in a room. [`admit`] is the only place where a unit becomes log entries: it runs
//! under the room's lock over facts read after the lock was taken, and numbers only what it admits.
//!
//! - [`facts`]: what the rules need to know
//! - `talk`: messages and reactions
//! - `people`: who is a member, and as what
//! - `order`: mutes, slow mode, bans

pub mod facts;
mod order;
mod people;
mod talk;
#[cfg(test)]
mod tests;

use allthrive_protocol::event::Person;
use allthrive_protocol::{Code, Refusal, RoomId, Seq, UserId};

pub use self::facts::{Facts, Known, MemberFacts, MessageFacts, Restriction, RoomFacts};
pub use self::talk::unmuted;
use crate::entry::{Entry, Payload, Place};
use crate::time::Micros;
use crate::unit::{Deed, Kind, Role, Unit};

/// What became of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// These entries are to be written; the first is the unit's own.
    Admitted(Vec<Entry>),
    /// It was carried out before.
    Duplicate(Known),
    /// What is asked for is so already, by another write; it takes no number, and its `cmid` is kept. Holds the
    /// room's top.
    Unchanged(Seq),
    /// It is not permitted, or makes no sense; nothing is written.
    Refused(Refusal),
}

/// Decides one unit and brings the facts up to date.
///
/// Numbers are given to admitted units only, so the sequence of each room has no hole; a `cmid` that is
/// known, in the store or from earlier in the batch, is never given a second number.
pub fn admit(facts: &mut Facts, unit: &Unit, now: Micros) -> Decision {
    if let Some(known) = facts.known.get(&(unit.room, unit.author, unit.cmid)) {
        return if known.fingerprint == unit.fingerprint {
            Decision::Duplicate(*known)
        } else {
            Decision::Refused(Refusal::new(Code::CmidConflict, "This id was used for another write."))
        };
    }
    match decide(facts, unit, now) {
        Ok(traces) if traces.is_empty() => {
            let top = facts.rooms.get(&unit.room).map_or(0, |room| room.top);
            facts.known.insert((unit.room, unit.author, unit.cmid), Known { seq: top, at: now, fingerprint: unit.fingerprint });
            Decision::Unchanged(top)
        }
        Ok(traces) => Decision::Admitted(number(facts, unit, traces, now)),
        Err(refusal) => Decision::Refused(refusal),
    }
}

/// What a unit leaves in the logs; nothing if what it asks for is so already.
fn decide(facts: &mut Facts, unit: &Unit, now: Micros) -> Result<Vec<Trace>, Refusal> {
    match &unit.deed {
        Deed::Open(open) => people::open(facts, unit, open, now),
        Deed::Admit(admit) => people::admit_member(facts, unit, *admit, now),
        Deed::Speak(speak) => talk::speak(facts, unit, speak, now),
        Deed::Edit(edit) => talk::edit(facts, unit, edit, now),
        Deed::Delete(delete) => talk::delete(facts, unit, *delete),
        Deed::React(react) => talk::react(facts, unit, react, now),
        Deed::Leave => people::leave(facts, unit),
        Deed::Remove(remove) => people::remove(facts, unit, remove),
        Deed::Appoint(appoint) => people::appoint(facts, unit, *appoint),
        Deed::Mute(mute) => order::mute(facts, unit, mute, now),
        Deed::SlowDown(slow) => order::slow_down(facts, unit, *slow),
        Deed::Ban(ban) => order::ban(facts, unit, ban),
        Deed::Unban(unban) => order::unban(facts, unit, *unban),
    }
}

/// Whether a deed can never be admitted in a room of this kind, whoever does it. A room's kind does not
/// change, so this needs no lock: it spares the store what [`admit`] would refuse.
#[must_use]
pub fn refuse_early(kind: Kind, deed: &Deed) -> Option<Refusal> {
    match (kind, deed) {
        (Kind::Personal, _) => Some(not_found()),
        (Kind::Direct | Kind::Group | Kind::Room, _) => None,
    }
}

/// An entry that has no number yet.
struct Trace {
    room: RoomId,
    payload: Payload,
}

impl Trace {
    fn of(unit: &Unit, payload: Payload) -> Self {
        Self { room: unit.room, payload }
    }
}

/// Gives each trace the next number of its room. The first carries the unit's `cmid`; the others, in
/// personal rooms too, have none: a `cmid` is unique per author and room, and only its own room checks it.
fn number(facts: &mut Facts, unit: &Unit, traces: Vec<Trace>, now: Micros) -> Vec<Entry> {
    let Some(author) = facts.people.get(&unit.author).cloned() else { return Vec::new() };
    let mut entries: Vec<Entry> = Vec::with_capacity(traces.len());
    for Trace { room, payload } in traces {
        // An erased account has no personal room, and nobody to tell.
        let Some(room_facts) = facts.rooms.get_mut(&room) else { continue };
        room_facts.top += 1;
        let seq = room_facts.top;
        let first = entries.is_empty();
        if first {
            facts.known.insert((room, unit.author, unit.cmid), Known { seq, at: now, fingerprint: unit.fingerprint });
        }
        if let Payload::Message { rev, .. } = payload {
            facts.messages.insert((room, seq), MessageFacts { author: unit.author, rev, deleted: false });
        }
        entries.push(Entry {
            room,
            seq,
            at: now,
            author: author.clone(),
            cmid: first.then_some(unit.cmid),
            fingerprint: first.then_some(unit.fingerprint),
            payload,
        });
    }
    entries
}

/// The member who does it. Not a member, deleted and unknown look alike.
fn standing(facts: &Facts, unit: &Unit) -> Result<MemberFacts, Refusal> {
    let known = facts.rooms.get(&unit.room).filter(|room| room.kind != Kind::Personal);
    let member = known.and_then(|_| facts.members.get(&(unit.room, unit.author)).copied()).ok_or_else(not_found)?;
    person(facts, unit.author)?;
    Ok(member)
}

/// The moderator who does it, in a conversation that has such.
fn moderator(facts: &Facts, unit: &Unit) -> Result<MemberFacts, Refusal> {
    let member = standing(facts, unit)?;
    if facts.rooms.get(&unit.room).is_some_and(|room| room.kind == Kind::Direct) {
        return Err(Refusal::new(Code::Forbidden, "A direct conversation has no moderators."));
    }
    if member.role < Role::Moderator {
        return Err(Refusal::new(Code::Forbidden, "Only moderators can do this."));
    }
    Ok(member)
}

/// A moderator's power ends at those of the same role.
fn below(actor: MemberFacts, role: Role) -> Result<(), Refusal> {
    if role < actor.role { Ok(()) } else { Err(Refusal::new(Code::Forbidden, "You can only do this to members of a lower role.")) }
}

fn person(facts: &Facts, user: UserId) -> Result<Person, Refusal> {
    facts.people.get(&user).cloned().ok_or_else(|| Refusal::new(Code::NotFound, "There is nobody of that name."))
}

/// The room as a personal room tells of it.
fn place(facts: &Facts, room: RoomId, with: Option<&Person>) -> Option<Place> {
    let known = facts.rooms.get(&room)?;
    Some(Place { room, kind: known.kind, title: known.title.clone(), with: with.cloned() })
}

fn not_found() -> Refusal {
    Refusal::new(Code::NotFound, "There is no such conversation.")
}
