//! Carrying a plan out, a few items to a transaction. Each is looked at again first: whoever changed it meanwhile wins.

use atlas_domain::{
    ChangeOp, CleanupId, CleanupState, CleanupStep, DuplicateReason, Item, ItemId, ItemState, JunkClass,
    NewJob, UserId, Verdict,
};
use rusqlite::OptionalExtension;

use super::super::Library;
use super::super::audit::Actor;
use super::super::items::read_item;
use super::audited::stamp_now;
use super::read::read_run;
use super::{CleanupRun, Image, Merged, MergedImage, Standing};
use crate::error::StoreError;
use crate::sqlite::{Column, Lane, to_json};
use crate::tx::Tx;

/// What to do with an item of a plan.
#[derive(Debug, Clone, PartialEq)]
pub enum CleanAction {
    /// Put it in quarantine, with what the gate says of it now.
    Quarantine {
        /// The decision that is shown with it.
        verdict: Verdict,
        /// Stable reason code.
        reason: String,
        /// The same as a sentence.
        message: String,
    },
    /// Make it a duplicate of its better copy, which takes over its tags and an earlier date.
    Merge,
    /// Leave it, and say why.
    Skip(String),
}

/// An item of a plan, and what to do with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Cleaned {
    /// Its number in the plan.
    pub number: i64,
    /// What to do.
    pub action: CleanAction,
}

impl Library {
    /// Begins to carry a plan out, or goes on with it. Refused while another is being carried out, or has failed and
    /// nobody has taken note.
    pub async fn begin_cleanup(&self, user: UserId, run: CleanupId) -> Result<CleanupRun, StoreError> {
        self.write(Lane::Interactive, move |tx| {
            let found = read_run(tx.sql, user, run)?;
            if !matches!(found.state, CleanupState::Planned | CleanupState::Applying) {
                return Err(StoreError::Conflict(format!(
                    "cleanup {run} cannot be carried out: it is {}; plan another one",
                    found.state
                )));
            }
            tx.refuse_beside_another(user, run)?;
            tx.sql.execute(
                "UPDATE cleanup SET state = 'applying', began_at = coalesce(began_at, ?2) WHERE uuid = ?1",
                (run.as_bytes(), tx.now.as_millis()),
            )?;
            read_run(tx.sql, user, run)
        })
        .await
    }

    /// Does some items of a cleanup that is being carried out, all or none. An item that has changed since it was judged is
    /// left alone.
    pub async fn clean_items(
        &self,
        user: UserId,
        run: CleanupId,
        items: Vec<Cleaned>,
    ) -> Result<(), StoreError> {
        self.write(Lane::Bulk, move |tx| {
            let state = read_run(tx.sql, user, run)?.state;
            if state != CleanupState::Applying {
                return Err(StoreError::Conflict(format!("cleanup {run} is {state} by now")));
            }
            items.iter().try_for_each(|item| tx.clean(user, run, item))
        })
        .await
    }

    /// Says how carrying out ended.
    pub async fn end_cleanup(
        &self,
        user: UserId,
        run: CleanupId,
        state: CleanupState,
        message: String,
    ) -> Result<CleanupRun, StoreError> {
        self.write(Lane::Interactive, move |tx| {
            tx.sql.execute(
                "UPDATE cleanup SET state = ?2, message = ?3, ended_at = ?4 WHERE uuid = ?1",
                (run.as_bytes(), state.as_str(), &message, tx.now.as_millis()),
            )?;
            read_run(tx.sql, user, run)
        })
        .await
    }

    /// Calls off the job that carries a cleanup out: what it did stays, for now.
    pub async fn call_off_cleanup(&self, user: UserId, run: CleanupId) -> Result<(), StoreError> {
        self.write(Lane::Interactive, move |tx| {
            tx.call_off(user, &NewJob::cleanup(run))
        })
        .await
    }

    /// Takes note that a cleanup failed and was undone: others may begin again.
    pub async fn acknowledge_cleanup(&self, user: UserId, run: CleanupId) -> Result<CleanupRun, StoreError> {
        self.write(Lane::Interactive, move |tx| {
            let found = read_run(tx.sql, user, run)?;
            if found.state != CleanupState::Failed {
                return Err(StoreError::Conflict(format!(
                    "cleanup {run} has not failed: it is {}",
                    found.state
                )));
            }
            tx.sql.execute(
                "UPDATE cleanup SET state = 'undone' WHERE uuid = ?1",
                [run.as_bytes()],
            )?;
            read_run(tx.sql, user, run)
        })
        .await
    }
}

impl Tx<'_> {
    fn refuse_beside_another(&self, user: UserId, run: CleanupId) -> Result<(), StoreError> {
        let other = self
            .sql
            .prepare_cached(
                "SELECT uuid, state FROM cleanup WHERE user_id = ?1 AND uuid <> ?2 AND state IN ('applying', 'failed')
                 ORDER BY id LIMIT 1",
            )?
            .query_row((user.0, run.as_bytes()), |row| {
                Ok((CleanupId::read(row, "uuid")?, row.get::<_, String>("state")?))
            })
            .optional()?;
        match other {
            None => Ok(()),
            Some((other, state)) if state == CleanupState::Failed.as_str() => Err(StoreError::Conflict(
                format!("cleanup {other} has failed and was undone: acknowledge it before another begins"),
            )),
            Some((other, _)) => Err(StoreError::Conflict(format!(
                "cleanup {other} is being carried out; one at a time"
            ))),
        }
    }

    fn clean(&self, user: UserId, run: CleanupId, cleaned: &Cleaned) -> Result<(), StoreError> {
        let planned = self
            .sql
            .prepare_cached(
                "SELECT item_uuid, survivor_uuid, stamp FROM cleanup_item WHERE id = ?1 AND state = 'planned'
                 AND cleanup_id = (SELECT id FROM cleanup WHERE uuid = ?2)",
            )?
            .query_row((cleaned.number, run.as_bytes()), |row| {
                Ok((
                    ItemId::read(row, "item_uuid")?,
                    Option::<ItemId>::read(row, "survivor_uuid")?,
                    row.get::<_, [u8; 32]>("stamp")?,
                ))
            })
            .optional()?;
        let Some((id, survivor, stamp)) = planned else {
            return Ok(()); // done already, by the try before this one
        };
        let skip = |why: &str| self.step(cleaned.number, CleanupStep::Skipped, why, None);
        if let CleanAction::Skip(why) = &cleaned.action {
            return skip(why);
        }
        match stamp_now(self.sql, id)? {
            None => return skip("it has no content any more"),
            Some((_, now)) if now != stamp => return skip("it has changed since it was judged"),
            Some(_) => {}
        }
        let item = read_item(self.sql, user, id)?;
        let image = match &cleaned.action {
            CleanAction::Skip(why) => return skip(why),
            CleanAction::Quarantine {
                verdict,
                reason,
                message,
            } => self.quarantine(run, &item, verdict, (reason, message))?,
            CleanAction::Merge => {
                let Some(survivor) = survivor else {
                    return skip("its better copy is gone");
                };
                match stamp_now(self.sql, survivor)? {
                    Some(_) => self.merge(run, &item, &read_item(self.sql, user, survivor)?)?,
                    None => return skip("its better copy has no content any more"),
                }
            }
        };
        self.step(cleaned.number, CleanupStep::Done, "", Some(&image))
    }

    /// It leaves the index and the list, and stays whole.
    fn quarantine(
        &self,
        run: CleanupId,
        item: &Item,
        verdict: &Verdict,
        (reason, message): (&str, &str),
    ) -> Result<Image, StoreError> {
        self.sql
            .prepare_cached(
                "INSERT INTO judgement (item_id, snapshot_id, decision, class, reasons, gate_version, judged_at)
                 SELECT item.id, document.snapshot_id, ?2, ?3, ?4, ?5, ?6
                 FROM item JOIN document ON document.id = item.document_id WHERE item.uuid = ?1",
            )?
            .execute((
                item.id.as_bytes(),
                verdict.decision.as_str(),
                verdict.class.map(JunkClass::as_str),
                to_json(&verdict.reasons)?,
                verdict.gate_version,
                self.now.as_millis(),
            ))?;
        let after = Standing {
            state: ItemState::Quarantined.as_str().to_owned(),
            reason: reason.to_owned(),
            message: message.to_owned(),
            duplicate_of: None,
        };
        self.leave(run, item, "quarantined", &after)?;
        Ok(Image {
            before: Standing::of(item),
            after,
            survivor: None,
        })
    }

    /// What it had and its better copy had not goes over to that.
    fn merge(&self, run: CleanupId, item: &Item, survivor: &Item) -> Result<Image, StoreError> {
        let before = Merged::of(survivor);
        self.add_tags(item.user_id, survivor.id, &item.tags)?;
        self.sql.execute(
            "UPDATE item SET saved_at = min(saved_at, ?2) WHERE uuid = ?1",
            (survivor.id.as_bytes(), item.saved_at.as_millis()),
        )?;
        let after = Merged::of(&read_item(self.sql, item.user_id, survivor.id)?);
        if before != after {
            self.log_change(survivor.id, ChangeOp::Upsert)?;
            self.audit(
                item.user_id,
                Actor::Owner,
                "merged",
                survivor.id,
                "",
                &format!("cleanup {run}: took over what {} had", item.id),
            )?;
        }
        let standing = Standing {
            state: ItemState::Duplicate.as_str().to_owned(),
            reason: DuplicateReason::SameContent.as_str().to_owned(),
            message: format!("the same content as {}", survivor.url),
            duplicate_of: Some(survivor.id),
        };
        self.leave(run, item, "duplicate", &standing)?;
        Ok(Image {
            before: Standing::of(item),
            after: standing,
            survivor: (before != after).then_some(MergedImage { before, after }),
        })
    }

    fn leave(
        &self,
        run: CleanupId,
        item: &Item,
        action: &str,
        standing: &Standing,
    ) -> Result<(), StoreError> {
        self.stand(item.id, standing)?;
        self.log_change(item.id, ChangeOp::Remove)?;
        self.reprocess_duplicates_of(item.id)?;
        let detail = format!("cleanup {run}: {}", standing.message);
        self.audit(
            item.user_id,
            Actor::Owner,
            action,
            item.id,
            &standing.reason,
            &detail,
        )
    }

    pub(super) fn stand(&self, item: ItemId, standing: &Standing) -> Result<(), StoreError> {
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

    pub(super) fn step(
        &self,
        number: i64,
        step: CleanupStep,
        message: &str,
        image: Option<&Image>,
    ) -> Result<(), StoreError> {
        let image = image.map(to_json).transpose()?;
        self.sql
            .prepare_cached(
                "UPDATE cleanup_item SET state = ?2, message = ?3, image = coalesce(?4, image),
                     done_at = CASE WHEN ?4 IS NULL THEN done_at ELSE ?5 END WHERE id = ?1",
            )?
            .execute((number, step.as_str(), message, image, self.now.as_millis()))?;
        Ok(())
    }
}

impl Standing {
    pub(super) fn of(item: &Item) -> Self {
        Self {
            state: item.state.as_str().to_owned(),
            reason: item.reason.clone(),
            message: item.message.clone(),
            duplicate_of: item.duplicate_of,
        }
    }
}

impl Merged {
    pub(super) fn of(item: &Item) -> Self {
        Self {
            tags: item.tags.clone(),
            saved_at: item.saved_at.as_millis(),
        }
    }
}
