//! `Picture`: what the live page shows, made of a server's answers. It draws nothing and asks nobody.

use std::time::Duration;

use atlas_domain::{HealthStatus, Severity, Timestamp};

/// What was found at the last look.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Picture {
    pub(super) version: String,
    /// The whole; none where nobody looks after the services.
    pub(super) overall: Option<HealthStatus>,
    pub(super) services: Vec<ServiceLine>,
    pub(super) charts: Vec<Chart>,
    /// How far back the charts go.
    pub(super) span: Duration,
    pub(super) incidents: Vec<IncidentLine>,
    /// There are more than these.
    pub(super) more_incidents: bool,
    /// Those that are not closed.
    pub(super) breakers: Vec<BreakerLine>,
    pub(super) more_breakers: bool,
    /// What else one has to know: what could not be had, and why.
    pub(super) notes: Vec<String>,
}

/// A service.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ServiceLine {
    pub(super) name: String,
    pub(super) status: HealthStatus,
    pub(super) since: Timestamp,
    pub(super) reason: String,
}

/// How something went.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chart {
    pub(super) name: String,
    pub(super) points: Vec<Option<f64>>,
    /// What the highest bar stands for; the greatest of the points without it.
    pub(super) top: Option<f64>,
    /// How it is now, for people; none while it is not measured.
    pub(super) now: Option<String>,
}

/// An incident that is open.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct IncidentLine {
    pub(super) severity: Severity,
    pub(super) since: Timestamp,
    pub(super) service: String,
    pub(super) summary: String,
    pub(super) acknowledged: bool,
}

/// A circuit breaker that is not closed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BreakerLine {
    pub(super) name: String,
    pub(super) state: String,
    pub(super) until: Option<Timestamp>,
    pub(super) reason: String,
}

/// The server does not answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Silence {
    /// When it answered last, or was first asked.
    pub(super) since: Timestamp,
    /// What came instead.
    pub(super) why: String,
}

impl Picture {
    /// How many services are not as they should be.
    pub(super) fn unwell(&self) -> usize {
        let healthy = |service: &&ServiceLine| service.status != HealthStatus::Healthy;
        self.services.iter().filter(healthy).count()
    }
}
