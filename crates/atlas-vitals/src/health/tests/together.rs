//! Many that fail together, each seen at its own time: one of them is the reason, and that one is told.

use std::collections::BTreeSet;

use HealthStatus::Healthy;
use proptest::prelude::*;
use rstest::rstest;

use super::world::{World, told_of};
use super::*;

const CHILDREN: [&str; 4] = [API, BACKGROUND_PROCESSING, SEARCH, CONTENT_PIPELINE];

/// The database and all that needs it fail after `begins`, for so long.
fn outage(begins: Duration, lasts: Duration, failure: CheckOutcome) -> World {
    World::of(seven_services(), move |check, since_start| {
        let is_out = since_start >= begins && since_start < begins + lasts;
        let is_hit = check == DATABASE || CHILDREN.contains(&check);
        Some(if is_out && is_hit { failure } else { Good })
    })
}

fn who_was_told(transitions: &[Transition]) -> BTreeSet<&str> {
    told_of(transitions).into_iter().map(|(check, _)| check).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whenever_they_fail_together_only_the_database_is_told(begins_ms in 600_000_u64..1_200_000) {
        let begins = Duration::from_millis(begins_ms);
        let mut world = outage(begins, 15 * MINUTE, NoAnswer);
        let all = world.pass(begins + HOUR);
        prop_assert_eq!(who_was_told(&all), BTreeSet::from([DATABASE]));
    }
}

#[rstest]
fn a_database_and_all_that_needs_it_fail_together_and_the_database_is_told(
    #[values(600, 631, 674, 675, 719, 839)] begins_secs: u64,
    #[values(Crit, NoAnswer)] failure: CheckOutcome,
) {
    let begins = Duration::from_secs(begins_secs);
    let mut world = outage(begins, 15 * MINUTE, failure);
    let all = world.pass(begins + HOUR);
    assert_eq!(who_was_told(&all), BTreeSet::from([DATABASE]));
    assert_eq!(world.line.engine.overall(), Healthy);
    let of_database: Vec<HealthStatus> = told_of(&all).into_iter().map(|(_, status)| status).collect();
    assert_eq!(of_database.last(), Some(&Healthy));
}

#[test]
fn an_outage_that_goes_on_is_told_of_the_others_too_once_each_after_half_an_hour() {
    let mut world = outage(10 * MINUTE, 2 * HOUR, NoAnswer);
    let all = world.pass(2 * HOUR);
    for child in CHILDREN {
        let told: Vec<_> = told_of(&all)
            .into_iter()
            .filter(|(check, _)| *check == child)
            .collect();
        assert_eq!(told, [(child, HealthStatus::Down)]);
    }
}

#[test]
fn one_of_them_that_fails_alone_is_told_within_a_minute() {
    let mut world = World::of(seven_services(), |check, since_start| {
        let fails = check == API && since_start >= 10 * MINUTE;
        Some(if fails { NoAnswer } else { Good })
    });
    let all = world.pass(12 * MINUTE);
    assert_eq!(told_of(&all)[0], (API, HealthStatus::Degraded));
    assert!(
        all.iter()
            .find(|one| one.announce.is_yes())
            .unwrap()
            .since
            .since(START)
            < 11 * MINUTE
    );
}
