//! `Service`: a named kind of call that the program makes, with its live policy. It holds what survives a change of
//! settings (breakers, the budget of retries, the guard of the network) and makes the policy anew from the rest.

use std::sync::{Arc, PoisonError, RwLock};

use crate::breaker::StoredBreaker;
use crate::budget::{BudgetSettings, RetryBudget};
use crate::bulkhead::Bulkhead;
use crate::counts::{CallCounts, CallTotals};
use crate::egress::Egress;
use crate::pace::Pace;
use crate::policy::{Concurrency, Policy, PolicySettings, Retrying};
use crate::registry::{Breakers, Capacity, Surroundings};

/// One kind of call, with its policy.
#[derive(Debug)]
pub struct Service {
    name: &'static str,
    surroundings: Surroundings,
    breakers: Arc<Breakers>,
    budget: Arc<RetryBudget>,
    egress: Option<Arc<Egress>>,
    counts: Arc<CallCounts>,
    live: RwLock<Live>,
}

/// What a change of settings replaces.
#[derive(Debug)]
struct Live {
    settings: Arc<PolicySettings>,
    policy: Arc<Policy>,
    limits: Limits,
}

/// What calls under way are counted by: kept as long as its own settings stay, so that a change of others gives nobody
/// a second set of places.
#[derive(Debug, Clone, Default)]
struct Limits {
    pace: Option<Arc<Pace>>,
    bulkhead: Option<Arc<Bulkhead>>,
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
        let capacity = Capacity::default();
        let breakers = Arc::new(Breakers::new(
            name,
            by_scope,
            capacity,
            surroundings.clone(),
            stored,
        ));
        let budget = Arc::new(RetryBudget::new(BudgetSettings::default()));
        let live = Live {
            policy: Arc::new(Policy::new(name, settings.attempt_timeout)),
            settings: Arc::new(settings.clone()),
            limits: Limits::of(&settings, None),
        };
        let service = Self {
            name,
            surroundings,
            breakers,
            budget,
            egress,
            counts: Arc::default(),
            live: RwLock::new(live),
        };
        service.configure(settings);
        service
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

    /// What has become of calls by its policies since the process started. Whoever only asks its breakers makes none.
    pub fn call_totals(&self) -> CallTotals {
        self.counts.totals()
    }

    /// Works by other settings from now on. Calls under way finish by the old ones; breakers keep their state, and
    /// limits that did not change their counts.
    pub fn configure(&self, settings: PolicySettings) {
        self.breakers
            .configure(settings.breaker.clone().unwrap_or_default());
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        let limits = Limits::of(&settings, Some(&live));
        let policy = Arc::new(self.make(&settings, &limits));
        *live = Live {
            settings: Arc::new(settings),
            policy,
            limits,
        };
    }

    fn make(&self, settings: &PolicySettings, limits: &Limits) -> Policy {
        let mut policy =
            Policy::new(self.name, settings.attempt_timeout).with_overall_timeout(settings.overall_timeout);
        policy = policy.with_counts(Arc::clone(&self.counts));
        if let Some(pace) = &limits.pace {
            policy = policy.with_pace(Arc::clone(pace));
        }
        if let Some(bulkhead) = &limits.bulkhead {
            policy = policy.with_bulkhead(Arc::clone(bulkhead));
        }
        if settings.breaker.is_some() {
            policy = policy.with_breakers(Arc::clone(&self.breakers));
        }
        if let Some(egress) = &self.egress {
            policy = policy.with_egress(Arc::clone(egress));
        }
        if let Some(plan) = &settings.retry {
            let (budget, clock) = (Arc::clone(&self.budget), Arc::clone(&self.surroundings.clock));
            policy = policy.with_retrying(Retrying::new(plan.clone(), budget, clock, self.surroundings.seed));
        }
        policy
    }
}

impl Limits {
    fn of(settings: &PolicySettings, before: Option<&Live>) -> Self {
        let kept = |is_same: fn(&PolicySettings, &PolicySettings) -> bool| {
            before
                .filter(|live| is_same(&live.settings, settings))
                .map(|live| live.limits.clone())
        };
        let pace = kept(|old, new| old.rate == new.rate).map_or_else(
            || {
                settings
                    .rate
                    .map(|rate| Arc::new(Pace::new(rate.interval, rate.burst)))
            },
            |limits| limits.pace,
        );
        let bulkhead = kept(|old, new| old.concurrency == new.concurrency)
            .map_or_else(|| settings.concurrency.map(bulkhead), |limits| limits.bulkhead);
        Self { pace, bulkhead }
    }
}

fn bulkhead(limit: Concurrency) -> Arc<Bulkhead> {
    let bulkhead = Bulkhead::new(limit.total, limit.per_scope);
    Arc::new(if limit.queues {
        bulkhead
    } else {
        bulkhead.without_queue()
    })
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use super::*;
    use crate::clock::ManualClock;

    fn settings() -> PolicySettings {
        let one = NonZeroU32::MIN;
        PolicySettings {
            attempt_timeout: Duration::from_secs(1),
            overall_timeout: Duration::from_secs(2),
            retry: None,
            breaker: None,
            concurrency: Some(Concurrency {
                total: one,
                per_scope: one,
                queues: false,
            }),
            rate: None,
        }
    }

    fn service() -> Service {
        let clock = Arc::new(ManualClock::starting_at(Duration::ZERO));
        let surroundings = Surroundings {
            clock,
            journal: None,
            observer: None,
            seed: 7,
        };
        Service::new("test", settings(), surroundings, None, [])
    }

    fn bulkhead_of(service: &Service) -> Arc<Bulkhead> {
        Arc::clone(service.live.read().unwrap().limits.bulkhead.as_ref().unwrap())
    }

    #[test]
    fn settings_that_leave_a_limit_as_it_is_give_nobody_a_second_set_of_places() {
        let service = service();
        let taken = bulkhead_of(&service).try_enter("a").expect("a place is free");
        service.configure(PolicySettings {
            attempt_timeout: Duration::from_millis(500),
            ..settings()
        });
        assert!(bulkhead_of(&service).try_enter("a").is_none());
        drop(taken);
        assert!(bulkhead_of(&service).try_enter("a").is_some());
    }

    #[test]
    fn another_limit_holds_for_those_who_come_after_it() {
        let service = service();
        let _taken = bulkhead_of(&service).try_enter("a").expect("a place is free");
        let two = NonZeroU32::new(2).unwrap();
        let limit = Concurrency {
            total: two,
            per_scope: two,
            queues: false,
        };
        service.configure(PolicySettings {
            concurrency: Some(limit),
            ..settings()
        });
        assert!(bulkhead_of(&service).try_enter("a").is_some());
    }
}
