//! Rows of jobs that cannot be read: one that is damaged, or of a kind that this build does not know, becomes a dead
//! letter, so that it stops nobody but itself, and can be dropped. Nothing else is done with it.

use atlas_domain::{ItemId, JobId, JobState, UserId};
use rusqlite::{OptionalExtension, Params, Row};

use super::caused::JobNote;
use super::decide::{CALLED_OFF, CancelledJob, has_ended};
use super::list::job_if_readable;
use super::owner::jobs_seen_to_by;
use super::read::JOB_COLUMNS;
use crate::error::StoreError;
use crate::library::audit::Actor;
use crate::sqlite::{Column, StoredText};
use crate::tx::Tx;

const REASON: &str = "unreadable";

impl Tx<'_> {
    /// What `read` makes of the rows of jobs that `query` finds, with their `id` among the columns. Those that it
    /// makes nothing of are given up.
    pub(super) fn readable_jobs<T>(
        &self,
        query: &str,
        parameters: impl Params,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let (mut readable, mut unreadable) = (Vec::new(), Vec::new());
        let mut statement = self.sql.prepare_cached(query)?;
        let mut rows = statement.query(parameters)?;
        while let Some(row) = rows.next()? {
            match read(row) {
                Ok(value) => readable.push(value),
                Err(error) => unreadable.push((row.get("id")?, StoreError::from(error).of_one_row()?)),
            }
        }
        for (row, problem) in unreadable {
            self.give_up_unreadable(row, &problem)?;
        }
        Ok(readable)
    }

    /// By the row alone: nothing else in it can be relied on.
    fn give_up_unreadable(&self, row: i64, problem: &str) -> Result<(), StoreError> {
        tracing::error!(row, problem, "a job cannot be read and was given up");
        self.sql
            .prepare_cached(
                "UPDATE job SET state = 'dead', outcome = 'failed', reason = ?2, message = ?3, lease_until = NULL,
                     lease_owner = NULL, risky_stage = NULL, suspect = 0, crashes = 0, updated_at = ?4
                 WHERE id = ?1",
            )?
            .execute((row, REASON, problem, self.now.as_millis()))?;
        self.note(JobNote::Ended(row));
        self.fail_item_of_row(row, Actor::Recovery, REASON, problem)
    }

    /// Drops the job by its name and its owner: nothing else in its row can be relied on.
    pub(super) fn cancel_unreadable(
        &self,
        user: UserId,
        job: JobId,
        problem: &str,
    ) -> Result<CancelledJob, StoreError> {
        let seen_to = jobs_seen_to_by(user);
        let query = format!("SELECT id, {JOB_COLUMNS} FROM job WHERE {seen_to} AND uuid = ?2");
        let mut statement = self.sql.prepare_cached(&query)?;
        let (row, state, kind, item) = statement.query_row((user.0, job.as_bytes()), |row| {
            let (state, kind): (StoredText, StoredText) = (row.get("state")?, row.get("kind")?);
            let item = Option::<ItemId>::read(row, "item_uuid").ok().flatten();
            Ok((row.get("id")?, state, kind, item))
        })?;
        if [JobState::Done, JobState::Cancelled]
            .iter()
            .any(|ended| state.is(ended.as_str()))
        {
            return Err(has_ended(job, &state.to_string()));
        }
        self.close_as_cancelled(job, CALLED_OFF)?;
        self.audit(user, Actor::Owner, "cancelled", item, &kind.to_string(), problem)?;
        self.fail_item_of_row(row, Actor::Owner, "cancelled", CALLED_OFF)?;
        let left = statement.query_row((user.0, job.as_bytes()), |row| Ok(job_if_readable(row)))??;
        // What was damaged may have been no more than what has just been written over.
        Ok(left.map_or_else(CancelledJob::Unreadable, CancelledJob::Whole))
    }

    fn fail_item_of_row(
        &self,
        row: i64,
        actor: Actor,
        reason: &str,
        message: &str,
    ) -> Result<(), StoreError> {
        let failed: Option<(ItemId, UserId)> = self
            .sql
            .prepare_cached(
                "UPDATE item SET state = 'failed', reason = ?2, message = ?3, updated_at = ?4
                 WHERE uuid = (SELECT item_uuid FROM job WHERE id = ?1) AND state = 'queued'
                 RETURNING uuid, user_id",
            )?
            .query_row((row, reason, message, self.now.as_millis()), |row| {
                Ok((ItemId::read(row, "uuid")?, UserId::read(row, "user_id")?))
            })
            .optional()?;
        match failed {
            Some((item, user)) => self.audit(user, actor, "failed", item, reason, message),
            None => Ok(()),
        }
    }
}
