//! `History`: what the status of one check has been, as the list of its transitions, and when maintenance covered it.
//! It keeps a bounded past and makes the uptime of it; nothing is decided by it.

use std::collections::VecDeque;
use std::time::Duration;

use atlas_domain::{HealthStatus, Timestamp};

use super::spans::{Span, Spans};
use super::transition::{Cause, Transition};
use super::uptime::Uptime;
use crate::Moment;

/// What is older says nothing about any uptime.
pub const KEPT_FOR: Duration = Duration::from_hours(90 * 24);

/// However restless a check is, no more is kept: the uptime of what is forgotten is not known.
const KEPT_ENTRIES: usize = 1_000;
/// All of one check is written as one row: what led to older transitions is not kept, only that they were.
const KEPT_MESSAGES: usize = 100;
/// So much of what led to one.
const KEPT_MESSAGE_CHARACTERS: usize = 300;

/// One transition, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// When the status became this one.
    pub at: Moment,
    /// The same by the wall clock.
    pub wall: Timestamp,
    /// The status before.
    pub from: HealthStatus,
    /// The status from then on.
    pub to: HealthStatus,
    /// Why.
    pub cause: Cause,
    /// What the result said that led to it, its beginning at least; of an old one, nothing.
    pub message: String,
}

/// An entry, and how long its status stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay<'a> {
    /// The entry with which it began.
    pub entry: &'a HistoryEntry,
    /// How long it stood, or has stood until now. It counts the time in which nobody looked.
    pub lasted: Duration,
    /// Whether it still stands.
    pub stands: bool,
}

/// What the status of one check has been.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    entries: VecDeque<HistoryEntry>,
    pub(super) maintenance: Spans,
    /// Maintenance that has not ended yet.
    pub(super) maintained_since: Option<Moment>,
}

impl HistoryEntry {
    pub(super) fn of(transition: &Transition) -> Self {
        let message = transition
            .observed
            .as_ref()
            .map(|result| result.message.chars().take(KEPT_MESSAGE_CHARACTERS).collect());
        Self {
            at: transition.since,
            wall: transition.since_wall,
            from: transition.from,
            to: transition.to,
            cause: transition.cause,
            message: message.unwrap_or_default(),
        }
    }
}

impl History {
    /// From what was kept, the oldest first.
    pub(super) fn from_oldest(entries: impl IntoIterator<Item = HistoryEntry>) -> Self {
        let mut history = Self::default();
        for entry in entries {
            history.record(entry);
        }
        history
    }

    /// Every transition that is kept, the oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &HistoryEntry> {
        self.entries.iter()
    }

    /// Every status with the time for which it stood, the newest first.
    pub fn stays(&self, now: Moment) -> impl Iterator<Item = Stay<'_>> {
        let ends = std::iter::once((now, true)).chain(self.entries.iter().rev().map(|next| (next.at, false)));
        self.entries
            .iter()
            .rev()
            .zip(ends)
            .map(|(entry, (end, stands))| Stay {
                entry,
                lasted: end.since(entry.at),
                stands,
            })
    }

    /// How it was over the last `window`, without the times in which nobody looked and those of maintenance.
    pub fn uptime(&self, window: Duration, not_monitored: &Spans, now: Moment) -> Uptime {
        let current = self.maintained_since.map(|from| Span { from, until: now });
        let maintenance = Spans::covering(self.maintenance.iter().chain(current));
        Uptime::over(window, &self.entries, not_monitored, &maintenance, now)
    }

    pub(super) fn record(&mut self, entry: HistoryEntry) {
        self.entries.push_back(entry);
        if self.entries.len() > KEPT_ENTRIES {
            self.entries.pop_front();
        }
        let old = self.entries.len().checked_sub(KEPT_MESSAGES + 1);
        if let Some(entry) = old.and_then(|old| self.entries.get_mut(old)) {
            entry.message = String::new();
        }
    }

    /// Maintenance covers it from now on, or does no more.
    pub(super) fn maintained(&mut self, covered: bool, now: Moment) {
        match (self.maintained_since, covered) {
            (None, true) => self.maintained_since = Some(now),
            (Some(from), false) => {
                self.maintenance.add(Span { from, until: now });
                self.maintained_since = None;
            }
            (None, false) | (Some(_), true) => {}
        }
    }

    /// Forgets what no uptime looks at. The newest entry before stays: its status reaches into what is looked at.
    pub(super) fn forget_past(&mut self, now: Moment) {
        let oldest = now.before(KEPT_FOR);
        while self.entries.get(1).is_some_and(|second| second.at <= oldest) {
            self.entries.pop_front();
        }
        self.maintenance.forget_before(oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u64) -> HistoryEntry {
        HistoryEntry {
            at: Moment::from_millis(number),
            wall: Timestamp::from_millis(0),
            from: HealthStatus::Healthy,
            to: HealthStatus::Down,
            cause: Cause::Failing,
            message: format!("the {number}th"),
        }
    }

    #[test]
    fn however_restless_a_check_is_its_row_stays_small() {
        let history = History::from_oldest((0..5_000).map(entry));
        let messages: Vec<&str> = history.entries().map(|entry| entry.message.as_str()).collect();
        assert_eq!(messages.len(), KEPT_ENTRIES);
        assert_eq!(
            messages.iter().filter(|message| !message.is_empty()).count(),
            KEPT_MESSAGES
        );
        assert_eq!(messages.last(), Some(&"the 4999th"));
    }
}
