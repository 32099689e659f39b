//! What a service owes to those it depends on: which of them block it, and whether its notice waits for theirs. It
//! compares states that it is shown, and tells nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::check::CheckState;
use super::level::Level;
use super::settings::{CheckKind, CheckSettings};
use super::transition::{HeldBy, Hold};
use crate::Moment;

/// What fails later than this after what it depends on, fails for a reason of its own.
const CAUSED_WITHIN: Duration = Duration::from_mins(5);

/// No notice waits longer after the first failure.
const HELD_AT_MOST: Duration = Duration::from_mins(30);

/// A check as the checks that depend on it see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parent<'a> {
    pub(super) settings: &'a CheckSettings,
    pub(super) state: &'a CheckState,
}

/// All that a check depends on, near or far, without repetition and in a fixed order.
pub(super) fn ancestors<'a>(name: &str, parents_of: &BTreeMap<&'a str, &'a [String]>) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut ahead: Vec<&str> = vec![name];
    while let Some(here) = ahead.pop() {
        for parent in parents_of.get(here).copied().unwrap_or_default() {
            if found.insert(parent.as_str()) {
                ahead.push(parent);
            }
        }
    }
    found
}

impl Parent<'_> {
    /// Whether what depends on it cannot be expected to work.
    pub(super) fn blocks(self) -> bool {
        !self.state.stale && self.state.hard() >= Some(Level::Critical)
    }

    /// What holds back the notice of a failing check that depends on it, if anything does.
    pub(super) fn hold(self, child: &CheckState, now: Moment) -> Option<Hold> {
        let onset = self.state.onset().filter(|_| !self.state.stale)?;
        let failed_at = child.onset().map_or(child.since(), |onset| onset.failed_at);
        // Nobody saw it fail before: it began somewhere between the last good look and the first bad one.
        let is_caused = (onset.not_before..=onset.failed_at.after(CAUSED_WITHIN)).contains(&failed_at);
        let latest = failed_at.after(HELD_AT_MOST);
        if !is_caused || now >= latest {
            return None;
        }
        let name = || self.settings.name.clone();
        if self.blocks() && child.hard() <= self.state.hard() {
            return Some(Hold {
                by: HeldBy::Dependency(name()),
                until: Some(latest),
            });
        }
        let until = child.since().after(self.next_answer()).min(latest);
        (self.may_still_get_worse() && now < until).then(|| Hold {
            by: HeldBy::DependencyInDoubt(name()),
            until: Some(until),
        })
    }

    fn may_still_get_worse(self) -> bool {
        let worst = match self.settings.kind {
            CheckKind::PassFail => Some(Level::Down),
            CheckKind::Level => Level::of_status(self.state.soft_status(self.settings.kind)),
        };
        self.state.is_failing() && self.state.hard() < worst
    }

    /// How long it takes at most until it has been looked at once more.
    fn next_answer(self) -> Duration {
        let pace = if self.state.is_in_doubt(self.settings.kind) {
            self.settings.recheck_every()
        } else {
            self.settings.every
        };
        pace + self.settings.deadline()
    }
}
