//! Whatever a plan and a call are told, attempts and time keep within their bounds.

use std::cell::RefCell;

use proptest::option::of;
use proptest::prelude::*;

use crate::backoff::Backoff;
use crate::budget::{BudgetSettings, RetryBudget};
use crate::retry_plan::RetryPlan;

use super::guarding::clock;
use super::*;

/// What one attempt does: how long it takes, if it ever ends, and whether the other side asks for a pause.
type Course = (Option<Duration>, Option<Duration>);

/// Timers are as fine as that.
const TICK: Duration = Duration::from_millis(1);

fn millis(range: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_millis)
}

async fn attempts_and_time(policy: Policy, deadline: Duration, courses: Vec<Course>) -> (u32, Duration) {
    let attempts = Cell::new(0_u32);
    let left = RefCell::new(courses.into_iter());
    let asked = Cell::new(None);
    let judge = |_: Result<&(), &Broken>| match asked.take() {
        Some(pause) => Judgement::throttled(Some(pause), "http_429"),
        None => Judgement::transient("http_500"),
    };
    let start = Instant::now();
    let call = Call::repeatable("a", Deadline::after(deadline));
    let running = policy.run(call, judge, async |_| {
        attempts.set(attempts.get() + 1);
        let (takes, pause) = left.borrow_mut().next().unwrap_or_default();
        let Some(takes) = takes else {
            return pending().await;
        };
        sleep(takes).await;
        asked.set(pause);
        Err::<(), _>(Broken)
    });
    running.await.unwrap_err();
    (attempts.get(), start.elapsed())
}

proptest! {
    #[test]
    fn no_call_makes_more_attempts_or_takes_longer_than_it_may(
        max_attempts in 0_u32..6,
        (base, cap) in (millis(0..5_000), millis(0..5_000)),
        attempt_timeout in millis(1..4_000),
        overall in of(millis(0..20_000)),
        deadline in millis(0..20_000),
        courses in prop::collection::vec((of(millis(0..5_000)), of(millis(0..12_000))), 0..6),
    ) {
        let plan = RetryPlan {
            max_attempts,
            transient: Backoff::exponential(base, cap),
            ..RetryPlan::default()
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let (attempts, elapsed) = runtime.block_on(async {
            let budget = Arc::new(RetryBudget::new(BudgetSettings::default()));
            let mut policy = Policy::new("test", attempt_timeout)
                .with_retrying(Retrying::new(plan, budget, clock(), 7));
            if let Some(overall) = overall {
                policy = policy.with_overall_timeout(overall);
            }
            attempts_and_time(policy, deadline, courses).await
        });
        prop_assert!(attempts <= max_attempts.max(1));
        let longest = overall.map_or(deadline, |overall| overall.min(deadline));
        prop_assert!(elapsed <= longest + TICK, "{:?} of {:?}", elapsed, longest);
    }
}
