//! A side that asks for a pause gets it in every phase, and is not held to be ill.

use super::*;
use crate::breaker::Breaker;
use crate::clock::{Clock, ManualClock};
use crate::retry_after::RETRY_AFTER_LIMIT;

#[test]
fn a_closed_breaker_sends_nothing_before_the_pause_is_over() {
    let mut line = Timeline::new(settings());
    let effects = line.call(throttled(10 * SECOND));
    assert!(effects.persist && effects.transition.is_none());
    let until = line.now.after(10 * SECOND);
    assert_eq!(
        line.refused(),
        Refusal {
            cause: RefusalCause::Throttled,
            until: Some(until)
        }
    );
    line.pass(just_short_of(10 * SECOND));
    line.refused();
    line.pass(Duration::from_nanos(1));
    assert!(!line.admitted().is_probe());
    assert_eq!((line.core.phase(), line.core.trips()), (Phase::Closed, 0));
}

#[test]
fn a_half_open_breaker_opens_again_without_a_trip() {
    let mut line = Timeline::due(probing(2, 2));
    let (first, second) = (line.probe(), line.probe());
    let transition = line.finish(first, throttled(10 * MINUTE)).transition.unwrap();
    assert_eq!((transition.to, transition.cause), (Phase::Open, Cause::Throttled));
    assert_eq!((line.core.trips(), line.remaining()), (1, 10 * MINUTE));
    assert!(line.finish(second, CallResult::Success).stale);
    line.pass(just_short_of(10 * MINUTE));
    line.refused();
    line.pass(Duration::from_nanos(1));
    line.probe();
}

#[test]
fn an_open_breaker_waits_for_the_later_of_both_times() {
    for (pause, wait) in [(10 * SECOND, MINUTE), (10 * MINUTE, 10 * MINUTE)] {
        let mut line = Timeline::new(settings());
        let late = line.admitted();
        line.trip();
        let generation = line.core.generation();
        assert!(line.finish(late, throttled(pause)).stale);
        assert_eq!((line.core.generation(), line.core.trips()), (generation, 1));
        assert_eq!(line.remaining(), wait);
        line.pass(wait.saturating_sub(SECOND));
        assert_eq!(line.refused().until, Some(line.now.after(SECOND)));
        line.pass(SECOND);
        line.probe();
    }
}

#[test]
fn a_pause_that_was_asked_for_before_a_trip_outlasts_the_open_time() {
    let mut line = Timeline::new(settings());
    let tickets: Vec<_> = (0..3).map(|_| line.admitted()).collect();
    line.call(throttled(10 * MINUTE));
    for ticket in tickets {
        line.finish(ticket, CallResult::Failure);
    }
    assert_eq!((line.core.phase(), line.core.trips()), (Phase::Open, 1));
    assert_eq!(line.remaining(), 10 * MINUTE);
}

#[test]
fn a_late_request_for_a_pause_is_heeded_while_the_probing_goes_on() {
    let mut line = Timeline::new(settings());
    let late = line.admitted();
    line.trip();
    line.pass_until_due();
    line.call(CallResult::Success);
    assert!(line.finish(late, throttled(MINUTE)).stale);
    assert_eq!(line.core.phase(), Phase::HalfOpen);
    assert_eq!(line.refused().cause, RefusalCause::Throttled);
    line.pass(MINUTE);
    line.call(CallResult::Success);
    assert_eq!(line.core.phase(), Phase::Closed);
}

#[test]
fn a_shorter_pause_does_not_cut_a_longer_one() {
    let mut line = Timeline::new(settings());
    let (first, second) = (line.admitted(), line.admitted());
    line.finish(first, throttled(MINUTE));
    assert!(!line.finish(second, throttled(SECOND)).persist);
    assert_eq!(line.remaining(), MINUTE);
}

#[test]
fn a_request_without_a_time_gets_the_usual_pause() {
    let mut line = Timeline::new(settings());
    line.call(CallResult::Throttled { pause: None });
    assert_eq!(line.remaining(), 30 * SECOND);
}

#[test]
fn no_pause_is_longer_than_the_limit() {
    for pause in [RETRY_AFTER_LIMIT + SECOND, Duration::MAX] {
        let mut line = Timeline::new(settings());
        line.call(throttled(pause));
        assert_eq!(line.remaining(), RETRY_AFTER_LIMIT);
    }
}

#[test]
fn requests_for_a_pause_are_no_failures_and_answers_between_failures_break_the_row() {
    let mut line = Timeline::new(settings());
    for _ in 0..100 {
        line.call(CallResult::Failure);
        // 404: an answer.
        line.call(CallResult::Success);
        line.call(throttled(SECOND));
        line.pass(SECOND);
    }
    assert_eq!((line.core.phase(), line.core.trips()), (Phase::Closed, 0));
}

#[test]
fn a_pause_that_is_over_is_forgotten_with_the_next_call() {
    let mut line = Timeline::new(settings());
    line.call(throttled(SECOND));
    line.pass(SECOND);
    line.call(CallResult::Success);
    assert_eq!(line.core.until(), None);
}

#[test]
fn while_a_pause_lasts_what_asked_for_it_is_the_reason() {
    let clock = Arc::new(ManualClock::starting_at(20_000 * DAY));
    let core = Core::new(Arc::new(settings()), 7, clock.now());
    let breaker = Breaker::new("example.com", core, clock.clone(), None);
    let permits: Vec<_> = (0..4).map(|_| breaker.acquire().unwrap()).collect();
    let mut permits = permits.into_iter();
    let mut next = || permits.next().unwrap();
    next().failure("connect_failed");
    next().finish_with(throttled(MINUTE), Some("http_429"));
    next().failure("no answer within 4s");
    let told = || breaker.status().reason;
    assert_eq!(told(), "asked for a pause: http_429");
    assert_eq!(breaker.status().phase, Phase::Closed);
    next().failure("no answer within 4s");
    assert_eq!(breaker.status().phase, Phase::Open);
    assert_eq!(told(), "no answer within 4s");
}

#[test]
fn what_fails_too_late_to_count_is_no_reason() {
    let clock = Arc::new(ManualClock::starting_at(20_000 * DAY));
    let core = Core::new(Arc::new(settings()), 7, clock.now());
    let breaker = Breaker::new("example.com", core, clock.clone(), None);
    let late = breaker.acquire().unwrap();
    while let Ok(permit) = breaker.acquire() {
        permit.failure("http_500");
    }
    late.failure("timeout");
    assert_eq!(breaker.status().reason, "http_500");
}
