//! The storm as Atlas takes it: measurements into rules, rows into a file, messages to channels that always take them.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{Severity, SystemClock, Timestamp};
use atlas_store::{DataDir, DatabaseServices, Holder, IncidentQuery, Ops, TimelineMark, VitalsRows};
use atlas_vitals::Moment;
use atlas_vitals::alerts::{
    AlertSettings, Alerts, Answer, Attempt, ChannelSettings, Effects, Input, Labels, MessageRate, Reading,
    RuleSet,
};
use atlas_vitals::metrics::Flush;

const RULES: &str = r#"
[[metric]]
name = "warned"
service = "search"
severity = "warning"
when = [{ series = "warned", op = ">", threshold = 0 }]
summary = "shard {shard} is slow"
runbook = "shards"
reason = "storm"

[[metric]]
name = "failed"
service = "search"
severity = "critical"
when = [{ series = "failed", op = ">", threshold = 0 }]
summary = "shard {shard} is gone"
runbook = "shards"
reason = "storm"
"#;

const START: Moment = Moment::from_millis(1_000_000_000);
/// How often everything is measured.
const ROUND: Duration = Duration::from_secs(10);
/// Until then everything that was kept back for its channel's sake has been told.
const AFTERWARDS: Duration = Duration::from_mins(10);

/// What came of it.
pub struct Told {
    ran: Duration,
    decided: Duration,
    alerts: usize,
    inbox: usize,
    during: BTreeMap<String, usize>,
    counted: BTreeMap<String, usize>,
    first_critical: BTreeMap<String, Duration>,
}

impl Display for Told {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let per_ten_thousand = super::per_ten_thousand(self.ran, self.alerts);
        let decided = super::per_ten_thousand(self.decided, self.alerts);
        write!(
            f,
            "{decided:.2} s of processor for 10,000 to decide; with everything written: "
        )?;
        write!(
            f,
            "{per_ten_thousand:.2} s of processor for 10,000, {} rows in the inbox of {}",
            self.inbox, self.alerts
        )?;
        for (channel, messages) in &self.during {
            let counted = self.counted.get(channel).copied().unwrap_or(0);
            let critical = self
                .first_critical
                .get(channel)
                .map_or(f64::NAN, Duration::as_secs_f64);
            write!(
                f,
                "; `{channel}`: {messages} messages while it lasted, {counted} alerts counted in all, the first critical \
                 one after {critical:.0} s"
            )?;
        }
        Ok(())
    }
}

/// Runs it.
pub fn storm(data: &Path, each_minute: usize, minutes: usize) -> Result<Told, Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    runtime.block_on(async {
        let mut storm = Storm::begin(data)?;
        let before = super::ran(std::process::id())?;
        for minute in 0..minutes {
            for round in 0..6 {
                storm.input(measured(each_minute, minute, round)).await?;
                storm.pass(ROUND).await?;
            }
        }
        let during = storm.messages.clone();
        storm.pass(AFTERWARDS).await?;
        Ok(Told {
            ran: super::ran(std::process::id())?.saturating_sub(before),
            decided: storm.decided,
            alerts: each_minute / 6 * 6 * minutes,
            inbox: storm.ops.incidents(IncidentQuery::all(u32::MAX)).await?.len(),
            during,
            counted: storm.counted,
            first_critical: storm.first_critical,
        })
    })
}

fn measured(each_minute: usize, minute: usize, round: usize) -> Input {
    let readings = (0..each_minute / 6).map(|number| {
        let series = if number % 2 == 0 { "warned" } else { "failed" };
        Reading::of(
            series,
            Labels::new([("shard", format!("{minute}-{round}-{number}"))]),
            1.0,
        )
    });
    Input::Measured(readings.collect())
}

struct Storm {
    /// How long this thread has run to decide.
    decided: Duration,
    alerts: Alerts,
    ops: Ops,
    now: Moment,
    messages: BTreeMap<String, usize>,
    counted: BTreeMap<String, usize>,
    first_critical: BTreeMap<String, Duration>,
    _lock: atlas_store::DataDirLock,
}

impl Storm {
    fn begin(data: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        let holder = Holder {
            pid: std::process::id(),
            purpose: "bench".to_owned(),
            socket: None,
        };
        let lock = DataDir::new(data).lock(&holder)?;
        let ops = Ops::open(&lock, Arc::new(SystemClock), &DatabaseServices::default())?;
        let rules = RuleSet::parse(RULES).map_err(|faults| format!("{faults:?}"))?;
        let settings = AlertSettings {
            rules,
            channels: vec![
                ChannelSettings::new("mail", Some(MessageRate::MAIL)),
                ChannelSettings::new("hook", Some(MessageRate::WEBHOOK)),
            ],
            ..AlertSettings::default()
        };
        Ok(Self {
            decided: Duration::ZERO,
            alerts: Alerts::new(Arc::new(settings))?,
            ops,
            now: START,
            messages: BTreeMap::new(),
            counted: BTreeMap::new(),
            first_critical: BTreeMap::new(),
            _lock: lock,
        })
    }

    fn wall(&self) -> Timestamp {
        Timestamp::from_millis(1_767_225_600_000).after(self.now.since(START))
    }

    /// Takes one input in, with everything that follows from it at once: written first, then sent.
    async fn input(&mut self, input: Input) -> Result<(), Box<dyn std::error::Error>> {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            let before = ran_here()?;
            let Effects {
                changes, attempts, ..
            } = self.alerts.step(self.now, self.wall(), input);
            self.decided += ran_here()?.saturating_sub(before);
            if !changes.is_empty() {
                let mark = TimelineMark {
                    at_ms: self.now.millis(),
                    wall: self.wall(),
                    uptime_ms: self.now.millis(),
                    boot_id: String::new(),
                };
                let rows = VitalsRows {
                    mark,
                    health: None,
                    alerts: changes,
                    measured: Flush::default(),
                };
                self.ops.write_vitals(rows).await?;
            }
            for attempt in attempts {
                self.take(&attempt);
                inputs.push(Input::Answered {
                    delivery: attempt.delivery,
                    answer: Answer::Delivered,
                    fraction: 0.5,
                });
            }
        }
        Ok(())
    }

    fn take(&mut self, attempt: &Attempt) {
        let channel = attempt.channel.to_string();
        *self.messages.entry(channel.clone()).or_default() += 1;
        *self.counted.entry(channel.clone()).or_default() += attempt.message.counts.total();
        if attempt.message.severity == Severity::Critical {
            self.first_critical
                .entry(channel)
                .or_insert(self.now.since(START));
        }
    }

    async fn pass(&mut self, time: Duration) -> Result<(), Box<dyn std::error::Error>> {
        let end = self.now.after(time);
        while let Some(due) = self.alerts.next_due().filter(|due| *due <= end) {
            self.now = due.max(self.now);
            self.input(Input::Tick).await?;
        }
        self.now = end;
        Ok(())
    }
}

/// How long this thread has run.
fn ran_here() -> std::io::Result<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let first = text.split_whitespace().next();
    Ok(Duration::from_nanos(
        first.and_then(|first| first.parse().ok()).unwrap_or(0),
    ))
}
