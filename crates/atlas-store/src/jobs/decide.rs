//! The owner's word on jobs: retry, cancel.

use atlas_domain::{AttemptEnd, Job, JobId, JobState, UserId};

use super::caused::JobNote;
use super::finish::AttemptRecord;
use super::read::read_job;
use crate::error::StoreError;
use crate::library::Library;
use crate::library::audit::Actor;
use crate::sqlite::Lane;
use crate::tx::Tx;

const CALLED_OFF: &str = "the owner called its processing off";

impl Library {
    /// Sends a dead or cancelled job round again, with all its tries.
    pub async fn retry_job(&self, user: UserId, job: JobId) -> Result<Job, StoreError> {
        self.write(Lane::Interactive, move |tx| {
            let found = read_job(tx.sql, user, job)?;
            if !matches!(found.state, JobState::Dead | JobState::Cancelled) {
                return Err(StoreError::Conflict(format!(
                    "job {job} is {}: only a dead or cancelled one can be retried",
                    found.state
                )));
            }
            if let Some((_, live)) = tx.live_job(found.unique_key.as_deref())? {
                return Err(StoreError::Conflict(format!("job {live} is doing the work of job {job} already")));
            }
            let row = tx.sql.query_row(
                "UPDATE job SET state = 'ready', run_at = ?2, attempts = 0, deferrals = 0, deferred_since = NULL,
                     suspect = 0, crashes = 0, outcome = NULL, reason = '', message = '', updated_at = ?2
                 WHERE uuid = ?1 RETURNING id",
                (job.as_bytes(), tx.now.as_millis()),
                |row| row.get(0),
            )?;
            tx.note(JobNote::Caused(row));
            tx.requeue_item_of(&found)?;
            tx.audit(user, Actor::Owner, "retried", found.item_id, &found.reason, &found.message)?;
            read_job(tx.sql, user, job)
        })
        .await
    }

    /// Calls off a job that waits or runs, or drops a dead one. Whoever runs it has lost its lease.
    pub async fn cancel_job(&self, user: UserId, job: JobId) -> Result<Job, StoreError> {
        self.write(Lane::Interactive, move |tx| {
            let found = read_job(tx.sql, user, job)?;
            if matches!(found.state, JobState::Done | JobState::Cancelled) {
                return Err(StoreError::Conflict(format!(
                    "job {job} is {}: it has ended, and there is nothing to cancel",
                    found.state
                )));
            }
            tx.cancel(&found)?;
            tx.audit(
                user,
                Actor::Owner,
                "cancelled",
                found.item_id,
                found.kind.as_str(),
                &found.message,
            )?;
            tx.fail_item_of(&found, Actor::Owner, "cancelled", CALLED_OFF)?;
            read_job(tx.sql, user, job)
        })
        .await
    }
}

impl Tx<'_> {
    /// Cancels a job that has not ended. The token grows, so that a run that is under way commits nothing more.
    pub(crate) fn cancel(&self, job: &Job) -> Result<(), StoreError> {
        if job.state == JobState::Leased {
            let attempt = AttemptRecord::at(job.updated_at, job.risky_stage.as_deref().unwrap_or("run"));
            self.log_attempt(
                job.id,
                &attempt,
                AttemptEnd::Cancelled,
                "cancelled",
                CALLED_OFF,
                None,
            )?;
        }
        let row = self.sql.query_row(
            "UPDATE job SET state = 'cancelled', lease_token = lease_token + 1, lease_until = NULL, lease_owner = NULL,
                 risky_stage = NULL, outcome = CASE WHEN state = 'dead' THEN outcome END, reason = 'cancelled',
                 message = ?2, updated_at = ?3
             WHERE uuid = ?1 RETURNING id",
            (job.id.as_bytes(), CALLED_OFF, self.now.as_millis()),
            |row| row.get(0),
        )?;
        self.note(JobNote::Ended(row));
        Ok(())
    }
}
