//! From which values on a service is worse than it should be: each value once, with the one at which it ends. Two that
//! do not fit each other are found here; what they mean for a service is not decided.

use atlas_app::vitals::Limits;
use atlas_vitals::health::{Limit, Thresholds, Worse};

const GIB: f64 = 1_073_741_824.0;
const PERCENT: f64 = 100.0;
const A_DAY_SECS: f64 = 86_400.0;
const MANY: f64 = 1_000_000_000.0;

/// A value from which on a level holds.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) key: &'static str,
    most: f64,
    worse: Worse,
    /// What one of it is in the settings.
    unit: f64,
    place: fn(&mut Limits) -> Option<&mut Limit>,
}

/// Either side of a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Enter,
    Exit,
}

const fn above(key: &'static str, most: f64, place: fn(&mut Limits) -> Option<&mut Limit>) -> Bound {
    Bound {
        key,
        most,
        worse: Worse::Above,
        unit: 1.0,
        place,
    }
}

const fn free_gib(key: &'static str, place: fn(&mut Limits) -> Option<&mut Limit>) -> Bound {
    Bound {
        key,
        most: MANY,
        worse: Worse::Below,
        unit: GIB,
        place,
    }
}

/// All of them, in the order in which they are shown.
pub(super) static BOUNDS: [Bound; 18] = [
    above("health.system_resources.processor_warn", PERCENT, |limits| {
        limits.processor_percent.warn.as_mut()
    }),
    above("health.system_resources.processor_crit", PERCENT, |limits| {
        limits.processor_percent.crit.as_mut()
    }),
    above("health.system_resources.memory_warn", PERCENT, |limits| {
        limits.memory_percent.warn.as_mut()
    }),
    above("health.system_resources.memory_crit", PERCENT, |limits| {
        limits.memory_percent.crit.as_mut()
    }),
    above("health.system_resources.stalled_warn", PERCENT, |limits| {
        limits.stalled_percent.warn.as_mut()
    }),
    above("health.system_resources.stalled_crit", PERCENT, |limits| {
        limits.stalled_percent.crit.as_mut()
    }),
    above("health.disk_space.warn_used_percent", PERCENT, |limits| {
        Some(&mut limits.disk.warn.used_percent)
    }),
    free_gib("health.disk_space.warn_free_gib", |limits| {
        Some(&mut limits.disk.warn.free_bytes)
    }),
    free_gib("health.disk_space.warn_least_free_gib", |limits| {
        Some(&mut limits.disk.warn.least_free_bytes)
    }),
    above("health.disk_space.crit_used_percent", PERCENT, |limits| {
        Some(&mut limits.disk.crit.used_percent)
    }),
    free_gib("health.disk_space.crit_free_gib", |limits| {
        Some(&mut limits.disk.crit.free_bytes)
    }),
    free_gib("health.disk_space.crit_least_free_gib", |limits| {
        Some(&mut limits.disk.crit.least_free_bytes)
    }),
    above("health.api.seconds_warn", A_DAY_SECS, |limits| {
        limits.api_seconds.warn.as_mut()
    }),
    above("health.api.seconds_crit", A_DAY_SECS, |limits| {
        limits.api_seconds.crit.as_mut()
    }),
    above("health.background_processing.ready_warn", MANY, |limits| {
        limits.ready_jobs.warn.as_mut()
    }),
    above("health.background_processing.ready_crit", MANY, |limits| {
        limits.ready_jobs.crit.as_mut()
    }),
    above("health.content_pipeline.errors_warn", MANY, |limits| {
        limits.errors_a_day.warn.as_mut()
    }),
    above("health.content_pipeline.errors_crit", MANY, |limits| {
        limits.errors_a_day.crit.as_mut()
    }),
];

impl Bound {
    pub(super) fn key(&self, side: Side) -> String {
        match side {
            Side::Enter => self.key.to_owned(),
            Side::Exit => format!("{}_exit", self.key),
        }
    }

    /// The value as it is written.
    pub(super) fn written(&self, limits: &Limits, side: Side) -> String {
        let limit = self.limit(limits);
        let number = match side {
            Side::Enter => limit.enter,
            Side::Exit => limit.exit,
        };
        number.to_string()
    }

    /// Understands a value, or says what is wrong with it. An end that is not set keeps its distance, so the beginning
    /// must be set before it.
    pub(super) fn set(&self, limits: &mut Limits, side: Side, text: &str) -> Result<(), String> {
        let is_allowed =
            |number: &f64| (0.0..=self.most).contains(number) && (*number > 0.0 || side == Side::Exit);
        let number = text.trim().parse().ok().filter(is_allowed);
        let number: f64 = number.ok_or_else(|| {
            let least = if side == Side::Exit {
                "from 0"
            } else {
                "above 0 and"
            };
            format!("is `{text}`; it must be a number {least} up to {}", self.most)
        })?;
        let made = self.limit(&Limits::default());
        if let Some(limit) = (self.place)(limits) {
            match side {
                Side::Enter => {
                    limit.enter = number * self.unit;
                    limit.exit = self.exit_for(number, made) * self.unit;
                }
                Side::Exit => limit.exit = number * self.unit,
            }
        }
        Ok(())
    }

    /// What does not fit.
    fn faults(&self, limits: &Limits) -> Vec<String> {
        self.limit(limits).faults(self.worse)
    }

    /// As far from the beginning as without configuration. Free space, and what is so small that little of it would be
    /// left, keep the proportion instead: a level that ends at nothing never ends.
    fn exit_for(&self, enter: f64, made: Limit) -> f64 {
        let apart = enter - (made.enter - made.exit);
        let in_proportion = enter * made.exit / made.enter;
        if self.worse == Worse::Below || apart < enter / 2.0 {
            in_proportion
        } else {
            apart
        }
    }

    /// In the unit in which it is set.
    fn limit(&self, limits: &Limits) -> Limit {
        let mut limits = limits.clone();
        let limit = (self.place)(&mut limits).map_or(
            Limit {
                enter: 0.0,
                exit: 0.0,
            },
            |limit| *limit,
        );
        Limit {
            enter: rounded(limit.enter / self.unit),
            exit: rounded(limit.exit / self.unit),
        }
    }
}

/// What does not fit, each with the keys that it can lie at: the first of them that is set.
pub(super) fn faults(limits: &Limits) -> Vec<(Vec<String>, String)> {
    let mut faults = Vec::new();
    for bound in &BOUNDS {
        let keys = vec![bound.key(Side::Exit), bound.key(Side::Enter)];
        let found = bound.faults(limits).into_iter();
        faults.extend(found.map(|problem| (keys.clone(), problem)));
    }
    let pairs = [
        ("health.system_resources.processor", &limits.processor_percent),
        ("health.system_resources.memory", &limits.memory_percent),
        ("health.system_resources.stalled", &limits.stalled_percent),
        ("health.api.seconds", &limits.api_seconds),
        ("health.background_processing.ready", &limits.ready_jobs),
        ("health.content_pipeline.errors", &limits.errors_a_day),
    ];
    for (key, thresholds) in pairs {
        let keys = vec![format!("{key}_warn"), format!("{key}_crit")];
        faults.extend(misordered(thresholds).map(|problem| (keys, problem)));
    }
    faults.extend(of_disk(limits));
    faults
}

/// Of a disk each figure by which it is judged has two levels, each a bound of its own.
fn of_disk(limits: &Limits) -> Vec<(Vec<String>, String)> {
    let figures = ["used_percent", "free_gib", "least_free_gib"];
    let misplaced = figures.into_iter().filter_map(|figure| {
        let keys = ["warn", "crit"].map(|level| format!("health.disk_space.{level}_{figure}"));
        let [warn, crit] = keys
            .each_ref()
            .map(|key| BOUNDS.iter().find(|bound| bound.key == key));
        let thresholds = Thresholds {
            worse: warn?.worse,
            warn: Some(warn?.limit(limits)),
            crit: Some(crit?.limit(limits)),
        };
        Some((keys.to_vec(), misordered(&thresholds)?))
    });
    misplaced.collect()
}

/// What is wrong with the two levels together, beside what is wrong with each.
pub(super) fn misordered(thresholds: &Thresholds) -> Option<String> {
    let both = Thresholds {
        // Each ends where it must: what is left concerns both.
        warn: thresholds.warn.map(|limit| fitting(limit, thresholds.worse)),
        crit: thresholds.crit.map(|limit| fitting(limit, thresholds.worse)),
        ..*thresholds
    };
    both.faults().into_iter().map(|(_, problem)| problem).next()
}

fn fitting(limit: Limit, worse: Worse) -> Limit {
    let margin = limit.enter.abs().max(1.0);
    Limit {
        exit: match worse {
            Worse::Above => limit.enter - margin,
            Worse::Below => limit.enter + margin,
        },
        ..limit
    }
}

/// Without what reckoning with gibibytes leaves behind the last place that anybody sets.
fn rounded(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}
