//! The settings of policies: how calls beyond this process are repeated, and when they are not made at all. Each is one
//! row, like every other setting.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use atlas_net::fetch::{FetchSettings, Politeness, scope_of};
use atlas_resilience::breaker::{BreakerSettings, Rate, WindowKind};
use atlas_resilience::{Backoff, RetryPlan};

use super::settings::{Setting, number, seconds};

/// The policy of requests for pages, as far as it can be set.
#[derive(Debug, Clone)]
pub(crate) struct ArticleProcessing {
    pub(crate) retry: RetryPlan,
    pub(crate) breaker: BreakerSettings,
    pub(crate) politeness: Politeness,
    /// The breakers of single scopes.
    pub(crate) scopes: HashMap<String, Arc<BreakerSettings>>,
    retry_base: Duration,
    retry_cap: Duration,
    failure_percent: u32,
    window_calls: u32,
}

/// What is not set holds as without any configuration.
impl Default for ArticleProcessing {
    fn default() -> Self {
        let FetchSettings {
            retry,
            breaker,
            politeness,
            ..
        } = FetchSettings::default();
        Self {
            retry: retry.unwrap_or_default(),
            breaker: breaker
                .map(|breaker| (*breaker.default).clone())
                .unwrap_or_default(),
            politeness: politeness.unwrap_or_default(),
            scopes: HashMap::new(),
            retry_base: Duration::ZERO,
            retry_cap: Duration::ZERO,
            failure_percent: 0,
            window_calls: 1,
        }
    }
}

impl ArticleProcessing {
    /// What belongs together is put together when everything is read. Returns what does not fit, by the last part of
    /// its key.
    pub(super) fn settle(&mut self, attempt_timeout: Duration) -> Vec<(&'static str, String)> {
        let Self { retry, breaker, .. } = self;
        retry.transient = Backoff::exponential(self.retry_base, self.retry_cap);
        retry.longest_wait = self.retry_cap.max(retry.longest_wait);
        breaker.trip.window = WindowKind::Calls(self.window_calls);
        breaker.trip.failure_rate = (self.failure_percent > 0).then_some(Rate {
            percent: self.failure_percent,
            min_calls: self.window_calls,
        });
        // A probe that takes all the time it may is no lost one.
        breaker.probing.max_age = (attempt_timeout * 2).max(Duration::from_secs(30));
        breaker.probing.retry_after = breaker.probing.retry_after.min(breaker.open.cap);
        let mut misfits = Vec::new();
        if breaker.open.base > breaker.open.cap {
            misfits.push(("open_secs", "is longer than open_cap_secs".to_owned()));
        } else {
            let faults = breaker.faults().into_iter();
            misfits.extend(faults.map(|fault| ("open_secs", fault.to_string())));
        }
        if self.retry_base > self.retry_cap {
            misfits.push(("retry_base_ms", "is longer than retry_cap_ms".to_owned()));
        }
        misfits
    }
}

/// The settings that can differ for single hosts: those of their breakers.
pub(super) fn for_hosts() -> impl Iterator<Item = &'static Setting> {
    let of_breaker = |setting: &&Setting| FOR_HOSTS.iter().any(|key| setting.key.ends_with(key));
    SETTINGS.iter().filter(of_breaker)
}

const FOR_HOSTS: [&str; 8] = [
    ".open_after_failures",
    ".open_at_percent",
    ".window_calls",
    ".open_secs",
    ".open_cap_secs",
    ".probes",
    ".successes_to_close",
    ".pause_secs",
];

/// The scopes that a host means: with its port that one, without it both of the web.
pub(super) fn scopes_of(host: &str) -> Result<Vec<String>, String> {
    let refused = || "is no host; write it like \"example.com\" or \"example.com:8443\"".to_owned();
    if host.contains("://") {
        return Err(refused()); // an address, which names more than a host
    }
    scope_of(host).map(|scope| vec![scope]).or_else(|_| {
        let both = ["80", "443"].map(|port| scope_of(&format!("{host}:{port}")));
        both.into_iter().collect::<Result<_, _>>().map_err(|_| refused())
    })
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "article_processing.attempts",
        default: |_| "3".to_owned(),
        apply: |config, text| {
            number(text, 1, 10).map(|count| config.article.retry.max_attempts = count as u32)
        },
    },
    Setting {
        key: "article_processing.retry_base_ms",
        default: |_| "2000".to_owned(),
        apply: |config, text| {
            number(text, 1, 60_000).map(|ms| config.article.retry_base = Duration::from_millis(ms))
        },
    },
    Setting {
        key: "article_processing.retry_cap_ms",
        default: |_| "10000".to_owned(),
        apply: |config, text| {
            number(text, 1, 60_000).map(|ms| config.article.retry_cap = Duration::from_millis(ms))
        },
    },
    Setting {
        key: "article_processing.open_after_failures",
        default: |_| "5".to_owned(),
        apply: |config, text| {
            number(text, 0, 1_000).map(|count| {
                config.article.breaker.trip.consecutive_failures = (count > 0).then_some(count as u32);
            })
        },
    },
    Setting {
        key: "article_processing.open_at_percent",
        default: |_| "50".to_owned(),
        apply: |config, text| {
            number(text, 0, 100).map(|percent| config.article.failure_percent = percent as u32)
        },
    },
    Setting {
        key: "article_processing.window_calls",
        default: |_| "20".to_owned(),
        apply: |config, text| number(text, 1, 10_000).map(|calls| config.article.window_calls = calls as u32),
    },
    Setting {
        key: "article_processing.open_secs",
        default: |_| "120".to_owned(),
        apply: |config, text| seconds(text, 1, 86_400).map(|time| config.article.breaker.open.base = time),
    },
    Setting {
        key: "article_processing.open_cap_secs",
        default: |_| "21600".to_owned(),
        apply: |config, text| seconds(text, 1, 2_592_000).map(|time| config.article.breaker.open.cap = time),
    },
    Setting {
        key: "article_processing.probes",
        default: |_| "1".to_owned(),
        apply: |config, text| {
            number(text, 1, 100).map(|count| config.article.breaker.probing.concurrent = count as u32)
        },
    },
    Setting {
        key: "article_processing.successes_to_close",
        default: |_| "3".to_owned(),
        apply: |config, text| {
            number(text, 1, 100).map(|count| config.article.breaker.probing.successes_to_close = count as u32)
        },
    },
    Setting {
        key: "article_processing.pause_secs",
        default: |_| "300".to_owned(),
        apply: |config, text| {
            seconds(text, 1, 86_400).map(|time| config.article.breaker.throttle_pause = time)
        },
    },
    Setting {
        key: "article_processing.per_host",
        default: |_| "2".to_owned(),
        apply: |config, text| {
            // The queue gives a host two jobs at once.
            count(text, 2).map(|count| config.article.politeness.concurrent_requests = count)
        },
    },
    Setting {
        key: "article_processing.burst",
        default: |_| "5".to_owned(),
        apply: |config, text| count(text, 1_000).map(|count| config.article.politeness.burst = count),
    },
    Setting {
        key: "article_processing.interval_ms",
        default: |_| "1000".to_owned(),
        apply: |config, text| {
            number(text, 1, 3_600_000)
                .map(|ms| config.article.politeness.interval = Duration::from_millis(ms))
        },
    },
];

fn count(text: &str, most: u64) -> Result<NonZeroU32, String> {
    number(text, 1, most).map(|count| NonZeroU32::new(count as u32).unwrap_or(NonZeroU32::MIN))
}
