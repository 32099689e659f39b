//! The proof that a cleanup touched nothing but what it says: every item is hashed before and after. An item that differs has
//! to be one of the run's, or there is a word about it in the audit trail or the change log that is not the run's.

use std::collections::{HashMap, HashSet};

use atlas_domain::{CleanupId, ItemId, UserId};
use rusqlite::Connection;

use super::super::Library;
use super::read::read_run;
use crate::error::StoreError;
use crate::sqlite::Column;

/// Items as they were at a moment: sixteen bytes each.
#[derive(Debug, Clone)]
pub struct Witness {
    items: HashMap<i64, u64>,
    audit_id: i64,
    change_seq: i64,
}

impl Library {
    /// Looks at every item of a person.
    pub async fn witness(&self, user: UserId) -> Result<Witness, StoreError> {
        self.db
            .read_whole(move |sql| {
                let last =
                    |query: &str| -> rusqlite::Result<i64> { sql.query_row(query, [], |row| row.get(0)) };
                Ok(Witness {
                    items: items(sql, user)?,
                    audit_id: last("SELECT coalesce(max(id), 0) FROM audit")?,
                    change_seq: last("SELECT coalesce(max(seq), 0) FROM change_log")?,
                })
            })
            .await
    }

    /// What differs from `before` without a reason, a sentence each; and whether the run's items are where it says. Empty
    /// if all is well.
    pub async fn testify(
        &self,
        user: UserId,
        run: CleanupId,
        before: Witness,
    ) -> Result<Vec<String>, StoreError> {
        self.db
            .read_whole(move |sql| {
                read_run(sql, user, run)?;
                let mut told = touched(sql, user, run, &before)?;
                told.extend(still_found(sql, run)?);
                Ok(told)
            })
            .await
    }
}

/// Differences that nobody has accounted for, the first few.
fn touched(
    sql: &Connection,
    user: UserId,
    run: CleanupId,
    before: &Witness,
) -> Result<Vec<String>, StoreError> {
    let accounted = accounted(sql, run, before)?;
    let now = items(sql, user)?;
    let mut told = Vec::new();
    for (row, hash) in &before.items {
        let what = match now.get(row) {
            Some(same) if same == hash => continue,
            Some(_) => "was changed",
            None => "is gone",
        };
        if !accounted.contains(row) && told.len() < MOST {
            told.push(format!("item {row} {what}, and nobody says why"));
        }
    }
    Ok(told)
}

/// So many are told.
const MOST: usize = 10;

/// Items of the run with the better copies that took something over, and those that others have changed and left a word
/// about. A word about an item that is deleted names no row any more: where there is one, every row that is gone is accounted
/// for.
fn accounted(sql: &Connection, run: CleanupId, before: &Witness) -> Result<HashSet<i64>, StoreError> {
    let mut statement = sql.prepare(
        "SELECT item.id FROM cleanup_item JOIN item
             ON item.uuid IN (cleanup_item.item_uuid, cleanup_item.survivor_uuid)
         WHERE cleanup_item.cleanup_id = (SELECT id FROM cleanup WHERE uuid = ?1)
             AND cleanup_item.state IN ('done', 'undone', 'conflict')
         UNION
         SELECT item.id FROM audit JOIN item ON item.uuid = audit.item_uuid
         WHERE audit.id > ?2 AND audit.detail NOT LIKE ?4
         UNION
         SELECT item.id FROM change_log JOIN item ON item.uuid = change_log.item_uuid
         WHERE change_log.seq > ?3 AND change_log.item_uuid NOT IN (
             SELECT item_uuid FROM audit WHERE id > ?2 AND detail LIKE ?4 AND item_uuid IS NOT NULL)",
    )?;
    let named = format!("cleanup {run}%");
    let rows = statement.query_map(
        (run.as_bytes(), before.audit_id, before.change_seq, &named),
        |row| row.get(0),
    )?;
    let mut accounted: HashSet<i64> = rows.collect::<Result<_, _>>()?;
    let deleted: bool = sql.query_row(
        "SELECT EXISTS (SELECT 1 FROM audit WHERE id > ?1 AND action = 'deleted')",
        [before.audit_id],
        |row| row.get(0),
    )?;
    if deleted {
        // Retention has let go of something meanwhile, and says so.
        let mut exists = sql.prepare("SELECT 1 FROM item WHERE id = ?1")?;
        for row in before.items.keys() {
            if !exists.exists([row])? {
                accounted.insert(*row);
            }
        }
    }
    Ok(accounted)
}

/// Items that the run took out of the index and that still count as content, though nobody has brought them back.
fn still_found(sql: &Connection, run: CleanupId) -> Result<Vec<String>, StoreError> {
    let mut statement = sql.prepare(
        "SELECT item.uuid FROM cleanup_item JOIN item ON item.uuid = cleanup_item.item_uuid
         WHERE cleanup_item.cleanup_id = (SELECT id FROM cleanup WHERE uuid = ?1) AND cleanup_item.state = 'done'
             AND item.state IN ('stored', 'partial')
             AND (SELECT op FROM change_log WHERE change_log.item_uuid = item.uuid ORDER BY seq DESC LIMIT 1)
                 IS 'remove' LIMIT 10",
    )?;
    let rows = statement.query_map([run.as_bytes()], |row| ItemId::read(row, "uuid"))?;
    rows.map(|item| Ok(format!("item {} is found by lists and not by search", item?)))
        .collect()
}

fn items(sql: &Connection, user: UserId) -> Result<HashMap<i64, u64>, StoreError> {
    let mut statement = sql.prepare(
        "SELECT item.id, item.uuid, item.url, item.state, item.reason, item.title, item.duplicate_of,
             item.document_id, item.keep_always, item.saved_at, item.trashed_at,
             (SELECT group_concat(tag_id) FROM (SELECT tag_id FROM item_tag WHERE item_id = item.id ORDER BY tag_id)),
             (SELECT count(*) FROM document WHERE document.item_id = item.id),
             (SELECT content_hash FROM document WHERE document.id = item.document_id)
         FROM item WHERE user_id = ?1",
    )?;
    let columns = statement.column_count();
    let (mut rows, mut items) = (statement.query([user.0])?, HashMap::new());
    while let Some(row) = rows.next()? {
        let mut hasher = blake3::Hasher::new();
        for column in 1..columns {
            hasher.update(format!("{:?};", row.get_ref(column)?).as_bytes());
        }
        let mut hash = [0; 8];
        hash.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        items.insert(row.get(0)?, u64::from_le_bytes(hash));
    }
    Ok(items)
}
