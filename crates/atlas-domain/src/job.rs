//! `Job`, `Lease`, `Attempt`: work that survives the process, and the record of every try.

use serde::{Deserialize, Serialize};

use crate::id::JobId;
use crate::time::Timestamp;
use crate::words::words;

words! {
    /// Every kind of job there is. What each does stands in `atlas-app/src/jobs/`.
    pub enum JobKind {
        /// Fetch, extract, judge and commit one item.
        IngestItem = "ingest_item",
        /// Extract and judge one item again from its stored bytes.
        ReprocessItem = "reprocess_item",
        /// Delete what the retention table lets go.
        SweepRetention = "sweep_retention",
        /// Delete blobs that nothing refers to.
        CollectBlobs = "collect_blobs",
    }
}

words! {
    /// Where a job stands.
    pub enum JobState {
        /// Waiting for its time and a worker.
        Ready = "ready",
        /// A worker has it.
        Leased = "leased",
        /// Finished.
        Done = "done",
        /// Given up: a dead letter, until the owner retries or drops it.
        Dead = "dead",
        /// The owner called it off.
        Cancelled = "cancelled",
    }
}

words! {
    /// Which of the two lanes to the writer a request takes.
    pub enum Lane {
        /// Saves, heartbeats, completions: never behind an import.
        Interactive = "interactive",
        /// Import, cleanup, sweeping.
        Bulk = "bulk",
    }
}

/// Work that survives the process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its name.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// Where it stands.
    pub state: JobState,
    /// Small JSON, whose shape belongs to the kind.
    pub payload: String,
    /// Lower runs first.
    pub priority: i32,
    /// Not before this.
    pub run_at: Timestamp,
    /// Tries that counted.
    pub attempts: u32,
    /// Tries after which it is given up.
    pub max_attempts: u32,
    /// Postponements that were nobody's fault.
    pub deferrals: u32,
    /// At most one live job has this key.
    pub unique_key: Option<String>,
    /// At most two jobs of a group run at once: the remote host.
    pub group_key: Option<String>,
    /// The risky stage it was in when the process last ended under it.
    pub suspect_stage: Option<String>,
    /// Stable code of the last error.
    pub last_error: Option<String>,
    /// The last error as a sentence.
    pub last_message: Option<String>,
    /// When it was enqueued.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A worker's claim on a job. Every write about the job names the token; a stale token changes nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Lease {
    /// The job as it was claimed.
    pub job: Job,
    /// Grows with every claim of the job.
    pub token: i64,
    /// Unless renewed, others may claim the job after this.
    pub until: Timestamp,
    /// It was interrupted in a risky stage before, so it must run alone.
    pub suspect: bool,
}

/// One try, as recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took.
    pub duration_ms: u64,
    /// The last stage it reached, for example `fetch`.
    pub stage: String,
    /// How it ended.
    pub end: AttemptEnd,
    /// Stable reason code; empty when there is nothing to explain.
    pub reason: String,
    /// The same as a sentence.
    pub message: String,
    /// When the next try is due, if there is one.
    pub next_try_at: Option<Timestamp>,
}

words! {
    /// How a try ended.
    pub enum AttemptEnd {
        /// The job is finished.
        Done = "done",
        /// It will be tried again, and this try counted.
        Retry = "retry",
        /// It will be tried again, and nobody is to blame.
        Deferred = "deferred",
        /// It was given up.
        Dead = "dead",
        /// The process ended under it.
        Lost = "lost",
        /// The lease ran out while the process lived.
        Expired = "expired",
    }
}
