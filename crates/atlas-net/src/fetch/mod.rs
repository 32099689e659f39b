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
use url::Url;

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

/// The scope that a person means by a host: `example.com:8443`, or an address of it, `https://example.com/page`.
pub fn scope_of(text: &str) -> Result<String, String> {
    let refused = || {
        format!(
            "`{text}` is no host with a port; write it like `example.com:443`, or give an address like `https://example.com`"
        )
    };
    let is_address = text.contains("://");
    let url = if is_address {
        Url::parse(text)
    } else {
        Url::parse(&format!("http://{text}"))
    };
    let url = url.map_err(|_| refused())?;
    let is_bare =
        url.path() == "/" && url.query().is_none() && url.username().is_empty() && !text.ends_with('/');
    // The parser drops the port that an address of this kind has anyway.
    let has_port = text
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    if url.host().is_none() || !(is_address || (is_bare && has_port)) {
        return Err(refused());
    }
    Ok(direct::scope(&url))
}

/// A service for a fetcher whose breakers end with the process: for a command that saves nothing, and for tests.
pub fn passing_service(settings: &FetchSettings) -> Arc<Service> {
    let clock = Arc::new(TokioClock::new(|| std::time::SystemTime::UNIX_EPOCH));
    let surroundings = Surroundings::unkept(clock, 0);
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

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("example.com:443", "example.com:443")]
    #[case("Example.COM.:80", "example.com:80")]
    #[case("127.0.0.1:8080", "127.0.0.1:8080")]
    #[case("[::1]:8080", "[::1]:8080")]
    #[case("https://example.com", "example.com:443")]
    #[case("HTTP://Example.com/page?q=1", "example.com:80")]
    fn a_host_is_named_as_requests_name_it(#[case] text: &str, #[case] scope: &str) {
        assert_eq!(scope_of(text).as_deref(), Ok(scope));
    }

    #[rstest]
    #[case("example.com")]
    #[case("127.0.0.1")]
    #[case("example.com:443/")]
    #[case("example.com:https")]
    #[case("")]
    #[case(":443")]
    #[case("a b:443")]
    fn what_no_request_would_be_counted_under_is_no_scope(#[case] text: &str) {
        assert!(scope_of(text).is_err());
    }
}
