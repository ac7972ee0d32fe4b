//! From one inbound message to the commands in it. Everything a stranger sends comes by here.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::{Command, Events, History, Malformed, Request};
use crate::error::{Code, Refusal};
use crate::id::RoomId;
use crate::quiz::ask::{Ask, MAX_ANSWER_BYTES};
use crate::{MAX_BATCH, MAX_EVENTS, MAX_HISTORY};

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
        "quiz.join" => Command::Quiz(room()?, Ask::Join(payload(id, raw.d)?)),
        "quiz.leave" => Command::Quiz(room()?, Ask::Leave),
        "quiz.rename" => Command::Quiz(room()?, Ask::Rename(payload(id, raw.d)?)),
        "quiz.answer" => Command::Quiz(room()?, Ask::Answer(payload(id, up_to(MAX_ANSWER_BYTES, id, raw.d)?)?)),
        "quiz.react" => Command::Quiz(room()?, Ask::React(payload(id, raw.d)?)),
        "quiz.time" => Command::Quiz(room()?, Ask::Time(payload(id, raw.d)?)),
        "quiz.control" => Command::Quiz(room()?, Ask::Control(payload(id, raw.d)?)),
        "quiz.moderate" => Command::Quiz(room()?, Ask::Moderate(payload(id, raw.d)?)),
        "quiz.sync" => Command::Quiz(room()?, Ask::Sync),
        "quiz.players" => Command::Quiz(room()?, Ask::Players(payload(id, raw.d)?)),
        "quiz.board" => Command::Quiz(room()?, Ask::Board(payload(id, raw.d)?)),
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

/// The payload, if it has no more bytes than that.
fn up_to(most: usize, id: Option<u64>, d: Option<&RawValue>) -> Result<Option<&RawValue>, Malformed> {
    if d.is_some_and(|d| d.get().len() > most) {
        return Err(Malformed { id, refusal: Refusal::new(Code::TooLarge, format!("\"d\" has {most} bytes at most.")) });
    }
    Ok(d)
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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

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
    fn an_answer_has_two_kib_and_not_a_byte_more() {
        let room = Uuid::nil();
        let around = format!(r#"{{"cmid":"{room}","q":0,"round":0,"choice":{{"text":""}}}}"#).len();
        let answer = |bytes: usize| {
            let text = "x".repeat(bytes - around);
            format!(r#"{{"op":"quiz.answer","room":"{room}","d":{{"cmid":"{room}","q":0,"round":0,"choice":{{"text":"{text}"}}}}}}"#)
        };
        assert!(read_message(&answer(MAX_ANSWER_BYTES))[0].is_ok());
        assert_eq!(code(&answer(MAX_ANSWER_BYTES + 1)), Code::TooLarge);
    }

    #[test]
    fn both_ends_of_history_are_refused() {
        let room = Uuid::nil();
        assert_eq!(code(&format!(r#"{{"op":"history","room":"{room}","d":{{"after":1,"before":2}}}}"#)), Code::BadRequest);
    }
}
