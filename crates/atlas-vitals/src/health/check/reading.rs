//! What a check's state says when it is asked: status, doubt, onset. Questions only: nothing is changed by them.

use atlas_domain::HealthStatus;

use super::super::level::Level;
use super::super::settings::{CheckKind, CheckSettings};
use super::{CheckState, Onset};
use crate::Moment;

impl CheckState {
    /// What many results amount to. It is what is told.
    pub fn status(&self) -> HealthStatus {
        match self.hard() {
            Some(level) if !self.stale => level.status(),
            Some(_) | None => HealthStatus::Unknown,
        }
    }

    /// What the newest result says by itself. It is shown, and not told.
    pub fn soft_status(&self, kind: CheckKind) -> HealthStatus {
        self.soft(kind).map_or(HealthStatus::Unknown, Level::status)
    }

    /// Since when the status is what it is.
    pub fn since(&self) -> Moment {
        self.since
    }

    /// Whether its results change too often.
    pub fn is_flapping(&self) -> bool {
        self.flapping
    }

    /// Whether failures come now and then.
    pub fn is_intermittent(&self) -> bool {
        self.intermittent
    }

    /// Failures in a row, up to now.
    pub fn failures_in_a_row(&self) -> u32 {
        self.failures_in_a_row
    }

    /// How often raw results changed lately, as a weighted share in tenths of a percent.
    pub fn changes_tenths_of_percent(&self) -> u32 {
        self.changes.tenths_of_percent()
    }

    /// The level behind the status, also while nobody can look. `None` when nothing was ever found.
    pub fn hard(&self) -> Option<Level> {
        let overlay = (self.flapping || self.intermittent).then_some(Level::Degraded);
        self.base.max(overlay)
    }

    /// Whether the newest result says something else than the status, so that it is looked at again soon.
    pub fn is_in_doubt(&self, kind: CheckKind) -> bool {
        let soft = self.soft(kind);
        !self.stale && soft.is_some() && soft != self.hard()
    }

    /// When it began to fail, if it does, or was critical by it until now.
    pub fn onset(&self) -> Option<Onset> {
        self.onset
    }

    /// Whether the newest result that counted is a failure.
    pub(in crate::health) fn is_failing(&self) -> bool {
        self.recent.newest().is_some_and(Level::is_failure)
    }

    /// What the newest result that counted said.
    pub(in crate::health) fn newest(&self) -> Option<Level> {
        self.recent.newest()
    }

    fn soft(&self, kind: CheckKind) -> Option<Level> {
        let newest = self.recent.newest()?;
        // What passes or fails is never better than its status while it fails.
        let fails = kind == CheckKind::PassFail && newest.is_failure();
        Some(if fails {
            self.hard().max(Some(newest))?
        } else {
            newest
        })
    }

    /// When it becomes stale unless something is heard. In the past when it has.
    pub fn stale_at(&self, settings: &CheckSettings) -> Moment {
        self.heard_at.after(settings.stale_after())
    }
}
