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
    /// It was not begun: jobs of its kind keep breaking off, and rest for so long, or until a person decides.
    Rests(Option<Duration>),
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
    let (result, outcome) = if !counts || job.attempts + 1 < job.max_attempts {
        let until = now.after(breakdown.rest());
        let postponement = Postponement {
            until,
            counts,
            reason: reason.clone(),
            message: message.clone(),
        };
        let outcome = Outcome::Deferred {
            until,
            reason,
            message,
        };
        (library.postpone_job(lease, postponement, attempt).await, outcome)
    } else {
        let outcome = Outcome::Failed { reason, message };
        (library.finish_job(lease, outcome.clone(), attempt).await, outcome)
    };
    match result {
        // Whoever has the job now decides about it.
        Ok(()) | Err(StoreError::LeaseLost) => {}
        Err(error) => {
            trouble.failed("a job cannot be put back; its lease runs out", error);
        }
    }
    outcome
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
            Self::Rests(_) => false,
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

    fn rest(&self) -> Duration {
        match self {
            Self::Store(_) | Self::Panic => REST,
            Self::Rests(rest) => rest.unwrap_or(REST).max(Duration::from_secs(1)),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Store(_) => "store_failed",
            Self::Panic => "panicked",
            Self::Rests(_) => "circuit_open",
        }
    }

    pub(super) fn message(&self) -> String {
        match self {
            Self::Store(error) => error.to_string(),
            Self::Panic => "a bug in Atlas ended this try; the log has the details".to_owned(),
            Self::Rests(_) => {
                "jobs of this kind kept breaking off and rest for a while: see `atlas breaker ls`".to_owned()
            }
        }
    }
}
