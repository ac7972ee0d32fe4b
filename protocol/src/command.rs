//! What a client may ask for. One variant per command, no wildcard anywhere.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::error::{Code, Refusal};
use crate::id::{Cmid, RoomId, Seq, UserId};
use crate::presence::AskPresence;
use crate::{MAX_BATCH, MAX_EVENTS, MAX_HISTORY};
#[cfg(feature = "schema")]
use crate::{MAX_BODY_CHARS, MAX_MUTE_SECONDS, MAX_REASON_CHARS, MAX_SLOW_MODE_SECONDS};

/// One command with the id that its reply echoes. Without an id there is no reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Chosen by the client, rising.
    pub id: Option<u64>,
    /// What is asked.
    pub command: Command,
}

/// A command that cannot be understood; answered under its id where there is one.
#[derive(Debug, Clone, PartialEq)]
pub struct Malformed {
    /// The id, if the frame had one.
    pub id: Option<u64>,
    /// What is wrong with it.
    pub refusal: Refusal,
}

/// Everything a connection can be asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Always first: who I am, what I have, what I want to hear.
    Hello(Hello),
    /// A fresh ticket for the same account, before the credential expires.
    AuthRefresh(AuthRefresh),
    /// Hear a room on this connection.
    RoomSubscribe(RoomId, Subscribe),
    /// Hear it no more.
    RoomUnsubscribe(RoomId),
    /// Say something.
    MessageSend(RoomId, MessageSend),
    /// Change the text of an own message.
    MessageEdit(RoomId, MessageEdit),
    /// Take a message back.
    MessageDelete(RoomId, MessageDelete),
    /// Put a reaction to a message, or take it away.
    ReactionSet(RoomId, ReactionSet),
    /// Become a member of a public room.
    MemberJoin(RoomId, Marked),
    /// Be a member no more.
    MemberLeave(RoomId, Marked),
    /// Make somebody a member.
    MemberAdd(RoomId, Named),
    /// Take a member out; they may come back.
    MemberRemove(RoomId, NamedWhy),
    /// Give a member a role.
    MemberRole(RoomId, MemberRole),
    /// Let a member not write for a time.
    ModerationMute(RoomId, ModerationMute),
    /// How long members pause between two messages.
    ModerationSlowMode(RoomId, ModerationSlowMode),
    /// Take somebody out for good.
    ModerationBan(RoomId, NamedWhy),
    /// Let somebody come back.
    ModerationUnban(RoomId, Named),
    /// I am writing.
    Typing(RoomId),
    /// Everything up to here is read.
    Read(RoomId, Read),
    /// States of messages, for reading.
    History(RoomId, History),
    /// The log, for catching up.
    Events(RoomId, Events),
    /// Who is here now.
    Presence(RoomId, AskPresence),
    /// Is anybody there?
    Ping,
}

/// `hello`: resume what the connection before this one had, and subscribe.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Hello {
    /// The last `seq` of each room that this client has applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resume: Vec<Resume>,
    /// The epoch under which these numbers were learnt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history_epoch: Option<Uuid>,
    /// Which rooms to hear live; rooms in `resume` are heard in any case.
    #[serde(default)]
    pub subscribe: Wanted,
    /// What this client understands beyond the base protocol; unknown ones are ignored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<String>,
    /// A ticket, where neither a cookie nor a header could be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
}

/// Where a client stands in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Resume {
    /// The room.
    pub room: RoomId,
    /// The last `seq` applied.
    pub seq: Seq,
}

/// `"all"` or a list of rooms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Wanted {
    /// Every room of the account.
    All(All),
    /// These and no other.
    Rooms(Vec<RoomId>),
}

/// The word `"all"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum All {
    /// `"all"`
    All,
}

impl Default for Wanted {
    fn default() -> Self {
        Self::Rooms(Vec::new())
    }
}

impl Wanted {
    /// `"all"`.
    #[must_use]
    pub fn all() -> Self {
        Self::All(All::All)
    }
}

/// `auth.refresh`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuthRefresh {
    /// From `POST /api/v1/auth/ws-ticket`, for the same account.
    pub ticket: String,
}

/// `room.subscribe`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Subscribe {
    /// The last `seq` applied; without it the subscription begins at the top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Seq>,
}

/// `message.send`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MessageSend {
    /// Made once for this message; a retry carries the same.
    pub cmid: Cmid,
    /// 1 to 4,000 characters.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_BODY_CHARS)))]
    pub body: String,
    /// The `seq` of the message this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
}

/// `message.edit`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MessageEdit {
    /// Made once for this edit; a retry carries the same.
    pub cmid: Cmid,
    /// The message: the `seq` of its `message.new`.
    pub target: Seq,
    /// The revision that is replaced; another one is `rev_conflict`.
    pub rev: u32,
    /// 1 to 4,000 characters.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_BODY_CHARS)))]
    pub body: String,
}

/// `message.delete`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MessageDelete {
    /// Made once for this write; a retry carries the same.
    pub cmid: Cmid,
    /// The message: the `seq` of its `message.new`.
    pub target: Seq,
}

/// `reaction.set`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReactionSet {
    /// Made once for this write; a retry carries the same.
    pub cmid: Cmid,
    /// The message: the `seq` of its `message.new`.
    pub target: Seq,
    /// One emoji.
    pub emoji: String,
    /// Whether it is there after this.
    pub on: bool,
}

/// `member.join`, `member.leave`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Marked {
    /// Made once for this write; a retry carries the same.
    pub cmid: Cmid,
}

/// `member.add`, `moderation.unban`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Named {
    /// Made once for this write; a retry carries the same.
    pub cmid: Cmid,
    /// Whom.
    pub user: UserId,
}

/// `member.remove`, `moderation.ban`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NamedWhy {
    /// Made once for this write; a retry carries the same.
    pub cmid: Cmid,
    /// Whom.
    pub user: UserId,
    /// Why: 1 to 200 characters, told to that account and to the audit trail alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_REASON_CHARS)))]
    pub reason: Option<String>,
}

/// `member.role`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MemberRole {
    /// Made once for this write; a retry carries the same.
    pub cmid: Cmid,
    /// Whom.
    pub user: UserId,
    /// `owner`, `moderator` or `member`. Who gives `owner` away is a moderator after it.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["owner", "moderator", "member"])))]
    pub role: String,
}

/// `moderation.mute`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModerationMute {
    /// Made once for this write; a retry carries the same.
    pub cmid: Cmid,
    /// Whom.
    pub user: UserId,
    /// For how long from the decision on: up to 28 days; 0 lets that member write again.
    #[cfg_attr(feature = "schema", schemars(range(max = MAX_MUTE_SECONDS)))]
    pub seconds: u32,
    /// Why: 1 to 200 characters, told to that account and to the audit trail alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_REASON_CHARS)))]
    pub reason: Option<String>,
}

/// `moderation.slow_mode`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModerationSlowMode {
    /// Made once for this write; a retry carries the same.
    pub cmid: Cmid,
    /// The pause between two messages of a member: up to six hours; 0 is none.
    #[cfg_attr(feature = "schema", schemars(range(max = MAX_SLOW_MODE_SECONDS)))]
    pub seconds: u32,
}

/// `read`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Read {
    /// Everything up to and including this is read; it only rises.
    pub seq: Seq,
}

/// `history`: before or after a `seq`, exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct History {
    /// Messages below this, the newest of them; `null` in both means from the top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Seq>,
    /// Messages above this, the oldest of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Seq>,
    /// 1 to 100, 50 unless told.
    #[serde(default = "half_history")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = MAX_HISTORY)))]
    pub limit: u32,
}

/// `events`: the log after a `seq`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Events {
    /// The last `seq` applied.
    pub after: Seq,
    /// 1 to 200, 200 unless told; a page may end sooner.
    #[serde(default = "whole_page")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = MAX_EVENTS)))]
    pub limit: u32,
}

fn half_history() -> u32 {
    MAX_HISTORY / 2
}

fn whole_page() -> u32 {
    MAX_EVENTS
}

/// The envelope before its payload is understood.
#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(default)]
    id: Option<u64>,
    #[serde(default, borrow)]
    op: Option<std::borrow::Cow<'a, str>>,
    #[serde(default)]
    room: Option<RoomId>,
    #[serde(default, borrow)]
    d: Option<&'a RawValue>,
}

/// Only the id, for a frame whose other fields are wrong.
#[derive(Deserialize)]
struct OnlyId {
    #[serde(default)]
    id: Option<u64>,
}

/// Reads one inbound message: an object, or an array of up to [`MAX_BATCH`], answered one by one.
///
/// Never fails as a whole where a part can be understood; unknown fields are ignored, U+0000
/// anywhere is `bad_request` (Postgres cannot store it).
#[must_use]
pub fn read_message(text: &str) -> Vec<Result<Request, Malformed>> {
    if !text.trim_start().starts_with('[') {
        return vec![read_one(text)];
    }
    match serde_json::from_str::<Vec<&RawValue>>(text) {
        Ok(items) if items.len() > MAX_BATCH => vec![Err(Malformed {
            id: None,
            refusal: Refusal::new(Code::TooLarge, format!("At most {MAX_BATCH} commands in one message.")),
        })],
        Ok(items) => items.into_iter().map(|item| read_one(item.get())).collect(),
        Err(_) => vec![Err(bad(None, "The message is not JSON."))],
    }
}

fn read_one(text: &str) -> Result<Request, Malformed> {
    if holds_nul(text) {
        return Err(bad(id_of(text), "The character U+0000 is not allowed."));
    }
    let raw: Raw<'_> = serde_json::from_str(text).map_err(|_| bad(id_of(text), "The command is not a JSON object of the known shape."))?;
    let id = raw.id;
    let op = raw.op.as_deref().ok_or_else(|| bad(id, "The command has no \"op\"."))?;
    let room = || raw.room.ok_or_else(|| bad(id, "The command needs a \"room\"."));
    let command = match op {
        "hello" => Command::Hello(payload(id, raw.d)?),
        "auth.refresh" => Command::AuthRefresh(payload(id, raw.d)?),
        "room.subscribe" => Command::RoomSubscribe(room()?, payload(id, raw.d)?),
        "room.unsubscribe" => Command::RoomUnsubscribe(room()?),
        "message.send" => Command::MessageSend(room()?, payload(id, raw.d)?),
        "message.edit" => Command::MessageEdit(room()?, payload(id, raw.d)?),
        "message.delete" => Command::MessageDelete(room()?, payload(id, raw.d)?),
        "reaction.set" => Command::ReactionSet(room()?, payload(id, raw.d)?),
        "member.join" => Command::MemberJoin(room()?, payload(id, raw.d)?),
        "member.leave" => Command::MemberLeave(room()?, payload(id, raw.d)?),
        "member.add" => Command::MemberAdd(room()?, payload(id, raw.d)?),
        "member.remove" => Command::MemberRemove(room()?, payload(id, raw.d)?),
        "member.role" => Command::MemberRole(room()?, payload(id, raw.d)?),
        "moderation.mute" => Command::ModerationMute(room()?, payload(id, raw.d)?),
        "moderation.slow_mode" => Command::ModerationSlowMode(room()?, payload(id, raw.d)?),
        "moderation.ban" => Command::ModerationBan(room()?, payload(id, raw.d)?),
        "moderation.unban" => Command::ModerationUnban(room()?, payload(id, raw.d)?),
        "typing" => Command::Typing(room()?),
        "read" => Command::Read(room()?, payload(id, raw.d)?),
        "history" => Command::History(room()?, payload::<History>(id, raw.d)?.checked(id)?),
        "events" => Command::Events(room()?, payload::<Events>(id, raw.d)?.checked(id)?),
        "presence" => Command::Presence(room()?, payload(id, raw.d)?),
        "ping" => Command::Ping,
        _ => return Err(Malformed { id, refusal: Refusal::new(Code::UnknownOp, "This server does not know that command.") }),
    };
    Ok(Request { id, command })
}

impl History {
    fn checked(self, id: Option<u64>) -> Result<Self, Malformed> {
        if self.before.is_some() && self.after.is_some() {
            return Err(bad(id, "\"history\" takes \"before\" or \"after\", not both."));
        }
        if self.limit == 0 || self.limit > MAX_HISTORY {
            return Err(bad(id, &format!("\"limit\" is 1 to {MAX_HISTORY}.")));
        }
        Ok(self)
    }
}

impl Events {
    fn checked(self, id: Option<u64>) -> Result<Self, Malformed> {
        if self.limit == 0 || self.limit > MAX_EVENTS {
            return Err(bad(id, &format!("\"limit\" is 1 to {MAX_EVENTS}.")));
        }
        Ok(self)
    }
}

fn payload<T: DeserializeOwned>(id: Option<u64>, d: Option<&RawValue>) -> Result<T, Malformed> {
    serde_json::from_str(d.map_or("{}", RawValue::get))
        .map_err(|error| bad(id, &format!("\"d\" is not what this command takes: {}.", plain(&error))))
}

/// What serde says, without the position inside our own buffer.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

fn id_of(text: &str) -> Option<u64> {
    serde_json::from_str::<OnlyId>(text).ok().and_then(|only| only.id)
}

/// Whether an escape `\u0000` stands in the text (a raw NUL is not JSON to begin with).
#[must_use]
pub fn holds_nul(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        if bytes[at..].starts_with(br"\u0000") {
            return true;
        }
        at += 2;
    }
    false
}

fn bad(id: Option<u64>, message: &str) -> Malformed {
    Malformed { id, refusal: Refusal::new(Code::BadRequest, message) }
}

/// A command as a client writes it; the counterpart of [`read_message`].
#[derive(Debug, Clone, Serialize)]
pub struct Outgoing<'a, D: Serialize> {
    /// Echoed by the reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// The command's name.
    pub op: &'a str,
    /// The room it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
    /// Its payload.
    pub d: D,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Code {
        read_message(text).remove(0).unwrap_err().refusal.code
    }

    #[test]
    fn an_escaped_backslash_before_u0000_is_plain_text() {
        let text = r#"{"id":1,"op":"auth.refresh","d":{"ticket":"\\u0000"}}"#;
        assert!(read_message(text)[0].is_ok());
    }

    #[test]
    fn a_nul_is_refused_under_its_id() {
        let text = r#"{"id":9,"op":"auth.refresh","d":{"ticket":"a\u0000b"}}"#;
        let refused = read_message(text).remove(0).unwrap_err();
        assert_eq!((refused.id, refused.refusal.code), (Some(9), Code::BadRequest));
    }

    #[test]
    fn a_wrong_room_keeps_the_id() {
        let refused = read_message(r#"{"id":3,"op":"read","room":"no","d":{"seq":1}}"#).remove(0).unwrap_err();
        assert_eq!(refused.id, Some(3));
    }

    #[test]
    fn a_batch_is_answered_one_by_one() {
        let parts = read_message(r#"[{"id":1,"op":"ping"},{"id":2,"op":"fly"},7]"#);
        assert!(parts[0].is_ok());
        assert_eq!(parts[1].as_ref().unwrap_err().refusal.code, Code::UnknownOp);
        assert_eq!(parts[2].as_ref().unwrap_err().refusal.code, Code::BadRequest);
    }

    #[test]
    fn a_batch_holds_64_and_not_65() {
        let batch = |n: usize| format!("[{}]", vec![r#"{"op":"ping"}"#; n].join(","));
        assert_eq!(read_message(&batch(64)).len(), 64);
        assert_eq!(code(&batch(65)), Code::TooLarge);
    }

    #[test]
    fn limits_hold_at_n_and_not_at_n_plus_1() {
        let room = Uuid::nil();
        let ask = |op: &str, n: u32| format!(r#"{{"op":"{op}","room":"{room}","d":{{"after":0,"limit":{n}}}}}"#);
        for (op, most) in [("history", MAX_HISTORY), ("events", MAX_EVENTS)] {
            assert!(read_message(&ask(op, most))[0].is_ok());
            assert_eq!(code(&ask(op, most + 1)), Code::BadRequest);
            assert_eq!(code(&ask(op, 0)), Code::BadRequest);
        }
    }

    #[test]
    fn both_ends_of_history_are_refused() {
        let room = Uuid::nil();
        assert_eq!(code(&format!(r#"{{"op":"history","room":"{room}","d":{{"after":1,"before":2}}}}"#)), Code::BadRequest);
    }
}
