//! Looking at jobs and their tries.

use atlas_domain::{Attempt, ItemId, Job, JobId, JobKind, JobState, OutcomeWord, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::error::StoreError;
use crate::library::Library;
use crate::sqlite::{Column, json_column, parse_column};

/// The columns that [`job_from_row`] reads.
pub(crate) const JOB_COLUMNS: &str = "job.uuid, job.kind, job.state, job.payload, job.item_uuid, job.priority,
    job.run_at, job.attempts, job.max_attempts, job.deferrals, job.deferred_since, job.unique_key, job.group_key,
    job.risky_stage, job.outcome, job.reason, job.message, job.created_at, job.updated_at";

/// Which jobs to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Only in this state.
    pub state: Option<JobState>,
    /// Only of this kind.
    pub kind: Option<JobKind>,
    /// At most so many; 0 means 50.
    pub limit: u32,
}

impl Library {
    /// Jobs, the most recently changed first.
    pub async fn list_jobs(&self, filter: JobFilter) -> Result<Vec<Job>, StoreError> {
        self.db.read(move |sql| list(sql, &filter)).await
    }

    /// One job.
    pub async fn job(&self, job: JobId) -> Result<Job, StoreError> {
        self.db.read(move |sql| read_job(sql, job)).await
    }

    /// Every recorded try of a job, the oldest first.
    pub async fn attempts_of_job(&self, job: JobId) -> Result<Vec<Attempt>, StoreError> {
        self.db
            .read(move |sql| {
                attempts(
                    sql,
                    "attempt.job_id = (SELECT id FROM job WHERE uuid = ?1)",
                    *job.as_bytes(),
                )
            })
            .await
    }

    /// Every recorded try of an item's jobs, the oldest first.
    pub async fn attempts_of_item(&self, item: ItemId) -> Result<Vec<Attempt>, StoreError> {
        self.db
            .read(move |sql| {
                attempts(
                    sql,
                    "attempt.job_id IN (SELECT id FROM job WHERE item_uuid = ?1)",
                    *item.as_bytes(),
                )
            })
            .await
    }
}

/// The newest of each state and kind are read in the order of one index, then put in order together: a list of
/// all jobs costs no more than one of few.
fn list(sql: &Connection, filter: &JobFilter) -> Result<Vec<Job>, StoreError> {
    let limit = if filter.limit == 0 { 50 } else { filter.limit };
    let states = filter.state.as_ref().map_or(JobState::ALL, std::slice::from_ref);
    let kinds = filter.kind.as_ref().map_or(JobKind::ALL, std::slice::from_ref);
    let mut statement = sql.prepare_cached(&format!(
        "SELECT id, {JOB_COLUMNS} FROM job WHERE state = ?1 AND kind = ?2
         ORDER BY updated_at DESC, id DESC LIMIT ?3"
    ))?;
    let mut found: Vec<(i64, Job)> = Vec::new();
    for state in states {
        for kind in kinds {
            let rows = statement.query_map((state.as_str(), kind.as_str(), limit), |row| {
                Ok((row.get("id")?, job_from_row(row)?))
            })?;
            for row in rows {
                found.push(row?);
            }
        }
    }
    found.sort_by_key(|(row, job)| std::cmp::Reverse((job.updated_at, *row)));
    found.truncate(limit as usize);
    Ok(found.into_iter().map(|(_, job)| job).collect())
}

pub(crate) fn read_job(sql: &Connection, job: JobId) -> Result<Job, StoreError> {
    sql.prepare_cached(&format!("SELECT {JOB_COLUMNS} FROM job WHERE uuid = ?1"))?
        .query_row([job.as_bytes()], job_from_row)
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

fn attempts(sql: &Connection, condition: &str, id: [u8; 16]) -> Result<Vec<Attempt>, StoreError> {
    let mut statement = sql.prepare_cached(&format!(
        "SELECT attempt.* FROM attempt WHERE {condition} ORDER BY id"
    ))?;
    let rows = statement.query_map([id], |row| {
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
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
