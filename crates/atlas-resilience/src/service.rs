//! `Service`: a named kind of call that the program makes, with its live policy. It holds what survives a change of
//! settings (breakers, the budget of retries, the guard of the network) and makes the policy anew from the rest.

use std::sync::{Arc, PoisonError, RwLock};

use crate::breaker::StoredBreaker;
use crate::budget::{BudgetSettings, RetryBudget};
use crate::bulkhead::Bulkhead;
use crate::egress::Egress;
use crate::pace::Pace;
use crate::policy::{Policy, PolicySettings, Retrying};
use crate::registry::{Breakers, Capacity, Surroundings};

/// One kind of call, with its policy.
#[derive(Debug)]
pub struct Service {
    name: &'static str,
    surroundings: Surroundings,
    breakers: Arc<Breakers>,
    budget: Arc<RetryBudget>,
    egress: Option<Arc<Egress>>,
    live: RwLock<Live>,
}

#[derive(Debug)]
struct Live {
    settings: Arc<PolicySettings>,
    policy: Arc<Policy>,
}

impl Service {
    /// Begins with the breakers that were kept of earlier processes, by scope.
    pub fn new(
        name: &'static str,
        settings: PolicySettings,
        surroundings: Surroundings,
        egress: Option<Arc<Egress>>,
        stored: impl IntoIterator<Item = (String, StoredBreaker)>,
    ) -> Self {
        let by_scope = settings.breaker.clone().unwrap_or_default();
        let breakers = Arc::new(Breakers::new(
            name,
            by_scope,
            Capacity::default(),
            surroundings.clone(),
            stored,
        ));
        let budget = Arc::new(RetryBudget::new(BudgetSettings::default()));
        let settings = Arc::new(settings);
        let policy = Arc::new(make(
            name,
            &settings,
            &surroundings,
            &breakers,
            &budget,
            egress.as_ref(),
        ));
        Self {
            name,
            surroundings,
            breakers,
            budget,
            egress,
            live: RwLock::new(Live { settings, policy }),
        }
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The policy as it is set now. Whoever holds one of before finishes by it.
    pub fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.live.read().unwrap_or_else(PoisonError::into_inner).policy)
    }

    /// The settings as they are now.
    pub fn settings(&self) -> Arc<PolicySettings> {
        Arc::clone(&self.live.read().unwrap_or_else(PoisonError::into_inner).settings)
    }

    /// The breakers of its scopes.
    pub fn breakers(&self) -> &Arc<Breakers> {
        &self.breakers
    }

    /// Works by other settings from now on. Calls under way finish by the old ones; breakers keep their state.
    pub fn configure(&self, settings: PolicySettings) {
        self.breakers
            .configure(settings.breaker.clone().unwrap_or_default());
        let settings = Arc::new(settings);
        let egress = self.egress.as_ref();
        let policy = Arc::new(make(
            self.name,
            &settings,
            &self.surroundings,
            &self.breakers,
            &self.budget,
            egress,
        ));
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = Live { settings, policy };
    }
}

fn make(
    name: &'static str,
    settings: &PolicySettings,
    surroundings: &Surroundings,
    breakers: &Arc<Breakers>,
    budget: &Arc<RetryBudget>,
    egress: Option<&Arc<Egress>>,
) -> Policy {
    let mut policy =
        Policy::new(name, settings.attempt_timeout).with_overall_timeout(settings.overall_timeout);
    if let Some(rate) = settings.rate {
        policy = policy.with_pace(Pace::new(rate.interval, rate.burst));
    }
    if let Some(concurrency) = settings.concurrency {
        policy = policy.with_bulkhead(Bulkhead::new(concurrency.total, concurrency.per_scope));
    }
    if settings.breaker.is_some() {
        policy = policy.with_breakers(Arc::clone(breakers));
    }
    if let Some(egress) = egress {
        policy = policy.with_egress(Arc::clone(egress));
    }
    if let Some(plan) = &settings.retry {
        let clock = Arc::clone(&surroundings.clock);
        policy = policy.with_retrying(Retrying::new(
            plan.clone(),
            Arc::clone(budget),
            clock,
            surroundings.seed,
        ));
    }
    policy
}
