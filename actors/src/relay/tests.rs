//! What a connection is given whose membership may have ended while the store was asked about it.

use allthrive_domain::time::Clock;
use allthrive_store::{Store, StoreConfig};

use super::*;
use crate::bus::Kind;
use crate::bus::neighbours::Neighbours;
use crate::fault::Faults;
use crate::system::Workers;

const ROOM: RoomId = RoomId(Uuid::from_u128(9));
const BEN: UserId = UserId(Uuid::from_u128(2));
const CONN: ConnId = ConnId(Uuid::from_u128(20));

/// A relay without an actor, one room of which the gate has said where it is, and one connection.
struct Scene {
    relay: Relay,
    lane: Rc<Lane>,
    _dir: tempfile::TempDir,
}

impl Scene {
    async fn at(top: Seq) -> Self {
        let scene = Self::unopened().await;
        scene.news(News::At(top));
        scene
    }

    /// The gate has not answered yet.
    async fn unopened() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(StoreConfig::sqlite(dir.path().join("db"), dir.path().join("instance"))).await.unwrap();
        let workers = Workers::new(1);
        let neighbours = Neighbours::start(Kind::Alone, store.history_epoch(), workers.clone());
        let relay = Relay::new(Parts { store, clock: Clock::System, faults: Faults::default(), workers, neighbours }, 0);
        let lane = Lane::new();
        relay.attach(CONN, Member { user: BEN, lane: Rc::clone(&lane) });
        relay.tell_tops(CONN, ROOM);
        Self { relay, lane, _dir: dir }
    }

    fn news(&self, news: News) {
        self.relay.state.borrow_mut().take(Heard { room: ROOM, news });
    }

    fn event(&self, seq: Seq, effect: Effect) {
        self.news(News::Durable(Committed { room: ROOM, seq, frame: Bytes::from_static(b"event"), effect }));
    }

    /// The store has said so: a member when the room's last number was `top`.
    fn hears(&self, top: Seq, live: bool) {
        self.relay.hear(CONN, ROOM, Cursor { after: top, top, from_seq: 0 }, live);
    }

    /// Whether it is given what passes by.
    fn is_told_volatile(&self) -> bool {
        let before = self.lane.room_below_soft();
        self.news(News::Volatile { frame: Bytes::from_static(b"typing"), key: MergeKey::Tops(RoomId(Uuid::new_v4())) });
        self.lane.room_below_soft() < before
    }
}

#[actix_rt::test]
async fn who_was_taken_out_while_the_store_was_read_hears_nothing_until_it_is_read_again() {
    let scene = Scene::at(5).await;
    scene.event(6, Effect::Left(BEN));
    scene.hears(5, false);
    assert!(!scene.is_told_volatile());
    scene.hears(6, false);
    assert!(scene.is_told_volatile());
}

#[actix_rt::test]
async fn who_left_and_came_back_before_the_store_was_read_hears() {
    let scene = Scene::at(5).await;
    scene.hears(7, false);
    scene.event(6, Effect::Left(BEN));
    assert!(scene.is_told_volatile() && scene.relay.hears(CONN, ROOM));
    scene.event(7, Effect::None);
    scene.event(8, Effect::Left(BEN));
    assert!(!scene.relay.hears(CONN, ROOM));
}

#[actix_rt::test]
async fn a_removal_that_was_never_told_ends_what_passes_by() {
    let scene = Scene::at(5).await;
    scene.hears(5, true);
    assert!(scene.relay.is_live(CONN, ROOM) && scene.is_told_volatile());
    scene.news(News::At(7));
    assert!(!scene.relay.is_live(CONN, ROOM) && !scene.is_told_volatile());
    scene.hears(6, false);
    assert!(!scene.is_told_volatile(), "the store was read before the last of what was missed");
    scene.hears(7, true);
    assert!(scene.is_told_volatile());
}

#[actix_rt::test]
async fn before_the_gate_has_said_where_the_room_is_nobody_hears_what_passes_by() {
    let scene = Scene::unopened().await;
    // Taken out at 8, told to an audience of the room that is given up already.
    scene.hears(7, false);
    assert!(!scene.is_told_volatile() && !scene.relay.is_proven(CONN, ROOM));
    scene.news(News::At(8));
    assert!(!scene.is_told_volatile() && !scene.relay.is_proven(CONN, ROOM));
    scene.hears(8, false);
    assert!(scene.is_told_volatile() && scene.relay.is_proven(CONN, ROOM));
}

#[actix_rt::test]
async fn a_gate_that_says_again_where_it_is_changes_nothing_for_who_is_live() {
    let scene = Scene::at(5).await;
    scene.hears(5, true);
    scene.event(6, Effect::None);
    scene.news(News::At(6));
    assert!(scene.relay.is_live(CONN, ROOM) && scene.is_told_volatile());
}

#[actix_rt::test]
async fn an_account_that_left_is_told_no_tops_and_is_again_once_it_is_back() {
    let scene = Scene::at(5).await;
    let tells = || scene.relay.state.borrow().rooms.get(&ROOM).is_some_and(|audience| audience.telling.contains(&CONN));
    let follow = |effect| scene.relay.state.borrow_mut().follow(RoomId::personal(BEN), effect);
    follow(Effect::Parted(ROOM));
    assert!(!tells());
    follow(Effect::Joined(ROOM));
    // The room's own word of the leaving may come later than that: it does not take it back.
    scene.event(6, Effect::Left(BEN));
    assert!(tells());
}
