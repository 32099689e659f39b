//! After the process ended under its jobs: who was running is ready again, and only the guilty are blamed.

use atlas_domain::{AttemptEnd, Job};
use serde::{Deserialize, Serialize};

use super::finish::AttemptRecord;
use super::read::{JOB_COLUMNS, job_from_row};
use crate::error::StoreError;
use crate::library::Library;
use crate::library::audit::Actor;
use crate::sqlite::Lane;
use crate::tx::Tx;

/// A suspect in whose risky stage the process has ended this often, the first time included, is given up.
const CRASHES_TO_GIVE_UP: i64 = 4;

/// What a start found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrashRecovery {
    /// Jobs that were running when the process ended.
    pub interrupted: u64,
    /// Those among them that were in a risky stage, and will run alone.
    pub suspects: u64,
    /// Those that were given up, because the process kept ending in their risky stage.
    pub given_up: u64,
}

impl Library {
    /// Takes back every lease. For the start of the only process that may hold any: a lease found then belongs
    /// to a process that has ended, which is no job's fault unless it was in its risky stage.
    pub async fn recover_interrupted_jobs(&self) -> Result<CrashRecovery, StoreError> {
        self.write(Lane::Interactive, move |tx| {
            let mut recovery = CrashRecovery::default();
            for (job, crashes) in tx.interrupted()? {
                recovery.interrupted += 1;
                match &job.risky_stage {
                    None => tx.make_ready(&job, false)?,
                    Some(_) if crashes + 1 < CRASHES_TO_GIVE_UP => {
                        recovery.suspects += 1;
                        tx.make_ready(&job, true)?;
                    }
                    Some(stage) => {
                        recovery.given_up += 1;
                        tx.give_up_poison(&job, stage)?;
                    }
                }
            }
            Ok(recovery)
        })
        .await
    }
}

impl Tx<'_> {
    fn interrupted(&self) -> Result<Vec<(Job, i64)>, StoreError> {
        self.readable_jobs(
            &format!(
                "SELECT id, {JOB_COLUMNS}, crashes FROM job INDEXED BY job_leased WHERE state = 'leased' ORDER BY id"
            ),
            [],
            |row| Ok((job_from_row(row)?, row.get("crashes")?)),
        )
    }

    fn make_ready(&self, job: &Job, suspect: bool) -> Result<(), StoreError> {
        let stage = job.risky_stage.as_deref().unwrap_or("run");
        self.log_attempt(
            job.id,
            &AttemptRecord::at(job.updated_at, stage),
            AttemptEnd::Lost,
            "process_ended",
            "the process ended while this was running",
            Some(self.now),
        )?;
        self.sql.execute(
            "UPDATE job SET state = 'ready', lease_until = NULL, lease_owner = NULL, risky_stage = NULL,
                 suspect = max(suspect, ?2), crashes = crashes + ?2, updated_at = ?3 WHERE uuid = ?1",
            (job.id.as_bytes(), i64::from(suspect), self.now.as_millis()),
        )?;
        Ok(())
    }

    fn give_up_poison(&self, job: &Job, stage: &str) -> Result<(), StoreError> {
        let message =
            format!("the process ended {CRASHES_TO_GIVE_UP} times while this job was in its stage `{stage}`");
        let attempt = AttemptRecord::at(job.updated_at, stage);
        self.log_attempt(job.id, &attempt, AttemptEnd::Dead, "poison", &message, None)?;
        self.sql.execute(
            "UPDATE job SET state = 'dead', outcome = 'failed', reason = 'poison', message = ?2, lease_until = NULL,
                 lease_owner = NULL, risky_stage = NULL, updated_at = ?3 WHERE uuid = ?1",
            (job.id.as_bytes(), &message, self.now.as_millis()),
        )?;
        self.supersede_failures(job)?;
        self.fail_item_of(job, Actor::Recovery, "poison", &message)
    }
}
