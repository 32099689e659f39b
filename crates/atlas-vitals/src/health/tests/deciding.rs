//! How results become a status: ladder, levels, warnings, and failures that come now and then.

use HealthStatus::{Critical, Degraded, Down, Healthy, Unknown as NotKnown};
use rstest::rstest;

use super::*;

/// A well check of the kind, then these results.
fn after_well(kind: CheckKind, outcomes: &[CheckOutcome]) -> Vec<HealthStatus> {
    let mut line = Timeline::of(vec![CheckSettings::new("it", kind, MINUTE)]);
    line.hears("it", Good);
    line.statuses("it", outcomes)
}

#[rstest]
#[case::three_failures_and_two_passes(
    &[Crit, Crit, Crit, Good, Good],
    &[Healthy, Degraded, Critical, Critical, Healthy]
)]
#[case::down_is_reached(
    &[NoAnswer, NoAnswer, NoAnswer, NoAnswer, NoAnswer, NoAnswer],
    &[Healthy, Degraded, Critical, Critical, Critical, Down]
)]
#[case::down_is_left_after_three_passes(
    &[Crit, Crit, Crit, Crit, Crit, Crit, Good, Good, Good],
    &[Healthy, Degraded, Critical, Critical, Critical, Down, Down, Down, Healthy]
)]
#[case::degraded_recovers(&[Crit, Crit, Good, Good], &[Healthy, Degraded, Degraded, Healthy])]
#[case::one_failure_is_soft(&[Crit, Good, Good], &[Healthy, Healthy, Healthy])]
#[case::to_recover_with_a_warning_is_to_be_degraded(
    &[Crit, Crit, Crit, Warn, Good, Good],
    &[Healthy, Degraded, Critical, Critical, Degraded, Healthy]
)]
#[case::warnings_are_degraded_and_never_more(
    &[Warn, Warn, Warn, Warn, Warn, Warn],
    &[Healthy, Degraded, Degraded, Degraded, Degraded, Degraded]
)]
#[case::a_warning_after_a_failure_is_the_second_bad_result(&[Crit, Warn], &[Healthy, Degraded])]
#[case::a_failure_after_a_warning_begins_the_ladder(&[Warn, Crit], &[Healthy, Healthy])]
#[case::a_failure_is_never_better_than_the_status(
    &[NoAnswer, NoAnswer, NoAnswer, NoAnswer, NoAnswer, NoAnswer, Crit, Crit, Crit, Crit],
    &[Healthy, Degraded, Critical, Critical, Critical, Down, Down, Down, Down, Down]
)]
#[case::what_could_not_be_found_out_is_skipped(
    &[Crit, Unknown, Crit, Unknown, Unknown, Crit, Unknown, Good, Unknown, Good],
    &[Healthy, Healthy, Degraded, Degraded, Degraded, Critical, Critical, Critical, Critical, Healthy]
)]
fn a_check_that_passes_or_fails_climbs_a_ladder(
    #[case] outcomes: &[CheckOutcome],
    #[case] statuses: &[HealthStatus],
) {
    assert_eq!(after_well(CheckKind::PassFail, outcomes), statuses);
}

#[rstest]
#[case::it_rises_with_enough_results_in_a_row(
    &[Crit, Crit, Crit, Good, Good],
    &[Healthy, Degraded, Critical, Critical, Healthy]
)]
#[case::it_rises_to_what_all_of_them_are_at(&[Crit, Warn, Crit], &[Healthy, Degraded, Degraded])]
#[case::down_takes_three(&[NoAnswer, NoAnswer, NoAnswer], &[Healthy, Degraded, Down])]
#[case::it_falls_to_the_worst_of_the_last(
    &[NoAnswer, NoAnswer, NoAnswer, Good, Crit, Warn, Warn, Good, Good],
    &[Healthy, Degraded, Down, Down, Down, Critical, Degraded, Degraded, Healthy]
)]
#[case::one_result_at_the_status_keeps_it(
    &[Crit, Crit, Crit, Good, Crit, Good, Good],
    &[Healthy, Degraded, Critical, Critical, Critical, Critical, Healthy]
)]
#[case::what_could_not_be_found_out_is_skipped(
    &[Warn, Unknown, Warn, Unknown, Good, Unknown, Good],
    &[Healthy, Healthy, Degraded, Degraded, Degraded, Degraded, Healthy]
)]
fn a_check_of_levels_follows_its_last_results(
    #[case] outcomes: &[CheckOutcome],
    #[case] statuses: &[HealthStatus],
) {
    assert_eq!(after_well(CheckKind::Level, outcomes), statuses);
}

#[rstest]
#[case(CheckKind::PassFail)]
#[case(CheckKind::Level)]
fn four_soft_failures_among_ten_are_degraded_until_one_is_left(#[case] kind: CheckKind) {
    // Two good results between failures: too few changes for flapping.
    let now_and_then = [Crit, Good, Good, Crit, Good, Good, Crit, Good, Good, Crit];
    let mut settings = CheckSettings::new("it", kind, MINUTE);
    settings.flapping.start_percent = 98;
    let mut line = Timeline::of(vec![settings]);
    line.hears("it", Good);
    let statuses = line.statuses("it", &now_and_then);
    assert!(
        statuses[..9].iter().all(|status| *status == Healthy),
        "{statuses:?}"
    );
    assert_eq!(statuses[9], Degraded);
    // The last but one lies four results back: it leaves the ten after six more.
    assert_eq!(line.statuses("it", &[Good; 6]), [Degraded; 6]);
    assert_eq!(line.statuses("it", &[Good]), [Healthy]);
}

#[test]
fn failures_of_an_episode_that_was_told_do_not_slow_the_next_recovery() {
    let mut line = Timeline::of(vec![pass_fail("it")]);
    line.statuses("it", &[Good, Crit, Crit, Crit, Crit, Good]);
    assert_eq!(line.statuses("it", &[Good]), [Healthy]);
    assert_eq!(line.statuses("it", &[Crit, Good]), [Healthy, Healthy]);
    assert!(!line.service("it").intermittent);
}

#[test]
fn a_failing_check_never_seems_well_before_it_was() {
    let mut line = Timeline::of(vec![pass_fail("it")]);
    assert_eq!(
        line.statuses("it", &[Crit, Crit, Good, Good]),
        [NotKnown, Degraded, Degraded, Healthy]
    );
}

#[test]
fn what_the_newest_result_says_is_shown_beside_the_status() {
    let mut line = Timeline::of(vec![pass_fail("it")]);
    line.statuses("it", &[Good, Crit]);
    let shown = line.service("it");
    assert_eq!((shown.status, shown.soft_status), (Healthy, Critical));
    line.statuses("it", &[Crit, Crit, Crit, Crit, Crit]);
    let shown = line.service("it");
    assert_eq!((shown.status, shown.soft_status), (Down, Down));
    line.hears("it", Good);
    let shown = line.service("it");
    assert_eq!((shown.status, shown.soft_status), (Down, Healthy));
}

#[test]
fn a_level_that_is_better_than_the_status_is_looked_at_again_soon() {
    let mut line = Timeline::of(vec![levels("it")]);
    line.statuses("it", &[NoAnswer, NoAnswer, NoAnswer, Crit]);
    let shown = line.service("it");
    assert_eq!((shown.status, shown.soft_status), (Down, Critical));
    assert_eq!(shown.next_run.since(line.now), 15 * SECOND);
}

#[test]
fn a_transition_says_why_since_when_and_what_was_seen() {
    let mut line = Timeline::of(vec![pass_fail("it")]);
    line.statuses("it", &[Good, Good, Crit]);
    let changed = line.hears("it", Crit);
    let [changed] = changed.as_slice() else {
        panic!("one transition, not {changed:?}");
    };
    assert_eq!(
        (changed.from, changed.to, changed.cause),
        (Healthy, Degraded, Cause::Failing)
    );
    assert_eq!((changed.since, changed.since_wall), (line.now, line.wall));
    assert_eq!(changed.lasted, 3 * MINUTE);
    assert_eq!(changed.observed.as_ref().unwrap().message, "it is crit");
    assert_eq!(changed.announce, Announce::Yes);
}

#[test]
fn a_value_that_is_no_number_is_our_own_fault() {
    let mut line = Timeline::of(vec![levels("it")]);
    line.statuses("it", &[Good]);
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let result = CheckResult::new(Crit, "load", SECOND, line.wall).with_value(value, "%");
        let check = "it".to_owned();
        assert_eq!(transitions(line.step(HealthInput::Result { check, result })), []);
        let last = line.service("it").last.unwrap();
        assert_eq!((last.outcome, last.value), (Unknown, None));
    }
    assert_eq!(line.status("it"), Healthy);
    assert_eq!(line.service("it").failures_in_a_row, 0);
}

#[test]
fn a_result_of_a_check_that_is_gone_changes_nothing() {
    let mut line = Timeline::of(vec![pass_fail("it")]);
    let before = line.engine.stored(line.now);
    assert_eq!(line.finds("another", Crit), []);
    assert_eq!(line.engine.stored(line.now), before);
}
