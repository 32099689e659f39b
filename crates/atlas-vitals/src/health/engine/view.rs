//! `ServiceHealth`: what there is to show of one service. A picture of a moment, from which nothing follows.

use std::time::Duration;

use atlas_domain::{HealthStatus, Timestamp};

use super::super::history::History;
use super::super::maintenance::Maintenance;
use super::super::result::CheckResult;
use super::super::service::Service;
use super::super::transition::Withheld;
use super::super::uptime::Uptime;
use super::HealthEngine;
use crate::Moment;

/// What there is to show of one service.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceHealth {
    /// Its name.
    pub name: String,
    /// What many results amount to.
    pub status: HealthStatus,
    /// What the newest one says by itself.
    pub soft_status: HealthStatus,
    /// Since when the status stands.
    pub since: Moment,
    /// The same by the wall clock, when it has ever changed.
    pub since_wall: Option<Timestamp>,
    /// Whether the whole depends on it.
    pub critical: bool,
    /// The newest result, whatever it says.
    pub last: Option<CheckResult>,
    /// The newest that is a failure, or our own fault.
    pub last_error: Option<CheckResult>,
    /// When something was found out last.
    pub heard_at: Moment,
    /// For how long what is known has been known from an earlier process only. `None`: this one has looked.
    pub restored: Option<Duration>,
    /// What it needs and what is critical or worse itself.
    pub blocked_by: Vec<String>,
    /// Why the status is not told yet, when it is worse than what was told.
    pub withheld: Option<Withheld>,
    /// Failures in a row, up to now.
    pub failures_in_a_row: u32,
    /// Failures come now and then.
    pub intermittent: bool,
    /// Results change too often.
    pub flapping: bool,
    /// How often they change, as a weighted share in tenths of a percent.
    pub changes_tenths_of_percent: u32,
    /// The maintenance that covers it now.
    pub maintenance: Option<String>,
    /// When it runs next.
    pub next_run: Moment,
    /// Since when a run is under way.
    pub running_since: Option<Moment>,
    /// Runs that were skipped because the one before was still under way.
    pub skipped_runs: u64,
}

impl HealthEngine {
    /// Every service, as of the last step.
    pub fn services(&self) -> impl Iterator<Item = ServiceHealth> {
        self.services
            .iter()
            .map(|(name, service)| self.picture(name, service))
    }

    /// One service, as of the last step.
    pub fn service(&self, name: &str) -> Option<ServiceHealth> {
        self.services.get(name).map(|service| self.picture(name, service))
    }

    /// All maintenance that is known: what jobs announced and what the owner planned, now or later.
    pub fn maintenance(&self) -> impl Iterator<Item = &Maintenance> {
        self.calendar.all()
    }

    /// What the status of one has been.
    pub fn history(&self, name: &str) -> Option<&History> {
        self.services.get(name).map(|service| &service.history)
    }

    /// How one has been over the last `window`.
    pub fn uptime(&self, name: &str, window: Duration) -> Option<Uptime> {
        let (now, _) = self.at;
        let history = self.history(name)?;
        Some(history.uptime(window, &self.not_monitored, now))
    }

    fn picture(&self, name: &str, service: &Service) -> ServiceHealth {
        let (now, wall) = self.at;
        let state = &service.state;
        let latest = service.history.entries().next_back();
        let maintenance = self.calendar.covering(name, now, wall);
        ServiceHealth {
            name: name.to_owned(),
            status: state.status(),
            soft_status: state.soft_status(service.settings.kind),
            since: state.since(),
            since_wall: latest.map(|entry| entry.wall),
            critical: service.settings.critical,
            last: service.last.clone(),
            last_error: service.last_error.clone(),
            heard_at: service.restored.unwrap_or(state.heard_at),
            restored: service.restored.map(|heard_at| now.since(heard_at)),
            blocked_by: self.blocked_by(name),
            withheld: service
                .telling
                .waiting
                .map(|_| self.hold(name).map_or(Withheld::UntilLook, Withheld::By)),
            failures_in_a_row: state.failures_in_a_row(),
            intermittent: state.is_intermittent(),
            flapping: state.is_flapping(),
            changes_tenths_of_percent: state.changes_tenths_of_percent(),
            maintenance: maintenance.map(|maintenance| maintenance.name.clone()),
            next_run: service.schedule.due(),
            running_since: service.schedule.running_since(),
            skipped_runs: service.schedule.skipped,
        }
    }
}
