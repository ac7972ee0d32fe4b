//! Pages that a client has asked for: given one at a time, the next only when what was given before is on
//! its way out. So a client that asks for much and reads slowly costs one page.

use std::collections::VecDeque;
use std::time::Duration;

use actix::AsyncContext;
use allthrive_protocol::RoomId;
use allthrive_protocol::command::{Events, History};
use allthrive_protocol::presence::AskPresence;

use super::{Ctx, Identity, Session};

/// How long to wait before looking again at a lane that has no place for a page.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A page to be given.
pub(super) enum Wanted {
    /// Of the log.
    Events(RoomId, Events),
    /// Of messages.
    History(RoomId, History),
    /// Of who is here.
    Presence(RoomId, AskPresence),
}

/// What was asked for and not given yet.
#[derive(Default)]
pub(super) struct Pages {
    waiting: VecDeque<(Option<u64>, Wanted, Identity)>,
    giving: bool,
    looking: bool,
}

impl Pages {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Forgets what waits, and says under which ids it was asked for.
    pub(super) fn give_up(&mut self) -> Vec<Option<u64>> {
        self.waiting.drain(..).map(|(id, ..)| id).collect()
    }
}

impl Session {
    /// Takes a page in.
    pub(super) fn want(&mut self, id: Option<u64>, wanted: Wanted, who: Identity, ctx: &mut Ctx) {
        if !self.is_full(id, ctx) {
            self.pages.waiting.push_back((id, wanted, who));
            self.next_page(ctx);
        }
    }

    /// The page that was given is in the lane, or refused.
    pub(super) fn page_given(&mut self, ctx: &mut Ctx) {
        self.pages.giving = false;
        self.next_page(ctx);
    }

    fn next_page(&mut self, ctx: &mut Ctx) {
        if self.pages.giving || self.pages.waiting.is_empty() {
            return;
        }
        if !self.lane.has_place_for_page() {
            if !std::mem::replace(&mut self.pages.looking, true) {
                ctx.run_later(LOOK_AGAIN, |session, ctx| {
                    session.pages.looking = false;
                    session.next_page(ctx);
                });
            }
            return;
        }
        let Some((id, wanted, who)) = self.pages.waiting.pop_front() else { return };
        self.pages.giving = true;
        match wanted {
            Wanted::Events(room, events) => self.events(id, room, events, who, ctx),
            Wanted::History(room, history) => self.history(id, room, history, who, ctx),
            Wanted::Presence(room, ask) => self.presence(id, room, ask, who, ctx),
        }
    }
}
