//! `llm_operations`: the policy of asking language models. Values only; whoever asks one does it elsewhere.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use atlas_resilience::breaker::{BreakerSettings, Rate, SlowCalls, TripRules, WindowKind};
use atlas_resilience::{Backoff, Concurrency, PolicySettings, RetryPlan, ServiceSettings};

use super::breaking::breaks_after;

/// The name of the service. A scope is a word for the provider with the family of its model, such as `local.small`.
pub const LLM_OPERATIONS: &str = "llm_operations";

const AT_ONCE: NonZeroU32 = NonZeroU32::new(2).expect("it is not zero");
const WINDOW_CALLS: u32 = 10;

/// Models answer slowly, cost money, and are asked by jobs: who finds no place waits as a job does, and a provider that
/// fails three times in a row is left alone for three minutes. An attempt is over with the first word of an answer.
pub fn llm_operations() -> PolicySettings {
    PolicySettings {
        attempt_timeout: Duration::from_mins(1),
        overall_timeout: Duration::from_mins(5),
        retry: Some(RetryPlan {
            max_attempts: 3,
            transient: Backoff::linear(Duration::from_secs(5), Duration::from_secs(10)),
            ..RetryPlan::default()
        }),
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
    let usual = breaks_after(
        3,
        Duration::from_mins(3),
        Duration::from_hours(1),
        Duration::from_mins(2),
    );
    BreakerSettings {
        trip: TripRules {
            failure_rate: None,
            slow_calls: Some(SlowCalls {
                slower_than: Duration::from_secs(30),
                rate: Rate {
                    percent: 50,
                    min_calls: WINDOW_CALLS,
                },
            }),
            window: WindowKind::Calls(WINDOW_CALLS),
            ..usual.trip
        },
        ..usual
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_settings_are_sound() {
        assert_eq!(llm_operations().faults(), []);
    }
}
