//! Snapshots: pages as they arrived, kept before anything judges them, and the bytes behind them.

use atlas_domain::{BlobHash, Fetched, ItemId, Lease, Snapshot, SnapshotId, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension, Row};
use tokio::task::spawn_blocking;

use super::Library;
use crate::blobs::PreparedBlob;
use crate::error::StoreError;
use crate::sqlite::{Column, Lane, json_column, parse_column, to_json};

impl Library {
    /// Keeps a page as it arrived, before anything looks into it.
    pub async fn record_snapshot(
        &self,
        lease: &Lease,
        item: ItemId,
        fetched: &Fetched,
        body: PreparedBlob,
    ) -> Result<Snapshot, StoreError> {
        let snapshot = Snapshot {
            id: SnapshotId::generate(self.clock.now(), &self.entropy),
            item_id: item,
            body_hash: Some(body.hash),
            size_bytes: body.size_bytes,
            url: fetched.url.to_string(),
            final_url: fetched.final_url.to_string(),
            status: fetched.status,
            content_type: fetched.header("content-type").map(str::to_owned),
            headers: fetched.headers.clone(),
            strategy: fetched.strategy,
            steps: fetched.steps.clone(),
            fetched_at: fetched.fetched_at,
        };
        let (lease, row) = (lease.clone(), snapshot.clone());
        self.write(Lane::Interactive, move |tx| {
            tx.check_lease(&lease)?;
            tx.insert_blob(&body)?;
            insert_snapshot(tx.sql, tx.item_row(item)?, &row)
        })
        .await?;
        Ok(snapshot)
    }

    /// Marks the job as entering its risky stage: from here on foreign bytes are parsed, and if the process ends
    /// before the job does, the job is a suspect. Not to be called before the bytes really are on their way.
    pub async fn enter_risky_stage(&self, lease: &Lease, stage: &'static str) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.write(Lane::Interactive, move |tx| tx.mark_risky_stage(&lease, stage))
            .await
    }

    /// The newest snapshot of an item: how it was fetched, whether its bytes are still kept or not.
    pub async fn latest_snapshot(&self, user: UserId, item: ItemId) -> Result<Option<Snapshot>, StoreError> {
        self.db
            .read(move |sql| {
                let mut statement = sql.prepare_cached(
                    "SELECT snapshot.*, item.uuid AS item_uuid FROM snapshot JOIN item ON item.id = snapshot.item_id
                     WHERE item.user_id = ?1 AND item.uuid = ?2
                     ORDER BY snapshot.id DESC LIMIT 1",
                )?;
                Ok(statement.query_row((user.0, item.as_bytes()), snapshot_from_row).optional()?)
            })
            .await
    }

    /// Where the bytes are kept that an item's state came from: those of its content, else those the gate judged last,
    /// else the newest. An answer of a server in trouble is none of these.
    pub async fn snapshot_to_reprocess(
        &self,
        user: UserId,
        item: ItemId,
    ) -> Result<Option<Snapshot>, StoreError> {
        self.db
            .read(move |sql| {
                let mut statement = sql.prepare_cached(
                    "SELECT snapshot.*, item.uuid AS item_uuid FROM snapshot JOIN item ON item.id = snapshot.item_id
                     WHERE item.user_id = ?1 AND item.uuid = ?2 AND snapshot.body_hash IS NOT NULL
                     AND snapshot.status < 500 AND snapshot.status NOT IN (408, 425, 429)
                     ORDER BY item.state IN ('stored', 'partial') AND snapshot.id =
                             (SELECT snapshot_id FROM document WHERE document.id = item.document_id) DESC,
                         snapshot.id = (SELECT snapshot_id FROM judgement WHERE judgement.item_id = item.id
                             ORDER BY judgement.id DESC LIMIT 1) DESC,
                         snapshot.id DESC
                     LIMIT 1",
                )?;
                Ok(statement
                    .query_row((user.0, item.as_bytes()), snapshot_from_row)
                    .optional()?)
            })
            .await
    }

    /// The bytes of a blob, verified against their hash.
    pub async fn blob(&self, hash: BlobHash) -> Result<Vec<u8>, StoreError> {
        let (size, inline) = self
            .db
            .read(move |sql| {
                sql.prepare_cached("SELECT size_bytes, data FROM blob WHERE hash = ?1")?
                    .query_row([hash.0], |row| {
                        Ok((row.get::<_, i64>(0)?, row.get::<_, Option<Vec<u8>>>(1)?))
                    })
                    .optional()?
                    .ok_or_else(|| StoreError::not_found("blob", hash))
            })
            .await?;
        let blobs = std::sync::Arc::clone(&self.blobs);
        spawn_blocking(move || blobs.read(hash, size as u64, inline))
            .await
            .map_err(|error| StoreError::Panicked(error.to_string()))?
    }
}

fn insert_snapshot(sql: &Connection, item_row: i64, snapshot: &Snapshot) -> Result<(), StoreError> {
    sql.prepare_cached(
        "INSERT INTO snapshot (uuid, item_id, body_hash, size_bytes, url, final_url, status, content_type, headers,
             strategy, steps, fetched_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute((
        snapshot.id.as_bytes(),
        item_row,
        snapshot.body_hash.map(|hash| hash.0),
        snapshot.size_bytes as i64,
        &snapshot.url,
        &snapshot.final_url,
        snapshot.status,
        &snapshot.content_type,
        to_json(&snapshot.headers)?,
        snapshot.strategy.as_str(),
        to_json(&snapshot.steps)?,
        snapshot.fetched_at.as_millis(),
    ))?;
    Ok(())
}

fn snapshot_from_row(row: &Row<'_>) -> rusqlite::Result<Snapshot> {
    Ok(Snapshot {
        id: SnapshotId::read(row, "uuid")?,
        item_id: ItemId::read(row, "item_uuid")?,
        body_hash: Option::<BlobHash>::read(row, "body_hash")?,
        size_bytes: row.get::<_, i64>("size_bytes")? as u64,
        url: row.get("url")?,
        final_url: row.get("final_url")?,
        status: row.get("status")?,
        content_type: row.get("content_type")?,
        headers: json_column(row, "headers")?,
        strategy: parse_column(row, "strategy")?,
        steps: json_column(row, "steps")?,
        fetched_at: Timestamp::read(row, "fetched_at")?,
    })
}
