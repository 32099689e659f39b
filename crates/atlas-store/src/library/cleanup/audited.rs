//! What an audit reads of each item, page by page: no page keeps the file from being tidied for longer than it takes to
//! read it, and what changes meanwhile is recognised by a stamp.

use atlas_domain::{Decision, ItemId, SnapshotId, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::super::Library;
use crate::error::StoreError;
use crate::sqlite::Column;

/// Text of one page, in bytes: more is in memory only when a single item has more.
const PAGE_BYTES: u64 = 8 * 1024 * 1024;

/// An item with content, as an audit sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditedItem {
    /// The number of its row; pages go on behind it.
    pub row: i64,
    /// The item.
    pub id: ItemId,
    /// Its address.
    pub canonical_url: String,
    /// Its title.
    pub title: Option<String>,
    /// The owner has said that it is content.
    pub keep_always: bool,
    /// When it was saved.
    pub saved_at: Timestamp,
    /// Recognises a change of its content, or of where it stands.
    pub stamp: [u8; 32],
    /// The text of its content.
    pub text: String,
    /// Words in it.
    pub words: u32,
    /// How much is known of it besides.
    pub filled: u32,
    /// Bytes that its content takes up.
    pub bytes: u64,
    /// The bytes that its content was made from.
    pub snapshot: SnapshotId,
    /// What the gate said last of those bytes, and in which version.
    pub judged: Option<(Decision, u32)>,
}

/// Some items.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuditedPage {
    /// The items, by number.
    pub items: Vec<AuditedItem>,
    /// Items that cannot be read, each with what is wrong.
    pub unreadable: Vec<(i64, String)>,
    /// Behind which number the next page begins; none after the last.
    pub next: Option<i64>,
}

const AUDITED: &str = "SELECT item.id AS row_id, item.uuid, item.canonical_url, item.title, item.keep_always,
        item.saved_at, item.state, item.trashed_at, document.uuid AS document_uuid, document.content_hash,
        document.text, document.word_count,
        (document.published IS NOT NULL) + (document.language IS NOT NULL) + (item.title IS NOT NULL)
            + (SELECT count(*) FROM item_tag WHERE item_tag.item_id = item.id) AS filled,
        octet_length(document.text) + octet_length(document.markdown) + octet_length(document.html) AS bytes,
        snapshot.uuid AS snapshot_uuid,
        (SELECT judgement.decision || ' ' || judgement.gate_version FROM judgement
         WHERE judgement.item_id = item.id AND judgement.snapshot_id = document.snapshot_id
         ORDER BY judgement.id DESC LIMIT 1) AS judged
    FROM item JOIN document ON document.id = item.document_id JOIN snapshot ON snapshot.id = document.snapshot_id";

impl Library {
    /// How many items of a person have content.
    pub async fn audited_total(&self, user: UserId) -> Result<u64, StoreError> {
        self.db
            .read(move |sql| {
                Ok(sql
                    .prepare_cached(
                        "SELECT count(*) FROM item
                         WHERE user_id = ?1 AND state IN ('stored', 'partial') AND trashed_at IS NULL",
                    )?
                    .query_row([user.0], |row| row.get(0))?)
            })
            .await
    }

    /// The next items with content behind `after`, at most `limit`.
    pub async fn audited_page(
        &self,
        user: UserId,
        after: i64,
        limit: u32,
    ) -> Result<AuditedPage, StoreError> {
        self.db.read_whole(move |sql| page(sql, user, after, limit)).await
    }

    /// One item as an audit sees it; `None` if it has no content any more.
    pub async fn audited_item(&self, user: UserId, item: ItemId) -> Result<Option<AuditedItem>, StoreError> {
        self.db
            .read(move |sql| {
                let mut statement = sql.prepare_cached(&format!(
                    "{AUDITED} WHERE item.user_id = ?1 AND item.uuid = ?2
                     AND item.state IN ('stored', 'partial') AND item.trashed_at IS NULL"
                ))?;
                Ok(statement
                    .query_row((user.0, item.as_bytes()), audited_of)
                    .optional()?)
            })
            .await
    }
}

fn page(sql: &Connection, user: UserId, after: i64, limit: u32) -> Result<AuditedPage, StoreError> {
    let mut statement = sql.prepare_cached(&format!(
        "{AUDITED} WHERE item.user_id = ?1 AND item.id > ?2
         AND item.state IN ('stored', 'partial') AND item.trashed_at IS NULL ORDER BY item.id LIMIT ?3"
    ))?;
    let (mut rows, mut page, mut bytes) = (
        statement.query((user.0, after, limit))?,
        AuditedPage::default(),
        0,
    );
    let mut last = None;
    let mut read = 0;
    while let Some(row) = rows.next()? {
        let number: i64 = row.get("row_id")?;
        read += 1;
        match audited_of(row) {
            Ok(item) => {
                bytes += item.text.len() as u64;
                page.items.push(item);
            }
            Err(error) => page
                .unreadable
                .push((number, StoreError::from(error).of_one_row()?)),
        }
        last = Some(number);
        if bytes > PAGE_BYTES {
            page.next = last;
            return Ok(page);
        }
    }
    page.next = last.filter(|_| read == limit);
    Ok(page)
}

fn audited_of(row: &Row<'_>) -> rusqlite::Result<AuditedItem> {
    let judged: Option<String> = row.get("judged")?;
    Ok(AuditedItem {
        row: row.get("row_id")?,
        id: ItemId::read(row, "uuid")?,
        canonical_url: row.get("canonical_url")?,
        title: row.get("title")?,
        keep_always: row.get("keep_always")?,
        saved_at: Timestamp::read(row, "saved_at")?,
        stamp: stamp_of(row)?,
        text: row.get("text")?,
        words: row.get("word_count")?,
        filled: row.get("filled")?,
        bytes: row.get("bytes")?,
        snapshot: SnapshotId::read(row, "snapshot_uuid")?,
        judged: judged.as_deref().and_then(|judged| {
            let (decision, version) = judged.split_once(' ')?;
            Some((decision.parse().ok()?, version.parse().ok()?))
        }),
    })
}

/// Tags and titles do not count: to change them says nothing about the content.
fn stamp_of(row: &Row<'_>) -> rusqlite::Result<[u8; 32]> {
    let mut hasher = blake3::Hasher::new();
    for column in ["uuid", "document_uuid", "content_hash"] {
        hasher.update(row.get_ref(column)?.as_blob().unwrap_or_default());
    }
    hasher.update(row.get_ref("state")?.as_bytes().unwrap_or_default());
    hasher.update(&[row.get::<_, u8>("keep_always")?]);
    Ok(*hasher.finalize().as_bytes())
}

/// The stamp of an item as it is now; `None` if it has no content any more.
pub(super) fn stamp_now(sql: &Connection, item: ItemId) -> Result<Option<[u8; 32]>, StoreError> {
    let mut statement = sql.prepare_cached(
        "SELECT item.uuid, item.state, item.keep_always, document.uuid AS document_uuid,
             document.content_hash
         FROM item JOIN document ON document.id = item.document_id
         WHERE item.uuid = ?1 AND item.state IN ('stored', 'partial') AND item.trashed_at IS NULL",
    )?;
    Ok(statement.query_row([item.as_bytes()], stamp_of).optional()?)
}
