//! The frame that breakers of services outside have in common: what differs is how many failures open one, and for how
//! long.

use std::time::Duration;

use atlas_resilience::breaker::{BreakerSettings, OpenTime, Probing, TripRules};

/// One that opens after so many failures in a row, at first for `base`, and never for longer than `cap`. One probe at a
/// time, which is given up after `probe_max_age`; two that succeed close it.
pub(super) fn breaks_after(
    failures: u32,
    base: Duration,
    cap: Duration,
    probe_max_age: Duration,
) -> BreakerSettings {
    let usual = BreakerSettings::default();
    BreakerSettings {
        trip: TripRules {
            consecutive_failures: Some(failures),
            ..usual.trip
        },
        open: OpenTime {
            base,
            cap,
            ..usual.open
        },
        probing: Probing {
            concurrent: 1,
            successes_to_close: 2,
            max_age: probe_max_age,
            ..usual.probing
        },
        ..usual
    }
}
