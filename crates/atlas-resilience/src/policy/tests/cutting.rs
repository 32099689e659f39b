//! Who is to blame for an attempt that was cut short: the other side, when our own limits gave it the time that there
//! is; nobody, when its caller had little left. The clock goes on between a deadline and the call that keeps it.

use crate::breaker::Phase;

use super::guarding::{breakers, clock};
use super::*;

const HANGS: u32 = 12;

fn guarded(attempt: Duration) -> Policy {
    Policy::new("test", attempt).with_breakers(breakers(clock()))
}

/// A call whose deadline is older than the call, as every deadline is.
async fn hang_before(policy: &Policy, deadline: Deadline) -> PolicyError<Broken> {
    tokio::time::advance(Duration::from_micros(3)).await;
    policy
        .run_once("a", deadline, |_| pending::<Result<(), Broken>>())
        .await
        .unwrap_err()
}

fn phase(policy: &Policy) -> Phase {
    policy.breakers().unwrap().status("a").phase
}

#[tokio::test(start_paused = true)]
async fn a_hang_counts_whether_the_limit_for_the_whole_is_longer_as_long_or_shorter_than_that_of_an_attempt()
{
    for whole_ms in [60, 50, 45, 10] {
        let policy = guarded(Duration::from_millis(50));
        for _hang in 0..HANGS {
            hang_before(&policy, Deadline::of_limit(Duration::from_millis(whole_ms))).await;
        }
        assert_eq!(phase(&policy), Phase::Open, "{whole_ms} ms for the whole");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hang_counts_when_the_policys_own_limit_ends_it() {
    for overall in [SECOND * 2, SECOND, SECOND / 10] {
        let policy = guarded(SECOND * 2).with_overall_timeout(overall);
        for _hang in 0..HANGS {
            hang_before(&policy, in_seconds(60)).await;
        }
        assert_eq!(phase(&policy), Phase::Open, "{overall:?} for a call");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hang_that_its_caller_had_little_time_for_never_counts() {
    let policy = guarded(SECOND * 2).with_overall_timeout(SECOND * 2);
    for _hang in 0..HANGS {
        let hung = hang_before(&policy, Deadline::after(SECOND / 10 * 19)).await;
        assert_eq!(hung, PolicyError::DeadlineExceeded { policy: "test" });
    }
    let status = policy.breakers().unwrap().status("a");
    assert_eq!((status.phase, status.consecutive_failures), (Phase::Closed, 0));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_for_which_waits_have_left_less_than_half_of_its_time_is_not_blamed() {
    for (spent_ms, blamed) in [(999, true), (1_001, false)] {
        let policy = guarded(SECOND * 2);
        let hung = hang_before(
            &policy,
            Deadline::of_rest(SECOND * 2, Duration::from_millis(spent_ms)),
        )
        .await;
        let failures = policy.breakers().unwrap().status("a").consecutive_failures;
        assert_eq!(failures, u32::from(blamed), "{hung}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hang_is_told_with_the_time_that_it_was_given() {
    let hung = hang_before(&guarded(SECOND * 20), Deadline::of_limit(SECOND * 14)).await;
    assert_eq!(hung.to_string(), "test: no result within 14s");
}
