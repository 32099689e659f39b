//! The ways out of this process that belong to health and alerts: messages to people, and questions to what the owner
//! wants to have checked. Both can be led elsewhere while the server runs.

use std::sync::Arc;
use std::time::Duration;

use atlas_app::services::{HEALTH_PROBES, NOTIFICATIONS};
use atlas_app::vitals::{Channels, OwnCheck, VitalsSettings};
use atlas_app::{App, Services};
use atlas_domain::{Clock, ProbeTarget, SystemClock};
use atlas_net::fetch::{ClientError, SystemResolver};
use atlas_net::notify::{Notifier, Replaced};
use atlas_net::probe::{Probes, ReplacedTargets};
use atlas_resilience::Service;

use super::parts::entropy;
use crate::config::{Config, VitalsConfig};
use crate::error::{CliError, Exit};

/// Both ways.
#[derive(Clone)]
pub(crate) struct Outside {
    pub(super) notifier: Arc<Notifier>,
    pub(super) probes: Arc<Probes>,
}

/// Where they led before.
pub(crate) struct LedBefore {
    channels: Replaced,
    targets: ReplacedTargets,
}

impl Outside {
    /// As the configuration says, by the policies of `services`.
    pub(super) fn of(config: &Config, services: &Services) -> Result<Self, CliError> {
        let notifier = notifier(config, services)?;
        let targets = targets(&config.vitals.settings);
        let probes = Probes::new(
            targets.iter(),
            Arc::new(SystemResolver),
            service(services, HEALTH_PROBES)?,
            Arc::new(SystemClock),
        );
        Ok(Self {
            notifier,
            probes: Arc::new(probes.map_err(|error| cannot_be_made(&error))?),
        })
    }

    /// Leads them where `vitals` says, until [`Outside::settle`] also where they led before: whoever decides what is sent
    /// does not know yet of channels that are gone. Where that cannot be, nothing is changed.
    pub(crate) fn lead(&self, vitals: &VitalsConfig) -> Result<LedBefore, ClientError> {
        let targets = targets(&vitals.settings);
        let channels = self
            .notifier
            .add(vitals.channels.clone(), longest_pause(vitals))?;
        match self.probes.replace(targets.iter()) {
            Ok(targets) => Ok(LedBefore { channels, targets }),
            Err(error) => {
                self.notifier.put_back(channels);
                Err(error)
            }
        }
    }

    /// Leads them nowhere else any more.
    pub(crate) fn settle(&self, vitals: &VitalsConfig) {
        let settled = self
            .notifier
            .replace(vitals.channels.clone(), longest_pause(vitals));
        if let Err(error) = settled {
            // Nothing is sent through a channel that nobody knows.
            tracing::warn!(%error, "channels that are gone stay at hand until the next start");
        }
    }

    /// Leads them where they led before.
    pub(crate) fn lead_back(&self, before: LedBefore) {
        self.notifier.put_back(before.channels);
        self.probes.put_back(before.targets);
    }
}

/// Lets a process that looks after nobody reach the channels that are set up.
pub(super) fn give_channels(config: &Config, app: &App) -> Result<(), CliError> {
    let notifier = notifier(config, app.services())?;
    give(notifier, config, app)
}

/// Lets a process reach people by `notifier`.
pub(super) fn give(notifier: Arc<Notifier>, config: &Config, app: &App) -> Result<(), CliError> {
    let host = config.vitals.settings.alerts.host.clone();
    app.tell_by(Channels::new(notifier, Arc::new(SystemClock), entropy()?, host));
    Ok(())
}

fn notifier(config: &Config, services: &Services) -> Result<Arc<Notifier>, CliError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let notifier = Notifier::new(
        config.vitals.channels.clone(),
        longest_pause(&config.vitals),
        &config.allow_hosts,
        Arc::new(SystemResolver),
        service(services, NOTIFICATIONS)?,
        clock,
    );
    Ok(Arc::new(notifier.map_err(|error| cannot_be_made(&error))?))
}

/// However long a channel asks to be left alone.
fn longest_pause(vitals: &VitalsConfig) -> Duration {
    vitals.settings.alerts.timing.retry_after_cap
}

/// Everything that is asked from here.
fn targets(settings: &VitalsSettings) -> Vec<ProbeTarget> {
    let of_checks = settings.own.values().filter_map(|asked| match asked {
        OwnCheck::Ask(target) => Some(target.clone()),
        OwnCheck::Query(_) | OwnCheck::Heartbeat { .. } => None,
    });
    let sign = settings.sign_of_life.iter();
    let signs = sign.map(|sign| ProbeTarget::Http(Box::new(sign.target.clone())));
    of_checks.chain(signs).collect()
}

/// The service of that name, which this build is made with.
fn service(services: &Services, name: &str) -> Result<Arc<Service>, CliError> {
    services.get(name).cloned().ok_or_else(CliError::unexpected)
}

fn cannot_be_made(error: &ClientError) -> CliError {
    CliError::new(Exit::Failure, error.to_string())
}
