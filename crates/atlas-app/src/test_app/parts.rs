//! The parts of a test's process that need no library: its services, its one child, its worker's settings.

use std::sync::Arc;
use std::time::Duration;

use atlas_resilience::{PolicySettings, TokioClock};

use super::{GRACE, LEASE};
use crate::extraction::{ChildCommand, ExtractorPool, PoolLimits};
use crate::metrics::Metrics;
use crate::services::{BACKGROUND_PROCESSING, Inheritance, ServicePlan, Services, background_processing};
use crate::worker::WorkerSettings;

/// The name of a service with a breaker for each host and the guard of the network.
pub(crate) const WEB: &str = "web";

/// Its breakers live by tokio's clock, which stands still with all the rest.
pub(super) fn services(metrics: &Arc<Metrics>) -> Services {
    let clock = Arc::new(TokioClock::new(|| std::time::SystemTime::UNIX_EPOCH));
    let web = PolicySettings {
        attempt_timeout: Duration::from_secs(20),
        ..background_processing()
    };
    let plans = vec![
        ServicePlan::within(BACKGROUND_PROCESSING, background_processing()),
        // Nothing passes it: tests say what it saw.
        ServicePlan::to_web(WEB, web, |text| Ok(text.to_owned())),
    ];
    Services::new(plans, clock, 7, Inheritance::default(), Arc::clone(metrics))
}

pub(super) fn one_silent_child() -> ExtractorPool {
    let command = ChildCommand {
        program: "/bin/sleep".into(),
        args: vec!["600".into()],
        env: Vec::new(),
    };
    let limits = PoolLimits {
        processes: 1,
        ..PoolLimits::default()
    };
    ExtractorPool::new(command, limits)
}

pub(super) fn settings(slots: usize) -> WorkerSettings {
    WorkerSettings {
        slots,
        lease: LEASE,
        shutdown_grace: GRACE,
    }
}
