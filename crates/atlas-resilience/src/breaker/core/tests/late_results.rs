//! Results that come after the breaker has moved on: they are told of, and decide nothing.

use super::*;

/// What a result of an earlier generation must leave alone.
fn judgement(line: &Timeline) -> (Phase, u64, u32, usize, u32, Option<Moment>) {
    let core = &line.core;
    (
        core.phase(),
        core.generation(),
        core.trips(),
        core.probes(),
        core.consecutive_failures(),
        core.until(),
    )
}

#[test]
fn a_late_success_of_a_closed_breaker_neither_closes_an_open_nor_a_half_open_one() {
    let mut line = Timeline::new(probing(1, 1));
    let (early, other) = (line.admitted(), line.admitted());
    line.trip();

    let before = judgement(&line);
    let effects = line.finish(early, CallResult::Success);
    assert_eq!(
        effects,
        Effects {
            stale: true,
            ..Effects::default()
        }
    );
    assert_eq!(judgement(&line), before);

    line.pass_until_due();
    let probe = line.probe();
    let before = judgement(&line);
    let effects = line.finish(other, CallResult::Success);
    assert_eq!(
        effects,
        Effects {
            stale: true,
            ..Effects::default()
        }
    );
    assert_eq!(judgement(&line), before);

    line.finish(probe, CallResult::Success);
    assert_eq!(line.core.phase(), Phase::Closed);
}

#[test]
fn a_late_failure_of_a_probe_does_not_trip_again_and_keeps_no_place() {
    let mut line = Timeline::due(probing(2, 3));
    let (fast, slow) = (line.probe(), line.probe());
    let probed_in = line.core.generation();
    line.finish(fast, CallResult::Failure);
    line.pass_until_due();
    let third = line.probe();
    assert_eq!(line.core.generation(), probed_in + 2);

    let before = judgement(&line);
    assert!(line.finish(slow, CallResult::Failure).stale);
    assert_eq!(judgement(&line), before);
    assert_eq!(line.core.trips(), 2);

    let fourth = line.probe();
    line.refused();
    line.finish(third, CallResult::Ignored);
    line.finish(fourth, CallResult::Ignored);
    assert_eq!(line.core.probes(), 0);
}

#[test]
fn a_late_result_does_not_free_the_place_of_a_probe_that_began_at_the_same_moment() {
    let mut line = Timeline::due(probing(1, 2));
    let early = line.probe();
    line.step(Event::Operate(Command::Reset));
    line.trip();
    line.step(Event::Slept(MINUTE));
    let _probe = line.probe();
    assert!(line.finish(early, CallResult::Ignored).stale);
    assert_eq!(line.core.probes(), 1);
    line.refused();
}

#[test]
fn a_late_result_frees_no_place_while_nobody_is_judged_either() {
    let mut line = Timeline::due(probing(1, 2));
    let early = line.probe();
    line.step(Event::Operate(Command::Reset));
    line.trip();
    line.step(Event::Slept(MINUTE));
    let _probe = line.probe();
    line.overlay(OverlayMode::Disabled, None);
    line.finish(early, CallResult::Success);
    assert_eq!(line.core.probes(), 1);
}

#[test]
fn late_failures_do_not_count_against_a_breaker_that_closed_again() {
    let mut line = Timeline::new(settings());
    let early: Vec<_> = (0..10).map(|_| line.admitted()).collect();
    line.trip();
    line.recover();
    for ticket in early {
        assert!(line.finish(ticket, CallResult::Failure).stale);
    }
    assert_eq!(
        (line.core.phase(), line.core.consecutive_failures()),
        (Phase::Closed, 0)
    );
}

#[test]
fn what_began_before_a_reset_decides_nothing_after_it() {
    let mut line = Timeline::new(settings());
    line.call(CallResult::Failure);
    line.call(CallResult::Failure);
    let early = line.admitted();
    line.step(Event::Operate(Command::Reset));
    assert!(line.finish(early, CallResult::Failure).stale);
    assert_eq!(line.core.consecutive_failures(), 0);
}
