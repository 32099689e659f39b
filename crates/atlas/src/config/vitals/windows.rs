//! Times for which trouble is expected, `[[health.maintenance]]`, and those in which little is told,
//! `[[alerts.quiet_hours]]`. It reads when they are; what follows from them is not decided here.

use std::collections::BTreeSet;

use atlas_app::vitals::{QuietHours, VitalsSettings};
use atlas_domain::Timestamp;
use atlas_vitals::health::{Maintenance, MaintenanceTime, Scope, WeeklyWindow, Zone};
use jiff::civil::{Time, Weekday};

use super::reading::Reading;
use super::written::{Entry, EntryKind};

/// The days as they are written.
const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// Reads them all into the settings, which know all checks.
pub(super) fn read(entries: &[Entry], settings: &mut VitalsSettings, mistakes: &mut Vec<String>) {
    let checks: BTreeSet<String> = settings.checks.iter().map(|check| check.name.clone()).collect();
    for entry in entries {
        let mut reading = Reading::of(entry);
        match entry.kind {
            EntryKind::Maintenance => {
                let names = settings.maintenance.iter().map(|known| known.name.as_str());
                let name = name_of(&mut reading, names);
                let maintenance = maintenance(&mut reading, name.unwrap_or_default(), &checks);
                settings.maintenance.extend(maintenance);
            }
            EntryKind::QuietHours => {
                let names = settings.quiet_hours.iter().map(|known| known.name.as_str());
                let name = name_of(&mut reading, names);
                let window = weekly(&mut reading);
                let quiet = name.zip(window).map(|(name, window)| QuietHours {
                    name: name.to_owned(),
                    window,
                });
                settings.quiet_hours.extend(quiet);
            }
            EntryKind::Check | EntryKind::Channel => continue,
        }
        reading.refuse_others(entry.kind.noun());
        mistakes.append(&mut reading.mistakes);
    }
}

fn name_of<'a, 'b>(reading: &mut Reading<'a>, mut known: impl Iterator<Item = &'b str>) -> Option<&'a str> {
    let name = reading.needed("name", "\"night\"")?;
    if name.chars().any(char::is_control) || name.chars().count() > 64 {
        reading.mistake("name", "must be one line of 64 characters at most");
    } else if known.any(|known| known == name) {
        reading.mistake("name", "is there twice; give each its own");
    }
    Some(name)
}

fn maintenance(reading: &mut Reading<'_>, name: &str, checks: &BTreeSet<String>) -> Option<Maintenance> {
    let reason = reading.text("reason").unwrap_or(name).to_owned();
    let scope = scope(reading, checks);
    let time = if reading.has("days") {
        weekly(reading).map(MaintenanceTime::Weekly)
    } else {
        let _ = reading.written("days"); // it could be set
        planned(reading)
    };
    let maintenance = Maintenance {
        name: name.to_owned(),
        reason,
        scope,
        time: time?,
    };
    if let Some(fault) = maintenance.fault() {
        // It begins with the name, which stands before it already.
        let problem = fault.rsplit('`').next().unwrap_or(&fault).trim();
        let at_fault = match (&maintenance.scope, &maintenance.time) {
            (Scope::Checks(checks), _) if checks.is_empty() => "checks",
            (_, MaintenanceTime::Weekly(_)) => "days",
            _ => "until",
        };
        reading.mistake(at_fault, problem);
    }
    Some(maintenance)
}

fn scope(reading: &mut Reading<'_>, checks: &BTreeSet<String>) -> Scope {
    let Some(names) = reading.texts("checks") else {
        return Scope::Everything;
    };
    for name in names.iter().filter(|name| !checks.contains(**name)) {
        let known: Vec<_> = checks.iter().map(String::as_str).collect();
        let what = format!(
            "names `{name}`, which is no check; there are: {}",
            known.join(", ")
        );
        reading.mistake("checks", what);
    }
    Scope::Checks(names.into_iter().map(str::to_owned).collect())
}

fn planned(reading: &mut Reading<'_>) -> Option<MaintenanceTime> {
    let [from, until] = ["from", "until"].map(|name| {
        reading
            .needed(name, "\"2026-12-24T18:00:00+01:00\"")
            .and_then(|text| {
                let moment = text.parse::<jiff::Timestamp>();
                let wrong = |_| {
                    let what = format!(
                        "is `{text}`; it must be a date with a time and its distance from UTC, like \
                     2026-12-24T18:00:00+01:00; for a time that comes back every week set `days`"
                    );
                    reading.mistake(name, what);
                };
                moment.map_err(wrong).ok()
            })
    });
    let [from, until] = [from?, until?].map(|moment| Timestamp::from_millis(moment.as_millisecond()));
    Some(MaintenanceTime::Planned { from, until })
}

/// By the week. Without days it is every day.
fn weekly(reading: &mut Reading<'_>) -> Option<WeeklyWindow> {
    let days = match reading.texts("days") {
        Some(words) => days(reading, &words),
        None if reading.has("days") => None,
        None => Some(DAYS.map(|(_, day)| day).to_vec()),
    };
    let [from, until] = ["from", "until"].map(|name| {
        let text = reading.needed(name, "\"22:30\"")?;
        let time = text.parse::<Time>().ok().filter(|_| text.contains(':'));
        if time.is_none() {
            reading.mistake(
                name,
                format!("is `{text}`; it must be a time of the day, like 22:30"),
            );
        }
        time
    });
    let zone = reading.text("zone").unwrap_or("UTC");
    let zone = Zone::named(zone).map_err(|error| reading.mistake("zone", format!("is wrong: {error}")));
    Some(WeeklyWindow {
        days: days?,
        from: from?,
        until: until?,
        zone: zone.ok()?,
    })
}

/// The days, if all of them are some.
fn days(reading: &mut Reading<'_>, words: &[&str]) -> Option<Vec<Weekday>> {
    let mut days = Vec::new();
    for word in words {
        match DAYS.iter().find(|(known, _)| known == word) {
            Some((_, day)) => days.push(*day),
            None if *word == "daily" => days.extend(DAYS.map(|(_, day)| day)),
            None => {
                let known = DAYS.map(|(known, _)| known).join(", ");
                let what = format!("names `{word}`; there are: {known}, and daily for all of them");
                reading.mistake("days", what);
                return None;
            }
        }
    }
    Some(days)
}
