//! Lists of jobs, a page at a time. A job that cannot be read is named, and costs the page none of the others.

use atlas_domain::{Job, JobId, JobKind, JobState, UserId};
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};

use super::owner::shares_seen_to_by;
use super::read::{JOB_COLUMNS, job_from_row};
use crate::error::StoreError;
use crate::library::Library;
use crate::sqlite::{Column, StoredText};

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
    /// Jobs of the page that cannot be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<UnreadableJob>,
    /// Jobs that match in all, those included that cannot be read.
    pub total: u64,
    /// Where the next page begins; none when this is the last.
    pub next: Option<String>,
}

/// A job whose row is damaged, or of a kind that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadableJob {
    /// Its name, unless that is damaged too.
    pub id: Option<JobId>,
    /// Its kind, as the row has it.
    pub kind: String,
    /// Where it stands, as the row has it.
    pub state: String,
    /// What is wrong with it, as a sentence.
    pub problem: String,
}

/// The time of a job's last change and its row: its place in a list.
type Place = (i64, i64);

/// A job of a list, or what is left of one that cannot be read.
pub(super) type Listed = Result<Job, UnreadableJob>;

/// Jobs of one share that lie together in the index, in the order of a list.
struct Shelf {
    share: Option<i64>,
    state: StoredText,
    kind: StoredText,
}

impl Library {
    /// A page of jobs, the most recently changed first.
    pub async fn list_jobs(&self, user: UserId, filter: JobFilter) -> Result<JobPage, StoreError> {
        let before = match &filter.after {
            None => (i64::MAX, i64::MAX),
            Some(text) => place_of(text).ok_or_else(|| StoreError::BadCursor(text.clone()))?,
        };
        self.db.read(move |sql| list(sql, user, &filter, before)).await
    }
}

/// The newest of each state and kind are read in the order of one index, then put in order together: a list of
/// all jobs costs no more than one of few.
fn list(sql: &Connection, user: UserId, filter: &JobFilter, before: Place) -> Result<JobPage, StoreError> {
    let limit = if filter.limit == 0 { 50 } else { filter.limit } as usize;
    let one_more = limit as i64 + 1; // tells whether there is a next page
    let mut statement = sql.prepare_cached(&format!(
        "SELECT id, {JOB_COLUMNS} FROM job
         WHERE user_id IS ?1 AND state = ?2 AND kind = ?3 AND (updated_at, id) < (?4, ?5)
         ORDER BY updated_at DESC, id DESC LIMIT ?6"
    ))?;
    let mut count =
        sql.prepare_cached("SELECT count(*) FROM job WHERE user_id IS ?1 AND state = ?2 AND kind = ?3")?;
    let (mut found, mut total): (Vec<(Place, Listed)>, u64) = (Vec::new(), 0);
    for Shelf { share, state, kind } in shelves(sql, user, filter)? {
        total += count.query_row((share, &state, &kind), |row| row.get::<_, u64>(0))?;
        let mut rows = statement.query((share, &state, &kind, before.0, before.1, one_more))?;
        while let Some(row) = rows.next()? {
            let place: Place = (row.get("updated_at")?, row.get("id")?);
            found.push((place, job_if_readable(row)?));
        }
    }
    found.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
    let has_more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| has_more);
    let mut page = JobPage {
        jobs: Vec::new(),
        unreadable: Vec::new(),
        total,
        next: last.map(|((updated_at, row), _)| format!("{updated_at}-{row}")),
    };
    for (_, job) in found {
        match job {
            Ok(job) => page.jobs.push(job),
            Err(unreadable) => page.unreadable.push(unreadable),
        }
    }
    Ok(page)
}

/// The states and kinds that there are, whether this version knows them or not: one step in the index for each.
fn shelves(sql: &Connection, user: UserId, filter: &JobFilter) -> Result<Vec<Shelf>, StoreError> {
    let mut following = sql.prepare_cached(
        "SELECT state, kind FROM job WHERE user_id IS ?1 AND (state, kind) > (?2, ?3)
         ORDER BY state, kind LIMIT 1",
    )?;
    let mut found = Vec::new();
    for share in shares_seen_to_by(user) {
        let (mut state, mut kind) = (StoredText::default(), StoredText::default());
        loop {
            let mut rows = following.query((share, &state, &kind))?;
            let Some(row) = rows.next()? else { break };
            (state, kind) = (row.get("state")?, row.get("kind")?);
            if filter.state.is_none_or(|wanted| state.is(wanted.as_str()))
                && filter.kind.is_none_or(|wanted| kind.is(wanted.as_str()))
            {
                found.push(Shelf {
                    share,
                    state: state.clone(),
                    kind: kind.clone(),
                });
            }
        }
    }
    Ok(found)
}

/// One that cannot be read becomes a dead letter as soon as its turn comes; a list changes nothing.
pub(super) fn job_if_readable(row: &Row<'_>) -> Result<Listed, StoreError> {
    let error = match job_from_row(row) {
        Ok(job) => return Ok(Ok(job)),
        Err(error) => error,
    };
    let problem = StoreError::from(error).of_one_row()?;
    Ok(Err(UnreadableJob {
        id: JobId::read(row, "uuid").ok(),
        kind: row.get::<_, StoredText>("kind")?.to_string(),
        state: row.get::<_, StoredText>("state")?.to_string(),
        problem,
    }))
}

/// The place that a cursor names.
fn place_of(cursor: &str) -> Option<Place> {
    let (updated_at, row) = cursor.split_once('-')?;
    Some((updated_at.parse().ok()?, row.parse().ok()?))
}
