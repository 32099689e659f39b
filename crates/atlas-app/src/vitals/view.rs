//! What people and programs see of health.

use std::collections::BTreeMap;

use atlas_domain::{CheckOutcome, HealthStatus, KnownChannel, Timestamp};
use atlas_vitals::Moment;
use atlas_vitals::alerts::Alerts;
use atlas_vitals::health::{HealthEngine, Maintenance, Scope, ServiceHealth, UPTIME_WINDOWS};
use atlas_vitals::metrics::{Current, Definition};
use serde::{Deserialize, Serialize};

use super::timeline::Timeline;

/// How everything is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HealthView {
    /// The whole.
    pub overall: HealthStatus,
    /// Every service and check.
    pub services: Vec<CheckView>,
    /// The ways to people outside this machine; none is worth a warning.
    #[serde(default)]
    pub channels: Vec<ChannelView>,
    /// Maintenance that is now, or planned.
    #[serde(default)]
    pub maintenance: Vec<MaintenanceView>,
}

/// A time for which trouble is expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaintenanceView {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
    /// Which services it covers; all of them, when there are none.
    pub services: Vec<String>,
    /// It is now.
    pub is_now: bool,
    /// From when; of one that comes back, this time or the next.
    pub from: Timestamp,
    /// Until when, unless it is ended before.
    pub until: Timestamp,
}

/// A way to people outside this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelView {
    /// Its name.
    pub name: String,
    /// What it is, such as `email`.
    pub kind: String,
    /// Since when nothing gets through it, if that is so.
    pub failing_since: Option<Timestamp>,
    /// When it may carry what is to be told and has to wait, because it has carried as much as it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until: Option<Timestamp>,
}

/// How one service is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckView {
    /// Its name.
    pub name: String,
    /// Its status, after enough results to be sure.
    pub status: HealthStatus,
    /// What the newest result says by itself.
    pub soft_status: HealthStatus,
    /// Since when the status stands.
    pub since: Timestamp,
    /// Why: what the newest result says, in a sentence.
    pub reason: String,
    /// What was measured, with its unit.
    pub observed: Option<String>,
    /// The outcome of the newest result.
    pub outcome: Option<CheckOutcome>,
    /// When that was.
    pub observed_at: Option<Timestamp>,
    /// How long the newest look took, in milliseconds.
    pub took_ms: Option<u64>,
    /// What it depends on and is broken itself.
    pub blocked_by: Vec<String>,
    /// The whole depends on it.
    pub critical: bool,
    /// Results change too often.
    pub flapping: bool,
    /// It was known by the process before this one, and has not been looked at since.
    pub restored: bool,
    /// The maintenance that covers it.
    pub maintenance: Option<String>,
    /// The share of the time in which it was up.
    pub uptime: Vec<UptimeView>,
}

/// The share of a time in which a service was up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UptimeView {
    /// The last so many hours.
    pub hours: u64,
    /// In percent; none when nobody looked.
    pub percent: Option<f64>,
}

/// A value of the catalogue, as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredValue {
    /// What it is.
    pub definition: &'static Definition,
    /// Key and value of its label, where it has one.
    pub label: Option<(&'static str, String)>,
    /// How much; of a counter, the total.
    pub value: f64,
}

impl MeasuredValue {
    pub(super) fn of(current: Current<'_>) -> Self {
        Self {
            definition: current.definition,
            label: current.label.map(|(key, value)| (key, value.to_owned())),
            value: current.value,
        }
    }
}

impl HealthView {
    pub(super) fn of(health: &HealthEngine, channels: Vec<ChannelView>, line: &Timeline) -> Self {
        Self {
            channels,
            overall: health.overall(),
            services: health
                .services()
                .map(|service| CheckView::of(service, health, line))
                .collect(),
            maintenance: health
                .maintenance()
                .filter_map(|maintenance| MaintenanceView::of(maintenance, line))
                .collect(),
        }
    }
}

impl ChannelView {
    /// Every channel that alerts are told through.
    pub(super) fn all(alerts: &Alerts, known: &[KnownChannel], line: &Timeline) -> Vec<Self> {
        let kind_of = |name: &str| known.iter().find(|channel| channel.name == name);
        let holding: BTreeMap<&str, Moment> = alerts.channels_holding().collect();
        let channels = alerts.channels_failing();
        channels
            .map(|(name, failing_since)| Self {
                name: name.to_owned(),
                kind: kind_of(name).map_or("unknown", |channel| channel.kind).to_owned(),
                failing_since: failing_since.map(|since| line.wall_of(since)),
                held_until: holding.get(name).map(|until| line.wall_of(*until)),
            })
            .collect()
    }
}

impl MaintenanceView {
    /// None of one that is over.
    fn of(maintenance: &Maintenance, line: &Timeline) -> Option<Self> {
        let (now, wall) = (line.now(), line.wall());
        let span = maintenance.spans(now, wall).into_iter().next()?;
        Some(Self {
            name: maintenance.name.clone(),
            reason: maintenance.reason.clone(),
            services: match &maintenance.scope {
                Scope::Everything => Vec::new(),
                Scope::Checks(checks) => checks.iter().cloned().collect(),
            },
            is_now: maintenance.is_now(now, wall),
            from: line.wall_of(span.from),
            until: line.wall_of(span.until),
        })
    }
}

impl CheckView {
    fn of(service: ServiceHealth, health: &HealthEngine, line: &Timeline) -> Self {
        let last = service.last.as_ref();
        let uptime = UPTIME_WINDOWS.iter().map(|window| UptimeView {
            hours: window.as_secs() / 3_600,
            percent: health
                .uptime(&service.name, *window)
                .and_then(|uptime| uptime.share())
                .map(|share| (share * 100_000.0).round() / 1_000.0),
        });
        Self {
            status: service.status,
            soft_status: service.soft_status,
            since: line.wall_of(service.since),
            reason: last.map_or_else(|| "not looked at yet".to_owned(), |result| result.message.clone()),
            observed: last.and_then(|result| {
                let unit = result.unit.as_deref().unwrap_or_default();
                result
                    .value
                    .map(|value| format!("{value:.1} {unit}").trim_end().to_owned())
            }),
            outcome: last.map(|result| result.outcome),
            observed_at: last.map(|result| result.observed_at),
            took_ms: last.map(|result| u64::try_from(result.took.as_millis()).unwrap_or(u64::MAX)),
            uptime: uptime.collect(),
            blocked_by: service.blocked_by,
            critical: service.critical,
            flapping: service.flapping,
            restored: service.restored.is_some(),
            maintenance: service.maintenance,
            name: service.name,
        }
    }
}
