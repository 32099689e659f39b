//! Repeats of attempts within one call.

use std::cell::RefCell;

use crate::backoff::{Backoff, Jitter};
use crate::breaker::BreakerSettings;
use crate::budget::{BudgetSettings, RetryBudget};
use crate::clock::{Clock, TokioClock};
use crate::registry::{Breakers, Capacity, ServiceSettings, Surroundings};
use crate::retry_plan::RetryPlan;

use super::*;

fn clock() -> Arc<dyn Clock> {
    Arc::new(TokioClock::new(|| std::time::SystemTime::UNIX_EPOCH))
}

fn retrying() -> Policy {
    let budget = Arc::new(RetryBudget::new(BudgetSettings::default()));
    policy().with_retrying(Retrying::new(RetryPlan::default(), budget, clock(), 7))
}

/// Calls with `results`, one an attempt; how many attempts were made, and what came back.
async fn call(
    policy: &Policy,
    call: Call<'_>,
    results: Vec<Result<u16, Broken>>,
) -> (usize, Result<u16, PolicyError<Broken>>) {
    let all = results.len();
    let left = RefCell::new(results.into_iter());
    let result = policy
        .run(call, judge, async |_| {
            left.borrow_mut().next().expect("no more attempts than results")
        })
        .await;
    (all - left.borrow().len(), result)
}

#[tokio::test(start_paused = true)]
async fn tries_again_until_it_works() {
    let repeatable = Call::repeatable("a", in_seconds(60));
    let (attempts, result) = call(&retrying(), repeatable, vec![Err(Broken), Err(Broken), Ok(7)]).await;
    assert_eq!((attempts, result), (3, Ok(7)));
}

#[tokio::test(start_paused = true)]
async fn the_wait_before_an_attempt_does_not_shorten_it() {
    let told = RefCell::new(Vec::new());
    let failed = retrying()
        .run(
            Call::repeatable("a", in_seconds(60)),
            judge,
            async |deadline: Deadline| {
                told.borrow_mut().push(deadline.remaining());
                Err::<(), _>(Broken)
            },
        )
        .await;
    assert_eq!(failed, Err(PolicyError::Inner(Broken)));
    assert_eq!(*told.borrow(), [SECOND * 2; 3]);
}

#[tokio::test(start_paused = true)]
async fn hands_back_the_last_result_when_no_attempt_is_left() {
    let repeatable = Call::repeatable("a", in_seconds(60));
    let results = vec![Err(Broken), Err(Broken), Err(Broken), Ok(7)];
    let (attempts, result) = call(&retrying(), repeatable, results).await;
    assert_eq!((attempts, result), (3, Err(PolicyError::Inner(Broken))));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_must_not_be_repeated_is_not() {
    let once = Call::once("a", in_seconds(60));
    let (attempts, result) = call(&retrying(), once, vec![Err(Broken), Ok(7)]).await;
    assert_eq!((attempts, result), (1, Err(PolicyError::Inner(Broken))));
}

#[tokio::test(start_paused = true)]
async fn does_not_sleep_when_the_deadline_would_pass_meanwhile() {
    let judge = |_: Result<&u16, &Broken>| Judgement::throttled(Some(SECOND * 5), "http_429");
    let start = Instant::now();
    let result = retrying()
        .run(Call::repeatable("a", in_seconds(1)), judge, async |_| {
            Err::<u16, _>(Broken)
        })
        .await;
    assert_eq!(
        result,
        Err(PolicyError::Inner(Broken)),
        "the error of the attempt itself"
    );
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_backoff_longer_than_the_rest_of_the_call_ends_it_at_once_with_its_own_error() {
    let plan = RetryPlan {
        transient: Backoff::constant(SECOND * 5).with_jitter(Jitter::None),
        ..RetryPlan::default()
    };
    let budget = Arc::new(RetryBudget::new(BudgetSettings::default()));
    let policy = policy().with_retrying(Retrying::new(plan, budget, clock(), 7));
    let start = Instant::now();
    let repeatable = Call::repeatable("a", in_seconds(1));
    let (attempts, result) = call(&policy, repeatable, vec![Err(Broken), Ok(7)]).await;
    assert_eq!((attempts, result), (1, Err(PolicyError::Inner(Broken))));
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_failures_uses_the_budget_up_and_is_then_not_repeated() {
    let policy = retrying();
    let attempts = Cell::new(0_u32);
    for _ in 0..1_000 {
        let call = Call::repeatable("a", in_seconds(60));
        let attempt = async |_| {
            attempts.set(attempts.get() + 1);
            Err::<u16, _>(Broken)
        };
        policy.run(call, judge, attempt).await.unwrap_err();
    }
    // 50 tokens at 2 a retry, and what flows in during the few seconds of the waits.
    assert!((1_025..=1_035).contains(&attempts.get()), "{}", attempts.get());
}

#[tokio::test(start_paused = true)]
async fn a_circuit_that_opens_between_attempts_ends_the_call_with_its_own_error() {
    let settings = BreakerSettings {
        trip: crate::breaker::TripRules {
            consecutive_failures: Some(1),
            ..BreakerSettings::default().trip
        },
        ..BreakerSettings::default()
    };
    let settings = ServiceSettings {
        default: Arc::new(settings),
        ..Default::default()
    };
    let surroundings = Surroundings {
        clock: clock(),
        journal: None,
        observer: None,
        seed: 7,
    };
    let breakers = Breakers::new("test", settings, Capacity::default(), surroundings, []);
    let policy = retrying().with_breakers(breakers);
    let repeatable = Call::repeatable("a", in_seconds(60));
    let (attempts, result) = call(&policy, repeatable, vec![Err(Broken), Ok(7)]).await;
    assert_eq!((attempts, result), (1, Err(PolicyError::Inner(Broken))));
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_while_it_waits_gives_everything_back() {
    let policy = retrying().with_bulkhead(Bulkhead::new(at_most(1), at_most(1)));
    let judge = |_: Result<&u16, &Broken>| Judgement::throttled(Some(SECOND * 5), "http_429");
    let waiting = policy.run(Call::repeatable("a", in_seconds(60)), judge, async |_| {
        Err::<u16, _>(Broken)
    });
    assert!(tokio::time::timeout(SECOND, waiting).await.is_err());
    let start = Instant::now();
    assert_eq!(policy.run_once("a", in_seconds(60), async |_| Ok(7)).await, Ok(7));
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn the_overall_limit_holds_for_all_attempts_together() {
    let policy = retrying().with_overall_timeout(SECOND * 3);
    let start = Instant::now();
    let call = Call::repeatable("a", in_seconds(60));
    policy
        .run(call, judge, |_| pending::<Result<u16, Broken>>())
        .await
        .unwrap_err();
    assert!(start.elapsed() <= SECOND * 3, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_an_attempt_that_the_circuit_would_refuse() {
    let one_failure = crate::breaker::TripRules {
        consecutive_failures: Some(1),
        ..BreakerSettings::default().trip
    };
    let settings = ServiceSettings {
        default: Arc::new(BreakerSettings {
            trip: one_failure,
            ..BreakerSettings::default()
        }),
        ..Default::default()
    };
    let surroundings = Surroundings {
        clock: clock(),
        journal: None,
        observer: None,
        seed: 7,
    };
    let policy = retrying().with_breakers(Breakers::new(
        "test",
        settings,
        Capacity::default(),
        surroundings,
        [],
    ));
    let start = Instant::now();
    let repeatable = Call::repeatable("a", in_seconds(60));
    policy
        .run(repeatable, judge, async |_| Err::<u16, _>(Broken))
        .await
        .unwrap_err();
    assert_eq!(start.elapsed(), Duration::ZERO);
}
