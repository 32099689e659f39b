//! `Services`: every kind of call that Atlas makes beyond itself, each with its policy and its circuit breakers.
//! It knows what there is and how it is; the calls are made elsewhere.

mod api_calls;
mod breaking;
mod decisions;
mod health_probes;
mod keeping;
mod llm_operations;
mod notifications;
mod observer;
mod policies;
mod recoveries;
mod scopes;
pub(crate) mod search_operations;
pub mod view;

use std::sync::Arc;

use atlas_domain::Timestamp;
use atlas_resilience::breaker::StoredBreaker;
use atlas_resilience::{
    BreakerKey, Clock, Egress, EgressSettings, EgressStatus, Journal, Moment, PolicySettings, Service,
    Surroundings, TokioClock,
};
use atlas_store::{DatabaseServices, StoreError};

use crate::metrics::Metrics;
pub use api_calls::{API_CALLS, api_calls};
pub use atlas_resilience::breaker::OverlayMode;
pub use health_probes::{HEALTH_PROBES, health_probes};
pub use llm_operations::{LLM_OPERATIONS, llm_operations};
pub use notifications::{NOTIFICATIONS, notifications};
use observer::BreakerObserver;
pub use policies::{BACKGROUND_PROCESSING, background_processing};
pub(crate) use recoveries::Recovered;
use recoveries::Recoveries;
use scopes::Scopes;
pub use search_operations::{SEARCH_OPERATIONS, TIME_BESIDE_INDEX, search_operations};

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
    /// Its calls stay within the machine: where they are not made, that holds the machine itself back.
    within: bool,
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
            within: false,
            scope,
        }
    }

    /// Calls to services out there, with a word for each of them or for a group of its addresses. A word is no host:
    /// it does not count as one where our own network is watched, and is not held back there.
    pub const fn to_endpoints(name: &'static str, settings: PolicySettings) -> Self {
        let mut plan = Self::within(name, settings);
        plan.within = false;
        plan
    }

    /// Calls that stay within the machine: they go on while the network is down.
    pub const fn within(name: &'static str, settings: PolicySettings) -> Self {
        Self {
            name,
            settings,
            goes_out: false,
            within: true,
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
        observer: Some(Arc::new(BreakerObserver {
            metrics,
            recoveries: None,
        })),
        seed,
    })
}

/// A service, and how its scopes are written.
#[derive(Debug)]
struct Listed {
    service: Arc<Service>,
    scopes: Scopes,
    /// Each scope is a host with its port.
    to_hosts: bool,
    within: bool,
    /// Its breakers end with the process.
    forgets: bool,
}

/// Every kind of call, by its name.
#[derive(Debug)]
pub struct Services {
    all: Vec<Listed>,
    journal: Arc<Journal>,
    egress: Arc<Egress>,
    recoveries: Arc<Recoveries>,
    /// Rows of services that are not made here.
    decisions: Vec<(BreakerKey, StoredBreaker)>,
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
        let recoveries = Arc::<Recoveries>::default();
        let observer = BreakerObserver {
            metrics,
            recoveries: Some(Arc::clone(&recoveries)),
        };
        let surroundings = Surroundings {
            clock: Arc::clone(&clock),
            journal: Some(Arc::clone(&journal)),
            observer: Some(Arc::new(observer)),
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
                scopes: Scopes::of(name, plan.scope),
                to_hosts: plan.goes_out,
                within: plan.within,
                forgets: false,
            }
        });
        let all = all.collect();
        Self {
            all,
            decisions: rows,
            journal,
            egress,
            recoveries,
            clock,
            unreadable: inheritance.unreadable,
        }
    }

    /// Lists others, too, which were made elsewhere with the same clock, and whose breakers end with the process.
    #[must_use]
    pub fn beside(mut self, others: impl IntoIterator<Item = Arc<Service>>) -> Self {
        self.all.extend(others.into_iter().map(|service| Listed {
            scopes: Scopes::of(service.name(), plain_scope),
            service,
            to_hosts: false,
            within: true,
            forgets: true,
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
            .map_or_else(|| plain_scope(text), |listed| listed.scopes.meant_by(text))
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

    /// Those whose calls stay within the machine.
    pub(crate) fn within_the_machine(&self) -> impl Iterator<Item = &Arc<Service>> {
        let within = self.all.iter().filter(|listed| listed.within);
        within.map(|listed| &listed.service)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Service>> {
        self.all.iter().map(|listed| &listed.service)
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

    /// What is tried or well again by itself, once each time, for the one who wakes what waited for it. Dropped before
    /// its end, it has taken nothing.
    pub(crate) async fn next_recovered(&self) -> Recovered {
        tokio::select! {
            () = self.egress.came_back() => Recovered::Network,
            noted = self.recoveries.next() => noted,
        }
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

/// The scope that is a word: the name of a file, of a kind of job.
pub fn plain_scope(text: &str) -> Result<String, String> {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    if text.is_empty() || text.len() > 100 || !text.chars().all(is_plain) {
        return Err(format!(
            "`{text}` is no scope; `atlas breaker ls --all` lists those that there are"
        ));
    }
    Ok(text.to_owned())
}
