//! Kinds of job that rest, because their breaker is open: which ones the worker leaves where they are, how many it
//! takes of one that is tried, and when that changes. It only looks: the right to run comes from the breaker alone.

use std::time::Duration;

use atlas_domain::JobKind;
use atlas_resilience::Service;
use atlas_resilience::breaker::{Breaker, OverlayMode, Phase};
use atlas_store::Places;

/// What stands in the way of whole kinds of jobs at one moment.
#[derive(Debug, Default)]
pub(crate) struct KindsAtRest {
    resting: Vec<JobKind>,
    /// Kinds that are tried, with how many jobs that takes.
    tried: Vec<(JobKind, usize)>,
    over_in: Option<Duration>,
}

impl KindsAtRest {
    /// How it is now.
    pub(crate) fn now(background: &Service) -> Self {
        Self::beside(background, |_kind| 0)
    }

    /// How it is now for a worker that has claimed so many jobs of a kind which have not asked its breaker yet.
    pub(super) fn beside(background: &Service, about_to_ask: impl Fn(JobKind) -> usize) -> Self {
        let mut rest = Self::default();
        let breakers = background.breakers();
        for &kind in JobKind::ALL {
            let breaker = breakers.get(kind.as_str());
            match breaker.peek() {
                Ok(()) => {
                    let probes = breakers.settings(kind.as_str()).probing.concurrent as usize;
                    let Some(places) = probe_places(&breaker, probes) else {
                        continue;
                    };
                    match places.saturating_sub(about_to_ask(kind)) {
                        0 => rest.resting.push(kind),
                        places => rest.tried.push((kind, places)),
                    }
                }
                Err(refusal) => {
                    rest.resting.push(kind);
                    let over_in = refusal.retry_in(breakers.now());
                    rest.over_in = rest.over_in.into_iter().chain(over_in).min();
                }
            }
        }
        rest
    }

    /// Those of which no job may run now.
    pub(crate) fn kinds(&self) -> &[JobKind] {
        &self.resting
    }

    /// What a worker with so many free slots may claim.
    pub(super) fn places(&self, free: usize) -> Places {
        let none = self.resting.iter().map(|kind| (*kind, 0));
        let limits = none.chain(self.tried.iter().copied());
        limits.fold(Places::from(free), |places, (kind, most)| {
            places.at_most(kind, most)
        })
    }

    /// How long to wait at most, where a kind may be tried before that.
    pub(super) fn over_within(&self, wait: Duration) -> Duration {
        self.over_in.map_or(wait, |over_in| wait.min(over_in))
    }
}

/// The places for probes that are free; none where the breaker does not probe, and lets everything through.
fn probe_places(breaker: &Breaker, probes: usize) -> Option<usize> {
    let status = breaker.status();
    match (status.overlay.mode, status.phase) {
        (OverlayMode::Disabled | OverlayMode::MetricsOnly, _) | (_, Phase::Closed) => None,
        (_, Phase::Open) => Some(probes),
        (_, Phase::HalfOpen) => Some(probes.saturating_sub(status.probes)),
    }
}
