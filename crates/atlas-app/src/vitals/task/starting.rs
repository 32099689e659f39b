//! How the task begins: it takes up what the process before this one left, and checks that everything fits together
//! before anything is looked at.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{Clock, Entropy};
use atlas_store::Ops;
use atlas_vitals::alerts::Alerts;
use atlas_vitals::health::HealthEngine;
use atlas_vitals::metrics::{BootId, Measurements};
use tokio::sync::{mpsc, watch};

use super::Task;
use crate::vitals::checking::Checking;
use crate::vitals::keeping::Keeping;
use crate::vitals::measured::Measured;
use crate::vitals::observing::Observing;
use crate::vitals::own::{Heartbeats, Own};
use crate::vitals::reconfigure::probes_for;
use crate::vitals::sampling::Sampling;
use crate::vitals::sending::Sending;
use crate::vitals::sign_of_life::SignsOfLife;
use crate::vitals::timeline::{Boot, Timeline};
use crate::vitals::view::HealthView;
use crate::vitals::windows::Windows;
use crate::vitals::{Request, VitalsError, VitalsParts, VitalsSettings};

/// A task that has not begun to run, and what whoever speaks with it needs beside its requests.
pub(in crate::vitals) struct TakenUp {
    pub(in crate::vitals) task: Task,
    pub(in crate::vitals) latest: watch::Receiver<HealthView>,
    pub(in crate::vitals) heartbeats: Arc<Heartbeats>,
}

impl Task {
    /// Goes on from what the process before this one left.
    pub(in crate::vitals) async fn take_up(
        mut settings: VitalsSettings,
        parts: VitalsParts,
        asked: mpsc::Receiver<Request>,
    ) -> Result<TakenUp, VitalsError> {
        let VitalsParts {
            ops,
            clock,
            entropy,
            mut machine,
            places,
            probes: built_in,
            prober,
            files,
            limits,
            messenger,
        } = parts;
        let boot = machine.boot_id();
        let line = resume(&ops, boot.as_ref(), machine.uptime(), Arc::clone(&clock)).await?;
        let (now, wall) = (line.now(), line.wall());
        let seed = seed_from(&entropy);
        let heartbeats = Arc::new(Heartbeats::new(ops.clone(), line.clone()));
        let own = Own {
            prober: Arc::clone(&prober),
            files,
            heartbeats: Arc::clone(&heartbeats),
        };
        let probes = probes_for(&mut settings, &built_in, &own);
        limits.send_replace(settings.limits.clone());
        let health = match ops.stored_health().await? {
            Some(stored) => HealthEngine::restore(settings.checks, stored, seed, now, wall),
            None => HealthEngine::new(settings.checks, seed, now, wall),
        };
        let health = health.map_err(VitalsError::Checks)?;
        let measurements = remember(&ops, settings.measure_every, boot, &line).await?;
        let stored = ops.stored_alerts().await?;
        let (alerts, first) = Alerts::restore(settings.alerts, stored, now, wall)?;
        let measured = Measured::by(settings.limits, &places);
        let (sampling, sampled) = Sampling::new(machine, places);
        let (checking, found) = Checking::new(probes, clock);
        let (sending, answered) = Sending::new(messenger);
        let (latest, of_latest) = watch::channel(HealthView::of(&health, Vec::new(), &line));
        let mut task = Self {
            keeping: Keeping::begin(ops.clone(), now),
            measure_every: settings.measure_every,
            measured,
            limits,
            built_in,
            own,
            signs: SignsOfLife::begin(prober, settings.sign_of_life, now),
            observing: Observing::default(),
            windows: Windows::default(),
            ops,
            line,
            entropy,
            health,
            alerts,
            measurements,
            sampling,
            checking,
            sending,
            sampled,
            found,
            answered,
            asked,
            latest,
            flushes: 0,
        };
        task.carry_out(first).await;
        task.own.heartbeats.wait_for(&settings.own).await;
        task.expect(settings.maintenance, settings.quiet_hours)
            .await
            .map_err(VitalsError::Maintenance)?;
        task.begin_anew().await;
        Ok(TakenUp {
            task,
            latest: of_latest,
            heartbeats,
        })
    }
}

fn seed_from(entropy: &Entropy) -> u64 {
    let mut seed = [0; 8];
    seed.copy_from_slice(&entropy.ten_bytes()[..8]);
    u64::from_le_bytes(seed)
}

async fn resume(
    ops: &Ops,
    boot: Option<&BootId>,
    uptime: Option<Duration>,
    clock: Arc<dyn Clock>,
) -> Result<Timeline, VitalsError> {
    let boot = Boot {
        id: boot.map(|id| id.as_str().to_owned()).unwrap_or_default(),
        uptime: uptime.unwrap_or_default(),
    };
    Ok(Timeline::resume(ops.timeline().await?.as_ref(), boot, clock))
}

/// With what was becoming less before the start.
async fn remember(
    ops: &Ops,
    every: Duration,
    boot: Option<BootId>,
    line: &Timeline,
) -> Result<Measurements, VitalsError> {
    let (now, wall) = (line.now(), line.wall());
    let stored = ops.stored_measurements().await?;
    let mut measurements = Measurements::begin(now, every, boot, stored);
    let rows = ops.metric_rows(&Measurements::to_remember(wall)).await?;
    measurements.remember(now, wall, rows);
    Ok(measurements)
}
