//! `ErrorBurn`: how many times as often as they may requests fail by our fault, over short and long times. Of a thousand
//! requests one may.

use std::collections::VecDeque;

/// The share of requests that may fail.
const BUDGET: f64 = 0.001;
/// The times over which it is told, in minutes. Each needs as much of the past.
const OVER: [(&str, usize); 4] = [("5m", 5), ("30m", 30), ("1h", 60), ("6h", 360)];
/// Fewer requests say nothing: one that fails among ten is no trend.
const REQUESTS_AT_LEAST: u64 = 100;

/// Totals of each minute since the start, the newest last.
#[derive(Default)]
pub(super) struct ErrorBurn {
    totals: VecDeque<(u64, u64)>,
}

impl ErrorBurn {
    /// A minute has passed: how many requests there have been since the start, and how many of them failed.
    pub(super) fn add(&mut self, requests: u64, failed: u64) {
        self.totals.push_back((requests, failed));
        while self.totals.len() > OVER[OVER.len() - 1].1 + 1 {
            self.totals.pop_front();
        }
    }

    /// For each time, if there were enough requests in it. What is younger than that time counts as a whole.
    pub(super) fn rates(&self) -> impl Iterator<Item = (&'static str, Option<f64>)> {
        OVER.into_iter().map(|(name, minutes)| (name, self.over(minutes)))
    }

    fn over(&self, minutes: usize) -> Option<f64> {
        let (newest, failed) = *self.totals.back()?;
        let first = self.totals.len().saturating_sub(minutes + 1);
        let (oldest, failed_before) = *self.totals.get(first)?;
        let (requests, failed) = (newest - oldest, failed - failed_before);
        if requests < REQUESTS_AT_LEAST {
            return None;
        }
        Some(failed as f64 / requests as f64 / BUDGET)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(burn: &ErrorBurn, over: &str) -> Option<f64> {
        burn.rates()
            .find(|(name, _)| *name == over)
            .and_then(|(_, rate)| rate)
    }

    #[test]
    fn few_requests_say_nothing() {
        let mut burn = ErrorBurn::default();
        burn.add(0, 0);
        burn.add(99, 99);
        assert_eq!(rate(&burn, "5m"), None);
    }

    #[test]
    fn one_failure_in_a_hundred_is_ten_times_as_many_as_may_be() {
        let mut burn = ErrorBurn::default();
        burn.add(0, 0);
        burn.add(1_000, 10);
        assert_eq!(rate(&burn, "5m"), Some(10.0));
        assert_eq!(rate(&burn, "6h"), Some(10.0));
    }

    #[test]
    fn what_is_over_for_long_is_no_part_of_a_short_time() {
        let mut burn = ErrorBurn::default();
        for minute in 0..=20 {
            burn.add(minute * 1_000, minute.min(10) * 10);
        }
        assert_eq!(rate(&burn, "5m"), Some(0.0));
        assert_eq!(rate(&burn, "30m"), Some(5.0));
    }
}
