//! What the last days of ingestion came to, for whoever judges whether it does its work. It counts what is written
//! down anyway, from the newest row on, and never goes through a whole table.

use std::time::Duration;

use atlas_domain::{JobKind, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension};

use super::Library;
use crate::error::StoreError;

/// So far back one looks for what is usual.
const DAYS: u32 = 7;
const HOUR_MILLIS: i64 = 3_600_000;
/// The newest so many judgements and tries are looked at: more than an hour of the fastest import, and some tens of
/// milliseconds. In a library that takes in more, its last days are shorter.
const ROWS_AT_MOST: u32 = 20_000;

/// What the gate said in one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HourOfIngest {
    /// When the hour began.
    pub begun_at: Timestamp,
    /// Pages that were taken in, whole or in part.
    pub accepted: u64,
    /// Pages that it took for junk, or suspected of it.
    pub junk: u64,
}

/// What the last days came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IngestHistory {
    /// The hours of the last seven days in which a page was judged, the latest first.
    pub hours: Vec<HourOfIngest>,
    /// When a page was taken in last, within these days.
    pub last_success: Option<Timestamp>,
    /// Tries at pages within the last day that have ended.
    pub tries: u64,
    /// Those of them that ended by a fault, ours or that of the way to the page. An answer that is no page is no fault.
    pub failed: u64,
}

impl Library {
    /// When the oldest item was saved that still waits for its content; none when none waits.
    pub async fn oldest_pending(&self, user: UserId) -> Result<Option<Timestamp>, StoreError> {
        self.db.read(move |sql| oldest_pending(sql, user)).await
    }

    /// Looks back from now.
    pub async fn ingest_history(&self) -> Result<IngestHistory, StoreError> {
        let now = self.clock.now();
        self.db
            .read(move |sql| {
                let mut history = IngestHistory::default();
                add_judgements(sql, now, &mut history)?;
                add_tries(sql, now, &mut history)?;
                Ok(history)
            })
            .await
    }
}

fn add_judgements(sql: &Connection, now: Timestamp, history: &mut IngestHistory) -> Result<(), StoreError> {
    let since = now.before(Duration::from_hours(24) * DAYS);
    let mut statement = sql.prepare_cached(
        "SELECT judged_at / ?1 AS hour,
             sum(decision IN ('accept', 'partial')) AS accepted,
             sum(decision IN ('quarantine', 'reject')) AS junk,
             max(CASE WHEN decision IN ('accept', 'partial') THEN judged_at END) AS last_success
         FROM (SELECT judged_at, decision FROM judgement ORDER BY id DESC LIMIT ?2)
         WHERE judged_at BETWEEN ?3 AND ?4 GROUP BY hour ORDER BY hour DESC",
    )?;
    let mut rows = statement.query((HOUR_MILLIS, ROWS_AT_MOST, since.as_millis(), now.as_millis()))?;
    while let Some(row) = rows.next()? {
        let hour: i64 = row.get("hour")?;
        history.hours.push(HourOfIngest {
            begun_at: Timestamp::from_millis(hour * HOUR_MILLIS),
            accepted: row.get("accepted")?,
            junk: row.get("junk")?,
        });
        let success: Option<i64> = row.get("last_success")?;
        history.last_success = history.last_success.max(success.map(Timestamp::from_millis));
    }
    Ok(())
}

fn add_tries(sql: &Connection, now: Timestamp, history: &mut IngestHistory) -> Result<(), StoreError> {
    let since = now.before(Duration::from_hours(24));
    let mut statement = sql.prepare_cached(
        "SELECT count(*) AS tries, ifnull(sum(ended IN ('retry', 'dead', 'lost', 'expired')), 0) AS failed
         FROM (SELECT job_id, ended FROM attempt WHERE started_at >= ?1 ORDER BY started_at DESC LIMIT ?2) AS latest
         CROSS JOIN job ON job.id = latest.job_id AND job.kind = ?3
         WHERE latest.ended NOT IN ('deferred', 'cancelled')",
    )?;
    let kind = JobKind::IngestItem.as_str();
    (history.tries, history.failed) = statement
        .query_row((since.as_millis(), ROWS_AT_MOST, kind), |row| {
            Ok((row.get("tries")?, row.get("failed")?))
        })?;
    Ok(())
}

/// Those of one state lie in the order in which they were saved.
fn oldest_pending(sql: &Connection, user: UserId) -> Result<Option<Timestamp>, StoreError> {
    let saved_at: Option<i64> = sql
        .prepare_cached(
            "SELECT saved_at FROM item INDEXED BY item_by_user_and_state
             WHERE user_id = ?1 AND state = 'queued' AND trashed_at IS NULL ORDER BY id LIMIT 1",
        )?
        .query_row([user.0], |row| row.get(0))
        .optional()?;
    Ok(saved_at.map(Timestamp::from_millis))
}
