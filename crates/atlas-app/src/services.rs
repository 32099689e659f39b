//! `Services`: every kind of call that Atlas makes beyond itself, each with its policy and its circuit breakers.
//! It knows what there is and how it is; the calls are made elsewhere.

mod observer;
pub mod view;

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::Timestamp;
use atlas_resilience::breaker::{BreakerStatus, StoredBreaker};
use atlas_resilience::{
    BreakerKey, BreakerStore, Clock, Egress, EgressSettings, EgressStatus, Journal, Moment, PolicySettings,
    Service, Surroundings, TokioClock,
};

use crate::metrics::Metrics;
pub use atlas_resilience::breaker::OverlayMode;
use observer::BreakerObserver;

/// How long the end of the process waits for the state of breakers to be written.
const FLUSH_LIMIT: Duration = Duration::from_secs(1);

/// What breakers left behind when the process before this one ended.
#[derive(Debug, Default)]
pub struct Inheritance {
    /// The rows.
    pub rows: Vec<(BreakerKey, StoredBreaker)>,
    /// The first number for records of this process.
    pub next_number: u64,
}

/// Every kind of call, by its name.
#[derive(Debug)]
pub struct Services {
    all: Vec<Arc<Service>>,
    journal: Arc<Journal>,
    egress: Arc<Egress>,
    clock: Arc<dyn Clock>,
}

impl Services {
    /// The services of these settings, with what is inherited. `seed` begins the random draws. Calls to hosts of the
    /// web share the guard of our own network.
    pub fn new(
        settings: Vec<(&'static str, PolicySettings)>,
        clock: Arc<dyn Clock>,
        seed: u64,
        inheritance: Inheritance,
        metrics: Arc<Metrics>,
    ) -> Self {
        let journal = Arc::new(Journal::new(inheritance.next_number));
        let egress = Arc::new(Egress::new(EgressSettings::default(), Arc::clone(&clock)));
        let surroundings = Surroundings {
            clock: Arc::clone(&clock),
            journal: Some(Arc::clone(&journal)),
            observer: Some(Arc::new(BreakerObserver { metrics })),
            seed,
        };
        let mut rows = inheritance.rows;
        let services = settings.into_iter().map(|(name, settings)| {
            let own = rows.extract_if(.., |(key, _)| &*key.service == name);
            let own = own.map(|(key, row)| (key.scope.to_string(), row));
            let egress = Some(Arc::clone(&egress));
            Arc::new(Service::new(name, settings, surroundings.clone(), egress, own))
        });
        let all = services.collect();
        Self {
            all,
            journal,
            egress,
            clock,
        }
    }

    /// The one of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<Service>> {
        self.all.iter().find(|service| service.name() == name)
    }

    /// All of them.
    pub fn all(&self) -> &[Arc<Service>] {
        &self.all
    }

    /// How many changes of breakers are not known to be on the disk.
    pub fn unwritten(&self) -> usize {
        self.journal.backlog()
    }

    /// Whether calls get out at all.
    pub fn network(&self) -> EgressStatus {
        self.egress.status()
    }

    /// Every breaker that is at hand or has a past, by service and scope.
    pub fn breakers(&self) -> Vec<(&'static str, Arc<str>, BreakerStatus)> {
        let of_service = |service: &Arc<Service>| {
            let name = service.name();
            service
                .breakers()
                .all()
                .into_iter()
                .map(move |(scope, status)| (name, scope, status))
        };
        self.all.iter().flat_map(of_service).collect()
    }

    /// When the first decision by hand was made that still holds.
    pub fn oldest_overlay(&self) -> Option<Timestamp> {
        let overlays = self.breakers().into_iter().map(|(_, _, status)| status.overlay);
        let decided = overlays.filter(|overlay| overlay.mode != OverlayMode::Auto);
        decided
            .map(|overlay| overlay.since)
            .min()
            .map(|since| self.timestamp(since))
    }

    /// A moment of breakers, on the calendar.
    pub fn timestamp(&self, moment: Moment) -> Timestamp {
        let (now, wall) = (self.clock.now(), timestamp_of(self.clock.as_ref()));
        if moment >= now {
            wall.after(moment.since(now))
        } else {
            wall.before(now.since(moment))
        }
    }

    /// Writes what changes, for ever; drop the future to stop.
    pub async fn keep_in(&self, store: &dyn BreakerStore) {
        let failed = |failure: &_| tracing::warn!(%failure, "it stays in memory and is tried again");
        self.journal.write_to(store, failed).await;
    }

    /// Writes what has not been written, before the process ends. What takes too long stays unwritten: it costs a
    /// few failures or one probe.
    pub async fn flush_to(&self, store: &dyn BreakerStore) {
        match tokio::time::timeout(FLUSH_LIMIT, self.journal.write_once(store)).await {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => tracing::warn!(%failure, "the last changes are lost"),
            Err(_elapsed) => tracing::warn!("the state of circuit breakers was not written in time"),
        }
    }
}

/// None at all: for a process that calls nobody.
impl Default for Services {
    fn default() -> Self {
        let clock = TokioClock::new(|| std::time::SystemTime::UNIX_EPOCH);
        Self::new(
            Vec::new(),
            Arc::new(clock),
            0,
            Inheritance::default(),
            Arc::new(Metrics::default()),
        )
    }
}

fn timestamp_of(clock: &dyn Clock) -> Timestamp {
    let since_epoch = clock
        .wall()
        .duration_since(std::time::SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}
