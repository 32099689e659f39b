//! What becomes of a job that broke off for a reason of our own: it is tried again, as often as its tries last.
//! Where the store cannot even remember that, the lease runs out.

use std::time::Duration;

use atlas_domain::{Lease, Outcome};
use atlas_resilience::breaker::CallResult;
use atlas_store::{AttemptRecord, Postponement, StoreError};

use super::trouble::TroubleLog;
use crate::jobs::JobContext;

/// How long a job rests after it broke off.
const REST: Duration = Duration::from_mins(1);

/// Why a job broke off.
pub(super) enum Breakdown {
    /// The store failed under it.
    Store(StoreError),
    /// It panicked: a bug.
    Panic,
}

/// Puts a job back, or gives it up when this was its last try. Returns how the try ended, whether the store could
/// note it or not.
pub(super) async fn put_back(
    context: &JobContext,
    lease: &Lease,
    breakdown: &Breakdown,
    trouble: &TroubleLog,
) -> Outcome {
    let now = context.ingest.clock.now();
    let attempt = AttemptRecord::at(now, "run");
    let (library, job) = (&context.ingest.library, &lease.job);
    let counts = breakdown.counts();
    let (reason, message) = (breakdown.reason().to_owned(), breakdown.message());
    let until = now.after(REST);
    let deferred = Outcome::Deferred {
        until,
        reason: reason.clone(),
        message: message.clone(),
    };
    let (result, outcome) = if !counts {
        let told = (reason, message);
        (library.put_job_back(lease, until, told, attempt).await, deferred)
    } else if job.attempts + 1 < job.max_attempts {
        let postponement = Postponement {
            until,
            counts,
            reason,
            message,
        };
        (library.postpone_job(lease, postponement, attempt).await, deferred)
    } else {
        let outcome = Outcome::Failed { reason, message };
        (library.finish_job(lease, outcome.clone(), attempt).await, outcome)
    };
    note(result, trouble);
    outcome
}

/// Gives a job back that was not begun. Nothing has happened to it, and nothing is written down about it.
pub(super) async fn give_back(context: &JobContext, lease: &Lease, trouble: &TroubleLog) {
    note(context.ingest.library.release_job(lease).await, trouble);
}

fn note(result: Result<(), StoreError>, trouble: &TroubleLog) {
    match result {
        // Whoever has the job now decides about it.
        Ok(()) | Err(StoreError::LeaseLost) => {}
        Err(error) => trouble.failed("a job cannot be put back; its lease runs out", error),
    }
}

impl Breakdown {
    /// Whether the try counts: a full disk, a busy or a damaged file is no job's fault.
    fn counts(&self) -> bool {
        match self {
            Self::Store(error) => !matches!(
                error.cause(),
                StoreError::Full(_)
                    | StoreError::Io(_)
                    | StoreError::Busy(_)
                    | StoreError::Interrupted
                    | StoreError::Unknown(_)
                    | StoreError::ReadOnly
                    | StoreError::ReadOnlyFileSystem(_)
                    | StoreError::Displaced { .. }
                    | StoreError::Corrupt { .. }
                    | StoreError::StoppedByHand { .. }
                    | StoreError::Closed
            ),
            Self::Panic => true,
        }
    }

    /// What it says about jobs of the same kind. Trouble of the store is the store's.
    pub(super) fn health(&self) -> CallResult {
        if self.counts() {
            CallResult::Failure
        } else {
            CallResult::Ignored
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Store(_) => "store_failed",
            Self::Panic => "panicked",
        }
    }

    pub(super) fn message(&self) -> String {
        match self {
            Self::Store(error) => error.to_string(),
            Self::Panic => "a bug in Atlas ended this try; the log has the details".to_owned(),
        }
    }
}
