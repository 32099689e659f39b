//! What is wrong with settings is told at once, all of it.

use rstest::rstest;

use super::*;

fn problems(checks: &[CheckSettings]) -> Vec<String> {
    faults(checks).iter().map(ToString::to_string).collect()
}

#[test]
fn the_defaults_are_right() {
    assert_eq!(problems(&seven_services()), Vec::<String>::new());
    assert_eq!(DiskRule::default().faults(), Vec::<String>::new());
    for thresholds in [
        PROCESSOR_PERCENT,
        MEMORY_PERCENT,
        API_SECONDS,
        READY_JOBS,
        ERRORS_A_DAY,
    ] {
        assert_eq!(thresholds.faults(), []);
    }
}

#[test]
fn every_fault_is_told_at_once() {
    let mut broken = pass_fail("search");
    broken.every = Duration::ZERO;
    broken.deadline = Some(Duration::ZERO);
    broken.ladder = Ladder {
        degraded: 3,
        critical: 3,
        down: 2,
    };
    broken.down.usual = 0;
    broken.up.down = 101;
    broken.intermittent.until = 4;
    broken.flapping.stop_percent = 30;
    broken.depends_on = vec!["nothing".to_owned()];
    broken.thresholds = Some(Thresholds {
        worse: Worse::Above,
        warn: Some(Limit {
            enter: 70.0,
            exit: 75.0,
        }),
        crit: Some(Limit {
            enter: f64::NAN,
            exit: 80.0,
        }),
    });
    assert_eq!(
        problems(&[broken]),
        [
            "check `search`, every: must be more than zero and at most 30 days",
            "check `search`, deadline: must be more than zero",
            "check `search`, up.down: must be 1 to 100",
            "check `search`, down.usual: must be 1 to 100",
            "check `search`, ladder: must rise from degraded over critical to down",
            "check `search`, intermittent.until: must be less than `intermittent.failures`, or it would end as it begins",
            "check `search`, flapping.stop_percent: must be less than `flapping.start_percent`",
            "check `search`, thresholds.warn: ends at 75 and must end below 70, where it begins",
            "check `search`, thresholds.crit: NaN and 80 must both be numbers",
            "check `search`, depends_on: there is no check `nothing`",
        ]
    );
}

#[test]
fn a_circle_of_dependencies_is_refused_with_its_way() {
    let chain = |name: &str, parent: &str| CheckSettings {
        depends_on: vec![parent.to_owned()],
        ..pass_fail(name)
    };
    let checks = [chain("a", "b"), chain("b", "c"), chain("c", "b"), chain("d", "d")];
    assert_eq!(
        problems(&checks),
        [
            "check `b`, depends_on: depends on itself: b -> c -> b",
            "check `c`, depends_on: depends on itself: c -> b -> c",
            "check `d`, depends_on: depends on itself: d -> d",
        ]
    );
}

#[test]
fn names_are_given_once_and_are_not_empty() {
    assert_eq!(
        problems(&[pass_fail("a"), levels("a"), levels(" ")]),
        [
            "check `a`, name: another check has this name; give each its own",
            "check ` `, name: must not be empty",
        ]
    );
}

#[rstest]
#[case::half_the_time_between(20, 10)]
#[case::and_no_more_than_half_a_minute(3_600, 30)]
fn a_deadline_follows_from_the_pace(#[case] every_secs: u64, #[case] deadline_secs: u64) {
    let settings = CheckSettings::new("it", CheckKind::Level, Duration::from_secs(every_secs));
    assert_eq!(settings.deadline(), Duration::from_secs(deadline_secs));
}

#[rstest]
#[case::a_quarter(60, 15)]
#[case::but_five_seconds_at_least(12, 5)]
#[case::and_never_later_than_usual(2, 2)]
fn a_recheck_follows_from_the_pace(#[case] every_secs: u64, #[case] recheck_secs: u64) {
    let settings = CheckSettings::new("it", CheckKind::Level, Duration::from_secs(every_secs));
    assert_eq!(settings.recheck_every(), Duration::from_secs(recheck_secs));
}

#[test]
fn settings_that_are_wrong_leave_the_old_ones_in_force() {
    let mut line = Timeline::of(vec![pass_fail("it")]);
    line.statuses("it", &[Good, Crit, Crit]);
    let mut broken = pass_fail("it");
    broken.every = Duration::ZERO;
    let before = line.engine.clone();
    assert!(line.engine.configure(vec![broken], line.now).is_err());
    assert_eq!(line.engine, before);
}

#[test]
fn a_check_that_stays_keeps_what_is_known_of_it() {
    let mut line = Timeline::of(vec![pass_fail("stays"), pass_fail("goes")]);
    line.statuses("stays", &[Good, Crit, Crit]);
    let mut other = pass_fail("stays");
    other.ladder.critical = 4;
    line.engine
        .configure(vec![other, pass_fail("comes")], line.now)
        .unwrap();
    assert_eq!(line.statuses("stays", &[Crit]), [HealthStatus::Degraded]);
    assert!(line.engine.service("goes").is_none());
    assert_eq!(line.status("comes"), HealthStatus::Unknown);
}
