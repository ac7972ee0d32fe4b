//! What the rules need to know about a batch, read set-wise under the locks of its rooms.

use std::collections::BTreeSet;

use allthrive_domain::room::{Facts, Known, MemberFacts, MessageFacts, Restriction, RoomFacts};
use allthrive_domain::time::Micros;
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
    const MESSAGE: &[(&str, Type)] = &[("room", Type::Uuid), ("seq", Type::Int)];
    const MEMBER: &[(&str, Type)] = &[("room", Type::Uuid), ("user_id", Type::Uuid)];
    let people: BTreeSet<UserId> = units.iter().flat_map(Unit::people).collect();
    let members: BTreeSet<(RoomId, UserId)> =
        units.iter().flat_map(|unit| unit.people().into_iter().map(|user| (unit.room, user))).collect();
    let known: BTreeSet<(RoomId, UserId, Cmid)> = units.iter().map(|unit| (unit.room, unit.author, unit.cmid)).collect();
    let targets = |wanted: fn(&Deed) -> bool| -> Vec<Vec<Value>> {
        let chosen = units.iter().filter(|unit| wanted(&unit.deed));
        let keys: BTreeSet<(RoomId, Seq)> = chosen.filter_map(|unit| Some((unit.room, unit.deed.target()?))).collect();
        keys.into_iter().map(|(room, seq)| vec![room.into(), seq.into()]).collect()
    };
    let reacts = |deed: &Deed| matches!(deed, Deed::React(_));
    let reacting = units.iter().filter(|unit| reacts(&unit.deed));
    let own: BTreeSet<(RoomId, Seq, UserId)> = reacting.filter_map(|unit| Some((unit.room, unit.deed.target()?, unit.author))).collect();
    vec![
        Statement::new(
            "read rooms",
            "SELECT r.id, r.kind, r.title, r.top, r.member_count, r.slow_mode FROM rooms r JOIN {keys} ON r.id = k.room",
        )
        .list(&[("room", Type::Uuid)], rooms_of(units).into_iter().map(|room| vec![room.into()]).collect()),
        Statement::new("read people", "SELECT u.id, u.username, u.display_name FROM users u JOIN {keys} ON u.id = k.id")
            .list(&[("id", Type::Uuid)], people.into_iter().map(|user| vec![user.into()]).collect()),
        Statement::new(
            "read members",
            "SELECT k.room, k.user_id, m.role, m.from_seq, m.spoke_at, s.muted_until, s.banned FROM {keys}
             LEFT JOIN members m ON m.room = k.room AND m.user_id = k.user_id
             LEFT JOIN restrictions s ON s.room = k.room AND s.user_id = k.user_id",
        )
        .list(MEMBER, members.into_iter().map(|(room, user)| vec![room.into(), user.into()]).collect()),
        Statement::new(
            "read known writes",
            "SELECT k.room, k.author, k.cmid, l.seq, l.at, l.fingerprint, s.top, s.at AS s_at, s.fingerprint AS s_fingerprint FROM {keys}
             LEFT JOIN room_log l ON l.room = k.room AND l.author = k.author AND l.cmid = k.cmid
             LEFT JOIN settled s ON s.room = k.room AND s.author = k.author AND s.cmid = k.cmid
             WHERE l.seq IS NOT NULL OR s.top IS NOT NULL",
        )
        .list(
            &[("room", Type::Uuid), ("author", Type::Uuid), ("cmid", Type::Uuid)],
            known.into_iter().map(|(room, author, cmid)| vec![room.into(), author.into(), cmid.into()]).collect(),
        ),
        Statement::new(
            "read messages asked for",
            "SELECT m.room, m.seq, m.author, m.rev, m.deleted_at FROM messages m JOIN {keys} ON m.room = k.room AND m.seq = k.seq",
        )
        .list(MESSAGE, targets(|_| true)),
        Statement::new(
            "read authors of what is taken back",
            "SELECT m.room, m.user_id, m.role, m.from_seq, m.spoke_at FROM {keys}
             JOIN messages x ON x.room = k.room AND x.seq = k.seq JOIN members m ON m.room = x.room AND m.user_id = x.author",
        )
        .list(MESSAGE, targets(|deed| matches!(deed, Deed::Delete(_)))),
        Statement::new("count reactions", COUNT_REACTIONS).list(MESSAGE, targets(reacts)).bind(most_that_matter(units)),
        Statement::new(
            "read own reactions",
            "SELECT r.room, r.seq, r.user_id, r.emoji FROM reactions r
             JOIN {keys} ON r.room = k.room AND r.seq = k.seq AND r.user_id = k.user_id",
        )
        .list(
            &[("room", Type::Uuid), ("seq", Type::Int), ("user_id", Type::Uuid)],
            own.into_iter().map(|(room, seq, user)| vec![room.into(), seq.into(), user.into()]).collect(),
        ),
    ]
}

/// From one emoji of a message to its next by the key, and of each no more rows than matter: what is read under the
/// lock does not grow with how many have reacted.
const COUNT_REACTIONS: &str = "WITH RECURSIVE e AS (
        SELECT k.room, k.seq, (SELECT r.emoji FROM reactions r WHERE r.room = k.room AND r.seq = k.seq ORDER BY r.emoji LIMIT 1) AS emoji
        FROM {keys}
        UNION ALL
        SELECT e.room, e.seq, (SELECT r.emoji FROM reactions r WHERE r.room = e.room AND r.seq = e.seq AND r.emoji > e.emoji
                               ORDER BY r.emoji LIMIT 1)
        FROM e WHERE e.emoji IS NOT NULL)
    SELECT e.room, e.seq, e.emoji,
           (SELECT COUNT(*) FROM (SELECT 1 FROM reactions r WHERE r.room = e.room AND r.seq = e.seq AND r.emoji = e.emoji LIMIT $3) few)
    FROM e WHERE e.emoji IS NOT NULL";

/// Whether any is left is all that the rules ask for: one more than this batch can take away says it.
fn most_that_matter(units: &[Unit]) -> usize {
    1 + units.iter().filter(|unit| matches!(&unit.deed, Deed::React(react) if !react.on)).count()
}

/// The facts from the rows of [`reads`].
pub(crate) fn gather(rows: Vec<Vec<Row>>) -> Result<Facts, Error> {
    let [rooms, people, members, known, messages, authors, counts, own] =
        <[Vec<Row>; 8]>::try_from(rows).map_err(|_| Error::corrupt("facts", "another number of answers"))?;
    let mut facts = Facts::default();
    for row in &rooms {
        let room = RoomFacts { kind: kind(row, 1)?, title: row.get(2)?, top: row.get(3)?, members: row.get(4)?, slow_mode: row.get(5)? };
        facts.rooms.insert(row.get(0)?, room);
    }
    for row in &people {
        let person = Person { id: row.get(0)?, username: row.get(1)?, name: row.get(2)? };
        facts.people.insert(person.id, person);
    }
    for row in &members {
        let key = (row.get(0)?, row.get(1)?);
        if row.get::<Option<String>>(2)?.is_some() {
            facts.members.insert(key, member(row)?);
        }
        if let Some(banned) = row.get::<Option<bool>>(6)? {
            facts.restrictions.insert(key, Restriction { muted_until: row.get(5)?, banned });
        }
    }
    for row in &authors {
        facts.members.insert((row.get(0)?, row.get(1)?), member(row)?);
    }
    for row in &known {
        // A mark is in the log, or else among the settled.
        let at = if row.get::<Option<Seq>>(3)?.is_some() { 3 } else { 6 };
        let known = Known { seq: row.get(at)?, at: row.get(at + 1)?, fingerprint: row.get(at + 2)? };
        facts.known.insert((row.get(0)?, row.get(1)?, row.get(2)?), known);
    }
    for row in &messages {
        let deleted = row.get::<Option<Micros>>(4)?.is_some();
        facts.messages.insert((row.get(0)?, row.get(1)?), MessageFacts { author: row.get(2)?, rev: row.get(3)?, deleted });
    }
    for row in &counts {
        facts.reactions.entry((row.get(0)?, row.get(1)?)).or_default().insert(row.get(2)?, row.get(3)?);
    }
    for row in &own {
        facts.reacted.insert((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    }
    Ok(facts)
}

/// Role, first number and last word, from the third column on.
fn member(row: &Row) -> Result<MemberFacts, Error> {
    Ok(MemberFacts { role: role(row, 2)?, from_seq: row.get(3)?, spoke_at: row.get(4)? })
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
