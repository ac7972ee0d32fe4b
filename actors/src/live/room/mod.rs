//! One live session on one node: everything that is asked of it here passes through here, and what its people on this
//! node are shown leaves from here. The rules are in [`allthrive_domain::quiz::game`]; this is the mailbox, the clock and
//! the effects.
//!
//! Every node with people of a session has one of these. A step, a join, an answer may be committed on any of them; one
//! of them keeps the session and runs its timers.
//!
//! - `asks`: what its people ask
//! - `outcome`: what became of what was written
//! - `show`: what they are shown
//! - `time`: timers, and what is looked at again and again
//! - `load`: all of it, from the store
//! - `others`: the other nodes that have people of it
//! - `result`: what is left of it in a conversation

mod asks;
mod load;
mod others;
mod outcome;
mod people;
mod result;
mod show;
mod time;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Actor, ActorContext, Addr, AsyncContext, Context, Handler, Message, SpawnHandle};
use allthrive_domain::quiz::freeze::Frozen;
use allthrive_domain::quiz::game::{Author, Game, LiveDeed, LiveOutcome, LiveUnit, Standing};
use allthrive_domain::time::Micros;
use allthrive_protocol::quiz::ask::Ask;
use allthrive_protocol::quiz::live::Answered;
use allthrive_protocol::quiz::own::{BoardPage, PlayersPage};
use allthrive_protocol::quiz::phase::{Door, Votes};
use allthrive_protocol::reply::Written;
use allthrive_protocol::{Cmid, Code, ConnId, Principal, Refusal, RoomId, Seq, UserId};
use tokio::sync::oneshot;

use self::people::People;
use super::awaited::Awaited;
use super::hall::{Hall, Keep, Kept, RetireLive};
use super::stopwatch::{Stopwatch, reading};
use super::writer::{LiveWriter, Write, Wrote};
use crate::fault::Point;
use crate::fingerprint::Fingerprints;
use crate::live::Doors;
use crate::lobby::Lobby;
use crate::relay::RelayActor;
use crate::system::Parts;

/// Messages that may wait to be taken in: a hall of people answers within a second.
pub(crate) const MAILBOX: usize = 16_384;

/// A session that nobody is at is let go after so long, unless this node keeps it.
const IDLE: Duration = Duration::from_secs(60);
/// How long one that is let go still takes what was on its way.
const GRACE: Duration = Duration::from_secs(5);

/// What every session is given.
#[derive(Clone)]
pub struct Given {
    /// What every actor is given.
    pub parts: Parts,
    /// Makes the link of a session.
    pub doors: Doors,
    /// Makes fingerprints.
    pub fingerprints: Fingerprints,
    /// Nobody else uses the database.
    pub alone: bool,
    /// Where people reach this server: what links begin with.
    pub origin: Arc<str>,
    /// Knows the rooms of conversations.
    pub lobby: Addr<Lobby>,
}

/// Something asked of a session by one of its connections.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Asked {
    /// The command's id: what goes through the lane carries it.
    pub id: Option<u64>,
    /// Whose.
    pub who: Principal,
    /// Until when somebody new may join by this connection's token.
    pub joins_until: Option<Micros>,
    /// Which connection.
    pub conn: ConnId,
    /// The relay of its thread.
    pub relay: Addr<RelayActor>,
    /// What.
    pub ask: Ask,
    /// When it was read off the wire.
    pub read_at: Instant,
    /// What its way took.
    pub credit: Duration,
    /// Where the answer goes. A dropped sender means that nothing is known: the same may be asked again.
    pub answer: oneshot::Sender<Result<Told, Refusal>>,
}

/// An answer.
#[derive(Debug)]
pub enum Told {
    /// It is so.
    Done,
    /// The reply is in the connection's lane, in order with what is shown.
    InLane,
    /// A step.
    Written(Written),
    /// An answer to a question.
    Answered(Answered),
    /// A page of players.
    Players(PlayersPage),
    /// A page of the ranking.
    Board(BoardPage),
}

/// A write that comes by REST.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Rest {
    /// Who.
    pub author: Author,
    /// The author's mark.
    pub cmid: Cmid,
    /// The questions, of a session that is new.
    pub quiz: Option<Arc<Frozen>>,
    /// What.
    pub deed: LiveDeed,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Result<LiveOutcome, Refusal>>,
}

/// A connection has ended.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Gone(pub ConnId);

/// Something that concerns a session as a whole.
#[derive(Message, Debug, Clone, Copy)]
#[rtype(result = "()")]
pub enum Note {
    /// Something is committed by another node.
    Moved,
    /// Somebody has joined at another node: their connection here is superseded.
    Entered(Principal),
    /// Its node is gone: to be kept here, if the beat still stands where it stood.
    TakeOver {
        /// The term.
        term: u64,
        /// The beat.
        beat: u64,
    },
    /// Another node keeps it now.
    Lost,
    /// Nothing can be stored for a while.
    StoreGone,
    /// It can again.
    StoreBack,
}

/// What waits for an outcome.
enum Waiting {
    Ask(Box<Asked>),
    Rest(oneshot::Sender<Result<LiveOutcome, Refusal>>),
    Timer,
    Claim,
}

/// What came before the session was read.
enum Early {
    Asked(Box<Asked>),
    Rest(Box<Rest>),
    Note(Note),
}

/// A session, as far as it is known here.
struct Live {
    quiz: Arc<Frozen>,
    door: Door,
    rev: Seq,
    at: Micros,
    game: Game,
    watch: Stopwatch,
    /// When it last moved, on this node's clock.
    moved_at: super::stopwatch::Reading,
    /// In which term this node keeps it.
    kept: Option<u64>,
    people: People,
    /// All answers that were read, and the number of the last.
    answers: Vec<allthrive_domain::quiz::game::Kept>,
    last_no: u64,
    /// The answers to the present question, as far as they are known.
    current: HashMap<Principal, allthrive_protocol::quiz::answer::Given>,
    votes: Votes,
    standing: Standing,
    /// The answers, who plays or what counts has changed since `votes` and `standing` were made.
    stale: bool,
    awaited: Awaited,
    /// It was read while a question was open: who comes back in time is awaited.
    open_since_read: Option<super::stopwatch::Reading>,
    /// Nothing can be stored just now.
    store_gone: bool,
    host_away: bool,
    /// What is odd about the answers so far.
    marks: HashMap<Principal, Vec<&'static str>>,
    /// The conversation where it was launched, and by whom, until its result is left there.
    launched: Option<(RoomId, UserId)>,
}

/// See the module.
pub struct LiveRoom {
    id: RoomId,
    given: Given,
    hall: Addr<Hall>,
    writer: Addr<LiveWriter>,
    live: Option<Live>,
    loading: bool,
    early: Vec<Early>,
    waiting: HashMap<u64, Waiting>,
    next_ticket: u64,
    timer: Option<SpawnHandle>,
    /// What is to be told with the next tick.
    dirty: show::Dirty,
    /// Answers are being read; show what they give when they are.
    reading: bool,
    show_when_read: bool,
    /// Who is let in when they are: they may have answered at another node.
    seat_when_read: Vec<Asked>,
    /// One of them came while they were being read: once more.
    read_again: bool,
    joins: asks::Joins,
    others: others::Others,
    quiet_since: Option<Instant>,
    ticks: u64,
}

impl LiveRoom {
    /// Of this id, whether it exists in the store or is about to.
    #[must_use]
    pub fn new(id: RoomId, given: Given, hall: Addr<Hall>, writer: Addr<LiveWriter>) -> Self {
        Self {
            id,
            given,
            hall,
            writer,
            live: None,
            loading: false,
            early: Vec::new(),
            waiting: HashMap::new(),
            next_ticket: 0,
            timer: None,
            dirty: show::Dirty::default(),
            reading: false,
            show_when_read: false,
            seat_when_read: Vec::new(),
            read_again: false,
            joins: asks::Joins::default(),
            others: others::Others::default(),
            quiet_since: None,
            ticks: 0,
        }
    }

    /// Sends a write on its way.
    fn write(&mut self, author: Author, cmid: Cmid, quiz: Arc<Frozen>, deed: LiveDeed, waiting: Waiting, ctx: &mut Context<Self>) {
        let fingerprint = self.given.fingerprints.of_live(self.id, &deed);
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let unit = LiveUnit { room: self.id, quiz, author, cmid, fingerprint, deed };
        if self.writer.try_send(Write { ticket, unit, asker: ctx.address().recipient() }).is_ok() {
            self.waiting.insert(ticket, waiting);
        } else {
            refuse(waiting, Refusal::new(Code::Overloaded, "Too much is happening right now. Try again."));
        }
    }

    /// The hall hears how the session stands, if it is kept here.
    fn say_kept(&self) {
        let kept = self.live.as_ref().and_then(|live| Some(Kept { term: live.kept?, rev: live.rev, watch: live.watch }));
        if self.hall.try_send(Keep { room: self.id, kept }).is_err() {
            tracing::warn!(room.id = %self.id, "the hall is too busy to be told of a live session");
        }
    }

    fn retire(&mut self, ctx: &mut Context<Self>) {
        let retired = self.hall.try_send(RetireLive { room: self.id, address: ctx.address() }).is_ok();
        if retired {
            ctx.run_later(GRACE, |room, ctx| {
                if room.waiting.is_empty() {
                    ctx.stop();
                }
            });
        }
    }

    /// A handler panicked: what this session knew may be half changed, so it is read anew. Its people stay.
    fn recover(&mut self, ctx: &mut Context<Self>) {
        tracing::error!(room.id = %self.id, "a live session panicked and is read anew from the store");
        self.load(ctx);
    }

    fn guarded(&mut self, ctx: &mut Context<Self>, work: impl FnOnce(&mut Self, &mut Context<Self>)) {
        if catch_unwind(AssertUnwindSafe(|| work(self, ctx))).is_err() {
            self.recover(ctx);
        }
    }
}

/// Tells who waits.
fn refuse(waiting: Waiting, refusal: Refusal) {
    // Whoever asked has gone if this fails.
    match waiting {
        Waiting::Ask(asked) => drop(asked.answer.send(Err(refusal))),
        Waiting::Rest(answer) => drop(answer.send(Err(refusal))),
        Waiting::Timer | Waiting::Claim => {}
    }
}

/// Not there, over for long, and not for this principal look alike.
fn no_session() -> Refusal {
    Refusal::new(Code::NotFound, "There is no such session.")
}

fn now() -> super::stopwatch::Reading {
    reading(Instant::now())
}

impl Actor for LiveRoom {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.load(ctx);
        ctx.run_interval(time::TICK, |room, ctx| room.guarded(ctx, Self::tick));
    }
}

impl Handler<Asked> for LiveRoom {
    type Result = ();

    fn handle(&mut self, asked: Asked, ctx: &mut Self::Context) {
        self.guarded(ctx, |room, ctx| {
            room.given.parts.faults.hit(Point::Room);
            room.take(Early::Asked(Box::new(asked)), ctx);
        });
    }
}

impl Handler<Rest> for LiveRoom {
    type Result = ();

    fn handle(&mut self, rest: Rest, ctx: &mut Self::Context) {
        self.guarded(ctx, |room, ctx| room.take(Early::Rest(Box::new(rest)), ctx));
    }
}

impl Handler<Note> for LiveRoom {
    type Result = ();

    fn handle(&mut self, note: Note, ctx: &mut Self::Context) {
        self.guarded(ctx, |room, ctx| room.take(Early::Note(note), ctx));
    }
}

impl Handler<Gone> for LiveRoom {
    type Result = ();

    fn handle(&mut self, Gone(conn): Gone, ctx: &mut Self::Context) {
        self.guarded(ctx, |room, _| room.parted(conn));
    }
}

impl Handler<Wrote> for LiveRoom {
    type Result = ();

    fn handle(&mut self, Wrote(outcomes): Wrote, ctx: &mut Self::Context) {
        self.guarded(ctx, |room, ctx| {
            for (ticket, outcome) in outcomes {
                if let Some(waiting) = room.waiting.remove(&ticket) {
                    room.settle(waiting, outcome, ctx);
                }
            }
        });
    }
}

impl LiveRoom {
    /// Takes something in, or keeps it until the session is read.
    fn take(&mut self, one: Early, ctx: &mut Context<Self>) {
        if self.loading {
            self.early.push(one);
            return;
        }
        match one {
            Early::Asked(asked) => self.ask(*asked, ctx),
            Early::Rest(rest) => self.rest(*rest, ctx),
            Early::Note(note) => self.note(note, ctx),
        }
    }

    fn rest(&mut self, rest: Rest, ctx: &mut Context<Self>) {
        let quiz = rest.quiz.or_else(|| self.live.as_ref().map(|live| live.quiz.clone()));
        match quiz {
            Some(quiz) => self.write(rest.author, rest.cmid, quiz, rest.deed, Waiting::Rest(rest.answer), ctx),
            None => drop(rest.answer.send(Err(no_session()))),
        }
    }

    fn note(&mut self, note: Note, ctx: &mut Context<Self>) {
        let Some(live) = self.live.as_mut() else { return };
        match note {
            Note::Moved => self.look(ctx),
            Note::Entered(who) => self.superseded(who),
            Note::TakeOver { term, beat } => self.claim(term, beat, ctx),
            Note::Lost => {
                live.kept = None;
                self.schedule(ctx);
                self.look(ctx);
            }
            Note::StoreGone | Note::StoreBack => self.store_is(matches!(note, Note::StoreGone), ctx),
        }
    }
}
