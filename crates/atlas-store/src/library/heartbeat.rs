//! Signs of life of the library's file: that it takes what it is given and gives it back, how large it is, and that
//! nobody sits on a job for longer than may be.

use std::time::Duration;

use super::Library;
use crate::error::StoreError;

/// Pages of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilePages {
    /// All of them.
    pub all: u64,
    /// Those that hold nothing.
    pub free: u64,
}

/// Leases of jobs that have run out, and that nobody has ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OverdueLeases {
    /// How many.
    pub count: u64,
    /// For how long the oldest.
    pub longest: Duration,
}

impl Library {
    /// Writes a mark through the writer, and reads it back as any reader would. Writing asks no circuit breaker, and is
    /// not judged by one: this is how one finds out that the file is well again. Returns how often that was done.
    pub async fn beat(&self) -> Result<u64, StoreError> {
        let now = self.clock.now().as_millis();
        let written: u64 = self
            .db
            .write_past_breaker(move |sql| {
                Ok(sql
                    .prepare_cached("UPDATE heartbeat SET beats = beats + 1, beat_at = ?1 RETURNING beats")?
                    .query_row([now], |row| row.get(0))?)
            })
            .await?;
        let read: u64 = self
            .db
            .read(|sql| {
                Ok(sql
                    .prepare_cached("SELECT beats FROM heartbeat")?
                    .query_row([], |row| row.get(0))?)
            })
            .await?;
        if read < written {
            return Err(StoreError::Io(format!(
                "what was written last is not read back: {read} instead of {written}"
            )));
        }
        Ok(written)
    }

    /// How many pages the file has.
    pub async fn file_pages(&self) -> Result<FilePages, StoreError> {
        self.db
            .read(|sql| {
                let number = |name| sql.pragma_query_value(None, name, |row| row.get(0));
                Ok(FilePages {
                    all: number("page_count")?,
                    free: number("freelist_count")?,
                })
            })
            .await
    }

    /// Leases that have run out.
    pub async fn overdue_leases(&self) -> Result<OverdueLeases, StoreError> {
        let now = self.clock.now().as_millis();
        self.db
            .read(move |sql| {
                let (count, first): (u64, Option<i64>) = sql
                    .prepare_cached(
                        "SELECT count(*), min(lease_until) FROM job INDEXED BY job_leased
                         WHERE state = 'leased' AND lease_until < ?1",
                    )?
                    .query_row([now], |row| Ok((row.get(0)?, row.get(1)?)))?;
                let longest = first.map_or(0, |first| u64::try_from(now - first).unwrap_or(0));
                Ok(OverdueLeases {
                    count,
                    longest: Duration::from_millis(longest),
                })
            })
            .await
    }
}
