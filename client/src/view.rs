//! A room as one member sees it: made of a snapshot and pages of history, kept up by what is told. This is a
//! client's whole duty about a room, as a value: a snapshot and every event after it is the next snapshot.

use std::collections::BTreeMap;

use allthrive_protocol::event::{Event, Fact, Message};
use allthrive_protocol::reply::{HistoryItem, HistoryPage, Reacted, Snapshot};
use allthrive_protocol::{Seq, UserId};

use crate::log::Flaw;

/// A room as one member sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    own: UserId,
    cursor: Seq,
    snapshot: Snapshot,
    messages: BTreeMap<Seq, Known>,
}

/// A message, as it was when the room's last number was `as_of`.
#[derive(Debug, Clone, PartialEq)]
struct Known {
    item: HistoryItem,
    as_of: Seq,
}

impl View {
    /// As `room.subscribe` or `reset` told it, where the cursor then stands.
    #[must_use]
    pub fn new(own: UserId, snapshot: Snapshot, cursor: Seq) -> Self {
        Self { own, cursor, snapshot, messages: BTreeMap::new() }
    }

    /// The last number that was applied.
    #[must_use]
    pub fn cursor(&self) -> Seq {
        self.cursor
    }

    /// The room beside its messages.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The messages that are known, oldest first.
    pub fn messages(&self) -> impl Iterator<Item = &HistoryItem> {
        self.messages.values().map(|known| &known.item)
    }

    /// A page of history tells its messages as of its `top`: what is told with a number up to that is in it.
    pub fn add(&mut self, page: HistoryPage) {
        for item in page.messages {
            let known = self.messages.get(&item.seq).is_some_and(|known| known.as_of >= page.top);
            if !known {
                self.messages.insert(item.seq, Known { item, as_of: page.top });
            }
        }
    }

    /// Applies the next event of the room; one that was applied before, or has no number, changes nothing.
    ///
    /// # Errors
    /// A number was left out: nothing changes, pull from the cursor.
    pub fn apply(&mut self, event: &Event) -> Result<(), Flaw> {
        let Some(seq) = event.seq.filter(|seq| *seq > self.cursor) else { return Ok(()) };
        if seq != self.cursor + 1 {
            return Err(Flaw::Hole { expected: self.cursor + 1, told: seq });
        }
        self.cursor = seq;
        match &event.fact {
            Fact::MessageNew(message) => self.said(seq, event.ts.unwrap_or(0), message.clone()),
            Fact::MessageEdited(edited) => self.change(edited.target, seq, |item| {
                if edited.rev >= item.message.rev {
                    item.message.body.clone_from(&edited.body);
                    item.message.rev = edited.rev;
                }
            }),
            Fact::MessageDeleted(deleted) => self.change(deleted.target, seq, |item| {
                item.message.body = None;
                item.reactions.clear();
            }),
            Fact::Reaction(put) => {
                let mine = put.user.id == self.own;
                self.change(put.target, seq, |item| react(&mut item.reactions, &put.emoji, put.on, mine));
            }
            Fact::MemberJoined(joined) => {
                self.snapshot.members += 1;
                self.snapshot.reads.insert(joined.user.id, seq);
            }
            Fact::MemberLeft(left) => {
                self.snapshot.members = self.snapshot.members.saturating_sub(1);
                self.snapshot.reads.remove(&left.user.id);
            }
            Fact::MemberRole(now) if now.user.id == self.own => self.snapshot.role.clone_from(&now.role),
            Fact::ModerationMuted(muted) if muted.user.id == self.own => self.snapshot.muted_until_ts = muted.until_ts,
            Fact::ModerationSlowMode(slow) => self.snapshot.slow_mode = slow.seconds,
            // Of others, or without a trace in the room as it is seen.
            Fact::MemberRole(_) | Fact::ModerationMuted(_) | Fact::ModerationBanned(_) | Fact::ModerationUnbanned(_) => {}
            // Volatile: they have no number.
            Fact::Typing(_)
            | Fact::Read(_)
            | Fact::Presence(_)
            | Fact::Tops(_)
            | Fact::RoomLag(_)
            | Fact::Reset(_)
            | Fact::Gone(_)
            | Fact::AuthExpiring(_)
            | Fact::Reconnect(_)
            | Fact::QuizOwn(_)
            | Fact::QuizPlace(_)
            | Fact::QuizCount(_)
            | Fact::QuizTally(_)
            | Fact::QuizFlags(_)
            | Fact::QuizReactions(_)
            | Fact::QuizSuperseded(_)
            | Fact::QuizKicked(_) => {}
        }
        Ok(())
    }

    fn said(&mut self, seq: Seq, ts: u64, message: Message) {
        let item = HistoryItem { seq, ts, message, reactions: Vec::new() };
        // A page of history may have told it already, as of a later moment.
        self.messages.entry(seq).or_insert(Known { item, as_of: seq });
    }

    /// Changes a message that is known, unless what is known of it has this in it already.
    fn change(&mut self, target: Seq, seq: Seq, change: impl FnOnce(&mut HistoryItem)) {
        if let Some(known) = self.messages.get_mut(&target).filter(|known| known.as_of < seq) {
            known.as_of = seq;
            change(&mut known.item);
        }
    }
}

/// Counts are kept in the order of code points, as history tells them.
fn react(reactions: &mut Vec<Reacted>, emoji: &str, on: bool, mine: bool) {
    let at = reactions.binary_search_by(|one| one.emoji.as_str().cmp(emoji));
    match (at, on) {
        (Ok(at), true) => {
            reactions[at].count += 1;
            reactions[at].mine |= mine;
        }
        (Err(at), true) => reactions.insert(at, Reacted { emoji: emoji.to_owned(), count: 1, mine }),
        (Ok(at), false) => {
            reactions[at].count = reactions[at].count.saturating_sub(1);
            reactions[at].mine &= !mine;
            if reactions[at].count == 0 {
                reactions.remove(at);
            }
        }
        (Err(_), false) => {}
    }
}

#[cfg(test)]
mod tests {
    use allthrive_protocol::event::{MessageEdited, Person, Reaction};
    use allthrive_protocol::{Cmid, RoomId};
    use uuid::Uuid;

    use super::*;

    fn user(n: u128) -> UserId {
        UserId(Uuid::from_u128(n))
    }

    fn person(n: u128) -> Person {
        Person { id: user(n), username: format!("user{n}"), name: format!("User {n}") }
    }

    fn event(seq: Seq, fact: Fact) -> Event {
        Event { room: Some(RoomId(Uuid::nil())), seq: Some(seq), ts: Some(1), fact }
    }

    fn message(text: &str) -> Message {
        Message { author: person(1), cmid: Cmid(Uuid::nil()), body: Some(text.into()), reply_to: None, rev: 1 }
    }

    fn puts(n: u128, on: bool) -> Fact {
        Fact::Reaction(Reaction { target: 1, user: person(n), emoji: "👍".into(), on, cmid: None })
    }

    fn view() -> View {
        let snapshot = Snapshot {
            kind: "room".into(),
            title: None,
            role: "member".into(),
            from_seq: 0,
            members: 2,
            slow_mode: 0,
            muted_until_ts: None,
            reads: BTreeMap::new(),
        };
        let mut view = View::new(user(1), snapshot, 0);
        view.apply(&event(1, Fact::MessageNew(message("hello")))).unwrap();
        view
    }

    #[test]
    fn what_history_has_already_is_not_counted_again() {
        let mut view = view();
        let reactions = vec![Reacted { emoji: "👍".into(), count: 1, mine: false }];
        let item = HistoryItem { seq: 1, ts: 1, message: message("hello"), reactions };
        view.add(HistoryPage { messages: vec![item], more: false, top: 2 });
        view.apply(&event(2, puts(2, true))).unwrap();
        assert_eq!(view.messages().next().unwrap().reactions[0].count, 1);
        view.apply(&event(3, puts(1, true))).unwrap();
        assert_eq!(view.messages().next().unwrap().reactions[0], Reacted { emoji: "👍".into(), count: 2, mine: true });
    }

    #[test]
    fn an_older_revision_does_not_come_back() {
        let mut view = view();
        let edited =
            |rev, text: &str| Fact::MessageEdited(MessageEdited { target: 1, body: Some(text.into()), rev, by: user(1), cmid: None });
        view.apply(&event(2, edited(3, "third"))).unwrap();
        view.apply(&event(3, edited(2, "second"))).unwrap();
        assert_eq!(view.messages().next().unwrap().message.body.as_deref(), Some("third"));
    }

    #[test]
    fn a_hole_changes_nothing() {
        let mut view = view();
        let before = view.clone();
        assert_eq!(view.apply(&event(3, puts(2, true))), Err(Flaw::Hole { expected: 2, told: 3 }));
        assert_eq!(view, before);
    }
}
