//! `collect_blobs`: delete stored bytes that nothing refers to. Payload: none. One at a time.

use atlas_domain::{Lease, Outcome};
use atlas_store::StoreError;

use super::JobContext;

pub(super) async fn run(context: &JobContext, lease: Lease) -> Result<Outcome, StoreError> {
    let started_at = context.now();
    let removed = context.library().collect_blobs(context.retention).await?;
    tracing::info!(removed, "blob collection");
    context.done(&lease, started_at).await
}
