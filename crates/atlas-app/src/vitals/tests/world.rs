//! A server to look after: one check with a scripted probe, one channel with a scripted receiver.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use atlas_domain::time::ManualClock;
use atlas_domain::{
    CheckOutcome, Clock, Entropy, HealthStatus, KnownChannel, Message, Messenger, PortFuture, ProbeAnswer,
    ProbeTarget, Prober, Receipt, SendFailure, Timestamp,
};
use atlas_store::{DataDir, DataDirLock, DatabaseServices, Holder, Ops};
use atlas_vitals::alerts::{AlertSettings, ChannelSettings, RuleSet};
use atlas_vitals::health::{CheckKind, CheckSettings};
use atlas_vitals::metrics::Machine;
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::test_app::FrozenTime;
use crate::vitals::task::{TakenUp, Task};
use crate::vitals::{
    CheckView, HealthView, Limits, Looked, OwnFiles, Probe, Vitals, VitalsParts, VitalsSettings,
};

/// The name of the check.
pub(super) const CHECK: &str = "database";
/// How often it runs.
pub(super) const EVERY: Duration = Duration::from_mins(1);

/// What a look finds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Look {
    Finds(CheckOutcome),
    NeverEnds,
    Panics,
}

/// Finds what it is told, and then the last of it for ever.
#[derive(Default)]
pub(super) struct Script {
    looks: Mutex<VecDeque<Look>>,
    count: AtomicU32,
}

impl Script {
    pub(super) fn of(looks: impl IntoIterator<Item = Look>) -> Arc<Self> {
        Arc::new(Self {
            looks: Mutex::new(looks.into_iter().collect()),
            count: AtomicU32::new(0),
        })
    }

    pub(super) fn becomes(&self, look: Look) {
        *self.looks.lock().unwrap() = VecDeque::from([look]);
    }
}

impl Probe for Script {
    fn look(&self) -> PortFuture<'_, Looked> {
        let mut looks = self.looks.lock().unwrap();
        let look = if looks.len() > 1 {
            looks.pop_front()
        } else {
            looks.front().copied()
        };
        drop(looks);
        // Each says something else, as real ones do.
        let message = format!("look {}", self.count.fetch_add(1, Ordering::Relaxed));
        Box::pin(async move {
            match look {
                Some(Look::Finds(outcome)) => Looked::new(outcome, message),
                Some(Look::NeverEnds) => std::future::pending().await,
                Some(Look::Panics) | None => panic!("as scripted"),
            }
        })
    }
}

/// Remembers what it got, and answers, or never does.
#[derive(Default)]
pub(super) struct Receiver {
    got: Mutex<Vec<Message>>,
    is_silent: bool,
}

impl Receiver {
    pub(super) fn answering() -> Arc<Self> {
        Arc::default()
    }

    pub(super) fn silent() -> Arc<Self> {
        Arc::new(Self {
            is_silent: true,
            ..Self::default()
        })
    }

    pub(super) fn got(&self) -> Vec<Message> {
        self.got.lock().unwrap().clone()
    }
}

impl Messenger for Receiver {
    fn channels(&self) -> Vec<KnownChannel> {
        vec![KnownChannel {
            name: "mail".to_owned(),
            kind: "email",
        }]
    }

    fn send<'a>(
        &'a self,
        _channel: &'a str,
        message: &'a Message,
    ) -> PortFuture<'a, Result<Receipt, SendFailure>> {
        self.got.lock().unwrap().push(message.clone());
        Box::pin(async {
            if self.is_silent {
                std::future::pending::<()>().await;
            }
            Ok(Receipt::of_all("250 OK"))
        })
    }
}

/// Whoever is asked by checks of the owner's own: remembers what it was asked, and answers as it is told.
pub(super) struct Outside {
    asked: Mutex<Vec<String>>,
    answer: Mutex<ProbeAnswer>,
}

impl Outside {
    fn well() -> Arc<Self> {
        Arc::new(Self {
            asked: Mutex::default(),
            answer: Mutex::new(ProbeAnswer {
                outcome: CheckOutcome::Ok,
                took_ms: Some(12.0),
                message: "it answered".to_owned(),
            }),
        })
    }

    /// Answers so from now on.
    pub(super) fn becomes(&self, outcome: CheckOutcome, took_ms: f64) {
        let mut answer = self.answer.lock().unwrap();
        answer.outcome = outcome;
        answer.took_ms = Some(took_ms);
    }

    /// How often it was asked for that check.
    pub(super) fn asked(&self, check: &str) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|asked| *asked == check).count()
    }
}

impl Prober for Outside {
    fn probe<'a>(
        &'a self,
        check: &'a str,
        _target: &'a ProbeTarget,
        _limit: Duration,
    ) -> PortFuture<'a, ProbeAnswer> {
        self.asked.lock().unwrap().push(check.to_owned());
        let answer = self.answer.lock().unwrap().clone();
        Box::pin(async move { answer })
    }
}

/// A data directory and its time.
pub(super) struct World {
    pub(super) outside: Arc<Outside>,
    time: FrozenTime,
    clock: Arc<ManualClock>,
    pub(super) ops: Ops,
    _lock: DataDirLock,
    folder: TempDir,
}

/// A process that looks after it.
pub(super) struct Process {
    pub(super) vitals: Vitals,
    /// The limits that probes judge by.
    pub(super) limits: watch::Receiver<Limits>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl World {
    pub(super) fn new() -> Self {
        let time = FrozenTime::begin();
        let folder = tempfile::tempdir().unwrap();
        let holder = Holder {
            pid: 1,
            purpose: "test".to_owned(),
            socket: None,
        };
        let lock = DataDir::new(folder.path().join("data")).lock(&holder).unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_750_000_000_000)));
        let shared = Arc::clone(&clock) as Arc<dyn Clock>;
        let ops = Ops::open(&lock, shared, &DatabaseServices::default()).unwrap();
        Self {
            outside: Outside::well(),
            time,
            clock,
            ops,
            _lock: lock,
            folder,
        }
    }

    /// What is looked after, unless a test says otherwise.
    pub(super) fn settings() -> VitalsSettings {
        VitalsSettings {
            checks: vec![CheckSettings {
                critical: true,
                ..CheckSettings::new(CHECK, CheckKind::PassFail, EVERY)
            }],
            alerts: Arc::new(AlertSettings {
                rules: RuleSet::builtin(),
                channels: vec![ChannelSettings::new("mail", None)],
                ..AlertSettings::default()
            }),
            ..VitalsSettings::default()
        }
    }

    pub(super) async fn start(&self, probe: &Arc<Script>, receiver: &Arc<Receiver>) -> Process {
        self.start_with(Self::settings(), probe, receiver).await
    }

    pub(super) async fn start_with(
        &self,
        settings: VitalsSettings,
        probe: &Arc<Script>,
        receiver: &Arc<Receiver>,
    ) -> Process {
        // There is nothing below it: what belongs to the machine is absent.
        let root = self.folder.path();
        let (limits, of_probes) = watch::channel(settings.limits.clone());
        let parts = VitalsParts {
            ops: self.ops.clone(),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            entropy: Arc::new(Entropy::seeded(7)),
            machine: Machine::new(&root.join("no-kernel"), root, settings.measure_every),
            places: Vec::new(),
            probes: [(CHECK.to_owned(), Arc::clone(probe) as Arc<dyn Probe>)].into(),
            prober: Arc::clone(&self.outside) as Arc<dyn Prober>,
            files: OwnFiles {
                library: root.join("data").join("library.db"),
                operations: root.join("data").join("ops.db"),
            },
            limits,
            messenger: Arc::clone(receiver) as Arc<dyn Messenger>,
        };
        let (requests, asked) = mpsc::channel(8);
        let taken_up = Task::take_up(settings, parts, asked).await.unwrap();
        let TakenUp {
            task,
            latest,
            heartbeats,
        } = taken_up;
        let stop = CancellationToken::new();
        Process {
            vitals: Vitals {
                requests,
                latest,
                clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
                ops: self.ops.clone(),
                heartbeats,
                watchers: Arc::default(),
            },
            limits: of_probes,
            task: tokio::spawn(task.run(stop.clone())),
            stop,
        }
    }

    /// Lets time pass, second by second, and everybody do what is due.
    pub(super) async fn pass(&self, process: &Process, duration: Duration) -> Vec<CheckView> {
        let mut seen = Vec::new();
        for _ in 0..duration.as_secs() {
            self.pass_one_second().await;
            seen.push(self.look(process).await);
        }
        seen
    }

    /// Lets a second pass.
    pub(super) async fn pass_one_second(&self) {
        self.clock.advance(Duration::from_secs(1));
        self.time.pass(Duration::from_secs(1)).await;
    }

    /// The check, once everybody has done what is due.
    pub(super) async fn look(&self, process: &Process) -> CheckView {
        self.look_at_all(process)
            .await
            .services
            .into_iter()
            .next()
            .unwrap()
    }

    /// Everything, once everybody has done what is due.
    pub(super) async fn look_at_all(&self, process: &Process) -> HealthView {
        for _ in 0..3 {
            process.vitals.health().await.unwrap();
            self.time.others_turn().await;
        }
        process.vitals.health().await.unwrap()
    }

    /// The clock is set.
    pub(super) fn set_clock_forward(&self, by: Duration) {
        self.clock.advance(by);
    }
}

impl Process {
    /// Ends as it should.
    pub(super) async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }

    /// Ends without a last word.
    pub(super) async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.is_err());
    }
}

/// How it was after each result, in order.
pub(super) fn after_each_result(seen: &[CheckView]) -> Vec<HealthStatus> {
    let mut statuses: Vec<(&str, HealthStatus)> = Vec::new();
    for view in seen.iter().filter(|view| view.outcome.is_some()) {
        if statuses.last().is_none_or(|(reason, _)| *reason != view.reason) {
            statuses.push((&view.reason, view.status));
        }
    }
    statuses.into_iter().map(|(_, status)| status).collect()
}
