//! Checks that are judged by what was measured anyhow: the machine and the disks.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use atlas_domain::{CheckOutcome, Timestamp};
use atlas_vitals::Moment;
use atlas_vitals::health::{
    CheckResult, DiskRule, DiskUse, Limit, MEMORY_PERCENT, PROCESSOR_PERCENT, Thresholds, Worse,
};
use atlas_vitals::metrics::Measurements;

/// A single busy moment is none of anybody's business.
const MEAN_OVER: Duration = Duration::from_mins(5);

/// How much of the time everything that runs may stand still for want of memory or of a disk, in percent.
const STALLED_PERCENT: Thresholds = Thresholds {
    worse: Worse::Above,
    warn: Some(Limit {
        enter: 10.0,
        exit: 7.0,
    }),
    crit: Some(Limit {
        enter: 25.0,
        exit: 20.0,
    }),
};

/// Judges, and remembers what it said: a level is left at another value than it is entered.
#[derive(Default)]
pub(super) struct Measured {
    disk: DiskRule,
    before: BTreeMap<String, CheckOutcome>,
}

/// What one part of a check comes to.
struct Part {
    outcome: CheckOutcome,
    percent: f64,
    told: String,
}

impl Measured {
    pub(super) const fn by(disk: DiskRule) -> Self {
        Self {
            disk,
            before: BTreeMap::new(),
        }
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
            ("the processor", mean("cpu_used", None), PROCESSOR_PERCENT),
            ("the memory", memory, MEMORY_PERCENT),
            (
                "waiting for memory",
                mean("pressure_full", Some("memory")),
                STALLED_PERCENT,
            ),
            (
                "waiting for a disk",
                mean("pressure_full", Some("io")),
                STALLED_PERCENT,
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
            let outcome = self.disk.judge(used, self.before.get(mount).copied());
            self.before.insert(mount.to_owned(), outcome);
            let percent = used.used_percent().unwrap_or_default();
            let mut told = format!(
                "{mount}: {percent:.1} % used, {} free",
                crate::space::size(used.free_bytes)
            );
            if let Some(seconds) = measured.value(now, "mount_full_in", Some(mount)) {
                let _ = write!(told, ", full in {:.1} h at this rate", seconds / 3_600.0);
            }
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
