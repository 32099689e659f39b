//! What alerts are told of health: how each service is by now, as a level. To tell it again changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use atlas_domain::{CheckOutcome, HealthStatus};
use atlas_vitals::alerts::Observation;
use atlas_vitals::health::{FlappingSummary, FlappingWord, HealthEffect, HealthEngine, ServiceHealth};

const NOTHING_FOUND: &str = "nothing has been found out for too long";

/// Tells what is new.
#[derive(Default)]
pub(super) struct Observing {
    /// What led to the status that stands. Of what is well that is enough: a sentence that changes with every look would
    /// be news with every look.
    reasons: BTreeMap<String, String>,
    /// How often those came and went that do no more.
    flapped: BTreeMap<String, String>,
    told: Vec<Observation>,
}

impl Observing {
    /// Takes in what a step of health led to.
    pub(super) fn follow(&mut self, effect: &HealthEffect) {
        if let HealthEffect::Changed(transition) | HealthEffect::Told(transition) = effect {
            match transition.flapping {
                FlappingWord::Ended(summary) => {
                    self.flapped.insert(transition.check.clone(), summed_up(summary));
                }
                FlappingWord::Began => drop(self.flapped.remove(&transition.check)),
                FlappingWord::Steady | FlappingWord::Ongoing => {}
            }
        }
        if let HealthEffect::Changed(transition) = effect {
            let reason = transition
                .observed
                .as_ref()
                .map_or_else(|| NOTHING_FOUND.to_owned(), |result| result.message.clone());
            self.reasons.insert(transition.check.clone(), reason);
        }
    }

    /// What was told is told anew: a person has closed something, and whatever still holds is none of what they closed.
    pub(super) fn tell_anew(&mut self) {
        self.told.clear();
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

    fn reason(&mut self, service: &ServiceHealth) -> String {
        if let Some(newest) = newest(service) {
            self.reasons.insert(service.name.clone(), newest.to_owned());
            return newest.to_owned();
        }
        if let Some(known) = self.reasons.get(&service.name) {
            return known.clone();
        }
        // A status that an earlier process came to has no other reason left than the last error.
        let result = service.last_error.as_ref().or(service.last.as_ref());
        let reason = result.map(|result| result.message.clone());
        // Before the first look there is none, which is not kept.
        if let Some(reason) = &reason {
            self.reasons.insert(service.name.clone(), reason.clone());
        }
        reason.unwrap_or_default()
    }

    fn observe(&mut self, service: ServiceHealth) -> Observation {
        Observation {
            reason: self.reason(&service),
            flapped: self
                .flapped
                .get(&service.name)
                .filter(|_| !service.flapping)
                .cloned(),
            service: Arc::from(service.name),
            status: service.status,
            since: service.since,
            blocked_by: service.blocked_by.into_iter().next().map(Arc::from),
            held: service.withheld.is_some(),
            flapping: service.flapping,
        }
    }
}

/// What is wrong is told by the newest look that found it so: a reminder, and one who looks, want to hear how it is now.
fn newest(service: &ServiceHealth) -> Option<&str> {
    let last = service.last.as_ref()?;
    let explains = match service.status {
        HealthStatus::Healthy => false,
        HealthStatus::Unknown => last.outcome == CheckOutcome::Unknown,
        HealthStatus::Degraded | HealthStatus::Critical | HealthStatus::Down => matches!(
            last.outcome,
            CheckOutcome::Warn | CheckOutcome::Crit | CheckOutcome::NoAnswer
        ),
    };
    Some(last.message.as_str()).filter(|message| explains && !message.is_empty())
}

/// `its result changed 14 times within 12 min`
fn summed_up(summary: FlappingSummary) -> String {
    let FlappingSummary { changes, lasted, .. } = summary;
    let minutes = lasted.as_secs().div_ceil(60);
    format!("its result changed {changes} times within {minutes} min")
}
