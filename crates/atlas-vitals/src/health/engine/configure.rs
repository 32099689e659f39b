//! How an engine begins, comes back after a restart, and takes other settings: what is wrong with them is told, and
//! nothing is changed.

use std::collections::BTreeMap;

use atlas_domain::Timestamp;

use super::super::dependencies::ancestors;
use super::super::faults::{CheckFault, faults};
use super::super::maintenance::{Calendar, Maintenance};
use super::super::schedule::Schedule;
use super::super::service::Service;
use super::super::settings::CheckSettings;
use super::super::spans::{Span, Spans};
use super::super::stored::StoredHealth;
use super::HealthEngine;
use crate::Moment;

/// A server that dies every few seconds leaves a gap each time, and each is kept for 90 days.
const GAPS_KEPT: usize = 500;

impl HealthEngine {
    /// Without a past. The seed places the runs, so that not all of them come at once.
    pub fn new(
        checks: Vec<CheckSettings>,
        seed: u64,
        now: Moment,
        wall: Timestamp,
    ) -> Result<Self, Vec<CheckFault>> {
        let mut engine = Self {
            services: BTreeMap::new(),
            ancestors: BTreeMap::new(),
            calendar: Calendar::default(),
            not_monitored: Spans::default(),
            seed,
            at: (now, wall),
        };
        engine.configure(checks, now)?;
        Ok(engine)
    }

    /// With what an earlier process left. The time between is one in which nobody looked; what was known is shown as
    /// known then, and told only once it has been seen again.
    pub fn restore(
        checks: Vec<CheckSettings>,
        stored: StoredHealth,
        seed: u64,
        now: Moment,
        wall: Timestamp,
    ) -> Result<Self, Vec<CheckFault>> {
        let mut engine = Self::new(checks, seed, now, wall)?;
        let left_at = Moment::from_millis(stored.at_ms).min(now);
        let gaps = stored.not_monitored.iter().map(|span| span.take_up(now));
        engine.not_monitored = Spans::covering(gaps.chain([Span {
            from: left_at,
            until: now,
        }]))
        .at_most(GAPS_KEPT);
        engine.calendar.announced = stored.announced_at(now);
        for check in stored.checks {
            if let Some(service) = engine.services.get_mut(&check.name) {
                check.take_up(service, now);
            }
        }
        Ok(engine)
    }

    /// Takes other settings. A check that stays keeps what is known of it; one that is gone is forgotten.
    pub fn configure(&mut self, checks: Vec<CheckSettings>, now: Moment) -> Result<(), Vec<CheckFault>> {
        let found = faults(&checks);
        if !found.is_empty() {
            return Err(found);
        }
        let parents_of = checks
            .iter()
            .map(|check| (check.name.as_str(), check.depends_on.as_slice()))
            .collect();
        self.ancestors = checks
            .iter()
            .map(|check| {
                let found = ancestors(&check.name, &parents_of);
                (check.name.clone(), found.into_iter().map(str::to_owned).collect())
            })
            .collect();
        let count = checks.len();
        let mut before = std::mem::take(&mut self.services);
        for (place, settings) in checks.into_iter().enumerate() {
            let service = if let Some(mut kept) = before.remove(&settings.name) {
                // One that ran once a day does not wait for tomorrow.
                kept.schedule.hasten(now.after(settings.every));
                Service { settings, ..kept }
            } else {
                let schedule = Schedule::first(self.seed, place, count, now);
                Service::new(settings, schedule, now)
            };
            self.services.insert(service.settings.name.clone(), service);
        }
        Ok(())
    }

    /// Takes the owner's plan of maintenance in place of the one before.
    pub fn plan(&mut self, planned: Vec<Maintenance>) -> Result<(), Vec<String>> {
        let faults: Vec<String> = planned.iter().filter_map(Maintenance::fault).collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        self.calendar.planned = planned;
        Ok(())
    }
}
