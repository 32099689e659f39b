//! `AskProbe`: asks somebody outside this process, by the port for that.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{PortFuture, ProbeTarget, Prober};

use super::super::{Looked, Probe};

/// Asks one target.
pub(super) struct AskProbe {
    pub(super) check: String,
    pub(super) target: ProbeTarget,
    pub(super) deadline: Duration,
    pub(super) prober: Arc<dyn Prober>,
}

impl Probe for AskProbe {
    fn look(&self) -> PortFuture<'_, Looked> {
        Box::pin(async {
            let answer = self.prober.probe(&self.check, &self.target, self.deadline).await;
            Looked {
                outcome: answer.outcome,
                message: answer.message,
                value: answer.took_ms.map(|took_ms| (took_ms, "ms")),
            }
        })
    }
}
