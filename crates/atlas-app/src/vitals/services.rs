//! `ServiceSampler`: once a minute, what Atlas knows of itself becomes a sample; while somebody watches, what can be
//! counted cheaply more often. What is not known is left out.

mod burn;
mod databases;
mod ingestion;
mod outbound;
mod requests;
mod upkeep;

use std::sync::Arc;
use std::time::Duration;

use atlas_store::Ops;
use atlas_vitals::metrics::Sample;
use atlas_vitals::metrics::catalogue::{machine, service as series};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::Vitals;
use super::checkup::check_daily;
use crate::app::App;
use crate::status::StatusView;
use requests::Requests;
use upkeep::Upkeep;

const EVERY: Duration = Duration::from_mins(1);
/// How often it is seen how late the runtime wakes somebody.
const WAKE_EVERY: Duration = Duration::from_secs(10);
const WAKES: u32 = 6;
const SOURCE: &str = "services";
/// What is counted in the library: a source of its own, because it is heard of more often than the rest.
const COUNTS: &str = "library";
/// While somebody watches, the library is counted so often,
const COUNT_EVERY: Duration = Duration::from_secs(5);
/// and, however large it is, for no more than one part of so many of the time.
const PART_OF_TIME: u32 = 20;
/// A library that gives no answer for so long must not silence the rest.
const COUNT_LIMIT: Duration = Duration::from_secs(20);
/// Starts within this time are counted.
const STARTS_WITHIN: Duration = Duration::from_mins(10);

/// Tells what Atlas knows of itself, and has its library looked through once a day.
pub struct ServiceSampler {
    /// Whoever knows it.
    pub app: Arc<App>,
    /// Who is told.
    pub vitals: Vitals,
    /// What is known of starts.
    pub ops: Ops,
}

/// What is remembered from one look to the next.
#[derive(Default)]
struct Before {
    requests: Requests,
    upkeep: Upkeep,
}

impl ServiceSampler {
    /// Until `stop`, or until nobody wants to be told any more.
    pub async fn run(self, stop: CancellationToken) {
        self.app.metrics().count_panics();
        tokio::select! {
            () = self.sample(&stop) => {}
            () = self.count_for_watchers() => {}
            () = check_daily(&self.app, &self.ops, &stop) => {}
        }
    }

    async fn sample(&self, stop: &CancellationToken) {
        let mut wakes = interval(WAKE_EVERY);
        wakes.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut before, mut lag, mut number) = (Before::default(), Duration::ZERO, 0);
        loop {
            let asked_for = tokio::select! {
                () = stop.cancelled() => return,
                asked_for = wakes.tick() => asked_for,
            };
            lag = lag.max(asked_for.elapsed());
            if number % WAKES == 0 {
                let counts = self.count().await;
                let mut sample = self.look(&mut before, counts.is_some()).await;
                sample.add(&machine::RUNTIME_LAG, lag.as_secs_f64());
                let counts = counts.unwrap_or_else(|| Sample::of(COUNTS, EVERY));
                let told = (self.vitals.record(counts).await, self.vitals.record(sample).await);
                if told.0.and(told.1).is_err() {
                    return;
                }
                lag = Duration::ZERO;
            }
            number += 1;
        }
    }

    /// Until nobody wants to be told any more.
    async fn count_for_watchers(&self) {
        loop {
            self.vitals.somebody_watches().await;
            let begun_at = Instant::now();
            let counts = self.count().await;
            if let Some(counts) = counts
                && self.vitals.record(counts).await.is_err()
            {
                return;
            }
            sleep(COUNT_EVERY.max(begun_at.elapsed() * PART_OF_TIME)).await;
        }
    }

    /// Nothing where the library cannot be counted, or not in time.
    async fn count(&self) -> Option<Sample> {
        let status = timeout(COUNT_LIMIT, self.app.status()).await.ok()?;
        let is_counted = self.app.library().is_ok()
            && !status.degraded.iter().any(|degradation| {
                matches!(
                    degradation.code.as_str(),
                    "library_unavailable" | "library_damaged"
                )
            });
        is_counted.then(|| {
            let mut sample = Sample::of(COUNTS, EVERY);
            tell_of_library(&status, &mut sample);
            sample
        })
    }

    async fn look(&self, before: &mut Before, is_counted: bool) -> Sample {
        let mut sample = Sample::of(SOURCE, EVERY);
        if is_counted {
            ingestion::tell(&self.app, &mut sample).await;
        }
        databases::tell(&self.app, &self.ops, &mut sample).await;
        before.upkeep.tell(&self.app, &mut sample).await;
        self.tell_of_starts(&mut sample).await;
        before.requests.tell(&self.app, &mut sample);
        outbound::tell(&self.app, &mut sample);
        let metrics = self.app.metrics();
        sample.add(&machine::PROCESS_PANICS, metrics.panics() as f64);
        sample.add(&series::QUEUE_LEASES_EXPIRED, metrics.expired_leases() as f64);
        sample
    }

    async fn tell_of_starts(&self, sample: &mut Sample) {
        let since = self.vitals.wall().before(STARTS_WITHIN);
        if let Ok(starts) = self.ops.starts_since(since).await {
            sample.add(&machine::STARTS_LAST_TEN_MINUTES, starts as f64);
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

#[cfg(test)]
mod tests;
