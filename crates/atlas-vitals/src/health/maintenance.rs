//! Maintenance: the times for which trouble is expected. A job announces its own, which ends by itself; the owner plans
//! others by date or by the week. It knows when one covers a check, and changes no status.

use std::collections::BTreeSet;
use std::time::Duration;

use atlas_domain::Timestamp;

use super::calendar::WeeklyWindow;
use super::spans::Span;
use crate::Moment;

/// No job may announce more at once: whoever works longer announces again.
const LONGEST_ANNOUNCED: Duration = Duration::from_hours(24);

/// A time for which trouble is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maintenance {
    /// Its name, by which it is ended or replaced.
    pub name: String,
    /// Why, for people.
    pub reason: String,
    /// Which checks it covers.
    pub scope: Scope,
    /// When.
    pub time: MaintenanceTime,
}

/// Which checks are covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All of them.
    Everything,
    /// These.
    Checks(BTreeSet<String>),
}

/// When maintenance is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MaintenanceTime {
    /// Announced by a job: counted on the time line, so that no clock that is put back makes it longer.
    Announced {
        /// From here on,
        from: Moment,
        /// and no longer than to here.
        until: Moment,
    },
    /// Planned by date.
    Planned {
        /// From here on,
        from: Timestamp,
        /// and no longer than to here.
        until: Timestamp,
    },
    /// Planned by the week, as the clock on the wall of a time zone shows it.
    Weekly(WeeklyWindow),
}

impl Maintenance {
    /// What a job announces at `now`: for so long, and a day at most.
    pub fn announced(name: &str, reason: &str, scope: Scope, now: Moment, lasts: Duration) -> Self {
        Self {
            name: name.to_owned(),
            reason: reason.to_owned(),
            scope,
            time: MaintenanceTime::Announced {
                from: now,
                until: now.after(lasts.min(LONGEST_ANNOUNCED)),
            },
        }
    }

    /// Whether it is now.
    pub fn is_now(&self, now: Moment, wall: Timestamp) -> bool {
        match &self.time {
            MaintenanceTime::Announced { from, until } => (*from..*until).contains(&now),
            MaintenanceTime::Planned { from, until } => (*from..*until).contains(&wall),
            MaintenanceTime::Weekly(window) => window.covers(wall),
        }
    }

    /// When it is, on the time line, as both clocks go now: what is not over of it. Of a weekly one the time that is
    /// now, if one is, and the next.
    pub fn spans(&self, now: Moment, wall: Timestamp) -> Vec<Span> {
        match &self.time {
            MaintenanceTime::Weekly(window) => window.spans(now, wall),
            MaintenanceTime::Announced { from, until } if *until > now => vec![Span {
                from: *from,
                until: *until,
            }],
            MaintenanceTime::Planned { from, until } if *until > wall => vec![Span {
                from: now.at_wall(wall, *from),
                until: now.at_wall(wall, *until),
            }],
            MaintenanceTime::Announced { .. } | MaintenanceTime::Planned { .. } => Vec::new(),
        }
    }

    /// Whether it is about this check.
    pub fn is_about(&self, check: &str) -> bool {
        match &self.scope {
            Scope::Everything => true,
            Scope::Checks(checks) => checks.contains(check),
        }
    }

    /// What is wrong with it, when something is.
    pub fn fault(&self) -> Option<String> {
        let problem = match (&self.scope, &self.time) {
            (Scope::Checks(checks), _) if checks.is_empty() => "covers no check; name some",
            (_, MaintenanceTime::Planned { from, until }) if from >= until => "must end after it begins",
            (_, MaintenanceTime::Weekly(window)) if window.days.is_empty() => {
                "has no day of the week; name some"
            }
            _ => return None,
        };
        Some(format!("maintenance `{}` {problem}", self.name))
    }

    /// When the answer of [`Maintenance::is_now`] becomes another, if it does.
    fn next_change(&self, now: Moment, wall: Timestamp) -> Option<Moment> {
        let by_wall = |at: Timestamp| now.after(at.since(wall));
        match &self.time {
            MaintenanceTime::Announced { from, until } => {
                [*from, *until].into_iter().find(|bound| *bound > now)
            }
            MaintenanceTime::Planned { from, until } => {
                let bound = [*from, *until].into_iter().find(|bound| *bound > wall);
                bound.map(by_wall)
            }
            MaintenanceTime::Weekly(window) => window.next_change(wall).map(by_wall),
        }
    }
}

/// All maintenance that is announced or planned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Calendar {
    /// What jobs announced. It is kept over a restart.
    pub(super) announced: Vec<Maintenance>,
    /// What the owner planned.
    pub(super) planned: Vec<Maintenance>,
}

impl Calendar {
    /// Takes what a job announces, in place of what it announced before.
    pub(super) fn announce(&mut self, maintenance: Maintenance) {
        self.end(&maintenance.name);
        self.announced.push(maintenance);
    }

    /// Ends what a job announced, before its time.
    pub(super) fn end(&mut self, name: &str) {
        self.announced.retain(|maintenance| maintenance.name != name);
    }

    /// Forgets what is over.
    pub(super) fn forget_past(&mut self, now: Moment) {
        self.announced.retain(|maintenance| match maintenance.time {
            MaintenanceTime::Announced { until, .. } => until > now,
            MaintenanceTime::Planned { .. } | MaintenanceTime::Weekly(_) => true,
        });
    }

    /// What is announced, then what is planned.
    pub(super) fn all(&self) -> impl Iterator<Item = &Maintenance> {
        self.announced.iter().chain(&self.planned)
    }

    /// What covers a check now, if anything does.
    pub(super) fn covering(&self, check: &str, now: Moment, wall: Timestamp) -> Option<&Maintenance> {
        self.all()
            .find(|maintenance| maintenance.is_about(check) && maintenance.is_now(now, wall))
    }

    /// When something begins or ends next.
    pub(super) fn next_change(&self, now: Moment, wall: Timestamp) -> Option<Moment> {
        self.all()
            .filter_map(|maintenance| maintenance.next_change(now, wall))
            .min()
    }
}
