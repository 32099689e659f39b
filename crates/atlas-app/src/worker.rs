//! The worker: claims jobs, runs them side by side, keeps their leases alive, and stops in good order.
//!
//! It knows nothing of what a job does. A job that outlives its lease is cut off, because another may have it.

mod kinds;
mod put_back;
mod trouble;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use atlas_domain::{JobId, JobKind, Lease};
use atlas_resilience::breaker::CallResult;
use atlas_store::{JobScope, StoreError};
use tokio::sync::watch;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::jobs::JobContext;
use crate::metrics::Metrics;
use crate::signals::Signals;
pub(crate) use kinds::KindsAtRest;
use put_back::{Breakdown, give_back, put_back};
pub(crate) use trouble::Trouble;
use trouble::TroubleLog;

/// How long the worker sleeps when it has nothing to do and nobody wakes it.
const IDLE: Duration = Duration::from_secs(30);
/// How long it waits before it looks again at what it could not have just now. Where the store failed, twice as long
/// each further time, up to [`IDLE`].
const LOOK_AGAIN: Duration = Duration::from_secs(1);

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
    scope: JobScope,
    trouble: TroubleLog,
    name: String,
}

/// The jobs on their way. A job that lost its lease is not among them any more, though its task may still end.
#[derive(Default)]
struct Running {
    leases: HashMap<JobId, Held>,
    tasks: JoinSet<()>,
}

/// A job on its way.
struct Held {
    lease: Lease,
    task: AbortHandle,
    begun: Instant,
    /// The breaker of its kind knows of it by now, or has refused it.
    has_asked: Arc<AtomicBool>,
}

impl Worker {
    /// A worker that is ready to run the jobs of `scope`.
    pub(crate) fn new(
        context: JobContext,
        signals: Arc<Signals>,
        metrics: Arc<Metrics>,
        settings: WorkerSettings,
        scope: JobScope,
    ) -> Self {
        Self {
            context,
            signals,
            metrics,
            settings,
            scope,
            trouble: TroubleLog::default(),
            name: format!("worker-{}", std::process::id()),
        }
    }

    /// Follows what keeps the store from serving this worker.
    pub(crate) fn trouble(&self) -> watch::Receiver<Trouble> {
        self.trouble.watch()
    }

    /// Claims and runs jobs until `stop`, then lets those that run end within the grace and gives the rest back.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut running = Running::default();
        let mut heartbeat = interval(self.settings.lease / 3);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut pause = LOOK_AGAIN;
        while !stop.is_cancelled() {
            self.signals.worker_turned();
            let wait = match self.claim(&mut running).await {
                Ok(wait) => {
                    pause = LOOK_AGAIN;
                    wait
                }
                Err(error) => {
                    self.trouble.failed("no jobs can be claimed", error);
                    let wait = pause;
                    pause = (pause * 2).min(IDLE);
                    wait
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.signals.jobs.notified() => {}
                () = sleep(wait) => {}
                _ = heartbeat.tick() => {
                    self.keep_leases(&mut running).await;
                    self.expire_leases().await;
                }
                Some(ended) = running.tasks.join_next_with_id() => {
                    self.take_leave(&mut running, ended).await;
                }
            }
        }
        self.wind_down(running).await;
    }

    /// Fills the free slots. Returns how long nothing new can become due. Looks before it claims: a claim is a
    /// write, and a process that has nothing to do should not touch the disk. Jobs of kinds that rest stay where they
    /// are: they have no time of their own, and come when their kind does.
    async fn claim(&self, running: &mut Running) -> Result<Duration, StoreError> {
        let free = self.settings.slots.saturating_sub(running.leases.len());
        if free == 0 {
            return Ok(IDLE);
        }
        let library = &self.context.ingest.library;
        let now = self.context.ingest.clock.now();
        let rest = KindsAtRest::beside(&self.context.background, |kind| running.about_to_ask(kind));
        match library.next_due(self.scope, rest.kinds()).await? {
            None => return Ok(rest.over_within(IDLE)),
            Some(due) if due > now => return Ok(rest.over_within(due.since(now).min(IDLE))),
            Some(_) => {}
        }
        let leases = library
            .claim_jobs(&self.name, self.scope, rest.places(free), self.settings.lease)
            .await?;
        self.trouble.served();
        for lease in leases {
            self.start(lease, running);
        }
        // What is due and was not claimed has to wait: its group is busy, or a suspect runs alone. The end of a job,
        // or a new one, wakes us before this.
        Ok(LOOK_AGAIN)
    }

    fn start(&self, lease: Lease, running: &mut Running) {
        let (context, metrics, trouble) = (
            self.context.clone(),
            Arc::clone(&self.metrics),
            self.trouble.clone(),
        );
        let (job, kind, claimed) = (lease.job.id, lease.job.kind, lease.clone());
        let has_asked = Arc::<AtomicBool>::default();
        let asked = Arc::clone(&has_asked);
        let task = running.tasks.spawn(async move {
            let begun = Instant::now();
            let breaker = context.background.breakers().get(kind.as_str());
            let permit = breaker.acquire();
            asked.store(true, Ordering::Release);
            // Its kind came to rest between the claim and this.
            let Ok(permit) = permit else {
                return give_back(&context, &claimed, &trouble).await;
            };
            // A panic drops the permit, which is a failure too; being cut off drops it and says nothing.
            match context.run(claimed.clone()).await {
                Ok(outcome) => {
                    permit.success();
                    metrics.job_ended(kind, outcome.as_ref(), begun.elapsed());
                }
                Err(StoreError::LeaseLost) => {
                    permit.finish(CallResult::Ignored);
                    tracing::warn!(%job, %kind, "another worker has this job by now");
                }
                Err(error) => {
                    tracing::error!(%job, %kind, %error, "a job broke off; it is tried again");
                    let breakdown = Breakdown::Store(error);
                    permit.finish_with(breakdown.health(), Some(&breakdown.message()));
                    let outcome = put_back(&context, &claimed, &breakdown, &trouble).await;
                    metrics.job_ended(kind, Some(&outcome), begun.elapsed());
                }
            }
        });
        let held = Held {
            lease,
            task,
            begun: Instant::now(),
            has_asked,
        };
        if let Some(former) = running.leases.insert(job, held) {
            // Its lease ran out under it, and we are the ones who got the job again.
            former.task.abort();
        }
    }

    /// A task has ended, well or not.
    async fn take_leave(&self, running: &mut Running, ended: Result<(Id, ()), JoinError>) {
        let task = ended.as_ref().map_or_else(JoinError::id, |(task, ())| *task);
        let held = running.take(task);
        if let (Err(error), Some(Held { lease, begun, .. })) = (ended, held)
            && error.is_panic()
        {
            let (job, kind) = (lease.job.id, lease.job.kind);
            tracing::error!(%job, %kind, %error, "a job panicked; this try counts");
            let outcome = put_back(&self.context, &lease, &Breakdown::Panic, &self.trouble).await;
            self.metrics.job_ended(kind, Some(&outcome), begun.elapsed());
        }
        self.signals.job_finished();
    }

    /// Renews every lease. Whoever lost theirs is cut off: the result would be discarded anyway.
    async fn keep_leases(&self, running: &mut Running) {
        if running.leases.is_empty() {
            return;
        }
        let held = running
            .leases
            .values()
            .map(|held| (held.lease.job.id, held.lease.token))
            .collect();
        let library = &self.context.ingest.library;
        match library.heartbeat(held, self.settings.lease).await {
            Ok(lost) => {
                for job in lost {
                    if let Some(held) = running.leases.remove(&job) {
                        tracing::warn!(%job, "lost the lease of a running job");
                        held.task.abort();
                    }
                }
            }
            Err(error) => self.trouble.failed("leases cannot be renewed", error),
        }
    }

    /// After our own leases are renewed, so that a clock that jumped ahead takes none of them.
    async fn expire_leases(&self) {
        match self.context.ingest.library.expire_leases().await {
            Ok(0) => {}
            Ok(expired) => {
                self.metrics.leases_expired(expired);
                self.signals.job_finished();
            }
            Err(error) => self
                .trouble
                .failed("leases that ran out cannot be taken back", error),
        }
    }

    async fn wind_down(&self, mut running: Running) {
        let deadline = Instant::now() + self.settings.shutdown_grace;
        while let Ok(Some(ended)) = timeout_at(deadline, running.tasks.join_next_with_id()).await {
            self.take_leave(&mut running, ended).await;
        }
        running.tasks.shutdown().await;
        for Held { lease, .. } in running.leases.into_values() {
            tracing::info!(job = %lease.job.id, "gave a running job back");
            if let Err(error) = self.context.ingest.library.release_job(&lease).await {
                tracing::error!(%error, "a job could not be given back; the next start takes it");
            }
        }
    }
}

impl Running {
    /// Jobs of that kind which were claimed, and of which its breaker does not know yet.
    fn about_to_ask(&self, kind: JobKind) -> usize {
        let asks = |held: &&Held| held.lease.job.kind == kind && !held.has_asked.load(Ordering::Acquire);
        self.leases.values().filter(asks).count()
    }

    /// The lease of the job that `task` ran, unless the job has another task or another worker by now.
    fn take(&mut self, task: Id) -> Option<Held> {
        let job = *self.leases.iter().find(|(_, held)| held.task.id() == task)?.0;
        self.leases.remove(&job)
    }
}

#[cfg(test)]
mod tests;
