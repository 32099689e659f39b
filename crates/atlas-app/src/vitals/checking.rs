//! Runs probes, each in a task of its own under a hard deadline. However a run ends, there is a result: one that hangs
//! did not answer, one that panics is our own fault.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{CheckOutcome, Clock, panic_message};
use atlas_vitals::health::CheckResult;
use futures_util::FutureExt;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::{Looked, Probe};

/// A run that has ended.
pub(super) struct Finding {
    pub(super) check: String,
    pub(super) result: CheckResult,
}

/// Every probe, by the name of its check.
pub(super) struct Checking {
    probes: BTreeMap<String, Arc<dyn Probe>>,
    clock: Arc<dyn Clock>,
    findings: mpsc::UnboundedSender<Finding>,
}

impl Checking {
    pub(super) fn new(
        probes: BTreeMap<String, Arc<dyn Probe>>,
        clock: Arc<dyn Clock>,
    ) -> (Self, mpsc::UnboundedReceiver<Finding>) {
        let (findings, found) = mpsc::unbounded_channel();
        let checking = Self {
            probes,
            clock,
            findings,
        };
        (checking, found)
    }

    /// Takes other probes. Runs that are under way come to their end.
    pub(super) fn replace(&mut self, probes: BTreeMap<String, Arc<dyn Probe>>) {
        self.probes = probes;
    }

    /// Begins a run; false when there is no probe of that name.
    pub(super) fn begin(&self, check: &str, deadline: Duration) -> bool {
        let Some(probe) = self.probes.get(check).cloned() else {
            return false;
        };
        let (clock, findings, check) = (Arc::clone(&self.clock), self.findings.clone(), check.to_owned());
        tokio::spawn(async move {
            let result = run(probe.as_ref(), deadline, clock.as_ref()).await;
            // Nobody waits for it any more when the process ends.
            let _ = findings.send(Finding { check, result });
        });
        true
    }
}

async fn run(probe: &dyn Probe, deadline: Duration, clock: &dyn Clock) -> CheckResult {
    let begun_at = Instant::now();
    let looked = AssertUnwindSafe(timeout(deadline, async { probe.look().await })).catch_unwind();
    let looked = match looked.await {
        Ok(Ok(looked)) => looked,
        Ok(Err(_elapsed)) => return CheckResult::timed_out(deadline, clock.now()),
        Err(panic) => {
            let message = format!("the check itself failed: {}", panic_message(panic.as_ref()));
            Looked::new(CheckOutcome::Unknown, message)
        }
    };
    let result = CheckResult::new(looked.outcome, looked.message, begun_at.elapsed(), clock.now());
    match looked.value {
        Some((value, unit)) => result.with_value(value, unit),
        None => result,
    }
}
