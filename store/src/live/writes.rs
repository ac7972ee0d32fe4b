//! What the rules have decided, as writes. All of them stand in one transaction, under the locks of `facts`.

use allthrive_domain::quiz::game::facts::{Created, Logged, NewAnswer};
use allthrive_domain::quiz::game::unit::id_of;
use allthrive_domain::quiz::game::{LiveFacts, Phase, PlayerState, SessionFacts};
use allthrive_domain::time::Micros;
use allthrive_protocol::{RoomId, UserId};

use super::facts::player_row;
use super::{json, kind_of, role_word};
use crate::engine::{Statement, Type, Value};
use crate::error::Error;

/// The log first, then what follows from it.
pub(super) fn of(facts: &LiveFacts, now: Micros) -> Result<Vec<Statement>, Error> {
    let changes = &facts.changes;
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let mut writes = Vec::new();
    let made: Vec<RoomId> = changes.created.iter().map(|made| made.room).collect();
    writes.extend(some(changes.created.iter().map(|made| created(facts, made, now)), insert_sessions)?);
    let changed = changes.sessions.iter().filter(|room| !made.contains(room)).filter_map(|room| Some((*room, facts.sessions.get(room)?)));
    writes.extend(some(changed.map(|(room, session)| changed_session(room, session, now)), update_sessions)?);
    writes.extend(some(changes.steps.iter().map(|step| Ok(logged(step, now))), insert_log)?);
    writes.extend(some(changes.marks.iter().map(|mark| Ok(marked(mark, now))), insert_marks)?);
    // Who leaves a name goes before who takes it.
    for active in [false, true] {
        let players = changes.players.iter().filter_map(|key| Some((key.0, facts.players.get(key)?)));
        let players = players.filter(|(_, player)| (player.state == PlayerState::Active) == active);
        writes.extend(some(players.map(|(room, player)| Ok(player_row(room, player))), upsert_players)?);
    }
    writes.extend(some(changes.answers.iter().map(|answer| answered(answer, now)), insert_answers)?);
    writes.extend(changes.hosts.iter().map(|(room, user, role)| {
        match role {
            Some(role) => Statement::new(
                "appoint a host",
                "INSERT INTO live_hosts (room, user_id, role) VALUES ($1, $2, $3)
             ON CONFLICT (room, user_id) DO UPDATE SET role = excluded.role",
            )
            .bind(*room)
            .bind(*user)
            .bind(role_word(*role)),
            None => dismiss(*room, *user),
        }
    }));
    Ok(writes)
}

fn dismiss(room: RoomId, user: UserId) -> Statement {
    Statement::new("dismiss a host", "DELETE FROM live_hosts WHERE room = $1 AND user_id = $2").bind(room).bind(user)
}

/// A statement over these rows, if there are any.
fn some(
    rows: impl Iterator<Item = Result<Vec<Value>, Error>>,
    write: fn(Vec<Vec<Value>>) -> Statement,
) -> Result<Option<Statement>, Error> {
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    Ok((!rows.is_empty()).then(|| write(rows)))
}

fn created(facts: &LiveFacts, made: &Created, now: Micros) -> Result<Vec<Value>, Error> {
    let session = facts.sessions.get(&made.room).ok_or_else(|| Error::corrupt("a new session", "no facts"))?;
    Ok(vec![
        made.room.into(),
        made.asked.quiz.into(),
        made.owner.into(),
        made.asked.conversation.into(),
        made.asked.title.as_str().into(),
        made.asked.language.clone().into(),
        json(&*made.quiz)?.into(),
        json(&session.game)?.into(),
        session.rev.into(),
        session.term.into(),
        session.node.into(),
        session.beat.into(),
        session.elapsed_ms.into(),
        session.answers.into(),
        session.numbers.into(),
        session.playing.into(),
        session.changes.into(),
        made.pin.as_str().into(),
        made.asked.link_hash.into(),
        now.into(),
    ])
}

fn insert_sessions(rows: Vec<Vec<Value>>) -> Statement {
    const COLUMNS: &[(&str, Type)] = &[
        ("room", Type::Uuid),
        ("quiz", Type::Uuid),
        ("owner", Type::Uuid),
        ("conversation", Type::Uuid),
        ("title", Type::Text),
        ("language", Type::Text),
        ("content", Type::Text),
        ("game", Type::Text),
        ("rev", Type::Int),
        ("term", Type::Int),
        ("node", Type::Uuid),
        ("beat", Type::Int),
        ("elapsed_ms", Type::Int),
        ("answers", Type::Int),
        ("numbers", Type::Int),
        ("playing", Type::Int),
        ("changes", Type::Int),
        ("pin", Type::Text),
        ("link_hash", Type::Bytes),
        ("created_at", Type::Int),
    ];
    Statement::new(
        "make live sessions",
        "INSERT INTO live_sessions (room, quiz, owner, conversation, title, language, content, game, rev, term, node, beat, elapsed_ms,
            answers, numbers, playing, changes, pin, link_hash, created_at) {rows}",
    )
    .list(COLUMNS, rows)
}

fn changed_session(room: RoomId, session: &SessionFacts, now: Micros) -> Result<Vec<Value>, Error> {
    let ended = (session.game.phase == Phase::Ended).then_some(now);
    Ok(vec![
        room.into(),
        json(&session.game)?.into(),
        session.rev.into(),
        session.term.into(),
        session.node.into(),
        session.elapsed_ms.into(),
        session.answers.into(),
        session.numbers.into(),
        session.playing.into(),
        session.changes.into(),
        ended.into(),
    ])
}

fn update_sessions(rows: Vec<Vec<Value>>) -> Statement {
    const COLUMNS: &[(&str, Type)] = &[
        ("room", Type::Uuid),
        ("game", Type::Text),
        ("rev", Type::Int),
        ("term", Type::Int),
        ("node", Type::Uuid),
        ("elapsed_ms", Type::Int),
        ("answers", Type::Int),
        ("numbers", Type::Int),
        ("playing", Type::Int),
        ("changes", Type::Int),
        ("ended_at", Type::Int),
    ];
    Statement::new(
        "move live sessions",
        "UPDATE live_sessions SET game = k.game, rev = k.rev, term = k.term, node = k.node, elapsed_ms = k.elapsed_ms, answers = k.answers,
            numbers = k.numbers, playing = k.playing, changes = k.changes, ended_at = COALESCE(live_sessions.ended_at, k.ended_at)
         FROM {keys} WHERE live_sessions.room = k.room",
    )
    .list(COLUMNS, rows)
}

fn logged(step: &Logged, now: Micros) -> Vec<Value> {
    let Logged { room, rev, kind, author, cmid, fingerprint, q, round } = *step;
    vec![room.into(), rev.into(), kind.into(), author.into(), cmid.into(), fingerprint.into(), q.into(), round.into(), now.into()]
}

fn insert_log(rows: Vec<Vec<Value>>) -> Statement {
    const COLUMNS: &[(&str, Type)] = &[
        ("room", Type::Uuid),
        ("rev", Type::Int),
        ("kind", Type::Text),
        ("author", Type::Uuid),
        ("cmid", Type::Uuid),
        ("fingerprint", Type::Bytes),
        ("q", Type::Int),
        ("round", Type::Int),
        ("at", Type::Int),
    ];
    Statement::new("log steps", "INSERT INTO live_log (room, rev, kind, author, cmid, fingerprint, q, round, at) {rows}")
        .list(COLUMNS, rows)
}

fn marked(mark: &Logged, now: Micros) -> Vec<Value> {
    vec![mark.room.into(), mark.author.into(), mark.cmid.into(), mark.kind.into(), mark.fingerprint.into(), now.into()]
}

fn insert_marks(rows: Vec<Vec<Value>>) -> Statement {
    const COLUMNS: &[(&str, Type)] = &[
        ("room", Type::Uuid),
        ("author", Type::Uuid),
        ("cmid", Type::Uuid),
        ("kind", Type::Text),
        ("fingerprint", Type::Bytes),
        ("at", Type::Int),
    ];
    Statement::new("mark measures", "INSERT INTO live_marks (room, author, cmid, kind, fingerprint, at) {rows}").list(COLUMNS, rows)
}

fn upsert_players(rows: Vec<Vec<Value>>) -> Statement {
    const COLUMNS: &[(&str, Type)] = &[
        ("room", Type::Uuid),
        ("player", Type::Uuid),
        ("kind", Type::Text),
        ("no", Type::Int),
        ("name", Type::Text),
        ("skeleton", Type::Text),
        ("team", Type::Int),
        ("factor", Type::Int),
        ("state", Type::Text),
        ("joined_at", Type::Int),
        ("joined_q", Type::Int),
        ("change", Type::Int),
    ];
    Statement::new(
        "keep players",
        "INSERT INTO live_players (room, player, kind, no, name, skeleton, team, factor, state, joined_at, joined_q, change) {rows}
         ON CONFLICT (room, player) DO UPDATE SET name = excluded.name, skeleton = excluded.skeleton, team = excluded.team,
            factor = excluded.factor, state = excluded.state, change = excluded.change",
    )
    .list(COLUMNS, rows)
}

fn answered(answer: &NewAnswer, now: Micros) -> Result<Vec<Value>, Error> {
    Ok(vec![
        answer.room.into(),
        answer.q.into(),
        answer.round.into(),
        id_of(answer.player).into(),
        answer.n.into(),
        kind_of(answer.player).into(),
        answer.no.into(),
        answer.aid.into(),
        json(&answer.choice)?.into(),
        answer.raw_ms.into(),
        answer.t_ms.into(),
        now.into(),
    ])
}

fn insert_answers(rows: Vec<Vec<Value>>) -> Statement {
    const COLUMNS: &[(&str, Type)] = &[
        ("room", Type::Uuid),
        ("q", Type::Int),
        ("round", Type::Int),
        ("player", Type::Uuid),
        ("n", Type::Int),
        ("kind", Type::Text),
        ("no", Type::Int),
        ("aid", Type::Uuid),
        ("given", Type::Text),
        ("raw_ms", Type::Int),
        ("t_ms", Type::Int),
        ("at", Type::Int),
    ];
    Statement::new("keep answers", "INSERT INTO live_answers (room, q, round, player, n, kind, no, aid, given, raw_ms, t_ms, at) {rows}")
        .list(COLUMNS, rows)
}
