//! The change log: what the search index follows. Every change of what can be found is appended in the
//! transaction that makes it.

use atlas_domain::{Article, Change, ChangeOp, ChangePage, Cursor, Item, ItemId};
use rusqlite::{Connection, OptionalExtension};

use super::Library;
use super::documents::metadata_article;
use super::items::{ITEM_COLUMNS, item_from_row};
use crate::error::StoreError;
use crate::sqlite::{Column, parse_column};
use crate::tx::Tx;

/// What the search index needs of one item. The article comes without Markdown and HTML.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexMaterial {
    /// The item.
    pub item: Item,
    /// Its current content.
    pub article: Article,
}

/// What the search index needs of some items, as far as it fits in memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IndexMaterialPage {
    /// The items that can be found.
    pub material: Vec<IndexMaterial>,
    /// Items that can be found but not read, each with what is wrong.
    pub unreadable: Vec<(ItemId, String)>,
    /// Items that have not been looked at, because the page is full: to be asked for next.
    pub remaining: Vec<ItemId>,
}

/// Text of one page, in bytes: more is in memory only when a single item has more.
const PAGE_BYTES: i64 = 32 * 1024 * 1024;

impl Tx<'_> {
    pub(crate) fn log_change(&self, item: ItemId, op: ChangeOp) -> Result<(), StoreError> {
        self.sql
            .prepare_cached("INSERT INTO change_log (item_uuid, op, at) VALUES (?1, ?2, ?3)")?
            .execute((item.as_bytes(), op.as_str(), self.now.as_millis()))?;
        Ok(())
    }
}

impl Library {
    /// The changes after `cursor` (from the beginning without one), at most `limit`.
    pub async fn changes_after(&self, cursor: Option<&Cursor>, limit: u32) -> Result<ChangePage, StoreError> {
        let after = cursor.map_or(Ok(0), position)?;
        self.db
            .read(move |sql| {
                let mut statement = sql.prepare_cached(
                    "SELECT seq, item_uuid, op FROM change_log WHERE seq > ?1 ORDER BY seq LIMIT ?2",
                )?;
                let mut rows = statement.query((after, limit))?;
                let (mut changes, mut last) = (Vec::new(), after);
                while let Some(row) = rows.next()? {
                    last = row.get("seq")?;
                    changes.push(Change {
                        item_id: ItemId::read(row, "item_uuid")?,
                        op: parse_column(row, "op")?,
                    });
                }
                Ok(ChangePage {
                    changes,
                    next: Cursor::from_store(last.to_string()),
                })
            })
            .await
    }

    /// How many changes come after `cursor`: the lag of a reader who stands there.
    pub async fn changes_behind(&self, cursor: Option<&Cursor>) -> Result<u64, StoreError> {
        let after = cursor.map_or(Ok(0), position)?;
        self.db
            .read(move |sql| {
                Ok(
                    sql.query_row("SELECT count(*) FROM change_log WHERE seq > ?1", [after], |row| {
                        row.get(0)
                    })?,
                )
            })
            .await
    }

    /// What the index should hold for those of `items` that can be found; the others are on no list of the page.
    pub async fn index_material(&self, items: Vec<ItemId>) -> Result<IndexMaterialPage, StoreError> {
        self.db.read(move |sql| material_page(sql, &items)).await
    }

    /// The items that search must find, all users together: for the check that the index equals the store.
    pub async fn searchable_items(&self) -> Result<Vec<ItemId>, StoreError> {
        self.db
            .read(|sql| {
                let mut statement = sql.prepare_cached(
                    "SELECT uuid FROM item WHERE trashed_at IS NULL AND state IN ('stored', 'partial') ORDER BY uuid",
                )?;
                let rows = statement.query_map([], |row| ItemId::read(row, "uuid"))?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }
}

fn material_page(sql: &Connection, items: &[ItemId]) -> Result<IndexMaterialPage, StoreError> {
    const FINDABLE: &str = "FROM item JOIN document ON document.id = item.document_id
        WHERE item.uuid = ?1 AND item.trashed_at IS NULL AND item.state IN ('stored', 'partial')";
    // The length stands in the header of the row: the text itself is not read for it.
    let mut size_of = sql.prepare_cached(&format!(
        "SELECT octet_length(document.text) + octet_length(document.metadata) {FINDABLE}"
    ))?;
    let mut read = sql.prepare_cached(&format!(
        "SELECT {ITEM_COLUMNS}, document.metadata, document.text {FINDABLE}"
    ))?;
    let mut page = IndexMaterialPage::default();
    let mut bytes: i64 = 0;
    for (place, item) in items.iter().enumerate() {
        let id = item.as_bytes();
        let Some(size) = size_of.query_row([id], |row| row.get::<_, i64>(0)).optional()? else {
            continue;
        };
        bytes = bytes.saturating_add(size);
        if bytes > PAGE_BYTES && !page.material.is_empty() {
            page.remaining = items[place..].to_vec();
            break;
        }
        let material = read.query_row([id], |row| {
            Ok(IndexMaterial {
                item: item_from_row(row)?,
                article: metadata_article(row)?,
            })
        });
        match material {
            Ok(material) => page.material.push(material),
            Err(error) => page
                .unreadable
                .push((*item, StoreError::from(error).of_one_row()?)),
        }
    }
    Ok(page)
}

pub(super) fn position(cursor: &Cursor) -> Result<i64, StoreError> {
    cursor
        .as_store()
        .parse()
        .map_err(|_| StoreError::Unreadable(format!("change cursor `{}`", cursor.as_store())))
}
