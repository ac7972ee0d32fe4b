//! What members do beyond speaking, on both engines: each entry is read back as it was decided, and what follows
//! from the log is what the rules say.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use allthrive_domain::entry::{Entry, Payload};
use allthrive_domain::room::Decision;
use allthrive_domain::time::Micros;
use allthrive_domain::unit::{Appoint, Ban, Deed, Delete, Edit, Kind, Mute, React, Remove, Role, SlowDown, Unban, Unit};
use allthrive_protocol::command::History;
use allthrive_protocol::reply::{HistoryItem, Reacted};
use allthrive_protocol::{Code, MAX_REACTIONS, RoomId, Seq};
use allthrive_store::{Statement, Store};
use common::Place;
use common::people::{NOW, admits, commit, commit_at, entries, opens, people, people_from, room, says, seqs, unit, user};

on_both! {
    everything_that_happens_is_read_back_as_it_was_decided,
    an_edited_message_is_told_with_its_present_text_wherever_it_is_told,
    a_deleted_message_has_no_text_and_no_reactions_anywhere,
    a_batch_that_puts_takes_and_puts_again_holds_what_was_said_last,
    an_emoji_keeps_its_place_while_anybody_has_put_it_however_many_take_theirs_away,
    a_write_that_changed_nothing_is_not_carried_out_when_it_comes_again,
    an_edit_of_a_message_from_before_one_joined_has_no_text,
    who_comes_and_goes_in_one_batch_is_where_the_last_step_left_them,
    restrictions_outlast_the_membership_and_the_server,
    slow_mode_is_kept_with_the_room_and_its_pause_with_the_member,
    moderators_steps_leave_audit_lines_with_their_reasons,
    who_is_restricted_is_listed_while_it_holds_the_newest_decision_first,
    who_has_reacted_is_listed_page_by_page_to_those_who_may_see_the_message,
}

fn edits(author: u128, cmid: u128, target: Seq, rev: u32, body: &str) -> Unit {
    unit(room(1), author, cmid, Deed::Edit(Edit { target, rev, body: body.into() }))
}

fn deletes(author: u128, cmid: u128, target: Seq) -> Unit {
    unit(room(1), author, cmid, Deed::Delete(Delete { target }))
}

fn reacts(author: u128, cmid: u128, target: Seq, emoji: &str, on: bool) -> Unit {
    unit(room(1), author, cmid, Deed::React(React { target, emoji: emoji.into(), on }))
}

fn appoints(author: u128, cmid: u128, whom: u128, role: Role) -> Unit {
    unit(room(1), author, cmid, Deed::Appoint(Appoint { user: user(whom), role }))
}

fn mutes(author: u128, cmid: u128, whom: u128, seconds: u32) -> Unit {
    unit(room(1), author, cmid, Deed::Mute(Mute { user: user(whom), seconds, reason: Some("loud".into()) }))
}

fn slows(author: u128, cmid: u128, seconds: u32) -> Unit {
    unit(room(1), author, cmid, Deed::SlowDown(SlowDown { seconds }))
}

fn bans(author: u128, cmid: u128, whom: u128) -> Unit {
    unit(room(1), author, cmid, Deed::Ban(Ban { user: user(whom), reason: Some("spam".into()) }))
}

fn unbans(author: u128, cmid: u128, whom: u128) -> Unit {
    unit(room(1), author, cmid, Deed::Unban(Unban { user: user(whom) }))
}

fn removes(author: u128, cmid: u128, whom: u128) -> Unit {
    unit(room(1), author, cmid, Deed::Remove(Remove { user: user(whom), reason: Some("wrong room".into()) }))
}

fn leaves(author: u128, cmid: u128) -> Unit {
    unit(room(1), author, cmid, Deed::Leave)
}

/// A public room of user 1 with users 2 and 3; user 3 has said message 4.
async fn crew(store: &Store) {
    people(store, 3).await;
    let batch = vec![opens(room(1), 1, Kind::Room, None), admits(room(1), 2, 2, 2), admits(room(1), 3, 3, 3), says(room(1), 3, 4, "hello")];
    assert_eq!(seqs(&commit(store, batch).await), vec![1, 2, 3, 4]);
}

async fn message(store: &Store, seq: Seq) -> HistoryItem {
    let page = store.history(user(1), room(1), History { before: None, after: Some(seq - 1), limit: 1 }).await.unwrap().unwrap();
    page.messages.into_iter().next().unwrap()
}

async fn kinds(store: &Store, at: RoomId) -> Vec<&'static str> {
    store.entries(at, 0, 1_000).await.unwrap().iter().map(|entry| entry.payload.kind()).collect()
}

async fn everything_that_happens_is_read_back_as_it_was_decided(place: Place) {
    let store = place.open().await;
    crew(&store).await;
    let batches = [
        vec![reacts(1, 10, 4, "👩‍💻", true), reacts(1, 11, 4, "👩‍💻", false), edits(3, 12, 4, 1, "hallo")],
        vec![appoints(1, 13, 2, Role::Moderator), mutes(2, 14, 3, 60), mutes(2, 15, 3, 0), slows(2, 16, 30), slows(2, 17, 0)],
        vec![removes(2, 18, 3), admits(room(1), 3, 19, 3), leaves(3, 20), admits(room(1), 3, 21, 3), bans(2, 22, 3), unbans(2, 23, 3)],
        vec![appoints(1, 24, 2, Role::Owner), says(room(1), 1, 25, "yours"), deletes(2, 26, 22)],
    ];
    let mut decisions = Vec::new();
    for batch in batches {
        let decided = commit(&store, batch).await;
        seqs(&decided);
        decisions.extend(decided);
    }
    for at in [room(1), RoomId::personal(user(1)), RoomId::personal(user(2)), RoomId::personal(user(3))] {
        let mut written: Vec<Entry> = entries(&decisions, at);
        // Told as now permitted: what was taken back later has no text.
        for entry in &mut written {
            if let Payload::Message { body, .. } = &mut entry.payload {
                *body = None;
            }
        }
        let first = written[0].seq;
        assert_eq!(store.entries(at, first - 1, 1_000).await.unwrap(), written, "{at}");
    }
    assert_eq!(store.snapshot(user(2), room(1)).await.unwrap().unwrap().0.role, "owner");
    assert_eq!(store.snapshot(user(1), room(1)).await.unwrap().unwrap().0.role, "moderator");
}

async fn an_edited_message_is_told_with_its_present_text_wherever_it_is_told(place: Place) {
    let store = place.open().await;
    crew(&store).await;
    // Two in one batch: the row is written once, with the last.
    seqs(&commit(&store, vec![edits(3, 10, 4, 1, "second"), edits(3, 11, 4, 2, "third")]).await);
    let page = store.page(user(1), room(1), 3, 10, 100_000).await.unwrap().unwrap();
    let told: Vec<_> = page
        .entries
        .iter()
        .map(|entry| match &entry.payload {
            Payload::Message { body, rev, .. } | Payload::Edited { body, rev, .. } => (body.clone().unwrap(), *rev),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, vec![("third".to_owned(), 3); 3]);
    let decisions = commit(&store, vec![edits(3, 12, 4, 2, "late")]).await;
    assert!(matches!(&decisions[0], Decision::Refused(refusal) if refusal.code == Code::RevConflict));
    assert_eq!(message(&store, 4).await.message.body.as_deref(), Some("third"));
}

async fn a_deleted_message_has_no_text_and_no_reactions_anywhere(place: Place) {
    let store = place.open().await;
    crew(&store).await;
    seqs(
        &commit(&store, vec![reacts(1, 10, 4, "👍", true), edits(3, 11, 4, 1, "secret"), reacts(2, 12, 4, "👍", true), deletes(3, 13, 4)])
            .await,
    );
    let now = message(&store, 4).await;
    assert_eq!((now.message.body, now.reactions), (None, Vec::new()));
    for entry in store.entries(room(1), 3, 100).await.unwrap() {
        if let Payload::Message { body, .. } | Payload::Edited { body, .. } = entry.payload {
            assert_eq!(body, None);
        }
    }
    let left = Statement::new("count reactions", "SELECT COUNT(*) FROM reactions");
    assert_eq!(store.engine().one(left).await.unwrap().get::<i64>(0).unwrap(), 0);
    // The number and the mark of the write stay: a retry is answered with the first number for ever.
    let again = commit(&store, vec![says(room(1), 3, 4, "hello"), edits(3, 11, 4, 1, "secret")]).await;
    assert!(again.iter().all(|decision| matches!(decision, Decision::Duplicate(_))), "{again:?}");
}

async fn an_emoji_keeps_its_place_while_anybody_has_put_it_however_many_take_theirs_away(place: Place) {
    let store = place.open().await;
    crew(&store).await;
    let put = |emoji: &'static str, author: u128| {
        let insert = Statement::new("put a reaction", "INSERT INTO reactions (room, seq, emoji, user_id) VALUES ($1, $2, $3, $4)");
        insert.bind(room(1)).bind(4_u64).bind(emoji).bind(user(author))
    };
    // As many kinds as a message takes; the first and the last in order by more people than a batch speaks for.
    let kinds = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t"];
    assert_eq!(kinds.len(), MAX_REACTIONS);
    let mut rows: Vec<Statement> = kinds.iter().map(|kind| put(kind, 3)).collect();
    rows.extend((1..=2).chain(100..140).flat_map(|author| [put("a", author), put("t", author)]));
    store.engine().batch(rows).await.unwrap();
    let takes = |first: u128, kind: &str| -> Vec<Unit> { (1..=3).map(|author| reacts(author, first + author, 4, kind, false)).collect() };
    let is_full = |decision: &Decision| matches!(decision, Decision::Refused(refusal) if refusal.code == Code::TooLarge);

    let mut batch = takes(200, "a");
    batch.extend(takes(300, "t"));
    batch.push(reacts(1, 400, 4, "u", true));
    let decisions = commit(&store, batch).await;
    seqs(&decisions[..6]);
    assert!(is_full(&decisions[6]), "40 others have put it: {decisions:?}");

    let others = Statement::new("take away", "DELETE FROM reactions WHERE emoji = $1 AND user_id <> $2");
    let back = vec![put("a", 1), put("a", 2), put("a", 3)];
    store.engine().batch([vec![others.bind("a").bind(user(3))], back].concat()).await.unwrap();
    let mut batch = takes(500, "a");
    batch.insert(2, reacts(1, 600, 4, "u", true));
    batch.push(reacts(1, 601, 4, "u", true));
    let decisions = commit(&store, batch).await;
    assert!(is_full(&decisions[2]), "one is left: {decisions:?}");
    assert!(matches!(decisions[4], Decision::Admitted(_)), "none is left: {decisions:?}");
}

async fn a_batch_that_puts_takes_and_puts_again_holds_what_was_said_last(place: Place) {
    let store = place.open().await;
    crew(&store).await;
    let batch = vec![
        reacts(1, 10, 4, "👍", true),
        reacts(1, 11, 4, "👍", false),
        reacts(1, 12, 4, "👍", true),
        reacts(2, 13, 4, "👍", true),
        reacts(2, 14, 4, "🎉", true),
        reacts(2, 15, 4, "🎉", false),
        reacts(3, 16, 4, "❤️", true),
    ];
    assert_eq!(seqs(&commit(&store, batch).await), (5..=11).collect::<Vec<_>>());
    let one = |emoji: &str, count, mine| Reacted { emoji: emoji.into(), count, mine };
    assert_eq!(message(&store, 4).await.reactions, vec![one("❤️", 1, false), one("👍", 2, true)]);
    // As it is so already: no number.
    assert_eq!(commit(&store, vec![reacts(1, 17, 4, "👍", true)]).await, vec![Decision::Unchanged(11)]);
    seqs(&commit(&store, vec![reacts(1, 18, 4, "👍", false)]).await);
    assert_eq!(message(&store, 4).await.reactions, vec![one("❤️", 1, false), one("👍", 1, false)]);
}

async fn who_comes_and_goes_in_one_batch_is_where_the_last_step_left_them(place: Place) {
    let store = place.open().await;
    crew(&store).await;
    let there_and_back = vec![leaves(3, 10), admits(room(1), 3, 11, 3), leaves(2, 12), admits(room(1), 2, 13, 2), leaves(2, 14)];
    assert_eq!(seqs(&commit(&store, there_and_back).await), vec![5, 6, 7, 8, 9]);
    let (snapshot, top) = store.snapshot(user(1), room(1)).await.unwrap().unwrap();
    assert_eq!((snapshot.members, top), (2, 9));
    assert_eq!(snapshot.reads, [(user(1), 1), (user(3), 6)].into());
    assert_eq!(store.snapshot(user(2), room(1)).await.unwrap(), None);
    assert_eq!(store.page(user(2), room(1), 0, 10, 100_000).await.unwrap(), None);
    let told = kinds(&store, RoomId::personal(user(2))).await;
    assert_eq!(told, vec!["member.joined", "member.left", "member.joined", "member.left"]);
}

async fn a_write_that_changed_nothing_is_not_carried_out_when_it_comes_again(place: Place) {
    let store = place.open().await;
    crew(&store).await;
    seqs(&commit(&store, vec![reacts(1, 10, 4, "👍", true)]).await);
    let (again, other) = (reacts(1, 11, 4, "👍", true), reacts(1, 11, 4, "👍", false));
    assert_eq!(commit(&store, vec![again.clone()]).await, vec![Decision::Unchanged(5)]);
    seqs(&commit(&store, vec![reacts(1, 12, 4, "👍", false)]).await);
    let decisions = commit(&store, vec![again, other]).await;
    assert!(matches!(&decisions[0], Decision::Duplicate(known) if known.seq == 5), "{decisions:?}");
    assert!(matches!(&decisions[1], Decision::Refused(refusal) if refusal.code == Code::CmidConflict), "{decisions:?}");
    assert!(message(&store, 4).await.reactions.is_empty());
}

async fn an_edit_of_a_message_from_before_one_joined_has_no_text(place: Place) {
    let store = place.open().await;
    people(&store, 2).await;
    let group = |cmid, deed| unit(room(1), 1, cmid, deed);
    let edit = |cmid, target, rev, body: &str| group(cmid, Deed::Edit(Edit { target, rev, body: body.into() }));
    let batch =
        vec![opens(room(1), 1, Kind::Group, None), says(room(1), 1, 2, "before"), admits(room(1), 1, 3, 2), says(room(1), 1, 4, "after")];
    assert_eq!(seqs(&commit(&store, batch).await), vec![1, 2, 3, 4]);
    seqs(&commit(&store, vec![edit(5, 2, 1, "before, edited"), edit(6, 4, 1, "after, edited")]).await);
    let texts = async |user| -> Vec<(Seq, Option<String>)> {
        let page = store.page(user, room(1), 4, 10, 10_000).await.unwrap().unwrap();
        let edited = page.entries.into_iter().filter_map(|entry| match entry.payload {
            Payload::Edited { target, body, .. } => Some((target, body)),
            _ => None,
        });
        edited.collect()
    };
    let after = (4, Some("after, edited".to_owned()));
    assert_eq!(texts(user(1)).await, vec![(2, Some("before, edited".to_owned())), after.clone()]);
    assert_eq!(texts(user(2)).await, vec![(2, None), after]);
}

async fn restrictions_outlast_the_membership_and_the_server(place: Place) {
    let store = place.open().await;
    crew(&store).await;
    seqs(&commit(&store, vec![mutes(1, 10, 3, 60), leaves(3, 11), admits(room(1), 3, 12, 3), bans(1, 13, 2)]).await);
    store.close().await;
    let store = place.open().await;
    let refused = commit_at(&store, vec![says(room(1), 3, 14, "hm"), admits(room(1), 2, 15, 2)], Micros(NOW.0 + 59_000_000)).await;
    let codes = refused.iter().map(|decision| match decision {
        Decision::Refused(refusal) => refusal.code,
        other => panic!("{other:?}"),
    });
    assert_eq!(codes.collect::<Vec<_>>(), vec![Code::Muted, Code::Forbidden]);
    let (snapshot, _) = store.snapshot(user(3), room(1)).await.unwrap().unwrap();
    assert_eq!(snapshot.muted_until_ts, Some(Micros(NOW.0 + 60_000_000).millis()));
    assert_eq!(store.muted_until(user(3), room(1)).await.unwrap(), Some(Micros(NOW.0 + 60_000_000)));
    assert_eq!(store.muted_until(user(1), room(1)).await.unwrap(), None);
    seqs(
        &commit_at(&store, vec![says(room(1), 3, 16, "now"), unbans(1, 17, 2), admits(room(1), 2, 18, 2)], Micros(NOW.0 + 60_000_000))
            .await,
    );
}

async fn slow_mode_is_kept_with_the_room_and_its_pause_with_the_member(place: Place) {
    let store = place.open().await;
    crew(&store).await;
    let at = |seconds: i64| Micros(NOW.0 + seconds * 1_000_000);
    seqs(&commit_at(&store, vec![slows(1, 10, 30)], at(0)).await);
    assert_eq!(store.snapshot(user(3), room(1)).await.unwrap().unwrap().0.slow_mode, 30);
    seqs(&commit_at(&store, vec![says(room(1), 3, 11, "one")], at(40)).await);
    store.close().await;
    let store = place.open().await;
    let early = commit_at(&store, vec![says(room(1), 3, 12, "two")], at(69)).await;
    assert!(
        matches!(&early[0], Decision::Refused(refusal) if refusal.code == Code::SlowMode && refusal.after_ms == Some(1_000)),
        "{early:?}"
    );
    seqs(&commit_at(&store, vec![says(room(1), 3, 13, "two")], at(70)).await);
}

async fn moderators_steps_leave_audit_lines_with_their_reasons(place: Place) {
    let store = place.open().await;
    crew(&store).await;
    let batch = vec![deletes(1, 10, 4), mutes(1, 11, 3, 60), removes(1, 12, 3), bans(1, 13, 2), unbans(1, 14, 2), slows(1, 15, 5)];
    seqs(&commit(&store, batch).await);
    let read =
        Statement::new("read audit", "SELECT action, detail FROM audit WHERE action NOT IN ('room.open', 'room.admit') ORDER BY action");
    let rows = store.engine().all(read).await.unwrap();
    let lines: Vec<(String, String)> = rows.iter().map(|row| (row.get(0).unwrap(), row.get(1).unwrap())).collect();
    let actions: Vec<&str> = lines.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, vec!["message.delete", "room.ban", "room.mute", "room.remove", "room.slow_mode", "room.unban"]);
    for (action, reason) in [("room.ban", "spam"), ("room.mute", "loud"), ("room.remove", "wrong room")] {
        assert!(lines.iter().any(|(of, detail)| of == action && detail.contains(reason)), "{action}");
    }
    // An own message that its author takes back is no affair of the audit.
    seqs(&commit(&store, vec![says(room(1), 1, 20, "oops"), deletes(1, 21, 12)]).await);
}

async fn who_is_restricted_is_listed_while_it_holds_the_newest_decision_first(place: Place) {
    let store = place.open().await;
    crew(&store).await;
    people_from(&store, 4..=6).await;
    let at = |seconds: i64| Micros(NOW.0 + seconds * 1_000_000);
    let listed = async |seconds, after, limit| -> Vec<(u128, bool, Option<Micros>)> {
        let (_, rows) = store.restrictions(user(1), room(1), at(seconds), after, limit).await.unwrap().unwrap();
        rows.into_iter().map(|row| (row.user.id.0.as_u128(), row.banned, row.muted_until)).collect()
    };
    assert_eq!(listed(0, None, 10).await, vec![]);
    seqs(&commit_at(&store, vec![mutes(1, 10, 3, 60)], at(0)).await);
    seqs(&commit_at(&store, vec![bans(1, 11, 4), bans(1, 12, 5), bans(1, 13, 6)], at(1)).await);
    // What holds is told by itself: a mute that has ended is not among it, though a ban beside it is.
    seqs(&commit_at(&store, vec![mutes(1, 14, 2, 5), leaves(2, 15)], at(2)).await);
    let bans_then_mute = vec![(6, true, None), (5, true, None), (4, true, None), (3, false, Some(at(60)))];
    assert_eq!(listed(2, None, 10).await, [vec![(2, false, Some(at(7)))], bans_then_mute.clone()].concat());
    assert_eq!(listed(7, None, 10).await, bans_then_mute);
    // Three were decided in one moment: no page leaves one out.
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let (_, rows) = store.restrictions(user(1), room(1), at(7), after, 1).await.unwrap().unwrap();
        let Some(row) = rows.first() else { break };
        seen.push((row.user.id.0.as_u128(), row.banned, row.muted_until));
        after = Some(row.cursor());
    }
    assert_eq!(seen, bans_then_mute);
    seqs(&commit_at(&store, vec![unbans(1, 16, 5), mutes(1, 17, 3, 0)], at(8)).await);
    assert_eq!(listed(9, None, 10).await, vec![(6, true, None), (4, true, None)]);
    // Who asks is told as what, and a stranger nothing.
    assert_eq!(store.restrictions(user(3), room(1), at(9), None, 10).await.unwrap().unwrap().0, Role::Member);
    assert_eq!(store.restrictions(user(2), room(1), at(9), None, 10).await.unwrap(), None);
    assert_eq!(store.restrictions(user(1), room(9), at(9), None, 10).await.unwrap(), None);
}

async fn who_has_reacted_is_listed_page_by_page_to_those_who_may_see_the_message(place: Place) {
    let store = place.open().await;
    crew(&store).await;
    let batch =
        vec![reacts(3, 10, 4, "👍", true), reacts(1, 11, 4, "👍", true), reacts(2, 12, 4, "❤️", true), reacts(1, 13, 4, "👩‍💻", true)];
    seqs(&commit(&store, batch).await);
    let all = vec![("❤️".to_owned(), 2), ("👍".to_owned(), 1), ("👍".to_owned(), 3), ("👩‍💻".to_owned(), 1)];
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.reactors(user(2), room(1), 4, after.clone(), 2).await.unwrap().unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = Some(last.cursor());
        seen.extend(page.iter().map(|one| (one.emoji.clone(), one.user.id.0.as_u128())));
    }
    assert_eq!(seen, all);
    // No message, no member.
    assert_eq!(store.reactors(user(2), room(1), 3, None, 10).await.unwrap(), None);
    assert_eq!(store.reactors(user(2), room(1), u64::MAX, None, 10).await.unwrap(), None);
    assert_eq!(store.reactors(user(9), room(1), 4, None, 10).await.unwrap(), None);
    seqs(&commit(&store, vec![deletes(3, 14, 4)]).await);
    assert_eq!(store.reactors(user(2), room(1), 4, None, 10).await.unwrap(), Some(vec![]));
    // From before one joined a group: not there.
    let group = |cmid, deed| unit(room(2), 1, cmid, deed);
    let mut batch = vec![opens(room(2), 1, Kind::Group, None), says(room(2), 1, 2, "before")];
    batch.push(group(3, Deed::React(React { target: 2, emoji: "👍".into(), on: true })));
    batch.push(admits(room(2), 1, 4, 2));
    seqs(&commit(&store, batch).await);
    assert_eq!(store.reactors(user(2), room(2), 2, None, 10).await.unwrap(), None);
    assert_eq!(store.reactors(user(1), room(2), 2, None, 10).await.unwrap().unwrap().len(), 1);
}
