//! Calls beyond this process, by service, and for how long circuit breakers have been open.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use atlas_resilience::breaker::{OverlayMode, Phase};
use atlas_resilience::{CallTotals, Service};
use atlas_vitals::metrics::Sample;
use atlas_vitals::metrics::catalogue::service as series;
use tokio::time::Instant;

use crate::app::{App, Mode};

/// Those that have been open longest are told by name.
const BREAKERS_TOLD: usize = 20;

/// Since when breakers have not been closed: one that tries whether the other side is well, in vain, has been open all
/// the time.
#[derive(Debug, Default)]
pub(super) struct OpenSince(HashMap<(&'static str, Arc<str>), Instant>);

impl OpenSince {
    pub(super) fn tell(&mut self, app: &App, sample: &mut Sample) {
        if app.parts.mode != Mode::Normal {
            return;
        }
        for service in app.services().all() {
            tell_of_calls(service, sample);
        }
        self.look(app.services().all());
        for (name, age) in self.oldest() {
            sample.add_for(&series::BREAKER_OPEN_AGE, name, age.as_secs_f64());
        }
    }

    fn look<'a>(&mut self, services: impl IntoIterator<Item = &'a Arc<Service>>) {
        let mut known = std::mem::take(&mut self.0);
        for service in services {
            let tally = service.breakers().tally();
            if tally.open + tally.half_open == 0 {
                continue; // mostly, and to look at each of them costs more
            }
            let now = service.breakers().now();
            for (scope, status) in service.breakers().all() {
                // What a person decided about is as they want it.
                if status.phase == Phase::Closed || status.overlay.mode != OverlayMode::Auto {
                    continue;
                }
                let open_for = now.since(status.since);
                let since = Instant::now().checked_sub(open_for).unwrap_or_else(Instant::now);
                let key = (service.name(), scope);
                let since = known.remove(&key).map_or(since, |before| before.min(since));
                self.0.insert(key, since);
            }
        }
    }

    fn oldest(&self) -> Vec<(String, Duration)> {
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_by_key(|(key, since)| (**since, *key));
        all.into_iter()
            .take(BREAKERS_TOLD)
            .map(|((service, scope), since)| (format!("{service}/{scope}"), since.elapsed()))
            .collect()
    }
}

fn tell_of_calls(service: &Service, sample: &mut Sample) {
    let (name, tally) = (service.name(), service.breakers().tally());
    sample.add_for(&series::OUTBOUND_BREAKERS_OPEN, name, tally.open as f64);
    sample.add_for(&series::OUTBOUND_BREAKERS_PAUSED, name, tally.paused as f64);
    sample.add_for(&series::OUTBOUND_BREAKERS_FORCED, name, tally.forced_open as f64);
    let totals = service.call_totals();
    if totals == CallTotals::default() {
        return; // never called, or asked for permits only: of that nothing is known here
    }
    sample.add_for(&series::OUTBOUND_ATTEMPTS, name, totals.attempts as f64);
    sample.add_for(&series::OUTBOUND_RETRIES, name, totals.retries as f64);
    sample.add_for(&series::OUTBOUND_FAILED, name, totals.failed as f64);
    sample.add_for(&series::OUTBOUND_REJECTED, name, totals.rejected as f64);
}
