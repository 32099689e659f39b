//! The redirect loop: how far it goes, where it may lead, and that every hop is judged again.

use std::time::Duration;

use atlas_domain::{FetchFault, Strategy};
use atlas_net::fetch::FetchSettings;
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
#[case::zone_id(vec![("location", "http://[fe80::1%25eth0]/")], FetchFault::BadRedirect)]
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

#[tokio::test]
async fn neither_sends_nor_tells_a_password_that_a_redirect_brings() {
    let server = Server::start(|request| match request.path.as_str() {
        "/start" => redirect(&format!(
            "http://anna:hunter2@{}/end?token=hunter2",
            request.header("host").unwrap()
        )),
        _ => page("here"),
    })
    .await;
    let error = fetch_with(&settings(), server.url("/start")).await.unwrap_err();
    assert_eq!(error.fault, FetchFault::Credentials, "{error}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    assert_eq!(server.requests().len(), 1);
}

#[rstest]
#[case::path(format!("/{}", "x".repeat(100_000)))]
#[case::query(format!("/?{}", "x".repeat(8_192)))]
#[case::grows_when_it_is_escaped(format!("/{}", "ü".repeat(3_000)))]
#[case::host(format!("http://{}a/", "a.".repeat(127)))]
#[case::endless_host(format!("http://{}a/", "a.".repeat(50_000)))]
#[tokio::test]
async fn does_not_follow_an_endless_address(#[case] target: String) {
    let server = Server::always(move || redirect(&target)).await;
    let error = fetch_with(&settings(), server.url("/")).await.unwrap_err();
    assert_eq!(error.fault, FetchFault::AddressTooLong, "{error}");
    assert!(
        error.message.len() < 200 && error.message.contains("the limit"),
        "{error}"
    );
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_failure_tells_the_whole_way_without_secrets() {
    let server = Server::start(|request| match request.path.as_str() {
        "/start?token=hunter2" => redirect("/middle?token=hunter2#hunter2"),
        _ => redirect("http://127.0.0.2/secret?token=hunter2"),
    })
    .await;
    let error = fetch_with(&settings(), server.url("/start?token=hunter2"))
        .await
        .unwrap_err();
    let [direct, link_only] = error.steps.as_slice() else {
        panic!("{error:?}")
    };
    assert_eq!(
        (direct.strategy, direct.result.as_str(), &direct.message),
        (Strategy::Direct, "refused_address", &error.message)
    );
    assert_eq!(link_only.strategy, Strategy::LinkOnly);
    let way: Vec<_> = direct
        .hops
        .iter()
        .map(|hop| (hop.url.as_str(), hop.address, hop.result.as_str()))
        .collect();
    let here = Some(server.address().ip());
    let (start, middle) = (
        server.url("/start").to_string(),
        server.url("/middle").to_string(),
    );
    let expected = [
        (start.as_str(), here, "http_302"),
        (middle.as_str(), here, "http_302"),
        ("http://127.0.0.2/secret", None, "refused_address"),
    ];
    assert_eq!(way, expected);
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn a_way_that_was_long_shows_where_the_time_went() {
    let server = Server::start(|request| match request.path.as_str() {
        "/start" => redirect("/end"),
        _ => vec![Step::Stall],
    })
    .await;
    let impatient = FetchSettings {
        attempt_timeout: Duration::from_millis(200),
        ..settings()
    };
    let error = fetch_with(&impatient, server.url("/start")).await.unwrap_err();
    let [first, second] = error.steps[0].hops.as_slice() else {
        panic!("{error:?}")
    };
    assert_eq!(
        (first.result.as_str(), second.result.as_str()),
        ("http_302", "timeout")
    );
    assert!(second.took_ms >= 200 && second.waited_ms < 200, "{second:?}");
}
