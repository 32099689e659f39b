//! What comes in: how a service is, what was measured, and when less is to be told. Each is a level, not an event: to
//! be told the same again changes nothing, so after a crash whoever observes just goes on.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{HealthStatus, Severity, Suppression};

use super::Labels;
use crate::Moment;

/// How a service, or a check of the owner's own, is by now: its hard status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// Its name.
    pub service: Arc<str>,
    /// How it is.
    pub status: HealthStatus,
    /// Why, in a sentence.
    pub reason: String,
    /// Since when.
    pub since: Moment,
    /// What it depends on and is broken.
    pub blocked_by: Option<Arc<str>>,
    /// Its notice is held back, because that other thing explains it.
    pub held: bool,
    /// It comes and goes.
    pub flapping: bool,
    /// It came and went until lately: how often, in a few words.
    pub flapped: Option<String>,
}

impl Observation {
    /// Nothing but a status.
    pub fn plain(service: &str, status: HealthStatus, since: Moment) -> Self {
        Self {
            service: Arc::from(service),
            status,
            reason: String::new(),
            since,
            blocked_by: None,
            held: false,
            flapping: false,
            flapped: None,
        }
    }
}

/// One measured value, or that there is none: that is not zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The name of the series.
    pub series: Arc<str>,
    /// Which one of that name.
    pub labels: Labels,
    /// The value. None says that its source has looked, and that there is none: where it has labels, none with them;
    /// without labels, no others of that name than come with it in one round. What a source cannot see, it leaves out.
    pub value: Option<f64>,
    /// How often it is measured: what is not seen for several such spans was absent.
    pub every: Duration,
}

impl Reading {
    /// A value that was measured, as most are, every ten seconds.
    pub fn of(series: &str, labels: Labels, value: f64) -> Self {
        Self {
            series: Arc::from(series),
            labels,
            value: Some(value),
            every: Duration::from_secs(10),
        }
    }

    /// That its source has looked, and there is no such value.
    pub fn none(series: &str, labels: Labels) -> Self {
        Self {
            value: None,
            ..Self::of(series, labels, 0.0)
        }
    }
}

/// A time in which less is told. Calendars are worked out by whoever hands it in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Window {
    /// Its name, for people.
    pub name: String,
    /// What it is.
    pub kind: WindowKind,
    /// The services it is about; all, when there are none.
    pub services: Vec<String>,
    /// Its first moment, in milliseconds of the steady time line.
    pub from: u64,
    /// The moment after its last.
    pub until: u64,
}

/// What kind of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowKind {
    /// Announced work: nothing about its services is told.
    Maintenance,
    /// Only what is critical is told.
    QuietHours,
}

impl Window {
    /// Whether it keeps that back now, and as what.
    pub(super) fn holds(&self, service: &str, severity: Severity, now: Moment) -> Option<Suppression> {
        let is_now = (self.from..self.until).contains(&now.millis());
        let is_meant = self.services.is_empty() || self.services.iter().any(|known| known == service);
        match self.kind {
            WindowKind::Maintenance if is_now && is_meant => Some(Suppression::Maintenance),
            WindowKind::QuietHours if is_now && is_meant && severity < Severity::Critical => {
                Some(Suppression::QuietHours)
            }
            WindowKind::Maintenance | WindowKind::QuietHours => None,
        }
    }
}
