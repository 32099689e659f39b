//! Reading the configuration again, for a server that runs: what it changes at once, and what waits for a restart.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use atlas_app::{Reconfigure, Reconfigured, Services};

use crate::compose;
use crate::config::{Config, SettingOrigin, is_of_policy};

/// Settings that a running server can change, beside those of policies.
const LIVE: [&str; 3] = [
    "fetch.politeness",
    "fetch.attempt_timeout_secs",
    "fetch.overall_timeout_secs",
];

/// Reads the configuration from where the running one came from.
pub(crate) struct Reload {
    /// The one that the process works by.
    running: Mutex<Config>,
    services: Arc<Services>,
}

impl Reload {
    pub(crate) fn new(running: Config, services: Arc<Services>) -> Self {
        Self {
            running: Mutex::new(running),
            services,
        }
    }
}

impl Reconfigure for Reload {
    fn reconfigure(&self) -> Result<Reconfigured, String> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let read = running.read_again().map_err(|error| error.message)?;
        let changed = changed_keys(&running.origins, &read.origins);
        let (applied, restart_needed): (Vec<_>, Vec<_>) = changed.into_iter().partition(|key| is_live(key));
        // What waits for a restart stays as it is, and is told again the next time.
        running.policies = read.policies;
        running.politeness = read.politeness;
        running.attempt_timeout = read.attempt_timeout;
        running.overall_timeout = read.overall_timeout;
        running.origins.retain(|setting| !is_live(&setting.key));
        running
            .origins
            .extend(read.origins.into_iter().filter(|setting| is_live(&setting.key)));
        for service in self.services.all() {
            if let Some(policy) = compose::policy(&running, service.name()) {
                service.configure(policy);
            }
        }
        Ok(Reconfigured {
            applied,
            restart_needed,
        })
    }
}

fn is_live(key: &str) -> bool {
    LIVE.contains(&key) || is_of_policy(key)
}

/// The keys whose value is another, or that only one of both has.
fn changed_keys(before: &[SettingOrigin], after: &[SettingOrigin]) -> Vec<String> {
    let values = |origins: &[SettingOrigin]| -> BTreeMap<String, String> {
        origins
            .iter()
            .map(|setting| (setting.key.to_string(), setting.value.clone()))
            .collect()
    };
    let (before, after) = (values(before), values(after));
    let keys = before
        .keys()
        .chain(after.keys())
        .filter(|key| before.get(*key) != after.get(*key));
    let mut keys: Vec<_> = keys.cloned().collect();
    keys.sort();
    keys.dedup();
    keys
}
