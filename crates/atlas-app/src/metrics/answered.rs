//! `Answered`: all requests together: how many by the class of their status, and how long they took. By route the
//! histograms beside it tell more; this is small enough to have a history.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Answers take less than these, in milliseconds; the last are those that take longer.
const BOUNDS_MILLIS: [u64; 15] = [
    1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192, 32_768,
];
const BUCKETS: usize = BOUNDS_MILLIS.len() + 1;
/// Routes that say how the server is. That it is not ready is a right answer, and no failure of theirs.
const ABOUT_HEALTH: [&str; 3] = ["/livez", "/readyz", "/health"];

/// Counts up while requests are answered.
#[derive(Debug, Default)]
pub(crate) struct Answered {
    by_class: [AtomicU64; 5],
    by_time: [AtomicU64; BUCKETS],
}

/// How many requests were answered since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct AnsweredTotals {
    /// By the first digit of their status: 1xx to 5xx. Those about health are not among them.
    pub(crate) by_class: [u64; 5],
    by_time: [u64; BUCKETS],
}

impl Answered {
    /// One more.
    pub(super) fn add(&self, route: &str, status: u16, took: Duration) {
        if ABOUT_HEALTH.contains(&route) {
            return;
        }
        let class = usize::from(status / 100).saturating_sub(1);
        if let Some(count) = self.by_class.get(class) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let millis = took.as_millis();
        let bucket = BOUNDS_MILLIS.partition_point(|bound| u128::from(*bound) <= millis);
        self.by_time[bucket].fetch_add(1, Ordering::Relaxed);
    }

    /// All of them.
    pub(super) fn totals(&self) -> AnsweredTotals {
        AnsweredTotals {
            by_class: std::array::from_fn(|class| self.by_class[class].load(Ordering::Relaxed)),
            by_time: std::array::from_fn(|bucket| self.by_time[bucket].load(Ordering::Relaxed)),
        }
    }
}

impl AnsweredTotals {
    /// Within which time, in seconds, that share of the requests since `before` was answered: the upper end of the
    /// bucket where it lies. None without requests.
    pub(crate) fn quantile_since(&self, before: &Self, share: f64) -> Option<f64> {
        let since: [u64; BUCKETS] =
            std::array::from_fn(|bucket| self.by_time[bucket].saturating_sub(before.by_time[bucket]));
        let all: u64 = since.iter().sum();
        let wanted = (all as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        let bucket = since.iter().position(|count| {
            seen += count;
            seen >= wanted
        })?;
        let bound = BOUNDS_MILLIS.get(bucket).or(BOUNDS_MILLIS.last())?;
        Some(*bound as f64 / 1_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_quantile_is_that_of_the_requests_since_the_last_look() {
        let answered = Answered::default();
        answered.add("/api/v1/items", 200, MS * 900);
        let before = answered.totals();
        assert_eq!(answered.totals().quantile_since(&before, 0.5), None);
        for _ in 0..99 {
            answered.add("/api/v1/items", 200, MS * 3);
        }
        answered.add("/api/v1/items", 500, MS * 100);
        let totals = answered.totals();

        assert_eq!(totals.quantile_since(&before, 0.5), Some(0.004));
        assert_eq!(totals.quantile_since(&before, 0.99), Some(0.004));
        assert_eq!(totals.quantile_since(&before, 1.0), Some(0.128));
        assert_eq!(totals.by_class, [0, 100, 0, 0, 1]);
    }

    #[test]
    fn that_a_server_is_not_ready_is_no_failure_of_its_answer() {
        let answered = Answered::default();
        answered.add("/readyz", 503, MS);
        assert_eq!(answered.totals(), AnsweredTotals::default());
    }
}
