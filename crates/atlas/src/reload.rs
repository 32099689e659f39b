//! Reading the configuration again, for a server that runs: what it changes at once, and what waits for a restart.

use std::collections::BTreeMap;
use std::sync::Arc;

use atlas_app::vitals::Vitals;
use atlas_app::{Reconfigure, Reconfigured, Services};
use atlas_domain::PortFuture;
use tokio::sync::Mutex;

use crate::compose::{self, Outside};
use crate::config::{Config, SettingOrigin, VitalsConfig, is_of_policy, is_of_vitals};

/// Settings that a running server can change, beside those of policies, health and alerts.
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
    outside: Outside,
}

impl Reload {
    pub(crate) fn new(running: Config, services: Arc<Services>, outside: Outside) -> Self {
        Self {
            running: Mutex::new(running),
            services,
            outside,
        }
    }

    async fn read_and_apply(&self, vitals: Option<&Vitals>) -> Result<Reconfigured, String> {
        let mut running = self.running.lock().await;
        let read = read_again(&running).await?;
        // First what may still be refused.
        self.apply_vitals(&read.vitals, vitals).await?;
        let changed = changed_keys(&running.origins, &read.origins);
        let (applied, restart_needed): (Vec<_>, Vec<_>) = changed.into_iter().partition(|key| is_live(key));
        // What waits for a restart stays as it is, and is told again the next time.
        running.policies = read.policies;
        running.politeness = read.politeness;
        running.attempt_timeout = read.attempt_timeout;
        running.overall_timeout = read.overall_timeout;
        running.vitals = read.vitals;
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

    /// Channels are reached anew before anybody is told through them. They are applied whether or not they seem to have
    /// changed: a secret is not shown, and what stands in a file of its own may be another.
    async fn apply_vitals(&self, read: &VitalsConfig, vitals: Option<&Vitals>) -> Result<(), String> {
        let before = self.outside.lead(read).map_err(|error| error.to_string())?;
        let Some(vitals) = vitals else {
            self.outside.settle(read);
            return Ok(()); // nobody looks after this server
        };
        let taken = match vitals.reconfigure(read.settings.clone()).await {
            Ok(taken) => taken.map_err(|refusal| refusal.to_string()),
            Err(ending) => Err(ending.to_string()),
        };
        match &taken {
            Ok(()) => self.outside.settle(read),
            Err(_) => self.outside.lead_back(before),
        }
        taken
    }
}

impl Reconfigure for Reload {
    fn reconfigure<'a>(&'a self, vitals: Option<&'a Vitals>) -> PortFuture<'a, Result<Reconfigured, String>> {
        Box::pin(self.read_and_apply(vitals))
    }
}

/// Files are read where waiting for them holds up nobody.
async fn read_again(running: &Config) -> Result<Config, String> {
    let running = running.clone();
    let read = tokio::task::spawn_blocking(move || running.read_again()).await;
    let read = read.map_err(|_panicked| "the configuration could not be read".to_owned())?;
    read.map_err(|error| error.message)
}

fn is_live(key: &str) -> bool {
    LIVE.contains(&key) || is_of_policy(key) || (is_of_vitals(key) && key != "health.enabled")
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
