//! From bytes to messages: payloads behind the [`guard`](super::guard) are unmasked as they come and put
//! together; text is checked at once, up to the first byte that cannot be.
//!
//! A value, like the guard. It keeps one message and one control frame at most, and of those only what has
//! really come.

use bytes::{Bytes, BytesMut};
use bytestring::ByteString;

use super::guard::{Bounds, Broken, FrameGuard, Head, Kind};

/// Something whole that a peer has sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// A text, its fragments put together.
    Text(ByteString),
    /// Something else, its fragments put together.
    Binary(Bytes),
    /// To be answered with the same bytes.
    Ping(Bytes),
    /// An answer, with the bytes it answers.
    Pong(Bytes),
    /// The end, with the code it was given.
    Close(Option<u16>),
}

/// A frame whose payload is coming.
#[derive(Debug)]
struct Coming {
    head: Head,
    left: usize,
}

/// Reads messages. After a refusal it is not asked again.
#[derive(Debug)]
pub struct Messages {
    guard: FrameGuard,
    coming: Option<Coming>,
    /// Of the control frame that is coming.
    control: BytesMut,
    /// Of the message under way.
    message: BytesMut,
    /// Up to here the message under way is UTF-8, if it is a text.
    checked: usize,
    is_text: bool,
}

impl Messages {
    /// With these bounds.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self {
            guard: FrameGuard::new(bounds),
            coming: None,
            control: BytesMut::new(),
            message: BytesMut::new(),
            checked: 0,
            is_text: false,
        }
    }

    /// Takes off the front of `input` what the next message is made of. `None`: all of it is taken, and the
    /// message is not whole yet.
    ///
    /// # Errors
    /// At the first byte by which it is known that nothing good can come.
    pub fn read(&mut self, input: &mut &[u8]) -> Result<Option<Incoming>, Broken> {
        loop {
            let Some(coming) = &mut self.coming else {
                let Some(head) = self.guard.read(input)? else { return Ok(None) };
                if matches!(head.kind, Kind::Text | Kind::Binary) {
                    self.is_text = head.kind == Kind::Text;
                }
                self.coming = Some(Coming { head, left: head.len });
                continue;
            };
            let (part, rest) = input.split_at(input.len().min(coming.left));
            *input = rest;
            let at = coming.head.len - coming.left;
            coming.left -= part.len();
            let (head, is_whole) = (coming.head, coming.left == 0);
            let into = if head.kind.is_control() { &mut self.control } else { &mut self.message };
            take_unmasked(into, part, head.mask, at);
            if self.is_text && !head.kind.is_control() {
                self.check_text(is_whole && head.is_last)?;
            }
            if !is_whole {
                return Ok(None);
            }
            self.coming = None;
            if head.kind.is_control() || head.is_last {
                return self.whole(head.kind).map(Some);
            }
        }
    }

    /// Whether what has come of the text can be the beginning of a text; or, if nothing follows, one.
    fn check_text(&mut self, is_all: bool) -> Result<(), Broken> {
        match std::str::from_utf8(&self.message[self.checked..]) {
            Ok(_) => self.checked = self.message.len(),
            // Cut within a character that is right so far.
            Err(error) if error.error_len().is_none() && !is_all => self.checked += error.valid_up_to(),
            Err(_) => return Err(Broken::NotUtf8),
        }
        Ok(())
    }

    fn whole(&mut self, kind: Kind) -> Result<Incoming, Broken> {
        let bytes = std::mem::take(if kind.is_control() { &mut self.control } else { &mut self.message }).freeze();
        Ok(match kind {
            Kind::Text | Kind::Binary | Kind::Continuation => {
                self.checked = 0;
                if self.is_text {
                    Incoming::Text(ByteString::try_from(bytes).map_err(|_| Broken::NotUtf8)?)
                } else {
                    Incoming::Binary(bytes)
                }
            }
            Kind::Ping => Incoming::Ping(bytes),
            Kind::Pong => Incoming::Pong(bytes),
            Kind::Close => Incoming::Close(close_code(&bytes)?),
        })
    }
}

/// Appends what comes at `at` of its frame, unmasked (RFC 6455, 5.3).
fn take_unmasked(into: &mut BytesMut, part: &[u8], mut mask: [u8; 4], at: usize) {
    let start = into.len();
    into.extend_from_slice(part);
    mask.rotate_left(at % 4);
    for four in into[start..].chunks_mut(4) {
        for (byte, mask) in four.iter_mut().zip(mask) {
            *byte ^= mask;
        }
    }
}

/// The code in a Close (RFC 6455, 5.5.1 and 7.4, and the registry it founds), if it has one.
fn close_code(payload: &[u8]) -> Result<Option<u16>, Broken> {
    let (code, reason) = match payload {
        [] => return Ok(None),
        [_] => return Err(Broken::Protocol),
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
    };
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Broken::Protocol);
    }
    if std::str::from_utf8(reason).is_err() {
        return Err(Broken::NotUtf8);
    }
    Ok(Some(code))
}

#[cfg(test)]
mod tests {
    use allthrive_protocol::MAX_FRAME_BYTES;
    use proptest::prelude::*;

    use super::super::guard::MOST_FRAGMENTS;
    use super::super::guard::tests::header;
    use super::*;

    /// A client's frame.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [0xA5, 0x00, 0xFF, 0x3C];
        let mut bytes = header(first, payload.len(), mask);
        bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        bytes
    }

    /// Everything these bytes say, cut into pieces of that many; the refusal it ends with, and after how many
    /// bytes.
    fn read(bytes: &[u8], piece: usize) -> (Vec<Incoming>, Option<(Broken, usize)>) {
        let mut messages = Messages::new(Bounds::ANY);
        let (mut said, mut taken) = (Vec::new(), 0);
        for mut input in bytes.chunks(piece) {
            taken += input.len();
            loop {
                match messages.read(&mut input) {
                    Ok(Some(incoming)) => said.push(incoming),
                    Ok(None) => break,
                    Err(broken) => return (said, Some((broken, taken - input.len()))),
                }
            }
            assert!(input.is_empty());
        }
        (said, None)
    }

    fn text(text: &str) -> Incoming {
        Incoming::Text(text.into())
    }

    #[test]
    fn fragments_make_one_message_even_within_a_character_and_with_a_ping_between() {
        let whole = "Zoë \u{10FFFF}".as_bytes();
        for cut in 0..=whole.len() {
            let mut bytes = frame(0x01, &whole[..cut]);
            bytes.extend(frame(0x89, b"?"));
            bytes.extend(frame(0x00, b""));
            bytes.extend(frame(0x80, &whole[cut..]));
            for piece in [1, 3, bytes.len()] {
                let ping = Incoming::Ping(Bytes::from_static(b"?"));
                assert_eq!(read(&bytes, piece), (vec![ping, text("Zoë \u{10FFFF}")], None), "cut at {cut} in pieces of {piece}");
            }
        }
    }

    #[test]
    fn a_message_may_have_64_kib_and_no_byte_more() {
        let most = "x".repeat(MAX_FRAME_BYTES);
        assert_eq!(read(&frame(0x81, most.as_bytes()), 4_096), (vec![text(&most)], None));
        let (said, refused) = read(&frame(0x81, format!("{most}x").as_bytes()), 1);
        assert_eq!((said, refused), (vec![], Some((Broken::TooBig, 10))));
        let mut halves = frame(0x02, &most.as_bytes()[1..]);
        halves.extend(frame(0x80, b"ab"));
        assert!(matches!(read(&halves, 4_096), (said, Some((Broken::TooBig, _))) if said.is_empty()));
    }

    #[test]
    fn a_message_may_have_1024_fragments_and_none_more() {
        for (fragments, outcome) in [(MOST_FRAGMENTS, None), (MOST_FRAGMENTS + 1, Some(Broken::TooBig))] {
            let mut bytes = frame(0x01, b"");
            (2..fragments).for_each(|_| bytes.extend(frame(0x00, b"")));
            bytes.extend(frame(0x80, b""));
            assert_eq!(read(&bytes, 4_096).1.map(|(broken, _)| broken), outcome);
        }
    }

    #[test]
    fn what_cannot_be_text_is_refused_at_its_first_byte() {
        // Each with the byte that cannot be: a stray continuation, an overlong form, a surrogate, beyond the
        // last character, two beginnings.
        for (wrong, at) in
            [(&b"ab\x80"[..], 2), (b"\xC0\xAF", 0), (b"\xE0\x80\x80", 1), (b"\xED\xA0\x80", 1), (b"\xF4\x90\x80\x80", 1), (b"\xC3(", 1)]
        {
            let mut unfinished = frame(0x01, wrong);
            unfinished.extend(frame(0x00, b"never read"));
            assert_eq!(read(&unfinished, 1), (vec![], Some((Broken::NotUtf8, 6 + at + 1))), "{wrong:x?}");
            assert_eq!(read(&frame(0x81, wrong), 64).1.map(|(broken, _)| broken), Some(Broken::NotUtf8), "{wrong:x?}");
        }
    }

    #[test]
    fn a_text_that_ends_within_a_character_is_not_a_text() {
        assert_eq!(read(&frame(0x81, b"ab\xC3"), 1).1, Some((Broken::NotUtf8, 6 + 3)));
        let mut fragments = frame(0x01, b"\xF0\x9F");
        fragments.extend(frame(0x80, b"\x99"));
        assert_eq!(read(&fragments, 64).1, Some((Broken::NotUtf8, fragments.len())));
        let mut empty_end = frame(0x01, b"\xF0\x9F");
        empty_end.extend(frame(0x80, b""));
        assert_eq!(read(&empty_end, 64).1, Some((Broken::NotUtf8, empty_end.len())));
    }

    #[test]
    fn binary_is_whatever_it_is() {
        assert_eq!(read(&frame(0x82, b"\xFF\x00"), 1), (vec![Incoming::Binary(Bytes::from_static(b"\xFF\x00"))], None));
        let mut then_text = frame(0x82, b"\xFF");
        then_text.extend(frame(0x81, b"\xFF"));
        assert_eq!(read(&then_text, 64).1, Some((Broken::NotUtf8, then_text.len())));
    }

    #[test]
    fn a_close_may_say_a_registered_or_private_code() {
        let closed = |payload: &[u8]| match read(&frame(0x88, payload), 1) {
            (said, None) => Ok(said),
            (_, Some((broken, _))) => Err(broken),
        };
        assert_eq!(closed(b""), Ok(vec![Incoming::Close(None)]));
        for code in [1000u16, 1003, 1007, 1014, 3000, 4999] {
            assert_eq!(closed(&code.to_be_bytes()), Ok(vec![Incoming::Close(Some(code))]));
        }
        for code in [0u16, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] {
            assert_eq!(closed(&code.to_be_bytes()), Err(Broken::Protocol), "{code}");
        }
        assert_eq!(closed(b"\x03"), Err(Broken::Protocol));
        assert_eq!(closed(b"\x03\xE8bye \xC3\xBC"), Ok(vec![Incoming::Close(Some(1000))]));
        assert_eq!(closed(b"\x03\xE8bye \xC3"), Err(Broken::NotUtf8));
        assert_eq!(closed(&[&[0x03, 0xE8], &[b'x'; 123][..]].concat()), Ok(vec![Incoming::Close(Some(1000))]));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_alike_however_it_is_cut(bytes in proptest::collection::vec(any::<u8>(), 0..400), piece in 1usize..40) {
            // After how many bytes it is refused depends on the pieces; with what does not.
            let told = |piece| { let (said, refused) = read(&bytes, piece); (said, refused.map(|(broken, _)| broken)) };
            prop_assert_eq!(told(1), told(piece));
        }

        #[test]
        fn a_text_comes_out_as_it_went_in(parts in proptest::collection::vec(".{0,40}", 1..6), piece in 1usize..40) {
            let mut bytes = Vec::new();
            for (n, part) in parts.iter().enumerate() {
                let first = if n == 0 { 0x01 } else { 0x00 } | if n + 1 == parts.len() { 0x80 } else { 0 };
                bytes.extend(frame(first, part.as_bytes()));
            }
            prop_assert_eq!(read(&bytes, piece), (vec![text(&parts.concat())], None));
        }
    }
}
