//! Maintenance: trouble that is expected is held back, and counts for nothing.

use std::collections::BTreeSet;

use HealthStatus::{Degraded, Healthy};

use super::*;

fn only(check: &str) -> Scope {
    Scope::Checks(BTreeSet::from([check.to_owned()]))
}

/// Two checks that have been well, and a cleanup that expects trouble with the first for ten minutes.
fn cleaning() -> Timeline {
    let mut line = Timeline::of(vec![pass_fail("database"), pass_fail("other")]);
    line.hears("database", Good);
    line.finds("other", Good);
    let cleanup = Maintenance::announced(
        "cleanup",
        "rows are moved",
        only("database"),
        line.now,
        10 * MINUTE,
    );
    line.step(HealthInput::Announce(cleanup));
    line
}

fn fails(line: &mut Timeline, check: &str, outcome: CheckOutcome) -> Vec<Transition> {
    (0..2)
        .flat_map(|_| {
            line.pass(5 * SECOND);
            line.finds(check, outcome)
        })
        .collect()
}

#[test]
fn trouble_that_is_expected_is_held_back_and_what_still_stands_is_told_at_the_end() {
    let mut line = cleaning();
    let failing = fails(&mut line, "database", Crit);
    let Announce::Held(hold) = &failing[0].announce else {
        panic!("held, not {failing:?}");
    };
    assert_eq!(hold.by, HeldBy::Maintenance("cleanup".to_owned()));
    assert_eq!(line.service("database").maintenance.as_deref(), Some("cleanup"));
    line.pass(9 * MINUTE);
    assert_eq!(told(&line.tick()), []);
    line.finds("database", Crit);
    assert!(line.engine.next_due().unwrap() <= START.after(11 * MINUTE));
    line.pass(START.after(11 * MINUTE).since(line.now));
    assert_eq!(told(&line.tick()), []); // it may be over, and is looked at first
    assert!(line.service("database").running_since.is_some());
    line.pass(SECOND);
    assert_eq!(told(&line.finds("database", Crit)), [HealthStatus::Critical]);
}

#[test]
fn trouble_that_is_over_before_the_end_is_never_told() {
    let mut line = cleaning();
    let mut all = fails(&mut line, "database", Crit);
    all.extend(fails(&mut line, "database", Good));
    line.step(HealthInput::EndMaintenance("cleanup".to_owned()));
    all.extend(line.tick());
    assert_eq!(told(&all), []);
    assert_eq!(line.status("database"), Healthy);
}

#[test]
fn other_trouble_is_told() {
    let mut line = cleaning();
    assert_eq!(told(&fails(&mut line, "other", Crit)), [Degraded]);
}

#[test]
fn a_job_that_is_done_ends_what_it_announced() {
    let mut line = cleaning();
    line.step(HealthInput::EndMaintenance("cleanup".to_owned()));
    assert_eq!(told(&fails(&mut line, "database", Crit)), [Degraded]);
}

#[test]
fn what_is_announced_again_takes_the_place_of_what_was() {
    let mut line = cleaning();
    let sooner = Maintenance::announced("cleanup", "nearly done", only("database"), line.now, MINUTE);
    line.step(HealthInput::Announce(sooner));
    line.pass(MINUTE);
    line.tick();
    assert_eq!(line.service("database").maintenance, None);
}

#[test]
fn a_clock_that_is_put_back_makes_nothing_longer() {
    let mut line = cleaning();
    line.wall = line.wall.before(DAY);
    line.pass(10 * MINUTE);
    line.tick();
    assert_eq!(line.service("database").maintenance, None);
}

#[test]
fn nothing_is_announced_for_more_than_a_day() {
    let mut line = Timeline::of(vec![pass_fail("it")]);
    let forever = Maintenance::announced("it", "", Scope::Everything, line.now, Duration::MAX);
    line.step(HealthInput::Announce(forever));
    line.pass(DAY);
    line.tick();
    assert_eq!(line.service("it").maintenance, None);
}

#[test]
fn a_plan_by_date_begins_and_ends_by_the_clock_on_the_wall() {
    let mut line = Timeline::of(vec![pass_fail("it")]);
    line.hears("it", Good);
    let planned = Maintenance {
        name: "move".to_owned(),
        reason: "a new disk".to_owned(),
        scope: Scope::Everything,
        time: MaintenanceTime::Planned {
            from: line.wall.after(MINUTE),
            until: line.wall.after(2 * MINUTE),
        },
    };
    line.engine.plan(vec![planned]).unwrap();
    let covered: Vec<bool> = (0..4)
        .map(|_| {
            line.pass(30 * SECOND);
            line.tick();
            line.service("it").maintenance.is_some()
        })
        .collect();
    assert_eq!(covered, [false, true, true, false]);
    assert_eq!(line.engine.uptime("it", DAY).unwrap().maintenance, MINUTE);
}

#[test]
fn a_plan_that_is_wrong_is_refused_with_all_its_faults() {
    let mut line = Timeline::of(vec![pass_fail("it")]);
    let planned = |name: &str, scope, until| Maintenance {
        name: name.to_owned(),
        reason: String::new(),
        scope,
        time: MaintenanceTime::Planned {
            from: line.wall,
            until,
        },
    };
    let plan = vec![
        planned("a", Scope::Everything, line.wall),
        planned("b", Scope::Checks(BTreeSet::new()), line.wall.after(HOUR)),
    ];
    assert_eq!(
        line.engine.plan(plan),
        Err(vec![
            "maintenance `a` must end after it begins".to_owned(),
            "maintenance `b` covers no check; name some".to_owned(),
        ])
    );
}

#[test]
fn what_was_announced_ends_by_itself_also_over_a_restart() {
    let mut line = cleaning();
    line.pass(2 * MINUTE);
    line.tick();
    line.restart(vec![pass_fail("database"), pass_fail("other")], 3 * MINUTE);
    line.tick();
    assert_eq!(line.service("database").maintenance.as_deref(), Some("cleanup"));
    line.pass(5 * MINUTE);
    line.tick();
    assert_eq!(line.service("database").maintenance, None);
    let uptime = line.engine.uptime("database", DAY).unwrap();
    assert_eq!(
        (uptime.maintenance, uptime.not_monitored),
        (7 * MINUTE, 3 * MINUTE)
    );
}

#[test]
fn all_that_is_known_of_maintenance_is_told_with_its_time_on_the_line() {
    let mut line = cleaning();
    let (now, wall) = (line.now, line.wall);
    let planned = Maintenance {
        name: "move".to_owned(),
        reason: "a new disk".to_owned(),
        scope: Scope::Everything,
        time: MaintenanceTime::Planned {
            from: wall.before(MINUTE),
            until: wall.after(HOUR),
        },
    };
    line.engine.plan(vec![planned]).unwrap();
    let spans = |line: &Timeline, wall| -> Vec<(String, Vec<Span>)> {
        let known = line.engine.maintenance();
        known
            .map(|maintenance| (maintenance.name.clone(), maintenance.spans(line.now, wall)))
            .collect()
    };
    let span = |from, until| vec![Span { from, until }];
    let cleanup = ("cleanup".to_owned(), span(now, now.after(10 * MINUTE)));
    assert_eq!(
        spans(&line, wall),
        [
            cleanup.clone(),
            ("move".to_owned(), span(now.before(MINUTE), now.after(HOUR)))
        ]
    );
    // The clock is put forward: what is planned by it comes to its end sooner, what was announced does not.
    assert_eq!(
        spans(&line, wall.after(30 * MINUTE)),
        [
            cleanup,
            (
                "move".to_owned(),
                span(now.before(31 * MINUTE), now.after(30 * MINUTE))
            )
        ]
    );
    assert_eq!(spans(&line, wall.after(DAY))[1].1, []);
}
