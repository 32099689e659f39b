//! Counts for `atlas status` and `/metrics`.

use atlas_domain::{ItemState, JobState, Timestamp};
use serde::{Deserialize, Serialize};

use super::Library;
use crate::error::StoreError;
use crate::sqlite::parse_column;

/// What is in the library and what is left to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Items outside the trash by state; states without items are there with 0.
    pub items: Vec<(ItemState, u64)>,
    /// Items in the trash.
    pub trashed: u64,
    /// Jobs by state; states without jobs are there with 0.
    pub jobs: Vec<(JobState, u64)>,
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
    /// Counts everything, as of one moment.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        let now = self.clock.now();
        self.db
            .read(move |sql| {
                let mut counts = Counts {
                    items: ItemState::ALL.iter().map(|state| (*state, 0)).collect(),
                    jobs: JobState::ALL.iter().map(|state| (*state, 0)).collect(),
                    ..Counts::default()
                };
                let mut statement = sql.prepare_cached(
                    "SELECT state, count(*) AS n FROM item WHERE trashed_at IS NULL GROUP BY state",
                )?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    set(&mut counts.items, &parse_column(row, "state")?, row.get("n")?);
                }
                let mut statement =
                    sql.prepare_cached("SELECT state, count(*) AS n FROM job GROUP BY state")?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    set(&mut counts.jobs, &parse_column(row, "state")?, row.get("n")?);
                }
                counts.trashed = sql.query_row(
                    "SELECT count(*) FROM item WHERE trashed_at IS NOT NULL",
                    [],
                    |row| row.get(0),
                )?;
                counts.documents = sql.query_row("SELECT count(*) FROM document", [], |row| row.get(0))?;
                let oldest: Option<i64> = sql.query_row(
                    "SELECT min(run_at) FROM job INDEXED BY job_due WHERE state = 'ready' AND run_at <= ?1",
                    [now.as_millis()],
                    |row| row.get(0),
                )?;
                let (later, next): (u64, Option<i64>) = sql.query_row(
                    "SELECT count(*), min(run_at) FROM job INDEXED BY job_due WHERE state = 'ready' AND run_at > ?1",
                    [now.as_millis()],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )?;
                counts.waiting_later = later;
                counts.next_try_at = next.map(Timestamp::from_millis);
                counts.oldest_ready_ms = oldest.map_or(0, |run_at| {
                    now.since(Timestamp::from_millis(run_at)).as_millis() as u64
                });
                Ok(counts)
            })
            .await
    }
}

fn set<K: PartialEq>(counts: &mut [(K, u64)], key: &K, count: u64) {
    if let Some(entry) = counts.iter_mut().find(|(known, _)| known == key) {
        entry.1 = count;
    }
}
