//! `ingest_item`: fetch, extract, judge and commit one item. Payload: none, the job names its item. Unique per
//! item; grouped by host, so that one slow site holds at most two workers.

use atlas_domain::{Lease, Outcome};
use atlas_store::StoreError;

use super::{JobContext, without_item};
use crate::ingest::Run;

pub(super) async fn run(context: &JobContext, lease: Lease) -> Result<Outcome, StoreError> {
    match lease.job.item_id {
        Some(item) => {
            context
                .ingest
                .ingest(Run::new(lease, item, context.now(), false))
                .await
        }
        None => without_item(context, &lease).await,
    }
}
