//! `RetryPlan`: whether a failed attempt is followed by another within the same call, and after which wait. A pure
//! decision; it neither waits nor draws, and what it refuses is for whoever owns the work to carry on.

use std::time::Duration;

use crate::backoff::{Backoff, percentage, place};
use crate::budget::RetryBudget;
use crate::clock::Moment;
use crate::retry_after::RETRY_AFTER_LIMIT;
use crate::retry_class::RetryClass;

/// What is added at most to a wait that the other side asked for, in per cent of it. Only ever added: to come
/// earlier than asked would be rude, to come at exactly that moment is what everybody else does.
const ASKED_WAIT_JITTER_PERCENT: u32 = 10;

/// The rules by which one call retries in process.
///
/// There are two backoffs, as in the AWS SDKs: a transient failure is soon over, an overload is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPlan {
    /// Attempts in all, the first included; 0 counts as 1.
    pub max_attempts: u32,
    /// The waits after [`RetryClass::Transient`] and [`RetryClass::Timeout`].
    pub transient: Backoff,
    /// The waits after [`RetryClass::Throttled`], unless the other side asks for longer ones.
    pub throttled: Backoff,
    /// No wait within the call is longer; the jitter counts as part of it.
    pub longest_wait: Duration,
}

/// Three attempts; exponential backoffs with full jitter from 50 ms, or from 1 s after throttling, up to 10 s; no
/// wait longer than 10 s.
impl Default for RetryPlan {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            transient: Backoff::default(),
            throttled: Backoff::exponential(Duration::from_secs(1), Duration::from_secs(10)),
            longest_wait: Duration::from_secs(10),
        }
    }
}

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Wait so long, then try again.
    RetryAfter(Duration),
    /// Return the error of the attempt now.
    GiveUp(GiveUp),
}

/// Why there is no further attempt within the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GiveUp {
    /// Another attempt would bring the same.
    #[error("trying again would bring the same")]
    Permanent,
    /// There were as many attempts as there may be, or the schedule has ended.
    #[error("all attempts are used up")]
    AttemptsExhausted,
    /// The [`RetryBudget`] refused.
    #[error("no retry is left in the budget")]
    BudgetExhausted,
    /// The wait does not fit into the call: it is longer than waits may be, or the other side asked for more time
    /// than is left. Whoever owns the work tries again after it.
    #[error("the next attempt is due only in {wait:?}; it is for later")]
    TooLong {
        /// From now to the next attempt.
        wait: Duration,
    },
    /// Our own backoff would use up the time that is left.
    #[error("the deadline is too close for another attempt")]
    DeadlineTooClose,
}

impl RetryPlan {
    /// Decides after attempt number `attempt`, the first being 1, failed in that way.
    ///
    /// `previous` is the wait before that attempt, if there was one; `fraction` is drawn from `0.0..1.0`;
    /// `remaining` is the time from now to the caller's deadline. A wait that would use it up is not begun.
    ///
    /// After a `Retry-After` the wait is the longer of that and the backoff, plus up to a tenth of what was asked.
    /// No more than [`RETRY_AFTER_LIMIT`] is believed.
    ///
    /// ```
    /// use std::time::Duration;
    /// use atlas_resilience::{Decision, GiveUp, RetryClass, RetryPlan};
    ///
    /// let plan = RetryPlan::default();
    /// let minute = Duration::from_secs(60);
    /// let decision = plan.next(1, RetryClass::Transient, None, 0.5, minute);
    /// assert_eq!(decision, Decision::RetryAfter(Duration::from_millis(25)));
    /// assert_eq!(plan.next(3, RetryClass::Transient, None, 0.5, minute), Decision::GiveUp(GiveUp::AttemptsExhausted));
    /// ```
    pub fn next(
        &self,
        attempt: u32,
        class: RetryClass,
        previous: Option<Duration>,
        fraction: f64,
        remaining: Duration,
    ) -> Decision {
        match self.own_wait(attempt, class, previous, fraction) {
            Ok(own) => self.fit(own, class, fraction, remaining),
            Err(reason) => Decision::GiveUp(reason),
        }
    }

    /// The wait by our own backoff.
    fn own_wait(
        &self,
        attempt: u32,
        class: RetryClass,
        previous: Option<Duration>,
        fraction: f64,
    ) -> Result<Duration, GiveUp> {
        let backoff = match class {
            RetryClass::Permanent => return Err(GiveUp::Permanent),
            RetryClass::Transient | RetryClass::Timeout => &self.transient,
            RetryClass::Throttled { .. } => &self.throttled,
        };
        if attempt >= self.max_attempts {
            return Err(GiveUp::AttemptsExhausted);
        }
        let delay = backoff.delay(attempt.max(1), previous, fraction);
        delay.ok_or(GiveUp::AttemptsExhausted)
    }

    /// Makes room for what the other side asks for, and sees whether the whole fits into the call.
    fn fit(&self, own: Duration, class: RetryClass, fraction: f64, remaining: Duration) -> Decision {
        let asked = class.asked_wait().unwrap_or_default().min(RETRY_AFTER_LIMIT);
        let longest_extra = percentage(asked, ASKED_WAIT_JITTER_PERCENT);
        let wait = own
            .max(asked)
            .saturating_add(place(Duration::ZERO, longest_extra, fraction));
        let beyond_deadline = wait >= remaining;
        // What the other side asked for is worth handing on, even where only the deadline stands against it.
        if wait > self.longest_wait || (beyond_deadline && asked > own) {
            return Decision::GiveUp(GiveUp::TooLong { wait });
        }
        if beyond_deadline {
            return Decision::GiveUp(GiveUp::DeadlineTooClose);
        }
        Decision::RetryAfter(wait)
    }
}

impl Decision {
    /// The same decision, paid for. The budget is asked last, so a retry that is not made costs nothing.
    #[must_use]
    pub fn charged_to(self, budget: &RetryBudget, scope: &str, class: RetryClass, now: Moment) -> Self {
        match self {
            Self::RetryAfter(_) if budget.take_retry(scope, class, now).is_err() => {
                Self::GiveUp(GiveUp::BudgetExhausted)
            }
            decision => decision,
        }
    }
}

#[cfg(test)]
mod tests;
