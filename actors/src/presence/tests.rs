use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

use allthrive_protocol::{MAX_PRESENCE, UserId};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn user(n: usize) -> UserId {
    UserId(Uuid::from_u128(n as u128))
}

fn joined(users: impl IntoIterator<Item = usize>) -> Change {
    Change { joined: users.into_iter().map(user).collect(), ..Change::default() }
}

fn left(users: impl IntoIterator<Item = usize>) -> Change {
    Change { left: users.into_iter().map(user).collect(), ..Change::default() }
}

/// A room with so many people in it by worker 0, and all of them told.
fn with(people: usize, now: Instant) -> Crowd {
    let mut crowd = Crowd::default();
    crowd.take(Holder::Worker(0), &joined(0..people));
    crowd.tell(now);
    crowd
}

/// What those who know are told.
fn news(crowd: &mut Crowd, now: Instant) -> Option<Presence> {
    crowd.tell(now).news.map(|(news, _)| news)
}

#[test]
fn a_second_connection_of_an_account_is_no_news_and_neither_is_the_end_of_one_of_two() {
    let mut here = Here::default();
    assert!(here.came(user(1)));
    assert_eq!(here.owed(), Change { anew: true, ..joined([1]) });
    here.said();
    assert!(!here.came(user(1)));
    assert!(!here.went(user(1)));
    assert!(here.owed().is_empty());
    assert!(here.went(user(1)));
    assert_eq!(here.owed(), left([1]));
}

#[test]
fn who_comes_and_goes_before_it_is_said_was_not_there() {
    let mut here = Here::default();
    here.said();
    here.came(user(1));
    here.went(user(1));
    assert!(here.owed().is_empty());
}

#[test]
fn what_could_not_be_said_is_owed_still() {
    let mut here = Here::default();
    here.came(user(1));
    assert_eq!(here.owed().joined, [user(1)]);
    here.came(user(2));
    assert_eq!(here.owed().joined.len(), 2);
    here.said();
    assert!(here.owed().is_empty());
    here.forgotten();
    let owed = here.owed();
    assert_eq!((owed.anew, owed.joined.len()), (true, 2));
}

#[test]
fn whoever_is_here_by_two_workers_is_here_once_until_both_are_left() {
    let now = Instant::now();
    let mut crowd = with(2, now);
    crowd.take(Holder::Worker(1), &joined([0]));
    assert_eq!(news(&mut crowd, now), None);
    crowd.take(Holder::Worker(0), &left([0]));
    assert_eq!(news(&mut crowd, now), None);
    crowd.take(Holder::Worker(1), &left([0]));
    assert_eq!(news(&mut crowd, now), Some(Presence::Diff { joined: vec![], left: vec![user(0)], count: 1 }));
}

#[test]
fn what_happens_within_a_second_is_told_at_once_after_it() {
    let now = Instant::now();
    let mut crowd = with(1, now);
    crowd.take(Holder::Worker(0), &joined([1, 2]));
    assert!(!crowd.is_due(now + SECOND / 2));
    crowd.take(Holder::Worker(0), &left([0, 2]));
    assert!(crowd.is_due(now + SECOND));
    let told = news(&mut crowd, now + SECOND);
    assert_eq!(told, Some(Presence::Diff { joined: vec![user(1)], left: vec![user(0)], count: 1 }));
    assert!(!crowd.is_restless());
}

#[test]
fn what_cancels_itself_is_not_told_and_the_room_does_not_rest_for_it() {
    let now = Instant::now();
    let mut crowd = with(1, now);
    let later = now + SECOND;
    crowd.take(Holder::Worker(0), &joined([1]));
    crowd.take(Holder::Worker(0), &left([1]));
    assert!(crowd.is_due(later));
    assert_eq!(crowd.tell(later), Telling::default());
    crowd.take(Holder::Worker(0), &joined([1]));
    assert!(crowd.is_due(later));
}

#[test]
fn a_worker_that_missed_something_or_is_new_is_told_all_of_it_and_the_others_what_changed() {
    let now = Instant::now();
    let mut crowd = with(1, now);
    crowd.take(Holder::Worker(1), &joined([1]));
    let telling = crowd.tell(now);
    assert_eq!(telling.news, Some((Presence::Diff { joined: vec![user(1)], left: vec![], count: 2 }, vec![0])));
    assert_eq!(telling.whole, Some((Presence::State { online: vec![user(0), user(1)], count: 2 }, vec![1])));
    crowd.missed(0);
    assert!(crowd.is_restless());
    assert_eq!(crowd.tell(now).whole, Some((Presence::State { online: vec![user(0), user(1)], count: 2 }, vec![0])));
}

#[test]
fn a_worker_that_goes_takes_its_people_along() {
    let now = Instant::now();
    let mut crowd = with(2, now);
    crowd.take(Holder::Worker(1), &joined([1, 2]));
    crowd.tell(now);
    crowd.forget(Holder::Worker(1));
    assert_eq!(news(&mut crowd, now), Some(Presence::Diff { joined: vec![], left: vec![user(2)], count: 2 }));
    crowd.forget(Holder::Worker(0));
    assert!(crowd.is_deserted() && crowd.everybody().is_empty());
}

#[test]
fn a_list_is_told_of_100_and_a_number_of_101() {
    let now = Instant::now();
    let whole = |people| {
        let mut crowd = Crowd::default();
        crowd.take(Holder::Worker(0), &joined(0..people));
        crowd.tell(now).whole.map(|(whole, _)| whole)
    };
    assert!(matches!(whole(LARGE_ABOVE), Some(Presence::State { online, count: 100 }) if online.len() == 100));
    assert_eq!(whole(LARGE_ABOVE + 1), Some(Presence::Count { count: 101 }));
}

#[test]
fn a_room_at_the_border_does_not_change_its_ways_with_each_who_comes_and_goes() {
    let now = Instant::now();
    let mut crowd = with(LARGE_ABOVE, now);
    crowd.take(Holder::Worker(0), &joined([LARGE_ABOVE]));
    assert_eq!(news(&mut crowd, now), Some(Presence::Count { count: 101 }));
    for people in (SMALL_AGAIN + 1..=LARGE_ABOVE).rev() {
        crowd.take(Holder::Worker(0), &left([people]));
        assert_eq!(news(&mut crowd, now), Some(Presence::Count { count: people as u64 }));
    }
    crowd.take(Holder::Worker(0), &left([SMALL_AGAIN]));
    assert!(matches!(news(&mut crowd, now), Some(Presence::State { count: 80, .. })));
    for people in SMALL_AGAIN..LARGE_ABOVE {
        crowd.take(Holder::Worker(0), &joined([people]));
        assert!(matches!(news(&mut crowd, now), Some(Presence::Diff { .. })));
    }
}

#[test]
fn a_large_room_where_as_many_come_as_go_has_nothing_to_tell() {
    let now = Instant::now();
    let mut crowd = with(300, now);
    crowd.take(Holder::Worker(0), &joined([300]));
    crowd.take(Holder::Worker(0), &left([7]));
    assert_eq!(crowd.tell(now), Telling::default());
}

#[test]
fn a_very_large_room_rests_longer_unless_a_worker_knows_nothing() {
    assert_eq!((rest(0), rest(1_000), rest(4_000), rest(1_000_000)), (SECOND, SECOND, 4 * SECOND, 10 * SECOND));
    let now = Instant::now();
    let mut crowd = with(4_000, now);
    crowd.take(Holder::Worker(0), &joined([4_000]));
    assert!(!crowd.is_due(now + 4 * SECOND) && crowd.is_due(now + 5 * SECOND));
    crowd.take(Holder::Worker(1), &joined([0]));
    assert!(crowd.is_due(now + SECOND));
}

#[test]
fn pages_name_each_once_in_order_and_the_last_has_no_next() {
    let crowd = with(2 * MAX_PRESENCE, Instant::now());
    let first = crowd.page(None);
    assert_eq!((first.online.len(), first.count, first.next), (MAX_PRESENCE, 400, Some(user(MAX_PRESENCE - 1))));
    let last = crowd.page(first.next);
    assert_eq!((last.online.first(), last.online.len(), last.next), (Some(&user(MAX_PRESENCE)), MAX_PRESENCE, None));
    assert_eq!(crowd.page(last.online.last().copied()).online, vec![]);
}

#[test]
fn what_does_not_follow_from_what_was_known_is_noticed() {
    let list = |users: &[usize]| Some(View::List(users.iter().copied().map(user).collect()));
    let diff = |joined: &[usize], left: &[usize], count| Presence::Diff {
        joined: joined.iter().copied().map(user).collect(),
        left: left.iter().copied().map(user).collect(),
        count,
    };
    assert_eq!(View::after(list(&[1]), &diff(&[2], &[1], 1)), list(&[2]));
    for (before, told) in [
        (None, diff(&[1], &[], 1)),
        (Some(View::Count(3)), diff(&[1], &[], 4)),
        (list(&[1]), diff(&[1], &[], 1)),
        (list(&[1]), diff(&[], &[2], 1)),
        (list(&[1]), diff(&[2], &[], 3)),
    ] {
        assert_eq!(View::after(before, &told), None);
    }
}

#[test]
fn ten_thousand_with_a_hundred_more_each_second_are_told_six_times_a_minute_and_a_thousand_each_second() {
    for (people, most) in [(10_000, 6), (1_000, 60), (90, 60)] {
        let mut now = Instant::now();
        let mut hall = Hall::new(None);
        let room = allthrive_protocol::RoomId(Uuid::nil());
        hall.attend(0, room, &joined(0..people));
        let mut told = 0;
        for tick in 0..600 {
            hall.attend(0, room, &joined([people + tick]));
            hall.attend(0, room, &left(tick.checked_sub(1).map(|before| people + before)));
            hall.attend(0, room, &left([tick % 7]));
            hall.attend(0, room, &joined([(tick + 3) % 7]));
            told += hall.due(now).len();
            now += SECOND / 10;
        }
        assert!(told <= most, "{told} in a minute of {people}");
    }
}

/// What may happen to a room that two workers listen to.
#[derive(Debug, Clone)]
enum Step {
    Came(usize, usize),
    Went(usize, usize),
    /// A relay says what it owes; whether it arrives.
    Say(usize, bool),
    /// A relay and its door may not agree: it begins anew.
    Anew(usize),
    /// The door speaks; to which workers it does not arrive.
    Tell([bool; 2]),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..2usize, 0..130usize).prop_map(|(worker, user)| Step::Came(worker, user)),
        6 => (0..2usize, 0..130usize).prop_map(|(worker, user)| Step::Went(worker, user)),
        3 => (0..2usize, any::<bool>()).prop_map(|(worker, arrives)| Step::Say(worker, arrives)),
        1 => (0..2usize).prop_map(Step::Anew),
        3 => any::<[bool; 2]>().prop_map(Step::Tell),
    ]
}

/// A room, its two relays, what their listeners have been told, and what is true.
struct World {
    crowd: Crowd,
    here: [Here; 2],
    views: [Option<View>; 2],
    truth: [HashMap<usize, u32>; 2],
    now: Instant,
}

impl World {
    fn new(people: usize) -> Self {
        let mut world =
            Self { crowd: Crowd::default(), here: Default::default(), views: [None, None], truth: Default::default(), now: Instant::now() };
        (0..people).for_each(|user| world.step(&Step::Came(user % 2, user)));
        world
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Came(worker, n) => {
                *self.truth[worker].entry(n).or_default() += 1;
                self.here[worker].came(user(n));
            }
            Step::Went(worker, n) => {
                if let Some(connections) = self.truth[worker].get_mut(&n).filter(|connections| **connections > 0) {
                    *connections -= 1;
                    self.here[worker].went(user(n));
                }
            }
            Step::Say(worker, arrives) => {
                if arrives {
                    self.crowd.take(Holder::Worker(worker), &self.here[worker].owed());
                    self.here[worker].said();
                    if !self.here[worker].is_known() {
                        self.views[worker] = None;
                    }
                }
            }
            Step::Anew(worker) => {
                self.here[worker].forgotten();
                self.views[worker] = None;
            }
            Step::Tell(lost) => {
                self.now += 10 * SECOND;
                if !self.crowd.is_due(self.now) {
                    return;
                }
                let Telling { news, whole } = self.crowd.tell(self.now);
                for (presence, workers) in news.into_iter().chain(whole) {
                    for worker in workers {
                        if lost[worker] {
                            self.crowd.missed(worker);
                        } else if self.here[worker].is_known() {
                            let view = View::after(self.views[worker].take(), &presence);
                            assert!(view.is_some(), "{presence:?} does not follow from what worker {worker} knew");
                            self.views[worker] = view;
                        }
                    }
                }
            }
        }
    }

    fn truth(&self) -> BTreeSet<UserId> {
        let here = self.truth.iter().flatten().filter(|(_, connections)| **connections > 0);
        here.map(|(n, _)| user(*n)).collect()
    }
}

proptest! {
    /// State and diffs applied in order are the truth, whatever came, went, was lost or began anew.
    #[test]
    fn what_listeners_have_been_told_is_the_truth_once_all_is_said(
        people in 0..130usize,
        steps in prop::collection::vec(step(), 0..300),
    ) {
        let mut world = World::new(people);
        steps.iter().for_each(|step| world.step(step));
        for step in [Step::Say(0, true), Step::Say(1, true), Step::Tell([false, false])] {
            world.step(&step);
        }
        let truth = world.truth();
        prop_assert_eq!(world.crowd.everybody(), truth.iter().copied().collect::<HashSet<_>>());
        for (worker, view) in world.views.iter().enumerate() {
            match view {
                None if world.truth[worker].values().all(|connections| *connections == 0) => {}
                Some(View::List(online)) => prop_assert!(online == &truth && truth.len() <= LARGE_ABOVE),
                Some(View::Count(count)) => prop_assert!(*count == truth.len() as u64 && truth.len() > SMALL_AGAIN),
                None => prop_assert!(false, "nothing was told"),
            }
        }
        prop_assert!(!world.crowd.is_restless());
        prop_assert_eq!(world.crowd.is_deserted(), truth.is_empty());
        // Who looks at the pages sees the same.
        let (mut seen, mut cursor) = (BTreeSet::new(), None);
        loop {
            let page = world.crowd.page(cursor);
            for one in page.online {
                prop_assert!(seen.insert(one));
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        prop_assert_eq!(seen, truth);
    }
}
