//! `CheckState`: what a check's results amount to. [`CheckState::step`] takes one result, changes the state and says what
//! followed. Whether somebody is told is not decided here.

mod reading;

use super::changes::Changes;
use super::level::Level;
use super::recent::{Counted, Recent};
use super::rules::{fallen, risen};
use super::settings::{CheckKind, CheckSettings};
use super::transition::Cause;
use crate::Moment;
use atlas_domain::{CheckOutcome, HealthStatus};

/// All that is known from a check's results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckState {
    /// What the rules of levels and of the ladder say. `None`: nothing has been found yet.
    pub(super) base: Option<Level>,
    pub(super) recent: Recent,
    pub(super) failures_in_a_row: u32,
    /// Failures come now and then.
    pub(super) intermittent: bool,
    pub(super) changes: Changes,
    /// Results change too often.
    pub(super) flapping: bool,
    /// Nothing has been heard for too long.
    pub(super) stale: bool,
    /// When something was heard last, or when listening began.
    pub(super) heard_at: Moment,
    /// Since when the status is what it is.
    pub(super) since: Moment,
    /// When a result was no failure last.
    pub(super) passed_at: Option<Moment>,
    pub(super) onset: Option<Onset>,
}

/// When it began to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Onset {
    /// The first failure.
    pub failed_at: Moment,
    /// The last look before, when it did not fail yet: it began between the two.
    pub not_before: Moment,
}

/// What followed from a result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Step {
    /// The status became another.
    pub change: Option<Change>,
    /// Flapping began or ended.
    pub flapping: Option<Turn>,
}

/// One status became another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The one before.
    pub from: HealthStatus,
    /// The one after.
    pub to: HealthStatus,
    /// Why.
    pub cause: Cause,
    /// Since when it had been the one before.
    pub from_since: Moment,
}

/// Something that lasts has begun or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It has begun.
    Began,
    /// It has ended.
    Ended,
}

impl CheckState {
    /// Without any result.
    pub fn new(now: Moment) -> Self {
        Self {
            base: None,
            recent: Recent::default(),
            failures_in_a_row: 0,
            intermittent: false,
            changes: Changes::default(),
            flapping: false,
            stale: false,
            heard_at: now,
            since: now,
            passed_at: None,
            onset: None,
        }
    }

    /// Takes one result.
    pub fn step(&mut self, settings: &CheckSettings, now: Moment, outcome: CheckOutcome) -> Step {
        let Some(level) = Level::of(outcome) else {
            return Step::default();
        };
        let before = (self.status(), self.base, self.flapping);
        self.heard(now);
        self.stale = false;
        self.count(settings, now, level);
        self.follow_rules(settings, level);
        self.follow_intermittent(settings);
        self.follow_flapping(settings);
        self.settle_onset(level);
        let (from, base, was_flapping) = before;
        Step {
            change: self.change(from, now, |state| {
                state.cause(settings.kind, from, base, was_flapping)
            }),
            flapping: match (was_flapping, self.flapping) {
                (false, true) => Some(Turn::Began),
                (true, false) => Some(Turn::Ended),
                (false, false) | (true, true) => None,
            },
        }
    }

    /// Lets time pass: what has not been heard of for too long is unknown.
    pub fn expire(&mut self, settings: &CheckSettings, now: Moment) -> Option<Change> {
        if self.stale || self.hard().is_none() || now < self.stale_at(settings) {
            return None;
        }
        let from = self.status();
        self.stale = true;
        self.change(from, now, |_| Cause::Stale)
    }

    /// Something was heard that does not count.
    pub(super) fn heard(&mut self, now: Moment) {
        self.heard_at = now;
    }

    fn count(&mut self, settings: &CheckSettings, now: Moment, level: Level) {
        let fails = level.is_failure();
        let counted = Counted {
            level,
            soft_failure: fails && self.base.unwrap_or_default() == Level::Healthy,
        };
        self.recent.push(counted, settings.window());
        self.changes.push(settings.kind, level);
        if fails {
            self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
            self.onset.get_or_insert(Onset {
                failed_at: now,
                not_before: self.passed_at.unwrap_or_default(),
            });
        } else {
            self.failures_in_a_row = 0;
            self.passed_at = Some(now);
        }
    }

    fn follow_rules(&mut self, settings: &CheckSettings, level: Level) {
        let base = self.base.unwrap_or_default();
        if let Some(worse) = risen(settings, &self.recent, self.failures_in_a_row, base) {
            self.base = Some(worse);
            self.recent.harden();
        } else if let Some(better) = fallen(settings, &self.recent, base).filter(|_| base > Level::Healthy) {
            self.base = Some(better);
        } else if self.base.is_none() && level == Level::Healthy {
            self.base = Some(Level::Healthy);
        }
    }

    fn follow_intermittent(&mut self, settings: &CheckSettings) {
        let rule = settings.intermittent;
        let soft = self.recent.soft_failures(rule.within);
        let bound = if self.intermittent {
            rule.until + 1
        } else {
            rule.failures
        };
        self.intermittent = soft >= bound as usize;
    }

    fn follow_flapping(&mut self, settings: &CheckSettings) {
        let rule = settings.flapping;
        let bound = if self.flapping {
            rule.stop_percent
        } else {
            rule.start_percent
        };
        self.flapping = self.changes.tenths_of_percent() > bound * 10;
    }

    /// A good result ends the onset, unless the status that came of it still stands.
    fn settle_onset(&mut self, level: Level) {
        if !level.is_failure() && self.base.unwrap_or_default() < Level::Critical {
            self.onset = None;
        }
    }

    fn change(&mut self, from: HealthStatus, now: Moment, cause: impl Fn(&Self) -> Cause) -> Option<Change> {
        let to = self.status();
        (to != from).then(|| Change {
            from,
            to,
            cause: cause(self),
            from_since: std::mem::replace(&mut self.since, now),
        })
    }

    fn cause(&self, kind: CheckKind, from: HealthStatus, base: Option<Level>, was_flapping: bool) -> Cause {
        let before = Level::of_status(from);
        if self.base > base && self.base > before && self.base > Some(Level::Healthy) {
            return match kind {
                CheckKind::PassFail if self.failures_in_a_row > 0 => Cause::Failing,
                CheckKind::PassFail | CheckKind::Level => Cause::Sustained,
            };
        }
        match before {
            None if base.is_some() => Cause::HeardAgain,
            None if self.hard() == Some(Level::Healthy) => Cause::FirstResult,
            Some(before) if self.hard() < Some(before) => Cause::Recovered,
            None | Some(_) if self.flapping && !was_flapping => Cause::Flapping,
            None | Some(_) => Cause::Intermittent,
        }
    }
}
