//! Names: only judged addresses are connected to, and they are the ones that were judged.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::time::ManualClock;
use atlas_domain::{FetchFault, PortFuture};
use atlas_net::fetch::{AddressPolicy, FetchSettings, HttpFetcher, Resolve, ResolveError, passing_service};
use rstest::rstest;
use url::Url;

use crate::server::{Server, Step, head, loopback, page, redirect};
use crate::world::{NOW, Names, fetch, fetch_with, fetcher_with_names, settings};

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

/// 127.0.0.1 is allowed in these tests and nothing else, so loopback is tried at its neighbour.
#[rstest]
#[case::decimal("2130706434")]
#[case::octal("0177.0.0.2")]
#[case::octal_number("017700000002")]
#[case::hexadecimal("0x7f.0.0.2")]
#[case::hexadecimal_number("0x7f000002")]
#[case::mixed_bases("0x7f.0.00.2")]
#[case::short("127.2")]
#[case::trailing_dot("127.0.0.2.")]
#[case::full_width_digits("１２７.０.０.２")]
#[case::circled_digits("①②⑦.⓪.⓪.②")]
#[case::ideographic_dots("127。0。0。2")]
#[case::percent_encoded("%31%32%37.0.0.2")]
#[case::unspecified("0.0.0.0")]
#[case::zero("0")]
#[case::private_10("10.0.0.1")]
#[case::private_172("172.16.0.1")]
#[case::private_192("192.168.1.1")]
#[case::carrier("100.64.0.1")]
#[case::link_local("169.254.1.1")]
#[case::multicast("224.0.0.1")]
#[case::broadcast("255.255.255.255")]
#[case::reserved("240.0.0.1")]
#[case::documentation("192.0.2.1")]
#[case::documentation_2("198.51.100.1")]
#[case::documentation_3("203.0.113.1")]
#[case::metadata_of_most_clouds("169.254.169.254")]
#[case::metadata_in_decimal("2852039166")]
#[case::metadata_of_ecs("169.254.170.2")]
#[case::metadata_of_alibaba("100.100.100.200")]
#[case::metadata_of_oracle("192.0.0.192")]
#[case::metadata_of_azure("168.63.129.16")]
#[case::metadata_of_amazon_in_v6("[fd00:ec2::254]")]
#[case::metadata_of_google_in_v6("[fd20:ce::254]")]
#[case::v6_loopback("[::1]")]
#[case::v6_unspecified("[::]")]
#[case::mapped("[::ffff:127.0.0.1]")]
#[case::mapped_hexadecimal("[::ffff:7f00:1]")]
#[case::mapped_metadata("[::ffff:169.254.169.254]")]
#[case::mapped_public("[::ffff:93.184.216.34]")]
#[case::compatible("[::127.0.0.1]")]
#[case::compatible_public("[::93.184.216.34]")]
#[case::translated_statelessly("[::ffff:0:127.0.0.1]")]
#[case::nat64("[64:ff9b::127.0.0.1]")]
#[case::nat64_public("[64:ff9b::93.184.216.34]")]
#[case::nat64_of_a_network("[64:ff9b:1::127.0.0.1]")]
#[case::six_to_four("[2002:7f00:1::]")]
#[case::teredo("[2001::80ff:fffe]")]
#[case::unique_local("[fd12:3456::1]")]
#[case::v6_link_local("[fe80::1]")]
#[case::site_local("[fec0::1]")]
#[case::v6_multicast("[ff02::1]")]
#[case::v6_documentation("[2001:db8::1]")]
#[case::v6_documentation_2("[3fff::1]")]
#[tokio::test]
async fn a_literal_that_is_not_public_is_refused_in_every_form(
    #[case] host: &'static str,
    #[values(false, true)] behind_a_redirect: bool,
) {
    let server = Server::start(move |request| {
        let port = request.header("host").unwrap().rsplit(':').next().unwrap();
        redirect(&format!("http://{host}:{port}/secret"))
    })
    .await;
    let url = if behind_a_redirect {
        server.url("/")
    } else {
        server.url_at(host, "/secret")
    };
    let error = fetch_with(&settings(), url).await.unwrap_err();
    assert_eq!(error.fault, FetchFault::RefusedAddress, "{error}");
    assert_eq!(server.requests().len(), usize::from(behind_a_redirect));
}

#[rstest]
#[case::loopback("127.0.0.2")]
#[case::private("192.168.1.1")]
#[case::metadata("169.254.169.254")]
#[case::metadata_of_azure("168.63.129.16")]
#[case::v6_loopback("::1")]
#[case::mapped("::ffff:10.0.0.1")]
#[case::compatible("::10.0.0.1")]
#[case::nat64("64:ff9b::10.0.0.1")]
#[case::nat64_of_a_network("64:ff9b:1::10.0.0.1")]
#[case::six_to_four("2002:a00:1::1")]
#[case::teredo("2001::80ff:fffe")]
#[case::unique_local("fd12:3456::1")]
#[case::link_local("fe80::1")]
#[case::multicast("ff02::1")]
#[tokio::test]
async fn a_name_that_leads_inside_is_refused_in_every_form(
    #[case] resolved: &str,
    #[values(false, true)] behind_a_redirect: bool,
) {
    let server = Server::always(|| redirect("http://inside.test/secret")).await;
    let names = Names::one("inside.test", vec![Ok(vec![ip(resolved)])]);
    let url = if behind_a_redirect {
        server.url("/")
    } else {
        "http://inside.test/secret".parse().unwrap()
    };
    let error = fetch(&fetcher_with_names(&settings(), &names), url)
        .await
        .unwrap_err();
    assert_eq!(error.fault, FetchFault::RefusedAddress, "{error}");
    assert!(error.message.contains("`inside.test`"), "{error}");
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
#[case::full_width("ｌｏｃａｌｈｏｓｔ")]
#[case::circled("ⓛⓞⓒⓐⓛⓗⓞⓢⓣ")]
#[tokio::test]
async fn localhost_is_not_public(#[case] host: &str) {
    let server = Server::always(|| page("secret")).await;
    let settings = FetchSettings::default();
    let fetcher = HttpFetcher::new(
        &settings,
        Arc::new(ManualClock::at(NOW)),
        passing_service(&settings),
    )
    .unwrap();
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
    let fetcher = HttpFetcher::new(
        &settings,
        Arc::new(ManualClock::at(NOW)),
        passing_service(&settings),
    )
    .unwrap();
    assert_eq!(
        fetch(&fetcher, server.url_at("localhost", "/"))
            .await
            .unwrap()
            .body,
        b"mine"
    );
}

/// A resolver that never answers, as when packets vanish.
struct Mute;

impl Resolve for Mute {
    fn resolve<'a>(&'a self, _name: &'a str) -> PortFuture<'a, Result<Vec<IpAddr>, ResolveError>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_resolver_that_never_answers_is_no_slow_host() {
    let settings = FetchSettings {
        attempt_timeout: Duration::from_millis(400),
        ..settings()
    };
    let clock = Arc::new(ManualClock::at(NOW));
    let service = passing_service(&settings);
    let fetcher = HttpFetcher::with_resolver(&settings, clock, Arc::new(Mute), service).unwrap();
    let error = fetch(&fetcher, Url::parse("http://example.com/").unwrap())
        .await
        .unwrap_err();
    assert_eq!(error.fault, FetchFault::DnsFailed, "{error}");
}

#[tokio::test]
async fn a_resolver_that_never_answers_is_no_slow_host_after_the_times_were_changed_either() {
    let settings = settings();
    let clock = Arc::new(ManualClock::at(NOW));
    let service = passing_service(&settings);
    let fetcher = HttpFetcher::with_resolver(&settings, clock, Arc::new(Mute), Arc::clone(&service)).unwrap();
    let shorter = FetchSettings {
        attempt_timeout: Duration::from_secs(1),
        ..settings
    };
    service.configure(shorter.policy());
    let error = fetch(&fetcher, Url::parse("http://example.com/").unwrap())
        .await
        .unwrap_err();
    assert_eq!(error.fault, FetchFault::DnsFailed, "{error}");
}
