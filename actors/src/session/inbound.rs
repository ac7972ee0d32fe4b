//! What a peer sends, as a stream of what the connection's actor must see: the payload of the request,
//! read by [`Messages`], with control frames counted and signs of life noted.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::error::PayloadError;
use allthrive_protocol::CloseCode;
use bytes::{Buf, Bytes};
use bytestring::ByteString;
use futures_util::Stream;

use super::guard::Bounds;
use super::messages::{Incoming, Messages};
use crate::line::Line;

/// Pings, pongs and the like that a peer may send in [`CONTROLS_WITHIN`]. Each ping is answered, so this
/// bounds the answers too; an honest client sends one in some seconds.
pub(super) const MOST_CONTROLS: u32 = 100;

/// See [`MOST_CONTROLS`].
pub(super) const CONTROLS_WITHIN: Duration = Duration::from_secs(10);

/// What a connection's actor is told.
#[derive(Debug)]
pub(super) enum Heard {
    /// A whole text, and when it was read: before anything else is done with it.
    Text(ByteString, Instant),
    /// Something whole that is not text.
    Binary(Bytes),
    /// To be answered with the same bytes.
    Ping(Bytes),
    /// An answer to a ping, and when it came.
    Pong(Bytes, Instant),
    /// The last that is heard: close with this code, or without one.
    Over(Option<u16>),
}

/// Counts control frames.
#[derive(Debug, Default)]
struct Controls {
    since: Option<Instant>,
    count: u32,
}

impl Controls {
    /// Whether one more, now, is one too many.
    fn is_one_too_many(&mut self, now: Instant) -> bool {
        if self.since.is_none_or(|since| now.duration_since(since) >= CONTROLS_WITHIN) {
            (self.since, self.count) = (Some(now), 0);
        }
        self.count += 1;
        self.count > MOST_CONTROLS
    }
}

/// Reads a peer. Ends with the payload, or after [`Heard::Over`].
pub(super) struct Inbound<S> {
    payload: S,
    /// Taken from the payload and not read yet.
    chunk: Bytes,
    messages: Messages,
    controls: Controls,
    line: Line,
    is_over: bool,
}

impl<S> Inbound<S> {
    /// Of this payload. Each whole frame of the peer that is a message, a ping or a pong is a sign of life: a
    /// frame that dribbles is none.
    pub(super) fn new(payload: S, bounds: Bounds, line: Line) -> Self {
        let (messages, controls) = (Messages::new(bounds), Controls::default());
        Self { payload, chunk: Bytes::new(), messages, controls, line, is_over: false }
    }

    /// What the bytes at hand say, if it is anything whole.
    fn read(&mut self) -> Option<Heard> {
        let mut rest = &self.chunk[..];
        let read = self.messages.read(&mut rest);
        let taken = self.chunk.len() - rest.len();
        self.chunk.advance(taken);
        let incoming = match read {
            Ok(Some(incoming)) => incoming,
            Ok(None) => return None,
            Err(broken) => return Some(self.over(Some(broken.code().number()))),
        };
        let now = Instant::now();
        self.line.heard(now);
        let is_control = matches!(incoming, Incoming::Ping(_) | Incoming::Pong(_));
        if is_control && self.controls.is_one_too_many(now) {
            return Some(self.over(Some(CloseCode::TooManyRequests.number())));
        }
        Some(match incoming {
            Incoming::Text(text) => Heard::Text(text, now),
            Incoming::Binary(bytes) => Heard::Binary(bytes),
            Incoming::Ping(payload) => Heard::Ping(payload),
            Incoming::Pong(payload) => Heard::Pong(payload, now),
            Incoming::Close(code) => {
                self.line.heard_out();
                self.over(code)
            }
        })
    }

    fn over(&mut self, code: Option<u16>) -> Heard {
        self.is_over = true;
        Heard::Over(code)
    }
}

impl<S> Stream for Inbound<S>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    type Item = Heard;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Heard>> {
        loop {
            if self.is_over {
                return Poll::Ready(None);
            }
            if let Some(heard) = self.read() {
                return Poll::Ready(Some(heard));
            }
            match std::task::ready!(Pin::new(&mut self.payload).poll_next(cx)) {
                Some(Ok(chunk)) => self.chunk = chunk,
                // The peer has gone without a word.
                Some(Err(_)) | None => return Poll::Ready(None),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;

    use super::*;

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![first, 0x80 | u8::try_from(payload.len()).unwrap(), 0, 0, 0, 0];
        bytes.extend_from_slice(payload);
        bytes
    }

    /// All that is heard of these bytes, in pieces of five.
    async fn heard(bytes: &[u8]) -> Vec<Heard> {
        let chunks: Vec<_> = bytes.chunks(5).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        Inbound::new(futures_util::stream::iter(chunks), Bounds::TEXT, Line::default()).collect().await
    }

    #[actix_rt::test]
    async fn so_many_control_frames_are_taken_and_no_more() {
        let most = usize::try_from(MOST_CONTROLS).unwrap();
        let pings = frame(0x89, b"?").repeat(most);
        let all = heard(&pings).await;
        assert_eq!(all.iter().filter(|heard| matches!(heard, Heard::Ping(payload) if payload == "?")).count(), most);
        assert_eq!(all.len(), most);
        let mut one_more = pings;
        one_more.extend(frame(0x8A, b""));
        one_more.extend(frame(0x81, b"not read any more"));
        let all = heard(&one_more).await;
        assert!(matches!(all.last(), Some(Heard::Over(Some(4013)))), "{all:?}");
        assert_eq!(all.len(), most + 1);
    }

    #[test]
    fn control_frames_are_counted_by_time() {
        let (mut controls, start) = (Controls::default(), Instant::now());
        for _ in 0..MOST_CONTROLS {
            assert!(!controls.is_one_too_many(start));
        }
        assert!(controls.is_one_too_many(start + CONTROLS_WITHIN - Duration::from_millis(1)));
        assert!(!controls.is_one_too_many(start + CONTROLS_WITHIN));
    }

    #[actix_rt::test]
    async fn a_close_is_the_last_that_is_heard_and_its_code_is_passed_on() {
        let mut bytes = frame(0x81, b"hello");
        bytes.extend(frame(0x88, b"\x0F\xA1bye"));
        bytes.extend(frame(0x81, b"and one more thing"));
        let all = heard(&bytes).await;
        assert!(matches!(all.as_slice(), [Heard::Text(text, _), Heard::Over(Some(4001))] if text == "hello"), "{all:?}");
    }

    #[actix_rt::test]
    async fn only_a_whole_frame_is_a_sign_of_life() {
        let line = Line::default();
        let before = line.heard_at();
        while Instant::now() == before {}
        let bytes = frame(0x81, b"hello");
        let dribble = futures_util::stream::iter(vec![Ok(Bytes::copy_from_slice(&bytes[..10]))]);
        assert!(Inbound::new(dribble, Bounds::TEXT, line.clone()).next().await.is_none());
        assert_eq!(line.heard_at(), before);
        let whole = futures_util::stream::iter(vec![Ok(Bytes::from(bytes))]);
        assert!(Inbound::new(whole, Bounds::TEXT, line.clone()).next().await.is_some());
        assert!(line.heard_at() > before);
    }
}
