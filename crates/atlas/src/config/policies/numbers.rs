//! `Numbers`: a policy taken apart into what can be set, and put together again. What cannot be set stays as the code
//! makes it.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use atlas_resilience::breaker::{BreakerSettings, OpenTime, Probing, Rate, SlowCalls, TripRules, WindowKind};
use atlas_resilience::{Concurrency, PolicySettings, RateLimit, RetryPlan, ServiceSettings};

use super::kind::{Kind, bounds, nature};

/// The numbers of one policy. What a policy does not have is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(super) attempt_timeout_ms: u64,
    pub(super) overall_timeout_ms: u64,
    pub(super) retry: Option<Retry>,
    pub(super) breaker: Option<Breaker>,
    pub(super) places: Option<Places>,
    pub(super) rate: Option<Rhythm>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Retry {
    pub(super) attempts: u64,
    /// A place in [`Kind::ALL`].
    pub(super) kind: u64,
    pub(super) base_ms: u64,
    pub(super) cap_ms: u64,
}

/// 0 for never, where something opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Breaker {
    pub(super) failures: u64,
    pub(super) percent: u64,
    pub(super) window_calls: u64,
    pub(super) slow_ms: u64,
    pub(super) slow_percent: u64,
    pub(super) open_secs: u64,
    pub(super) open_cap_secs: u64,
    pub(super) probes: u64,
    pub(super) successes: u64,
    pub(super) pause_secs: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) total: u64,
    pub(super) per_scope: u64,
    /// 0 for no.
    pub(super) queues: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rhythm {
    pub(super) interval_ms: u64,
    pub(super) burst: u64,
}

impl Numbers {
    /// Takes a policy apart.
    pub(super) fn of(policy: &PolicySettings) -> Self {
        let attempt_timeout_ms = millis(policy.attempt_timeout);
        Self {
            attempt_timeout_ms,
            overall_timeout_ms: millis(policy.overall_timeout),
            retry: policy.retry.as_ref().map(Retry::of),
            breaker: policy
                .breaker
                .as_ref()
                .map(|of_scopes| Breaker::of(&of_scopes.default, attempt_timeout_ms)),
            places: policy.concurrency.map(|limit| Places {
                total: limit.total.get().into(),
                per_scope: limit.per_scope.get().into(),
                queues: limit.queues.into(),
            }),
            rate: policy.rate.map(|rate| Rhythm {
                interval_ms: millis(rate.interval),
                burst: rate.burst.get().into(),
            }),
        }
    }

    /// Puts it together. What has no number is as in `made`, the policy that was taken apart.
    pub(super) fn policy(&self, made: &PolicySettings) -> PolicySettings {
        PolicySettings {
            attempt_timeout: Duration::from_millis(self.attempt_timeout_ms),
            overall_timeout: Duration::from_millis(self.overall_timeout_ms),
            retry: self
                .retry
                .as_ref()
                .zip(made.retry.as_ref())
                .map(|(retry, made)| retry.plan(made)),
            breaker: self.rules(made).map(|rules| ServiceSettings {
                default: Arc::new(rules),
                scopes: HashMap::new(),
            }),
            concurrency: self.places.as_ref().map(|places| Concurrency {
                total: not_zero(places.total),
                per_scope: not_zero(places.per_scope),
                queues: places.queues > 0,
            }),
            rate: self.rate.as_ref().map(|rate| RateLimit {
                interval: Duration::from_millis(rate.interval_ms),
                burst: not_zero(rate.burst),
            }),
        }
    }

    /// Those of the breaker.
    pub(super) fn rules(&self, made: &PolicySettings) -> Option<BreakerSettings> {
        let (breaker, of_scopes) = (self.breaker.as_ref()?, made.breaker.as_ref()?);
        let mut rules = breaker.rules(&of_scopes.default);
        let attempt = Duration::from_millis(self.attempt_timeout_ms);
        if attempt != made.attempt_timeout {
            // A probe that takes all the time it may is no lost one.
            rules.probing.max_age = rules.probing.max_age.max(attempt * 2);
        }
        Some(rules)
    }
}

impl Retry {
    fn of(plan: &RetryPlan) -> Self {
        let (base, cap) = bounds(&plan.transient);
        let (kind, _) = nature(&plan.transient);
        let kind = Kind::ALL.iter().position(|known| *known == kind);
        Self {
            attempts: plan.max_attempts.into(),
            kind: kind.unwrap_or_default() as u64,
            base_ms: millis(base),
            cap_ms: millis(cap),
        }
    }

    fn plan(&self, made: &RetryPlan) -> RetryPlan {
        let [base, cap] = [self.base_ms, self.cap_ms].map(Duration::from_millis);
        let (_, jitter) = nature(&made.transient);
        RetryPlan {
            max_attempts: small(self.attempts),
            transient: Kind::numbered(self.kind).backoff(base, cap).with_jitter(jitter),
            longest_wait: made.longest_wait.max(cap),
            ..made.clone()
        }
    }
}

impl Breaker {
    fn of(rules: &BreakerSettings, attempt_timeout_ms: u64) -> Self {
        let TripRules {
            consecutive_failures,
            failure_rate,
            slow_calls,
            window,
        } = rules.trip;
        let window_calls = match window {
            WindowKind::Calls(calls) => calls,
            WindowKind::Time(_) => failure_rate.map_or(1, |rate| rate.min_calls),
        };
        Self {
            failures: consecutive_failures.unwrap_or_default().into(),
            percent: failure_rate.map_or(0, |rate| rate.percent).into(),
            window_calls: window_calls.into(),
            slow_ms: slow_calls.map_or(attempt_timeout_ms, |slow| millis(slow.slower_than)),
            slow_percent: slow_calls.map_or(0, |slow| slow.rate.percent).into(),
            open_secs: rules.open.base.as_secs(),
            open_cap_secs: rules.open.cap.as_secs(),
            probes: rules.probing.concurrent.into(),
            successes: rules.probing.successes_to_close.into(),
            pause_secs: rules.throttle_pause.as_secs(),
        }
    }

    fn rules(&self, made: &BreakerSettings) -> BreakerSettings {
        let cap = Duration::from_secs(self.open_cap_secs);
        let share = |percent: u64| {
            (percent > 0).then(|| Rate {
                percent: small(percent),
                min_calls: small(self.window_calls),
            })
        };
        BreakerSettings {
            trip: TripRules {
                consecutive_failures: (self.failures > 0).then(|| small(self.failures)),
                failure_rate: share(self.percent),
                slow_calls: share(self.slow_percent).map(|rate| SlowCalls {
                    slower_than: Duration::from_millis(self.slow_ms),
                    rate,
                }),
                window: WindowKind::Calls(small(self.window_calls)),
            },
            open: OpenTime {
                base: Duration::from_secs(self.open_secs),
                cap,
                ..made.open
            },
            probing: Probing {
                concurrent: small(self.probes),
                successes_to_close: small(self.successes),
                retry_after: made.probing.retry_after.min(cap),
                ..made.probing
            },
            throttle_pause: Duration::from_secs(self.pause_secs),
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn not_zero(number: u64) -> NonZeroU32 {
    NonZeroU32::new(small(number)).unwrap_or(NonZeroU32::MIN)
}
