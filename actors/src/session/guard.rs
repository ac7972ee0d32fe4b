//! The guard at the door: reads the header of each frame a client sends (RFC 6455, 5.2), byte by byte, and
//! refuses what must not come in before any of its payload is kept.
//!
//! A value, without a clock or a socket: bytes in, heads out. It keeps the 14 bytes of one header at most.

use allthrive_protocol::{CloseCode, MAX_FRAME_BYTES};

/// The longest header of a client's frame: two bytes, a 64-bit length, the mask.
const LONGEST_HEAD: usize = 14;

/// The longest payload of a control frame (RFC 6455, 5.5).
const LONGEST_CONTROL: usize = 125;

/// Frames that may make up one message, empty ones included: 64 bytes each for the longest one.
pub const MOST_FRAGMENTS: u32 = 1_024;

/// What a connection takes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of one message, its fragments added up.
    pub message_bytes: usize,
    /// Frames of one message.
    pub fragments: u32,
    /// Whether messages may be binary.
    pub binary: bool,
}

impl Bounds {
    /// Those of `allthrive.v1.json`.
    pub const TEXT: Self = Self { message_bytes: MAX_FRAME_BYTES, fragments: MOST_FRAGMENTS, binary: false };
    /// The same, with binary messages.
    pub const ANY: Self = Self { binary: true, ..Self::TEXT };

    /// As [`Self::ANY`], up to so many bytes, in fragments of 64 bytes at the least.
    #[must_use]
    pub fn up_to(message_bytes: usize) -> Self {
        let fragments = u32::try_from(message_bytes / 64).unwrap_or(u32::MAX).max(MOST_FRAGMENTS);
        Self { message_bytes, fragments, binary: true }
    }
}

/// Why nothing more is read from a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Not what RFC 6455 lets a client send.
    Protocol,
    /// Binary, where only text is spoken.
    Binary,
    /// Text that is not UTF-8.
    NotUtf8,
    /// A message beyond its bytes or its fragments.
    TooBig,
}

impl Broken {
    /// What the connection ends with.
    #[must_use]
    pub fn code(self) -> CloseCode {
        match self {
            Self::Protocol => CloseCode::Protocol,
            Self::Binary => CloseCode::Unsupported,
            Self::NotUtf8 => CloseCode::InvalidText,
            Self::TooBig => CloseCode::TooBig,
        }
    }
}

/// What a frame is (RFC 6455, 5.2: opcode).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// More of the message under way.
    Continuation,
    /// The beginning of a text.
    Text,
    /// The beginning of something else.
    Binary,
    /// The last frame.
    Close,
    /// A question.
    Ping,
    /// Its answer.
    Pong,
}

impl Kind {
    fn of(opcode: u8) -> Option<Self> {
        Some(match opcode {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            _ => return None,
        })
    }

    /// Whether it may come between the fragments of a message.
    #[must_use]
    pub fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// The header of a frame that may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// What it is.
    pub kind: Kind,
    /// Whether it ends its message.
    pub is_last: bool,
    /// Bytes of payload that follow.
    pub len: usize,
    /// What they are masked with.
    pub mask: [u8; 4],
}

/// The message under way, as far as its headers tell.
#[derive(Debug, Clone, Copy)]
struct UnderWay {
    bytes: usize,
    fragments: u32,
}

/// Reads headers. After a refusal it is not asked again.
#[derive(Debug)]
pub struct FrameGuard {
    bounds: Bounds,
    head: [u8; LONGEST_HEAD],
    have: usize,
    under_way: Option<UnderWay>,
}

impl FrameGuard {
    /// With these bounds.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, head: [0; LONGEST_HEAD], have: 0, under_way: None }
    }

    /// Takes bytes of a header, and no more than that, off the front of `input`. `None` until the header is
    /// whole; then its payload must be taken off before the next call.
    ///
    /// # Errors
    /// At the first byte by which it is known that the frame must not come in.
    pub fn read(&mut self, input: &mut &[u8]) -> Result<Option<Head>, Broken> {
        while let Some((byte, rest)) = input.split_first() {
            *input = rest;
            self.head[self.have] = *byte;
            self.have += 1;
            match self.have {
                1 => self.check_first(*byte)?,
                2 => self.check_second(*byte)?,
                _ => {}
            }
            if self.have == self.end_of_length() {
                self.check_length()?;
            }
            if self.have == self.end_of_length() + 4 {
                return Ok(Some(self.whole()));
            }
        }
        Ok(None)
    }

    fn kind(&self) -> Option<Kind> {
        Kind::of(self.head[0] & 0x0F)
    }

    fn is_last(&self) -> bool {
        self.head[0] & 0x80 != 0
    }

    /// Where the mask begins; below it nothing is known before the second byte.
    fn end_of_length(&self) -> usize {
        match self.head[1] & 0x7F {
            _ if self.have < 2 => LONGEST_HEAD,
            126 => 4,
            127 => 10,
            _ => 2,
        }
    }

    fn length(&self) -> u64 {
        let [_, second, rest @ ..] = &self.head;
        let word = |bytes: &[u8]| bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        match second & 0x7F {
            126 => word(&rest[..2]),
            127 => word(&rest[..8]),
            short => u64::from(short),
        }
    }

    /// FIN, reserved bits, opcode: whether this kind of frame may come now.
    fn check_first(&self, byte: u8) -> Result<(), Broken> {
        if byte & 0x70 != 0 {
            return Err(Broken::Protocol);
        }
        let allowed = match self.kind() {
            None => false,
            Some(Kind::Continuation) => self.under_way.is_some(),
            Some(Kind::Text | Kind::Binary) => self.under_way.is_none(),
            Some(Kind::Close | Kind::Ping | Kind::Pong) => self.is_last(),
        };
        if !allowed {
            return Err(Broken::Protocol);
        }
        if self.kind() == Some(Kind::Binary) && !self.bounds.binary {
            return Err(Broken::Binary);
        }
        Ok(())
    }

    /// A client masks, and a control frame has a short length.
    fn check_second(&self, byte: u8) -> Result<(), Broken> {
        let too_long = self.kind().is_some_and(Kind::is_control) && usize::from(byte & 0x7F) > LONGEST_CONTROL;
        if byte & 0x80 == 0 || too_long { Err(Broken::Protocol) } else { Ok(()) }
    }

    /// The length in its shortest form, and within what is left of the message's bounds.
    fn check_length(&mut self) -> Result<(), Broken> {
        let length = self.length();
        let is_shortest = match self.head[1] & 0x7F {
            126 => length > 125,
            127 => (65_536..1 << 63).contains(&length),
            _ => true,
        };
        if !is_shortest {
            return Err(Broken::Protocol);
        }
        if self.kind().is_some_and(Kind::is_control) {
            return Ok(());
        }
        let before = self.under_way.unwrap_or(UnderWay { bytes: 0, fragments: 0 });
        let left = self.bounds.message_bytes - before.bytes;
        let length = usize::try_from(length).ok().filter(|length| *length <= left).ok_or(Broken::TooBig)?;
        if before.fragments == self.bounds.fragments {
            return Err(Broken::TooBig);
        }
        let with_this = UnderWay { bytes: before.bytes + length, fragments: before.fragments + 1 };
        self.under_way = (!self.is_last()).then_some(with_this);
        Ok(())
    }

    fn whole(&mut self) -> Head {
        let mask_at = self.end_of_length();
        let mut mask = [0; 4];
        mask.copy_from_slice(&self.head[mask_at..mask_at + 4]);
        let kind = self.kind().expect("the first byte was checked");
        let len = usize::try_from(self.length()).expect("the length was checked against the bounds");
        let head = Head { kind, is_last: self.is_last(), len, mask };
        self.have = 0;
        head
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MASK: [u8; 4] = [1, 2, 3, 4];

    /// What becomes of these header bytes: fed one by one, and how many were needed.
    fn feed(guard: &mut FrameGuard, bytes: &[u8]) -> (Result<Option<Head>, Broken>, usize) {
        for (n, byte) in bytes.iter().enumerate() {
            match guard.read(&mut std::slice::from_ref(byte)) {
                Ok(None) => {}
                done => return (done, n + 1),
            }
        }
        (Ok(None), bytes.len())
    }

    fn refusal(bytes: &[u8]) -> Option<(Broken, usize)> {
        let (outcome, needed) = feed(&mut FrameGuard::new(Bounds::ANY), bytes);
        outcome.err().map(|broken| (broken, needed))
    }

    /// A header in the form that this length takes.
    fn head(first: u8, len: usize) -> Vec<u8> {
        let mut bytes = vec![first];
        match u16::try_from(len) {
            Ok(short @ 0..=125) => bytes.push(0x80 | u8::try_from(short).unwrap()),
            Ok(middle) => {
                bytes.push(0xFE);
                bytes.extend(middle.to_be_bytes());
            }
            Err(_) => {
                bytes.push(0xFF);
                bytes.extend((len as u64).to_be_bytes());
            }
        }
        bytes.extend(MASK);
        bytes
    }

    fn admit(guard: &mut FrameGuard, first: u8, len: usize) -> Result<(), Broken> {
        feed(guard, &head(first, len)).0.map(|head| assert!(head.is_some()))
    }

    #[test]
    fn a_header_is_read_byte_by_byte_in_each_of_its_three_forms() {
        for len in [0, 1, 125, 126, 65_535, 65_536] {
            let mut guard = FrameGuard::new(Bounds::TEXT);
            let bytes = head(0x81, len);
            let (read, needed) = feed(&mut guard, &bytes);
            assert_eq!(read, Ok(Some(Head { kind: Kind::Text, is_last: true, len, mask: MASK })));
            assert_eq!(needed, bytes.len());
        }
    }

    #[test]
    fn nothing_is_taken_beyond_the_header() {
        let mut bytes = head(0x81, 3);
        bytes.extend(b"abc");
        let mut input = bytes.as_slice();
        assert!(FrameGuard::new(Bounds::TEXT).read(&mut input).unwrap().is_some());
        assert_eq!(input, b"abc");
    }

    #[test]
    fn reserved_bits_and_opcodes_are_refused_at_the_first_byte() {
        for first in [0xC1, 0xA1, 0x91, 0xF1, 0x83, 0x84, 0x85, 0x86, 0x87, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F] {
            assert_eq!(refusal(&[first]), Some((Broken::Protocol, 1)), "{first:02x}");
        }
    }

    #[test]
    fn a_client_that_does_not_mask_is_refused_at_the_second_byte() {
        assert_eq!(refusal(&[0x81, 0x05]), Some((Broken::Protocol, 2)));
    }

    #[test]
    fn a_control_frame_is_whole_and_has_125_bytes_at_most() {
        for first in [0x88, 0x89, 0x8A] {
            assert_eq!(refusal(&head(first, 125)), None);
            assert_eq!(refusal(&head(first, 126)), Some((Broken::Protocol, 2)));
            assert_eq!(refusal(&head(first, 65_536)), Some((Broken::Protocol, 2)));
            assert_eq!(refusal(&head(first & 0x0F, 5)), Some((Broken::Protocol, 1)));
        }
    }

    #[test]
    fn a_length_takes_its_shortest_form() {
        assert_eq!(refusal(&[0x81, 0xFE, 0, 126, 0, 0, 0, 0]), None);
        assert_eq!(refusal(&[0x81, 0xFE, 0, 125]), Some((Broken::Protocol, 4)));
        assert_eq!(refusal(&[0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(refusal(&[0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]), Some((Broken::Protocol, 10)));
    }

    #[test]
    fn a_64_bit_length_with_the_top_bit_is_no_length() {
        assert_eq!(refusal(&[0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0]), Some((Broken::Protocol, 10)));
        assert_eq!(refusal(&[0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]), Some((Broken::Protocol, 10)));
        assert_eq!(refusal(&[0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]), Some((Broken::TooBig, 10)));
    }

    #[test]
    fn a_frame_beyond_the_limit_is_refused_before_its_mask() {
        assert_eq!(refusal(&head(0x82, MAX_FRAME_BYTES)), None);
        assert_eq!(refusal(&head(0x82, MAX_FRAME_BYTES + 1)), Some((Broken::TooBig, 10)));
        assert_eq!(refusal(&head(0x81, u32::MAX as usize)), Some((Broken::TooBig, 10)));
    }

    #[test]
    fn fragments_are_added_up_against_the_limit() {
        let mut guard = FrameGuard::new(Bounds::TEXT);
        admit(&mut guard, 0x01, MAX_FRAME_BYTES - 1).unwrap();
        admit(&mut guard, 0x00, 1).unwrap();
        assert_eq!(admit(&mut guard, 0x80, 1), Err(Broken::TooBig));
        let mut guard = FrameGuard::new(Bounds::TEXT);
        admit(&mut guard, 0x01, MAX_FRAME_BYTES).unwrap();
        admit(&mut guard, 0x80, 0).unwrap();
        // The next message begins from nothing.
        admit(&mut guard, 0x81, MAX_FRAME_BYTES).unwrap();
    }

    #[test]
    fn fragments_are_counted_even_empty_ones() {
        for (fragments, outcome) in [(MOST_FRAGMENTS, Ok(())), (MOST_FRAGMENTS + 1, Err(Broken::TooBig))] {
            let mut guard = FrameGuard::new(Bounds::TEXT);
            admit(&mut guard, 0x01, 0).unwrap();
            for _ in 2..fragments {
                admit(&mut guard, 0x00, 0).unwrap();
            }
            assert_eq!(admit(&mut guard, 0x80, 0), outcome);
        }
    }

    #[test]
    fn a_message_begins_once_and_is_continued_only_after_that() {
        for first in [0x00, 0x80] {
            assert_eq!(refusal(&[first]), Some((Broken::Protocol, 1)));
        }
        for first in [0x01, 0x81, 0x02, 0x82] {
            let mut guard = FrameGuard::new(Bounds::ANY);
            admit(&mut guard, 0x01, 1).unwrap();
            assert_eq!(feed(&mut guard, &[first]), (Err(Broken::Protocol), 1));
        }
        let mut guard = FrameGuard::new(Bounds::ANY);
        admit(&mut guard, 0x01, 1).unwrap();
        admit(&mut guard, 0x89, 5).unwrap();
        admit(&mut guard, 0x80, 1).unwrap();
        assert_eq!(feed(&mut guard, &[0x80]), (Err(Broken::Protocol), 1));
    }

    #[test]
    fn binary_is_refused_where_only_text_is_spoken() {
        assert_eq!(feed(&mut FrameGuard::new(Bounds::TEXT), &[0x82]), (Err(Broken::Binary), 1));
        assert_eq!(refusal(&head(0x82, 3)), None);
    }
}
