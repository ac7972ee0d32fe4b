//! Several nodes without actors and without a bus: what they say to each other arrives or does not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use allthrive_protocol::{RoomId, UserId};
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::bus::wire::NodeId;

const ROOM: RoomId = RoomId(Uuid::from_u128(1 << 64));
const OTHER_ROOM: RoomId = RoomId(Uuid::from_u128(2 << 64));

/// How long it may take until everything that was lost is known: the longest silence, a few beats and rests.
const SETTLED: Duration = Duration::from_secs(20);

const TICK: Duration = Duration::from_millis(100);

fn user(n: usize) -> UserId {
    UserId(Uuid::from_u128(n as u128))
}

/// One node with one worker.
struct Node {
    id: NodeId,
    hall: Hall,
    here: BTreeMap<RoomId, Here>,
    views: BTreeMap<RoomId, View>,
    truth: BTreeMap<(RoomId, UserId), u32>,
    /// Whether it is heard, and hears.
    linked: bool,
    beat_at: Instant,
}

impl Node {
    fn new(id: u128, now: Instant) -> Self {
        let id = NodeId(Uuid::from_u128(id));
        let hall = Hall::new(Some(id));
        Self { id, hall, here: BTreeMap::new(), views: BTreeMap::new(), truth: BTreeMap::new(), linked: true, beat_at: now }
    }

    fn people(&self, room: RoomId) -> BTreeSet<UserId> {
        let here = self.truth.iter().filter(|((of, _), connections)| *of == room && **connections > 0);
        here.map(|((_, user), _)| *user).collect()
    }
}

struct World {
    now: Instant,
    nodes: Vec<Node>,
    born: u128,
}

impl World {
    fn new(nodes: usize) -> Self {
        let now = Instant::now();
        let nodes: Vec<Node> = (1..=nodes as u128).map(|id| Node::new(id, now)).collect();
        Self { now, born: nodes.len() as u128, nodes }
    }

    fn came(&mut self, node: usize, room: RoomId, n: usize) {
        let node = &mut self.nodes[node];
        *node.truth.entry((room, user(n))).or_default() += 1;
        node.here.entry(room).or_default().came(user(n));
    }

    fn went(&mut self, node: usize, room: RoomId, n: usize) {
        let node = &mut self.nodes[node];
        if let Some(connections) = node.truth.get_mut(&(room, user(n))).filter(|connections| **connections > 0) {
            *connections -= 1;
            node.here.get_mut(&room).unwrap().went(user(n));
        }
    }

    fn restart(&mut self, node: usize) {
        self.born += 1;
        self.nodes[node] = Node::new(self.born, self.now);
    }

    fn link(&mut self, node: usize, linked: bool) {
        let node = &mut self.nodes[node];
        if linked && !node.linked {
            node.hall.begin_line();
        }
        node.linked = linked;
    }

    /// A tenth of a second of one node. What it says is lost or arrives at all who hear.
    fn turn(&mut self, at: usize, lost: bool) {
        let (now, node) = (self.now, &mut self.nodes[at]);
        for (room, here) in &mut node.here {
            let change = here.owed();
            if !change.is_empty() {
                node.hall.attend(0, *room, &change);
            }
            here.said();
            if !here.is_known() {
                node.views.remove(room);
            }
        }
        let mut words = node.hall.words();
        if now.duration_since(node.beat_at) >= BEAT {
            node.beat_at = now;
            words.extend(node.hall.beat(now));
        }
        for Said { room, presence, workers } in node.hall.due(now) {
            assert_eq!(workers, [0]);
            let view = View::after(node.views.remove(&room), &presence).expect("it follows from what was known");
            node.views.insert(room, view);
        }
        let (speaker, heard) = (node.id, node.linked && !lost);
        for other in self.nodes.iter_mut().filter(|other| heard && other.linked && other.id != speaker) {
            for word in &words {
                let crossed = serde_json::from_value(serde_json::to_value(word).unwrap()).unwrap();
                other.hall.hear(speaker, crossed, now);
            }
        }
    }

    /// Time passes for all of them, and nothing is lost.
    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while self.now < until {
            self.now += TICK;
            (0..self.nodes.len()).for_each(|node| self.turn(node, false));
        }
    }

    fn truth(&self, room: RoomId) -> BTreeSet<UserId> {
        self.nodes.iter().flat_map(|node| node.people(room)).collect()
    }

    /// Whoever is in a room has been told the truth of all nodes.
    fn assert_settled(&self) {
        for room in [ROOM, OTHER_ROOM] {
            let truth = self.truth(room);
            for node in self.nodes.iter().filter(|node| !node.people(room).is_empty()) {
                assert_eq!(node.views.get(&room), Some(&View::List(truth.clone())), "at node {:?}", node.id);
                assert_eq!(node.hall.page(room, None).online, truth.iter().copied().collect::<Vec<_>>());
            }
        }
    }

    fn seen_by(&self, node: usize) -> Vec<UserId> {
        self.nodes[node].hall.page(ROOM, None).online
    }
}

#[test]
fn whoever_comes_on_one_node_is_told_on_the_other_and_a_node_that_appears_learns_who_is_there() {
    let mut world = World::new(2);
    world.came(0, ROOM, 1);
    world.pass(5 * TICK);
    world.came(1, ROOM, 2);
    world.pass(2 * BEAT);
    world.assert_settled();
    world.nodes.push(Node::new(9, world.now));
    world.came(2, ROOM, 3);
    world.pass(2 * BEAT);
    world.assert_settled();
    assert_eq!(world.seen_by(2), [user(1), user(2), user(3)]);
}

#[test]
fn an_account_on_two_nodes_is_here_once_until_both_are_left() {
    let mut world = World::new(2);
    (0..2).for_each(|node| world.came(node, ROOM, 7));
    world.came(0, ROOM, 1);
    world.pass(BEAT);
    world.went(0, ROOM, 7);
    world.pass(BEAT);
    assert_eq!(world.seen_by(0), [user(1), user(7)]);
    world.went(1, ROOM, 7);
    world.pass(BEAT);
    assert_eq!(world.seen_by(0), [user(1)]);
}

#[test]
fn a_node_whose_beat_stands_still_for_10_s_is_dropped_and_not_before() {
    let mut world = World::new(2);
    (0..2).for_each(|node| world.came(node, ROOM, node));
    world.pass(2 * BEAT);
    let both = [user(0), user(1)];
    assert_eq!(world.seen_by(0), both);
    // The other says nothing from here on.
    world.link(1, false);
    world.pass(SILENCE - BEAT - TICK);
    assert_eq!(world.seen_by(0), both);
    world.pass(2 * BEAT);
    assert_eq!(world.seen_by(0), [user(0)]);
    assert_eq!(world.nodes[0].views[&ROOM], View::List(BTreeSet::from([user(0)])), "and its listeners are told");
    world.link(1, true);
    world.pass(2 * BEAT);
    world.assert_settled();
}

#[test]
fn a_node_that_stood_still_itself_does_not_take_the_others_for_gone() {
    let mut world = World::new(2);
    (0..2).for_each(|node| world.came(node, ROOM, node));
    world.pass(2 * BEAT);
    // Both stopped for a minute, and neither could hear.
    world.now += Duration::from_secs(60);
    world.turn(0, false);
    assert_eq!(world.seen_by(0), [user(0), user(1)]);
}

#[test]
fn what_was_lost_before_all_stood_still_is_asked_for() {
    let mut world = World::new(2);
    (0..2).for_each(|node| world.came(node, ROOM, node));
    world.pass(2 * BEAT);
    world.came(1, ROOM, 5);
    world.turn(1, true);
    world.now += Duration::from_secs(60);
    world.pass(2 * BEAT);
    world.assert_settled();
}

#[test]
fn the_last_word_of_a_room_that_was_lost_is_found_by_the_next_beat() {
    let mut world = World::new(2);
    (0..2).for_each(|node| world.came(node, ROOM, node));
    world.pass(2 * BEAT);
    world.came(0, ROOM, 5);
    world.now += TICK;
    world.turn(0, true);
    world.pass(BEAT + 2 * TICK);
    assert_eq!(world.seen_by(1), [user(0), user(1), user(5)]);
    // That everybody left a room is not lost either.
    world.went(0, ROOM, 0);
    world.went(0, ROOM, 5);
    world.now += TICK;
    world.turn(0, true);
    world.pass(BEAT + 2 * TICK);
    assert_eq!(world.seen_by(1), [user(1)]);
}

#[test]
fn a_node_that_is_started_again_is_another_one() {
    let mut world = World::new(2);
    (0..2).for_each(|node| world.came(node, ROOM, node));
    world.pass(2 * BEAT);
    world.restart(1);
    world.came(1, ROOM, 8);
    world.pass(2 * BEAT);
    assert_eq!(world.seen_by(0), [user(0), user(1), user(8)], "the one that died is not silent for long enough");
    world.pass(SETTLED);
    world.assert_settled();
}

#[test]
fn a_node_that_says_that_it_stops_is_gone_at_once() {
    let mut world = World::new(2);
    (0..2).for_each(|node| world.came(node, ROOM, node));
    world.pass(2 * BEAT);
    let (stopping, now) = (world.nodes[1].id, world.now);
    world.nodes[0].hall.hear(stopping, Word::Gone, now);
    assert_eq!(world.seen_by(0), [user(0)]);
}

#[test]
fn a_node_alone_says_nothing_and_keeps_nothing_to_say() {
    let mut hall = Hall::new(None);
    hall.attend(0, ROOM, &Change { anew: true, joined: vec![user(1)], left: vec![] });
    let now = Instant::now();
    assert_eq!((hall.words(), hall.beat(now), hall.due(now).len()), (vec![], None, 1));
    assert!(!hall.is_restless());
}

#[test]
fn a_very_large_room_is_said_in_parts() {
    let mut hall = Hall::new(Some(NodeId(Uuid::from_u128(1))));
    hall.attend(0, ROOM, &Change { anew: true, joined: (0..12_000).map(user).collect(), left: vec![] });
    let now = Instant::now();
    let words = hall.words();
    let Word::Changed(changes) = &words[0] else { panic!("{words:?}") };
    let parts: Vec<_> = changes.iter().map(|part| (part.n, part.change.anew, part.change.joined.len())).collect();
    assert_eq!(parts, [(1, true, 5_000), (2, false, 5_000), (3, false, 2_000)]);
    let mut other = Hall::new(Some(NodeId(Uuid::from_u128(2))));
    other.attend(0, ROOM, &Change { anew: true, joined: vec![user(20_000)], left: vec![] });
    other.hear(NodeId(Uuid::from_u128(1)), words[0].clone(), now);
    assert_eq!(other.page(ROOM, None).count, 12_001);
}

#[test]
fn a_question_for_another_node_is_not_answered() {
    let now = Instant::now();
    let [one, other, third] = [1, 2, 3].map(|n| NodeId(Uuid::from_u128(n)));
    let mut hall = Hall::new(Some(one));
    hall.attend(0, ROOM, &Change { anew: true, joined: vec![user(1)], left: vec![] });
    hall.words();
    hall.hear(other, Word::Beat(vec![]), now);
    hall.words();
    hall.hear(other, Word::Ask { of: third, rooms: vec![ROOM] }, now);
    assert_eq!(hall.words(), []);
    for (room, people) in [(ROOM, 1), (OTHER_ROOM, 0)] {
        hall.hear(other, Word::Ask { of: one, rooms: vec![room] }, now);
        let words = hall.words();
        assert!(matches!(&words[..], [Word::Changed(said)] if said[0].change.anew && said[0].change.joined.len() == people), "{words:?}");
    }
}

#[test]
fn the_words_stand_written_out() {
    let (room, node) = (ROOM, NodeId(Uuid::from_u128(9)));
    let change = Change { anew: true, joined: vec![user(1)], left: vec![] };
    let more = Numbered { room, n: 4, after: Some(3), change: Change { left: vec![user(1)], ..Change::default() } };
    let changed = Word::Changed(vec![Numbered { room, n: 3, after: None, change }, more]);
    for (word, wire) in [
        (
            changed,
            json!({"changed": [
                {"room": room, "n": 3, "change": {"anew": true, "joined": [user(1)]}},
                {"room": room, "n": 4, "after": 3, "change": {"left": [user(1)]}},
            ]}),
        ),
        (Word::Ask { of: node, rooms: vec![room] }, json!({"ask": {"of": node, "rooms": [room]}})),
        (Word::Beat(vec![(room, 3)]), json!({"beat": [[room, 3]]})),
        (Word::Gone, json!("gone")),
    ] {
        assert_eq!(serde_json::to_value(&word).unwrap(), wire);
        assert_eq!(serde_json::from_value::<Word>(wire).unwrap(), word);
    }
}

#[derive(Debug, Clone)]
enum Step {
    Came(usize, bool, usize),
    Went(usize, bool, usize),
    Turn(usize, bool),
    Wait(u64),
    Link(usize, bool),
    Restart(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..3usize, any::<bool>(), 0..12usize).prop_map(|(node, other, user)| Step::Came(node, other, user)),
        6 => (0..3usize, any::<bool>(), 0..12usize).prop_map(|(node, other, user)| Step::Went(node, other, user)),
        8 => (0..3usize, prop::bool::weighted(0.3)).prop_map(|(node, lost)| Step::Turn(node, lost)),
        4 => (1..4_000u64).prop_map(Step::Wait),
        1 => (0..3usize, any::<bool>()).prop_map(|(node, linked)| Step::Link(node, linked)),
        1 => (0..3usize).prop_map(Step::Restart),
    ]
}

proptest! {
    /// Whatever was lost, cut or started again: once the bus is well, everybody is told the truth.
    #[test]
    fn whatever_happened_between_nodes_they_agree_once_the_bus_is_well(steps in prop::collection::vec(step(), 0..120)) {
        let mut world = World::new(3);
        let room = |other| if other { OTHER_ROOM } else { ROOM };
        for step in steps {
            match step {
                Step::Came(node, other, n) => world.came(node, room(other), n),
                Step::Went(node, other, n) => world.went(node, room(other), n),
                Step::Turn(node, lost) => world.turn(node, lost),
                Step::Wait(ms) => world.now += Duration::from_millis(ms),
                Step::Link(node, linked) => world.link(node, linked),
                Step::Restart(node) => world.restart(node),
            }
        }
        (0..3).for_each(|node| world.link(node, true));
        world.pass(SETTLED);
        world.assert_settled();
    }
}
