//! Whether a backup is due. The look is apart from the loop of the schedules: a destination that hangs, such as a network
//! drive that is gone, must not hold up anything else, nor pass for a server that stands.

use std::sync::Arc;

use atlas_domain::{Clock, JobKind};
use atlas_store::Library;
use tokio::task::{JoinHandle, spawn_blocking};

use super::enqueue;
use crate::backups::BackupPlan;
use crate::error::AppError;
use crate::signals::Signals;

/// By which backups are due.
#[derive(Clone)]
pub(crate) struct DueBackups {
    pub(crate) plan: BackupPlan,
    pub(crate) clock: Arc<dyn Clock>,
}

pub(super) struct LookingAtBackups {
    due: DueBackups,
    /// The look that was begun last.
    last: Option<JoinHandle<()>>,
}

impl LookingAtBackups {
    pub(super) fn new(due: DueBackups) -> Self {
        Self { due, last: None }
    }

    #[cfg(test)]
    pub(super) async fn ended(&mut self) {
        if let Some(last) = self.last.take() {
            last.await.unwrap();
        }
    }

    /// Begins a look, unless the one before it goes on.
    pub(super) fn look(&mut self, library: &Library, signals: &Arc<Signals>) {
        if self.last.as_ref().is_some_and(|last| !last.is_finished()) {
            return;
        }
        let (due, library, signals) = (self.due.clone(), library.clone(), Arc::clone(signals));
        self.last = Some(tokio::spawn(async move {
            match enqueue_if_due(due, &library).await {
                Ok(true) => signals.jobs.notify_one(),
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(%error, "whether a backup is due is not known; it is looked again soon");
                }
            }
        }));
    }
}

async fn enqueue_if_due(due: DueBackups, library: &Library) -> Result<bool, AppError> {
    let (born, identity) = (library.created_at().await?, library.identity().clone());
    let now = due.clock.now();
    let looked = spawn_blocking(move || due.plan.is_due(&identity, born, now)).await;
    let is_due = looked.map_err(|error| atlas_store::StoreError::Panicked(error.to_string()))??;
    if is_due {
        enqueue(library, JobKind::BackUp).await?;
    }
    Ok(is_due)
}
