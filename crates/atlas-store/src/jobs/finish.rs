//! How a try ends: finished, given up, or to be tried again. Every end names the lease's token.

use atlas_domain::{AttemptEnd, Job, JobId, Lane, Lease, Outcome, OutcomeWord, Timestamp, UserId};
use rusqlite::OptionalExtension;

use crate::error::StoreError;
use crate::library::Library;
use crate::library::audit::Actor;
use crate::sqlite::Column;
use crate::tx::Tx;

/// When a try began and how far it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRecord {
    /// When it began.
    pub started_at: Timestamp,
    /// The last stage it reached, for example `fetch`.
    pub stage: String,
}

/// A job to be tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Postponement {
    /// Not before this.
    pub until: Timestamp,
    /// Whether this try counts. One that met a busy or closed door does not.
    pub counts: bool,
    /// Stable reason code.
    pub reason: String,
    /// The same as a sentence.
    pub message: String,
}

impl AttemptRecord {
    /// A try that began at `started_at` and came as far as `stage`.
    pub fn at(started_at: Timestamp, stage: impl Into<String>) -> Self {
        Self {
            started_at,
            stage: stage.into(),
        }
    }
}

impl Library {
    /// Ends a job that has no item, with its outcome.
    pub async fn finish_job(
        &self,
        lease: &Lease,
        outcome: Outcome,
        attempt: AttemptRecord,
    ) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.write(Lane::Interactive, move |tx| {
            tx.finish_job(&lease, &outcome, &attempt)?;
            if outcome.word() == OutcomeWord::Failed {
                tx.fail_item_of(&lease.job, Actor::Ingest, outcome.reason(), &outcome.message())?;
            }
            Ok(())
        })
        .await
    }

    /// Puts a job back to be tried again.
    pub async fn postpone_job(
        &self,
        lease: &Lease,
        postponement: Postponement,
        attempt: AttemptRecord,
    ) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.write(Lane::Interactive, move |tx| {
            tx.postpone(&lease, &postponement, &attempt)
        })
        .await
    }

    /// Gives a job back untouched, because this process is ending: nobody's try.
    pub async fn release_job(&self, lease: &Lease) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.write(Lane::Interactive, move |tx| {
            tx.sql.execute(
                "UPDATE job SET state = 'ready', lease_until = NULL, lease_owner = NULL, risky_stage = NULL
                 WHERE uuid = ?1 AND lease_token = ?2 AND state = 'leased'",
                (lease.job.id.as_bytes(), lease.token),
            )?;
            Ok(())
        })
        .await
    }
}

impl Tx<'_> {
    /// The job enters a stage in which foreign bytes could end the process.
    pub(crate) fn mark_risky_stage(&self, lease: &Lease, stage: &str) -> Result<(), StoreError> {
        let held = self
            .sql
            .prepare_cached(
                "UPDATE job SET risky_stage = ?3 WHERE uuid = ?1 AND lease_token = ?2 AND state = 'leased'",
            )?
            .execute((lease.job.id.as_bytes(), lease.token, stage))?;
        if held == 1 {
            Ok(())
        } else {
            Err(StoreError::LeaseLost)
        }
    }

    /// Ends the job. Coming this far clears every suspicion.
    pub(crate) fn finish_job(
        &self,
        lease: &Lease,
        outcome: &Outcome,
        attempt: &AttemptRecord,
    ) -> Result<(), StoreError> {
        let failed = outcome.word() == OutcomeWord::Failed;
        let held = self
            .sql
            .prepare_cached(
                "UPDATE job SET state = ?3, outcome = ?4, reason = ?5, message = ?6, attempts = attempts + 1,
                     lease_until = NULL, lease_owner = NULL, risky_stage = NULL, suspect = 0, crashes = 0,
                     updated_at = ?7
                 WHERE uuid = ?1 AND lease_token = ?2 AND state = 'leased'",
            )?
            .execute((
                lease.job.id.as_bytes(),
                lease.token,
                if failed { "dead" } else { "done" },
                outcome.word().as_str(),
                outcome.reason(),
                outcome.message(),
                self.now.as_millis(),
            ))?;
        if held == 0 {
            return Err(StoreError::LeaseLost);
        }
        let end = if failed {
            AttemptEnd::Dead
        } else {
            AttemptEnd::Done
        };
        self.log_attempt(
            lease.job.id,
            attempt,
            end,
            outcome.reason(),
            &outcome.message(),
            None,
        )
    }

    fn postpone(&self, lease: &Lease, to: &Postponement, attempt: &AttemptRecord) -> Result<(), StoreError> {
        let held = self
            .sql
            .prepare_cached(
                "UPDATE job SET state = 'ready', run_at = ?3, outcome = 'deferred', reason = ?4, message = ?5,
                     attempts = attempts + ?6, deferrals = deferrals + 1 - ?6,
                     deferred_since = CASE WHEN ?6 = 1 THEN deferred_since ELSE coalesce(deferred_since, ?7) END,
                     lease_until = NULL, lease_owner = NULL, risky_stage = NULL, suspect = 0, crashes = 0,
                     updated_at = ?7
                 WHERE uuid = ?1 AND lease_token = ?2 AND state = 'leased'",
            )?
            .execute((
                lease.job.id.as_bytes(),
                lease.token,
                to.until.as_millis(),
                &to.reason,
                &to.message,
                i64::from(to.counts),
                self.now.as_millis(),
            ))?;
        if held == 0 {
            return Err(StoreError::LeaseLost);
        }
        if let Some(item) = lease.job.item_id {
            self.sql.execute(
                "UPDATE item SET reason = ?2, message = ?3, updated_at = ?4 WHERE uuid = ?1 AND state = 'queued'",
                (item.as_bytes(), &to.reason, &to.message, self.now.as_millis()),
            )?;
        }
        let end = if to.counts {
            AttemptEnd::Retry
        } else {
            AttemptEnd::Deferred
        };
        self.log_attempt(
            lease.job.id,
            attempt,
            end,
            &to.reason,
            &to.message,
            Some(to.until),
        )
    }

    pub(crate) fn log_attempt(
        &self,
        job: JobId,
        attempt: &AttemptRecord,
        end: AttemptEnd,
        reason: &str,
        message: &str,
        next_try_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "INSERT INTO attempt (job_id, started_at, duration_ms, stage, ended, reason, message, next_try_at)
                 VALUES ((SELECT id FROM job WHERE uuid = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute((
                job.as_bytes(),
                attempt.started_at.as_millis(),
                self.now.since(attempt.started_at).as_millis() as i64,
                &attempt.stage,
                end.as_str(),
                reason,
                message,
                next_try_at.map(Timestamp::as_millis),
            ))?;
        Ok(())
    }

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
        let Some(item) = job.item_id else { return Ok(()) };
        let owner = self
            .sql
            .prepare_cached(
                "UPDATE item SET state = 'queued', reason = '', message = '', updated_at = ?2
                 WHERE uuid = ?1 AND state = 'failed' RETURNING user_id",
            )?
            .query_row((item.as_bytes(), self.now.as_millis()), |row| {
                UserId::read(row, "user_id")
            })
            .optional()?;
        match owner {
            Some(user) => self.audit(user, Actor::Owner, "retried", item, &job.reason, &job.message),
            None => Ok(()),
        }
    }
}
