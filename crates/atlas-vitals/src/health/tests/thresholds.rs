//! What values say: thresholds with two sides, and the rule for disks.

use rstest::rstest;

use super::*;

const PROCESSOR: Thresholds = PROCESSOR_PERCENT;

const DAYS_LEFT: Thresholds = Thresholds {
    worse: Worse::Below,
    warn: Some(Limit {
        enter: 14.0,
        exit: 20.0,
    }),
    crit: Some(Limit {
        enter: 3.0,
        exit: 5.0,
    }),
};

#[rstest]
#[case::below(PROCESSOR, &[69.9], &[Good])]
#[case::at_its_beginning(PROCESSOR, &[70.0], &[Warn])]
#[case::within_its_noise(PROCESSOR, &[70.0, 66.0, 69.0, 65.1], &[Warn, Warn, Warn, Warn])]
#[case::at_its_end(PROCESSOR, &[70.0, 65.0, 69.0], &[Warn, Good, Good])]
#[case::critical_ends_as_a_warning(PROCESSOR, &[85.0, 81.0, 80.0, 66.0, 65.0], &[Crit, Crit, Warn, Warn, Good])]
#[case::critical_ends_at_once_when_all_is_well(PROCESSOR, &[99.0, 10.0], &[Crit, Good])]
#[case::the_smaller_the_worse(DAYS_LEFT, &[30.0, 14.0, 19.0, 3.0, 4.0, 5.0, 20.0], &[Good, Warn, Warn, Crit, Crit, Warn, Good])]
fn a_value_enters_a_level_at_one_side_and_leaves_it_at_the_other(
    #[case] thresholds: Thresholds,
    #[case] values: &[f64],
    #[case] outcomes: &[CheckOutcome],
) {
    let mut before = None;
    let judged: Vec<_> = values
        .iter()
        .map(|value| {
            before = Some(thresholds.judge(*value, before));
            before.unwrap()
        })
        .collect();
    assert_eq!(judged, outcomes);
}

#[test]
fn a_value_that_is_no_number_says_nothing() {
    assert_eq!(PROCESSOR.judge(f64::NAN, Some(Crit)), Unknown);
}

#[test]
fn a_warning_may_not_begin_after_critical() {
    let swapped = Thresholds {
        warn: PROCESSOR.crit,
        crit: PROCESSOR.warn,
        ..PROCESSOR
    };
    let expected = "begins at 85 and must not begin after critical, at 70".to_owned();
    assert_eq!(swapped.faults(), [("thresholds.warn", expected)]);
}

#[test]
fn noise_around_a_threshold_of_a_check_is_one_change() {
    let settings = CheckSettings {
        thresholds: Some(PROCESSOR),
        ..levels("it")
    };
    let mut line = Timeline::of(vec![settings]);
    let mut statuses = Vec::new();
    for value in [50.0, 71.0, 69.0, 72.0, 67.0, 71.0, 66.0, 70.0] {
        line.pass(MINUTE);
        let result = CheckResult::new(Good, "load", SECOND, line.wall).with_value(value, "%");
        let check = "it".to_owned();
        statuses.extend(transitions(line.step(HealthInput::Result { check, result })));
    }
    let to: Vec<_> = statuses.iter().map(|transition| transition.to).collect();
    assert_eq!(to, [HealthStatus::Healthy, HealthStatus::Degraded]);
    // One change, six results ago.
    assert_eq!(line.service("it").changes_tenths_of_percent, 53);
}

#[test]
fn a_good_value_does_not_hide_what_the_check_itself_says() {
    let settings = CheckSettings {
        thresholds: Some(PROCESSOR),
        ..levels("it")
    };
    let mut line = Timeline::of(vec![settings]);
    line.pass(MINUTE);
    let result = CheckResult::new(NoAnswer, "load", SECOND, line.wall).with_value(1.0, "%");
    let check = "it".to_owned();
    line.step(HealthInput::Result { check, result });
    assert_eq!(line.service("it").last.unwrap().outcome, NoAnswer);
}

const GIB: f64 = 1_073_741_824.0;

fn disk(total_gib: f64, free_gib: f64) -> DiskUse {
    DiskUse {
        total_bytes: (total_gib * GIB) as u64,
        free_bytes: (free_gib * GIB) as u64,
    }
}

#[rstest]
#[case::half_full(200.0, 100.0, Good)]
#[case::full_by_share_but_with_much_room(10_000.0, 400.0, Good)]
#[case::at_the_share_with_room(400.0, 60.0, Good)]
#[case::at_the_share_without_room(300.0, 45.0, Warn)]
#[case::just_before_the_share(300.0, 45.1, Good)]
#[case::exactly_the_room_is_enough(200.0, 50.0, Good)]
#[case::little_left_of_a_small_disk(20.0, 4.9, Warn)]
#[case::exactly_little_left(20.0, 5.0, Good)]
#[case::the_predecessors_disk(200.0, 7.4, Crit)]
#[case::critical_by_share_but_with_room(600.0, 24.0, Warn)]
#[case::nearly_nothing_left(4.0, 0.9, Crit)]
#[case::nothing_left(200.0, 0.0, Crit)]
#[case::more_free_than_there_is(1.0, 200.0, Good)]
fn a_disk_is_full_by_its_share_and_its_room(
    #[case] total_gib: f64,
    #[case] free_gib: f64,
    #[case] outcome: CheckOutcome,
) {
    assert_eq!(
        DiskRule::default().judge(disk(total_gib, free_gib), None),
        outcome
    );
}

#[test]
fn a_disk_of_no_size_says_nothing() {
    assert_eq!(DiskRule::default().judge(disk(0.0, 0.0), Some(Crit)), Unknown);
}

#[test]
fn a_disk_leaves_a_level_only_with_room_to_spare() {
    let rule = DiskRule::default();
    // 96.3 %, 94 %, 92.9 %, 84 %, 82.9 %
    let free = [7.4, 12.0, 14.2, 32.0, 34.2];
    let mut before = None;
    let judged = free.map(|free_gib| {
        before = Some(rule.judge(disk(200.0, free_gib), before));
        before.unwrap()
    });
    assert_eq!(judged, [Crit, Crit, Warn, Warn, Good]);
}

#[test]
fn a_disk_that_is_96_percent_full_at_the_start_is_critical_after_three_looks() {
    let mut line = Timeline::of(seven_services());
    let full = DiskRule::default().judge(disk(200.0, 7.4), None);
    let transitions: Vec<_> = (0..3)
        .flat_map(|_| {
            line.pass(30 * SECOND);
            line.finds(DISK_SPACE, full)
        })
        .collect();
    assert_eq!(
        told(&transitions),
        [HealthStatus::Degraded, HealthStatus::Critical]
    );
    assert_eq!(line.engine.overall(), HealthStatus::Critical);
}
