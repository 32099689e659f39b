//! Checks that are judged by what was measured anyhow: the machine and the disks.

use std::collections::BTreeMap;
use std::time::Duration;

use atlas_domain::{CheckOutcome, Timestamp};
use atlas_vitals::Moment;
use atlas_vitals::health::{CheckResult, DiskUse, Thresholds};
use atlas_vitals::metrics::{Measurements, WrittenPlace};

use super::Limits;
use crate::space::size;

/// A single busy moment is none of anybody's business.
const MEAN_OVER: Duration = Duration::from_mins(5);
/// So much of that time must be known before it is judged: a start is busy, and half a minute of it is no mean.
const MEAN_NEEDS: Duration = Duration::from_secs(150);

/// Judges, and remembers what it said: a level is left at another value than it is entered.
pub(super) struct Measured {
    limits: Limits,
    /// What people call the places that are written to: where they lie.
    places: BTreeMap<&'static str, String>,
    before: BTreeMap<String, CheckOutcome>,
}

/// A part of all there is, and whether it has been seen for long enough to be judged.
struct Share {
    share: f64,
    is_whole: bool,
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

    /// The processor over five minutes, the memory now, and how long everything stood still for want of either. What is a
    /// mean is not judged until half of its time has been seen; `is_well` says whether all was well until now: a restart
    /// in the middle of busy minutes is no recovery.
    pub(super) fn system_resources(
        &mut self,
        measured: &Measurements,
        now: Moment,
        wall: Timestamp,
        is_well: bool,
    ) -> CheckResult {
        let (mut parts, mut undecided) = (Vec::new(), Vec::new());
        for (what, share, limits) in self.shares(measured, now) {
            let Some(Share { share, is_whole }) = share else {
                self.before.remove(what);
                continue;
            };
            let percent = share * 100.0;
            let outcome = limits.judge(percent, self.before.get(what).copied());
            let part = Part {
                outcome,
                percent,
                told: format!("{what} {percent:.0} %"),
            };
            if is_whole || outcome == CheckOutcome::Ok {
                self.before.insert(what.to_owned(), outcome);
                parts.push(part);
            } else {
                undecided.push(part.told);
            }
        }
        let judged = result(parts, wall);
        let nothing_else = judged
            .as_ref()
            .is_none_or(|judged| judged.outcome == CheckOutcome::Ok);
        if nothing_else && !is_well && !undecided.is_empty() {
            let told = undecided.join(", ");
            return unknown(&format!("{told}, and not seen for long enough to judge"), wall);
        }
        judged.unwrap_or_else(|| unknown("the machine has not been measured yet", wall))
    }

    fn shares(&self, measured: &Measurements, now: Moment) -> [(&'static str, Option<Share>, Thresholds); 4] {
        let mean = |name: &str, label| {
            let mean = measured.mean(now, name, label, MEAN_OVER)?;
            Some(Share {
                share: mean.value,
                is_whole: mean.covered >= MEAN_NEEDS,
            })
        };
        let memory = measured.value(now, "memory_used", None);
        let memory = memory.map(|share| Share {
            share,
            is_whole: true,
        });
        let limits = &self.limits;
        let processor = mean("cpu_used", None);
        let (for_memory, for_disk) = (
            mean("pressure_full", Some("memory")),
            mean("pressure_full", Some("io")),
        );
        [
            ("the processor", processor, limits.processor_percent),
            ("the memory", memory, limits.memory_percent),
            ("waiting for memory", for_memory, limits.stalled_percent),
            ("waiting for a disk", for_disk, limits.stalled_percent),
        ]
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
            let limit = self.limits.disk.limit_behind(used, outcome);
            let told = format!(
                "{}: {percent:.1} % used, {} free{}{}",
                self.places.get(mount).map_or(mount, String::as_str),
                size(used.free_bytes),
                outlook.unwrap_or_default(),
                limit.map_or(String::new(), |limit| format!(" ({limit})"))
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
    // One that cannot be judged says less than another that is bad, and more than that all is well.
    let badness = |outcome: &CheckOutcome| match outcome {
        CheckOutcome::Unknown => (CheckOutcome::Ok, true),
        known => (*known, false),
    };
    let worst = parts.iter().map(|part| part.outcome).max_by_key(badness)?;
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
    use atlas_vitals::metrics::catalogue::machine::{CPU_USED, MEMORY_USED};
    use atlas_vitals::metrics::{Sample, StoredMeasurements};
    use rstest::rstest;

    use super::*;

    const EVERY: Duration = Duration::from_secs(10);
    const WALL: Timestamp = Timestamp::from_millis(1_750_000_000_000);

    #[test]
    fn a_disk_that_fills_says_how_fast_and_for_how_long_it_lasts() {
        let told = outlook(36_000_000_000, 9_000.0);
        assert_eq!(told, ", fills by 14.4 GB an hour and is full in 2.5 h");
    }

    /// A processor that is as busy as this from the first moment on, after so many seconds.
    fn after(secs: u64, busy: f64, is_well: bool) -> CheckResult {
        let mut measured =
            Measurements::begin(Moment::from_millis(0), EVERY, None, StoredMeasurements::default());
        let mut now = Moment::from_millis(0);
        for _ in 0..secs / EVERY.as_secs() {
            now = now.after(EVERY);
            let mut sample = Sample::of("machine", EVERY);
            sample.add(&CPU_USED, busy);
            sample.add(&MEMORY_USED, 0.4);
            measured.record(now, WALL, sample);
        }
        Measured::by(Limits::default(), &[]).system_resources(&measured, now, WALL, is_well)
    }

    #[rstest]
    #[case::a_busy_start_is_no_mean(40, 0.99, true, CheckOutcome::Ok)]
    #[case::busy_for_long(200, 0.99, true, CheckOutcome::Crit)]
    #[case::a_restart_in_busy_minutes_is_no_recovery(40, 0.99, false, CheckOutcome::Unknown)]
    #[case::calm_after_a_restart(40, 0.1, false, CheckOutcome::Ok)]
    fn a_mean_is_judged_once_half_of_it_has_been_seen(
        #[case] secs: u64,
        #[case] busy: f64,
        #[case] is_well: bool,
        #[case] expected: CheckOutcome,
    ) {
        let result = after(secs, busy, is_well);
        assert_eq!(result.outcome, expected, "{}", result.message);
    }

    #[test]
    fn what_cannot_be_judged_hides_nothing_that_is_bad() {
        let part = |outcome, told: &str| Part {
            outcome,
            percent: 0.0,
            told: told.to_owned(),
        };
        let worst = result(
            vec![
                part(CheckOutcome::Unknown, "far away"),
                part(CheckOutcome::Crit, "full"),
                part(CheckOutcome::Ok, "fine"),
            ],
            WALL,
        );
        let worst = worst.unwrap();
        assert_eq!(
            (worst.outcome, worst.message.as_str()),
            (CheckOutcome::Crit, "full")
        );
    }

    #[test]
    fn what_cannot_be_judged_is_told_where_all_else_is_well() {
        let part = |outcome| Part {
            outcome,
            percent: 0.0,
            told: String::new(),
        };
        let worst = result(vec![part(CheckOutcome::Ok), part(CheckOutcome::Unknown)], WALL);
        assert_eq!(worst.unwrap().outcome, CheckOutcome::Unknown);
    }
}
