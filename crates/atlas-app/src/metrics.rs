//! The counters that the running process keeps, in Prometheus form. What the store knows (queue, items) is
//! counted there when it is asked for, not kept twice.

mod answered;
mod catalogue;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use atlas_domain::{JobKind, JobState, Outcome};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::ingest::StageCounts;
use crate::status::StatusView;
use crate::vitals::MeasuredValue;
pub(crate) use answered::{Answered, AnsweredTotals};

/// Counters and histograms of one process.
pub struct Metrics {
    registry: Mutex<Registry>,
    ingest_outcomes: Family<OutcomeLabels, Counter>,
    job_seconds: Family<KindLabels, Histogram>,
    http_requests: Family<RouteLabels, Counter>,
    http_seconds: Family<RouteOnlyLabels, Histogram>,
    /// All requests together.
    answered: Answered,
    /// What the program's requests to itself carry.
    own_mark: OnceLock<String>,
    /// Runs of ingestion that have ended, by the word of their outcome.
    ingest_ended: Mutex<BTreeMap<&'static str, u64>>,
    stages: Arc<StageCounts>,
    leases_expired: AtomicU64,
    panics: Arc<AtomicU64>,
    jobs: Family<StateLabels, Gauge>,
    items: Family<StateLabels, Gauge>,
    oldest_ready_seconds: Gauge<f64, AtomicU64>,
    index_lag: Gauge,
    index_lag_seconds: Gauge<f64, AtomicU64>,
    index_unreadable: Gauge,
    index_documents: Gauge,
    writer_commits: Counter,
    writer_requests: Counter,
    writer_busy_seconds: Counter<f64, AtomicU64>,
    writer_waiting: Gauge,
    disk_free_bytes: Gauge,
    degraded: Gauge,
    breaker_changes: Family<BreakerLabels, Counter>,
    breaker_late_results: Family<ServiceLabels, Counter>,
    breakers: Family<BreakerLabels, Gauge>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OutcomeLabels {
    kind: &'static str,
    outcome: &'static str,
    reason: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct KindLabels {
    kind: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct StateLabels {
    state: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct BreakerLabels {
    service: String,
    state: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ServiceLabels {
    service: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    route: String,
    method: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteOnlyLabels {
    route: String,
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self {
            registry: Mutex::new(Registry::with_prefix("atlas")),
            ingest_outcomes: Family::default(),
            job_seconds: Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.01, 2.0, 14))),
            http_requests: Family::default(),
            http_seconds: Family::new_with_constructor(|| {
                Histogram::new(exponential_buckets(0.001, 2.0, 14))
            }),
            answered: Answered::default(),
            own_mark: OnceLock::new(),
            ingest_ended: Mutex::default(),
            stages: Arc::default(),
            leases_expired: AtomicU64::new(0),
            panics: Arc::default(),
            jobs: Family::default(),
            items: Family::default(),
            oldest_ready_seconds: Gauge::default(),
            index_lag: Gauge::default(),
            index_lag_seconds: Gauge::default(),
            index_unreadable: Gauge::default(),
            index_documents: Gauge::default(),
            writer_commits: Counter::default(),
            writer_requests: Counter::default(),
            writer_busy_seconds: Counter::default(),
            writer_waiting: Gauge::default(),
            disk_free_bytes: Gauge::default(),
            degraded: Gauge::default(),
            breaker_changes: Family::default(),
            breaker_late_results: Family::default(),
            breakers: Family::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&self) {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register(
            "jobs_ended",
            "Jobs ended, by outcome and reason",
            self.ingest_outcomes.clone(),
        );
        registry.register_with_unit(
            "job_duration",
            "Time from claim to end",
            Unit::Seconds,
            self.job_seconds.clone(),
        );
        registry.register("http_requests", "Requests answered", self.http_requests.clone());
        registry.register_with_unit(
            "http_duration",
            "Time to answer",
            Unit::Seconds,
            self.http_seconds.clone(),
        );
        registry.register("jobs", "Jobs by state", self.jobs.clone());
        registry.register("items", "Items outside the trash by state", self.items.clone());
        registry.register_with_unit(
            "queue_oldest_ready",
            "Age of the oldest job that could run now",
            Unit::Seconds,
            self.oldest_ready_seconds.clone(),
        );
        registry.register(
            "index_lag_changes",
            "Changes the search index has yet to follow",
            self.index_lag.clone(),
        );
        registry.register_with_unit(
            "index_lag",
            "For how long the oldest change that the search index has yet to follow has been waiting",
            Unit::Seconds,
            self.index_lag_seconds.clone(),
        );
        registry.register(
            "index_unreadable",
            "Items that search goes without, because their stored content cannot be read",
            self.index_unreadable.clone(),
        );
        registry.register(
            "index_documents",
            "Documents in the search index",
            self.index_documents.clone(),
        );
        registry.register(
            "writer_batches",
            "Write batches since start",
            self.writer_commits.clone(),
        );
        registry.register(
            "writer_answered",
            "Write requests answered since start",
            self.writer_requests.clone(),
        );
        registry.register_with_unit(
            "writer_busy",
            "Time the writer has spent in batches since start",
            Unit::Seconds,
            self.writer_busy_seconds.clone(),
        );
        registry.register(
            "writer_waiting",
            "Write requests that wait now",
            self.writer_waiting.clone(),
        );
        registry.register_with_unit(
            "disk_free",
            "Free space in the data directory",
            Unit::Bytes,
            self.disk_free_bytes.clone(),
        );
        registry.register(
            "degraded",
            "Conditions that hold the service back",
            self.degraded.clone(),
        );
        registry.register(
            "breakers",
            "Circuit breakers that are open, half open or paused by their own judgement, and those opened by hand",
            self.breakers.clone(),
        );
        registry.register(
            "breaker_transitions",
            "Changes of circuit breakers, by the state they came to",
            self.breaker_changes.clone(),
        );
        registry.register(
            "breaker_late_results",
            "Results that came too late to count for their circuit breaker",
            self.breaker_late_results.clone(),
        );
    }

    /// A job has ended or been postponed.
    pub fn job_ended(&self, kind: JobKind, outcome: Option<&Outcome>, took: Duration) {
        let labels = OutcomeLabels {
            kind: kind.as_str(),
            outcome: outcome.map_or("done", |outcome| outcome.word().as_str()),
            reason: outcome.map_or(String::new(), |outcome| outcome.reason().to_owned()),
        };
        self.ingest_outcomes.get_or_create(&labels).inc();
        if matches!(kind, JobKind::IngestItem | JobKind::ReprocessItem) {
            let mut ended = self.ingest_ended.lock().unwrap_or_else(PoisonError::into_inner);
            *ended.entry(labels.outcome).or_default() += 1;
        }
        self.job_seconds
            .get_or_create(&KindLabels { kind: kind.as_str() })
            .observe(took.as_secs_f64());
    }

    /// A circuit breaker of that service has come to that state.
    pub fn breaker_changed(&self, service: &str, state: &'static str) {
        let service = service.to_owned();
        self.breaker_changes
            .get_or_create(&BreakerLabels { service, state })
            .inc();
    }

    /// A result came too late to count.
    pub fn breaker_heard_late(&self, service: &str) {
        let service = service.to_owned();
        self.breaker_late_results
            .get_or_create(&ServiceLabels { service })
            .inc();
    }

    /// How many breakers of a service are in that state.
    pub fn breakers_counted(&self, service: &str, state: &'static str, count: usize) {
        let service = service.to_owned();
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.breakers
            .get_or_create(&BreakerLabels { service, state })
            .set(count);
    }

    /// A request has been answered. `route` is its pattern, never its path.
    pub fn request_answered(&self, route: &str, method: &str, status: u16, took: Duration) {
        let labels = RouteLabels {
            route: route.to_owned(),
            method: method.to_owned(),
            status,
        };
        self.http_requests.get_or_create(&labels).inc();
        self.answered.add(route, status, took);
        self.http_seconds
            .get_or_create(&RouteOnlyLabels {
                route: route.to_owned(),
            })
            .observe(took.as_secs_f64());
    }

    /// Requests that carry `mark` are the program's own, and counted nowhere.
    pub fn leave_out(&self, mark: &str) {
        // Once is enough: a process has one listener that it asks.
        let _ = self.own_mark.set(mark.to_owned());
    }

    /// Whether a request that carries `mark` is the program's own.
    pub fn is_own(&self, mark: &[u8]) -> bool {
        self.own_mark.get().is_some_and(|own| own.as_bytes() == mark)
    }

    /// How many requests were answered, by the first digit of their status: 1xx to 5xx.
    pub(crate) fn answered_by_class(&self) -> [u64; 5] {
        self.answered.totals().by_class
    }

    /// All requests together.
    pub(crate) fn answered(&self) -> AnsweredTotals {
        self.answered.totals()
    }

    /// Runs of ingestion that have ended, by the word of their outcome.
    pub(crate) fn ingest_ended(&self) -> BTreeMap<&'static str, u64> {
        self.ingest_ended
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Where ingestion counts how far tries come.
    pub fn stages(&self) -> &Arc<StageCounts> {
        &self.stages
    }

    /// So many leases ran out under their jobs.
    pub fn leases_expired(&self, count: u64) {
        self.leases_expired.fetch_add(count, Ordering::Relaxed);
    }

    /// How many leases have run out.
    pub(crate) fn expired_leases(&self) -> u64 {
        self.leases_expired.load(Ordering::Relaxed)
    }

    /// From now on panics of this process are counted, whoever catches them.
    pub(crate) fn count_panics(&self) {
        let (panics, before) = (Arc::clone(&self.panics), std::panic::take_hook());
        std::panic::set_hook(Box::new(move |panic| {
            panics.fetch_add(1, Ordering::Relaxed);
            before(panic);
        }));
    }

    /// How many panics have been counted.
    pub(crate) fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    /// Everything in the text format, with the levels of `status` and what else is measured.
    pub fn render(&self, status: &StatusView, measured: Vec<MeasuredValue>) -> String {
        for (state, count) in &status.items {
            self.items
                .get_or_create(&StateLabels { state: state.clone() })
                .set(*count as i64);
        }
        for state in JobState::ALL {
            let count = status.queue.jobs.get(state.as_str()).copied().unwrap_or(0);
            self.jobs
                .get_or_create(&StateLabels {
                    state: state.as_str().to_owned(),
                })
                .set(count as i64);
        }
        self.oldest_ready_seconds
            .set(status.queue.oldest_ready_ms as f64 / 1_000.0);
        self.index_lag.set(status.index.lag as i64);
        self.index_lag_seconds.set(status.index.lag_ms as f64 / 1_000.0);
        self.index_unreadable.set(status.index.unreadable as i64);
        self.index_documents.set(status.index.documents as i64);
        // The writer counts these itself, from its start: a counter is brought up to its total.
        let (commits, requests) = (self.writer_commits.inner(), self.writer_requests.inner());
        commits.store(status.writer.batches, Ordering::Relaxed);
        requests.store(status.writer.requests, Ordering::Relaxed);
        let busy_seconds = status.writer.busy_micros as f64 / 1_000_000.0;
        self.writer_busy_seconds
            .inner()
            .store(busy_seconds.to_bits(), Ordering::Relaxed);
        self.writer_waiting.set(status.writer.waiting as i64);
        self.disk_free_bytes.set(status.disk.free_bytes as i64);
        self.degraded.set(status.degraded.len() as i64);
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing to a String does not fail.
        let _ = encode(&mut text, &registry);
        catalogue::append(&mut text, measured);
        text
    }
}
