//! `collect_blobs`: delete stored bytes that nothing refers to. Payload: none. One at a time.

use atlas_domain::Lease;
use atlas_store::StoreError;

use super::JobContext;

pub(super) async fn run(context: &JobContext, lease: Lease) -> Result<(), StoreError> {
    let started_at = context.now();
    let removed = context.library().collect_blobs(context.retention).await?;
    let did = match removed {
        0 => "nothing to delete".to_owned(),
        1 => "deleted 1 blob that nothing refers to".to_owned(),
        n => format!("deleted {n} blobs that nothing refers to"),
    };
    context.done(&lease, started_at, did).await
}
