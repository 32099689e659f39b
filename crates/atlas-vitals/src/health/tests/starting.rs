//! The first results after a start: what is silent, and what does not count yet.

use HealthStatus::{Critical, Degraded, Healthy, Unknown as NotKnown};
use rstest::rstest;

use super::world::World;
use super::*;

#[test]
fn to_be_found_well_at_the_start_is_no_news() {
    let mut line = Timeline::of(vec![pass_fail("it")]);
    assert_eq!(line.status("it"), NotKnown);
    let found = line.hears("it", Good);
    assert_eq!(found[0].cause, Cause::FirstResult);
    assert_eq!(found[0].announce, Announce::Silent(Silence::NothingNew));
    assert_eq!(line.status("it"), Healthy);
}

#[rstest]
#[case(API)]
#[case(SEARCH)]
#[case(BACKGROUND_PROCESSING)]
#[case(CONTENT_PIPELINE)]
fn what_comes_up_may_fail_for_a_minute(#[case] check: &str) {
    let mut line = Timeline::of(seven_services());
    for _ in 0..6 {
        line.pass(9 * SECOND);
        assert_eq!(line.finds(check, NoAnswer), []);
    }
    let service = line.service(check);
    assert_eq!((service.status, service.failures_in_a_row), (NotKnown, 0));
    assert_eq!(service.last_error.unwrap().outcome, NoAnswer);
    line.pass(6 * SECOND);
    line.finds(check, NoAnswer);
    assert_eq!(told(&line.hears(check, NoAnswer)), [Degraded]);
}

#[rstest]
#[case(DATABASE)]
#[case(DISK_SPACE)]
#[case(SYSTEM_RESOURCES)]
fn what_is_always_there_may_not(#[case] check: &str) {
    let mut line = Timeline::of(seven_services());
    line.pass(SECOND);
    line.finds(check, Crit);
    line.pass(SECOND);
    assert_eq!(told(&line.finds(check, Crit)), [Degraded]);
    line.pass(SECOND);
    assert_eq!(told(&line.finds(check, Crit)), [Critical]);
}

#[test]
fn what_has_worked_once_is_no_longer_starting() {
    let mut line = Timeline::of(seven_services());
    for outcome in [NoAnswer, Good, NoAnswer] {
        line.pass(SECOND);
        line.finds(API, outcome);
    }
    line.pass(SECOND);
    assert_eq!(told(&line.finds(API, NoAnswer)), [Degraded]);
}

#[test]
fn what_is_starting_is_looked_at_again_soon() {
    let mut line = Timeline::of(seven_services());
    line.pass(SECOND);
    line.finds(SEARCH, NoAnswer);
    assert_eq!(line.service(SEARCH).next_run.since(line.now), 45 * SECOND);
}

#[test]
fn an_idle_fresh_system_is_well() {
    let mut world = World::of(seven_services(), |_, _| Some(Good));
    let transitions = world.pass(10 * MINUTE);
    assert_eq!(told(&transitions), []);
    assert_eq!(world.line.engine.overall(), Healthy);
    assert_eq!(
        world
            .line
            .engine
            .services()
            .filter(|service| service.status == Healthy)
            .count(),
        7
    );
}
