//! When checks run.

use super::world::World;
use super::*;

#[test]
fn every_check_runs_within_ten_seconds_of_the_start() {
    let mut world = World::of(seven_services(), |_, _| Some(Good));
    world.pass(10 * SECOND);
    let mut first: Vec<&str> = world.runs.iter().map(|(check, _)| check.as_str()).collect();
    first.sort_unstable();
    first.dedup();
    assert_eq!(first.len(), 7);
}

#[test]
fn later_each_runs_at_its_own_pace() {
    let mut world = World::of(seven_services(), |_, _| Some(Good));
    world.pass(HOUR);
    for settings in seven_services() {
        let runs = world
            .runs
            .iter()
            .filter(|(check, _)| *check == settings.name)
            .count();
        let expected = 3_600 / settings.every.as_secs() as usize;
        assert!(
            runs.abs_diff(expected) <= expected / 10 + 1,
            "{} runs of {}, not about {expected}",
            runs,
            settings.name
        );
    }
}

#[test]
fn in_doubt_a_check_is_repeated_soon_and_then_as_usual() {
    let mut world = World::of(vec![pass_fail("it")], |_, since_start| {
        Some(if since_start < 5 * MINUTE { Good } else { Crit })
    });
    world.pass(20 * MINUTE);
    let times: Vec<Duration> = world.runs.iter().map(|(_, at)| *at).collect();
    let first_failure = times.iter().position(|at| *at >= 5 * MINUTE).unwrap();
    let pauses: Vec<u64> = times[first_failure..]
        .windows(2)
        .map(|two| two[1].saturating_sub(two[0]).as_secs())
        .collect();
    // One failure is soft, two are degraded, three are critical, as the failure itself says; then there is no doubt.
    assert_eq!(pauses[..2], [15, 15]);
    assert!(
        pauses[2..].iter().all(|pause| (57..=63).contains(pause)),
        "{pauses:?}"
    );
}

#[test]
fn a_check_that_hangs_from_the_start_mutes_no_other() {
    let mut world = World::of(seven_services(), |check, _| match check {
        SEARCH => None,
        DATABASE => Some(NoAnswer),
        _ => Some(Good),
    });
    let transitions = world.pass(HOUR);
    assert!(told(&transitions).contains(&HealthStatus::Down));
    assert!(transitions.iter().all(|transition| transition.check != SEARCH));
    let hanging = world.line.service(SEARCH);
    assert_eq!(hanging.status, HealthStatus::Unknown);
    assert!(hanging.running_since.is_some());
    assert!(
        (18..=21).contains(&hanging.skipped_runs),
        "{}",
        hanging.skipped_runs
    );
    assert_eq!(world.runs.iter().filter(|(check, _)| check == SEARCH).count(), 1);
}

#[test]
fn it_never_asks_to_be_called_at_once_again() {
    let mut world = World::of(seven_services(), |_, since_start| {
        let minute = since_start.as_secs() / 60;
        Some([Good, Crit, Unknown, NoAnswer, Warn][(minute % 5) as usize])
    });
    for _ in 0..600 {
        world.pass(7 * SECOND);
        world.line.tick();
        assert!(world.line.engine.next_due().unwrap() > world.line.now);
    }
}

#[test]
fn a_run_is_told_its_deadline() {
    let mut line = Timeline::of(vec![CheckSettings::new("it", CheckKind::Level, 30 * SECOND)]);
    assert_eq!(
        line.step(HealthInput::Tick),
        [HealthEffect::Run {
            check: "it".to_owned(),
            deadline: 15 * SECOND,
        }]
    );
    let late = CheckResult::timed_out(15 * SECOND, line.wall);
    assert_eq!(
        (late.outcome, late.message.as_str()),
        (NoAnswer, "no answer within 15 s")
    );
}
