//! Reading cleanups and their items.

use std::collections::HashMap;

use atlas_domain::{CleanupId, CleanupStep, Item, UserId};
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::super::Library;
use super::super::items::{ITEM_COLUMNS, item_from_row};
use super::{CLEANUP_ITEM_COLUMNS, CleanupItem, CleanupRun, item_of, run_of};
use crate::error::StoreError;
use crate::sqlite::Column;

/// Some items of a cleanup.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CleanupItemPage {
    /// The items, in the order of the plan.
    pub items: Vec<CleanupItem>,
    /// Where the next page begins; none after the last.
    pub next: Option<String>,
}

const RUN: &str = "SELECT cleanup.*, (SELECT json_group_object(state, items) FROM
        (SELECT state, count(*) AS items FROM cleanup_item WHERE cleanup_id = cleanup.id GROUP BY state)) AS steps
    FROM cleanup";

impl Library {
    /// The cleanups of a person, the newest first, at most `limit`.
    pub async fn cleanups(&self, user: UserId, limit: u32) -> Result<Vec<CleanupRun>, StoreError> {
        self.db
            .read(move |sql| {
                let mut statement =
                    sql.prepare_cached(&format!("{RUN} WHERE user_id = ?1 ORDER BY id DESC LIMIT ?2"))?;
                let rows = statement.query_map((user.0, limit), run_of)?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// One cleanup.
    pub async fn cleanup(&self, user: UserId, run: CleanupId) -> Result<CleanupRun, StoreError> {
        self.db.read(move |sql| read_run(sql, user, run)).await
    }

    /// Items of a cleanup, those that stand at `step` if one is named, at most `limit`, from where the previous page
    /// ended.
    pub async fn cleanup_items(
        &self,
        user: UserId,
        run: CleanupId,
        step: Option<CleanupStep>,
        limit: u32,
        after: Option<String>,
    ) -> Result<CleanupItemPage, StoreError> {
        let after = match after {
            None => 0,
            Some(text) => text.parse().map_err(|_| StoreError::BadCursor(text))?,
        };
        self.db
            .read(move |sql| {
                read_run(sql, user, run)?;
                page(sql, run, step, limit, after)
            })
            .await
    }
}

impl Library {
    /// Whether a cleanup of this person failed and nobody has taken note.
    pub async fn failed_cleanup(&self, user: UserId) -> Result<Option<CleanupId>, StoreError> {
        self.db
            .read(move |sql| {
                Ok(sql
                    .prepare_cached(
                        "SELECT uuid FROM cleanup WHERE user_id = ?1 AND state = 'failed' LIMIT 1",
                    )?
                    .query_row([user.0], |row| CleanupId::read(row, "uuid"))
                    .optional()?)
            })
            .await
    }
    /// Items by the numbers of their rows, as far as there are such items of this person and they can be read.
    pub async fn items_of_rows(
        &self,
        user: UserId,
        rows: Vec<i64>,
    ) -> Result<HashMap<i64, Item>, StoreError> {
        self.db
            .read(move |sql| {
                let mut statement = sql.prepare_cached(&format!(
                    "SELECT {ITEM_COLUMNS} FROM item WHERE item.id = ?1 AND item.user_id = ?2"
                ))?;
                let mut items = HashMap::with_capacity(rows.len());
                for row in rows.iter().copied() {
                    match statement.query_row((row, user.0), item_from_row).optional() {
                        Ok(item) => items.extend(item.map(|item| (row, item))),
                        Err(error) => drop(StoreError::from(error).of_one_row()?),
                    }
                }
                Ok(items)
            })
            .await
    }
}

pub(super) fn read_run(sql: &Connection, user: UserId, run: CleanupId) -> Result<CleanupRun, StoreError> {
    sql.prepare_cached(&format!("{RUN} WHERE user_id = ?1 AND uuid = ?2"))?
        .query_row((user.0, run.as_bytes()), run_of)
        .optional()?
        .ok_or_else(|| StoreError::not_found("cleanup", run))
}

fn page(
    sql: &Connection,
    run: CleanupId,
    step: Option<CleanupStep>,
    limit: u32,
    after: i64,
) -> Result<CleanupItemPage, StoreError> {
    let mut statement = sql.prepare_cached(&format!(
        "SELECT {CLEANUP_ITEM_COLUMNS} FROM cleanup_item LEFT JOIN item ON item.uuid = cleanup_item.item_uuid
         WHERE cleanup_item.cleanup_id = (SELECT id FROM cleanup WHERE uuid = ?1) AND cleanup_item.id > ?2
         AND (?3 IS NULL OR cleanup_item.state = ?3) ORDER BY cleanup_item.id LIMIT ?4"
    ))?;
    let step = step.map(CleanupStep::as_str);
    let rows = statement.query_map((run.as_bytes(), after, step, limit), item_of)?;
    let items: Vec<CleanupItem> = rows.collect::<Result<_, _>>()?;
    let next = items
        .last()
        .filter(|_| items.len() == limit as usize)
        .map(|last| last.number.to_string());
    Ok(CleanupItemPage { items, next })
}
