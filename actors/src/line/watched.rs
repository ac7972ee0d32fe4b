//! The stream of a line: passes every byte, notes when the peer took some, and fails once the line is cut.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Line;

/// A stream whose line is watched.
pub struct Watched<T> {
    io: T,
    line: Line,
}

impl<T> Watched<T> {
    /// Of a new line.
    pub fn new(io: T) -> Self {
        Self { io, line: Line::default() }
    }

    /// Its line.
    #[must_use]
    pub fn line(&self) -> &Line {
        &self.line
    }

    /// Fails once the line is cut; until then whoever polls is woken when that happens.
    fn check(&self, cx: &Context<'_>) -> io::Result<()> {
        if self.line.state.is_cut.get() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        let mut task = self.line.state.task.borrow_mut();
        if !task.as_ref().is_some_and(|task| task.will_wake(cx.waker())) {
            *task = Some(cx.waker().clone());
        }
        Ok(())
    }

    /// Notes what became of a write.
    fn note(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        let state = &self.line.state;
        match written {
            Poll::Pending if state.stuck_since.get().is_none() => state.stuck_since.set(Some(Instant::now())),
            Poll::Ready(Ok(1..)) => {
                state.stuck_since.set(None);
                state.moved_at.set(Instant::now());
            }
            Poll::Pending | Poll::Ready(_) => {}
        }
        written
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        if self.line.state.is_heard_out.get() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Watched<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        let written = Pin::new(&mut self.io).poll_write(cx, buf);
        self.note(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::super::Pace;
    use super::*;

    #[actix_rt::test]
    async fn a_peer_that_takes_nothing_is_noted_and_one_that_takes_something_is_forgiven() {
        let (near, mut far) = tokio::io::duplex(16);
        let mut watched = Watched::new(near);
        let line = watched.line().clone();
        let later = |by: Duration| Instant::now() + by;
        watched.write_all(&[1; 16]).await.unwrap();
        assert_eq!(line.seen(Instant::now()).stuck_for, None);
        let writing = actix_rt::spawn(async move {
            let outcome = watched.write_all(&[2; 16]).await;
            (watched, outcome)
        });
        while line.seen(Instant::now()).stuck_for.is_none() {
            tokio::task::yield_now().await;
        }
        assert!(line.seen(later(Duration::from_secs(60))).stuck_for.unwrap() >= Duration::from_secs(60));
        far.read_exact(&mut [0; 16]).await.unwrap();
        let (_watched, outcome) = writing.await.unwrap();
        outcome.unwrap();
        assert_eq!(line.seen(later(Duration::from_secs(60))).stuck_for, None);
    }

    #[actix_rt::test]
    async fn a_line_that_is_stuck_for_too_long_fails_whoever_waits_on_it() {
        let (near, _far) = tokio::io::duplex(16);
        let mut watched = Watched::new(near);
        let line = watched.line().clone();
        let writing = actix_rt::spawn(async move { watched.write_all(&[0; 64]).await });
        while line.seen(Instant::now()).stuck_for.is_none() {
            tokio::task::yield_now().await;
        }
        line.watch(Instant::now(), &Pace::default());
        assert!(!line.state.is_cut.get());
        line.watch(Instant::now() + Pace::default().stuck + Duration::from_secs(1), &Pace::default());
        assert_eq!(writing.await.unwrap().unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
    }

    #[actix_rt::test]
    async fn a_peer_that_has_said_its_last_is_not_read_any_more() {
        let (near, mut far) = tokio::io::duplex(16);
        let mut watched = Watched::new(near);
        far.write_all(b"more").await.unwrap();
        watched.line().heard_out();
        assert_eq!(watched.read(&mut [0; 4]).await.unwrap(), 0);
        watched.write_all(b"bye").await.unwrap();
    }
}
