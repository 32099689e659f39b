//! `check_gently`: looks through a whole file for damage while it is in use. It gives way to whoever has work to do,
//! and ends when it is told to or has taken too long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use atlas_resilience::breaker::CallResult;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::Database;
use super::connection::{open_reader, quick_check};
use crate::error::StoreError;

/// Steps of SQLite's machine, or pages of a check, between two pauses.
const STEPS_PER_PAUSE: i32 = 2_000;
/// A pause: about as long as the steps between two of them.
const PAUSE: Duration = Duration::from_millis(2);

/// Tells a check to end. Dropping it does so too: nobody waits for the result any more.
#[derive(Debug, Default)]
struct EndOnDrop(Arc<AtomicBool>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Database {
    /// Looks for damage, for no longer than `limit`. Fails with `Corrupt` where there is some, and with `Interrupted`
    /// where it came to no end. Dropping the future ends it.
    pub(crate) async fn check_gently(&self, limit: Duration) -> Result<(), StoreError> {
        let end = EndOnDrop::default();
        let must_end = Arc::clone(&end.0);
        let (path, reading, deadline) = (Arc::clone(&self.path), self.reading, Instant::now() + limit);
        let usage = self.readers.usage().clone();
        let permit = self.guards.maintenance.ask()?;
        let checking = spawn_blocking(move || {
            let _going_on = usage.begin_read();
            let mut sql = open_reader(&path, reading)?;
            sql.progress_handler(STEPS_PER_PAUSE, Some(move || pause(&must_end, deadline)))?;
            quick_check(&sql, &path)
        });
        let checked = checking
            .await
            .unwrap_or_else(|error| Err(StoreError::Panicked(error.to_string())));
        // However it ended, nobody else is turned away for it.
        self.guards.maintenance.finish(permit, CallResult::Ignored, None);
        self.noted(checked)
    }
}

/// Whether it has to end, after a pause.
#[expect(
    clippy::disallowed_methods,
    reason = "it is on a thread of its own, which is to do nothing for a while"
)]
fn pause(must_end: &AtomicBool, deadline: Instant) -> bool {
    std::thread::sleep(PAUSE);
    must_end.load(Ordering::Relaxed) || Instant::now() >= deadline
}
