//! Step 7: commit. One transaction holds the document, its place in the change log, the item's state, the
//! audit row and the end of the job; `atlas_store` has the last word on duplicates and worse results.

use atlas_domain::{Decision, Outcome};
use atlas_store::{Conclusion, Crowd, IngestCommit, Postponement, StoreError};

use super::Ingest;
use super::judge::Judged;
use super::run::{NoContent, Run};

impl Ingest {
    pub(super) async fn commit(&self, run: &mut Run, judged: Judged) -> Result<Outcome, StoreError> {
        run.enter("commit");
        let partial = judged.verdict.decision == Decision::Partial;
        let commit = IngestCommit {
            item_id: run.item_id,
            snapshot_id: Some(judged.snapshot_id),
            verdict: Some(judged.verdict),
            addresses: judged.addresses,
            conclusion: Conclusion::Content {
                article: Box::new(judged.article),
                partial,
            },
            rejudged: run.rejudged,
            given_html: run.given_html,
        };
        self.library.commit_ingest(&run.lease, commit, run.record()).await
    }

    pub(super) async fn commit_without_content(
        &self,
        run: &Run,
        end: NoContent,
    ) -> Result<Outcome, StoreError> {
        let commit = IngestCommit {
            item_id: run.item_id,
            snapshot_id: end.snapshot_id,
            verdict: end.verdict,
            addresses: end.addresses,
            conclusion: Conclusion::NoContent(end.outcome),
            rejudged: run.rejudged,
            given_html: run.given_html,
        };
        self.library.commit_ingest(&run.lease, commit, run.record()).await
    }

    pub(super) async fn postpone(
        &self,
        run: &Run,
        to: Postponement,
        crowd: Option<Crowd>,
    ) -> Result<Outcome, StoreError> {
        let outcome = Outcome::Deferred {
            until: to.until,
            reason: to.reason.clone(),
            message: to.message.clone(),
        };
        let (library, lease, record) = (&self.library, &run.lease, run.record());
        match crowd {
            None => library.postpone_job(lease, to, record).await?,
            Some(crowd) => {
                let others = library.postpone_with_crowd(lease, to, crowd, record).await?;
                tracing::debug!(others, "put off together");
            }
        }
        Ok(outcome)
    }
}
