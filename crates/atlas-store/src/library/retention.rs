//! Letting go of what the retention table lets go: found without the writer, then asked again and let go under it
//! in small batches. Items, documents, tags and the audit trail are never touched, except for what its owner put in
//! the trash, which stays in the vault for a while; blobs are the business of `collect`.

use std::time::Duration;

use atlas_domain::{ChangeOp, ItemId, JobKind, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::Library;
use super::audit::Actor;
use crate::error::StoreError;
use crate::jobs::JobNote;
use crate::sqlite::{Column, Lane};
use crate::tx::Tx;

const DAY: Duration = Duration::from_hours(24);

/// Rows, or items whose bytes go, that one transaction is about.
const BATCH: usize = 200;

/// How long things are kept: in the library, and of alerts in operational state.
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
    /// What was deleted and can be put back.
    pub vault: Duration,
    /// Cleanups that ended, and with them the way to undo them.
    pub cleanups: Duration,
    /// Blobs that nothing refers to, since they were written.
    pub blob_grace: Duration,
    /// Incidents that are over, and what the inbox says of them.
    pub incidents: Duration,
    /// Messages about them that nobody will send any more.
    pub messages: Duration,
}

impl Default for RetentionPolicy {
    fn default() -> Self {
        Self {
            trash: 30 * DAY,
            rejected_snapshots: 90 * DAY,
            attempts: 90 * DAY,
            ended_jobs: 7 * DAY,
            vault: 90 * DAY,
            cleanups: 90 * DAY,
            blob_grace: DAY,
            incidents: 90 * DAY,
            messages: 30 * DAY,
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
    /// Items that had been deleted long ago, and cannot be put back any more.
    #[serde(default)]
    pub vaulted: u64,
    /// Cleanups that ended long ago.
    #[serde(default)]
    pub cleanups: u64,
}

impl Library {
    /// Lets go of everything that is due, except blobs.
    pub async fn sweep_retention(&self, policy: RetentionPolicy) -> Result<RetentionReport, StoreError> {
        let now = self.clock.now();
        let report = RetentionReport {
            items: self
                .let_go(now.before(policy.trash), expired_trash, delete_from_trash)
                .await?,
            snapshots: self
                .let_go(
                    now.before(policy.rejected_snapshots),
                    items_with_junk_bytes,
                    release_junk_bytes,
                )
                .await?,
            attempts: self
                .let_go(now.before(policy.attempts), old_attempts, delete_attempt)
                .await?,
            jobs: self
                .let_go(now.before(policy.ended_jobs), ended_jobs, delete_ended_job)
                .await?,
            vaulted: self
                .let_go(now.before(policy.vault), old_vault, delete_from_vault)
                .await?,
            cleanups: self
                .let_go(now.before(policy.cleanups), old_cleanups, delete_cleanup)
                .await?,
        };
        self.shrink_file().await?;
        Ok(report)
    }

    /// Lets go of what `find` finds to be older than `before`. To look through a large library takes its time, which
    /// must not be the writer's; so `let_go_of` asks again whether each row is still due, and says how much went.
    async fn let_go(
        &self,
        before: Timestamp,
        find: fn(&Connection, Timestamp) -> Result<Vec<i64>, StoreError>,
        let_go_of: fn(&Tx<'_>, i64, Timestamp) -> Result<u64, StoreError>,
    ) -> Result<u64, StoreError> {
        let due = self.db.read_whole(move |sql| find(sql, before)).await?;
        let mut total = 0;
        for batch in due.chunks(BATCH) {
            let rows = batch.to_vec();
            total += self
                .write(Lane::Bulk, move |tx| {
                    let counts = rows.iter().map(|row| let_go_of(tx, *row, before));
                    counts.sum::<Result<u64, _>>()
                })
                .await?;
        }
        Ok(total)
    }
}

fn expired_trash(sql: &Connection, before: Timestamp) -> Result<Vec<i64>, StoreError> {
    rows_of(
        sql,
        "SELECT id FROM item WHERE trashed_at IS NOT NULL AND trashed_at < ?1 ORDER BY trashed_at",
        before,
    )
}

/// Items with bytes of rejected pages, or of error answers. Bytes that a document was made from are never among
/// them, and those of a rejected page only after it has been rejected for as long: the owner may change their mind.
fn items_with_junk_bytes(sql: &Connection, before: Timestamp) -> Result<Vec<i64>, StoreError> {
    // Two short ways to them, each by an index of its own; together they would go through all snapshots.
    rows_of(
        sql,
        "SELECT item.id FROM item INDEXED BY item_without_content
         CROSS JOIN snapshot ON snapshot.item_id = item.id
         WHERE item.state IN ('rejected', 'link_only') AND item.updated_at < ?1
         AND snapshot.body_hash IS NOT NULL AND snapshot.fetched_at < ?1
         AND NOT EXISTS (SELECT 1 FROM document WHERE document.snapshot_id = snapshot.id)
         UNION
         SELECT item.id FROM snapshot INDEXED BY snapshot_of_error
         CROSS JOIN item ON item.id = snapshot.item_id
         WHERE snapshot.body_hash IS NOT NULL AND snapshot.status >= 400 AND snapshot.fetched_at < ?1
         AND item.state NOT IN ('rejected', 'link_only', 'quarantined', 'failed')
         AND NOT EXISTS (SELECT 1 FROM document WHERE document.snapshot_id = snapshot.id)",
        before,
    )
}

fn old_attempts(sql: &Connection, before: Timestamp) -> Result<Vec<i64>, StoreError> {
    rows_of(
        sql,
        "SELECT attempt.id FROM attempt JOIN job ON job.id = attempt.job_id
         WHERE attempt.started_at < ?1 AND job.state <> 'dead'",
        before,
    )
}

fn old_vault(sql: &Connection, before: Timestamp) -> Result<Vec<i64>, StoreError> {
    rows_of(
        sql,
        "SELECT id FROM vault_item WHERE deleted_at < ?1 ORDER BY deleted_at",
        before,
    )
}

fn delete_from_vault(tx: &Tx<'_>, row: i64, before: Timestamp) -> Result<u64, StoreError> {
    let deleted = tx
        .sql
        .prepare_cached("DELETE FROM vault_item WHERE id = ?1 AND deleted_at < ?2")?
        .execute((row, before.as_millis()))?;
    Ok(deleted as u64)
}

fn old_cleanups(sql: &Connection, before: Timestamp) -> Result<Vec<i64>, StoreError> {
    rows_of(
        sql,
        "SELECT id FROM cleanup WHERE state IN ('planned', 'applied', 'undone')
         AND coalesce(ended_at, planned_at) < ?1",
        before,
    )
}

fn delete_cleanup(tx: &Tx<'_>, row: i64, before: Timestamp) -> Result<u64, StoreError> {
    let deleted = tx
        .sql
        .prepare_cached(
            "DELETE FROM cleanup WHERE id = ?1 AND state IN ('planned', 'applied', 'undone')
             AND coalesce(ended_at, planned_at) < ?2",
        )?
        .execute((row, before.as_millis()))?;
    Ok(deleted as u64)
}

/// A job is kept as long as its attempts are, because they explain its item.
fn ended_jobs(sql: &Connection, before: Timestamp) -> Result<Vec<i64>, StoreError> {
    let mut statement = sql.prepare(
        "SELECT job.id FROM (SELECT id AS user_id FROM user UNION ALL SELECT NULL) AS owner
         CROSS JOIN job INDEXED BY job_by_user ON job.user_id IS owner.user_id
         WHERE job.state IN ('done', 'cancelled') AND job.kind = ?1 AND job.updated_at < ?2
         AND (item_uuid IS NULL OR NOT EXISTS (SELECT 1 FROM attempt WHERE attempt.job_id = job.id))",
    )?;
    let mut found = Vec::new();
    for kind in JobKind::ALL {
        for row in statement.query_map((kind.as_str(), before.as_millis()), |row| row.get(0))? {
            found.push(row?);
        }
    }
    Ok(found)
}

/// Eight bytes each, so that even a first sweep of millions needs little memory.
fn rows_of(sql: &Connection, query: &str, before: Timestamp) -> Result<Vec<i64>, StoreError> {
    let mut statement = sql.prepare(query)?;
    let rows = statement.query_map([before.as_millis()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn delete_from_trash(tx: &Tx<'_>, row: i64, before: Timestamp) -> Result<u64, StoreError> {
    let due: Option<(ItemId, UserId, String)> = tx
        .sql
        .prepare_cached("SELECT uuid, user_id, url FROM item WHERE id = ?1 AND trashed_at < ?2")?
        .query_row((row, before.as_millis()), |row| {
            Ok((
                ItemId::read(row, "uuid")?,
                UserId::read(row, "user_id")?,
                row.get("url")?,
            ))
        })
        .optional()?;
    let Some((item, user, url)) = due else {
        return Ok(0);
    };
    tx.vault(row)?;
    // Documents refer to snapshots and the item to its document, so they go in this order.
    tx.sql
        .execute("UPDATE item SET document_id = NULL WHERE id = ?1", [row])?;
    tx.sql.execute("DELETE FROM document WHERE item_id = ?1", [row])?;
    tx.sql.execute("DELETE FROM item WHERE id = ?1", [row])?;
    delete_jobs_of(tx, item)?;
    tx.log_change(item, ChangeOp::Remove)?;
    tx.audit(user, Actor::Retention, "deleted", item, "trash_expired", &url)?;
    Ok(1)
}

fn delete_jobs_of(tx: &Tx<'_>, item: ItemId) -> Result<(), StoreError> {
    let mut statement = tx
        .sql
        .prepare_cached("DELETE FROM job WHERE item_uuid = ?1 RETURNING id")?;
    for row in statement.query_map([item.as_bytes()], |row| row.get(0))? {
        tx.note(JobNote::Ended(row?));
    }
    Ok(())
}

/// Lets go of the bytes of rejected pages and error answers of an item; the rows with their headers stay.
fn release_junk_bytes(tx: &Tx<'_>, row: i64, before: Timestamp) -> Result<u64, StoreError> {
    let released = tx
        .sql
        .prepare_cached(
            "UPDATE snapshot SET body_hash = NULL
             WHERE item_id = ?1 AND body_hash IS NOT NULL AND fetched_at < ?2
             AND NOT EXISTS (SELECT 1 FROM document WHERE document.snapshot_id = snapshot.id)
             AND EXISTS (SELECT 1 FROM item WHERE item.id = ?1
                 AND ((item.state IN ('rejected', 'link_only') AND item.updated_at < ?2)
                     OR (snapshot.status >= 400
                         AND item.state NOT IN ('rejected', 'link_only', 'quarantined', 'failed'))))",
        )?
        .execute((row, before.as_millis()))? as u64;
    if released == 0 {
        return Ok(0);
    }
    let (item, user) = tx
        .sql
        .prepare_cached("SELECT uuid, user_id FROM item WHERE id = ?1")?
        .query_row([row], |row| {
            Ok((ItemId::read(row, "uuid")?, UserId::read(row, "user_id")?))
        })?;
    let pages = if released == 1 { "page" } else { "pages" };
    let detail = format!("the bytes of {released} {pages} without content; what was fetched stays on record");
    tx.audit(user, Actor::Retention, "released", item, "junk_expired", &detail)?;
    Ok(released)
}

fn delete_attempt(tx: &Tx<'_>, row: i64, before: Timestamp) -> Result<u64, StoreError> {
    let deleted = tx
        .sql
        .prepare_cached(
            "DELETE FROM attempt WHERE id = ?1 AND started_at < ?2
             AND NOT EXISTS (SELECT 1 FROM job WHERE job.id = attempt.job_id AND job.state = 'dead')",
        )?
        .execute((row, before.as_millis()))?;
    Ok(deleted as u64)
}

fn delete_ended_job(tx: &Tx<'_>, row: i64, before: Timestamp) -> Result<u64, StoreError> {
    let deleted = tx
        .sql
        .prepare_cached(
            "DELETE FROM job WHERE id = ?1 AND state IN ('done', 'cancelled') AND updated_at < ?2
             AND (item_uuid IS NULL OR NOT EXISTS (SELECT 1 FROM attempt WHERE attempt.job_id = job.id))",
        )?
        .execute((row, before.as_millis()))?;
    Ok(deleted as u64)
}

#[cfg(test)]
mod tests;
