//! From a command to its effect: one arm each, no wildcard.

use std::rc::Rc;

use actix::{ActorFutureExt, AsyncContext, WrapFuture};
use allthrive_domain::room::unmuted;
use allthrive_domain::unit::{Deed, Unit};
use allthrive_protocol::command::{AuthRefresh, History, Read};
use allthrive_protocol::event::{Fact, ReadMark, Typing};
use allthrive_protocol::reply::{Done, HistoryPage, ReadTo, Refreshed, Written};
use allthrive_protocol::{CloseCode, Cmid, Code, Command, Principal, Refusal, Request, RoomId};
use allthrive_store::Error;
use tokio::sync::oneshot;

use super::deeds;
use super::lane::MergeKey;
use super::pages::Wanted;
use super::parting::stopping;
use super::places::Sent;
use super::{Ctx, Identity, Session, Speaker, TicketError};
use crate::fault::Point;
use crate::frame;
use crate::room::Submit;
use crate::system::lost;

impl Session {
    /// Carries out one command.
    pub(super) fn dispatch(&mut self, request: Request, ctx: &mut Ctx) {
        if self.system.is_draining() {
            return self.reply::<()>(request.id, Err(stopping()), ctx);
        }
        self.system.inner().parts.faults.hit(Point::Session);
        if !self.is_within(&request, ctx) {
            return;
        }
        let Request { id, command } = request;
        let speaker = match (&command, self.speaker) {
            (Command::Hello(_), None) if !self.greeted => None,
            (Command::Hello(_), _) => {
                let refusal = Refusal::new(Code::BadRequest, "\"hello\" is said once, first.");
                return self.reply::<()>(id, Err(refusal), ctx);
            }
            (_, Some(speaker)) => Some(speaker),
            (_, None) if self.greeted => {
                if !self.is_full(id, ctx) {
                    self.held.push(Request { id, command });
                }
                return;
            }
            (_, None) => return self.close(CloseCode::BadProtocol, ctx),
        };
        let identity = match speaker {
            Some(Speaker::Live(caller)) => return self.of_live(id, command, caller, ctx),
            Some(Speaker::Account(who)) => Some(who),
            None => None,
        };
        match (command, identity) {
            (Command::Hello(hello), _) => self.hello(id, hello, ctx),
            (_, None) => self.close(CloseCode::BadProtocol, ctx),
            (Command::AuthRefresh(refresh), Some(who)) => self.auth_refresh(id, refresh, who, ctx),
            (Command::RoomSubscribe(room, subscribe), Some(who)) => self.subscribe(id, room, subscribe, who, ctx),
            (Command::RoomUnsubscribe(room), Some(_)) => {
                self.relay.unhear(self.conn, room);
                self.reply_in_lane(id, Ok(self.done()));
            }
            (Command::MessageSend(room, d), Some(who)) => self.write(id, room, d.cmid, deeds::send(d), who, ctx),
            (Command::MessageEdit(room, d), Some(who)) => self.write(id, room, d.cmid, deeds::edit(d), who, ctx),
            (Command::MessageDelete(room, d), Some(who)) => self.write(id, room, d.cmid, deeds::delete(d), who, ctx),
            (Command::ReactionSet(room, d), Some(who)) => self.write(id, room, d.cmid, deeds::react(&d), who, ctx),
            (Command::MemberJoin(room, d), Some(who)) => self.write(id, room, d.cmid, deeds::join(who.user), who, ctx),
            (Command::MemberLeave(room, d), Some(who)) => self.write(id, room, d.cmid, Ok(Deed::Leave), who, ctx),
            (Command::MemberAdd(room, d), Some(who)) => self.write(id, room, d.cmid, deeds::add(d), who, ctx),
            (Command::MemberRemove(room, d), Some(who)) => self.write(id, room, d.cmid, deeds::remove(d), who, ctx),
            (Command::MemberRole(room, d), Some(who)) => self.write(id, room, d.cmid, deeds::appoint(&d), who, ctx),
            (Command::ModerationMute(room, d), Some(who)) => self.write(id, room, d.cmid, deeds::mute(d), who, ctx),
            (Command::ModerationSlowMode(room, d), Some(who)) => self.write(id, room, d.cmid, deeds::slow_down(d), who, ctx),
            (Command::ModerationBan(room, d), Some(who)) => self.write(id, room, d.cmid, deeds::ban(d), who, ctx),
            (Command::ModerationUnban(room, d), Some(who)) => self.write(id, room, d.cmid, deeds::unban(d), who, ctx),
            (Command::Typing(room), Some(who)) => self.typing(id, room, who, ctx),
            (Command::Read(room, read), Some(who)) => self.read(id, room, read, who, ctx),
            (Command::History(room, history), Some(who)) => self.want(id, Wanted::History(room, history), who, ctx),
            (Command::Events(room, events), Some(who)) => self.want(id, Wanted::Events(room, events), who, ctx),
            (Command::Presence(room, ask), Some(who)) => self.want(id, Wanted::Presence(room, ask), who, ctx),
            (Command::Quiz(room, ask), Some(who)) => self.quiz(id, room, ask, Principal::User(who.user), ctx),
            (Command::Ping, Some(_)) => self.reply(id, Ok(self.done()), ctx),
        }
    }

    pub(super) fn done(&self) -> Done {
        Done { server_ts: self.system.inner().parts.clock.now().millis() }
    }

    fn auth_refresh(&mut self, id: Option<u64>, refresh: AuthRefresh, who: Identity, ctx: &mut Ctx) {
        let redeemed = self.system.inner().tickets.redeem(refresh.ticket);
        let work = async move { redeemed.await.map_err(ticket_refusal) };
        self.ask(id, ctx, work, move |session, fresh, ctx| {
            if fresh.user != who.user {
                let refusal = Refusal::new(Code::Forbidden, "The ticket is for another account.");
                return session.reply::<()>(id, Err(refusal), ctx);
            }
            session.speaker = Some(Speaker::Account(fresh));
            session.relay.register(session.conn, ctx.address().recipient(), Rc::clone(&session.lane), Some(fresh.sign_in));
            session.expect_expiry(fresh.expires, ctx);
            session.reply(id, Ok(Refreshed { expires_ts: fresh.expires.millis() }), ctx);
        });
    }

    fn write(&mut self, id: Option<u64>, room: RoomId, cmid: Cmid, deed: Result<Deed, Refusal>, who: Identity, ctx: &mut Ctx) {
        match deed {
            Ok(deed) => {
                let fingerprint = self.system.inner().fingerprints.of(room, &deed);
                self.submit(id, Unit { room, author: who.user, cmid, fingerprint, deed }, ctx);
            }
            Err(refusal) => self.reply::<()>(id, Err(refusal), ctx),
        }
    }

    /// Whoever hears a room and may write there says so to the others who hear it; nothing is written. In a large
    /// room nobody is told.
    fn typing(&mut self, id: Option<u64>, room: RoomId, who: Identity, ctx: &mut Ctx) {
        if !self.relay.hears(self.conn, room) || room == RoomId::personal(who.user) {
            return self.reply::<()>(id, Err(Refusal::new(Code::NotSubscribed, "Subscribe to the room first.")), ctx);
        }
        if self.relay.is_large(room) {
            return self.reply(id, Ok(self.done()), ctx);
        }
        let parts = &self.system.inner().parts;
        let (store, now) = (parts.store.clone(), parts.clock.now());
        let work = async move {
            let until = store.muted_until(who.user, room).await.unwrap_or_else(|error| {
                // What is volatile goes on while the store is away.
                tracing::debug!(%error, "whether somebody is muted is not known");
                None
            });
            unmuted(until, now)
        };
        self.ask(id, ctx, work, move |session, (), ctx| {
            if session.relay.is_proven(session.conn, room) {
                let told = frame::volatile(Some(room), Fact::Typing(Typing { user: who.user }));
                session.relay.tell(room, told, MergeKey::Typing(room, who.user));
            }
            session.reply(id, Ok(session.done()), ctx);
        });
    }

    /// Sends a write to its room and replies with what became of it.
    fn submit(&mut self, id: Option<u64>, unit: Unit, ctx: &mut Ctx) {
        if self.is_full(id, ctx) {
            return;
        }
        let room = unit.room;
        let (answer, outcome) = oneshot::channel();
        if matches!(self.places.send(Submit { unit, answer }), Sent::Find) {
            let system = self.system.clone();
            let found = async move { system.find(room).await };
            ctx.spawn(found.into_actor(self).map(move |address, session, _| session.places.found(room, address)));
        }
        let work = async move { outcome.await.unwrap_or_else(|_| Err(lost())) };
        self.ask(id, ctx, work, move |session, written: Written, ctx| session.reply(id, Ok(written), ctx));
    }

    fn read(&mut self, id: Option<u64>, room: RoomId, read: Read, who: Identity, ctx: &mut Ctx) {
        let store = self.system.inner().parts.store.clone();
        let work = async move { store.mark_read(who.user, room, read.seq).await.map_err(|error| unavailable(&error))?.ok_or_else(no_room) };
        self.ask(id, ctx, work, move |session, (seq, rose), ctx| {
            if rose {
                let told = frame::volatile(Some(room), Fact::Read(ReadMark { user: who.user, seq }));
                session.relay.tell(room, told, MergeKey::Read(room, who.user));
            }
            session.reply(id, Ok(ReadTo { seq }), ctx);
        });
    }

    pub(super) fn history(&mut self, id: Option<u64>, room: RoomId, ask: History, who: Identity, ctx: &mut Ctx) {
        let store = self.system.inner().parts.store.clone();
        let system = self.system.clone();
        let work = async move {
            let _turn = system.page_turn().await;
            let page = store.history(who.user, room, ask).await;
            page.map_err(|error| unavailable(&error))?.ok_or_else(no_room)
        };
        self.go(id, ctx, work, move |session, page: Result<HistoryPage, Refusal>, ctx| {
            session.reply_in_lane(id, page);
            session.page_given(ctx);
        });
    }
}

/// Not a member, deleted and unknown look alike.
pub(super) fn no_room() -> Refusal {
    Refusal::new(Code::NotFound, "There is no such conversation.")
}

/// What a client is told of a store that did not answer.
pub(super) fn unavailable(error: &Error) -> Refusal {
    tracing::warn!(error = %error, "a read failed");
    Refusal::new(Code::Unavailable, "This could not be read just now. Try again.")
}

pub(super) fn ticket_refusal(error: TicketError) -> Refusal {
    match error {
        TicketError::Invalid => Refusal::new(Code::Unauthorized, "The ticket is not valid any more. Get a new one."),
        TicketError::Unavailable => Refusal::new(Code::Unavailable, "The ticket could not be checked just now. Try again."),
    }
}
