//! `Runtime`: worker, scheduler and indexer of one process, started and stopped together.

use std::sync::Arc;
use std::time::Duration;

use atlas_store::Library;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::AppError;
use crate::indexer::Indexer;
use crate::jobs::JobContext;
use crate::metrics::Metrics;
use crate::scheduler::run_schedules;
use crate::signals::Signals;
use crate::worker::{Worker, WorkerSettings};

/// The background work of one process.
pub struct Runtime {
    stop_work: CancellationToken,
    work: TaskTracker,
    stop_indexer: CancellationToken,
    indexing: TaskTracker,
    indexer: Arc<Indexer>,
    library: Library,
    context: JobContext,
    signals: Arc<Signals>,
    work_to_do: Work,
}

/// What a process does besides answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Keep the search index equal to the library: for a command that causes no jobs.
    Index,
    /// That, and run jobs: for a command that causes some, and works for itself.
    Jobs,
    /// That, and enqueue what is due by itself: for a server.
    JobsAndSchedules,
}

impl Runtime {
    /// Takes back the jobs of a process that ended under them, then starts to work.
    pub async fn start(
        context: JobContext,
        indexer: Arc<Indexer>,
        signals: Arc<Signals>,
        metrics: Arc<Metrics>,
        settings: WorkerSettings,
        work_to_do: Work,
    ) -> Result<Self, AppError> {
        let library = context.ingest.library.clone();
        let recovery = library.recover_interrupted_jobs().await?;
        if recovery.interrupted > 0 {
            tracing::warn!(?recovery, "the process before this one ended under its jobs");
        }
        let (stop_work, stop_indexer) = (CancellationToken::new(), CancellationToken::new());
        let (work, indexing) = (TaskTracker::new(), TaskTracker::new());
        if work_to_do != Work::Index {
            let worker = Worker::new(context.clone(), Arc::clone(&signals), metrics, settings);
            work.spawn(worker.run(stop_work.clone()));
        }
        if work_to_do == Work::JobsAndSchedules {
            work.spawn(run_schedules(
                library.clone(),
                Arc::clone(&signals),
                stop_work.clone(),
            ));
        }
        let (following, stop) = (Arc::clone(&indexer), stop_indexer.clone());
        indexing.spawn(async move { following.run(stop).await });
        Ok(Self {
            stop_work,
            work,
            stop_indexer,
            indexing,
            indexer,
            library,
            context,
            signals,
            work_to_do,
        })
    }

    /// Waits until everything that is due has been done and can be found: for a command that works for itself.
    pub async fn settle(&self) -> Result<(), AppError> {
        let mut finished = self.signals.finished();
        while self.work_to_do != Work::Index && self.library.has_due_jobs().await? {
            self.signals.jobs.notify_one();
            // Looking again from time to time costs little and cannot miss anything.
            let _ = timeout(Duration::from_secs(1), finished.changed()).await;
        }
        self.indexer.catch_up().await
    }

    /// Finishes what runs, lets the index follow it, ends the children, and closes the library.
    pub async fn stop(self) {
        self.stop_work.cancel();
        self.work.close();
        self.work.wait().await;
        self.stop_indexer.cancel();
        self.indexing.close();
        self.indexing.wait().await;
        if let Err(error) = self.indexer.catch_up().await {
            tracing::warn!(%error, "the search index is behind; the next start makes up for it");
        }
        self.indexer.close().await;
        self.context.ingest.extractor.shutdown().await;
        self.library.close().await;
    }
}
