//! Which failure is followed by another attempt, and after which wait.

use rstest::rstest;

use super::Decision::{GiveUp as Stop, RetryAfter};
use super::GiveUp::{AttemptsExhausted, BudgetExhausted, DeadlineTooClose, Permanent, TooLong};
use super::*;
use crate::budget::BudgetSettings;
use crate::{Jitter, parse_retry_after};

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

const fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

const fn asked(count: u64) -> RetryClass {
    RetryClass::Throttled {
        retry_after: Some(seconds(count)),
    }
}

const THROTTLED: RetryClass = RetryClass::Throttled { retry_after: None };

/// Three attempts, 2 s and 4 s after a transient failure, 1 s and 2 s after throttling, without jitter.
fn plan() -> RetryPlan {
    RetryPlan {
        transient: Backoff::exponential(seconds(2), seconds(10)).with_jitter(Jitter::None),
        throttled: Backoff::exponential(seconds(1), seconds(10)).with_jitter(Jitter::None),
        ..RetryPlan::default()
    }
}

#[rstest]
#[case::transient(1, RetryClass::Transient, RetryAfter(seconds(2)))]
#[case::a_second_time(2, RetryClass::Transient, RetryAfter(seconds(4)))]
#[case::after_the_last_attempt(3, RetryClass::Transient, Stop(AttemptsExhausted))]
#[case::long_after_the_last_attempt(u32::MAX, RetryClass::Transient, Stop(AttemptsExhausted))]
#[case::attempts_that_are_counted_from_zero(0, RetryClass::Transient, RetryAfter(seconds(2)))]
#[case::timeout(1, RetryClass::Timeout, RetryAfter(seconds(2)))]
#[case::throttled(1, THROTTLED, RetryAfter(seconds(1)))]
#[case::throttled_a_second_time(2, THROTTLED, RetryAfter(seconds(2)))]
#[case::permanent(1, RetryClass::Permanent, Stop(Permanent))]
#[case::permanent_is_the_reason_even_at_the_end(3, RetryClass::Permanent, Stop(Permanent))]
fn the_class_decides_whether_and_when(
    #[case] attempt: u32,
    #[case] class: RetryClass,
    #[case] expected: Decision,
) {
    assert_eq!(plan().next(attempt, class, None, 0.0, seconds(60)), expected);
}

#[rstest]
#[case::longer_than_the_backoff(5, 0.0, RetryAfter(seconds(5)))]
#[case::a_little_later_than_asked(5, 0.5, RetryAfter(milliseconds(5_250)))]
#[case::shorter_than_the_backoff(0, 1.0, RetryAfter(seconds(1)))]
#[case::as_long_as_waits_may_be(10, 0.0, RetryAfter(seconds(10)))]
#[case::longer_than_waits_may_be(30, 0.0, Stop(TooLong { wait: seconds(30) }))]
#[case::too_long_with_its_jitter(30, 1.0, Stop(TooLong { wait: seconds(33) }))]
#[case::only_the_jitter_is_too_much(10, 0.5, Stop(TooLong { wait: milliseconds(10_500) }))]
#[case::longer_than_is_believed(u64::MAX, 0.0, Stop(TooLong { wait: RETRY_AFTER_LIMIT }))]
fn what_the_other_side_asks_for_is_obeyed(
    #[case] asked_secs: u64,
    #[case] fraction: f64,
    #[case] expected: Decision,
) {
    assert_eq!(
        plan().next(1, asked(asked_secs), None, fraction, seconds(60)),
        expected
    );
}

#[rstest]
#[case::seconds("7", None, RetryAfter(seconds(7)))]
#[case::date("Sun, 06 Nov 1994 08:49:43 GMT", None, RetryAfter(seconds(6)))]
#[case::date_in_the_past("Sun, 06 Nov 1994 08:00:00 GMT", None, RetryAfter(seconds(1)))]
#[case::by_the_servers_own_clock(
    "Sun, 06 Nov 1994 09:49:42 GMT",
    Some("Sun, 06 Nov 1994 09:49:37 GMT"),
    RetryAfter(seconds(5))
)]
#[case::negative("-5", None, RetryAfter(seconds(1)))]
#[case::ten_digits("9999999999", None, Stop(TooLong { wait: RETRY_AFTER_LIMIT }))]
#[case::garbage("soon", None, RetryAfter(seconds(1)))]
fn every_form_of_the_header_leads_to_a_sensible_wait(
    #[case] header: &str,
    #[case] date_header: Option<&str>,
    #[case] expected: Decision,
) {
    let now = std::time::UNIX_EPOCH + seconds(784_111_777); // Sun, 06 Nov 1994 08:49:37 GMT
    let class = RetryClass::Throttled {
        retry_after: parse_retry_after(header, date_header, now),
    };
    assert_eq!(plan().next(1, class, None, 0.0, seconds(60)), expected);
}

#[rstest]
#[case::backoff_fits(RetryClass::Transient, milliseconds(2_001), RetryAfter(seconds(2)))]
#[case::backoff_uses_up_the_rest(RetryClass::Transient, seconds(2), Stop(DeadlineTooClose))]
#[case::backoff_is_longer_than_the_rest(RetryClass::Transient, seconds(1), Stop(DeadlineTooClose))]
#[case::no_time_left(RetryClass::Transient, Duration::ZERO, Stop(DeadlineTooClose))]
#[case::asked_for_more_than_is_left(asked(8), seconds(5), Stop(TooLong { wait: seconds(8) }))]
#[case::asked_for_all_that_is_left(asked(5), seconds(5), Stop(TooLong { wait: seconds(5) }))]
#[case::asked_for_less_than_our_backoff(asked(0), milliseconds(500), Stop(DeadlineTooClose))]
#[case::asked_for_nothing(THROTTLED, milliseconds(500), Stop(DeadlineTooClose))]
fn gives_up_before_a_wait_that_leaves_no_time(
    #[case] class: RetryClass,
    #[case] remaining: Duration,
    #[case] expected: Decision,
) {
    assert_eq!(plan().next(1, class, None, 0.0, remaining), expected);
}

#[test]
fn the_end_of_a_schedule_is_the_end_of_the_attempts() {
    let transient = Backoff::schedule(vec![seconds(1)]);
    let plan = RetryPlan {
        max_attempts: 9,
        transient,
        ..plan()
    };
    let next = |attempt| plan.next(attempt, RetryClass::Transient, None, 1.0, seconds(60));
    assert_eq!(next(1), RetryAfter(seconds(1)));
    assert_eq!(next(2), Stop(AttemptsExhausted));
}

#[test]
fn a_backoff_of_our_own_that_is_too_long_is_for_later_too() {
    let plan = RetryPlan {
        transient: Backoff::constant(seconds(11)),
        ..plan()
    };
    let decision = plan.next(1, RetryClass::Transient, None, 1.0, seconds(60));
    assert_eq!(decision, Stop(TooLong { wait: seconds(11) }));
}

#[test]
fn a_decorrelated_backoff_is_given_the_wait_before() {
    let transient = Backoff::exponential(seconds(1), seconds(10)).with_jitter(Jitter::Decorrelated);
    let plan = RetryPlan { transient, ..plan() };
    let decision = plan.next(2, RetryClass::Transient, Some(seconds(3)), 1.0, seconds(60));
    assert_eq!(decision, RetryAfter(seconds(9)));
}

#[test]
fn a_retry_is_paid_from_the_budget() {
    let budget = RetryBudget::new(BudgetSettings {
        service_tokens: 2,
        ..BudgetSettings::default()
    });
    let class = RetryClass::Transient;
    let next = || {
        plan()
            .next(1, class, None, 0.0, seconds(60))
            .charged_to(&budget, "a", class, Moment::ORIGIN)
    };
    assert_eq!(next(), RetryAfter(seconds(2)));
    assert_eq!(next(), Stop(BudgetExhausted));
}

#[rstest]
#[case::permanent(RetryClass::Permanent, Permanent)]
#[case::too_long(asked(30), TooLong { wait: seconds(30) })]
fn a_retry_that_is_not_made_costs_nothing(#[case] class: RetryClass, #[case] reason: GiveUp) {
    let budget = RetryBudget::new(BudgetSettings::default());
    let decision = plan().next(1, class, None, 0.0, seconds(60));
    assert_eq!(
        decision.charged_to(&budget, "a", class, Moment::ORIGIN),
        Stop(reason)
    );
    assert_eq!(budget.service_tokens(Moment::ORIGIN), 50);
}
