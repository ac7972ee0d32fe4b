//! What the rules need to know about a batch, read set-wise under the locks of its sessions.

use std::collections::BTreeSet;

use allthrive_domain::quiz::game::{Author, KeptAnswer, KnownLive, LiveDeed, LiveFacts, LiveUnit, SessionFacts};
use allthrive_domain::time::Micros;
use allthrive_protocol::{Cmid, Principal, RoomId, Seq, UserId};
use uuid::Uuid;

use super::{from_json, kind_of, player, player_columns, principal, role};
use crate::engine::{Row, Statement, Type, Value};
use crate::error::Error;

const ROOM: &[(&str, Type)] = &[("room", Type::Uuid)];
const PERSON: &[(&str, Type)] = &[("room", Type::Uuid), ("id", Type::Uuid)];

/// The sessions in the order of their ids; before them who makes a new one, which has no row yet.
pub(super) fn locks(units: &[LiveUnit]) -> Vec<Statement> {
    let makers: BTreeSet<UserId> = units.iter().filter(|unit| matches!(unit.deed, LiveDeed::Create(_))).filter_map(account).collect();
    let makers = (!makers.is_empty()).then(|| {
        Statement::per_engine(
            "lock makers of sessions",
            "SELECT u.id FROM users u JOIN {keys} ON u.id = k.id ORDER BY u.id",
            "SELECT u.id FROM users_all u WHERE u.id IN (SELECT k.id FROM {keys}) ORDER BY u.id FOR NO KEY UPDATE OF u",
        )
        .list(&[("id", Type::Uuid)], makers.into_iter().map(|user| vec![user.into()]).collect())
    });
    makers.into_iter().chain([lock_sessions(rooms(units))]).collect()
}

/// Locks these sessions; the only lock anybody takes on them.
pub(super) fn lock_sessions(rooms: BTreeSet<RoomId>) -> Statement {
    Statement::per_engine(
        "lock live sessions",
        "SELECT s.room FROM live_sessions s JOIN {keys} ON s.room = k.room ORDER BY s.room",
        "SELECT s.room FROM live_sessions s WHERE s.room IN (SELECT k.room FROM {keys}) ORDER BY s.room FOR NO KEY UPDATE OF s",
    )
    .list(ROOM, rooms.into_iter().map(|room| vec![room.into()]).collect())
}

fn rooms(units: &[LiveUnit]) -> BTreeSet<RoomId> {
    let before = units.iter().filter_map(|unit| if let LiveDeed::Create(create) = &unit.deed { create.rematch_of } else { None });
    units.iter().map(|unit| unit.room).chain(before).collect()
}

fn account(unit: &LiveUnit) -> Option<UserId> {
    if let Author::Person(Principal::User(user)) = unit.author { Some(user) } else { None }
}

/// The reads, in the order in which [`gather`] takes their rows.
pub(super) fn reads(units: &[LiveUnit]) -> Vec<Statement> {
    let keys =
        |rows: BTreeSet<Vec<Uuid>>| -> Vec<Vec<Value>> { rows.into_iter().map(|row| row.into_iter().map(Value::from).collect()).collect() };
    let speakers = units.iter().map(|unit| vec![unit.room.0, unit.author.id()]);
    let subjects = units.iter().filter_map(|unit| match &unit.deed {
        LiveDeed::Measure { player, .. } => Some(vec![unit.room.0, allthrive_domain::quiz::game::unit::id_of(*player)]),
        _ => None,
    });
    let hosts = units.iter().filter_map(|unit| Some((unit, account(unit)?))).flat_map(|(unit, user)| {
        let before = if let LiveDeed::Create(create) = &unit.deed { create.rematch_of } else { None };
        let named = if let LiveDeed::Host { user, .. } = unit.deed { Some(vec![unit.room.0, user.0]) } else { None };
        [Some(vec![unit.room.0, user.0]), named, before.map(|before| vec![before.0, user.0])].into_iter().flatten()
    });
    let joining = units.iter().filter(|unit| matches!(unit.deed, LiveDeed::Join(_)));
    let answers: BTreeSet<(RoomId, u32, u32, Uuid)> = units
        .iter()
        .filter_map(|unit| match &unit.deed {
            LiveDeed::Answer(answer) => Some((unit.room, answer.q, answer.round, unit.author.id())),
            _ => None,
        })
        .collect();
    let known: BTreeSet<(RoomId, Uuid, Cmid)> = units.iter().map(|unit| (unit.room, unit.author.id(), unit.cmid)).collect();
    vec![
        Statement::new(
            "read live sessions",
            "SELECT s.room, s.conversation, s.rev, s.term, s.node, s.beat, s.elapsed_ms, s.answers, s.numbers, s.playing, s.changes, s.pin, s.game
             FROM live_sessions s JOIN {keys} ON s.room = k.room",
        )
        .list(ROOM, rooms(units).into_iter().map(|room| vec![room.into()]).collect()),
        Statement::new(
            "read known writes to sessions",
            "SELECT k.room, k.author, k.cmid, l.rev, l.at, l.fingerprint, m.at AS m_at, m.fingerprint AS m_fingerprint FROM {keys}
             LEFT JOIN live_log l ON l.room = k.room AND l.author = k.author AND l.cmid = k.cmid
             LEFT JOIN live_marks m ON m.room = k.room AND m.author = k.author AND m.cmid = k.cmid
             WHERE l.rev IS NOT NULL OR m.at IS NOT NULL",
        )
        .list(
            &[("room", Type::Uuid), ("author", Type::Uuid), ("cmid", Type::Uuid)],
            known.into_iter().map(|(room, author, cmid)| vec![room.into(), author.into(), cmid.into()]).collect(),
        ),
        Statement::new(
            "read players",
            concat!("SELECT p.room, ", player_columns!(), " FROM live_players p JOIN {keys} ON p.room = k.room AND p.player = k.id"),
        )
        .list(PERSON, keys(speakers.chain(subjects).collect())),
        Statement::new(
            "read who has a name",
            "SELECT p.room, p.skeleton, p.player, p.kind FROM live_players p
             JOIN {keys} ON p.room = k.room AND p.skeleton = k.skeleton WHERE p.state = 'active'",
        )
        .list(&[("room", Type::Uuid), ("skeleton", Type::Text)], names(units)),
        Statement::new(
            "count teams",
            "SELECT p.room, p.team, COUNT(*) AS n FROM live_players p JOIN {keys} ON p.room = k.room
             WHERE p.state = 'active' AND p.team IS NOT NULL GROUP BY p.room, p.team",
        )
        .list(ROOM, keys(joining.clone().map(|unit| vec![unit.room.0]).collect())),
        Statement::new(
            "read answers",
            "SELECT a.room, a.q, a.round, a.player, a.kind, a.aid, a.given FROM live_answers a
             JOIN {keys} ON a.room = k.room AND a.q = k.q AND a.round = k.round AND a.player = k.player ORDER BY a.n",
        )
        .list(
            &[("room", Type::Uuid), ("q", Type::Int), ("round", Type::Int), ("player", Type::Uuid)],
            answers.into_iter().map(|(room, q, round, player)| vec![room.into(), q.into(), round.into(), player.into()]).collect(),
        ),
        Statement::new("read hosts", "SELECT h.room, h.user_id, h.role FROM live_hosts h JOIN {keys} ON h.room = k.room AND h.user_id = k.id")
            .list(PERSON, keys(hosts.collect())),
        Statement::new(
            "read members of a session's conversation",
            "SELECT s.room, m.user_id FROM {keys} JOIN live_sessions s ON s.room = k.room
             JOIN members m ON m.room = s.conversation AND m.user_id = k.id",
        )
        .list(PERSON, keys(joining.filter_map(|unit| Some(vec![unit.room.0, account(unit)?.0])).collect())),
        Statement::new("read PINs", "SELECT s.pin FROM live_sessions s JOIN {keys} ON s.pin = k.pin").list(&[("pin", Type::Text)], pins(units)),
    ]
}

/// The names that are asked for, by what they look like.
fn names(units: &[LiveUnit]) -> Vec<Vec<Value>> {
    let mut asked: BTreeSet<(RoomId, &str)> = BTreeSet::new();
    for unit in units {
        match &unit.deed {
            LiveDeed::Join(join) => asked.extend(join.names.iter().map(|(_, skeleton)| (unit.room, skeleton.as_str()))),
            LiveDeed::Rename { skeleton, .. } | LiveDeed::Measure { skeleton: Some(skeleton), .. } => {
                asked.insert((unit.room, skeleton));
            }
            _ => {}
        }
    }
    asked.into_iter().map(|(room, skeleton)| vec![room.into(), skeleton.into()]).collect()
}

fn pins(units: &[LiveUnit]) -> Vec<Vec<Value>> {
    let asked = units.iter().filter_map(|unit| if let LiveDeed::Create(create) = &unit.deed { Some(&create.pins) } else { None });
    asked.flatten().collect::<BTreeSet<_>>().into_iter().map(|pin| vec![pin.as_str().into()]).collect()
}

/// The facts from the rows of [`reads`].
pub(super) fn gather(rows: Vec<Vec<Row>>) -> Result<LiveFacts, Error> {
    let [sessions, known, players, names, teams, answers, hosts, members, pins] =
        <[Vec<Row>; 9]>::try_from(rows).map_err(|_| Error::corrupt("live facts", "another number of answers"))?;
    let mut facts = LiveFacts::default();
    for row in &sessions {
        facts.sessions.insert(row.get(0)?, session(row)?);
    }
    for row in &known {
        let rev = row.get::<Option<Seq>>(3)?;
        let at = if rev.is_some() { 4 } else { 6 };
        let known = KnownLive { rev, at: row.get::<Micros>(at)?, fingerprint: row.get(at + 1)? };
        facts.known.insert((row.get(0)?, row.get(1)?, row.get(2)?), known);
    }
    for row in &players {
        let player = player(row, 1)?;
        let room: RoomId = row.get(0)?;
        if player.state == allthrive_domain::quiz::game::PlayerState::Active {
            facts.names.insert((room, player.skeleton.clone()), player.player);
        }
        facts.players.insert((room, player.player), player);
    }
    for row in &names {
        facts.names.insert((row.get(0)?, row.get(1)?), principal(row, 2, 3)?);
    }
    for row in &teams {
        facts.teams.insert((row.get(0)?, row.get(1)?), row.get(2)?);
    }
    for row in &answers {
        let key = (row.get(0)?, row.get(1)?, row.get(2)?, principal(row, 3, 4)?);
        facts.answers.entry(key).or_default().push(KeptAnswer { aid: row.get(5)?, choice: from_json(row, 6)? });
    }
    for row in &hosts {
        facts.hosts.insert((row.get(0)?, row.get(1)?), role(row, 2)?);
    }
    for row in &members {
        facts.members.insert((row.get(0)?, row.get(1)?));
    }
    for row in &pins {
        facts.pins.insert(row.get(0)?);
    }
    Ok(facts)
}

fn session(row: &Row) -> Result<SessionFacts, Error> {
    Ok(SessionFacts {
        conversation: row.get(1)?,
        rev: row.get(2)?,
        term: row.get(3)?,
        node: row.get(4)?,
        beat: row.get(5)?,
        elapsed_ms: row.get(6)?,
        answers: row.get(7)?,
        numbers: row.get(8)?,
        playing: row.get(9)?,
        changes: row.get(10)?,
        pin: row.get(11)?,
        game: from_json(row, 12)?,
    })
}

/// A player's columns as they are written.
pub(super) fn player_row(room: RoomId, player: &allthrive_domain::quiz::game::Player) -> Vec<Value> {
    vec![
        room.into(),
        allthrive_domain::quiz::game::unit::id_of(player.player).into(),
        kind_of(player.player).into(),
        player.no.into(),
        player.name.as_str().into(),
        player.skeleton.as_str().into(),
        player.team.into(),
        player.factor.thousandths().into(),
        player.state.word().into(),
        player.joined_at.into(),
        player.joined_q.into(),
        player.change.into(),
    ]
}
