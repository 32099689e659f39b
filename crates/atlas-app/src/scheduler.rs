//! All schedules on one page: what happens by itself, and how often.

mod backups;

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{JobKind, NewJob};
use atlas_store::Library;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::progress::Turns;
use crate::signals::Signals;
use backups::LookingAtBackups;

pub(crate) use backups::DueBackups;

const SWEEP: Duration = Duration::from_hours(6);
const COLLECT_BLOBS: Duration = Duration::from_hours(24);
/// How often it is looked whether a backup is due.
const LOOK_AT_BACKUPS: Duration = Duration::from_mins(15);

/// Runs the schedules until `stop`. Each also runs once at the start.
///
/// Its loop shows by `turns` that it goes on.
pub(crate) async fn run_schedules(
    library: Library,
    signals: Arc<Signals>,
    backups: Option<DueBackups>,
    mut turns: Turns,
    stop: CancellationToken,
) {
    let mut looking = backups.map(LookingAtBackups::new);
    let [mut sweep, mut collect, mut look] = [SWEEP, COLLECT_BLOBS, LOOK_AT_BACKUPS].map(|period| {
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
            _ = look.tick(), if looking.is_some() => {
                if let Some(looking) = &mut looking {
                    looking.look(&library, &signals);
                }
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
