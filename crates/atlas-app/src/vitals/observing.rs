//! What alerts are told of health: how each service is by now, as a level. To tell it again changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use atlas_vitals::alerts::Observation;
use atlas_vitals::health::{HealthEffect, HealthEngine, ServiceHealth};

/// Tells what is new.
#[derive(Default)]
pub(super) struct Observing {
    /// What led to the status that stands: a sentence that changes with every look would be news with every look.
    reasons: BTreeMap<String, String>,
    told: Vec<Observation>,
}

impl Observing {
    /// Takes in what a step of health led to.
    pub(super) fn follow(&mut self, effect: &HealthEffect) {
        if let HealthEffect::Changed(transition) = effect {
            let reason = transition.observed.as_ref().map_or_else(
                || "nothing has been found out for too long".to_owned(),
                |result| result.message.clone(),
            );
            self.reasons.insert(transition.check.clone(), reason);
        }
    }

    /// Every service, if anything of it is other than what was told last.
    pub(super) fn news(&mut self, health: &HealthEngine) -> Option<Vec<Observation>> {
        let now: Vec<Observation> = health.services().map(|service| self.observe(service)).collect();
        if now == self.told {
            return None;
        }
        self.told.clone_from(&now);
        Some(now)
    }

    fn observe(&mut self, service: ServiceHealth) -> Observation {
        // A status that an earlier process came to has no other reason left than the last error.
        let reason = self.reasons.entry(service.name.clone()).or_insert_with(|| {
            let result = service.last_error.as_ref().or(service.last.as_ref());
            result.map_or_else(String::new, |result| result.message.clone())
        });
        Observation {
            reason: reason.clone(),
            service: Arc::from(service.name),
            status: service.status,
            severity: None,
            since: service.since,
            blocked_by: service.blocked_by.into_iter().next().map(Arc::from),
            held: service.withheld.is_some(),
            flapping: service.flapping,
        }
    }
}
