//! `search_operations`: the policy of asking the search index. Values only; `crate::cases` does the asking.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use atlas_resilience::breaker::{BreakerSettings, OpenTime, Probing, Rate, SlowCalls, TripRules, WindowKind};
use atlas_resilience::{Concurrency, PolicySettings, Service, ServiceSettings, Surroundings, TokioClock};

/// The name of the service.
pub const SEARCH_OPERATIONS: &str = "search_operations";
/// Its one scope.
pub(crate) const INDEX: &str = "index";

const AT_ONCE: NonZeroU32 = NonZeroU32::new(32).expect("it is not zero");
const WINDOW_CALLS: u32 = 20;

/// Of a whole search, what is not the index's: it stays for a look at how far the index is, and for what stands in for
/// one that gives no answer in its own time.
pub const TIME_BESIDE_INDEX: Duration = FRESHNESS_LIMIT
    .saturating_add(TITLES_LIMIT)
    .saturating_add(LAST_ANSWER_TIME);
/// To see how far the index is, and to wait for it where that is asked for.
pub(crate) const FRESHNESS_LIMIT: Duration = Duration::from_millis(330);
/// For the titles, where the index gives no answer.
pub(crate) const TITLES_LIMIT: Duration = Duration::from_millis(120);
/// The last answer lies at hand.
const LAST_ANSWER_TIME: Duration = Duration::from_millis(10);

/// Somebody waits before a screen: an index that does not answer at once is soon left alone, and what stands in for
/// it answers. Nothing is tried again, because a search takes no lock that somebody else could have. The overall time
/// is that of a whole search.
pub fn search_operations() -> PolicySettings {
    PolicySettings {
        attempt_timeout: Duration::from_millis(300),
        overall_timeout: Duration::from_millis(800),
        retry: None,
        breaker: Some(ServiceSettings {
            default: Arc::new(breaker()),
            ..ServiceSettings::default()
        }),
        concurrency: Some(Concurrency {
            total: AT_ONCE,
            per_scope: AT_ONCE,
            queues: false,
        }),
        rate: None,
    }
}

fn breaker() -> BreakerSettings {
    BreakerSettings {
        trip: TripRules {
            consecutive_failures: Some(5),
            failure_rate: None,
            slow_calls: Some(SlowCalls {
                slower_than: Duration::from_millis(200),
                rate: Rate {
                    percent: 50,
                    min_calls: WINDOW_CALLS,
                },
            }),
            window: WindowKind::Calls(WINDOW_CALLS),
        },
        open: OpenTime {
            base: Duration::from_secs(45),
            cap: Duration::from_mins(2),
            ..BreakerSettings::default().open
        },
        probing: Probing {
            concurrent: 2,
            successes_to_close: 2,
            ..BreakerSettings::default().probing
        },
        ..BreakerSettings::default()
    }
}

/// The service for a process whose services do not list it: its breaker is neither shown nor kept.
pub(crate) fn unlisted_search_operations() -> Service {
    let clock = Arc::new(TokioClock::new(|| SystemTime::UNIX_EPOCH));
    let surroundings = Surroundings::unkept(clock, 0);
    Service::new(SEARCH_OPERATIONS, search_operations(), surroundings, None, [])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_settings_are_sound() {
        assert_eq!(search_operations().faults(), []);
    }

    #[test]
    fn an_index_that_hangs_leaves_time_for_all_that_stands_in_for_it() {
        let settings = search_operations();
        assert!(settings.attempt_timeout + TIME_BESIDE_INDEX <= settings.overall_timeout);
    }
}
