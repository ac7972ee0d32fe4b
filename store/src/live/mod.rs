//! Live sessions, as they are kept.
//!
//! - `commit`: units in, rows out; `facts` and `writes` are its reads and writes
//! - [`read`]: what a server that keeps a session, or has people of it, reads
//! - [`keep`]: who keeps it; screens; PINs

mod commit;
mod facts;
pub mod keep;
pub mod read;
mod writes;

use allthrive_domain::quiz::game::{Player, PlayerState};
use allthrive_protocol::quiz::live::{Factor, Role};
use allthrive_protocol::{PlayerId, Principal, UserId};
use uuid::Uuid;

pub use self::keep::{Beat, Lease};
pub use self::read::{AnswerRow, SessionCard, SessionRow, StateRow};
use crate::engine::Row;
use crate::error::Error;

/// How a player's or author's kind is written.
fn kind_of(player: Principal) -> &'static str {
    match player {
        Principal::User(_) => "user",
        Principal::Guest(_) => "guest",
        Principal::Screen(_) => "screen",
    }
}

/// A player's id, from its columns.
fn principal(row: &Row, id: usize, kind: usize) -> Result<Principal, Error> {
    let id: Uuid = row.get(id)?;
    match row.get::<String>(kind)?.as_str() {
        "user" => Ok(Principal::User(UserId(id))),
        "guest" => Ok(Principal::Guest(PlayerId(id))),
        other => Err(Error::corrupt("live_players.kind", other)),
    }
}

/// The columns of a player, of `live_players p`.
macro_rules! player_columns {
    () => {
        "p.player, p.kind, p.no, p.name, p.skeleton, p.team, p.factor, p.state, p.joined_at, p.joined_q, p.change"
    };
}
use player_columns;

/// A player, from its columns.
fn player(row: &Row, at: usize) -> Result<Player, Error> {
    let state: String = row.get(at + 7)?;
    let factor: u32 = row.get(at + 6)?;
    Ok(Player {
        player: principal(row, at, at + 1)?,
        no: row.get(at + 2)?,
        name: row.get(at + 3)?,
        skeleton: row.get(at + 4)?,
        team: row.get(at + 5)?,
        factor: match factor {
            1_000 => Factor::Usual,
            1_500 => Factor::Half,
            2_000 => Factor::Double,
            other => return Err(Error::corrupt("live_players.factor", other)),
        },
        state: PlayerState::parse(&state).ok_or_else(|| Error::corrupt("live_players.state", &state))?,
        joined_at: row.get(at + 8)?,
        joined_q: row.get(at + 9)?,
        change: row.get(at + 10)?,
    })
}

/// How a host's role is written; players and screens have none there.
fn role_word(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Cohost => "cohost",
        Role::Moderator => "moderator",
        Role::Screen => "screen",
        Role::Player => "player",
    }
}

fn role(row: &Row, column: usize) -> Result<Role, Error> {
    match row.get::<String>(column)?.as_str() {
        "owner" => Ok(Role::Owner),
        "cohost" => Ok(Role::Cohost),
        "moderator" => Ok(Role::Moderator),
        other => Err(Error::corrupt("live_hosts.role", other)),
    }
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::corrupt("a live session", error))
}

fn from_json<T: serde::de::DeserializeOwned>(row: &Row, column: usize) -> Result<T, Error> {
    serde_json::from_str(&row.get::<String>(column)?).map_err(|error| Error::corrupt("a live session", error))
}
