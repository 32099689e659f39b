//! `Services`: every kind of call that Atlas makes beyond itself, each with its policy and its circuit breakers.
//! It knows what there is and how it is; the calls are made elsewhere.

mod observer;
mod policies;
pub(crate) mod search_operations;
pub mod view;

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::Timestamp;
use atlas_resilience::breaker::{BreakerStatus, StoredBreaker};
use atlas_resilience::{
    BreakerKey, BreakerStore, Clock, Egress, EgressSettings, EgressStatus, Journal, Moment, PolicySettings,
    Service, Surroundings, TokioClock,
};
use atlas_store::{DatabaseServices, StoreError};

use crate::metrics::Metrics;
pub use atlas_resilience::breaker::OverlayMode;
use observer::BreakerObserver;
pub use policies::{BACKGROUND_PROCESSING, background_processing};
pub use search_operations::{SEARCH_OPERATIONS, search_operations};

/// How long the end of the process waits for the state of breakers to be written.
const FLUSH_LIMIT: Duration = Duration::from_secs(1);
/// How long a person waits for a decision to be on the disk.
const SETTLE_LIMIT: Duration = Duration::from_secs(3);
/// How often both clocks are compared, and how far they may part before the machine must have slept.
const COMPARE_CLOCKS: Duration = Duration::from_secs(10);
const SLEPT: Duration = Duration::from_secs(5);
/// How often breakers whose past is over are forgotten, in comparisons of the clocks.
const FORGET_EVERY: u32 = 60;

/// What breakers left behind when the process before this one ended.
#[derive(Debug, Default)]
pub struct Inheritance {
    /// The rows.
    pub rows: Vec<(BreakerKey, StoredBreaker)>,
    /// The first number for records of this process.
    pub next_number: u64,
    /// Why nothing is known of them, although something was left behind.
    pub unreadable: Option<StoreError>,
}

/// One kind of call.
#[derive(Debug)]
pub struct ServicePlan {
    /// Its name.
    pub name: &'static str,
    /// Its policy.
    pub settings: PolicySettings,
    /// Its calls go out by our own network, and share the guard of that.
    goes_out: bool,
    /// The scope that a person means by a text, or what is wrong with it.
    scope: fn(&str) -> Result<String, String>,
}

impl ServicePlan {
    /// Calls to the web. Whoever makes them knows how scopes are written.
    pub const fn to_web(
        name: &'static str,
        settings: PolicySettings,
        scope: fn(&str) -> Result<String, String>,
    ) -> Self {
        Self {
            name,
            settings,
            goes_out: true,
            scope,
        }
    }

    /// Calls that stay within the machine: they go on while the network is down.
    pub const fn within(name: &'static str, settings: PolicySettings) -> Self {
        Self {
            name,
            settings,
            goes_out: false,
            scope: plain_scope,
        }
    }
}

/// The services of the database files. They are made before any file is opened, and listed among all others by
/// [`Services::beside`]; `clock` is the one of those.
pub fn database_services(clock: Arc<dyn Clock>, seed: u64, metrics: Arc<Metrics>) -> DatabaseServices {
    DatabaseServices::new(Surroundings {
        clock,
        journal: None,
        observer: Some(Arc::new(BreakerObserver { metrics })),
        seed,
    })
}

/// A service, and how its scopes are written.
#[derive(Debug)]
struct Listed {
    service: Arc<Service>,
    scope: fn(&str) -> Result<String, String>,
    /// Each scope is a host with its port.
    to_hosts: bool,
}

/// Every kind of call, by its name.
#[derive(Debug)]
pub struct Services {
    all: Vec<Listed>,
    journal: Arc<Journal>,
    egress: Arc<Egress>,
    clock: Arc<dyn Clock>,
    unreadable: Option<StoreError>,
}

impl Services {
    /// The services of these plans, with what is inherited. `seed` begins the random draws.
    pub fn new(
        plans: Vec<ServicePlan>,
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
        let all = plans.into_iter().map(|plan| {
            let ServicePlan { name, settings, .. } = plan;
            let own = rows.extract_if(.., |(key, _)| &*key.service == name);
            let own = own.map(|(key, row)| (key.scope.to_string(), row));
            let egress = plan.goes_out.then(|| Arc::clone(&egress));
            Listed {
                service: Arc::new(Service::new(name, settings, surroundings.clone(), egress, own)),
                scope: plan.scope,
                to_hosts: plan.goes_out,
            }
        });
        Self {
            all: all.collect(),
            journal,
            egress,
            clock,
            unreadable: inheritance.unreadable,
        }
    }

    /// Lists others, too, which were made elsewhere with the same clock.
    #[must_use]
    pub fn beside(mut self, others: impl IntoIterator<Item = Arc<Service>>) -> Self {
        self.all.extend(others.into_iter().map(|service| Listed {
            service,
            scope: plain_scope,
            to_hosts: false,
        }));
        self
    }

    /// The one of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<Service>> {
        self.listed(name).map(|listed| &listed.service)
    }

    /// The scope that a person means by a text, for the service of that name.
    pub fn scope(&self, name: &str, text: &str) -> Result<String, String> {
        self.listed(name)
            .map_or(plain_scope as fn(&str) -> _, |listed| listed.scope)(text)
    }

    /// The host that a scope of the service of that name stands for, without its port; none where it stands for
    /// something within this machine.
    pub(crate) fn host<'a>(&self, name: &str, scope: &'a str) -> Option<&'a str> {
        let (host, _port) = scope.rsplit_once(':')?;
        self.listed(name)?.to_hosts.then_some(host)
    }

    fn listed(&self, name: &str) -> Option<&Listed> {
        self.all.iter().find(|listed| listed.service.name() == name)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Service>> {
        self.all.iter().map(|listed| &listed.service)
    }

    /// Whether everything that was decided before is on the disk, within a time that a person waits.
    pub async fn settled(&self) -> bool {
        tokio::time::timeout(SETTLE_LIMIT, self.journal.settled())
            .await
            .is_ok()
    }

    /// How many changes of breakers are not known to be on the disk.
    pub fn unwritten(&self) -> usize {
        self.journal.backlog()
    }

    /// Why nothing is known of the breakers of the process that calls, if that is so: a process that only looks
    /// cannot begin them anew.
    pub fn unreadable(&self) -> Option<&StoreError> {
        self.unreadable.as_ref()
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
        self.all().flat_map(of_service).collect()
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
        let mut failures = 0_u32;
        let failed = |failure: &_| {
            failures = failures.saturating_add(1);
            // The first, the second, the fourth: a disk that stays full need not be told of every second.
            if failures.is_power_of_two() {
                tracing::warn!(%failure, failures, "it stays in memory and is tried again");
            }
        };
        self.journal.write_to(store, failed).await;
    }

    /// Looks after breakers, for ever: what has slept with the machine is due earlier, and those whose past is over
    /// are forgotten. Drop the future to stop.
    pub async fn tend(&self) {
        let mut ticks = tokio::time::interval(COMPARE_CLOCKS);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut now, mut wall) = (self.clock.now(), self.clock.wall());
        for tick in 1_u32.. {
            ticks.tick().await;
            let (earlier, earlier_wall) = (now, wall);
            (now, wall) = (self.clock.now(), self.clock.wall());
            let passed = wall.duration_since(earlier_wall).unwrap_or_default();
            let slept = passed.saturating_sub(now.since(earlier));
            if slept > SLEPT {
                tracing::info!(
                    ?slept,
                    "the machine slept, or its clock was set: open circuit breakers are due earlier"
                );
                self.all().for_each(|service| service.breakers().slept(slept));
            }
            if tick.is_multiple_of(FORGET_EVERY) {
                self.all()
                    .for_each(|service| service.breakers().forget_the_well());
            }
        }
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

/// A word: the name of a file, of a kind of job.
fn plain_scope(text: &str) -> Result<String, String> {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    if text.is_empty() || text.len() > 100 || !text.chars().all(is_plain) {
        return Err(format!(
            "`{text}` is no scope; `atlas breaker ls --all` lists those that there are"
        ));
    }
    Ok(text.to_owned())
}
