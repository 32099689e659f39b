//! `reprocess_item`: extract and judge one item again from its stored bytes, because the extractor, the gate or
//! the owner's mind has changed. Payload: none, the job names its item. Unique per item; asks no host.

use atlas_domain::{Lease, Outcome};
use atlas_store::StoreError;

use super::{JobContext, without_item};
use crate::ingest::Run;

pub(super) async fn run(context: &JobContext, lease: Lease) -> Result<Outcome, StoreError> {
    match lease.job.item_id {
        Some(item) => {
            context
                .ingest
                .reprocess(Run::new(lease, item, context.now(), true))
                .await
        }
        None => without_item(context, &lease).await,
    }
}
