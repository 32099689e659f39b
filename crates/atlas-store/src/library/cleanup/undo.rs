//! Undoing a cleanup, whole or item by item. What somebody has decided since is never overwritten: it is a conflict, which
//! says what is in the way.

use atlas_domain::{ChangeOp, CleanupId, CleanupState, CleanupStep, Item, ItemId, UserId};
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::super::Library;
use super::super::audit::Actor;
use super::super::items::read_item;
use super::read::read_run;
use super::{CleanupRun, Image, Merged, Standing};
use crate::error::StoreError;
use crate::sqlite::{Column, Lane, json_column};
use crate::tx::Tx;

/// Items that one transaction undoes.
const BATCH: usize = 50;

/// What an undo came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UndoneItems {
    /// Items that are again as they were.
    pub undone: u64,
    /// Items that could not be undone, each with what is in the way.
    pub conflicts: Vec<(ItemId, String)>,
    /// Better copies that keep what they took over, because they were changed since.
    pub kept_merges: Vec<ItemId>,
}

impl UndoneItems {
    fn add(&mut self, other: Self) {
        self.undone += other.undone;
        self.conflicts.extend(other.conflicts);
        self.kept_merges.extend(other.kept_merges);
    }
}

impl Library {
    /// Undoes what a cleanup did: these items, or all of them. Those that were undone before are passed over; where all are
    /// undone, better copies give back what they took over.
    pub async fn undo_cleanup(
        &self,
        user: UserId,
        run: CleanupId,
        only: Option<Vec<ItemId>>,
    ) -> Result<(CleanupRun, UndoneItems), StoreError> {
        let is_whole = only.is_none();
        let numbers = self
            .db
            .read(move |sql| to_undo(sql, user, run, only.as_deref()))
            .await?;
        let mut undone = UndoneItems::default();
        for batch in numbers.chunks(BATCH) {
            let batch = batch.to_vec();
            undone.add(
                self.write(Lane::Bulk, move |tx| {
                    let mut undone = UndoneItems::default();
                    for number in &batch {
                        tx.undo(user, run, *number, is_whole, &mut undone)?;
                    }
                    Ok(undone)
                })
                .await?,
            );
        }
        let run = self
            .write(Lane::Interactive, move |tx| {
                if is_whole {
                    tx.sql.execute(
                        "UPDATE cleanup SET state = 'undone', ended_at = ?2
                         WHERE uuid = ?1 AND state IN ('applying', 'applied')",
                        (run.as_bytes(), tx.now.as_millis()),
                    )?;
                }
                read_run(tx.sql, user, run)
            })
            .await?;
        Ok((run, undone))
    }
}

/// The last done is the first to be undone.
fn to_undo(
    sql: &Connection,
    user: UserId,
    run: CleanupId,
    only: Option<&[ItemId]>,
) -> Result<Vec<i64>, StoreError> {
    let found = read_run(sql, user, run)?;
    if found.state == CleanupState::Planned {
        return Err(StoreError::Conflict(format!(
            "cleanup {run} was never carried out: there is nothing to undo"
        )));
    }
    let mut statement = sql.prepare_cached(
        "SELECT id, item_uuid FROM cleanup_item
         WHERE cleanup_id = (SELECT id FROM cleanup WHERE uuid = ?1) AND state IN ('done', 'conflict')
         ORDER BY id DESC",
    )?;
    let rows = statement.query_map([run.as_bytes()], |row| {
        Ok((row.get::<_, i64>("id")?, ItemId::read(row, "item_uuid")?))
    })?;
    let done: Vec<(i64, ItemId)> = rows.collect::<Result<_, _>>()?;
    if let Some(stranger) = only
        .iter()
        .flat_map(|only| only.iter())
        .find(|item| done.iter().all(|(_, known)| known != *item))
    {
        return Err(StoreError::Conflict(format!(
            "cleanup {run} did nothing to item {stranger} that could be undone"
        )));
    }
    let wanted = |item: &ItemId| only.is_none_or(|only| only.contains(item));
    Ok(done
        .into_iter()
        .filter(|(_, item)| wanted(item))
        .map(|(number, _)| number)
        .collect())
}

impl Tx<'_> {
    fn undo(
        &self,
        user: UserId,
        run: CleanupId,
        number: i64,
        is_whole: bool,
        undone: &mut UndoneItems,
    ) -> Result<(), StoreError> {
        let (id, image): (ItemId, Image) = self
            .sql
            .prepare_cached("SELECT item_uuid, image FROM cleanup_item WHERE id = ?1")?
            .query_row([number], |row| {
                Ok((ItemId::read(row, "item_uuid")?, json_column(row, "image")?))
            })?;
        if let Some(why) = self.in_the_way(user, run, id, &image)? {
            self.step(number, CleanupStep::Conflict, &why, None)?;
            undone.conflicts.push((id, why));
            return Ok(());
        }
        self.stand(id, &image.before)?;
        self.log_change(id, ChangeOp::Upsert)?;
        self.audit(
            user,
            Actor::Owner,
            "released",
            id,
            &image.after.reason,
            &format!("cleanup {run} was undone"),
        )?;
        if is_whole && let (Some(merged), Some(survivor)) = (&image.survivor, image.after.duplicate_of) {
            let unchanged = self
                .survivor(user, survivor)?
                .is_some_and(|now| now == merged.after);
            if unchanged {
                self.give_back(user, survivor, &merged.before)?;
            } else {
                undone.kept_merges.push(survivor);
            }
        }
        self.step(number, CleanupStep::Undone, "", None)?;
        undone.undone += 1;
        Ok(())
    }

    /// Why an item cannot be put back as it was.
    fn in_the_way(
        &self,
        user: UserId,
        run: CleanupId,
        id: ItemId,
        image: &Image,
    ) -> Result<Option<String>, StoreError> {
        let item = match read_item(self.sql, user, id) {
            Ok(item) => item,
            Err(StoreError::NotFound { .. }) => {
                return Ok(Some(
                    "it was deleted since; a backup may still hold it".to_owned(),
                ));
            }
            Err(error) => return Err(error),
        };
        if item.trashed_at.is_some() {
            return Ok(Some(
                "it was put in the trash since: restore it, and undo again".to_owned(),
            ));
        }
        if Standing::of(&item) != image.after {
            return Ok(Some(format!(
                "it was decided about since, and is {} now: that stands",
                item.state
            )));
        }
        Ok(self.holder_of_its_content(run, &item)?.map(|other| {
            format!(
                "item {other} holds its content now: remove that one and undo again, or leave it as a duplicate"
            )
        }))
    }

    /// Another item of the same person that has its content by now, but for those that had it before: its better copy, and
    /// others of the same cleanup.
    fn holder_of_its_content(&self, run: CleanupId, item: &Item) -> Result<Option<ItemId>, StoreError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT other.uuid FROM item
             JOIN document ON document.id = item.document_id
             JOIN document AS same ON same.content_hash = document.content_hash
             JOIN item AS other ON other.document_id = same.id
             WHERE item.uuid = ?1 AND other.id <> item.id AND other.user_id = item.user_id
             AND other.trashed_at IS NULL AND other.state IN ('stored', 'partial')
             AND other.id IS NOT item.duplicate_of AND NOT EXISTS (
                 SELECT 1 FROM cleanup_item JOIN cleanup ON cleanup.id = cleanup_item.cleanup_id
                 WHERE cleanup.uuid = ?2 AND cleanup_item.item_uuid = other.uuid)
             LIMIT 1",
        )?;
        Ok(statement
            .query_row((item.id.as_bytes(), run.as_bytes()), |row| {
                ItemId::read(row, "uuid")
            })
            .optional()?)
    }

    /// Puts an item where it stood. Its original may be gone.
    fn stand(&self, item: ItemId, standing: &Standing) -> Result<(), StoreError> {
        let duplicate_of = match standing.duplicate_of {
            Some(original) => self.item_row(original).map(Some).or_else(|error| match error {
                StoreError::NotFound { .. } => Ok(None),
                error => Err(error),
            })?,
            None => None,
        };
        self.sql
            .prepare_cached(
                "UPDATE item SET state = ?2, reason = ?3, message = ?4, duplicate_of = ?5, updated_at = ?6
                 WHERE uuid = ?1",
            )?
            .execute((
                item.as_bytes(),
                &standing.state,
                &standing.reason,
                &standing.message,
                duplicate_of,
                self.now.as_millis(),
            ))?;
        Ok(())
    }

    fn survivor(&self, user: UserId, id: ItemId) -> Result<Option<Merged>, StoreError> {
        match read_item(self.sql, user, id) {
            Ok(item) => Ok(Some(Merged::of(&item))),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn give_back(&self, user: UserId, survivor: ItemId, before: &Merged) -> Result<(), StoreError> {
        let row = self.item_row(survivor)?;
        self.sql
            .execute("DELETE FROM item_tag WHERE item_id = ?1", [row])?;
        self.add_tags(user, survivor, &before.tags)?;
        self.sql.execute(
            "UPDATE item SET saved_at = ?2 WHERE id = ?1",
            (row, before.saved_at),
        )?;
        self.log_change(survivor, ChangeOp::Upsert)
    }
}
