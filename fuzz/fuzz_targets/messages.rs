//! Messages: read bit by bit as they would be if all of it lay there at once. The second reading is written anew
//! here, plainly, and knows nothing of the first.

#![no_main]

use allthrive_actors::session::guard::{Bounds, Broken};
use allthrive_actors::session::messages::{Incoming, Messages};
use libfuzzer_sys::fuzz_target;

const BOUNDS: Bounds = Bounds { message_bytes: 300, fragments: 5, binary: true };

fn bit_by_bit(bytes: &[u8], piece: usize) -> (Vec<Incoming>, Option<Broken>) {
    let mut messages = Messages::new(BOUNDS);
    let mut said = Vec::new();
    for mut input in bytes.chunks(piece) {
        loop {
            match messages.read(&mut input) {
                Ok(Some(incoming)) => said.push(incoming),
                Ok(None) => break,
                Err(broken) => return (said, Some(broken)),
            }
        }
        assert!(input.is_empty());
    }
    (said, None)
}

/// One frame of RFC 6455, 5.2, as far as it is there.
struct Frame<'a> {
    first: u8,
    len: u64,
    /// `None` before its mask is there.
    payload: Option<Vec<u8>>,
    rest: &'a [u8],
}

/// `None`: the header is not there yet.
fn frame(bytes: &[u8]) -> Result<Option<Frame<'_>>, Broken> {
    let Some((first, rest)) = bytes.split_first() else { return Ok(None) };
    if first & 0x70 != 0 || !matches!(first & 15, 0..=2 | 8..=10) || (first & 0x88 == 0x08) {
        return Err(Broken::Protocol);
    }
    let Some((second, rest)) = rest.split_first() else { return Ok(None) };
    if second & 0x80 == 0 || (first & 8 != 0 && second & 127 > 125) {
        return Err(Broken::Protocol);
    }
    let (len, rest) = match second & 127 {
        126 => match rest.split_at_checked(2) {
            Some((len, rest)) => (u64::from(u16::from_be_bytes(len.try_into().expect("two"))), rest),
            None => return Ok(None),
        },
        127 => match rest.split_at_checked(8) {
            Some((len, rest)) => (u64::from_be_bytes(len.try_into().expect("eight")), rest),
            None => return Ok(None),
        },
        len => (u64::from(len), rest),
    };
    let shortest = if len < 126 {
        len
    } else if len < 65_536 {
        126
    } else {
        127
    };
    if u64::from(second & 127) != shortest || len >> 63 != 0 {
        return Err(Broken::Protocol);
    }
    let Some((mask, rest)) = rest.split_at_checked(4) else {
        return Ok(Some(Frame { first: *first, len, payload: None, rest: &[] }));
    };
    let there = rest.len().min(usize::try_from(len).unwrap_or(usize::MAX));
    let payload = Some(rest[..there].iter().enumerate().map(|(n, byte)| byte ^ mask[n % 4]).collect());
    Ok(Some(Frame { first: *first, len, payload, rest: &rest[there..] }))
}

fn at_once(mut bytes: &[u8]) -> (Vec<Incoming>, Option<Broken>) {
    let mut said = Vec::new();
    let mut open: Option<(bool, Vec<u8>, u32)> = None;
    loop {
        // A frame out of place is refused by its first byte, before anything else about it is known.
        if let Some(first) = bytes.first().filter(|first| *first & 0x70 == 0) {
            let out_of_place = match first & 15 {
                0 => open.is_none(),
                1 | 2 => open.is_some(),
                _ => false,
            };
            if out_of_place {
                return (said, Some(Broken::Protocol));
            }
        }
        let frame = match frame(bytes) {
            Ok(Some(frame)) => frame,
            Ok(None) => return (said, None),
            Err(broken) => return (said, Some(broken)),
        };
        let is_control = frame.first & 8 != 0;
        let (is_text, mut message, fragments) = match &open {
            _ if is_control => (false, Vec::new(), 0),
            Some(open) => open.clone(),
            None => (frame.first & 15 == 1, Vec::new(), 0),
        };
        if message.len() as u64 + frame.len > BOUNDS.message_bytes as u64 || fragments == BOUNDS.fragments {
            return (said, Some(Broken::TooBig));
        }
        let Some(payload) = frame.payload else { return (said, None) };
        let is_there = payload.len() as u64 == frame.len;
        if is_control {
            if !is_there {
                return (said, None);
            }
            match control(frame.first & 15, payload) {
                Ok(incoming) => said.push(incoming),
                Err(broken) => return (said, Some(broken)),
            }
        } else {
            message.extend(payload);
            let is_all = is_there && frame.first & 0x80 != 0;
            if is_text && std::str::from_utf8(&message).is_err_and(|error| error.error_len().is_some() || is_all) {
                return (said, Some(Broken::NotUtf8));
            }
            if !is_there {
                return (said, None);
            }
            open = (!is_all).then(|| (is_text, message.clone(), fragments + 1));
            match (is_all, is_text) {
                (false, _) => {}
                (true, true) => said.push(Incoming::Text(String::from_utf8(message).expect("looked at above").into())),
                (true, false) => said.push(Incoming::Binary(message.into())),
            }
        }
        bytes = frame.rest;
    }
}

fn control(opcode: u8, payload: Vec<u8>) -> Result<Incoming, Broken> {
    match (opcode, payload.as_slice()) {
        (9, _) => Ok(Incoming::Ping(payload.into())),
        (10, _) => Ok(Incoming::Pong(payload.into())),
        (_, []) => Ok(Incoming::Close(None)),
        (_, [_]) => Err(Broken::Protocol),
        (_, [high, low, reason @ ..]) => {
            let code = u16::from_be_bytes([*high, *low]);
            let known = (1000..1004).contains(&code) || (1007..1015).contains(&code) || (3000..5000).contains(&code);
            match (known, std::str::from_utf8(reason)) {
                (false, _) => Err(Broken::Protocol),
                (true, Err(_)) => Err(Broken::NotUtf8),
                (true, Ok(_)) => Ok(Incoming::Close(Some(code))),
            }
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((piece, bytes)) = data.split_first() else { return };
    let outcome = bit_by_bit(bytes, usize::from(*piece) + 1);
    assert_eq!(outcome, bit_by_bit(bytes, 1));
    assert_eq!(outcome, at_once(bytes));
    for incoming in &outcome.0 {
        match incoming {
            Incoming::Text(text) => assert!(text.len() <= BOUNDS.message_bytes),
            Incoming::Binary(bytes) => assert!(bytes.len() <= BOUNDS.message_bytes),
            Incoming::Ping(bytes) | Incoming::Pong(bytes) => assert!(bytes.len() <= 125),
            Incoming::Close(_) => {}
        }
    }
});
