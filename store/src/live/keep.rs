//! Which server runs the timers of which session, and what the others say to it; screens; PINs that are free again.

use std::time::Duration;

use allthrive_domain::time::Micros;
use allthrive_protocol::{RoomId, Seq, SessionId};
use uuid::Uuid;

use super::facts::lock_sessions;
use crate::engine::{Decided, Row, Statement, Type};
use crate::error::Error;
use crate::open::Store;

/// For so long after its end a session's PIN is nobody else's.
pub const PIN_RESERVED: Duration = Duration::from_secs(24 * 60 * 60);
/// Most screens of a session.
pub const MOST_SCREENS: u64 = 20;

/// Who keeps a running session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The session.
    pub room: RoomId,
    /// The server.
    pub node: Option<Uuid>,
    /// Its term.
    pub term: u64,
    /// How often it has said so.
    pub beat: u64,
}

/// A server says that it still keeps a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beat {
    /// The session.
    pub room: RoomId,
    /// The server's term.
    pub term: u64,
    /// Of which step the time is.
    pub rev: Seq,
    /// How long the phase has lasted.
    pub elapsed_ms: u64,
}

/// What a server says of its people at a session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NodeSays {
    /// The last step that it knows of.
    pub rev: Seq,
    /// The last step whose answers it has all handed in.
    pub drained: Seq,
    /// Of how many an answer to the open question is awaited.
    pub expected: u32,
    /// How many of them have answered.
    pub answered: u32,
    /// Hosts that are connected.
    pub hosts: u32,
    /// Players that are connected.
    pub connected: u32,
    /// Rises each time it says so.
    pub beat: u64,
}

impl Store {
    /// All sessions that run, with who keeps them.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn live_running(&self) -> Result<Vec<Lease>, Error> {
        let read = Statement::new("read leases", "SELECT room, node, term, beat FROM live_sessions WHERE ended_at IS NULL ORDER BY room");
        let lease = |row: &Row| Ok(Lease { room: row.get(0)?, node: row.get(1)?, term: row.get(2)?, beat: row.get(3)? });
        self.engine().all(read).await?.iter().map(lease).collect()
    }

    /// These sessions are still kept, those whose term is still the one that is said: they are returned.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn live_beat(&self, beats: &[Beat]) -> Result<Vec<RoomId>, Error> {
        const COLUMNS: &[(&str, Type)] = &[("room", Type::Uuid), ("term", Type::Int), ("rev", Type::Int), ("elapsed_ms", Type::Int)];
        let rows = || beats.iter().map(|beat| vec![beat.room.into(), beat.term.into(), beat.rev.into(), beat.elapsed_ms.into()]).collect();
        let lock = lock_sessions(beats.iter().map(|beat| beat.room).collect());
        let read =
            Statement::new("sessions still kept", "SELECT s.room FROM live_sessions s JOIN {keys} ON s.room = k.room AND s.term = k.term");
        let raise = Statement::new(
            "raise beats",
            "UPDATE live_sessions SET beat = beat + 1,
                elapsed_ms = CASE WHEN live_sessions.rev = k.rev THEN k.elapsed_ms ELSE live_sessions.elapsed_ms END
             FROM {keys} WHERE live_sessions.room = k.room AND live_sessions.term = k.term",
        );
        let (read, raise) = (read.list(COLUMNS, rows()), raise.list(COLUMNS, rows()));
        let decide = move |rows: Vec<Vec<Row>>| {
            let kept = rows.iter().flatten().map(|row| row.get(0)).collect::<Result<_, _>>()?;
            Ok(Decided { writes: vec![raise], value: kept })
        };
        self.engine().try_transact(vec![lock], vec![read], decide).await
    }

    /// What this server says of its people at a session.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn live_node_says(&self, room: RoomId, node: Uuid, says: NodeSays) -> Result<(), Error> {
        let write = Statement::new(
            "say who is here",
            "INSERT INTO live_nodes (room, node, rev, drained, expected, answered, hosts, connected, beat)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (room, node) DO UPDATE SET rev = excluded.rev, drained = excluded.drained, expected = excluded.expected, answered = excluded.answered,
                hosts = excluded.hosts, connected = excluded.connected, beat = excluded.beat",
        );
        let write = write.bind(room).bind(node).bind(says.rev).bind(says.drained).bind(says.expected).bind(says.answered);
        self.engine().run(write.bind(says.hosts).bind(says.connected).bind(says.beat)).await.map(drop)
    }

    /// What the servers say of their people at a session.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn live_nodes(&self, room: RoomId) -> Result<Vec<(Uuid, NodeSays)>, Error> {
        let read = Statement::new(
            "read who is where",
            "SELECT node, rev, drained, expected, answered, hosts, connected, beat FROM live_nodes WHERE room = $1",
        );
        let says = |row: &Row| {
            let says = NodeSays {
                rev: row.get(1)?,
                drained: row.get(2)?,
                expected: row.get(3)?,
                answered: row.get(4)?,
                hosts: row.get(5)?,
                connected: row.get(6)?,
                beat: row.get(7)?,
            };
            Ok((row.get(0)?, says))
        };
        self.engine().all(read.bind(room)).await?.iter().map(says).collect()
    }

    /// A screen may show this session; `false` if it has too many. The same one again changes nothing.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn add_live_screen(&self, room: RoomId, screen: SessionId, now: Micros) -> Result<bool, Error> {
        let read = Statement::new("count screens", "SELECT COUNT(*) AS n FROM live_screens WHERE room = $1").bind(room);
        let write = Statement::new(
            "add a screen",
            "INSERT INTO live_screens (room, screen, created_at) VALUES ($1, $2, $3) ON CONFLICT (room, screen) DO NOTHING",
        );
        let write = write.bind(room).bind(screen.0).bind(now);
        let decide = move |rows: Vec<Vec<Row>>| {
            let count: u64 = rows.first().and_then(|rows| rows.first()).map_or(Ok(0), |row| row.get(0))?;
            let fits = count < MOST_SCREENS;
            Ok(Decided { writes: if fits { vec![write] } else { Vec::new() }, value: fits })
        };
        self.engine().try_transact(vec![lock_sessions([room].into())], vec![read], decide).await
    }

    /// Whether that screen may show this session.
    ///
    /// # Errors
    /// As [`crate::Engine::all`].
    pub async fn is_live_screen(&self, room: RoomId, screen: SessionId) -> Result<bool, Error> {
        let read = Statement::new("find a screen", "SELECT 1 AS one FROM live_screens WHERE room = $1 AND screen = $2");
        Ok(self.engine().optional(read.bind(room).bind(screen.0)).await?.is_some())
    }

    /// PINs of sessions that ended [`PIN_RESERVED`] ago are free again; how many were.
    ///
    /// # Errors
    /// As the database has it.
    pub async fn free_live_pins(&self, now: Micros) -> Result<u64, Error> {
        let before = now.minus(PIN_RESERVED);
        let write = Statement::new("free PINs", "UPDATE live_sessions SET pin = NULL WHERE pin IS NOT NULL AND ended_at < $1");
        self.engine().run(write.bind(before)).await
    }
}
