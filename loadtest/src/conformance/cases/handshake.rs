//! Getting a connection, and `hello`.

use std::time::{Duration, Instant};

use allthrive_protocol::SUBPROTOCOL;
use serde_json::json;
use uuid::Uuid;

use super::super::fault::{Outcome, holds, same};
use super::super::stage::{MIRA, Stage, ZOE};
use super::super::wire::Wire;

super::cases! {
    within 30 s, spends false:
    "Connecting":
        the_subprotocol_is_answered_and_the_ticket_beside_it_is_not,
        without_our_subprotocol_a_request_is_refused_with_400,
        what_is_no_websocket_is_refused_with_400,
        a_ticket_opens_one_connection_and_the_next_is_closed_with_4050,
        a_ticket_in_hello_serves_too,
        who_has_no_credential_is_closed_with_4050,
        a_page_of_a_foreign_origin_is_closed_with_4105,
        another_command_before_hello_is_closed_with_4100,
        no_hello_within_five_seconds_is_closed_with_4100;
    "Commands":
        the_welcome_tells_who_one_is_and_what_holds,
        a_second_hello_is_refused_and_the_first_still_holds,
        what_is_sent_right_behind_hello_is_carried_out_after_the_welcome,
        ping_is_answered_with_the_time_of_the_server;
}

const PROTOCOL: (&str, &str) = ("Sec-WebSocket-Protocol", SUBPROTOCOL);

async fn the_subprotocol_is_answered_and_the_ticket_beside_it_is_not(s: Stage) -> Outcome {
    let ticket = s.ticket(MIRA).await?;
    let offer = format!("{SUBPROTOCOL}, ticket.{ticket}");
    let extension = ("Sec-WebSocket-Extensions", "permessage-deflate");
    let talk = s.opened(MIRA, &[("Sec-WebSocket-Protocol", &offer), extension]).await?;
    let value = |wanted: &str| {
        let lines = talk.head.lines().filter_map(|line| line.split_once(':'));
        lines.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    };
    same!("the subprotocol of the answer", value("sec-websocket-protocol"), Some(SUBPROTOCOL));
    same!("the answer to our key", value("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    same!("the extensions of the answer", value("sec-websocket-extensions"), None::<&str>);
    holds!(!talk.head.contains(&ticket), "the answer tells the ticket");
    Ok(())
}

async fn without_our_subprotocol_a_request_is_refused_with_400(s: Stage) -> Outcome {
    for headers in [&[][..], &[("Sec-WebSocket-Protocol", "chat.v9")]] {
        same!("the status", s.open(MIRA, headers).await?.err(), Some(400));
    }
    Ok(())
}

async fn what_is_no_websocket_is_refused_with_400(s: Stage) -> Outcome {
    let request = format!("GET /v1/ws HTTP/1.1\r\nHost: {}\r\n\r\n", s.address);
    let answer = Wire::request("mira", &s.address, &request, s.trace).await?;
    same!("the status", answer.err(), Some(400));
    Ok(())
}

async fn a_ticket_opens_one_connection_and_the_next_is_closed_with_4050(s: Stage) -> Outcome {
    let offer = format!("{SUBPROTOCOL}, ticket.{}", s.ticket(MIRA).await?);
    let headers = [("Sec-WebSocket-Protocol", offer.as_str())];
    let mut first = s.opened(MIRA, &headers).await?;
    let welcome = first.ok("hello", None, json!({})).await?;
    same!("the principal", welcome["principal"], s.id(MIRA));
    let mut second = s.opened(MIRA, &headers).await?;
    second.say("hello", None, json!({})).await;
    second.is_closed(4050).await
}

async fn a_ticket_in_hello_serves_too(s: Stage) -> Outcome {
    let ticket = s.ticket(ZOE).await?;
    let mut talk = s.opened(ZOE, &[PROTOCOL]).await?;
    let welcome = talk.ok("hello", None, json!({"ticket": ticket})).await?;
    same!("the principal", welcome["principal"], s.id(ZOE));
    Ok(())
}

async fn who_has_no_credential_is_closed_with_4050(s: Stage) -> Outcome {
    let offer = format!("{SUBPROTOCOL}, ticket.{}", "A".repeat(43));
    for headers in [&[PROTOCOL][..], &[("Sec-WebSocket-Protocol", offer.as_str())]] {
        let mut talk = s.opened(MIRA, headers).await?;
        talk.say("hello", None, json!({})).await;
        talk.is_closed(4050).await?;
    }
    Ok(())
}

async fn a_page_of_a_foreign_origin_is_closed_with_4105(s: Stage) -> Outcome {
    let offer = format!("{SUBPROTOCOL}, ticket.{}", s.ticket(MIRA).await?);
    let headers = [("Sec-WebSocket-Protocol", offer.as_str()), ("Origin", "https://foreign.example")];
    s.opened(MIRA, &headers).await?.is_closed(4105).await
}

async fn another_command_before_hello_is_closed_with_4100(s: Stage) -> Outcome {
    let mut talk = s.connect(MIRA).await?;
    talk.say("ping", None, json!({})).await;
    talk.is_closed(4100).await
}

async fn no_hello_within_five_seconds_is_closed_with_4100(s: Stage) -> Outcome {
    let mut talk = s.connect(MIRA).await?;
    let began = Instant::now();
    let code = talk.closed_within(Duration::from_secs(15)).await?;
    same!("the code", code, 4100);
    holds!(began.elapsed() >= Duration::from_secs(4), "closed after {:?} already", began.elapsed());
    Ok(())
}

async fn the_welcome_tells_who_one_is_and_what_holds(s: Stage) -> Outcome {
    let (room, unknown) = (s.room(&[]).await?, Uuid::new_v4());
    let hello = json!({"subscribe": [room, unknown], "caps": ["something-later"], "later": {"x": 1}});
    let (_talk, welcome) = s.greet(MIRA, hello).await?;
    same!("the principal", welcome["principal"], s.id(MIRA));
    for uuid in ["conn", "history_epoch"] {
        holds!(welcome[uuid].as_str().is_some_and(|text| text.parse::<Uuid>().is_ok()), "the welcome has a UUID as {uuid}: {welcome}");
    }
    holds!(welcome["server_ts"].as_u64().is_some_and(|ts| ts > 1_600_000_000_000), "server_ts is in milliseconds: {welcome}");
    holds!(welcome["ping_ms"].as_u64() >= Some(1), "the welcome tells ping_ms: {welcome}");
    for limit in ["max_frame_bytes", "max_batch", "max_body_chars", "sends_per_second", "send_burst", "commands_per_second"] {
        holds!(welcome["limits"][limit].as_u64() >= Some(1), "the welcome tells {limit}: {welcome}");
    }
    let Some(lines) = welcome["rooms"].as_array() else { super::super::fault::broken!("the welcome has rooms: {welcome}") };
    let state = |room: &serde_json::Value| lines.iter().find(|line| line["room"] == *room).map(|line| line["state"].clone());
    same!("how many rooms the welcome tells of", lines.len(), 3);
    same!("the state of the personal room", state(&json!(s.personal(MIRA))), Some("resumed"));
    same!("the state of the room", state(&json!(room)), Some("resumed"));
    same!("the state of a room that is not there", state(&json!(unknown)), Some("gone"));
    Ok(())
}

async fn a_second_hello_is_refused_and_the_first_still_holds(s: Stage) -> Outcome {
    let (mut talk, _) = s.greet(MIRA, json!({})).await?;
    talk.refused("hello", None, json!({}), "bad_request").await?;
    talk.ok("ping", None, json!({})).await.map(drop)
}

async fn what_is_sent_right_behind_hello_is_carried_out_after_the_welcome(s: Stage) -> Outcome {
    let mut talk = s.connect(MIRA).await?;
    let hello = talk.say("hello", None, json!({})).await;
    let ping = talk.say("ping", None, json!({})).await;
    let (mut order, mut last) = (Vec::new(), json!({}));
    while order.len() < 2 {
        last = talk.value().await?;
        order.extend(last["id"].as_u64());
    }
    same!("the order of the replies", order, [hello, ping]);
    holds!(last["ok"]["server_ts"].is_u64(), "the ping is answered: {last}");
    Ok(())
}

async fn ping_is_answered_with_the_time_of_the_server(s: Stage) -> Outcome {
    let (mut talk, welcome) = s.greet(MIRA, json!({})).await?;
    let answer = talk.ok("ping", None, json!({})).await?;
    holds!(answer["server_ts"].as_u64() >= welcome["server_ts"].as_u64(), "the time of the server: {answer} after {welcome}");
    Ok(())
}
