//! How a half-open breaker finds out: who may probe, what a probe decides, and that it is never stuck.

use super::*;

#[test]
fn reading_an_open_breaker_whose_time_is_over_changes_nothing() {
    let line = Timeline::due(settings());
    let _ = (
        line.core.until(),
        line.core.counts(line.now),
        line.core.persist(line.now, line.wall),
    );
    assert_eq!(line.core.phase(), Phase::Open);
    assert_eq!(line.core.probes(), 0);
}

#[test]
fn as_many_probes_as_allowed_run_at_once_and_the_rest_is_refused() {
    let mut line = Timeline::due(probing(3, 5));
    let probes: Vec<_> = (0..3).map(|_| line.probe()).collect();
    for _ in 0..997 {
        let refusal = line.refused();
        assert_eq!(refusal.cause, RefusalCause::Probing);
        assert!(refusal.until.is_some_and(|until| line.now < until));
    }
    for probe in probes {
        line.finish(probe, CallResult::Success);
        line.probe();
        line.refused();
    }
}

#[test]
fn a_probe_that_is_dropped_gives_its_place_to_the_next_caller() {
    let mut line = Timeline::due(settings());
    let dropped = line.probe();
    let generation = line.core.generation();
    line.refused();
    let effects = line.finish(dropped, CallResult::Ignored);
    assert_eq!(effects, Effects::default());
    assert_eq!(
        (line.core.phase(), line.core.generation()),
        (Phase::HalfOpen, generation)
    );
    line.probe();
}

#[test]
fn a_probe_that_panics_fails_and_opens_again() {
    let mut line = Timeline::due(settings());
    let probe = line.probe();
    // What the permit reports when its thread panics.
    let transition = line.finish(probe, CallResult::Failure).transition.unwrap();
    assert_eq!((transition.from, transition.to), (Phase::HalfOpen, Phase::Open));
    assert_eq!((transition.cause, transition.trips), (Cause::ProbeFailed, 2));
    assert_eq!(line.core.probes(), 0);
}

#[test]
fn a_probe_that_hangs_for_ever_is_given_up_without_a_trip() {
    let mut line = Timeline::due(settings());
    let hanging = line.probe();
    let generation = line.core.generation();
    line.pass(just_short_of(30 * SECOND));
    assert_eq!(line.refused().cause, RefusalCause::Probing);
    line.pass(SECOND);
    let refusal = line.refused();
    assert_eq!(
        refusal,
        Refusal {
            cause: RefusalCause::Open,
            until: Some(line.now.after(5 * SECOND))
        }
    );
    assert_eq!((line.core.phase(), line.core.trips()), (Phase::Open, 1));
    assert_eq!(line.core.generation(), generation + 1);

    line.pass(5 * SECOND);
    line.probe();
    assert!(line.finish(hanging, CallResult::Success).stale);
    assert_eq!((line.core.phase(), line.core.probes()), (Phase::HalfOpen, 1));
}

#[test]
fn a_probe_that_times_out_by_itself_opens_again_with_a_trip() {
    let mut line = Timeline::due(settings());
    let probe = line.probe();
    line.pass(20 * SECOND);
    // The attempt's own timeout is an error of the call, not a drop of its permit.
    line.finish(probe, CallResult::Failure);
    assert_eq!((line.core.phase(), line.core.trips()), (Phase::Open, 2));
}

#[test]
fn a_probe_that_is_answered_404_counts_and_one_that_we_cut_short_does_not() {
    let mut line = Timeline::due(settings());
    // A page that does not exist is an answer: its caller reports a success.
    line.call(CallResult::Success);
    for _ in 0..20 {
        line.call(CallResult::Ignored);
    }
    assert_eq!(line.core.phase(), Phase::HalfOpen);
    line.call(CallResult::Success);
    assert_eq!(line.core.phase(), Phase::Closed);
}

#[test]
fn a_failure_after_two_good_probes_opens_again_for_twice_as_long() {
    let mut line = Timeline::due(probing(1, 3));
    line.call(CallResult::Success);
    line.call(CallResult::Success);
    line.call(CallResult::Failure);
    assert_eq!((line.core.phase(), line.core.trips()), (Phase::Open, 2));
    assert_eq!(line.remaining(), 2 * MINUTE);
    // The good ones of before are forgotten.
    line.pass_until_due();
    line.call(CallResult::Success);
    assert_eq!(line.core.phase(), Phase::HalfOpen);
}

#[test]
fn a_probe_that_is_too_slow_does_not_help_to_close() {
    let slow_calls = Some(SlowCalls {
        slower_than: 2 * SECOND,
        rate: Rate {
            percent: 50,
            min_calls: 4,
        },
    });
    let trip = TripRules {
        slow_calls,
        ..settings().trip
    };
    let mut line = Timeline::due(BreakerSettings {
        trip,
        ..probing(1, 1)
    });
    let probe = line.probe();
    line.pass(3 * SECOND);
    let transition = line.finish(probe, CallResult::Success).transition.unwrap();
    assert_eq!(
        (transition.to, transition.cause),
        (Phase::Open, Cause::ProbeFailed)
    );
}

#[test]
fn more_successes_than_places_come_from_one_probe_after_the_other() {
    let mut line = Timeline::due(probing(1, 3));
    for _ in 0..2 {
        line.call(CallResult::Success);
        assert_eq!(line.core.phase(), Phase::HalfOpen);
    }
    let transition = line.call(CallResult::Success).transition.unwrap();
    assert_eq!(
        (transition.to, transition.cause),
        (Phase::Closed, Cause::Recovered)
    );
}

#[test]
fn without_a_probe_under_way_it_stays_half_open_and_keeps_what_succeeded() {
    let mut line = Timeline::due(probing(1, 3));
    line.call(CallResult::Success);
    line.pass(30 * DAY);
    line.call(CallResult::Success);
    line.pass(30 * DAY);
    line.call(CallResult::Success);
    assert_eq!(line.core.phase(), Phase::Closed);
}

#[test]
fn a_healthy_host_that_is_asked_once_an_hour_closes_after_enough_answers() {
    let mut line = Timeline::new(probing(1, 3));
    let mut answered_before_closed = 0;
    for hour in 0..30 * 24 {
        let is_outage = hour < 48;
        if let Ok(ticket) = line.ask() {
            if !is_outage && line.core.phase() == Phase::HalfOpen {
                answered_before_closed += 1;
            }
            line.pass(SECOND);
            line.finish(
                ticket,
                if is_outage {
                    CallResult::Failure
                } else {
                    CallResult::Success
                },
            );
        }
        if hour == 47 {
            assert_eq!(line.core.phase(), Phase::Open);
        }
        line.pass(HOUR.saturating_sub(SECOND));
    }
    assert_eq!((line.core.phase(), answered_before_closed), (Phase::Closed, 3));
    assert!(line.core.is_without_past(line.now));
}

#[test]
fn a_host_that_is_asked_every_forty_seconds_closes_too() {
    let mut line = Timeline::due(probing(1, 3));
    for _ in 0..3 {
        line.call(CallResult::Success);
        line.pass(40 * SECOND);
    }
    assert_eq!(line.core.phase(), Phase::Closed);
}
