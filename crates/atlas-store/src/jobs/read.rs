//! Looking at one job, and at the tries of jobs.

use atlas_domain::{Attempt, ItemId, Job, JobId, OutcomeWord, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::owner::jobs_seen_to_by;
use crate::error::StoreError;
use crate::library::Library;
use crate::sqlite::{Column, json_column, parse_column};

/// The columns that [`job_from_row`] reads.
pub(crate) const JOB_COLUMNS: &str = "job.uuid, job.kind, job.state, job.payload, job.item_uuid, job.priority,
    job.run_at, job.attempts, job.max_attempts, job.deferrals, job.deferred_since, job.unique_key, job.group_key,
    job.risky_stage, job.outcome, job.reason, job.message, job.created_at, job.updated_at";

impl Library {
    /// One job.
    pub async fn job(&self, user: UserId, job: JobId) -> Result<Job, StoreError> {
        self.db.read(move |sql| read_job(sql, user, job)).await
    }

    /// Every recorded try of a job, the oldest first.
    pub async fn attempts_of_job(&self, user: UserId, job: JobId) -> Result<Vec<Attempt>, StoreError> {
        self.db
            .read(move |sql| {
                let row = job_row(sql, user, job)?;
                let mut statement =
                    sql.prepare_cached("SELECT attempt.* FROM attempt WHERE job_id = ?1 ORDER BY id")?;
                let rows = statement.query_map([row], attempt_from_row)?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// Before which moment nothing is done about an item that waits, whoever put it off; none when nothing is waited
    /// for.
    pub async fn not_before_of_item(
        &self,
        user: UserId,
        item: ItemId,
    ) -> Result<Option<Timestamp>, StoreError> {
        let now = self.clock.now().as_millis();
        self.db
            .read(move |sql| {
                let first: Option<i64> = sql
                    .prepare_cached(
                        "SELECT min(run_at) FROM job INDEXED BY job_by_item
                         WHERE user_id = ?1 AND item_uuid = ?2 AND state = 'ready'",
                    )?
                    .query_row((user.0, item.as_bytes()), |row| row.get(0))?;
                Ok(first.filter(|first| *first > now).map(Timestamp::from_millis))
            })
            .await
    }

    /// Every recorded try of an item's jobs, the oldest first.
    pub async fn attempts_of_item(&self, user: UserId, item: ItemId) -> Result<Vec<Attempt>, StoreError> {
        self.db
            .read(move |sql| {
                let mut statement = sql.prepare_cached(
                    "SELECT attempt.* FROM attempt
                     WHERE job_id IN (SELECT id FROM job INDEXED BY job_by_item WHERE user_id = ?1 AND item_uuid = ?2)
                     ORDER BY id",
                )?;
                let rows = statement.query_map((user.0, item.as_bytes()), attempt_from_row)?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }
}

pub(crate) fn read_job(sql: &Connection, user: UserId, job: JobId) -> Result<Job, StoreError> {
    let seen_to = jobs_seen_to_by(user);
    sql.prepare_cached(&format!(
        "SELECT {JOB_COLUMNS} FROM job WHERE {seen_to} AND uuid = ?2"
    ))?
    .query_row((user.0, job.as_bytes()), job_from_row)
    .optional()?
    .ok_or_else(|| StoreError::not_found("job", job))
}

pub(super) fn job_row(sql: &Connection, user: UserId, job: JobId) -> Result<i64, StoreError> {
    let seen_to = jobs_seen_to_by(user);
    sql.prepare_cached(&format!("SELECT id FROM job WHERE {seen_to} AND uuid = ?2"))?
        .query_row((user.0, job.as_bytes()), |row| row.get(0))
        .optional()?
        .ok_or_else(|| StoreError::not_found("job", job))
}

pub(crate) fn job_from_row(row: &Row<'_>) -> rusqlite::Result<Job> {
    let outcome: Option<String> = row.get("outcome")?;
    Ok(Job {
        id: JobId::read(row, "uuid")?,
        kind: parse_column(row, "kind")?,
        state: parse_column(row, "state")?,
        payload: row.get("payload")?,
        item_id: Option::<ItemId>::read(row, "item_uuid")?,
        priority: row.get("priority")?,
        run_at: Timestamp::read(row, "run_at")?,
        attempts: row.get("attempts")?,
        max_attempts: row.get("max_attempts")?,
        deferrals: row.get("deferrals")?,
        deferred_since: Option::<Timestamp>::read(row, "deferred_since")?,
        unique_key: row.get("unique_key")?,
        group_key: row.get("group_key")?,
        risky_stage: row.get("risky_stage")?,
        outcome: outcome
            .map(|_| parse_column::<OutcomeWord>(row, "outcome"))
            .transpose()?,
        reason: row.get("reason")?,
        message: row.get("message")?,
        created_at: Timestamp::read(row, "created_at")?,
        updated_at: Timestamp::read(row, "updated_at")?,
    })
}

fn attempt_from_row(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    Ok(Attempt {
        started_at: Timestamp::read(row, "started_at")?,
        duration_ms: row.get::<_, i64>("duration_ms")? as u64,
        stage: row.get("stage")?,
        end: parse_column(row, "ended")?,
        reason: row.get("reason")?,
        message: row.get("message")?,
        next_try_at: Option::<Timestamp>::read(row, "next_try_at")?,
        steps: json_column(row, "steps")?,
    })
}
