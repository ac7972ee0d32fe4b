//! What came of a session is left in the conversation where it was launched.

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use allthrive_domain::quiz::game::Phase;
use allthrive_domain::quiz::game::told::told;
use allthrive_domain::quiz::game::views;
use allthrive_domain::unit::{Deed, Speak, Unit};
use allthrive_protocol::quiz::view::ScreenView;
use allthrive_protocol::{Code, Refusal};
use tokio::sync::oneshot;

use super::LiveRoom;
use super::time::AGAIN;
use crate::lobby::Find;
use crate::room::Submit;

/// It is tried again so often, at least.
const A_MINUTE: std::time::Duration = std::time::Duration::from_secs(60);

impl LiveRoom {
    /// Says it in the owner's name, on the server that keeps the session. Whoever takes it over at the podium says the same
    /// again, under the same mark: it is there once.
    pub(super) fn leave_result(&mut self, ctx: &mut Context<Self>) {
        let Some(live) = self.live.as_mut().filter(|live| live.game.phase == Phase::Podium && live.kept.is_some()) else { return };
        let Some((room, author)) = live.launched.take() else { return };
        let ScreenView::Podium(podium) = live.sight(&[], views::screen) else { return };
        let deed = Deed::Speak(Speak { body: told(&podium, &format!("{}/live/{}/result", self.given.origin, self.id)), reply_to: None });
        let (cmid, fingerprint) = (self.given.doors.mark_of_result(self.id), self.given.fingerprints.of(room, &deed));
        let lobby = self.given.lobby.clone();
        let say = async move {
            let busy = || Refusal::new(Code::Unavailable, "The server is starting or stopping.");
            let address = lobby.send(Find(room)).await.ok().flatten().ok_or_else(busy)?;
            let (answer, outcome) = oneshot::channel();
            let unit = Unit { room, author, cmid, fingerprint, deed };
            address.try_send(Submit { unit, answer }).map_err(|_| busy())?;
            outcome.await.unwrap_or_else(|_| Err(busy()))
        };
        ctx.spawn(say.into_actor(self).map(move |said, this: &mut Self, ctx| {
            let Err(refusal) = said else { return };
            if refusal.retry {
                // A conversation in slow mode, or a mute: when that is over, or in a minute.
                let wait = refusal.after_ms.map_or(AGAIN, std::time::Duration::from_millis).clamp(AGAIN, A_MINUTE);
                ctx.run_later(wait, move |this, ctx| {
                    if let Some(live) = this.live.as_mut() {
                        live.launched = Some((room, author));
                    }
                    this.leave_result(ctx);
                });
            } else {
                // The owner may have left the conversation, or may not write there.
                tracing::info!(room.id = %this.id, refusal = %refusal.message, "a result was not left in its conversation");
            }
        }));
    }
}
