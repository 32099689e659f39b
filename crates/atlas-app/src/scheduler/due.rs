//! Whether a backup, or an audit of the library, is due. The look is apart from the loop of the schedules: a destination that
//! hangs, such as a network drive that is gone, must not hold up anything else, nor pass for a server that stands.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{Clock, JobKind};
use atlas_store::{Library, StoreError};
use tokio::task::{JoinHandle, spawn_blocking};

use super::enqueue;
use crate::backups::BackupPlan;
use crate::error::AppError;
use crate::signals::Signals;
use crate::upkeep::summary_of;

/// What is due by its age.
#[derive(Clone)]
pub(crate) struct Due {
    /// By which backups are due; none where none are made.
    pub(crate) backups: Option<BackupPlan>,
    /// By which audits are; none where none are made.
    pub(crate) audits: Option<DueAudits>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// By which audits of the library are due.
#[derive(Debug, Clone)]
pub(crate) struct DueAudits {
    /// Where the last one lies.
    pub(crate) folder: PathBuf,
    /// How old it may become.
    pub(crate) every: Duration,
}

pub(super) struct LookingForDue {
    due: Due,
    /// The look that was begun last.
    last: Option<JoinHandle<()>>,
}

impl LookingForDue {
    pub(super) fn new(due: Due) -> Self {
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
            for (what, looked) in [
                ("an audit", enqueue_audit(&due, &library).await),
                ("a backup", enqueue_backup(&due, &library).await),
            ] {
                match looked {
                    Ok(true) => signals.jobs.notify_one(),
                    Ok(false) => {}
                    Err(error) => {
                        tracing::error!(%error, "whether {what} is due is not known; it is looked again soon");
                    }
                }
            }
        }));
    }
}

async fn enqueue_backup(due: &Due, library: &Library) -> Result<bool, AppError> {
    let Some(plan) = due.backups.clone() else {
        return Ok(false);
    };
    let (born, identity) = (library.created_at().await?, library.identity().clone());
    let now = due.clock.now();
    let is_due = apart(move || plan.is_due(&identity, born, now)).await?;
    if is_due {
        enqueue(library, JobKind::BackUp).await?;
    }
    Ok(is_due)
}

/// A library that was never audited is given as long from its beginning.
async fn enqueue_audit(due: &Due, library: &Library) -> Result<bool, AppError> {
    let Some(DueAudits { folder, every }) = due.audits.clone() else {
        return Ok(false);
    };
    let last = apart(move || Ok(summary_of(&folder)?)).await?;
    let last = match last {
        Some(last) => last.ended_at,
        None => library.created_at().await?,
    };
    let now = due.clock.now();
    let is_due = last > now || now.since(last) >= every;
    if is_due {
        enqueue(library, JobKind::AuditLibrary).await?;
    }
    Ok(is_due)
}

async fn apart<T: Send + 'static>(
    look: impl FnOnce() -> Result<T, AppError> + Send + 'static,
) -> Result<T, AppError> {
    let looked = spawn_blocking(look).await;
    looked.map_err(|error| StoreError::Panicked(error.to_string()))?
}
