//! `api_calls`: the policy of asking services of others, such as an archive, by their interfaces. Values only; whoever
//! asks one does it elsewhere.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use atlas_resilience::{Concurrency, PolicySettings, ServiceSettings};

use super::breaking::breaks_after;

/// The name of the service. A scope is a word for the service that is asked, such as `archive`.
pub const API_CALLS: &str = "api_calls";

const AT_ONCE: NonZeroU32 = NonZeroU32::new(8).expect("it is not zero");
/// One that hangs leaves places for the others.
const AT_ONCE_FOR_ONE: NonZeroU32 = NonZeroU32::new(4).expect("it is not zero");

/// What is asked so is a help and no necessity: an answer takes five seconds or is not worth waiting for, and a service
/// that fails four times in a row is left alone for a minute. Nothing is tried again: an archive is asked at most once
/// for each try of a page, and the page has more of them.
pub fn api_calls() -> PolicySettings {
    PolicySettings {
        attempt_timeout: Duration::from_secs(5),
        overall_timeout: Duration::from_secs(12),
        retry: None,
        breaker: Some(ServiceSettings {
            default: Arc::new(breaks_after(
                4,
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
        assert_eq!(api_calls().faults(), []);
    }
}
