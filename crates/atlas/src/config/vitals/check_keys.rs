//! What every check can be told, be it of a service or of the owner's own: each setting once, with how it is read and
//! written. What does not fit together is found elsewhere.

use atlas_vitals::health::{CheckKind, CheckSettings};

use super::{compact, length};
use crate::config::settings::truth;

/// A setting of checks.
#[derive(Debug)]
pub(super) struct CheckKey {
    pub(super) name: &'static str,
    /// The value as it is written.
    pub(super) written: fn(&CheckSettings) -> String,
    /// Understands a value, or says what is wrong with it.
    pub(super) set: fn(&mut CheckSettings, &str) -> Result<(), String>,
}

/// Failures in a row lead up a ladder. Where each result is a level of its own, there is none to climb.
pub(super) const LADDER: &str = "ladder";
const LADDER_RUNGS: [&str; 3] = ["degraded", "critical", "down"];
const DESCENTS: [&str; 2] = ["usual", "from_down"];
const INTERMITTENT: [&str; 3] = ["failures", "within", "until"];
const FLAPPING: [&str; 2] = ["start_percent", "stop_percent"];

/// All of them, in the order in which they are shown.
static KEYS: [CheckKey; 10] = [
    CheckKey {
        name: "every",
        written: |check| length::written(check.every),
        set: |check, text| length::read(text).map(|every| check.every = every),
    },
    CheckKey {
        name: "deadline",
        written: |check| length::written(check.deadline()),
        set: |check, text| length::read(text).map(|deadline| check.deadline = Some(deadline)),
    },
    CheckKey {
        name: "grace",
        written: |check| length::written(check.grace),
        set: |check, text| length::read(text).map(|grace| check.grace = grace),
    },
    CheckKey {
        name: "critical",
        written: |check| check.critical.to_string(),
        set: |check, text| truth(text).map(|critical| check.critical = critical),
    },
    CheckKey {
        name: LADDER,
        written: |check| joined([check.ladder.degraded, check.ladder.critical, check.ladder.down]),
        set: |check, text| {
            let ladder = &mut check.ladder;
            let places = [&mut ladder.degraded, &mut ladder.critical, &mut ladder.down];
            compact::set_numbers(text, LADDER_RUNGS, places)
        },
    },
    CheckKey {
        name: "up",
        written: |check| joined([check.up.degraded, check.up.critical, check.up.down]),
        set: |check, text| {
            let up = &mut check.up;
            let places = [&mut up.degraded, &mut up.critical, &mut up.down];
            compact::set_numbers(text, LADDER_RUNGS, places)
        },
    },
    CheckKey {
        name: "down",
        written: |check| joined([check.down.usual, check.down.from_down]),
        set: |check, text| {
            let down = &mut check.down;
            compact::set_numbers(text, DESCENTS, [&mut down.usual, &mut down.from_down])
        },
    },
    CheckKey {
        name: "intermittent",
        written: |check| {
            let rule = check.intermittent;
            joined([rule.failures, rule.within, rule.until])
        },
        set: |check, text| {
            let rule = &mut check.intermittent;
            let places = [&mut rule.failures, &mut rule.within, &mut rule.until];
            compact::set_numbers(text, INTERMITTENT, places)
        },
    },
    CheckKey {
        name: "flapping",
        written: |check| joined([check.flapping.start_percent, check.flapping.stop_percent]),
        set: |check, text| {
            let rule = &mut check.flapping;
            let places = [&mut rule.start_percent, &mut rule.stop_percent];
            compact::set_numbers(text, FLAPPING, places)
        },
    },
    CheckKey {
        name: "depends_on",
        written: |check| check.depends_on.join(","),
        set: |check, text| {
            check.depends_on = compact::names(text);
            Ok(())
        },
    },
];

/// Those that mean something to checks whose results are read so.
pub(super) fn keys_of(kind: CheckKind) -> impl Iterator<Item = &'static CheckKey> {
    KEYS.iter()
        .filter(move |key| kind == CheckKind::PassFail || key.name != LADDER)
}

fn joined<const COUNT: usize>(numbers: [u32; COUNT]) -> String {
    numbers.map(|number| number.to_string()).join(",")
}
