//! `audit_library`: look at every item of the library, and keep what was found. Payload: none. One at a time. One that is
//! interrupted goes on where it was.

use atlas_domain::{Lease, UserId};
use atlas_store::StoreError;

use super::JobContext;
use crate::upkeep::{UpkeepError, audit_library};

pub(super) async fn run(context: &JobContext, lease: Lease) -> Result<(), StoreError> {
    let started_at = context.now();
    let audited = audit_library(context, UserId::OWNER).await;
    let totals = audited.map_err(UpkeepError::into_store)?.totals;
    let did = format!(
        "judged {} items: {} junk, {} suspects",
        totals.rows_total, totals.rows_junk, totals.rows_suspect
    );
    context.done(&lease, started_at, did).await
}
