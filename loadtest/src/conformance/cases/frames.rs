//! Below the messages: frames, fragments, pings and Closes.

use std::time::Duration;

use serde_json::json;

use super::super::fault::{Outcome, broken, holds, same};
use super::super::stage::{MIRA, Stage};
use super::super::talk::Talk;
use super::super::wire::Said;
use crate::raw::frame;

super::cases! {
    within 30 s, spends false:
    "Heartbeat":
        each_ping_is_answered_with_its_payload_in_order;
    "Envelope":
        a_text_in_fragments_with_a_ping_between_is_one_message,
        a_text_of_64_kib_is_taken;
    "Close codes":
        a_message_beyond_64_kib_is_closed_with_1009_at_its_header,
        fragments_beyond_64_kib_together_are_closed_with_1009,
        more_than_1024_fragments_are_closed_with_1009,
        a_text_that_is_not_utf8_is_closed_with_1007,
        a_binary_message_is_closed_with_1003,
        an_unmasked_frame_is_closed_with_1002,
        a_reserved_bit_or_opcode_is_closed_with_1002,
        a_control_frame_in_pieces_or_too_long_is_closed_with_1002,
        a_message_within_a_message_is_closed_with_1002,
        a_length_not_in_its_shortest_form_is_closed_with_1002,
        a_close_code_that_is_none_is_closed_with_1002,
        a_reason_that_is_not_utf8_is_closed_with_1007,
        a_close_is_answered_with_its_own_code;
}

async fn greeted(s: &Stage) -> Outcome<Talk> {
    Ok(s.greet(MIRA, json!({})).await?.0)
}

/// Each of these bytes, on a connection of its own, ends with this code.
async fn each_is_closed(s: &Stage, wrong: &[&[u8]], due: u16) -> Outcome {
    for bytes in wrong {
        let mut talk = greeted(s).await?;
        let head = &bytes[..bytes.len().min(16)];
        talk.note(&format!("→ bytes that begin with {head:02x?}"));
        talk.bytes(bytes).await;
        talk.is_closed(due).await?;
    }
    Ok(())
}

async fn pong(talk: &mut Talk) -> Outcome<Vec<u8>> {
    loop {
        match talk.said().await? {
            Said::Pong(payload) => return Ok(payload),
            Said::Text(_) => {}
            other => broken!("a pong is due, this came: {other:?}"),
        }
    }
}

async fn each_ping_is_answered_with_its_payload_in_order(s: Stage) -> Outcome {
    let mut talk = greeted(&s).await?;
    let payloads = [b"one".to_vec(), Vec::new(), vec![0xFF; 125], b"two".to_vec()];
    for payload in &payloads {
        talk.frame(0x89, payload).await;
    }
    for payload in payloads {
        let came = pong(&mut talk).await?;
        holds!(came == payload, "the ping {payload:02x?} is answered with {came:02x?}");
    }
    Ok(())
}

async fn a_text_in_fragments_with_a_ping_between_is_one_message(s: Stage) -> Outcome {
    let mut talk = greeted(&s).await?;
    talk.frame(0x01, br#"{"id":101,"op""#).await;
    talk.frame(0x89, b"between").await;
    let payload = pong(&mut talk).await?;
    holds!(payload == b"between", "the ping between is answered with {payload:02x?}");
    talk.frame(0x00, br#":"pi"#).await;
    talk.frame(0x80, br#"ng"}"#).await;
    let reply = talk.reply(101).await?;
    holds!(reply["ok"]["server_ts"].is_u64(), "the command in pieces is answered: {reply}");
    Ok(())
}

async fn a_text_of_64_kib_is_taken(s: Stage) -> Outcome {
    let mut talk = greeted(&s).await?;
    let mut text = r#"{"id":101,"op":"ping","d":{"later":""#.to_owned();
    text.push_str(&"x".repeat(65_536 - text.len() - 3));
    text.push_str("\"}}");
    same!("the length of the text", text.len(), 65_536);
    talk.text(&text).await;
    let reply = talk.reply(101).await?;
    holds!(reply["ok"]["server_ts"].is_u64(), "the command is answered: {reply}");
    Ok(())
}

async fn a_message_beyond_64_kib_is_closed_with_1009_at_its_header(s: Stage) -> Outcome {
    let mut whole = frame(0x81, &vec![b' '; 65_537]);
    // Only the header is sent: nobody need wait for the rest.
    whole.truncate(14);
    each_is_closed(&s, &[&whole], 1009).await
}

async fn fragments_beyond_64_kib_together_are_closed_with_1009(s: Stage) -> Outcome {
    let two = [frame(0x01, &vec![b' '; 40_000]), frame(0x80, &vec![b' '; 40_000])].concat();
    each_is_closed(&s, &[&two], 1009).await
}

async fn more_than_1024_fragments_are_closed_with_1009(s: Stage) -> Outcome {
    let mut many = frame(0x01, b" ");
    (0..1_024).for_each(|_| many.extend(frame(0x00, b" ")));
    each_is_closed(&s, &[&many], 1009).await
}

async fn a_text_that_is_not_utf8_is_closed_with_1007(s: Stage) -> Outcome {
    let surrogate = frame(0x81, b"{\"id\":1,\"op\":\"\xED\xA0\x80\"}");
    // Told at the first byte that cannot be: the message goes on.
    let begun = frame(0x01, b"\"\xC0\xAF");
    each_is_closed(&s, &[&surrogate, &begun], 1007).await
}

async fn a_binary_message_is_closed_with_1003(s: Stage) -> Outcome {
    each_is_closed(&s, &[&frame(0x82, br#"{"id":1,"op":"ping"}"#)], 1003).await
}

async fn an_unmasked_frame_is_closed_with_1002(s: Stage) -> Outcome {
    each_is_closed(&s, &[b"\x81\x02{}"], 1002).await
}

async fn a_reserved_bit_or_opcode_is_closed_with_1002(s: Stage) -> Outcome {
    let wrong = [0xC1, 0xA1, 0x91, 0x83, 0x8B].map(|first| frame(first, b"{}"));
    each_is_closed(&s, &wrong.each_ref().map(Vec::as_slice), 1002).await
}

async fn a_control_frame_in_pieces_or_too_long_is_closed_with_1002(s: Stage) -> Outcome {
    each_is_closed(&s, &[&frame(0x09, b"piece"), &frame(0x89, &[0; 126])], 1002).await
}

async fn a_message_within_a_message_is_closed_with_1002(s: Stage) -> Outcome {
    let within = [frame(0x01, b"{"), frame(0x81, b"{}")].concat();
    // The end of a message that was not begun.
    each_is_closed(&s, &[&within, &frame(0x80, b"}")], 1002).await
}

async fn a_length_not_in_its_shortest_form_is_closed_with_1002(s: Stage) -> Outcome {
    each_is_closed(&s, &[b"\x81\xFE\x00\x02\0\0\0\0{}", b"\x81\xFF\0\0\0\0\0\0\0\x02\0\0\0\0{}"], 1002).await
}

async fn a_close_code_that_is_none_is_closed_with_1002(s: Stage) -> Outcome {
    let wrong = [999_u16, 1004, 1005, 1006, 1015, 2999, 5000].map(|code| frame(0x88, &code.to_be_bytes()));
    let mut wrong: Vec<_> = wrong.iter().map(Vec::as_slice).collect();
    let half = frame(0x88, b"\x03");
    wrong.push(&half);
    each_is_closed(&s, &wrong, 1002).await
}

async fn a_reason_that_is_not_utf8_is_closed_with_1007(s: Stage) -> Outcome {
    each_is_closed(&s, &[&frame(0x88, b"\x03\xE8\xC0\xAF")], 1007).await
}

async fn a_close_is_answered_with_its_own_code(s: Stage) -> Outcome {
    for code in [1000_u16, 1001, 3000, 4999] {
        let mut talk = greeted(&s).await?;
        talk.frame(0x88, &code.to_be_bytes()).await;
        let answered = talk.closed_within(Duration::from_secs(10)).await?;
        same!("the code of the answer", answered, code);
    }
    Ok(())
}
