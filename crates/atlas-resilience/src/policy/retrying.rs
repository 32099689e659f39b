//! `Retrying`: repeats of attempts within one call, by a plan and out of a budget.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::breaker::{CallResult, fraction};
use crate::budget::RetryBudget;
use crate::clock::Clock;
use crate::deadline::Deadline;
use crate::retry_class::RetryClass;
use crate::retry_plan::{Decision, RetryPlan};

use super::Judgement;

/// By which plan attempts are repeated, and what pays for it.
#[derive(Debug)]
pub struct Retrying {
    plan: RetryPlan,
    budget: Arc<RetryBudget>,
    clock: Arc<dyn Clock>,
    seed: u64,
    draws: AtomicU64,
}

impl Retrying {
    /// Repeats by `plan`, out of `budget`, which several policies may share. `seed` begins the random draws.
    pub fn new(plan: RetryPlan, budget: Arc<RetryBudget>, clock: Arc<dyn Clock>, seed: u64) -> Self {
        Self {
            plan,
            budget,
            clock,
            seed,
            draws: AtomicU64::new(0),
        }
    }

    /// The plan.
    pub fn plan(&self) -> &RetryPlan {
        &self.plan
    }

    pub(super) fn course<'a>(&'a self, scope: &'a str) -> Course<'a> {
        Course {
            retrying: self,
            scope,
            attempts: 0,
            previous: None,
        }
    }
}

/// The attempts of one call so far.
pub(super) struct Course<'a> {
    retrying: &'a Retrying,
    scope: &'a str,
    attempts: u32,
    previous: Option<Duration>,
}

impl Course<'_> {
    /// Books the attempt that has just ended. The wait before the next one, when there is to be one.
    pub(super) fn wait_before_next(&mut self, judgement: &Judgement, deadline: Deadline) -> Option<Duration> {
        let Retrying {
            plan,
            budget,
            clock,
            seed,
            draws,
        } = self.retrying;
        let now = clock.now();
        self.attempts += 1;
        let Some(class) = judgement.retry.filter(|class| *class != RetryClass::Permanent) else {
            if judgement.health == CallResult::Success {
                budget.credit_success(self.scope, now);
            }
            return None;
        };
        let drawn = fraction(*seed, draws.fetch_add(1, Ordering::Relaxed));
        let decision = plan.next(self.attempts, class, self.previous, drawn, deadline.remaining());
        match decision.charged_to(budget, self.scope, class, now) {
            Decision::RetryAfter(wait) => {
                self.previous = Some(wait);
                Some(wait)
            }
            Decision::GiveUp(_) => None,
        }
    }
}
