//! That whatever fires can end: what each built-in rule looks at once all is well, as whoever measures it says it.

use rstest::rstest;

use super::world::*;
use crate::alerts::rules::channel_label;
use crate::alerts::*;
use crate::metrics::catalogue;

/// Of these there is a value only while something is, or may be, wrong. What sources say when all is well is tried where
/// they are.
const ABSENT_WHEN_WELL: [&str; 5] = [
    "mount_full_in",
    "ingest_oldest_pending",
    "library_junk",
    "api_error_burn",
    "breaker_open_age",
];

/// The labels of a reading that a condition means.
fn labels(condition: &Condition) -> Labels {
    let label = channel_label(&condition.series)
        .or_else(|| catalogue::find(&condition.series)?.label.map(|label| label.key));
    let fixed = condition.labels.iter().map(|(key, value)| (&**key, &**value));
    let free = label.filter(|label| condition.labels.iter().all(|(key, _)| **key != **label));
    Labels::new(fixed.chain(free.map(|key| (key, "this"))))
}

fn is_upward(condition: &Condition) -> bool {
    matches!(condition.op, Comparison::Above | Comparison::AtLeast)
}

fn wrong(condition: &Condition) -> Reading {
    let value = if is_upward(condition) {
        condition.threshold * 2.0 + 1.0
    } else {
        condition.threshold / 2.0
    };
    Reading::of(&condition.series, labels(condition), value)
}

fn well(condition: &Condition) -> Reading {
    if condition.series.as_ref() == "breaker_open_age" {
        return Reading::none(&condition.series, Labels::default());
    }
    if ABSENT_WHEN_WELL.contains(&&*condition.series) {
        return Reading::none(&condition.series, labels(condition));
    }
    let value = if is_upward(condition) {
        0.0
    } else {
        condition.exit * 2.0
    };
    Reading::of(&condition.series, labels(condition), value)
}

fn measure(world: &mut World, all: &[Condition], hours: u64, look: impl Fn(&Condition) -> Reading) {
    for _ in 0..hours * 60 {
        world.input(Input::Measured(all.iter().map(&look).collect()));
        world.pass_secs(60);
    }
}

fn is_open(world: &World, rule: &str) -> bool {
    let mut rows = world.rows.incidents.values();
    rows.any(|row| row.rule == rule && row.end.is_none())
}

#[test]
fn every_built_in_rule_about_measurements_can_end() {
    for rule in RuleSet::builtin().iter() {
        let When::Metric { all, .. } = &rule.when else {
            continue;
        };
        let mut world = World::new();
        measure(&mut world, all, 3, wrong);
        assert!(is_open(&world, &rule.name), "{} does not fire", rule.name);
        measure(&mut world, all, 3, well);
        assert!(!is_open(&world, &rule.name), "{} does not end", rule.name);
        let before = world.got.len();
        world.pass_secs(100 * 3_600);
        assert_eq!(world.got.len(), before, "{} is told after its end", rule.name);
    }
}

/// A restart between does not take the end away: a source need not remember what it said before.
#[test]
fn what_ends_by_absence_ends_over_a_restart_too() {
    let rules = RuleSet::builtin();
    let When::Metric { all, .. } = &rules.get("breaker_open_long").unwrap().when else {
        panic!("it is about a measurement");
    };
    let mut world = World::new();
    measure(&mut world, all, 1, wrong);
    world.restart();
    measure(&mut world, all, 1, well);

    assert!(!is_open(&world, "breaker_open_long"));
}

#[rstest]
#[case::nobody_looked("breaker_open_age", None, true)]
#[case::another_one_is_not_there("breaker_open_age", Some("other"), true)]
#[case::this_one_is_not_there("breaker_open_age", Some("this"), false)]
fn only_what_was_looked_for_is_absent(
    #[case] series: &str,
    #[case] breaker: Option<&str>,
    #[case] stays_open: bool,
) {
    let mut world = World::new();
    let of = |breaker: &str| Labels::new([("breaker", breaker)]);
    world.input(Input::Measured(vec![Reading::of(series, of("this"), 30_000.0)]));
    let none = breaker.map(|breaker| Reading::none(series, of(breaker)));
    world.pass_secs(60);
    world.input(Input::Measured(none.into_iter().collect()));

    assert_eq!(is_open(&world, "breaker_open_long"), stays_open);
}

#[test]
fn those_that_are_still_there_are_not_absent_when_there_are_no_others() {
    let mut world = World::new();
    let of = |breaker: &str| Reading::of("breaker_open_age", Labels::new([("breaker", breaker)]), 30_000.0);
    world.input(Input::Measured(vec![of("one"), of("two")]));
    world.pass_secs(60);
    let no_others = Reading::none("breaker_open_age", Labels::default());
    world.input(Input::Measured(vec![of("one"), no_others]));

    let open: Vec<_> = world
        .rows
        .incidents
        .values()
        .filter(|row| row.end.is_none())
        .collect();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].labels.get("breaker"), Some("one"));
}

/// One visible condition that does not hold is enough.
#[test]
fn a_condition_that_is_seen_not_to_hold_ends_it_though_another_cannot_be_seen() {
    let rules = RuleSet::builtin();
    let When::Metric { all, .. } = &rules.get("memory_short").unwrap().when else {
        panic!("it is about a measurement");
    };
    let mut world = World::new();
    measure(&mut world, all, 1, wrong);
    assert!(is_open(&world, "memory_short"));
    measure(&mut world, &all[..1], 1, well);

    assert!(!is_open(&world, "memory_short"));
}

/// For a rule that does not say so, what is absent goes on to fire.
#[test]
fn what_is_absent_ends_nothing_where_the_rule_does_not_say_so() {
    let mut world = World::new();
    let labels = || Labels::new([("mount", "data")]);
    world.input(Input::Measured(vec![Reading::of(
        "mount_available",
        labels(),
        1.0,
    )]));
    for _ in 0..60 {
        world.input(Input::Measured(vec![Reading::none("mount_available", labels())]));
        world.pass_secs(60);
    }

    assert!(is_open(&world, "disk_last_gibibyte"));
}
