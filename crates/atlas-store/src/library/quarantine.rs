//! The quarantine: suspected junk, kept whole until the owner decides.

use atlas_domain::{Item, ItemId, ItemState, JobId, NewJob, UserId};
use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};

use super::Library;
use super::audit::Actor;
use super::documents::{Judgement, judgement_from_row};
use super::items::{ITEM_COLUMNS, UnreadableItem, item_from_row, read_item};
use crate::error::StoreError;
use crate::sqlite::Lane;

/// An item in quarantine, with what led there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quarantined {
    /// The item.
    pub item: Item,
    /// The decision.
    pub judgement: Judgement,
}

/// A page of the quarantine, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuarantinePage {
    /// The items with what led there.
    pub items: Vec<Quarantined>,
    /// Items of the page of which something cannot be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<UnreadableItem>,
    /// Items in quarantine in all, those included that cannot be read.
    pub total: u64,
    /// Where the next page begins; none when this is the last.
    pub next: Option<String>,
}

impl Library {
    /// What is in quarantine, the newest first: at most `limit`, from where the previous page ended.
    pub async fn list_quarantine(
        &self,
        user: UserId,
        limit: u32,
        after: Option<String>,
    ) -> Result<QuarantinePage, StoreError> {
        let before = match after {
            None => i64::MAX,
            Some(text) => text.parse().map_err(|_| StoreError::BadCursor(text))?,
        };
        self.db.read(move |sql| list(sql, user, limit, before)).await
    }

    /// The owner says that an item is content: its stored bytes are processed again, and the gate's opinion
    /// no longer counts for it.
    pub async fn keep_quarantined(&self, user: UserId, item: ItemId) -> Result<(Item, JobId), StoreError> {
        self.write(Lane::Interactive, move |tx| {
            let found = read_item(tx.sql, user, item)?;
            if !matches!(found.state, ItemState::Quarantined | ItemState::Rejected) {
                return Err(not_in_quarantine(&found));
            }
            tx.sql.execute(
                "UPDATE item SET keep_always = 1, updated_at = ?2 WHERE uuid = ?1",
                (item.as_bytes(), tx.now.as_millis()),
            )?;
            tx.audit(
                user,
                Actor::Owner,
                "kept",
                item,
                &found.reason,
                "the owner says that this is content",
            )?;
            let reprocess = NewJob::reprocess(item);
            if !found.keep_always {
                // A run that is under way began without knowing this, and would end as it did before.
                let why = "the owner says that this is content: it is processed anew";
                tx.call_off_running(user, &reprocess, why)?;
            }
            let job = tx.request(&reprocess)?;
            Ok((read_item(tx.sql, user, item)?, job))
        })
        .await
    }

    /// The owner says that an item is junk: it stays as a rejected link, and its bytes follow the retention
    /// table.
    pub async fn drop_quarantined(&self, user: UserId, item: ItemId) -> Result<Item, StoreError> {
        self.write(Lane::Interactive, move |tx| {
            let found = read_item(tx.sql, user, item)?;
            if found.state != ItemState::Quarantined {
                return Err(not_in_quarantine(&found));
            }
            // The owner's last word counts: an earlier "keep" or "add again" is called off, even when it is under way.
            tx.sql.execute(
                "UPDATE item SET state = 'rejected', keep_always = 0, updated_at = ?2 WHERE uuid = ?1",
                (item.as_bytes(), tx.now.as_millis()),
            )?;
            tx.call_off(user, &NewJob::reprocess(item))?;
            tx.call_off(user, &NewJob::ingest(item, &found.url))?;
            tx.audit(
                user,
                Actor::Owner,
                "dropped",
                item,
                &found.reason,
                "the owner says that this is junk",
            )?;
            read_item(tx.sql, user, item)
        })
        .await
    }

    /// Whether the owner's word that an item is junk still stands: neither the owner nor, at the owner's wish, an
    /// ingestion has said anything else since.
    pub async fn is_dropped(&self, user: UserId, item: ItemId) -> Result<bool, StoreError> {
        self.db.read(move |sql| is_dropped(sql, user, item)).await
    }
}

fn is_dropped(sql: &Connection, user: UserId, item: ItemId) -> Result<bool, StoreError> {
    let last_word: Option<String> = sql
        .prepare_cached(
            "SELECT audit.action FROM audit JOIN item ON item.uuid = audit.item_uuid
             WHERE item.user_id = ?1 AND item.uuid = ?2 AND item.state = 'rejected'
                 AND (audit.actor = 'ingest' OR audit.action IN ('dropped', 'kept', 'saved_again'))
             ORDER BY audit.id DESC LIMIT 1",
        )?
        .query_row((user.0, item.as_bytes()), |row| row.get(0))
        .optional()?;
    Ok(last_word.as_deref() == Some("dropped"))
}

fn list(sql: &Connection, user: UserId, limit: u32, before: i64) -> Result<QuarantinePage, StoreError> {
    let total = sql
        .prepare_cached(
            "SELECT count(*) FROM item WHERE user_id = ?1 AND state = 'quarantined' AND trashed_at IS NULL",
        )?
        .query_row([user.0], |row| row.get(0))?;
    let mut statement = sql.prepare_cached(&format!(
        "SELECT item.id AS row_id, {ITEM_COLUMNS}, judgement.judged_at, judgement.decision, judgement.class,
             judgement.reasons, judgement.gate_version
         FROM item JOIN judgement ON judgement.id =
             (SELECT max(last.id) FROM judgement AS last WHERE last.item_id = item.id)
         WHERE item.user_id = ?1 AND item.state = 'quarantined' AND item.trashed_at IS NULL
             AND item.id < ?2
         ORDER BY item.id DESC LIMIT ?3"
    ))?;
    let one_more = i64::from(limit) + 1; // tells whether there is a next page
    let mut page = QuarantinePage {
        items: Vec::new(),
        unreadable: Vec::new(),
        total,
        next: None,
    };
    let (mut rows, mut last) = (statement.query((user.0, before, one_more))?, None);
    while let Some(row) = rows.next()? {
        if page.items.len() + page.unreadable.len() == limit as usize {
            page.next = last;
            break;
        }
        last = Some(row.get::<_, i64>("row_id")?.to_string());
        match quarantined_from_row(row) {
            Ok(entry) => page.items.push(entry),
            Err(error) => page.unreadable.push(UnreadableItem::of(row, error)?),
        }
    }
    Ok(page)
}

fn quarantined_from_row(row: &Row<'_>) -> rusqlite::Result<Quarantined> {
    Ok(Quarantined {
        item: item_from_row(row)?,
        judgement: judgement_from_row(row)?,
    })
}

fn not_in_quarantine(item: &Item) -> StoreError {
    StoreError::Conflict(format!(
        "item {} is not in quarantine: it is {}",
        item.id, item.state
    ))
}
