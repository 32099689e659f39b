//! What is kept of an answer, and what is told to the server.

use std::time::Duration;

use atlas_domain::{ErrorClass, FetchFault, FetchRequest, Fetcher, Strategy};
use atlas_net::fetch::FetchSettings;
use atlas_resilience::{Backoff, Jitter, RetryPlan};
use rstest::rstest;
use tokio::net::TcpListener;
use url::Url;

use crate::server::{Server, Step, head, page, redirect, response};
use crate::world::{NOW, fault, fetch, fetch_with, fetched, fetcher, settings};

#[tokio::test]
async fn brings_the_bytes_as_they_came() {
    let latin_1 = b"<p>caf\xe9</p>";
    let headers = [
        ("content-type", "text/html; charset=iso-8859-1"),
        ("Set-Cookie", "id=1"),
        ("ETag", "\"x\""),
    ];
    let server = Server::always(move || response("200 OK", &headers, latin_1)).await;
    let answer = fetched(server.url("/page?x=1#part")).await;
    assert_eq!(answer.body, latin_1);
    assert_eq!((answer.status, answer.fetched_at), (200, NOW));
    assert_eq!(
        answer.header("content-type"),
        Some("text/html; charset=iso-8859-1")
    );
    assert_eq!(answer.header("etag"), Some("\"x\""));
    assert_eq!(answer.header("set-cookie"), None);
    assert_eq!(answer.final_url, server.url("/page?x=1#part"));
    let [step] = answer.steps.as_slice() else {
        panic!("{:?}", answer.steps)
    };
    assert_eq!(
        (step.strategy, step.result.as_str(), step.message.as_str()),
        (Strategy::Direct, "ok", "")
    );
    let [hop] = step.hops.as_slice() else {
        panic!("{step:?}")
    };
    assert_eq!(
        (hop.url.as_str(), hop.address, hop.result.as_str()),
        (server.url("/page").as_str(), Some(server.address().ip()), "ok")
    );
    assert_eq!(server.requests()[0].path, "/page?x=1");
}

#[rstest]
#[case("204 No Content", 204)]
#[case("300 Multiple Choices", 300)]
#[case("304 Not Modified", 304)]
#[case("403 Forbidden", 403)]
#[case("404 Not Found", 404)]
#[case("410 Gone", 410)]
#[case("500 Internal Server Error", 500)]
#[case("599 Whatever", 599)]
#[tokio::test]
async fn any_status_is_an_answer(#[case] line: &'static str, #[case] status: u16) {
    let server = Server::always(move || vec![Step::Send(head(line, &[])), Step::Close]).await;
    let answer = fetched(server.url("/")).await;
    assert_eq!(answer.status, status);
    let expected = if status == 204 {
        "ok".to_owned()
    } else {
        format!("http_{status}")
    };
    assert_eq!(answer.steps[0].result, expected);
}

#[tokio::test]
async fn heeds_retry_after_by_the_servers_own_clock() {
    let headers = [
        ("date", "Thu, 01 Jan 2037 10:00:00 GMT"),
        ("retry-after", "Thu, 01 Jan 2037 10:02:00 GMT"),
    ];
    let server = Server::always(move || response("503 Service Unavailable", &headers, b"")).await;
    assert_eq!(
        fetched(server.url("/")).await.retry_after,
        Some(Duration::from_mins(2))
    );
}

#[tokio::test]
async fn measures_retry_after_by_the_injected_clock_when_the_server_has_none() {
    let headers = [("retry-after", "Thu, 01 Jan 2026 00:00:07 GMT")];
    let server = Server::always(move || response("429 Too Many Requests", &headers, b"")).await;
    assert_eq!(
        fetched(server.url("/")).await.retry_after,
        Some(Duration::from_secs(7))
    );
}

#[tokio::test]
async fn says_who_asks_and_nothing_about_where_it_came_from() {
    let server = Server::start(|request| match request.path.as_str() {
        "/start" => redirect("/end"),
        _ => response("200 OK", &[("set-cookie", "id=1")], b""),
    })
    .await;
    let fetcher = fetcher(&settings());
    let answer = fetch(&fetcher, server.url("/start")).await.unwrap();
    assert_eq!(answer.final_url, server.url("/end"));
    fetch(&fetcher, server.url("/end")).await.unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    for request in requests {
        assert!(request.header("user-agent").unwrap().starts_with("Atlas/"));
        assert!(request.header("accept").unwrap().starts_with("text/html"));
        for compression in ["gzip", "br", "zstd"] {
            assert!(request.header("accept-encoding").unwrap().contains(compression));
        }
        for absent in ["referer", "cookie", "authorization"] {
            assert_eq!(request.header(absent), None, "{absent} was sent");
        }
    }
}

#[tokio::test]
async fn does_not_ask_with_a_password() {
    let server = Server::always(|| page("secret")).await;
    let mut url = server.url("/");
    url.set_username("anna").unwrap();
    url.set_password(Some("hunter2")).unwrap();
    let error = fetch_with(&settings(), url).await.unwrap_err();
    assert_eq!(error.fault, FetchFault::Credentials, "{error}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn keeps_the_connection_for_the_next_page() {
    let server = Server::always(|| page("hello")).await;
    let fetcher = fetcher(&settings());
    for path in ["/1", "/2", "/3"] {
        fetch(&fetcher, server.url(path)).await.unwrap();
    }
    let connections: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.connection)
        .collect();
    assert_eq!(connections, [0, 0, 0]);
}

#[tokio::test]
async fn given_html_is_taken_without_asking_anybody() {
    let server = Server::always(|| page("from the server")).await;
    let request = FetchRequest {
        url: server.url("/"),
        given_html: Some(b"given".to_vec()),
    };
    let answer = fetcher(&settings()).fetch(&request).await.unwrap();
    assert_eq!(
        (answer.body.as_slice(), answer.status),
        (b"given".as_slice(), 200)
    );
    assert_eq!(
        (answer.strategy, &answer.final_url),
        (Strategy::GivenHtml, &request.url)
    );
    assert_eq!(server.connections(), 0);
}

#[rstest]
#[case::too_large(vec![b'x'; 101], "too_large")]
#[case::empty(vec![], "empty_page")]
#[tokio::test]
async fn given_html_that_cannot_be_used_ends_it_and_asks_nobody(
    #[case] given: Vec<u8>,
    #[case] reason: &str,
) {
    let server = Server::always(|| page("from the server")).await;
    let fetcher = fetcher(&FetchSettings {
        html_limit_bytes: 100,
        ..settings()
    });
    let request = FetchRequest {
        url: server.url("/"),
        given_html: Some(given),
    };
    let error = fetcher.fetch(&request).await.unwrap_err();
    assert_eq!(error.fault.as_str(), reason);
    let steps: Vec<_> = error
        .steps
        .iter()
        .map(|step| (step.strategy, step.result.as_str()))
        .collect();
    assert_eq!(
        steps,
        [(Strategy::GivenHtml, reason), (Strategy::LinkOnly, reason)]
    );
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn nobody_listening_is_a_refused_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let error = fetch_with(&settings(), url).await.unwrap_err();
    assert_eq!(error.fault, FetchFault::ConnectRefused, "{error}");
    assert_eq!(error.fault.class(), ErrorClass::Transient);
    let steps: Vec<_> = error
        .steps
        .iter()
        .map(|step| (step.strategy, step.result.as_str()))
        .collect();
    assert_eq!(
        steps,
        [
            (Strategy::Direct, "connect_refused"),
            (Strategy::LinkOnly, "connect_refused")
        ]
    );
}

#[rstest]
#[case::reset(|| vec![Step::Reset])]
#[case::closed(|| vec![Step::Close])]
#[case::half_a_header(|| vec![Step::Send(b"HTTP/1.1 200 OK\r\ncontent-".to_vec()), Step::Close])]
#[tokio::test]
async fn no_answer_is_a_broken_connection(#[case] steps: fn() -> Vec<Step>) {
    let server = Server::always(steps).await;
    assert_eq!(fault(server.url("/")).await, FetchFault::ConnectFailed);
    assert_eq!(
        server.requests().len(),
        1,
        "the client must not try again by itself"
    );
}

#[rstest]
#[case::not_http(b"220 mail.example ESMTP\r\n\r\n".to_vec())]
#[case::too_many_headers(head("200 OK", &[("x-header", "x"); 300]))]
#[case::endless_header(head("200 OK", &[("x-header", "x".repeat(5_000_000).as_str())]))]
#[case::two_lengths(head("200 OK", &[("content-length", "1"), ("content-length", "2")]))]
#[case::bad_length(head("200 OK", &[("content-length", "many")]))]
#[case::bad_chunk([head("200 OK", &[("transfer-encoding", "chunked")]), b"xyz\r\n".to_vec()].concat())]
#[case::foreign_compression(head("200 OK", &[("content-encoding", "deflate"), ("content-length", "0")]))]
#[tokio::test]
async fn what_breaks_http_is_a_bad_response(#[case] bytes: Vec<u8>) {
    let server = Server::always(move || vec![Step::Send(bytes.clone()), Step::Close]).await;
    let error = fetch_with(&settings(), server.url("/")).await.unwrap_err();
    assert_eq!(error.fault, FetchFault::BadResponse, "{error}");
}

#[rstest]
#[case("ftp://127.0.0.1/")]
#[case("file:///etc/passwd")]
#[case("data:text/html,hello")]
#[tokio::test]
async fn stays_on_the_web(#[case] url: &str) {
    assert_eq!(
        fault(Url::parse(url).unwrap()).await,
        FetchFault::UnsupportedScheme
    );
}

#[tokio::test]
async fn every_request_of_a_page_that_is_asked_again_is_told_with_its_own_time() {
    let server = Server::always(|| response("500 Internal Server Error", &[], b"busy")).await;
    let patient = FetchSettings {
        retry: Some(RetryPlan {
            transient: Backoff::constant(Duration::from_millis(60)).with_jitter(Jitter::None),
            ..RetryPlan::default()
        }),
        ..settings()
    };
    let fetched = fetch_with(&patient, server.url("/")).await.unwrap();
    let hops = &fetched.steps[0].hops;
    let results: Vec<_> = hops.iter().map(|hop| hop.result.as_str()).collect();
    assert_eq!(results, ["http_500"; 3]);
    assert!(hops.iter().all(|hop| hop.address.is_some()));
    assert!(
        hops[1].waited_ms >= 50 && hops[2].waited_ms >= 50,
        "the waits are ours: {hops:?}"
    );
    assert!(
        hops.iter().all(|hop| hop.took_ms < 50),
        "not the host's: {hops:?}"
    );
}
