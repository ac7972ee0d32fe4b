//! A session from the store: all of it when it begins here, and what is new when another node has written.

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use allthrive_domain::quiz::game::Player;
use allthrive_protocol::quiz::live::Role;
use allthrive_protocol::quiz::phase::{Door, Votes};
use allthrive_protocol::{Code, Refusal, RoomId};
use allthrive_store::live::{AnswerRow, SessionRow, StateRow};
use allthrive_store::{Error, Store};

use super::asks::tell;
use super::people::People;
use super::{Live, LiveRoom, now};
use crate::live::awaited::Awaited;
use crate::live::qr;
use crate::live::stopwatch::Stopwatch;

struct Whole {
    session: SessionRow,
    players: Vec<Player>,
    answers: Vec<AnswerRow>,
}

/// What is new since what was read.
pub(super) struct News {
    state: StateRow,
    players: Vec<Player>,
}

async fn whole(store: Store, room: RoomId) -> Result<Option<Whole>, Error> {
    let Some(session) = store.live_session(room).await? else { return Ok(None) };
    let players = store.all_live_players(room, 0).await?;
    let answers = store.all_live_answers(room, 0).await?;
    Ok(Some(Whole { session, players, answers }))
}

impl LiveRoom {
    /// Reads everything. What comes meanwhile waits.
    pub(super) fn load(&mut self, ctx: &mut Context<Self>) {
        self.loading = true;
        let (store, id) = (self.given.parts.store.clone(), self.id);
        ctx.spawn(whole(store, id).into_actor(self).map(|read, room, ctx| room.guarded(ctx, |room, ctx| room.loaded(read, ctx))));
    }

    fn loaded(&mut self, read: Result<Option<Whole>, Error>, ctx: &mut Context<Self>) {
        match read {
            Ok(Some(whole)) => self.begin(whole),
            Ok(None) => self.live = None,
            Err(error) => {
                tracing::warn!(room.id = %self.id, %error, "a live session could not be read");
                ctx.run_later(super::time::AGAIN, |room, ctx| room.load(ctx));
                return;
            }
        }
        self.loading = false;
        self.schedule(ctx);
        for one in std::mem::take(&mut self.early) {
            self.take(one, ctx);
        }
        self.say_kept();
        self.show(ctx);
    }

    fn begin(&mut self, Whole { session, players, answers }: Whole) {
        let before = self.live.take();
        let own = self.given.parts.neighbours.node().0;
        let (watch_before, mut people) = match before {
            // Read anew: the stopwatch of the same step is better than what was stored.
            Some(before) => (Some((before.rev, before.watch)), before.people),
            None => (None, People::default()),
        };
        people.forget_stored();
        people.changes = players.last().map_or(0, |player| player.change);
        for player in players {
            people.put(player);
        }
        let SessionRow { content, pin, state, conversation, owner, .. } = session;
        let link = format!("{}/join#{}", self.given.origin, self.given.doors.link(self.id));
        let (qr, qr_size) = qr::path(&link);
        let mut live = Live {
            quiz: content,
            door: Door { pin: pin.unwrap_or_default(), link, qr, qr_size },
            rev: state.rev,
            at: state.at,
            // What had gone by when it was last stored: reloading buys nobody time.
            watch: watch_of(&state),
            game: state.game,
            moved_at: now(),
            kept: (state.node == Some(own) && session.ended_at.is_none()).then_some(state.term),
            people,
            last_no: answers.last().map_or(0, |answer| answer.no),
            answers: answers.into_iter().map(Into::into).collect(),
            current: std::collections::HashMap::new(),
            votes: Votes { answered: 0, players: 0, options: Default::default(), written: Vec::new() },
            standing: Default::default(),
            stale: true,
            awaited: Awaited::default(),
            open_since_read: None,
            store_gone: false,
            host_away: false,
            marks: std::collections::HashMap::new(),
            launched: conversation.map(|room| (room, owner)),
        };
        if let Some((_, watch)) = watch_before.filter(|(rev, _)| *rev == live.rev) {
            live.watch = watch;
        }
        live.await_answers();
        live.open_since_read = live.game.open_for_ms(0).map(|_| now());
        if live.people.hosts() == 0 {
            live.people.hostless_since.get_or_insert(now());
        }
        self.live = Some(live);
    }

    /// Another node may have written: reads where the session stands, and who has changed.
    pub(super) fn look(&mut self, ctx: &mut Context<Self>) {
        let Some(live) = &self.live else { return };
        let (store, id, changes) = (self.given.parts.store.clone(), self.id, live.people.changes);
        let work = async move {
            let Some(state) = store.live_state(id).await? else { return Ok(None) };
            let players = if state.changes > changes { store.all_live_players(id, changes).await? } else { Vec::new() };
            Ok::<_, Error>(Some(News { state, players }))
        };
        ctx.spawn(work.into_actor(self).map(|read, room, ctx| match read {
            Ok(Some(news)) => room.guarded(ctx, |room, ctx| room.learnt(news, ctx)),
            Ok(None) => {}
            Err(error) => tracing::debug!(room.id = %room.id, %error, "where a live session stands could not be read"),
        }));
    }

    fn learnt(&mut self, News { state, players }: News, ctx: &mut Context<Self>) {
        let Some(live) = self.live.as_mut() else { return };
        if let Some(last) = players.last() {
            live.people.changes = live.people.changes.max(last.change);
        }
        for player in players {
            self.changed(player);
        }
        let Some(live) = self.live.as_mut() else { return };
        if live.kept.is_some_and(|term| term != state.term) {
            live.kept = None;
            self.say_kept();
        }
        self.moved(state.rev, state.at, state.game, ctx);
    }

    /// Reads the answers that are new, and shows what they give if that is waited for.
    pub(super) fn read_answers(&mut self, ctx: &mut Context<Self>) {
        let Some(live) = self.live.as_ref().filter(|_| !self.reading) else { return };
        self.reading = true;
        let (store, id, last) = (self.given.parts.store.clone(), self.id, live.last_no);
        let rev = live.rev;
        ctx.spawn(async move { store.all_live_answers(id, last).await }.into_actor(self).map(move |read, room, ctx| {
            room.reading = false;
            room.guarded(ctx, |room, ctx| room.took_answers(rev, read, ctx));
        }));
    }

    fn took_answers(&mut self, rev: u64, read: Result<Vec<AnswerRow>, Error>, ctx: &mut Context<Self>) {
        let Some(live) = self.live.as_mut() else { return };
        match read {
            Ok(rows) => {
                for row in rows.into_iter().filter(|row| row.no > live.last_no).collect::<Vec<_>>() {
                    live.last_no = row.no;
                    if (row.q, row.round) == (live.game.q, live.game.round) {
                        live.awaited.answered(row.player);
                        live.current.insert(row.player, row.choice.clone());
                    }
                    live.answers.push(row.into());
                    live.stale = true;
                    self.dirty.tally = true;
                }
            }
            Err(error) => {
                tracing::warn!(room.id = %self.id, %error, "answers could not be read");
                let refusal = Refusal::new(Code::Unavailable, "This could not be read just now. Try again.");
                self.seat_when_read.drain(..).for_each(|asked| tell(asked, Err(refusal.clone())));
                if self.show_when_read {
                    ctx.run_later(super::time::AGAIN, |room, ctx| room.read_answers(ctx));
                }
                return;
            }
        }
        if std::mem::take(&mut self.read_again) {
            return self.read_answers(ctx);
        }
        for asked in std::mem::take(&mut self.seat_when_read) {
            self.seat(asked, Role::Player);
        }
        let Some(live) = self.live.as_mut() else { return };
        if self.show_when_read {
            if live.rev == rev {
                self.show_when_read = false;
                self.show(ctx);
            } else {
                // It moved while they were read: there may be more.
                self.read_answers(ctx);
            }
        }
        self.all_answered(ctx);
    }
}

/// A stopwatch that begins with what was stored.
fn watch_of(state: &StateRow) -> Stopwatch {
    let stored = std::time::Duration::from_millis(state.elapsed_ms.max(state.game.elapsed_ms));
    match state.game.paused {
        Some(pause) => Stopwatch::stopped(std::time::Duration::from_millis(pause.elapsed_ms)),
        None => Stopwatch::running(stored, now()),
    }
}
