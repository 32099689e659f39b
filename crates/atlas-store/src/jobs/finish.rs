//! How a try ends: finished, given up, or to be tried again. Every end names the lease's token.

use atlas_domain::{AttemptEnd, JobId, JobState, Lease, Outcome, OutcomeWord, StrategyStep, Timestamp};
use rusqlite::{OptionalExtension, Params};

use super::caused::JobNote;
use crate::error::StoreError;
use crate::library::Library;
use crate::library::audit::Actor;
use crate::sqlite::{Lane, to_json};
use crate::tx::Tx;

/// When a try began, how far it came, and how its page was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRecord {
    /// When it began.
    pub started_at: Timestamp,
    /// The last stage it reached, for example `fetch`.
    pub stage: String,
    /// What each strategy of fetching did; empty when nothing was fetched.
    pub steps: Vec<StrategyStep>,
}

/// What a try that is not the last adds to the account of its job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// A try. Whoever was waited for has been met, so the deferrals before it are over.
    Try,
    /// A deferral: the other side was left alone.
    Deferral,
    /// Nothing: what came between was ours.
    Nothing,
}

/// A job to be tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Postponement {
    /// Not before this.
    pub until: Timestamp,
    /// Whether this try counts. One that met a busy or closed door does not: it is a deferral, and those are counted
    /// by themselves, until a try that counts ends them.
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
            steps: Vec::new(),
        }
    }

    /// The same try, in which the page was fetched in these steps.
    #[must_use]
    pub fn with_steps(mut self, steps: Vec<StrategyStep>) -> Self {
        self.steps = steps;
        self
    }
}

impl Library {
    /// Ends work on the whole library that went well. It has no outcome, which only an item has; `message` says
    /// what it did, for example `3 snapshots let go`.
    pub async fn finish_maintenance(
        &self,
        lease: &Lease,
        message: impl Into<String>,
        attempt: AttemptRecord,
    ) -> Result<(), StoreError> {
        let (lease, message) = (lease.clone(), message.into());
        self.write(Lane::Interactive, move |tx| {
            let ending = Ending {
                state: JobState::Done,
                outcome: None,
                reason: "",
                message: &message,
            };
            tx.end(&lease, &ending, &attempt)
        })
        .await
    }

    /// Ends a job without a commit, with its outcome.
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

    /// Puts a job back that trouble of our own broke off: no try of its, and no deferral, so that a page does not lose
    /// its patience with a host over a full disk of ours.
    pub async fn put_job_back(
        &self,
        lease: &Lease,
        until: Timestamp,
        (reason, message): (String, String),
        attempt: AttemptRecord,
    ) -> Result<(), StoreError> {
        let lease = lease.clone();
        let to = Postponement {
            until,
            counts: false,
            reason,
            message,
        };
        self.write(Lane::Interactive, move |tx| {
            tx.postpone_as(Weight::Nothing, &lease, &to, &attempt)
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

/// How a job ends.
struct Ending<'a> {
    state: JobState,
    outcome: Option<OutcomeWord>,
    reason: &'a str,
    message: &'a str,
}

impl Tx<'_> {
    /// Whoever writes about the job must still hold it.
    pub(crate) fn check_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        let held = self
            .sql
            .prepare_cached("SELECT 1 FROM job WHERE uuid = ?1 AND lease_token = ?2 AND state = 'leased'")?
            .exists((lease.job.id.as_bytes(), lease.token))?;
        if held { Ok(()) } else { Err(StoreError::LeaseLost) }
    }

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

    /// Ends the job with the outcome of its item.
    pub(crate) fn finish_job(
        &self,
        lease: &Lease,
        outcome: &Outcome,
        attempt: &AttemptRecord,
    ) -> Result<(), StoreError> {
        let failed = outcome.word() == OutcomeWord::Failed;
        let ending = Ending {
            state: if failed { JobState::Dead } else { JobState::Done },
            outcome: Some(outcome.word()),
            reason: outcome.reason(),
            message: &outcome.message(),
        };
        self.end(lease, &ending, attempt)
    }

    /// Ends the job. Coming this far clears every suspicion.
    fn end(&self, lease: &Lease, ending: &Ending<'_>, attempt: &AttemptRecord) -> Result<(), StoreError> {
        let Ending {
            state,
            outcome,
            reason,
            message,
        } = *ending;
        self.end_try(
            "UPDATE job SET state = ?3, outcome = ?4, reason = ?5, message = ?6, attempts = attempts + 1,
                 lease_until = NULL, lease_owner = NULL, risky_stage = NULL, suspect = 0, crashes = 0,
                 updated_at = ?7
             WHERE uuid = ?1 AND lease_token = ?2 AND state = 'leased' RETURNING id",
            (
                lease.job.id.as_bytes(),
                lease.token,
                state.as_str(),
                outcome.map(OutcomeWord::as_str),
                reason,
                message,
                self.now.as_millis(),
            ),
        )?;
        let end = if state == JobState::Dead {
            self.supersede_failures(&lease.job)?;
            AttemptEnd::Dead
        } else {
            self.supersede_everything_before(&lease.job)?;
            AttemptEnd::Done
        };
        self.log_attempt(lease.job.id, attempt, end, reason, message, None)
    }

    /// Runs the update that ends a try, unless the lease is lost.
    fn end_try(&self, update: &str, parameters: impl Params) -> Result<(), StoreError> {
        let held = self
            .sql
            .prepare_cached(update)?
            .query_row(parameters, |row| row.get(0))
            .optional()?;
        let row = held.ok_or(StoreError::LeaseLost)?;
        self.note(JobNote::Ended(row));
        Ok(())
    }

    pub(super) fn postpone(
        &self,
        lease: &Lease,
        to: &Postponement,
        attempt: &AttemptRecord,
    ) -> Result<(), StoreError> {
        let weight = if to.counts { Weight::Try } else { Weight::Deferral };
        self.postpone_as(weight, lease, to, attempt)
    }

    fn postpone_as(
        &self,
        weight: Weight,
        lease: &Lease,
        to: &Postponement,
        attempt: &AttemptRecord,
    ) -> Result<(), StoreError> {
        self.end_try(
            "UPDATE job SET state = 'ready', run_at = ?3, outcome = 'deferred', reason = ?4, message = ?5,
                 attempts = attempts + ?6,
                 deferrals = CASE WHEN ?6 = 1 THEN 0 ELSE deferrals + ?8 END,
                 deferred_since = CASE WHEN ?6 = 1 THEN NULL
                     WHEN ?8 = 1 THEN coalesce(deferred_since, ?7) ELSE deferred_since END,
                 lease_until = NULL, lease_owner = NULL, risky_stage = NULL, suspect = 0, crashes = 0,
                 updated_at = ?7
             WHERE uuid = ?1 AND lease_token = ?2 AND state = 'leased' RETURNING id",
            (
                lease.job.id.as_bytes(),
                lease.token,
                to.until.as_millis(),
                &to.reason,
                &to.message,
                i64::from(weight == Weight::Try),
                self.now.as_millis(),
                i64::from(weight == Weight::Deferral),
            ),
        )?;
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
                "INSERT INTO attempt (job_id, started_at, duration_ms, stage, ended, reason, message, next_try_at,
                     steps)
                 VALUES ((SELECT id FROM job WHERE uuid = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
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
                to_json(&attempt.steps)?,
            ))?;
        Ok(())
    }
}
