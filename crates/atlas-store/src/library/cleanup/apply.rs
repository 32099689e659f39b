//! Carrying a plan out, a few items to a transaction. Each is looked at again first: whoever changed it meanwhile wins.

use atlas_domain::{
    ChangeOp, CleanupId, CleanupState, CleanupStep, Criteria, Criterion, DuplicateReason, Item, ItemId,
    NewJob, Outcome, SnapshotId, UserId, Verdict,
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
        /// [`Outcome::Quarantined`].
        outcome: Outcome,
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
                "SELECT item_uuid, survivor_uuid, criteria, stamp FROM cleanup_item WHERE id = ?1 AND state = 'planned'
                 AND cleanup_id = (SELECT id FROM cleanup WHERE uuid = ?2)",
            )?
            .query_row((cleaned.number, run.as_bytes()), |row| {
                Ok((
                    ItemId::read(row, "item_uuid")?,
                    Option::<ItemId>::read(row, "survivor_uuid")?,
                    Criteria::from_bits(row.get("criteria")?),
                    row.get::<_, [u8; 32]>("stamp")?,
                ))
            })
            .optional()?;
        let Some((id, survivor, criteria, stamp)) = planned else {
            return Ok(()); // done already, by the try before this one
        };
        let skip = |why: &str| self.step(cleaned.number, CleanupStep::Skipped, why, None);
        let image = match (&cleaned.action, self.changed_since(id, stamp)?) {
            (CleanAction::Skip(why), _) => return skip(why),
            (_, Some(why)) => return skip(why),
            (CleanAction::Quarantine { verdict, outcome }, None) => {
                self.quarantine(run, &read_item(self.sql, user, id)?, verdict, outcome)?
            }
            (CleanAction::Merge, None) => {
                let Some(survivor) = survivor else {
                    return skip("its better copy is gone");
                };
                if stamp_now(self.sql, survivor)?.is_none() {
                    return skip("its better copy has no content any more");
                }
                let same = if criteria.contains(Criterion::ExactDuplicate) {
                    DuplicateReason::SameContent
                } else {
                    DuplicateReason::SameUrl
                };
                let (item, survivor) = (
                    read_item(self.sql, user, id)?,
                    read_item(self.sql, user, survivor)?,
                );
                self.merge(run, &item, &survivor, same)?
            }
        };
        self.step(cleaned.number, CleanupStep::Done, "", Some(&image))
    }

    /// Why an item is not any more what was judged.
    fn changed_since(&self, item: ItemId, stamp: [u8; 32]) -> Result<Option<&'static str>, StoreError> {
        Ok(match stamp_now(self.sql, item)? {
            None => Some("it has no content any more"),
            Some(now) if now != stamp => Some("it has changed since it was judged"),
            Some(_) => None,
        })
    }

    /// It leaves the index and the list, and stays whole.
    fn quarantine(
        &self,
        run: CleanupId,
        item: &Item,
        verdict: &Verdict,
        outcome: &Outcome,
    ) -> Result<Image, StoreError> {
        let snapshot = self
            .sql
            .prepare_cached(
                "SELECT snapshot.uuid FROM item JOIN document ON document.id = item.document_id
                 JOIN snapshot ON snapshot.id = document.snapshot_id WHERE item.uuid = ?1",
            )?
            .query_row([item.id.as_bytes()], |row| SnapshotId::read(row, "uuid"))?;
        self.insert_judgement(item.id, snapshot, verdict)?;
        self.leave(run, item, outcome, None)
    }

    /// What it had and its better copy had not goes over to that.
    fn merge(
        &self,
        run: CleanupId,
        item: &Item,
        survivor: &Item,
        reason: DuplicateReason,
    ) -> Result<Image, StoreError> {
        let before = Merged::of(survivor);
        self.add_tags(item.user_id, survivor.id, &item.tags)?;
        self.sql.execute(
            "UPDATE item SET saved_at = min(saved_at, ?2) WHERE uuid = ?1",
            (survivor.id.as_bytes(), item.saved_at.as_millis()),
        )?;
        let after = Merged::of(&read_item(self.sql, item.user_id, survivor.id)?);
        if before != after {
            self.log_change(survivor.id, ChangeOp::Upsert)?;
            let detail = format!("cleanup {run}: took over what {} had", item.id);
            self.audit(item.user_id, Actor::Owner, "merged", survivor.id, "", &detail)?;
        }
        let outcome = Outcome::Duplicate {
            of: survivor.id,
            reason,
        };
        let merged = (before != after).then_some(MergedImage { before, after });
        self.leave(run, item, &outcome, merged)
    }

    fn leave(
        &self,
        run: CleanupId,
        item: &Item,
        outcome: &Outcome,
        survivor: Option<MergedImage>,
    ) -> Result<Image, StoreError> {
        self.set_state(item, outcome)?;
        self.log_change(item.id, ChangeOp::Remove)?;
        self.reprocess_duplicates_of(item.id)?;
        self.audit(
            item.user_id,
            Actor::Owner,
            outcome.word().as_str(),
            item.id,
            outcome.reason(),
            &format!("cleanup {run}: {}", outcome.message()),
        )?;
        Ok(Image {
            before: Standing::of(item),
            after: Standing::of(&read_item(self.sql, item.user_id, item.id)?),
            survivor,
        })
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
