//! What the rules need to know about a batch, read set-wise under the locks of its rooms.

use std::collections::BTreeSet;

use allthrive_domain::room::{Facts, Known, MemberFacts, RoomFacts};
use allthrive_domain::unit::{Deed, Kind, Role, Unit};
use allthrive_protocol::event::Person;
use allthrive_protocol::{Cmid, RoomId, Seq, UserId};

use crate::engine::{Row, Statement, Type, Value};
use crate::error::Error;

/// Locks every room of the batch in id order; the only lock anybody takes on rooms, so no two can wait
/// for each other. A room that is not there yet is guarded by its author's personal room.
pub(crate) fn lock_rooms(units: &[Unit]) -> Statement {
    Statement::per_engine(
        "lock rooms",
        "SELECT r.id FROM rooms_all r JOIN {keys} ON r.id = k.room ORDER BY r.id",
        "SELECT r.id FROM rooms_all r WHERE r.id IN (SELECT k.room FROM {keys}) ORDER BY r.id FOR NO KEY UPDATE OF r",
    )
    .list(&[("room", Type::Uuid)], rooms_of(units).into_iter().map(|room| vec![room.into()]).collect())
}

fn rooms_of(units: &[Unit]) -> BTreeSet<RoomId> {
    units.iter().flat_map(Unit::rooms).collect()
}

/// The reads, in the order in which [`gather`] takes their rows.
pub(crate) fn reads(units: &[Unit]) -> Vec<Statement> {
    let keys = |rooms: BTreeSet<RoomId>| rooms.into_iter().map(|room| vec![room.into()]).collect();
    let people: BTreeSet<UserId> = units.iter().flat_map(Unit::people).collect();
    let members: BTreeSet<(RoomId, UserId)> =
        units.iter().flat_map(|unit| unit.people().into_iter().map(|user| (unit.room, user))).collect();
    let known: BTreeSet<(RoomId, UserId, Cmid)> = units.iter().map(|unit| (unit.room, unit.author, unit.cmid)).collect();
    let answered: BTreeSet<(RoomId, Seq)> = units.iter().filter_map(answered).collect();
    vec![
        Statement::new("read rooms", "SELECT r.id, r.kind, r.title, r.top FROM rooms r JOIN {keys} ON r.id = k.room")
            .list(&[("room", Type::Uuid)], keys(rooms_of(units))),
        Statement::new("read people", "SELECT u.id, u.username, u.display_name FROM users u JOIN {keys} ON u.id = k.id")
            .list(&[("id", Type::Uuid)], people.into_iter().map(|user| vec![user.into()]).collect()),
        Statement::new(
            "read members",
            "SELECT m.room, m.user_id, m.role, m.from_seq FROM members m JOIN {keys} ON m.room = k.room AND m.user_id = k.user_id",
        )
        .list(
            &[("room", Type::Uuid), ("user_id", Type::Uuid)],
            members.into_iter().map(|(room, user)| vec![room.into(), user.into()]).collect(),
        ),
        Statement::new(
            "read known writes",
            "SELECT l.room, l.author, l.cmid, l.seq, l.at, l.fingerprint FROM room_log l
             JOIN {keys} ON l.room = k.room AND l.author = k.author AND l.cmid = k.cmid",
        )
        .list(
            &[("room", Type::Uuid), ("author", Type::Uuid), ("cmid", Type::Uuid)],
            known.into_iter().map(|(room, author, cmid)| vec![room.into(), author.into(), cmid.into()]).collect(),
        ),
        Statement::new("read answered messages", "SELECT m.room, m.seq FROM messages m JOIN {keys} ON m.room = k.room AND m.seq = k.seq")
            .list(
                &[("room", Type::Uuid), ("seq", Type::Int)],
                answered.into_iter().map(|(room, seq)| vec![room.into(), Value::from(seq)]).collect(),
            ),
    ]
}

fn answered(unit: &Unit) -> Option<(RoomId, Seq)> {
    match &unit.deed {
        Deed::Speak(speak) => speak.reply_to.map(|seq| (unit.room, seq)),
        Deed::Open(_) | Deed::Admit(_) => None,
    }
}

/// The facts from the rows of [`reads`].
pub(crate) fn gather(rows: Vec<Vec<Row>>) -> Result<Facts, Error> {
    let [rooms, people, members, known, answered] =
        <[Vec<Row>; 5]>::try_from(rows).map_err(|_| Error::corrupt("facts", "another number of answers"))?;
    let mut facts = Facts::default();
    for row in &rooms {
        facts.rooms.insert(row.get(0)?, RoomFacts { kind: kind(row, 1)?, title: row.get(2)?, top: row.get(3)? });
    }
    for row in &people {
        let person = Person { id: row.get(0)?, username: row.get(1)?, name: row.get(2)? };
        facts.people.insert(person.id, person);
    }
    for row in &members {
        facts.members.insert((row.get(0)?, row.get(1)?), MemberFacts { role: role(row, 2)?, from_seq: row.get(3)? });
    }
    for row in &known {
        let known = Known { seq: row.get(3)?, at: row.get(4)?, fingerprint: row.get(5)? };
        facts.known.insert((row.get(0)?, row.get(1)?, row.get(2)?), known);
    }
    for row in &answered {
        facts.messages.insert((row.get(0)?, row.get(1)?));
    }
    Ok(facts)
}

/// A column that holds a room's kind.
pub(crate) fn kind(row: &Row, column: usize) -> Result<Kind, Error> {
    let word: String = row.get(column)?;
    Kind::parse(&word).ok_or_else(|| Error::corrupt("rooms.kind", word))
}

/// A column that holds a member's role.
pub(crate) fn role(row: &Row, column: usize) -> Result<Role, Error> {
    let word: String = row.get(column)?;
    Role::parse(&word).ok_or_else(|| Error::corrupt("members.role", word))
}
