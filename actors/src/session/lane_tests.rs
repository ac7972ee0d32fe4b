//! The lane: order, bounds, merging, the last word.

use futures_util::task::noop_waker_ref;
use uuid::Uuid;

use super::*;

fn take(lane: &Lane) -> Poll<Option<Bytes>> {
    lane.poll_frame(&mut Context::from_waker(noop_waker_ref()))
}

#[test]
fn frames_leave_in_order() {
    let lane = Lane::new();
    lane.push(Bytes::from_static(b"a")).unwrap();
    lane.push(Bytes::from_static(b"b")).unwrap();
    assert_eq!(take(&lane), Poll::Ready(Some(Bytes::from_static(b"a"))));
    assert_eq!(take(&lane), Poll::Ready(Some(Bytes::from_static(b"b"))));
    assert_eq!(take(&lane), Poll::Pending);
}

#[test]
fn a_later_value_takes_the_place_of_an_earlier_one() {
    let lane = Lane::new();
    let key = MergeKey::Tops(RoomId(Uuid::nil()));
    lane.merge(Bytes::from_static(b"old"), key).unwrap();
    lane.push(Bytes::from_static(b"x")).unwrap();
    lane.merge(Bytes::from_static(b"newer"), key).unwrap();
    assert_eq!(take(&lane), Poll::Ready(Some(Bytes::from_static(b"newer"))));
    assert_eq!(take(&lane), Poll::Ready(Some(Bytes::from_static(b"x"))));
    assert_eq!(lane.room_below_soft(), SOFT_BYTES);
}

/// What the index says is what looking through the whole lane would find.
#[test]
fn a_key_is_found_wherever_its_frame_is() {
    use proptest::prelude::*;
    #[derive(Debug, Clone)]
    enum Step {
        Push,
        Merge(u8),
        Take,
    }
    let step = prop_oneof![Just(Step::Push), (0..4u8).prop_map(Step::Merge), Just(Step::Take)];
    proptest!(|(steps in proptest::collection::vec(step, 0..80))| {
        let lane = Lane::new();
        let mut expected: VecDeque<(usize, Option<u8>)> = VecDeque::new();
        let frame = |n: usize| Bytes::from(n.to_string());
        for (n, step) in steps.into_iter().enumerate() {
            match step {
                Step::Push => {
                    lane.push(frame(n)).unwrap();
                    expected.push_back((n, None));
                }
                Step::Merge(key) => {
                    lane.merge(frame(n), MergeKey::Tops(RoomId(Uuid::from_u128(key.into())))).unwrap();
                    match expected.iter_mut().find(|(_, known)| *known == Some(key)) {
                        Some(earlier) => earlier.0 = n,
                        None => expected.push_back((n, Some(key))),
                    }
                }
                Step::Take => {
                    let taken = expected.pop_front().map_or(Poll::Pending, |(n, _)| Poll::Ready(Some(frame(n))));
                    prop_assert_eq!(take(&lane), taken);
                }
            }
            let bytes: usize = expected.iter().map(|(n, _)| frame(*n).len()).sum();
            prop_assert_eq!(SOFT_BYTES - lane.room_below_soft(), bytes);
            prop_assert_eq!(lane.inner.borrow().keyed.len(), expected.iter().filter(|(_, key)| key.is_some()).count());
        }
    });
}

#[test]
fn the_hard_bound_holds_and_the_lane_is_given_up() {
    let lane = Lane::new();
    lane.push(Bytes::from(vec![0; HARD_BYTES])).unwrap();
    assert_eq!(lane.push(Bytes::from_static(b"x")), Err(Full));
    assert_eq!(lane.take_said(), Some(frame::close(Some(4008))));
    assert_eq!(take(&lane), Poll::Ready(None));
    assert_eq!(lane.push(Bytes::from_static(b"x")), Err(Full));
}

#[test]
fn an_end_leaves_after_all_that_is_in_the_lane_although_the_actor_has_ended() {
    let lane = Lane::new();
    let mut merged = Merged { actor: Box::pin(futures_util::stream::empty::<Result<Bytes, ()>>()), lane: Rc::clone(&lane) };
    lane.push(Bytes::from_static(b"event")).unwrap();
    lane.say(b"reply");
    lane.end(Some(4000));
    assert_eq!(lane.push(Bytes::from_static(b"late")), Err(Full));
    lane.say(b"later");
    lane.end(Some(4001));
    lane.close(Some(4002));
    let mut next = || Pin::new(&mut merged).poll_next(&mut Context::from_waker(noop_waker_ref()));
    for expected in [&b"reply"[..], b"event", b"\x88\x02\x0F\xA0"] {
        assert_eq!(next(), Poll::Ready(Some(Ok(Bytes::from_static(expected)))));
    }
    assert_eq!(next(), Poll::Ready(None));
    assert_eq!(lane.room_below_soft(), SOFT_BYTES);
}

#[test]
fn a_long_frame_leaves_in_pieces_and_nothing_comes_between_them() {
    let lane = Lane::new();
    let mut merged = Merged { actor: Box::pin(futures_util::stream::pending::<Result<Bytes, ()>>()), lane: Rc::clone(&lane) };
    let long: Bytes = (0..=u8::MAX).cycle().take(2 * PIECE_BYTES + 5).collect();
    let mut next = || Pin::new(&mut merged).poll_next(&mut Context::from_waker(noop_waker_ref()));
    lane.push(long.clone()).unwrap();
    lane.push(Bytes::from_static(b"dropped")).unwrap();
    assert_eq!(next(), Poll::Ready(Some(Ok(long.slice(..PIECE_BYTES)))));
    assert_eq!(lane.room_below_soft(), SOFT_BYTES - PIECE_BYTES - 5 - 7, "what has not left is still counted");
    lane.say(b"reply");
    lane.close(Some(4000));
    assert!(lane.has_more());
    assert_eq!(next(), Poll::Ready(Some(Ok(long.slice(PIECE_BYTES..2 * PIECE_BYTES)))));
    assert_eq!(next(), Poll::Ready(Some(Ok(long.slice(2 * PIECE_BYTES..)))));
    assert_eq!(next(), Poll::Ready(Some(Ok(Bytes::from_static(b"reply\x88\x02\x0F\xA0")))));
    assert_eq!(next(), Poll::Ready(None));
    assert!(!lane.has_more());
    assert_eq!(lane.room_below_soft(), SOFT_BYTES);
}

#[test]
fn what_the_actor_says_overtakes_the_lane_and_outlives_the_actor() {
    let lane = Lane::new();
    let mut merged = Merged { actor: Box::pin(futures_util::stream::empty::<Result<Bytes, ()>>()), lane: Rc::clone(&lane) };
    lane.push(Bytes::from_static(b"event")).unwrap();
    lane.say(b"reply");
    lane.close(Some(4000));
    lane.say(b"never");
    lane.close(Some(4001));
    let mut next = || Pin::new(&mut merged).poll_next(&mut Context::from_waker(noop_waker_ref()));
    assert_eq!(next(), Poll::Ready(Some(Ok(Bytes::from_static(b"reply\x88\x02\x0F\xA0")))));
    assert_eq!(next(), Poll::Ready(None));
}
