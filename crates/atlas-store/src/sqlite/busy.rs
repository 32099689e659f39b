//! `Patience` with a lock that somebody else holds. SQLite waits for it within an attempt; when that was in vain, the
//! whole transaction runs again, because what it has read may not hold any more.

use std::time::Duration;

use atlas_resilience::{Decision, RetryClass, RetryPlan, Service};
use tokio::time::Instant;

use super::connection::BUSY_LIMIT;

/// How long SQLite waits for a lock within one attempt.
pub(super) const LOCK_WAIT: Duration = Duration::from_millis(500);

/// That of one caller, which is used up after [`BUSY_LIMIT`] at the latest.
pub(super) struct Patience {
    plan: RetryPlan,
    begun: Instant,
    attempts: u32,
    previous: Option<Duration>,
}

impl Patience {
    /// With all the attempts that the policy of that service allows now.
    pub(super) fn by(service: &Service) -> Self {
        let once = || RetryPlan {
            max_attempts: 1,
            ..RetryPlan::default()
        };
        Self {
            plan: service.settings().retry.clone().unwrap_or_else(once),
            begun: Instant::now(),
            attempts: 0,
            previous: None,
        }
    }

    /// An attempt has met a lock. How long to wait before the next; `None` when it was the last.
    pub(super) fn next_wait(&mut self) -> Option<Duration> {
        self.attempts += 1;
        // The attempt after the wait takes its time, too.
        let remaining = BUSY_LIMIT.saturating_sub(self.begun.elapsed() + LOCK_WAIT);
        let not_drawn = 0.0;
        match self.plan.next(
            self.attempts,
            RetryClass::Transient,
            self.previous,
            not_drawn,
            remaining,
        ) {
            Decision::RetryAfter(wait) => {
                self.previous = Some(wait);
                Some(wait)
            }
            Decision::GiveUp(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::DatabaseServices;

    fn patience() -> Patience {
        Patience::by(&DatabaseServices::default().operations)
    }

    #[tokio::test(start_paused = true)]
    async fn seven_waits_grow_slowly() {
        let mut patience = patience();
        let waits: Vec<_> = std::iter::from_fn(|| patience.next_wait()).collect();
        let millis: Vec<_> = waits.iter().map(Duration::as_millis).collect();
        assert_eq!(millis, [10, 10, 20, 30, 50, 80, 130]);
    }

    #[tokio::test(start_paused = true)]
    async fn no_attempt_begins_that_could_end_after_five_seconds() {
        let mut patience = patience();
        tokio::time::advance(Duration::from_millis(4_480)).await;
        assert_eq!(patience.next_wait(), Some(Duration::from_millis(10)));
        tokio::time::advance(Duration::from_millis(10)).await;
        assert_eq!(patience.next_wait(), None);
    }
}
