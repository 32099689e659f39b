//! Reading items, and putting them in and out of the trash.

use atlas_domain::{CanonicalUrl, ChangeOp, Item, ItemId, ItemState, Timestamp, UserId};
use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};

use super::Library;
use super::audit::Actor;
use crate::error::StoreError;
use crate::sqlite::{Column, Lane, json_column, parse_column};
use crate::tx::Tx;

/// The columns that [`item_from_row`] reads.
pub(crate) const ITEM_COLUMNS: &str = "item.uuid, item.user_id, item.url, item.canonical_url, item.state,
    item.reason, item.message, item.title, item.keep_always, item.saved_at, item.updated_at, item.trashed_at,
    (SELECT other.uuid FROM item AS other WHERE other.id = item.duplicate_of) AS duplicate_uuid,
    (SELECT json_group_array(tag.name ORDER BY tag.name) FROM item_tag JOIN tag ON tag.id = item_tag.tag_id
     WHERE item_tag.item_id = item.id) AS tags";

/// Which items to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ItemFilter {
    /// Only in this state.
    pub state: Option<ItemState>,
    /// Only with this tag.
    pub tag: Option<String>,
    /// The trash instead of the library.
    pub trashed: bool,
    /// At most so many; 0 means 50.
    pub limit: u32,
    /// Where the previous page ended.
    pub after: Option<String>,
    /// Nobody asks how many there are: whoever goes through all pages would pay for the count with each.
    pub uncounted: bool,
}

/// A page of items, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemPage {
    /// The items.
    pub items: Vec<Item>,
    /// Items of the page that cannot be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<UnreadableItem>,
    /// Items that match in all, if that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<String>,
}

/// An item whose row is damaged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UnreadableItem {
    /// Its name, unless that is damaged too; then the problem names its row.
    pub id: Option<ItemId>,
    /// What is wrong with it, as a sentence.
    pub problem: String,
}

impl UnreadableItem {
    /// The item of a row, with its number as `row_id`, with which `error` happened; that error again when it is not
    /// about this row alone.
    pub(super) fn of(row: &Row<'_>, error: rusqlite::Error) -> Result<Self, StoreError> {
        let problem = StoreError::from(error).of_one_row()?;
        let row_id: i64 = row.get("row_id")?;
        Ok(match ItemId::read(row, "uuid") {
            Ok(id) => Self {
                id: Some(id),
                problem,
            },
            Err(_) => Self {
                id: None,
                problem: format!("{problem} (row {row_id} of `item`)"),
            },
        })
    }
}

impl Library {
    /// One item, in the trash or not.
    pub async fn item(&self, user: UserId, item: ItemId) -> Result<Item, StoreError> {
        self.db.read(move |sql| read_item(sql, user, item)).await
    }

    /// The item that is known by an address.
    pub async fn item_at(&self, user: UserId, address: &CanonicalUrl) -> Result<Option<Item>, StoreError> {
        let address = address.to_string();
        self.db
            .read(move |sql| {
                let query = format!(
                    "SELECT {ITEM_COLUMNS} FROM item_address JOIN item ON item.id = item_address.item_id
                     WHERE item_address.user_id = ?1 AND item_address.canonical_url = ?2"
                );
                Ok(sql
                    .prepare_cached(&query)?
                    .query_row((user.0, &address), item_from_row)
                    .optional()?)
            })
            .await
    }

    /// A page of items, the newest first.
    pub async fn list_items(&self, user: UserId, filter: ItemFilter) -> Result<ItemPage, StoreError> {
        let before = match &filter.after {
            None => i64::MAX,
            Some(text) => text.parse().map_err(|_| StoreError::BadCursor(text.clone()))?,
        };
        self.db.read(move |sql| list(sql, user, &filter, before)).await
    }

    /// Where a page of [`Library::list_items`] begins that follows right after this item.
    pub async fn cursor_after(&self, user: UserId, item: ItemId) -> Result<String, StoreError> {
        self.db
            .read(move |sql| {
                sql.prepare_cached("SELECT id FROM item WHERE user_id = ?1 AND uuid = ?2")?
                    .query_row((user.0, item.as_bytes()), |row| row.get::<_, i64>(0))
                    .optional()?
                    .map(|row| row.to_string())
                    .ok_or_else(|| StoreError::not_found("item", item))
            })
            .await
    }

    /// Puts an item in the trash; it leaves the search index. Those that were its duplicates are looked at
    /// again, because one of them now has to hold the content.
    pub async fn trash_item(&self, user: UserId, item: ItemId) -> Result<Item, StoreError> {
        self.write(Lane::Interactive, move |tx| {
            let found = read_item(tx.sql, user, item)?;
            if found.trashed_at.is_some() {
                return Ok(found);
            }
            tx.sql.execute(
                "UPDATE item SET trashed_at = ?2, updated_at = ?2 WHERE uuid = ?1",
                (item.as_bytes(), tx.now.as_millis()),
            )?;
            tx.log_change(item, ChangeOp::Remove)?;
            tx.audit(user, Actor::Owner, "trashed", item, "", "")?;
            tx.reprocess_duplicates_of(item)?;
            read_item(tx.sql, user, item)
        })
        .await
    }

    /// Takes an item out of the trash, or back from the vault, if it was deleted already.
    pub async fn restore_item(&self, user: UserId, item: ItemId) -> Result<Item, StoreError> {
        self.write(Lane::Interactive, move |tx| match tx.restore(user, item) {
            Ok(()) => read_item(tx.sql, user, item),
            Err(missing @ StoreError::NotFound { .. }) => tx.unvault(user, item)?.ok_or(missing),
            Err(error) => Err(error),
        })
        .await
    }
}

impl Tx<'_> {
    /// Takes an item out of the trash, if it is there.
    pub(crate) fn restore(&self, user: UserId, item: ItemId) -> Result<(), StoreError> {
        if read_item(self.sql, user, item)?.trashed_at.is_none() {
            return Ok(());
        }
        self.sql.execute(
            "UPDATE item SET trashed_at = NULL, updated_at = ?2 WHERE uuid = ?1",
            (item.as_bytes(), self.now.as_millis()),
        )?;
        self.log_change(item, ChangeOp::Upsert)?;
        self.audit(user, Actor::Owner, "restored", item, "", "")?;
        self.reprocess_if_orphaned(item)
    }
}

pub(crate) fn read_item(sql: &Connection, user: UserId, item: ItemId) -> Result<Item, StoreError> {
    sql.prepare_cached(&format!(
        "SELECT {ITEM_COLUMNS} FROM item WHERE user_id = ?1 AND uuid = ?2"
    ))?
    .query_row((user.0, item.as_bytes()), item_from_row)
    .optional()?
    .ok_or_else(|| StoreError::not_found("item", item))
}

pub(crate) fn item_from_row(row: &Row<'_>) -> rusqlite::Result<Item> {
    Ok(Item {
        id: ItemId::read(row, "uuid")?,
        user_id: UserId::read(row, "user_id")?,
        url: row.get("url")?,
        canonical_url: row.get("canonical_url")?,
        state: parse_column(row, "state")?,
        reason: row.get("reason")?,
        message: row.get("message")?,
        title: row.get("title")?,
        duplicate_of: Option::<ItemId>::read(row, "duplicate_uuid")?,
        keep_always: row.get("keep_always")?,
        saved_at: Timestamp::read(row, "saved_at")?,
        updated_at: Timestamp::read(row, "updated_at")?,
        trashed_at: Option::<Timestamp>::read(row, "trashed_at")?,
        tags: json_column(row, "tags")?,
    })
}

fn list(sql: &Connection, user: UserId, filter: &ItemFilter, before: i64) -> Result<ItemPage, StoreError> {
    let limit = if filter.limit == 0 { 50 } else { filter.limit } as usize;
    let one_more = limit as i64 + 1; // tells whether there is a next page
    let state = filter.state.map(ItemState::as_str);
    let mut conditions = vec!["item.user_id = :user"];
    let mut parameters: Vec<(&str, &dyn ToSql)> = vec![(":user", &user.0)];
    conditions.push(if filter.trashed {
        "item.trashed_at IS NOT NULL"
    } else {
        "item.trashed_at IS NULL"
    });
    if let Some(state) = &state {
        conditions.push("item.state = :state");
        parameters.push((":state", state));
    }
    if let Some(tag) = &filter.tag {
        conditions.push(
            "item.id IN (SELECT item_tag.item_id FROM tag JOIN item_tag ON item_tag.tag_id = tag.id
                 WHERE tag.user_id = :user AND tag.name = :tag)",
        );
        parameters.push((":tag", tag));
    }
    let condition = conditions.join(" AND ");
    let total = if filter.uncounted {
        None
    } else {
        let mut count = sql.prepare_cached(&format!("SELECT count(*) FROM item WHERE {condition}"))?;
        Some(count.query_row(&parameters[..], |row| row.get(0))?)
    };
    // Without a state the rows come in the order of the table; by an index of the user's items the whole library
    // would be sorted for each page.
    let in_order = filter.state.is_none() && !filter.trashed;
    let source = if in_order { "item NOT INDEXED" } else { "item" };
    let mut statement = sql.prepare_cached(&format!(
        "SELECT item.id AS row_id, {ITEM_COLUMNS} FROM {source} WHERE {condition} AND item.id < :before
         ORDER BY item.id DESC LIMIT :limit"
    ))?;
    parameters.extend([(":before", &before as &dyn ToSql), (":limit", &one_more)]);
    let mut page = ItemPage {
        items: Vec::new(),
        unreadable: Vec::new(),
        total,
        next: None,
    };
    let (mut rows, mut last) = (statement.query(&parameters[..])?, None);
    while let Some(row) = rows.next()? {
        if page.items.len() + page.unreadable.len() == limit {
            page.next = last;
            break;
        }
        last = Some(row.get::<_, i64>("row_id")?.to_string());
        match item_from_row(row) {
            Ok(item) => page.items.push(item),
            Err(error) => page.unreadable.push(UnreadableItem::of(row, error)?),
        }
    }
    Ok(page)
}
