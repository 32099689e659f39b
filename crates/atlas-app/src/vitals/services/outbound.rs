//! Calls beyond this process, by service, and for how long circuit breakers have been open.

use std::time::Duration;

use atlas_resilience::breaker::{OverlayMode, Phase};
use atlas_resilience::{CallTotals, Service};
use atlas_vitals::metrics::Sample;
use atlas_vitals::metrics::catalogue::service as series;

use crate::app::{App, Mode};

/// Those that have been open longest are told by name.
const BREAKERS_TOLD: usize = 20;

pub(super) fn tell(app: &App, sample: &mut Sample) {
    if app.parts.mode != Mode::Normal {
        return;
    }
    let mut open = Vec::new();
    for service in app.services().all() {
        tell_of_calls(service, sample);
        open.extend(open_breakers(service));
    }
    open.sort_by(|(name, age), (other, than)| than.cmp(age).then_with(|| name.cmp(other)));
    for (name, age) in open.into_iter().take(BREAKERS_TOLD) {
        sample.add_for(&series::BREAKER_OPEN_AGE, name, age.as_secs_f64());
    }
    sample.add_no_others(&series::BREAKER_OPEN_AGE);
}

/// Those that are not closed, and for how long, over every try in vain and every start of a process.
fn open_breakers(service: &Service) -> Vec<(String, Duration)> {
    let tally = service.breakers().tally();
    if tally.open + tally.half_open == 0 {
        return Vec::new(); // mostly, and to look at each of them costs more
    }
    let now = service.breakers().now();
    let mut open = Vec::new();
    for (scope, status) in service.breakers().all() {
        // What a person decided about is as they want it.
        if status.phase == Phase::Closed || status.overlay.mode != OverlayMode::Auto {
            continue;
        }
        let since = status.open_since.unwrap_or(status.since);
        open.push((format!("{}/{scope}", service.name()), now.since(since)));
    }
    open
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
