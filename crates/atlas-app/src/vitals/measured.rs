//! Checks that are judged by what was measured anyhow: the machine and the disks.

use std::collections::BTreeMap;
use std::time::Duration;

use atlas_domain::{CheckOutcome, Timestamp};
use atlas_vitals::Moment;
use atlas_vitals::health::{CheckResult, DiskUse};
use atlas_vitals::metrics::{Measurements, WrittenPlace};

use super::Limits;
use crate::space::size;

/// A single busy moment is none of anybody's business.
const MEAN_OVER: Duration = Duration::from_mins(5);

/// Judges, and remembers what it said: a level is left at another value than it is entered.
pub(super) struct Measured {
    limits: Limits,
    /// What people call the places that are written to: where they lie.
    places: BTreeMap<&'static str, String>,
    before: BTreeMap<String, CheckOutcome>,
}

/// What one part of a check comes to.
struct Part {
    outcome: CheckOutcome,
    percent: f64,
    told: String,
}

impl Measured {
    pub(super) fn by(limits: Limits, places: &[WrittenPlace]) -> Self {
        let shown = |place: &WrittenPlace| (place.name, place.directory.display().to_string());
        Self {
            limits,
            places: places.iter().map(shown).collect(),
            before: BTreeMap::new(),
        }
    }

    /// Judges by other limits from now on.
    pub(super) fn change(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// The processor over five minutes, the memory now, and how long everything stood still for want of either.
    pub(super) fn system_resources(
        &mut self,
        measured: &Measurements,
        now: Moment,
        wall: Timestamp,
    ) -> CheckResult {
        let mean = |name: &str, label| {
            let mean = measured.mean(now, name, label, MEAN_OVER);
            mean.map(|mean| mean.value)
        };
        let memory = measured.value(now, "memory_used", None);
        let values = [
            (
                "the processor",
                mean("cpu_used", None),
                self.limits.processor_percent,
            ),
            ("the memory", memory, self.limits.memory_percent),
            (
                "waiting for memory",
                mean("pressure_full", Some("memory")),
                self.limits.stalled_percent,
            ),
            (
                "waiting for a disk",
                mean("pressure_full", Some("io")),
                self.limits.stalled_percent,
            ),
        ];
        let mut parts = Vec::new();
        for (what, share, limits) in values {
            let Some(percent) = share.map(|share| share * 100.0) else {
                self.before.remove(what);
                continue;
            };
            let outcome = limits.judge(percent, self.before.get(what).copied());
            self.before.insert(what.to_owned(), outcome);
            parts.push(Part {
                outcome,
                percent,
                told: format!("{what} {percent:.0} %"),
            });
        }
        result(parts, wall).unwrap_or_else(|| unknown("the machine has not been measured yet", wall))
    }

    /// The fullest of the file systems that are written to.
    pub(super) fn disk_space(
        &mut self,
        measured: &Measurements,
        now: Moment,
        wall: Timestamp,
    ) -> CheckResult {
        let mut parts = Vec::new();
        for (mount, _) in measured.series_of("mount_available") {
            let Some((mount, used)) = mount.and_then(|mount| Some((mount, disk_use(measured, now, mount)?)))
            else {
                continue;
            };
            let outcome = self.limits.disk.judge(used, self.before.get(mount).copied());
            self.before.insert(mount.to_owned(), outcome);
            let percent = used.used_percent().unwrap_or_default();
            let outlook = measured
                .value(now, "mount_full_in", Some(mount))
                .map(|seconds| outlook(used.free_bytes, seconds));
            let told = format!(
                "{}: {percent:.1} % used, {} free{}",
                self.places.get(mount).map_or(mount, String::as_str),
                size(used.free_bytes),
                outlook.unwrap_or_default()
            );
            parts.push(Part {
                outcome,
                percent,
                told,
            });
        }
        result(parts, wall).unwrap_or_else(|| {
            if measured.current(now).is_empty() {
                return unknown("no disk has been measured yet", wall);
            }
            let message = "no file system says how full it is";
            CheckResult::new(CheckOutcome::NoAnswer, message, Duration::ZERO, wall)
        })
    }
}

/// How fast it fills, and when it is full.
fn outlook(free_bytes: u64, full_in_secs: f64) -> String {
    let an_hour = free_bytes as f64 / full_in_secs.max(1.0) * 3_600.0;
    let hours = full_in_secs / 3_600.0;
    format!(
        ", fills by {} an hour and is full in {hours:.1} h",
        size(an_hour as u64)
    )
}

/// What the file system can hold for us: what the administrator alone may use counts for nothing.
fn disk_use(measured: &Measurements, now: Moment, mount: &str) -> Option<DiskUse> {
    let value = |name: &str| measured.value(now, name, Some(mount));
    let (total, free) = (value("mount_total")?, value("mount_available")?);
    let ours = value("mount_used")
        .filter(|used| *used < 1.0)
        .map_or(total, |used| (free / (1.0 - used)).min(total));
    Some(DiskUse {
        total_bytes: ours as u64,
        free_bytes: free as u64,
    })
}

/// The worst, with all that are as bad.
fn result(mut parts: Vec<Part>, wall: Timestamp) -> Option<CheckResult> {
    let worst = parts.iter().map(|part| part.outcome).max()?;
    parts.retain(|part| part.outcome == worst);
    parts.sort_by(|one, other| other.percent.total_cmp(&one.percent));
    let told: Vec<&str> = parts.iter().map(|part| part.told.as_str()).collect();
    let result = CheckResult::new(worst, told.join(", "), Duration::ZERO, wall);
    Some(result.with_value(parts.first()?.percent, "%"))
}

fn unknown(message: &str, wall: Timestamp) -> CheckResult {
    CheckResult::new(CheckOutcome::Unknown, message, Duration::ZERO, wall)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_fills_says_how_fast_and_for_how_long_it_lasts() {
        let told = outlook(36_000_000_000, 9_000.0);
        assert_eq!(told, ", fills by 14.4 GB an hour and is full in 2.5 h");
    }
}
