//! `Vitals`: looks after a server. It measures, has services checked, decides how they are and who has to be told, writes
//! that down, and has it sent, in this order. Every decision is made in `atlas-vitals`; here it is carried out.

mod announcing;
mod backlog;
mod channels;
mod checking;
mod checkup;
mod deciding;
mod keeping;
pub(crate) mod known;
mod measured;
mod observing;
mod own;
pub mod probes;
mod ranges;
mod reconfigure;
mod recorded;
mod sampling;
mod sending;
mod services;
mod settings;
mod sign_of_life;
mod task;
mod timeline;
mod view;
mod windows;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{CheckOutcome, Clock, Entropy, Messenger, PortFuture, Prober, Suppression, Timestamp};
use atlas_store::{Ops, StoreError};
use atlas_vitals::Moment;
use atlas_vitals::alerts::{IncidentId, Input, Refusal, RuleSet};
use atlas_vitals::health::{CheckFault, Maintenance, Scope};
use atlas_vitals::metrics::Sample;
pub use atlas_vitals::metrics::{Machine, WrittenPlace};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use announcing::Announcer;
pub(crate) use announcing::announce_reprocess;
pub use channels::{Channels, TestFailure};
pub use checkup::recall_file_check;
pub use deciding::{SilenceEnd, SilenceOrder};
use own::Heartbeats;
pub use own::OwnFiles;
pub use ranges::{PointView, RangeQuery, RangeSeries, RangeView, SeriesList, SeriesView};
pub(crate) use ranges::{left_range, left_series};
use recorded::Recorded;
pub use sending::LONGEST_ATTEMPT;
pub use services::ServiceSampler;
pub use settings::{
    Limits, MEASURE_EVERY, OwnCheck, QueriedFile, Query, QuietHours, STALLED_PERCENT, Secret, SignOfLife,
    VitalsSettings,
};
use task::{TakenUp, Task};
pub use view::{ChannelView, CheckView, HealthView, MaintenanceView, MeasuredValue, UptimeView};

/// How many requests may wait. Whoever asks waits for its turn.
const REQUESTS: usize = 64;

/// What a look has found.
#[derive(Debug, Clone, PartialEq)]
pub struct Looked {
    /// What it says.
    pub outcome: CheckOutcome,
    /// One sentence for people.
    pub message: String,
    /// What was measured, and in what: `ms`, `%`.
    pub value: Option<(f64, &'static str)>,
}

impl Looked {
    /// Without a value.
    pub fn new(outcome: CheckOutcome, message: impl Into<String>) -> Self {
        Self {
            outcome,
            message: message.into(),
            value: None,
        }
    }

    /// With how long something took.
    #[must_use]
    pub fn after(self, took: Duration) -> Self {
        Self {
            value: Some((took.as_secs_f64() * 1_000.0, "ms")),
            ..self
        }
    }
}

/// How long whoever asks how things are waits for the task.
const PATIENCE: Duration = Duration::from_secs(1);

/// Looks at one service, from its front door to its back.
pub trait Probe: Send + Sync {
    /// Looks once. The caller bounds the time.
    fn look(&self) -> PortFuture<'_, Looked>;
}

/// What it works with.
pub struct VitalsParts {
    /// Where it writes down what must outlive the process.
    pub ops: Ops,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Spreads runs and attempts.
    pub entropy: Arc<Entropy>,
    /// Measures the machine.
    pub machine: Machine,
    /// Directories that are written to.
    pub places: Vec<WrittenPlace>,
    /// Who looks at the services. A check without a probe is judged by what was measured.
    pub probes: BTreeMap<String, Arc<dyn Probe>>,
    /// Asks what the owner's own checks name.
    pub prober: Arc<dyn Prober>,
    /// Files that those may ask by a name of ours.
    pub files: OwnFiles,
    /// Where probes learn by which limits they judge: those of the settings, now and after each change.
    pub limits: watch::Sender<Limits>,
    /// Takes messages to people.
    pub messenger: Arc<dyn Messenger>,
}

/// Why it could not begin.
#[derive(Debug, thiserror::Error)]
pub enum VitalsError {
    /// What was written down before cannot be read.
    #[error("what is known of the services' health cannot be read")]
    Store(#[from] StoreError),
    /// Checks that make no sense.
    #[error("the checks do not fit together: {}", listed(.0))]
    Checks(Vec<CheckFault>),
    /// Maintenance that makes no sense.
    #[error("the plan of maintenance makes no sense: {}", .0.join("; "))]
    Maintenance(Vec<String>),
    /// Alerts that make no sense.
    #[error(transparent)]
    Alerts(#[from] Refusal),
}

fn listed(faults: &[CheckFault]) -> String {
    faults
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

/// Speaks with the task that looks after the server.
#[derive(Clone)]
pub struct Vitals {
    requests: mpsc::Sender<Request>,
    /// What the task knew after its last step.
    latest: watch::Receiver<HealthView>,
    clock: Arc<dyn Clock>,
    /// For what was measured long ago.
    ops: Ops,
    /// Those who call by themselves.
    heartbeats: Arc<Heartbeats>,
    /// Somebody watches, for those who count for them.
    watchers: Arc<Notify>,
}

/// What the task is asked.
enum Request {
    /// How everything is.
    Health(oneshot::Sender<HealthView>),
    /// A person decides about alerts.
    Decide(Box<Input>, oneshot::Sender<Result<(), Refusal>>),
    /// A person asks not to be told; answered with the number of the silence.
    Silence(Box<SilenceOrder>, oneshot::Sender<Result<u64, Refusal>>),
    /// Which rules hold.
    Rules(oneshot::Sender<RuleSet>),
    /// What keeps these incidents back.
    KeptBack(Vec<IncidentId>, oneshot::Sender<Vec<(IncidentId, Suppression)>>),
    /// What is measured, as it is now.
    Measured(oneshot::Sender<Vec<MeasuredValue>>),
    /// What is measured and not written yet, for charts.
    Recorded(oneshot::Sender<Recorded>),
    /// Other settings hold.
    Reconfigure(Box<VitalsSettings>, oneshot::Sender<Result<(), VitalsError>>),
    /// Somebody else has measured something.
    Record(Sample),
    /// Somebody watches what is measured.
    Watched,
    /// A job expects trouble.
    Announce(Announcement),
    /// A job has done what it announced.
    EndMaintenance(String),
}

/// Trouble that a job expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// A name, by which it is ended or made longer.
    pub name: String,
    /// Why, for people.
    pub reason: String,
    /// Which checks it covers.
    pub scope: Scope,
    /// For how long at most, should nobody end it.
    pub lasts: Duration,
}

impl Announcement {
    fn at(&self, now: Moment) -> Maintenance {
        Maintenance::announced(&self.name, &self.reason, self.scope.clone(), now, self.lasts)
    }
}

/// The task has ended, or will any moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this server is about to end")]
pub struct Ending;

impl Vitals {
    /// Takes up what the process before this one left, and starts to look. It ends with `stop`, and writes down what
    /// it knows; `tasks` is done then.
    pub async fn start(
        settings: VitalsSettings,
        parts: VitalsParts,
        stop: CancellationToken,
        tasks: &TaskTracker,
    ) -> Result<Self, VitalsError> {
        let (requests, asked) = mpsc::channel(REQUESTS);
        let (clock, ops) = (Arc::clone(&parts.clock), parts.ops.clone());
        let taken_up = Task::take_up(settings, parts, asked).await?;
        let TakenUp {
            task,
            latest,
            heartbeats,
        } = taken_up;
        tasks.spawn(task.run(stop));
        Ok(Self {
            requests,
            latest,
            clock,
            ops,
            heartbeats,
            watchers: Arc::default(),
        })
    }

    fn wall(&self) -> Timestamp {
        self.clock.now()
    }

    /// How everything is. A task that is held up by a file that does not answer is not waited for: what it knew before
    /// must do then.
    pub async fn health(&self) -> Result<HealthView, Ending> {
        match timeout(PATIENCE, self.ask(Request::Health)).await {
            Ok(answer) => answer,
            Err(_elapsed) => Ok(self.latest.borrow().clone()),
        }
    }

    /// Returns once the task has come round to whoever asks, however long that takes.
    pub async fn comes_round(&self) -> Result<(), Ending> {
        self.ask(Request::Health).await.map(|_| ())
    }

    /// What the task knew after its last step, and each time that it has taken another.
    pub fn latest(&self) -> watch::Receiver<HealthView> {
        self.latest.clone()
    }

    /// A person silences, acknowledges, closes. What was decided holds when this returns, and is on
    /// the disk if that can be written; if not, it is written as soon as it can be.
    pub async fn decide(&self, decision: Input) -> Result<Result<(), Refusal>, Ending> {
        self.ask(|answer| Request::Decide(Box::new(decision), answer))
            .await
    }

    /// What is measured, as it is now; nothing while the task is held up.
    pub async fn measured(&self) -> Result<Vec<MeasuredValue>, Ending> {
        let answer = timeout(PATIENCE, self.ask(Request::Measured)).await;
        answer.unwrap_or_else(|_elapsed| Ok(Vec::new()))
    }

    /// Takes in what somebody else has measured.
    pub async fn record(&self, sample: Sample) -> Result<(), Ending> {
        self.tell(Request::Record(sample)).await
    }

    /// Somebody who is waited for calls, and says whether something failed. False if nobody of that secret is waited for.
    pub async fn beat(&self, secret: &str, failed: bool) -> bool {
        self.heartbeats.beat(secret, failed).await
    }

    /// Somebody watches: for a short while the machine is measured every second, and the library counted every few.
    pub async fn watched(&self) -> Result<(), Ending> {
        self.watchers.notify_one();
        self.tell(Request::Watched).await
    }

    /// Returns once somebody watches, or has since this returned last. One may wait.
    async fn somebody_watches(&self) {
        self.watchers.notified().await;
    }

    /// A job expects trouble, and wants nobody woken for it.
    pub async fn announce(&self, announcement: Announcement) -> Result<(), Ending> {
        self.tell(Request::Announce(announcement)).await
    }

    /// The job of that name has done what it announced.
    pub async fn end_maintenance(&self, name: &str) -> Result<(), Ending> {
        self.tell(Request::EndMaintenance(name.to_owned())).await
    }

    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Result<T, Ending> {
        let (answer, answered) = oneshot::channel();
        self.tell(request(answer)).await?;
        answered.await.map_err(|_| Ending)
    }

    async fn tell(&self, request: Request) -> Result<(), Ending> {
        self.requests.send(request).await.map_err(|_| Ending)
    }
}
