//! The redirect loop: how far it goes, where it may lead, and that every hop is judged again.

use atlas_domain::FetchFault;
use rstest::rstest;

use crate::server::{Server, Step, head, loopback, page, redirect, response};
use crate::world::{fault, fetch_with, fetched, settings};

/// `/9` leads to `/8`, and so on to the page at `/0`.
async fn countdown() -> Server {
    Server::start(|request| match request.path[1..].parse::<u32>().unwrap() {
        0 => page("the end"),
        hops => redirect(&format!("/{}", hops - 1)),
    })
    .await
}

#[tokio::test]
async fn follows_ten_redirects() {
    let server = countdown().await;
    let answer = fetched(server.url("/10")).await;
    assert_eq!(
        (answer.body.as_slice(), answer.url, answer.final_url),
        (b"the end".as_slice(), server.url("/10"), server.url("/0"))
    );
    assert_eq!(server.requests().len(), 11);
}

#[tokio::test]
async fn does_not_follow_an_eleventh() {
    let server = countdown().await;
    assert_eq!(fault(server.url("/11")).await, FetchFault::RedirectLoop);
    assert_eq!(server.requests().len(), 11);
}

#[rstest]
#[case::itself("/a", 1)]
#[case::itself_with_a_fragment("/a#again", 1)]
#[case::each_other("/b", 2)]
#[tokio::test]
async fn recognises_a_circle(#[case] target: &'static str, #[case] requests: usize) {
    let server =
        Server::start(move |request| redirect(if request.path == "/a" { target } else { "/a" })).await;
    assert_eq!(fault(server.url("/a")).await, FetchFault::RedirectLoop);
    assert_eq!(server.requests().len(), requests);
}

#[rstest]
#[case("301 Moved Permanently")]
#[case("302 Found")]
#[case("303 See Other")]
#[case("307 Temporary Redirect")]
#[case("308 Permanent Redirect")]
#[tokio::test]
async fn follows_each_kind_of_redirect(#[case] status: &'static str) {
    let server = Server::start(move |request| match request.path.as_str() {
        "/dir/start" => response(status, &[("location", "../end?x=1")], b"moved"),
        _ => page("here"),
    })
    .await;
    let answer = fetched(server.url("/dir/start#part")).await;
    assert_eq!(answer.final_url, server.url("/end?x=1#part"));
    assert_eq!(answer.body, b"here");
}

#[tokio::test]
async fn does_not_wait_for_the_body_of_a_redirect() {
    let server = Server::start(|request| match request.path.as_str() {
        "/start" => vec![
            Step::Send(head(
                "302 Found",
                &[("location", "/end"), ("content-length", "1000000000000")],
            )),
            Step::Stall,
        ],
        _ => page("here"),
    })
    .await;
    assert_eq!(fetched(server.url("/start")).await.body, b"here");
}

#[rstest]
#[case::no_location(vec![], FetchFault::BadRedirect)]
#[case::unusable(vec![("location", "http://[")], FetchFault::BadRedirect)]
#[case::bad_address(vec![("location", "http://256.1.1.1/")], FetchFault::BadRedirect)]
#[case::ftp(vec![("location", "ftp://127.0.0.1/")], FetchFault::UnsupportedScheme)]
#[case::file(vec![("location", "file:///etc/passwd")], FetchFault::UnsupportedScheme)]
#[case::script(vec![("location", "javascript:alert(1)")], FetchFault::UnsupportedScheme)]
#[tokio::test]
async fn names_a_redirect_without_a_usable_target(
    #[case] headers: Vec<(&'static str, &'static str)>,
    #[case] expected: FetchFault,
) {
    let server = Server::always(move || response("302 Found", &headers, b"")).await;
    assert_eq!(fault(server.url("/")).await, expected);
}

#[tokio::test]
async fn goes_from_http_to_https() {
    // Nobody speaks TLS there, so arriving is visible as a handshake that breaks off.
    let plain = Server::always(|| page("no TLS here")).await;
    let target = plain.url("/").to_string().replace("http:", "https:");
    let server = Server::always(move || redirect(&target)).await;
    assert_eq!(fault(server.url("/")).await, FetchFault::ConnectFailed);
    assert_eq!((plain.connections(), plain.requests().len()), (1, 0));
}

#[tokio::test]
async fn does_not_leave_the_allowed_address() {
    let inside = Server::start_at(loopback(2, 0), |_| page("secret")).await;
    let target = inside.url("/").to_string();
    let server = Server::always(move || redirect(&target)).await;
    let error = fetch_with(&settings(), server.url("/")).await.unwrap_err();
    assert_eq!(error.fault, FetchFault::RefusedAddress);
    assert!(
        error.message.contains("127.0.0.2") && error.message.contains("fetch.allow_hosts"),
        "{error}"
    );
    assert_eq!(inside.connections(), 0);
}

#[rstest]
#[case::decimal("2130706434")]
#[case::octal("0177.0.0.2")]
#[case::hexadecimal("0x7f.0.0.2")]
#[case::short("127.2")]
#[case::trailing_dot("127.0.0.2.")]
#[case::full_width("１２７.０.０.２")]
#[case::any("0.0.0.0")]
#[case::zero("0")]
#[case::private("10.0.0.1")]
#[case::carrier("100.64.0.1")]
#[case::metadata("169.254.169.254")]
#[case::broadcast("255.255.255.255")]
#[case::v6_loopback("[::1]")]
#[case::v6_any("[::]")]
#[case::mapped("[::ffff:127.0.0.1]")]
#[case::mapped_hexadecimal("[::ffff:7f00:1]")]
#[case::compatible("[::127.0.0.1]")]
#[case::translated("[64:ff9b::127.0.0.1]")]
#[case::locally_translated("[64:ff9b:1::127.0.0.1]")]
#[case::six_to_four("[2002:7f00:1::]")]
#[case::teredo("[2001::80ff:fffe]")]
#[case::unique_local("[fd00:ec2::254]")]
#[case::link_local("[fe80::1]")]
#[tokio::test]
async fn refuses_a_literal_behind_a_redirect_in_every_form(#[case] host: &'static str) {
    let server = Server::start(move |request| {
        let port = request.header("host").unwrap().rsplit(':').next().unwrap();
        redirect(&format!("http://{host}:{port}/secret"))
    })
    .await;
    assert_eq!(fault(server.url("/")).await, FetchFault::RefusedAddress);
    assert_eq!(server.requests().len(), 1);
}
