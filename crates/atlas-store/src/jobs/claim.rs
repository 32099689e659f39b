//! Claiming jobs and holding on to them: leases with fencing tokens.

use std::time::Duration;

use atlas_domain::{Job, JobId, Lane, Lease, Timestamp};
use rusqlite::OptionalExtension;

use super::finish::AttemptRecord;
use super::read::{JOB_COLUMNS, job_from_row};
use crate::error::StoreError;
use crate::library::Library;
use crate::library::audit::Actor;
use crate::sqlite::Column;
use crate::tx::Tx;

/// Leases that one group (a remote host) may hold at once.
const LEASES_PER_GROUP: u32 = 2;

impl Library {
    /// Claims up to `limit` jobs that are due, by priority and then by age.
    ///
    /// A suspect (a job in whose risky stage the process has ended) runs alone: it is claimed only when
    /// nothing else is leased, and while it is leased nothing else is claimed.
    pub async fn claim_jobs(
        &self,
        owner: &str,
        limit: usize,
        lease: Duration,
    ) -> Result<Vec<Lease>, StoreError> {
        let owner = owner.to_owned();
        self.write(Lane::Interactive, move |tx| {
            let (leased, suspect_leased): (i64, bool) = tx.sql.query_row(
                "SELECT count(*), coalesce(max(suspect), 0) FROM job WHERE state = 'leased'",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            if suspect_leased {
                return Ok(Vec::new());
            }
            let until = tx.now.after(lease);
            if leased == 0
                && let Some(suspect) = tx.claim_next(&owner, until, true)?
            {
                return Ok(vec![suspect]);
            }
            let mut claimed = Vec::new();
            while claimed.len() < limit {
                let Some(next) = tx.claim_next(&owner, until, false)? else {
                    break;
                };
                claimed.push(next);
            }
            #[cfg(feature = "failpoints")]
            if !claimed.is_empty() {
                fail::fail_point!("lease::in_transaction", |_| std::process::abort());
            }
            Ok(claimed)
        })
        .await
    }

    /// Extends leases. Returns those that are lost: their work must be discarded.
    pub async fn heartbeat(
        &self,
        leases: Vec<(JobId, i64)>,
        lease: Duration,
    ) -> Result<Vec<JobId>, StoreError> {
        self.write(Lane::Interactive, move |tx| {
            let until = tx.now.after(lease).as_millis();
            let mut lost = Vec::new();
            for (job, token) in &leases {
                let held = tx
                    .sql
                    .prepare_cached(
                        "UPDATE job SET lease_until = ?3 WHERE uuid = ?1 AND lease_token = ?2 AND state = 'leased'",
                    )?
                    .execute((job.as_bytes(), token, until))?;
                if held == 0 {
                    lost.push(*job);
                }
            }
            Ok(lost)
        })
        .await
    }

    /// When the next job is due, so that the worker need not look before.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.db
            .read(|sql| {
                let due: Option<i64> = sql.query_row(
                    "SELECT min(run_at) FROM job INDEXED BY job_ready WHERE state = 'ready'",
                    [],
                    |row| row.get(0),
                )?;
                Ok(due.map(Timestamp::from_millis))
            })
            .await
    }

    /// Whether a job is running, or could run now.
    pub async fn has_due_jobs(&self) -> Result<bool, StoreError> {
        let now = self.clock.now().as_millis();
        self.db
            .read(move |sql| {
                Ok(sql.query_row(
                    "SELECT EXISTS (SELECT 1 FROM job WHERE state = 'leased')
                         OR EXISTS (SELECT 1 FROM job WHERE state = 'ready' AND run_at <= ?1)",
                    [now],
                    |row| row.get(0),
                )?)
            })
            .await
    }

    /// Takes back leases that ran out while this process lived: the try counts, because the job is to blame.
    pub async fn expire_leases(&self) -> Result<u64, StoreError> {
        self.write(Lane::Interactive, move |tx| {
            let expired = tx.leases_before(tx.now)?;
            for lease in &expired {
                tx.expire(lease)?;
            }
            Ok(expired.len() as u64)
        })
        .await
    }
}

impl Tx<'_> {
    fn claim_next(&self, owner: &str, until: Timestamp, suspect: bool) -> Result<Option<Lease>, StoreError> {
        let mut next = self.sql.prepare_cached(
            // The index gives the order; by another one all that are ready would be sorted for each claim.
            "SELECT id FROM job INDEXED BY job_ready WHERE state = 'ready' AND run_at <= ?1 AND suspect = ?2
             AND (group_key IS NULL OR group_key NOT IN
                 (SELECT group_key FROM job WHERE state = 'leased' AND group_key IS NOT NULL
                  GROUP BY group_key HAVING count(*) >= ?3))
             ORDER BY priority, run_at, id LIMIT 1",
        )?;
        let row: Option<i64> = next
            .query_row((self.now.as_millis(), suspect, LEASES_PER_GROUP), |row| {
                row.get(0)
            })
            .optional()?;
        let Some(row) = row else { return Ok(None) };
        self.sql
            .prepare_cached(
                "UPDATE job SET state = 'leased', lease_until = ?2, lease_owner = ?3, lease_token = lease_token + 1,
                     updated_at = ?4 WHERE id = ?1",
            )?
            .execute((row, until.as_millis(), owner, self.now.as_millis()))?;
        let mut read = self.sql.prepare_cached(&format!(
            "SELECT {JOB_COLUMNS}, lease_token, lease_until, suspect FROM job WHERE id = ?1"
        ))?;
        Ok(Some(read.query_row([row], |row| {
            Ok(Lease {
                job: job_from_row(row)?,
                token: row.get("lease_token")?,
                until: Timestamp::read(row, "lease_until")?,
                suspect: row.get("suspect")?,
            })
        })?))
    }

    fn leases_before(&self, moment: Timestamp) -> Result<Vec<Job>, StoreError> {
        let mut statement = self.sql.prepare_cached(&format!(
            "SELECT {JOB_COLUMNS} FROM job WHERE state = 'leased' AND lease_until < ?1 ORDER BY id"
        ))?;
        Ok(statement
            .query_map([moment.as_millis()], job_from_row)?
            .collect::<Result<_, _>>()?)
    }

    fn expire(&self, job: &Job) -> Result<(), StoreError> {
        let given_up = job.attempts + 1 >= job.max_attempts;
        let message = "it did not end or report within its lease";
        let attempt = AttemptRecord::at(job.updated_at, job.risky_stage.as_deref().unwrap_or("run"));
        self.log_attempt(
            job.id,
            &attempt,
            atlas_domain::AttemptEnd::Expired,
            "lease_expired",
            message,
            None,
        )?;
        self.sql.execute(
            "UPDATE job SET state = CASE WHEN ?2 THEN 'dead' ELSE 'ready' END, attempts = attempts + 1,
                 lease_until = NULL, lease_owner = NULL, risky_stage = NULL, reason = 'lease_expired', message = ?3,
                 outcome = CASE WHEN ?2 THEN 'failed' END, run_at = ?4, updated_at = ?4 WHERE uuid = ?1",
            (job.id.as_bytes(), given_up, message, self.now.as_millis()),
        )?;
        if given_up {
            self.fail_item_of(job, Actor::Recovery, "lease_expired", message)?;
        }
        Ok(())
    }
}
