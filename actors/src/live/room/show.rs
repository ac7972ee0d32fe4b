//! What a session's people are shown: a view for each side, encoded once; what is one's own, to each alone; counts.

use std::collections::BTreeMap;
use std::time::Duration;

use actix::{Addr, AsyncContext, Context};
use allthrive_domain::quiz::game::marks::marks;
use allthrive_domain::quiz::game::own::{me, own, place};
use allthrive_domain::quiz::game::views::{self, MAX_NAMES, Sight};
use allthrive_domain::quiz::game::{Phase, asked, own_deadline_ms, standing, votes};
use allthrive_protocol::event::Fact;
use allthrive_protocol::quiz::live::{Factor, Role};
use allthrive_protocol::quiz::own::{Count, FlagsNow, LiveSnapshot, Reactions, Tally};
use allthrive_protocol::quiz::phase::Flags;
use allthrive_protocol::quiz::view::{AnyView, PlayerView, Shown};
use allthrive_protocol::reply::{Outcome, Reply};
use allthrive_protocol::{Code, ConnId, Principal, Refusal};
use bytes::Bytes;

use super::asks::tell;
use super::people::side;
use super::{Asked, Live, LiveRoom, Told, now};
use crate::frame;
use crate::live::hall::millis;
use crate::live::stage::{How, Side};
use crate::relay::{Act, RelayActor, Staged};
use crate::session::lane::MergeKey;

/// What is told to each alone leaves over so long, in so many parts: thousands of frames at once would hold up the next
/// question's.
const SPREAD: Duration = Duration::from_millis(250);
const PARTS: usize = 10;

/// Connections with what each is told.
type Frames = Vec<(ConnId, Bytes)>;

/// What has changed and is to be told with the next tick.
#[derive(Default)]
pub(super) struct Dirty {
    pub(super) count: bool,
    /// Answers were accepted here: there are some to be read.
    pub(super) answers: bool,
    /// Answers were read.
    pub(super) tally: bool,
    pub(super) reactions: BTreeMap<String, u32>,
}

impl Live {
    /// All that a view is made of.
    pub(super) fn sight<T>(&self, names: &[String], see: impl FnOnce(&Sight<'_>) -> T) -> T {
        let at = now();
        let players = if self.game.phase == Phase::Lobby { self.people.present(at) } else { self.people.playing() };
        see(&Sight {
            game: &self.game,
            quiz: &self.quiz,
            door: &self.door,
            players,
            names,
            votes: &self.votes,
            standing: &self.standing,
            elapsed_ms: millis(self.watch.elapsed(at)),
            paused_store: self.store_gone,
            host_away: self.host_away,
            with_more_time: self.people.with_more_time(),
        })
    }

    /// The names that the lobby shows.
    pub(super) fn names(&self) -> Vec<String> {
        if self.game.phase == Phase::Lobby { self.people.latest(MAX_NAMES, now()) } else { Vec::new() }
    }

    /// A question has opened, or the session is read while one is open: who is awaited, and what is answered already.
    pub(super) fn await_answers(&mut self) {
        let of = (self.game.q, self.game.round);
        self.current.clear();
        self.awaited = crate::live::awaited::Awaited::open(self.people.connected());
        for kept in self.answers.iter().filter(|kept| (kept.q, kept.round) == of) {
            self.current.insert(kept.player, kept.choice.clone());
            self.awaited.answered(kept.player);
        }
        self.stale = true;
    }

    /// A view for that side.
    fn view(&self, of: Side, names: &[String]) -> AnyView {
        self.sight(names, |sight| match of {
            Side::Host => AnyView::Host(views::host(sight)),
            Side::Screen => AnyView::Screen(views::screen(sight)),
            Side::Player => AnyView::Player(views::player(sight)),
        })
    }

    fn flags(&self) -> Flags {
        match self.sight(&[], views::player) {
            PlayerView::Lobby(view) => view.flags,
            PlayerView::Intro(view) => view.flags,
            PlayerView::Open(view) => view.flags,
            PlayerView::Closing(view) | PlayerView::Locked(view) => view.flags,
            PlayerView::Votes(view) => view.flags,
            PlayerView::Solution(view) => view.flags,
            PlayerView::Scoreboard(view) => view.flags,
            PlayerView::Podium(view) => view.flags,
            PlayerView::Ended(_) => Flags { paused: None, host_away: false, locked: self.game.locked },
        }
    }

    /// Those who have more time, and whose answer is still awaited after everybody else's time.
    pub(super) fn more_time_awaited(&self) -> impl Iterator<Item = Factor> {
        let missing = self.awaited.missing(now()).filter_map(|who| self.people.active(*who));
        missing.map(|player| player.factor).filter(|factor| *factor != Factor::Usual)
    }
}

impl LiveRoom {
    /// Brings up to date what is made of the answers.
    pub(super) fn refresh(&mut self) {
        let Some(live) = self.live.as_mut().filter(|live| live.stale) else { return };
        live.stale = false;
        if let Some(asked) = asked(&live.game, &live.quiz) {
            live.votes = votes(asked, live.current.values(), live.people.playing());
        }
        // While answers come in nobody is ranked anew: the next lock makes it stale again.
        if !matches!(live.game.phase, Phase::Lobby | Phase::Intro | Phase::Open | Phase::Closing) {
            live.standing = standing(&live.game, &live.quiz, &live.people.all(), &live.answers);
            live.marks = marks(&live.answers);
        }
    }

    /// Shows everybody here where the session stands.
    pub(super) fn show(&mut self, ctx: &mut Context<Self>) {
        self.refresh();
        self.leave_result(ctx);
        let Some(live) = &self.live else { return };
        if live.people.is_empty() {
            return;
        }
        let names = live.names();
        let shown = |view| frame::encode(&Shown { room: self.id, seq: live.rev, ts: live.at.millis(), view });
        let frames: Vec<(Side, Bytes)> =
            [Side::Player, Side::Screen, Side::Host].into_iter().map(|side| (side, shown(live.view(side, &names)))).collect();
        let own_time = self.own_times(&names);
        let but: Vec<ConnId> = own_time.iter().map(|(conn, _)| *conn).collect();
        self.stage(|| Act::Cast { frames: frames.clone(), how: How::View, but: but.clone() });
        self.each(own_time, How::View);
        self.tell_own(ctx);
    }

    /// The open question for those who have more time: with their own.
    fn own_times(&self, names: &[String]) -> Vec<(ConnId, Bytes)> {
        let Some(live) = self.live.as_ref().filter(|live| live.game.phase == Phase::Open && live.people.with_more_time() > 0) else {
            return Vec::new();
        };
        let elapsed_ms = live.sight(&[], |sight| live.game.paused.map_or(sight.elapsed_ms, |pause| pause.elapsed_ms));
        let mut frames = Vec::new();
        for (conn, seat) in live.people.seats().filter(|(_, seat)| seat.role == Role::Player) {
            let factor = live.people.active(seat.who).map_or(Factor::Usual, |player| player.factor);
            if factor == Factor::Usual {
                continue;
            }
            if let AnyView::Player(PlayerView::Open(mut view)) = live.view(Side::Player, names) {
                view.closes_in_ms = own_deadline_ms(&live.game, &live.quiz, factor).map(|at| at.saturating_sub(elapsed_ms));
                let view = PlayerView::Open(view);
                frames.push((conn, frame::encode(&Shown { room: self.id, seq: live.rev, ts: live.at.millis(), view })));
            }
        }
        frames
    }

    /// What is one's own, with the solution, the scoreboard and the podium.
    fn tell_own(&self, ctx: &mut Context<Self>) {
        let Some(live) = &self.live else { return };
        if !matches!(live.game.phase, Phase::Solution | Phase::Scoreboard | Phase::Podium) {
            return;
        }
        let frames: Vec<(ConnId, Bytes)> = live.sight(&[], |sight| {
            let players = live.people.seats().filter_map(|(conn, seat)| Some((conn, live.people.active(seat.who)?)));
            let fact = |player: &allthrive_domain::quiz::game::Player| match live.game.phase {
                Phase::Solution => own(sight, player, live.current.get(&player.player)).map(|own| Fact::QuizOwn(Box::new(own))),
                _ => place(sight, player).map(|place| Fact::QuizPlace(Box::new(place))),
            };
            players.filter_map(|(conn, player)| Some((conn, frame::volatile(Some(self.id), fact(player)?)))).collect()
        });
        let rev = live.rev;
        let part = frames.len().div_ceil(PARTS).max(1);
        for (n, frames) in frames.chunks(part).enumerate() {
            let frames = frames.to_vec();
            if n == 0 {
                self.each(frames, How::Plain);
                continue;
            }
            let wait = SPREAD * u32::try_from(n).unwrap_or(0) / u32::try_from(PARTS).unwrap_or(1);
            ctx.run_later(wait, move |room, _| {
                // What is shown now has been told with its own.
                if room.live.as_ref().is_some_and(|live| live.rev == rev) {
                    room.each(frames, How::Plain);
                }
            });
        }
    }

    /// To each thread that has somebody of this session.
    fn stage(&self, act: impl Fn() -> Act) {
        let Some(live) = &self.live else { return };
        for relay in live.people.relays() {
            if relay.try_send(Staged { room: self.id, what: act() }).is_err() {
                // Views are whole: the next one says all.
                tracing::warn!(room.id = %self.id, "a worker is too busy to show a live session");
            }
        }
    }

    /// To some, each alone.
    fn each(&self, frames: Vec<(ConnId, Bytes)>, how: How) {
        let Some(live) = &self.live else { return };
        let mut by: Vec<(Addr<RelayActor>, Frames)> = Vec::new();
        for (conn, frame) in frames {
            let Some(seat) = live.people.seat_of(conn) else { continue };
            match by.iter_mut().find(|(relay, _)| *relay == seat.relay) {
                Some((_, frames)) => frames.push((conn, frame)),
                None => by.push((seat.relay.clone(), vec![(conn, frame)])),
            }
        }
        for (relay, frames) in by {
            if relay.try_send(Staged { room: self.id, what: Act::Each { frames, how } }).is_err() {
                tracing::warn!(room.id = %self.id, "a worker is too busy to tell players what is their own");
            }
        }
    }

    /// All that there is to know for this connection now, in its lane.
    pub(super) fn give_snapshot(&mut self, asked: Asked, role: Role, seats: bool) {
        self.refresh();
        let Some(live) = &self.live else { return };
        let snapshot = live.snapshot(asked.who, role);
        let reply = asked.id.map(|id| frame::encode(&Reply { id, outcome: Outcome::Ok(snapshot) }));
        let what = match (seats, reply) {
            (true, frame) => Act::Seat { conn: asked.conn, side: side(role), frame },
            (false, Some(frame)) => Act::Each { frames: vec![(asked.conn, frame)], how: How::Plain },
            (false, None) => return tell(asked, Ok(Told::InLane)),
        };
        let told = match asked.relay.try_send(Staged { room: self.id, what }) {
            Ok(()) => Ok(Told::InLane),
            Err(_) => Err(Refusal::new(Code::Overloaded, "Too much is happening right now. Try again.")),
        };
        tell(asked, told);
    }

    /// What passes by, of one kind to one side.
    fn passing(&self, of: &[Side], fact: Fact, key: MergeKey) {
        let frame = frame::volatile(Some(self.id), fact);
        self.stage(|| Act::Cast { frames: of.iter().map(|side| (*side, frame.clone())).collect(), how: How::Latest(key), but: Vec::new() });
    }

    pub(super) fn show_flags(&self) {
        let Some(live) = &self.live else { return };
        let fact = Fact::QuizFlags(FlagsNow { flags: live.flags() });
        self.passing(&[Side::Player, Side::Screen, Side::Host], fact, MergeKey::LiveFlags(self.id));
    }

    /// Counts, tallies, emojis: what has changed since the last time.
    pub(super) fn show_passing(&mut self, is_whole_second: bool) {
        let id = self.id;
        if !self.dirty.reactions.is_empty() {
            let counts = std::mem::take(&mut self.dirty.reactions);
            let all = [Side::Player, Side::Screen, Side::Host];
            self.passing(&all, Fact::QuizReactions(Reactions { counts }), MergeKey::LiveReactions(id));
        }
        if std::mem::take(&mut self.dirty.tally) {
            self.refresh();
            if let Some(live) = self.live.as_ref().filter(|live| live.game.phase == Phase::Open) {
                let tally = Tally { q: live.game.q, round: live.game.round, votes: live.votes.clone() };
                self.passing(&[Side::Host], Fact::QuizTally(tally), MergeKey::LiveTally(id));
            }
        }
        let Some(live) = self.live.as_ref().filter(|_| self.dirty.count) else { return };
        let in_lobby = live.game.phase == Phase::Lobby;
        if in_lobby && !is_whole_second {
            return;
        }
        let at = now();
        let players = if in_lobby { live.people.present(at) } else { live.people.playing() };
        let is_open = matches!(live.game.phase, Phase::Open | Phase::Closing);
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let (answered, expected) = live.awaited.count(at);
        let (others_answered, others_expected) = self.elsewhere().unwrap_or_default();
        let (answered, expected) = (small(answered) + others_answered, small(expected) + others_expected);
        let usual = own_deadline_ms(&live.game, &live.quiz, Factor::Usual);
        let is_past = live.game.phase == Phase::Open && usual.is_some_and(|usual| millis(live.watch.elapsed(at)) >= usual);
        let base = Count { players, answered: None, expected: None, names: Vec::new(), with_more_time: None, away: None };
        let screen =
            Count { answered: is_open.then_some(answered), expected: is_open.then_some(expected), names: live.names(), ..base.clone() };
        let host = Count {
            with_more_time: is_past.then(|| small(live.more_time_awaited().count())),
            away: Some(live.people.away()),
            ..screen.clone()
        };
        let key = MergeKey::LiveCount(id);
        self.passing(&[Side::Host], Fact::QuizCount(host), key);
        self.passing(&[Side::Screen], Fact::QuizCount(screen), key);
        if in_lobby {
            self.passing(&[Side::Player], Fact::QuizCount(base), key);
        }
        self.dirty.count = false;
    }
}

impl Live {
    fn snapshot(&self, who: Principal, role: Role) -> LiveSnapshot {
        let view = self.view(side(role), &self.names());
        let player = self.people.active(who).filter(|_| role == Role::Player);
        self.sight(&[], |sight| {
            let answer = self.current.get(&who);
            LiveSnapshot {
                role,
                seq: self.rev,
                view,
                me: player.map(|player| me(sight, player, answer)),
                own: player.filter(|_| self.game.phase == Phase::Solution).and_then(|player| own(sight, player, answer)),
                place: player.and_then(|player| place(sight, player)),
            }
        })
    }
}
