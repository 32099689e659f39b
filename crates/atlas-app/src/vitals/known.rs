//! `Known`: what takes too long to find out with every look, and is found out once in a while for everybody. It judges
//! nothing.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use atlas_store::{FileCheck, IngestHistory};
use tokio::time::Instant;

use crate::app::App;
use crate::error::AppError;

/// What has come to nothing new is looked up again after this, because a day and a week go on.
const HISTORY_FOR: Duration = Duration::from_hours(1);
/// And however much happens, not before this.
const HISTORY_AT_LEAST_FOR: Duration = Duration::from_mins(2);

/// What is known of this process's files and of its past.
#[derive(Debug, Default)]
pub(crate) struct Known {
    checked: Mutex<Option<FileCheck>>,
    history: tokio::sync::Mutex<Option<LookedBack>>,
}

#[derive(Debug)]
struct LookedBack {
    at: Instant,
    jobs_finished: u64,
    history: IngestHistory,
}

impl Known {
    /// The library has been looked through.
    pub(crate) fn file_checked(&self, check: FileCheck) {
        *self.checked.lock().unwrap_or_else(PoisonError::into_inner) = Some(check);
    }

    /// The last time that it was looked through, as far as anybody knows, by this process or one before it.
    pub(crate) fn file_check(&self) -> Option<FileCheck> {
        self.checked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl App {
    /// What the last days of ingestion came to. An idle server looks it up once an hour.
    pub(crate) async fn ingest_history(&self) -> Result<IngestHistory, AppError> {
        let mut known = self.known.history.lock().await;
        let jobs_finished = *self.parts.signals.finished().borrow();
        if let Some(before) = &*known {
            let age = before.at.elapsed();
            let is_old =
                age >= HISTORY_FOR || (age >= HISTORY_AT_LEAST_FOR && before.jobs_finished != jobs_finished);
            if !is_old {
                return Ok(before.history.clone());
            }
        }
        let history = self.library()?.for_looking().ingest_history().await?;
        *known = Some(LookedBack {
            at: Instant::now(),
            jobs_finished,
            history: history.clone(),
        });
        Ok(history)
    }
}
