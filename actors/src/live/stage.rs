//! Who on one worker thread is at which live session, shown what, and the way of a frame to their lanes: encoded once
//! for each side, the same bytes for all of it.

use std::collections::HashMap;
use std::rc::Rc;

use allthrive_protocol::{ConnId, RoomId};
use bytes::Bytes;

use crate::session::lane::{Lane, MergeKey};

/// What somebody is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// What players are.
    Player,
    /// What screens and moderators are.
    Screen,
    /// What owners and cohosts are: with the key.
    Host,
}

/// How a frame goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// A view: each is shown, but to a peer that takes little only the latest, which says all.
    View,
    /// A count, a tally, what holds beside: the latest takes the place of the one before, of the same kind.
    Latest(MergeKey),
    /// As it is.
    Plain,
}

struct Seated {
    side: Side,
    lane: Rc<Lane>,
}

/// See the module.
#[derive(Default)]
pub struct Stage {
    rooms: HashMap<RoomId, HashMap<ConnId, Seated>>,
}

impl Stage {
    /// A connection is at the session from now on, and is shown what that side is.
    pub fn seat(&mut self, room: RoomId, conn: ConnId, side: Side, lane: Rc<Lane>) {
        self.rooms.entry(room).or_default().insert(conn, Seated { side, lane });
    }

    /// A connection is not at the session any more: its lane, if it was.
    pub fn unseat(&mut self, room: RoomId, conn: ConnId) -> Option<Rc<Lane>> {
        let seats = self.rooms.get_mut(&room)?;
        let seated = seats.remove(&conn);
        if seats.is_empty() {
            self.rooms.remove(&room);
        }
        seated.map(|seated| seated.lane)
    }

    /// A connection has ended.
    pub fn leave(&mut self, conn: ConnId) {
        self.rooms.retain(|_, seats| {
            seats.remove(&conn);
            !seats.is_empty()
        });
    }

    /// Puts a frame into the lanes of one side, and of nobody else. A lane that is given up ends its connection by
    /// itself. `but` are connections that get one of their own.
    pub fn cast(&self, room: RoomId, side: Side, frame: &Bytes, how: How, but: &[ConnId]) {
        let seats = self.rooms.get(&room).into_iter().flatten();
        for (_, Seated { lane, .. }) in seats.filter(|(conn, seated)| seated.side == side && !but.contains(conn)) {
            put(room, lane, frame, how);
        }
    }

    /// Puts a frame into one connection's lane.
    pub fn one(&self, room: RoomId, conn: ConnId, frame: &Bytes, how: How) {
        if let Some(Seated { lane, .. }) = self.rooms.get(&room).and_then(|seats| seats.get(&conn)) {
            put(room, lane, frame, how);
        }
    }
}

fn put(room: RoomId, lane: &Lane, frame: &Bytes, how: How) {
    let _ = match how {
        How::View if lane.is_above_soft() => lane.merge(frame.clone(), MergeKey::LiveView(room)),
        How::View | How::Plain => lane.push(frame.clone()),
        How::Latest(key) => lane.merge(frame.clone(), key),
    };
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, StreamExt as _, stream};
    use uuid::Uuid;

    use super::*;
    use crate::session::lane::{Merged, SOFT_BYTES};

    const ROOM: RoomId = RoomId(Uuid::from_u128(1));
    const OTHER: RoomId = RoomId(Uuid::from_u128(2));

    fn conn(n: u128) -> ConnId {
        ConnId(Uuid::from_u128(n))
    }

    fn seated(stage: &mut Stage, room: RoomId, n: u128, side: Side) -> Rc<Lane> {
        let lane = Lane::new();
        stage.seat(room, conn(n), side, Rc::clone(&lane));
        lane
    }

    /// Everything that is in the lane, as one.
    fn said(lane: &Rc<Lane>) -> Vec<u8> {
        let actor = Box::pin(stream::pending::<Result<Bytes, ()>>());
        let mut body = Merged { actor, lane: Rc::clone(lane) };
        let mut all = Vec::new();
        while let Some(Some(Ok(bytes))) = body.next().now_or_never() {
            all.extend_from_slice(&bytes);
        }
        all
    }

    #[test]
    fn a_frame_reaches_its_side_of_its_session_and_nobody_else() {
        let mut stage = Stage::default();
        let player = seated(&mut stage, ROOM, 1, Side::Player);
        let screen = seated(&mut stage, ROOM, 2, Side::Screen);
        let host = seated(&mut stage, ROOM, 3, Side::Host);
        let stranger = seated(&mut stage, OTHER, 4, Side::Player);
        let slower = seated(&mut stage, ROOM, 5, Side::Player);
        stage.cast(ROOM, Side::Host, &Bytes::from_static(b"key"), How::View, &[]);
        stage.cast(ROOM, Side::Player, &Bytes::from_static(b"p"), How::View, &[conn(5)]);
        stage.cast(ROOM, Side::Screen, &Bytes::from_static(b"s"), How::View, &[]);
        stage.one(ROOM, conn(5), &Bytes::from_static(b"own"), How::View);
        assert_eq!([said(&player), said(&screen), said(&host), said(&stranger), said(&slower)], [&b"p"[..], b"s", b"key", b"", b"own"]);
    }

    #[test]
    fn who_has_left_is_told_nothing() {
        let mut stage = Stage::default();
        let (one, two) = (seated(&mut stage, ROOM, 1, Side::Player), seated(&mut stage, ROOM, 2, Side::Player));
        assert!(stage.unseat(ROOM, conn(1)).is_some() && stage.unseat(ROOM, conn(1)).is_none());
        stage.leave(conn(2));
        stage.cast(ROOM, Side::Player, &Bytes::from_static(b"p"), How::View, &[]);
        assert_eq!((said(&one), said(&two)), (Vec::new(), Vec::new()));
    }

    #[test]
    fn counts_merge_and_views_do_so_only_where_the_peer_takes_little() {
        let mut stage = Stage::default();
        let lane = seated(&mut stage, ROOM, 1, Side::Player);
        let cast = |text: &str, how| stage.cast(ROOM, Side::Player, &Bytes::copy_from_slice(text.as_bytes()), how, &[]);
        let count = How::Latest(MergeKey::LiveCount(ROOM));
        [("1", count), ("a", How::View), ("2", count), ("b", How::View)].into_iter().for_each(|(text, how)| cast(text, how));
        assert_eq!(said(&lane), b"2ab");
        cast(&"x".repeat(SOFT_BYTES + 1), How::View);
        [("c", How::View), ("own", How::Plain), ("d", How::View)].into_iter().for_each(|(text, how)| cast(text, how));
        assert_eq!(said(&lane)[SOFT_BYTES + 1..], *b"down");
    }
}
