//! The machine slept and the monotonic clock with it: what was to last until then is over earlier.

use super::*;

#[test]
fn an_open_breaker_wakes_with_the_smaller_rest() {
    let mut line = Timeline::tripped(settings());
    line.pass(10 * SECOND);
    line.step(Event::Slept(20 * SECOND));
    assert_eq!(line.remaining(), 30 * SECOND);
    assert_eq!(line.refused().until, Some(line.now.after(30 * SECOND)));
}

#[test]
fn after_a_night_it_is_due_and_not_closed() {
    let mut line = Timeline::tripped(settings());
    line.step(Event::Slept(8 * HOUR));
    assert_eq!(line.core.phase(), Phase::Open);
    line.probe();
    line.refused();
}

#[test]
fn a_sleep_longer_than_the_clock_is_old_is_no_trouble() {
    let mut line = Timeline::tripped(settings());
    line.step(Event::Slept(Duration::MAX));
    line.probe();
}

#[test]
fn pauses_overlays_and_trips_grow_old_as_well() {
    let mut line = Timeline::tripped(settings());
    line.recover();
    line.call(throttled(10 * MINUTE));
    line.overlay(OverlayMode::ForcedOpen, Some(10 * MINUTE));
    line.step(Event::Slept(9 * MINUTE));
    assert_eq!(line.refused().until, Some(line.now.after(MINUTE)));
    line.step(Event::Slept(MINUTE));
    line.admitted();
    line.trip();
    assert_eq!(line.core.trips(), 1);
}

#[test]
fn failures_of_before_the_sleep_leave_a_window_of_time() {
    let window = WindowKind::Time(10 * SECOND);
    let failure_rate = Some(Rate {
        percent: 100,
        min_calls: 4,
    });
    let trip = TripRules {
        consecutive_failures: None,
        failure_rate,
        window,
        ..settings().trip
    };
    let mut line = Timeline::new(BreakerSettings { trip, ..settings() });
    for _ in 0..3 {
        line.call(CallResult::Failure);
    }
    line.step(Event::Slept(8 * HOUR));
    line.call(CallResult::Failure);
    assert_eq!(
        (line.core.phase(), line.core.counts(line.now).calls),
        (Phase::Closed, 1)
    );
}

#[test]
fn what_is_stored_after_a_sleep_comes_back_the_same() {
    let mut line = Timeline::tripped(settings());
    line.wall += 20 * SECOND;
    line.step(Event::Slept(20 * SECOND));
    let stored = line.core.persist(line.now, line.wall);
    let core = Core::restore(&stored, line.core.settings().clone(), 8, line.now, line.wall);
    assert_eq!(core.until(), line.core.until());
    assert_eq!(stored.open_for_ms, 60_000);
}
