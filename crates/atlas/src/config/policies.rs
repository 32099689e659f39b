//! The settings of policies: how calls beyond this process are repeated, and when they are not made at all. Each is one
//! row, like every other setting.

use std::num::NonZeroU32;
use std::time::Duration;

use atlas_net::fetch::Politeness;
use atlas_resilience::breaker::{BreakerSettings, Rate, WindowKind};
use atlas_resilience::{Backoff, RetryPlan};

use super::settings::{Setting, number, seconds};

/// The policy of requests for pages, as far as it can be set.
#[derive(Debug, Clone, Default)]
pub(crate) struct ArticleProcessing {
    pub(crate) retry: RetryPlan,
    pub(crate) breaker: BreakerSettings,
    pub(crate) politeness: Politeness,
    retry_base: Duration,
    retry_cap: Duration,
    failure_percent: u32,
    window_calls: u32,
}

impl ArticleProcessing {
    /// What belongs together is put together when everything is read. What does not fit is a mistake.
    pub(super) fn settle(&mut self, mistakes: &mut Vec<String>) {
        self.retry.transient = Backoff::exponential(self.retry_base, self.retry_cap);
        self.retry.longest_wait = self.retry_cap.max(self.retry.longest_wait);
        self.breaker.trip.window = WindowKind::Calls(self.window_calls);
        self.breaker.trip.failure_rate = (self.failure_percent > 0).then_some(Rate {
            percent: self.failure_percent,
            min_calls: self.window_calls,
        });
        let faults = self.breaker.faults().into_iter();
        mistakes.extend(faults.map(|fault| format!("article_processing: {fault}")));
    }
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
            count(text, 256).map(|count| config.article.politeness.concurrent_requests = count)
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
