//! When nobody could look for too long.

use HealthStatus::{Critical, Degraded, Healthy, Unknown as NotKnown};

use super::*;

/// Three times a minute, and the deadline of half a minute.
const STALE_AFTER: Duration = Duration::from_secs(210);

#[test]
fn nothing_heard_for_three_runs_and_a_deadline_is_unknown() {
    let mut line = Timeline::of(vec![pass_fail("it")]);
    line.hears("it", Good);
    line.pass(STALE_AFTER.saturating_sub(Duration::from_millis(1)));
    assert_eq!(line.tick(), []);
    line.pass(Duration::from_millis(1));
    let stale = line.tick();
    assert_eq!(
        (stale[0].from, stale[0].to, stale[0].cause),
        (Healthy, NotKnown, Cause::Stale)
    );
    assert_eq!(stale[0].announce, Announce::Silent(Silence::Unknown));
    assert_eq!(stale[0].observed, None);
    assert_eq!(line.tick(), []);
}

#[test]
fn the_engine_asks_to_be_called_when_something_becomes_stale() {
    let mut line = Timeline::of(vec![pass_fail("it")]);
    line.hears("it", Good);
    let stale_at = line.now.after(STALE_AFTER);
    line.step(HealthInput::Tick);
    for _ in 0..10 {
        let due = line.engine.next_due().unwrap();
        assert!(due <= stale_at);
        line.pass(due.since(line.now));
        line.step(HealthInput::Tick);
        if due == stale_at {
            break;
        }
    }
    assert_eq!(line.status("it"), NotKnown);
}

#[test]
fn results_that_say_nothing_do_not_count_as_heard() {
    let mut line = Timeline::of(vec![pass_fail("it")]);
    assert_eq!(
        line.statuses("it", &[Good, Unknown, Unknown, Unknown]),
        [Healthy; 4]
    );
    assert_eq!(line.statuses("it", &[Unknown]), [NotKnown]);
    assert_eq!(line.service("it").last_error.unwrap().outcome, Unknown);
}

#[test]
fn to_hear_again_is_no_recovery() {
    let mut line = Timeline::of(vec![pass_fail("it")]);
    line.statuses("it", &[Good, Crit, Crit, Crit]);
    line.pass(STALE_AFTER);
    line.tick();
    let heard = line.hears("it", Good);
    assert_eq!(
        (heard[0].from, heard[0].to, heard[0].cause),
        (NotKnown, Critical, Cause::HeardAgain)
    );
    assert_eq!(heard[0].announce, Announce::Silent(Silence::NothingNew));
    assert_eq!(told(&line.hears("it", Good)), [Healthy]);
}

#[test]
fn what_became_worse_meanwhile_is_told() {
    let mut line = Timeline::of(vec![pass_fail("it")]);
    line.statuses("it", &[Good, Crit, Crit]);
    line.pass(STALE_AFTER);
    line.tick();
    assert_eq!(told(&line.hears("it", Crit)), [Critical]);
}

#[test]
fn a_result_that_comes_before_anybody_looked_at_the_time_is_in_time() {
    let mut line = Timeline::of(vec![pass_fail("it")]);
    line.hears("it", Good);
    line.pass(8 * HOUR); // the machine slept
    assert_eq!(line.finds("it", Good), []);
    assert_eq!(line.status("it"), Healthy);
}

#[test]
fn a_machine_that_slept_tells_nobody_of_it() {
    let mut line = Timeline::of(seven_services());
    for service in seven_services() {
        line.finds(&service.name, Good);
    }
    line.pass(8 * HOUR);
    let mut all = line.tick();
    assert_eq!(line.engine.overall(), Degraded);
    for service in seven_services() {
        all.extend(line.finds(&service.name, Good));
    }
    assert_eq!(told(&all), []);
    assert_eq!(line.engine.overall(), Healthy);
}

#[test]
fn what_was_never_heard_of_does_not_change() {
    let mut line = Timeline::of(vec![pass_fail("it")]);
    line.pass(DAY);
    assert_eq!(line.tick(), []);
    assert_eq!(line.status("it"), NotKnown);
}
