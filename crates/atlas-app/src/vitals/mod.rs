//! `Vitals`: looks after a server. It measures, has services checked, decides how they are and who has to be told, writes
//! that down, and has it sent, in this order. Every decision is made in `atlas-vitals`; here it is carried out.

mod backlog;
mod checking;
mod keeping;
mod measured;
mod observing;
pub mod probes;
mod sampling;
mod sending;
mod services;
mod task;
mod timeline;
mod view;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{CheckOutcome, Clock, Entropy, Messenger, PortFuture, Timestamp};
use atlas_store::{Ops, StoreError};
use atlas_vitals::Moment;
use atlas_vitals::alerts::{AlertSettings, Input, Refusal, RuleSet};
use atlas_vitals::health::{
    CheckFault, CheckSettings, DISK_SPACE, DiskRule, Maintenance, SYSTEM_RESOURCES, Scope, seven_services,
};
use atlas_vitals::metrics::Sample;
pub use atlas_vitals::metrics::{Machine, WrittenPlace};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use services::ServiceSampler;
use task::Task;
pub use view::{CheckView, HealthView, MeasuredValue, UptimeView};

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

/// How often everything is measured while nobody watches.
pub const MEASURE_EVERY: Duration = Duration::from_secs(10);

/// Looks at one service, from its front door to its back.
pub trait Probe: Send + Sync {
    /// Looks once. The caller bounds the time.
    fn look(&self) -> PortFuture<'_, Looked>;
}

/// What is looked after, and how.
pub struct VitalsSettings {
    /// Every check.
    pub checks: Vec<CheckSettings>,
    /// When a disk is too full.
    pub disk: DiskRule,
    /// Who is told of what.
    pub alerts: Arc<AlertSettings>,
    /// How often everything is measured.
    pub measure_every: Duration,
}

impl VitalsSettings {
    /// The services that are looked at with `probes`, the machine and the disks, by the rules that are built in, told
    /// on this machine itself.
    pub fn built_in(probes: &BTreeMap<String, Arc<dyn Probe>>) -> Self {
        let mut checks = seven_services();
        // Measured, they need none.
        checks.retain(|check| {
            [SYSTEM_RESOURCES, DISK_SPACE].contains(&check.name.as_str()) || probes.contains_key(&check.name)
        });
        Self {
            checks,
            disk: DiskRule::default(),
            alerts: Arc::new(AlertSettings {
                rules: RuleSet::builtin(),
                ..AlertSettings::default()
            }),
            measure_every: MEASURE_EVERY,
        }
    }
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
    /// Who looks at what. A check without a probe is judged by what was measured.
    pub probes: BTreeMap<String, Arc<dyn Probe>>,
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
}

/// What the task is asked.
enum Request {
    /// How everything is.
    Health(oneshot::Sender<HealthView>),
    /// A person decides about alerts.
    Decide(Box<Input>, oneshot::Sender<Result<(), Refusal>>),
    /// What is measured, as it is now.
    Measured(oneshot::Sender<Vec<MeasuredValue>>),
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
        let clock = Arc::clone(&parts.clock);
        let (task, latest) = Task::take_up(settings, parts, asked).await?;
        tasks.spawn(task.run(stop));
        Ok(Self {
            requests,
            latest,
            clock,
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

    /// A person silences, acknowledges, closes. What was decided is on the disk when this returns.
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

    /// Somebody watches: for a short while everything is measured every second.
    pub async fn watched(&self) -> Result<(), Ending> {
        self.tell(Request::Watched).await
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
