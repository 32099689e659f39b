//! What breakers do, told to the log, to the metrics, and to whoever wakes what waited. It is called while a breaker is
//! locked: it only counts, and writes a line and a note.

use std::sync::Arc;

use atlas_resilience::Observer;
use atlas_resilience::breaker::{Cause, Effects, Phase};

use super::recoveries::Recoveries;
use crate::metrics::Metrics;

pub(super) struct BreakerObserver {
    pub(super) metrics: Arc<Metrics>,
    /// None where nothing waits for a breaker to close.
    pub(super) recoveries: Option<Arc<Recoveries>>,
}

impl std::fmt::Debug for BreakerObserver {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("BreakerObserver").finish_non_exhaustive()
    }
}

impl Observer for BreakerObserver {
    fn observe(&self, service: &str, scope: &str, effects: &Effects) {
        if effects.stale {
            self.metrics.breaker_heard_late(service);
            tracing::debug!(service, scope, "a result came too late to count");
        }
        let Some(change) = &effects.transition else { return };
        let (from, to, cause) = (change.from.as_str(), change.to.as_str(), change.cause.as_str());
        self.metrics.breaker_changed(service, to);
        let trips = change.trips;
        match (&self.recoveries, change.cause) {
            (Some(recoveries), Cause::ProbeDue) => recoveries.tried(service, scope),
            (Some(recoveries), Cause::Recovered | Cause::RulesGone) => recoveries.closed(service, scope),
            // Where a person has closed it, it is the person's command that wakes.
            _ => {}
        }
        // One line for each transition. Only one that stops calls is a reason to look up.
        if change.to == Phase::Open {
            tracing::warn!(service, scope, from, to, cause, trips, "circuit breaker opened");
        } else {
            tracing::info!(service, scope, from, to, cause, trips, "circuit breaker changed");
        }
    }

    fn ends_earlier(&self, service: &str, scope: &str) {
        if let Some(recoveries) = &self.recoveries {
            recoveries.ends_earlier(service, scope);
        }
    }
}
