//! Brings pages: [`HttpFetcher`] runs a cascade of strategies for one page. It judges addresses and sizes,
//! never content, and leaves the bytes as they came, apart from decompression.

mod address;
mod cascade;
mod client;
mod direct;
mod exchange;
mod failure;
mod given;
mod headers;
mod judge;
mod resolve;
mod settings;
mod way;

use std::sync::Arc;

use atlas_domain::{Clock, FetchError, FetchRequest, Fetched, Fetcher, PortFuture};
use atlas_resilience::{Deadline, Egress, EgressSettings, Service, Surroundings, TokioClock};

use self::cascade::Cascade;

pub use self::address::{AddressPolicy, AllowEntryError, RefusedAddress};
pub use self::client::ClientError;
pub use self::resolve::{Resolve, ResolveError, SystemResolver};
pub use self::settings::{FetchSettings, Politeness};

/// The name of the service that every request belongs to.
pub const ARTICLE_PROCESSING: &str = "article_processing";

/// Fetches over HTTP. One for the whole process: it holds the connections and the limits per host.
pub struct HttpFetcher {
    cascade: Cascade,
    service: Arc<Service>,
}

impl HttpFetcher {
    /// A fetcher that resolves names as the machine does, and whose every request passes the policy of `service`.
    pub fn new(
        settings: &FetchSettings,
        clock: Arc<dyn Clock>,
        service: Arc<Service>,
    ) -> Result<Self, ClientError> {
        Self::with_resolver(settings, clock, Arc::new(SystemResolver), service)
    }

    /// A fetcher that asks `resolver` for the addresses of names.
    pub fn with_resolver(
        settings: &FetchSettings,
        clock: Arc<dyn Clock>,
        resolver: Arc<dyn Resolve>,
        service: Arc<Service>,
    ) -> Result<Self, ClientError> {
        Ok(Self {
            cascade: Cascade::new(settings, clock, resolver, Arc::clone(&service))?,
            service,
        })
    }
}

impl Fetcher for HttpFetcher {
    fn fetch<'a>(&'a self, request: &'a FetchRequest) -> PortFuture<'a, Result<Fetched, FetchError>> {
        let overall_timeout = self.service.settings().overall_timeout;
        Box::pin(self.cascade.run(request, Deadline::after(overall_timeout)))
    }
}

/// A service for a fetcher whose breakers end with the process: for a command that saves nothing, and for tests.
pub fn passing_service(settings: &FetchSettings) -> Arc<Service> {
    let clock = Arc::new(TokioClock::new(|| std::time::SystemTime::UNIX_EPOCH));
    let surroundings = Surroundings {
        clock,
        journal: None,
        observer: None,
        seed: 0,
    };
    let egress = Arc::new(Egress::new(
        EgressSettings::default(),
        Arc::clone(&surroundings.clock),
    ));
    Arc::new(Service::new(
        ARTICLE_PROCESSING,
        settings.policy(),
        surroundings,
        Some(egress),
        [],
    ))
}
