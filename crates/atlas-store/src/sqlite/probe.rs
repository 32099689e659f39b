//! `Probe`: whether a file takes anything at all, found out at the least cost: first whether there is room, then one
//! row that nobody reads. It lets an open breaker close although nobody saves anything.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use atlas_resilience::breaker::CallResult;
use tokio::sync::Mutex;
use tokio::time::sleep;

use super::connection::is_on_read_only_file_system;
use super::guard::{Guard, judge};
use super::writer::{Lane, Writer};
use crate::error::StoreError;
use crate::room::free_bytes;

/// Less than any commit takes.
const LEAST_ROOM_BYTES: u64 = 64 * 1024;
/// When to look again where the breaker does not say.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// The probe of one file.
pub(super) struct Probe {
    /// It keeps no file open that nobody else uses.
    writer: Weak<Writer>,
    path: Arc<Path>,
    guard: Arc<Guard>,
    is_running: AtomicBool,
    /// One at a time: what the first finds out holds for all who failed with it.
    confirming: Mutex<()>,
}

impl Probe {
    pub(super) fn new(writer: &Arc<Writer>, path: &Arc<Path>, guard: &Arc<Guard>) -> Self {
        Self {
            writer: Arc::downgrade(writer),
            path: Arc::clone(path),
            guard: Arc::clone(guard),
            is_running: AtomicBool::new(false),
            confirming: Mutex::default(),
        }
    }

    /// What the file says for itself after `error` looked like an outage. One request can be too large for the disk, or
    /// hit a bad moment; others are turned away only if the file takes nothing at all.
    pub(super) async fn confirm(&self, error: &StoreError) -> CallResult {
        let _alone = self.confirming.lock().await;
        if !self.guard.judges() || self.guard.peek().is_err() {
            return CallResult::Ignored;
        }
        match self.look(Some(error)).await {
            Ok(()) => CallResult::Ignored,
            Err(error) => judge::<()>(&Err(error)),
        }
    }

    /// Tries again by itself, as often as the breaker allows, until that is closed.
    pub(super) fn begin(self: &Arc<Self>) {
        if !self.is_running.swap(true, Ordering::SeqCst) {
            let probe = Arc::clone(self);
            tokio::spawn(async move { probe.until_closed().await });
        }
    }

    async fn until_closed(&self) {
        loop {
            if self.guard.is_closed() {
                self.is_running.store(false, Ordering::SeqCst);
                // It may have opened again since the look, and found this still running.
                if self.guard.is_closed() || self.is_running.swap(true, Ordering::SeqCst) {
                    return;
                }
            }
            match self.guard.ask_plainly() {
                // A permit that decides nothing: a person has decided.
                Ok(permit) if !permit.is_probe() => {
                    drop(permit);
                    sleep(LOOK_AGAIN).await;
                }
                Ok(permit) => {
                    let found = self.look(self.guard.last_error().as_ref()).await;
                    if matches!(found, Err(StoreError::Closed)) {
                        return; // for ever
                    }
                    let judged = judge(&found);
                    self.guard.finish(permit, judged, found.as_ref().err());
                    if judged == CallResult::Ignored {
                        sleep(LOOK_AGAIN).await;
                    }
                }
                Err(retry_in) => sleep(retry_in.unwrap_or(LOOK_AGAIN).min(LOOK_AGAIN)).await,
            }
        }
    }

    /// A disk without room, or one that nobody may write to, is asked nothing more.
    async fn look(&self, error: Option<&StoreError>) -> Result<(), StoreError> {
        if let Some(full @ StoreError::Full(_)) = error
            && free_bytes(&self.path).is_some_and(|free| free < LEAST_ROOM_BYTES)
        {
            return Err(full.clone());
        }
        if is_on_read_only_file_system(&self.path) {
            return Err(StoreError::ReadOnlyFileSystem(self.path.to_path_buf()));
        }
        let writer = self.writer.upgrade().ok_or(StoreError::Closed)?;
        let beat = |sql: &rusqlite::Connection| {
            sql.execute("UPDATE writer_mark SET batch = batch", [])?;
            Ok(())
        };
        writer.submit(Lane::Interactive, beat, |()| ()).await
    }
}
