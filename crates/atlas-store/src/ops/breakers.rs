//! The rows of circuit breakers: what a journal writes, and what the next process begins with. Nothing is decided
//! here, but for one thing: a row that cannot be read is never taken for a well service.

mod unreadable;

use std::pin::Pin;

use atlas_domain::Timestamp;
use atlas_resilience::breaker::{OverlayMode, Phase, StoredBreaker};
use atlas_resilience::{Batch, BreakerKey, BreakerStore, Record, StoreFailure};
use rusqlite::{Connection, Row};

use super::Ops;
use crate::data_dir::DataDir;
use crate::error::StoreError;
use crate::sqlite::{Lane, open_read_only};
pub(super) use unreadable::remove_unreadable;
use unreadable::{Unreadable, set_aside};

/// What was kept of the breakers of earlier processes.
#[derive(Debug, Default)]
pub struct StoredBreakers {
    /// Each with its row. One whose row cannot be read is due: its next call is a probe.
    pub rows: Vec<(BreakerKey, StoredBreaker)>,
    /// Those whose rows could not be read, with what was wrong.
    pub unreadable: Vec<(BreakerKey, String)>,
    /// Where the journal of this process goes on.
    pub next_number: u64,
}

impl BreakerStore for Ops {
    fn write(&self, batch: Batch) -> Pin<Box<dyn Future<Output = Result<(), StoreFailure>> + Send + '_>> {
        Box::pin(async move {
            #[cfg(feature = "failpoints")]
            fail::fail_point!("breaker::persist", |_| std::process::abort());
            // Nobody waits for it, so it lets everybody pass.
            let written = self
                .db
                .write(Lane::Bulk, move |sql| {
                    #[cfg(feature = "failpoints")]
                    fail::fail_point!("breaker::in_transaction", |_| std::process::abort());
                    write_batch(sql, &batch)
                })
                .await;
            written.map_err(|error| StoreFailure(error.to_string()))
        })
    }
}

impl Ops {
    /// What a process begins with. Rows that cannot be read are set aside and replaced by ones that are due.
    pub async fn stored_breakers(&self) -> Result<StoredBreakers, StoreError> {
        let found = self.db.read(read_all).await?;
        let now = self.clock.now();
        if !found.unreadable.is_empty()
            && let Err(error) = self
                .db
                .write(Lane::Interactive, move |sql| set_aside(sql, now))
                .await
        {
            tracing::error!(%error, "rows of circuit breakers that cannot be read stay where they are");
        }
        for row in &found.unreadable {
            tracing::error!(breaker = %row.key, problem = row.problem, "a circuit breaker cannot be read: it begins with a probe");
        }
        Ok(found.with_the_rest_due(now))
    }
}

impl StoredBreakers {
    /// The same for a process that only looks, beside whoever writes: nothing is set aside. Blocks.
    pub fn look(dir: &DataDir, now: Timestamp) -> Result<Self, StoreError> {
        let path = dir.ops_db();
        if !path.exists() {
            return Ok(Self::default());
        }
        Ok(read_all(&open_read_only(&path)?)?.with_the_rest_due(now))
    }
}

#[derive(Default)]
struct Found {
    rows: Vec<(BreakerKey, StoredBreaker)>,
    unreadable: Vec<Unreadable>,
    next_number: u64,
}

impl Found {
    /// One that cannot be read is due, as long as somebody could ask for it.
    fn with_the_rest_due(self, now: Timestamp) -> StoredBreakers {
        let mut stored = StoredBreakers {
            rows: self.rows,
            next_number: self.next_number,
            ..Default::default()
        };
        for row in self.unreadable {
            if row.is_named {
                stored.rows.push((row.key.clone(), row.due(now)));
            }
            stored.unreadable.push((row.key, row.problem));
        }
        stored
    }
}

fn read_all(sql: &Connection) -> Result<Found, StoreError> {
    let mut found = Found {
        next_number: 1,
        ..Found::default()
    };
    let mut statement = sql.prepare_cached("SELECT * FROM breaker")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        match read(row) {
            Ok((key, breaker, number)) => {
                found.next_number = found.next_number.max(number.saturating_add(1));
                found.rows.push((key, breaker));
            }
            Err(StoreError::Unreadable(problem)) => found.unreadable.push(Unreadable::of(row, problem)?),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

fn read(row: &Row<'_>) -> Result<(BreakerKey, StoredBreaker, u64), StoreError> {
    let text = |name| row.get::<_, String>(name);
    let key = BreakerKey {
        service: text("service")?.into(),
        scope: text("scope")?.into(),
    };
    let breaker = StoredBreaker {
        phase: known(&text("state")?, phase)?,
        since: row.get("since")?,
        // A file that an older version has kept, and that is only looked at, goes without.
        open_since: row.get("open_since").unwrap_or_default(),
        open_for_ms: row.get("open_for_ms")?,
        not_before: row.get("not_before")?,
        trips: row.get("trips")?,
        succeeded: 0,
        generation: row.get("generation")?,
        overlay: known(&text("overlay")?, OverlayMode::parse)?,
        overlay_since: row.get("overlay_since")?,
        overlay_for_ms: row.get("overlay_for_ms")?,
        overlay_reason: text("overlay_reason")?,
        reason: text("reason")?,
    };
    Ok((key, breaker, row.get("number")?))
}

fn phase(word: &str) -> Option<Phase> {
    [Phase::Closed, Phase::Open, Phase::HalfOpen]
        .into_iter()
        .find(|phase| phase.as_str() == word)
}

fn known<T>(word: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
    parse(word).ok_or_else(|| StoreError::Unreadable(format!("`{word}` is unknown to this version")))
}

fn write_batch(sql: &Connection, batch: &Batch) -> Result<(), StoreError> {
    for (key, number, record) in batch {
        match record {
            Record::Save(breaker) => save(sql, key, *number, breaker)?,
            Record::Forget => forget(sql, key, *number)?,
        }
    }
    Ok(())
}

fn save(sql: &Connection, key: &BreakerKey, number: u64, breaker: &StoredBreaker) -> Result<(), StoreError> {
    let mut statement = sql.prepare_cached(
        "INSERT INTO breaker (service, scope, state, since, open_for_ms, not_before, trips, generation, overlay,
             overlay_since, overlay_for_ms, overlay_reason, reason, number, open_since)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
         ON CONFLICT (service, scope) DO UPDATE SET state = excluded.state, since = excluded.since,
             open_for_ms = excluded.open_for_ms, not_before = excluded.not_before, trips = excluded.trips,
             generation = excluded.generation, overlay = excluded.overlay, overlay_since = excluded.overlay_since,
             overlay_for_ms = excluded.overlay_for_ms, overlay_reason = excluded.overlay_reason,
             reason = excluded.reason, number = excluded.number, open_since = excluded.open_since
         WHERE number < excluded.number",
    )?;
    statement.execute((
        &*key.service,
        &*key.scope,
        breaker.phase.as_str(),
        breaker.since,
        saturating(breaker.open_for_ms),
        breaker.not_before,
        breaker.trips,
        saturating(breaker.generation),
        breaker.overlay.as_str(),
        breaker.overlay_since,
        breaker.overlay_for_ms.map(saturating),
        &breaker.overlay_reason,
        &breaker.reason,
        saturating(number),
        breaker.open_since,
    ))?;
    Ok(())
}

fn forget(sql: &Connection, key: &BreakerKey, number: u64) -> Result<(), StoreError> {
    sql.prepare_cached("DELETE FROM breaker WHERE service = ?1 AND scope = ?2 AND number < ?3")?
        .execute((&*key.service, &*key.scope, saturating(number)))?;
    Ok(())
}

/// As large as a row can hold.
fn saturating(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
