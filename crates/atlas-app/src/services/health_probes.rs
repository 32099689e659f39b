//! `health_probes`: the policy of asking what the owner wants to have checked, and of the sign of life. Values only;
//! whoever asks does it elsewhere.

use std::num::NonZeroU32;
use std::time::Duration;

use atlas_resilience::{Concurrency, PolicySettings};

/// The name of the service. A scope is the name of a check.
pub const HEALTH_PROBES: &str = "health_probes";

const AT_ONCE: NonZeroU32 = NonZeroU32::new(16).expect("it is not zero");
const AT_ONCE_FOR_ONE: NonZeroU32 = NonZeroU32::new(1).expect("it is not zero");

/// Each check has a deadline of its own, which comes before these. What many runs amount to is decided by health: so
/// nothing is tried again, and there is no breaker, which would keep a check from seeing that all is well again.
pub fn health_probes() -> PolicySettings {
    PolicySettings {
        attempt_timeout: Duration::from_mins(10),
        overall_timeout: Duration::from_mins(10),
        retry: None,
        breaker: None,
        concurrency: Some(Concurrency {
            total: AT_ONCE,
            per_scope: AT_ONCE_FOR_ONE,
            queues: true,
        }),
        rate: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_settings_are_sound() {
        assert_eq!(health_probes().faults(), []);
    }
}
