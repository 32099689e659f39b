//! How long a trip keeps it open: longer each time, never above the cap, spread, and forgiven in good times.

use super::*;

/// Trips a half-open breaker by its probe, and tells for how long.
fn trip_again(line: &mut Timeline) -> Duration {
    line.pass_until_due();
    line.call(CallResult::Failure);
    line.remaining()
}

#[test]
fn each_trip_lasts_twice_as_long_up_to_the_cap() {
    let mut line = Timeline::tripped(settings());
    let minutes: Vec<_> = (0..8).map(|_| trip_again(&mut line).as_secs() / 60).collect();
    assert_eq!(minutes, [2, 4, 8, 16, 32, 60, 60, 60]);
}

#[test]
fn two_hundred_trips_do_not_overflow() {
    let mut line = Timeline::tripped(settings());
    for _ in 0..200 {
        assert!(trip_again(&mut line) <= HOUR);
    }
    assert_eq!(line.core.trips(), 201);
}

#[test]
fn closing_alone_forgives_no_trip() {
    let mut line = Timeline::tripped(settings());
    line.recover();
    line.trip();
    assert_eq!((line.core.trips(), line.remaining()), (2, 2 * MINUTE));
    line.recover();
    line.pass(MINUTE.saturating_sub(SECOND));
    line.trip();
    assert_eq!((line.core.trips(), line.remaining()), (3, 4 * MINUTE));
}

#[test]
fn good_times_forgive_one_trip_for_each_base_time() {
    let mut line = Timeline::tripped(settings());
    for _ in 0..4 {
        trip_again(&mut line);
    }
    line.recover();
    line.pass(2 * MINUTE);
    line.trip();
    assert_eq!(line.core.trips(), 5 - 2 + 1);
    line.recover();
    assert!(!line.core.is_without_past(line.now));
    line.pass(DAY);
    assert!(line.core.is_without_past(line.now));
    line.trip();
    assert_eq!(line.core.trips(), 1);
}

#[test]
fn time_spent_open_forgives_nothing() {
    let mut line = Timeline::due(settings());
    line.pass(30 * DAY);
    line.call(CallResult::Failure);
    assert_eq!(line.core.trips(), 2);
}

#[test]
fn the_time_is_spread_drawn_once_and_never_above_the_cap() {
    let open = OpenTime {
        jitter_percent: 20,
        cap: 4 * MINUTE,
        ..settings().open
    };
    let settings = BreakerSettings { open, ..settings() };
    let mut drawn = [Vec::new(), Vec::new(), Vec::new()];
    for seed in 0..300 {
        let mut line = Timeline::new(settings.clone());
        line.core = Core::new(Arc::new(settings.clone()), seed, line.now);
        line.trip();
        for times in &mut drawn {
            times.push(line.remaining());
            let until = line.core.until();
            line.pass(SECOND);
            assert_eq!(line.refused().until, until);
            trip_again(&mut line);
        }
    }
    for (times, shortest, longest) in [(&drawn[0], 48, 72), (&drawn[1], 96, 144), (&drawn[2], 192, 240)] {
        let (shortest, longest) = (Duration::from_secs(shortest), Duration::from_secs(longest));
        assert!(times.iter().all(|time| (shortest..=longest).contains(time)));
        let width = longest.abs_diff(shortest);
        let near = |bound: Duration| {
            times
                .iter()
                .filter(|time| time.abs_diff(bound) < width / 5)
                .count()
        };
        assert!(
            near(shortest) > 20 && near(longest) > 20,
            "spread over the whole width"
        );
    }
}
