//! What live sessions tell the relay of a thread: who sits where, and what is shown.

use actix::{Handler, Message};
use allthrive_protocol::{ConnId, RoomId};
use bytes::Bytes;

use super::actor::{Close, RelayActor};
use crate::live::stage::{How, Side};

/// From a live session to one thread; in order.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Staged {
    /// The session.
    pub room: RoomId,
    /// What.
    pub what: Act,
}

/// What a session does on a thread.
pub enum Act {
    /// A connection sits there now; this is said to it first.
    Seat {
        /// The connection.
        conn: ConnId,
        /// What it is shown.
        side: Side,
        /// Its reply, if it asked for one.
        frame: Option<Bytes>,
    },
    /// A connection sits there no more; this is the last it is told of the session.
    Unseat {
        /// The connection.
        conn: ConnId,
        /// The last frame, or the end of the connection.
        last: Last,
    },
    /// What a side is shown.
    Cast {
        /// By side.
        frames: Vec<(Side, Bytes)>,
        /// How it goes.
        how: How,
        /// Connections that get one of their own.
        but: Vec<ConnId>,
    },
    /// What some are told, each alone.
    Each {
        /// Connection and frame.
        frames: Vec<(ConnId, Bytes)>,
        /// How it goes.
        how: How,
    },
}

/// The last word to a connection.
pub enum Last {
    /// None.
    Nothing,
    /// This frame; the connection goes on.
    Frame(Bytes),
    /// This frame, and then the connection ends.
    Close(Option<Bytes>, allthrive_protocol::CloseCode),
}

impl Handler<Staged> for RelayActor {
    type Result = ();

    fn handle(&mut self, Staged { room, what }: Staged, _: &mut Self::Context) {
        let mut state = self.relay.state.borrow_mut();
        match what {
            Act::Seat { conn, side, frame } => {
                // It has gone meanwhile, or it is told first what it asked.
                let Some(lane) = state.open.get(&conn).map(|open| std::rc::Rc::clone(&open.lane)) else { return };
                if let Some(frame) = frame {
                    let _ = lane.push(frame);
                }
                state.stage.seat(room, conn, side, lane);
            }
            Act::Unseat { conn, last } => {
                let Some(lane) = state.stage.unseat(room, conn) else { return };
                match last {
                    Last::Nothing => {}
                    Last::Frame(frame) => {
                        let _ = lane.push(frame);
                    }
                    Last::Close(frame, code) => {
                        if let Some(frame) = frame {
                            let _ = lane.push(frame);
                        }
                        lane.end(Some(code.number()));
                        if let Some(open) = state.open.get(&conn) {
                            // If its mailbox is full its peer takes nothing: the lane has ended all the same.
                            let _ = open.session.try_send(Close(code));
                        }
                    }
                }
            }
            Act::Cast { frames, how, but } => {
                for (side, frame) in frames {
                    state.stage.cast(room, side, &frame, how, &but);
                }
            }
            Act::Each { frames, how } => {
                for (conn, frame) in frames {
                    state.stage.one(room, conn, &frame, how);
                }
            }
        }
    }
}
