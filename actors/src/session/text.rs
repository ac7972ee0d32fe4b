//! Puts the fragments of a text message together (RFC 6455, 5.4), bounded by the longest message.

use actix_http::ws::Item;
use allthrive_protocol::MAX_FRAME_BYTES;
use bytes::BytesMut;

/// Why a message cannot be read; the connection ends with the code of RFC 6455, 7.4.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextError {
    /// 1009
    TooBig,
    /// 1007
    NotUtf8,
    /// 1003
    Binary,
    /// 1002
    Protocol,
}

/// The message that is being put together, if one is.
#[derive(Debug, Default)]
pub(super) struct Text {
    parts: Option<BytesMut>,
}

impl Text {
    /// Takes a fragment; gives the message when it was the last.
    pub(super) fn take(&mut self, item: Item) -> Result<Option<String>, TextError> {
        match item {
            Item::FirstBinary(_) => Err(TextError::Binary),
            Item::FirstText(first) => {
                if self.parts.is_some() {
                    return Err(TextError::Protocol);
                }
                self.parts = Some(BytesMut::new());
                self.add(&first).map(|()| None)
            }
            Item::Continue(next) => self.add(&next).map(|()| None),
            Item::Last(last) => {
                self.add(&last)?;
                let whole = self.parts.take().unwrap_or_default();
                String::from_utf8(whole.to_vec()).map(Some).map_err(|_| TextError::NotUtf8)
            }
        }
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), TextError> {
        let parts = self.parts.as_mut().ok_or(TextError::Protocol)?;
        if parts.len() + bytes.len() > MAX_FRAME_BYTES {
            return Err(TextError::TooBig);
        }
        parts.extend_from_slice(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn fragments_make_one_message_even_within_a_character() {
        let mut text = Text::default();
        let bytes = "Zoë".as_bytes();
        assert_eq!(text.take(Item::FirstText(Bytes::copy_from_slice(&bytes[..3]))), Ok(None));
        assert_eq!(text.take(Item::Last(Bytes::copy_from_slice(&bytes[3..]))), Ok(Some("Zoë".into())));
    }

    #[test]
    fn fragments_are_added_up_against_the_limit() {
        let mut text = Text::default();
        let half = Bytes::from(vec![b'x'; MAX_FRAME_BYTES / 2]);
        text.take(Item::FirstText(half.clone())).unwrap();
        text.take(Item::Continue(half)).unwrap();
        assert_eq!(text.take(Item::Last(Bytes::from_static(b"x"))), Err(TextError::TooBig));
    }

    #[test]
    fn a_fragment_without_a_beginning_breaks_the_protocol() {
        assert_eq!(Text::default().take(Item::Last(Bytes::new())), Err(TextError::Protocol));
    }

    #[test]
    fn what_is_not_utf8_is_said_to_be_so() {
        let mut text = Text::default();
        text.take(Item::FirstText(Bytes::from_static(&[0xC3]))).unwrap();
        assert_eq!(text.take(Item::Last(Bytes::from_static(&[0x28]))), Err(TextError::NotUtf8));
    }
}
