//! How the task begins: it takes up what the process before this one left, and checks that everything fits together
//! before anything is looked at.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{Clock, Entropy, Timestamp};
use atlas_store::Ops;
use atlas_vitals::Moment;
use atlas_vitals::alerts::{AlertSettings, Alerts, Effects};
use atlas_vitals::health::{CheckSettings, HealthEngine};
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
        let is_put_back = ops.is_put_back().await?;
        let health = resume_health(&ops, settings.checks, is_put_back, seed, (now, wall)).await?;
        let measurements = remember(&ops, settings.measure_every, boot, &line).await?;
        let (alerts, first) = resume_alerts(&ops, settings.alerts, is_put_back, (now, wall)).await?;
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
        if is_put_back {
            // Whoever dies before this begins with the same again, which does no harm.
            ops.put_back_is_dealt_with().await?;
        }
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

async fn resume_health(
    ops: &Ops,
    checks: Vec<CheckSettings>,
    is_put_back: bool,
    seed: u64,
    (now, wall): (Moment, Timestamp),
) -> Result<HealthEngine, VitalsError> {
    let health = match ops.stored_health().await? {
        // How things were is old: it would be told as new.
        Some(stored) if is_put_back => HealthEngine::restore(checks, stored.only_the_past(), seed, now, wall),
        Some(stored) => HealthEngine::restore(checks, stored, seed, now, wall),
        None => HealthEngine::new(checks, seed, now, wall),
    };
    health.map_err(VitalsError::Checks)
}

/// With what the first step leads to.
async fn resume_alerts(
    ops: &Ops,
    settings: Arc<AlertSettings>,
    is_put_back: bool,
    (now, wall): (Moment, Timestamp),
) -> Result<(Alerts, Effects), VitalsError> {
    let stored = ops.stored_alerts().await?;
    let resumed = match ops.origin() {
        None if is_put_back => Alerts::restore_from_backup(settings, stored, now, wall),
        None => Alerts::restore(settings, stored, now, wall),
        Some(origin) => {
            let origin = (Moment::from_millis(origin.at_ms), origin.wall);
            Alerts::restore_without_memory(settings, stored, origin, now, wall)
        }
    };
    Ok(resumed?)
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
