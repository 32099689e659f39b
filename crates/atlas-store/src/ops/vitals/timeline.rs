//! How far the steady time line had come, so that the next process goes on from there.

use std::time::Duration;

use atlas_domain::Timestamp;
use rusqlite::OptionalExtension;

use super::super::Ops;
use crate::error::StoreError;

/// A point of the time line, and what both clocks of the machine said then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineMark {
    /// Milliseconds on the time line.
    pub at_ms: u64,
    /// The wall clock.
    pub wall: Timestamp,
    /// Milliseconds since the machine was started.
    pub uptime_ms: u64,
    /// Which start of the machine that was.
    pub boot_id: String,
}

impl TimelineMark {
    /// When that moment of the time line is or was, for people.
    pub fn wall_of(&self, at_ms: u64) -> Timestamp {
        if at_ms >= self.at_ms {
            self.wall.after(Duration::from_millis(at_ms - self.at_ms))
        } else {
            self.wall.before(Duration::from_millis(self.at_ms - at_ms))
        }
    }
}

impl Ops {
    /// The point that was marked last.
    pub async fn timeline(&self) -> Result<Option<TimelineMark>, StoreError> {
        self.db.read(read).await
    }
}

pub(in crate::ops) fn read(sql: &rusqlite::Connection) -> Result<Option<TimelineMark>, StoreError> {
    let mark = sql.query_row(
        "SELECT at_ms, wall, uptime_ms, boot_id FROM timeline",
        [],
        |row| {
            Ok(TimelineMark {
                at_ms: row.get(0)?,
                wall: Timestamp::from_millis(row.get(1)?),
                uptime_ms: row.get(2)?,
                boot_id: row.get(3)?,
            })
        },
    );
    Ok(mark.optional()?)
}

/// Marks a point.
pub(super) fn write(sql: &rusqlite::Connection, mark: &TimelineMark) -> Result<(), StoreError> {
    sql.prepare_cached(
        "INSERT INTO timeline (id, at_ms, wall, uptime_ms, boot_id) VALUES (1, ?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET at_ms = excluded.at_ms, wall = excluded.wall,
             uptime_ms = excluded.uptime_ms, boot_id = excluded.boot_id",
    )?
    .execute((mark.at_ms, mark.wall.as_millis(), mark.uptime_ms, &mark.boot_id))?;
    Ok(())
}
