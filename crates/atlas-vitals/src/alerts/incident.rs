//! An incident: one episode of one thing that went wrong, from the first sign to its end. It decides what state it is
//! in and what of that is news; whom to tell is decided elsewhere.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{IncidentEnd, IncidentState, Severity, Timestamp};

use super::line::Line;
use super::text::{LONGEST_LINE_BYTES, one_line};
use super::{IncidentId, Labels};
use crate::Moment;

/// How bad something is: how loudly it is told first, then which of the statuses told that loudly it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Badness {
    pub(super) severity: Severity,
    pub(super) level: u8,
}

/// What its source says of it now.
#[derive(Debug, Clone)]
pub(super) enum Signal {
    Active(Active),
    Clear,
}

/// Its condition holds.
#[derive(Debug, Clone)]
pub(super) struct Active {
    pub(super) badness: Badness,
    pub(super) summary: String,
    pub(super) why: String,
}

/// What is news about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    Fired,
    Worse,
    Ended(IncidentEnd),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Acknowledgement {
    pub(super) severity: Severity,
    pub(super) by: String,
    pub(super) comment: String,
    pub(super) wall: Timestamp,
}

/// What its rule asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timers {
    pub(super) hold: Duration,
    pub(super) keep_firing: Duration,
    /// Whoever was not seen for longer was absent.
    pub(super) longest_gap: Duration,
}

#[derive(Debug, Clone)]
pub(super) struct Incident {
    pub(super) id: IncidentId,
    pub(super) fingerprint: Arc<str>,
    pub(super) rule: Arc<str>,
    pub(super) service: Arc<str>,
    pub(super) labels: Labels,
    /// It follows a status, which stays as it is until another one is told; a value counts only when it is seen.
    pub(super) is_status: bool,
    pub(super) state: IncidentState,
    /// Since when in this state.
    pub(super) since: Moment,
    pub(super) last_seen: Moment,
    /// What it was last told was the end of its condition.
    pub(super) is_clear: bool,
    pub(super) badness: Badness,
    pub(super) worst: Badness,
    pub(super) began: Moment,
    pub(super) began_wall: Timestamp,
    pub(super) fired_at: Option<Moment>,
    pub(super) fired_wall: Option<Timestamp>,
    pub(super) critical_since: Option<Moment>,
    pub(super) ended_wall: Option<Timestamp>,
    pub(super) end: Option<IncidentEnd>,
    pub(super) summary: String,
    pub(super) why: String,
    pub(super) runbook: String,
    pub(super) command: Option<String>,
    pub(super) acknowledged: Option<Acknowledgement>,
    pub(super) escalation: u8,
    pub(super) flapping: bool,
    /// How often it was told locally; each of these is one row.
    pub(super) inbox: u32,
    pub(super) lines: Vec<Line>,
}

impl Incident {
    pub(super) fn is_firing(&self) -> bool {
        matches!(self.state, IncidentState::Firing | IncidentState::Recovering)
    }

    pub(super) fn is_over(&self) -> bool {
        self.state == IncidentState::Resolved
    }

    /// The value of one of its labels, or of what every incident has.
    pub(super) fn label(&self, name: &str) -> Option<&str> {
        match name {
            "rule" => Some(&self.rule),
            "service" => Some(&self.service),
            "severity" => Some(self.badness.severity.as_str()),
            other => self.labels.get(other),
        }
    }

    /// Takes in what its source says. At most one thing is news.
    pub(super) fn take(
        &mut self,
        signal: Signal,
        timers: Timers,
        now: Moment,
        wall: Timestamp,
    ) -> Option<News> {
        self.leave_the_gap_out(timers.longest_gap, now);
        self.last_seen = now;
        self.is_clear = matches!(signal, Signal::Clear);
        let news = match signal {
            Signal::Active(active) => self.active(active, timers, now, wall),
            Signal::Clear => self.clear(timers, now, wall),
        };
        self.watch_critical(now);
        news
    }

    /// Time has passed, and a status has stayed as it was.
    pub(super) fn wait(&mut self, timers: Timers, now: Moment, wall: Timestamp) -> Option<News> {
        if self.due(timers).is_none_or(|due| due > now) {
            return None;
        }
        let news = match self.state {
            IncidentState::Pending => self.fire(now, wall),
            IncidentState::Recovering => self.finish(IncidentEnd::Recovered, now, wall),
            IncidentState::Firing | IncidentState::Resolved => return None,
        };
        self.watch_critical(now);
        Some(news)
    }

    /// When its state changes by time alone.
    pub(super) fn due(&self, timers: Timers) -> Option<Moment> {
        match self.state {
            IncidentState::Pending if self.is_status && !self.is_clear => Some(self.since.after(timers.hold)),
            IncidentState::Recovering if self.is_status && self.is_clear => {
                Some(self.since.after(timers.keep_firing))
            }
            _ => None,
        }
    }

    /// It is over, whatever its source says.
    pub(super) fn finish(&mut self, end: IncidentEnd, now: Moment, wall: Timestamp) -> News {
        let end = if self.state == IncidentState::Pending && end == IncidentEnd::Recovered {
            IncidentEnd::Cleared
        } else {
            end
        };
        self.state = IncidentState::Resolved;
        self.since = now;
        self.ended_wall = Some(wall);
        self.end = Some(end);
        // Nobody else is asked about what is over, however late its end is delivered.
        self.critical_since = None;
        News::Ended(end)
    }

    /// It comes and goes no more: how it was belongs to why it is told.
    pub(super) fn sum_up(&mut self, flapped: Option<&str>) {
        let flapped = flapped.unwrap_or("it came and went");
        self.why = if self.is_clear || self.why.is_empty() {
            one_line(flapped, LONGEST_LINE_BYTES)
        } else {
            one_line(
                &format!("{flapped}, and stays so: {}", self.why),
                LONGEST_LINE_BYTES,
            )
        };
    }

    fn active(&mut self, active: Active, timers: Timers, now: Moment, wall: Timestamp) -> Option<News> {
        self.badness = active.badness;
        self.summary = active.summary;
        self.why = active.why;
        match self.state {
            IncidentState::Pending if now.since(self.since) >= timers.hold => Some(self.fire(now, wall)),
            IncidentState::Pending | IncidentState::Resolved => None,
            IncidentState::Firing => self.worse(),
            IncidentState::Recovering => {
                self.state = IncidentState::Firing;
                self.since = now;
                self.worse()
            }
        }
    }

    fn clear(&mut self, timers: Timers, now: Moment, wall: Timestamp) -> Option<News> {
        match self.state {
            IncidentState::Pending => Some(self.finish(IncidentEnd::Cleared, now, wall)),
            // What comes and goes is not over because it went.
            IncidentState::Firing if self.flapping => None,
            IncidentState::Firing if timers.keep_firing.is_zero() => {
                Some(self.finish(IncidentEnd::Recovered, now, wall))
            }
            IncidentState::Firing => {
                self.state = IncidentState::Recovering;
                self.since = now;
                None
            }
            IncidentState::Recovering if now.since(self.since) >= timers.keep_firing => {
                Some(self.finish(IncidentEnd::Recovered, now, wall))
            }
            IncidentState::Recovering | IncidentState::Resolved => None,
        }
    }

    fn fire(&mut self, now: Moment, wall: Timestamp) -> News {
        self.state = IncidentState::Firing;
        self.since = now;
        self.fired_at = Some(now);
        self.fired_wall = Some(wall);
        self.worst = self.badness;
        News::Fired
    }

    fn worse(&mut self) -> Option<News> {
        let is_worse = self.badness > self.worst;
        self.worst = self.worst.max(self.badness);
        is_worse.then_some(News::Worse)
    }

    fn watch_critical(&mut self, now: Moment) {
        let is_critical = self.is_firing() && self.badness.severity == Severity::Critical;
        self.critical_since = is_critical.then(|| self.critical_since.unwrap_or(now));
    }

    fn leave_the_gap_out(&mut self, longest: Duration, now: Moment) {
        let gap = now.since(self.last_seen);
        let counts = matches!(self.state, IncidentState::Pending | IncidentState::Recovering);
        if !self.is_status && counts && gap > longest {
            self.since = self.since.after(gap);
        }
    }
}
