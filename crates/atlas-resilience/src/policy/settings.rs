//! What an operator can set about a policy, and what that means in the worst case. Values only.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::registry::ServiceSettings;
use crate::retry_class::RetryClass;
use crate::retry_plan::{Decision, RetryPlan};

/// Everything about the calls of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicySettings {
    /// The time for one attempt.
    pub attempt_timeout: Duration,
    /// The time for a call with all its attempts and waits.
    pub overall_timeout: Duration,
    /// How attempts are repeated; absent: not at all.
    pub retry: Option<RetryPlan>,
    /// When scopes are not called any more; absent: they always are.
    pub breaker: Option<ServiceSettings>,
    /// How many calls run at once; absent: any number.
    pub concurrency: Option<Concurrency>,
    /// How often a scope is called; absent: as often as anybody likes.
    pub rate: Option<RateLimit>,
}

/// How many calls run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concurrency {
    /// In all.
    pub total: NonZeroU32,
    /// For one scope.
    pub per_scope: NonZeroU32,
    /// Whether a call waits for a place, as long as its deadline allows; else it is turned away at once.
    pub queues: bool,
}

/// How often a scope is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// The time from one call to the next, once the burst is used up.
    pub interval: Duration,
    /// How many may come at once after a pause.
    pub burst: NonZeroU32,
}

/// One attempt in the worst case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorstAttempt {
    /// The longest wait before it.
    pub wait: Duration,
    /// When it begins at the latest, counted from the call.
    pub begins: Duration,
    /// When it is given up, counted from the call.
    pub ends: Duration,
}

impl PolicySettings {
    /// A call where every attempt times out and every wait is as long as it can be.
    pub fn worst_case(&self) -> Vec<WorstAttempt> {
        let mut attempts = Vec::new();
        let (mut wait, mut now) = (Duration::ZERO, Duration::ZERO);
        loop {
            let begins = now.saturating_add(wait);
            let ends = begins
                .saturating_add(self.attempt_timeout)
                .min(self.overall_timeout);
            attempts.push(WorstAttempt { wait, begins, ends });
            now = ends;
            let remaining = self.overall_timeout.saturating_sub(now);
            let number = u32::try_from(attempts.len()).unwrap_or(u32::MAX);
            let next = self.retry.as_ref().map(|plan| {
                let previous = (number > 1).then_some(wait);
                plan.next(number, RetryClass::Timeout, previous, 1.0, remaining)
            });
            match next {
                Some(Decision::RetryAfter(longest)) => wait = longest,
                Some(Decision::GiveUp(_)) | None => return attempts,
            }
        }
    }

    /// Everything that is wrong with them, as the setting and the problem.
    pub fn faults(&self) -> Vec<(String, String)> {
        let mut faults = Vec::new();
        let mut require = |holds: bool, setting: &str, problem: &str| {
            if !holds {
                faults.push((setting.to_owned(), problem.to_owned()));
            }
        };
        require(
            !self.attempt_timeout.is_zero(),
            "attempt_timeout",
            "must be more than zero",
        );
        require(
            self.attempt_timeout <= self.overall_timeout,
            "attempt_timeout",
            "must not be longer than overall_timeout",
        );
        if let Some(concurrency) = self.concurrency {
            require(
                concurrency.per_scope <= concurrency.total,
                "concurrency.per_scope",
                "must not be larger than concurrency.total",
            );
        }
        if let Some(breaker) = &self.breaker {
            let of_scopes = breaker
                .scopes
                .iter()
                .map(|(scope, settings)| (format!("scopes.{scope}."), settings));
            for (prefix, settings) in std::iter::once((String::new(), &breaker.default)).chain(of_scopes) {
                let found = settings.faults().into_iter();
                faults.extend(
                    found.map(|fault| (format!("{prefix}{}", fault.setting), fault.problem.to_owned())),
                );
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backoff::Backoff;

    const SECOND: Duration = Duration::from_secs(1);

    fn settings(overall_secs: u32) -> PolicySettings {
        PolicySettings {
            attempt_timeout: SECOND * 20,
            overall_timeout: SECOND * overall_secs,
            retry: Some(RetryPlan {
                transient: Backoff::exponential(SECOND * 2, SECOND * 10),
                ..RetryPlan::default()
            }),
            breaker: Some(ServiceSettings::default()),
            concurrency: None,
            rate: None,
        }
    }

    #[test]
    fn the_worst_case_is_every_timeout_and_every_longest_wait() {
        let worst = settings(120).worst_case();
        let ends: Vec<_> = worst.iter().map(|attempt| attempt.ends.as_secs()).collect();
        assert_eq!(ends, [20, 42, 66]);
    }

    #[test]
    fn the_overall_limit_cuts_the_last_attempt_short() {
        let worst = settings(60).worst_case();
        assert_eq!(worst.last().unwrap().ends, SECOND * 60);
        assert_eq!(worst.last().unwrap().begins, SECOND * 46);
    }

    #[test]
    fn an_attempt_that_would_begin_after_the_end_is_none() {
        assert_eq!(settings(42).worst_case().len(), 2);
    }

    #[test]
    fn an_attempt_longer_than_the_call_is_a_fault() {
        let faults = settings(10).faults();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].0, "attempt_timeout");
    }
}
