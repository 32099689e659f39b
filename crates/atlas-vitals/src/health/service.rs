//! `Service`: one check with everything that belongs to it: settings, state, what was told, when it runs, what it was.
//! It takes results for itself; what others have to do with it is the engine's.

use atlas_domain::{CheckOutcome, HealthStatus, Timestamp};

use super::check::{Change, CheckState, Step};
use super::history::{History, HistoryEntry};
use super::level::Level;
use super::result::CheckResult;
use super::schedule::Schedule;
use super::settings::CheckSettings;
use super::telling::Telling;
use super::transition::{Announce, Cause, FlappingWord, Hold, Transition};
use crate::Moment;

/// One check with everything that belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Service {
    pub(super) settings: CheckSettings,
    pub(super) state: CheckState,
    pub(super) telling: Telling,
    pub(super) schedule: Schedule,
    /// The newest result, whatever it says.
    pub(super) last: Option<CheckResult>,
    /// The newest that is a failure, or our own fault.
    pub(super) last_error: Option<CheckResult>,
    /// What the thresholds said of the newest value.
    pub(super) verdict: Option<CheckOutcome>,
    pub(super) history: History,
    /// What it knows is from an earlier process, which heard of it last at this moment.
    pub(super) restored: Option<Moment>,
    /// Until then failures do not count.
    pub(super) grace_until: Moment,
}

impl Service {
    pub(super) fn new(settings: CheckSettings, schedule: Schedule, now: Moment) -> Self {
        Self {
            state: CheckState::new(now),
            telling: Telling::default(),
            schedule,
            last: None,
            last_error: None,
            verdict: None,
            history: History::default(),
            restored: None,
            grace_until: now.after(settings.grace),
            settings,
        }
    }

    /// Takes one result.
    pub(super) fn look(&mut self, now: Moment, result: CheckResult) -> Step {
        let result = self.judged(result.settled());
        let level = Level::of(result.outcome);
        let fails = level.is_some_and(Level::is_failure);
        let is_starting = now < self.grace_until;
        if level.is_some() {
            self.restored = None;
        }
        let step = if fails && is_starting {
            self.state.heard(now);
            Step::default()
        } else {
            if level.is_some() {
                self.grace_until = Moment::ORIGIN; // what has worked once is no longer starting
            }
            self.state.step(&self.settings, now, result.outcome)
        };
        let in_doubt = self.state.is_in_doubt(self.settings.kind) || (fails && is_starting);
        self.schedule.ended(&self.settings, in_doubt, now);
        if fails || level.is_none() {
            self.last_error = Some(result.clone());
        }
        self.last = Some(result);
        step
    }

    /// A change of status, told or not, which becomes history.
    pub(super) fn change(
        &mut self,
        change: Change,
        flapping: FlappingWord,
        hold: Option<Hold>,
        (now, wall): (Moment, Timestamp),
    ) -> Transition {
        let observed = match change.cause {
            Cause::Stale => None,
            _ => self.last.clone(),
        };
        let transition = Transition {
            check: self.settings.name.clone(),
            from: change.from,
            to: change.to,
            cause: change.cause,
            observed,
            since: now,
            since_wall: wall,
            lasted: now.since(change.from_since),
            blocked_by: Vec::new(),
            flapping,
            announce: self.telling.announce(change.to, flapping, hold, now),
        };
        self.history.record(HistoryEntry::of(&transition));
        transition
    }

    /// The transition that led here, told only now.
    pub(super) fn told_late(&self, flapping: FlappingWord, wall: Timestamp) -> Transition {
        let mut entries = self.history.entries().rev();
        let latest = entries.next();
        let earlier = entries.next();
        let since = self.state.since();
        Transition {
            check: self.settings.name.clone(),
            from: latest.map_or(HealthStatus::Unknown, |entry| entry.from),
            to: self.state.status(),
            cause: latest.map_or(Cause::HeardAgain, |entry| entry.cause),
            observed: self.last.clone(),
            since,
            since_wall: latest.map_or(wall, |entry| entry.wall),
            lasted: earlier.map_or(std::time::Duration::ZERO, |entry| since.since(entry.at)),
            blocked_by: Vec::new(),
            flapping,
            announce: Announce::Yes,
        }
    }

    /// What flapping a transition that is told late is part of.
    pub(super) fn flapping_word(&self) -> FlappingWord {
        if self.state.is_flapping() {
            FlappingWord::Ongoing
        } else {
            FlappingWord::Steady
        }
    }

    /// A result with what the thresholds say of its value. It is never better than what the check itself says.
    fn judged(&mut self, result: CheckResult) -> CheckResult {
        let (Some(thresholds), Some(value)) = (&self.settings.thresholds, result.value) else {
            return result;
        };
        let verdict = thresholds.judge(value, self.verdict);
        self.verdict = Some(verdict);
        let worst = Level::of(result.outcome).zip(Level::of(verdict));
        let outcome = worst.map_or(CheckOutcome::Unknown, |(own, of_value)| {
            own.max(of_value).outcome()
        });
        CheckResult { outcome, ..result }
    }
}
