//! Who may do what in a room. [`admit`] is the only place where a unit becomes log entries: it runs
//! under the room's lock over facts read after the lock was taken, and numbers only what it admits.

use std::collections::{HashMap, HashSet};

use allthrive_protocol::event::Person;
use allthrive_protocol::{Cmid, Code, Refusal, RoomId, Seq, UserId};

use crate::entry::{Entry, Joined, Payload};
use crate::time::Micros;
use crate::unit::{Admit, Deed, Fingerprint, Kind, Open, Role, Speak, Unit};

/// What the rules need to know, read under the locks and brought up to date by each admission, so that
/// a batch is decided as if its units had come one by one.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The rooms that exist, of those asked for.
    pub rooms: HashMap<RoomId, RoomFacts>,
    /// The accounts that are alive, of those asked for.
    pub people: HashMap<UserId, Person>,
    /// The writes already known, of those asked for.
    pub known: HashMap<(RoomId, UserId, Cmid), Known>,
    /// The messages that exist, of those that are answered.
    pub messages: HashSet<(RoomId, Seq)>,
    /// The members, of those asked for.
    pub members: HashMap<(RoomId, UserId), MemberFacts>,
}

/// A room that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomFacts {
    /// Its kind.
    pub kind: Kind,
    /// Its title.
    pub title: Option<String>,
    /// Its last `seq`.
    pub top: Seq,
}

/// A member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberFacts {
    /// As what.
    pub role: Role,
    /// The first `seq` this member may see.
    pub from_seq: Seq,
}

/// A write that was carried out before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The number it was given.
    pub seq: Seq,
    /// When.
    pub at: Micros,
    /// Of its content.
    pub fingerprint: Fingerprint,
}

/// What became of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// These entries are to be written; the first is the unit's own.
    Admitted(Vec<Entry>),
    /// It was carried out before.
    Duplicate(Known),
    /// What is asked for is so already, by another write; nothing is written. Holds the room's top.
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
            Decision::Refused(Refusal::new(Code::CmidConflict, "This id was used for another message."))
        };
    }
    let decided = match &unit.deed {
        Deed::Speak(speak) => speak_up(facts, unit, speak),
        Deed::Open(open) => open_room(facts, unit, open),
        Deed::Admit(admit) => admit_member(facts, unit, *admit),
    };
    match decided {
        Ok(traces) if traces.is_empty() => Decision::Unchanged(facts.rooms.get(&unit.room).map_or(0, |room| room.top)),
        Ok(traces) => Decision::Admitted(number(facts, unit, traces, now)),
        Err(refusal) => Decision::Refused(refusal),
    }
}

/// Whether a deed can never be admitted in a room of this kind, whoever does it. A room's kind does not
/// change, so this needs no lock: it spares the store what [`admit`] would refuse.
#[must_use]
pub fn refuse_early(kind: Kind, deed: &Deed) -> Option<Refusal> {
    match (kind, deed) {
        (Kind::Personal, _) => Some(not_found()),
        (_, Deed::Speak(_) | Deed::Open(_) | Deed::Admit(_)) => None,
    }
}

/// An entry that has no number yet.
struct Trace {
    room: RoomId,
    payload: Payload,
}

fn speak_up(facts: &Facts, unit: &Unit, speak: &Speak) -> Result<Vec<Trace>, Refusal> {
    standing(facts, unit.room, unit.author)?;
    person(facts, unit.author)?;
    if let Some(target) = speak.reply_to
        && !facts.messages.contains(&(unit.room, target))
    {
        return Err(Refusal::new(Code::BadRequest, "The message you answer is not in this room."));
    }
    let payload = Payload::Message { body: Some(speak.body.clone()), reply_to: speak.reply_to, rev: 1 };
    Ok(vec![Trace { room: unit.room, payload }])
}

fn open_room(facts: &mut Facts, unit: &Unit, open: &Open) -> Result<Vec<Trace>, Refusal> {
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
    facts.rooms.insert(unit.room, RoomFacts { kind: open.kind, title: open.title.clone(), top: 0 });
    let first = if open.kind == Kind::Direct { Role::Member } else { Role::Owner };
    let mut traces = joins(facts, unit.room, &author, first, with.as_ref());
    if let Some(with) = &with {
        traces.extend(joins(facts, unit.room, with, Role::Member, Some(&author)));
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

fn admit_member(facts: &mut Facts, unit: &Unit, admit: Admit) -> Result<Vec<Trace>, Refusal> {
    let room = facts.rooms.get(&unit.room).cloned().ok_or_else(not_found)?;
    let by_itself = admit.user == unit.author;
    match (room.kind, facts.members.get(&(unit.room, unit.author))) {
        (Kind::Room, None) if by_itself => {}
        (Kind::Room, None) => return Err(Refusal::new(Code::Forbidden, "Join the room before you add others.")),
        (Kind::Group | Kind::Direct | Kind::Personal, None) | (Kind::Personal, Some(_)) => return Err(not_found()),
        (Kind::Direct, Some(_)) => return Err(Refusal::new(Code::Forbidden, "A direct conversation has two people.")),
        (Kind::Group, Some(member)) if member.role < Role::Moderator => {
            return Err(Refusal::new(Code::Forbidden, "Only the owner and moderators add people to a group."));
        }
        (Kind::Group | Kind::Room, Some(_)) => {}
    }
    person(facts, unit.author)?;
    let user = facts.people.get(&admit.user).cloned().ok_or_else(|| Refusal::new(Code::NotFound, "There is nobody of that name."))?;
    if facts.members.contains_key(&(unit.room, admit.user)) {
        return Ok(Vec::new());
    }
    Ok(joins(facts, unit.room, &user, Role::Member, None))
}

/// The two traces of a new member: in the room and in the member's personal room.
fn joins(facts: &mut Facts, room: RoomId, user: &Person, role: Role, with: Option<&Person>) -> Vec<Trace> {
    let (kind, title, top) = facts.rooms.get(&room).map_or((Kind::Room, None, 0), |f| (f.kind, f.title.clone(), f.top));
    // A group shows nothing from before; its own entry is the first that a new member sees.
    let from_seq = if kind == Kind::Group { top + 1 } else { 0 };
    facts.members.insert((room, user.id), MemberFacts { role, from_seq });
    let told = Joined { room, kind, title, with: with.cloned() };
    vec![
        Trace { room, payload: Payload::Joined { user: user.clone(), role, conversation: None } },
        Trace { room: RoomId::personal(user.id), payload: Payload::Joined { user: user.clone(), role, conversation: Some(told) } },
    ]
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
        if matches!(payload, Payload::Message { .. }) {
            facts.messages.insert((room, seq));
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

/// Not a member, deleted and unknown look alike.
fn standing(facts: &Facts, room: RoomId, user: UserId) -> Result<MemberFacts, Refusal> {
    let known = facts.rooms.get(&room).filter(|facts| facts.kind != Kind::Personal);
    known.and_then(|_| facts.members.get(&(room, user)).copied()).ok_or_else(not_found)
}

fn person(facts: &Facts, user: UserId) -> Result<Person, Refusal> {
    facts.people.get(&user).cloned().ok_or_else(|| Refusal::new(Code::NotFound, "There is nobody of that name."))
}

fn not_found() -> Refusal {
    Refusal::new(Code::NotFound, "There is no such conversation.")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const NOW: Micros = Micros(1_790_000_000_000_000);

    fn user(n: u128) -> UserId {
        UserId(Uuid::from_u128(n))
    }

    fn room(n: u128) -> RoomId {
        RoomId(Uuid::from_u128(1_000 + n))
    }

    fn unit(author: u128, cmid: u128, deed: Deed) -> Unit {
        let mut fingerprint = [0; 32];
        fingerprint[0] = u8::try_from(format!("{deed:?}").len() % 251).unwrap();
        Unit { room: room(1), author: user(author), cmid: Cmid(Uuid::from_u128(cmid)), fingerprint, deed }
    }

    fn says(text: &str) -> Deed {
        Deed::Speak(Speak { body: text.into(), reply_to: None })
    }

    fn opens(kind: Kind, with: Option<u128>) -> Deed {
        Deed::Open(Open { kind, title: Some("Crew".into()), with: with.map(user) })
    }

    fn admits(n: u128) -> Deed {
        Deed::Admit(Admit { user: user(n) })
    }

    /// Three people with their personal rooms and no conversation yet.
    fn three_people() -> Facts {
        let mut facts = Facts::default();
        for n in 1..=3 {
            let person = Person { id: user(n), username: format!("user{n}"), name: format!("User {n}") };
            facts.people.insert(user(n), person);
            facts.rooms.insert(RoomId::personal(user(n)), RoomFacts { kind: Kind::Personal, title: None, top: 0 });
        }
        facts
    }

    fn group_of_user_1() -> Facts {
        let mut facts = three_people();
        assert!(matches!(admit(&mut facts, &unit(1, 1, opens(Kind::Group, None)), NOW), Decision::Admitted(_)));
        facts
    }

    fn code(decision: Decision) -> Code {
        match decision {
            Decision::Refused(refusal) => refusal.code,
            other => panic!("not refused: {other:?}"),
        }
    }

    fn first_seq(decision: Decision) -> Seq {
        match decision {
            Decision::Admitted(entries) => entries[0].seq,
            other => panic!("not admitted: {other:?}"),
        }
    }

    #[test]
    fn a_new_group_begins_with_its_owner() {
        let mut facts = three_people();
        let Decision::Admitted(entries) = admit(&mut facts, &unit(1, 1, opens(Kind::Group, None)), NOW) else { panic!() };
        assert_eq!(entries.iter().map(|e| (e.room, e.seq)).collect::<Vec<_>>(), vec![(room(1), 1), (RoomId::personal(user(1)), 1)]);
        assert_eq!(facts.members[&(room(1), user(1))].role, Role::Owner);
    }

    #[test]
    fn a_direct_conversation_tells_both_people_in_their_personal_rooms() {
        let mut facts = three_people();
        let Decision::Admitted(entries) = admit(&mut facts, &unit(1, 1, opens(Kind::Direct, Some(2))), NOW) else { panic!() };
        let told: Vec<_> = entries.iter().map(|e| (e.room, e.seq, e.cmid.is_some())).collect();
        assert_eq!(
            told,
            vec![(room(1), 1, true), (room(1), 2, false), (RoomId::personal(user(1)), 1, false), (RoomId::personal(user(2)), 1, false)]
        );
    }

    #[test]
    fn a_direct_conversation_opened_twice_is_found() {
        let mut facts = three_people();
        admit(&mut facts, &unit(1, 1, opens(Kind::Direct, Some(2))), NOW);
        assert_eq!(admit(&mut facts, &unit(2, 7, opens(Kind::Direct, Some(1))), NOW), Decision::Unchanged(2));
    }

    #[test]
    fn nobody_opens_a_direct_conversation_with_oneself_or_with_nobody() {
        for with in [Some(1), None] {
            assert_eq!(code(admit(&mut three_people(), &unit(1, 1, opens(Kind::Direct, with)), NOW)), Code::BadRequest);
        }
        assert_eq!(code(admit(&mut three_people(), &unit(1, 1, opens(Kind::Direct, Some(9))), NOW)), Code::NotFound);
    }

    #[test]
    fn the_same_cmid_is_answered_with_the_first_number() {
        let mut facts = group_of_user_1();
        assert_eq!(first_seq(admit(&mut facts, &unit(1, 5, says("hello")), NOW)), 2);
        assert!(matches!(admit(&mut facts, &unit(1, 5, says("hello")), NOW), Decision::Duplicate(known) if known.seq == 2));
        assert_eq!(first_seq(admit(&mut facts, &unit(1, 6, says("hello")), NOW)), 3);
    }

    #[test]
    fn another_text_under_a_used_cmid_is_a_conflict() {
        let mut facts = group_of_user_1();
        admit(&mut facts, &unit(1, 5, says("hello")), NOW);
        assert_eq!(code(admit(&mut facts, &unit(1, 5, says("something else")), NOW)), Code::CmidConflict);
    }

    #[test]
    fn a_stranger_cannot_tell_a_private_group_from_none() {
        let mut facts = group_of_user_1();
        let known = admit(&mut facts, &unit(2, 5, says("hello")), NOW);
        let unknown = admit(&mut three_people(), &unit(2, 5, says("hello")), NOW);
        assert_eq!(known, unknown);
        assert_eq!(admit(&mut facts, &unit(2, 6, admits(2)), NOW), unknown);
    }

    #[test]
    fn a_refusal_takes_no_number() {
        let mut facts = group_of_user_1();
        admit(&mut facts, &unit(2, 5, says("hello")), NOW);
        assert_eq!(first_seq(admit(&mut facts, &unit(1, 6, says("hello")), NOW)), 2);
    }

    #[test]
    fn an_answer_names_a_message_of_the_same_room() {
        let mut facts = group_of_user_1();
        admit(&mut facts, &unit(1, 5, says("hello")), NOW);
        let answer = |to| Deed::Speak(Speak { body: "yes".into(), reply_to: Some(to) });
        assert_eq!(first_seq(admit(&mut facts, &unit(1, 6, answer(2)), NOW)), 3);
        // The first entry is a joining, not a message.
        assert_eq!(code(admit(&mut facts, &unit(1, 7, answer(1)), NOW)), Code::BadRequest);
    }

    #[test]
    fn a_group_is_joined_by_being_added_and_shows_nothing_from_before() {
        let mut facts = group_of_user_1();
        admit(&mut facts, &unit(1, 5, says("before")), NOW);
        assert_eq!(first_seq(admit(&mut facts, &unit(1, 6, admits(2)), NOW)), 3);
        assert_eq!(facts.members[&(room(1), user(2))], MemberFacts { role: Role::Member, from_seq: 3 });
        assert_eq!(code(admit(&mut facts, &unit(2, 7, admits(3)), NOW)), Code::Forbidden);
        assert_eq!(admit(&mut facts, &unit(1, 8, admits(2)), NOW), Decision::Unchanged(3));
    }

    #[test]
    fn anybody_joins_a_public_room_and_sees_it_all() {
        let mut facts = three_people();
        admit(&mut facts, &unit(1, 1, opens(Kind::Room, None)), NOW);
        assert_eq!(code(admit(&mut facts, &unit(2, 2, admits(3)), NOW)), Code::Forbidden);
        assert_eq!(first_seq(admit(&mut facts, &unit(2, 3, admits(2)), NOW)), 2);
        assert_eq!(facts.members[&(room(1), user(2))].from_seq, 0);
    }

    #[test]
    fn a_third_person_cannot_enter_a_direct_conversation() {
        let mut facts = three_people();
        admit(&mut facts, &unit(1, 1, opens(Kind::Direct, Some(2))), NOW);
        assert_eq!(code(admit(&mut facts, &unit(1, 2, admits(3)), NOW)), Code::Forbidden);
    }

    #[test]
    fn nobody_speaks_in_a_personal_room() {
        let mut facts = three_people();
        facts.members.insert((RoomId::personal(user(1)), user(1)), MemberFacts { role: Role::Owner, from_seq: 0 });
        let mut own = unit(1, 1, says("dear diary"));
        own.room = RoomId::personal(user(1));
        assert_eq!(refuse_early(Kind::Personal, &own.deed), Some(not_found()));
        assert_eq!(admit(&mut facts, &own, NOW), Decision::Refused(not_found()));
    }

    fn any_unit() -> impl Strategy<Value = Unit> {
        let deed = prop_oneof![
            4 => "[a-c]{1,3}".prop_map(|text| says(&text)),
            1 => (0u64..6).prop_map(|to| Deed::Speak(Speak { body: "re".into(), reply_to: Some(to) })),
            1 => Just(opens(Kind::Group, None)),
            1 => (1u128..5).prop_map(|with| opens(Kind::Direct, Some(with))),
            2 => (1u128..5).prop_map(admits),
        ];
        (1u128..5, 0u128..12, 1u128..3, deed).prop_map(|(author, cmid, n, deed)| Unit { room: room(n), ..unit(author, cmid, deed) })
    }

    proptest! {
        #[test]
        fn every_room_is_numbered_without_hole_or_repeat(units in proptest::collection::vec(any_unit(), 1..80)) {
            let mut facts = three_people();
            let mut tops: HashMap<RoomId, Seq> = HashMap::new();
            let mut given: HashMap<(RoomId, UserId, Cmid), Seq> = HashMap::new();
            for unit in &units {
                let key = (unit.room, unit.author, unit.cmid);
                match admit(&mut facts, unit, NOW) {
                    Decision::Admitted(entries) => {
                        prop_assert_eq!(entries[0].room, unit.room);
                        prop_assert!(given.insert(key, entries[0].seq).is_none(), "a cmid was numbered twice");
                        for entry in entries {
                            let top = tops.entry(entry.room).or_default();
                            prop_assert_eq!(entry.seq, *top + 1);
                            *top = entry.seq;
                        }
                    }
                    Decision::Duplicate(known) => prop_assert_eq!(given.get(&key), Some(&known.seq)),
                    Decision::Unchanged(top) => prop_assert_eq!(top, tops.get(&unit.room).copied().unwrap_or(0)),
                    Decision::Refused(_) => {}
                }
            }
            for (room, top) in tops {
                prop_assert_eq!(facts.rooms[&room].top, top);
            }
        }
    }
}
