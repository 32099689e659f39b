//! What ingestion starts from, and what it made of it: documents and judgements, written and read.

use atlas_domain::{
    Article, BlobHash, Document, DocumentId, Item, ItemId, JunkClass, Reason, SnapshotId, Timestamp, UserId,
    Verdict,
};
use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};

use super::Library;
use super::commit::IngestCommit;
use super::duplicates::content_hash;
use super::items::{ITEM_COLUMNS, item_from_row};
use crate::error::StoreError;
use crate::sqlite::{Column, json_column, parse_column, to_json};
use crate::tx::Tx;

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

/// An article as its row keeps it. Made before the writer is asked for, because all others would wait while it
/// compresses, and again when a batch runs again.
pub(super) struct StoredArticle {
    pub(super) content_hash: BlobHash,
    /// Without text, Markdown and HTML.
    article: Article,
    metadata: String,
    text: String,
    markdown: Vec<u8>,
    html: Vec<u8>,
}

/// What is the same in new content and in what the item holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comparison {
    /// The text, but for its white space.
    pub(super) same_content: bool,
    /// All that is stored, to the byte. A row that is damaged differs, so that the next run mends it; so does one
    /// that another version has compressed in another way, which costs one version too many.
    pub(super) same_article: bool,
}

impl StoredArticle {
    /// Compresses and hashes. Blocks.
    pub(super) fn of(article: &Article) -> Result<Self, StoreError> {
        let mut article = article.clone();
        let (markdown, html) = (
            std::mem::take(&mut article.markdown),
            std::mem::take(&mut article.html),
        );
        let text = std::mem::take(&mut article.text);
        Ok(Self {
            content_hash: content_hash(&text),
            metadata: to_json(&article)?,
            article,
            text,
            markdown: compressed(&markdown)?,
            html: compressed(&html)?,
        })
    }
}

impl Tx<'_> {
    /// Compares with the item's current document, if it has one.
    pub(super) fn compare_with_current(
        &self,
        item: ItemId,
        stored: &StoredArticle,
    ) -> Result<Option<Comparison>, StoreError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT document.content_hash = ?2 AS same_content,
                     document.metadata = ?3 AND document.text = ?4 AND document.markdown = ?5
                         AND document.html = ?6 AS same_article
                 FROM item JOIN document ON document.id = item.document_id WHERE item.uuid = ?1",
            )?
            .query_row(
                (
                    item.as_bytes(),
                    stored.content_hash.0,
                    &stored.metadata,
                    &stored.text,
                    &stored.markdown,
                    &stored.html,
                ),
                |row| {
                    Ok(Comparison {
                        same_content: row.get("same_content")?,
                        same_article: row.get("same_article")?,
                    })
                },
            )
            .optional()?)
    }

    /// The next version of the item's content, and the title that comes with it.
    pub(super) fn insert_document(
        &self,
        item: &Item,
        commit: &IngestCommit,
        stored: &StoredArticle,
    ) -> Result<(), StoreError> {
        let item_row = self.item_row(item.id)?;
        let snapshot = commit
            .snapshot_id
            .ok_or_else(|| StoreError::Conflict("content without the bytes it came from".to_owned()))?;
        let article = &stored.article;
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
                stored.content_hash.0,
                &article.title,
                &article.language,
                article.published.as_ref().map(|published| published.value.to_string()),
                article.word_count,
                &stored.metadata,
                &stored.text,
                &stored.markdown,
                &stored.html,
                self.now.as_millis(),
            ))?;
        self.sql.execute(
            "UPDATE item SET document_id = ?2, title = coalesce(?3, title) WHERE id = ?1",
            (item_row, self.sql.last_insert_rowid(), &article.title),
        )?;
        Ok(())
    }

    /// What the gate said, if it was asked.
    pub(super) fn record_judgement(&self, commit: &IngestCommit) -> Result<(), StoreError> {
        match (&commit.verdict, commit.snapshot_id) {
            (Some(verdict), Some(snapshot)) => self.insert_judgement(commit.item_id, snapshot, verdict),
            _ => Ok(()),
        }
    }

    /// What the gate said of the bytes of an item.
    pub(super) fn insert_judgement(
        &self,
        item: ItemId,
        snapshot: SnapshotId,
        verdict: &Verdict,
    ) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "INSERT INTO judgement (item_id, snapshot_id, decision, class, reasons, gate_version, judged_at)
                 VALUES (?1, (SELECT id FROM snapshot WHERE uuid = ?2), ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute((
                self.item_row(item)?,
                snapshot.as_bytes(),
                verdict.decision.as_str(),
                verdict.class.map(JunkClass::as_str),
                to_json(&verdict.reasons)?,
                verdict.gate_version,
                self.now.as_millis(),
            ))?;
        Ok(())
    }
}

pub(super) const DOCUMENT_QUERY: &str = "SELECT document.*, item.uuid AS item_uuid, snapshot.uuid AS snapshot_uuid
    FROM document JOIN item ON item.id = document.item_id JOIN snapshot ON snapshot.id = document.snapshot_id";

pub(super) fn document_from_row(row: &Row<'_>) -> rusqlite::Result<Document> {
    let mut article = metadata_article(row)?;
    article.markdown = decompressed_column(row, "markdown")?;
    article.html = decompressed_column(row, "html")?;
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

/// Long texts are kept compressed, with their length in front.
pub(super) fn compressed(text: &str) -> Result<Vec<u8>, StoreError> {
    let mut stored = (text.len() as u64).to_le_bytes().to_vec();
    stored.extend(zstd::bulk::compress(text.as_bytes(), 3)?);
    Ok(stored)
}

/// A text that was compressed; or what is wrong with it.
pub(super) fn decompressed(stored: &[u8]) -> Result<String, String> {
    let (length, body) = stored
        .split_first_chunk::<8>()
        .ok_or("shorter than its length field")?;
    let bytes = zstd::bulk::decompress(body, u64::from_le_bytes(*length) as usize)
        .map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

fn decompressed_column(row: &Row<'_>, name: &str) -> rusqlite::Result<String> {
    decompressed(&row.get::<_, Vec<u8>>(name)?).map_err(|detail| {
        rusqlite::Error::FromSqlConversionFailure(
            0,
            rusqlite::types::Type::Blob,
            format!("{name}: {detail}").into(),
        )
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
