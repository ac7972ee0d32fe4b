//! Life on a connection that says nothing.

use std::time::{Duration, Instant};

use serde_json::json;

use super::super::fault::{Outcome, holds, same};
use super::super::stage::{MIRA, Stage};

super::cases! {
    within 90 s, spends false:
    "Heartbeat":
        the_server_pings_as_often_as_the_welcome_says,
        who_answers_no_ping_is_closed_with_4009;
}

/// Beyond what is promised: a machine may be busy.
const GRACE: Duration = Duration::from_secs(10);

async fn the_server_pings_as_often_as_the_welcome_says(s: Stage) -> Outcome {
    let (mut talk, welcome) = s.greet(MIRA, json!({})).await?;
    let until = Instant::now() + Duration::from_millis(welcome["ping_ms"].as_u64().unwrap_or(0)) + GRACE;
    while talk.pings == 0 {
        holds!(Instant::now() < until, "no ping came within {} ms", welcome["ping_ms"]);
        talk.said_within(Duration::from_millis(200)).await?;
    }
    talk.ok("ping", None, json!({})).await.map(drop)
}

async fn who_answers_no_ping_is_closed_with_4009(s: Stage) -> Outcome {
    let (mut talk, _) = s.greet(MIRA, json!({})).await?;
    talk.answers_pings = false;
    let began = Instant::now();
    same!("the code", talk.closed_within(Duration::from_secs(35) + GRACE).await?, 4009);
    holds!(began.elapsed() > Duration::from_secs(30), "closed after {:?} already", began.elapsed());
    Ok(())
}
