//! What is kept of health over a restart: plain values, with moments in milliseconds on the time line, which goes on
//! over the restart. It says how they are made and taken up again; where they are kept is decided elsewhere.

mod check;

use atlas_domain::{CheckOutcome, HealthStatus, Timestamp};
use serde::{Deserialize, Serialize};

use super::engine::HealthEngine;
use super::maintenance::{Maintenance, MaintenanceTime, Scope};
use super::spans::Span;
use super::transition::Cause;
use crate::Moment;

/// All that is kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredHealth {
    /// When it was true. What comes after it is not monitored until the next process looks.
    pub at_ms: u64,
    /// Every check.
    pub checks: Vec<StoredCheck>,
    /// When Atlas itself was not running.
    pub not_monitored: Vec<StoredSpan>,
    /// What jobs had announced.
    pub announced: Vec<StoredMaintenance>,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredCheck {
    /// Its name.
    pub name: String,
    /// What the rules said, as a status. `None`: nothing was found yet.
    pub base: Option<HealthStatus>,
    /// Nothing had been heard for too long.
    pub stale: bool,
    /// Since when its status stood.
    pub since_ms: u64,
    /// When something was heard last.
    pub heard_at_ms: u64,
    /// For how long it was listened to since then, without the times in which no process did.
    pub silent_for_ms: u64,
    /// When it did not fail last.
    pub passed_at_ms: Option<u64>,
    /// When it began to fail: the first failure, and the last look before it.
    pub onset_ms: Option<(u64, u64)>,
    /// The last results that counted, the oldest first.
    pub recent: Vec<StoredResult>,
    /// Failures in a row.
    pub failures_in_a_row: u32,
    /// Failures came now and then.
    pub intermittent: bool,
    /// Which of the last results differed from the one before, the newest in the lowest bit.
    pub change_bits: u32,
    /// What the newest of them said.
    pub change_last: Option<CheckOutcome>,
    /// The time for which results have been changing too often.
    pub flapping: Option<StoredEpisode>,
    /// The status that was told last.
    pub told: HealthStatus,
    /// When something was seen last to hold back what is worse.
    pub held_at_ms: Option<u64>,
    /// What the thresholds said of the newest value.
    pub verdict: Option<CheckOutcome>,
    /// The newest result.
    pub last: Option<StoredReport>,
    /// The newest that was a failure, or our own fault.
    pub last_error: Option<StoredReport>,
    /// Its transitions, the oldest first.
    pub history: Vec<StoredTransition>,
    /// When maintenance covered it.
    pub maintenance: Vec<StoredSpan>,
}

/// A result that counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredResult {
    /// What it said.
    pub outcome: CheckOutcome,
    /// Whether it was a failure that led to no status.
    pub soft_failure: bool,
}

/// A time in which results change too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredEpisode {
    /// Since when.
    pub since_ms: u64,
    /// How often they changed.
    pub changes: u32,
    /// The worst status of it.
    pub worst: HealthStatus,
    /// The worst that was told of it.
    pub worst_told: HealthStatus,
}

/// A result, in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredReport {
    /// What it said.
    pub outcome: CheckOutcome,
    /// What was measured.
    pub value: Option<f64>,
    /// In what.
    pub unit: Option<String>,
    /// In a sentence.
    pub message: String,
    /// How long the run took.
    pub took_ms: u64,
    /// When it was over.
    pub observed_at: Timestamp,
}

/// A transition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredTransition {
    /// When.
    pub at_ms: u64,
    /// The same by the wall clock.
    pub wall: Timestamp,
    /// The status before.
    pub from: HealthStatus,
    /// The status after.
    pub to: HealthStatus,
    /// Why.
    pub cause: Cause,
    /// What the result said that led to it.
    pub message: String,
}

/// A span of the time line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSpan {
    /// From here on,
    pub from_ms: u64,
    /// up to here.
    pub until_ms: u64,
}

/// What a job had announced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredMaintenance {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
    /// Which checks it covers. `None`: all of them.
    pub checks: Option<Vec<String>>,
    /// When.
    pub span: StoredSpan,
}

impl HealthEngine {
    /// What must outlive the process, as of `now`.
    pub fn stored(&self, now: Moment) -> StoredHealth {
        StoredHealth {
            at_ms: now.millis(),
            checks: self
                .services
                .values()
                .map(|service| StoredCheck::of(service, now))
                .collect(),
            not_monitored: self.not_monitored.iter().map(StoredSpan::of).collect(),
            announced: self
                .calendar
                .announced
                .iter()
                .filter_map(StoredMaintenance::of)
                .collect(),
        }
    }
}

impl StoredHealth {
    /// What has been, and nothing of how things are: for what comes back from an old copy. Each check begins without a
    /// result, and what jobs had announced is over.
    #[must_use]
    pub fn only_the_past(self) -> Self {
        Self {
            checks: self
                .checks
                .into_iter()
                .map(|check| check.only_the_past(self.at_ms))
                .collect(),
            announced: Vec::new(),
            ..self
        }
    }

    /// What jobs had announced and what is not over.
    pub(super) fn announced_at(&self, now: Moment) -> Vec<Maintenance> {
        let still = self
            .announced
            .iter()
            .filter(|kept| kept.span.until_ms > now.millis());
        still.cloned().map(StoredMaintenance::take_up).collect()
    }
}

impl StoredSpan {
    pub(super) fn of(span: Span) -> Self {
        Self {
            from_ms: span.from.millis(),
            until_ms: span.until.millis(),
        }
    }

    /// Nothing that was kept lies ahead.
    pub(super) fn take_up(&self, now: Moment) -> Span {
        Span {
            from: Moment::from_millis(self.from_ms).min(now),
            until: Moment::from_millis(self.until_ms).min(now),
        }
    }
}

impl StoredMaintenance {
    /// What the owner planned is in the configuration, and not kept.
    fn of(maintenance: &Maintenance) -> Option<Self> {
        let MaintenanceTime::Announced { from, until } = maintenance.time else {
            return None;
        };
        Some(Self {
            name: maintenance.name.clone(),
            reason: maintenance.reason.clone(),
            checks: match &maintenance.scope {
                Scope::Everything => None,
                Scope::Checks(checks) => Some(checks.iter().cloned().collect()),
            },
            span: StoredSpan::of(Span { from, until }),
        })
    }

    fn take_up(self) -> Maintenance {
        Maintenance {
            name: self.name,
            reason: self.reason,
            scope: self.checks.map_or(Scope::Everything, |checks| {
                Scope::Checks(checks.into_iter().collect())
            }),
            time: MaintenanceTime::Announced {
                from: Moment::from_millis(self.span.from_ms),
                until: Moment::from_millis(self.span.until_ms),
            },
        }
    }
}
