//! From the payload of a command to a deed: texts are checked here, rights are decided under the room's lock.

use allthrive_domain::names::{Body, Emoji, Line, Unfit};
use allthrive_domain::unit::{Admit, Appoint, Ban, Deed, Delete, Edit, Mute, React, Remove, Role, SlowDown, Speak, Unban};
use allthrive_protocol::command::{
    MemberRole, MessageDelete, MessageEdit, MessageSend, ModerationMute, ModerationSlowMode, Named, NamedWhy, ReactionSet,
};
use allthrive_protocol::{Code, MAX_REASON_CHARS, Refusal, UserId};

type Checked = Result<Deed, Refusal>;

pub(super) fn send(send: MessageSend) -> Checked {
    Ok(Deed::Speak(Speak { body: body(send.body)?, reply_to: send.reply_to }))
}

pub(super) fn edit(edit: MessageEdit) -> Checked {
    Ok(Deed::Edit(Edit { target: edit.target, rev: edit.rev, body: body(edit.body)? }))
}

pub(super) fn delete(delete: MessageDelete) -> Checked {
    Ok(Deed::Delete(Delete { target: delete.target }))
}

pub(super) fn react(react: &ReactionSet) -> Checked {
    let emoji = Emoji::parse(&react.emoji).map_err(unfit)?.as_str().to_owned();
    Ok(Deed::React(React { target: react.target, emoji, on: react.on }))
}

/// `member.join`: the author admits itself.
pub(super) fn join(user: UserId) -> Checked {
    Ok(Deed::Admit(Admit { user }))
}

pub(super) fn add(named: Named) -> Checked {
    Ok(Deed::Admit(Admit { user: named.user }))
}

pub(super) fn remove(named: NamedWhy) -> Checked {
    Ok(Deed::Remove(Remove { user: named.user, reason: reason(named.reason)? }))
}

pub(super) fn appoint(appoint: &MemberRole) -> Checked {
    let role = Role::parse(&appoint.role).ok_or_else(|| bad("A role is owner, moderator or member."))?;
    Ok(Deed::Appoint(Appoint { user: appoint.user, role }))
}

pub(super) fn mute(mute: ModerationMute) -> Checked {
    Ok(Deed::Mute(Mute { user: mute.user, seconds: mute.seconds, reason: reason(mute.reason)? }))
}

pub(super) fn slow_down(slow: ModerationSlowMode) -> Checked {
    Ok(Deed::SlowDown(SlowDown { seconds: slow.seconds }))
}

pub(super) fn ban(named: NamedWhy) -> Checked {
    Ok(Deed::Ban(Ban { user: named.user, reason: reason(named.reason)? }))
}

pub(super) fn unban(named: Named) -> Checked {
    Ok(Deed::Unban(Unban { user: named.user }))
}

fn body(text: String) -> Result<String, Refusal> {
    Ok(Body::parse(text).map_err(unfit)?.into_string())
}

fn reason(text: Option<String>) -> Result<Option<String>, Refusal> {
    text.map(|text| Ok(Line::parse(&text, MAX_REASON_CHARS).map_err(unfit)?.as_str().to_owned())).transpose()
}

fn unfit(unfit: Unfit) -> Refusal {
    bad(unfit.0)
}

fn bad(sentence: &'static str) -> Refusal {
    Refusal::new(Code::BadRequest, sentence)
}
