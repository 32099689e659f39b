//! All jobs on one page: which kinds there are and what runs each. A job may run twice; every one of them ends
//! through the store, which checks the lease.

mod audit_library;
mod back_up;
mod clean_library;
mod collect_blobs;
mod ingest_item;
mod reprocess_item;
mod sweep_retention;

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{JobKind, Lease, Outcome, Timestamp};
use atlas_resilience::Service;
use atlas_store::{AttemptRecord, DataDir, Library, Ops, RetentionPolicy, StoreError};

use crate::backups::BackupPlan;
use crate::ingest::Ingest;
use crate::signals::Signals;

/// What jobs work with.
#[derive(Clone)]
pub struct JobContext {
    /// The ingest story.
    pub ingest: Ingest,
    /// Operational state, where alerts are kept.
    pub ops: Ops,
    /// How long things are kept.
    pub retention: RetentionPolicy,
    /// Where backups go; none where none are made.
    pub backups: Option<BackupPlan>,
    /// How old the last audit of the library may become until a server makes another; none makes none by itself.
    pub audit_every: Option<Duration>,
    /// Where the library lies.
    pub dir: DataDir,
    /// Wakes others, and tells them how far it is.
    pub signals: Arc<Signals>,
    /// Lets kinds of jobs rest that keep breaking off.
    pub background: Arc<Service>,
}

impl JobContext {
    /// Runs one job to its end, whatever that is. Work on the whole library that went well has no outcome.
    pub(crate) async fn run(&self, lease: Lease) -> Result<Option<Outcome>, StoreError> {
        match lease.job.kind {
            JobKind::IngestItem => ingest_item::run(self, lease).await.map(Some),
            JobKind::ReprocessItem => reprocess_item::run(self, lease).await.map(Some),
            JobKind::SweepRetention => sweep_retention::run(self, lease).await.map(|()| None),
            JobKind::CollectBlobs => collect_blobs::run(self, lease).await.map(|()| None),
            JobKind::BackUp => back_up::run(self, lease).await.map(|()| None),
            JobKind::AuditLibrary => audit_library::run(self, lease).await.map(|()| None),
            JobKind::CleanLibrary => clean_library::run(self, lease).await.map(|()| None),
        }
    }

    pub(crate) fn library(&self) -> &Library {
        &self.ingest.library
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ingest.clock.now()
    }

    /// Ends a maintenance job well, saying what it did.
    async fn done(&self, lease: &Lease, started_at: Timestamp, did: String) -> Result<(), StoreError> {
        tracing::info!(kind = %lease.job.kind, did, "maintenance");
        self.library()
            .finish_maintenance(lease, did, AttemptRecord::at(started_at, "run"))
            .await
    }
}

/// A job about an item without an item is a bug in whoever enqueued it; it must not run for ever.
async fn without_item(context: &JobContext, lease: &Lease) -> Result<Outcome, StoreError> {
    let outcome = Outcome::Failed {
        reason: "invalid_job".to_owned(),
        message: format!("a {} job names no item", lease.job.kind),
    };
    let record = AttemptRecord::at(context.now(), "begin");
    context
        .library()
        .finish_job(lease, outcome.clone(), record)
        .await?;
    Ok(outcome)
}
