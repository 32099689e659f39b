//! Other copies of a page, from real sockets: guarded like redirects, asked once, and an archive trusted as it is
//! named.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::time::ManualClock;
use atlas_domain::{CopyPlace, CopyRequest, FetchError, FetchFault, Fetched, Fetcher, Strategy};
use atlas_net::fetch::{AddressPolicy, ArchiveTemplate, FetchSettings, HttpFetcher, passing_service};
use atlas_resilience::breaker::Phase;
use atlas_resilience::{Backoff, PolicySettings, RetryPlan, Service, Surroundings, TokioClock};
use rstest::rstest;
use url::Url;

use crate::server::{Server, Step, page, response};
use crate::world::{NOW, Names, fetch, fetcher, fetcher_with_names, settings};

const PAGE: &str = "https://example.com/a?b=c";

async fn copy(fetcher: &HttpFetcher, place: CopyPlace, spent: Duration) -> Result<Fetched, FetchError> {
    let request = CopyRequest {
        page: Url::parse(PAGE).unwrap(),
        place,
        spent,
    };
    fetcher.fetch_copy(&request).await
}

async fn variant(fetcher: &HttpFetcher, url: Url) -> Result<Fetched, FetchError> {
    copy(fetcher, CopyPlace::Amp(url), Duration::ZERO).await
}

fn names(name: &str, address: Ipv4Addr) -> Arc<Names> {
    Names::one(name, vec![Ok(vec![IpAddr::V4(address)])])
}

#[tokio::test]
async fn a_variant_is_brought_with_its_step() {
    let server = Server::always(|| page("in other clothes")).await;
    let found = variant(&fetcher(&settings()), server.url("/amp")).await.unwrap();
    assert_eq!((found.strategy, found.status), (Strategy::Amp, 200));
    assert_eq!(found.url, server.url("/amp"));
    let [step] = found.steps.as_slice() else {
        panic!("{:?}", found.steps)
    };
    assert_eq!(
        (step.strategy, step.result.as_str(), step.hops.len()),
        (Strategy::Amp, "ok", 1)
    );
}

#[rstest]
#[case::literal("http://10.0.0.1/amp", FetchFault::RefusedAddress)]
#[case::name("http://amp.example.com/amp", FetchFault::RefusedAddress)]
#[case::other_scheme("ftp://example.com/amp", FetchFault::UnsupportedScheme)]
#[case::password("http://me:secret@example.com/amp", FetchFault::Credentials)]
#[tokio::test]
async fn a_variant_is_guarded_like_a_redirect(#[case] address: &str, #[case] fault: FetchFault) {
    let fetcher = fetcher_with_names(&settings(), &names("amp.example.com", Ipv4Addr::new(10, 0, 0, 1)));
    let refused = variant(&fetcher, Url::parse(address).unwrap()).await.unwrap_err();
    assert_eq!(refused.fault, fault);
    assert_eq!(refused.steps[0].strategy, Strategy::Amp);
    assert_eq!(refused.steps[0].result, fault.as_str());
    assert!(!format!("{refused:?}").contains("secret"), "{refused:?}");
}

#[tokio::test]
async fn a_variant_that_leads_to_a_private_address_is_refused() {
    let moved = || response("302 Found", &[("location", "http://127.0.0.2/admin")], b"");
    let server = Server::always(moved).await;
    let refused = variant(&fetcher(&settings()), server.url("/amp"))
        .await
        .unwrap_err();
    assert_eq!(refused.fault, FetchFault::RefusedAddress);
    assert_eq!(refused.steps[0].hops.len(), 2);
}

fn eager() -> FetchSettings {
    FetchSettings {
        retry: Some(RetryPlan {
            max_attempts: 3,
            transient: Backoff::constant(Duration::from_millis(1)),
            ..RetryPlan::default()
        }),
        ..settings()
    }
}

#[tokio::test]
async fn a_copy_is_asked_for_once_where_the_page_itself_is_asked_again() {
    let failing = Server::always(|| response("500 Internal Server Error", &[], b"x")).await;
    let fetcher = archived(&failing.url("/get"), &eager(), &api());
    fetch(&fetcher, failing.url("/page")).await.unwrap();
    assert_eq!(failing.requests().len(), 3);
    variant(&fetcher, failing.url("/amp")).await.unwrap();
    assert_eq!(failing.requests().len(), 4);
    copy(&fetcher, CopyPlace::Archive, Duration::ZERO).await.unwrap();
    assert_eq!(failing.requests().len(), 5);
}

#[rstest]
#[case::variant(false)]
#[case::archive(true)]
#[tokio::test]
async fn nobody_is_asked_when_the_time_of_the_page_is_over(#[case] of_archive: bool) {
    let server = Server::always(|| page("late")).await;
    let fetcher = archived(&server.url("/get"), &settings(), &api());
    let place = if of_archive {
        CopyPlace::Archive
    } else {
        CopyPlace::Amp(server.url("/amp"))
    };
    let over = copy(&fetcher, place, settings().overall_timeout)
        .await
        .unwrap_err();
    assert_eq!(over.fault, FetchFault::Timeout, "{over}");
    assert_eq!(server.requests().len(), 0);
}

/// The service of the archive, which opens after two failures.
fn api() -> Arc<Service> {
    let made = FetchSettings::default();
    let mut breaker = made.breaker.unwrap();
    let mut rules = (*breaker.default).clone();
    rules.trip.consecutive_failures = Some(2);
    breaker.default = Arc::new(rules);
    let settings = PolicySettings {
        attempt_timeout: Duration::from_secs(20),
        overall_timeout: Duration::from_secs(30),
        retry: eager().retry,
        breaker: Some(breaker),
        concurrency: None,
        rate: None,
    };
    let clock = Arc::new(TokioClock::new(|| std::time::SystemTime::UNIX_EPOCH));
    Arc::new(Service::new(
        "api_calls",
        settings,
        Surroundings::unkept(clock, 0),
        None,
        [],
    ))
}

/// A fetcher whose archive has its copies at `place`, asked by `api`.
fn archived(place: &Url, settings: &FetchSettings, api: &Arc<Service>) -> HttpFetcher {
    with_archive(&format!("{place}?of={{url}}"), settings, api, &Arc::default())
}

fn with_archive(
    template: &str,
    settings: &FetchSettings,
    api: &Arc<Service>,
    names: &Arc<Names>,
) -> HttpFetcher {
    let resolver: Arc<dyn atlas_net::fetch::Resolve> = Arc::<Names>::clone(names);
    let clock = Arc::new(ManualClock::at(NOW));
    let fetcher = HttpFetcher::with_resolver(settings, clock, resolver, passing_service(settings)).unwrap();
    let template = ArchiveTemplate::parse(template).unwrap();
    fetcher.with_archive(template, Arc::clone(api)).unwrap()
}

#[tokio::test]
async fn an_archive_is_asked_for_the_whole_address_of_the_page() {
    let server = Server::always(|| page("as it was")).await;
    let fetcher = archived(&server.url("/get"), &settings(), &api());
    assert!(fetcher.has_archive());
    let found = copy(&fetcher, CopyPlace::Archive, Duration::ZERO).await.unwrap();
    assert_eq!(
        (found.strategy, found.body.as_slice()),
        (Strategy::Archive, b"as it was".as_slice())
    );
    let asked = &server.requests()[0].path;
    assert_eq!(asked, "/get?of=https%3A%2F%2Fexample.com%2Fa%3Fb%3Dc");
    let hop = &found.steps[0].hops[0].url;
    assert!(hop.ends_with("/get"), "what may be secret is not told: {hop}");
}

/// Nothing private may be asked for here, and the archive is private: its owner knows.
#[rstest]
#[case::by_its_name("archive.home")]
#[case::by_its_address("127.0.0.1")]
#[tokio::test]
async fn an_archive_is_trusted_as_it_is_named_and_where_it_sends_us_is_not(#[case] host: &str) {
    let server = Server::start(|request| match request.path.as_str() {
        "/moved?of=https%3A%2F%2Fexample.com%2Fa%3Fb%3Dc" => {
            response("302 Found", &[("location", "/2024/page")], b"")
        }
        "/2024/page" => page("as it was"),
        _ => response("302 Found", &[("location", "http://127.0.0.1:1/admin")], b""),
    })
    .await;
    let strict = FetchSettings {
        addresses: AddressPolicy::default(),
        ..settings()
    };
    let names = names("archive.home", Ipv4Addr::LOCALHOST);
    let at = |path: &str| format!("{}?of={{url}}", server.url_at(host, path));
    let fetcher = with_archive(&at("/moved"), &strict, &api(), &names);
    let found = copy(&fetcher, CopyPlace::Archive, Duration::ZERO).await.unwrap();
    assert_eq!(found.body, b"as it was");
    let refused = fetch(&fetcher, server.url("/page")).await.unwrap_err();
    assert_eq!(refused.fault, FetchFault::RefusedAddress, "a page is no archive");

    let fetcher = with_archive(&at("/elsewhere"), &strict, &api(), &names);
    let refused = copy(&fetcher, CopyPlace::Archive, Duration::ZERO)
        .await
        .unwrap_err();
    assert_eq!(refused.fault, FetchFault::RefusedAddress);
}

#[tokio::test]
async fn an_archive_that_sends_back_to_the_page_has_no_copy() {
    let back = || response("302 Found", &[("location", "https://www.example.com/a?b=c")], b"");
    let server = Server::always(back).await;
    let fetcher = archived(&server.url("/get"), &settings(), &api());
    let refused = copy(&fetcher, CopyPlace::Archive, Duration::ZERO)
        .await
        .unwrap_err();
    assert_eq!(refused.fault, FetchFault::BadRedirect);
    assert!(refused.message.contains("no copy"), "{refused}");
}

#[tokio::test]
async fn an_archive_in_trouble_is_left_alone_by_a_breaker_of_its_own() {
    let server = Server::start(|request| {
        if request.path.starts_with("/get") {
            return vec![Step::Reset];
        }
        page("well")
    })
    .await;
    let api = api();
    let fetcher = archived(&server.url("/get"), &settings(), &api);
    for _ in 0..2 {
        let failed = copy(&fetcher, CopyPlace::Archive, Duration::ZERO)
            .await
            .unwrap_err();
        assert_eq!(failed.fault, FetchFault::ConnectFailed, "{failed}");
    }
    assert_eq!(api.breakers().status("archive").phase, Phase::Open);
    let left_alone = copy(&fetcher, CopyPlace::Archive, Duration::ZERO)
        .await
        .unwrap_err();
    assert_eq!(left_alone.fault, FetchFault::CircuitOpen);
    assert!(
        left_alone
            .message
            .contains("atlas breaker show api_calls archive"),
        "{left_alone}"
    );
    assert_eq!(server.requests().len(), 2);
    assert_eq!(fetch(&fetcher, server.url("/page")).await.unwrap().status, 200);
}

#[tokio::test]
async fn an_archive_that_hangs_counts_though_the_rest_of_the_pages_time_ends_it() {
    let hanging = Server::always(|| vec![Step::Stall]).await;
    let api = api();
    let settings = FetchSettings {
        attempt_timeout: Duration::from_millis(600),
        overall_timeout: Duration::from_millis(1_200),
        ..settings()
    };
    let fetcher = archived(&hanging.url("/get"), &settings, &api);
    let phase = || api.breakers().status("archive").phase;
    // A machine so busy that the attempt begins late says nothing of the archive.
    for _ in 0..20 {
        if phase() == Phase::Closed {
            let spent_by_page = Duration::from_millis(900);
            copy(&fetcher, CopyPlace::Archive, spent_by_page)
                .await
                .unwrap_err();
        }
    }
    assert_eq!(phase(), Phase::Open);
}

#[tokio::test]
async fn without_an_archive_there_is_none_to_ask() {
    let fetcher = fetcher(&settings());
    assert!(!fetcher.has_archive());
    let none = copy(&fetcher, CopyPlace::Archive, Duration::ZERO)
        .await
        .unwrap_err();
    assert!(none.message.contains("fetch.archive_url"), "{none}");
}
