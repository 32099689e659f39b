//! `sweep_retention`: let go of what the retention table lets go. Payload: none. One at a time.

use atlas_domain::{Lease, Outcome};
use atlas_store::StoreError;

use super::JobContext;

pub(super) async fn run(context: &JobContext, lease: Lease) -> Result<Outcome, StoreError> {
    let started_at = context.now();
    let report = context.library().sweep_retention(context.retention).await?;
    tracing::info!(?report, "retention sweep");
    context.done(&lease, started_at).await
}
