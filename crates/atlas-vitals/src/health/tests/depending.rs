//! What depends on something that fails: it shows by what it is blocked, and its notice waits.

use HealthStatus::{Critical, Degraded, Down, Healthy};

use super::world::told_of;
use super::*;

/// A database, and a search that needs it; both have been well.
fn two() -> Timeline {
    let search = CheckSettings {
        depends_on: vec!["database".to_owned()],
        ..pass_fail("search")
    };
    let mut line = Timeline::of(vec![pass_fail("database"), search]);
    line.hears("database", Good);
    line.finds("search", Good);
    line
}

/// These results, with so much time before each.
fn gives(
    line: &mut Timeline,
    check: &str,
    outcome: CheckOutcome,
    times: usize,
    pause: Duration,
) -> Vec<Transition> {
    (0..times)
        .flat_map(|_| {
            line.pass(pause);
            line.finds(check, outcome)
        })
        .collect()
}

fn is_held(transitions: &[Transition]) -> bool {
    transitions
        .iter()
        .any(|transition| matches!(&transition.announce, Announce::Held(hold) if hold.by == HeldBy::Dependency("database".to_owned())))
}

#[test]
fn what_fails_after_what_it_needs_shows_it_and_waits() {
    let mut line = two();
    gives(&mut line, "database", Crit, 3, 15 * SECOND);
    let search = gives(&mut line, "search", Crit, 3, 15 * SECOND);
    assert_eq!(told(&search), []);
    assert!(is_held(&search));
    assert_eq!(search.last().unwrap().blocked_by, ["database"]);
    let shown = line.service("search");
    assert_eq!(
        (shown.status, shown.blocked_by),
        (Critical, vec!["database".to_owned()])
    );
    let Some(Withheld::By(hold)) = shown.withheld else {
        panic!("held, not {:?}", shown.withheld);
    };
    assert_eq!(hold.by, HeldBy::Dependency("database".to_owned()));
}

#[test]
fn one_good_result_of_what_it_needs_ends_no_waiting() {
    let mut line = two();
    gives(&mut line, "database", Crit, 3, 15 * SECOND);
    gives(&mut line, "search", Crit, 3, 15 * SECOND);
    gives(&mut line, "database", Good, 1, 15 * SECOND);
    assert!(matches!(line.service("search").withheld, Some(Withheld::By(_))));
    assert_eq!(gives(&mut line, "search", Crit, 1, 15 * SECOND), []);
}

#[test]
fn what_recovers_while_it_waits_was_never_told_and_needs_no_end() {
    let mut line = two();
    gives(&mut line, "database", Crit, 3, 15 * SECOND);
    gives(&mut line, "search", Crit, 3, 15 * SECOND);
    let recovered = gives(&mut line, "search", Good, 2, 15 * SECOND);
    assert_eq!(recovered.last().unwrap().to, Healthy);
    assert_eq!(
        recovered.last().unwrap().announce,
        Announce::Silent(Silence::NothingNew)
    );
}

#[test]
fn what_still_fails_when_what_it_needs_is_well_is_told() {
    let mut line = two();
    gives(&mut line, "database", Crit, 3, 15 * SECOND);
    gives(&mut line, "search", Crit, 3, 15 * SECOND);
    let recovered = gives(&mut line, "database", Good, 2, 15 * SECOND);
    assert_eq!(told_of(&recovered), [("database", Healthy)]);
    // It may have recovered with what it needs, and is looked at first.
    let shown = line.service("search");
    assert_eq!(shown.withheld, Some(Withheld::UntilLook));
    assert!(shown.running_since.is_some());
    let late = gives(&mut line, "search", Crit, 1, SECOND);
    assert_eq!(told_of(&late), [("search", Critical)]);
    assert_eq!(line.service("search").withheld, None);
    let late = late.last().unwrap();
    assert_eq!((late.from, late.cause), (Degraded, Cause::Failing));
    assert_eq!(late.since, line.service("search").since);
}

#[test]
fn what_is_worse_than_what_it_needs_is_told() {
    let mut line = two();
    gives(&mut line, "database", Crit, 3, 15 * SECOND);
    gives(&mut line, "search", Crit, 5, 10 * SECOND);
    let down = gives(&mut line, "search", Crit, 1, 10 * SECOND);
    // The database still fails, and may get as bad with its next result: that is waited for, and no longer.
    let Announce::Held(hold) = &down[0].announce else {
        panic!("held, not {down:?}");
    };
    assert_eq!(hold.by, HeldBy::DependencyInDoubt("database".to_owned()));
    line.pass(hold.until.unwrap().since(line.now));
    assert_eq!(line.tick(), []);
    assert_eq!(
        told_of(&gives(&mut line, "search", Crit, 1, SECOND)),
        [("search", Down)]
    );
}

#[test]
fn what_is_on_its_way_to_be_well_is_not_waited_for() {
    let mut line = two();
    gives(&mut line, "database", Crit, 3, 15 * SECOND);
    gives(&mut line, "search", Crit, 5, 5 * SECOND);
    gives(&mut line, "database", Good, 1, 5 * SECOND);
    assert_eq!(line.status("database"), Critical);
    assert_eq!(told(&gives(&mut line, "search", Crit, 1, 5 * SECOND)), [Down]);
}

#[test]
fn what_cannot_be_found_out_at_the_end_of_waiting_is_not_asked_without_pause() {
    let mut line = two();
    gives(&mut line, "database", Crit, 3, 15 * SECOND);
    gives(&mut line, "search", Crit, 3, 15 * SECOND);
    gives(&mut line, "database", Good, 2, 15 * SECOND);
    assert!(line.service("search").running_since.is_some());
    for _ in 0..3 {
        gives(&mut line, "search", Unknown, 1, SECOND);
        let shown = line.service("search");
        assert_eq!(shown.running_since, None);
        assert!(shown.next_run.since(line.now) >= 15 * SECOND);
    }
}

#[test]
fn a_disk_that_has_been_critical_for_a_day_mutes_no_search_that_fails() {
    let mut line = Timeline::of(seven_services());
    for check in [DISK_SPACE, DATABASE, SEARCH] {
        line.hears(check, Good);
    }
    gives(&mut line, DISK_SPACE, Crit, 720, 2 * MINUTE);
    line.finds(DATABASE, Good);
    line.finds(SEARCH, Good);
    let search = gives(&mut line, SEARCH, Crit, 3, MINUTE);
    assert_eq!(told(&search), [Degraded, Critical]);
    assert_eq!(search[1].blocked_by, [DISK_SPACE]);
}

#[test]
fn what_fails_five_minutes_later_fails_for_a_reason_of_its_own() {
    for (later, expected) in [(5 * MINUTE, true), (5 * MINUTE + SECOND, false)] {
        let mut line = two();
        line.pass(SECOND);
        line.finds("database", Crit);
        let onset = line.now;
        gives(&mut line, "database", Crit, 4, MINUTE);
        gives(&mut line, "search", Good, 1, SECOND);
        line.pass(onset.after(later).since(line.now));
        line.finds("search", Crit);
        let search = gives(&mut line, "search", Crit, 1, 15 * SECOND);
        assert_eq!(is_held(&search), expected, "{later:?}");
    }
}

#[test]
fn no_notice_waits_for_more_than_half_an_hour() {
    let mut line = two();
    gives(&mut line, "database", Crit, 3, 15 * SECOND);
    line.pass(SECOND);
    line.finds("search", Crit);
    let failed_at = line.now;
    let mut all = Vec::new();
    while told_of(&all).iter().all(|(check, _)| *check != "search") {
        assert!(line.now < failed_at.after(HOUR), "told of search within an hour");
        all.extend(gives(&mut line, "database", Crit, 1, 30 * SECOND));
        all.extend(gives(&mut line, "search", Crit, 1, 30 * SECOND));
    }
    assert_eq!(line.now, failed_at.after(30 * MINUTE));
    assert_eq!(told_of(&all), [("database", Down), ("search", Down)]);
}

#[test]
fn what_it_needs_and_what_has_begun_to_fail_is_waited_for_once() {
    let mut line = two();
    gives(&mut line, "database", Crit, 1, 15 * SECOND);
    let search = gives(&mut line, "search", Crit, 2, 5 * SECOND);
    let Announce::Held(hold) = &search[0].announce else {
        panic!("held, not {search:?}");
    };
    assert_eq!(hold.by, HeldBy::DependencyInDoubt("database".to_owned()));
    // One repetition of the database, and its deadline.
    assert_eq!(hold.until, Some(line.now.after(15 * SECOND + 30 * SECOND)));
    assert_eq!(gives(&mut line, "database", Good, 1, 5 * SECOND), []);
    // It was a failure of its own.
    assert_eq!(
        told_of(&gives(&mut line, "search", Crit, 1, SECOND)),
        [("search", Critical)]
    );
}

#[test]
fn what_begins_to_fail_makes_what_it_needs_be_looked_at_now() {
    let mut line = two();
    line.step(HealthInput::Tick); // both begin to run
    line.finds("database", Good);
    line.finds("search", Good);
    line.pass(20 * SECOND);
    assert!(line.service("database").next_run > line.now);
    let result = CheckResult::new(Crit, "gone", SECOND, line.wall);
    let check = "search".to_owned();
    let effects = line.step(HealthInput::Result { check, result });
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, HealthEffect::Run { check, .. } if check == "database"))
    );
}

#[test]
fn a_failure_that_was_there_before_is_not_explained_by_what_fails_later() {
    let mut line = two();
    gives(&mut line, "search", Crit, 1, 15 * SECOND);
    gives(&mut line, "database", Good, 1, 5 * SECOND);
    gives(&mut line, "database", Crit, 3, 5 * SECOND);
    assert_eq!(told(&gives(&mut line, "search", Crit, 1, 5 * SECOND)), [Degraded]);
}
