//! What a second process knows of what the first one found.

use HealthStatus::{Critical, Degraded, Down, Healthy};

use super::*;

fn checks() -> Vec<CheckSettings> {
    vec![pass_fail("it")]
}

#[test]
fn state_last_error_and_history_come_back() {
    let mut line = Timeline::of(checks());
    line.statuses("it", &[Good, Crit, Crit, Crit, Good]);
    let before = line.service("it");
    let entries: Vec<_> = line.engine.history("it").unwrap().entries().cloned().collect();
    line.restart(checks(), HOUR);
    let after = line.service("it");
    assert_eq!((after.status, after.since), (Critical, before.since));
    assert_eq!(after.since_wall, before.since_wall);
    assert_eq!((after.last, after.last_error), (before.last, before.last_error));
    assert_eq!(after.heard_at, before.heard_at);
    assert!(line.engine.history("it").unwrap().entries().eq(&entries));
}

#[test]
fn what_comes_back_says_how_old_it_is_until_it_is_looked_at() {
    let mut line = Timeline::of(checks());
    line.statuses("it", &[Good]);
    assert_eq!(line.service("it").restored, None);
    line.pass(10 * SECOND);
    line.restart(checks(), HOUR);
    assert_eq!(line.service("it").restored, Some(HOUR + 10 * SECOND));
    line.hears("it", Unknown);
    assert!(line.service("it").restored.is_some());
    line.hears("it", Good);
    assert_eq!(line.service("it").restored, None);
}

#[test]
fn two_restarts_without_a_look_between_make_nothing_younger() {
    let mut line = Timeline::of(checks());
    line.hears("it", Good);
    line.restart(checks(), HOUR);
    line.pass(MINUTE);
    line.restart(checks(), HOUR);
    assert_eq!(line.service("it").restored, Some(2 * HOUR + MINUTE));
    assert_eq!(line.status("it"), Healthy);
    assert_eq!(line.tick(), []);
}

#[test]
fn a_restart_while_it_fails_tells_nothing_new() {
    let mut line = Timeline::of(checks());
    line.statuses("it", &[Good, Crit, Crit, Crit]);
    line.restart(checks(), HOUR);
    let mut all = line.tick();
    all.extend(line.hears("it", Crit));
    assert_eq!(told(&all), []);
    assert_eq!(line.status("it"), Critical);
}

#[test]
fn failures_in_a_row_go_on_counting() {
    let mut line = Timeline::of(checks());
    line.statuses("it", &[Good, Crit, Crit, Crit, Crit, Crit]);
    line.restart(checks(), MINUTE);
    assert_eq!(told(&line.hears("it", Crit)), [Down]);
}

#[test]
fn what_was_told_before_is_told_to_be_over_after() {
    let mut line = Timeline::of(checks());
    line.statuses("it", &[Good, Crit, Crit, Crit]);
    line.restart(checks(), HOUR);
    line.hears("it", Good);
    assert_eq!(told(&line.hears("it", Good)), [Healthy]);
}

#[test]
fn what_was_held_back_is_told_only_after_a_look() {
    let mut line = Timeline::of(checks());
    line.hears("it", Good);
    let cleanup = Maintenance::announced("cleanup", "", Scope::Everything, line.now, 10 * MINUTE);
    line.step(HealthInput::Announce(cleanup));
    line.statuses("it", &[Crit, Crit, Crit]);
    line.restart(checks(), HOUR);
    assert_eq!(told(&line.tick()), []);
    assert_eq!(told(&line.hears("it", Unknown)), []);
    assert_eq!(told(&line.hears("it", Crit)), [Critical]);
}

#[test]
fn a_check_that_hangs_mutes_no_other_after_a_restart() {
    let two = || vec![pass_fail("it"), pass_fail("hangs")];
    let mut line = Timeline::of(two());
    line.statuses("it", &[Good]);
    line.statuses("hangs", &[Good]);
    line.restart(two(), HOUR);
    let all: Vec<_> = (0..3).flat_map(|_| line.hears("it", Crit)).collect();
    assert_eq!(told(&all), [Degraded, Critical]);
}

#[test]
fn the_time_between_is_not_monitored_and_makes_nothing_stale() {
    let mut line = Timeline::of(checks());
    line.statuses("it", &[Good]);
    line.pass(HOUR);
    line.finds("it", Good);
    line.restart(checks(), 5 * HOUR);
    assert_eq!(line.tick(), []);
    assert_eq!(line.status("it"), Healthy);
    line.finds("it", Good);
    let uptime = line.engine.uptime("it", DAY).unwrap();
    assert_eq!((uptime.not_monitored, uptime.healthy), (5 * HOUR, HOUR));
    assert_eq!(uptime.share(), Some(1.0));
    line.restart(checks(), HOUR);
    line.tick();
    assert_eq!(line.engine.uptime("it", DAY).unwrap().not_monitored, 6 * HOUR);
}

#[test]
fn what_nobody_hears_of_after_a_restart_becomes_stale() {
    let mut line = Timeline::of(checks());
    line.statuses("it", &[Good]);
    line.restart(checks(), 5 * HOUR);
    line.pass(210 * SECOND);
    assert_eq!(line.tick()[0].cause, Cause::Stale);
}

#[test]
fn flapping_goes_on_over_a_restart_and_is_not_told_again() {
    let mut line = Timeline::of(checks());
    line.hears("it", Good);
    let turns = [Crit, Good].repeat(10);
    let before: Vec<_> = turns
        .iter()
        .flat_map(|outcome| line.hears("it", *outcome))
        .collect();
    line.restart(checks(), MINUTE);
    let after: Vec<_> = turns
        .iter()
        .flat_map(|outcome| line.hears("it", *outcome))
        .collect();
    assert_eq!((told(&before), told(&after)), (vec![Degraded], vec![]));
    assert!(line.service("it").flapping);
}

#[test]
fn a_check_that_is_new_begins_without_a_past() {
    let mut line = Timeline::of(checks());
    line.statuses("it", &[Good]);
    line.restart(vec![pass_fail("it"), pass_fail("new")], HOUR);
    assert_eq!(line.service("new").restored, None);
    assert_eq!(line.status("new"), HealthStatus::Unknown);
}

#[test]
fn of_an_old_copy_only_the_past_comes_back() {
    let mut line = Timeline::of(checks());
    line.statuses("it", &[Good, Crit, Crit, Crit]);
    let past: Vec<_> = line.engine.history("it").unwrap().entries().cloned().collect();
    let stored = line.engine.stored(line.now).only_the_past();
    line.pass(HOUR);
    line.engine = HealthEngine::restore(checks(), stored, 7, line.now, line.wall).unwrap();

    assert_eq!(line.status("it"), HealthStatus::Unknown);
    assert!(line.engine.history("it").unwrap().entries().eq(&past));
    assert_eq!(told(&line.tick()), []);
    line.hears("it", Good);
    assert_eq!(line.status("it"), Healthy, "at once, as after a first start");
}
