//! Step 2: keep the page as it arrived, before anything judges it.

use std::sync::Arc;

use atlas_domain::{Fetched, Item, LinkReason, Outcome, Snapshot, SnapshotId};
use atlas_store::StoreError;

use super::Ingest;
use super::bodies::HeldBody;
use super::run::{Exit, Run};

/// The stored bytes of a page are not there, or not what they were.
const CONTENT_MISSING: &str = "content_missing";

/// A page that is safe on the disk.
#[derive(Debug)]
pub(super) struct Kept {
    /// What is recorded of it.
    pub(super) snapshot: Snapshot,
    /// Its bytes.
    pub(super) body: Vec<u8>,
    /// They count among those under way until their content is found.
    pub(super) under_way: HeldBody,
    /// How long the server asked us to wait, when it did.
    pub(super) retry_after: Option<std::time::Duration>,
}

impl Ingest {
    pub(super) async fn keep(&self, run: &mut Run, mut fetched: Fetched) -> Result<Kept, Exit> {
        run.enter("keep");
        let body = Arc::new(std::mem::take(&mut fetched.body));
        let under_way = self.bodies.hold(body.len());
        let blob = self.library.prepare_blob(Arc::clone(&body)).await?;
        let snapshot = self
            .library
            .record_snapshot(&run.lease, run.item_id, &fetched, blob)
            .await?;
        Ok(Kept {
            snapshot,
            body: Arc::unwrap_or_clone(body), // the store has let go of it
            under_way,
            retry_after: fetched.retry_after,
        })
    }

    /// A copy that is looked at before it is known whether it will be kept.
    pub(super) fn hold(&self, run: &mut Run, fetched: &Fetched) -> Kept {
        run.enter("hold");
        let snapshot = Snapshot {
            id: SnapshotId::generate(self.clock.now(), &self.entropy),
            item_id: run.item_id,
            body_hash: None,
            size_bytes: fetched.body.len() as u64,
            url: fetched.url.to_string(),
            final_url: fetched.final_url.to_string(),
            status: fetched.status,
            content_type: fetched.header("content-type").map(str::to_owned),
            headers: fetched.headers.clone(),
            strategy: fetched.strategy,
            steps: Vec::new(),
            fetched_at: fetched.fetched_at,
        };
        Kept {
            snapshot,
            under_way: self.bodies.hold(fetched.body.len()),
            body: fetched.body.clone(),
            retry_after: None,
        }
    }

    /// The page as it was kept the last time.
    pub(super) async fn reopen(&self, run: &mut Run, item: &Item) -> Result<Kept, Exit> {
        run.enter("reopen");
        let kept = self.library.snapshot_to_reprocess(item.user_id, item.id).await?;
        let Some((hash, snapshot)) = kept.and_then(|kept| Some((kept.body_hash?, kept))) else {
            return Err(Exit::without_bytes(Outcome::LinkOnly {
                reason: LinkReason::NoBytes,
                message: "no bytes of this page are kept; save it again to fetch it".to_owned(),
            }));
        };
        let body = match self.library.blob(hash).await {
            // Trying again would not bring them back: it is said, and what was made of them stays.
            Err(error @ StoreError::Blob { .. }) => {
                let outcome = Outcome::Failed {
                    reason: CONTENT_MISSING.to_owned(),
                    message: format!(
                        "{error}; put blobs/ back from a backup, or save the page again to fetch it"
                    ),
                };
                return Err(Exit::with_bytes(outcome, snapshot.id));
            }
            other => other?,
        };
        Ok(Kept {
            snapshot,
            under_way: self.bodies.hold(body.len()),
            body,
            retry_after: None,
        })
    }
}
