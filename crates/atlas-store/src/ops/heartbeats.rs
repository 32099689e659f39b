//! When those who say by themselves that they are well have last said so, so that a restart does not forget it.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::Ops;
use crate::error::StoreError;
use crate::sqlite::Lane;

/// What is known of one who calls by itself. Moments are milliseconds on the steady time line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredHeartbeat {
    /// Since when calls are waited for.
    pub awaited_since_ms: u64,
    /// The last call.
    pub beat_at_ms: Option<u64>,
    /// It said that something failed.
    pub failed: bool,
}

impl Ops {
    /// What is known of these checks. Those that are not in there were never waited for.
    pub async fn heartbeats(&self) -> Result<BTreeMap<String, StoredHeartbeat>, StoreError> {
        self.db
            .read(|sql| {
                let mut prepared =
                    sql.prepare("SELECT check_name, awaited_since, beat_at, failed FROM heartbeat")?;
                let rows = prepared.query_map([], |row| {
                    let heartbeat = StoredHeartbeat {
                        awaited_since_ms: row.get(1)?,
                        beat_at_ms: row.get(2)?,
                        failed: row.get(3)?,
                    };
                    Ok((row.get(0)?, heartbeat))
                })?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// Writes what is known of one check, in place of what was.
    pub async fn keep_heartbeat(&self, check: String, heartbeat: StoredHeartbeat) -> Result<(), StoreError> {
        self.db
            .write(Lane::Interactive, move |sql| write(sql, &check, heartbeat))
            .await
    }

    /// Begins to wait for the calls of these checks and of no others: what is known of one that is new or gone is
    /// written or forgotten.
    pub async fn await_heartbeats(
        &self,
        awaited: BTreeMap<String, StoredHeartbeat>,
    ) -> Result<(), StoreError> {
        self.db
            .write(Lane::Interactive, move |sql| {
                let names: Vec<&String> = awaited.keys().collect();
                let names = serde_json::to_string(&names).unwrap_or_else(|_| "[]".to_owned());
                sql.execute(
                    "DELETE FROM heartbeat WHERE check_name NOT IN (SELECT value FROM json_each(?1))",
                    [names],
                )?;
                awaited
                    .iter()
                    .try_for_each(|(check, heartbeat)| write(sql, check, *heartbeat))
            })
            .await
    }
}

pub(super) fn write(sql: &Connection, check: &str, heartbeat: StoredHeartbeat) -> Result<(), StoreError> {
    sql.prepare_cached(
        "INSERT INTO heartbeat (check_name, awaited_since, beat_at, failed) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (check_name) DO UPDATE SET awaited_since = excluded.awaited_since,
             beat_at = excluded.beat_at, failed = excluded.failed",
    )?
    .execute((
        check,
        heartbeat.awaited_since_ms,
        heartbeat.beat_at_ms,
        heartbeat.failed,
    ))?;
    Ok(())
}
