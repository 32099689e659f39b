//! `Uptime`: for how long something was how, over a time that ends now. What nobody looked at, and what maintenance
//! covered, is measured apart and counts neither for nor against.

use std::collections::VecDeque;
use std::time::Duration;

use atlas_domain::HealthStatus;

use super::history::HistoryEntry;
use super::spans::{Span, Spans};
use crate::Moment;

/// The times over which it is told: a day, a week, a month, a quarter.
pub const UPTIME_WINDOWS: [Duration; 4] = [
    Duration::from_hours(24),
    Duration::from_hours(7 * 24),
    Duration::from_hours(30 * 24),
    Duration::from_hours(90 * 24),
];

/// For how long something was how. All times together are the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Uptime {
    /// All was well.
    pub healthy: Duration,
    /// It worked, worse than it should.
    pub degraded: Duration,
    /// It hardly worked.
    pub critical: Duration,
    /// It did not work.
    pub down: Duration,
    /// Nobody could find out, or what was found out is not kept.
    pub unknown: Duration,
    /// Trouble was expected.
    pub maintenance: Duration,
    /// Atlas itself was not running.
    pub not_monitored: Duration,
}

impl Uptime {
    /// From the transitions, the oldest first. Before the first one nothing is known.
    pub fn over(
        window: Duration,
        entries: &VecDeque<HistoryEntry>,
        not_monitored: &Spans,
        maintenance: &Spans,
        now: Moment,
    ) -> Self {
        let whole = Span {
            from: now.before(window),
            until: now,
        };
        let excluded = Spans::covering(not_monitored.iter().chain(maintenance.iter()));
        let mut uptime = Self {
            not_monitored: not_monitored.overlap(whole),
            ..Self::default()
        };
        // A time that is both is one in which nobody looked.
        uptime.maintenance = excluded.overlap(whole).saturating_sub(uptime.not_monitored);
        let mut until = now;
        for entry in entries.iter().rev() {
            if until <= whole.from {
                break; // what is older is not asked for
            }
            uptime.add(
                entry.to,
                Span {
                    from: entry.at,
                    until,
                },
                whole,
                &excluded,
            );
            until = until.min(entry.at);
        }
        let before = Span {
            from: whole.from.min(until),
            until,
        };
        uptime.add(HealthStatus::Unknown, before, whole, &excluded);
        uptime
    }

    /// The share of the time in which it worked, healthy or degraded, among that in which somebody found out. `None`
    /// when nobody did.
    pub fn share(&self) -> Option<f64> {
        let worked = (self.healthy + self.degraded).as_secs_f64();
        let failed = (self.critical + self.down).as_secs_f64();
        let measured = worked + failed;
        (measured > 0.0).then(|| worked / measured)
    }

    /// The time in which somebody found out how it was.
    pub fn measured(&self) -> Duration {
        self.healthy + self.degraded + self.critical + self.down
    }

    fn add(&mut self, status: HealthStatus, span: Span, whole: Span, excluded: &Spans) {
        let span = span.within(whole);
        let length = span.length().saturating_sub(excluded.overlap(span));
        let sum = match status {
            HealthStatus::Healthy => &mut self.healthy,
            HealthStatus::Degraded => &mut self.degraded,
            HealthStatus::Critical => &mut self.critical,
            HealthStatus::Down => &mut self.down,
            HealthStatus::Unknown => &mut self.unknown,
        };
        *sum += length;
    }
}
