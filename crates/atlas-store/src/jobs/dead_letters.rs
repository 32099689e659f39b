//! Dead letters: what a job that was given up does to its item, and when it need not be looked at any more.
//!
//! There are as many dead letters as there are things that need a look: a later run closes what it makes pointless.

use atlas_domain::{ItemId, Job, JobKind, UserId};
use rusqlite::OptionalExtension;

use crate::error::StoreError;
use crate::library::audit::Actor;
use crate::sqlite::Column;
use crate::tx::Tx;

impl Tx<'_> {
    /// A job that was given up leaves its item failed, unless the item has something better already.
    pub(crate) fn fail_item_of(
        &self,
        job: &Job,
        actor: Actor,
        reason: &str,
        message: &str,
    ) -> Result<(), StoreError> {
        let Some(item) = job.item_id else { return Ok(()) };
        let owner = self
            .sql
            .prepare_cached(
                "UPDATE item SET state = 'failed', reason = ?2, message = ?3, updated_at = ?4
                 WHERE uuid = ?1 AND state = 'queued' RETURNING user_id",
            )?
            .query_row((item.as_bytes(), reason, message, self.now.as_millis()), |row| {
                UserId::read(row, "user_id")
            })
            .optional()?;
        match owner {
            Some(user) => self.audit(user, actor, "failed", item, reason, message),
            None => Ok(()),
        }
    }

    /// The owner sends a job round again: its failed item waits for it.
    pub(crate) fn requeue_item_of(&self, job: &Job) -> Result<(), StoreError> {
        if let Some(item) = job.item_id {
            self.sql.execute(
                "UPDATE item SET state = 'queued', reason = '', message = '', updated_at = ?2
                 WHERE uuid = ?1 AND state = 'failed'",
                (item.as_bytes(), self.now.as_millis()),
            )?;
        }
        Ok(())
    }

    /// `job` went well: whatever failed before it about the same item has been overtaken. So have earlier jobs
    /// of its kind when it is about the whole library.
    pub(crate) fn supersede_everything_before(&self, job: &Job) -> Result<(), StoreError> {
        let kind = if job.item_id.is_some() {
            None
        } else {
            Some(job.kind)
        };
        self.supersede(job, kind)
    }

    /// `job` failed again: it says all that earlier failures of its kind said.
    pub(crate) fn supersede_failures(&self, job: &Job) -> Result<(), StoreError> {
        self.supersede(job, Some(job.kind))
    }

    fn supersede(&self, by: &Job, kind: Option<JobKind>) -> Result<(), StoreError> {
        let set = "SET state = 'cancelled', reason = 'superseded', message = 'a later run took its place',
                 updated_at = ?4";
        let update = match by.item_id {
            // Few jobs belong to an item, but many may be dead.
            Some(_) => format!("UPDATE job INDEXED BY job_by_item {set} WHERE item_uuid = ?1"),
            None => format!("UPDATE job {set} WHERE user_id IS NULL AND item_uuid IS ?1"),
        };
        self.sql
            .prepare_cached(&format!(
                "{update} AND state = 'dead' AND (?2 IS NULL OR kind = ?2) AND uuid <> ?3"
            ))?
            .execute((
                by.item_id.as_ref().map(ItemId::as_bytes),
                kind.map(JobKind::as_str),
                by.id.as_bytes(),
                self.now.as_millis(),
            ))?;
        Ok(())
    }
}
