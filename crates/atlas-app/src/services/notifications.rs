//! `notifications`: the policy of telling somebody. Values only; whoever sends a message does it elsewhere.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use atlas_resilience::{Concurrency, PolicySettings, ServiceSettings};

use super::breaking::breaks_after;

/// The name of the service. A scope is a word for the channel that a message takes, such as `mail`.
pub const NOTIFICATIONS: &str = "notifications";

const AT_ONCE: NonZeroU32 = NonZeroU32::new(4).expect("it is not zero");
/// A channel that hangs leaves places for the one that takes over from it.
const AT_ONCE_FOR_ONE: NonZeroU32 = NonZeroU32::new(2).expect("it is not zero");

/// A message is sent once: whether one that failed is sent again is for whoever keeps it, because only they know
/// whether it may have arrived.
pub fn notifications() -> PolicySettings {
    PolicySettings {
        attempt_timeout: Duration::from_secs(15),
        overall_timeout: Duration::from_secs(20),
        retry: None,
        breaker: Some(ServiceSettings {
            default: Arc::new(breaks_after(
                5,
                Duration::from_mins(1),
                Duration::from_mins(15),
                Duration::from_secs(30),
            )),
            ..ServiceSettings::default()
        }),
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
        assert_eq!(notifications().faults(), []);
    }
}
