//! What health promises, on a time that passes only when a test says so. The themes have a file each; here is the
//! timeline that they share.

mod agreeing;
mod deciding;
mod depending;
mod flapping;
mod looking_back;
mod maintaining;
mod properties;
mod restoring;
mod running;
mod settings;
mod stale;
mod starting;
mod thresholds;
mod together;
mod uptime;
mod world;

use std::time::Duration;

use CheckOutcome::{Crit, NoAnswer, Ok as Good, Unknown, Warn};
use atlas_domain::{CheckOutcome, HealthStatus, Timestamp};

use super::*;
use crate::Moment;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

const START: Moment = Moment::from_millis(1_000_000_000_000);

/// A check that passes or fails once a minute, without grace and without anything it depends on.
fn pass_fail(name: &str) -> CheckSettings {
    CheckSettings::new(name, CheckKind::PassFail, MINUTE)
}

/// A check of levels, once a minute.
fn levels(name: &str) -> CheckSettings {
    CheckSettings::new(name, CheckKind::Level, MINUTE)
}

/// An engine, and the two clocks that it is told.
struct Timeline {
    engine: HealthEngine,
    now: Moment,
    wall: Timestamp,
}

impl Timeline {
    fn of(checks: Vec<CheckSettings>) -> Self {
        let wall = Timestamp::from_millis(1_767_225_600_000);
        Self {
            engine: HealthEngine::new(checks, 7, START, wall).unwrap(),
            now: START,
            wall,
        }
    }

    fn pass(&mut self, duration: Duration) {
        self.now = self.now.after(duration);
        self.wall = self.wall.after(duration);
    }

    fn step(&mut self, input: HealthInput) -> Vec<HealthEffect> {
        self.engine.step(self.now, self.wall, input)
    }

    fn tick(&mut self) -> Vec<Transition> {
        let effects = self.step(HealthInput::Tick);
        transitions(effects)
    }

    /// A minute passes, and the check says this.
    fn hears(&mut self, check: &str, outcome: CheckOutcome) -> Vec<Transition> {
        self.pass(MINUTE);
        self.finds(check, outcome)
    }

    /// The check says this now.
    fn finds(&mut self, check: &str, outcome: CheckOutcome) -> Vec<Transition> {
        let result = CheckResult::new(outcome, format!("it is {outcome}"), SECOND, self.wall);
        transitions(self.step(HealthInput::Result {
            check: check.to_owned(),
            result,
        }))
    }

    /// The statuses after each of these results, a minute apart.
    fn statuses(&mut self, check: &str, outcomes: &[CheckOutcome]) -> Vec<HealthStatus> {
        let mut status = |outcome: &CheckOutcome| {
            self.hears(check, *outcome);
            self.status(check)
        };
        outcomes.iter().map(&mut status).collect()
    }

    fn status(&self, check: &str) -> HealthStatus {
        self.service(check).status
    }

    fn service(&self, check: &str) -> ServiceHealth {
        self.engine.service(check).unwrap()
    }

    /// The process ends, and another starts `gap` later.
    fn restart(&mut self, checks: Vec<CheckSettings>, gap: Duration) {
        let stored = self.engine.stored(self.now);
        let kept = serde_json::to_string(&stored).unwrap();
        self.pass(gap);
        let stored = serde_json::from_str(&kept).unwrap();
        self.engine = HealthEngine::restore(checks, stored, 7, self.now, self.wall).unwrap();
    }
}

fn transitions(effects: Vec<HealthEffect>) -> Vec<Transition> {
    effects
        .into_iter()
        .filter_map(|effect| match effect {
            HealthEffect::Changed(transition) | HealthEffect::Told(transition) => Some(transition),
            HealthEffect::Run { .. } => None,
        })
        .collect()
}

fn told(transitions: &[Transition]) -> Vec<HealthStatus> {
    let told = transitions
        .iter()
        .filter(|transition| transition.announce.is_yes());
    told.map(|transition| transition.to).collect()
}
