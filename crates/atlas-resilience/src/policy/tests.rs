//! What a caller of `Policy::run` can rely on, on a clock that stands still unless everybody waits.

mod bounds;
mod cutting;
mod guarding;
mod leaving;
mod probing;
mod retrying;

use std::cell::Cell;
use std::future::pending;
use std::num::NonZeroU32;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("broken")]
struct Broken;

fn at_most(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).unwrap()
}

impl Policy {
    async fn run_once<T, Attempt, Running>(
        &self,
        scope: &str,
        deadline: Deadline,
        attempt: Attempt,
    ) -> Result<T, PolicyError<Broken>>
    where
        Attempt: FnMut(Deadline) -> Running,
        Running: Future<Output = Result<T, Broken>>,
    {
        self.run(Call::once(scope, deadline), judge, attempt).await
    }
}

fn judge<T>(result: Result<&T, &Broken>) -> Judgement {
    result.map_or_else(
        |broken| Judgement::transient(broken.to_string()),
        |_| Judgement::success(),
    )
}

fn policy() -> Policy {
    Policy::new("test", SECOND * 2)
}

fn in_seconds(count: u32) -> Deadline {
    Deadline::after(SECOND * count)
}

#[tokio::test(start_paused = true)]
async fn hands_back_what_the_attempt_brought() {
    assert_eq!(
        policy()
            .run_once("a", in_seconds(10), async |_| Ok::<_, Broken>(7))
            .await,
        Ok(7)
    );
    let failed = policy()
        .run_once("a", in_seconds(10), async |_| Err::<(), _>(Broken))
        .await;
    assert_eq!(failed, Err(PolicyError::Inner(Broken)));
}

#[tokio::test(start_paused = true)]
async fn a_hanging_attempt_is_stopped_and_blamed() {
    let start = Instant::now();
    let hung = policy()
        .run_once("a", in_seconds(10), |_| pending::<Result<(), Broken>>())
        .await;
    assert_eq!(
        hung,
        Err(PolicyError::Timeout {
            policy: "test",
            limit: SECOND * 2
        })
    );
    assert_eq!(start.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_within_the_limit_is_kept() {
    let slow = async |_| {
        sleep(Duration::from_millis(1_990)).await;
        Ok::<_, Broken>(7)
    };
    assert_eq!(policy().run_once("a", in_seconds(10), slow).await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_cut_short_by_its_caller_is_not_blamed() {
    let start = Instant::now();
    let cut = policy()
        .run_once("a", in_seconds(1), |_| pending::<Result<(), Broken>>())
        .await;
    assert_eq!(cut, Err(PolicyError::DeadlineExceeded { policy: "test" }));
    assert_eq!(start.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn tells_the_attempt_how_long_it_has() {
    let told = async |deadline: Deadline| Ok::<_, Broken>(deadline.remaining());
    assert_eq!(policy().run_once("a", in_seconds(10), told).await, Ok(SECOND * 2));
    assert_eq!(policy().run_once("a", in_seconds(1), told).await, Ok(SECOND));
}

#[tokio::test(start_paused = true)]
async fn starts_nothing_after_the_deadline() {
    let started = Cell::new(false);
    let late = policy()
        .run_once("a", Deadline::after(Duration::ZERO), async |_| {
            started.set(true);
            Ok::<_, Broken>(())
        })
        .await;
    assert_eq!(late, Err(PolicyError::DeadlineExceeded { policy: "test" }));
    assert!(!started.get());
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_turn_does_not_shorten_the_attempt() {
    let policy = policy().with_pace(Pace::new(SECOND * 5, at_most(1)));
    let told = async |deadline: Deadline| Ok::<_, Broken>(deadline.remaining());
    assert_eq!(policy.run_once("a", in_seconds(60), told).await, Ok(SECOND * 2));
    let start = Instant::now();
    assert_eq!(policy.run_once("a", in_seconds(60), told).await, Ok(SECOND * 2));
    assert_eq!(start.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_place_does_not_shorten_the_attempt() {
    let policy = policy().with_bulkhead(Bulkhead::new(at_most(8), at_most(1)));
    let start = Instant::now();
    let told = async |deadline: Deadline| Ok::<_, Broken>(deadline.remaining());
    let (_, told) = tokio::join!(
        policy.run_once("a", in_seconds(60), |_| pending::<Result<(), Broken>>()),
        policy.run_once("a", in_seconds(60), told),
    );
    assert_eq!(told, Ok(SECOND * 2));
    assert_eq!(start.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn rejects_at_once_what_would_come_too_late() {
    let policy = policy().with_pace(Pace::new(SECOND * 5, at_most(1)));
    policy
        .run_once("a", in_seconds(60), async |_| Ok::<_, Broken>(()))
        .await
        .unwrap();
    let start = Instant::now();
    let late = policy
        .run_once("a", in_seconds(3), async |_| Ok::<_, Broken>(()))
        .await;
    let rejection = Rejection::TooFast { retry_in: SECOND * 5 };
    assert_eq!(
        late,
        Err(PolicyError::Rejected {
            policy: "test",
            rejection
        })
    );
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_full_scope_rejects_when_the_deadline_passes() {
    let policy = policy().with_bulkhead(Bulkhead::new(at_most(8), at_most(1)));
    let (_, waited) = tokio::join!(
        policy.run_once("a", in_seconds(60), |_| pending::<Result<(), Broken>>()),
        policy.run_once("a", in_seconds(1), async |_| Ok::<_, Broken>(())),
    );
    assert_eq!(
        waited,
        Err(PolicyError::Rejected {
            policy: "test",
            rejection: Rejection::TooMany
        })
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_queue_who_finds_no_place_is_turned_away_at_once() {
    let policy = policy().with_bulkhead(Bulkhead::new(at_most(8), at_most(1)).without_queue());
    let start = Instant::now();
    let (_, turned_away) = tokio::join!(
        policy.run_once("a", in_seconds(60), |_| pending::<Result<(), Broken>>()),
        async {
            let late = policy.run_once("a", in_seconds(60), async |_| Ok::<_, Broken>(()));
            (late.await, start.elapsed())
        },
    );
    let too_many = PolicyError::Rejected {
        policy: "test",
        rejection: Rejection::TooMany,
    };
    assert_eq!(turned_away, (Err(too_many), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_goes_on_when_it_is_given_up_keeps_its_place() {
    let policy = policy().with_bulkhead(Bulkhead::new(at_most(1), at_most(1)).without_queue());
    let going_on = Cell::new(None);
    let hung = policy
        .run_in_place(Call::once("a", in_seconds(60)), judge, |_, place| {
            going_on.set(place);
            pending::<Result<(), Broken>>()
        })
        .await;
    assert!(matches!(hung, Err(PolicyError::Timeout { .. })), "{hung:?}");
    let next = async || {
        policy
            .run_once("a", in_seconds(60), async |_| Ok::<_, Broken>(()))
            .await
    };
    let too_many = PolicyError::Rejected {
        policy: "test",
        rejection: Rejection::TooMany,
    };
    assert_eq!(next().await, Err(too_many));
    drop(going_on.take());
    assert_eq!(next().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_place_is_free_again_after_success_failure_timeout_and_cancellation() {
    let policy = policy().with_bulkhead(Bulkhead::new(at_most(1), at_most(1)));
    let deadline = in_seconds(60);
    policy
        .run_once("a", deadline, async |_| Ok::<_, Broken>(()))
        .await
        .unwrap();
    policy
        .run_once("a", deadline, async |_| Err::<(), _>(Broken))
        .await
        .unwrap_err();
    policy
        .run_once("a", deadline, |_| pending::<Result<(), Broken>>())
        .await
        .unwrap_err();
    let (started, has_started) = oneshot::channel();
    let mut started = Some(started);
    tokio::select! {
        _ = policy.run_once("a", deadline, |_| {
            started.take().unwrap().send(()).unwrap();
            pending::<Result<(), Broken>>()
        }) => panic!("it never ends"),
        _ = has_started => {}
    }
    let start = Instant::now();
    policy
        .run_once("a", deadline, async |_| Ok::<_, Broken>(()))
        .await
        .unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn policies_that_share_a_pace_count_together() {
    let pace = Arc::new(Pace::new(SECOND, at_most(1)));
    let one = Policy::new("one", SECOND).with_pace(Arc::clone(&pace));
    let two = Policy::new("two", SECOND).with_pace(pace);
    let start = Instant::now();
    one.run_once("a", in_seconds(60), async |_| Ok::<_, Broken>(()))
        .await
        .unwrap();
    two.run_once("a", in_seconds(60), async |_| Ok::<_, Broken>(()))
        .await
        .unwrap();
    assert_eq!(start.elapsed().as_secs(), 1);
}

#[test]
fn errors_name_the_policy() {
    let error: PolicyError<Broken> = PolicyError::Timeout {
        policy: "fetch",
        limit: SECOND * 20,
    };
    assert_eq!(error.to_string(), "fetch: no result within 20s");
}
