//! The policies that are not set by hand, each with the reason for its numbers.

use std::sync::Arc;
use std::time::Duration;

use atlas_resilience::breaker::{BreakerSettings, OpenTime, Probing, TripRules};
use atlas_resilience::{PolicySettings, ServiceSettings};

/// The name of the service that runs jobs, with a scope for each kind of them.
pub const BACKGROUND_PROCESSING: &str = "background_processing";

/// A job has the time that its lease is renewed for; this bounds nothing that its own steps do not bound before.
const A_DAY: Duration = Duration::from_hours(24);

/// Jobs of one kind that break off one after another have one cause, and it is ours: after seven of them the kind rests
/// for five minutes. What a page or its host does wrong is an outcome of its job, and no failure here.
pub fn background_processing() -> PolicySettings {
    let breaker = BreakerSettings {
        trip: TripRules {
            consecutive_failures: Some(7),
            ..BreakerSettings::default().trip
        },
        open: OpenTime {
            base: Duration::from_mins(5),
            cap: Duration::from_hours(1),
            ..BreakerSettings::default().open
        },
        probing: Probing {
            successes_to_close: 3,
            max_age: Duration::from_mins(5),
            ..BreakerSettings::default().probing
        },
        ..BreakerSettings::default()
    };
    PolicySettings {
        attempt_timeout: A_DAY,
        overall_timeout: A_DAY,
        retry: None,
        breaker: Some(ServiceSettings {
            default: Arc::new(breaker),
            ..ServiceSettings::default()
        }),
        concurrency: None,
        rate: None,
    }
}
