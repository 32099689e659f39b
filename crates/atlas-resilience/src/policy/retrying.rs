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

impl<'a> Course<'a> {
    /// Books the attempt that has just ended. What it failed of, when that may pass.
    pub(super) fn book(&mut self, judgement: &Judgement) -> Option<RetryClass> {
        self.attempts += 1;
        let class = judgement.retry.filter(|class| *class != RetryClass::Permanent);
        let Retrying { budget, clock, .. } = self.retrying;
        // Reading the clock costs as much as a layer, and nothing can be added to what is full.
        if class.is_none() && judgement.health == CallResult::Success && !budget.is_full() {
            budget.credit_success(self.scope, clock.now());
        }
        class
    }

    /// Pays for the next attempt, when there is to be one.
    pub(super) fn pay_for_next(&mut self, class: RetryClass, deadline: Deadline) -> Option<PaidRetry<'a>> {
        let Retrying {
            plan,
            budget,
            clock,
            seed,
            draws,
        } = self.retrying;
        let drawn = fraction(*seed, draws.fetch_add(1, Ordering::Relaxed));
        let decision = plan.next(self.attempts, class, self.previous, drawn, deadline.remaining());
        match decision.charged_to(budget, self.scope, class, clock.now()) {
            Decision::RetryAfter(wait) => {
                self.previous = Some(wait);
                Some(PaidRetry {
                    retrying: self.retrying,
                    scope: self.scope,
                    class,
                    wait,
                    has_begun: false,
                })
            }
            Decision::GiveUp(_) => None,
        }
    }
}

/// A retry that is paid for, and the wait before it. Dropped before it has begun, it gives the price back: its caller
/// went away, or it was turned away itself.
pub(super) struct PaidRetry<'a> {
    retrying: &'a Retrying,
    scope: &'a str,
    class: RetryClass,
    wait: Duration,
    has_begun: bool,
}

impl PaidRetry<'_> {
    pub(super) const fn wait(&self) -> Duration {
        self.wait
    }

    pub(super) fn begin(mut self) {
        self.has_begun = true;
    }
}

impl Drop for PaidRetry<'_> {
    fn drop(&mut self) {
        if !self.has_begun {
            let Retrying { budget, clock, .. } = self.retrying;
            budget.give_back(self.scope, self.class, clock.now());
        }
    }
}
