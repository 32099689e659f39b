//! What breakers do, told to the log and to the metrics. It is called while a breaker is locked: it only counts and
//! writes a line.

use std::sync::Arc;

use atlas_resilience::Observer;
use atlas_resilience::breaker::{Effects, Phase};

use crate::metrics::Metrics;

pub(super) struct BreakerObserver {
    pub(super) metrics: Arc<Metrics>,
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
        // One line for each transition. Only one that stops calls is a reason to look up.
        if change.to == Phase::Open {
            tracing::warn!(service, scope, from, to, cause, trips, "circuit breaker opened");
        } else {
            tracing::info!(service, scope, from, to, cause, trips, "circuit breaker changed");
        }
    }
}
