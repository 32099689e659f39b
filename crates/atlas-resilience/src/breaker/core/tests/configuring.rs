//! Other settings while calls are under way: nothing is lost, and nobody is blamed for what was not asked of them.

use super::*;
use crate::breaker::Breaker;
use crate::clock::{Clock, ManualClock};

#[test]
fn a_probe_that_is_under_way_still_decides() {
    let mut line = Timeline::due(probing(1, 3));
    let probe = line.probe();
    let generation = line.core.generation();
    line.configure(probing(1, 1));
    assert_eq!(
        (line.core.phase(), line.core.generation()),
        (Phase::HalfOpen, generation)
    );
    let effects = line.finish(probe, CallResult::Success);
    assert!(!effects.stale);
    assert_eq!(line.core.phase(), Phase::Closed);
}

#[test]
fn fewer_places_let_nobody_else_in_until_enough_have_ended() {
    let mut line = Timeline::due(probing(3, 9));
    let probes: Vec<_> = (0..3).map(|_| line.probe()).collect();
    line.configure(probing(1, 9));
    for probe in probes {
        line.refused();
        line.finish(probe, CallResult::Success);
    }
    line.probe();
    line.refused();
    line.configure(probing(2, 9));
    line.probe();
    line.refused();
}

#[test]
fn a_lower_cap_ends_an_open_time_earlier_but_no_pause_that_was_asked_for() {
    let lower = BreakerSettings {
        open: OpenTime {
            base: SECOND,
            cap: 10 * SECOND,
            ..settings().open
        },
        ..settings()
    };
    let mut line = Timeline::new(settings());
    let late = line.admitted();
    line.trip();
    line.configure(lower);
    assert_eq!(line.remaining(), 10 * SECOND);
    line.finish(late, throttled(20 * SECOND));
    line.configure(settings());
    assert_eq!(line.remaining(), 20 * SECOND);
}

#[test]
fn a_higher_cap_does_not_lengthen_an_open_time() {
    let mut line = Timeline::tripped(settings());
    let open = OpenTime {
        base: HOUR,
        cap: DAY,
        ..settings().open
    };
    line.configure(BreakerSettings { open, ..settings() });
    assert_eq!(line.remaining(), MINUTE);
}

#[test]
fn calls_that_were_under_way_are_not_slow_because_nobody_had_looked_at_the_clock() {
    let clock = Arc::new(ManualClock::starting_at(20_000 * DAY));
    let core = Core::new(Arc::new(settings()), 7, clock.now());
    let breaker = Breaker::new("example.com", core, clock.clone(), None);
    let permits: Vec<_> = (0..4).map(|_| breaker.acquire().unwrap()).collect();

    let slow_calls = Some(SlowCalls {
        slower_than: 2 * SECOND,
        rate: Rate {
            percent: 50,
            min_calls: 2,
        },
    });
    let trip = TripRules {
        slow_calls,
        ..settings().trip
    };
    breaker.configure(Arc::new(BreakerSettings { trip, ..settings() }));
    clock.advance(SECOND);
    for permit in permits {
        permit.success();
    }
    assert_eq!(
        (breaker.status().phase, breaker.status().counts.slow),
        (Phase::Closed, 0)
    );
}

#[test]
fn another_kind_of_window_begins_empty() {
    let rate = |window| BreakerSettings {
        trip: TripRules {
            consecutive_failures: None,
            failure_rate: Some(Rate {
                percent: 50,
                min_calls: 4,
            }),
            slow_calls: None,
            window,
        },
        ..settings()
    };
    let mut line = Timeline::new(rate(WindowKind::Calls(20)));
    for _ in 0..3 {
        line.call(CallResult::Failure);
    }
    line.configure(rate(WindowKind::Calls(20)));
    assert_eq!(line.core.counts(line.now).calls, 3);
    line.configure(rate(WindowKind::Time(MINUTE)));
    line.call(CallResult::Failure);
    assert_eq!(
        (line.core.phase(), line.core.counts(line.now).calls),
        (Phase::Closed, 1)
    );
}

#[test]
fn the_delay_after_a_lost_probe_may_not_be_longer_than_the_longest_open_time() {
    let probing = Probing {
        retry_after: 2 * HOUR,
        ..settings().probing
    };
    let faults = BreakerSettings {
        probing,
        ..settings()
    }
    .faults();
    let named: Vec<_> = faults.iter().map(|fault| fault.setting).collect();
    assert_eq!(named, ["probing.retry_after"]);
    assert_eq!(settings().faults(), []);
}

#[test]
fn without_a_rule_left_to_trip_by_an_open_or_half_open_one_closes() {
    let mut half_open = Timeline::due(settings());
    half_open.probe();
    for (mut line, phase) in [
        (Timeline::tripped(settings()), Phase::Open),
        (Timeline::due(settings()), Phase::Open),
        (half_open, Phase::HalfOpen),
    ] {
        let effects = line.configure(without_rules());
        let transition = effects.transition.unwrap();
        assert_eq!((transition.from, transition.to), (phase, Phase::Closed));
        assert_eq!((transition.cause, effects.persist), (Cause::RulesGone, true));
        for _ in 0..9 {
            line.call(CallResult::Failure);
        }
        assert_eq!(line.core.phase(), Phase::Closed);
    }
}

#[test]
fn a_pause_that_was_asked_for_outlasts_the_rules() {
    let mut line = Timeline::due(settings());
    let probe = line.probe();
    line.finish(probe, throttled(MINUTE));
    line.configure(without_rules());
    assert_eq!(line.core.phase(), Phase::Closed);
    assert_eq!(line.refused().cause, RefusalCause::Throttled);
    line.pass(MINUTE);
    line.admitted();
}

#[test]
fn a_probe_that_fails_without_a_rule_to_trip_by_opens_nothing() {
    let mut line = Timeline::new(without_rules());
    line.call(CallResult::Outage);
    line.pass_until_due();
    let probe = line.probe();
    let transition = line.finish(probe, CallResult::Failure).transition.unwrap();
    assert_eq!(
        (transition.to, transition.cause),
        (Phase::Closed, Cause::RulesGone)
    );
}
