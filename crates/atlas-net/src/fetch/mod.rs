//! Brings pages: [`HttpFetcher`] runs a cascade of strategies for one page. It judges addresses and sizes,
//! never content, and leaves the bytes as they came, apart from decompression.

mod address;
mod archive;
mod cascade;
mod client;
mod copies;
mod direct;
mod exchange;
mod failure;
mod given;
pub(crate) mod headers;
mod judge;
mod live_client;
mod resolve;
mod settings;
mod way;

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{Clock, CopyPlace, CopyRequest, FetchError, FetchRequest, Fetched, Fetcher, PortFuture};
use atlas_resilience::{Deadline, Egress, EgressSettings, Service, Surroundings, TokioClock};
use url::Url;

use self::archive::Archive;
use self::cascade::Cascade;
use self::copies::Copies;
use self::direct::Direct;
use self::exchange::Exchange;
use self::live_client::LiveClient;

pub use self::address::{AddressPolicy, AllowEntryError, RefusedAddress};
pub use self::archive::{ArchiveTemplate, ArchiveTemplateError};
pub use self::client::ClientError;
pub(crate) use self::client::{build as build_client, builder as client_builder, trusted_roots};
pub(crate) use self::resolve::GuardedResolver;
pub use self::resolve::{Resolve, ResolveError, SystemResolver};
pub use self::settings::{FetchSettings, Politeness};

/// The name of the service that every request belongs to.
pub const ARTICLE_PROCESSING: &str = "article_processing";

/// One in so many parts of the time for a page is left for an archive when there is one.
const ARCHIVE_SHARE: u32 = 4;

/// Fetches over HTTP. One for the whole process: it holds the connections and the limits per host.
pub struct HttpFetcher {
    cascade: Cascade,
    copies: Copies,
    settings: FetchSettings,
    clock: Arc<dyn Clock>,
    resolver: Arc<dyn Resolve>,
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
        let addresses = Arc::new(settings.addresses.clone());
        let direct = Direct {
            exchange: exchange(settings, &clock, &resolver, (&addresses, &service))?,
            service: Arc::clone(&service),
            addresses,
            redirect_limit: settings.redirect_limit,
        };
        Ok(Self {
            cascade: Cascade::new(settings, Arc::clone(&clock), direct.clone()),
            copies: Copies {
                direct,
                archive: None,
            },
            settings: settings.clone(),
            clock,
            resolver,
            service,
        })
    }

    /// The same with an archive, which is asked by the policy of `service`. Whoever wrote the template is trusted to
    /// know where it leads; where the archive sends us to is judged like everything else.
    pub fn with_archive(
        mut self,
        template: ArchiveTemplate,
        service: Arc<Service>,
    ) -> Result<Self, ClientError> {
        let trusted = AddressPolicy::allowing([template.host()]).unwrap_or_default();
        self.copies.archive = Some(Archive {
            exchange: exchange(
                &self.settings,
                &self.clock,
                &self.resolver,
                (&Arc::new(trusted), &service),
            )?,
            template,
            service,
            elsewhere: self.copies.direct.clone(),
        });
        Ok(self)
    }

    fn time_for_page(&self) -> Duration {
        time_for_page(
            self.service.settings().overall_timeout,
            self.copies.archive.is_some(),
        )
    }

    /// When another copy must be there. What the page itself leaves an archive is all the time that it can have.
    fn deadline_of_copy(&self, request: &CopyRequest) -> Deadline {
        let overall = self.service.settings().overall_timeout;
        let left = overall.saturating_sub(request.spent);
        let share = match request.place {
            CopyPlace::Archive => overall.saturating_sub(self.time_for_page()),
            CopyPlace::Amp(_) | CopyPlace::Print(_) => overall,
        };
        let limit = share.max(left);
        Deadline::of_rest(limit, limit.saturating_sub(left))
    }
}

/// The time for the page itself. An archive is asked last, and a host that never answers must leave it some.
pub fn time_for_page(overall: Duration, has_archive: bool) -> Duration {
    if has_archive {
        overall / ARCHIVE_SHARE * (ARCHIVE_SHARE - 1)
    } else {
        overall
    }
}

/// Sends requests to wherever `addresses` permits, by the times of `service`.
fn exchange(
    settings: &FetchSettings,
    clock: &Arc<dyn Clock>,
    resolver: &Arc<dyn Resolve>,
    (addresses, service): (&Arc<AddressPolicy>, &Arc<Service>),
) -> Result<Arc<Exchange>, ClientError> {
    let client = LiveClient::new(Arc::clone(resolver), Arc::clone(addresses), Arc::clone(service))?;
    Ok(Arc::new(Exchange {
        client,
        clock: Arc::clone(clock),
        html_limit_bytes: settings.html_limit_bytes,
        document_limit_bytes: settings.document_limit_bytes,
    }))
}

impl Fetcher for HttpFetcher {
    fn fetch<'a>(&'a self, request: &'a FetchRequest) -> PortFuture<'a, Result<Fetched, FetchError>> {
        let deadline = Deadline::of_limit(self.time_for_page());
        Box::pin(self.cascade.run(request, deadline))
    }

    fn fetch_copy<'a>(&'a self, request: &'a CopyRequest) -> PortFuture<'a, Result<Fetched, FetchError>> {
        Box::pin(self.copies.fetch(request, self.deadline_of_copy(request)))
    }

    fn has_archive(&self) -> bool {
        self.copies.archive.is_some()
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

    #[test]
    fn a_host_that_never_answers_leaves_an_archive_some_of_the_time() {
        let settings = FetchSettings::default();
        let clock = Arc::new(atlas_domain::SystemClock);
        let fetcher = HttpFetcher::new(&settings, clock, passing_service(&settings)).unwrap();
        assert_eq!(fetcher.time_for_page(), settings.overall_timeout);
        let template = ArchiveTemplate::parse("https://archive.example/{url}").unwrap();
        let fetcher = fetcher
            .with_archive(template, passing_service(&settings))
            .unwrap();
        assert_eq!(fetcher.time_for_page(), settings.overall_timeout * 3 / 4);
    }

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
