//! What becomes of an answer.

use allthrive_protocol::quiz::live::{AnswerStatus, Answered};
use allthrive_protocol::{Code, Refusal};

use super::admit::{no_session, person};
use super::facts::{KeptAnswer, LiveFacts, NewAnswer};
use super::{Answer, LiveUnit, PlayerState};
use crate::quiz::grade::fits;
use crate::quiz::score::{Timing, answer_time, is_late};

/// How often an answer may be changed: a bound on what one player can fill a disk with.
pub const MOST_CHANGES: usize = 60;

pub(super) fn answered(facts: &mut LiveFacts, unit: &LiveUnit, answer: &Answer) -> Result<Answered, Refusal> {
    let who = person(unit.author)?;
    let says = |status, choice, field| Answered { status, choice, field };
    let Some(player) = facts.players.get(&(unit.room, who)).filter(|player| player.state == PlayerState::Active) else {
        return Ok(says(AnswerStatus::NotEligible, None, None));
    };
    let session = &facts.sessions[&unit.room];
    let game = &session.game;
    let kept = facts.answers.get(&(unit.room, answer.q, answer.round, who)).map_or(&[][..], Vec::as_slice);
    if let Some(same) = kept.iter().find(|kept| kept.aid == unit.cmid) {
        if same.choice != answer.choice {
            return Err(Refusal::new(Code::CmidConflict, "This id was used for another answer."));
        }
        return Ok(says(AnswerStatus::Accepted, Some(same.choice.clone()), None));
    }
    let last = kept.last().map(|kept| kept.choice.clone());
    if (answer.q, answer.round) != (game.q, game.round) || game.open_for_ms(0).is_none() {
        return Ok(says(AnswerStatus::Closed, last, None));
    }
    // While it stands still nobody answers; what was read before that counts.
    if game.paused.is_some_and(|pause| game.open_for_ms(pause.elapsed_ms).is_none_or(|at| answer.raw_ms >= at)) {
        return Ok(says(AnswerStatus::Closed, last, None));
    }
    let Some(asked) = super::asked(game, &unit.quiz).filter(|asked| asked.is_answered()) else {
        return Ok(says(AnswerStatus::Closed, last, None));
    };
    let timing = Timing { raw_ms: answer.raw_ms, rtt_ms: answer.credit_ms, paused_ms: 0, outage_ms: 0, factor: player.factor };
    if is_late(&timing, asked.limit_ms, game.extend_ms) {
        return Ok(says(AnswerStatus::Late, last, None));
    }
    if let Err(invalid) = fits(&asked.form, &answer.choice) {
        return Ok(says(AnswerStatus::Invalid, last, Some(invalid.field.to_owned())));
    }
    if let Some(last) = last.filter(|_| !game.settings.may_change || kept.len() > MOST_CHANGES) {
        return Ok(says(AnswerStatus::Duplicate, Some(last), None));
    }
    let (room, q, round) = (unit.room, answer.q, answer.round);
    let n = u32::try_from(kept.len()).unwrap_or(u32::MAX);
    let t_ms = answer_time(&timing);
    let session = facts.sessions.get_mut(&room).ok_or_else(no_session)?;
    session.answers += 1;
    let (no, choice) = (session.answers, answer.choice.clone());
    facts.changes.sessions.insert(room);
    let new = NewAnswer { room, player: who, q, round, n, no, aid: unit.cmid, choice: choice.clone(), raw_ms: answer.raw_ms, t_ms };
    facts.changes.answers.push(new);
    facts.answers.entry((room, q, round, who)).or_default().push(KeptAnswer { aid: unit.cmid, choice: choice.clone() });
    Ok(says(AnswerStatus::Accepted, Some(choice), None))
}
