//! The worker: claims jobs, runs them side by side, keeps their leases alive, and stops in good order.
//!
//! It knows nothing of what a job does. A job that outlives its lease is cut off, because another may have it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{JobId, Lease, Outcome};
use atlas_store::{AttemptRecord, Postponement, StoreError};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::jobs::JobContext;
use crate::metrics::Metrics;
use crate::signals::Signals;

/// How long a job rests after the store failed under it.
const STORE_PAUSE: Duration = Duration::from_mins(1);

/// How the worker runs.
#[derive(Debug, Clone, Copy)]
pub struct WorkerSettings {
    /// Jobs that run at once. They wait for the network most of the time; the pool of children bounds the CPU.
    pub slots: usize,
    /// How long a claim lasts unless it is renewed, which happens three times as often.
    pub lease: Duration,
    /// How long running jobs may go on when the process is asked to end.
    pub shutdown_grace: Duration,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self {
            slots: 16,
            lease: Duration::from_mins(1),
            shutdown_grace: Duration::from_secs(10),
        }
    }
}

/// Runs jobs until it is told to stop.
pub(crate) struct Worker {
    context: JobContext,
    signals: Arc<Signals>,
    metrics: Arc<Metrics>,
    settings: WorkerSettings,
    name: String,
}

/// A job on its way.
struct Running {
    lease: Lease,
    task: AbortHandle,
}

impl Worker {
    /// A worker that is ready to run.
    pub(crate) fn new(
        context: JobContext,
        signals: Arc<Signals>,
        metrics: Arc<Metrics>,
        settings: WorkerSettings,
    ) -> Self {
        let name = format!("worker-{}", std::process::id());
        Self {
            context,
            signals,
            metrics,
            settings,
            name,
        }
    }

    /// Claims and runs jobs until `stop`, then lets those that run end within the grace and gives the rest back.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut running = HashMap::new();
        let mut tasks = JoinSet::new();
        let mut heartbeat = interval(self.settings.lease / 3);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !stop.is_cancelled() {
            let wait = self.claim(&mut running, &mut tasks).await;
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.signals.jobs.notified() => {}
                () = tokio::time::sleep(wait) => {}
                _ = heartbeat.tick() => {
                    self.keep_leases(&mut running).await;
                    self.expire_leases().await;
                }
                Some(ended) = tasks.join_next_with_id(), if !tasks.is_empty() => {
                    Self::forget(&mut running, &ended);
                    self.signals.job_finished();
                }
            }
        }
        self.wind_down(running, tasks).await;
    }

    /// Fills the free slots. Returns how long nothing new can become due. Looks before it claims: a claim is a
    /// write, and a process that has nothing to do should not touch the disk.
    async fn claim(&self, running: &mut HashMap<JobId, Running>, tasks: &mut JoinSet<JobId>) -> Duration {
        const IDLE: Duration = Duration::from_secs(30);
        const TROUBLE: Duration = Duration::from_secs(1);
        let free = self.settings.slots.saturating_sub(running.len());
        if free == 0 {
            return IDLE;
        }
        let library = &self.context.ingest.library;
        let now = self.context.ingest.clock.now();
        match library.next_due().await {
            Ok(None) => return IDLE,
            Ok(Some(due)) if due > now => return due.since(now).min(IDLE),
            Ok(Some(_)) => {}
            Err(error) => {
                tracing::error!(%error, "the queue could not be read");
                return TROUBLE;
            }
        }
        match library.claim_jobs(&self.name, free, self.settings.lease).await {
            // Due, but its group is busy or a suspect runs alone. The end of a job wakes us before this.
            Ok(leases) if leases.is_empty() => TROUBLE,
            Ok(leases) => {
                for lease in leases {
                    self.start(lease, running, tasks);
                }
                Duration::ZERO
            }
            Err(error) => {
                tracing::error!(%error, "no jobs could be claimed");
                TROUBLE
            }
        }
    }

    fn start(&self, lease: Lease, running: &mut HashMap<JobId, Running>, tasks: &mut JoinSet<JobId>) {
        let (context, metrics, claimed) = (self.context.clone(), Arc::clone(&self.metrics), lease.clone());
        let job = lease.job.id;
        let task = tasks.spawn(async move {
            let kind = claimed.job.kind;
            let begun = Instant::now();
            match context.run(claimed.clone()).await {
                Ok(outcome) => metrics.job_ended(kind, &outcome, begun.elapsed()),
                Err(StoreError::LeaseLost) => {
                    tracing::warn!(%job, %kind, "another worker has this job by now");
                }
                Err(error) => {
                    tracing::error!(%job, %kind, %error, "a job broke off; it is tried again");
                    put_back(&context, &claimed, &error).await;
                }
            }
            job
        });
        running.insert(job, Running { lease, task });
    }

    fn forget(
        running: &mut HashMap<JobId, Running>,
        ended: &Result<(tokio::task::Id, JobId), tokio::task::JoinError>,
    ) {
        match ended {
            Ok((_, job)) => {
                running.remove(job);
            }
            Err(error) => {
                if error.is_panic() {
                    tracing::error!(%error, "a job panicked; its lease runs out and the try counts");
                }
                running.retain(|_, entry| entry.task.id() != error.id());
            }
        }
    }

    /// Renews every lease. Whoever lost theirs is cut off: the result would be discarded anyway.
    async fn keep_leases(&self, running: &mut HashMap<JobId, Running>) {
        if running.is_empty() {
            return;
        }
        let held = running
            .values()
            .map(|entry| (entry.lease.job.id, entry.lease.token))
            .collect();
        match self
            .context
            .ingest
            .library
            .heartbeat(held, self.settings.lease)
            .await
        {
            Ok(lost) => {
                for job in lost {
                    if let Some(entry) = running.remove(&job) {
                        tracing::warn!(%job, "lost the lease of a running job");
                        entry.task.abort();
                    }
                }
            }
            Err(error) => tracing::error!(%error, "leases could not be renewed"),
        }
    }

    /// After our own leases are renewed, so that a clock that jumped ahead takes none of them.
    async fn expire_leases(&self) {
        match self.context.ingest.library.expire_leases().await {
            Ok(0) => {}
            Ok(_) => self.signals.job_finished(),
            Err(error) => tracing::error!(%error, "leases that ran out could not be taken back"),
        }
    }

    async fn wind_down(&self, mut running: HashMap<JobId, Running>, mut tasks: JoinSet<JobId>) {
        let deadline = Instant::now() + self.settings.shutdown_grace;
        while let Ok(Some(ended)) = timeout_at(deadline, tasks.join_next_with_id()).await {
            Self::forget(&mut running, &ended);
            self.signals.job_finished();
        }
        tasks.shutdown().await;
        for entry in running.into_values() {
            tracing::info!(job = %entry.lease.job.id, "gave a running job back");
            if let Err(error) = self.context.ingest.library.release_job(&entry.lease).await {
                tracing::error!(%error, "a job could not be given back; the next start takes it");
            }
        }
    }
}

/// The store failed under a job. Where it still can, it remembers that; otherwise the lease runs out.
async fn put_back(context: &JobContext, lease: &Lease, error: &StoreError) {
    let now = context.ingest.clock.now();
    let postponement = Postponement {
        until: now.after(STORE_PAUSE),
        // A full disk or a busy file is no job's fault.
        counts: !matches!(
            error,
            StoreError::Full(_)
                | StoreError::Io(_)
                | StoreError::Busy(_)
                | StoreError::Interrupted
                | StoreError::Unknown(_)
        ),
        reason: "store_failed".to_owned(),
        message: error.to_string(),
    };
    let library = &context.ingest.library;
    let result = if !postponement.counts || lease.job.attempts + 1 < lease.job.max_attempts {
        library
            .postpone_job(lease, postponement, AttemptRecord::at(now, "run"))
            .await
    } else {
        let outcome = Outcome::Failed {
            reason: postponement.reason,
            message: postponement.message,
        };
        library
            .finish_job(lease, outcome, AttemptRecord::at(now, "run"))
            .await
    };
    if let Err(error) = result {
        tracing::error!(job = %lease.job.id, %error, "a job could not be put back; its lease runs out");
    }
}
