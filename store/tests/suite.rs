//! Every query, on both engines.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use allthrive_domain::entry::Payload;
use allthrive_domain::room::Decision;
use allthrive_domain::time::Micros;
use allthrive_domain::unit::{Kind, Role};
use allthrive_protocol::command::History;
use allthrive_protocol::event::Top;
use allthrive_protocol::{Code, RoomId, Seq};
use allthrive_store::audit::{self, Audit};
use allthrive_store::{Cursor, Error, Statement, Store};
use common::Place;
use common::people::{NOW, admits, answers, commit, commit_at, entries, opens, people, room, says, seqs, user};

on_both! {
    a_batch_is_numbered_in_its_order_and_read_back_as_it_was_decided,
    a_retry_is_answered_with_the_first_number_after_a_restart_too,
    a_refusal_writes_nothing_and_takes_no_number,
    a_personal_room_tells_of_what_its_account_joined,
    a_page_stops_at_its_limits_and_at_the_top,
    a_page_shows_a_group_from_the_joining_on,
    a_page_of_a_stranger_a_deleted_room_and_an_unknown_one_is_none,
    tops_and_standings_tell_where_rooms_stand,
    a_snapshot_tells_members_and_their_read_marks,
    unread_counts_what_others_said_above_the_mark_up_to_100,
    a_read_mark_rises_and_never_falls,
    history_reads_in_both_directions,
    a_page_of_long_texts_ends_by_its_bytes_as_they_are_on_the_wire,
    history_of_an_empty_room_is_empty_and_of_a_foreign_one_none,
    conversations_are_listed_by_their_newest_activity,
    public_rooms_are_listed_for_everybody,
    members_are_listed_in_the_order_they_came,
    an_audit_line_is_kept,
    opening_and_adding_leave_audit_lines,
    the_history_epoch_lasts_as_long_as_the_binding,
    a_database_is_used_with_the_keys_it_was_first_used_with,
    only_one_server_opens_a_sqlite_file,
}

/// A group of user 1 with user 2, who came with number 2.
async fn group(store: &Store) {
    people(store, 3).await;
    let decisions = commit(store, vec![opens(room(1), 1, Kind::Group, None), admits(room(1), 1, 1_000, 2)]).await;
    assert_eq!(seqs(&decisions), vec![1, 2]);
}

async fn say(store: &Store, at: RoomId, author: u128, cmids: std::ops::Range<u128>) {
    let units = cmids.map(|cmid| says(at, author, cmid, &format!("text {cmid}"))).collect();
    seqs(&commit(store, units).await);
}

async fn a_batch_is_numbered_in_its_order_and_read_back_as_it_was_decided(place: Place) {
    let store = place.open().await;
    people(&store, 3).await;
    let batch = vec![
        opens(room(1), 1, Kind::Group, None),
        says(room(1), 1, 10, "hello"),
        opens(room(2), 2, Kind::Room, None),
        admits(room(1), 1, 11, 2),
        answers(room(1), 1, 12, 2),
        says(room(2), 2, 13, "Zoë 🎉 \"quoted\" \\ back"),
        admits(room(2), 3, 14, 3),
    ];
    let decisions = commit(&store, batch).await;
    assert_eq!(seqs(&decisions), vec![1, 2, 1, 3, 4, 2, 3]);
    for at in [room(1), room(2), RoomId::personal(user(1)), RoomId::personal(user(2)), RoomId::personal(user(3))] {
        let written = entries(&decisions, at);
        assert!(!written.is_empty());
        assert_eq!(store.entries(at, 0, 100).await.unwrap(), written);
    }
    assert_eq!(store.entries(room(1), 2, 1).await.unwrap(), entries(&decisions, room(1))[2..3]);
}

async fn a_retry_is_answered_with_the_first_number_after_a_restart_too(place: Place) {
    let store = place.open().await;
    group(&store).await;
    let unit = says(room(1), 1, 7, "once");
    let twice = commit(&store, vec![unit.clone(), unit.clone()]).await;
    assert!(matches!(twice[1], Decision::Duplicate(known) if known.seq == 3));
    store.close().await;
    let store = place.open().await;
    let later = commit_at(&store, vec![unit, says(room(1), 1, 7, "twice")], Micros(NOW.0 + 5)).await;
    assert!(matches!(later[0], Decision::Duplicate(known) if known.seq == 3 && known.at == NOW));
    assert!(matches!(&later[1], Decision::Refused(refusal) if refusal.code == Code::CmidConflict));
    assert_eq!(store.tops(&[room(1)]).await.unwrap(), vec![(room(1), 3)]);
}

async fn a_refusal_writes_nothing_and_takes_no_number(place: Place) {
    let store = place.open().await;
    group(&store).await;
    let batch =
        vec![says(room(1), 3, 1, "let me in"), says(room(9), 1, 2, "anybody?"), answers(room(1), 1, 3, 1), says(room(1), 1, 4, "hello")];
    let decisions = commit(&store, batch).await;
    assert!(decisions[..3].iter().all(|decision| matches!(decision, Decision::Refused(_))));
    assert_eq!(seqs(&decisions[3..]), vec![3]);
    let opened_again = commit(&store, vec![opens(room(1), 2, Kind::Group, None)]).await;
    assert!(matches!(&opened_again[0], Decision::Refused(refusal) if refusal.code == Code::CmidConflict));
}

async fn a_personal_room_tells_of_what_its_account_joined(place: Place) {
    let store = place.open().await;
    people(&store, 2).await;
    commit(&store, vec![opens(room(5), 1, Kind::Direct, Some(2))]).await;
    let page = store.page(user(2), RoomId::personal(user(2)), 0, 10, 100_000).await.unwrap().unwrap();
    let Payload::Joined { user: who, role, place: Some(told) } = &page.entries[0].payload else { panic!("{page:?}") };
    assert_eq!((who.id, *role, told.room, told.kind), (user(2), Role::Member, room(5), Kind::Direct));
    assert_eq!(told.with.as_ref().map(|with| with.username.as_str()), Some("user1"));
    assert_eq!(store.page(user(1), RoomId::personal(user(2)), 0, 10, 100_000).await.unwrap(), None);
    // Opened from the other side, under another cmid: found, and nothing is written.
    assert_eq!(commit(&store, vec![opens(room(5), 2, Kind::Direct, Some(1))]).await, vec![Decision::Unchanged(2)]);
}

async fn a_page_stops_at_its_limits_and_at_the_top(place: Place) {
    let store = place.open().await;
    group(&store).await;
    say(&store, room(1), 1, 100..110).await;
    let page = async |after: Seq, limit, bytes| {
        let page = store.page(user(1), room(1), after, limit, bytes).await.unwrap().unwrap();
        let seqs: Vec<Seq> = page.entries.iter().map(|entry| entry.seq).collect();
        (page.after, seqs, page.end, page.top)
    };
    assert_eq!(page(0, 3, 100_000).await, (0, vec![1, 2, 3], 3, 12));
    assert_eq!(page(10, 200, 100_000).await, (10, vec![11, 12], 12, 12));
    assert_eq!(page(12, 200, 100_000).await, (12, vec![], 12, 12));
    assert_eq!(page(9, 200, 1).await, (9, vec![10], 10, 12));
    assert_eq!(page(9, 200, 900).await, (9, vec![10, 11], 11, 12));
}

async fn a_page_shows_a_group_from_the_joining_on(place: Place) {
    let store = place.open().await;
    group(&store).await;
    say(&store, room(1), 1, 1..5).await;
    assert_eq!(seqs(&commit(&store, vec![admits(room(1), 1, 50, 3)]).await), vec![7]);
    let page = store.page(user(3), room(1), 0, 200, 100_000).await.unwrap().unwrap();
    assert_eq!((page.after, page.entries.len(), page.end), (6, 1, 7));
    let page = store.page(user(3), room(1), 7, 200, 100_000).await.unwrap().unwrap();
    assert_eq!((page.after, page.entries.len(), page.end), (7, 0, 7));
}

async fn delete(store: &Store, at: RoomId) {
    store.engine().run(Statement::new("delete", "UPDATE rooms_all SET deleted_at = $2 WHERE id = $1").bind(at).bind(NOW)).await.unwrap();
}

async fn a_page_of_a_stranger_a_deleted_room_and_an_unknown_one_is_none(place: Place) {
    let store = place.open().await;
    group(&store).await;
    delete(&store, RoomId::personal(user(2))).await;
    for (who, at) in [(3, room(1)), (2, RoomId::personal(user(2))), (1, room(9))] {
        assert_eq!(store.page(user(who), at, 0, 10, 1_000).await.unwrap(), None);
        assert_eq!(store.standing(user(who), at).await.unwrap(), None);
        assert_eq!(store.snapshot(user(who), at).await.unwrap(), None);
        assert_eq!(store.mark_read(user(who), at, 1).await.unwrap(), None);
        assert_eq!(store.conversation(user(who), at).await.unwrap(), None);
        assert_eq!(store.members(user(who), at, None, 10).await.unwrap(), None);
    }
}

async fn tops_and_standings_tell_where_rooms_stand(place: Place) {
    let store = place.open().await;
    group(&store).await;
    assert_eq!(store.tops(&[]).await.unwrap(), vec![]);
    let mut tops = store.tops(&[room(1), room(9), RoomId::personal(user(2))]).await.unwrap();
    tops.sort_unstable();
    assert_eq!(tops, vec![(RoomId::personal(user(2)), 1), (room(1), 2)]);
    let standings = store.standings(user(2)).await.unwrap();
    let mut told: Vec<_> = standings.iter().map(|s| (s.room, s.kind, s.role, s.from_seq, s.top)).collect();
    told.sort_unstable_by_key(|told| told.0);
    assert_eq!(told, vec![(RoomId::personal(user(2)), Kind::Personal, Role::Owner, 0, 1), (room(1), Kind::Group, Role::Member, 2, 2)]);
    let one = store.standing(user(2), room(1)).await.unwrap().unwrap();
    assert!(standings.contains(&one));
    assert_eq!(store.standings(user(9)).await.unwrap(), vec![]);
}

async fn a_snapshot_tells_members_and_their_read_marks(place: Place) {
    let store = place.open().await;
    group(&store).await;
    say(&store, room(1), 1, 1..4).await;
    store.mark_read(user(2), room(1), 4).await.unwrap();
    let (snapshot, top) = store.snapshot(user(2), room(1)).await.unwrap().unwrap();
    assert_eq!((snapshot.kind.as_str(), snapshot.title.as_deref(), snapshot.role.as_str()), ("group", Some("Crew"), "member"));
    assert_eq!((snapshot.from_seq, snapshot.members, top), (2, 2, 5));
    assert_eq!(snapshot.reads, [(user(1), 1), (user(2), 4)].into());
    let many = Statement::new("many", "UPDATE rooms_all SET member_count = 101 WHERE id = $1").bind(room(1));
    store.engine().run(many).await.unwrap();
    assert!(store.snapshot(user(2), room(1)).await.unwrap().unwrap().0.reads.is_empty());
}

async fn unread_counts_what_others_said_above_the_mark_up_to_100(place: Place) {
    let store = place.open().await;
    group(&store).await;
    say(&store, room(1), 1, 0..99).await;
    say(&store, room(1), 2, 200..210).await;
    let unread = async |who| {
        let asked = [(user(who), room(1)), (user(who), RoomId::personal(user(who))), (user(3), room(1)), (user(who), room(9))];
        let rooms = store.unread(&asked).await.unwrap();
        assert_eq!(rooms.len(), 2, "the personal room is told too, a foreign one is not");
        rooms.into_iter().find(|(of, at, _)| (*of, *at) == (user(who), room(1))).unwrap().2
    };
    let line = |top, unread| Top { top, unread, mention: false };
    assert_eq!(unread(2).await, line(111, 99));
    assert_eq!(unread(1).await, line(111, 10));
    say(&store, room(1), 1, 300..301).await;
    assert_eq!(unread(2).await, line(112, 100));
    say(&store, room(1), 1, 301..305).await;
    assert_eq!(unread(2).await, line(116, 100));
    store.mark_read(user(2), room(1), 115).await.unwrap();
    assert_eq!(unread(2).await, line(116, 1));
    let blank = Statement::new("blank", "UPDATE messages SET deleted_at = $3, body = NULL WHERE room = $1 AND seq = $2");
    store.engine().run(blank.bind(room(1)).bind(116u64).bind(NOW)).await.unwrap();
    assert_eq!(unread(2).await, line(116, 0));
}

async fn a_read_mark_rises_and_never_falls(place: Place) {
    let store = place.open().await;
    group(&store).await;
    say(&store, room(1), 1, 1..6).await;
    let mark = async |seq| store.mark_read(user(2), room(1), seq).await.unwrap();
    assert_eq!(mark(4).await, Some((4, true)));
    assert_eq!(mark(4).await, Some((4, false)));
    assert_eq!(mark(3).await, Some((4, false)));
    assert_eq!(mark(Seq::MAX).await, Some((7, true)));
}

async fn a_page_of_long_texts_ends_by_its_bytes_as_they_are_on_the_wire(place: Place) {
    let store = place.open().await;
    group(&store).await;
    // A control character takes six bytes in JSON.
    let long = "\u{1}".repeat(4_000);
    commit(&store, (0..20).map(|n| says(room(1), 1, 50 + n, &long)).collect()).await;
    let page = store.history(user(1), room(1), asked(None, None, 20)).await.unwrap().unwrap();
    assert_eq!((page.messages.len(), page.more), (5, true));
    assert_eq!(page.messages.last().unwrap().seq, 22);
    let page = store.page(user(1), room(1), 2, 200, 128 * 1024).await.unwrap().unwrap();
    assert_eq!((page.entries.len(), page.end), (5, 7));
}

fn asked(before: Option<Seq>, after: Option<Seq>, limit: u32) -> History {
    History { before, after, limit }
}

async fn history_reads_in_both_directions(place: Place) {
    let store = place.open().await;
    group(&store).await;
    say(&store, room(1), 1, 1..6).await;
    seqs(&commit(&store, vec![answers(room(1), 2, 77, 3)]).await);
    let read = async |asked| {
        let page = store.history(user(2), room(1), asked).await.unwrap().unwrap();
        assert_eq!(page.top, 8);
        (page.messages.iter().map(|item| item.seq).collect::<Vec<_>>(), page.more)
    };
    assert_eq!(read(asked(None, None, 3)).await, (vec![6, 7, 8], true));
    assert_eq!(read(asked(Some(6), None, 3)).await, (vec![3, 4, 5], false));
    assert_eq!(read(asked(None, Some(3), 2)).await, (vec![4, 5], true));
    assert_eq!(read(asked(None, Some(6), 2)).await, (vec![7, 8], false));
    assert_eq!(read(asked(None, Some(8), 2)).await, (vec![], false));
    let page = store.history(user(1), room(1), asked(None, None, 1)).await.unwrap().unwrap();
    let item = &page.messages[0];
    assert_eq!((item.ts, item.message.reply_to, item.message.rev), (NOW.millis(), Some(3), 1));
    assert_eq!((item.message.author.username.as_str(), item.message.body.as_deref()), ("user2", Some("yes")));
    assert_eq!(item.message.cmid.0.as_u128(), 77);
    // One who came later sees only what came later.
    seqs(&commit(&store, vec![admits(room(1), 1, 90, 3), says(room(1), 1, 91, "welcome")]).await);
    let page = store.history(user(3), room(1), asked(None, None, 50)).await.unwrap().unwrap();
    assert_eq!(page.messages.iter().map(|item| item.seq).collect::<Vec<_>>(), vec![10]);
}

async fn history_of_an_empty_room_is_empty_and_of_a_foreign_one_none(place: Place) {
    let store = place.open().await;
    group(&store).await;
    let page = store.history(user(1), room(1), asked(None, None, 50)).await.unwrap().unwrap();
    assert_eq!((page.messages.len(), page.more, page.top), (0, false, 2));
    assert_eq!(store.history(user(3), room(1), asked(None, None, 50)).await.unwrap(), None);
}

async fn conversations_are_listed_by_their_newest_activity(place: Place) {
    let store = place.open().await;
    group(&store).await;
    let at = |n: i64| Micros(NOW.0 + n);
    commit_at(&store, vec![opens(room(2), 1, Kind::Direct, Some(2))], at(1)).await;
    commit_at(&store, vec![opens(room(3), 3, Kind::Room, None), opens(room(4), 1, Kind::Room, None)], at(2)).await;
    commit_at(&store, vec![says(room(1), 2, 5, "news")], at(3)).await;
    let list = store.conversations(user(1), None, 10).await.unwrap();
    assert_eq!(list.iter().map(|listed| listed.room).collect::<Vec<_>>(), vec![room(1), room(4), room(2)]);
    let (group, direct) = (&list[0], &list[2]);
    assert_eq!((group.kind, group.title.as_deref(), group.role, group.members), (Kind::Group, Some("Crew"), Role::Owner, 2));
    assert_eq!((group.read, group.top, group.with.is_none()), (1, Top { top: 3, unread: 1, mention: false }, true));
    let last = group.last.as_ref().unwrap();
    assert_eq!((last.seq, last.at, last.author.id, last.body.as_deref()), (3, at(3), user(2), Some("news")));
    assert_eq!(direct.with.as_ref().map(|with| with.id), Some(user(2)));
    assert_eq!((direct.title.as_deref(), direct.last.as_ref()), (None, None));
    // Page by page it is the same list.
    let first = store.conversations(user(1), None, 2).await.unwrap();
    let cursor: Cursor = first[1].cursor().to_string().parse().unwrap();
    let second = store.conversations(user(1), Some(cursor), 2).await.unwrap();
    assert_eq!([first, second].concat(), list);
    assert_eq!(store.conversation(user(1), room(1)).await.unwrap().as_ref(), Some(group));
    assert_eq!(store.conversation(user(1), room(3)).await.unwrap(), None);
    delete(&store, room(4)).await;
    assert_eq!(store.conversations(user(1), None, 10).await.unwrap().len(), 2);
}

async fn public_rooms_are_listed_for_everybody(place: Place) {
    let store = place.open().await;
    group(&store).await;
    for n in 2..=4 {
        commit_at(&store, vec![opens(room(n), 1, Kind::Room, None)], Micros(NOW.0 + 1)).await;
    }
    seqs(&commit(&store, vec![admits(room(3), 2, 1, 2)]).await);
    let list = store.public_rooms(user(2), None, 10).await.unwrap();
    let told: Vec<_> = list.iter().map(|listed| (listed.room, listed.members, listed.joined)).collect();
    assert_eq!(told, vec![(room(4), 1, false), (room(3), 2, true), (room(2), 1, false)]);
    let rest = store.public_rooms(user(2), Some(list[0].cursor()), 10).await.unwrap();
    assert_eq!(rest, list[1..]);
}

async fn members_are_listed_in_the_order_they_came(place: Place) {
    let store = place.open().await;
    group(&store).await;
    seqs(&commit(&store, vec![admits(room(1), 1, 9, 3)]).await);
    let list = store.members(user(2), room(1), None, 10).await.unwrap().unwrap();
    let told: Vec<_> = list.iter().map(|member| (member.user.username.as_str(), member.role, member.read)).collect();
    assert_eq!(told, vec![("user1", Role::Owner, 1), ("user2", Role::Member, 2), ("user3", Role::Member, 3)]);
    let rest = store.members(user(2), room(1), Some(list[0].cursor()), 1).await.unwrap().unwrap();
    assert_eq!(rest, list[1..2]);
    assert_eq!(store.members(user(2), room(1), Some(list[2].cursor()), 1).await.unwrap(), Some(vec![]));
}

async fn audit_lines(store: &Store) -> Vec<(Option<String>, String, Option<String>, Option<String>)> {
    let read = Statement::new("read audit", "SELECT actor, action, target, detail FROM audit ORDER BY at, action, target NULLS LAST");
    let rows = store.engine().all(read).await.unwrap();
    rows.iter().map(|row| (row.get(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap(), row.get(3).unwrap())).collect()
}

async fn an_audit_line_is_kept(place: Place) {
    let store = place.open().await;
    let line = Audit {
        at: NOW,
        actor: None,
        action: "login",
        target: Some("x".into()),
        outcome: "wrong_password",
        detail: Some(serde_json::json!({ "n": 1 })),
        personal: None,
    };
    store.engine().run(audit::record(line)).await.unwrap();
    assert_eq!(audit_lines(&store).await, vec![(None, "login".into(), Some("x".into()), Some("{\"n\":1}".into()))]);
}

async fn opening_and_adding_leave_audit_lines(place: Place) {
    let store = place.open().await;
    group(&store).await;
    say(&store, room(1), 1, 5..7).await;
    let lines = audit_lines(&store).await;
    let told: Vec<_> = lines.iter().map(|(actor, action, target, _)| (actor.clone(), action.as_str(), target.clone())).collect();
    let (actor, target) = (Some(user(1).to_string()), Some(room(1).to_string()));
    assert_eq!(told, vec![(actor.clone(), "room.admit", target.clone()), (actor, "room.open", target)]);
}

async fn a_database_is_used_with_the_keys_it_was_first_used_with(place: Place) {
    let store = place.open().await;
    let used_with = async |mark: &str| store.is_used_with(mark.into()).await.unwrap();
    assert!(used_with("mine").await);
    assert!(used_with("mine").await);
    assert!(!used_with("another's").await);
    assert!(used_with("mine").await);
}

async fn the_history_epoch_lasts_as_long_as_the_binding(place: Place) {
    let store = place.open().await;
    let now = store.ping().await.unwrap();
    assert_eq!(now.is_some(), place.kind == common::Kind::Postgres);
    assert!(now.is_none_or(|now| now > NOW), "the database knows the time");
    let first = store.history_epoch();
    store.close().await;
    let store = place.open().await;
    assert_eq!(store.history_epoch(), first);
    // As if the file had been put into another place, or the server restored from a backup.
    store.engine().run(Statement::new("move", "UPDATE meta SET value = 'elsewhere' WHERE key = 'bound_to'")).await.unwrap();
    store.close().await;
    let store = place.open().await;
    let second = store.history_epoch();
    assert_ne!(second, first);
    store.close().await;
    let store = place.open().await;
    assert_eq!(store.history_epoch(), second);
    if place.kind == common::Kind::Sqlite {
        store.close().await;
        std::fs::remove_file(place.dir.path().join("instance")).unwrap();
        assert_ne!(place.open().await.history_epoch(), second);
    }
}

async fn only_one_server_opens_a_sqlite_file(place: Place) {
    let first = place.open().await;
    let second = Store::open(place.config.clone()).await;
    match place.kind {
        common::Kind::Sqlite => {
            let Err(Error::Setup(text)) = second else { panic!("a second server opened the file") };
            assert!(text.contains("Another server"), "{text}");
            first.close().await;
            place.open().await;
        }
        common::Kind::Postgres => assert_eq!(second.unwrap().history_epoch(), first.history_epoch()),
    }
}
