//! Other settings for a server that runs: taken as a whole or not at all, and then by everybody at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use atlas_vitals::alerts::{Input, Refusal};
use atlas_vitals::health::{DISK_SPACE, SYSTEM_RESOURCES};

use super::own::Own;
use super::task::Task;
use super::{Ending, Probe, Request, Vitals, VitalsError, VitalsSettings};

/// Judged by what is measured anyhow, these need no probe.
const MEASURED: [&str; 2] = [SYSTEM_RESOURCES, DISK_SPACE];

impl Vitals {
    /// Works by other settings from now on. Where they do not fit together, those before still hold, and what is wrong
    /// is told.
    pub async fn reconfigure(&self, settings: VitalsSettings) -> Result<Result<(), VitalsError>, Ending> {
        self.ask(|answer| Request::Reconfigure(Box::new(settings), answer))
            .await
    }
}

/// Every probe that these settings want. Checks that nobody here can look at, such as that of a pipeline that this
/// process does not have, are left out.
pub(super) fn probes_for(
    settings: &mut VitalsSettings,
    built_in: &BTreeMap<String, Arc<dyn Probe>>,
    own: &Own,
) -> BTreeMap<String, Arc<dyn Probe>> {
    let mut probes = built_in.clone();
    probes.extend(own.probes(settings));
    settings
        .checks
        .retain(|check| MEASURED.contains(&check.name.as_str()) || probes.contains_key(&check.name));
    probes
}

impl Task {
    /// Takes other settings, or says what is wrong with them.
    pub(super) async fn reconfigure(&mut self, mut settings: VitalsSettings) -> Result<(), VitalsError> {
        let probes = probes_for(&mut settings, &self.built_in, &self.own);
        let now = self.line.now();
        // All are asked before any is changed.
        let faults = settings.alerts.faults();
        if !faults.is_empty() {
            return Err(Refusal::Settings(faults).into());
        }
        let mut health = self.health.clone();
        health
            .configure(settings.checks, now)
            .map_err(VitalsError::Checks)?;
        health
            .plan(settings.maintenance.clone())
            .map_err(VitalsError::Maintenance)?;
        self.health = health;
        self.checking.replace(probes);
        self.own.heartbeats.wait_for(&settings.own).await;
        self.measured.change(settings.limits.clone());
        self.limits.send_replace(settings.limits);
        self.measure_every = settings.measure_every;
        self.measurements.look_every(now, settings.measure_every);
        self.signs.configure(settings.sign_of_life, now);
        self.alert(Input::Reload(settings.alerts)).await;
        self.expect(settings.maintenance, settings.quiet_hours)
            .await
            .map_err(VitalsError::Maintenance)?;
        self.begin_anew().await;
        Ok(())
    }
}
