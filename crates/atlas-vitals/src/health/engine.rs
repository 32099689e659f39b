//! `HealthEngine`: all checks together. [`HealthEngine::step`] takes one thing that happened and says what follows: which
//! checks run now, which status became another, and what is told. It runs nothing, waits for nothing and sends nothing.

mod configure;
mod holding;
mod view;

use std::collections::BTreeMap;
use std::time::Duration;

use atlas_domain::{HealthStatus, Timestamp};

use super::check::Change;
use super::maintenance::{Calendar, Maintenance};
use super::overall::overall;
use super::result::CheckResult;
use super::service::Service;
use super::settings::SOONEST_RECHECK;
use super::spans::Spans;
use super::transition::{FlappingWord, Transition};
use crate::Moment;
pub use view::ServiceHealth;

/// All checks, with what is known of them.
#[derive(Debug, Clone, PartialEq)]
pub struct HealthEngine {
    pub(super) services: BTreeMap<String, Service>,
    /// What each depends on, near or far.
    ancestors: BTreeMap<String, Vec<String>>,
    pub(super) calendar: Calendar,
    /// When Atlas itself was not running.
    pub(super) not_monitored: Spans,
    seed: u64,
    /// The newest moment that was told, on both clocks.
    at: (Moment, Timestamp),
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum HealthInput {
    /// Time passed.
    Tick,
    /// A run has ended.
    Result {
        /// Of this check.
        check: String,
        /// With this result.
        result: CheckResult,
    },
    /// A job expects trouble.
    Announce(Maintenance),
    /// A job has done what it announced under this name.
    EndMaintenance(String),
}

/// Something that follows.
#[derive(Debug, Clone, PartialEq)]
pub enum HealthEffect {
    /// The check is to be run now, and its result handed in at the latest after `deadline`.
    Run {
        /// This one.
        check: String,
        /// How long it may take.
        deadline: Duration,
    },
    /// A status became another. It is kept, and told when it says so.
    Changed(Transition),
    /// A transition that was kept back is told now, or flapping that ended is summed up. It is not kept again.
    Told(Transition),
}

impl HealthEngine {
    /// Lets one thing happen.
    pub fn step(&mut self, now: Moment, wall: Timestamp, input: HealthInput) -> Vec<HealthEffect> {
        self.at = (now, wall);
        let mut effects = Vec::new();
        match input {
            HealthInput::Tick => {}
            HealthInput::Result { check, result } => self.take(&check, result, &mut effects),
            HealthInput::Announce(maintenance) => self.calendar.announce(maintenance),
            HealthInput::EndMaintenance(name) => self.calendar.end(&name),
        }
        self.follow_calendar();
        self.expire(&mut effects);
        self.tell_what_was_held(&mut effects);
        self.start_runs(&mut effects);
        effects
    }

    /// When it wants to be told of the time again, counted from the last step.
    pub fn next_due(&self) -> Option<Moment> {
        let (now, wall) = self.at;
        let of_services = self.services.iter().flat_map(|(name, service)| {
            let is_heard = !service.state.stale && service.state.hard().is_some();
            let stale = is_heard.then(|| service.state.stale_at(&service.settings));
            let held = (service.state.hard() > Some(service.telling.told))
                .then(|| self.hold(name)?.until)
                .flatten();
            [Some(service.schedule.due()), stale, held]
        });
        let all = of_services.chain([self.calendar.next_change(now, wall)]);
        all.flatten().min()
    }

    /// How the whole is.
    pub fn overall(&self) -> HealthStatus {
        let services = self.services.values();
        overall(services.map(|service| (service.state.status(), service.settings.critical)))
    }

    /// A result of a check that there is no more, since the settings were read again, is of no use.
    fn take(&mut self, name: &str, result: CheckResult, effects: &mut Vec<HealthEffect>) {
        let (now, wall) = self.at;
        let Some(service) = self.services.get_mut(name) else {
            return;
        };
        let failed_before = service.state.is_failing();
        let step = service.look(now, result);
        let flapping = service.telling.observe(&service.state, step.flapping, now);
        if !failed_before && service.state.is_failing() {
            self.ask_ancestors(name);
        }
        if let Some(change) = step.change {
            effects.extend(self.change(name, change, flapping));
        } else if let FlappingWord::Ended(_) = flapping {
            let hold = self.hold(name);
            let Some(service) = self.services.get_mut(name) else {
                return;
            };
            let status = service.state.status();
            if service.telling.announce(status, flapping, hold, now).is_yes() {
                let told = service.told_late(flapping, wall);
                effects.push(HealthEffect::Told(self.with_blockers(told)));
            }
        }
    }

    fn change(&mut self, name: &str, change: Change, flapping: FlappingWord) -> Option<HealthEffect> {
        let hold = self.hold(name);
        let at = self.at;
        let service = self.services.get_mut(name)?;
        let transition = service.change(change, flapping, hold, at);
        Some(HealthEffect::Changed(self.with_blockers(transition)))
    }

    /// A check that begins to fail makes those it depends on be looked at soon, so that theirs is the notice: what they
    /// said before it failed says nothing about now.
    fn ask_ancestors(&mut self, name: &str) {
        let (now, _) = self.at;
        for ancestor in self.ancestors.get(name).into_iter().flatten() {
            let Some(service) = self.services.get_mut(ancestor) else {
                continue;
            };
            if !service.state.is_failing() {
                let soonest = service.state.heard_at.after(SOONEST_RECHECK);
                service.schedule.hasten(soonest.max(now));
            }
        }
    }

    fn follow_calendar(&mut self) {
        let (now, wall) = self.at;
        self.calendar.forget_past(now);
        for (name, service) in &mut self.services {
            let covered = self.calendar.covering(name, now, wall).is_some();
            service.history.maintained(covered, now);
            service.history.forget_past(now);
        }
        self.not_monitored
            .forget_before(now.before(super::history::KEPT_FOR));
    }

    fn expire(&mut self, effects: &mut Vec<HealthEffect>) {
        let (now, _) = self.at;
        let mut expired = Vec::new();
        for (name, service) in &mut self.services {
            let change = service.state.expire(&service.settings, now);
            expired.extend(change.map(|change| (name.clone(), change, service.flapping_word())));
        }
        for (name, change, flapping) in expired {
            effects.extend(self.change(&name, change, flapping));
        }
    }

    fn start_runs(&mut self, effects: &mut Vec<HealthEffect>) {
        let (now, _) = self.at;
        for (name, service) in &mut self.services {
            if service.schedule.start(&service.settings, now) {
                effects.push(HealthEffect::Run {
                    check: name.clone(),
                    deadline: service.settings.deadline(),
                });
            }
        }
    }
}
