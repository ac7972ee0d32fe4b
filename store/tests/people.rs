//! Every query about people who come in, on both engines.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::time::Duration;

use allthrive_domain::time::Micros;
use allthrive_protocol::{RoomId, UserId};
use allthrive_store::limits::{Limit, Taken};
use allthrive_store::mail_tokens::MailToken;
use allthrive_store::sign_ins::{NewSignIn, REFRESH_GRACE, Refreshed};
use allthrive_store::users::{SignUp, SignedUp};
use allthrive_store::{Statement, Store};
use common::Place;
use common::people::{NOW, user};
use uuid::Uuid;

on_both! {
    a_sign_up_makes_an_account_with_its_personal_room,
    a_known_address_changes_nothing_but_holds_the_name,
    an_address_that_nobody_verified_goes_to_who_signs_up_next,
    a_name_is_taken_by_an_account_and_by_a_hold_until_it_ends,
    of_many_sign_ups_with_one_name_one_succeeds,
    an_address_is_verified_once_and_in_time,
    a_sign_in_stands_until_it_is_ended_or_over,
    a_suspended_or_deleted_account_has_no_sign_in,
    ended_sign_ins_are_named_among_those_asked_for,
    a_family_of_tokens_moves_on_and_ends_when_an_old_one_is_shown,
    two_who_show_the_same_token_at_once_get_the_same_next_one,
    a_ticket_is_redeemed_once,
    of_many_who_take_at_once_only_so_many_get_it,
    a_limit_that_is_reached_leaves_the_others_uncounted,
    a_window_begins_anew_with_its_first_use,
    what_has_no_meaning_any_more_is_pruned,
    every_step_leaves_its_audit_line,
}

const HOUR: Duration = Duration::from_secs(3_600);

fn sign_up(n: u128, username: &str, address: u8) -> SignUp {
    SignUp {
        id: user(n),
        username: username.to_owned(),
        display_name: format!("The {username}"),
        email_cipher: vec![address; 40],
        email_key: [address; 32],
        password_hash: "$argon2id$…".to_owned(),
        token: [u8::try_from(n).unwrap(); 32],
        token_expires: NOW.plus(HOUR),
        hold_until: NOW.plus(HOUR),
    }
}

/// Account 1, verified and signed in.
async fn signed_in(store: &Store) -> Uuid {
    assert_eq!(store.sign_up(sign_up(1, "mira", 1), NOW).await.unwrap(), SignedUp::Created);
    store.verify_email([1; 32], NOW).await.unwrap().unwrap();
    let id = Uuid::from_u128(77);
    begin(store, id, user(1)).await;
    id
}

async fn begin(store: &Store, id: Uuid, user: UserId) {
    let new = NewSignIn { id, user, device: Some("a browser".to_owned()), expires: NOW.plus(HOUR) };
    store.begin_sign_in(new, NOW).await.unwrap();
}

async fn a_sign_up_makes_an_account_with_its_personal_room(place: Place) {
    let store = place.open().await;
    assert_eq!(store.sign_up(sign_up(1, "mira", 1), NOW).await.unwrap(), SignedUp::Created);
    let by_name = store.account_by_username("mira").await.unwrap().unwrap();
    let by_address = store.account_by_email([1; 32]).await.unwrap().unwrap();
    assert_eq!(by_name, by_address);
    assert_eq!(by_name.password_hash.as_deref(), Some("$argon2id$…"));
    let account = by_name.user;
    assert_eq!((account.id, account.username.as_str(), account.display_name.as_str()), (user(1), "mira", "The mira"));
    assert_eq!((account.role.as_str(), account.email_verified, account.suspended), ("explorer", false, false));
    assert_eq!(account.email_cipher, Some(vec![1; 40]));
    let standings = store.standings(user(1)).await.unwrap();
    assert_eq!(standings.iter().map(|standing| standing.room).collect::<Vec<_>>(), vec![RoomId::personal(user(1))]);
    // Others find nobody before the address is verified.
    assert_eq!(store.person_by_username("mira").await.unwrap(), None);
    store.verify_email([1; 32], NOW).await.unwrap().unwrap();
    assert_eq!(store.person_by_username("mira").await.unwrap().unwrap().name, "The mira");
}

async fn a_known_address_changes_nothing_but_holds_the_name(place: Place) {
    let store = place.open().await;
    store.sign_up(sign_up(1, "mira", 1), NOW).await.unwrap();
    store.verify_email([1; 32], NOW).await.unwrap().unwrap();
    assert_eq!(store.sign_up(sign_up(2, "other", 1), NOW).await.unwrap(), SignedUp::EmailKnown);
    assert_eq!(store.account_by_username("other").await.unwrap(), None);
    assert_eq!(store.account_by_email([1; 32]).await.unwrap().unwrap().user.username, "mira");
    assert_eq!(store.verify_email([2; 32], NOW).await.unwrap(), None);
}

async fn an_address_that_nobody_verified_goes_to_who_signs_up_next(place: Place) {
    let store = place.open().await;
    store.sign_up(sign_up(1, "squatter", 1), NOW).await.unwrap();
    assert_eq!(store.sign_up(sign_up(2, "mira", 1), NOW).await.unwrap(), SignedUp::Created);
    // The first link verifies nobody; the second its own account.
    assert_eq!(store.verify_email([1; 32], NOW).await.unwrap(), None);
    assert_eq!(store.verify_email([2; 32], NOW).await.unwrap().as_deref(), Some("mira"));
    assert_eq!(store.account_by_email([1; 32]).await.unwrap().unwrap().user.username, "mira");
    assert_eq!(store.account_by_username("squatter").await.unwrap().unwrap().user.email_cipher, None);
    assert_eq!(store.sign_up(sign_up(3, "third", 1), NOW).await.unwrap(), SignedUp::EmailKnown);
}

async fn a_name_is_taken_by_an_account_and_by_a_hold_until_it_ends(place: Place) {
    let store = place.open().await;
    store.sign_up(sign_up(1, "mira", 1), NOW).await.unwrap();
    store.verify_email([1; 32], NOW).await.unwrap().unwrap();
    store.sign_up(sign_up(2, "other", 1), NOW).await.unwrap();
    for name in ["mira", "other"] {
        assert_eq!(store.sign_up(sign_up(3, name, 3), NOW).await.unwrap(), SignedUp::UsernameTaken);
    }
    let later = NOW.plus(HOUR);
    assert_eq!(store.sign_up(sign_up(3, "other", 3), later).await.unwrap(), SignedUp::Created);
    // Never used again, not even when its account is gone.
    delete(&store, user(1)).await;
    assert_eq!(store.account_by_username("mira").await.unwrap(), None);
    assert_eq!(store.sign_up(sign_up(4, "mira", 4), later).await.unwrap(), SignedUp::UsernameTaken);
}

async fn delete(store: &Store, user: UserId) {
    let delete = Statement::new("delete an account", "UPDATE users_all SET deleted_at = $2 WHERE id = $1");
    store.engine().run(delete.bind(user).bind(NOW)).await.unwrap();
}

async fn of_many_sign_ups_with_one_name_one_succeeds(place: Place) {
    let store = place.open().await;
    let tries = (1..=8).map(|n: u8| {
        let store = store.clone();
        tokio::spawn(async move { store.sign_up(sign_up(n.into(), "mira", n), NOW).await.unwrap() })
    });
    let mut outcomes = Vec::new();
    for attempt in tries.collect::<Vec<_>>() {
        outcomes.push(attempt.await.unwrap());
    }
    let count = |wanted: SignedUp| outcomes.iter().filter(|outcome| **outcome == wanted).count();
    assert_eq!((count(SignedUp::Created), count(SignedUp::UsernameTaken)), (1, 7));
}

async fn an_address_is_verified_once_and_in_time(place: Place) {
    let store = place.open().await;
    store.sign_up(sign_up(1, "mira", 1), NOW).await.unwrap();
    assert_eq!(store.verify_email([1; 32], NOW.plus(HOUR)).await.unwrap(), None);
    let again = MailToken { hash: [9; 32], user: user(1), expires: NOW.plus(3 * HOUR) };
    store.issue_mail_token(again, NOW.plus(HOUR)).await.unwrap();
    assert_eq!(store.verify_email([9; 32], NOW.plus(2 * HOUR)).await.unwrap().as_deref(), Some("mira"));
    assert!(store.account_by_username("mira").await.unwrap().unwrap().user.email_verified);
    assert_eq!(store.verify_email([9; 32], NOW.plus(2 * HOUR)).await.unwrap(), None);
    assert_eq!(store.verify_email([8; 32], NOW).await.unwrap(), None);
}

async fn a_sign_in_stands_until_it_is_ended_or_over(place: Place) {
    let store = place.open().await;
    let id = signed_in(&store).await;
    assert_eq!(store.sign_in(id, NOW).await.unwrap().unwrap().id, user(1));
    assert_eq!(store.sign_in(id, NOW.plus(HOUR)).await.unwrap(), None);
    assert_eq!(store.sign_in(Uuid::from_u128(1), NOW).await.unwrap(), None);
    store.end_sign_in(id, user(1), NOW).await.unwrap();
    store.end_sign_in(id, user(1), NOW).await.unwrap();
    assert_eq!(store.sign_in(id, NOW).await.unwrap(), None);
    assert_eq!(store.refresh_sign_in(id, 1, NOW.plus(HOUR), NOW).await.unwrap(), Refreshed::Gone);
}

async fn ended_sign_ins_are_named_among_those_asked_for(place: Place) {
    let store = place.open().await;
    let ids: Vec<Uuid> = (1..=4).map(|n| Uuid::from_u128(700 + n)).collect();
    for (n, name, address) in [(1, "mira", 1), (2, "zoe", 2), (3, "ana", 3)] {
        assert_eq!(store.sign_up(sign_up(n, name, address), NOW).await.unwrap(), SignedUp::Created);
    }
    for (id, of) in ids.iter().zip([1, 1, 2, 3]) {
        begin(&store, *id, user(of)).await;
    }
    let unknown = Uuid::from_u128(9);
    let asked: Vec<Uuid> = ids.iter().copied().chain([unknown]).collect();
    assert!(store.ended_among(&asked).await.unwrap().is_empty());
    assert!(store.ended_among(&[]).await.unwrap().is_empty());
    store.end_sign_in(ids[1], user(1), NOW).await.unwrap();
    let suspend = Statement::new("suspend", "UPDATE users_all SET suspended_at = $2 WHERE id = $1").bind(user(2)).bind(NOW);
    store.engine().run(suspend).await.unwrap();
    delete(&store, user(3)).await;
    let mut ended = store.ended_among(&asked).await.unwrap();
    ended.sort();
    assert_eq!(ended, ids[1..]);
    assert_eq!(store.ended_among(&ids[..1]).await.unwrap(), Vec::<Uuid>::new());
}

async fn a_suspended_or_deleted_account_has_no_sign_in(place: Place) {
    let store = place.open().await;
    let id = signed_in(&store).await;
    let suspend =
        |at: Option<Micros>| Statement::new("suspend", "UPDATE users_all SET suspended_at = $2 WHERE id = $1").bind(user(1)).bind(at);
    store.engine().run(suspend(Some(NOW))).await.unwrap();
    assert_eq!(store.sign_in(id, NOW).await.unwrap(), None);
    assert_eq!(store.refresh_sign_in(id, 1, NOW.plus(HOUR), NOW).await.unwrap(), Refreshed::Gone);
    store.engine().run(suspend(None)).await.unwrap();
    assert!(store.sign_in(id, NOW).await.unwrap().is_some());
    delete(&store, user(1)).await;
    assert_eq!(store.sign_in(id, NOW).await.unwrap(), None);
}

async fn a_family_of_tokens_moves_on_and_ends_when_an_old_one_is_shown(place: Place) {
    let store = place.open().await;
    let id = signed_in(&store).await;
    let show = async |n: u32, at: Micros| store.refresh_sign_in(id, n, at.plus(HOUR), at).await.unwrap();
    let next = |n: u32| Refreshed::Next { user: user(1), n };
    assert_eq!(show(1, NOW).await, next(2));
    assert_eq!(show(1, NOW.plus(10 * REFRESH_GRACE)).await, next(2));
    let used = NOW.plus(11 * REFRESH_GRACE);
    assert_eq!(show(2, used).await, next(3));
    assert_eq!(show(1, used).await, next(2));
    assert_eq!(show(1, used.plus(REFRESH_GRACE)).await, Refreshed::Reused { user: user(1) });
    assert_eq!(show(3, used).await, Refreshed::Gone);
    assert_eq!(store.sign_in(id, used).await.unwrap(), None);
}

async fn two_who_show_the_same_token_at_once_get_the_same_next_one(place: Place) {
    let store = place.open().await;
    let id = signed_in(&store).await;
    let shows = (0..6).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.refresh_sign_in(id, 1, NOW.plus(HOUR), NOW).await.unwrap() })
    });
    for show in shows.collect::<Vec<_>>() {
        assert_eq!(show.await.unwrap(), Refreshed::Next { user: user(1), n: 2 });
    }
}

async fn a_ticket_is_redeemed_once(place: Place) {
    let store = place.open().await;
    let id = signed_in(&store).await;
    store.issue_ticket([5; 32], id, NOW.plus(HOUR)).await.unwrap();
    store.issue_ticket([6; 32], id, NOW.plus(HOUR)).await.unwrap();
    let takers = (0..6).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.redeem_ticket([5; 32], NOW).await.unwrap() })
    });
    let mut got = Vec::new();
    for taker in takers.collect::<Vec<_>>() {
        got.extend(taker.await.unwrap());
    }
    assert_eq!(got, vec![id]);
    assert_eq!(store.redeem_ticket([6; 32], NOW.plus(HOUR)).await.unwrap(), None);
    assert_eq!(store.redeem_ticket([7; 32], NOW).await.unwrap(), None);
}

fn limit(action: &'static str, subject: u8, most: u32) -> Limit {
    Limit { action, subject: [subject; 32], most, window: HOUR }
}

async fn of_many_who_take_at_once_only_so_many_get_it(place: Place) {
    let store = place.open().await;
    let takers = (0..12).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.take(vec![limit("b", 1, 5), limit("a", 1, 100)], NOW).await.unwrap() })
    });
    let mut allowed = 0;
    for taker in takers.collect::<Vec<_>>() {
        allowed += u32::from(taker.await.unwrap() == Taken::Allowed);
    }
    assert_eq!(allowed, 5);
}

async fn a_limit_that_is_reached_leaves_the_others_uncounted(place: Place) {
    let store = place.open().await;
    assert_eq!(store.take(vec![limit("account", 1, 1)], NOW).await.unwrap(), Taken::Allowed);
    for _ in 0..3 {
        let both = vec![limit("account", 1, 1), limit("address", 1, 1)];
        assert_eq!(store.take(both, NOW).await.unwrap(), Taken::Refused { most: 1, wait: HOUR });
    }
    assert_eq!(store.take(vec![limit("address", 1, 1)], NOW).await.unwrap(), Taken::Allowed);
}

async fn a_window_begins_anew_with_its_first_use(place: Place) {
    let store = place.open().await;
    let take = async |minutes: u32| store.take(vec![limit("a", 1, 2)], NOW.plus(minutes * Duration::from_secs(60))).await.unwrap();
    assert_eq!((take(0).await, take(59).await), (Taken::Allowed, Taken::Allowed));
    assert_eq!(take(59).await, Taken::Refused { most: 2, wait: Duration::from_secs(60) });
    assert_eq!((take(60).await, take(61).await), (Taken::Allowed, Taken::Allowed));
    assert_eq!(take(119).await, Taken::Refused { most: 2, wait: Duration::from_secs(60) });
}

async fn what_has_no_meaning_any_more_is_pruned(place: Place) {
    let store = place.open().await;
    let id = signed_in(&store).await;
    store.sign_up(sign_up(2, "other", 1), NOW).await.unwrap();
    store.issue_ticket([5; 32], id, NOW.plus(HOUR)).await.unwrap();
    store.take(vec![limit("a", 1, 2)], NOW).await.unwrap();
    assert_eq!(store.prune(NOW).await.unwrap(), 0);
    // The ticket, the window and the hold; the mail token a week later.
    assert_eq!(store.prune(NOW.plus(2 * HOUR)).await.unwrap(), 3);
    assert_eq!(store.prune(NOW.plus(8 * 24 * HOUR)).await.unwrap(), 1);
    assert!(store.sign_in(id, NOW).await.unwrap().is_some());
}

async fn every_step_leaves_its_audit_line(place: Place) {
    let store = place.open().await;
    let id = signed_in(&store).await;
    store.fail_sign_in(None, "wrong_credentials", NOW).await.unwrap();
    store.end_sign_in(id, user(1), NOW).await.unwrap();
    let read = Statement::new("audit lines", "SELECT action, outcome, actor FROM audit ORDER BY action, outcome");
    let rows = store.engine().all(read).await.unwrap();
    let lines: Vec<(String, String, bool)> =
        rows.iter().map(|row| (row.get(0).unwrap(), row.get(1).unwrap(), row.get::<Option<String>>(2).unwrap().is_some())).collect();
    let expected = [
        ("auth.login", "ok", true),
        ("auth.login", "wrong_credentials", false),
        ("auth.logout", "ok", true),
        ("user.signup", "ok", true),
        ("user.verify", "ok", true),
    ];
    assert_eq!(lines, expected.map(|(action, outcome, known)| (action.to_owned(), outcome.to_owned(), known)));
}
