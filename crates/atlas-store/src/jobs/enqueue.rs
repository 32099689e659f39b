//! Enqueuing: always inside the transaction that makes the work necessary.

use atlas_domain::{ItemId, JobId, Lane, NewJob};
use rusqlite::OptionalExtension;

use crate::error::StoreError;
use crate::library::Library;
use crate::sqlite::Column;
use crate::tx::Tx;

impl Library {
    /// Enqueues work that no other change causes, for example by the scheduler.
    pub async fn enqueue_job(&self, job: NewJob) -> Result<JobId, StoreError> {
        self.write(Lane::Interactive, move |tx| tx.enqueue(&job)).await
    }
}

impl Tx<'_> {
    /// The same for work that its owner asks for now: a live job that waits for a later try is due at once.
    pub(crate) fn enqueue_now(&self, job: &NewJob) -> Result<JobId, StoreError> {
        let id = self.enqueue(job)?;
        self.sql.execute(
            "UPDATE job SET run_at = ?2, outcome = NULL, updated_at = ?2 WHERE uuid = ?1 AND state = 'ready' AND run_at > ?2",
            (id.as_bytes(), self.now.as_millis()),
        )?;
        Ok(id)
    }

    /// The new job, or the live one that has its unique key already.
    pub(crate) fn enqueue(&self, job: &NewJob) -> Result<JobId, StoreError> {
        if let Some(live) = self.live_job(job.unique_key.as_deref())? {
            return Ok(live);
        }
        let id = JobId::generate(self.now, self.entropy);
        self.sql
            .prepare_cached(
                "INSERT INTO job (uuid, kind, payload, item_uuid, priority, run_at, state, max_attempts, unique_key,
                     group_key, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'ready', ?7, ?8, ?9, ?6, ?6)",
            )?
            .execute((
                id.as_bytes(),
                job.kind.as_str(),
                &job.payload,
                job.item_id.as_ref().map(ItemId::as_bytes),
                job.priority,
                self.now.as_millis(),
                job.max_attempts,
                &job.unique_key,
                &job.group_key,
            ))?;
        Ok(id)
    }

    /// Cancels a job of the same key that waits. One that is running ends as it will.
    pub(crate) fn call_off(&self, job: &NewJob) -> Result<(), StoreError> {
        self.sql.execute(
            "UPDATE job SET state = 'cancelled', updated_at = ?2 WHERE unique_key = ?1 AND state = 'ready'",
            (&job.unique_key, self.now.as_millis()),
        )?;
        Ok(())
    }

    pub(crate) fn live_job(&self, unique_key: Option<&str>) -> Result<Option<JobId>, StoreError> {
        let Some(key) = unique_key else { return Ok(None) };
        let mut statement = self
            .sql
            .prepare_cached("SELECT uuid FROM job WHERE unique_key = ?1 AND state IN ('ready', 'leased')")?;
        Ok(statement
            .query_row([key], |row| JobId::read(row, "uuid"))
            .optional()?)
    }
}
