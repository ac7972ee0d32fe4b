//! What the client says: commands, each remembered until it is answered, messages one at a time in each room.

use std::time::Instant;

use allthrive_protocol::command::{AuthRefresh, Events, Hello, MessageSend, Read, Resume, Subscribe, Wanted};
use allthrive_protocol::{MAX_EVENTS, RoomId, Seq};

use super::{Asked, Dialogue, MARK_EVERY, Place};
use crate::frames::frame;

impl Dialogue {
    /// A mark that waits already rises.
    pub(super) fn mark(&mut self, room: RoomId, seq: Seq, now: Instant) {
        for (_, asked) in &mut self.later {
            if let Asked::Read(of, upto) = asked
                && *of == room
            {
                *upto = seq.max(*upto);
                return;
            }
        }
        let next = self.marks.entry(room).or_insert(now);
        let at = now.max(*next);
        *next = at + MARK_EVERY;
        self.later.push((at, Asked::Read(room, seq)));
    }

    /// Sends the first message of a room's queue, if it is its turn.
    pub(super) fn speak(&mut self, room: RoomId, now: Instant) {
        let Some(queue) = self.queues.get_mut(&room) else { return };
        let may = self.welcomed && !queue.asked && queue.not_before.is_none_or(|at| at <= now);
        if !may || queue.messages.is_empty() {
            return;
        }
        match self.pace.as_ref().map(|pace| pace.wait(now)) {
            Some(wait) if !wait.is_zero() => queue.not_before = Some(now + wait),
            Some(_) | None => {
                queue.asked = true;
                if let Some(pace) = &mut self.pace {
                    pace.spend(now);
                }
                self.ask(Asked::Say(room), now);
            }
        }
    }

    /// The message under way is done with.
    pub(super) fn said(&mut self, room: RoomId) -> Option<MessageSend> {
        let queue = self.queues.get_mut(&room)?;
        (queue.asked, queue.not_before) = (false, None);
        queue.messages.pop_front()
    }

    /// Writes a command and remembers it.
    pub(super) fn ask(&mut self, asked: Asked, now: Instant) {
        self.last_id += 1;
        let id = self.last_id;
        let frame = match &asked {
            Asked::Hello => frame(id, "hello", None, self.hello()),
            Asked::Refresh(ticket) => frame(id, "auth.refresh", None, AuthRefresh { ticket: ticket.clone() }),
            Asked::Subscribe(room) => {
                let after = self.places.get(room).and_then(|place| place.cursor);
                frame(id, "room.subscribe", Some(*room), Subscribe { after })
            }
            Asked::Pull(room) => {
                let after = self.places.get(room).and_then(|place| place.cursor).unwrap_or(0);
                frame(id, "events", Some(*room), Events { after, limit: MAX_EVENTS })
            }
            Asked::Say(room) => match self.queues.get(room).and_then(|queue| queue.messages.front()) {
                Some(message) => frame(id, "message.send", Some(*room), message),
                None => return,
            },
            Asked::History(room, history) => frame(id, "history", Some(*room), history),
            Asked::Read(room, seq) => frame(id, "read", Some(*room), Read { seq: *seq }),
        };
        self.frames.push_back(frame);
        self.asked.insert(id, (asked, now));
    }

    fn hello(&self) -> Hello {
        let resume = |(room, place): (&RoomId, &Place)| Some(Resume { room: *room, seq: place.cursor? });
        Hello {
            resume: self.places.iter().filter_map(resume).collect(),
            history_epoch: self.epoch,
            subscribe: Wanted::Rooms(self.places.keys().copied().collect()),
            ..Hello::default()
        }
    }
}
