//! What a server reads of a live session: all of it when it begins, then what is new by number.

use std::sync::Arc;

use allthrive_domain::quiz::freeze::Frozen;
use allthrive_domain::quiz::game::unit::id_of;
use allthrive_domain::quiz::game::{Game, Kept, Player};
use allthrive_domain::time::Micros;
use allthrive_protocol::quiz::answer::Given;
use allthrive_protocol::quiz::live::Role;
use allthrive_protocol::{Cmid, Principal, RoomId, Seq, UserId};
use uuid::Uuid;

use super::{from_json, kind_of, player, player_columns, principal, role};
use crate::conversations::{ABOVE_ALL, Cursor};
use crate::engine::{Row, Statement};
use crate::error::Error;
use crate::open::Store;

/// What never changes of a session, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionRow {
    /// The quiz that it was frozen from.
    pub quiz: Uuid,
    /// Who made it.
    pub owner: UserId,
    /// Where it was launched.
    pub conversation: Option<RoomId>,
    /// The quiz's title.
    pub title: String,
    /// The questions.
    pub content: Arc<Frozen>,
    /// Its PIN, while it has one.
    pub pin: Option<String>,
    /// When it was made.
    pub created_at: Micros,
    /// When it ended.
    pub ended_at: Option<Micros>,
    /// Where it stands.
    pub state: StateRow,
}

/// Where a session stands.
#[derive(Debug, Clone, PartialEq)]
pub struct StateRow {
    /// The number of its last step.
    pub rev: Seq,
    /// When that was taken.
    pub at: Micros,
    /// In which term it is kept.
    pub term: u64,
    /// By which server.
    pub node: Option<Uuid>,
    /// How often that server has said so.
    pub beat: u64,
    /// How long the phase has lasted, by the last that was stored.
    pub elapsed_ms: u64,
    /// How many answers are kept.
    pub answers: u64,
    /// How often a player was new or has changed.
    pub changes: u64,
    /// How many play.
    pub playing: u32,
    /// The game.
    pub game: Game,
}

/// A session in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionCard {
    /// The session.
    pub room: RoomId,
    /// The quiz that it was frozen from.
    pub quiz: Uuid,
    /// The quiz's title.
    pub title: String,
    /// Its PIN, while it has one.
    pub pin: Option<String>,
    /// How many play.
    pub playing: u32,
    /// When it was made.
    pub created_at: Micros,
    /// When it ended.
    pub ended_at: Option<Micros>,
}

impl SessionCard {
    /// The list goes on after this row.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at.0, id: self.room.0 }
    }
}

/// An answer that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerRow {
    /// Its number among all of the session.
    pub no: u64,
    /// Whose.
    pub player: Principal,
    /// To which question.
    pub q: u32,
    /// Which time it was asked.
    pub round: u32,
    /// How often it was changed before.
    pub n: u32,
    /// The player's mark.
    pub aid: Cmid,
    /// What was answered.
    pub choice: Given,
    /// How long the question had been open.
    pub raw_ms: u64,
    /// The time that is scored.
    pub t_ms: u64,
    /// When it was stored.
    pub at: Micros,
}

impl From<AnswerRow> for Kept {
    fn from(row: AnswerRow) -> Self {
        let AnswerRow { no, player, q, round, n, choice, t_ms, .. } = row;
        Self { player, q, round, n, no, choice, t_ms }
    }
}

/// Rows of one read of all.
const PAGE: u32 = 2_000;

/// The columns of a [`StateRow`], of `live_sessions s` and its last step `l`.
macro_rules! state_columns {
    () => {
        "s.rev, l.at, s.term, s.node, s.beat, s.elapsed_ms, s.answers, s.changes, s.playing, s.game"
    };
}

fn state(row: &Row, at: usize) -> Result<StateRow, Error> {
    Ok(StateRow {
        rev: row.get(at)?,
        at: row.get(at + 1)?,
        term: row.get(at + 2)?,
        node: row.get(at + 3)?,
        beat: row.get(at + 4)?,
        elapsed_ms: row.get(at + 5)?,
        answers: row.get(at + 6)?,
        changes: row.get(at + 7)?,
        playing: row.get(at + 8)?,
        game: from_json(row, at + 9)?,
    })
}

impl Store {
    /// A session whole, but for its people and answers.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn live_session(&self, room: RoomId) -> Result<Option<SessionRow>, Error> {
        let read = Statement::new(
            "read a live session",
            concat!(
                "SELECT s.quiz, s.owner, s.conversation, s.title, s.content, s.pin, s.created_at, s.ended_at, ",
                state_columns!(),
                " FROM live_sessions s JOIN live_log l ON l.room = s.room AND l.rev = s.rev WHERE s.room = $1"
            ),
        );
        let row = self.engine().optional(read.bind(room)).await?;
        row.map(|row| {
            Ok(SessionRow {
                quiz: row.get(0)?,
                owner: row.get(1)?,
                conversation: row.get(2)?,
                title: row.get(3)?,
                content: Arc::new(from_json(&row, 4)?),
                pin: row.get(5)?,
                created_at: row.get(6)?,
                ended_at: row.get(7)?,
                state: state(&row, 8)?,
            })
        })
        .transpose()
    }

    /// Where a session stands.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn live_state(&self, room: RoomId) -> Result<Option<StateRow>, Error> {
        let read = Statement::new(
            "read where a session stands",
            concat!(
                "SELECT ",
                state_columns!(),
                " FROM live_sessions s JOIN live_log l ON l.room = s.room AND l.rev = s.rev WHERE s.room = $1"
            ),
        );
        self.engine().optional(read.bind(room)).await?.map(|row| state(&row, 0)).transpose()
    }

    /// Players that are new or have changed after this number, in its order.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn live_players(&self, room: RoomId, after: u64, limit: u32) -> Result<Vec<Player>, Error> {
        let read = Statement::new(
            "read players that changed",
            concat!("SELECT ", player_columns!(), " FROM live_players p WHERE p.room = $1 AND p.change > $2 ORDER BY p.change LIMIT $3"),
        );
        self.engine().all(read.bind(room).bind(after).bind(limit)).await?.iter().map(|row| player(row, 0)).collect()
    }

    /// A player, whether it still plays or not.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn live_player(&self, room: RoomId, who: Principal) -> Result<Option<Player>, Error> {
        let read = Statement::new(
            "read a player",
            concat!("SELECT ", player_columns!(), " FROM live_players p WHERE p.room = $1 AND p.player = $2 AND p.kind = $3"),
        );
        self.engine().optional(read.bind(room).bind(id_of(who)).bind(kind_of(who))).await?.map(|row| player(&row, 0)).transpose()
    }

    /// Answers after this number, in its order.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn live_answers(&self, room: RoomId, after: u64, limit: u32) -> Result<Vec<AnswerRow>, Error> {
        let read = Statement::new(
            "read answers from a number on",
            "SELECT a.no, a.player, a.kind, a.q, a.round, a.n, a.aid, a.given, a.raw_ms, a.t_ms, a.at FROM live_answers a
             WHERE a.room = $1 AND a.no > $2 ORDER BY a.no LIMIT $3",
        );
        let rows = self.engine().all(read.bind(room).bind(after).bind(limit)).await?;
        let answer = |row: &Row| {
            Ok(AnswerRow {
                no: row.get(0)?,
                player: principal(row, 1, 2)?,
                q: row.get(3)?,
                round: row.get(4)?,
                n: row.get(5)?,
                aid: row.get(6)?,
                choice: from_json(row, 7)?,
                raw_ms: row.get(8)?,
                t_ms: row.get(9)?,
                at: row.get(10)?,
            })
        };
        rows.iter().map(answer).collect()
    }

    /// As [`Self::live_players`], to the last.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn all_live_players(&self, room: RoomId, mut after: u64) -> Result<Vec<Player>, Error> {
        let mut all = Vec::new();
        loop {
            let page = self.live_players(room, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(all) };
            after = last.change;
            all.extend(page);
        }
    }

    /// As [`Self::live_answers`], to the last.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn all_live_answers(&self, room: RoomId, mut after: u64) -> Result<Vec<AnswerRow>, Error> {
        let mut all = Vec::new();
        loop {
            let page = self.live_answers(room, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(all) };
            after = last.no;
            all.extend(page);
        }
    }

    /// When the game began; none while it has not.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn live_began_at(&self, room: RoomId) -> Result<Option<Micros>, Error> {
        let read =
            Statement::new("read when a game began", "SELECT at FROM live_log WHERE room = $1 AND kind = 'start' ORDER BY rev LIMIT 1");
        self.engine().optional(read.bind(room)).await?.map(|row| row.get(0)).transpose()
    }

    /// What an account is in a session, if it is a host of any kind.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn live_role(&self, room: RoomId, user: UserId) -> Result<Option<Role>, Error> {
        let read = Statement::new("read a host's role", "SELECT role FROM live_hosts WHERE room = $1 AND user_id = $2");
        self.engine().optional(read.bind(room).bind(user)).await?.map(|row| role(&row, 0)).transpose()
    }

    /// The session with this PIN, if it runs.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn live_by_pin(&self, pin: &str) -> Result<Option<RoomId>, Error> {
        let read = Statement::new("find a session by PIN", "SELECT room FROM live_sessions WHERE pin = $1 AND ended_at IS NULL");
        self.engine().optional(read.bind(pin)).await?.map(|row| row.get(0)).transpose()
    }

    /// The session with this link, if it runs.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn live_by_link(&self, hash: [u8; 32]) -> Result<Option<RoomId>, Error> {
        let read = Statement::new("find a session by link", "SELECT room FROM live_sessions WHERE link_hash = $1 AND ended_at IS NULL");
        self.engine().optional(read.bind(hash)).await?.map(|row| row.get(0)).transpose()
    }

    /// How many sessions run: more of them need longer PINs.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn live_count(&self) -> Result<u64, Error> {
        self.engine().one(Statement::new("count sessions", "SELECT COUNT(*) AS n FROM live_sessions WHERE ended_at IS NULL")).await?.get(0)
    }

    /// The sessions of an owner, the newest first.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn live_of_owner(&self, owner: UserId, after: Option<Cursor>, limit: u32) -> Result<Vec<SessionCard>, Error> {
        let read = Statement::new(
            "list own sessions",
            "SELECT room, quiz, title, pin, playing, created_at, ended_at FROM live_sessions
             WHERE owner = $1 AND (created_at < $2 OR (created_at = $2 AND room < $3)) ORDER BY created_at DESC, room DESC LIMIT $4",
        );
        let after = after.unwrap_or(ABOVE_ALL);
        let rows = self.engine().all(read.bind(owner).bind(after.at).bind(after.id).bind(limit)).await?;
        let card = |row: &Row| {
            Ok(SessionCard {
                room: row.get(0)?,
                quiz: row.get(1)?,
                title: row.get(2)?,
                pin: row.get(3)?,
                playing: row.get(4)?,
                created_at: row.get(5)?,
                ended_at: row.get(6)?,
            })
        };
        rows.iter().map(card).collect()
    }
}
