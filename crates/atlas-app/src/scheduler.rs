//! All schedules on one page: what happens by itself, and how often.

mod due;

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{JobKind, NewJob};
use atlas_store::Library;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::progress::Turns;
use crate::signals::Signals;
use due::LookingForDue;

pub(crate) use due::{Due, DueAudits};

const SWEEP: Duration = Duration::from_hours(6);
const COLLECT_BLOBS: Duration = Duration::from_hours(24);
/// How often it is looked whether a backup or an audit is due.
const LOOK_FOR_DUE: Duration = Duration::from_mins(15);

/// Runs the schedules until `stop`. Each also runs once at the start.
///
/// Its loop shows by `turns` that it goes on.
pub(crate) async fn run_schedules(
    library: Library,
    signals: Arc<Signals>,
    due: Due,
    mut turns: Turns,
    stop: CancellationToken,
) {
    let mut looking = LookingForDue::new(due);
    let [mut sweep, mut collect, mut look] = [SWEEP, COLLECT_BLOBS, LOOK_FOR_DUE].map(|period| {
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
            _ = look.tick() => {
                looking.look(&library, &signals);
                continue;
            }
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
