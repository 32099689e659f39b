//! Maintenance and quiet hours.

use atlas_domain::Timestamp;
use atlas_vitals::health::{MaintenanceTime, Scope};
use rstest::rstest;

use super::*;

fn at(text: &str) -> Timestamp {
    Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

#[test]
fn maintenance_is_planned_by_date_or_by_the_week() {
    let text = "[[health.maintenance]]\nname = 'move'\nreason = 'a new shelf'\n\
                from = 2026-12-28T10:00:00+01:00\nuntil = '2026-12-28T14:00:00+01:00'\n\n\
                [[health.maintenance]]\nname = 'sunday'\nchecks = ['search', 'api']\ndays = ['sat', 'sun']\n\
                from = '23:00'\nuntil = 01:00:00\nzone = 'Europe/Berlin'\n";
    let planned = config(text).vitals.settings.maintenance;
    assert_eq!(
        (planned[0].name.as_str(), planned[0].reason.as_str()),
        ("move", "a new shelf")
    );
    assert_eq!(planned[0].scope, Scope::Everything);
    let expected = MaintenanceTime::Planned {
        from: at("2026-12-28T09:00:00Z"),
        until: at("2026-12-28T13:00:00Z"),
    };
    assert_eq!(planned[0].time, expected);
    assert!(planned[1].is_about("api") && !planned[1].is_about("database"));
    let MaintenanceTime::Weekly(window) = &planned[1].time else {
        panic!("{:?}", planned[1].time);
    };
    assert!(window.covers(at("2026-12-26T23:30:00Z")));
    assert!(!window.covers(at("2026-12-27T00:30:00Z")));
    assert!(!window.covers(at("2026-12-24T23:30:00Z")), "a thursday");
}

#[test]
fn quiet_hours_are_every_day_unless_days_are_set() {
    let text = "[[alerts.quiet_hours]]\nname = 'night'\nfrom = '22:30'\nuntil = '06:00'\n\n\
                [[alerts.quiet_hours]]\nname = 'weekend'\ndays = 'sun'\nfrom = '00:00'\nuntil = '00:00'\n";
    let quiet = config(text).vitals.settings.quiet_hours;
    assert_eq!(quiet[0].window.days.len(), 7);
    assert!(quiet[0].window.covers(at("2026-12-24T23:00:00Z")));
    assert!(quiet[1].window.covers(at("2026-12-27T12:00:00Z")), "a whole day");
}

#[rstest]
#[case::no_days(
    "days = []\nfrom = '01:00'\nuntil = '02:00'\n",
    "config.toml:4: health.maintenance.m.days has no day of the week"
)]
#[case::other_day(
    "days = ['monday']\nfrom = '01:00'\nuntil = '02:00'\n",
    "config.toml:4: health.maintenance.m.days names `monday`; there are: mon, tue"
)]
#[case::ends_before(
    "from = '2026-12-02T00:00:00Z'\nuntil = '2026-12-01T00:00:00Z'\n",
    "config.toml:5: health.maintenance.m.until must end after it begins"
)]
#[case::no_date(
    "from = '01:00'\nuntil = '2026-12-01T00:00:00Z'\n",
    "config.toml:4: health.maintenance.m.from is `01:00`; it must be a date with a time"
)]
#[case::no_offset(
    "from = '2026-12-01T00:00:00'\nuntil = '2026-12-02T00:00:00Z'\n",
    "config.toml:4: health.maintenance.m.from is `2026-12-01T00:00:00`"
)]
#[case::no_time(
    "days = 'daily'\nfrom = '25:00'\nuntil = '02:00'\n",
    "config.toml:5: health.maintenance.m.from is `25:00`; it must be a time of the day"
)]
#[case::no_end(
    "days = 'daily'\nfrom = '01:00'\n",
    "config.toml:1: health.maintenance.m needs `until`"
)]
#[case::other_check(
    "checks = ['serach']\ndays = 'daily'\nfrom = '01:00'\nuntil = '02:00'\n",
    "config.toml:4: health.maintenance.m.checks names `serach`, which is no check; there are: api"
)]
#[case::no_check(
    "checks = []\ndays = 'daily'\nfrom = '01:00'\nuntil = '02:00'\n",
    "config.toml:4: health.maintenance.m.checks covers no check; name some"
)]
#[case::other_setting(
    "days = 'daily'\nfrom = '01:00'\nuntil = '02:00'\nzones = 'UTC'\n",
    "config.toml:7: health.maintenance.m: `zones` is no setting of maintenance; did you mean `zone`?"
)]
fn a_mistake_about_maintenance_is_told_with_its_line(#[case] text: &str, #[case] told: &str) {
    let text = format!("[[health.maintenance]]\nname = 'm'\nreason = 'r'\n{text}");
    assert_told(&refusal(&text), &["1 mistake:", told]);
}

#[test]
fn times_of_one_kind_have_names_of_their_own() {
    let quiet = "[[alerts.quiet_hours]]\nname = 'in the night'\nfrom = '22:30'\nuntil = '06:00'\n";
    let told = refusal(&[quiet, quiet].concat());
    assert_told(
        &told,
        &["config.toml:6: alerts.quiet_hours.\"in the night\".name is there twice"],
    );
}
