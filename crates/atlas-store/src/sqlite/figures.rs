//! Figures about a database file while it is in use: its pages, its log, and who reads. They are looked up on a
//! connection of their own, past pool and circuit breakers: to look must neither wait for others nor count for them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::Database;
use super::connection::open_reader;
use crate::error::StoreError;

/// Figures about a database file, as of one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileFigures {
    /// Pages of the file.
    pub pages: u64,
    /// Pages that hold nothing.
    pub free_pages: u64,
    /// Pages of the log that no checkpoint has moved into the file yet. None where the file keeps no log.
    pub log_pages_left: Option<u64>,
    /// Size of the log; 0 when it is not there.
    pub log_bytes: u64,
    /// How often somebody found the file locked, since it was opened.
    pub busy: u64,
    /// For how long the oldest read has been going on; zero when there is none.
    pub longest_read: Duration,
}

impl Database {
    /// Looks the figures up.
    pub(crate) async fn figures(&self) -> Result<FileFigures, StoreError> {
        let (path, reading) = (Arc::clone(&self.path), self.reading);
        let usage = self.readers.usage().clone();
        let look = move || look(&open_reader(&path, reading)?, &path, &usage);
        spawn_blocking(look)
            .await
            .unwrap_or_else(|error| Err(StoreError::Panicked(error.to_string())))
    }
}

fn look(sql: &Connection, path: &Path, usage: &Usage) -> Result<FileFigures, StoreError> {
    let number = |name| sql.pragma_query_value(None, name, |row| row.get(0));
    // It does nothing but tell how many pages the log has, and how many of them have been moved.
    let (logged, moved): (i64, i64) = sql.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| {
        Ok((row.get(1)?, row.get(2)?))
    })?;
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    Ok(FileFigures {
        pages: number("page_count")?,
        free_pages: number("freelist_count")?,
        log_pages_left: (logged >= 0).then(|| u64::try_from(logged - moved).unwrap_or(0)),
        log_bytes: std::fs::metadata(log).map_or(0, |metadata| metadata.len()),
        busy: usage.busy.load(Ordering::Relaxed),
        longest_read: usage.longest_read(),
    })
}

/// How a file is used.
#[derive(Debug, Clone, Default)]
pub(super) struct Usage {
    reads: Arc<Mutex<Reads>>,
    busy: Arc<AtomicU64>,
}

#[derive(Debug, Default)]
struct Reads {
    next: u64,
    /// When each began: the first of them is the oldest.
    going_on: BTreeMap<u64, Instant>,
}

/// A read that is going on, until this is dropped.
#[derive(Debug)]
pub(super) struct OneRead {
    usage: Usage,
    number: u64,
}

impl Usage {
    /// A read begins.
    pub(super) fn begin_read(&self) -> OneRead {
        let mut reads = self.reads();
        let number = reads.next;
        reads.next += 1;
        reads.going_on.insert(number, Instant::now());
        OneRead {
            usage: self.clone(),
            number,
        }
    }

    /// Somebody has found the file locked.
    pub(super) fn found_busy(&self) {
        self.busy.fetch_add(1, Ordering::Relaxed);
    }

    fn longest_read(&self) -> Duration {
        let reads = self.reads();
        let oldest = reads.going_on.first_key_value();
        oldest.map_or(Duration::ZERO, |(_, begun_at)| begun_at.elapsed())
    }

    fn reads(&self) -> MutexGuard<'_, Reads> {
        self.reads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OneRead {
    fn drop(&mut self) {
        self.usage.reads().going_on.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_oldest_read_that_goes_on_is_told() {
        let usage = Usage::default();
        assert_eq!(usage.longest_read(), Duration::ZERO);
        let first = usage.begin_read();
        tokio::time::advance(Duration::from_secs(5)).await;
        let second = usage.begin_read();
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(usage.longest_read(), Duration::from_secs(6));
        drop(first);
        assert_eq!(usage.longest_read(), Duration::from_secs(1));
        drop(second);
        assert_eq!(usage.longest_read(), Duration::ZERO);
    }
}
