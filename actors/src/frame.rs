//! A WebSocket frame as the server sends it: whole, unmasked, encoded once and shared by everybody who gets it.

use allthrive_protocol::RoomId;
use allthrive_protocol::event::{Event, Fact};
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

/// Something without a number, of this room or of none, as a frame.
#[must_use]
pub fn volatile(room: Option<RoomId>, fact: Fact) -> Bytes {
    event(&Event { room, seq: None, ts: None, fact })
}

/// What stands in a frame that [`encode`] has made.
#[must_use]
pub(crate) fn payload(frame: &[u8]) -> &[u8] {
    let head = match frame.get(1) {
        Some(126) => 4,
        Some(127) => 10,
        Some(_) | None => 2,
    };
    frame.get(head..).unwrap_or_default()
}

/// A text frame.
#[must_use]
pub fn text(payload: &[u8]) -> Bytes {
    whole(0x1, payload)
}

/// A binary frame.
#[must_use]
pub fn binary(payload: &[u8]) -> Bytes {
    whole(0x2, payload)
}

/// The last frame, with its code.
#[must_use]
pub fn close(code: Option<u16>) -> Bytes {
    whole(0x8, code.map(u16::to_be_bytes).as_ref().map_or(&[], |code| code.as_slice()))
}

/// A question whether the peer is there; at most 125 bytes.
#[must_use]
pub fn ping(payload: &[u8]) -> Bytes {
    whole(0x9, payload)
}

/// The answer to a ping: the bytes it had.
#[must_use]
pub fn pong(payload: &[u8]) -> Bytes {
    whole(0xA, payload)
}

fn whole(opcode: u8, payload: &[u8]) -> Bytes {
    const FIN: u8 = 0x80;
    let mut frame = BytesMut::with_capacity(payload.len() + 10);
    frame.put_u8(FIN | opcode);
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
            let frame = text(&vec![b'x'; length]);
            assert_eq!((frame.len(), payload(&frame).len()), (head + length, length));
        }
        assert_eq!(&text(&[b'x'; 200])[..4], &[0x81, 126, 0, 200]);
    }

    #[test]
    fn control_frames_say_what_they_are() {
        assert_eq!(&close(None)[..], &[0x88, 0]);
        assert_eq!(&close(Some(4008))[..], &[0x88, 2, 0x0F, 0xA8]);
        assert_eq!(&ping(b"ab")[..], b"\x89\x02ab");
        assert_eq!(&pong(b"ab")[..], b"\x8A\x02ab");
        assert_eq!(&binary(b"\xFF")[..], b"\x82\x01\xFF");
    }
}
