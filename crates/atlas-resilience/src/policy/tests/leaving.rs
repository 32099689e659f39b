//! Calls that go away while they wait: whatever they waited for, they leave nothing taken, and at once.

use std::future::{Ready, ready};

use tokio::time::timeout;

use crate::budget::{BudgetSettings, RetryBudget};
use crate::clock::Moment;
use crate::retry_plan::RetryPlan;

use super::guarding::{breakers, clock};
use super::*;

fn well() -> Ready<Result<u16, Broken>> {
    ready(Ok(7))
}

/// A policy that repeats calls, and its budget.
fn repeating() -> (Policy, Arc<RetryBudget>) {
    let budget = Arc::new(RetryBudget::new(BudgetSettings::default()));
    let retrying = Retrying::new(RetryPlan::default(), Arc::clone(&budget), clock(), 7);
    (policy().with_retrying(retrying), budget)
}

fn asks_for_five_seconds(result: Result<&u16, &Broken>) -> Judgement {
    result.map_or_else(
        |_| Judgement::throttled(Some(SECOND * 5), "http_429"),
        |_| Judgement::success(),
    )
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_while_it_waits_for_its_turn_takes_none() {
    let policy = policy()
        .with_pace(Pace::new(SECOND * 5, at_most(1)))
        .with_bulkhead(Bulkhead::new(at_most(1), at_most(1)).without_queue())
        .with_breakers(breakers(clock()));
    let start = Instant::now();
    policy.run_once("a", in_seconds(60), |_| well()).await.unwrap();
    let waiting = policy.run_once("a", in_seconds(60), |_| well());
    assert!(timeout(SECOND, waiting).await.is_err());
    policy.run_once("a", in_seconds(60), |_| well()).await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 5, "the second turn, and not the third");
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_while_it_waits_for_a_place_leaves_the_queue() {
    let bulkhead = Arc::new(Bulkhead::new(at_most(1), at_most(1)));
    let policy = policy().with_bulkhead(Arc::clone(&bulkhead));
    let taken = bulkhead.try_enter("a").unwrap();
    let waiting = policy.run_once("a", in_seconds(60), |_| well());
    assert!(timeout(SECOND, waiting).await.is_err());
    drop(taken);
    assert_eq!(bulkhead.busy_scopes(), 0);
    let start = Instant::now();
    policy.run_once("a", in_seconds(60), |_| well()).await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_before_its_retry_has_not_paid_for_it() {
    let (policy, budget) = repeating();
    let bulkhead = Arc::new(Bulkhead::new(at_most(1), at_most(1)));
    let policy = policy.with_bulkhead(Arc::clone(&bulkhead));
    let call = Call::repeatable("a", in_seconds(60));
    let waiting = policy.run(call, asks_for_five_seconds, async |_| Err(Broken));
    assert!(timeout(SECOND, waiting).await.is_err());
    assert_eq!(bulkhead.busy_scopes(), 0, "no place is held meanwhile");
    assert_eq!(tokens(&budget), (50, 50));
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_is_turned_away_before_it_begins_costs_nothing() {
    let (policy, budget) = repeating();
    let bulkhead = Arc::new(Bulkhead::new(at_most(1), at_most(1)).without_queue());
    let policy = policy.with_bulkhead(Arc::clone(&bulkhead));
    let call = Call::repeatable("a", in_seconds(60));
    let calling = policy.run(call, asks_for_five_seconds, async |_| Err::<u16, _>(Broken));
    let taking_the_place = async {
        sleep(SECOND).await;
        let place = bulkhead.try_enter("a").expect("no place is held meanwhile");
        sleep(SECOND * 10).await;
        drop(place);
    };
    let (result, ()) = tokio::join!(calling, taking_the_place);
    assert_eq!(
        result,
        Err(PolicyError::Inner(Broken)),
        "the error of the attempt"
    );
    assert_eq!(tokens(&budget), (50, 50));
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_has_begun_is_paid_for_also_when_its_caller_goes_away() {
    let (policy, budget) = repeating();
    let attempts = Cell::new(0);
    let call = Call::repeatable("a", in_seconds(60));
    let hanging = policy.run(call, judge, async |_| {
        attempts.set(attempts.get() + 1);
        if attempts.get() == 2 {
            pending::<()>().await;
        }
        Err::<u16, _>(Broken)
    });
    assert!(timeout(SECOND, hanging).await.is_err());
    assert_eq!(attempts.get(), 2);
    assert_eq!(tokens(&budget), (48, 48));
}

/// Of the service and of the scope, before time brings any back.
fn tokens(budget: &RetryBudget) -> (u32, u32) {
    (
        budget.service_tokens(Moment::ORIGIN),
        budget.scope_tokens("a", Moment::ORIGIN),
    )
}
