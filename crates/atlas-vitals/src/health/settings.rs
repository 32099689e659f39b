//! What a check is told: how often it runs, how long it may take, and how results become a status. It only describes;
//! what is wrong with settings is found in `faults`.

use std::time::Duration;

use super::level::Level;
use super::thresholds::Thresholds;

/// However seldom a check runs, it is given up after this time.
const LONGEST_DEADLINE: Duration = Duration::from_secs(30);

/// However often a check runs, it is not repeated sooner when in doubt.
pub(super) const SOONEST_RECHECK: Duration = Duration::from_secs(5);

/// Everything a check is told.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckSettings {
    /// Its name, which is the service's.
    pub name: String,
    /// How its results are read.
    pub kind: CheckKind,
    /// How often it runs.
    pub every: Duration,
    /// How long a run may take. `None`: half of `every`, at most 30 s.
    pub deadline: Option<Duration>,
    /// Whether its worst is also the worst for the whole. Otherwise the whole is at most degraded by it.
    pub critical: bool,
    /// For how long after the start failures are not counted, because it may still be starting.
    pub grace: Duration,
    /// How many results in a row lead upwards.
    pub up: Climb,
    /// How many results in a row lead downwards.
    pub down: Descent,
    /// Which number of failures in a row leads where, for [`CheckKind::PassFail`].
    pub ladder: Ladder,
    /// When failures that never come in a row are told all the same.
    pub intermittent: Intermittent,
    /// When it changes too often.
    pub flapping: Flapping,
    /// What a measured value says. `None`: what the check itself says.
    pub thresholds: Option<Thresholds>,
    /// What must work so that this can work.
    pub depends_on: Vec<String>,
}

/// How results are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckKind {
    /// Each result is a level of its own.
    Level,
    /// It passes or fails, and the number of failures in a row says how bad that is.
    PassFail,
}

/// How many results in a row must be at least that bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Climb {
    /// For degraded.
    pub degraded: u32,
    /// For critical.
    pub critical: u32,
    /// For down.
    pub down: u32,
}

/// How many results in a row must be better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descent {
    /// To leave degraded or critical.
    pub usual: u32,
    /// To leave down.
    pub from_down: u32,
}

/// From how many failures in a row on it is that bad. Fewer are soft: shown, and not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ladder {
    /// For degraded.
    pub degraded: u32,
    /// For critical.
    pub critical: u32,
    /// For down.
    pub down: u32,
}

/// When soft failures are degraded all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intermittent {
    /// That many of them,
    pub failures: u32,
    /// among that many results,
    pub within: u32,
    /// until at most so many are left.
    pub until: u32,
}

/// When results change too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flapping {
    /// It begins above this share of changes, in percent.
    pub start_percent: u32,
    /// It ends at this share or below it, in percent.
    pub stop_percent: u32,
}

impl CheckSettings {
    /// With the defaults of everything else.
    pub fn new(name: impl Into<String>, kind: CheckKind, every: Duration) -> Self {
        Self {
            name: name.into(),
            kind,
            every,
            deadline: None,
            critical: false,
            grace: Duration::ZERO,
            up: Climb::default(),
            down: Descent::default(),
            ladder: Ladder::default(),
            intermittent: Intermittent::default(),
            flapping: Flapping::default(),
            thresholds: None,
            depends_on: Vec::new(),
        }
    }

    /// How long a run may take.
    pub fn deadline(&self) -> Duration {
        self.deadline.unwrap_or((self.every / 2).min(LONGEST_DEADLINE))
    }

    /// How soon it runs again while its newest result and its status differ.
    pub fn recheck_every(&self) -> Duration {
        (self.every / 4).max(SOONEST_RECHECK).min(self.every)
    }

    /// Without any result for this long nobody knows how it is.
    pub fn stale_after(&self) -> Duration {
        (self.every * 3).saturating_add(self.deadline())
    }

    /// How many results its rules look back upon.
    pub(super) fn window(&self) -> usize {
        let Self {
            up,
            down,
            intermittent,
            ..
        } = self;
        let longest = [
            up.degraded,
            up.critical,
            up.down,
            down.usual,
            down.from_down,
            intermittent.within,
        ];
        longest.into_iter().max().unwrap_or(0) as usize
    }
}

impl Climb {
    /// How many results in a row must be at least that bad.
    pub(super) const fn to(self, level: Level) -> u32 {
        match level {
            Level::Healthy => 0,
            Level::Degraded => self.degraded,
            Level::Critical => self.critical,
            Level::Down => self.down,
        }
    }
}

impl Descent {
    /// How many results in a row must be better than that.
    pub(super) const fn from(self, level: Level) -> u32 {
        match level {
            Level::Healthy | Level::Degraded | Level::Critical => self.usual,
            Level::Down => self.from_down,
        }
    }
}

impl Ladder {
    /// How bad so many failures in a row are.
    pub(super) const fn rung(self, failures: u32) -> Level {
        if failures >= self.down {
            Level::Down
        } else if failures >= self.critical {
            Level::Critical
        } else if failures >= self.degraded {
            Level::Degraded
        } else {
            Level::Healthy
        }
    }
}

impl Default for Climb {
    fn default() -> Self {
        Self {
            degraded: 2,
            critical: 3,
            down: 3,
        }
    }
}

impl Default for Descent {
    fn default() -> Self {
        Self {
            usual: 2,
            from_down: 3,
        }
    }
}

impl Default for Ladder {
    fn default() -> Self {
        Self {
            degraded: 2,
            critical: 3,
            down: 6,
        }
    }
}

impl Default for Intermittent {
    fn default() -> Self {
        Self {
            failures: 4,
            within: 10,
            until: 1,
        }
    }
}

impl Default for Flapping {
    fn default() -> Self {
        Self {
            start_percent: 30,
            stop_percent: 25,
        }
    }
}
