//! Results that change too often: told once, and again only when it is worse.

use HealthStatus::{Critical, Degraded, Down, Healthy};

use super::*;

/// A well check, then as many results, good and bad in turn.
fn flapping(line: &mut Timeline, results: usize) -> Vec<Transition> {
    let turns = [Crit, Good].into_iter().cycle().take(results);
    turns.flat_map(|outcome| line.hears("it", outcome)).collect()
}

fn well() -> Timeline {
    let mut line = Timeline::of(vec![pass_fail("it")]);
    line.hears("it", Good);
    line
}

#[test]
fn six_changes_one_after_another_are_too_many_and_five_are_not() {
    let mut line = well();
    flapping(&mut line, 5);
    assert_eq!(line.service("it").changes_tenths_of_percent, 285);
    assert!(!line.service("it").flapping);
    line.hears("it", Good);
    assert_eq!(line.service("it").changes_tenths_of_percent, 339);
    assert!(line.service("it").flapping);
    assert_eq!(line.status("it"), Degraded);
}

#[test]
fn an_hour_of_good_and_bad_in_turn_is_degraded_and_told_once() {
    let mut line = well();
    let transitions = flapping(&mut line, 60);
    assert_eq!(told(&transitions), [Degraded]);
    assert_eq!(line.status("it"), Degraded);
    assert_eq!(line.service("it").changes_tenths_of_percent, 990);
}

#[test]
fn a_real_failure_gets_through_flapping_each_time_it_is_worse() {
    let mut line = well();
    flapping(&mut line, 20);
    let transitions: Vec<_> = (0..8).flat_map(|_| line.hears("it", NoAnswer)).collect();
    assert_eq!(told(&transitions), [Critical, Down]);
}

#[test]
fn the_same_level_is_told_once_in_an_episode() {
    let mut line = well();
    flapping(&mut line, 20);
    let rounds = [Crit, Crit, Crit, Good, Good].repeat(6);
    let transitions: Vec<_> = rounds
        .into_iter()
        .flat_map(|outcome| line.hears("it", outcome))
        .collect();
    assert!(line.service("it").flapping);
    assert_eq!(told(&transitions), [Critical]);
    assert!(
        transitions
            .iter()
            .any(|transition| transition.announce == Announce::Silent(Silence::Flapping))
    );
}

#[test]
fn the_end_of_flapping_is_summed_up_once() {
    let mut line = well();
    flapping(&mut line, 20);
    let transitions: Vec<_> = (0..30).flat_map(|_| line.hears("it", Good)).collect();
    assert_eq!(told(&transitions), [Healthy]);
    let FlappingWord::Ended(summary) = transitions.last().unwrap().flapping else {
        panic!("a summary in {transitions:?}");
    };
    assert_eq!(summary.worst, Degraded);
    assert_eq!(summary.changes, 20);
    assert_eq!(summary.lasted, 29 * MINUTE);
}

#[test]
fn flapping_that_ends_in_a_steady_failure_is_summed_up_without_a_transition() {
    let mut line = well();
    flapping(&mut line, 20);
    let failing: Vec<_> = (0..30).flat_map(|_| line.hears("it", NoAnswer)).collect();
    assert_eq!(told(&failing), [Critical, Down, Down]);
    let summary = failing.last().unwrap();
    assert!(matches!(summary.flapping, FlappingWord::Ended(_)));
    assert_eq!(
        line.engine
            .history("it")
            .unwrap()
            .entries()
            .next_back()
            .unwrap()
            .to,
        Down
    );
}

#[test]
fn noise_around_a_threshold_is_told_once_to_three_times() {
    let mut line = Timeline::of(vec![levels("it")]);
    line.hears("it", Good);
    let noise = [Warn, Good, Warn, Warn, Good, Warn, Good, Good, Warn, Good];
    let transitions: Vec<_> = noise
        .repeat(12)
        .into_iter()
        .flat_map(|outcome| line.hears("it", outcome))
        .collect();
    assert_eq!(line.status("it"), Degraded);
    assert!(
        (1..=3).contains(&told(&transitions).len()),
        "{:?}",
        told(&transitions)
    );
}

#[test]
fn what_was_told_before_it_began_to_flap_is_not_told_again() {
    let mut line = well();
    let failing: Vec<_> = [Crit, Crit, Crit]
        .into_iter()
        .flat_map(|outcome| line.hears("it", outcome))
        .collect();
    assert_eq!(told(&failing), [Degraded, Critical]);
    let turns = [Good, Crit].repeat(10);
    let transitions: Vec<_> = turns
        .into_iter()
        .flat_map(|outcome| line.hears("it", outcome))
        .collect();
    assert!(line.service("it").flapping);
    assert_eq!(told(&transitions), []);
    assert_eq!(line.status("it"), Critical);
    let back_and_forth: Vec<_> = [Good, Good, Crit, Crit, Crit]
        .into_iter()
        .flat_map(|outcome| line.hears("it", outcome))
        .collect();
    let statuses: Vec<_> = back_and_forth.iter().map(|transition| transition.to).collect();
    assert_eq!(
        (statuses, told(&back_and_forth)),
        (vec![Degraded, Critical], vec![])
    );
}

#[test]
fn what_is_better_when_it_begins_to_flap_is_told_as_such() {
    let mut line = well();
    let told_before: Vec<_> = [Crit, Good, Warn, Crit, Crit, Crit, Warn]
        .into_iter()
        .flat_map(|outcome| line.hears("it", outcome))
        .collect();
    assert_eq!(told(&told_before), [Degraded, Critical]);
    let better = line.hears("it", Good);
    assert_eq!(told(&better), [Degraded]);
    assert_eq!(better[0].flapping, FlappingWord::Began);
}
