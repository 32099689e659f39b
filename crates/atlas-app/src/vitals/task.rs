//! The one task that owns health, alerts and measurements, so that each step of one sees the last of the others, and
//! what they lead to is written in one transaction.

mod answering;
mod starting;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{CheckOutcome, Entropy, HealthStatus};
use atlas_vitals::Moment;
use atlas_vitals::alerts::{self, Alerts, Effects, Input};
use atlas_vitals::health::{
    CheckResult, DISK_SPACE, HealthEffect, HealthEngine, HealthInput, Maintenance, SYSTEM_RESOURCES,
    Transition,
};
use atlas_vitals::metrics::{Measurements, Sample};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::checking::{Checking, Finding};
use super::keeping::{Keeping, Known};
use super::measured::Measured;
use super::observing::Observing;
use super::own::Own;
use super::sampling::Sampling;
use super::sending::{Answered, Sending};
use super::sign_of_life::SignsOfLife;
use super::timeline::Timeline;
use super::view::{ChannelView, HealthView};
use super::windows::Windows;
use super::{Limits, Probe, QuietHours, Request};

pub(super) use starting::TakenUp;

/// Whatever is due at once again after a tick waits for so long, and everybody else has a turn.
const SOONEST_TICK: Duration = Duration::from_millis(100);
/// How long the first look at a service waits for the first measurement of the machine.
const FIRST_SAMPLE: Duration = Duration::from_millis(500);
/// How long the end waits for messages that are on their way: what is known to have arrived is not sent again.
const LAST_ANSWERS: Duration = Duration::from_secs(3);

pub(super) struct Task {
    pub(super) line: Timeline,
    entropy: Arc<Entropy>,
    pub(super) health: HealthEngine,
    alerts: Alerts,
    pub(super) measurements: Measurements,
    pub(super) measure_every: Duration,
    pub(super) measured: Measured,
    /// For probes that judge by limits.
    pub(super) limits: watch::Sender<Limits>,
    /// The probes that every configuration has.
    pub(super) built_in: BTreeMap<String, Arc<dyn Probe>>,
    pub(super) own: Own,
    pub(super) signs: SignsOfLife,
    observing: Observing,
    windows: Windows,
    sampling: Sampling,
    pub(super) checking: Checking,
    sending: Sending,
    keeping: Keeping,
    sampled: mpsc::UnboundedReceiver<Sample>,
    found: mpsc::UnboundedReceiver<Finding>,
    answered: mpsc::UnboundedReceiver<Answered>,
    asked: mpsc::Receiver<Request>,
    /// For those who do not wait.
    latest: watch::Sender<HealthView>,
    /// How often measurements were written, or it was tried.
    flushes: u64,
}

impl Task {
    /// Checks may have come and gone: what was said of those that are gone is over, and everybody sees those that are
    /// there.
    pub(super) async fn begin_anew(&mut self) {
        let services = self.health.services();
        let names = services.map(|service| Arc::from(service.name)).collect();
        self.alert(Input::Watched(names)).await;
        self.latest.send_replace(self.view());
    }

    fn view(&self) -> HealthView {
        let channels = ChannelView::all(&self.alerts, &self.sending.channels(), &self.line);
        HealthView::of(&self.health, channels, &self.line)
    }

    /// Until `stop`.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        self.look_first().await;
        let mut soonest = Instant::now();
        loop {
            let due = self.line.instant_of(self.next_due()).max(soonest);
            tokio::select! {
                biased; // whoever asks hears of everything that is known by then
                () = stop.cancelled() => break,
                () = sleep_until(due) => {
                    self.tick().await;
                    soonest = Instant::now() + SOONEST_TICK;
                }
                Some(answered) = self.answered.recv() => self.take_answer(answered).await,
                Some(finding) = self.found.recv() => self.take_finding(finding).await,
                Some(sample) = self.sampled.recv() => self.take_sample(sample).await,
                request = self.asked.recv() => match request {
                    Some(request) => self.answer(request).await,
                    None => break,
                },
            }
        }
        self.end().await;
    }

    /// The machine is measured before anything is judged by it, unless that takes long.
    async fn look_first(&mut self) {
        if !self.measurements.due(self.line.now()).look {
            return;
        }
        self.sampling.begin(self.line.now(), self.measure_every);
        if let Ok(Some(sample)) = timeout(FIRST_SAMPLE, self.sampled.recv()).await {
            self.take_sample(sample).await;
        }
    }

    fn next_due(&self) -> Moment {
        let always = self.measurements.next_due().min(self.keeping.next_due());
        let all = [
            self.health.next_due(),
            self.alerts.next_due(),
            self.signs.next_due(),
            Some(always),
        ];
        all.into_iter().flatten().min().unwrap_or(always)
    }

    async fn tick(&mut self) {
        let due = self.measurements.due(self.line.now());
        if due.look {
            self.sampling.begin(self.line.now(), self.measure_every);
            if let Some(sample) = self.signs.tell(self.measure_every) {
                self.measurements
                    .record(self.line.now(), self.line.wall(), sample);
            }
        }
        if due.flush {
            self.flush().await;
        }
        self.look_at(HealthInput::Tick).await;
        self.alert(Input::Tick).await;
        self.signs.give(self.line.now());
    }

    /// All that is known is told in one round: a rule may put together what several sources have measured.
    async fn take_sample(&mut self, sample: Sample) {
        let (now, wall) = (self.line.now(), self.line.wall());
        self.measurements.record(now, wall, sample);
        let readings = self.readings();
        self.alert(Input::Measured(readings)).await;
    }

    /// What is measured now, and what its sources say does not exist.
    fn readings(&self) -> Vec<alerts::Reading> {
        let now = self.line.now();
        let current = self.measurements.current(now);
        let values = current.iter().map(|value| {
            alerts::Reading::of(
                value.definition.name,
                alerts::Labels::new(value.label),
                value.value,
            )
        });
        let none = self.measurements.absences(now).map(|absence| {
            let key = absence.definition.label.map_or("", |label| label.key);
            let label = absence.label.as_deref().map(|value| (key, value));
            alerts::Reading::none(absence.definition.name, alerts::Labels::new(label))
        });
        let readings = values.chain(none).map(|reading| alerts::Reading {
            every: self.measure_every,
            ..reading
        });
        readings.collect()
    }

    async fn flush(&mut self) {
        let flush = self.measurements.flush(self.line.now(), self.line.wall());
        if flush.is_empty() {
            return;
        }
        self.flushes += 1;
        let known = Known {
            line: &self.line,
            health: &self.health,
            alerts: &self.alerts,
        };
        if self.keeping.keep(flush, &known).await {
            self.measurements.flushed();
        }
    }

    async fn take_finding(&mut self, finding: Finding) {
        let Finding { check, result } = finding;
        self.look_at(HealthInput::Result { check, result }).await;
    }

    /// Lets one thing happen to health, and alerts know of what it leads to.
    async fn look_at(&mut self, input: HealthInput) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            if let HealthInput::Result { check, result } = &input
                && result.outcome != CheckOutcome::Ok
            {
                self.keeping.unsettled(check.clone());
            }
            for effect in self.health.step(self.line.now(), self.line.wall(), input) {
                self.observing.follow(&effect);
                match effect {
                    HealthEffect::Run { check, deadline } => {
                        if !self.checking.begin(&check, deadline) {
                            inputs.push(self.judge_by_measurements(check));
                        }
                    }
                    HealthEffect::Changed(transition) => {
                        log(&transition);
                        self.keeping.changed(transition.check);
                    }
                    HealthEffect::Told(transition) => self.keeping.changed(transition.check),
                }
            }
        }
        self.latest.send_replace(self.view());
        self.tell_windows().await;
        let news = self.observing.news(&self.health);
        self.alert(news.map_or(Input::Tick, Input::Observed)).await;
    }

    /// Takes the owner's plan of maintenance and quiet hours in place of those before. Where something is wrong with the
    /// plan, all stays as it was, and what is wrong is told.
    pub(super) async fn expect(
        &mut self,
        maintenance: Vec<Maintenance>,
        quiet_hours: Vec<QuietHours>,
    ) -> Result<(), Vec<String>> {
        self.health.plan(maintenance)?;
        self.windows.keep_quiet(quiet_hours);
        self.tell_windows().await;
        Ok(())
    }

    async fn tell_windows(&mut self) {
        let news = self.windows.news(&self.health, self.line.now(), self.line.wall());
        if let Some(windows) = news {
            self.alert(Input::Windows(windows)).await;
        }
    }

    fn judge_by_measurements(&mut self, check: String) -> HealthInput {
        let (now, wall) = (self.line.now(), self.line.wall());
        let result = match check.as_str() {
            SYSTEM_RESOURCES => {
                let is_well = self.is_well(SYSTEM_RESOURCES);
                self.measured
                    .system_resources(&self.measurements, now, wall, is_well)
            }
            DISK_SPACE => self.measured.disk_space(&self.measurements, now, wall),
            _ => CheckResult::new(
                CheckOutcome::Unknown,
                "there is nothing here that looks at it",
                Duration::ZERO,
                wall,
            ),
        };
        HealthInput::Result { check, result }
    }

    /// By what has been decided; of one that nothing is known of, nothing bad is known.
    fn is_well(&self, check: &str) -> bool {
        let service = self.health.service(check);
        service.is_none_or(|service| matches!(service.status, HealthStatus::Healthy | HealthStatus::Unknown))
    }

    async fn take_answer(&mut self, answered: Answered) {
        let fraction = self.entropy.fraction();
        self.alert(Input::Answered {
            delivery: answered.delivery,
            answer: answered.answer,
            fraction,
        })
        .await;
    }

    pub(super) async fn alert(&mut self, input: Input) {
        let effects = self.alerts.step(self.line.now(), self.line.wall(), input);
        self.carry_out(effects).await;
    }

    /// Writes down, then sends.
    async fn carry_out(&mut self, effects: Effects) {
        let known = Known {
            line: &self.line,
            health: &self.health,
            alerts: &self.alerts,
        };
        for attempt in self.keeping.carry_out(effects, &known).await {
            self.sending.begin(attempt);
        }
    }

    /// Hears of the messages that are on their way, and writes down everything it knows, for the next process.
    async fn end(mut self) {
        let _ = timeout(LAST_ANSWERS, async {
            while self.sending.is_under_way() {
                let Some(answered) = self.answered.recv().await else {
                    return;
                };
                self.take_answer(answered).await;
            }
        })
        .await;
        let flush = self.measurements.flush_all(self.line.now());
        let known = Known {
            line: &self.line,
            health: &self.health,
            alerts: &self.alerts,
        };
        self.keeping.end(flush, &known).await;
    }
}

fn log(transition: &Transition) {
    tracing::info!(
        check = transition.check,
        from = %transition.from,
        to = %transition.to,
        cause = transition.cause.as_str(),
        reason = transition.observed.as_ref().map(|result| result.message.as_str()),
        "health"
    );
}
