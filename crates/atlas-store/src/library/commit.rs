//! `commit_ingest`: the one way in which the result of an ingestion enters the library.
//!
//! Document, judgement, addresses, item state, change log, audit row and the end of the job are one
//! transaction. The library has the last word here on duplicates, on unchanged content, and on a worse result
//! that would replace a better one; it must not judge the content itself.

use atlas_domain::{
    Article, BlobHash, CanonicalUrl, ChangeOp, DocumentId, Item, ItemId, ItemState, Lane, Lease, NewJob,
    Outcome, OutcomeWord, SnapshotId, Verdict,
};
use rusqlite::OptionalExtension;

use super::Library;
use super::audit::Actor;
use super::documents::{DOCUMENT_QUERY, compressed, document_from_row};
use super::items::{ITEM_COLUMNS, item_from_row};
use crate::error::StoreError;
use crate::jobs::AttemptRecord;
use crate::sqlite::{Column, to_json};
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
    /// Addresses the page turned out to have: after redirects, and the one it declares.
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
        let content_hash = match &commit.conclusion {
            Conclusion::Content { article, .. } => content_hash(&article.text),
            Conclusion::NoContent(_) => BlobHash([0; 32]),
        };
        self.write(Lane::Interactive, move |tx| {
            let item = tx.item_for_ingest(commit.item_id)?;
            if !is_kept_better(&item, &commit) {
                tx.record_judgement(&commit)?; // one that changes nothing would only explain the wrong thing
            }
            let outcome = match &commit.conclusion {
                Conclusion::Content { article, partial } => {
                    tx.commit_content(&item, &commit, article, *partial, content_hash)?
                }
                Conclusion::NoContent(outcome) => tx.commit_without_content(&item, &commit, outcome)?,
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

/// Two texts that differ only in white space are the same content.
fn content_hash(text: &str) -> BlobHash {
    let mut hasher = blake3::Hasher::new();
    for word in text.split_whitespace() {
        hasher.update(word.as_bytes());
        hasher.update(b" ");
    }
    BlobHash(*hasher.finalize().as_bytes())
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
        article: &Article,
        partial: bool,
        content_hash: BlobHash,
    ) -> Result<Outcome, StoreError> {
        let outcome = Outcome::Stored { partial };
        if would_get_worse(item, commit, &outcome) {
            return self.keep_better(item, &outcome);
        }
        if !item.state.is_searchable()
            && let Some(duplicate) = self.duplicate(item, &commit.addresses, content_hash)?
        {
            self.set_state(item, &duplicate)?;
            return Ok(duplicate);
        }
        for address in &commit.addresses {
            self.add_address(item.user_id, item.id, address)?;
        }
        if item.trashed_at.is_none() && self.is_unchanged(item, article, &outcome)? {
            return Ok(Outcome::Unchanged);
        }
        self.insert_document(item, commit, article, content_hash)?;
        self.set_state(item, &outcome)?;
        self.log_change(item.id, ChangeOp::Upsert)?;
        Ok(outcome)
    }

    fn commit_without_content(
        &self,
        item: &Item,
        commit: &IngestCommit,
        outcome: &Outcome,
    ) -> Result<Outcome, StoreError> {
        refuse_unfounded(commit, outcome)?;
        if would_get_worse(item, commit, outcome) {
            return self.keep_better(item, outcome);
        }
        self.set_state(item, outcome)?;
        if item.state.is_searchable() {
            self.log_change(item.id, ChangeOp::Remove)?;
            self.reprocess_duplicates_of(item.id)?;
        }
        Ok(outcome.clone())
    }

    fn keep_better(&self, item: &Item, worse: &Outcome) -> Result<Outcome, StoreError> {
        let detail = format!(
            "kept as {}: the new result was {} ({})",
            item.state,
            worse.word(),
            worse.message()
        );
        self.audit(
            item.user_id,
            Actor::Ingest,
            "kept_better",
            item.id,
            worse.reason(),
            &detail,
        )?;
        // Our own fault leaves the item as it was, but stays visible as a dead letter.
        Ok(match worse {
            Outcome::Failed { .. } => worse.clone(),
            _ => Outcome::Unchanged,
        })
    }

    /// Another item of the same person that holds this content already.
    fn duplicate(
        &self,
        item: &Item,
        addresses: &[CanonicalUrl],
        content_hash: BlobHash,
    ) -> Result<Option<Outcome>, StoreError> {
        let mut by_address = self.sql.prepare_cached(
            "SELECT item.uuid FROM item_address JOIN item ON item.id = item_address.item_id
             WHERE item_address.user_id = ?1 AND item_address.canonical_url = ?2 AND item.uuid <> ?3
             AND item.trashed_at IS NULL AND item.state IN ('stored', 'partial')",
        )?;
        for address in addresses {
            let of = by_address
                .query_row((item.user_id.0, address.as_str(), item.id.as_bytes()), |row| {
                    ItemId::read(row, "uuid")
                })
                .optional()?;
            if let Some(of) = of {
                return Ok(Some(Outcome::Duplicate {
                    of,
                    reason: "same_url",
                }));
            }
        }
        let of = self
            .sql
            .prepare_cached(
                // In this order: without statistics SQLite would go through all items of the user instead.
                "SELECT item.uuid FROM document
                 CROSS JOIN item ON item.id = document.item_id AND item.document_id = document.id
                 WHERE document.content_hash = ?1 AND item.user_id = ?2 AND item.uuid <> ?3
                 AND item.trashed_at IS NULL AND item.state IN ('stored', 'partial') ORDER BY item.id LIMIT 1",
            )?
            .query_row((content_hash.0, item.user_id.0, item.id.as_bytes()), |row| ItemId::read(row, "uuid"))
            .optional()?;
        Ok(of.map(|of| Outcome::Duplicate {
            of,
            reason: "same_content",
        }))
    }

    fn is_unchanged(&self, item: &Item, article: &Article, outcome: &Outcome) -> Result<bool, StoreError> {
        if outcome.item_state() != Some(item.state) {
            return Ok(false);
        }
        let query = format!("{DOCUMENT_QUERY} WHERE item.uuid = ?1 AND document.id = item.document_id");
        let current = self
            .sql
            .prepare_cached(&query)?
            .query_row([item.id.as_bytes()], document_from_row)
            .optional()?;
        Ok(current.is_some_and(|document| document.article == *article))
    }

    fn insert_document(
        &self,
        item: &Item,
        commit: &IngestCommit,
        article: &Article,
        content_hash: BlobHash,
    ) -> Result<(), StoreError> {
        let item_row = self.item_row(item.id)?;
        let snapshot = commit
            .snapshot_id
            .ok_or_else(|| StoreError::Conflict("content without the bytes it came from".to_owned()))?;
        let metadata = Article {
            text: String::new(),
            markdown: String::new(),
            html: String::new(),
            ..article.clone()
        };
        self.sql
            .prepare_cached(
                "INSERT INTO document (uuid, item_id, version, snapshot_id, content_hash, title, language, published,
                     word_count, metadata, text, markdown, html, created_at)
                 VALUES (?1, ?2, (SELECT coalesce(max(version), 0) + 1 FROM document WHERE item_id = ?2),
                     (SELECT id FROM snapshot WHERE uuid = ?3), ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?
            .execute((
                DocumentId::generate(self.now, self.entropy).as_bytes(),
                item_row,
                snapshot.as_bytes(),
                content_hash.0,
                &article.title,
                &article.language,
                article.published.as_ref().map(|published| published.value.to_string()),
                article.word_count,
                to_json(&metadata)?,
                &article.text,
                compressed(&article.markdown)?,
                compressed(&article.html)?,
                self.now.as_millis(),
            ))?;
        self.sql.execute(
            "UPDATE item SET document_id = ?2, title = coalesce(?3, title) WHERE id = ?1",
            (item_row, self.sql.last_insert_rowid(), &article.title),
        )?;
        Ok(())
    }

    fn record_judgement(&self, commit: &IngestCommit) -> Result<(), StoreError> {
        let (Some(verdict), Some(snapshot)) = (&commit.verdict, commit.snapshot_id) else {
            return Ok(());
        };
        self.sql
            .prepare_cached(
                "INSERT INTO judgement (item_id, snapshot_id, decision, class, reasons, gate_version, judged_at)
                 VALUES (?1, (SELECT id FROM snapshot WHERE uuid = ?2), ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute((
                self.item_row(commit.item_id)?,
                snapshot.as_bytes(),
                verdict.decision.as_str(),
                verdict.class.map(atlas_domain::JunkClass::as_str),
                to_json(&verdict.reasons)?,
                verdict.gate_version,
                self.now.as_millis(),
            ))?;
        Ok(())
    }

    fn set_state(&self, item: &Item, outcome: &Outcome) -> Result<(), StoreError> {
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
            let host = url::Url::parse(&item.url)
                .ok()
                .and_then(|url| url.host_str().map(str::to_owned));
            self.enqueue(&NewJob::ingest(item.id, &host.unwrap_or_default()))?;
        }
        Ok(())
    }
}

/// Whether the library keeps what it has.
fn is_kept_better(item: &Item, commit: &IngestCommit) -> bool {
    match &commit.conclusion {
        Conclusion::Content { partial, .. } => {
            would_get_worse(item, commit, &Outcome::Stored { partial: *partial })
        }
        Conclusion::NoContent(outcome) => would_get_worse(item, commit, outcome),
    }
}

/// A new fetch that brought less than the library has. A new judgement of the same bytes is not that, but our own
/// failure to come to one is.
fn would_get_worse(item: &Item, commit: &IngestCommit, outcome: &Outcome) -> bool {
    let judged_again = commit.rejudged && commit.verdict.is_some();
    let new = outcome.item_state().map_or(0, rank);
    !judged_again && new < rank(item.state)
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

/// How much of the content a state stands for.
fn rank(state: ItemState) -> u8 {
    match state {
        ItemState::Stored => 4,
        ItemState::Duplicate | ItemState::Partial => 3,
        ItemState::Quarantined => 2,
        ItemState::Rejected | ItemState::LinkOnly | ItemState::Failed => 1,
        ItemState::Queued => 0,
    }
}
