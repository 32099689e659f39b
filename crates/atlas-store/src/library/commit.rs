//! `commit_ingest`: the one way in which the result of an ingestion enters the library.
//!
//! Document, judgement, addresses, item state, change log, audit row and the end of the job are one
//! transaction. The library has the last word here on duplicates, on unchanged content, and on a worse result
//! that would replace a better one; it must not judge the content itself.

use atlas_domain::{
    Article, BlobHash, CanonicalUrl, ChangeOp, Item, ItemId, Lease, NewJob, Outcome, OutcomeWord, SnapshotId,
    Verdict,
};
use rusqlite::OptionalExtension;
use tokio::task::spawn_blocking;

use super::Library;
use super::audit::Actor;
use super::documents::StoredArticle;
use super::items::{ITEM_COLUMNS, item_from_row};
use super::precedence::{is_kept_better, would_get_worse};
use crate::error::StoreError;
use crate::jobs::AttemptRecord;
use crate::sqlite::Lane;
use crate::tx::Tx;

/// What ingestion concluded about an item.
#[derive(Debug, Clone)]
pub struct IngestCommit {
    /// Which item.
    pub item_id: ItemId,
    /// The bytes it was concluded from, when there were any.
    pub snapshot_id: Option<SnapshotId>,
    /// What the junk gate said, when it was asked.
    pub verdict: Option<Verdict>,
    /// Addresses under which the page was really had: after redirects. They are its identity, so what it only
    /// says of itself is not among them.
    pub addresses: Vec<CanonicalUrl>,
    /// The conclusion.
    pub conclusion: Conclusion,
    /// The same bytes were judged again, so a worse verdict stands too. A worse *fetch* never replaces what
    /// the library has.
    pub rejudged: bool,
    /// The HTML from a save that has been looked at now. What came meanwhile stays, and has its turn.
    pub given_html: Option<BlobHash>,
}

/// Content, or how it came that there is none.
#[derive(Debug, Clone)]
pub enum Conclusion {
    /// Content to keep and to find.
    Content {
        /// The content.
        article: Box<Article>,
        /// Only its beginning could be had.
        partial: bool,
    },
    /// No content: quarantined, rejected, link only, or failed.
    NoContent(Outcome),
}

impl Conclusion {
    /// The outcome that it comes to, unless the library has something to say against it.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Content { partial, .. } => Outcome::Stored { partial: *partial },
            Self::NoContent(outcome) => outcome.clone(),
        }
    }
}

impl Library {
    /// Commits the result of an ingestion and ends its job. Fails with `LeaseLost`, changing nothing, when
    /// another worker has the job by now.
    pub async fn commit_ingest(
        &self,
        lease: &Lease,
        commit: IngestCommit,
        attempt: AttemptRecord,
    ) -> Result<Outcome, StoreError> {
        let lease = lease.clone();
        let (commit, stored) = spawn_blocking(move || {
            let stored = match &commit.conclusion {
                Conclusion::Content { article, .. } => Some(StoredArticle::of(article)?),
                Conclusion::NoContent(_) => None,
            };
            Ok::<_, StoreError>((commit, stored))
        })
        .await
        .map_err(|error| StoreError::Panicked(error.to_string()))??;
        self.write(Lane::Interactive, move |tx| {
            let item = tx.item_for_ingest(commit.item_id)?;
            if !is_kept_better(&item, &commit) {
                tx.record_judgement(&commit)?; // one that changes nothing would only explain the wrong thing
            }
            let outcome = match &stored {
                Some(stored) => tx.commit_content(&item, &commit, stored)?,
                None => tx.commit_without_content(&item, &commit)?,
            };
            tx.finish_job(&lease, &outcome, &attempt)?;
            tx.forget_given_html(&item, &commit, &outcome)?;
            tx.audit(
                item.user_id,
                Actor::Ingest,
                outcome.word().as_str(),
                item.id,
                outcome.reason(),
                &outcome.message(),
            )?;
            #[cfg(feature = "failpoints")]
            fail::fail_point!("ingest::in_commit", |_| std::process::abort());
            Ok(outcome)
        })
        .await
    }
}

impl Tx<'_> {
    fn item_for_ingest(&self, item: ItemId) -> Result<Item, StoreError> {
        self.sql
            .prepare_cached(&format!("SELECT {ITEM_COLUMNS} FROM item WHERE uuid = ?1"))?
            .query_row([item.as_bytes()], item_from_row)
            .optional()?
            .ok_or_else(|| StoreError::not_found("item", item))
    }

    fn commit_content(
        &self,
        item: &Item,
        commit: &IngestCommit,
        stored: &StoredArticle,
    ) -> Result<Outcome, StoreError> {
        let outcome = commit.conclusion.outcome();
        if would_get_worse(item, commit, &outcome) {
            return self.keep_better(item, &outcome);
        }
        if !item.state.is_searchable()
            && let Some(duplicate) = self.duplicate(item, &commit.addresses, stored.content_hash)?
        {
            self.set_state(item, &duplicate)?;
            return Ok(duplicate);
        }
        for address in &commit.addresses {
            self.add_address(item.user_id, item.id, address)?;
        }
        let current = self.compare_with_current(item.id, stored)?;
        let same_article = current.is_some_and(|current| current.same_article);
        if item.trashed_at.is_none() && outcome.item_state() == Some(item.state) && same_article {
            return Ok(Outcome::Unchanged);
        }
        self.insert_document(item, commit, stored)?;
        self.set_state(item, &outcome)?;
        self.log_change(item.id, ChangeOp::Upsert)?;
        if current.is_some_and(|current| !current.same_content) {
            self.part_from_duplicates(item.id)?;
        }
        Ok(outcome)
    }

    fn commit_without_content(&self, item: &Item, commit: &IngestCommit) -> Result<Outcome, StoreError> {
        let outcome = commit.conclusion.outcome();
        refuse_unfounded(commit, &outcome)?;
        if would_get_worse(item, commit, &outcome) {
            return self.keep_better(item, &outcome);
        }
        self.set_state(item, &outcome)?;
        if item.state.is_searchable() {
            self.log_change(item.id, ChangeOp::Remove)?;
            self.reprocess_duplicates_of(item.id)?;
        }
        Ok(outcome)
    }

    /// Leaves an item where an outcome leaves it, with its reason.
    pub(super) fn set_state(&self, item: &Item, outcome: &Outcome) -> Result<(), StoreError> {
        let state = outcome.item_state().unwrap_or(item.state);
        let message = if outcome.reason().is_empty() {
            String::new()
        } else {
            outcome.message()
        };
        let duplicate_of = match outcome {
            Outcome::Duplicate { of, .. } => Some(self.item_row(*of)?),
            _ => None,
        };
        self.sql
            .prepare_cached(
                "UPDATE item SET state = ?2, reason = ?3, message = ?4, duplicate_of = ?5, updated_at = ?6
                 WHERE uuid = ?1",
            )?
            .execute((
                item.id.as_bytes(),
                state.as_str(),
                outcome.reason(),
                message,
                duplicate_of,
                self.now.as_millis(),
            ))?;
        Ok(())
    }

    /// Forgets the HTML that this run has looked at, unless it failed by our own fault. HTML that came while the
    /// run was under way gets a run of its own.
    fn forget_given_html(
        &self,
        item: &Item,
        commit: &IngestCommit,
        outcome: &Outcome,
    ) -> Result<(), StoreError> {
        let row = self.item_row(item.id)?;
        if let Some(looked_at) = commit.given_html
            && outcome.word() != OutcomeWord::Failed
        {
            self.sql.execute(
                "DELETE FROM given_html WHERE item_id = ?1 AND body_hash = ?2",
                (row, looked_at.0),
            )?;
        }
        let waits: bool = self.sql.query_row(
            "SELECT EXISTS (SELECT 1 FROM given_html WHERE item_id = ?1 AND body_hash IS NOT ?2)",
            (row, commit.given_html.map(|hash| hash.0)),
            |row| row.get(0),
        )?;
        if waits {
            self.enqueue(&NewJob::ingest(item.id, &item.url))?;
        }
        Ok(())
    }
}

/// An ending that is none would leave its item without a job; a quarantine without the verdict and the bytes it
/// was decided on could not be shown to the owner.
fn refuse_unfounded(commit: &IngestCommit, outcome: &Outcome) -> Result<(), StoreError> {
    let founded = match outcome {
        Outcome::Quarantined { .. } => commit.verdict.is_some() && commit.snapshot_id.is_some(),
        Outcome::Rejected { .. } | Outcome::LinkOnly { .. } | Outcome::Failed { .. } => true,
        Outcome::Stored { .. }
        | Outcome::Unchanged
        | Outcome::Duplicate { .. }
        | Outcome::Deferred { .. } => false,
    };
    if founded {
        return Ok(());
    }
    Err(StoreError::Conflict(format!(
        "an ingestion without content cannot conclude `{}` on these grounds",
        outcome.word()
    )))
}
