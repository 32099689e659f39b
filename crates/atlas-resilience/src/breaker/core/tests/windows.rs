//! The rates: which calls they look at, and from when on they mean something.

use proptest::prelude::*;

use super::*;

fn rate(percent: u32, min_calls: u32, window: WindowKind) -> BreakerSettings {
    let failure_rate = Some(Rate { percent, min_calls });
    BreakerSettings {
        trip: TripRules {
            consecutive_failures: None,
            failure_rate,
            slow_calls: None,
            window,
        },
        ..settings()
    }
}

fn calls(line: &mut Timeline, count: u32, result: CallResult) {
    for _ in 0..count {
        line.call(result);
    }
}

#[test]
fn one_failure_after_an_hour_of_silence_does_not_open_it() {
    for window in [WindowKind::Calls(20), WindowKind::Time(MINUTE)] {
        let mut line = Timeline::new(rate(50, 4, window));
        calls(&mut line, 3, CallResult::Success);
        line.pass(HOUR);
        line.call(CallResult::Failure);
        assert_eq!(line.core.phase(), Phase::Closed);
    }
}

#[test]
fn ten_thousand_successes_do_not_delay_the_opening_beyond_the_window() {
    let mut line = Timeline::new(rate(50, 10, WindowKind::Calls(20)));
    calls(&mut line, 10_000, CallResult::Success);
    calls(&mut line, 9, CallResult::Failure);
    assert_eq!(line.core.phase(), Phase::Closed);
    let transition = line.call(CallResult::Failure).transition.unwrap();
    assert_eq!(
        (transition.to, transition.cause),
        (Phase::Open, Cause::FailureRate)
    );
}

#[test]
fn opens_exactly_at_the_threshold_and_not_one_below() {
    let mut line = Timeline::new(rate(50, 10, WindowKind::Calls(20)));
    calls(&mut line, 5, CallResult::Failure);
    calls(&mut line, 4, CallResult::Success);
    assert_eq!(line.core.phase(), Phase::Closed, "nine calls are one too few");
    line.call(CallResult::Success);
    assert_eq!(line.core.phase(), Phase::Open, "five of ten are half");

    let mut line = Timeline::new(rate(50, 10, WindowKind::Calls(20)));
    calls(&mut line, 4, CallResult::Failure);
    calls(&mut line, 6, CallResult::Success);
    assert_eq!(line.core.phase(), Phase::Closed, "four of ten are less than half");
}

proptest! {
    #[test]
    fn opens_at_the_call_at_which_a_list_of_all_calls_says_so(
        percent in 1_u32..=100,
        size in 1_usize..25,
        min_share in 0.0..1.0,
        outcomes in prop::collection::vec(any::<bool>(), 1..120),
    ) {
        let min_calls = ((size as f64 * min_share) as usize).max(1);
        let window = WindowKind::Calls(u32::try_from(size).unwrap());
        let mut line = Timeline::new(rate(percent, u32::try_from(min_calls).unwrap(), window));
        let expected = (1..=outcomes.len()).find(|count| {
            let seen = &outcomes[count.saturating_sub(size)..*count];
            let failed = seen.iter().filter(|failed| **failed).count();
            seen.len() >= min_calls && failed * 100 >= percent as usize * seen.len()
        });
        let opened = outcomes.iter().position(|failed| {
            line.call(if *failed { CallResult::Failure } else { CallResult::Success });
            line.core.phase() == Phase::Open
        });
        prop_assert_eq!(opened.map(|position| position + 1), expected);
    }
}

#[test]
fn a_window_of_time_counts_across_the_borders_of_its_parts() {
    let mut line = Timeline::new(rate(100, 4, WindowKind::Time(10 * SECOND)));
    line.pass(Duration::from_millis(950));
    calls(&mut line, 2, CallResult::Failure);
    line.pass(Duration::from_millis(100));
    calls(&mut line, 2, CallResult::Failure);
    assert_eq!(line.core.phase(), Phase::Open);
}

#[test]
fn a_silence_longer_than_the_window_forgets_what_was_before() {
    let mut line = Timeline::new(rate(100, 4, WindowKind::Time(10 * SECOND)));
    calls(&mut line, 3, CallResult::Failure);
    line.pass(10 * SECOND);
    calls(&mut line, 3, CallResult::Failure);
    assert_eq!(line.core.phase(), Phase::Closed);
    line.pass(8 * SECOND);
    line.call(CallResult::Failure);
    assert_eq!(line.core.phase(), Phase::Open);
}

#[test]
fn a_step_of_the_clock_inside_a_part_loses_no_call() {
    let mut line = Timeline::new(rate(100, 4, WindowKind::Time(10 * SECOND)));
    for millis in [500, 100, 900, 100] {
        let now = line.now.after(Duration::from_millis(millis));
        let ticket = line.core.step(Event::Ask, now).answer.unwrap().unwrap();
        line.core.step(Event::Finish(ticket, CallResult::Failure), now);
    }
    assert_eq!(line.core.phase(), Phase::Open);
}

#[test]
fn slow_calls_open_it_whether_they_succeed_or_not() {
    let slow_calls = Some(SlowCalls {
        slower_than: 2 * SECOND,
        rate: Rate {
            percent: 50,
            min_calls: 4,
        },
    });
    let trip = TripRules {
        consecutive_failures: None,
        slow_calls,
        ..settings().trip
    };
    let mut line = Timeline::new(BreakerSettings { trip, ..settings() });
    for (takes, result) in [
        (2 * SECOND, CallResult::Success),
        (SECOND, CallResult::Failure),
        (3 * SECOND, CallResult::Success),
    ] {
        let ticket = line.admitted();
        line.pass(takes);
        line.finish(ticket, result);
        assert_eq!(line.core.phase(), Phase::Closed);
    }
    let ticket = line.admitted();
    line.pass(3 * SECOND);
    let transition = line.finish(ticket, CallResult::Failure).transition.unwrap();
    assert_eq!((transition.to, transition.cause), (Phase::Open, Cause::SlowCalls));
}
