//! Reading what ingestion needs and what it made: bytes, snapshots, documents, judgements.

use atlas_domain::{
    Article, BlobHash, Document, DocumentId, Fetched, Item, ItemId, Lane, Lease, Reason, Snapshot,
    SnapshotId, Timestamp, UserId, Verdict,
};
use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

use super::Library;
use super::items::{ITEM_COLUMNS, item_from_row};
use crate::blobs::PreparedBlob;
use crate::error::StoreError;
use crate::sqlite::{Column, json_column, parse_column, to_json};

/// What ingestion starts from.
#[derive(Debug, Clone)]
pub struct IngestMaterial {
    /// The item.
    pub item: Item,
    /// The HTML that came with its save and has not been looked at yet.
    pub given_html: Option<GivenHtml>,
}

/// HTML that came with a save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenHtml {
    /// Its name, by which the commit says that it has been looked at.
    pub hash: BlobHash,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What the junk gate decided, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// When.
    pub judged_at: Timestamp,
    /// What.
    pub verdict: Verdict,
}

impl Library {
    /// What ingestion of an item starts from.
    pub async fn ingest_material(&self, item: ItemId) -> Result<IngestMaterial, StoreError> {
        let (found, given) = self
            .db
            .read(move |sql| {
                let found = sql
                    .prepare_cached(&format!("SELECT {ITEM_COLUMNS} FROM item WHERE uuid = ?1"))?
                    .query_row([item.as_bytes()], item_from_row)
                    .optional()?
                    .ok_or_else(|| StoreError::not_found("item", item))?;
                let given: Option<BlobHash> = sql
                    .prepare_cached(
                        "SELECT body_hash FROM given_html WHERE item_id = (SELECT id FROM item WHERE uuid = ?1)",
                    )?
                    .query_row([item.as_bytes()], |row| BlobHash::read(row, "body_hash"))
                    .optional()?;
                Ok((found, given))
            })
            .await?;
        let given_html = match given {
            Some(hash) => Some(GivenHtml {
                hash,
                bytes: self.blob(hash).await?,
            }),
            None => None,
        };
        Ok(IngestMaterial {
            item: found,
            given_html,
        })
    }

    /// Keeps a page as it arrived, before anything judges it, and marks the job as entering its risky stage:
    /// from here on foreign bytes are parsed.
    pub async fn record_snapshot(
        &self,
        lease: &Lease,
        item: ItemId,
        fetched: &Fetched,
        body: PreparedBlob,
        risky_stage: &'static str,
    ) -> Result<Snapshot, StoreError> {
        let snapshot = Snapshot {
            id: SnapshotId::generate(self.clock.now(), &self.entropy),
            item_id: item,
            body_hash: body.hash,
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
            tx.mark_risky_stage(&lease, risky_stage)?;
            tx.insert_blob(&body)?;
            insert_snapshot(tx.sql, tx.item_row(item)?, &row)
        })
        .await?;
        Ok(snapshot)
    }

    /// Marks the job as entering its risky stage without a new snapshot: its stored bytes are parsed again.
    pub async fn enter_risky_stage(&self, lease: &Lease, stage: &'static str) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.write(Lane::Interactive, move |tx| tx.mark_risky_stage(&lease, stage))
            .await
    }

    /// The newest snapshot of an item whose bytes are still kept.
    pub async fn latest_snapshot(&self, item: ItemId) -> Result<Option<Snapshot>, StoreError> {
        self.db
            .read(move |sql| {
                let mut statement = sql.prepare_cached(
                    "SELECT snapshot.*, item.uuid AS item_uuid FROM snapshot JOIN item ON item.id = snapshot.item_id
                     WHERE item.uuid = ?1 AND snapshot.body_hash IS NOT NULL ORDER BY snapshot.id DESC LIMIT 1",
                )?;
                Ok(statement.query_row([item.as_bytes()], snapshot_from_row).optional()?)
            })
            .await
    }

    /// The bytes that an item's state came from: those of its content, else those the gate judged last, else the
    /// newest. An answer of a server in trouble is none of these.
    pub async fn snapshot_to_reprocess(&self, item: ItemId) -> Result<Option<Snapshot>, StoreError> {
        self.db
            .read(move |sql| {
                let mut statement = sql.prepare_cached(
                    "SELECT snapshot.*, item.uuid AS item_uuid FROM snapshot JOIN item ON item.id = snapshot.item_id
                     WHERE item.uuid = ?1 AND snapshot.body_hash IS NOT NULL
                     AND snapshot.status < 500 AND snapshot.status NOT IN (408, 425, 429)
                     ORDER BY item.state IN ('stored', 'partial') AND snapshot.id =
                             (SELECT snapshot_id FROM document WHERE document.id = item.document_id) DESC,
                         snapshot.id = (SELECT snapshot_id FROM judgement WHERE judgement.item_id = item.id
                             ORDER BY judgement.id DESC LIMIT 1) DESC,
                         snapshot.id DESC
                     LIMIT 1",
                )?;
                Ok(statement
                    .query_row([item.as_bytes()], snapshot_from_row)
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

    /// The current version of an item's content, if it has any.
    pub async fn current_document(&self, user: UserId, item: ItemId) -> Result<Option<Document>, StoreError> {
        self.db
            .read(move |sql| {
                let mut statement = sql.prepare_cached(&format!(
                    "{DOCUMENT_QUERY} WHERE item.user_id = ?1 AND item.uuid = ?2 AND document.id = item.document_id"
                ))?;
                Ok(statement.query_row((user.0, item.as_bytes()), document_from_row).optional()?)
            })
            .await
    }

    /// The last decision of the junk gate about an item, if there was one.
    pub async fn latest_judgement(
        &self,
        user: UserId,
        item: ItemId,
    ) -> Result<Option<Judgement>, StoreError> {
        self.db.read(move |sql| read_judgement(sql, user, item)).await
    }
}

pub(super) const DOCUMENT_QUERY: &str = "SELECT document.*, item.uuid AS item_uuid, snapshot.uuid AS snapshot_uuid
    FROM document JOIN item ON item.id = document.item_id JOIN snapshot ON snapshot.id = document.snapshot_id";

pub(super) fn document_from_row(row: &Row<'_>) -> rusqlite::Result<Document> {
    let mut article = metadata_article(row)?;
    article.markdown = decompressed(row, "markdown")?;
    article.html = decompressed(row, "html")?;
    Ok(Document {
        id: DocumentId::read(row, "uuid")?,
        item_id: ItemId::read(row, "item_uuid")?,
        version: row.get("version")?,
        snapshot_id: SnapshotId::read(row, "snapshot_uuid")?,
        content_hash: BlobHash::read(row, "content_hash")?,
        created_at: Timestamp::read(row, "created_at")?,
        article,
    })
}

/// The article of a document row, without Markdown and HTML.
pub(super) fn metadata_article(row: &Row<'_>) -> rusqlite::Result<Article> {
    let mut article: Article = json_column(row, "metadata")?;
    article.text = row.get("text")?;
    Ok(article)
}

/// Markdown and HTML are kept compressed, with their length in front.
pub(super) fn compressed(text: &str) -> Result<Vec<u8>, StoreError> {
    let mut stored = (text.len() as u64).to_le_bytes().to_vec();
    stored.extend(zstd::bulk::compress(text.as_bytes(), 3)?);
    Ok(stored)
}

fn decompressed(row: &Row<'_>, name: &str) -> rusqlite::Result<String> {
    let stored: Vec<u8> = row.get(name)?;
    let unreadable = |detail: String| {
        rusqlite::Error::FromSqlConversionFailure(
            0,
            rusqlite::types::Type::Blob,
            format!("{name}: {detail}").into(),
        )
    };
    let (length, body) = stored
        .split_first_chunk::<8>()
        .ok_or_else(|| unreadable("shorter than its length field".to_owned()))?;
    let bytes = zstd::bulk::decompress(body, u64::from_le_bytes(*length) as usize)
        .map_err(|error| unreadable(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| unreadable(error.to_string()))
}

fn insert_snapshot(sql: &Connection, item_row: i64, snapshot: &Snapshot) -> Result<(), StoreError> {
    sql.prepare_cached(
        "INSERT INTO snapshot (uuid, item_id, body_hash, size_bytes, url, final_url, status, content_type, headers,
             strategy, steps, fetched_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute((
        snapshot.id.as_bytes(),
        item_row,
        snapshot.body_hash.0,
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
        body_hash: BlobHash::read(row, "body_hash")?,
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

fn read_judgement(sql: &Connection, user: UserId, item: ItemId) -> Result<Option<Judgement>, StoreError> {
    let mut statement = sql.prepare_cached(
        "SELECT judgement.* FROM judgement JOIN item ON item.id = judgement.item_id
         WHERE item.user_id = ?1 AND item.uuid = ?2 ORDER BY judgement.id DESC LIMIT 1",
    )?;
    Ok(statement
        .query_row((user.0, item.as_bytes()), judgement_from_row)
        .optional()?)
}

pub(super) fn judgement_from_row(row: &Row<'_>) -> rusqlite::Result<Judgement> {
    let class: Option<String> = row.get("class")?;
    Ok(Judgement {
        judged_at: Timestamp::read(row, "judged_at")?,
        verdict: Verdict {
            decision: parse_column(row, "decision")?,
            class: class.map(|_| parse_column(row, "class")).transpose()?,
            reasons: json_column::<Vec<Reason>>(row, "reasons")?,
            gate_version: row.get("gate_version")?,
        },
    })
}
