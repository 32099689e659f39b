//! `clean_library`: carry out a cleanup that was planned, or go on with it. Payload: `{"cleanup": ID}`. One at a time.

use atlas_domain::{CleanupId, CleanupStep, Lease, UserId};
use atlas_store::StoreError;
use serde::Deserialize;

use super::JobContext;
use crate::upkeep::{UpkeepError, clean_library};

#[derive(Deserialize)]
struct Payload {
    cleanup: CleanupId,
}

pub(super) async fn run(context: &JobContext, lease: Lease) -> Result<(), StoreError> {
    let started_at = context.now();
    let Ok(Payload { cleanup }) = serde_json::from_str(&lease.job.payload) else {
        let did = "nothing: the job names no cleanup".to_owned();
        return context.done(&lease, started_at, did).await;
    };
    let did = match clean_library(context, UserId::OWNER, cleanup).await {
        Ok(run) if run.message.is_empty() => format!(
            "cleanup {cleanup}: {} done, {} skipped",
            run.count(CleanupStep::Done),
            run.count(CleanupStep::Skipped)
        ),
        Ok(run) => format!("cleanup {cleanup}: {}", run.message),
        // Somebody has called it off or begun another: to try again would not change that.
        Err(UpkeepError::Store(error @ (StoreError::Conflict(_) | StoreError::NotFound { .. }))) => {
            format!("nothing: {error}")
        }
        Err(error) => return Err(error.into_store()),
    };
    context.done(&lease, started_at, did).await
}
