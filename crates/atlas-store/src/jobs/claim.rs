//! Claiming jobs and holding on to them: leases with fencing tokens.

use std::time::Duration;

use atlas_domain::{Job, JobId, JobKind, Lease, Timestamp};
use rusqlite::{OptionalExtension, named_params};

use super::caused::{JobNote, JobScope, Window};
use super::finish::AttemptRecord;
use super::places::{Places, as_json};
use super::read::{JOB_COLUMNS, job_from_row};
use crate::error::StoreError;
use crate::library::Library;
use crate::library::audit::Actor;
use crate::sqlite::{Column, Lane};
use crate::tx::Tx;

/// Leases that one group (a remote host) may hold at once.
const LEASES_PER_GROUP: u32 = 2;

impl Library {
    /// Claims as many jobs of `scope` that are due as there are `places`, by priority and then by age.
    ///
    /// A suspect (a job in whose risky stage the process has ended) runs alone: it is claimed only when
    /// nothing else is leased, and while it is leased nothing else is claimed.
    pub async fn claim_jobs(
        &self,
        owner: &str,
        scope: JobScope,
        places: impl Into<Places>,
        lease: Duration,
    ) -> Result<Vec<Lease>, StoreError> {
        let places = places.into();
        let limit = places.total();
        let Some(window) = self.caused.window(scope) else {
            return Ok(Vec::new());
        };
        let (owner, considered) = (owner.to_owned(), window.clone());
        let claimed = self.write(Lane::Interactive, move |tx| {
            let (leased, suspect_leased) = tx.leased_now()?;
            if suspect_leased {
                return Ok(Vec::new());
            }
            let until = tx.now.after(lease);
            let resting = as_json(&places.without_room(&[]));
            if leased == 0
                && tx.has_suspects()?
                && let Some(suspect) = tx.claim_next(&owner, &window, resting.as_deref(), until, true)?
            {
                return Ok(vec![suspect]);
            }
            let mut claimed = Vec::new();
            while claimed.len() < limit {
                let full = as_json(&places.without_room(&claimed));
                let Some(next) = tx.claim_next(&owner, &window, full.as_deref(), until, false)? else {
                    break;
                };
                claimed.push(next);
            }
            #[cfg(feature = "failpoints")]
            if !claimed.is_empty() {
                fail::fail_point!("lease::in_transaction", |_| std::process::abort());
            }
            Ok(claimed)
        });
        let claimed = claimed.await?;
        if claimed.len() < limit {
            self.caused.look_behind(&considered);
        }
        Ok(claimed)
    }

    /// Extends leases. Returns those that are lost: their work must be discarded. One whose work has ended meanwhile is
    /// not.
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
                if held == 0 && !tx.has_ended_by_itself(*job, *token)? {
                    lost.push(*job);
                }
            }
            Ok(lost)
        })
        .await
    }

    /// When the next job of `scope` is due that is of none of the kinds `left_out`, so that the worker need not look
    /// before.
    pub async fn next_due(
        &self,
        scope: JobScope,
        left_out: &[JobKind],
    ) -> Result<Option<Timestamp>, StoreError> {
        let Some(window) = self.caused.window(scope) else {
            return Ok(None);
        };
        let left_out = as_json(left_out);
        self.db
            .read(move |sql| {
                let query = window.over(
                    "job_due",
                    "SELECT run_at FROM {JOBS} AND state = 'ready'
                     AND (:left_out IS NULL OR kind NOT IN (SELECT value FROM json_each(:left_out)))
                     ORDER BY run_at LIMIT 1",
                );
                let parameters = named_params! {":rows": window.rows(), ":left_out": left_out};
                let due: Option<i64> = sql
                    .prepare_cached(&query)?
                    .query_row(parameters, |row| row.get(0))
                    .optional()?;
                Ok(due.map(Timestamp::from_millis))
            })
            .await
    }

    /// Now, by the clock that the queue goes by.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether a job of `scope` is running, or one of another kind than those `left_out` could run now.
    pub async fn has_due_jobs(&self, scope: JobScope, left_out: &[JobKind]) -> Result<bool, StoreError> {
        let Some(window) = self.caused.window(scope) else {
            return Ok(false);
        };
        let (now, left_out) = (self.clock.now().as_millis(), as_json(left_out));
        self.db
            .read(move |sql| {
                let query = format!(
                    "SELECT EXISTS (SELECT 1 FROM job INDEXED BY job_leased WHERE state = 'leased'
                         AND (:rows IS NULL OR id IN (SELECT value FROM json_each(:rows))))
                     OR EXISTS ({})",
                    window.over(
                        "job_due",
                        "SELECT 1 FROM {JOBS} AND state = 'ready' AND run_at <= :now
                         AND (:left_out IS NULL OR kind NOT IN (SELECT value FROM json_each(:left_out)))"
                    )
                );
                let parameters = named_params! {":rows": window.rows(), ":now": now, ":left_out": left_out};
                Ok(sql
                    .prepare_cached(&query)?
                    .query_row(parameters, |row| row.get(0))?)
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
    /// How many jobs are leased, and whether a suspect is among them.
    fn leased_now(&self) -> Result<(i64, bool), StoreError> {
        Ok(self.sql.query_row(
            "SELECT count(*), coalesce(max(suspect), 0) FROM job INDEXED BY job_leased WHERE state = 'leased'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?)
    }

    /// Asked first, because to look for one in the order of the queue goes through all that wait.
    fn has_suspects(&self) -> Result<bool, StoreError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT 1 FROM job INDEXED BY job_suspect WHERE state = 'ready' AND suspect = 1 LIMIT 1",
            )?
            .exists([])?)
    }

    fn claim_next(
        &self,
        owner: &str,
        window: &Window,
        left_out: Option<&str>,
        until: Timestamp,
        suspect: bool,
    ) -> Result<Option<Lease>, StoreError> {
        // By this index they come in their order; by another one all that are ready would be sorted for each claim.
        let mut next = self.sql.prepare_cached(&window.over(
            "job_ready",
            "SELECT id FROM {JOBS} AND state = 'ready' AND run_at <= :now AND suspect = :suspect
             AND (:left_out IS NULL OR kind NOT IN (SELECT value FROM json_each(:left_out)))
             AND (group_key IS NULL OR group_key NOT IN
                 (SELECT group_key FROM job INDEXED BY job_leased WHERE state = 'leased' AND group_key IS NOT NULL
                  GROUP BY group_key HAVING count(*) >= :per_group))
             ORDER BY priority, run_at, id LIMIT 1",
        ))?;
        let parameters = named_params! {
            ":rows": window.rows(),
            ":now": self.now.as_millis(),
            ":suspect": suspect,
            ":left_out": left_out,
            ":per_group": LEASES_PER_GROUP,
        };
        while let Some(row) = next.query_row(parameters, |row| row.get(0)).optional()? {
            if let Some(lease) = self.lease(row, owner, until)? {
                return Ok(Some(lease));
            }
        }
        Ok(None)
    }

    /// Leases the job of a row; none when it cannot be read, and is no longer in the queue therefore.
    fn lease(&self, row: i64, owner: &str, until: Timestamp) -> Result<Option<Lease>, StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE job SET state = 'leased', lease_until = ?2, lease_owner = ?3, lease_token = lease_token + 1,
                     updated_at = ?4 WHERE id = ?1",
            )?
            .execute((row, until.as_millis(), owner, self.now.as_millis()))?;
        let leases = self.readable_jobs(
            &format!("SELECT id, {JOB_COLUMNS}, lease_token, lease_until, suspect FROM job WHERE id = ?1"),
            [row],
            |row| {
                Ok(Lease {
                    job: job_from_row(row)?,
                    token: row.get("lease_token")?,
                    until: Timestamp::read(row, "lease_until")?,
                    suspect: row.get("suspect")?,
                })
            },
        )?;
        Ok(leases.into_iter().next())
    }

    /// Whoever held it has said how its try ended, and nobody has had it since.
    fn has_ended_by_itself(&self, job: JobId, token: i64) -> Result<bool, StoreError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT 1 FROM job WHERE uuid = ?1 AND lease_token = ?2 AND state <> 'leased'
                 AND (SELECT ended FROM attempt WHERE job_id = job.id ORDER BY id DESC LIMIT 1)
                     IN ('done', 'retry', 'deferred', 'dead')",
            )?
            .exists((job.as_bytes(), token))?)
    }

    fn leases_before(&self, moment: Timestamp) -> Result<Vec<Job>, StoreError> {
        self.readable_jobs(
            &format!(
                "SELECT id, {JOB_COLUMNS} FROM job INDEXED BY job_leased
                 WHERE state = 'leased' AND lease_until < ?1 ORDER BY id"
            ),
            [moment.as_millis()],
            job_from_row,
        )
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
        let row = self.sql.query_row(
            "UPDATE job SET state = CASE WHEN ?2 THEN 'dead' ELSE 'ready' END, attempts = attempts + 1,
                 lease_until = NULL, lease_owner = NULL, risky_stage = NULL, reason = 'lease_expired', message = ?3,
                 outcome = CASE WHEN ?2 THEN 'failed' END, run_at = ?4, updated_at = ?4 WHERE uuid = ?1 RETURNING id",
            (job.id.as_bytes(), given_up, message, self.now.as_millis()),
            |row| row.get(0),
        )?;
        if given_up {
            self.note(JobNote::Ended(row));
            self.supersede_failures(job)?;
            self.fail_item_of(job, Actor::Recovery, "lease_expired", message)?;
        }
        Ok(()) // otherwise it is due at once, so that whoever caused it goes on waiting for it
    }
}
