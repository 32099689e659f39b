//! What does not fit together once everything is read: each with the place of the setting it is about. What is wrong is
//! found where settings are used; here it only finds its line.

use std::collections::{BTreeMap, BTreeSet};

use atlas_app::vitals::VitalsSettings;
use atlas_vitals::alerts::{AlertSettings, SettingsFault};
use atlas_vitals::health;

use super::checks::OwnChecks;
use super::limits;
use super::written::{Entry, EntryKind};
use crate::config::Given;

/// Everything, where it stands and what it is.
pub(super) struct Read<'a> {
    /// The settings that are one value each and were given, by their keys.
    pub(super) given: &'a BTreeMap<String, Given>,
    /// The checks of services with values that nobody understands.
    pub(super) broken: &'a BTreeSet<String>,
    pub(super) own: &'a OwnChecks<'a>,
    pub(super) entries: &'a [Entry],
}

/// Everything that does not fit.
pub(super) fn faults(settings: &VitalsSettings, read: &Read<'_>) -> Vec<String> {
    let mut faults = of_checks(settings, read);
    faults.extend(of_limits(settings, read));
    faults.extend(of_alerts(&settings.alerts, read));
    faults
}

impl Read<'_> {
    fn origin_of(&self, key: &str) -> Option<&str> {
        self.given.get(key).map(|given| given.origin.as_str())
    }

    /// The place and the name of a setting of a channel; of the last of that name, where there are several.
    fn of_channel(&self, channel: &str, setting: &str) -> String {
        let is_meant = |entry: &&Entry| {
            entry.kind == EntryKind::Channel
                && entry
                    .field("name")
                    .is_some_and(|name| name.written.compact() == channel)
        };
        let entry = self.entries.iter().rev().find(is_meant);
        let origin = entry.map_or("default", |entry| entry.origin_of(setting));
        format!("{origin}: alerts.channels.{channel}.{setting}")
    }
}

fn of_checks(settings: &VitalsSettings, read: &Read<'_>) -> Vec<String> {
    let mut told = Vec::new();
    for fault in health::faults(&settings.checks) {
        let key = fault.setting.split('.').next().unwrap_or(fault.setting);
        let of_dependencies = key == "depends_on";
        let is_broken = |names: &BTreeSet<String>| names.contains(&fault.check) && !of_dependencies;
        let section = if let Some(entry) = read.own.entries.get(&fault.check) {
            // Thresholds have been looked at when they were read.
            if key == "thresholds" || is_broken(&read.own.broken) {
                continue;
            }
            (entry.origin_of(key), entry.label())
        } else {
            let origin = read.origin_of(&format!("health.{}.{key}", fault.check));
            // A circle goes through defaults, too, which are not what closes it.
            if is_broken(read.broken) || (of_dependencies && origin.is_none()) {
                continue;
            }
            (origin.unwrap_or("default"), format!("health.{}", fault.check))
        };
        let (origin, label) = section;
        told.push(format!("{origin}: {label}.{}: {}", fault.setting, fault.problem));
    }
    told
}

fn of_limits(settings: &VitalsSettings, read: &Read<'_>) -> Vec<String> {
    let faults = limits::faults(&settings.limits).into_iter();
    let told = faults.map(|(keys, problem)| {
        let given = keys.iter().find_map(|key| Some((read.origin_of(key)?, key)));
        let (origin, _) = given.unwrap_or(("default", &keys[0]));
        format!("{origin}: {} {problem}", keys[0])
    });
    told.collect()
}

fn of_alerts(alerts: &AlertSettings, read: &Read<'_>) -> Vec<String> {
    let tell = |fault: SettingsFault| {
        let place = match &fault {
            SettingsFault::ChannelTwice(channel) => read.of_channel(channel, "name"),
            SettingsFault::UnknownFailover { channel, .. } | SettingsFault::FailoverCircle(channel) => {
                read.of_channel(channel, "failover")
            }
            SettingsFault::NoRate(channel) => read.of_channel(channel, "rate"),
            SettingsFault::UnknownSet { channel, .. } => read.of_channel(channel, "escalate_after"),
            SettingsFault::NobodyFirst => {
                let first = alerts.channels.first();
                let channel = first.map(|channel| &*channel.name).unwrap_or_default();
                let place = read.of_channel(channel, "escalate_after");
                return format!(
                    "{place}: every channel is told late; leave it out where somebody is to hear at once"
                );
            }
            SettingsFault::ZeroTime(name) => {
                let key = format!("alerts.{name}");
                format!("{}: {key}", read.origin_of(&key).unwrap_or("default"))
            }
            SettingsFault::EscalatesBackwards => "default: alerts.channels".to_owned(),
        };
        format!("{place}: {fault}")
    };
    alerts.faults().into_iter().map(tell).collect()
}
