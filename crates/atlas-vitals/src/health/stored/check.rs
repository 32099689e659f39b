//! How one check is kept, and how it comes back: as it was, except that what was heard is heard from now on, so that
//! the time in which nobody listened makes nothing stale.

use std::time::Duration;

use atlas_domain::HealthStatus;

use super::super::changes::Changes;
use super::super::check::{CheckState, Onset};
use super::super::history::{History, HistoryEntry};
use super::super::level::Level;
use super::super::recent::{Counted, Recent};
use super::super::result::CheckResult;
use super::super::service::Service;
use super::super::spans::{Span, Spans};
use super::super::telling::{Episode, Telling, Waiting};
use super::{StoredCheck, StoredEpisode, StoredReport, StoredResult, StoredSpan, StoredTransition};
use crate::Moment;

impl StoredCheck {
    /// One check, as of `now`.
    pub(in crate::health) fn of(service: &Service, now: Moment) -> Self {
        let state = &service.state;
        let history = &service.history;
        let current = history.maintained_since.map(|from| Span { from, until: now });
        Self {
            name: service.settings.name.clone(),
            base: state.base.map(Level::status),
            stale: state.stale,
            since_ms: state.since.millis(),
            heard_at_ms: service.restored.unwrap_or(state.heard_at).millis(),
            silent_for_ms: now.since(state.heard_at).as_millis() as u64,
            passed_at_ms: state.passed_at.map(Moment::millis),
            onset_ms: state
                .onset
                .map(|onset| (onset.failed_at.millis(), onset.not_before.millis())),
            recent: state.recent.iter().map(StoredResult::of).collect(),
            failures_in_a_row: state.failures_in_a_row,
            intermittent: state.intermittent,
            change_bits: state.changes.bits,
            change_last: state.changes.last.map(Level::outcome),
            flapping: service.telling.episode.map(StoredEpisode::of),
            told: service.telling.told.status(),
            held_at_ms: service.telling.waiting.map(|waiting| waiting.held_at.millis()),
            verdict: service.verdict,
            last: service.last.as_ref().map(StoredReport::of),
            last_error: service.last_error.as_ref().map(StoredReport::of),
            history: history.entries().map(StoredTransition::of).collect(),
            maintenance: history
                .maintenance
                .iter()
                .chain(current)
                .map(StoredSpan::of)
                .collect(),
        }
    }

    /// Its history up to `at_ms`, from when on nothing is known.
    pub(super) fn only_the_past(self, at_ms: u64) -> Self {
        Self {
            name: self.name,
            base: None,
            stale: false,
            since_ms: at_ms,
            heard_at_ms: at_ms,
            silent_for_ms: 0,
            passed_at_ms: None,
            onset_ms: None,
            recent: Vec::new(),
            failures_in_a_row: 0,
            intermittent: false,
            change_bits: 0,
            change_last: None,
            flapping: None,
            told: HealthStatus::Healthy,
            held_at_ms: None,
            verdict: None,
            last: None,
            last_error: self.last_error,
            history: self.history,
            maintenance: self.maintenance,
        }
    }

    /// Makes a new check what this one was.
    pub(in crate::health) fn take_up(self, service: &mut Service, now: Moment) {
        let at = |millis: u64| Moment::from_millis(millis).min(now);
        service.restored = Some(at(self.heard_at_ms));
        service.state = CheckState {
            base: self.base.and_then(Level::of_status),
            recent: Recent::from_oldest(self.recent.into_iter().filter_map(StoredResult::take_up)),
            failures_in_a_row: self.failures_in_a_row,
            intermittent: self.intermittent,
            changes: Changes {
                bits: self.change_bits,
                last: self.change_last.and_then(Level::of),
            },
            flapping: self.flapping.is_some(),
            stale: self.stale,
            // Nobody listened between the two processes: only the time in which one did makes anything stale.
            heard_at: now.before(Duration::from_millis(self.silent_for_ms)),
            since: at(self.since_ms),
            passed_at: self.passed_at_ms.map(at),
            onset: self.onset_ms.map(|(failed_at, not_before)| Onset {
                failed_at: at(failed_at),
                not_before: at(not_before),
            }),
        };
        service.telling = Telling {
            told: level(self.told),
            waiting: self.held_at_ms.map(|held_at| Waiting {
                held_at: at(held_at),
                asked: false,
            }),
            episode: self.flapping.map(|episode| episode.take_up(now)),
        };
        service.verdict = self.verdict;
        service.last = self.last.map(StoredReport::take_up);
        service.last_error = self.last_error.map(StoredReport::take_up);
        service.history = History::from_oldest(self.history.into_iter().map(|entry| entry.take_up(now)));
        service.history.maintenance = Spans::covering(self.maintenance.iter().map(|span| span.take_up(now)));
    }
}

impl StoredResult {
    fn of(counted: Counted) -> Self {
        Self {
            outcome: counted.level.outcome(),
            soft_failure: counted.soft_failure,
        }
    }

    fn take_up(self) -> Option<Counted> {
        Some(Counted {
            level: Level::of(self.outcome)?,
            soft_failure: self.soft_failure,
        })
    }
}

impl StoredEpisode {
    fn of(episode: Episode) -> Self {
        Self {
            since_ms: episode.since.millis(),
            changes: episode.changes,
            worst: episode.worst.status(),
            worst_told: episode.worst_told.status(),
        }
    }

    fn take_up(self, now: Moment) -> Episode {
        Episode {
            since: Moment::from_millis(self.since_ms).min(now),
            changes: self.changes,
            worst: level(self.worst),
            worst_told: level(self.worst_told),
        }
    }
}

impl StoredReport {
    fn of(result: &CheckResult) -> Self {
        Self {
            outcome: result.outcome,
            value: result.value,
            unit: result.unit.clone(),
            message: result.message.clone(),
            took_ms: u64::try_from(result.took.as_millis()).unwrap_or(u64::MAX),
            observed_at: result.observed_at,
        }
    }

    fn take_up(self) -> CheckResult {
        CheckResult {
            outcome: self.outcome,
            value: self.value,
            unit: self.unit,
            message: self.message,
            took: Duration::from_millis(self.took_ms),
            observed_at: self.observed_at,
        }
    }
}

impl StoredTransition {
    fn of(entry: &HistoryEntry) -> Self {
        Self {
            at_ms: entry.at.millis(),
            wall: entry.wall,
            from: entry.from,
            to: entry.to,
            cause: entry.cause,
            message: entry.message.clone(),
        }
    }

    fn take_up(self, now: Moment) -> HistoryEntry {
        HistoryEntry {
            at: Moment::from_millis(self.at_ms).min(now),
            wall: self.wall,
            from: self.from,
            to: self.to,
            cause: self.cause,
            message: self.message,
        }
    }
}

/// What cannot have been told counts as nothing told.
fn level(status: HealthStatus) -> Level {
    Level::of_status(status).unwrap_or_default()
}
