//! Faults on purpose, for tests: a point in the code panics once after it was armed.
//!
//! Without the cargo feature `faults` nothing can be armed and [`Faults::hit`] is empty.

/// Where a test can make the server fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Point {
    /// In the session, while a command is dispatched.
    Session = 1,
    /// In the room, while a write is taken in.
    Room = 2,
    /// In persistence, before a batch is committed.
    Persistence = 4,
    /// In the gate, while an event is released.
    Gate = 8,
    /// In the relay, while an event is fanned out.
    Relay = 16,
}

/// The armed points of one server.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    #[cfg(feature = "faults")]
    armed: std::sync::Arc<std::sync::atomic::AtomicU8>,
    #[cfg(feature = "faults")]
    held: std::sync::Arc<tokio::sync::watch::Sender<bool>>,
}

impl Faults {
    /// The next time `point` is reached, it panics; once.
    #[cfg(feature = "faults")]
    pub fn arm(&self, point: Point) {
        self.armed.fetch_or(point as u8, std::sync::atomic::Ordering::SeqCst);
    }

    /// Whether `point` is still armed: nothing has reached it.
    #[cfg(feature = "faults")]
    #[must_use]
    pub fn is_armed(&self, point: Point) -> bool {
        self.armed.load(std::sync::atomic::Ordering::SeqCst) & point as u8 != 0
    }

    /// From now on commits wait until [`Faults::let_commits_go`].
    #[cfg(feature = "faults")]
    pub fn hold_commits(&self) {
        self.held.send_replace(true);
    }

    /// Commits are made again.
    #[cfg(feature = "faults")]
    pub fn let_commits_go(&self) {
        self.held.send_replace(false);
    }

    /// Waits while commits are held.
    #[cfg(feature = "faults")]
    pub(crate) async fn pass(&self) {
        // Fails only if the sender is gone, which we hold.
        let _ = self.held.subscribe().wait_for(|held| !held).await;
    }

    /// Nothing is held in this build.
    #[cfg(not(feature = "faults"))]
    #[expect(clippy::unused_self, clippy::unused_async, reason = "the same call in both builds")]
    pub(crate) async fn pass(&self) {}

    /// Panics if `point` is armed.
    #[cfg(feature = "faults")]
    pub(crate) fn hit(&self, point: Point) {
        let before = self.armed.fetch_and(!(point as u8), std::sync::atomic::Ordering::SeqCst);
        assert!(before & point as u8 == 0, "a fault on purpose at {point:?}");
    }

    /// Nothing can be armed in this build.
    #[cfg(not(feature = "faults"))]
    #[expect(clippy::unused_self, reason = "the same call in both builds")]
    pub(crate) fn hit(&self, _point: Point) {}
}
