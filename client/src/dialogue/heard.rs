//! What the server says: replies and events, and where they put the rooms.

use std::time::{Duration, Instant};

use allthrive_protocol::event::{Event, Fact};
use allthrive_protocol::reply::{RoomState, Snapshot, Standing, Subscribed, Welcome, Written};
use allthrive_protocol::{Code, Refusal, RoomId, Seq};
use serde::de::DeserializeOwned;

use super::{Asked, DOUBT, Dialogue, PAUSE, Place};
use crate::Update;
use crate::frames::{Frame, Numbered, Page};
use crate::pace::Pace;

impl Dialogue {
    /// A text frame came.
    pub(crate) fn receive(&mut self, text: &str, now: Instant) {
        // What is not of the protocol is ignored: a later server may say more than this client knows.
        let Ok(frame) = serde_json::from_str::<Frame<'_>>(text) else { return };
        if frame.event.is_some() {
            self.told(text, now);
            return;
        }
        let Some((asked, _)) = frame.id.and_then(|id| self.asked.remove(&id)) else { return };
        match (frame.ok, frame.error) {
            (Some(ok), _) => self.answered(asked, ok.get(), now),
            (None, Some(refusal)) => self.refused(asked, refusal, now),
            (None, None) => self.lost = true,
        }
    }

    fn answered(&mut self, asked: Asked, ok: &str, now: Instant) {
        match asked {
            Asked::Hello => {
                if let Some(welcome) = self.read::<Welcome>(ok) {
                    self.welcome(welcome, now);
                }
            }
            Asked::Subscribe(room) => {
                if let Some(Subscribed { state, snapshot }) = self.read(ok) {
                    if state.state == Standing::Reset {
                        self.begin_anew(room, state.after, state.live, snapshot, now);
                    } else {
                        self.stand(&state, now);
                    }
                }
            }
            Asked::Pull(room) => self.page(room, ok, now),
            Asked::Say(room) => {
                if let Some(written) = self.read::<Written>(ok) {
                    if let Some(said) = self.said(room) {
                        self.updates.push_back(Update::Acked { room, cmid: said.cmid, written });
                    }
                    self.speak(room, now);
                }
            }
            Asked::History(room, _) => {
                if let Some(page) = self.read(ok) {
                    self.updates.push_back(Update::History { room, page });
                }
            }
            Asked::Read(..) | Asked::Refresh(_) => {}
        }
    }

    fn refused(&mut self, asked: Asked, refusal: Refusal, now: Instant) {
        let again = now + refusal.after_ms.map_or(PAUSE, Duration::from_millis);
        match asked {
            Asked::Say(room) if refusal.retry => {
                let queue = self.queues.entry(room).or_default();
                (queue.asked, queue.not_before) = (false, Some(again));
            }
            Asked::Say(room) => {
                if let Some(said) = self.said(room) {
                    self.updates.push_back(Update::Refused { room, cmid: said.cmid, refusal });
                }
                self.speak(room, now);
            }
            // Without it this connection is nothing; a credential that ended is told by the close code.
            Asked::Hello | Asked::Refresh(_) => self.lost = true,
            asked if refusal.retry => self.later.push((again, asked)),
            Asked::Pull(room) if refusal.code == Code::NotSubscribed => {
                if let Some(place) = self.places.get_mut(&room) {
                    place.pulling = false;
                    self.ask(Asked::Subscribe(room), now);
                }
            }
            Asked::Pull(room) | Asked::Subscribe(room) => self.gone(room),
            Asked::History(..) | Asked::Read(..) => {}
        }
    }

    fn welcome(&mut self, welcome: Welcome, now: Instant) {
        self.welcomed = true;
        self.epoch = Some(welcome.history_epoch);
        self.pace = Some(Pace::new(&welcome.limits, now));
        self.updates.push_back(Update::Online(welcome.principal));
        let unnamed: Vec<_> = self.places.keys().copied().filter(|room| welcome.rooms.iter().all(|state| state.room != *room)).collect();
        for state in &welcome.rooms {
            self.places.entry(state.room).or_default();
            // A room that begins anew is told by an event of its own, with its snapshot.
            if state.state != Standing::Reset {
                self.stand(state, now);
            }
        }
        for room in unnamed {
            self.ask(Asked::Subscribe(room), now);
        }
        self.tick(now);
    }

    /// Where a subscription begins.
    fn stand(&mut self, state: &RoomState, now: Instant) {
        if state.state == Standing::Gone {
            self.gone(state.room);
            return;
        }
        let Some(place) = self.places.get_mut(&state.room) else { return };
        place.live = state.live;
        self.hide(state.room, state.after);
        if !state.live {
            self.pull(state.room, now);
        }
    }

    fn begin_anew(&mut self, room: RoomId, top: Seq, live: bool, snapshot: Snapshot, now: Instant) {
        let Some(place) = self.places.get_mut(&room) else { return };
        *place = Place { cursor: Some(top), live, ..Place::default() };
        self.updates.push_back(Update::Reset { room, top, snapshot });
        if !live {
            self.pull(room, now);
        }
    }

    fn gone(&mut self, room: RoomId) {
        if self.places.remove(&room).is_some() {
            self.queues.remove(&room);
            self.updates.push_back(Update::Gone(room));
        }
    }

    /// The cursor moves over numbers that this member may not see; the first time, to where the room begins.
    fn hide(&mut self, room: RoomId, upto: Seq) {
        let Some(place) = self.places.get_mut(&room) else { return };
        let known = place.cursor.is_some();
        if place.cursor < Some(upto) {
            place.cursor = Some(upto);
            self.updates.push_back(if known { Update::Hidden { room, upto } } else { Update::Began { room, after: upto } });
        }
    }

    pub(super) fn pull(&mut self, room: RoomId, now: Instant) {
        let Some(place) = self.places.get_mut(&room) else { return };
        if place.pulling || place.cursor.is_none() {
            return;
        }
        (place.live, place.pulling) = (false, true);
        self.ask(Asked::Pull(room), now);
    }

    fn page(&mut self, room: RoomId, ok: &str, now: Instant) {
        let Ok(page) = serde_json::from_str::<Page<'_>>(ok) else {
            self.lost = true;
            return;
        };
        self.hide(room, page.after);
        for event in page.events {
            self.durable(event.get(), true, now);
        }
        self.hide(room, page.end);
        let Some(place) = self.places.get_mut(&room) else { return };
        (place.live, place.pulling) = (page.live, false);
        if !page.live {
            self.pull(room, now);
        }
    }

    fn told(&mut self, text: &str, now: Instant) {
        if self.durable(text, false, now) {
            return;
        }
        let Ok(event) = serde_json::from_str::<Event>(text) else { return };
        match (event.room, &event.fact) {
            (Some(room), Fact::Reset(reset)) => self.begin_anew(room, reset.top, reset.live, reset.snapshot.clone(), now),
            (Some(room), Fact::Gone(_)) => self.gone(room),
            (Some(room), Fact::RoomLag(_)) => {
                self.updates.push_back(Update::Lagged(room));
                self.pull(room, now);
            }
            (_, Fact::Tops(tops)) => {
                for (room, line) in tops {
                    if let Some(place) = self.places.get_mut(room)
                        && place.live
                        && place.doubt.is_none()
                        && place.cursor.is_some_and(|cursor| cursor < line.top)
                    {
                        place.doubt = Some((line.top, now + DOUBT));
                    }
                }
                self.updates.push_back(Update::Heard(event));
            }
            (_, Fact::AuthExpiring(_)) => self.wants_ticket = true,
            (_, Fact::Reconnect(reconnect)) => self.move_at = Some(now + Duration::from_millis(reconnect.after_ms)),
            (_, Fact::Read(_) | Fact::Typing(_) | Fact::Presence(_)) => self.updates.push_back(Update::Heard(event)),
            (None, Fact::Reset(_) | Fact::Gone(_) | Fact::RoomLag(_)) => {}
            // This client is no player: what a live quiz tells is not for it.
            (
                _,
                Fact::QuizOwn(_)
                | Fact::QuizPlace(_)
                | Fact::QuizCount(_)
                | Fact::QuizTally(_)
                | Fact::QuizFlags(_)
                | Fact::QuizReactions(_)
                | Fact::QuizSuperseded(_)
                | Fact::QuizKicked(_),
            ) => {}
            // Durable ones have a number and were taken above.
            (
                _,
                Fact::MessageNew(_)
                | Fact::MessageEdited(_)
                | Fact::MessageDeleted(_)
                | Fact::Reaction(_)
                | Fact::MemberJoined(_)
                | Fact::MemberLeft(_)
                | Fact::MemberRole(_)
                | Fact::ModerationMuted(_)
                | Fact::ModerationBanned(_)
                | Fact::ModerationUnbanned(_)
                | Fact::ModerationSlowMode(_),
            ) => {}
        }
    }

    /// Applies an event with a number; false if it has none. What a page tells is taken as it is, so that
    /// a hole in it is seen by who reads the updates; a hole in what is pushed is pulled.
    fn durable(&mut self, text: &str, paged: bool, now: Instant) -> bool {
        let Ok(Numbered { room: Some(room), seq: Some(seq) }) = serde_json::from_str(text) else { return false };
        let Some(place) = self.places.get_mut(&room) else { return true };
        let Some(cursor) = place.cursor else { return true };
        if seq <= cursor {
            return true;
        }
        if seq > cursor + 1 && !paged {
            self.pull(room, now);
            return true;
        }
        place.cursor = Some(seq);
        self.updates.push_back(serde_json::from_str(text).map_or(Update::Unknown { room, seq }, Update::Event));
        true
    }

    /// A reply that is not what was agreed makes the connection useless.
    fn read<T: DeserializeOwned>(&mut self, ok: &str) -> Option<T> {
        let read = serde_json::from_str(ok).ok();
        self.lost |= read.is_none();
        read
    }
}
