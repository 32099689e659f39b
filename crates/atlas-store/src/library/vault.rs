//! The vault: what retention deletes is kept whole for a while, and can be put back. It lies in the library's own file, so that
//! a deletion and its copy are one transaction.

use atlas_domain::{ChangeOp, Item, ItemId, ItemState, NewJob, Timestamp, UserId};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use serde::{Deserialize, Serialize};

use super::Library;
use super::audit::Actor;
use super::documents::{compressed, decompressed};
use super::items::read_item;
use crate::error::StoreError;
use crate::sqlite::{Column, to_json};
use crate::tx::Tx;

/// Tables with rows of an item, by the column that names it, in the order in which they come back: each refers only to those
/// before it. Jobs and their attempts are work, and not kept.
const TABLES: [(&str, &str); 6] = [
    ("item", "id"),
    ("item_address", "item_id"),
    ("given_html", "item_id"),
    ("snapshot", "item_id"),
    ("judgement", "item_id"),
    ("document", "item_id"),
];

/// Something that was deleted and can be put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultedItem {
    /// What it was known by, and will be again.
    pub id: ItemId,
    /// Its address.
    pub url: String,
    /// Its title.
    pub title: Option<String>,
    /// When it was deleted.
    pub deleted_at: Timestamp,
}

/// Some of what was deleted, the last deleted first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultPage {
    /// The items.
    pub items: Vec<VaultedItem>,
    /// Where the next page begins; none after the last.
    pub next: Option<String>,
}

/// A row, by its columns.
type KeptRow = Vec<(String, Field)>;

/// Every row of an item.
#[derive(Serialize, Deserialize)]
struct Kept {
    tables: Vec<(String, Vec<KeptRow>)>,
    tags: Vec<String>,
}

/// A value, as it was.
#[derive(Serialize, Deserialize)]
enum Field {
    #[serde(rename = "n")]
    Null,
    #[serde(rename = "i")]
    Integer(i64),
    #[serde(rename = "r")]
    Real(f64),
    #[serde(rename = "t")]
    Text(String),
    #[serde(rename = "b")]
    Blob(#[serde(with = "as_text")] Vec<u8>),
}

/// Bytes as a text of as many letters: a list of numbers takes four times as much.
mod as_text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        let text: String = bytes.iter().copied().map(char::from).collect();
        serializer.serialize_str(&text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = text.chars().map(u8::try_from).collect::<Result<_, _>>();
        bytes.map_err(serde::de::Error::custom)
    }
}

impl Library {
    /// What was deleted and can be put back, the last deleted first: at most `limit`, from where the previous page ended.
    pub async fn vault(
        &self,
        user: UserId,
        limit: u32,
        after: Option<String>,
    ) -> Result<VaultPage, StoreError> {
        let before = match after {
            None => i64::MAX,
            Some(text) => text.parse().map_err(|_| StoreError::BadCursor(text))?,
        };
        self.db.read(move |sql| page(sql, user, limit, before)).await
    }
}

fn page(sql: &Connection, user: UserId, limit: u32, before: i64) -> Result<VaultPage, StoreError> {
    let mut statement = sql.prepare_cached(
        "SELECT id, item_uuid, url, title, deleted_at FROM vault_item
         WHERE user_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
    )?;
    let rows = statement.query_map((user.0, before, limit), |row| {
        let item = VaultedItem {
            id: ItemId::read(row, "item_uuid")?,
            url: row.get("url")?,
            title: row.get("title")?,
            deleted_at: Timestamp::read(row, "deleted_at")?,
        };
        Ok((row.get::<_, i64>("id")?, item))
    })?;
    let found: Vec<(i64, VaultedItem)> = rows.collect::<Result<_, _>>()?;
    let next = found
        .last()
        .filter(|_| found.len() == limit as usize)
        .map(|(id, _)| id.to_string());
    Ok(VaultPage {
        items: found.into_iter().map(|(_, item)| item).collect(),
        next,
    })
}

impl Tx<'_> {
    /// Keeps an item whole that is about to be deleted.
    pub(super) fn vault(&self, row: i64) -> Result<(), StoreError> {
        let mut tables = Vec::new();
        for (table, column) in TABLES {
            tables.push((table.to_owned(), rows_of(self.sql, table, column, row)?));
        }
        let kept = Kept {
            tables,
            tags: self.tag_names(row)?,
        };
        self.sql
            .prepare_cached(
                "INSERT INTO vault_item (item_uuid, user_id, url, title, deleted_at, rows)
                 SELECT uuid, user_id, url, title, ?2, ?3 FROM item WHERE id = ?1",
            )?
            .execute((row, self.now.as_millis(), compressed(&to_json(&kept)?)?))?;
        self.sql.execute(
            "INSERT INTO vault_blob (vault_id, hash)
             SELECT ?2, body_hash FROM snapshot WHERE item_id = ?1 AND body_hash IS NOT NULL
             UNION SELECT ?2, body_hash FROM given_html WHERE item_id = ?1",
            (row, self.sql.last_insert_rowid()),
        )?;
        Ok(())
    }

    fn tag_names(&self, item: i64) -> Result<Vec<String>, StoreError> {
        let mut ids = self
            .sql
            .prepare_cached("SELECT tag_id FROM item_tag WHERE item_id = ?1")?;
        let mut name = self.sql.prepare_cached("SELECT name FROM tag WHERE id = ?1")?;
        let ids: Vec<i64> = ids
            .query_map([item], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let names = ids.into_iter().map(|id| name.query_row([id], |row| row.get(0)));
        Ok(names.collect::<Result<_, _>>()?)
    }

    /// Puts an item back that was deleted, with everything that it had; `None` if it is not in the vault.
    pub(crate) fn unvault(&self, user: UserId, item: ItemId) -> Result<Option<Item>, StoreError> {
        let found: Option<(i64, Vec<u8>)> = self
            .sql
            .prepare_cached("SELECT id, rows FROM vault_item WHERE item_uuid = ?1 AND user_id = ?2")?
            .query_row((item.as_bytes(), user.0), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((vaulted, rows)) = found else {
            return Ok(None);
        };
        let damaged = || StoreError::Unreadable(format!("what the vault keeps of item {item}"));
        let kept: Kept = decompressed(&rows)
            .ok()
            .and_then(|json| serde_json::from_str(&json).ok())
            .ok_or_else(damaged)?;
        self.refuse_taken_address(user, &kept)?;
        // The item and its document refer to each other, and its original may be gone.
        let mut document = Value::Null;
        for (table, rows) in kept.tables {
            for mut row in rows {
                for (column, field) in &mut row {
                    match (table.as_str(), column.as_str()) {
                        ("item", "document_id") => document = std::mem::replace(field, Field::Null).into(),
                        ("item", "duplicate_of" | "trashed_at") => *field = Field::Null,
                        _ => {}
                    }
                }
                insert(self.sql, &table, row)?;
            }
        }
        self.sql.execute(
            "UPDATE item SET document_id = ?2, updated_at = ?3 WHERE uuid = ?1",
            (item.as_bytes(), document, self.now.as_millis()),
        )?;
        self.add_tags(user, item, &kept.tags)?;
        self.sql
            .execute("DELETE FROM vault_item WHERE id = ?1", [vaulted])?;
        self.log_change(item, ChangeOp::Upsert)?;
        let why = "it was put back from what was deleted";
        self.audit(user, Actor::Owner, "restored", item, "from_vault", why)?;
        self.reprocess_if_orphaned(item)?;
        let back = read_item(self.sql, user, item)?;
        if back.state == ItemState::Queued {
            self.enqueue(&NewJob::ingest(item, &back.url))?; // its job is gone
        }
        Ok(Some(back))
    }

    fn refuse_taken_address(&self, user: UserId, kept: &Kept) -> Result<(), StoreError> {
        let mut holder = self.sql.prepare_cached(
            "SELECT item.uuid FROM item_address JOIN item ON item.id = item_address.item_id
             WHERE item_address.user_id = ?1 AND item_address.canonical_url = ?2",
        )?;
        let addresses = kept.tables.iter().filter(|(table, _)| table == "item_address");
        for (column, field) in addresses.flat_map(|(_, rows)| rows).flatten() {
            let ("canonical_url", Field::Text(address)) = (column.as_str(), field) else {
                continue;
            };
            let other = holder.query_row((user.0, address), |row| ItemId::read(row, "uuid"));
            if let Some(other) = other.optional()? {
                return Err(StoreError::Conflict(format!(
                    "item {other} has the address {address} by now: remove that one, and restore again"
                )));
            }
        }
        Ok(())
    }
}

fn rows_of(sql: &Connection, table: &str, column: &str, item: i64) -> Result<Vec<KeptRow>, StoreError> {
    let mut statement =
        sql.prepare_cached(&format!("SELECT * FROM {table} WHERE {column} = ?1 ORDER BY 1"))?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let rows = statement.query_map([item], |row| {
        let fields = names.iter().enumerate().map(|(place, name)| {
            let field = match row.get_ref(place)? {
                ValueRef::Null => Field::Null,
                ValueRef::Integer(number) => Field::Integer(number),
                ValueRef::Real(number) => Field::Real(number),
                // Text that is none is kept as its bytes, and comes back as such.
                ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
                    Ok(text) => Field::Text(text.to_owned()),
                    Err(_) => Field::Blob(bytes.to_vec()),
                },
                ValueRef::Blob(bytes) => Field::Blob(bytes.to_vec()),
            };
            Ok((name.clone(), field))
        });
        fields.collect::<rusqlite::Result<Vec<_>>>()
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn insert(sql: &Connection, table: &str, row: KeptRow) -> Result<(), StoreError> {
    let names: Vec<&str> = row.iter().map(|(name, _)| name.as_str()).collect();
    let places = vec!["?"; names.len()].join(", ");
    let query = format!("INSERT INTO {table} ({}) VALUES ({places})", names.join(", "));
    let mut statement = sql.prepare_cached(&query)?;
    let values: Vec<Value> = row.into_iter().map(|(_, field)| field.into()).collect();
    statement.execute(params_from_iter(values))?;
    Ok(())
}

impl From<Field> for Value {
    fn from(field: Field) -> Self {
        match field {
            Field::Null => Self::Null,
            Field::Integer(number) => Self::Integer(number),
            Field::Real(number) => Self::Real(number),
            Field::Text(text) => Self::Text(text),
            Field::Blob(bytes) => Self::Blob(bytes),
        }
    }
}
