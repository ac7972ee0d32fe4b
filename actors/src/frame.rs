//! A WebSocket frame, encoded once and shared by everybody who gets it.

use allthrive_protocol::event::Event;
use bytes::{BufMut, Bytes, BytesMut};
use serde::Serialize;

/// One whole unmasked text frame (RFC 6455, 5.2) around this JSON value.
///
/// # Panics
/// Never: the wire's types have string keys only and no value that JSON cannot say.
#[must_use]
pub fn encode(value: &impl Serialize) -> Bytes {
    let json = serde_json::to_vec(value).expect("the wire's types are plain data");
    text(&json)
}

/// One event as a frame.
#[must_use]
pub fn event(event: &Event) -> Bytes {
    encode(event)
}

fn text(payload: &[u8]) -> Bytes {
    const FIN_TEXT: u8 = 0x81;
    let mut frame = BytesMut::with_capacity(payload.len() + 10);
    frame.put_u8(FIN_TEXT);
    match payload.len() {
        short @ 0..=125 => frame.put_u8(u8::try_from(short).expect("at most 125")),
        middle @ 126..=65_535 => {
            frame.put_u8(126);
            frame.put_u16(u16::try_from(middle).expect("at most 65,535"));
        }
        long => {
            frame.put_u8(127);
            frame.put_u64(long as u64);
        }
    }
    frame.put_slice(payload);
    frame.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_takes_its_shortest_form() {
        for (length, head) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            assert_eq!(text(&vec![b'x'; length]).len(), head + length);
        }
        assert_eq!(&text(&[b'x'; 200])[..4], &[0x81, 126, 0, 200]);
    }
}
