//! What a session's people ask.

use std::time::{Duration, Instant};

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use allthrive_domain::quiz::game::own::board_page;
use allthrive_domain::quiz::game::{Answer, Author, Join, LiveDeed, Phase};
use allthrive_domain::quiz::names::{PlayerName, generated, suggest};
use allthrive_protocol::quiz::ask::Ask;
use allthrive_protocol::quiz::live::{self, Measure, REACTIONS, Role};
use allthrive_protocol::quiz::own::{PlayerLine, PlayersPage};
use allthrive_protocol::{Cmid, Code, Principal, Refusal};
use allthrive_store::{Error, Store};
use uuid::Uuid;

use super::people::{Seat, side};
use super::show::Dirty;
use super::{Asked, LiveRoom, Told, Waiting, no_session, now};
use crate::live::hall::millis;
use crate::live::stage::Side;
use crate::live::stopwatch::reading;

/// New players a second. More come in a moment: each is told when.
const JOINS_PER_SECOND: u32 = 200;
/// Who is back so soon after a server took the session over is awaited, as if it had never been gone.
const BACK_WITHIN: Duration = Duration::from_secs(10);
/// Players of a page.
const PAGE: usize = 100;
/// Names that are drawn for one player, of which the first that is free is taken.
const DRAWN: u32 = 8;

/// How many have joined in the present second.
#[derive(Default)]
pub(super) struct Joins {
    since: Option<Instant>,
    count: u32,
}

impl Joins {
    /// Whether one more fits; if not, when to come again.
    fn take(&mut self, at: Instant) -> Result<(), Duration> {
        if self.since.is_none_or(|since| at.saturating_duration_since(since) >= Duration::from_secs(1)) {
            (self.since, self.count) = (Some(at), 0);
        }
        self.count += 1;
        let over = self.count.saturating_sub(JOINS_PER_SECOND);
        if over == 0 {
            return Ok(());
        }
        // Each a moment of its own, so that they do not all come back at once.
        Err(Duration::from_secs(1) + Duration::from_millis(1_000) * over / JOINS_PER_SECOND)
    }
}

/// What somebody is here, read from the store; none for who is a player or would be one.
async fn role_of(store: Store, room: allthrive_protocol::RoomId, who: Principal) -> Result<Option<Role>, Error> {
    match who {
        Principal::User(user) => store.live_role(room, user).await,
        Principal::Screen(screen) => Ok(store.is_live_screen(room, screen).await?.then_some(Role::Screen)),
        Principal::Guest(_) => Ok(None),
    }
}

impl LiveRoom {
    pub(super) fn ask(&mut self, asked: Asked, ctx: &mut Context<Self>) {
        if self.live.is_none() {
            return tell(asked, Err(no_session()));
        }
        match asked.ask.clone() {
            Ask::Join(join) => self.join(asked, join, ctx),
            Ask::Sync => self.with_seat(asked, ctx, |room, asked, _| room.sync(asked)),
            Ask::Leave => self.with_seat(asked, ctx, |room, asked, ctx| room.submit(asked, fresh(), LiveDeed::Leave, ctx)),
            Ask::Rename(rename) => self.with_seat(asked, ctx, |room, asked, ctx| match room.name(&rename.name) {
                Ok((name, skeleton)) => room.submit(asked, fresh(), LiveDeed::Rename { name, skeleton }, ctx),
                Err(refusal) => tell(asked, Err(refusal)),
            }),
            Ask::Time(time) => {
                self.with_seat(asked, ctx, move |room, asked, ctx| {
                    room.submit(asked, fresh(), LiveDeed::Time { factor: time.factor }, ctx)
                });
            }
            Ask::Answer(answer) => self.with_seat(asked, ctx, |room, asked, ctx| room.answer(asked, answer, ctx)),
            Ask::React(react) => self.with_seat(asked, ctx, |room, asked, _| room.react(asked, &react.emoji)),
            Ask::Control(control) => self.with_seat(asked, ctx, move |room, asked, ctx| {
                let elapsed_ms = room.elapsed_ms();
                room.submit(asked, control.cmid, LiveDeed::Step { rev: control.rev, step: control.step, elapsed_ms }, ctx);
            }),
            Ask::Moderate(moderate) => self.with_seat(asked, ctx, |room, asked, ctx| room.moderate(asked, moderate, ctx)),
            Ask::Players(players) => self.with_seat(asked, ctx, move |room, asked, _| room.players(asked, players)),
            Ask::Board(board) => self.with_seat(asked, ctx, move |room, asked, _| room.board(asked, board)),
        }
    }

    /// For who has joined on this connection.
    fn with_seat(&mut self, asked: Asked, ctx: &mut Context<Self>, then: impl FnOnce(&mut Self, Asked, &mut Context<Self>)) {
        let seat = self.live.as_ref().and_then(|live| live.people.seat_of(asked.conn));
        if seat.is_some_and(|seat| seat.who == asked.who) {
            then(self, asked, ctx);
        } else {
            tell(asked, Err(Refusal::new(Code::NotSubscribed, "Join the quiz first.")));
        }
    }

    /// Sends a write of somebody on its way.
    pub(super) fn submit(&mut self, asked: Asked, cmid: Cmid, deed: LiveDeed, ctx: &mut Context<Self>) {
        let Some(live) = &self.live else { return tell(asked, Err(no_session())) };
        let (author, quiz) = (Author::Person(asked.who), live.quiz.clone());
        self.write(author, cmid, quiz, deed, Waiting::Ask(Box::new(asked)), ctx);
    }

    /// Whoever it is: first what it is here is read.
    fn join(&mut self, asked: Asked, join: live::Join, ctx: &mut Context<Self>) {
        let (store, id, who) = (self.given.parts.store.clone(), self.id, asked.who);
        // A guest is a player and nothing else: nothing needs to be read.
        if let Principal::Guest(_) = who {
            return self.join_as_player(asked, &join, ctx);
        }
        ctx.spawn(async move { role_of(store, id, who).await }.into_actor(self).map(move |role, room, ctx| {
            room.guarded(ctx, |room, ctx| match role {
                Ok(Some(role)) => room.seat(asked, role),
                Ok(None) if matches!(who, Principal::User(_)) => room.join_as_player(asked, &join, ctx),
                Ok(None) => tell(asked, Err(no_session())),
                Err(error) => {
                    tracing::warn!(room.id = %room.id, %error, "what somebody is in a live session could not be read");
                    tell(asked, Err(Refusal::new(Code::Unavailable, "This could not be read just now. Try again.")));
                }
            });
        }));
    }

    fn join_as_player(&mut self, asked: Asked, join: &live::Join, ctx: &mut Context<Self>) {
        let Some(live) = &self.live else { return tell(asked, Err(no_session())) };
        if live.people.active(asked.who).is_some() {
            if self.given.alone || live.game.open_for_ms(0).is_none() {
                return self.seat(asked, Role::Player);
            }
            // Perhaps answered a moment ago at another node: nobody is asked twice.
            self.read_again = self.reading;
            self.seat_when_read.push(asked);
            return self.read_answers(ctx);
        }
        let known = live.people.player(asked.who).is_some();
        let pass = join.token.as_deref().and_then(|token| self.given.doors.read_pass(token)).filter(|pass| pass.room == self.id);
        let until = asked.joins_until.or(pass.map(|pass| pass.until));
        if !known && until.is_none_or(|until| until < self.given.parts.clock.now()) {
            // Without the PIN or the link a session is none that there is.
            return tell(asked, Err(no_session()));
        }
        let names = match self.names(asked.who, join) {
            Ok(names) => names,
            Err(refusal) => return tell(asked, Err(refusal)),
        };
        if let Err(wait) = self.joins.take(Instant::now()) {
            return tell(asked, Err(Refusal::new(Code::Overloaded, "Many are joining. One moment.").after(wait)));
        }
        self.submit(asked, fresh(), LiveDeed::Join(Join { names, team: join.team }), ctx);
    }

    /// The names of which a player takes the first that is free.
    fn names(&self, who: Principal, join: &live::Join) -> Result<Vec<(String, String)>, Refusal> {
        let Some(live) = &self.live else { return Err(no_session()) };
        if live.game.settings.generated_names {
            let seed = self.given.doors.names_of(self.id, who);
            let drawn = |again| generated(&seed, 0, again);
            return Ok((0..DRAWN).map(|again| named(&drawn(again))).collect());
        }
        match &join.name {
            Some(name) => Ok(vec![self.name(name)?]),
            None => Ok(Vec::new()),
        }
    }

    /// A name that somebody chose, read by the session's rules.
    fn name(&self, text: &str) -> Result<(String, String), Refusal> {
        let Some(live) = &self.live else { return Err(no_session()) };
        let name = PlayerName::parse(text).map_err(|unfit| Refusal::new(Code::BadRequest, unfit.0))?;
        if !name.passes(live.game.settings.name_filter) {
            return Err(Refusal::new(Code::BadRequest, "Take another name, please."));
        }
        Ok(named(&name))
    }

    /// What is said of a name that is another's: with one that is free.
    pub(super) fn taken(&self, asked: &Asked, refusal: Refusal) -> Refusal {
        let (Some(live), Ask::Join(live::Join { name: Some(name), .. }) | Ask::Rename(live::Rename { name })) = (&self.live, &asked.ask)
        else {
            return refusal;
        };
        let Ok(name) = PlayerName::parse(name) else { return refusal };
        if !live.people.is_taken(&name.skeleton()) {
            return refusal;
        }
        match suggest(&name, |skeleton| live.people.is_taken(skeleton)) {
            Some(free) => Refusal::new(Code::BadRequest, format!("Somebody here is “{}”. Try “{}”.", name.as_str(), free.as_str())),
            None => refusal,
        }
    }

    /// A connection sits at the session: the newest of a player, a guest or a screen. Hosts may have several.
    pub(super) fn seat(&mut self, asked: Asked, role: Role) {
        if side(role) != Side::Host {
            self.supersede(asked.who, Some(asked.conn));
        }
        self.given.parts.neighbours.live_entered(self.id, asked.who);
        let Some(live) = self.live.as_mut() else { return tell(asked, Err(no_session())) };
        live.people.seat(asked.conn, Seat { who: asked.who, role, relay: asked.relay.clone() });
        if role == Role::Player {
            live.awaited.came_back(asked.who);
            if live.open_since_read.is_some_and(|since| now().saturating_sub(since) < BACK_WITHIN) {
                live.awaited.expect(asked.who);
            }
        }
        self.quiet_since = None;
        self.dirty = Dirty { count: true, ..std::mem::take(&mut self.dirty) };
        self.host_is_back();
        self.give_snapshot(asked, role, true);
    }

    fn sync(&mut self, asked: Asked) {
        let role = self.live.as_ref().and_then(|live| live.people.seat_of(asked.conn)).map(|seat| seat.role);
        match role {
            Some(role) => self.give_snapshot(asked, role, false),
            None => tell(asked, Err(no_session())),
        }
    }

    fn answer(&mut self, asked: Asked, answer: live::Answer, ctx: &mut Context<Self>) {
        let Some(live) = &self.live else { return tell(asked, Err(no_session())) };
        // What the question had been open for when the answer was read: by this node's own clock, whatever came between.
        let raw = live.game.open_for_ms(millis(live.watch.elapsed(reading(asked.read_at))));
        let live::Answer { cmid, q, round, choice } = answer;
        let deed = Answer { q, round, choice, raw_ms: raw.unwrap_or(u64::MAX), credit_ms: millis(asked.credit) };
        self.submit(asked, cmid, LiveDeed::Answer(deed), ctx);
    }

    fn react(&mut self, asked: Asked, emoji: &str) {
        let Some(live) = &self.live else { return tell(asked, Err(no_session())) };
        if live.people.active(asked.who).is_none() {
            return tell(asked, Err(Refusal::new(Code::Forbidden, "Players send emojis.")));
        }
        if live.game.phase == Phase::Open {
            return tell(asked, Err(Refusal::new(Code::BadRequest, "Not while a question is open.")));
        }
        let Some(known) = REACTIONS.iter().find(|known| **known == emoji) else {
            return tell(asked, Err(Refusal::new(Code::BadRequest, "That is not one of the emojis here.")));
        };
        *self.dirty.reactions.entry((*known).to_owned()).or_default() += 1;
        tell(asked, Ok(Told::Done));
    }

    fn moderate(&mut self, asked: Asked, moderate: live::Moderate, ctx: &mut Context<Self>) {
        let live::Moderate { cmid, player, measure } = moderate;
        let (measure, skeleton) = match measure {
            Measure::Rename { name } => match self.name(&name) {
                Ok((name, skeleton)) => (Measure::Rename { name }, Some(skeleton)),
                Err(refusal) => return tell(asked, Err(refusal)),
            },
            other => (other, None),
        };
        self.submit(asked, cmid, LiveDeed::Measure { player, measure, skeleton }, ctx);
    }

    fn players(&mut self, asked: Asked, page: live::Players) {
        let Some(live) = &self.live else { return tell(asked, Err(no_session())) };
        let role = live.people.seat_of(asked.conn).map(|seat| seat.role);
        if !matches!(role, Some(Role::Owner | Role::Cohost | Role::Moderator)) {
            return tell(asked, Err(Refusal::new(Code::Forbidden, "That is for the hosts of this quiz.")));
        }
        let missing: std::collections::HashSet<Principal> =
            if page.missing { live.awaited.missing(now()).copied().collect() } else { Default::default() };
        let wanted = |player: &&allthrive_domain::quiz::game::Player| {
            live.people.active(player.player).is_some() && (!page.missing || missing.contains(&player.player))
        };
        let mut lines: Vec<PlayerLine> = live
            .people
            .in_order(page.after)
            .filter(wanted)
            .take(PAGE + 1)
            .map(|player| PlayerLine {
                no: player.no,
                player: player.player,
                name: player.name.clone(),
                team: player.team,
                connected: live.people.is_here(player.player),
                marks: live.marks.get(&player.player).into_iter().flatten().map(|mark| (*mark).to_owned()).collect(),
            })
            .collect();
        let more = lines.len() > PAGE;
        lines.truncate(PAGE);
        tell(asked, Ok(Told::Players(PlayersPage { players: lines, more })));
    }

    fn board(&mut self, asked: Asked, board: live::Board) {
        self.refresh();
        let Some(live) = &self.live else { return tell(asked, Err(no_session())) };
        if live.people.seat_of(asked.conn).is_none_or(|seat| seat.role == Role::Player) {
            return tell(asked, Err(Refusal::new(Code::Forbidden, "That is for the hosts of this quiz.")));
        }
        let page = live.sight(&[], |sight| board_page(sight, board.after));
        tell(asked, Ok(Told::Board(page)));
    }
}

/// Tells who asked. If it has gone, its client asks again.
pub(super) fn tell(asked: Asked, told: Result<Told, Refusal>) {
    drop(asked.answer.send(told));
}

fn named(name: &PlayerName) -> (String, String) {
    (name.as_str().to_owned(), name.skeleton())
}

/// A mark for what is idempotent by nature.
fn fresh() -> Cmid {
    Cmid(Uuid::new_v4())
}
