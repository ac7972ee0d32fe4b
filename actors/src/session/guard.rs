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
#[path = "guard_tests.rs"]
pub(super) mod tests;
