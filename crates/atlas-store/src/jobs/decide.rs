//! The owner's word on jobs: retry, cancel.

use atlas_domain::{AttemptEnd, Job, JobId, JobState, UserId};
use serde::{Deserialize, Serialize};

use super::caused::JobNote;
use super::finish::AttemptRecord;
use super::list::UnreadableJob;
use super::read::{job_row, read_job};
use crate::error::StoreError;
use crate::library::Library;
use crate::library::audit::Actor;
use crate::sqlite::Lane;
use crate::tx::Tx;

/// Why a job was cancelled when the owner said no more than that.
pub(super) const CALLED_OFF: &str = "the owner called its processing off";

/// A job that was called off, as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CancelledJob {
    /// All of it.
    Whole(Job),
    /// What is left of one that cannot be read.
    Unreadable(UnreadableJob),
}

impl Library {
    /// Sends a dead or cancelled job round again, with all its tries. One that waits is due at once, with the tries
    /// that it has left.
    pub async fn retry_job(&self, user: UserId, job: JobId) -> Result<Job, StoreError> {
        self.write(Lane::Interactive, move |tx| {
            let found = match read_job(tx.sql, user, job) {
                Err(StoreError::Unreadable(problem)) => return Err(cannot_run(job, &problem)),
                found => found?,
            };
            match found.state {
                JobState::Dead | JobState::Cancelled => tx.send_round_again(&found)?,
                JobState::Ready => tx.make_due(job_row(tx.sql, user, job)?)?,
                JobState::Leased => {
                    return Err(StoreError::Conflict(format!(
                        "job {job} is running: wait until this try has ended, or cancel the job first"
                    )));
                }
                JobState::Done => {
                    return Err(StoreError::Conflict(format!(
                        "job {job} is done: it has ended well, and there is nothing to retry"
                    )));
                }
            }
            tx.audit(
                user,
                Actor::Owner,
                "retried",
                found.item_id,
                &found.reason,
                &found.message,
            )?;
            read_job(tx.sql, user, job)
        })
        .await
    }

    /// Calls off a job that waits or runs, or drops a dead one, also when it cannot be read. Whoever runs it has lost
    /// its lease.
    pub async fn cancel_job(&self, user: UserId, job: JobId) -> Result<CancelledJob, StoreError> {
        self.write(Lane::Interactive, move |tx| {
            let found = match read_job(tx.sql, user, job) {
                Err(StoreError::Unreadable(problem)) => return tx.cancel_unreadable(user, job, &problem),
                found => found?,
            };
            if matches!(found.state, JobState::Done | JobState::Cancelled) {
                return Err(has_ended(job, found.state.as_str()));
            }
            tx.cancel(&found, CALLED_OFF)?;
            tx.audit(
                user,
                Actor::Owner,
                "cancelled",
                found.item_id,
                found.kind.as_str(),
                &found.message,
            )?;
            tx.fail_item_of(&found, Actor::Owner, "cancelled", CALLED_OFF)?;
            Ok(CancelledJob::Whole(read_job(tx.sql, user, job)?))
        })
        .await
    }
}

impl Tx<'_> {
    fn send_round_again(&self, ended: &Job) -> Result<(), StoreError> {
        if let Some((_, live)) = self.live_job(ended.unique_key.as_deref())? {
            let job = ended.id;
            return Err(StoreError::Conflict(format!(
                "job {live} is doing the work of job {job} already"
            )));
        }
        let row = self.sql.query_row(
            "UPDATE job SET state = 'ready', run_at = ?2, attempts = 0, deferrals = 0, deferred_since = NULL,
                 suspect = 0, crashes = 0, outcome = NULL, reason = '', message = '', updated_at = ?2
             WHERE uuid = ?1 RETURNING id",
            (ended.id.as_bytes(), self.now.as_millis()),
            |row| row.get(0),
        )?;
        self.note(JobNote::Caused(row));
        self.requeue_item_of(ended)
    }

    /// Cancels a job that has not ended, because of `why`. The token grows, so that a run that is under way commits
    /// nothing more.
    pub(crate) fn cancel(&self, job: &Job, why: &str) -> Result<(), StoreError> {
        if job.state == JobState::Leased {
            let attempt = AttemptRecord::at(job.updated_at, job.risky_stage.as_deref().unwrap_or("run"));
            self.log_attempt(job.id, &attempt, AttemptEnd::Cancelled, "cancelled", why, None)?;
        }
        self.close_as_cancelled(job.id, why)
    }

    /// By the name alone: it need not be known what kind of job it is.
    pub(super) fn close_as_cancelled(&self, job: JobId, why: &str) -> Result<(), StoreError> {
        let row = self.sql.query_row(
            "UPDATE job SET state = 'cancelled', lease_token = lease_token + 1, lease_until = NULL, lease_owner = NULL,
                 risky_stage = NULL, outcome = CASE WHEN state = 'dead' THEN outcome END, reason = 'cancelled',
                 message = ?2, updated_at = ?3
             WHERE uuid = ?1 RETURNING id",
            (job.as_bytes(), why, self.now.as_millis()),
            |row| row.get(0),
        )?;
        self.note(JobNote::Ended(row));
        Ok(())
    }
}

/// Nothing is left to cancel of a job in that state.
pub(super) fn has_ended(job: JobId, state: &str) -> StoreError {
    StoreError::Conflict(format!(
        "job {job} is {state}: it has ended, and there is nothing to cancel"
    ))
}

fn cannot_run(job: JobId, problem: &str) -> StoreError {
    StoreError::Conflict(format!(
        "job {job} cannot be tried again, because it cannot be read ({problem}): `atlas job cancel {job}` drops it, and \
         saving its page again with `atlas add URL` makes up for it"
    ))
}
