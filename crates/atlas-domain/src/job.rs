//! `Job`, `Lease`, `Attempt`: work that survives the process, and the record of every try.

use serde::{Deserialize, Serialize};

use crate::fetch::StrategyStep;
use crate::id::{CleanupId, ItemId, JobId};
use crate::outcome::OutcomeWord;
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
        /// Make a backup of the library, try to restore it, and remove old ones.
        BackUp = "back_up",
        /// Look at every item of the library, and keep what was found.
        AuditLibrary = "audit_library",
        /// Carry out a cleanup of the library that somebody planned and wants.
        CleanLibrary = "clean_library",
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
    /// Postponements since the last try that counted, because the other side was left alone or asked for a pause.
    pub deferrals: u32,
    /// At most one live job has this key.
    pub unique_key: Option<String>,
    /// At most two jobs of a group run at once: the remote host.
    pub group_key: Option<String>,
    /// The risky stage it is in, or was in when the process ended under it.
    pub risky_stage: Option<String>,
    /// Since when it has been postponed like that, if it has.
    pub deferred_since: Option<Timestamp>,
    /// The item it is about, if it is about one.
    pub item_id: Option<ItemId>,
    /// How it ended, once it has.
    pub outcome: Option<OutcomeWord>,
    /// Stable code of why it stands where it stands; empty when there is nothing to explain.
    pub reason: String,
    /// The same as a sentence.
    pub message: String,
    /// When it was enqueued.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Work to enqueue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// What it does.
    pub kind: JobKind,
    /// Small JSON, whose shape belongs to the kind.
    pub payload: String,
    /// The item it is about, if it is about one.
    pub item_id: Option<ItemId>,
    /// Lower runs first.
    pub priority: i32,
    /// Tries after which it is given up.
    pub max_attempts: u32,
    /// At most one live job has this key: a second one is the same one.
    pub unique_key: Option<String>,
    /// At most two jobs of a group run at once: the remote host.
    pub group_key: Option<String>,
}

impl NewJob {
    /// Fetch, extract, judge and commit `item`. Its group is the host of `address`, the one that is fetched.
    pub fn ingest(item: ItemId, address: &str) -> Self {
        let host = url::Url::parse(address)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned));
        Self::about_item(JobKind::IngestItem, item, host, 100)
    }

    /// Extract and judge `item` again from its stored bytes: no host is asked, and nobody waits for it.
    pub fn reprocess(item: ItemId) -> Self {
        Self::about_item(JobKind::ReprocessItem, item, None, 200)
    }

    /// Work on the whole library, one of a kind at a time.
    pub fn maintenance(kind: JobKind) -> Self {
        Self {
            kind,
            payload: "{}".to_owned(),
            item_id: None,
            priority: 300,
            max_attempts: 5,
            unique_key: Some(kind.as_str().to_owned()),
            group_key: None,
        }
    }

    /// Carry out the cleanup `run`; there is one at a time.
    pub fn cleanup(run: CleanupId) -> Self {
        Self {
            payload: format!("{{\"cleanup\":\"{run}\"}}"),
            ..Self::maintenance(JobKind::CleanLibrary)
        }
    }

    fn about_item(kind: JobKind, item: ItemId, group_key: Option<String>, priority: i32) -> Self {
        Self {
            kind,
            payload: "{}".to_owned(),
            item_id: Some(item),
            priority,
            max_attempts: 6, // the first try and five more, at growing distances
            unique_key: Some(format!("{kind}:{item}")),
            group_key,
        }
    }
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
    /// How long it took, in milliseconds.
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
    /// What each strategy did to fetch the page, in order; empty when nothing was fetched.
    #[serde(default)] // answers of an older version lack it
    pub steps: Vec<StrategyStep>,
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
        /// The owner called the job off while it ran.
        Cancelled = "cancelled",
    }
}
