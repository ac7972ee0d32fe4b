//! `presence`: a page of who is in a room now, for those who hear it.

use allthrive_protocol::presence::AskPresence;
use allthrive_protocol::{Code, Refusal, RoomId};

use super::{Ctx, Identity, Session};
use crate::system::busy;

impl Session {
    pub(super) fn presence(&mut self, id: Option<u64>, room: RoomId, ask: AskPresence, who: Identity, ctx: &mut Ctx) {
        if let Err(refusal) = self.may_see(room, who) {
            self.reply_in_lane::<()>(id, Err(refusal));
            return self.page_given(ctx);
        }
        let work = self.relay.who(room, ask.cursor);
        self.go(id, ctx, work, move |session, page, ctx| {
            // Asked once more, for a member who was removed meanwhile.
            session.reply_in_lane(id, page.and_then(|page| session.may_see(room, who).map(|()| page)));
            session.page_given(ctx);
        });
    }

    fn may_see(&self, room: RoomId, who: Identity) -> Result<(), Refusal> {
        if room == RoomId::personal(who.user) {
            return Err(Refusal::new(Code::BadRequest, "A personal room has no presence."));
        }
        if !self.relay.hears(self.conn, room) {
            return Err(Refusal::new(Code::NotSubscribed, "Subscribe to the room first."));
        }
        // Whoever may have been removed unheard pulls first.
        if self.relay.is_proven(self.conn, room) { Ok(()) } else { Err(busy()) }
    }
}
