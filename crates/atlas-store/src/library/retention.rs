//! Letting go of what the retention table lets go, in small batches. Items, documents, tags and the audit trail
//! are never touched, except for what its owner put in the trash.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{BlobHash, ChangeOp, ItemId, JobKind, Lane, Timestamp, UserId};
use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

use super::Library;
use super::audit::Actor;
use crate::error::StoreError;
use crate::jobs::JobNote;
use crate::sqlite::Column;
use crate::tx::Tx;

const DAY: Duration = Duration::from_hours(24);

/// Rows that one transaction lets go of.
const BATCH: u32 = 200;

/// How long things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionPolicy {
    /// Items in the trash.
    pub trash: Duration,
    /// Bytes of rejected pages and of error answers.
    pub rejected_snapshots: Duration,
    /// Records of attempts, and jobs that ended well.
    pub attempts: Duration,
    /// Jobs that are done or cancelled.
    pub ended_jobs: Duration,
    /// Blobs that nothing refers to, since they were written.
    pub blob_grace: Duration,
}

impl Default for RetentionPolicy {
    fn default() -> Self {
        Self {
            trash: 30 * DAY,
            rejected_snapshots: 90 * DAY,
            attempts: 90 * DAY,
            ended_jobs: 7 * DAY,
            blob_grace: DAY,
        }
    }
}

/// What a sweep let go of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionReport {
    /// Items deleted from the trash.
    pub items: u64,
    /// Snapshots whose bytes were let go.
    pub snapshots: u64,
    /// Records of attempts.
    pub attempts: u64,
    /// Ended jobs.
    pub jobs: u64,
}

impl Library {
    /// Lets go of everything that is due, except blobs.
    pub async fn sweep_retention(&self, policy: RetentionPolicy) -> Result<RetentionReport, StoreError> {
        let now = self.clock.now();
        Ok(RetentionReport {
            items: self
                .in_batches(move |tx| tx.delete_trash(now.before(policy.trash)))
                .await?,
            snapshots: self
                .in_batches(move |tx| tx.release_rejected(now.before(policy.rejected_snapshots)))
                .await?,
            attempts: self
                .in_batches(move |tx| tx.delete_attempts(now.before(policy.attempts)))
                .await?,
            jobs: self
                .in_batches(move |tx| tx.delete_ended_jobs(now.before(policy.ended_jobs)))
                .await?,
        })
    }

    /// Removes blobs that nothing refers to and that are older than the grace: marks without the writer, then
    /// asks again under it before it unlinks.
    pub async fn collect_blobs(&self, policy: RetentionPolicy) -> Result<u64, StoreError> {
        let grace_start = self.clock.now().before(policy.blob_grace);
        let blobs = Arc::clone(&self.blobs);
        let files = spawn_blocking(move || {
            blobs.remove_temporary_files(grace_start)?;
            blobs.all()
        })
        .await
        .map_err(|error| StoreError::Panicked(error.to_string()))??;
        let suspects = self
            .db
            .read(move |sql| unreferenced(sql, files, grace_start))
            .await?;
        let mut removed = 0;
        for hash in suspects {
            let blobs = Arc::clone(&self.blobs);
            removed += self
                .write(Lane::Bulk, move |tx| {
                    let _alone = blobs.lock(hash);
                    if tx.is_blob_referenced(hash)? || !blobs.remove_if_older(hash, grace_start)? {
                        return Ok(0);
                    }
                    tx.sql.execute("DELETE FROM blob WHERE hash = ?1", [hash.0])?;
                    Ok(1)
                })
                .await?;
        }
        Ok(removed)
    }

    async fn in_batches<F>(&self, delete: F) -> Result<u64, StoreError>
    where
        F: Fn(&Tx<'_>) -> Result<u64, StoreError> + Copy + Send + 'static,
    {
        let mut total = 0;
        loop {
            let deleted = self.write(Lane::Bulk, delete).await?;
            total += deleted;
            if deleted < u64::from(BATCH) {
                return Ok(total);
            }
        }
    }
}

impl Tx<'_> {
    fn delete_trash(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT id, uuid, user_id, url FROM item WHERE trashed_at IS NOT NULL AND trashed_at < ?1
             ORDER BY id LIMIT ?2",
        )?;
        let due: Vec<(i64, ItemId, UserId, String)> = statement
            .query_map((before.as_millis(), BATCH), |row| {
                Ok((
                    row.get("id")?,
                    ItemId::read(row, "uuid")?,
                    UserId::read(row, "user_id")?,
                    row.get("url")?,
                ))
            })?
            .collect::<Result<_, _>>()?;
        for (row, item, user, url) in &due {
            // Documents refer to snapshots and the item to its document, so they go in this order.
            self.sql
                .execute("UPDATE item SET document_id = NULL WHERE id = ?1", [row])?;
            self.sql
                .execute("DELETE FROM document WHERE item_id = ?1", [row])?;
            self.sql.execute("DELETE FROM item WHERE id = ?1", [row])?;
            self.delete_jobs_of(*item)?;
            self.log_change(*item, ChangeOp::Remove)?;
            self.audit(*user, Actor::Retention, "deleted", *item, "trash_expired", url)?;
        }
        Ok(due.len() as u64)
    }

    fn delete_jobs_of(&self, item: ItemId) -> Result<(), StoreError> {
        let mut statement = self
            .sql
            .prepare_cached("DELETE FROM job WHERE item_uuid = ?1 RETURNING id")?;
        for row in statement.query_map([item.as_bytes()], |row| row.get(0))? {
            self.note(JobNote::Ended(row?));
        }
        Ok(())
    }

    /// Lets go of the bytes of rejected pages and error answers; the row with its headers stays. Bytes that a
    /// document was made from are never among them, and those of a rejected page only after it has been rejected
    /// for as long: the owner may change their mind.
    fn release_rejected(&self, before: Timestamp) -> Result<u64, StoreError> {
        let released = self.sql.execute(
            // Two short ways to them, each by an index of its own; together they would go through all snapshots.
            "UPDATE snapshot SET body_hash = NULL WHERE id IN (
                 SELECT snapshot.id FROM item INDEXED BY item_without_content
                 CROSS JOIN snapshot ON snapshot.item_id = item.id
                 WHERE item.state IN ('rejected', 'link_only') AND item.updated_at < ?1
                 AND snapshot.body_hash IS NOT NULL AND snapshot.fetched_at < ?1
                 AND NOT EXISTS (SELECT 1 FROM document WHERE document.snapshot_id = snapshot.id)
                 UNION ALL
                 SELECT snapshot.id FROM snapshot INDEXED BY snapshot_of_error
                 CROSS JOIN item ON item.id = snapshot.item_id
                 WHERE snapshot.body_hash IS NOT NULL AND snapshot.status >= 400 AND snapshot.fetched_at < ?1
                 AND item.state NOT IN ('rejected', 'link_only', 'quarantined', 'failed')
                 AND NOT EXISTS (SELECT 1 FROM document WHERE document.snapshot_id = snapshot.id)
                 LIMIT ?2)",
            (before.as_millis(), BATCH),
        )?;
        Ok(released as u64)
    }

    fn delete_attempts(&self, before: Timestamp) -> Result<u64, StoreError> {
        let deleted = self.sql.execute(
            "DELETE FROM attempt WHERE id IN (SELECT attempt.id FROM attempt JOIN job ON job.id = attempt.job_id
                 WHERE attempt.started_at < ?1 AND job.state <> 'dead' LIMIT ?2)",
            (before.as_millis(), BATCH),
        )?;
        Ok(deleted as u64)
    }

    /// A job is kept as long as its attempts are, because they explain its item.
    fn delete_ended_jobs(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut statement = self.sql.prepare_cached(
            "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE state IN ('done', 'cancelled') AND kind = ?1
                 AND updated_at < ?2
                 AND (item_uuid IS NULL OR NOT EXISTS (SELECT 1 FROM attempt WHERE attempt.job_id = job.id))
                 LIMIT ?3)",
        )?;
        let mut deleted = 0;
        for kind in JobKind::ALL {
            let room = BATCH as usize - deleted;
            deleted += statement.execute((kind.as_str(), before.as_millis(), room as i64))?;
        }
        Ok(deleted as u64)
    }

    fn is_blob_referenced(&self, hash: BlobHash) -> Result<bool, StoreError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM snapshot WHERE body_hash = ?1)
                 OR EXISTS (SELECT 1 FROM given_html WHERE body_hash = ?1)",
        )?;
        Ok(statement.query_row([hash.0], |row| row.get(0))?)
    }
}

/// Rows past their grace that nothing refers to, and files without a row.
fn unreferenced(
    sql: &rusqlite::Connection,
    files: Vec<BlobHash>,
    grace_start: Timestamp,
) -> Result<Vec<BlobHash>, StoreError> {
    let mut statement = sql.prepare_cached(
        "SELECT hash FROM blob WHERE created_at < ?1
             AND NOT EXISTS (SELECT 1 FROM snapshot WHERE snapshot.body_hash = blob.hash)
             AND NOT EXISTS (SELECT 1 FROM given_html WHERE given_html.body_hash = blob.hash)",
    )?;
    let mut found: Vec<BlobHash> = statement
        .query_map([grace_start.as_millis()], |row| BlobHash::read(row, "hash"))?
        .collect::<Result<_, _>>()?;
    let mut row_of = sql.prepare_cached("SELECT 1 FROM blob WHERE hash = ?1")?;
    for hash in files {
        if row_of.query_row([hash.0], |_| Ok(())).optional()?.is_none() {
            found.push(hash);
        }
    }
    Ok(found)
}
