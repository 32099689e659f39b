//! Signs of life of the library's file: that it takes what it is given and gives it back, how large it is, and that
//! nobody sits on a job for longer than may be.

use std::time::Duration;

use super::Library;
use crate::error::StoreError;
use crate::sqlite::{FileFigures, Lane};

/// Leases of jobs that have run out, and that nobody has ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OverdueLeases {
    /// How many.
    pub count: u64,
    /// For how long the oldest.
    pub longest: Duration,
}

impl Library {
    /// The same library for whoever only looks how it is: nothing that comes of that moves a circuit breaker, except
    /// where one is due for a probe and this is it.
    #[must_use]
    pub fn for_looking(&self) -> Self {
        Self {
            db: self.db.for_looking(),
            ..self.clone()
        }
    }

    /// Writes a mark through the writer, and reads it back as any reader would. Returns how often that was done.
    pub async fn beat(&self) -> Result<u64, StoreError> {
        let now = self.clock.now().as_millis();
        let written: u64 = self
            .db
            .write(Lane::Interactive, move |sql| {
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

    /// Figures about the file.
    pub async fn figures(&self) -> Result<FileFigures, StoreError> {
        self.db.figures().await
    }

    /// Looks through the whole file for damage, giving way to others, for no longer than `limit`. Fails with `Corrupt`
    /// where there is some, and with `Interrupted` where it came to no end.
    pub async fn check_gently(&self, limit: Duration) -> Result<(), StoreError> {
        self.db.check_gently(limit).await
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
