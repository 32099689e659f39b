//! How far along the change log a reader is: whether it has passed a given place, and for how long what it has
//! not read has been waiting. Only the store compares cursors.

use std::time::Duration;

use atlas_domain::{Cursor, Timestamp};
use rusqlite::OptionalExtension;

use super::Library;
use super::changes::position;
use crate::error::StoreError;
use crate::sqlite::Column;

impl Library {
    /// Where the change log ends now. Whatever was committed before this call lies before it.
    pub async fn change_head(&self) -> Result<Cursor, StoreError> {
        self.db
            .read(|sql| {
                let head: i64 = sql.query_row("SELECT coalesce(max(seq), 0) FROM change_log", [], |row| {
                    row.get(0)
                })?;
                Ok(Cursor::from_store(head.to_string()))
            })
            .await
    }

    /// Whether a reader who stands at `reader` (at the beginning without one) has read everything up to `place`.
    pub fn has_reached(&self, reader: Option<&Cursor>, place: &Cursor) -> Result<bool, StoreError> {
        Ok(reader.map_or(Ok(0), position)? >= position(place)?)
    }

    /// For how long the oldest change after `reader` has been waiting for it; zero when there is none.
    pub async fn oldest_waiting(&self, reader: Option<&Cursor>) -> Result<Duration, StoreError> {
        let (after, now) = (reader.map_or(Ok(0), position)?, self.clock.now());
        self.db
            .read(move |sql| {
                let at = sql
                    .prepare_cached("SELECT at FROM change_log WHERE seq > ?1 ORDER BY seq LIMIT 1")?
                    .query_row([after], |row| Timestamp::read(row, "at"))
                    .optional()?;
                Ok(at.map_or(Duration::ZERO, |at| now.since(at)))
            })
            .await
    }
}
