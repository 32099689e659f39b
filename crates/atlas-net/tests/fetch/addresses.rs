//! Names: only judged addresses are connected to, and they are the ones that were judged.

use std::net::IpAddr;
use std::sync::Arc;

use atlas_domain::FetchFault;
use atlas_domain::time::ManualClock;
use atlas_net::fetch::{AddressPolicy, FetchSettings, HttpFetcher, ResolveError};
use rstest::rstest;

use crate::server::{Server, Step, head, loopback, page, redirect};
use crate::world::{NOW, Names, fetch, fetcher_with_names, settings};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// A server where fetching is allowed, and one on the same port of an address where it is not.
async fn allowed_and_forbidden() -> (Server, Server) {
    let close = || {
        vec![
            Step::Send(head("200 OK", &[("connection", "close")])),
            Step::Close,
        ]
    };
    let allowed = Server::always(close).await;
    let forbidden = Server::start_at(loopback(2, allowed.address().port()), |_| page("secret")).await;
    (allowed, forbidden)
}

#[tokio::test]
async fn of_several_addresses_only_permitted_ones_are_used() {
    let (allowed, forbidden) = allowed_and_forbidden().await;
    let names = Names::one(
        "site.test",
        vec![Ok(vec![ip("127.0.0.2"), ip("127.0.0.1"), ip("10.0.0.1")])],
    );
    fetch(
        &fetcher_with_names(&settings(), &names),
        allowed.url_at("site.test", "/"),
    )
    .await
    .unwrap();
    assert_eq!((allowed.connections(), forbidden.connections()), (1, 0));
}

#[tokio::test]
async fn the_judged_address_is_the_one_connected_to() {
    let (allowed, forbidden) = allowed_and_forbidden().await;
    let names = Names::one(
        "site.test",
        vec![Ok(vec![ip("127.0.0.1")]), Ok(vec![ip("127.0.0.2")])],
    );
    let fetcher = fetcher_with_names(&settings(), &names);
    fetch(&fetcher, allowed.url_at("site.test", "/")).await.unwrap();
    assert_eq!(
        names.times_asked("site.test"),
        1,
        "a second look-up could answer differently"
    );
    let second = fetch(&fetcher, allowed.url_at("site.test", "/"))
        .await
        .unwrap_err();
    assert_eq!(second.fault, FetchFault::RefusedAddress, "{second}");
    assert_eq!((allowed.connections(), forbidden.connections()), (1, 0));
}

#[tokio::test]
async fn a_redirect_to_a_name_that_leads_inside_is_refused() {
    let inside = Server::start_at(loopback(2, 0), |_| page("secret")).await;
    let target = inside.url_at("inside.test", "/").to_string();
    let server = Server::always(move || redirect(&target)).await;
    let names = Names::one("inside.test", vec![Ok(vec![ip("127.0.0.2")])]);
    let error = fetch(&fetcher_with_names(&settings(), &names), server.url("/"))
        .await
        .unwrap_err();
    assert_eq!(error.fault, FetchFault::RefusedAddress, "{error}");
    assert!(error.message.contains("`inside.test`"), "{error}");
    assert_eq!(inside.connections(), 0);
}

#[rstest]
#[case("nas.test")]
#[case::absolute("nas.test.")]
#[tokio::test]
async fn an_allowed_name_leads_anywhere(#[case] host: &str) {
    let inside = Server::start_at(loopback(2, 0), |_| page("mine")).await;
    let names = Names::one(host, vec![Ok(vec![ip("127.0.0.2")])]);
    let addresses = AddressPolicy::allowing(["nas.test"]).unwrap();
    let fetcher = fetcher_with_names(
        &FetchSettings {
            addresses,
            ..settings()
        },
        &names,
    );
    assert_eq!(
        fetch(&fetcher, inside.url_at(host, "/")).await.unwrap().body,
        b"mine"
    );
}

#[rstest]
#[case::missing(Err(ResolveError::NotFound), FetchFault::NameNotFound)]
#[case::empty(Ok(vec![]), FetchFault::NameNotFound)]
#[case::trouble(Err(ResolveError::Failed("try again".into())), FetchFault::DnsFailed)]
#[case::only_private(Ok(vec![ip("10.0.0.1"), ip("fd00::1")]), FetchFault::RefusedAddress)]
#[tokio::test]
async fn a_name_without_usable_addresses_is_a_named_fault(
    #[case] answer: Result<Vec<IpAddr>, ResolveError>,
    #[case] expected: FetchFault,
) {
    let fetcher = fetcher_with_names(&settings(), &Names::one("site.test", vec![answer]));
    let url = "http://site.test/".parse().unwrap();
    let error = fetch(&fetcher, url).await.unwrap_err();
    assert_eq!(error.fault, expected, "{error}");
}

#[rstest]
#[case("localhost")]
#[case::absolute("localhost.")]
#[case::upper_case("LOCALHOST")]
#[case::below("app.localhost")]
#[tokio::test]
async fn localhost_is_not_public(#[case] host: &str) {
    let server = Server::always(|| page("secret")).await;
    let fetcher = HttpFetcher::new(&FetchSettings::default(), Arc::new(ManualClock::at(NOW))).unwrap();
    let error = fetch(&fetcher, server.url_at(host, "/")).await.unwrap_err();
    assert_eq!(error.fault, FetchFault::RefusedAddress, "{error}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn localhost_can_be_allowed_by_its_network() {
    let server = Server::always(|| page("mine")).await;
    let addresses = AddressPolicy::allowing(["127.0.0.0/8"]).unwrap();
    let settings = FetchSettings {
        addresses,
        ..FetchSettings::default()
    };
    let fetcher = HttpFetcher::new(&settings, Arc::new(ManualClock::at(NOW))).unwrap();
    assert_eq!(
        fetch(&fetcher, server.url_at("localhost", "/"))
            .await
            .unwrap()
            .body,
        b"mine"
    );
}
