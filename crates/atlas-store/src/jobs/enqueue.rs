//! Enqueuing: always inside the transaction that makes the work necessary.

use atlas_domain::{ItemId, JobId, JobState, NewJob, UserId};
use rusqlite::OptionalExtension;

use super::caused::JobNote;
use super::decide::CALLED_OFF;
use super::read::read_job;
use crate::error::StoreError;
use crate::library::Library;
use crate::library::audit::Actor;
use crate::library::items::read_item;
use crate::sqlite::{Column, Lane};
use crate::tx::Tx;

impl Library {
    /// Enqueues work that a schedule makes due. A live job of the same key is the same work, and waits for as
    /// long as it has to.
    pub async fn enqueue_job(&self, job: NewJob) -> Result<JobId, StoreError> {
        self.write(Lane::Interactive, move |tx| tx.enqueue(&job)).await
    }

    /// Enqueues work that a person asks for. A live job of the same key is the same work, and is due at once
    /// whatever it was put off to.
    pub async fn request_job(&self, user: UserId, job: NewJob) -> Result<JobId, StoreError> {
        self.write(Lane::Interactive, move |tx| {
            if let Some(item) = job.item_id {
                read_item(tx.sql, user, item)?;
            }
            let kind = job.kind.as_str();
            tx.audit(
                user,
                Actor::Owner,
                "requested",
                job.item_id,
                kind,
                "the owner asked for it",
            )?;
            tx.request(&job)
        })
        .await
    }
}

impl Tx<'_> {
    /// The new job, or the live one that has its unique key already, which is due at once from here on: a person
    /// asks for it.
    pub(crate) fn request(&self, job: &NewJob) -> Result<JobId, StoreError> {
        let Some((row, live)) = self.live_job(job.unique_key.as_deref())? else {
            return self.enqueue(job);
        };
        self.sql.execute(
            "UPDATE job SET run_at = ?2, outcome = NULL, updated_at = ?2 WHERE id = ?1 AND state = 'ready' AND run_at > ?2",
            (row, self.now.as_millis()),
        )?;
        self.note(JobNote::Caused(row));
        Ok(live)
    }

    /// The new job, which belongs to whom its item belongs to, or the live one that has its unique key already.
    pub(crate) fn enqueue(&self, job: &NewJob) -> Result<JobId, StoreError> {
        if let Some((_, live)) = self.live_job(job.unique_key.as_deref())? {
            return Ok(live);
        }
        let owner = match job.item_id {
            Some(item) => Some(self.owner_of(item)?),
            None => None, // work on the whole library is nobody's
        };
        let id = JobId::generate(self.now, self.entropy);
        self.sql
            .prepare_cached(
                "INSERT INTO job (uuid, user_id, kind, payload, item_uuid, priority, run_at, state, max_attempts,
                     unique_key, group_key, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'ready', ?8, ?9, ?10, ?7, ?7)",
            )?
            .execute((
                id.as_bytes(),
                owner.map(|owner| owner.0),
                job.kind.as_str(),
                &job.payload,
                job.item_id.as_ref().map(ItemId::as_bytes),
                job.priority,
                self.now.as_millis(),
                job.max_attempts,
                &job.unique_key,
                &job.group_key,
            ))?;
        self.note(JobNote::Caused(self.sql.last_insert_rowid()));
        Ok(id)
    }

    /// Cancels a job of the same key, whether it waits or runs.
    pub(crate) fn call_off(&self, user: UserId, job: &NewJob) -> Result<(), StoreError> {
        match self.live_job(job.unique_key.as_deref())? {
            Some((_, live)) => self.cancel(&read_job(self.sql, user, live)?, CALLED_OFF),
            None => Ok(()),
        }
    }

    /// Cancels a job of the same key if it runs, because of `why`.
    pub(crate) fn call_off_running(&self, user: UserId, job: &NewJob, why: &str) -> Result<(), StoreError> {
        let Some((_, live)) = self.live_job(job.unique_key.as_deref())? else {
            return Ok(());
        };
        let live = read_job(self.sql, user, live)?;
        if live.state == JobState::Leased {
            self.cancel(&live, why)?;
        }
        Ok(())
    }

    /// The row and the name of the live job with this key.
    pub(crate) fn live_job(&self, unique_key: Option<&str>) -> Result<Option<(i64, JobId)>, StoreError> {
        let Some(key) = unique_key else { return Ok(None) };
        let mut statement = self.sql.prepare_cached(
            "SELECT id, uuid FROM job WHERE unique_key = ?1 AND state IN ('ready', 'leased')",
        )?;
        Ok(statement
            .query_row([key], |row| Ok((row.get("id")?, JobId::read(row, "uuid")?)))
            .optional()?)
    }
}
