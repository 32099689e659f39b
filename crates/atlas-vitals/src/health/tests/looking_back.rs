//! What is kept of the past.

use HealthStatus::{Critical, Degraded, Healthy, Unknown as NotKnown};

use super::*;

#[test]
fn every_transition_is_kept_with_its_reason_and_how_long_it_stood() {
    let mut line = Timeline::of(vec![pass_fail("it")]);
    line.statuses("it", &[Good, Good, Crit, Crit, Crit, Crit, Good, Good]);
    line.pass(5 * MINUTE);
    let history = line.engine.history("it").unwrap();
    let stays: Vec<_> = history
        .stays(line.now)
        .map(|stay| {
            (
                stay.entry.from,
                stay.entry.to,
                stay.entry.cause,
                stay.lasted,
                stay.stands,
            )
        })
        .collect();
    assert_eq!(
        stays,
        [
            (Critical, Healthy, Cause::Recovered, 5 * MINUTE, true),
            (Degraded, Critical, Cause::Failing, 3 * MINUTE, false),
            (Healthy, Degraded, Cause::Failing, MINUTE, false),
            (NotKnown, Healthy, Cause::FirstResult, 3 * MINUTE, false),
        ]
    );
    assert_eq!(history.entries().nth(1).unwrap().message, "it is crit");
}

#[test]
fn what_is_older_than_any_uptime_is_forgotten_but_for_the_status_it_left() {
    let mut line = Timeline::of(vec![pass_fail("it")]);
    line.statuses("it", &[Good, Crit, Crit, Good, Good]);
    line.pass(KEPT_FOR + HOUR);
    line.tick();
    let kept: Vec<HealthStatus> = line
        .engine
        .history("it")
        .unwrap()
        .entries()
        .map(|entry| entry.to)
        .collect();
    // The stale status of now, and the one that reaches into the time that is looked at.
    assert_eq!(kept, [Healthy, NotKnown]);
}

#[test]
fn however_restless_a_check_is_its_past_is_bounded() {
    let mut line = Timeline::of(vec![pass_fail("it")]);
    for _ in 0..5_000 {
        line.pass(SECOND);
        line.finds("it", Crit);
        line.finds("it", Crit);
        line.finds("it", Good);
        line.finds("it", Good);
    }
    assert!(line.engine.history("it").unwrap().entries().count() <= 1_000);
}
