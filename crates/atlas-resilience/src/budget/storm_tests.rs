//! A retry storm on a virtual clock: a service that is down for everybody, a thousand jobs, and its return. The plan
//! decides as it does in earnest; there is no runtime here.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rstest::rstest;

use super::*;
use crate::retry_plan::{Decision, RetryPlan};

const JOBS: u32 = 1_000;
const NANOS_PER_SECOND: u64 = 1_000_000_000;

struct Outage {
    budget: RetryBudget,
    plan: RetryPlan,
    random: fastrand::Rng,
    scopes: u32,
}

#[derive(Debug, PartialEq, Eq)]
struct Toll {
    attempts: u32,
    over_at: Moment,
}

impl Outage {
    fn new(settings: BudgetSettings, scopes: u32) -> Self {
        let plan = RetryPlan {
            max_attempts: 5,
            ..RetryPlan::default()
        };
        Self {
            budget: RetryBudget::new(settings),
            plan,
            random: fastrand::Rng::with_seed(21),
            scopes,
        }
    }

    /// All jobs, begun within a minute; every attempt fails.
    fn run(&mut self) -> Toll {
        let mut due: BinaryHeap<_> = (0..JOBS)
            .map(|job| Reverse((self.random.u64(0..60 * NANOS_PER_SECOND), job, 1_u32, None)))
            .collect();
        let mut toll = Toll {
            attempts: 0,
            over_at: Moment::ORIGIN,
        };
        while let Some(Reverse((nanos, job, attempt, previous))) = due.pop() {
            toll.attempts += 1;
            toll.over_at = Moment::from_nanos(nanos);
            if let Decision::RetryAfter(wait) = self.after_failure(job, attempt, previous, toll.over_at) {
                let next = toll.over_at.after(wait).nanos();
                due.push(Reverse((next, job, attempt + 1, Some(wait))));
            }
        }
        toll
    }

    fn after_failure(&mut self, job: u32, attempt: u32, previous: Option<Duration>, now: Moment) -> Decision {
        let (class, scope) = (RetryClass::Transient, format!("host-{}", job % self.scopes));
        self.plan
            .next(
                attempt,
                class,
                previous,
                self.random.f64(),
                Duration::from_hours(1),
            )
            .charged_to(&self.budget, &scope, class, now)
    }
}

#[rstest]
#[case::one_host(1)]
#[case::a_host_each(JOBS)]
fn a_storm_stays_within_the_first_attempts_and_the_reserve(#[case] scopes: u32) {
    let toll = Outage::new(BudgetSettings::default(), scopes).run();
    // 50 tokens and one more in ten seconds, at two a retry. No success, so the ratio of successes brings nothing.
    let came_in = 50 + toll.over_at.nanos() / (10 * NANOS_PER_SECOND);
    assert!(u64::from(toll.attempts - JOBS) <= came_in / 2, "{toll:?}");
    assert!(
        toll.attempts > JOBS + 20,
        "the reserve was there to be used: {toll:?}"
    );
}

#[test]
fn without_a_budget_the_same_storm_is_five_times_as_strong() {
    let free = BudgetSettings {
        transient_price: 0,
        ..BudgetSettings::default()
    };
    assert_eq!(Outage::new(free, 1).run().attempts, JOBS * 5);
}

#[rstest]
#[case::successes(0, 250, 50)]
#[case::time(500, 0, 50)]
#[case::half_and_half(250, 125, 50)]
#[case::not_yet(100, 50, 20)]
fn after_the_storm_the_budget_fills_again(
    #[case] secs: u64,
    #[case] successes: u32,
    #[case] expected_tokens: u32,
) {
    let mut outage = Outage::new(BudgetSettings::default(), 1);
    let over_at = outage.run().over_at;
    // What the storm left is used up, so that what follows is the recovery alone.
    while outage
        .budget
        .take_retry("host-0", RetryClass::Throttled { retry_after: None }, over_at)
        .is_ok()
    {}
    let later = over_at.after(Duration::from_secs(secs));
    for _ in 0..successes {
        outage.budget.credit_success("host-0", later);
    }
    let tokens = outage.budget.service_tokens(later);
    assert!(tokens.abs_diff(expected_tokens) <= 1, "{tokens}");
    assert_eq!(tokens, outage.budget.scope_tokens("host-0", later));
}
