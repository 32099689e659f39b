//! The owner's own checks, `[[health.checks]]`: their names, their rules and their thresholds. What each kind asks is
//! read in `targets`; what does not fit among all checks is found in `faults`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use atlas_app::vitals::{OwnCheck, VitalsSettings};
use atlas_vitals::health::{CheckKind, CheckSettings, Limit, Thresholds, Worse, seven_services};

use super::check_keys::{LADDER, keys_of};
use super::limits::misordered;
use super::reading::Reading;
use super::secret::Folder;
use super::targets::{self, Kind};
use super::written::{Entry, is_plain};

/// How often a check runs that does not say it.
const EVERY: Duration = Duration::from_mins(1);
/// The longest name, in characters.
const NAME_LIMIT_CHARS: usize = 64;

/// Where the checks stand that have been read.
#[derive(Debug, Default)]
pub(super) struct OwnChecks<'a> {
    pub(super) entries: BTreeMap<String, &'a Entry>,
    /// Those with values that nobody understands: what else is wrong with them cannot be said.
    pub(super) broken: BTreeSet<String>,
}

/// Reads them all into the settings.
pub(super) fn read<'a>(
    entries: impl Iterator<Item = &'a Entry>,
    folder: &Folder,
    settings: &mut VitalsSettings,
    mistakes: &mut Vec<String>,
) -> OwnChecks<'a> {
    let mut own = OwnChecks::default();
    for entry in entries {
        let mut reading = Reading::of(entry);
        let name = own.name_of(&mut reading);
        let (check, asked) = read_one(&mut reading, name.as_deref().unwrap_or_default(), folder);
        if let Some(OwnCheck::Heartbeat { .. }) = &asked
            && settings.own.values().any(|known| Some(known) == asked.as_ref())
        {
            reading.mistake(
                "secret_file",
                "holds the secret of another check; give each its own",
            );
        }
        if let Some(name) = name {
            if !reading.mistakes.is_empty() {
                own.broken.insert(name.clone());
            }
            settings.own.extend(asked.map(|asked| (name.clone(), asked)));
            settings.checks.push(check);
            own.entries.insert(name, entry);
        }
        mistakes.append(&mut reading.mistakes);
    }
    own
}

impl OwnChecks<'_> {
    /// The name, if it is one that others can refer to.
    fn name_of(&self, reading: &mut Reading<'_>) -> Option<String> {
        let name = reading.needed("name", "\"router\"")?;
        let problem = if !is_plain(name) || name.chars().count() > NAME_LIMIT_CHARS {
            "must be up to 64 small letters, digits, dashes and underscores"
        } else if seven_services().iter().any(|check| check.name == name) {
            "is that of a service; choose another, or set what the service is told in its own section"
        } else if self.entries.contains_key(name) {
            "is that of another check; give each its own"
        } else {
            return Some(name.to_owned());
        };
        reading.mistake("name", problem);
        None
    }
}

fn read_one(reading: &mut Reading<'_>, name: &str, folder: &Folder) -> (CheckSettings, Option<OwnCheck>) {
    let mut check = CheckSettings::new(name, CheckKind::PassFail, EVERY);
    let kind = if reading.has("kind") {
        reading.word("kind", &Kind::WORDS)
    } else {
        reading.missing("kind", "\"http\"");
        None
    };
    let Some(kind) = kind else {
        return (check, None); // which other settings there are depends on it
    };
    for key in keys_of(CheckKind::PassFail) {
        reading.read(key.name, |text| (key.set)(&mut check, text));
    }
    if kind == Kind::Heartbeat && !reading.has("every") {
        reading.missing("every", "\"1h\": how often whoever is watched promises to call");
    }
    let asked = targets::read(kind, reading, folder);
    if matches!(kind, Kind::Http | Kind::Tcp | Kind::Sql) {
        check.thresholds = thresholds(reading);
    }
    if kind == Kind::Sql && check.thresholds.is_some() {
        // A figure that is too high says itself how bad that is, however often.
        check.kind = CheckKind::Level;
        if reading.has(LADDER) {
            reading.mistake(
                LADDER,
                "is for checks without thresholds; with them, `up` and `down` count",
            );
        }
    }
    reading.refuse_others(&format!("a check of the kind {}", kind.word()));
    (check, asked)
}

/// From which values on it is worse than it should be.
fn thresholds(reading: &mut Reading<'_>) -> Option<Thresholds> {
    let [warn, warn_exit, crit, crit_exit] =
        ["warn", "warn_exit", "crit", "crit_exit"].map(|name| reading.decimal(name));
    let sides = [("above", Worse::Above), ("below", Worse::Below)];
    let worse = reading.word("worse", &sides).unwrap_or(Worse::Above);
    let thresholds = Thresholds {
        worse,
        warn: limit(reading, ("warn", "warn_exit"), worse, warn, warn_exit),
        crit: limit(reading, ("crit", "crit_exit"), worse, crit, crit_exit),
    };
    if thresholds.warn.is_none() && thresholds.crit.is_none() {
        if reading.has("worse") && !reading.has("warn") && !reading.has("crit") {
            reading.mistake("worse", "says nothing without `warn` or `crit`");
        }
        return None;
    }
    if let Some(problem) = misordered(&thresholds) {
        reading.mistake("warn", problem);
    }
    Some(thresholds)
}

/// A limit. An end that is not given lies a tenth away.
fn limit(
    reading: &mut Reading<'_>,
    (name, exit_name): (&str, &str),
    worse: Worse,
    enter: Option<f64>,
    exit: Option<f64>,
) -> Option<Limit> {
    let Some(enter) = enter else {
        if exit.is_some() && !reading.has(name) {
            reading.mistake(exit_name, format!("says where `{name}` ends, which is not set"));
        }
        return None;
    };
    let margin = if enter == 0.0 { 0.1 } else { enter.abs() / 10.0 };
    let safe = match worse {
        Worse::Above => enter - margin,
        Worse::Below => enter + margin,
    };
    let limit = Limit {
        enter,
        exit: exit.unwrap_or(safe),
    };
    for problem in limit.faults(worse) {
        reading.mistake(exit_name, problem);
    }
    Some(limit)
}
