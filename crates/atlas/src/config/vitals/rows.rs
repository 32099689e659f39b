//! `Row`: the settings of health and alerts that are one value each, like every other setting: their keys, and how they
//! are read, written and shown. What comes in sections of its own is read elsewhere.

use std::sync::Arc;
use std::time::Duration;

use atlas_app::vitals::LONGEST_ATTEMPT;
use atlas_vitals::alerts::Timing;
use atlas_vitals::health::seven_services;

use super::check_keys::{CheckKey, keys_of};
use super::limits::{BOUNDS, Bound, Side};
use super::secret::{host_alone, web_url, web_url_in_file};
use super::{Values, length};
use crate::config::settings::truth;

/// While a try is under way it must not be made again; how long one may take is bounded for all channels.
const ATTEMPT_LEASE: std::ops::RangeInclusive<Duration> =
    LONGEST_ATTEMPT.saturating_add(Duration::from_secs(10))..=Duration::from_hours(24);
/// The least time between two measurements, and the most: what looks at five minutes needs several.
const MEASURE_EVERY: std::ops::RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_mins(1);
/// Nobody outside needs to hear more often.
const SIGN_OF_LIFE_EVERY: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_hours(24);

/// One setting.
#[derive(Debug)]
pub(in crate::config) struct Row {
    pub(in crate::config) key: String,
    what: What,
}

/// What it sets.
#[derive(Debug)]
enum What {
    /// What only its row can say.
    Plain(&'static Plain),
    /// Something of a service's check.
    Check(String, &'static CheckKey),
    /// From which value on something is worse.
    Bound(&'static Bound, Side),
}

/// A setting of its own kind.
#[derive(Debug)]
struct Plain {
    key: &'static str,
    written: fn(&Values) -> String,
    set: fn(&mut Values, &str) -> Result<(), String>,
}

/// All of them, in the order in which they are shown.
pub(in crate::config) fn rows() -> Vec<Row> {
    let plain = |section: &'static str| {
        let of_section = PLAIN.iter().filter(move |plain| plain.key.starts_with(section));
        of_section.map(|plain| Row {
            key: plain.key.to_owned(),
            what: What::Plain(plain),
        })
    };
    let of_services = seven_services().into_iter().flat_map(|check| {
        let section = format!("health.{}.", check.name);
        let keys: Vec<_> = keys_of(check.kind)
            .map(|key| Row {
                key: format!("{section}{}", key.name),
                what: What::Check(check.name.clone(), key),
            })
            .collect();
        let bounds = BOUNDS.iter().filter(move |bound| bound.key.starts_with(&section));
        let bounds = bounds.flat_map(|bound| {
            // The end is reckoned from the beginning, so this comes first.
            [Side::Enter, Side::Exit].map(|side| Row {
                key: bound.key(side),
                what: What::Bound(bound, side),
            })
        });
        keys.into_iter().chain(bounds.collect::<Vec<_>>())
    });
    plain("health.")
        .chain(of_services)
        .chain(plain("alerts."))
        .collect()
}

impl Row {
    /// The value that holds, as it is written.
    pub(super) fn written(&self, values: &Values) -> String {
        let settings = &values.settings;
        match &self.what {
            What::Plain(plain) => (plain.written)(values),
            What::Check(service, key) => {
                let check = settings.checks.iter().find(|check| check.name == *service);
                check.map(key.written).unwrap_or_default()
            }
            What::Bound(bound, side) => bound.written(&settings.limits, *side),
        }
    }

    /// Understands a value, or says what is wrong with it.
    pub(super) fn set(&self, values: &mut Values, text: &str) -> Result<(), String> {
        let settings = &mut values.settings;
        match &self.what {
            What::Plain(plain) => (plain.set)(values, text),
            What::Check(service, key) => {
                let check = settings.checks.iter_mut().find(|check| check.name == *service);
                check.map_or(Ok(()), |check| (key.set)(check, text))
            }
            What::Bound(bound, side) => bound.set(&mut settings.limits, *side, text),
        }
    }

    /// A value that was given, as it may be shown.
    pub(super) fn shown(&self, text: &str) -> String {
        if self.key == "health.sign_of_life_url" {
            host_alone(text)
        } else {
            text.to_owned()
        }
    }

    /// The check that it is a setting of.
    pub(super) fn check(&self) -> Option<&str> {
        match &self.what {
            What::Check(service, _) => Some(service),
            What::Plain(_) | What::Bound(..) => None,
        }
    }
}

/// A time of alerts, by the place where it is kept.
macro_rules! timing {
    ($name:ident) => {
        Plain {
            key: concat!("alerts.", stringify!($name)),
            written: |values| length::written(values.settings.alerts.timing.$name),
            set: |values, text| length::read(text).map(|time| timing(values).$name = time),
        }
    };
}

static PLAIN: [Plain; 20] = [
    Plain {
        key: "health.enabled",
        written: |values| (!values.is_off).to_string(),
        set: |values, text| truth(text).map(|enabled| values.is_off = !enabled),
    },
    Plain {
        key: "health.measure_every",
        written: |values| length::written(values.settings.measure_every),
        set: |values, text| within(text, &MEASURE_EVERY).map(|every| values.settings.measure_every = every),
    },
    Plain {
        key: "health.sign_of_life_every",
        written: |values| length::written(values.sign_of_life_every),
        set: |values, text| within(text, &SIGN_OF_LIFE_EVERY).map(|every| values.sign_of_life_every = every),
    },
    Plain {
        key: "health.sign_of_life_url",
        written: |_| String::new(),
        set: |values, text| web_url(text).map(|url| values.sign_of_life_url = Some(url)),
    },
    Plain {
        key: "health.sign_of_life_url_file",
        written: |_| String::new(),
        set: |values, text| {
            let url = web_url_in_file(&values.folder.secret(text)?)?;
            values.sign_of_life_url_of_file = Some(url);
            Ok(())
        },
    },
    timing!(group_wait),
    timing!(group_wait_critical),
    timing!(update_interval),
    timing!(reminder),
    timing!(reminder_critical),
    timing!(reminder_cap),
    timing!(retry_base),
    timing!(retry_cap),
    timing!(retry_after_cap),
    timing!(max_age),
    timing!(max_age_critical),
    Plain {
        key: "alerts.attempt_lease",
        written: |values| length::written(values.settings.alerts.timing.attempt_lease),
        set: |values, text| {
            let lease = within(text, &ATTEMPT_LEASE)?;
            timing(values).attempt_lease = lease;
            Ok(())
        },
    },
    Plain {
        key: "alerts.host_name",
        written: |values| values.settings.alerts.host.clone().unwrap_or_default(),
        set: |values, text| {
            let name = text.trim();
            if name.chars().any(char::is_control) || name.len() > 64 {
                return Err("must be a name of 64 bytes at most, on one line".to_owned());
            }
            let alerts = Arc::make_mut(&mut values.settings.alerts);
            alerts.host = Some(name.to_owned());
            Ok(())
        },
    },
    Plain {
        key: "alerts.base_url",
        written: |_| String::new(),
        set: |values, text| {
            let url = web_url(text)?;
            let alerts = Arc::make_mut(&mut values.settings.alerts);
            alerts.base_url = Some(url.into());
            Ok(())
        },
    },
    Plain {
        key: "alerts.rules",
        written: |_| String::new(),
        set: |values, text| {
            values.rules = Some(values.folder.path(text));
            Ok(())
        },
    },
];

fn timing(values: &mut Values) -> &mut Timing {
    &mut Arc::make_mut(&mut values.settings.alerts).timing
}

fn within(text: &str, range: &std::ops::RangeInclusive<Duration>) -> Result<Duration, String> {
    let length = length::read(text)?;
    if range.contains(&length) {
        return Ok(length);
    }
    let [least, most] = [range.start(), range.end()].map(|bound| length::written(*bound));
    Err(format!(
        "is `{text}`; it must be a length of time from {least} to {most}"
    ))
}
