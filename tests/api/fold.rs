//! A snapshot at S and every event after it is the snapshot at T: whatever members do, in whatever order, each
//! client that was told everything sees what one sees who asks anew.

use allthrive_client::View;
use allthrive_load::{Dice, Peer};
use allthrive_protocol::event::Event;
use allthrive_protocol::reply::{EventsPage, HistoryPage, Subscribed};
use allthrive_protocol::{Cmid, RoomId, Seq, UserId};
use awc::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::helpers::{Browser, Place, TestApp};
use crate::stories;

stories! {
    a_public_room_adds_up,
    a_group_adds_up,
}

const PEOPLE: usize = 4;
/// How often everything is compared.
const ROUNDS: usize = 6;
/// Things that are asked for in between.
const STEPS: usize = 50;

async fn a_public_room_adds_up(place: Place) {
    adds_up(place, "room").await;
}

async fn a_group_adds_up(place: Place) {
    adds_up(place, "group").await;
}

/// One person with two connections: one does things, one listens.
struct Member {
    browser: Browser,
    id: UserId,
    hand: Peer,
    ear: Peer,
    view: Option<View>,
    live: bool,
}

async fn adds_up(place: Place, kind: &str) {
    let seed = std::env::var("ALLTHRIVE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0);
    println!("ALLTHRIVE_SEED={seed}");
    let mut dice = Dice::of(seed);
    let app = place.start(&[("ALLTHRIVE__SERVER__WORKERS", "2")]).await;
    let mut members = Vec::new();
    for n in 0..PEOPLE {
        members.push(Member::come(&app, &format!("person{n}")).await);
    }
    let mut room = open(&mut members, kind).await;
    let (mut admitted, mut last) = (0, 1);
    for _ in 0..ROUNDS {
        make_up(&mut members, room).await;
        begin(&mut members, room).await;
        if members.iter().all(|member| member.view.is_none()) {
            // A group whose last member has left stays empty.
            (room, last) = (open(&mut members, kind).await, 1);
            begin(&mut members, room).await;
        }
        let mut asked = Vec::new();
        for _ in 0..STEPS {
            let by = dice.below(PEOPLE);
            let (op, d) = something(&mut dice, &members, last);
            asked.push((by, members[by].hand.say(op, Some(room), d).await));
            // Some are decided in one batch, some one by one.
            if dice.one_in(3) {
                for (by, id) in asked.drain(..) {
                    let reply = members[by].hand.reply(id).await;
                    if let Some(seq) = reply["ok"]["seq"].as_u64() {
                        (admitted, last) = (admitted + 1, last.max(seq));
                    }
                }
            }
        }
        for (by, id) in asked {
            members[by].hand.reply(id).await;
        }
        for member in &mut members {
            member.compare(&app, room).await;
        }
    }
    assert!(admitted > STEPS / 3, "most of what was asked for was refused: {admitted}");
    app.stop().await;
}

/// A new conversation of all of them, opened by the first.
async fn open(members: &mut [Member], kind: &str) -> RoomId {
    let body = json!({"kind": kind, "title": "Crew"});
    let made = members[0].browser.write("/api/v1/conversations", Uuid::new_v4(), body).await.expect(StatusCode::CREATED).json();
    let room = made["id"].as_str().unwrap().parse().unwrap();
    for n in 1..PEOPLE {
        let named = json!({"cmid": cmid(), "user": members[n].id});
        members[0].hand.ask("member.add", Some(room), named).await;
    }
    room
}

/// Whoever may lets everybody come back.
async fn make_up(members: &mut [Member], room: RoomId) {
    let ids: Vec<UserId> = members.iter().map(|member| member.id).collect();
    for member in members {
        for (op, user) in ids.iter().flat_map(|user| [("moderation.unban", user), ("member.add", user)]) {
            member.hand.ask(op, Some(room), json!({"cmid": cmid(), "user": user})).await;
        }
    }
}

/// Each that has no view of the room begins one, if it may.
async fn begin(members: &mut [Member], room: RoomId) {
    for member in members.iter_mut().filter(|member| member.view.is_none()) {
        member.begin(room).await;
    }
}

fn cmid() -> Cmid {
    Cmid(Uuid::new_v4())
}

/// Any command that takes a number; what it is about may be there or not.
fn something(dice: &mut Dice, members: &[Member], last: Seq) -> (&'static str, Value) {
    let (cmid, user) = (cmid(), members[dice.below(PEOPLE)].id);
    let target = 1 + dice.below(usize::try_from(last).unwrap() + 1);
    let (emoji, role) = (["👍", "🎉", "🦀"][dice.below(3)], ["member", "moderator", "owner"][dice.below(3)]);
    match dice.below(24) {
        0..=7 => ("message.send", json!({"cmid": cmid, "body": format!("text {target}")})),
        8..=10 => ("message.edit", json!({"cmid": cmid, "target": target, "rev": 1 + dice.below(2), "body": format!("new {target}")})),
        11 => ("message.delete", json!({"cmid": cmid, "target": target})),
        12..=15 => ("reaction.set", json!({"cmid": cmid, "target": target, "emoji": emoji, "on": !dice.one_in(3)})),
        16 => ("member.leave", json!({"cmid": cmid})),
        17 => ("member.join", json!({"cmid": cmid})),
        18 => ("member.add", json!({"cmid": cmid, "user": user})),
        19 => ("member.remove", json!({"cmid": cmid, "user": user, "reason": "by chance"})),
        20 => ("member.role", json!({"cmid": cmid, "user": user, "role": role})),
        21 => ("moderation.mute", json!({"cmid": cmid, "user": user, "seconds": dice.below(2)})),
        22 => ("moderation.slow_mode", json!({"cmid": cmid, "seconds": 0})),
        _ if dice.one_in(2) => ("moderation.ban", json!({"cmid": cmid, "user": user})),
        _ => ("moderation.unban", json!({"cmid": cmid, "user": user})),
    }
}

impl Member {
    async fn come(app: &TestApp, name: &str) -> Self {
        let browser = app.person(name).await;
        let (mut hand, ear) = (app.joined(&browser).await, app.joined(&browser).await);
        let _ = hand.ask("ping", None, json!({})).await;
        let id = browser_id(&browser).await;
        Self { browser, id, hand, ear, view: None, live: false }
    }

    /// As a client that comes new to the room, or was told `gone` and is a member again.
    async fn begin(&mut self, room: RoomId) {
        (self.view, self.live) = look(&mut self.ear, self.id, room).await.map_or((None, false), |(view, live)| (Some(view), live));
    }

    /// Listens until everything is told that is there, and sees what a new connection sees.
    async fn compare(&mut self, app: &TestApp, room: RoomId) {
        let mut fresh = app.joined(&self.browser).await;
        let now = look(&mut fresh, self.id, room).await.map(|(view, _)| view);
        let Some(mut view) = self.view.take() else { return };
        let until = now.as_ref().map_or(Seq::MAX, View::cursor);
        while view.cursor() < until {
            if !self.live {
                let reply = self.ear.ask("events", Some(room), json!({"after": view.cursor()})).await;
                let Some(page) = reply.get("ok") else { return };
                let page: EventsPage = serde_json::from_value(page.clone()).unwrap();
                if page.after != view.cursor() {
                    // Numbers between are hidden now: who is a member again begins anew.
                    return;
                }
                for event in &page.events {
                    view.apply(event).unwrap();
                }
                self.live = page.live;
                continue;
            }
            let told = self.ear.told().await;
            if told["room"] != json!(room) {
                continue;
            }
            match told["event"].as_str().unwrap() {
                "gone" => return,
                "room.lag" => self.live = false,
                _ if told["seq"].is_u64() => view.apply(&serde_json::from_value::<Event>(told).unwrap()).unwrap(),
                _ => {}
            }
        }
        let now = now.unwrap();
        assert_eq!(view.snapshot(), now.snapshot());
        assert_eq!(view.messages().collect::<Vec<_>>(), now.messages().collect::<Vec<_>>());
        self.view = Some(view);
    }
}

/// The own account's id.
async fn browser_id(browser: &Browser) -> UserId {
    let me = browser.clone().get("/api/v1/me").await.json();
    me["id"].as_str().unwrap_or_else(|| panic!("{me}")).parse().unwrap()
}

/// The room as it is now with its whole history, and whether more follows by itself; none for who is no member.
async fn look(peer: &mut Peer, own: UserId, room: RoomId) -> Option<(View, bool)> {
    let reply = peer.ask("room.subscribe", Some(room), json!({})).await;
    let Subscribed { state, snapshot } = serde_json::from_value(reply.get("ok")?.clone()).unwrap();
    let mut view = View::new(own, snapshot, state.after);
    let mut before = None;
    loop {
        let reply = peer.ask("history", Some(room), json!({"before": before, "limit": 100})).await;
        let page: HistoryPage = serde_json::from_value(reply.get("ok")?.clone()).unwrap();
        before = page.messages.first().map(|item| item.seq);
        let more = page.more;
        view.add(page);
        if !more {
            return Some((view, state.live));
        }
    }
}
