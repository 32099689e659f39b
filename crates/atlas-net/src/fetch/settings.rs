//! What an owner can set about fetching, with the defaults. Values only: configuration files are read
//! elsewhere.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use atlas_resilience::breaker::{BreakerSettings, OpenTime, Probing, Rate, TripRules, WindowKind};
use atlas_resilience::{Backoff, Concurrency, PolicySettings, RateLimit, RetryPlan, ServiceSettings};

use super::address::AddressPolicy;

/// Limits of fetching.
#[derive(Debug, Clone)]
pub struct FetchSettings {
    /// The longest page, in bytes after decompression.
    pub html_limit_bytes: usize,
    /// The longest document (PDF, EPUB, office formats, unnamed binary), in bytes after decompression.
    pub document_limit_bytes: usize,
    /// How many redirects are followed.
    pub redirect_limit: usize,
    /// The time for one request and its answer, to the last byte.
    pub attempt_timeout: Duration,
    /// The time for one page: every strategy, redirect and wait together.
    pub overall_timeout: Duration,
    /// How many requests run at once, over all hosts. Each may hold a body of the limits above.
    pub concurrent_requests: NonZeroU32,
    /// How gently each host is treated; `None` for hosts of one's own that can take anything.
    pub politeness: Option<Politeness>,
    /// How a request is repeated at once, before its job is put off; `None`: not at all.
    pub retry: Option<RetryPlan>,
    /// When a host is left alone; `None`: never.
    pub breaker: Option<ServiceSettings>,
    /// Which addresses may be connected to.
    pub addresses: AddressPolicy,
}

impl FetchSettings {
    /// What the policy of every request is made from.
    pub fn policy(&self) -> PolicySettings {
        let per_host = self.politeness.map(|politeness| politeness.concurrent_requests);
        PolicySettings {
            attempt_timeout: self.attempt_timeout,
            overall_timeout: self.overall_timeout,
            retry: self.retry.clone(),
            breaker: self.breaker.clone(),
            concurrency: Some(Concurrency {
                total: self.concurrent_requests,
                per_scope: per_host.unwrap_or(self.concurrent_requests),
                queues: true,
            }),
            rate: self
                .politeness
                .map(|Politeness { interval, burst, .. }| RateLimit { interval, burst }),
        }
    }
}

/// How gently each host is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Politeness {
    /// The time from one request to the next, once the burst is used up.
    pub interval: Duration,
    /// How many requests may come at once after a pause.
    pub burst: NonZeroU32,
    /// How many requests run at once.
    pub concurrent_requests: NonZeroU32,
}

impl Default for FetchSettings {
    fn default() -> Self {
        Self {
            html_limit_bytes: 10_000_000,
            document_limit_bytes: 100_000_000,
            redirect_limit: 10,
            attempt_timeout: Duration::from_secs(20),
            overall_timeout: Duration::from_mins(1),
            concurrent_requests: NonZeroU32::MIN.saturating_add(15),
            politeness: Some(Politeness::default()),
            retry: Some(retry_plan()),
            breaker: Some(ServiceSettings {
                default: Arc::new(host_breaker()),
                ..ServiceSettings::default()
            }),
            addresses: AddressPolicy::default(),
        }
    }
}

impl Default for Politeness {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(1),
            burst: NonZeroU32::MIN.saturating_add(4),
            concurrent_requests: NonZeroU32::MIN.saturating_add(1),
        }
    }
}

/// Two seconds at first: a server that is being restarted is back by the third attempt. A pause that is asked for is
/// the job's affair.
fn retry_plan() -> RetryPlan {
    RetryPlan {
        transient: Backoff::exponential(Duration::from_secs(2), Duration::from_secs(10)),
        ..RetryPlan::default()
    }
}

/// A host that fails five times in a row, or half of the time, is left alone for two minutes, and for up to six
/// hours when it keeps failing.
fn host_breaker() -> BreakerSettings {
    BreakerSettings {
        trip: TripRules {
            consecutive_failures: Some(5),
            failure_rate: Some(Rate {
                percent: 50,
                min_calls: 20,
            }),
            slow_calls: None,
            window: WindowKind::Calls(20),
        },
        open: OpenTime {
            base: Duration::from_mins(2),
            cap: Duration::from_hours(6),
            growth: 2,
            jitter_percent: 15,
        },
        probing: Probing {
            concurrent: 1,
            successes_to_close: 3,
            max_age: Duration::from_secs(40),
            retry_after: Duration::from_secs(5),
        },
        throttle_pause: Duration::from_mins(5),
    }
}
