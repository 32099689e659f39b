//! The settings of policies: how calls beyond this process are bounded and repeated, and when they are not made at all.
//! Every service has the same ones, as far as its policy has what they set; each is one row, like every other setting.

mod apart;
mod configurable;
mod keys;
mod kind;
mod numbers;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use atlas_resilience::PolicySettings;
use atlas_resilience::breaker::BreakerSettings;

use super::settings::number;
use super::{Given, SettingOrigin};
pub(super) use apart::{GivenApart, with_section};
use configurable::CONFIGURABLE;
pub(super) use configurable::{Apart, Configurable};
pub(super) use keys::Key;
use keys::NOT_MORE;
use numbers::Numbers;

/// What is set of the policies of all services.
#[derive(Debug, Clone)]
pub(crate) struct Policies(BTreeMap<&'static str, Chosen>);

/// What is set of one.
#[derive(Debug, Clone)]
struct Chosen {
    service: &'static Configurable,
    numbers: Numbers,
    /// The breakers of single scopes.
    scopes: HashMap<String, Arc<BreakerSettings>>,
}

/// Something that does not fit, by the whole key that is at fault.
pub(super) type Misfit = (String, String);

/// What is not set holds as without any configuration.
impl Default for Policies {
    fn default() -> Self {
        let chosen = |service: &'static Configurable| Chosen {
            service,
            numbers: Numbers::of(&(service.policy)()),
            scopes: HashMap::new(),
        };
        Self(
            CONFIGURABLE
                .iter()
                .map(|service| (service.name, chosen(service)))
                .collect(),
        )
    }
}

impl Policies {
    /// The policy of the service of that name, as it is set; none where nothing of it can be.
    pub(crate) fn of(&self, service: &str) -> Option<PolicySettings> {
        self.0.get(service).map(Chosen::policy)
    }

    /// Sets the value of a key, or says what is wrong with it.
    pub(super) fn set(&mut self, service: &Configurable, key: &Key, text: &str) -> Result<(), String> {
        match self.0.get_mut(service.name) {
            Some(chosen) => chosen.numbers.set(service, key, text),
            None => Ok(()),
        }
    }

    /// How long calls of the service of that name may take, which other settings say.
    pub(super) fn set_times(&mut self, service: &str, attempt: Duration, overall: Duration) {
        if let Some(chosen) = self.0.get_mut(service) {
            let made = PolicySettings {
                attempt_timeout: attempt,
                overall_timeout: overall,
                ..chosen.policy()
            };
            let Numbers {
                attempt_timeout_ms,
                overall_timeout_ms,
                ..
            } = Numbers::of(&made);
            chosen.numbers.attempt_timeout_ms = attempt_timeout_ms;
            chosen.numbers.overall_timeout_ms = overall_timeout_ms;
        }
    }

    /// Settings that do not fit each other.
    pub(super) fn misfits(&self) -> Vec<Misfit> {
        let of_service = |chosen: &Chosen| {
            let misfits = chosen.numbers.misfits(chosen.service).into_iter();
            misfits
                .map(|(key, problem)| (format!("{}.{}", chosen.service.name, key.name), problem))
                .collect::<Vec<_>>()
        };
        self.0.values().flat_map(of_service).collect()
    }

    /// What differs for single scopes, each on top of what holds for all. Every mistake is told with its place; what
    /// does not fit, where all could be read.
    pub(super) fn set_apart(&mut self, given: &[GivenApart], mistakes: &mut Vec<String>) {
        let all_is_read = mistakes.is_empty();
        let mut of_scopes: BTreeMap<(&str, &str), Vec<&GivenApart>> = BTreeMap::new();
        for value in given {
            let scope = (value.service.name, value.scope.as_str());
            of_scopes.entry(scope).or_default().push(value);
        }
        for ((service, scope), values) in of_scopes {
            let Some(chosen) = self.0.get_mut(service) else {
                continue;
            };
            if let Err(found) = chosen.set_scope(scope, &values, all_is_read) {
                mistakes.extend(found);
            }
        }
    }
}

/// Whether a setting is one of a policy.
pub(crate) fn is_of_policy(key: &str) -> bool {
    let service = key.split('.').next();
    CONFIGURABLE.iter().any(|known| Some(known.name) == service)
}

/// Every service with each of its keys, and the value that holds where none is set.
pub(super) fn rows() -> Vec<(&'static Configurable, &'static Key, String)> {
    let of_service = |service: &'static Configurable| {
        let mut numbers = Numbers::of(&(service.policy)());
        service.keys().filter_map(move |key| {
            let number = (key.place)(&mut numbers)?;
            Some((service, key, key.text(*number)))
        })
    };
    CONFIGURABLE.iter().flat_map(of_service).collect()
}

impl Chosen {
    fn policy(&self) -> PolicySettings {
        let mut policy = self.numbers.policy(&(self.service.policy)());
        if let Some(breaker) = &mut policy.breaker {
            breaker.scopes.clone_from(&self.scopes);
        }
        policy
    }
}

impl Numbers {
    fn set(&mut self, service: &Configurable, key: &Key, text: &str) -> Result<(), String> {
        let value = if key.is_a_number() {
            let (least, most) = service.limits(key);
            number(text, least, most)?
        } else {
            key.word(text)?
        };
        if let Some(place) = (key.place)(self) {
            *place = value;
        }
        if key.name == "attempt_timeout_ms" && !service.keys().any(|key| key.name == "overall_timeout_ms") {
            self.overall_timeout_ms = value; // a call is one attempt
        }
        if service.apart.is_none()
            && let Some(places) = &mut self.places
        {
            places.per_scope = places.total; // there is but one scope
        }
        Ok(())
    }

    /// What does not fit, by the key that is at fault.
    fn misfits(&self, service: &Configurable) -> Vec<(&'static Key, String)> {
        let mut misfits = self.misordered(service);
        let named = |name: &str| service.keys().find(|key| key.name == name);
        let for_attempts = self
            .overall_timeout_ms
            .saturating_sub(service.time_beside_attempt_ms());
        if let Some(key) = named("attempt_timeout_ms")
            && self.attempt_timeout_ms > for_attempts
        {
            let beside = service.time_beside_attempt_ms();
            let problem =
                format!("leaves less than {beside} ms of overall_timeout_ms, which a search needs beside it");
            push_unless_told(&mut misfits, key, problem);
        }
        if let Some((key, limit)) = named("slow_ms").zip(self.limit_of_slow_calls()) {
            let problem =
                format!("is longer than the {limit} ms that an attempt may take, so that none would be slow");
            push_unless_told(&mut misfits, key, problem);
        }
        for (setting, problem) in self.policy(&(service.policy)()).faults() {
            // Of a setting that the service does not have, another section tells.
            if let Some(key) = service.keys().find(|key| key.is_at_fault(&setting)) {
                push_unless_told(&mut misfits, key, problem);
            }
        }
        misfits
    }

    /// Where the first of two is more than the second allows.
    fn misordered(&self, service: &Configurable) -> Vec<(&'static Key, String)> {
        let mut numbers = self.clone();
        let mut value = |name: &str| {
            let key = service.keys().find(|key| key.name == name)?;
            (key.place)(&mut numbers).map(|number| (key, *number))
        };
        let mut misfits = Vec::new();
        for (less, more_name) in NOT_MORE {
            if let (Some((key, less)), Some((_, limit))) = (value(less), value(more_name))
                && less > limit
            {
                let than = if more_name.ends_with("_ms") || more_name.ends_with("_secs") {
                    "longer"
                } else {
                    "more"
                };
                misfits.push((key, format!("is {than} than {more_name}")));
            }
        }
        misfits
    }

    /// The time of an attempt, where it ends every one before it could be slow.
    fn limit_of_slow_calls(&self) -> Option<u64> {
        let breaker = self.breaker.as_ref().filter(|breaker| breaker.slow_percent > 0)?;
        (breaker.slow_ms > self.attempt_timeout_ms).then_some(self.attempt_timeout_ms)
    }
}

/// One key, one complaint: the first says most.
fn push_unless_told(misfits: &mut Vec<(&'static Key, String)>, key: &'static Key, problem: String) {
    if !misfits.iter().any(|(known, _)| known.name == key.name) {
        misfits.push((key, problem));
    }
}
