//! `Tally`: how many breakers of a service are in which way, without a look at each of those that are not at hand: they
//! are counted as they fall asleep and wake.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::SystemTime;

use super::Breakers;
use crate::breaker::{BreakerStatus, OverlayMode, Phase, StoredBreaker, WallMillis};
use crate::clock::Moment;

/// How many breakers are not simply closed. They are counted by their own judgement, and those that a person decided
/// about once more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those that are open.
    pub open: usize,
    /// Those that try whether the other side is well again.
    pub half_open: usize,
    /// Closed ones whose scope asked for a pause that is not over. Of those that a person decided about it is not told.
    pub paused: usize,
    /// Those that a person decided about, whatever was decided.
    pub decided: usize,
    /// Those of them that let no call through.
    pub forced_open: usize,
    /// When a person decided about the first of them.
    pub first_decision: Option<Moment>,
}

impl Tally {
    pub(super) fn count(&mut self, status: &BreakerStatus) {
        match status.phase {
            Phase::Open => self.open += 1,
            Phase::HalfOpen => self.half_open += 1,
            Phase::Closed => self.paused += usize::from(status.until.is_some()),
        }
        self.forced_open += usize::from(status.overlay.mode == OverlayMode::ForcedOpen);
        if status.overlay.mode != OverlayMode::Auto {
            self.decided += 1;
            let since = status.overlay.since;
            self.first_decision = Some(self.first_decision.map_or(since, |first| first.min(since)));
        }
    }
}

impl Breakers {
    /// How many are in which way. What it costs depends on those at hand and those that a person decided about, not
    /// on those that sleep.
    pub fn tally(&self) -> Tally {
        let (mut tally, decided) = self.shared.dormant.tally(millis(self.shared.wall()));
        for (_, breaker) in self.hot.iter() {
            tally.count(&breaker.status());
        }
        for scope in decided {
            if self.hot.peek(&scope).is_none()
                && let Some(row) = self.shared.dormant.get(&scope)
            {
                tally.count(&self.shared.restored(&scope, &row).status());
            }
        }
        tally
    }
}

/// The sleepers of each way.
#[derive(Debug, Default)]
pub(super) struct Sleeping {
    open: usize,
    half_open: usize,
    /// Closed ones that asked for a pause, with its end: those whose pause is over are no longer among them once
    /// somebody has looked.
    paused: BTreeSet<(WallMillis, Arc<str>)>,
    /// Decided about. A decision ends by time, so each of them is looked at.
    decided: HashSet<Arc<str>>,
}

impl Sleeping {
    pub(super) fn add(&mut self, scope: &Arc<str>, row: &StoredBreaker) {
        match (row.overlay, row.phase) {
            (OverlayMode::Auto, Phase::Open) => self.open += 1,
            (OverlayMode::Auto, Phase::HalfOpen) => self.half_open += 1,
            (OverlayMode::Auto, Phase::Closed) => {
                if let Some(end) = row.not_before {
                    self.paused.insert((end, Arc::clone(scope)));
                }
            }
            _decided => {
                self.decided.insert(Arc::clone(scope));
            }
        }
    }

    pub(super) fn remove(&mut self, scope: &Arc<str>, row: &StoredBreaker) {
        match (row.overlay, row.phase) {
            (OverlayMode::Auto, Phase::Open) => self.open -= 1,
            (OverlayMode::Auto, Phase::HalfOpen) => self.half_open -= 1,
            (OverlayMode::Auto, Phase::Closed) => {
                if let Some(end) = row.not_before {
                    self.paused.remove(&(end, Arc::clone(scope)));
                }
            }
            _decided => {
                self.decided.remove(scope);
            }
        }
    }

    /// Those that are counted, and those that are still to be looked at.
    pub(super) fn at(&mut self, wall: WallMillis) -> (Tally, Vec<Arc<str>>) {
        while self.paused.first().is_some_and(|(end, _)| *end <= wall) {
            self.paused.pop_first();
        }
        let tally = Tally {
            open: self.open,
            paused: self.paused.len(),
            half_open: self.half_open,
            ..Tally::default()
        };
        (tally, self.decided.iter().cloned().collect())
    }
}

fn millis(wall: SystemTime) -> WallMillis {
    let since_epoch = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    WallMillis::try_from(since_epoch.as_millis()).unwrap_or(WallMillis::MAX)
}
