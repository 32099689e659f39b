//! `Runtime`: worker, scheduler and indexer of one process, started and stopped together. However much is left
//! to do, stopping takes a bounded time: the next start goes on where this one ended.

mod comeback;

use std::sync::Arc;
use std::time::Duration;

use atlas_store::{JobScope, Library, StoreError};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::AppError;
use crate::extraction::ExtractorPool;
use crate::indexer::Indexer;
use crate::jobs::JobContext;
use crate::metrics::Metrics;
use crate::progress::{LoopProgress, Progress, progress_of};
use crate::scheduler::{Due, DueAudits, run_schedules};
use crate::services::Services;
use crate::signals::Signals;
use crate::vitals::probes::Pipeline;
use crate::worker::{KindsAtRest, Trouble, Worker, WorkerSettings};
use comeback::Comeback;

/// How long the end of the process may wait for the index to take in what was committed last.
const INDEX_GRACE: Duration = Duration::from_secs(5);
/// How long it may wait for the index to merge what it has written.
const MERGE_GRACE: Duration = Duration::from_secs(5);
/// How long a command waits until what it has written can be found. An index that takes longer is being built anew.
const SETTLE_INDEX: Duration = Duration::from_mins(1);
/// How often a command that waits for its jobs looks again. That costs little, and cannot miss anything.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

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
    /// What keeps the worker from its work; none in a process without one.
    trouble: Option<watch::Receiver<Trouble>>,
    /// Whether the schedules go on; none in a process without.
    scheduler: Option<LoopProgress>,
}

/// What a process does besides answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Keep the search index equal to the library: for a command that causes no jobs.
    Index,
    /// That, and run the jobs that this process causes: for a command that works for itself, and for nobody else.
    Jobs,
    /// That, with all jobs there are, and enqueue what is due by itself: for a server.
    JobsAndSchedules,
}

impl Work {
    fn scope(self) -> Option<JobScope> {
        match self {
            Self::Index => None,
            Self::Jobs => Some(JobScope::CausedHere),
            Self::JobsAndSchedules => Some(JobScope::All),
        }
    }
}

impl Runtime {
    /// Takes back the jobs of a process that ended under them, then starts to work.
    pub async fn start(
        context: JobContext,
        indexer: Arc<Indexer>,
        signals: Arc<Signals>,
        metrics: Arc<Metrics>,
        services: Arc<Services>,
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
        let mut trouble = None;
        if let Some(scope) = work_to_do.scope() {
            let worker = Worker::new(context.clone(), Arc::clone(&signals), metrics, settings, scope);
            trouble = Some(worker.trouble());
            work.spawn(worker.run(stop_work.clone()));
            let comeback = Comeback {
                services,
                library: library.clone(),
                signals: Arc::clone(&signals),
            };
            work.spawn(comeback.run(stop_work.clone()));
        }
        let mut scheduler = None;
        if work_to_do == Work::JobsAndSchedules {
            let (progress, turns) = progress_of("the scheduler");
            work.spawn(run_schedules(
                library.clone(),
                Arc::clone(&signals),
                due(&context),
                turns,
                stop_work.clone(),
            ));
            scheduler = Some(progress);
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
            trouble,
            scheduler,
        })
    }

    /// What must go on for this work to be done: the schedules, and the writer of the library.
    pub fn progress(&self) -> Vec<Arc<dyn Progress>> {
        let mut all: Vec<Arc<dyn Progress>> = vec![Arc::new(self.library.clone())];
        if let Some(scheduler) = &self.scheduler {
            all.push(Arc::new(scheduler.clone()));
        }
        all
    }

    /// What takes pages in.
    pub fn pipeline(&self) -> Pipeline {
        Pipeline {
            fetcher: Arc::clone(&self.context.ingest.fetcher),
            extractor: Arc::clone(&self.context.ingest.extractor),
        }
    }

    /// What extracts pages.
    pub fn extractor(&self) -> &Arc<ExtractorPool> {
        &self.context.ingest.extractor
    }

    /// Waits until every job that this process has caused has had its try, and until what came of it can be found.
    /// Gives up with the store's error when the store does not serve the worker: waiting longer changes nothing.
    pub async fn settle(&self) -> Result<(), AppError> {
        if let Some(trouble) = &self.trouble {
            self.wait_for_jobs(trouble.clone()).await?;
        }
        if !self.indexer.catch_up_within(SETTLE_INDEX).await? {
            tracing::warn!(
                "the search index is still being built; the next command or server goes on with it"
            );
        }
        Ok(())
    }

    /// Lets what runs end within its grace, lets the index follow it within another, ends the children, and closes
    /// the library.
    pub async fn stop(self) {
        self.stop_work.cancel();
        self.work.close();
        self.work.wait().await;
        self.stop_indexer.cancel();
        self.indexing.close();
        self.indexing.wait().await;
        match self.indexer.catch_up_within(INDEX_GRACE).await {
            Ok(true) => {}
            Ok(false) => tracing::info!("the search index is behind; the next start goes on with it"),
            Err(error) => {
                tracing::warn!(%error, "the search index is behind; the next start makes up for it");
            }
        }
        if timeout(MERGE_GRACE, self.indexer.close()).await.is_err() {
            tracing::info!("the search index was left in the middle of a merge; nothing of it is lost");
        }
        self.context.ingest.extractor.shutdown().await;
        self.library.close().await;
    }

    /// Jobs of a kind that rests are as good as put off: nobody waits for them.
    async fn has_due_jobs(&self) -> Result<bool, StoreError> {
        let rest = KindsAtRest::now(&self.context.background);
        self.library
            .has_due_jobs(JobScope::CausedHere, rest.kinds())
            .await
    }

    async fn wait_for_jobs(&self, mut trouble: watch::Receiver<Trouble>) -> Result<(), AppError> {
        let mut finished = self.signals.finished();
        while self.has_due_jobs().await? {
            if let Some(error) = trouble.borrow_and_update().hopeless() {
                return Err(error.into());
            }
            self.signals.jobs.notify_one();
            tokio::select! {
                _ = finished.changed() => {}
                Ok(()) = trouble.changed() => {}
                () = sleep(LOOK_AGAIN) => {}
            }
        }
        Ok(())
    }
}

/// What is made by itself when it is due.
fn due(context: &JobContext) -> Due {
    Due {
        backups: context.backups.clone().filter(|plan| plan.every.is_some()),
        audits: context.audit_every.map(|every| DueAudits {
            folder: context.dir.audit(),
            every,
        }),
        clock: Arc::clone(&context.ingest.clock),
    }
}

#[cfg(test)]
mod tests;
