//! All schedules on one page: what happens by itself, and how often.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{JobKind, NewJob};
use atlas_store::Library;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::progress::Turns;
use crate::signals::Signals;

const SWEEP: Duration = Duration::from_hours(6);
const COLLECT_BLOBS: Duration = Duration::from_hours(24);

/// Runs the schedules until `stop`. Each also runs once at the start.
///
/// Its loop shows by `turns` that it goes on.
pub(crate) async fn run_schedules(
    library: Library,
    signals: Arc<Signals>,
    mut turns: Turns,
    stop: CancellationToken,
) {
    let [mut sweep, mut collect] = [SWEEP, COLLECT_BLOBS].map(|period| {
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        ticks
    });
    loop {
        let result = tokio::select! {
            () = stop.cancelled() => return,
            () = turns.answer() => continue,
            _ = sweep.tick() => enqueue(&library, JobKind::SweepRetention).await,
            _ = collect.tick() => enqueue(&library, JobKind::CollectBlobs).await,
        };
        match result {
            Ok(()) => signals.jobs.notify_one(),
            Err(error) => {
                tracing::error!(%error, "a schedule could not run; it is due again at its next turn");
            }
        }
    }
}

async fn enqueue(library: &Library, kind: JobKind) -> Result<(), atlas_store::StoreError> {
    library.enqueue_job(NewJob::maintenance(kind)).await.map(|_| ())
}

#[cfg(test)]
mod tests;
