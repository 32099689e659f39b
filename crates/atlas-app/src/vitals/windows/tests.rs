//! Which times alerts are told of, and when they are told anew.

use std::collections::BTreeSet;
use std::time::Duration;

use atlas_vitals::health::{CheckKind, CheckSettings, HealthInput, MaintenanceTime, WeeklyWindow, Zone};
use jiff::civil::{Weekday, time};

use super::*;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const START: Moment = Moment::from_millis(86_400_000);

/// Health and its windows, on two clocks that go alike until one is set.
struct Told {
    health: HealthEngine,
    windows: Windows,
    now: Moment,
    wall: Timestamp,
}

impl Told {
    fn at(wall: &str) -> Self {
        let wall = at(wall);
        let check = CheckSettings::new("search", CheckKind::PassFail, MINUTE);
        Self {
            health: HealthEngine::new(vec![check], 7, START, wall).unwrap(),
            windows: Windows::default(),
            now: START,
            wall,
        }
    }

    fn pass(&mut self, duration: Duration) {
        self.now = self.now.after(duration);
        self.wall = self.wall.after(duration);
        self.health.step(self.now, self.wall, HealthInput::Tick);
    }

    fn announce(&mut self, lasts: Duration) {
        let scope = Scope::Checks(BTreeSet::from(["search".to_owned()]));
        let work = Maintenance::announced("rebuild", "the index is made anew", scope, self.now, lasts);
        self.health.step(self.now, self.wall, HealthInput::Announce(work));
    }

    /// What is told: the name, and from when to when, in minutes from the start.
    fn news(&mut self) -> Option<Vec<(String, i64, i64)>> {
        let minutes = |ms: u64| (ms.cast_signed() - START.millis().cast_signed()) / 60_000;
        let news = self.windows.news(&self.health, self.now, self.wall)?;
        let told = news
            .into_iter()
            .map(|window| (window.name, minutes(window.from), minutes(window.until)));
        Some(told.collect())
    }
}

fn at(text: &str) -> Timestamp {
    Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn told(name: &str, from: i64, until: i64) -> (String, i64, i64) {
    (name.to_owned(), from, until)
}

fn nights(zone: &str) -> WeeklyWindow {
    WeeklyWindow {
        days: vec![Weekday::Saturday, Weekday::Sunday],
        from: time(1, 0, 0, 0),
        until: time(4, 0, 0, 0),
        zone: Zone::named(zone).unwrap(),
    }
}

fn weekly(window: WeeklyWindow) -> Maintenance {
    Maintenance {
        name: "nights".to_owned(),
        reason: "backups run".to_owned(),
        scope: Scope::Everything,
        time: MaintenanceTime::Weekly(window),
    }
}

#[test]
fn the_first_word_is_told_even_if_there_is_nothing_to_tell() {
    let mut world = Told::at("2026-06-06T12:00:00Z");
    assert_eq!(world.news(), Some(Vec::new()));
    assert_eq!(world.news(), None);
}

#[test]
fn what_a_job_announces_is_told_once_and_again_when_it_is_made_longer_or_ends() {
    let mut world = Told::at("2026-06-06T12:00:00Z");
    world.news();
    world.announce(5 * MINUTE);
    let news = world.windows.news(&world.health, world.now, world.wall).unwrap();
    assert_eq!(news[0].kind, WindowKind::Maintenance);
    assert_eq!(news[0].services, ["search"]);
    world.pass(MINUTE);
    assert_eq!(world.news(), None);

    world.announce(5 * MINUTE);
    assert_eq!(
        world.news(),
        Some(vec![told("rebuild", 1, 6)]),
        "in place of the first"
    );

    let end = HealthInput::EndMaintenance("rebuild".to_owned());
    world.health.step(world.now, world.wall, end);
    assert_eq!(world.news(), Some(Vec::new()));
}

#[test]
fn what_nobody_ends_is_over_at_its_time() {
    let mut world = Told::at("2026-06-06T12:00:00Z");
    world.announce(5 * MINUTE);
    assert_eq!(world.news(), Some(vec![told("rebuild", 0, 5)]));
    world.pass(5 * MINUTE);
    assert_eq!(world.news(), Some(Vec::new()));
}

#[test]
fn of_what_comes_back_every_week_this_time_and_the_next_are_told_and_the_one_after_once_it_has_ended() {
    // A Saturday.
    let mut world = Told::at("2026-06-06T00:00:00Z");
    world.health.plan(vec![weekly(nights("UTC"))]).unwrap();
    let day = 24 * 60;
    let first = [told("nights", 60, 240), told("nights", day + 60, day + 240)];
    assert_eq!(world.news(), Some(first.to_vec()));
    world.pass(HOUR);
    assert_eq!(world.news(), None, "that it begins is nothing new");
    world.pass(3 * HOUR);
    let next = [
        told("nights", day + 60, day + 240),
        told("nights", 7 * day + 60, 7 * day + 240),
    ];
    assert_eq!(world.news(), Some(next.to_vec()));
}

/// In Berlin the night to 29 March 2026 lacks the hour from 2:00 to 3:00.
#[test]
fn a_night_that_lacks_an_hour_makes_a_shorter_window() {
    let mut world = Told::at("2026-03-28T23:00:00Z");
    world.health.plan(vec![weekly(nights("Europe/Berlin"))]).unwrap();
    assert_eq!(world.news().unwrap()[0], told("nights", 60, 180));
}

#[test]
fn quiet_hours_are_told_as_such_and_taken_back_when_they_are_no_longer_set() {
    let mut world = Told::at("2026-06-06T00:00:00Z");
    world.windows.keep_quiet(vec![QuietHours {
        name: "sleep".to_owned(),
        window: nights("UTC"),
    }]);
    let news = world.windows.news(&world.health, world.now, world.wall).unwrap();
    assert_eq!(news.len(), 2);
    assert!(news.iter().all(|window| window.kind == WindowKind::QuietHours));
    world.windows.keep_quiet(Vec::new());
    assert_eq!(world.news(), Some(Vec::new()));
}

#[test]
fn a_clock_that_is_set_moves_what_is_planned_by_it_and_not_what_was_announced() {
    let mut world = Told::at("2026-06-06T00:00:00Z");
    let planned = Maintenance {
        time: MaintenanceTime::Planned {
            from: world.wall.after(HOUR),
            until: world.wall.after(2 * HOUR),
        },
        ..weekly(nights("UTC"))
    };
    world.health.plan(vec![planned]).unwrap();
    world.announce(2 * HOUR);
    assert_eq!(
        world.news(),
        Some(vec![told("rebuild", 0, 120), told("nights", 60, 120)])
    );
    world.wall = world.wall.after(HOUR);
    assert_eq!(
        world.news(),
        Some(vec![told("rebuild", 0, 120), told("nights", 0, 60)])
    );
    world.wall = world.wall.before(HOUR);
    assert_eq!(
        world.news(),
        Some(vec![told("rebuild", 0, 120), told("nights", 60, 120)])
    );
}

#[test]
fn two_clocks_that_differ_by_a_little_are_no_news() {
    let mut world = Told::at("2026-06-06T00:00:00Z");
    world.health.plan(vec![weekly(nights("UTC"))]).unwrap();
    world.news();
    world.wall = world.wall.after(Duration::from_millis(300));
    assert_eq!(world.news(), None);
}
