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
mod resolve;
mod settings;
mod way;

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{Clock, FetchError, FetchRequest, Fetched, Fetcher, PortFuture};
use atlas_resilience::Deadline;

use self::cascade::Cascade;

pub use self::address::{AddressPolicy, AllowEntryError, RefusedAddress};
pub use self::client::ClientError;
pub use self::resolve::{Resolve, ResolveError, SystemResolver};
pub use self::settings::{FetchSettings, Politeness};

/// Fetches over HTTP. One for the whole process: it holds the connections and the limits per host.
pub struct HttpFetcher {
    cascade: Cascade,
    overall_timeout: Duration,
}

impl HttpFetcher {
    /// A fetcher that resolves names as the machine does.
    pub fn new(settings: &FetchSettings, clock: Arc<dyn Clock>) -> Result<Self, ClientError> {
        Self::with_resolver(settings, clock, Arc::new(SystemResolver))
    }

    /// A fetcher that asks `resolver` for the addresses of names.
    pub fn with_resolver(
        settings: &FetchSettings,
        clock: Arc<dyn Clock>,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Self, ClientError> {
        let overall_timeout = settings.overall_timeout;
        Ok(Self {
            cascade: Cascade::new(settings, clock, resolver)?,
            overall_timeout,
        })
    }
}

impl Fetcher for HttpFetcher {
    fn fetch<'a>(&'a self, request: &'a FetchRequest) -> PortFuture<'a, Result<Fetched, FetchError>> {
        Box::pin(self.cascade.run(request, Deadline::after(self.overall_timeout)))
    }
}
