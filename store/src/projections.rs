//! What follows from the log: messages, reactions, members, restrictions, as writes. A batch is folded first, so
//! that each row is written once, with what holds after the last of its entries.

use std::collections::{BTreeMap, BTreeSet};

use allthrive_domain::entry::{Entry, Payload};
use allthrive_domain::room::Facts;
use allthrive_domain::time::Micros;
use allthrive_protocol::{RoomId, Seq, UserId};

use crate::engine::{Statement, Type, Value};
use crate::log::{Admitted, entries, some_rows};

type Row = Vec<Value>;

/// All of them, in the order in which they must be carried out.
pub(crate) fn writes(admitted: &[Admitted<'_>], facts: &Facts, now: Micros) -> Vec<Statement> {
    let touched = Touched::by(admitted, facts);
    let writes = [
        some_rows(touched.messages.clone(), insert_messages),
        some_rows(touched.edited.values().cloned().collect(), edit_messages),
        some_rows(keys(&touched.deleted, |at| vec![(*at).into()]), blank_messages),
        some_rows(touched.reacted.iter().map(reaction).collect(), take_reactions_away),
        some_rows(touched.put(facts), put_reactions),
        some_rows(keys(&touched.deleted, |_| Vec::new()), drop_reactions),
        some_rows(touched.left.iter().map(|(room, user)| vec![(*room).into(), (*user).into()]).collect(), remove_members),
        some_rows(touched.come(facts), insert_members),
        some_rows(touched.stay(facts), change_members),
        some_rows(touched.restricted(facts, now), restrict),
    ];
    writes.into_iter().flatten().collect()
}

type Reaction = (RoomId, Seq, String, UserId);

/// What a batch has touched, each thing once.
#[derive(Default)]
struct Touched {
    messages: Vec<Row>,
    /// The last text of each message that was edited.
    edited: BTreeMap<(RoomId, Seq), Row>,
    /// When each was taken back.
    deleted: BTreeMap<(RoomId, Seq), Micros>,
    reacted: BTreeSet<Reaction>,
    /// The last number with which each came.
    joined: BTreeMap<(RoomId, UserId), (Seq, Micros)>,
    left: BTreeSet<(RoomId, UserId)>,
    changed: BTreeSet<(RoomId, UserId)>,
    restricted: BTreeSet<(RoomId, UserId)>,
}

impl Touched {
    fn by(admitted: &[Admitted<'_>], facts: &Facts) -> Self {
        let mut touched = Self::default();
        for entry in entries(admitted) {
            touched.add(entry, facts);
        }
        touched
    }

    fn add(&mut self, entry: &Entry, facts: &Facts) {
        // A personal room tells of another one; nothing follows from it.
        if entry.payload.place().is_some() {
            return;
        }
        let (room, author) = (entry.room, entry.author.id);
        match &entry.payload {
            Payload::Message { body, reply_to, rev } => {
                let text = body.clone().into();
                let row = vec![room.into(), entry.seq.into(), author.into(), text, (*reply_to).into(), (*rev).into(), entry.at.into()];
                self.messages.push(row);
                if facts.rooms.get(&room).is_some_and(|room| room.slow_mode > 0) {
                    self.changed.insert((room, author));
                }
            }
            Payload::Edited { target, body, rev } => {
                let row = vec![room.into(), (*target).into(), body.clone().into(), (*rev).into(), entry.at.into()];
                self.edited.insert((room, *target), row);
            }
            Payload::Deleted { target } => {
                self.deleted.insert((room, *target), entry.at);
            }
            Payload::Reacted { target, emoji, .. } => {
                self.reacted.insert((room, *target, emoji.clone(), author));
            }
            Payload::Joined { user, .. } => {
                self.joined.insert((room, user.id), (entry.seq, entry.at));
            }
            Payload::Left { user, .. } => {
                self.left.insert((room, user.id));
            }
            Payload::Appointed { user, .. } => {
                self.changed.insert((room, user.id));
            }
            Payload::Muted { user, .. } | Payload::Banned { user } | Payload::Unbanned { user } => {
                self.restricted.insert((room, user.id));
            }
            // Stands with the room's top.
            Payload::SlowMode { .. } => {}
        }
    }

    /// The reactions that hold in the end, of those touched.
    fn put(&self, facts: &Facts) -> Vec<Row> {
        let holds = |(room, seq, emoji, user): &Reaction| facts.reacted.contains(&(*room, *seq, *user, emoji.clone()));
        self.reacted.iter().filter(|of| holds(of)).map(reaction).collect()
    }

    /// Who came and is still here. What was said before one joined is not unread.
    fn come(&self, facts: &Facts) -> Vec<Row> {
        let row = |((room, user), (seq, at)): (&(RoomId, UserId), &(Seq, Micros))| {
            let member = facts.members.get(&(*room, *user))?;
            let (role, from_seq) = (member.role.word().into(), member.from_seq.into());
            Some(vec![(*room).into(), (*user).into(), role, from_seq, (*seq).into(), (*seq).into(), (*at).into(), member.spoke_at.into()])
        };
        self.joined.iter().filter_map(row).collect()
    }

    /// Who was here before, still is, and is not as before.
    fn stay(&self, facts: &Facts) -> Vec<Row> {
        let others = self.changed.iter().filter(|key| !self.joined.contains_key(*key));
        let row = |(room, user): &(RoomId, UserId)| {
            let member = facts.members.get(&(*room, *user))?;
            Some(vec![(*room).into(), (*user).into(), member.role.word().into(), member.spoke_at.into()])
        };
        others.filter_map(row).collect()
    }

    fn restricted(&self, facts: &Facts, now: Micros) -> Vec<Row> {
        let row = |(room, user): &(RoomId, UserId)| {
            let restriction = facts.restrictions.get(&(*room, *user))?;
            Some(vec![(*room).into(), (*user).into(), restriction.muted_until.into(), restriction.banned.into(), now.into()])
        };
        self.restricted.iter().filter_map(row).collect()
    }
}

fn reaction((room, seq, emoji, user): &Reaction) -> Row {
    vec![(*room).into(), (*seq).into(), emoji.clone().into(), (*user).into()]
}

fn keys(of: &BTreeMap<(RoomId, Seq), Micros>, more: impl Fn(&Micros) -> Row) -> Vec<Row> {
    of.iter().map(|((room, seq), at)| [vec![(*room).into(), (*seq).into()], more(at)].concat()).collect()
}

fn insert_messages(rows: Vec<Row>) -> Statement {
    Statement::new("append messages", "INSERT INTO messages (room, seq, author, body, reply_to, rev, created_at) {rows}").list(
        &[
            ("room", Type::Uuid),
            ("seq", Type::Int),
            ("author", Type::Uuid),
            ("body", Type::Text),
            ("reply_to", Type::Int),
            ("rev", Type::Int),
            ("created_at", Type::Int),
        ],
        rows,
    )
}

fn edit_messages(rows: Vec<Row>) -> Statement {
    Statement::new(
        "edit messages",
        "UPDATE messages SET body = k.body, rev = k.rev, edited_at = k.at FROM {keys} WHERE messages.room = k.room AND messages.seq = k.seq",
    )
    .list(&[("room", Type::Uuid), ("seq", Type::Int), ("body", Type::Text), ("rev", Type::Int), ("at", Type::Int)], rows)
}

fn blank_messages(rows: Vec<Row>) -> Statement {
    Statement::new(
        "blank messages",
        "UPDATE messages SET body = NULL, deleted_at = k.at FROM {keys} WHERE messages.room = k.room AND messages.seq = k.seq",
    )
    .list(&[("room", Type::Uuid), ("seq", Type::Int), ("at", Type::Int)], rows)
}

const REACTION: &[(&str, Type)] = &[("room", Type::Uuid), ("seq", Type::Int), ("emoji", Type::Text), ("user_id", Type::Uuid)];

/// Every one that was touched goes first: the same may have been put, taken away and put again.
fn take_reactions_away(rows: Vec<Row>) -> Statement {
    Statement::new(
        "take reactions away",
        "DELETE FROM reactions WHERE (room, seq, emoji, user_id) IN (SELECT k.room, k.seq, k.emoji, k.user_id FROM {keys})",
    )
    .list(REACTION, rows)
}

fn put_reactions(rows: Vec<Row>) -> Statement {
    Statement::new("put reactions", "INSERT INTO reactions (room, seq, emoji, user_id) {rows}").list(REACTION, rows)
}

fn drop_reactions(rows: Vec<Row>) -> Statement {
    Statement::new("drop reactions", "DELETE FROM reactions WHERE (room, seq) IN (SELECT k.room, k.seq FROM {keys})")
        .list(&[("room", Type::Uuid), ("seq", Type::Int)], rows)
}

fn remove_members(rows: Vec<Row>) -> Statement {
    Statement::new("remove members", "DELETE FROM members WHERE (room, user_id) IN (SELECT k.room, k.user_id FROM {keys})")
        .list(&[("room", Type::Uuid), ("user_id", Type::Uuid)], rows)
}

fn change_members(rows: Vec<Row>) -> Statement {
    Statement::new(
        "change members",
        "UPDATE members SET role = k.role, spoke_at = k.spoke_at FROM {keys} WHERE members.room = k.room AND members.user_id = k.user_id",
    )
    .list(&[("room", Type::Uuid), ("user_id", Type::Uuid), ("role", Type::Text), ("spoke_at", Type::Int)], rows)
}

/// New rows of members.
pub(crate) fn insert_members(rows: Vec<Row>) -> Statement {
    Statement::new(
        "append members",
        "INSERT INTO members (room, user_id, role, from_seq, joined_seq, read_seq, joined_at, spoke_at) {rows}",
    )
    .list(
        &[
            ("room", Type::Uuid),
            ("user_id", Type::Uuid),
            ("role", Type::Text),
            ("from_seq", Type::Int),
            ("joined_seq", Type::Int),
            ("read_seq", Type::Int),
            ("joined_at", Type::Int),
            ("spoke_at", Type::Int),
        ],
        rows,
    )
}

/// Mutes and bans as they hold in the end.
fn restrict(rows: Vec<Row>) -> Statement {
    Statement::new(
        "restrict",
        "INSERT INTO restrictions (room, user_id, muted_until, banned, changed_at) {rows}
         ON CONFLICT (room, user_id) DO UPDATE SET muted_until = excluded.muted_until, banned = excluded.banned, changed_at = excluded.changed_at",
    )
    .list(
        &[("room", Type::Uuid), ("user_id", Type::Uuid), ("muted_until", Type::Int), ("banned", Type::Int), ("changed_at", Type::Int)],
        rows,
    )
}
