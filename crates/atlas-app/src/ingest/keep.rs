//! Step 2: keep the page as it arrived, before anything judges it.

use atlas_domain::{Fetched, LinkReason, Outcome, Snapshot};

use super::Ingest;
use super::run::{Exit, Run};

/// A page that is safe on the disk.
#[derive(Debug)]
pub(super) struct Kept {
    /// What is recorded of it.
    pub(super) snapshot: Snapshot,
    /// Its bytes.
    pub(super) body: Vec<u8>,
    /// How long the server asked us to wait, when it did.
    pub(super) retry_after: Option<std::time::Duration>,
}

impl Ingest {
    pub(super) async fn keep(&self, run: &mut Run, fetched: Fetched) -> Result<Kept, Exit> {
        run.enter("keep");
        let blob = self.library.prepare_blob(fetched.body.clone()).await?;
        let snapshot = self
            .library
            .record_snapshot(&run.lease, run.item_id, &fetched, blob)
            .await?;
        Ok(Kept {
            snapshot,
            body: fetched.body,
            retry_after: fetched.retry_after,
        })
    }

    /// The page as it was kept the last time.
    pub(super) async fn reopen(&self, run: &mut Run) -> Result<Kept, Exit> {
        run.enter("reopen");
        let Some(snapshot) = self.library.snapshot_to_reprocess(run.item_id).await? else {
            return Err(Exit::without_bytes(Outcome::LinkOnly {
                reason: LinkReason::NoBytes,
                message: "no bytes of this page are kept; save it again to fetch it".to_owned(),
            }));
        };
        let body = self.library.blob(snapshot.body_hash).await?;
        Ok(Kept {
            snapshot,
            body,
            retry_after: None,
        })
    }
}
