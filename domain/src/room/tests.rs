//! What a room permits, and that its numbers have no hole.

use std::collections::HashMap;

use allthrive_protocol::{Cmid, MAX_MUTE_SECONDS, MAX_REACTIONS, MAX_SLOW_MODE_SECONDS};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::unit::{Admit, Appoint, Ban, Delete, Edit, Mute, Open, React, Remove, SlowDown, Speak, Unban};

const NOW: Micros = Micros(1_790_000_000_000_000);

fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

fn room(n: u128) -> RoomId {
    RoomId(Uuid::from_u128(1_000 + n))
}

fn unit(author: u128, cmid: u128, deed: Deed) -> Unit {
    let mut fingerprint = [0; 32];
    fingerprint[0] = u8::try_from(format!("{deed:?}").len() % 251).unwrap();
    Unit { room: room(1), author: user(author), cmid: Cmid(Uuid::from_u128(cmid)), fingerprint, deed }
}

fn says(text: &str) -> Deed {
    Deed::Speak(Speak { body: text.into(), reply_to: None })
}

fn opens(kind: Kind, with: Option<u128>) -> Deed {
    Deed::Open(Open { kind, title: Some("Crew".into()), with: with.map(user) })
}

fn admits(n: u128) -> Deed {
    Deed::Admit(Admit { user: user(n) })
}

/// Three people with their personal rooms and no conversation yet.
fn three_people() -> Facts {
    let mut facts = Facts::default();
    for n in 1..=3 {
        let person = Person { id: user(n), username: format!("user{n}"), name: format!("User {n}") };
        facts.people.insert(user(n), person);
        facts.rooms.insert(RoomId::personal(user(n)), RoomFacts { kind: Kind::Personal, title: None, top: 0, members: 1, slow_mode: 0 });
    }
    facts
}

fn group_of_user_1() -> Facts {
    let mut facts = three_people();
    assert!(matches!(admit(&mut facts, &unit(1, 1, opens(Kind::Group, None)), NOW), Decision::Admitted(_)));
    facts
}

fn code(decision: Decision) -> Code {
    match decision {
        Decision::Refused(refusal) => refusal.code,
        other => panic!("not refused: {other:?}"),
    }
}

fn first_seq(decision: Decision) -> Seq {
    match decision {
        Decision::Admitted(entries) => entries[0].seq,
        other => panic!("not admitted: {other:?}"),
    }
}

#[test]
fn a_new_group_begins_with_its_owner() {
    let mut facts = three_people();
    let Decision::Admitted(entries) = admit(&mut facts, &unit(1, 1, opens(Kind::Group, None)), NOW) else { panic!() };
    assert_eq!(entries.iter().map(|e| (e.room, e.seq)).collect::<Vec<_>>(), vec![(room(1), 1), (RoomId::personal(user(1)), 1)]);
    assert_eq!(facts.members[&(room(1), user(1))].role, Role::Owner);
}

#[test]
fn a_direct_conversation_tells_both_people_in_their_personal_rooms() {
    let mut facts = three_people();
    let Decision::Admitted(entries) = admit(&mut facts, &unit(1, 1, opens(Kind::Direct, Some(2))), NOW) else { panic!() };
    let told: Vec<_> = entries.iter().map(|e| (e.room, e.seq, e.cmid.is_some())).collect();
    assert_eq!(
        told,
        vec![(room(1), 1, true), (room(1), 2, false), (RoomId::personal(user(1)), 1, false), (RoomId::personal(user(2)), 1, false)]
    );
}

#[test]
fn a_direct_conversation_opened_twice_is_found() {
    let mut facts = three_people();
    admit(&mut facts, &unit(1, 1, opens(Kind::Direct, Some(2))), NOW);
    assert_eq!(admit(&mut facts, &unit(2, 7, opens(Kind::Direct, Some(1))), NOW), Decision::Unchanged(2));
}

#[test]
fn nobody_opens_a_direct_conversation_with_oneself_or_with_nobody() {
    for with in [Some(1), None] {
        assert_eq!(code(admit(&mut three_people(), &unit(1, 1, opens(Kind::Direct, with)), NOW)), Code::BadRequest);
    }
    assert_eq!(code(admit(&mut three_people(), &unit(1, 1, opens(Kind::Direct, Some(9))), NOW)), Code::NotFound);
}

#[test]
fn the_same_cmid_is_answered_with_the_first_number() {
    let mut facts = group_of_user_1();
    assert_eq!(first_seq(admit(&mut facts, &unit(1, 5, says("hello")), NOW)), 2);
    assert!(matches!(admit(&mut facts, &unit(1, 5, says("hello")), NOW), Decision::Duplicate(known) if known.seq == 2));
    assert_eq!(first_seq(admit(&mut facts, &unit(1, 6, says("hello")), NOW)), 3);
}

#[test]
fn another_text_under_a_used_cmid_is_a_conflict() {
    let mut facts = group_of_user_1();
    admit(&mut facts, &unit(1, 5, says("hello")), NOW);
    assert_eq!(code(admit(&mut facts, &unit(1, 5, says("something else")), NOW)), Code::CmidConflict);
}

#[test]
fn a_stranger_cannot_tell_a_private_group_from_none() {
    let mut facts = group_of_user_1();
    let known = admit(&mut facts, &unit(2, 5, says("hello")), NOW);
    let unknown = admit(&mut three_people(), &unit(2, 5, says("hello")), NOW);
    assert_eq!(known, unknown);
    assert_eq!(admit(&mut facts, &unit(2, 6, admits(2)), NOW), unknown);
}

#[test]
fn a_refusal_takes_no_number() {
    let mut facts = group_of_user_1();
    admit(&mut facts, &unit(2, 5, says("hello")), NOW);
    assert_eq!(first_seq(admit(&mut facts, &unit(1, 6, says("hello")), NOW)), 2);
}

#[test]
fn an_answer_names_a_message_of_the_same_room() {
    let mut facts = group_of_user_1();
    admit(&mut facts, &unit(1, 5, says("hello")), NOW);
    let answer = |to| Deed::Speak(Speak { body: "yes".into(), reply_to: Some(to) });
    assert_eq!(first_seq(admit(&mut facts, &unit(1, 6, answer(2)), NOW)), 3);
    // The first entry is a joining, not a message.
    assert_eq!(code(admit(&mut facts, &unit(1, 7, answer(1)), NOW)), Code::BadRequest);
}

#[test]
fn a_group_is_joined_by_being_added_and_shows_nothing_from_before() {
    let mut facts = group_of_user_1();
    admit(&mut facts, &unit(1, 5, says("before")), NOW);
    assert_eq!(first_seq(admit(&mut facts, &unit(1, 6, admits(2)), NOW)), 3);
    assert_eq!(facts.members[&(room(1), user(2))], MemberFacts { role: Role::Member, from_seq: 3, spoke_at: NOW });
    assert_eq!(code(admit(&mut facts, &unit(2, 7, admits(3)), NOW)), Code::Forbidden);
    assert_eq!(admit(&mut facts, &unit(1, 8, admits(2)), NOW), Decision::Unchanged(3));
}

#[test]
fn anybody_joins_a_public_room_and_sees_it_all() {
    let mut facts = three_people();
    admit(&mut facts, &unit(1, 1, opens(Kind::Room, None)), NOW);
    assert_eq!(code(admit(&mut facts, &unit(2, 2, admits(3)), NOW)), Code::Forbidden);
    assert_eq!(first_seq(admit(&mut facts, &unit(2, 3, admits(2)), NOW)), 2);
    assert_eq!(facts.members[&(room(1), user(2))].from_seq, 0);
}

#[test]
fn a_third_person_cannot_enter_a_direct_conversation() {
    let mut facts = three_people();
    admit(&mut facts, &unit(1, 1, opens(Kind::Direct, Some(2))), NOW);
    assert_eq!(code(admit(&mut facts, &unit(1, 2, admits(3)), NOW)), Code::Forbidden);
}

#[test]
fn nobody_speaks_in_a_personal_room() {
    let mut facts = three_people();
    facts.members.insert((RoomId::personal(user(1)), user(1)), MemberFacts { role: Role::Owner, from_seq: 0, spoke_at: NOW });
    let mut own = unit(1, 1, says("dear diary"));
    own.room = RoomId::personal(user(1));
    assert_eq!(refuse_early(Kind::Personal, &own.deed), Some(not_found()));
    assert_eq!(admit(&mut facts, &own, NOW), Decision::Refused(not_found()));
}

/// User 1 owns a public room, user 2 moderates it, user 3 is a member who has written message 4.
fn public_room() -> Facts {
    let mut facts = three_people();
    admit(&mut facts, &unit(1, 1, opens(Kind::Room, None)), NOW);
    admit(&mut facts, &unit(2, 2, admits(2)), NOW);
    admit(&mut facts, &unit(3, 3, admits(3)), NOW);
    assert_eq!(first_seq(admit(&mut facts, &unit(3, 4, says("hello")), NOW)), 4);
    assert_eq!(first_seq(admit(&mut facts, &unit(1, 5, appoints(2, Role::Moderator)), NOW)), 5);
    facts
}

fn appoints(n: u128, role: Role) -> Deed {
    Deed::Appoint(Appoint { user: user(n), role })
}

fn edits(target: Seq, rev: u32, body: &str) -> Deed {
    Deed::Edit(Edit { target, rev, body: body.into() })
}

fn reacts(target: Seq, emoji: &str, on: bool) -> Deed {
    Deed::React(React { target, emoji: emoji.into(), on })
}

fn removes(n: u128) -> Deed {
    Deed::Remove(Remove { user: user(n), reason: Some("spam".into()) })
}

fn bans(n: u128) -> Deed {
    Deed::Ban(Ban { user: user(n), reason: None })
}

fn mutes(n: u128, seconds: u32) -> Deed {
    Deed::Mute(Mute { user: user(n), seconds, reason: None })
}

fn told(decision: Decision) -> Vec<(RoomId, &'static str, bool)> {
    match decision {
        Decision::Admitted(entries) => entries.iter().map(|e| (e.room, e.payload.kind(), e.cmid.is_some())).collect(),
        other => panic!("not admitted: {other:?}"),
    }
}

fn later(seconds: u64) -> Micros {
    NOW.plus(std::time::Duration::from_secs(seconds))
}

#[test]
fn an_edit_replaces_the_revision_its_author_has_seen() {
    let mut facts = public_room();
    let Decision::Admitted(entries) = admit(&mut facts, &unit(3, 10, edits(4, 1, "hallo")), NOW) else { panic!() };
    assert!(matches!(&entries[0].payload, Payload::Edited { target: 4, body: Some(body), rev: 2 } if body == "hallo"));
    assert_eq!(code(admit(&mut facts, &unit(3, 11, edits(4, 1, "again")), NOW)), Code::RevConflict);
    assert_eq!(code(admit(&mut facts, &unit(1, 12, edits(4, 2, "not mine")), NOW)), Code::Forbidden);
    assert_eq!(code(admit(&mut facts, &unit(3, 13, edits(99, 1, "nothing there")), NOW)), Code::NotFound);
    // An entry of another kind is not a message.
    assert_eq!(code(admit(&mut facts, &unit(3, 14, edits(3, 1, "a joining")), NOW)), Code::NotFound);
}

#[test]
fn what_was_taken_back_is_not_edited_nor_reacted_to_nor_taken_back_again() {
    let mut facts = public_room();
    admit(&mut facts, &unit(1, 9, reacts(4, "👍", true)), NOW);
    let delete = Deed::Delete(Delete { target: 4 });
    assert_eq!(told(admit(&mut facts, &unit(3, 10, delete.clone()), NOW)), vec![(room(1), "message.deleted", true)]);
    assert!(facts.reacted.is_empty());
    assert_eq!(code(admit(&mut facts, &unit(3, 11, edits(4, 1, "back")), NOW)), Code::NotFound);
    assert_eq!(code(admit(&mut facts, &unit(1, 12, reacts(4, "👍", true)), NOW)), Code::NotFound);
    assert!(matches!(admit(&mut facts, &unit(1, 13, delete), NOW), Decision::Unchanged(_)));
}

#[test]
fn a_message_is_taken_back_by_its_author_or_a_moderator_above_the_author() {
    let delete = Deed::Delete(Delete { target: 4 });
    assert_eq!(first_seq(admit(&mut public_room(), &unit(2, 10, delete.clone()), NOW)), 6);
    let mut facts = public_room();
    assert_eq!(first_seq(admit(&mut facts, &unit(2, 10, says("from a moderator")), NOW)), 6);
    let of_moderator = Deed::Delete(Delete { target: 6 });
    assert_eq!(code(admit(&mut facts, &unit(3, 11, of_moderator.clone()), NOW)), Code::Forbidden);
    assert_eq!(first_seq(admit(&mut facts, &unit(1, 12, of_moderator), NOW)), 7);
    let mut direct = three_people();
    admit(&mut direct, &unit(1, 1, opens(Kind::Direct, Some(2))), NOW);
    assert_eq!(first_seq(admit(&mut direct, &unit(1, 2, says("between us")), NOW)), 3);
    assert_eq!(code(admit(&mut direct, &unit(2, 3, Deed::Delete(Delete { target: 3 })), NOW)), Code::Forbidden);
}

#[test]
fn a_reaction_is_there_or_not_and_a_message_takes_20_kinds_and_not_21() {
    let mut facts = public_room();
    assert_eq!(first_seq(admit(&mut facts, &unit(3, 10, reacts(4, "👍", true)), NOW)), 6);
    assert!(matches!(admit(&mut facts, &unit(3, 11, reacts(4, "👍", true)), NOW), Decision::Unchanged(6)));
    assert!(matches!(admit(&mut facts, &unit(3, 11, reacts(4, "👍", true)), NOW), Decision::Duplicate(known) if known.seq == 6));
    assert!(matches!(admit(&mut facts, &unit(3, 11, reacts(4, "👍", false)), NOW), Decision::Refused(_)));
    assert!(matches!(admit(&mut facts, &unit(3, 12, reacts(4, "👎", false)), NOW), Decision::Unchanged(6)));
    for n in 1..MAX_REACTIONS {
        first_seq(admit(&mut facts, &unit(3, 100 + n as u128, reacts(4, &format!("e{n}"), true)), NOW));
    }
    assert_eq!(code(admit(&mut facts, &unit(3, 200, reacts(4, "one more", true)), NOW)), Code::TooLarge);
    // One that is there already takes no further place, and one that is gone makes room.
    first_seq(admit(&mut facts, &unit(2, 201, reacts(4, "👍", true)), NOW));
    first_seq(admit(&mut facts, &unit(3, 202, reacts(4, "e1", false)), NOW));
    first_seq(admit(&mut facts, &unit(3, 203, reacts(4, "one more", true)), NOW));
}

#[test]
fn who_leaves_is_told_in_both_rooms_and_the_owner_hands_over_first() {
    let mut facts = public_room();
    assert_eq!(code(admit(&mut facts, &unit(1, 10, Deed::Leave), NOW)), Code::Forbidden);
    assert_eq!(
        told(admit(&mut facts, &unit(3, 11, Deed::Leave), NOW)),
        vec![(room(1), "member.left", true), (RoomId::personal(user(3)), "member.left", false)]
    );
    assert_eq!(code(admit(&mut facts, &unit(3, 12, Deed::Leave), NOW)), Code::NotFound);
    first_seq(admit(&mut facts, &unit(2, 13, Deed::Leave), NOW));
    assert_eq!(facts.rooms[&room(1)].members, 1);
    first_seq(admit(&mut facts, &unit(1, 14, Deed::Leave), NOW));
}

#[test]
fn who_comes_to_a_public_room_that_everybody_has_left_owns_it() {
    let mut facts = three_people();
    admit(&mut facts, &unit(1, 1, opens(Kind::Room, None)), NOW);
    first_seq(admit(&mut facts, &unit(1, 2, Deed::Leave), NOW));
    first_seq(admit(&mut facts, &unit(2, 3, admits(2)), NOW));
    first_seq(admit(&mut facts, &unit(3, 4, admits(3)), NOW));
    assert_eq!((facts.members[&(room(1), user(2))].role, facts.members[&(room(1), user(3))].role), (Role::Owner, Role::Member));
}

#[test]
fn a_moderators_power_ends_at_those_of_the_same_role() {
    for deed in [removes(1), bans(1), mutes(1, 60)] {
        assert_eq!(code(admit(&mut public_room(), &unit(2, 10, deed), NOW)), Code::Forbidden);
    }
    for deed in [removes(1), bans(1), mutes(1, 60), Deed::SlowDown(SlowDown { seconds: 5 }), appoints(3, Role::Moderator)] {
        assert_eq!(code(admit(&mut public_room(), &unit(3, 10, deed), NOW)), Code::Forbidden);
    }
    assert_eq!(code(admit(&mut public_room(), &unit(2, 10, appoints(3, Role::Moderator)), NOW)), Code::Forbidden);
    for deed in [removes(3), bans(3), mutes(3, 60)] {
        first_seq(admit(&mut public_room(), &unit(2, 10, deed), NOW));
    }
}

#[test]
fn there_is_one_owner_and_who_gives_that_away_moderates() {
    let mut facts = public_room();
    let entries = told(admit(&mut facts, &unit(1, 10, appoints(2, Role::Owner)), NOW));
    let (room, first, second) = (room(1), RoomId::personal(user(1)), RoomId::personal(user(2)));
    assert_eq!(entries.iter().filter(|(at, ..)| *at == room).count(), 2);
    assert!(entries.iter().any(|(at, ..)| *at == first) && entries.iter().any(|(at, ..)| *at == second));
    let owners = facts.members.iter().filter(|((at, _), member)| *at == room && member.role == Role::Owner);
    assert_eq!(owners.map(|((_, user), _)| *user).collect::<Vec<_>>(), vec![user(2)]);
    assert_eq!(facts.members[&(room, user(1))].role, Role::Moderator);
    assert_eq!(code(admit(&mut facts, &unit(2, 11, appoints(2, Role::Member)), NOW)), Code::BadRequest);
}

#[test]
fn a_mute_holds_until_its_time_and_outlasts_leaving() {
    let mut facts = public_room();
    first_seq(admit(&mut facts, &unit(2, 10, mutes(3, 60)), NOW));
    let refused = admit(&mut facts, &unit(3, 11, says("still here")), later(59));
    assert!(matches!(&refused, Decision::Refused(r) if r.code == Code::Muted && r.after_ms == Some(1_000) && r.retry), "{refused:?}");
    for deed in [edits(4, 1, "x"), reacts(4, "👍", true)] {
        assert_eq!(code(admit(&mut facts, &unit(3, 12, deed), later(59))), Code::Muted);
    }
    admit(&mut facts, &unit(3, 13, Deed::Leave), NOW);
    assert_eq!(code(admit(&mut facts, &unit(2, 23, mutes(3, 60)), NOW)), Code::NotFound, "only a mute that is there is ended from afar");
    admit(&mut facts, &unit(3, 14, admits(3)), NOW);
    assert_eq!(code(admit(&mut facts, &unit(3, 15, says("back")), later(59))), Code::Muted);
    admit(&mut facts, &unit(3, 24, Deed::Leave), NOW);
    first_seq(admit(&mut facts, &unit(2, 25, mutes(3, 0)), NOW));
    admit(&mut facts, &unit(3, 26, admits(3)), NOW);
    first_seq(admit(&mut facts, &unit(3, 27, says("pardoned from afar")), later(1)));
    first_seq(admit(&mut facts, &unit(2, 28, mutes(3, 60)), NOW));
    first_seq(admit(&mut facts, &unit(3, 16, says("on time")), later(60)));
    first_seq(admit(&mut facts, &unit(2, 17, mutes(3, 60)), later(60)));
    first_seq(admit(&mut facts, &unit(2, 18, mutes(3, 0)), later(60)));
    first_seq(admit(&mut facts, &unit(3, 19, says("pardoned")), later(61)));
    assert!(matches!(admit(&mut facts, &unit(2, 20, mutes(3, 0)), NOW), Decision::Unchanged(_)));
    assert_eq!(code(admit(&mut facts, &unit(2, 21, mutes(3, MAX_MUTE_SECONDS + 1)), NOW)), Code::BadRequest);
    first_seq(admit(&mut facts, &unit(2, 22, mutes(3, MAX_MUTE_SECONDS)), NOW));
}

#[test]
fn slow_mode_pauses_members_and_not_moderators() {
    let mut facts = public_room();
    let slow = |seconds| Deed::SlowDown(SlowDown { seconds });
    first_seq(admit(&mut facts, &unit(2, 10, slow(30)), NOW));
    first_seq(admit(&mut facts, &unit(3, 11, says("one")), later(30)));
    let refused = admit(&mut facts, &unit(3, 12, says("two")), later(59));
    assert!(matches!(&refused, Decision::Refused(r) if r.code == Code::SlowMode && r.after_ms == Some(1_000)), "{refused:?}");
    // Leaving and coming back is no way around it.
    admit(&mut facts, &unit(3, 13, Deed::Leave), later(59));
    admit(&mut facts, &unit(3, 14, admits(3)), later(59));
    assert_eq!(code(admit(&mut facts, &unit(3, 15, says("two")), later(60))), Code::SlowMode);
    first_seq(admit(&mut facts, &unit(2, 16, says("one")), later(60)));
    first_seq(admit(&mut facts, &unit(2, 17, says("two")), later(60)));
    first_seq(admit(&mut facts, &unit(3, 18, says("two")), later(89)));
    first_seq(admit(&mut facts, &unit(2, 19, slow(0)), later(89)));
    first_seq(admit(&mut facts, &unit(3, 20, says("three")), later(89)));
    assert_eq!(code(admit(&mut facts, &unit(2, 21, slow(MAX_SLOW_MODE_SECONDS + 1)), NOW)), Code::BadRequest);
    first_seq(admit(&mut facts, &unit(2, 22, slow(MAX_SLOW_MODE_SECONDS)), NOW));
}

#[test]
fn who_is_banned_is_out_and_comes_back_only_after_the_ban_is_lifted() {
    let mut facts = public_room();
    let kinds: Vec<_> = told(admit(&mut facts, &unit(2, 10, bans(3)), NOW)).into_iter().map(|(_, kind, _)| kind).collect();
    assert_eq!(kinds, vec!["moderation.banned", "member.left", "member.left"]);
    assert_eq!(code(admit(&mut facts, &unit(3, 11, says("hey")), NOW)), Code::NotFound);
    assert_eq!(code(admit(&mut facts, &unit(3, 12, admits(3)), NOW)), Code::Forbidden);
    assert_eq!(code(admit(&mut facts, &unit(1, 13, admits(3)), NOW)), Code::Forbidden);
    assert!(matches!(admit(&mut facts, &unit(1, 14, bans(3)), NOW), Decision::Unchanged(_)));
    first_seq(admit(&mut facts, &unit(1, 15, Deed::Unban(Unban { user: user(3) })), NOW));
    first_seq(admit(&mut facts, &unit(3, 16, admits(3)), NOW));
}

#[test]
fn a_ban_and_a_message_of_the_banned_in_one_batch_are_decided_in_their_order() {
    let mut facts = public_room();
    first_seq(admit(&mut facts, &unit(3, 10, says("before")), NOW));
    first_seq(admit(&mut facts, &unit(2, 11, removes(3)), NOW));
    assert_eq!(code(admit(&mut facts, &unit(3, 12, says("after")), NOW)), Code::NotFound);
}

#[test]
fn why_somebody_was_removed_is_told_to_that_account_alone() {
    let Decision::Admitted(entries) = admit(&mut public_room(), &unit(2, 10, removes(3)), NOW) else { panic!() };
    let reasons: Vec<_> = entries
        .iter()
        .map(|entry| match &entry.payload {
            Payload::Left { reason, .. } => (entry.room, reason.clone()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(reasons, vec![(room(1), None), (RoomId::personal(user(3)), Some("spam".to_owned()))]);
}

#[test]
fn messages_from_before_one_joined_a_group_are_not_there() {
    let mut facts = group_of_user_1();
    assert_eq!(first_seq(admit(&mut facts, &unit(1, 5, says("before")), NOW)), 2);
    admit(&mut facts, &unit(1, 6, admits(2)), NOW);
    assert_eq!(code(admit(&mut facts, &unit(2, 7, reacts(2, "👍", true)), NOW)), Code::NotFound);
    let answer = Deed::Speak(Speak { body: "yes".into(), reply_to: Some(2) });
    assert_eq!(code(admit(&mut facts, &unit(2, 8, answer), NOW)), Code::BadRequest);
}

#[test]
fn a_stranger_learns_nothing_by_any_deed() {
    let deeds = [
        says("x"),
        edits(2, 1, "x"),
        Deed::Delete(Delete { target: 2 }),
        reacts(2, "👍", true),
        Deed::Leave,
        removes(1),
        appoints(1, Role::Member),
        mutes(1, 5),
        Deed::SlowDown(SlowDown { seconds: 5 }),
        bans(1),
        Deed::Unban(Unban { user: user(1) }),
        admits(1),
    ];
    for deed in deeds {
        let known = admit(&mut group_of_user_1(), &unit(2, 5, deed.clone()), NOW);
        assert_eq!(known, admit(&mut three_people(), &unit(2, 5, deed.clone()), NOW), "{deed:?}");
        assert_eq!(known, Decision::Refused(not_found()), "{deed:?}");
    }
}

fn any_unit() -> impl Strategy<Value = Unit> {
    let deed = prop_oneof![
        4 => "[a-c]{1,3}".prop_map(|text| says(&text)),
        1 => (0u64..6).prop_map(|to| Deed::Speak(Speak { body: "re".into(), reply_to: Some(to) })),
        1 => Just(opens(Kind::Group, None)),
        1 => Just(opens(Kind::Room, None)),
        1 => (1u128..5).prop_map(|with| opens(Kind::Direct, Some(with))),
        3 => (1u128..5).prop_map(admits),
        2 => (1u64..8, 1u32..3).prop_map(|(target, rev)| edits(target, rev, "new")),
        1 => (1u64..8).prop_map(|target| Deed::Delete(Delete { target })),
        2 => (1u64..8, 0u8..3, any::<bool>()).prop_map(|(target, n, on)| reacts(target, &format!("e{n}"), on)),
        1 => Just(Deed::Leave),
        1 => (1u128..5).prop_map(removes),
        1 => (1u128..5, 0usize..3).prop_map(|(n, role)| appoints(n, [Role::Member, Role::Moderator, Role::Owner][role])),
        1 => (1u128..5, 0u32..3).prop_map(|(n, seconds)| mutes(n, seconds)),
        1 => (0u32..2).prop_map(|seconds| Deed::SlowDown(SlowDown { seconds })),
        1 => (1u128..5).prop_map(bans),
        1 => (1u128..5).prop_map(|n| Deed::Unban(Unban { user: user(n) })),
    ];
    (1u128..5, 0u128..12, 1u128..3, deed).prop_map(|(author, cmid, n, deed)| Unit { room: room(n), ..unit(author, cmid, deed) })
}

proptest! {
    #[test]
    fn every_room_is_numbered_without_hole_or_repeat(units in proptest::collection::vec(any_unit(), 1..80)) {
        let mut facts = three_people();
        let mut tops: HashMap<RoomId, Seq> = HashMap::new();
        let mut given: HashMap<(RoomId, UserId, Cmid), Seq> = HashMap::new();
        for unit in &units {
            let key = (unit.room, unit.author, unit.cmid);
            match admit(&mut facts, unit, NOW) {
                Decision::Admitted(entries) => {
                    prop_assert_eq!(entries[0].room, unit.room);
                    prop_assert!(given.insert(key, entries[0].seq).is_none(), "a cmid was numbered twice");
                    for entry in entries {
                        let top = tops.entry(entry.room).or_default();
                        prop_assert_eq!(entry.seq, *top + 1);
                        *top = entry.seq;
                    }
                }
                Decision::Duplicate(known) => prop_assert_eq!(given.get(&key), Some(&known.seq)),
                Decision::Unchanged(top) => {
                    prop_assert_eq!(top, tops.get(&unit.room).copied().unwrap_or(0));
                    prop_assert!(given.insert(key, top).is_none(), "a cmid was decided twice");
                }
                Decision::Refused(_) => {}
            }
        }
        for (room, top) in tops {
            prop_assert_eq!(facts.rooms[&room].top, top);
        }
        for (room, known) in facts.rooms.iter().filter(|(_, known)| matches!(known.kind, Kind::Group | Kind::Room)) {
            let members: Vec<_> = facts.members.iter().filter(|((at, _), _)| at == room).collect();
            prop_assert_eq!(members.len() as u64, known.members, "the count is that of the members");
            let owners = members.iter().filter(|(_, member)| member.role == Role::Owner).count();
            prop_assert!(owners == usize::from(!members.is_empty()), "a room that has members has one owner");
            let banned = members.iter().any(|(key, _)| facts.restrictions.get(*key).is_some_and(|r| r.banned));
            prop_assert!(!banned, "a banned member");
        }
    }
}
