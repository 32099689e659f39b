//! `llm_operations`: the policy of asking language models. Values only; whoever asks one does it elsewhere.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use atlas_resilience::breaker::{BreakerSettings, OpenTime, Probing, Rate, SlowCalls, TripRules, WindowKind};
use atlas_resilience::{Backoff, Concurrency, PolicySettings, RetryPlan, ServiceSettings};

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
    BreakerSettings {
        trip: TripRules {
            consecutive_failures: Some(3),
            failure_rate: None,
            slow_calls: Some(SlowCalls {
                slower_than: Duration::from_secs(30),
                rate: Rate {
                    percent: 50,
                    min_calls: WINDOW_CALLS,
                },
            }),
            window: WindowKind::Calls(WINDOW_CALLS),
        },
        open: OpenTime {
            base: Duration::from_mins(3),
            cap: Duration::from_hours(1),
            ..BreakerSettings::default().open
        },
        probing: Probing {
            concurrent: 1,
            successes_to_close: 2,
            max_age: Duration::from_mins(2),
            ..BreakerSettings::default().probing
        },
        ..BreakerSettings::default()
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
