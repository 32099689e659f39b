//! Waking: jobs that wait for a later time become due at once. That is no try of theirs, and gives none back.

use atlas_domain::{ItemId, UserId};

use super::caused::JobNote;
use super::owner::jobs_seen_to_by;
use crate::error::StoreError;
use crate::library::Library;
use crate::library::audit::Actor;
use crate::sqlite::Lane;
use crate::tx::Tx;

impl Library {
    /// Makes the jobs due that wait because `host` was left alone or had asked for a pause, now that a person has
    /// decided about it. A job that failed and waits for its next try goes on waiting. Returns how many are due.
    pub async fn wake_waiting(&self, user: UserId, host: &str) -> Result<u64, StoreError> {
        let host = host.to_owned();
        self.write(Lane::Interactive, move |tx| {
            let waiting = tx.waiting_for(user, &host)?;
            for row in &waiting {
                tx.make_due(*row)?;
            }
            if !waiting.is_empty() {
                let told = format!(
                    "jobs that waited for `{host}` and are due at once: {}",
                    waiting.len()
                );
                tx.audit(
                    user,
                    Actor::Owner,
                    "woken",
                    None::<ItemId>,
                    "breaker_decided",
                    &told,
                )?;
            }
            Ok(waiting.len() as u64)
        })
        .await
    }
}

impl Tx<'_> {
    /// Due at once, unless it is already or does not wait at all. Nothing holds it or its item back any more.
    pub(super) fn make_due(&self, row: i64) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "UPDATE job SET run_at = min(run_at, ?2), outcome = NULL, reason = '', message = '', updated_at = ?2
                 WHERE id = ?1 AND state = 'ready'",
            )?
            .execute((row, self.now.as_millis()))?;
        self.sql
            .prepare_cached(
                "UPDATE item SET reason = '', message = '', updated_at = ?2
                 WHERE uuid = (SELECT item_uuid FROM job WHERE id = ?1) AND state = 'queued'",
            )?
            .execute((row, self.now.as_millis()))?;
        self.note(JobNote::Caused(row));
        Ok(())
    }

    /// By the time at which they are due, since what waits for one host has no index of its own: a person decides
    /// about a host now and then. A name may end with a dot, which is not part of how the host is known. A 503 is a
    /// pause where the try did not count.
    fn waiting_for(&self, user: UserId, host: &str) -> Result<Vec<i64>, StoreError> {
        let seen_to = jobs_seen_to_by(user);
        let mut statement = self.sql.prepare_cached(&format!(
            "SELECT id FROM job INDEXED BY job_due
             WHERE state = 'ready' AND run_at > ?3 AND {seen_to} AND rtrim(group_key, '.') = ?2
             AND (reason IN ('circuit_open', 'http_429')
                  OR reason = 'http_503' AND 'deferred' =
                      (SELECT ended FROM attempt WHERE job_id = job.id ORDER BY id DESC LIMIT 1))"
        ))?;
        let rows = statement.query_map((user.0, host, self.now.as_millis()), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
