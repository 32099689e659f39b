//! What a person has in the library, counted for `atlas status` and `/metrics`.

use std::str::FromStr;

use atlas_domain::{ItemState, JobState, Timestamp, UserId};
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};

use super::Library;
use crate::error::StoreError;
use crate::jobs::{jobs_seen_to_by, shares_seen_to_by};
use crate::sqlite::parse_column;

/// What is in the library and what is left to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Items outside the trash by state; states without items are there with 0.
    pub items: Vec<(ItemState, u64)>,
    /// Items outside the trash in states that this version does not know.
    pub unreadable_items: u64,
    /// Items in the trash.
    pub trashed: u64,
    /// Jobs by state; states without jobs are there with 0.
    pub jobs: Vec<(JobState, u64)>,
    /// Jobs in states that this version does not know.
    pub unreadable_jobs: u64,
    /// How long the oldest job that could run now has been waiting.
    pub oldest_ready_ms: u64,
    /// Jobs that wait for a later try.
    pub waiting_later: u64,
    /// When the first of them is due.
    pub next_try_at: Option<Timestamp>,
    /// Versions of content.
    pub documents: u64,
}

impl Library {
    /// Counts what a person has, as of one moment.
    pub async fn counts(&self, user: UserId) -> Result<Counts, StoreError> {
        let now = self.clock.now();
        self.db
            .read(move |sql| {
                let mut counts = Counts {
                    items: ItemState::ALL.iter().map(|state| (*state, 0)).collect(),
                    jobs: JobState::ALL.iter().map(|state| (*state, 0)).collect(),
                    ..Counts::default()
                };
                count_items(sql, user, &mut counts)?;
                count_jobs(sql, user, now, &mut counts)?;
                Ok(counts)
            })
            .await
    }
}

fn count_items(sql: &Connection, user: UserId, counts: &mut Counts) -> Result<(), StoreError> {
    let mut statement = sql.prepare_cached(
        "SELECT state, count(*) AS n FROM item WHERE user_id = ?1 AND trashed_at IS NULL GROUP BY state",
    )?;
    let mut rows = statement.query([user.0])?;
    while let Some(row) = rows.next()? {
        count(row, &mut counts.items, &mut counts.unreadable_items)?;
    }
    counts.trashed = sql
        .prepare_cached(
            "SELECT count(*) FROM item INDEXED BY item_in_trash WHERE user_id = ?1 AND trashed_at IS NOT NULL",
        )?
        .query_row([user.0], |row| row.get(0))?;
    // All but those of others: to look for the documents of a hundred thousand items takes a thousand times as long as
    // to count an index, and mostly there are no others.
    counts.documents = sql
        .prepare_cached(
            "SELECT (SELECT count(*) FROM document)
                 - (SELECT count(*) FROM item CROSS JOIN document ON document.item_id = item.id
                    WHERE item.user_id < ?1 OR item.user_id > ?1)",
        )?
        .query_row([user.0], |row| row.get(0))?;
    Ok(())
}

fn count_jobs(sql: &Connection, user: UserId, now: Timestamp, counts: &mut Counts) -> Result<(), StoreError> {
    let mut statement =
        sql.prepare_cached("SELECT state, count(*) AS n FROM job WHERE user_id IS ?1 GROUP BY state")?;
    for share in shares_seen_to_by(user) {
        let mut rows = statement.query([share])?;
        while let Some(row) = rows.next()? {
            count(row, &mut counts.jobs, &mut counts.unreadable_jobs)?;
        }
    }
    let seen_to = jobs_seen_to_by(user);
    let oldest: Option<i64> = sql
        .prepare_cached(&format!(
            "SELECT min(run_at) FROM job INDEXED BY job_due WHERE {seen_to} AND state = 'ready' AND run_at <= ?2"
        ))?
        .query_row((user.0, now.as_millis()), |row| row.get(0))?;
    counts.oldest_ready_ms = oldest.map_or(0, |run_at| {
        now.since(Timestamp::from_millis(run_at)).as_millis() as u64
    });
    let (later, next): (u64, Option<i64>) = sql
        .prepare_cached(&format!(
            "SELECT count(*), min(run_at) FROM job INDEXED BY job_due
             WHERE {seen_to} AND state = 'ready' AND run_at > ?2"
        ))?
        .query_row((user.0, now.as_millis()), |row| Ok((row.get(0)?, row.get(1)?)))?;
    counts.waiting_later = later;
    counts.next_try_at = next.map(Timestamp::from_millis);
    Ok(())
}

/// One damaged state costs its row its place among the others, and no other row anything.
fn count<K>(row: &Row<'_>, known: &mut [(K, u64)], unreadable: &mut u64) -> Result<(), StoreError>
where
    K: FromStr<Err: std::error::Error + Send + Sync + 'static> + PartialEq,
{
    let count: u64 = row.get("n")?;
    match parse_column::<K>(row, "state") {
        Ok(state) => {
            if let Some(entry) = known.iter_mut().find(|(known, _)| *known == state) {
                entry.1 += count;
            }
        }
        Err(error) => {
            StoreError::from(error).of_one_row()?;
            *unreadable += count;
        }
    }
    Ok(())
}
