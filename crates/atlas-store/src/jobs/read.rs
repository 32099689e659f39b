//! Looking at jobs and their tries.

use atlas_domain::{Attempt, ItemId, Job, JobId, JobKind, JobState, OutcomeWord, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};

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
    /// Where the previous page ended.
    pub after: Option<String>,
}

/// A page of jobs, the most recently changed first. A job that changes while pages are read moves to the front.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobPage {
    /// The jobs.
    pub jobs: Vec<Job>,
    /// Jobs that match in all, those included that cannot be read and are missing above.
    pub total: u64,
    /// Where the next page begins; none when this is the last.
    pub next: Option<String>,
}

/// The time of a job's last change and its row: its place in a list.
type Place = (i64, i64);

impl Library {
    /// A page of jobs, the most recently changed first.
    pub async fn list_jobs(&self, filter: JobFilter) -> Result<JobPage, StoreError> {
        let before = match &filter.after {
            None => (i64::MAX, i64::MAX),
            Some(text) => place_of(text).ok_or_else(|| StoreError::BadCursor(text.clone()))?,
        };
        self.db.read(move |sql| list(sql, &filter, before)).await
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
fn list(sql: &Connection, filter: &JobFilter, before: Place) -> Result<JobPage, StoreError> {
    let limit = if filter.limit == 0 { 50 } else { filter.limit } as usize;
    let one_more = limit as i64 + 1; // tells whether there is a next page
    let states = filter.state.as_ref().map_or(JobState::ALL, std::slice::from_ref);
    let kinds = filter.kind.as_ref().map_or(JobKind::ALL, std::slice::from_ref);
    let mut statement = sql.prepare_cached(&format!(
        "SELECT id, {JOB_COLUMNS} FROM job WHERE state = ?1 AND kind = ?2 AND (updated_at, id) < (?3, ?4)
         ORDER BY updated_at DESC, id DESC LIMIT ?5"
    ))?;
    let mut count = sql.prepare_cached("SELECT count(*) FROM job WHERE state = ?1 AND kind = ?2")?;
    let (mut found, mut total): (Vec<(Place, Option<Job>)>, u64) = (Vec::new(), 0);
    for state in states {
        for kind in kinds {
            let (state, kind) = (state.as_str(), kind.as_str());
            total += count.query_row((state, kind), |row| row.get::<_, u64>(0))?;
            let mut rows = statement.query((state, kind, before.0, before.1, one_more))?;
            while let Some(row) = rows.next()? {
                let place: Place = (row.get("updated_at")?, row.get("id")?);
                found.push((place, job_if_readable(row, place.1)?));
            }
        }
    }
    found.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
    let has_more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| has_more);
    Ok(JobPage {
        next: last.map(|((updated_at, row), _)| format!("{updated_at}-{row}")),
        total,
        jobs: found.into_iter().filter_map(|(_, job)| job).collect(),
    })
}

/// A list has all others; the damaged one is a dead letter as soon as its turn comes.
fn job_if_readable(row: &Row<'_>, id: i64) -> Result<Option<Job>, StoreError> {
    match job_from_row(row) {
        Ok(job) => Ok(Some(job)),
        Err(error) => {
            let problem = StoreError::from(error).of_one_row()?;
            tracing::warn!(
                row = id,
                problem,
                "a job cannot be read and is left out of the list"
            );
            Ok(None)
        }
    }
}

/// The place that a cursor names.
fn place_of(cursor: &str) -> Option<Place> {
    let (updated_at, row) = cursor.split_once('-')?;
    Some((updated_at.parse().ok()?, row.parse().ok()?))
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
