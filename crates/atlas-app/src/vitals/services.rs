//! `ServiceSampler`: once a minute, what Atlas knows of itself becomes a sample. What is not known is left out.

mod burn;

use std::sync::Arc;
use std::time::Duration;

use atlas_store::Ops;
use atlas_vitals::metrics::Sample;
use atlas_vitals::metrics::catalogue::{machine, service as series};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::Vitals;
use crate::app::{App, Mode};
use crate::status::StatusView;
use burn::ErrorBurn;

const EVERY: Duration = Duration::from_mins(1);
const SOURCE: &str = "services";
/// Starts within this time are counted.
const STARTS_WITHIN: Duration = Duration::from_mins(10);
/// How the library's file is called in series.
const LIBRARY: &str = "library";

/// Tells what Atlas knows of itself.
pub struct ServiceSampler {
    /// Whoever knows it.
    pub app: Arc<App>,
    /// Who is told.
    pub vitals: Vitals,
    /// What is known of starts.
    pub ops: Ops,
}

impl ServiceSampler {
    /// Until `stop`, or until nobody wants to be told any more.
    pub async fn run(self, stop: CancellationToken) {
        let mut minutes = interval(EVERY);
        minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut burn = ErrorBurn::default();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = minutes.tick() => {}
            }
            let sample = self.look(&mut burn).await;
            if self.vitals.record(sample).await.is_err() {
                return;
            }
        }
    }

    async fn look(&self, burn: &mut ErrorBurn) -> Sample {
        let mut sample = Sample::of(SOURCE, EVERY);
        let status = self.app.status().await;
        let is_counted = self.app.library().is_ok()
            && !status.degraded.iter().any(|degradation| {
                matches!(
                    degradation.code.as_str(),
                    "library_unavailable" | "library_damaged"
                )
            });
        if is_counted {
            tell_of_library(&status, &mut sample);
        }
        self.tell_of_file(&mut sample).await;
        self.tell_of_starts(&mut sample).await;
        self.tell_of_calls(&mut sample);
        let answered = self.app.metrics().answered_by_class();
        for (class, count) in ["1xx", "2xx", "3xx", "4xx", "5xx"].into_iter().zip(answered) {
            sample.add_for(&series::API_REQUESTS, class, count as f64);
        }
        burn.add(answered.iter().sum(), answered[4]);
        for (over, value) in burn.rates() {
            sample.add_for(&series::API_ERROR_BURN, over, value);
        }
        sample
    }

    async fn tell_of_file(&self, sample: &mut Sample) {
        let path = self.app.parts.dir.library_db();
        let wal = path.with_file_name("library.db-wal");
        let wal_bytes = std::fs::metadata(wal).ok().map(|metadata| metadata.len() as f64);
        sample.add_for(&series::DATABASE_WAL, LIBRARY, wal_bytes);
        let Ok(library) = self.app.library() else {
            return;
        };
        let is_damaged = matches!(library.trouble(), Some(atlas_store::StoreError::Corrupt { .. }));
        sample.add_for(
            &series::DATABASE_DAMAGED,
            LIBRARY,
            f64::from(u8::from(is_damaged)),
        );
        if let Ok(pages) = library.file_pages().await {
            let (all, free) = (pages.all as f64, pages.free as f64);
            sample.add_for(&series::DATABASE_PAGES, LIBRARY, all);
            sample.add_for(&series::DATABASE_PAGES_FREE, LIBRARY, free);
            sample.add_for(
                &series::DATABASE_FREE_SHARE,
                LIBRARY,
                (all > 0.0).then(|| free / all),
            );
        }
    }

    async fn tell_of_starts(&self, sample: &mut Sample) {
        let since = self.vitals.wall().before(STARTS_WITHIN);
        if let Ok(starts) = self.ops.starts_since(since).await {
            sample.add(&machine::STARTS_LAST_TEN_MINUTES, starts as f64);
        }
    }

    fn tell_of_calls(&self, sample: &mut Sample) {
        if self.app.parts.mode != Mode::Normal {
            return;
        }
        for service in self.app.services().all() {
            let tally = service.breakers().tally();
            let name = service.name().to_owned();
            sample.add_for(&series::OUTBOUND_BREAKERS_OPEN, name, tally.open as f64);
        }
    }
}

fn tell_of_library(status: &StatusView, sample: &mut Sample) {
    for (state, count) in &status.items {
        sample.add_for(&series::LIBRARY_ITEMS, state.clone(), *count as f64);
    }
    for (state, count) in &status.queue.jobs {
        sample.add_for(&series::QUEUE_JOBS, state.clone(), *count as f64);
    }
    let oldest = status.queue.oldest_ready_ms as f64 / 1_000.0;
    sample.add(&series::QUEUE_OLDEST_READY, oldest);
    sample.add(&series::INDEX_LAG_CHANGES, status.index.lag as f64);
}
