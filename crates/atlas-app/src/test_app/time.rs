//! Time that stands still. Tokio's paused clock leaps to the next timer whenever the runtime is idle, and it is
//! idle while threads of the store work; here it moves only when a test moves it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// After so much real time, a test that waits in vain fails.
const PATIENCE: Duration = Duration::from_mins(1);
/// Longer than anything takes that is waited for.
const FOR_EVER: Duration = Duration::from_hours(1);
/// Timers are as fine as this, and late rather than early.
const TICK: Duration = Duration::from_millis(1);

/// While this lives, no time passes by itself.
pub(crate) struct FrozenTime {
    is_over: Arc<AtomicBool>,
    _lives: Sender<()>,
}

impl FrozenTime {
    /// Stops the clock of the current runtime.
    pub(crate) fn begin() -> Self {
        tokio::time::pause();
        let (lives, until_dropped) = channel();
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        // The paused clock does not leap as long as such a thread is at work.
        tokio::task::spawn_blocking(move || {
            if until_dropped.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                over.store(true, Ordering::Relaxed);
            }
        });
        Self {
            is_over,
            _lives: lives,
        }
    }

    /// Lets the other tasks go on, and the threads outside the runtime; no time passes. Panics once they have had
    /// all the time they could need.
    pub(crate) async fn others_turn(&self) {
        assert!(!self.is_over.load(Ordering::Relaxed), "it does not come about");
        tokio::task::spawn_blocking(std::thread::yield_now).await.unwrap();
    }

    /// Lets time pass.
    pub(crate) async fn pass(&self, duration: Duration) {
        tokio::time::advance(duration + TICK).await;
    }
}

/// Waits for what must come about by itself.
pub(crate) async fn in_time<T>(awaited: impl Future<Output = T>) -> T {
    tokio::time::timeout(FOR_EVER, awaited)
        .await
        .expect("it comes about")
}
