//! What an account may do, to the last of it.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;
use uuid::Uuid;

use super::super::fault::{Outcome, holds, same};
use super::super::stage::{MIRA, NOA, Stage};
use super::super::talk::refusal;

super::cases! {
    within 60 s, spends true:
    "Limits":
        as_many_writes_at_once_as_the_welcome_says_are_taken_and_those_beyond_are_rate_limited,
        who_goes_on_after_fifty_refusals_is_closed_with_4013;
    "Heartbeat":
        more_than_a_hundred_control_frames_within_ten_seconds_are_closed_with_4013;
}

/// Writes sent beyond the limit: while they come in, one more may become free.
const BEYOND: u64 = 3;

async fn as_many_writes_at_once_as_the_welcome_says_are_taken_and_those_beyond_are_rate_limited(s: Stage) -> Outcome {
    let room = s.room(&[]).await?;
    let (mut talk, welcome) = s.greet(MIRA, json!({})).await?;
    let at_once = welcome["limits"]["send_burst"].as_u64().unwrap_or(0);
    holds!(at_once <= 100, "a server whose limit is above a hundred writes at once shows nothing here: {welcome}");
    let sends: Vec<_> = (101..)
        .take(usize::try_from(at_once + BEYOND).unwrap_or(0))
        .map(|id| {
            let d = json!({"cmid": Uuid::new_v4(), "body": "quick"});
            json!({"id": id, "op": "message.send", "room": room, "d": d})
        })
        .collect();
    talk.text(&json!(sends).to_string()).await;
    let mut refused = None;
    for id in (101..).take(sends.len()) {
        let reply = talk.reply(id).await?;
        if reply["ok"].is_object() {
            continue;
        }
        holds!(id > 100 + at_once, "of {at_once} writes at once the {}th is refused: {reply}", id - 100);
        let error = refusal(&reply, "rate_limited")?;
        holds!(error["retry"] == true && error["after_ms"].as_u64() >= Some(1), "it says when to come again: {reply}");
        refused = refused.or(error["after_ms"].as_u64());
    }
    let Some(pause) = refused else { super::super::fault::broken!("{} writes at once were taken, {at_once} are permitted", sends.len()) };
    sleep(Duration::from_millis(pause) * 2).await;
    let before = talk.ok("history", room, json!({"limit": 1})).await?["top"].as_u64().unwrap_or(0);
    same!("the number of a write after the pause", talk.message(room, "slower").await?, before + 1);
    Ok(())
}

async fn who_goes_on_after_fifty_refusals_is_closed_with_4013(s: Stage) -> Outcome {
    let (mut talk, welcome) = s.greet(NOA, json!({})).await?;
    let a_second = welcome["limits"]["commands_per_second"].as_u64().unwrap_or(0);
    holds!(a_second <= 1_000, "a server whose limit is above a thousand commands a second shows nothing here: {welcome}");
    // What is refused is not counted, so the account is not too fast as a whole.
    for _ in 0..a_second * 2 + 100 {
        talk.say("ping", None, json!({})).await;
    }
    talk.is_closed(4013).await
}

async fn more_than_a_hundred_control_frames_within_ten_seconds_are_closed_with_4013(s: Stage) -> Outcome {
    let (mut talk, _) = s.greet(NOA, json!({})).await?;
    for _ in 0..102 {
        talk.frame(0x89, b"").await;
    }
    talk.is_closed(4013).await
}
