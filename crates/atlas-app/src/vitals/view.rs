//! What people and programs see of health.

use atlas_domain::{CheckOutcome, HealthStatus, Timestamp};
use atlas_vitals::health::{HealthEngine, ServiceHealth, UPTIME_WINDOWS};
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
    pub(super) fn of(health: &HealthEngine, line: &Timeline) -> Self {
        Self {
            overall: health.overall(),
            services: health
                .services()
                .map(|service| CheckView::of(service, health, line))
                .collect(),
        }
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
